//! Erasure in the store: what is left of a history without a person is worked out beside the journal and laid ready, and
//! only then put in its place (`placing.rs`).
//!
//! The journal's thread writes nothing but small slices, between the commits of all others. Until all is laid ready,
//! nothing has happened: a crash leaves the history as it was. From then on the next start puts in place what is left,
//! before anybody is served.

mod placing;

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};
use switchboard_core::erasure::{Erasure, Person};
use switchboard_core::{Company, CompanyId, Event, Time};
use switchboard_journal::audit::Named;
use switchboard_journal::erasure::{Ready, Step};
use switchboard_journal::{Write, Written};

use crate::columns::{time, unreadable};
use crate::reader::Reader;
use crate::{Error, audit, bases};

pub use placing::begin;
pub(super) use placing::{finish_all, is_being_placed};

/// Events that are read and told for one slice.
const EVENTS_AT_ONCE: u32 = 1_000;
/// Offers that are looked through for one.
const OFFERS_AT_ONCE: u32 = 10_000;
/// Lines of the audit list that are.
const LINES_AT_ONCE: u32 = 10_000;

/// What is laid ready.
const EVENT: &str = "event";
const BASE: &str = "base";
const SNAPSHOT: &str = "snapshot";
const OFFER: &str = "offer";
const LINE: &str = "line";

pub(crate) fn write(connection: &Connection, step: &Step) -> Result<Written, Error> {
    match step {
        Step::Prepare(company) => prepare(connection, company)?,
        Step::GiveUp(company) => give_up(connection, company)?,
        Step::LayReady(company, ready) => lay_ready(connection, company, ready)?,
        Step::Begin(begin) => placing::begin_now(connection, begin)?,
        Step::Place(company) => return placing::place_some(connection, company),
    }
    Ok(Written::Done)
}

fn prepare(connection: &Connection, company: &CompanyId) -> Result<(), Error> {
    let sql = "INSERT INTO erasures (company_id, revision, state) VALUES (?1, 0, 'preparing')
               ON CONFLICT DO UPDATE SET state = 'preparing'";
    connection.prepare_cached(sql)?.execute([company.as_str()])?;
    connection.prepare_cached("DELETE FROM erased WHERE company_id = ?1")?.execute([company.as_str()])?;
    Ok(())
}

fn give_up(connection: &Connection, company: &CompanyId) -> Result<(), Error> {
    let sql = "UPDATE erasures SET state = NULL WHERE company_id = ?1 AND state = 'preparing'";
    connection.prepare_cached(sql)?.execute([company.as_str()])?;
    let sql = "DELETE FROM erased
               WHERE company_id = ?1 AND (SELECT state FROM erasures WHERE company_id = ?1) IS NULL";
    connection.prepare_cached(sql)?.execute([company.as_str()])?;
    Ok(())
}

/// Where the preparation is.
#[derive(Debug)]
enum At {
    Origin,
    /// The company after the events so far, and after which events it is kept.
    Events {
        company: Box<Company>,
        bases: BTreeSet<u64>,
        snapshot: Option<u64>,
    },
    Offers {
        after: String,
    },
    Lines,
}

/// The preparation of one erasure, while nobody is in the company and all of it is filed.
#[derive(Debug)]
pub struct Preparation {
    company: CompanyId,
    erasure: Erasure,
    at: At,
    /// The last event that history no longer begins before; 0 when all of it is kept.
    begins: u64,
    audit_seen: i64,
}

impl Preparation {
    /// Nothing is read yet.
    #[must_use]
    pub const fn new(company: CompanyId, erasure: Erasure) -> Self {
        Self { company, erasure, at: At::Origin, begins: 0, audit_seen: 0 }
    }

    /// Works out the next slice, away from the journal's thread; none when all is worked out.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn go_on(&mut self, reader: &Reader) -> Result<Option<Write>, Error> {
        loop {
            let ready = reader.ask(|connection| match &self.at {
                At::Origin => self.find_origin(connection).map(Some),
                At::Events { .. } => self.tell_events(connection).map(Some),
                At::Offers { after } => {
                    let after = after.clone();
                    self.find_offers(connection, &after).map(Some)
                }
                At::Lines => self.find_lines(connection),
            })?;
            match ready {
                Some(ready) if ready.is_empty() => {}
                Some(ready) => return Ok(Some(Write::Erasure(Step::LayReady(self.company.clone(), ready)))),
                None => return Ok(None),
            }
        }
    }

    /// Bases and the snapshot are made anew by folding: so they are what the rewritten events make.
    fn find_origin(&mut self, connection: &Connection) -> Result<Vec<Ready>, Error> {
        let id = self.company.as_str();
        let mut query = connection.prepare("SELECT seq FROM bases WHERE company_id = ?1")?;
        let seqs = query.query_map([id], |row| row.get::<_, i64>(0))?;
        let bases: BTreeSet<u64> = seqs.map(|seq| seq.map(i64::cast_unsigned)).collect::<Result<_, _>>()?;
        let sql = "SELECT seq FROM snapshots WHERE company_id = ?1";
        let snapshot = connection.query_row(sql, [id], |row| row.get::<_, i64>(0)).optional()?.map(i64::cast_unsigned);
        let mut ready = Vec::new();
        let company = match bases::origin(connection, &self.company)? {
            Some(origin) => {
                let origin = origin.without(&mut self.erasure);
                self.begins = origin.seq();
                ready.push(Ready { what: BASE, place: origin.seq(), data: switchboard_wire::view::json(&origin) });
                origin
            }
            None => Company::new(self.company.clone()),
        };
        if snapshot == Some(company.seq()) {
            ready.push(Ready { what: SNAPSHOT, place: company.seq(), data: switchboard_wire::view::json(&company) });
        }
        self.at = At::Events { company: Box::new(company), bases, snapshot };
        Ok(ready)
    }

    fn tell_events(&mut self, connection: &Connection) -> Result<Vec<Ready>, Error> {
        let Self { company: id, erasure, at: step, .. } = self;
        let At::Events { company, bases, snapshot } = step else { return Ok(Vec::new()) };
        let events = next_events(connection, id, company.seq())?;
        if events.is_empty() {
            self.at = match self.erasure.person() {
                Person::Client(_) => At::Lines,
                Person::Employee(_) => At::Offers { after: String::new() },
            };
            return Ok(Vec::new());
        }
        let mut ready = Vec::new();
        for (seq, at, mut event) in events {
            if erasure.rewrite(&mut event) {
                ready.push(Ready { what: EVENT, place: seq, data: switchboard_wire::view::json(&event) });
            }
            company.apply(at, &event);
            if bases.contains(&seq) {
                let data = switchboard_wire::view::json(&company.without_past());
                if !bases::is_same(connection, id, seq, &data)? {
                    ready.push(Ready { what: BASE, place: seq, data });
                }
            }
            if *snapshot == Some(seq) {
                ready.push(Ready { what: SNAPSHOT, place: seq, data: switchboard_wire::view::json(&**company) });
            }
        }
        Ok(ready)
    }

    /// The bookings that an employee was asked to take: no index knows them.
    fn find_offers(&mut self, connection: &Connection, after: &str) -> Result<Vec<Ready>, Error> {
        let (_, person) = who(&self.erasure);
        let sql = "SELECT booking_id, employee_id = ?3 FROM offers WHERE company_id = ?1 AND booking_id > ?2
                   ORDER BY booking_id LIMIT ?4";
        let mut query = connection.prepare_cached(sql)?;
        let mut rows = query.query(params![self.company.as_str(), after, person, OFFERS_AT_ONCE])?;
        let (mut ready, mut last, mut seen): (Vec<Ready>, String, u32) = (Vec::new(), after.to_owned(), 0);
        // The next slice begins behind the last booking: what was cut off of it is found by its id all the same.
        while let Some(row) = rows.next()? {
            (last, seen) = (row.get(0)?, seen + 1);
            if row.get(1)? || seen == OFFERS_AT_ONCE {
                ready.push(Ready { what: OFFER, place: 0, data: last.clone() });
            }
        }
        self.at = if seen < OFFERS_AT_ONCE { At::Lines } else { At::Offers { after: last } };
        Ok(ready)
    }

    fn find_lines(&mut self, connection: &Connection) -> Result<Option<Vec<Ready>>, Error> {
        let named = named(&self.company, &self.erasure);
        let found = audit::lines_that_name(connection, &named, self.audit_seen, LINES_AT_ONCE)?;
        if found.up_to == self.audit_seen {
            return Ok(None);
        }
        self.audit_seen = found.up_to;
        let ready = |(number, target): (i64, String)| Ready { what: LINE, place: number.cast_unsigned(), data: target };
        Ok(Some(found.lines.into_iter().map(ready).collect()))
    }
}

/// Whether it is a client, and the id.
fn who(erasure: &Erasure) -> (bool, String) {
    match erasure.person() {
        Person::Client(client) => (true, client.to_string()),
        Person::Employee(employee) => (false, employee.to_string()),
    }
}

fn named(company: &CompanyId, erasure: &Erasure) -> Named {
    let (is_client, person) = who(erasure);
    Named { company: company.to_string(), is_client, person, alias: erasure.alias().to_owned() }
}

fn lay_ready(connection: &Connection, company: &CompanyId, ready: &[Ready]) -> Result<(), Error> {
    let sql = "INSERT INTO erased (company_id, what, place, data) VALUES (?1, ?2, ?3, ?4)";
    let mut insert = connection.prepare_cached(sql)?;
    for Ready { what, place, data } in ready {
        insert.execute(params![company.as_str(), what, place.cast_signed(), data])?;
    }
    Ok(())
}

type Numbered = (u64, Time, Event);

fn next_events(connection: &Connection, id: &CompanyId, after: u64) -> Result<Vec<Numbered>, Error> {
    let sql = "SELECT seq, at, data FROM events WHERE company_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
    let mut query = connection.prepare_cached(sql)?;
    let mut rows = query.query(params![id.as_str(), after.cast_signed(), EVENTS_AT_ONCE])?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        let event = serde_json::from_str(row.get_ref(2)?.as_str().map_err(unreadable)?).map_err(unreadable)?;
        events.push((row.get::<_, i64>(0)?.cast_unsigned(), time(row.get(1)?), event));
    }
    Ok(events)
}

//! The preparation of an erasure: the history without a person is computed away from the journal's thread, and is
//! stored beside the old one, a slice at a time. The store then puts the new history in place.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use switchboard_core::erasure::{Erasure, Person};
use switchboard_core::{Company, CompanyId, Event, Time};
use switchboard_journal::Write;
use switchboard_journal::audit::RenamedPerson;
use switchboard_journal::erasure::{BASE, Begin, EVENT, ErasureStep, LINE, OFFER, Ready, SNAPSHOT};

use crate::past::{HistoryResult, Past, read_event};
use crate::store::History;

/// Events that are read and rewritten for one slice.
const EVENTS_AT_ONCE: u32 = 1_000;
/// Offers that are searched for one slice.
const OFFERS_AT_ONCE: u32 = 10_000;
/// Entries of the audit list that are searched for one slice.
const LINES_AT_ONCE: u32 = 10_000;

/// The position of the preparation.
#[derive(Debug)]
enum At {
    Origin,
    /// The company after the events so far, and the numbers of the events after which a base or the snapshot is stored.
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

/// The preparation of one erasure, while no visit is in the company and all of its entries are projected.
#[derive(Debug)]
pub struct Preparation {
    company: CompanyId,
    erasure: Erasure,
    at: At,
    /// The number of the last event that the origin includes; 0 when all events are kept.
    begins: u64,
    audit_seen: i64,
}

impl Preparation {
    /// A preparation that has read nothing yet.
    #[must_use]
    pub const fn new(company: CompanyId, erasure: Erasure) -> Self {
        Self { company, erasure, at: At::Origin, begins: 0, audit_seen: 0 }
    }

    /// Computes the next slice, away from the journal's thread; none at the end.
    pub async fn go_on(mut self, history: &dyn History) -> HistoryResult<(Self, Option<Write>)> {
        loop {
            let read = history.off_runtime(move |past| {
                let ready = self.look(past)?;
                Ok((self, ready))
            });
            let (went_on, ready) = read.await?;
            self = went_on;
            match ready {
                Some(ready) if ready.is_empty() => {}
                Some(ready) => {
                    let write = Write::Erasure(ErasureStep::LayReady(self.company.clone(), ready));
                    return Ok((self, Some(write)));
                }
                None => return Ok((self, None)),
            }
        }
    }

    fn look(&mut self, past: &dyn Past) -> HistoryResult<Option<Vec<Ready>>> {
        match &self.at {
            At::Origin => self.find_origin(past).map(Some),
            At::Events { .. } => self.tell_events(past).map(Some),
            At::Offers { after } => {
                let after = after.clone();
                self.find_offers(past, &after).map(Some)
            }
            At::Lines => self.find_lines(past),
        }
    }

    /// The step that decides the erasure, when all slices are stored.
    #[must_use]
    pub fn begin(&self) -> Write {
        let (is_client, person) = who(&self.erasure);
        let (company, alias) = (self.company.clone(), self.erasure.alias().to_owned());
        let (begins, audit_seen) = (self.begins.cast_signed(), self.audit_seen);
        Write::Erasure(ErasureStep::Begin(Begin { company, is_client, person, alias, begins, audit_seen }))
    }

    /// Bases and the snapshot are folded anew, so that they agree with the rewritten events.
    fn find_origin(&mut self, past: &dyn Past) -> HistoryResult<Vec<Ready>> {
        let bases = past.bases(&self.company)?;
        let snapshot = past.snapshot_at(&self.company)?;
        let mut ready = Vec::new();
        let company = match past.origin(&self.company)? {
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

    fn tell_events(&mut self, past: &dyn Past) -> HistoryResult<Vec<Ready>> {
        let Self { company: id, erasure, at: step, .. } = self;
        let At::Events { company, bases, snapshot } = step else { return Ok(Vec::new()) };
        let events = next_events(past, id, company.seq())?;
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
                if !past.is_base(id, seq, &data)? {
                    ready.push(Ready { what: BASE, place: seq, data });
                }
            }
            if *snapshot == Some(seq) {
                ready.push(Ready { what: SNAPSHOT, place: seq, data: switchboard_wire::view::json(&**company) });
            }
        }
        Ok(ready)
    }

    /// Finds the bookings for which an employee was asked. All offers are read, because no index has them.
    fn find_offers(&mut self, past: &dyn Past, after: &str) -> HistoryResult<Vec<Ready>> {
        let (_, person) = who(&self.erasure);
        let (mut ready, mut last, mut seen): (Vec<Ready>, String, u32) = (Vec::new(), after.to_owned(), 0);
        // The next slice begins behind the last booking. Offers of it that this slice cut off are found all the same,
        // because a replacement covers all offers of its booking.
        past.offers_after(&self.company, after, &person, OFFERS_AT_ONCE, &mut |(booking, was_asked)| {
            (last, seen) = (booking, seen + 1);
            if was_asked || seen == OFFERS_AT_ONCE {
                ready.push(Ready { what: OFFER, place: 0, data: last.clone() });
            }
            Ok(ControlFlow::Continue(()))
        })?;
        self.at = if seen < OFFERS_AT_ONCE { At::Lines } else { At::Offers { after: last } };
        Ok(ready)
    }

    /// Finds the audit entries whose target or request id names the person. The action, its time and its author stay in
    /// the list, and the target loses the person.
    fn find_lines(&mut self, past: &dyn Past) -> HistoryResult<Option<Vec<Ready>>> {
        let named = named(&self.company, &self.erasure);
        let (mut lines, mut up_to) = (Vec::new(), self.audit_seen);
        past.audit_after(&named.company, self.audit_seen, LINES_AT_ONCE, &mut |number, target, request| {
            up_to = number;
            let renamed = named.target_without(target, &request);
            lines.extend(renamed.map(|data| Ready { what: LINE, place: number.cast_unsigned(), data }));
        })?;
        if up_to == self.audit_seen {
            return Ok(None);
        }
        self.audit_seen = up_to;
        Ok(Some(lines))
    }
}

/// Whether the person is a client, and the id.
fn who(erasure: &Erasure) -> (bool, String) {
    match erasure.person() {
        Person::Client(client) => (true, client.to_string()),
        Person::Employee(employee) => (false, employee.to_string()),
    }
}

fn named(company: &CompanyId, erasure: &Erasure) -> RenamedPerson {
    let (is_client, person) = who(erasure);
    RenamedPerson { company: company.to_string(), is_client, person, alias: erasure.alias().to_owned() }
}

type Numbered = (u64, Time, Event);

fn next_events(past: &dyn Past, id: &CompanyId, after: u64) -> HistoryResult<Vec<Numbered>> {
    let mut events = Vec::new();
    past.events(id, after, Some(EVENTS_AT_ONCE), &mut |stored| {
        events.push((stored.seq, stored.at, read_event(stored.data)?));
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(events)
}

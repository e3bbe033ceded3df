//! All that the store has of one company, as lines of JSON.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rusqlite::{Connection, params};
use serde::Serialize;
use serde_json::value::RawValue;
use switchboard_core::{BookingId, CompanyId};

use super::history::{OfferItem, each_booking, each_session, read_offers};
use super::reader::{Reader, unreadable};
use super::removal::begins_at;
use super::tables::time;
use super::{StoreError, removal};
use crate::view::{BookingView, Moment, SessionView};

/// Bytes of lines that are handed over at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// One thing of a company, as a line.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Line<'a> {
    Company {
        id: &'a str,
        name: &'a str,
        settings: &'a RawValue,
        created_at: Moment,
        colour: Option<&'a str>,
        logo: Option<Logo>,
    },
    Employee {
        id: &'a str,
        name: &'a str,
        topics: &'a RawValue,
        intent: &'a str,
    },
    Booking {
        #[serde(flatten)]
        booking: &'a BookingView<'a>,
        /// Each with its outcome; the booking has their number.
        asked: &'a [OfferItem],
    },
    Session(&'a SessionView<'a>),
    Message {
        session_id: &'a str,
        id: &'a str,
        from: &'a str,
        body: &'a str,
        at: Moment,
    },
    /// Of a session; cleared ones are there with an empty body.
    Notes {
        session_id: &'a str,
        body: &'a str,
        at: Moment,
    },
    Event {
        seq: i64,
        at: Moment,
        event: &'a RawValue,
    },
    /// The last line: an export without it was cut.
    End(&'a Counts),
}

/// The picture itself.
#[derive(Serialize)]
struct Logo {
    r#type: String,
    base64: String,
}

/// How many of each there were.
#[derive(Debug, Default, Serialize)]
struct Counts {
    companies: u64,
    employees: u64,
    bookings: u64,
    offers: u64,
    sessions: u64,
    messages: u64,
    notes: u64,
    events: u64,
}

impl Reader {
    /// Hands over all that the store has of a company at one moment, in pieces that end with a line, until somebody
    /// has heard enough.
    ///
    /// # Errors
    /// When the store cannot be read, or nobody wants to hear the rest.
    pub fn export(
        &self,
        company: &CompanyId,
        with_events: bool,
        hand_over: impl FnMut(String) -> bool,
    ) -> Result<(), StoreError> {
        self.ask(|connection| {
            let mut teller = Teller { counts: Counts::default(), text: String::new(), hand_over };
            teller.tell_the_company(connection, company)?;
            teller.tell_bookings(connection, company)?;
            teller.tell_sessions(connection, company)?;
            teller.tell_notes(connection, company)?;
            if with_events {
                teller.tell_events(connection, company)?;
            }
            let counts = std::mem::take(&mut teller.counts);
            teller.tell(&Line::End(&counts))?;
            teller.hand_over_all()
        })
    }
}

struct Teller<H> {
    counts: Counts,
    text: String,
    hand_over: H,
}

impl<H: FnMut(String) -> bool> Teller<H> {
    fn tell(&mut self, line: &Line<'_>) -> Result<(), StoreError> {
        self.text.push_str(&crate::view::json(line));
        self.text.push('\n');
        if self.text.len() >= CHUNK_BYTES { self.hand_over_all() } else { Ok(()) }
    }

    fn hand_over_all(&mut self) -> Result<(), StoreError> {
        if (self.hand_over)(std::mem::take(&mut self.text)) { Ok(()) } else { Err(StoreError::Stopping) }
    }

    fn tell_the_company(&mut self, connection: &Connection, company: &CompanyId) -> Result<(), StoreError> {
        let sql = "SELECT c.id, c.name, c.settings, c.created_at, c.colour, l.kind, l.data FROM companies c
                   LEFT JOIN logos l ON l.company_id = c.id AND l.id = c.logo WHERE c.id = ?1";
        each(connection, sql, company, |row| {
            self.counts.companies += 1;
            let (settings, created_at) = (raw(row, 2)?, Moment(time(row.get(3)?)));
            let colour = row.get_ref(4)?.as_str_or_null().map_err(unreadable)?;
            let logo = match row.get_ref(6)?.as_blob_or_null().map_err(unreadable)? {
                Some(data) => Some(Logo { r#type: row.get(5)?, base64: STANDARD.encode(data) }),
                None => None,
            };
            self.tell(&Line::Company { id: text(row, 0)?, name: text(row, 1)?, settings, created_at, colour, logo })
        })?;
        let sql = "SELECT id, name, topics, intent FROM employees WHERE company_id = ?1 ORDER BY id";
        each(connection, sql, company, |row| {
            self.counts.employees += 1;
            let (topics, intent) = (raw(row, 2)?, text(row, 3)?);
            self.tell(&Line::Employee { id: text(row, 0)?, name: text(row, 1)?, topics, intent })
        })
    }

    fn tell_bookings(&mut self, connection: &Connection, company: &CompanyId) -> Result<(), StoreError> {
        each_booking(connection, company, |id: BookingId, booking| {
            let asked = read_offers(connection, company, id)?;
            self.counts.bookings += 1;
            self.counts.offers += asked.len() as u64;
            self.tell(&Line::Booking { booking: &booking, asked: &asked })
        })
    }

    fn tell_sessions(&mut self, connection: &Connection, company: &CompanyId) -> Result<(), StoreError> {
        each_session(connection, company, |session| {
            self.counts.sessions += 1;
            self.tell(&Line::Session(&session))
        })?;
        let sql = concat!(
            "SELECT session_id, id, sender, body, at FROM messages WHERE company_id = ?1 AND at >= ",
            begins_at!("?1"),
            " ORDER BY session_id, id"
        );
        each(connection, sql, company, |row| {
            self.counts.messages += 1;
            let (session_id, id, from, body) = (text(row, 0)?, text(row, 1)?, text(row, 2)?, text(row, 3)?);
            self.tell(&Line::Message { session_id, id, from, body, at: Moment(time(row.get(4)?)) })
        })
    }

    fn tell_notes(&mut self, connection: &Connection, company: &CompanyId) -> Result<(), StoreError> {
        let sql = concat!(
            "SELECT id, notes, notes_at FROM sessions WHERE company_id = ?1 AND notes IS NOT NULL AND started_at >= ",
            begins_at!("?1"),
            " ORDER BY id"
        );
        each(connection, sql, company, |row| {
            self.counts.notes += 1;
            self.tell(&Line::Notes { session_id: text(row, 0)?, body: text(row, 1)?, at: Moment(time(row.get(2)?)) })
        })
    }

    fn tell_events(&mut self, connection: &Connection, company: &CompanyId) -> Result<(), StoreError> {
        let sql = "SELECT seq, at, data FROM events WHERE company_id = ?1 ORDER BY seq";
        let begins_behind = removal::begins_behind(connection, company)?.cast_signed();
        each(connection, sql, company, |row| {
            if row.get::<_, i64>(0)? <= begins_behind {
                return Ok(());
            }
            self.counts.events += 1;
            self.tell(&Line::Event { seq: row.get(0)?, at: Moment(time(row.get(1)?)), event: raw(row, 2)? })
        })
    }
}

fn each(
    connection: &Connection,
    sql: &str,
    company: &CompanyId,
    mut tell: impl FnMut(&rusqlite::Row<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut query = connection.prepare_cached(sql)?;
    let mut rows = query.query(params![company.as_str()])?;
    while let Some(row) = rows.next()? {
        tell(row)?;
    }
    Ok(())
}

fn text<'a>(row: &'a rusqlite::Row<'_>, at: usize) -> Result<&'a str, StoreError> {
    row.get_ref(at)?.as_str().map_err(unreadable)
}

fn raw<'a>(row: &'a rusqlite::Row<'_>, at: usize) -> Result<&'a RawValue, StoreError> {
    serde_json::from_str(text(row, at)?).map_err(unreadable)
}

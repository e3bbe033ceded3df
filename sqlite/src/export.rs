//! All that the store has of one company, as lines of JSON. It is read a page at a time: whoever takes the lines may be
//! slow, and SQLite's log grows for as long as one moment is read.

use std::ops::ControlFlow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rusqlite::Connection;
use serde::Serialize;
use serde_json::value::RawValue;
use switchboard_core::{BookingId, CompanyId};
use switchboard_journal::StoreError;
use switchboard_wire::view::{BookingView, Moment, SessionView};

use crate::Error;
use crate::columns::{time, unreadable};
use crate::history::{OfferItem, each_booking, each_session, read_offers};
use crate::reader::Reader;
use crate::removal::{self, begins_at};

/// Bytes of lines that are read and handed over at once.
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
#[derive(Clone, Copy, Debug, Default, Serialize)]
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

/// Behind which row the next page begins: the columns that order it.
type After = [String; 2];

impl Reader {
    /// Hands over all that the store has of a company, in pieces that end with a line, until somebody has heard enough.
    /// What changes meanwhile is in it as it was before or after.
    ///
    /// # Errors
    /// When the store cannot be read, or nobody wants to hear the rest.
    pub fn export(
        &self,
        company: &CompanyId,
        with_events: bool,
        hand_over: impl FnMut(String) -> bool,
    ) -> Result<(), Error> {
        let teller = Teller { counts: Counts::default(), text: String::new(), company, hand_over };
        teller.tell_all(self, with_events)
    }
}

struct Teller<'a, H> {
    counts: Counts,
    text: String,
    company: &'a CompanyId,
    hand_over: H,
}

impl<H: FnMut(String) -> bool> Teller<'_, H> {
    fn tell_all(mut self, reader: &Reader, with_events: bool) -> Result<(), Error> {
        self.tell_pages(reader, Self::tell_the_company)?;
        self.tell_pages(reader, Self::tell_employees)?;
        self.tell_pages(reader, Self::tell_bookings)?;
        self.tell_pages(reader, Self::tell_sessions)?;
        self.tell_pages(reader, Self::tell_messages)?;
        self.tell_pages(reader, Self::tell_notes)?;
        if with_events {
            self.tell_pages(reader, Self::tell_events)?;
        }
        let counts = self.counts;
        self.tell(&Line::End(&counts));
        self.hand_over_all()
    }

    /// Tells all pages of one kind. No moment is held while somebody takes them.
    fn tell_pages(
        &mut self,
        reader: &Reader,
        tell: impl Fn(&mut Self, &Connection, &After) -> Result<Option<After>, Error>,
    ) -> Result<(), Error> {
        let mut next = Some(After::default());
        while let Some(after) = next {
            let counts = self.counts;
            next = reader.ask_until_told(|connection| {
                // What was told before it was cut.
                self.text.clear();
                self.counts = counts;
                tell(self, connection, &after)
            })?;
            self.hand_over_all()?;
        }
        Ok(())
    }

    fn tell(&mut self, line: &Line<'_>) {
        self.text.push_str(&switchboard_wire::view::json(line));
        self.text.push('\n');
    }

    fn is_enough(&self) -> bool {
        self.text.len() >= CHUNK_BYTES
    }

    fn hand_over_all(&mut self) -> Result<(), Error> {
        let text = std::mem::take(&mut self.text);
        if text.is_empty() || (self.hand_over)(text) { Ok(()) } else { Err(Error::Store(StoreError::Stopping)) }
    }

    fn tell_the_company(&mut self, connection: &Connection, after: &After) -> Result<Option<After>, Error> {
        let sql = "SELECT c.id, c.name, c.settings, c.created_at, c.colour, l.kind, l.data FROM companies c
                   LEFT JOIN logos l ON l.company_id = c.id AND l.id = c.logo WHERE c.id = ?1 AND ?2 = ?3";
        self.tell_rows(connection, sql, after, |teller, row| {
            teller.counts.companies += 1;
            let (settings, created_at) = (raw(row, 2)?, Moment(time(row.get(3)?)));
            let colour = row.get_ref(4)?.as_str_or_null().map_err(unreadable)?;
            let logo = match row.get_ref(6)?.as_blob_or_null().map_err(unreadable)? {
                Some(data) => Some(Logo { r#type: row.get(5)?, base64: STANDARD.encode(data) }),
                None => None,
            };
            teller.tell(&Line::Company { id: text(row, 0)?, name: text(row, 1)?, settings, created_at, colour, logo });
            Ok(["the only one".to_owned(), String::new()])
        })
    }

    fn tell_employees(&mut self, connection: &Connection, after: &After) -> Result<Option<After>, Error> {
        let sql = "SELECT id, name, topics, intent FROM employees
                   WHERE company_id = ?1 AND id > ?2 AND ?3 = '' ORDER BY id";
        self.tell_rows(connection, sql, after, |teller, row| {
            teller.counts.employees += 1;
            let (id, topics, intent) = (text(row, 0)?, raw(row, 2)?, text(row, 3)?);
            teller.tell(&Line::Employee { id, name: text(row, 1)?, topics, intent });
            Ok([id.to_owned(), String::new()])
        })
    }

    fn tell_bookings(&mut self, connection: &Connection, [after, _]: &After) -> Result<Option<After>, Error> {
        let mut next = None;
        each_booking(connection, self.company, after, |id: BookingId, booking| {
            let asked = read_offers(connection, self.company, id)?;
            self.counts.bookings += 1;
            self.counts.offers += asked.len() as u64;
            self.tell(&Line::Booking { booking: &booking, asked: &asked });
            Ok(self.break_behind(id, &mut next))
        })?;
        Ok(next)
    }

    fn tell_sessions(&mut self, connection: &Connection, [after, _]: &After) -> Result<Option<After>, Error> {
        let mut next = None;
        each_session(connection, self.company, after, |session| {
            self.counts.sessions += 1;
            self.tell(&Line::Session(&session));
            Ok(self.break_behind(session.id, &mut next))
        })?;
        Ok(next)
    }

    /// Says that the page ends here, if it is long enough.
    fn break_behind(&self, id: impl std::fmt::Display, next: &mut Option<After>) -> ControlFlow<()> {
        if !self.is_enough() {
            return ControlFlow::Continue(());
        }
        *next = Some([id.to_string(), String::new()]);
        ControlFlow::Break(())
    }

    fn tell_messages(&mut self, connection: &Connection, after: &After) -> Result<Option<After>, Error> {
        let sql = concat!(
            "SELECT session_id, id, sender, body, at FROM messages
             WHERE company_id = ?1 AND (session_id, id) > (?2, ?3) AND at >= ",
            begins_at!("?1"),
            " ORDER BY session_id, id"
        );
        self.tell_rows(connection, sql, after, |teller, row| {
            teller.counts.messages += 1;
            let (session_id, id, from, body) = (text(row, 0)?, text(row, 1)?, text(row, 2)?, text(row, 3)?);
            teller.tell(&Line::Message { session_id, id, from, body, at: Moment(time(row.get(4)?)) });
            Ok([session_id.to_owned(), id.to_owned()])
        })
    }

    fn tell_notes(&mut self, connection: &Connection, after: &After) -> Result<Option<After>, Error> {
        let sql = concat!(
            "SELECT id, notes, notes_at FROM sessions
             WHERE company_id = ?1 AND id > ?2 AND ?3 = '' AND notes IS NOT NULL AND started_at >= ",
            begins_at!("?1"),
            " ORDER BY id"
        );
        self.tell_rows(connection, sql, after, |teller, row| {
            teller.counts.notes += 1;
            let id = text(row, 0)?;
            teller.tell(&Line::Notes { session_id: id, body: text(row, 1)?, at: Moment(time(row.get(2)?)) });
            Ok([id.to_owned(), String::new()])
        })
    }

    fn tell_events(&mut self, connection: &Connection, [after, _]: &After) -> Result<Option<After>, Error> {
        let sql = "SELECT seq, at, data FROM events
                   WHERE company_id = ?1 AND seq > CAST(?2 AS INTEGER) AND ?3 = '' ORDER BY seq";
        let begins_behind = removal::begins_behind(connection, self.company)?;
        let after = after.parse::<u64>().map_or(begins_behind, |after| after.max(begins_behind));
        self.tell_rows(connection, sql, &[after.to_string(), String::new()], |teller, row| {
            teller.counts.events += 1;
            let seq: i64 = row.get(0)?;
            teller.tell(&Line::Event { seq, at: Moment(time(row.get(1)?)), event: raw(row, 2)? });
            Ok([seq.to_string(), String::new()])
        })
    }

    /// Tells the rows of a page, and says behind which the next one begins.
    fn tell_rows(
        &mut self,
        connection: &Connection,
        sql: &str,
        [after, within]: &After,
        tell: impl Fn(&mut Self, &rusqlite::Row<'_>) -> Result<After, Error>,
    ) -> Result<Option<After>, Error> {
        let mut query = connection.prepare_cached(sql)?;
        let mut rows = query.query([self.company.as_str(), after, within])?;
        while let Some(row) = rows.next()? {
            let told = tell(self, row)?;
            if self.is_enough() {
                return Ok(Some(told));
            }
        }
        Ok(None)
    }
}

fn text<'a>(row: &'a rusqlite::Row<'_>, at: usize) -> Result<&'a str, Error> {
    row.get_ref(at)?.as_str().map_err(unreadable)
}

fn raw<'a>(row: &'a rusqlite::Row<'_>, at: usize) -> Result<&'a RawValue, Error> {
    serde_json::from_str(text(row, at)?).map_err(unreadable)
}

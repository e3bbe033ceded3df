//! The export of a company as lines of JSON. The export is read a page at a time, because its receiver may be slow, and
//! SQLite's log grows for as long as one moment is read.

use std::ops::ControlFlow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::value::RawValue;
use switchboard_core::{CompanyId, LogoId, MessageId, Profile, SessionId};
use switchboard_journal::StoreError;
use switchboard_wire::view::{Moment, SessionView};

use crate::lists::{BookingItem, OfferItem, booking_item, session_view};
use crate::past::{HistoryResult, Past};
use crate::store::History;

/// Bytes of lines that are read and handed over at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// One thing of a company, as a line.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum ExportRecord<'a> {
    Company {
        id: &'a str,
        name: &'a str,
        settings: &'a RawValue,
        created_at: Moment,
        colour: Option<&'a str>,
        logo: Option<Logo>,
        /// Left out for the default routing.
        #[serde(skip_serializing_if = "Option::is_none")]
        routing: Option<&'a RawValue>,
    },
    Employee {
        id: &'a str,
        name: &'a str,
        topics: &'a RawValue,
        intent: &'a str,
        /// Left out without skills.
        #[serde(skip_serializing_if = "Option::is_none")]
        skills: Option<&'a RawValue>,
        /// Left out for a share of 1.
        #[serde(skip_serializing_if = "Option::is_none")]
        share: Option<u8>,
        /// Left out for a capacity of 1.
        #[serde(skip_serializing_if = "Option::is_none")]
        capacity: Option<u8>,
    },
    Booking {
        #[serde(flatten)]
        booking: &'a BookingItem,
        /// The offers with their outcomes; the booking itself has only their number.
        asked: &'a [OfferItem],
    },
    Session(&'a SessionView<'a>),
    Message {
        session_id: SessionId,
        id: MessageId,
        from: &'a str,
        body: &'a str,
        at: Moment,
    },
    /// The notes on a session; cleared notes have an empty body.
    Notes {
        session_id: SessionId,
        body: &'a str,
        at: Moment,
    },
    Event {
        seq: u64,
        at: Moment,
        event: &'a RawValue,
    },
    /// The last line, so that a receiver notices an export that was cut.
    End(&'a ExportCounts),
}

/// The picture of a company.
#[derive(Serialize)]
struct Logo {
    r#type: &'static str,
    base64: String,
}

/// Number of lines of each kind.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct ExportCounts {
    companies: u64,
    employees: u64,
    bookings: u64,
    offers: u64,
    sessions: u64,
    messages: u64,
    notes: u64,
    events: u64,
}

/// The last row of a page, by the columns that order it, behind which the next page begins.
type RowCursor = [String; 2];

/// The kinds of lines in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ExportPart {
    Company,
    Employees,
    Bookings,
    Sessions,
    Messages,
    Notes,
    Events,
    End,
}

impl ExportPart {
    const fn next(self, with_events: bool) -> Option<Self> {
        Some(match self {
            Self::Company => Self::Employees,
            Self::Employees => Self::Bookings,
            Self::Bookings => Self::Sessions,
            Self::Sessions => Self::Messages,
            Self::Messages => Self::Notes,
            Self::Notes if with_events => Self::Events,
            Self::Notes | Self::Events => Self::End,
            Self::End => return None,
        })
    }
}

impl dyn History + '_ {
    /// Hands over everything that the store has of a company, in pieces that end with a line, until the callback
    /// returns false. The export runs on this thread, because pieces that are made on changing threads leave memory
    /// behind in all of them: 50 slow readers then took twice as much. A piece is read as of one moment, and no moment
    /// is held while the callback runs; a change meanwhile is in the export either as before or as after.
    ///
    /// # Errors
    /// When the store cannot be read, or [`StoreError::Stopping`] when the callback returns false.
    pub fn export(
        &self,
        company: &CompanyId,
        with_events: bool,
        mut hand_over: impl FnMut(String) -> bool,
    ) -> HistoryResult<()> {
        let (mut next, mut counts) = (Some((ExportPart::Company, RowCursor::default())), ExportCounts::default());
        while let Some((part, after)) = next {
            let page = self.ask_until_answered(|past| {
                let mut page = ExportPage { counts, text: String::new(), next: None, company, past };
                page.tell(part, &after)?;
                Ok((page.text, page.counts, page.next))
            })?;
            let (text, counted, behind) = page;
            counts = counted;
            next = match behind {
                Some(after) => Some((part, after)),
                None => part.next(with_events).map(|part| (part, RowCursor::default())),
            };
            if !text.is_empty() && !hand_over(text) {
                return Err(StoreError::Stopping);
            }
        }
        Ok(())
    }
}

/// A piece: lines of one kind.
struct ExportPage<'a> {
    counts: ExportCounts,
    text: String,
    /// The row behind which the next piece of the kind begins; none on the last piece.
    next: Option<RowCursor>,
    company: &'a CompanyId,
    past: &'a dyn Past,
}

impl ExportPage<'_> {
    fn tell(&mut self, part: ExportPart, after @ [first, second]: &RowCursor) -> HistoryResult<()> {
        let (past, company) = (self.past, self.company);
        match part {
            ExportPart::Company => self.tell_the_company(),
            ExportPart::Employees => past.employees(company, first, &mut |row| {
                self.counts.employees += 1;
                let (topics, skills) = (raw(&row.topics)?, row.skills.as_deref().map(raw).transpose()?);
                let (id, name, intent) = (&row.id, &row.name, &row.intent);
                let share = Some(row.share).filter(|share| *share != Profile::default().share);
                let capacity = Some(row.capacity).filter(|capacity| *capacity != Profile::default().capacity);
                self.line(&ExportRecord::Employee { id, name, topics, intent, skills, share, capacity });
                Ok(self.break_behind(row.id.clone(), String::new()))
            }),
            ExportPart::Bookings => past.bookings_after(company, first, &mut |row| {
                let item = booking_item(company, row);
                let id = item.id();
                let asked: Vec<_> = past.offers(company, id)?.into_iter().map(OfferItem::from).collect();
                self.counts.bookings += 1;
                self.counts.offers += asked.len() as u64;
                self.line(&ExportRecord::Booking { booking: &item, asked: &asked });
                Ok(self.break_behind(id, String::new()))
            }),
            ExportPart::Sessions => past.sessions_after(company, first, &mut |row| {
                let session = session_view(company, row);
                self.counts.sessions += 1;
                self.line(&ExportRecord::Session(&session));
                Ok(self.break_behind(session.id, String::new()))
            }),
            ExportPart::Messages => past.messages_after(company, first, second, &mut |row| {
                self.counts.messages += 1;
                let (session_id, id, at) = (row.session_id, row.id, Moment(row.at));
                self.line(&ExportRecord::Message { session_id, id, from: &row.sender, body: &row.body, at });
                Ok(self.break_behind(session_id, id.to_string()))
            }),
            ExportPart::Notes => past.notes_after(company, first, &mut |row| {
                self.counts.notes += 1;
                self.line(&ExportRecord::Notes { session_id: row.session_id, body: &row.body, at: Moment(row.at) });
                Ok(self.break_behind(row.session_id, String::new()))
            }),
            ExportPart::Events => self.tell_events(after),
            ExportPart::End => {
                let counts = self.counts;
                self.line(&ExportRecord::End(&counts));
                Ok(())
            }
        }
    }

    fn tell_the_company(&mut self) -> HistoryResult<()> {
        let Some(row) = self.past.company_row(self.company)? else { return Ok(()) };
        self.counts.companies += 1;
        let id = row.logo.as_deref().and_then(|logo| logo.parse::<LogoId>().ok());
        let logo = id.map(|id| self.past.logo(self.company, &id)).transpose()?.flatten();
        let logo = logo.map(|(kind, data)| Logo { r#type: kind.media_type(), base64: STANDARD.encode(data) });
        self.line(&ExportRecord::Company {
            id: &row.id,
            name: &row.name,
            settings: raw(&row.settings)?,
            created_at: Moment(row.created_at),
            colour: row.colour.as_deref(),
            logo,
            routing: row.routing.as_deref().map(raw).transpose()?,
        });
        Ok(())
    }

    fn tell_events(&mut self, [after, _]: &RowCursor) -> HistoryResult<()> {
        let begins_behind = self.past.begins_behind(self.company)?;
        let after = after.parse::<u64>().map_or(begins_behind, |after| after.max(begins_behind));
        self.past.events(self.company, after, None, &mut |stored| {
            self.counts.events += 1;
            self.line(&ExportRecord::Event { seq: stored.seq, at: Moment(stored.at), event: raw(stored.data)? });
            Ok(self.break_behind(stored.seq, String::new()))
        })
    }

    fn line(&mut self, line: &ExportRecord<'_>) {
        self.text.push_str(&switchboard_wire::view::json(line));
        self.text.push('\n');
    }

    /// Ends the piece if it is long enough.
    fn break_behind(&mut self, id: impl std::fmt::Display, within: String) -> ControlFlow<()> {
        if self.text.len() < CHUNK_BYTES {
            return ControlFlow::Continue(());
        }
        self.next = Some([id.to_string(), within]);
        ControlFlow::Break(())
    }
}

fn raw(json: &str) -> HistoryResult<&RawValue> {
    serde_json::from_str(json).map_err(StoreError::unreadable)
}

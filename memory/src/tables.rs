//! The tables, company by company.

use std::collections::BTreeMap;

use switchboard_core::{BookingId, CompanyId, EmployeeId, LogoId, MessageId, OfferId, SessionId, Time};
use switchboard_history::past::{AuditRow, CompanyRow, EmployeeRow};
use switchboard_journal::api_key::DatedKey;
use switchboard_journal::day::Day;
use switchboard_journal::endpoint::{Endpoint, QueuedDelivery};
use switchboard_journal::picture;
use switchboard_journal::rows::{BookingRow, MessageRow, NotesRow, OfferRow, SessionRow};
use switchboard_journal::{JournalItem, StoreError, Write};

use crate::rewrites::{Rewrites, must_be_readable};

/// All data of the store.
#[derive(Clone, Default)]
pub(crate) struct MemoryTables {
    pub(crate) companies: BTreeMap<CompanyId, CompanyTables>,
    pub(crate) audit: BTreeMap<i64, AuditRow>,
    pub(crate) keys: Vec<DatedKey>,
}

/// Everything stored about a company, and about earlier companies of its id.
#[derive(Clone, Debug, Default)]
pub(crate) struct CompanyTables {
    /// None while no company has the id.
    pub(crate) row: Option<CompanyRow>,
    pub(crate) employees: BTreeMap<EmployeeId, EmployeeRow>,
    pub(crate) bookings: BTreeMap<BookingId, BookingRow>,
    pub(crate) offers: BTreeMap<OfferId, OfferRow>,
    pub(crate) sessions: BTreeMap<SessionId, SessionRow>,
    pub(crate) notes: BTreeMap<SessionId, NotesRow>,
    pub(crate) messages: BTreeMap<(SessionId, MessageId), MessageRow>,
    /// By the number of the event.
    pub(crate) events: BTreeMap<u64, EventRow>,
    /// States, each after the event of that number.
    pub(crate) bases: BTreeMap<u64, (Time, String)>,
    pub(crate) snapshot: Option<(u64, String)>,
    /// The ids of employees, by their number and the event since which it is theirs.
    pub(crate) numbers: BTreeMap<(u32, u64), String>,
    pub(crate) removal: Option<Removal>,
    pub(crate) rewriting: Rewrites,
    /// The counts of bookings and of work of the whole company.
    pub(crate) days: BTreeMap<Day, (String, String)>,
    pub(crate) days_of_employees: BTreeMap<(String, Day), String>,
    pub(crate) endpoints: BTreeMap<String, Endpoint>,
    /// By endpoint and event.
    pub(crate) deliveries: BTreeMap<(String, u64), DeliveryRow>,
    pub(crate) logos: BTreeMap<LogoId, (picture::Kind, Vec<u8>)>,
}

/// An event as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EventRow {
    pub(crate) at: Time,
    pub(crate) kind: &'static str,
    /// The event as JSON.
    pub(crate) data: String,
}

/// The last removal of a company.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Removal {
    pub(crate) seq: u64,
    pub(crate) at: Time,
    /// The last audit entry before the removal.
    pub(crate) audit_number: i64,
}

/// A pending delivery, or a dead letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeliveryRow {
    pub(crate) delivery: QueuedDelivery,
    pub(crate) is_dead: bool,
}

impl CompanyTables {
    /// The time before which the current company of the id shows nothing.
    pub(crate) fn begins_at(&self) -> Time {
        self.row.as_ref().map_or(Time::default(), |row| row.created_at)
    }

    pub(crate) fn first_seq(&self) -> Option<u64> {
        self.events.keys().next().copied()
    }

    pub(crate) fn last_seq(&self) -> u64 {
        self.events.keys().next_back().copied().unwrap_or(0)
    }
}

impl MemoryTables {
    pub(crate) fn company(&self, id: &CompanyId) -> Option<&CompanyTables> {
        self.companies.get(id)
    }

    pub(crate) fn company_mut(&mut self, id: &CompanyId) -> &mut CompanyTables {
        self.companies.entry(id.clone()).or_default()
    }

    pub(crate) fn last_seq(&self, id: &CompanyId) -> u64 {
        self.company(id).map_or(0, CompanyTables::last_seq)
    }

    /// Checks everything in a batch that can be refused.
    pub(crate) fn must_fit(&self, batch: &[JournalItem]) -> Result<(), StoreError> {
        let mut last_seqs = BTreeMap::new();
        for work in batch {
            match work {
                JournalItem::Entry(entry) if !entry.events.is_empty() => {
                    let (company, first) = (&entry.company, entry.first_seq);
                    let last = last_seqs.get(company).copied().unwrap_or_else(|| self.last_seq(company));
                    if first != last + 1 {
                        return Err(StoreError::OutOfOrder { company: company.clone(), first, last });
                    }
                    last_seqs.insert(company, last + entry.events.len() as u64);
                }
                JournalItem::Write { write, .. } => {
                    if let Write::Erasure(step) = &**write {
                        must_be_readable(step)?;
                    }
                }
                JournalItem::Entry(_) | JournalItem::Snapshot { .. } | JournalItem::Project { .. } => {}
            }
        }
        Ok(())
    }
}

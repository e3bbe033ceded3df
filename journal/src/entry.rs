//! An entry: the outcome of one visit, which is committed as a whole, and its release.

use switchboard_core::{Company, CompanyId, Event, Time};

use crate::rows::{Row, rows_of};
use crate::{Write, Written};

/// The outcome of one visit: its events and rows are committed together, and its replies and notices are released after
/// that.
pub struct Entry {
    pub company: CompanyId,
    /// The journal's epoch when the company was read. The epoch is a fencing token: an entry of an older epoch rests on
    /// events that were not committed.
    pub epoch: u64,
    pub first_seq: u64,
    /// The time of the events.
    pub at: Time,
    /// The events of the visit; none for a reply that only rests on earlier events.
    pub events: Vec<Event>,
    /// The projected rows that the events changed.
    pub rows: Vec<Row>,
    pub release: OnCommit,
}

impl Entry {
    /// The entry of events that were just applied to the company, in the first epoch, without replies and notices.
    #[must_use]
    pub fn untold(company: &Company, at: Time, events: Vec<Event>) -> Self {
        Self {
            company: company.id().clone(),
            epoch: 0,
            first_seq: company.seq() + 1 - events.len() as u64,
            at,
            rows: rows_of(company, &events),
            events,
            release: Box::new(|_| {}),
        }
    }
}

/// Sends an entry's replies and notices, or reports the loss.
pub type OnCommit = Box<dyn FnOnce(Fate) + Send>;

/// Reports the outcome of a write; none when the write is lost.
pub type OnWritten = Box<dyn FnOnce(Option<Written>) + Send>;

/// The end of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The entry is stored durably.
    Committed,
    /// The entry is not stored, so its replies and notices must not be sent.
    Lost,
}

/// Work for the journal's thread.
pub enum JournalItem {
    Entry(Entry),
    /// A company's state, so that the next start need not read all of its events.
    Snapshot {
        company: CompanyId,
        /// The number of the last event that the state includes.
        seq: u64,
        data: String,
        /// The revision of the history that the state was read from.
        revision: u64,
    },
    /// Data beside the companies' events, such as keys and endpoints, which is written in the same transaction.
    Write {
        write: Box<Write>,
        /// The outcome, which the store sets when it has written.
        written: Written,
        release: OnWritten,
    },
    /// A barrier: its release is called when all earlier entries are committed and projected, so that a caller that
    /// reads the tables after that sees them.
    Project {
        /// Only this company's entries are needed; all companies' if there is none.
        company: Option<CompanyId>,
        /// Reports `Lost` if the projection fails now.
        release: OnCommit,
    },
}

impl JournalItem {
    /// Work that writes data beside the companies' events.
    #[must_use]
    pub fn write(write: Write, release: OnWritten) -> Self {
        Self::Write { write: Box::new(write), written: Written::Done, release }
    }

    /// Work that writes a company's state, read from that revision of its history, as a snapshot.
    #[must_use]
    pub fn snapshot(company: &Company, revision: u64) -> Self {
        Self::Snapshot {
            company: company.id().clone(),
            seq: company.seq(),
            data: switchboard_wire::view::json(company),
            revision,
        }
    }
}

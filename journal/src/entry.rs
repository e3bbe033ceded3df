//! An entry: what is committed as one, and who is told of it.

use switchboard_core::{Company, CompanyId, Event, Time};

use crate::rows::Row;
use crate::{Write, Written};

/// What belongs together: committed as one, and told only then.
pub struct Entry {
    /// Whose.
    pub company: CompanyId,
    /// The journal's epoch when the company was read: an entry of an older one rests on what was not committed.
    pub epoch: u64,
    /// The number of the first event.
    pub first_seq: u64,
    /// When they happened.
    pub at: Time,
    /// What happened; none for an answer that only rests on what happened before.
    pub events: Vec<Event>,
    /// The rows that changed by it.
    pub rows: Vec<Row>,
    /// Tells those who wait.
    pub release: Release,
}

/// Tells those who wait what became of an entry.
pub type Release = Box<dyn FnOnce(Fate) + Send>;

/// Tells who waits what came of a write; nothing when it is lost.
pub type OnWritten = Box<dyn FnOnce(Option<Written>) + Send>;

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is in the store for good.
    Committed,
    /// It is not: nothing of it may be told.
    Lost,
}

/// Work for the journal's thread.
pub enum Work {
    /// Something happened.
    Entry(Entry),
    /// A company's state, so that the next start need not read all its events.
    Snapshot {
        /// Whose.
        company: CompanyId,
        /// After which event.
        seq: u64,
        /// The state as JSON.
        data: String,
        /// The revision of the history that it was read from.
        revision: u64,
    },
    /// Something beside the companies' events, such as keys and endpoints, is written in the same transaction.
    Write {
        /// What is written.
        write: Box<Write>,
        /// What came of it, once the store has written it.
        written: Written,
        /// Tells who waits.
        release: OnWritten,
    },
    /// Nothing but the wish to be told that all before is committed and filed: whoever reads the tables then finds it
    /// there.
    File {
        /// Of this company; of all when there is none.
        company: Option<CompanyId>,
        /// Tells who waits; lost means that it could not be filed now.
        release: Release,
    },
}

impl Work {
    /// Something beside the companies' events.
    #[must_use]
    pub fn write(write: Write, release: OnWritten) -> Self {
        Self::Write { write: Box::new(write), written: Written::Done, release }
    }

    /// A company's state as a snapshot, read from that revision of its history.
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

//! The ports of a store: the commit of entries, and the recovery of companies.

use std::error::Error;
use std::fmt;
use std::time::Instant;

use futures_util::future::BoxFuture;
use switchboard_core::{Company, CompanyId, SessionId};

use crate::JournalItem;

/// The failure of a store, classified by the caller's options.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store fails now, and the same may succeed later.
    #[error(transparent)]
    Unavailable(Box<dyn Error + Send + Sync>),
    /// Stored data is damaged, so that a retry fails too.
    #[error("the store is corrupt: {0}")]
    Unreadable(String),
    /// Another writer has written to the store, or a number was skipped, which is a defect of this program.
    #[error("{company}: event {first} cannot follow event {last}")]
    OutOfOrder {
        company: CompanyId,
        /// The number of the event that was to be written.
        first: u64,
        /// The number of the last event that is stored.
        last: u64,
    },
    /// A question would read more than this number of events.
    #[error("this is too far back: more than {0} events would have to be read")]
    TooFarBack(u64),
    /// The server stops, and reads nothing more.
    #[error("the server is about to stop")]
    Stopping,
    /// The read was interrupted, or was not begun.
    #[error("the read was interrupted, or waited for too long, to bound the write-ahead log: try again")]
    AskAgain,
    /// Another server owns the store now.
    #[error(
        "another server has taken the store, and this one writes nothing more: see which of the two is to run, and \
         stop the other"
    )]
    Taken,
    /// The store is lost to this process for good.
    #[error(transparent)]
    Lost(Box<dyn Error + Send + Sync>),
    /// A newer version of the program wrote the store.
    #[error("the store has schema {found}, and this version knows up to {known}: run the version that wrote the store")]
    TooNew { found: u32, known: u32 },
}

impl StoreError {
    /// The error for stored data that nothing can be made of.
    pub fn unreadable(error: impl fmt::Display) -> Self {
        Self::Unreadable(error.to_string())
    }

    /// Whether the error is permanent for this process: committed entries may be in a store that is not read again.
    #[must_use]
    pub const fn is_for_good(&self) -> bool {
        matches!(self, Self::Taken | Self::Lost(_))
    }
}

/// The entries that a projection should include.
#[derive(Clone, Copy, Debug)]
pub enum Projection<'a> {
    /// The entries that have waited longest, as many as take a moment.
    Longest,
    /// All entries of this company.
    Of(&'a CompanyId),
    /// All entries of all companies.
    All,
}

/// The port to which the committer writes.
pub trait Store: Send {
    /// Commits the whole batch, or nothing. The store may take rows out of the entries and project them later.
    ///
    /// # Errors
    /// When nothing was committed, or when the batch was committed to a store that is not read again.
    fn commit(&mut self, batch: &mut [JournalItem]) -> Result<(), StoreError>;

    /// The time at which committed entries should be projected; none when all of them are. A store that writes its
    /// tables within the commit always returns none.
    fn projection_due(&self) -> Option<Instant> {
        None
    }

    /// Projects committed entries, a moment's work at a time. Entries whose projection fails keep waiting. Returns
    /// whether all that was asked for is projected.
    ///
    /// # Errors
    /// When the tables cannot be written now.
    fn project(&mut self, which: Projection<'_>) -> Result<bool, StoreError> {
        let _all_is_projected = which;
        Ok(true)
    }

    /// The time of the next call of `look`; none for a store that cannot disappear.
    fn look_due(&self) -> Option<Instant> {
        None
    }

    /// Checks that the committed entries are where the next start looks for them.
    ///
    /// # Errors
    /// When they are elsewhere.
    fn look(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Tries a commit that changes nothing.
    ///
    /// # Errors
    /// When the store cannot commit.
    fn probe(&mut self) -> Result<(), StoreError>;

    /// Leaves the store self-contained when no more writes will come.
    fn end(&mut self) {}
}

/// Loads companies from the store. Loading is slow and must not run under a company's lock.
pub trait ReadBack: Send + Sync {
    /// The company after all its committed events, with the number of events since its snapshot. A company without
    /// events is new.
    fn read_company(&self, id: &CompanyId) -> BoxFuture<'static, Result<(Company, u64), StoreError>>;

    /// Companies with a booking, a session or an idle employee, because a deadline in them may have passed.
    fn companies_with_open_things(&self) -> BoxFuture<'static, Result<Vec<CompanyId>, StoreError>>;

    /// The company to which the session belongs.
    fn company_of_session(&self, id: SessionId) -> BoxFuture<'static, Result<Option<CompanyId>, StoreError>>;
}

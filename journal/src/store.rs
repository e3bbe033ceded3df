//! The ports of a store: where entries are committed, and where companies are read back from.

use std::error::Error;
use std::time::Instant;

use futures_util::future::BoxFuture;
use switchboard_core::{Company, CompanyId, SessionId};

use crate::Work;

/// Why the store could not do something, by what a caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store cannot do it now: the same may succeed later.
    #[error(transparent)]
    Unavailable(Box<dyn Error + Send + Sync>),
    /// Stored data cannot be read, now or later.
    #[error("the store holds what cannot be read: {0}")]
    Unreadable(String),
    /// Another writer has written to the store, or a number was left out: a mistake of ours.
    #[error("{company}: event {first} cannot follow event {last}")]
    OutOfOrder {
        company: CompanyId,
        /// The number of the event that was to be written.
        first: u64,
        /// The number of the last event that is written.
        last: u64,
    },
    /// One question would read more events than that.
    #[error("it is too far back: more than {0} events would have to be read")]
    TooFarBack(u64),
    /// The server stops, and reads nothing more.
    #[error("the server is about to stop")]
    Stopping,
    /// A read was cut, or was not begun.
    #[error("the read was cut, or had to wait for too long, so that SQLite's log does not grow for ever: ask again")]
    AskAgain,
    /// Another server has taken the store.
    #[error(
        "another server has taken the store, and this one writes nothing more: see which of the two is to run, and \
         stop the other"
    )]
    Taken,
    /// The store is lost to this server until its end.
    #[error(transparent)]
    Lost(Box<dyn Error + Send + Sync>),
    /// A newer version wrote the store.
    #[error(
        "the store has schema {found}, and this version knows up to {known}: run the version that wrote it, or a newer one"
    )]
    TooNew { found: u32, known: u32 },
}

impl StoreError {
    /// Whether the error stays until the end: what is committed may be in no store that is read again.
    #[must_use]
    pub const fn is_for_good(&self) -> bool {
        matches!(self, Self::Taken | Self::Lost(_))
    }
}

/// What is to be filed.
#[derive(Clone, Copy, Debug)]
pub enum Filing<'a> {
    /// What has waited longest, as much as takes a moment.
    Longest,
    /// All of this company.
    Of(&'a CompanyId),
    /// All that waits.
    All,
}

/// Where entries are committed.
pub trait Store: Send {
    /// Commits all of it, or nothing. Rows may be taken out of the entries: they can be filed later.
    ///
    /// # Errors
    /// When nothing of it was committed, or when it was committed to a store that is not read again.
    fn commit(&mut self, batch: &mut [Work]) -> Result<(), StoreError>;

    /// When something that is committed is to be filed in the tables; none when all of it is. A store that writes its
    /// tables with the commit never has anything to file.
    fn filing_due(&self) -> Option<Instant> {
        None
    }

    /// Files something that is committed, a moment's work at a time. What cannot be filed waits on. Says whether all
    /// that was asked for is filed.
    ///
    /// # Errors
    /// When the tables cannot be written now.
    fn file(&mut self, which: Filing<'_>) -> Result<bool, StoreError> {
        let _all_is_filed = which;
        Ok(true)
    }

    /// When it is to be looked next whether the store is still there; never for one that cannot go away.
    fn look_due(&self) -> Option<Instant> {
        None
    }

    /// Looks whether what is committed is where the next start looks for it.
    ///
    /// # Errors
    /// When it is not.
    fn look(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Tries a commit that changes nothing.
    ///
    /// # Errors
    /// When the store cannot commit.
    fn probe(&mut self) -> Result<(), StoreError>;

    /// Leaves the store as one whole, when nothing more will be written.
    fn end(&mut self) {}
}

/// Loads companies from the store. Loading is slow and must not run under a company lock.
pub trait ReadBack: Send + Sync {
    /// The company after all its committed events, with the number of events since its snapshot; a company without
    /// events is new.
    ///
    /// # Errors
    /// When it cannot be read.
    fn read_company(&self, id: &CompanyId) -> BoxFuture<'static, Result<(Company, u64), StoreError>>;

    /// Companies with a booking, a session or an idle employee: something in them may be due.
    ///
    /// # Errors
    /// When they cannot be read.
    fn companies_with_open_things(&self) -> BoxFuture<'static, Result<Vec<CompanyId>, StoreError>>;

    /// The company that the session is of.
    ///
    /// # Errors
    /// When it cannot be read.
    fn company_of_session(&self, id: SessionId) -> BoxFuture<'static, Result<Option<CompanyId>, StoreError>>;
}

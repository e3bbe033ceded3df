//! The errors of the store: those of `SQLite`, and those of every store.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use switchboard_journal::StoreError;

/// The failure of an operation of the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `SQLite` returned an error.
    #[error("the store: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A file of the open store is no longer in its place, so that the next start would not find data written into it.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` was removed, replaced or cut while it was open, and this server writes nothing more: put the file back or \
     restore a backup, and start again"
)]
pub struct Gone(pub PathBuf);

impl Error {
    pub(crate) fn gone(file: &Path) -> Self {
        Self::Store(StoreError::Lost(Box::new(Gone(file.to_owned()))))
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match error {
            Error::Store(error) => error,
            // The read was interrupted.
            Error::Sqlite(ref inner) if inner.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => {
                Self::AskAgain
            }
            Error::Sqlite(_) => Self::Unavailable(Box::new(error)),
        }
    }
}

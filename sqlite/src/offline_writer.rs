//! A second writer for a moment: beside a running server, or alone on a store without a server.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::directory::{DirectoryLock, FILE, OpenError};
use crate::{Error, schema};

/// A connection for one small write into a store.
pub struct OfflineWriter {
    connection: Connection,
    /// Held while no server has the directory, so that none starts meanwhile.
    _held: Option<DirectoryLock>,
}

impl OfflineWriter {
    /// Opens the store of a directory, and makes it if there is none.
    ///
    /// # Errors
    /// When the store cannot be used, or the server that runs on it is of another version.
    pub fn open(directory: &Path) -> Result<Self, OpenError> {
        match DirectoryLock::take(directory) {
            Ok(mut held) => {
                let mut connection = Connection::open(held.database()?).map_err(Error::from)?;
                schema::prepare(&mut connection)?;
                held.mark()?;
                Ok(Self { connection, _held: Some(held) })
            }
            Err(OpenError::InUse(_)) => {
                let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let opened = Connection::open_with_flags(directory.join(FILE), flags);
                let connection = opened.map_err(Error::from)?;
                schema::must_be_ours(&connection)?;
                // The server copies the log in its own way, and would have to wait for a copy made here.
                connection.pragma_update(None, "wal_autocheckpoint", 0).map_err(Error::from)?;
                connection.pragma_update(None, "synchronous", "full").map_err(Error::from)?;
                Ok(Self { connection, _held: None })
            }
            Err(other) => Err(other),
        }
    }

    /// Writes in one transaction. The server waits for it, or it waits for the server's, and both are short.
    ///
    /// # Errors
    /// The error of the change, or of the commit. Nothing is written then.
    pub(super) fn write<T>(&mut self, change: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        let transaction = Transaction::new(&mut self.connection, TransactionBehavior::Immediate)?;
        let done = change(&transaction)?;
        transaction.commit()?;
        Ok(done)
    }
}

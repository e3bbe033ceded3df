//! Whose the store is: a row that every server writes at its start, and looks at within each of its transactions.
//!
//! Locks of files are what the system makes of them. So a server that has lost its own, or was never given one that
//! holds, learns of the next one before it answers anybody.

use rusqlite::{Connection, OptionalExtension};
use switchboard_journal::StoreError;
use uuid::Uuid;

use crate::Error;

/// The server that has written last that the store is its own.
pub(super) struct Owner(String);

impl Owner {
    /// Takes the store, from whoever had it.
    pub(super) fn take(connection: &Connection) -> Result<Self, Error> {
        let token = Uuid::now_v7().to_string();
        let sql = "INSERT INTO owner (id, token) VALUES (1, ?1) ON CONFLICT DO UPDATE SET token = excluded.token";
        connection.execute(sql, [&token])?;
        Ok(Self(token))
    }

    /// Within a transaction: nobody can take it before that is over.
    ///
    /// # Errors
    /// When somebody has taken it.
    pub(super) fn must_be(&self, connection: &Connection) -> Result<(), Error> {
        let mut query = connection.prepare_cached("SELECT token = ?1 FROM owner WHERE id = 1")?;
        let is_ours = query.query_row([&self.0], |row| row.get(0)).optional()?;
        if is_ours == Some(true) { Ok(()) } else { Err(Error::Store(StoreError::Taken)) }
    }
}

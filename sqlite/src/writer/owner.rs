//! The owner of the store: a row that every server writes at its start, and checks within each of its transactions.
//!
//! The row is a fencing token. File locks depend on the system, so a server that has lost its lock, or never had a
//! working one, learns from the row of the next server, before it sends a reply.

use rusqlite::{Connection, OptionalExtension};
use switchboard_journal::StoreError;
use uuid::Uuid;

use crate::Error;

/// The token of the server that took the store last.
pub(crate) struct Owner(String);

impl Owner {
    /// Takes the store from its previous owner, if there is one.
    pub(crate) fn take(connection: &Connection) -> Result<Self, Error> {
        let token = Uuid::now_v7().to_string();
        let sql = "INSERT INTO owner (id, token) VALUES (1, ?1) ON CONFLICT DO UPDATE SET token = excluded.token";
        connection.execute(sql, [&token])?;
        Ok(Self(token))
    }

    /// Checks the owner. Within a transaction no other server can take the store before the transaction is over.
    ///
    /// # Errors
    /// When another server has taken the store.
    pub(crate) fn must_be(&self, connection: &Connection) -> Result<(), Error> {
        let mut query = connection.prepare_cached("SELECT token = ?1 FROM owner WHERE id = 1")?;
        let is_ours = query.query_row([&self.0], |row| row.get(0)).optional()?;
        if is_ours == Some(true) { Ok(()) } else { Err(Error::Store(StoreError::Taken)) }
    }
}

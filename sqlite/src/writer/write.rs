//! Writes beside the companies' events, each in the transaction of its batch.

use rusqlite::Connection;
use switchboard_journal::{Write, Written};

use crate::{Error, audit, bases, cut, days, endpoints, erasure, keys, logos};

/// Executes one write. A write fails only when the store does.
pub(crate) fn write(connection: &Connection, write: &Write) -> Result<Written, Error> {
    match write {
        Write::AuditBegins(entry) => audit::write(connection, entry, None)?,
        Write::AuditEnds(entry, status) => audit::write_end(connection, entry, *status)?,
        Write::AuditRefused(entry, status) => audit::write(connection, entry, Some(*status))?,
        Write::AuditTrimmed(rows) => return Ok(Written::is_more(audit::remove_beyond(connection, *rows)? > 0)),
        Write::KeysUsed(used) => keys::write_used(connection, used)?,
        Write::Endpoint(write) => endpoints::write(connection, write)?,
        Write::Logos(logos) => logos::write(connection, logos)?,
        Write::Base { base, revision } => bases::write_as_read(connection, base, *revision)?,
        Write::Day(part) => days::write(connection, part)?,
        Write::Erasure(step) => return erasure::write(connection, step),
        Write::Cut(cut) => return Ok(Written::is_more(cut::remove_some(cut, connection)?)),
    }
    Ok(Written::Done)
}

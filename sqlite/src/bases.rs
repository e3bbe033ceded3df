//! Bases: states of a company at intervals, without finished bookings and sessions, from which any moment of the past
//! is replayed.

use rusqlite::{Connection, params};
use switchboard_journal::base::Base;

use crate::columns::ms;
use crate::{Error, revision};

/// Writes a base, unless the history was rewritten after the base was read.
pub(crate) fn write_as_read(connection: &Connection, base: &Base, read_in: u64) -> Result<(), Error> {
    if revision::is_as_read(connection, &base.company, read_in)? { write(connection, base) } else { Ok(()) }
}

/// Writes a base; a repetition changes nothing.
pub(crate) fn write(connection: &Connection, base: &Base) -> Result<(), Error> {
    let Base { company, seq, at, data } = base;
    let sql = "INSERT INTO bases (company_id, seq, at, data) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT DO UPDATE SET at = excluded.at, data = excluded.data";
    connection.prepare_cached(sql)?.execute(params![company.as_str(), seq.cast_signed(), ms(*at), data])?;
    Ok(())
}

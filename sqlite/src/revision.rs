//! The revision of a company's history: data that was read at one revision must not be written at another.

use rusqlite::{Connection, OptionalExtension};
use switchboard_core::CompanyId;

use crate::Error;

/// Number of rewrites of a company's history.
pub(super) fn of(connection: &Connection, company: &CompanyId) -> Result<u64, Error> {
    let sql = "SELECT revision FROM erasures WHERE company_id = ?1";
    let found = connection.prepare_cached(sql)?.query_row([company.as_str()], |row| row.get::<_, i64>(0)).optional()?;
    Ok(found.map_or(0, i64::cast_unsigned))
}

/// Whether data that was read at that revision may be written: no erasure has finished since, and none is running.
pub(super) fn is_as_read(connection: &Connection, company: &CompanyId, read: u64) -> Result<bool, Error> {
    let sql = "SELECT revision, state IS NULL FROM erasures WHERE company_id = ?1";
    let mut query = connection.prepare_cached(sql)?;
    let found = query.query_row([company.as_str()], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?))).optional()?;
    let (revision, is_at_rest) = found.unwrap_or((0, true));
    Ok(is_at_rest && revision.cast_unsigned() == read)
}

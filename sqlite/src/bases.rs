//! Bases: a company as it was now and then, without what had ended, so that any moment of its past can be reached again.

use rusqlite::{Connection, OptionalExtension, params};
use switchboard_core::{Company, CompanyId, Time};
use switchboard_journal::base::{Base, events_between};

use crate::columns::ms;
use crate::reader::read_snapshot;
use crate::{Error, revision};

/// Whether so much has happened since the last base that the next is worth its room. Half of it is enough: when one is
/// asked for, what was told last may not be filed yet.
pub(super) fn is_due(connection: &Connection, company: &Company) -> Result<bool, Error> {
    let sql = "SELECT max(seq) FROM bases WHERE company_id = ?1";
    let last: Option<i64> = connection.query_row(sql, [company.id().as_str()], |row| row.get(0))?;
    let since = company.seq().saturating_sub(last.map_or(0, i64::cast_unsigned));
    Ok(since >= events_between(company) / 2)
}

/// Writes a base, unless its history was rewritten since it was read.
pub(crate) fn write_as_read(connection: &Connection, base: &Base, read_in: u64) -> Result<(), Error> {
    if revision::is_as_read(connection, &base.company, read_in)? { write(connection, base) } else { Ok(()) }
}

/// Writes a base; the same once more changes nothing.
pub(crate) fn write(connection: &Connection, base: &Base) -> Result<(), Error> {
    let Base { company, seq, at, data } = base;
    let sql = "INSERT INTO bases (company_id, seq, at, data) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT DO UPDATE SET at = excluded.at, data = excluded.data";
    connection.prepare_cached(sql)?.execute(params![company.as_str(), seq.cast_signed(), ms(*at), data])?;
    Ok(())
}

/// Whether the base after that event is stored just so.
pub(super) fn is_same(connection: &Connection, company: &CompanyId, seq: u64, data: &str) -> Result<bool, Error> {
    let sql = "SELECT data = ?3 FROM bases WHERE company_id = ?1 AND seq = ?2";
    let mut query = connection.prepare_cached(sql)?;
    let found = query.query_row(params![company.as_str(), seq.cast_signed(), data], |row| row.get(0)).optional()?;
    Ok(found.unwrap_or(false))
}

/// The latest base of before that moment.
pub(super) fn latest_before(
    connection: &Connection,
    company: &CompanyId,
    moment: Time,
) -> Result<Option<Company>, Error> {
    latest_between(connection, company, 0, moment)
}

/// The latest base of before that moment, if it is of after that event.
pub(super) fn latest_between(
    connection: &Connection,
    company: &CompanyId,
    after: u64,
    moment: Time,
) -> Result<Option<Company>, Error> {
    let sql = "SELECT data FROM (SELECT seq, data FROM bases WHERE company_id = ?1 AND at < ?3
                   ORDER BY at DESC, seq DESC LIMIT 1) WHERE seq > ?2";
    let bind = params![company.as_str(), after.cast_signed(), ms(moment)];
    let found = connection.query_row(sql, bind, |row| row.get::<_, String>(0));
    found.optional()?.map(|data| read_snapshot(&data)).transpose()
}

/// The state that a company's remaining events begin from: none when all of them are there.
pub(super) fn origin(connection: &Connection, company: &CompanyId) -> Result<Option<Company>, Error> {
    let first = "SELECT min(seq) FROM events WHERE company_id = ?1";
    let first: Option<i64> = connection.query_row(first, [company.as_str()], |row| row.get(0))?;
    if first.is_none_or(|seq| seq <= 1) {
        return Ok(None);
    }
    let sql = "SELECT data FROM bases WHERE company_id = ?1 ORDER BY seq LIMIT 1";
    let found = connection.query_row(sql, [company.as_str()], |row| row.get::<_, String>(0));
    found.optional()?.map(|data| read_snapshot(&data)).transpose()
}

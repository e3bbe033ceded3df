//! The table of the audit list: changes over HTTP or at the command line, with their authors and outcomes, and without
//! names, notes or bodies.

use rusqlite::{Connection, params};
use switchboard_journal::audit::AuditEntry;

use crate::Error;

/// Entries that are removed at once, in some milliseconds, because commits wait for it.
const TRIM_MAX: i64 = 2_000;

/// Writes the outcome of a request, if its entry is still there.
pub(crate) fn write_end(connection: &Connection, entry: &AuditEntry, status: u16) -> Result<(), Error> {
    let mut write = connection.prepare_cached("UPDATE audit SET status = ?2 WHERE id = ?1")?;
    write.execute(params![entry.id.to_string(), status])?;
    Ok(())
}

/// Writes an entry; a repetition changes nothing.
pub(crate) fn write(connection: &Connection, entry: &AuditEntry, status: Option<u16>) -> Result<(), Error> {
    let sql = "INSERT INTO audit (id, at, key_id, key_name, company_id, method, route, target, status, request_id,
                                  address)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
               ON CONFLICT (id) DO NOTHING";
    let mut write = connection.prepare_cached(sql)?;
    write.execute(params![
        entry.id.to_string(),
        entry.at.as_ms().cast_signed(),
        entry.key_id,
        entry.key_name,
        entry.company,
        entry.method,
        entry.route,
        entry.target,
        status,
        entry.request_id,
        entry.address,
    ])?;
    Ok(())
}

/// Removes a slice of the oldest entries beyond that number. Returns the number of removed entries.
pub(crate) fn remove_beyond(connection: &Connection, rows: i64) -> Result<usize, Error> {
    let sql = "DELETE FROM audit WHERE number <= (SELECT max(number) FROM audit) - ?1
                   AND number < (SELECT min(number) FROM audit) + ?2";
    Ok(connection.execute(sql, [rows, TRIM_MAX])?)
}

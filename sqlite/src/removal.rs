//! What the end of a company takes with it, and where the history of the next one of its id begins.
//!
//! What went on before stays in the tables until it is cut, and for one who may see all companies as long as the id is
//! nobody's. Once the id is somebody's again, every question about that company begins behind its last removal.

use rusqlite::{Connection, OptionalExtension, params};
use switchboard_core::{CompanyId, Time};

use crate::Error;
use crate::columns::ms;

/// The time before which nothing is shown: 0 while a company is gone, or was never removed.
macro_rules! begins_at {
    ($company:literal) => {
        concat!("coalesce((SELECT created_at FROM companies WHERE id = ", $company, "), 0)")
    };
}
pub(super) use begins_at;

/// A company was removed: its endpoints end with what waits for them, and so do API keys for it alone; of a key for
/// several it is taken away. What was made after that is of the next company of its id.
pub(super) fn end(connection: &Connection, company: &CompanyId, seq: u64, at: Time) -> Result<(), Error> {
    let (id, at) = (company.as_str(), ms(at));
    let sql = "INSERT INTO removals (company_id, seq, at, audit_number)
               VALUES (?1, ?2, ?3, coalesce((SELECT max(number) FROM audit), 0))
               ON CONFLICT DO UPDATE SET seq = excluded.seq, at = excluded.at, audit_number = excluded.audit_number";
    connection.prepare_cached(sql)?.execute(params![id, seq.cast_signed(), at])?;
    let sql = "DELETE FROM webhook_deliveries WHERE company_id = ?1 AND webhook_id IN
                   (SELECT id FROM webhooks WHERE company_id = ?1 AND created_at <= ?2)";
    connection.prepare_cached(sql)?.execute(params![id, at])?;
    let sql = "DELETE FROM webhooks WHERE company_id = ?1 AND created_at <= ?2";
    connection.prepare_cached(sql)?.execute(params![id, at])?;
    let sql = "UPDATE api_keys SET revoked_at = ?2
               WHERE revoked_at IS NULL AND created_at <= ?2 AND companies = json_array(?1)";
    connection.prepare_cached(sql)?.execute(params![id, at])?;
    let sql = "UPDATE api_keys
               SET companies = (SELECT json_group_array(value) FROM json_each(companies) WHERE value <> ?1)
               WHERE revoked_at IS NULL AND created_at <= ?2 AND companies <> json_array(?1)
                   AND EXISTS (SELECT 1 FROM json_each(companies) WHERE value = ?1)";
    connection.prepare_cached(sql)?.execute(params![id, at])?;
    Ok(())
}

/// The number of the event by which a company of that id was removed last, whether there is one again or not.
///
/// # Errors
/// When the store cannot be read.
pub(super) fn last(connection: &Connection, company: &CompanyId) -> Result<Option<u64>, Error> {
    let sql = "SELECT seq FROM removals WHERE company_id = ?1";
    let found = connection.prepare_cached(sql)?.query_row([company.as_str()], |row| row.get::<_, i64>(0)).optional()?;
    Ok(found.map(i64::cast_unsigned))
}

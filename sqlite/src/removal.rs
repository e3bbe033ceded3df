//! The removal of a company: the data that it ends, and the beginning of the history of the next company of the same
//! id.
//!
//! The removed company's rows stay in the tables until a cut removes them. A caller that may see all companies still
//! sees them while no company has the id. When a company has the id again, every question about it begins behind the
//! last removal.

use rusqlite::{Connection, OptionalExtension, params};
use switchboard_core::{CompanyId, Time};

use crate::Error;
use crate::columns::ms;

/// The time before which a company shows nothing: its creation, or 0 while there is no company of the id.
macro_rules! begins_at {
    ($company:literal) => {
        concat!("coalesce((SELECT created_at FROM companies WHERE id = ", $company, "), 0)")
    };
}
pub(super) use begins_at;

/// Records the removal of a company, deletes its webhooks with their deliveries, revokes API keys for this company
/// alone, and takes the company out of keys for several. Webhooks and keys that were made later belong to the next
/// company of the id.
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

/// The number of the event that removed a company of that id last, whether or not there is a current company.
pub(super) fn last(connection: &Connection, company: &CompanyId) -> Result<Option<u64>, Error> {
    let sql = "SELECT seq FROM removals WHERE company_id = ?1";
    let found = connection.prepare_cached(sql)?.query_row([company.as_str()], |row| row.get::<_, i64>(0)).optional()?;
    Ok(found.map(i64::cast_unsigned))
}

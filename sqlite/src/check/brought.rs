//! The check of webhooks: no progress beyond the last event, and no delivery without an endpoint.

use rusqlite::{Connection, params};
use switchboard_core::CompanyId;

use crate::Error;

/// Describes progress that is impossible when `last` is the company's last event.
pub(super) fn differences(connection: &Connection, company: &CompanyId, last: u64) -> Result<Vec<String>, Error> {
    let sql = "SELECT format('the webhook %s was read up to event %d, and the last is %d', id, cursor, ?2)
               FROM webhooks WHERE company_id = ?1 AND cursor > ?2
               UNION ALL
               SELECT format('the webhook %s waits to bring event %d, and the last is %d', webhook_id, seq, ?2)
               FROM webhook_deliveries WHERE company_id = ?1 AND seq > ?2
               UNION ALL
               SELECT format('the delivery of event %d to the webhook %s is `%s`', seq, webhook_id, state)
               FROM webhook_deliveries WHERE company_id = ?1 AND state NOT IN ('pending', 'dead')";
    let mut query = connection.prepare(sql)?;
    let found = query.query_map(params![company.as_str(), last.cast_signed()], |row| row.get(0))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Describes deliveries whose endpoint is missing.
pub(super) fn of_nobody(connection: &Connection) -> Result<Vec<String>, Error> {
    let sql = "SELECT format('%s: event %d is to be delivered again to an unknown webhook %s', company_id, seq,
                   webhook_id)
               FROM webhook_deliveries d
               WHERE NOT EXISTS (SELECT 1 FROM webhooks w WHERE w.company_id = d.company_id AND w.id = d.webhook_id)";
    let mut query = connection.prepare(sql)?;
    let found = query.query_map([], |row| row.get(0))?;
    Ok(found.collect::<Result<_, _>>()?)
}

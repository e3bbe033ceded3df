//! Trimming of the audit list to its newest lines.

use std::sync::Arc;
use std::time::Duration;

use switchboard_exchange::Exchange;
use switchboard_journal::Write;

/// Author of a change that was made at the command line. No key can have this name, because of its blank, and no role
/// is called `command`.
pub(crate) const COMMAND_LINE: &str = "command line";
/// Interval at which old lines are removed.
const TRIM_EVERY: Duration = Duration::from_secs(60);

/// Keeps that many of the newest lines, and removes the others a few at a time.
pub async fn trim(exchange: Arc<Exchange>, rows: i64) {
    loop {
        // A failed write does no harm: while the store cannot commit, the list does not grow.
        let _trimmed_or_later = exchange.write(Write::AuditTrimmed(rows)).await;
        tokio::time::sleep(TRIM_EVERY).await;
    }
}

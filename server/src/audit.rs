//! The audit list keeps so many lines, the newest.

use std::sync::Arc;
use std::time::Duration;

use switchboard_exchange::Exchange;
use switchboard_journal::Write;

/// Who has changed something that was changed at the command line. No key can have a name with a blank in it, and no
/// role is called `command`.
pub const COMMAND_LINE: &str = "command line";
/// How often lines beyond those that are kept are removed.
const TRIM_EVERY: Duration = Duration::from_secs(60);

/// Keeps that many lines, the newest, a few at a time.
pub async fn trim(exchange: Arc<Exchange>, rows: i64) {
    loop {
        // While the store is sick nothing grows.
        let _trimmed_or_later = exchange.write(Write::AuditTrimmed(rows)).await;
        tokio::time::sleep(TRIM_EVERY).await;
    }
}

//! Retention: what a company keeps for a number of days only is removed when they are over, beside all that goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use switchboard_core::{CompanyId, Time};

use crate::exchange::{Exchange, NotNow};
use crate::journal::StoreError;
use crate::journal::reader::Reader;
use crate::webhooks::records;

/// The first look after a start, when everybody has come back; and how often then.
const FIRST_AFTER: Duration = Duration::from_secs(60);
const EVERY: Duration = Duration::from_secs(60 * 60);
/// A pause between two slices, for all who book meanwhile.
const PAUSE: Duration = Duration::from_millis(20);
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Says from which event on somebody still needs a company's events; none when nobody does.
pub type OldestNeeded = Arc<dyn Fn(&CompanyId) -> Option<u64> + Send + Sync>;

/// Events that a webhook still needs are not forgotten; while that cannot be read, none are.
pub fn needed_by_webhooks(reader: Reader) -> OldestNeeded {
    Arc::new(move |company| reader.ask(|tables| records::oldest_needed(tables, company)).unwrap_or(Some(0)))
}

/// Why a company's history was not cut.
#[derive(Debug, thiserror::Error)]
pub enum NotCut {
    /// The store cannot be read.
    #[error(transparent)]
    Unread(#[from] StoreError),
    /// The store cannot be written now.
    #[error(transparent)]
    NotNow(#[from] NotNow),
}

/// Looks after all companies, until the server ends.
pub async fn run(exchange: Arc<Exchange>, reader: Reader, oldest_needed: OldestNeeded) {
    tokio::time::sleep(FIRST_AFTER).await;
    loop {
        sweep(&exchange, &reader, &oldest_needed).await;
        tokio::time::sleep(EVERY).await;
    }
}

/// Removes what is over in every company. One that cannot be cut now is looked at the next time.
pub async fn sweep(exchange: &Exchange, reader: &Reader, oldest_needed: &OldestNeeded) {
    let now = exchange.clock().now();
    let companies = match reader.aside(Reader::companies_that_forget).await {
        Ok(companies) => companies,
        Err(error) => return tracing::warn!(%error, "retention could not look for old history"),
    };
    for (company, days) in companies {
        let until = Time::from_ms(now.as_ms().saturating_sub(u64::from(days) * DAY_MS));
        if let Err(error) = cut(exchange, reader, &company, until, oldest_needed.clone()).await {
            tracing::warn!(%company, %error, "old history could not be removed");
        }
    }
}

async fn cut(
    exchange: &Exchange,
    reader: &Reader,
    company: &CompanyId,
    until: Time,
    oldest_needed: OldestNeeded,
) -> Result<(), NotCut> {
    exchange.file(Some(company)).await?;
    let of = company.clone();
    let cut = reader.aside(move |reader| reader.cut(&of, until, oldest_needed(&of))).await?;
    let done = Arc::new(AtomicBool::new(false));
    loop {
        let told = done.clone();
        exchange.write(cut.remove_some(move |is_done| told.store(is_done, Ordering::Release))).await?;
        if done.load(Ordering::Acquire) {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
}

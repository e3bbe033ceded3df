//! Retention: a company's history is removed after its number of days, beside the running business.

use std::sync::Arc;
use std::time::Duration;

use switchboard_core::{CompanyId, Time};
use switchboard_exchange::clock::{self, ClockReading};
use switchboard_exchange::{Exchange, NotNow};
use switchboard_history::{History, Past};
use switchboard_journal::{StoreError, Write, Written};
use switchboard_wire::view::Moment;

/// Pause before the first sweep, so that people can reconnect after a start; and pause between sweeps.
const FIRST_AFTER: Duration = Duration::from_secs(60);
const EVERY: Duration = Duration::from_secs(60 * 60);
/// Pause between two slices, so that other writes get through.
const PAUSE: Duration = Duration::from_millis(20);
const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// Time for which a clock that is far ahead is not trusted.
const DOUBT_MS: u64 = 60 * 60 * 1000;

/// Trust in the wall clock, for steps that cannot be undone.
///
/// A clock that is far ahead looks like the clock of a server that was off for long. So the removal of history waits
/// for an hour then, in which an operator can see the warning and set the clock.
#[derive(Debug)]
pub struct Trust {
    ahead_ms: i64,
    from: Time,
}

impl Trust {
    /// Trust at a start; `latest` is the time of the newest stored event.
    #[must_use]
    pub(crate) fn at_start(latest: Option<Time>, now: ClockReading) -> Self {
        let mut trust = Self { ahead_ms: now.ahead_ms(), from: now.even };
        let ahead_ms = latest.map_or(0, |latest| latest.ms_until(now.wall));
        if let Some(latest) = latest
            && ahead_ms > DAY_MS
        {
            trust.wait(latest, now);
        }
        trust
    }

    /// Whether history may be removed now.
    pub(crate) fn is_given(&mut self, now: ClockReading) -> bool {
        let went_ms = now.ahead_ms().saturating_sub(self.ahead_ms);
        self.ahead_ms = now.ahead_ms();
        if went_ms > DAY_MS.cast_signed() {
            self.wait(clock::plus(now.wall, -went_ms), now);
        }
        self.from <= now.even
    }

    fn wait(&mut self, written: Time, now: ClockReading) {
        self.from = now.even.plus_ms(DOUBT_MS);
        tracing::warn!(
            clock = %Moment(now.wall),
            written = %Moment(written),
            "the clock is more than a day ahead of the last event: retention waits for an hour"
        );
    }
}

/// The first event of a company that a reader still needs; none when no reader needs any.
pub type OldestNeeded = Arc<dyn Fn(&dyn Past, &CompanyId) -> Option<u64> + Send + Sync>;

/// The first event that a webhook still needs. While that cannot be read, the answer is 0, so that no event is removed.
#[must_use]
pub fn needed_by_webhooks() -> OldestNeeded {
    Arc::new(|past, company| past.oldest_needed_by_endpoints(company).unwrap_or(Some(0)))
}

/// Reason why a company's history was not cut.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotCut {
    /// The store cannot be read.
    #[error(transparent)]
    Unread(#[from] StoreError),
    /// The store cannot be written now.
    #[error(transparent)]
    NotNow(#[from] NotNow),
}

/// Sweeps all companies at intervals, until the server ends.
pub async fn run(exchange: Arc<Exchange>, history: Arc<dyn History>, oldest_needed: OldestNeeded, mut trust: Trust) {
    tokio::time::sleep(FIRST_AFTER).await;
    loop {
        if trust.is_given(exchange.clock().read()) {
            sweep(&exchange, &*history, &oldest_needed).await;
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Removes expired history in every company. A company that cannot be cut now is left for the next sweep.
pub async fn sweep(exchange: &Exchange, history: &dyn History, oldest_needed: &OldestNeeded) {
    remove_what_was_before(exchange, history).await;
    let now = exchange.clock().now();
    let companies = match history.off_runtime(|past| past.companies_that_forget()).await {
        Ok(companies) => companies,
        Err(error) => return tracing::warn!(%error, "retention could not list old history"),
    };
    for (company, days) in companies {
        let until = Time::from_ms(now.as_ms().saturating_sub(u64::from(days) * DAY_MS));
        if let Err(error) = cut(exchange, history, &company, until, oldest_needed.clone()).await {
            tracing::warn!(%company, %error, "old history could not be removed");
        }
    }
}

/// Removes the earlier history of companies that were made again under their ids, because no caller can see it.
async fn remove_what_was_before(exchange: &Exchange, history: &dyn History) {
    let companies = match history.off_runtime(|past| past.companies_made_again()).await {
        Ok(companies) => companies,
        Err(error) => return tracing::warn!(%error, "retention could not list the companies that were created again"),
    };
    for (company, removed_at) in companies {
        if let Err(error) = cut(exchange, history, &company, removed_at, Arc::new(|_, _| None)).await {
            tracing::warn!(%company, %error, "the history of a company's predecessor could not be removed");
        }
    }
}

async fn cut(
    exchange: &Exchange,
    history: &dyn History,
    company: &CompanyId,
    until: Time,
    oldest_needed: OldestNeeded,
) -> Result<(), NotCut> {
    exchange.project(Some(company)).await?;
    let of = company.clone();
    let cut = history.off_runtime_until_answered(move |past| {
        let needed = oldest_needed(past, &of);
        past.cut(&of, until, needed)
    });
    let cut = Arc::new(cut.await?);
    let mut slices: u64 = 0;
    while exchange.write(Write::Cut(cut.clone())).await? == Written::More {
        slices += 1;
        tokio::time::sleep(PAUSE).await;
    }
    if slices > 0 {
        tracing::info!(%company, until = %Moment(until), slices, "history older than the retention period was removed");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(even_days: u64, ahead_days: u64) -> ClockReading {
        after(even_days, 0, ahead_days)
    }

    const fn after(even_days: u64, even_ms: u64, ahead_days: u64) -> ClockReading {
        let even = Time::from_ms(even_days * DAY_MS + even_ms);
        ClockReading { wall: even.plus_ms(ahead_days * DAY_MS), even }
    }

    #[test]
    fn a_clock_that_is_far_ahead_of_what_was_written_is_believed_after_an_hour() {
        let written = |days| Some(Time::from_ms(days * DAY_MS));
        assert!(Trust::at_start(None, at(20_000, 0)).is_given(at(20_000, 0)), "nothing was ever written");
        assert!(Trust::at_start(written(19_999), at(20_000, 0)).is_given(at(20_000, 0)));
        assert!(Trust::at_start(written(20_500), at(20_000, 0)).is_given(at(20_000, 0)), "and one behind it");
        let mut trust = Trust::at_start(written(19_900), at(20_000, 0));
        assert!(!trust.is_given(at(20_000, 0)) && !trust.is_given(after(20_000, DOUBT_MS - 1, 0)));
        assert!(trust.is_given(after(20_000, DOUBT_MS, 0)));
    }

    #[test]
    fn a_clock_that_is_set_far_ahead_while_the_server_runs_is_believed_after_an_hour() {
        let mut trust = Trust::at_start(None, at(20_000, 0));
        assert!(trust.is_given(at(20_000, 1)) && !trust.is_given(at(20_000, 400)));
        assert!(!trust.is_given(after(20_000, DOUBT_MS - 1, 400)), "by the clock that does not jump");
        assert!(trust.is_given(after(20_000, DOUBT_MS, 400)));
        assert!(trust.is_given(after(20_000, DOUBT_MS, 0)), "back is no danger");
    }
}

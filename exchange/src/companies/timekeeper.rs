//! One timekeeper for all companies: comes by when the next of them has something due.

use std::collections::BTreeSet;
use std::num::NonZero;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use switchboard_core::{CompanyId, Time};
use switchboard_journal::sync::{Mutex, Notify};
use tokio::task::JoinSet;

use super::Exchange;

/// How long a company waits whose turn could not be had, in milliseconds.
const TRY_AGAIN_MS: u64 = 50;
/// The longest sleep: a bound on what a lost wake-up could cost.
const SLEEP_MAX: Duration = Duration::from_secs(60);
/// Companies that are woken at once: each may have to be read from the store.
const WAKES_AT_ONCE: usize = 64;

/// When to come by where, in even time.
#[derive(Debug, Default)]
pub(super) struct Timekeeper {
    due: Mutex<BTreeSet<(Time, CompanyId)>>,
    bell: Notify,
}

impl Timekeeper {
    /// Moves a company's time. A later one is left to the earlier visit, which will find nothing due and move it:
    /// so most commands need not come here at all.
    pub(super) fn arm(&self, company: &CompanyId, armed: &mut Option<Time>, next: Option<Time>) {
        let Some(next) = next else { return };
        if armed.is_some_and(|at| at <= next) {
            return;
        }
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(old) = armed.replace(next) {
            due.remove(&(old, company.clone()));
        }
        due.insert((next, company.clone()));
        if due.first().is_some_and(|(at, first)| *at == next && first == company) {
            self.bell.notify_one();
        }
    }

    pub(super) fn take_due(&self, now: Time) -> Vec<CompanyId> {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let mut companies = Vec::new();
        while due.first().is_some_and(|(at, _)| *at <= now) {
            companies.extend(due.pop_first().map(|(_, company)| company));
        }
        companies
    }

    pub(super) fn next(&self) -> Option<Time> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner).first().map(|(at, _)| *at)
    }

    /// Comes by again a little later.
    pub(super) fn later(&self, company: CompanyId, now: Time) {
        self.due.lock().unwrap_or_else(PoisonError::into_inner).insert((now.plus_ms(TRY_AGAIN_MS), company));
        self.bell.notify_one();
    }

    /// Comes by wherever something is due, and everywhere after the store has failed and recovered.
    pub(super) async fn run(exchange: Arc<Exchange>) {
        let mut health = exchange.journal.health();
        loop {
            let due = exchange.take_due();
            exchange.wake_all(due, WAKES_AT_ONCE).await;
            let (next, now) = (exchange.next_due(), exchange.clock.even());
            let sleep = next.map_or(SLEEP_MAX, |at| Duration::from_millis(now.ms_until(at)).min(SLEEP_MAX));
            tokio::select! {
                () = tokio::time::sleep(sleep) => {}
                () = exchange.rung() => {}
                changed = health.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    if exchange.journal.is_healthy() {
                        exchange.read_all_again().await;
                    }
                }
            }
        }
    }
}

impl Exchange {
    /// Comes back when something is due earlier than it was: [`Exchange::next_due`] must be asked again.
    pub(crate) async fn rung(&self) {
        self.timekeeper.bell.notified().await;
    }

    /// After the start: every company with something open is read, and does what is due. Only as many at a time as
    /// there are cores, so that a visitor to one of them does not wait behind many that nobody visits.
    pub(super) async fn come_back(self: Arc<Self>, companies: Vec<CompanyId>) {
        let (count, since) = (companies.len(), Instant::now());
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        self.wake_all(companies, cores).await;
        // A store in which nothing was open has nothing to say of it.
        if count > 0 {
            tracing::info!(companies = count, took = ?since.elapsed(), "all that was open is in memory again");
        }
    }

    /// Wakes many companies, a few at a time; each in a task of its own, so that one that fails takes nobody along.
    async fn wake_all(self: &Arc<Self>, companies: impl IntoIterator<Item = CompanyId>, at_once: usize) {
        let mut waking = JoinSet::new();
        for company in companies {
            if waking.len() >= at_once {
                waking.join_next().await;
            }
            let exchange = self.clone();
            waking.spawn(async move { exchange.wake(&company).await });
        }
        while let Some(woken) = waking.join_next().await {
            if let Err(error) = woken {
                tracing::error!(%error, "a company could not do what was due");
            }
        }
    }

    /// After the store has recovered: every company is read again and learns who is there.
    async fn read_all_again(self: &Arc<Self>) {
        let slots: Vec<CompanyId> = self.slots.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect();
        self.wake_all(slots, WAKES_AT_ONCE).await;
    }
}

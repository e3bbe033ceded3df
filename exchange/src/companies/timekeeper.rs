//! One timekeeper for all companies, which wakes each one at its next deadline.

use std::collections::BTreeSet;
use std::num::NonZero;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use switchboard_core::{CompanyId, Time};
use switchboard_journal::sync::{Mutex, Notify};
use tokio::task::JoinSet;

use super::Exchange;

/// The wait after a wake-up that failed, in milliseconds.
const TRY_AGAIN_MS: u64 = 50;
/// The longest sleep, which bounds the cost of a lost notification.
const SLEEP_MAX: Duration = Duration::from_secs(60);
/// The most companies that are woken at once, because each may have to be loaded from the store.
const WAKES_AT_ONCE: usize = 64;

/// The next wake-up of each company, in even time.
#[derive(Debug, Default)]
pub(super) struct Timekeeper {
    due: Mutex<BTreeSet<(Time, CompanyId)>>,
    bell: Notify,
}

impl Timekeeper {
    /// Moves a company's wake-up to its next deadline.
    pub(super) fn arm(&self, company: &CompanyId, armed: &mut Option<Time>, next: Option<Time>) {
        let Some(next) = next else { return };
        // The earlier wake-up will find nothing due and arm the later one, so most commands take no lock here.
        if armed.is_some_and(|at| at <= next) {
            return;
        }
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(old) = armed.replace(next) {
            due.remove(&(old, company.clone()));
        }
        due.insert((next, company.clone()));
        // Only a new first line ends the present sleep earlier.
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

    /// Wakes a company a little later, after a wake-up that failed.
    pub(super) fn later(&self, company: CompanyId, now: Time) {
        self.due.lock().unwrap_or_else(PoisonError::into_inner).insert((now.plus_ms(TRY_AGAIN_MS), company));
        self.bell.notify_one();
    }

    /// Wakes each company when something is due there, and all companies after the store has failed and recovered.
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
                    // The journal's thread has ended, and nothing can be committed any more.
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
    /// Returns when an earlier deadline has been armed, so that [`Exchange::next_due`] must be asked again.
    pub(crate) async fn rung(&self) {
        self.timekeeper.bell.notified().await;
    }

    /// Loads every company with something open after a start, and has each handle its passed deadlines.
    pub(super) async fn come_back(self: Arc<Self>, companies: Vec<CompanyId>) {
        let (count, since) = (companies.len(), Instant::now());
        // No more at a time, so that a visitor's company does not wait behind many without visitors.
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        self.wake_all(companies, cores).await;
        // With nothing open there is no news for the log.
        if count > 0 {
            tracing::info!(companies = count, took = ?since.elapsed(), "everything open is in memory again");
        }
    }

    /// Wakes many companies, some at a time.
    async fn wake_all(self: &Arc<Self>, companies: impl IntoIterator<Item = CompanyId>, at_once: usize) {
        let mut waking = JoinSet::new();
        for company in companies {
            if waking.len() >= at_once {
                waking.join_next().await;
            }
            // In a task of its own, so that a panic in one company does not stop the others.
            let exchange = self.clone();
            waking.spawn(async move { exchange.wake(&company).await });
        }
        while let Some(woken) = waking.join_next().await {
            if let Err(error) = woken {
                tracing::error!(%error, "a company's timers failed");
            }
        }
    }

    /// Loads every company in memory again after the store has recovered, so that each learns who is connected.
    async fn read_all_again(self: &Arc<Self>) {
        let slots: Vec<CompanyId> = self.slots.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect();
        self.wake_all(slots, WAKES_AT_ONCE).await;
    }
}

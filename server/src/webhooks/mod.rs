//! Webhooks: delivery of a company's events to its endpoints, at least once, and in order for each booking.
//!
//! The table of events is the outbox, and each endpoint has a cursor in that table. So a crash loses no event, and an
//! endpoint that is down or slow delays no other endpoint and keeps only its own few events in memory.

mod address;

pub mod signature;

pub mod schedule;

mod health;

mod queue;

mod courier;

mod reader_thread;

mod round;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use courier::Courier;
use reader_thread::ReaderThread;
use switchboard_core::CompanyId;
use switchboard_exchange::Exchange;
use switchboard_history::History;
use switchboard_journal::StoreError;
use switchboard_metrics::METRICS;
use tokio::sync::{Semaphore, watch};

use crate::shutdown::Shutdown;

pub use address::read_url;

/// Endpoints of one company, at most.
pub(crate) const ENDPOINTS_MAX: usize = 16;
/// Requests in flight at once, to all endpoints together. A slow receiver holds its place for at most 15 s, and no
/// endpoint has more than four places.
const ON_THE_WAY_MAX: usize = 512;
/// Settings of the sending of webhooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether webhooks may go to private addresses, and without TLS.
    pub allow_private: bool,
    /// Tries of an event, after which the event is dead.
    pub attempts: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { allow_private: false, attempts: schedule::ATTEMPTS }
    }
}

/// All endpoints, each served by a task of its own.
pub struct Webhooks {
    exchange: Arc<Exchange>,
    history: Arc<dyn History>,
    options: Options,
    courier: Courier,
    on_the_way: Semaphore,
    reader_thread: ReaderThread,
    rounds: Mutex<HashMap<EndpointKey, watch::Sender<u64>>>,
    shutdown: Shutdown,
}

/// Company and id of one endpoint.
type EndpointKey = (CompanyId, String);

impl Webhooks {
    /// Webhooks without a served endpoint; [`Self::start`] serves them.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn new(
        exchange: Arc<Exchange>,
        history: Arc<dyn History>,
        options: Options,
        shutdown: Shutdown,
    ) -> std::io::Result<Arc<Self>> {
        let reader_thread = ReaderThread::start(history.clone())?;
        Ok(Arc::new(Self {
            exchange,
            history,
            options,
            courier: Courier::new(options.allow_private),
            on_the_way: Semaphore::new(ON_THE_WAY_MAX),
            reader_thread,
            rounds: Mutex::default(),
            shutdown,
        }))
    }

    /// Serves all endpoints that are on.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn start(self: &Arc<Self>) -> Result<(), StoreError> {
        for key in self.reader_thread.ask(|past| past.endpoints_that_are_on()).await? {
            self.changed(key);
        }
        Ok(())
    }

    /// Serves an endpoint as the store has it now, after the endpoint was made or changed there.
    pub fn changed(self: &Arc<Self>, key: (CompanyId, String)) {
        let mut rounds = self.rounds();
        if let Some(told) = rounds.get(&key) {
            told.send_modify(|changes| *changes += 1);
            return;
        }
        let told = watch::Sender::new(0);
        let receiver = told.subscribe();
        rounds.insert(key.clone(), told);
        drop(rounds);
        METRICS.webhook_endpoints.inc();
        tokio::spawn(round::serve(self.clone(), key, receiver));
    }

    /// Wakes the services of a removed company, so that each finds its endpoint gone, and ends.
    pub(crate) fn company_ended(&self, company: &CompanyId) {
        for (_, told) in self.rounds().iter().filter(|((of, _), _)| of == company) {
            told.send_modify(|changes| *changes += 1);
        }
    }

    /// Settings with which webhooks are sent.
    #[must_use]
    pub const fn options(&self) -> Options {
        self.options
    }

    /// Ends the service of an endpoint, unless the endpoint was changed again meanwhile. Says whether the service has
    /// ended.
    // Checked and removed under one lock, because a change in between would be lost otherwise.
    fn leave(&self, key: &EndpointKey, told: &watch::Receiver<u64>) -> bool {
        let mut rounds = self.rounds();
        if told.has_changed().unwrap_or(false) {
            return false;
        }
        rounds.remove(key);
        METRICS.webhook_endpoints.dec();
        true
    }

    fn rounds(&self) -> MutexGuard<'_, HashMap<EndpointKey, watch::Sender<u64>>> {
        self.rounds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

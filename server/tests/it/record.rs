//! Everything that people were told, in the order in which they heard it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use serde_json::Value;
use switchboard_wire::claims::Role;
use tokio::sync::watch;

/// Requests whose success is a promise.
const PROMISES: &[&str] = &["book", "cancel", "accept", "reject", "end", "message", "notes"];
/// The longest wait for progress on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A reply or an event that a person received.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub at: SystemTime,
    /// The number of the connection that it came on.
    pub line: u64,
    pub role: Role,
    pub id: String,
    pub company: String,
    pub topic: String,
    pub event: String,
    /// The request; null for an event.
    pub sent: Value,
    pub is_ok: bool,
    pub payload: Value,
}

impl Recorded {
    pub fn is_reply(&self) -> bool {
        !self.sent.is_null()
    }
}

/// Everything that the people of a test were told.
#[derive(Default)]
pub struct Record {
    told: Mutex<Vec<Arc<Recorded>>>,
    lines: AtomicU64,
    promises: watch::Sender<usize>,
    unavailable: watch::Sender<usize>,
    trap: Mutex<Option<Trap>>,
}

/// An action at the very moment when a person receives the success with that number.
struct Trap {
    at: usize,
    spring: Box<dyn FnOnce() + Send>,
}

impl Record {
    pub fn told(&self, told: Recorded) {
        let promised = told.is_reply() && told.is_ok && PROMISES.contains(&told.event.as_str());
        let is_unavailable = told.payload["reason"] == "unavailable";
        self.told.lock().unwrap().push(Arc::new(told));
        if is_unavailable {
            self.unavailable.send_modify(|unavailable| *unavailable += 1);
        }
        if promised {
            self.promises.send_modify(|promises| *promises += 1);
            let sprung = self.trap.lock().unwrap().take_if(|trap| self.promises() >= trap.at);
            if let Some(trap) = sprung {
                (trap.spring)();
            }
        }
    }

    /// Runs an action as soon as so many changes were acknowledged, before anything else is received.
    pub fn set_trap(&self, at: usize, spring: impl FnOnce() + Send + 'static) {
        *self.trap.lock().unwrap() = Some(Trap { at, spring: Box::new(spring) });
    }

    /// A number for a new connection.
    pub fn next_line(&self) -> u64 {
        self.lines.fetch_add(1, Ordering::Relaxed)
    }

    /// Everything that was told so far.
    pub fn all(&self) -> Vec<Arc<Recorded>> {
        self.since(0)
    }

    /// Everything that was told so far, without the first `first` items.
    pub fn since(&self, first: usize) -> Vec<Arc<Recorded>> {
        self.told.lock().unwrap()[first..].to_vec()
    }

    /// A record of what was told until then.
    pub fn until(&self, then: SystemTime) -> Self {
        let mut told = self.all();
        told.retain(|told| told.at <= then);
        Self { told: Mutex::new(told), ..Self::default() }
    }

    /// Number of acknowledged changes.
    pub fn promises(&self) -> usize {
        *self.promises.borrow()
    }

    /// Waits until so many changes were acknowledged.
    pub async fn reaches(&self, promises: usize) {
        reaches(&self.promises, promises, "yes").await;
    }

    /// How often people were told that the store cannot commit.
    pub fn unavailable(&self) -> usize {
        *self.unavailable.borrow()
    }

    /// Waits until people were told so that often.
    pub async fn hears_unavailable(&self, times: usize) {
        reaches(&self.unavailable, times, "`unavailable`").await;
    }
}

async fn reaches(count: &watch::Sender<usize>, wanted: usize, what: &str) {
    let mut follow = count.subscribe();
    let reached = tokio::time::timeout(PATIENCE, follow.wait_for(|now| *now >= wanted)).await.is_ok();
    assert!(reached, "no progress: {} of {wanted} answers were {what} after {PATIENCE:?}", *count.borrow());
}

//! Everything that people were told, in the order in which they heard it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use serde_json::Value;
use switchboard_wire::claims::Role;
use tokio::sync::watch;

/// Pushes whose yes is a promise.
const PROMISES: &[&str] = &["book", "cancel", "accept", "reject", "end", "message", "notes"];
/// How long people may take to get that far on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// One thing that somebody was told: a reply, or an event.
#[derive(Clone, Debug)]
pub struct Told {
    /// When.
    pub at: SystemTime,
    /// The number of the line that it came on.
    pub line: u64,
    pub role: Role,
    pub id: String,
    pub company: String,
    pub topic: String,
    pub event: String,
    /// What the person had pushed; null for an event.
    pub sent: Value,
    pub is_ok: bool,
    pub payload: Value,
}

impl Told {
    pub fn is_reply(&self) -> bool {
        !self.sent.is_null()
    }
}

/// What was told to all people of a test.
#[derive(Default)]
pub struct Record {
    told: Mutex<Vec<Arc<Told>>>,
    lines: AtomicU64,
    promises: watch::Sender<usize>,
    unavailable: watch::Sender<usize>,
    trap: Mutex<Option<Trap>>,
}

/// What happens at the very moment when somebody hears the yes of that number.
struct Trap {
    at: usize,
    spring: Box<dyn FnOnce() + Send>,
}

impl Record {
    pub fn told(&self, told: Told) {
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

    /// Has something done as soon as that many changes were answered with a yes, before anything else is heard.
    pub fn set_trap(&self, at: usize, spring: impl FnOnce() + Send + 'static) {
        *self.trap.lock().unwrap() = Some(Trap { at, spring: Box::new(spring) });
    }

    /// A number for a new line.
    pub fn next_line(&self) -> u64 {
        self.lines.fetch_add(1, Ordering::Relaxed)
    }

    /// All that was told by now.
    pub fn all(&self) -> Vec<Arc<Told>> {
        self.since(0)
    }

    /// What was told by now, without so many that came first.
    pub fn since(&self, first: usize) -> Vec<Arc<Told>> {
        self.told.lock().unwrap()[first..].to_vec()
    }

    /// A record of what was told until then.
    pub fn until(&self, then: SystemTime) -> Self {
        let mut told = self.all();
        told.retain(|told| told.at <= then);
        Self { told: Mutex::new(told), ..Self::default() }
    }

    /// How many changes were answered with a yes.
    pub fn promises(&self) -> usize {
        *self.promises.borrow()
    }

    /// Waits until that many changes were answered with a yes.
    pub async fn reaches(&self, promises: usize) {
        reaches(&self.promises, promises, "yes").await;
    }

    /// How often somebody was told that the store cannot commit.
    pub fn unavailable(&self) -> usize {
        *self.unavailable.borrow()
    }

    /// Waits until that was told so often.
    pub async fn hears_unavailable(&self, times: usize) {
        reaches(&self.unavailable, times, "`unavailable`").await;
    }
}

async fn reaches(count: &watch::Sender<usize>, wanted: usize, what: &str) {
    let mut follow = count.subscribe();
    let reached = tokio::time::timeout(PATIENCE, follow.wait_for(|now| *now >= wanted)).await.is_ok();
    assert!(reached, "no progress: {} of {wanted} answers were {what} after {PATIENCE:?}", *count.borrow());
}

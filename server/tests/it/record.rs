//! Everything that people were told, in the order in which they heard it.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use serde_json::Value;
use switchboard::auth::Role;
use tokio::sync::watch;

/// Pushes whose yes is a promise.
const PROMISES: &[&str] = &["book", "cancel", "accept", "reject", "end", "message"];
/// How long people may take to get that far on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// One thing that somebody was told: a reply, or an event.
#[derive(Clone, Debug)]
pub struct Told {
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
    told: Mutex<Vec<Told>>,
    promises: watch::Sender<usize>,
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
        self.told.lock().unwrap().push(told);
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

    pub fn all(&self) -> MutexGuard<'_, Vec<Told>> {
        self.told.lock().unwrap()
    }

    /// How many changes were answered with a yes.
    pub fn promises(&self) -> usize {
        *self.promises.borrow()
    }

    /// Waits until that many changes were answered with a yes.
    pub async fn reaches(&self, promises: usize) {
        let mut follow = self.promises.subscribe();
        let reached = tokio::time::timeout(PATIENCE, follow.wait_for(|now| *now >= promises)).await;
        assert!(reached.is_ok(), "no progress: {} of {promises} answers after {PATIENCE:?}", self.promises());
    }
}

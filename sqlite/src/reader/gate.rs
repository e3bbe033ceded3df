//! The gate before all reads: shut for a moment so that SQLite's log can restart, and closed for good at the end.
//!
//! SQLite restarts its log only in a moment in which no reader uses it. Overlapping reads never leave such a moment, so
//! the gate makes one: new reads wait, and running reads may go on for a while and are then interrupted.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::InterruptHandle;
use switchboard_journal::StoreError;

use crate::Error;

/// Time that a read waits before the gate.
const WAIT_MAX: Duration = Duration::from_secs(2);
/// Interval at which a running read is interrupted again, because SQLite forgets an interrupt between two statements.
const CUT_EVERY: Duration = Duration::from_millis(5);

#[derive(Default)]
pub(crate) struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    stands: Stands,
    /// The handle that interrupts each read; none before the read has a connection.
    reads: HashMap<u64, Option<InterruptHandle>>,
    last: u64,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Stands {
    #[default]
    Open,
    Shut,
    Closed,
}

/// A read that has passed the gate, until it is dropped.
pub(crate) struct GatePass<'a> {
    gate: &'a Gate,
    number: u64,
}

impl Gate {
    /// Lets a read in, when the gate is open or opens soon.
    ///
    /// # Errors
    /// `AskAgain` when the gate stays shut for too long, and `Stopping` when it is closed.
    pub(crate) fn enter(&self) -> Result<GatePass<'_>, Error> {
        let by = Instant::now() + WAIT_MAX;
        let mut state = self.lock();
        loop {
            let rest = by.saturating_duration_since(Instant::now());
            match state.stands {
                Stands::Open => break,
                Stands::Closed => return Err(Error::Store(StoreError::Stopping)),
                Stands::Shut if rest.is_zero() => return Err(Error::Store(StoreError::AskAgain)),
                Stands::Shut => state = self.wait(state, rest),
            }
        }
        state.last += 1;
        let number = state.last;
        state.reads.insert(number, None);
        Ok(GatePass { gate: self, number })
    }

    /// Makes new reads wait.
    pub(crate) fn shut(&self) {
        self.turn(Stands::Shut);
    }

    /// Lets reads in again.
    pub(crate) fn open(&self) {
        self.turn(Stands::Open);
    }

    /// Refuses all further reads.
    pub(crate) fn close(&self) {
        self.turn(Stands::Closed);
    }

    /// Opens the gate if no read is behind it. Returns whether none was.
    pub(crate) fn open_if_empty(&self) -> bool {
        let is_empty = self.lock().reads.is_empty();
        if is_empty {
            self.open();
        }
        is_empty
    }

    /// Waits until another thread opens the gate, for at most that long.
    pub(crate) fn wait_until_open(&self, at_most: Duration) {
        let by = Instant::now() + at_most;
        let mut state = self.lock();
        while state.stands == Stands::Shut && Instant::now() < by {
            state = self.wait(state, by.saturating_duration_since(Instant::now()));
        }
    }

    /// Waits until all reads have ended, and interrupts the remaining ones after a while. Returns whether none is left.
    pub(crate) fn empty(&self, cut_after: Duration, at_most: Duration) -> bool {
        let began = Instant::now();
        let mut state = self.lock();
        while !state.reads.is_empty() {
            let elapsed = began.elapsed();
            if elapsed >= at_most {
                return false;
            }
            let rest = if elapsed < cut_after {
                cut_after - elapsed
            } else {
                state.reads.values().flatten().for_each(InterruptHandle::interrupt);
                CUT_EVERY
            };
            state = self.wait(state, rest);
        }
        true
    }

    fn turn(&self, stands: Stands) {
        let mut state = self.lock();
        if state.stands != Stands::Closed {
            state.stands = stands;
        }
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&'a self, state: MutexGuard<'a, State>, at_most: Duration) -> MutexGuard<'a, State> {
        self.changed.wait_timeout(state, at_most).unwrap_or_else(PoisonError::into_inner).0
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("reads", &self.lock().reads.len()).finish_non_exhaustive()
    }
}

impl GatePass<'_> {
    /// From now on the read can be interrupted.
    pub(crate) fn is_cut_by(&self, handle: InterruptHandle) {
        self.gate.lock().reads.insert(self.number, Some(handle));
    }
}

impl Drop for GatePass<'_> {
    fn drop(&mut self) {
        self.gate.lock().reads.remove(&self.number);
        self.gate.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_read_waits_before_a_gate_that_is_shut_and_is_refused_by_one_that_is_closed() {
        let gate = Arc::new(Gate::default());
        let first = gate.enter().expect("it is open");
        gate.shut();
        assert!(!gate.open_if_empty() && !gate.empty(Duration::ZERO, Duration::from_millis(20)), "somebody reads");
        let second = std::thread::spawn({
            let gate = gate.clone();
            move || gate.enter().map(|_| Instant::now())
        });
        std::thread::sleep(Duration::from_millis(20));
        let before = Instant::now();
        drop(first);
        assert!(gate.empty(Duration::ZERO, WAIT_MAX) && gate.open_if_empty());
        assert!(second.join().expect("no panic").expect("it was let in") >= before);
        gate.shut();
        assert!(matches!(gate.enter(), Err(Error::Store(StoreError::AskAgain))), "a wait has an end");
        gate.close();
        gate.open();
        assert!(matches!(gate.enter(), Err(Error::Store(StoreError::Stopping))), "what is closed stays closed");
    }
}

//! The gate of all reads: closed for good at the end, once the running reads are over.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use switchboard_journal::StoreError;

#[derive(Default)]
pub(crate) struct ReadGate {
    state: Mutex<State>,
    left: Condvar,
}

#[derive(Default)]
struct State {
    is_closed: bool,
    reads: usize,
}

/// A read that runs, until it is dropped.
pub(crate) struct Reading<'a>(&'a ReadGate);

impl ReadGate {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a read in.
    pub(crate) fn enter(&self) -> Result<Reading<'_>, StoreError> {
        let mut state = self.state();
        if state.is_closed {
            return Err(StoreError::Stopping);
        }
        state.reads += 1;
        Ok(Reading(self))
    }

    /// Lets no further read in, and waits for the running ones. Returns whether all are over.
    pub(crate) fn close(&self, at_most: Duration) -> bool {
        let mut state = self.state();
        state.is_closed = true;
        let waited = self.left.wait_timeout_while(state, at_most, |state| state.reads > 0);
        waited.unwrap_or_else(PoisonError::into_inner).0.reads == 0
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.0.state().reads -= 1;
        self.0.left.notify_all();
    }
}

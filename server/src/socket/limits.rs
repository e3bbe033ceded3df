//! How many sockets there may be, and for how long one may say nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// The sockets that are open, among those that may be.
#[derive(Debug)]
pub struct SocketLimits {
    most: usize,
    idle_timeout: Duration,
    open: AtomicUsize,
}

impl SocketLimits {
    /// At most so many sockets at once, each of which is closed when nothing is heard for so long.
    #[must_use]
    pub const fn new(most: usize, idle_timeout: Duration) -> Self {
        Self { most, idle_timeout, open: AtomicUsize::new(0) }
    }

    /// How long a socket may say nothing.
    #[must_use]
    pub const fn idle_timeout(&self) -> Duration {
        self.idle_timeout
    }

    /// Sockets now.
    #[must_use]
    pub fn open(&self) -> usize {
        self.open.load(Ordering::Acquire)
    }

    /// A place for one more socket; none when all are taken.
    pub(super) fn place(self: &Arc<Self>) -> Option<SocketPlace> {
        let place = SocketPlace(self.clone());
        let taken = self.open.fetch_add(1, Ordering::AcqRel);
        (taken < self.most).then_some(place)
    }
}

/// One socket's place; given back when dropped.
pub(super) struct SocketPlace(Arc<SocketLimits>);

impl Drop for SocketPlace {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::AcqRel);
    }
}

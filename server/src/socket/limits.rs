//! The number of open sockets with its maximum, and the idle timeout.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Counter of open sockets with its maximum, and the idle timeout of each socket.
#[derive(Debug)]
pub struct SocketLimits {
    most: usize,
    idle_timeout: Duration,
    open: AtomicUsize,
}

impl SocketLimits {
    /// At most `most` sockets at once; a socket is closed after `idle_timeout` without a frame.
    #[must_use]
    pub const fn new(most: usize, idle_timeout: Duration) -> Self {
        Self { most, idle_timeout, open: AtomicUsize::new(0) }
    }

    /// The time without a frame after which a socket is closed.
    #[must_use]
    pub(crate) const fn idle_timeout(&self) -> Duration {
        self.idle_timeout
    }

    /// The number of open sockets.
    #[must_use]
    pub fn open(&self) -> usize {
        self.open.load(Ordering::Acquire)
    }

    /// A place for one more socket; `None` when all places are taken.
    pub(super) fn place(self: &Arc<Self>) -> Option<SocketPlace> {
        let place = SocketPlace(self.clone());
        let taken = self.open.fetch_add(1, Ordering::AcqRel);
        (taken < self.most).then_some(place)
    }
}

/// The place of one socket, which a drop gives back.
pub(super) struct SocketPlace(Arc<SocketLimits>);

impl Drop for SocketPlace {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::AcqRel);
    }
}

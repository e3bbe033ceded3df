//! The one signal that asks all tasks to end, because the server stops.

use tokio::sync::watch;

/// Handle that begins the shutdown.
pub struct Stop(watch::Sender<Option<u64>>);

/// Handle that follows whether the shutdown has begun.
#[derive(Clone, Debug)]
pub struct Shutdown(watch::Receiver<Option<u64>>);

/// A shutdown that has not begun.
#[must_use]
pub fn channel() -> (Stop, Shutdown) {
    let (stop, shutdown) = watch::channel(None);
    (Stop(stop), Shutdown(shutdown))
}

impl Stop {
    /// Asks all tasks to end. The sockets are closed one after another within that many milliseconds.
    pub fn begin(&self, window_ms: u64) {
        self.0.send_replace(Some(window_ms));
    }
}

impl Shutdown {
    /// Whether the shutdown has begun.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// Returns when the shutdown has begun, with the time for closing all sockets, in milliseconds.
    pub async fn begun(&mut self) -> u64 {
        let begun = self.0.wait_for(Option::is_some).await.ok().and_then(|window_ms| *window_ms);
        match begun {
            Some(window_ms) => window_ms,
            // The handle that could begin the shutdown is gone.
            None => std::future::pending().await,
        }
    }
}

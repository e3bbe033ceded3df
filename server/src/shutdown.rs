//! The one signal by which all that goes on is asked to end, because the server stops.

use tokio::sync::watch;

/// Begins the shutdown.
pub struct Stop(watch::Sender<Option<u64>>);

/// Follows whether the shutdown has begun.
#[derive(Clone, Debug)]
pub struct Shutdown(watch::Receiver<Option<u64>>);

/// A shutdown that has not begun.
#[must_use]
pub fn channel() -> (Stop, Shutdown) {
    let (stop, shutdown) = watch::channel(None);
    (Stop(stop), Shutdown(shutdown))
}

impl Stop {
    /// Asks all to end. The sockets are closed one after the other over so many milliseconds.
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

    /// Comes back when the shutdown has begun, with how long the closing of all sockets may take, in milliseconds.
    pub async fn begun(&mut self) -> u64 {
        let begun = self.0.wait_for(Option::is_some).await.ok().and_then(|window_ms| *window_ms);
        match begun {
            Some(window_ms) => window_ms,
            // Nobody is left who could begin it.
            None => std::future::pending().await,
        }
    }
}

//! What every connection shares: the exchange, the keys, the settings and the number of sockets.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::HeaderValue;
use tokio::sync::watch;

use crate::admission::Admission;
use crate::api_keys::ApiKeys;
use crate::auth::Keyring;
use crate::exchange::Exchange;

/// What every connection shares.
pub struct Hub {
    /// Companies.
    pub exchange: Arc<Exchange>,
    /// Checks tokens.
    pub keyring: Keyring,
    /// Limits people and addresses.
    pub admission: Arc<Admission>,
    /// Open the HTTP API.
    pub api_keys: Arc<ApiKeys>,
    /// Whether the first valid token makes what it names.
    pub auto_provision: bool,
    /// Origins whose pages may come; see the setting.
    pub allowed_origins: Vec<String>,
    /// Frames that may wait for one socket.
    pub outbox_frames: usize,
    /// How long a socket may say nothing, in milliseconds.
    pub socket_idle_timeout_ms: u64,
    /// Sockets at once.
    pub max_sockets: usize,
    /// Turns to how long the closing of all sockets may take, in milliseconds, when the server stops.
    pub closing: watch::Receiver<Option<u64>>,
    /// Whether this is a trial on one's own machine, with a page to click through.
    pub dev: bool,
    /// Sockets now.
    pub sockets: AtomicUsize,
}

impl Hub {
    /// Whether pages of that origin are among those that may come.
    #[must_use]
    pub fn allows(&self, origin: &HeaderValue) -> bool {
        self.allowed_origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes())
    }

    /// A place for one more socket; none when all are taken.
    #[must_use]
    pub fn place(self: &Arc<Self>) -> Option<Place> {
        let place = Place(self.clone());
        let taken = self.sockets.fetch_add(1, Ordering::AcqRel);
        (taken < self.max_sockets).then_some(place)
    }
}

/// Comes back when all that goes on is asked to end, because the server stops.
pub async fn closed(closing: &mut watch::Receiver<Option<u64>>) {
    if closing.wait_for(Option::is_some).await.is_err() {
        // Nobody is left who could stop it.
        std::future::pending::<()>().await;
    }
}

/// One socket's place; given back when dropped.
pub struct Place(Arc<Hub>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.sockets.fetch_sub(1, Ordering::AcqRel);
    }
}

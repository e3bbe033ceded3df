//! What every connection shares: the exchange, the keys, the settings and the number of sockets.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::{HeaderMap, HeaderValue, header};
use reqwest::Url;
use tokio::sync::watch;

use crate::admission::Admission;
use crate::api_keys::ApiKeys;
use crate::auth::{Keyring, SignInCodes};
use crate::config::Ice;
use crate::exchange::Exchange;
use crate::outbox::Outboxes;

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
    /// Stand for tokens in links.
    pub sign_in_codes: SignInCodes,
    /// Whether the first valid token makes what it names.
    pub auto_provision: bool,
    /// Whether the pages for people are served, if they were built in.
    pub console: bool,
    /// Where people sign in who open a page that knows nobody.
    pub sign_in_url: Option<Url>,
    /// Origins whose pages may come; see the setting.
    pub allowed_origins: Vec<String>,
    /// What calls are set up with.
    pub ice: Ice,
    /// Bytes of messages that one session may have in all.
    pub message_bytes_per_session: u64,
    /// Rows of one page of a board.
    pub board_page_rows: usize,
    /// Frames that may wait for one socket.
    pub outbox_frames: usize,
    /// What waits for all sockets.
    pub outboxes: Arc<Outboxes>,
    /// How long a socket may say nothing, in milliseconds.
    pub socket_idle_timeout_ms: u64,
    /// Sockets at once.
    pub max_sockets: usize,
    /// Turns to how long the closing of all sockets may take, in milliseconds, when the server stops.
    pub closing: watch::Receiver<Option<u64>>,
    /// Whether this is a trial on one's own machine, with people to try it as.
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

    /// Whether a socket may be opened from where a request comes. Who names no origin is no page, but an app or a back
    /// end; and the server's own pages may always come.
    #[must_use]
    pub fn may_open_socket(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else { return true };
        let own = || headers.get(header::HOST).is_some_and(|host| is_own(origin, host));
        self.allowed_origins.is_empty() || self.allows(origin) || own()
    }

    /// A place for one more socket; none when all are taken.
    #[must_use]
    pub fn place(self: &Arc<Self>) -> Option<Place> {
        let place = Place(self.clone());
        let taken = self.sockets.fetch_add(1, Ordering::AcqRel);
        (taken < self.max_sockets).then_some(place)
    }
}

/// Whether an origin is the host that a request was sent to. The scheme is not compared: a proxy may have taken the
/// encryption away. But its port is the one that both may leave out.
fn is_own(origin: &HeaderValue, host: &HeaderValue) -> bool {
    let (Ok(origin), Ok(host)) = (origin.to_str(), host.to_str()) else { return false };
    let (port, origin) = match origin.split_once("://") {
        Some(("http", origin)) => (":80", origin),
        Some(("https", origin)) => (":443", origin),
        Some(_) | None => return false,
    };
    let bare = |host: &'_ str| host.strip_suffix(port).unwrap_or(host).to_ascii_lowercase();
    bare(origin) == bare(host)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_the_servers_own_when_it_comes_from_where_it_asks() {
        let own = |origin: &'static str, host: &'static str| {
            is_own(&HeaderValue::from_static(origin), &HeaderValue::from_static(host))
        };
        for (origin, host) in [
            ("https://board.example", "board.example"),
            ("https://board.example", "Board.Example:443"),
            ("https://board.example:443", "board.example"),
            ("http://board.example", "board.example:80"),
            ("http://127.0.0.1:4000", "127.0.0.1:4000"),
            ("http://[::1]:4000", "[::1]:4000"),
            ("http://[::1]", "[::1]:80"),
        ] {
            assert!(own(origin, host), "{origin} {host}");
        }
        for (origin, host) in [
            ("https://board.example.evil", "board.example"),
            ("https://evil.example/board.example", "board.example"),
            ("https://board.example:8443", "board.example"),
            ("https://board.example", "board.example:80"),
            ("http://localhost:4000", "127.0.0.1:4000"),
            ("null", "null"),
            ("board.example", "board.example"),
            ("file://board.example", "board.example"),
        ] {
            assert!(!own(origin, host), "{origin} {host}");
        }
    }
}

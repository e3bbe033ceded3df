//! Origins of pages that may use this server.

use axum::http::{HeaderMap, HeaderValue, header};

/// The allowed origins. When there are none, sockets may be opened from all origins, and the API may be called from
/// none.
#[derive(Debug, Default)]
pub struct Origins(Vec<String>);

impl Origins {
    /// The allowed origins, each as a browser writes it.
    #[must_use]
    pub const fn new(allowed: Vec<String>) -> Self {
        Self(allowed)
    }

    /// The origins as configured, for policies and layers.
    #[must_use]
    pub fn listed(&self) -> &[String] {
        &self.0
    }

    /// Whether that origin is allowed.
    #[must_use]
    pub fn allow(&self, origin: &HeaderValue) -> bool {
        self.0.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes())
    }

    /// Whether a socket may be opened by that request. A request without an origin comes from an app or a back end, not
    /// from a page, and the server's own pages may always open one.
    #[must_use]
    pub(crate) fn may_open_socket(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else { return true };
        let own = || headers.get(header::HOST).is_some_and(|host| is_own(origin, host));
        self.0.is_empty() || self.allow(origin) || own()
    }
}

/// Whether an origin is the host that a request was sent to. The scheme is not compared, because a proxy may have ended
/// the encryption. But the scheme tells which port both may leave out.
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

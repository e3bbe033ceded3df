//! A log line for each handshake and each request that was refused or failed. Lines name no person, no address and no
//! part of a path.

use std::time::{Duration, Instant};

use axum::http::StatusCode;

use super::line_limiter::LineLimiter;

/// The reason of an answer with an error, for the log.
#[derive(Clone, Debug)]
pub struct RefusedAnswer {
    /// The stable word for programs.
    pub reason: &'static str,
    /// The sentence for people, if it repeats nothing of the request.
    pub why: Option<String>,
}

/// A request with its answer.
pub struct AnsweredRequest<'a> {
    pub method: &'a str,
    /// The route, with the names of its parameters instead of their values.
    pub route: &'a str,
    pub status: StatusCode,
    /// `None` for an answer without an error.
    pub refused: Option<RefusedAnswer>,
    pub took: Duration,
}

/// The route of sockets.
const SOCKET: &str = "/socket/websocket";
/// Routes of probes, which repeat their requests and read the answers: a log line for each would be noise.
const PROBES: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

static HANDSHAKES: LineLimiter = LineLimiter::new();
static REFUSED: LineLimiter = LineLimiter::new();
static FAILED: LineLimiter = LineLimiter::new();

/// Logs a request: an answer with an error in its own line, up to the rate limit.
pub fn tell(answered: &AnsweredRequest<'_>) {
    let AnsweredRequest { method, route, status, refused, took } = answered;
    let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let (reason, why) = refused.as_ref().map_or((None, None), |refused| (Some(refused.reason), refused.why.as_deref()));
    let code = status.as_u16();
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error || PROBES.contains(route) {
        tracing::debug!(method, route, status = code, took_ms, "a request was answered");
        return;
    }
    let now = Instant::now();
    if *route == SOCKET {
        let Some(left_out) = HANDSHAKES.take(now) else { return };
        tracing::info!(status = code, reason, why, left_out = some(left_out), "a socket was refused");
    } else if status.is_client_error() || reason == Some("draining") {
        let Some(left_out) = REFUSED.take(now) else { return };
        tracing::info!(method, route, status = code, reason, why, left_out = some(left_out), "a request was refused");
    } else {
        let Some(left_out) = FAILED.take(now) else { return };
        tracing::warn!(method, route, status = code, reason, took_ms, left_out = some(left_out), "a request failed");
    }
}

/// Takes the number of omitted lines that no line has reported yet.
pub(crate) fn take_left_out() -> u64 {
    [&HANDSHAKES, &REFUSED, &FAILED].map(LineLimiter::take_left_out).into_iter().sum()
}

/// A field that zero leaves out.
fn some(left_out: u64) -> Option<u64> {
    (left_out > 0).then_some(left_out)
}

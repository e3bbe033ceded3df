//! A line of the log for each handshake and each request that was refused or failed. Nobody is named in it: neither who
//! asked, nor from where, nor what was in the path.

use std::time::{Duration, Instant};

use axum::http::StatusCode;

use super::limited::Limited;

/// What an answer that is an error says of itself, for the log.
#[derive(Clone, Debug)]
pub struct Refused {
    /// The stable word.
    pub reason: &'static str,
    /// The sentence, where it is one of ours that repeats nothing of what was sent.
    pub why: Option<String>,
}

/// A request that was answered.
pub struct Answered<'a> {
    /// Its method.
    pub method: &'a str,
    /// Its route, with the names of what stands in the path.
    pub route: &'a str,
    /// The status of the answer.
    pub status: StatusCode,
    /// What an error says.
    pub refused: Option<Refused>,
    /// How long it took.
    pub took: Duration,
}

/// The route that sockets come in by.
const SOCKET: &str = "/socket/websocket";
/// Who asks these asks again and again, and reads the answer.
const PROBES: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

static HANDSHAKES: Limited = Limited::new();
static REFUSED: Limited = Limited::new();
static FAILED: Limited = Limited::new();

/// Logs a request that was answered: an error in a line of its own, as far as there are not too many.
pub fn tell(answered: &Answered<'_>) {
    let Answered { method, route, status, refused, took } = answered;
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

/// How many lines were left out and not told of yet.
pub fn take_left_out() -> u64 {
    [&HANDSHAKES, &REFUSED, &FAILED].map(Limited::take_left_out).into_iter().sum()
}

/// A field that is only there when it says something.
fn some(left_out: u64) -> Option<u64> {
    (left_out > 0).then_some(left_out)
}

//! Deadlines of a socket: idle timeout, expiry of the token, restart of the server, and rest after a refusal.

use std::time::Duration;

use switchboard_core::Time;
use switchboard_exchange::device::Disconnect;
use switchboard_wire::claims::Claims;
use switchboard_wire::phoenix::code;
use tokio::time::Instant;

use super::SocketContext;
use super::attention::Attention;
use super::ends::expired;

/// Deadlines that a socket's task must not sleep past.
pub(super) struct Times {
    idle_after: Duration,
    /// Time of the last frame from the device.
    pub(super) heard: Instant,
    /// Expiry of the token by the wall clock, in milliseconds.
    expires_ms: u64,
    /// Expiry of the token, as of the last look at the wall clock.
    expires: Option<Instant>,
    /// Time of the close because the server stops.
    pub(super) restart: Option<Instant>,
    /// End of the time for which the device is not read after a refusal by a rate limit.
    pub(super) rest: Option<Instant>,
}

impl Times {
    pub(super) fn of(context: &SocketContext, claims: &Claims) -> Self {
        let heard = Instant::now();
        let expires_ms = context.keyring.ends_at_ms(claims);
        let idle_after = context.limits.idle_timeout();
        let mut times = Self { idle_after, heard, expires_ms, expires: None, restart: None, rest: None };
        times.look_up(heard, context.devices.exchange.clock().now());
        times
    }

    /// Whether the token has expired by the wall clock, which may have been set since the last look.
    pub(super) const fn have_expired(&self, wall: Time) -> bool {
        self.expires_ms <= wall.as_ms()
    }

    /// Computes the expiry of the token anew, because the wall clock may have been set.
    fn look_up(&mut self, now: Instant, wall: Time) {
        self.expires = now.checked_add(Duration::from_millis(self.expires_ms.saturating_sub(wall.as_ms())));
    }

    pub(super) fn next(&self, attention: Option<&Attention>) -> Instant {
        let idle = self.heard + self.idle_after;
        let asks = attention.and_then(Attention::next);
        [self.expires, self.restart, self.rest, asks].into_iter().flatten().fold(idle, Instant::min)
    }

    /// Ends the device's rest if it is over, and returns the end of the socket if a deadline has passed.
    pub(super) fn end(&mut self, wall: Time) -> Option<Disconnect> {
        let now = Instant::now();
        self.look_up(now, wall);
        self.rest = self.rest.filter(|rest| *rest > now);
        if self.restart.is_some_and(|at| at <= now) {
            Some(Disconnect::Close(code::RESTART, "the server is restarting; connect again".into()))
        } else if self.expires.is_some_and(|at| at <= now) {
            Some(expired())
        } else if self.heard + self.idle_after <= now {
            Some(Disconnect::Close(code::GOING_AWAY, "no frame was received for too long".into()))
        } else {
            None
        }
    }
}

//! The time and fresh ids, which the rules are handed.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use switchboard_core::{BookingId, MessageId, SessionId, Time};

/// The wall clock when the server came up, carried on by a clock that never jumps: a correction of the machine's
/// time moves no deadline.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started_ms: u64,
    started: Instant,
}

impl Clock {
    /// A clock that is right now.
    #[must_use]
    pub fn start() -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { started_ms: u64::try_from(wall.as_millis()).unwrap_or(u64::MAX), started: Instant::now() }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Time {
        let elapsed = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Time::from_ms(self.started_ms.saturating_add(elapsed))
    }
}

/// A fresh booking id (`UUIDv7`).
#[must_use]
pub fn fresh_booking() -> BookingId {
    BookingId::from_u128(uuid::Uuid::now_v7().as_u128())
}

/// A fresh session id (`UUIDv7`).
#[must_use]
pub fn fresh_session() -> SessionId {
    SessionId::from_u128(uuid::Uuid::now_v7().as_u128())
}

/// A fresh message id (`UUIDv7`).
#[must_use]
pub fn fresh_message() -> MessageId {
    MessageId::from_u128(uuid::Uuid::now_v7().as_u128())
}

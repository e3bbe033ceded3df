//! The time and fresh ids, which the rules are handed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use switchboard_core::{BookingId, MessageId, SessionId, Time};
use uuid::Uuid;

/// Where the time and fresh ids come from.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    /// The wall clock when the server came up, carried on by a clock that never jumps: a correction of the machine's
    /// time moves no deadline.
    Machine { started_ms: u64, started: Instant },
    /// Whoever drives the server tells it.
    Told(Arc<Told>),
}

#[derive(Debug, Default)]
struct Told {
    now_ms: AtomicU64,
    ids: AtomicU64,
}

impl Clock {
    /// A clock that is right now, with ids that nobody can guess.
    #[must_use]
    pub fn start() -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let started_ms = u64::try_from(wall.as_millis()).unwrap_or(u64::MAX);
        Self(Source::Machine { started_ms, started: Instant::now() })
    }

    /// A clock that stands until it is told, and counts its ids: what is driven by it twice happens twice in the same
    /// way.
    #[must_use]
    pub fn told(now: Time) -> Self {
        let clock = Self(Source::Told(Arc::default()));
        clock.tell(now);
        clock
    }

    /// Sets a clock that is told; one that follows the machine stays as it is.
    pub fn tell(&self, now: Time) {
        if let Source::Told(told) = &self.0 {
            told.now_ms.store(now.as_ms(), Ordering::Release);
        }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Time {
        match &self.0 {
            Source::Machine { started_ms, started } => {
                let elapsed = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
                Time::from_ms(started_ms.saturating_add(elapsed))
            }
            Source::Told(told) => Time::from_ms(told.now_ms.load(Ordering::Acquire)),
        }
    }

    /// A fresh booking id (`UUIDv7`).
    #[must_use]
    pub fn fresh_booking(&self) -> BookingId {
        BookingId::from_u128(self.fresh())
    }

    /// A fresh session id (`UUIDv7`).
    #[must_use]
    pub fn fresh_session(&self) -> SessionId {
        SessionId::from_u128(self.fresh())
    }

    /// A fresh message id (`UUIDv7`).
    #[must_use]
    pub fn fresh_message(&self) -> MessageId {
        MessageId::from_u128(self.fresh())
    }

    /// A fresh id for a line of the audit list (`UUIDv7`).
    #[must_use]
    pub fn fresh_line(&self) -> Uuid {
        Uuid::from_u128(self.fresh())
    }

    fn fresh(&self) -> u128 {
        match &self.0 {
            Source::Machine { .. } => Uuid::now_v7().as_u128(),
            Source::Told(told) => {
                let mut counted = [0; 10];
                counted[2..].copy_from_slice(&told.ids.fetch_add(1, Ordering::Relaxed).to_be_bytes());
                let now_ms = told.now_ms.load(Ordering::Acquire);
                uuid::Builder::from_unix_timestamp_millis(now_ms, &counted).into_uuid().as_u128()
            }
        }
    }
}

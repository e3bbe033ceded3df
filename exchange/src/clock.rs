//! The two times of a server, and fresh ids, which the rules are handed.
//!
//! The wall clock may be set, and goes on while a machine sleeps: tokens, stored times and all that is shown follow it.
//! Even time never jumps: what must happen after a while is measured by it ([a company has a time of its
//! own](../../docs/decisions/0018-a-company-has-a-time-of-its-own.md)).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use switchboard_core::{BookingId, MessageId, SessionId, Time};
use switchboard_metrics::METRICS;
use uuid::Uuid;

/// A smaller difference is the reading of two clocks one after the other, or a time server that pulls gently.
pub const STEP_MIN_MS: u64 = 1_000;

/// Where the time and fresh ids come from.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    Machine(Machine),
    /// Whoever drives the server tells it.
    Told(Arc<Told>),
}

#[derive(Clone, Debug)]
struct Machine {
    /// Even time begins as the wall clock's.
    started_ms: u64,
    started: Instant,
    /// How far the wall clock was ahead of even time when that was noted last.
    noted_ms: Arc<AtomicI64>,
}

#[derive(Debug, Default)]
struct Told {
    even_ms: AtomicU64,
    ahead_ms: AtomicI64,
    ids: AtomicU64,
}

/// Both times at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// What the wall clock shows.
    pub wall: Time,
    /// The wall clock's time at the start, carried on by a clock that never jumps.
    pub even: Time,
}

impl Reading {
    /// How far the wall clock is ahead of even time: it was set, or the machine slept.
    #[must_use]
    pub fn ahead_ms(self) -> i64 {
        self.wall.as_ms().cast_signed().saturating_sub(self.even.as_ms().cast_signed())
    }
}

impl Clock {
    /// The machine's clocks, with ids that nobody can guess.
    #[must_use]
    pub fn start() -> Self {
        Self(Source::Machine(Machine { started_ms: wall_ms(), started: Instant::now(), noted_ms: Arc::default() }))
    }

    /// A clock that stands until it is told, and counts its ids: what is driven by it twice happens twice in the same
    /// way.
    #[must_use]
    pub fn told(now: Time) -> Self {
        let clock = Self(Source::Told(Arc::default()));
        clock.tell(now, 0);
        clock
    }

    /// Sets a clock that is told: even time, and how far the wall clock is ahead of it. One that follows the machine
    /// stays as it is.
    pub fn tell(&self, even: Time, ahead_ms: i64) {
        if let Source::Told(told) = &self.0 {
            told.even_ms.store(even.as_ms(), Ordering::Release);
            told.ahead_ms.store(ahead_ms, Ordering::Release);
        }
    }

    /// Both times now.
    #[must_use]
    pub fn read(&self) -> Reading {
        match &self.0 {
            Source::Machine(machine) => machine.read(),
            Source::Told(told) => {
                let even = Time::from_ms(told.even_ms.load(Ordering::Acquire));
                Reading { wall: plus(even, told.ahead_ms.load(Ordering::Acquire)), even }
            }
        }
    }

    /// Now, as the wall clock shows it.
    #[must_use]
    pub fn now(&self) -> Time {
        self.read().wall
    }

    /// Now, in even time: for what must happen after a while, and for no eyes.
    #[must_use]
    pub fn even(&self) -> Time {
        self.read().even
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

    /// Ids of one process only go up, also while its clock is set back.
    fn fresh(&self) -> u128 {
        match &self.0 {
            Source::Machine(_) => Uuid::now_v7().as_u128(),
            Source::Told(told) => {
                let mut counted = [0; 10];
                counted[2..].copy_from_slice(&told.ids.fetch_add(1, Ordering::Relaxed).to_be_bytes());
                let now_ms = self.now().as_ms();
                uuid::Builder::from_unix_timestamp_millis(now_ms, &counted).into_uuid().as_u128()
            }
        }
    }
}

impl Machine {
    fn read(&self) -> Reading {
        let elapsed_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let even = Time::from_ms(self.started_ms.saturating_add(elapsed_ms));
        let reading = Reading { wall: Time::from_ms(wall_ms()), even };
        self.note(reading.ahead_ms());
        reading
    }

    /// A step is said once, by whoever reads the clock first after it.
    fn note(&self, ahead_ms: i64) {
        let noted_ms = self.noted_ms.load(Ordering::Relaxed);
        if !is_step(ahead_ms.saturating_sub(noted_ms)) {
            return;
        }
        let is_ours = self.noted_ms.compare_exchange(noted_ms, ahead_ms, Ordering::Relaxed, Ordering::Relaxed);
        if is_ours.is_ok() {
            METRICS.clock_steps.inc();
            tracing::warn!(
                by_ms = ahead_ms.saturating_sub(noted_ms),
                "the machine's clock was set, or the machine slept: times follow it, and no deadline moves"
            );
        }
    }
}

/// Whether the wall clock and even time are apart by more than the reading of them.
#[must_use]
pub const fn is_step(by_ms: i64) -> bool {
    by_ms.unsigned_abs() > STEP_MIN_MS
}

/// That time, so much later or earlier.
#[must_use]
pub fn plus(time: Time, ms: i64) -> Time {
    Time::from_ms(time.as_ms().saturating_add_signed(ms))
}

fn wall_ms() -> u64 {
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(wall.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_moves_the_wall_clock_and_not_even_time() {
        let clock = Clock::told(Time::from_ms(10_000));
        clock.tell(Time::from_ms(11_000), 7_200_000);
        assert_eq!((clock.now(), clock.even()), (Time::from_ms(7_211_000), Time::from_ms(11_000)));
        clock.tell(Time::from_ms(12_000), -5_000);
        assert_eq!((clock.now().as_ms(), clock.even().as_ms(), clock.read().ahead_ms()), (7_000, 12_000, -5_000));
    }

    #[test]
    fn a_step_is_noted_once_and_what_is_pulled_gently_never() {
        let Clock(Source::Machine(machine)) = Clock::start() else { panic!("a machine") };
        for ahead_ms in [300, -900, 1_000] {
            machine.note(ahead_ms);
            assert_eq!(machine.noted_ms.load(Ordering::Relaxed), 0, "{ahead_ms}");
        }
        for ahead_ms in [7_200_000, 7_200_400, -3_000, -3_500] {
            machine.note(ahead_ms);
        }
        assert_eq!(machine.noted_ms.load(Ordering::Relaxed), -3_000);
    }
}

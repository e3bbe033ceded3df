//! The two clocks of a server, and fresh ids, because core reads neither a clock nor randomness.
//!
//! The wall clock may be set, and goes on while the machine sleeps; tokens, stored times and displayed times follow it.
//! Even time never jumps, so waits and rates are measured in even time ([a company has a time of its
//! own](../../docs/decisions/0018-a-company-has-a-time-of-its-own.md)).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use switchboard_core::{BookingId, MessageId, SessionId, Time};
use switchboard_metrics::METRICS;
use uuid::Uuid;

/// The smallest step of the wall clock. Smaller differences come from reading two clocks one after the other, or from a
/// time server's gentle corrections.
pub const STEP_MIN_MS: u64 = 1_000;

/// The source of time and of fresh ids.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    Machine(Machine),
    /// For a simulator or a test, which sets the time.
    Told(Arc<ManualTime>),
}

#[derive(Clone, Debug)]
struct Machine {
    /// The wall clock's time at the start, from which even time counts.
    started_ms: u64,
    started: Instant,
    /// How far the wall clock was ahead of even time at the latest step.
    noted_ms: Arc<AtomicI64>,
}

#[derive(Debug, Default)]
struct ManualTime {
    even_ms: AtomicU64,
    ahead_ms: AtomicI64,
    ids: AtomicU64,
}

/// Both times at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockReading {
    pub wall: Time,
    /// The wall clock's time at the start, advanced by a monotonic clock.
    pub even: Time,
}

impl ClockReading {
    /// How far the wall clock is ahead of even time, because the clock was set or the machine slept.
    #[must_use]
    pub fn ahead_ms(self) -> i64 {
        self.wall.as_ms().cast_signed().saturating_sub(self.even.as_ms().cast_signed())
    }
}

impl Clock {
    /// The machine's clocks, with ids that cannot be guessed.
    #[must_use]
    pub fn start() -> Self {
        Self(Source::Machine(Machine { started_ms: wall_ms(), started: Instant::now(), noted_ms: Arc::default() }))
    }

    /// A clock that stands until [`Clock::tell`] and counts its ids, so that two runs with the same input are the same.
    #[must_use]
    pub fn told(now: Time) -> Self {
        let clock = Self(Source::Told(Arc::default()));
        clock.tell(now, 0);
        clock
    }

    /// Sets a clock of [`Clock::told`]: even time, and how far the wall clock is ahead of even time. A clock of the
    /// machine ignores the call.
    pub fn tell(&self, even: Time, ahead_ms: i64) {
        if let Source::Told(told) = &self.0 {
            told.even_ms.store(even.as_ms(), Ordering::Release);
            told.ahead_ms.store(ahead_ms, Ordering::Release);
        }
    }

    /// Both times at this moment.
    #[must_use]
    pub fn read(&self) -> ClockReading {
        match &self.0 {
            Source::Machine(machine) => machine.read(),
            Source::Told(told) => {
                let even = Time::from_ms(told.even_ms.load(Ordering::Acquire));
                ClockReading { wall: plus(even, told.ahead_ms.load(Ordering::Acquire)), even }
            }
        }
    }

    /// The wall clock's time now.
    #[must_use]
    pub fn now(&self) -> Time {
        self.read().wall
    }

    /// Even time now, for waits and rates and not for display.
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

    /// A fresh id. The ids of one process only go up, also when the clock is set back.
    fn fresh(&self) -> u128 {
        match &self.0 {
            Source::Machine(_) => Uuid::now_v7().as_u128(),
            Source::Told(told) => {
                // A count in place of the random bits, so that a simulated run can be repeated.
                let mut counted = [0; 10];
                counted[2..].copy_from_slice(&told.ids.fetch_add(1, Ordering::Relaxed).to_be_bytes());
                let now_ms = self.now().as_ms();
                uuid::Builder::from_unix_timestamp_millis(now_ms, &counted).into_uuid().as_u128()
            }
        }
    }
}

impl Machine {
    fn read(&self) -> ClockReading {
        let elapsed_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let even = Time::from_ms(self.started_ms.saturating_add(elapsed_ms));
        let reading = ClockReading { wall: Time::from_ms(wall_ms()), even };
        self.note(reading.ahead_ms());
        reading
    }

    /// Logs and counts a step of the wall clock.
    fn note(&self, ahead_ms: i64) {
        let noted_ms = self.noted_ms.load(Ordering::Relaxed);
        if !is_step(ahead_ms.saturating_sub(noted_ms)) {
            return;
        }
        // Readers race to replace the noted value, so that one of them reports the step.
        let is_ours = self.noted_ms.compare_exchange(noted_ms, ahead_ms, Ordering::Relaxed, Ordering::Relaxed);
        if is_ours.is_ok() {
            METRICS.clock_steps.inc();
            tracing::warn!(
                by_ms = ahead_ms.saturating_sub(noted_ms),
                "the wall clock jumped (clock set, or machine asleep): timestamps follow, and deadlines do not move"
            );
        }
    }
}

/// Whether such a difference is a step of the wall clock.
#[must_use]
pub(crate) const fn is_step(by_ms: i64) -> bool {
    by_ms.unsigned_abs() > STEP_MIN_MS
}

/// The time, moved by so many milliseconds in either direction.
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

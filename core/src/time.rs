//! Moments of time, which callers pass to core.

use serde::{Deserialize, Serialize};

/// A moment in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(u64);

impl Time {
    /// The moment that many milliseconds after the epoch.
    #[must_use]
    pub const fn from_ms(ms: u64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn as_ms(self) -> u64 {
        self.0
    }

    /// The moment `ms` milliseconds later; saturates at the end of time.
    #[must_use]
    pub const fn plus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from this moment until `later`; 0 when `later` has passed.
    #[must_use]
    pub const fn ms_until(self, later: Self) -> u64 {
        later.0.saturating_sub(self.0)
    }

    /// Whole days (UTC) since the epoch.
    #[must_use]
    pub const fn day(self) -> u64 {
        self.0 / 86_400_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_moment_is_before_the_epoch_or_after_the_end_and_what_has_passed_is_0_ms_away() {
        let (early, late) = (Time::from_ms(86_399_999), Time::from_ms(86_400_000));
        assert_eq!((early.ms_until(late), late.ms_until(early)), (1, 0));
        assert_eq!((early.day(), late.day()), (0, 1));
        assert_eq!(early.plus_ms(1), late);
        assert_eq!(late.plus_ms(u64::MAX), Time::from_ms(u64::MAX));
    }
}

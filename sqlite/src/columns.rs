//! Values of columns: times, and the error of one that nothing can be made of.

use switchboard_core::Time;
use switchboard_journal::StoreError;

use crate::Error;

/// The store counts in signed milliseconds.
pub(crate) fn ms(time: Time) -> i64 {
    i64::try_from(time.as_ms()).unwrap_or(i64::MAX)
}

pub(crate) fn time(ms: i64) -> Time {
    Time::from_ms(u64::try_from(ms).unwrap_or(0))
}

pub(crate) fn unreadable(error: impl std::fmt::Display) -> Error {
    Error::Store(StoreError::Unreadable(error.to_string()))
}

//! The counts of one day on their way into the store, in parts, so that other commits come in between.

use std::sync::Arc;

use switchboard_core::CompanyId;

/// A day of UTC, counted from 1 January 1970.
pub type Day = u64;

/// A part of a day's counts on its way into the tables.
#[derive(Clone, Debug)]
pub struct DayPart {
    pub company: CompanyId,
    pub day: Day,
    /// The revision of the history in which the day was counted.
    pub revision: u64,
    pub is_first: bool,
    /// In the last part only: the number of employees of the day. The store compares it with its rows, because an
    /// earlier part may have been refused.
    pub all: Option<usize>,
    pub bookings: Arc<str>,
    pub work: Arc<str>,
    pub each: Vec<(String, String)>,
}

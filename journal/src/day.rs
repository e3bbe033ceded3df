//! A day's counts on their way into the store, in parts that others' commits can come between.

use std::sync::Arc;

use switchboard_core::CompanyId;

/// A day of UTC, counted from the first of 1970.
pub type Day = u64;

/// A part of a day on its way into the tables.
#[derive(Clone, Debug)]
pub struct Part {
    pub company: CompanyId,
    pub day: Day,
    /// The revision of the history that the day was counted in.
    pub revision: u64,
    pub is_first: bool,
    /// In the last part: how many employees the day has. A part before it may have been refused.
    pub all: Option<usize>,
    pub bookings: Arc<str>,
    pub work: Arc<str>,
    pub each: Vec<(String, String)>,
}

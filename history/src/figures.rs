//! What statistics count, row by row, and of which time.

use switchboard_core::Time;

use crate::ids::first_of_ms;

/// How far an id's time may be from the time of what it names: it is drawn a moment before, by the wall clock, and a
/// company's own time stands still for as long as that clock went back.
const ID_SLACK_MS: u64 = 60 * 60 * 1000;
/// The same where a day is counted once, and for good.
const ID_SLACK_OF_DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// A time: its begin is in it, its end is not.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// Its begin.
    pub from: Time,
    /// Its end.
    pub to: Time,
}

/// What is counted, and how far around it ids are looked at.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// The time.
    pub range: Range,
    slack_ms: u64,
}

impl Span {
    /// A part of a question's time.
    #[must_use]
    pub const fn part(range: Range) -> Self {
        Self { range, slack_ms: ID_SLACK_MS }
    }

    /// A whole day.
    #[must_use]
    pub const fn day(range: Range) -> Self {
        Self { range, slack_ms: ID_SLACK_OF_DAY_MS }
    }

    /// The ids that can be of this time, so that only their part of a table is read: those from one until before
    /// another.
    #[must_use]
    pub fn ids(self) -> (String, String) {
        let (from, to) = (self.range.from.as_ms(), self.range.to.as_ms());
        (first_of_ms(from.saturating_sub(self.slack_ms)), first_of_ms(to.saturating_add(self.slack_ms)))
    }
}

/// What is counted of one booking. Durations are in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct BookingFigures<'a> {
    pub state: &'a str,
    pub reason: Option<&'a str>,
    pub first_offer_after: Option<u64>,
    pub answered_after: Option<u64>,
}

/// What is counted of one offer. Durations are in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct OfferFigures<'a> {
    pub employee: &'a str,
    pub outcome: Option<&'a str>,
    pub delivered_after: Option<u64>,
    pub closed_after: Option<u64>,
}

/// What is counted of one session. The length is in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct SessionFigures<'a> {
    pub employee: &'a str,
    pub ended_by: Option<&'a str>,
    pub length: Option<u64>,
}

//! The rows that statistics count, and the period that they cover.

use switchboard_core::Time;

use crate::ids::prefix_of_ms;

/// Maximum distance between the time in an id and the time of its row. An id is drawn a moment earlier, by the wall
/// clock, and a company's time stands still for as long as that clock went back.
const ID_SLACK_MS: u64 = 60 * 60 * 1000;
/// The same bound for a whole day, which is wider because a day is counted once and for good.
const ID_SLACK_OF_DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// A half-open period of time.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    pub from: Time,
    pub to: Time,
}

/// A period to be counted, and the margin within which ids are searched.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub range: Range,
    slack_ms: u64,
}

impl Span {
    /// The span of a part of a question's period.
    #[must_use]
    pub const fn part(range: Range) -> Self {
        Self { range, slack_ms: ID_SLACK_MS }
    }

    /// The span of a whole day.
    #[must_use]
    pub const fn day(range: Range) -> Self {
        Self { range, slack_ms: ID_SLACK_OF_DAY_MS }
    }

    /// The range of ids that rows of this period can have, so that a question reads only that part of a table. The
    /// second id is behind the range.
    #[must_use]
    pub fn ids(self) -> (String, String) {
        let (from, to) = (self.range.from.as_ms(), self.range.to.as_ms());
        (prefix_of_ms(from.saturating_sub(self.slack_ms)), prefix_of_ms(to.saturating_add(self.slack_ms)))
    }
}

/// Values of one booking that statistics count. Durations are in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct BookingFigures<'a> {
    pub state: &'a str,
    pub reason: Option<&'a str>,
    pub first_offer_after: Option<u64>,
    pub answered_after: Option<u64>,
}

/// Values of one offer that statistics count. Durations are in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct OfferFigures<'a> {
    pub employee: &'a str,
    pub outcome: Option<&'a str>,
    pub delivered_after: Option<u64>,
    pub closed_after: Option<u64>,
    /// Whether another offer of the booking was open at the same time.
    pub had_others: bool,
}

/// Values of one session that statistics count. The length is in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct SessionFigures<'a> {
    pub employee: &'a str,
    pub ended_by: Option<&'a str>,
    pub length: Option<u64>,
}

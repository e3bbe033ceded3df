//! A booking in the line as JSON: its place, and the wait that is to be expected.

use serde::Serialize;
use switchboard_core::routing::Estimate;
use switchboard_core::{Booking, BookingId, Company};
use utoipa::ToSchema;

use super::{Moment, Text};
use crate::json::object;
use crate::shape::{self, examples};

/// Range in which a wait is expected to end, from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Estimate)]
pub struct EstimateView {
    pub from_ms: u64,
    pub to_ms: u64,
}
object!(EstimateView { from_ms, to_ms });

impl From<Estimate> for EstimateView {
    fn from(Estimate { from_ms, to_ms }: Estimate) -> Self {
        Self { from_ms, to_ms }
    }
}

/// Place of a booking that waits, as its client sees the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Waiting)]
pub struct WaitingView {
    /// Time at which the booking first waited.
    #[schema(value_type = shape::Moment)]
    pub since: Moment,
    /// Time until which the booking may wait.
    #[schema(value_type = shape::Moment)]
    pub until: Moment,
    /// Place among those who wait about the same topic, from 1.
    #[schema(minimum = 1)]
    pub place: u32,
    /// Expected wait; null while too little is known for an honest one.
    #[schema(value_type = Option<EstimateView>, required)]
    pub estimate: Option<EstimateView>,
    /// Employees on duty who fit the latest open step, or are wanted while only they are asked.
    pub on_duty: usize,
    /// Number of open steps; 0 while only the employees that the client wants are asked.
    pub step: u8,
}
object!(WaitingView { since, until, place, estimate, on_duty, step });

/// The booking's place in the line; none unless the booking waits.
#[must_use]
pub fn waiting(company: &Company, booking: &Booking) -> Option<WaitingView> {
    // The time of the latest event, because an estimate counts by the day, and every text of one state is the same.
    let line = company.waiting(company.clock(), booking)?;
    Some(WaitingView {
        since: Moment(line.since),
        until: Moment(line.until),
        place: line.place,
        estimate: line.estimate.map(Into::into),
        on_duty: line.on_duty,
        step: line.step,
    })
}

/// Place and estimate that a client was shown first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Told)]
pub struct ToldView {
    #[schema(minimum = 1)]
    place: u32,
    #[schema(value_type = Option<EstimateView>, required)]
    estimate: Option<EstimateView>,
}
object!(ToldView { place, estimate });

impl ToldView {
    /// The place and the estimate.
    #[must_use]
    pub fn of(place: u32, estimate: Option<Estimate>) -> Self {
        Self { place, estimate: estimate.map(Into::into) }
    }
}

/// A booking that waits, in the list of the line.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WaitingBooking, examples(examples::line_item))]
pub struct LineItemView<'a> {
    #[schema(value_type = shape::Uuid)]
    pub booking_id: BookingId,
    #[schema(value_type = shape::Id)]
    client_id: Text<'a>,
    #[schema(value_type = Option<shape::ClientName>, required)]
    client_name: Option<Text<'a>>,
    #[schema(value_type = shape::Topic)]
    topic: Text<'a>,
    #[schema(maximum = 10)]
    priority: u8,
    /// Time at which the booking first waited.
    #[schema(value_type = shape::Moment)]
    since: Moment,
    /// Time until which the booking may wait.
    #[schema(value_type = shape::Moment)]
    until: Moment,
    /// Place among those who wait about the same topic, from 1.
    #[schema(minimum = 1)]
    place: u32,
    /// Expected wait; null while too little is known for an honest one.
    #[schema(value_type = Option<EstimateView>, required)]
    estimate: Option<EstimateView>,
    /// Employees on duty who fit the latest open step, or are wanted while only they are asked.
    on_duty: usize,
    /// Number of open steps; 0 while only the employees that the client wants are asked.
    step: u8,
}

/// The item of a booking; none unless the booking waits.
#[must_use]
pub fn line_item<'a>(company: &Company, booking: &'a Booking) -> Option<LineItemView<'a>> {
    let WaitingView { since, until, place, estimate, on_duty, step } = waiting(company, booking)?;
    Some(LineItemView {
        booking_id: booking.id,
        client_id: booking.client.as_str().into(),
        client_name: booking.client_name.as_deref().map(Into::into),
        topic: booking.topic.as_str().into(),
        priority: booking.routed.as_ref().map_or(0, |routed| routed.priority()),
        since,
        until,
        place,
        estimate,
        on_duty,
        step,
    })
}

//! A booking's timeline over HTTP.

use axum::extract::{Extension, State};
use axum::http::StatusCode;
use switchboard_core::Refusal;
use switchboard_history::timeline::Timeline;

use super::ask::{ApiResult, InPath, shown};
use super::bookings::ids;
use super::history_reader::HistoryReader;
use super::in_path::OfBooking;
use super::principal::Principal;
use super::problem::Problem;

/// Explains a booking, step by step.
///
/// Offers with their reasons and outcomes, employees who were passed over and why, and the result of the booking.
///
/// # Errors
/// `unknown_booking`, or `too_far_back`.
#[utoipa::path(
    get, path = "/companies/{company}/bookings/{booking}/timeline", operation_id = "showTimeline", tag = "bookings",
    security(("key" = ["read"])),
    params(OfBooking),
    responses(
        (status = 200, body = Timeline, description = "The steps in order"),
        (status = 404, description = "`unknown_booking`"),
        (status = 422, description = "`too_far_back`"),
    )
)]
pub async fn show(
    State(past): State<HistoryReader>,
    Extension(caller): Extension<Principal>,
    InPath((company, booking)): InPath<(String, String)>,
) -> ApiResult {
    let (company, booking) = ids(&company, &booking)?;
    let found = past.long_of(&caller, &company, move |past, company| past.timeline(company, booking)).await?;
    let found: Timeline = found.ok_or_else(|| Problem::from(&Refusal::UnknownBooking))?;
    Ok(shown(StatusCode::OK, &found))
}

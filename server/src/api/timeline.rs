//! A booking's timeline over HTTP.

use axum::extract::State;
use axum::http::StatusCode;
use switchboard_core::Refusal;

use super::ask::{Answered, InPath, shown};
use super::bookings::ids;
use super::past::Past;
use super::problem::Problem;
use crate::journal::timeline::Timeline;

/// `GET /v1/companies/{company}/bookings/{booking}/timeline`
///
/// # Errors
/// `unknown_booking`, or `too_far_back`.
#[utoipa::path(
    get,
    path = "/companies/{company}/bookings/{booking}/timeline",
    tag = "bookings",
    summary = "Explain a booking",
    description = "What became of it, step by step: who was asked and why, who was passed over and why, each outcome.",
    params(
        ("company" = String, Path, description = "The company's id"),
        ("booking" = String, Path, description = "The booking's id")
    ),
    responses(
        (status = 200, description = "The steps in their order", body = Timeline, example = json!({
            "booking_id": "01939e4a-7c1f-7b60-8f5c-0d8e6e2b7a10",
            "steps": [
                { "at": "2026-11-23T09:30:00.000Z", "what": "opened", "client_id": "alice", "topic": "tax" },
                {
                    "at": "2026-11-23T09:30:00.000Z", "what": "offered", "attempt": 1, "employee_id": "erika",
                    "idle_since": "2026-11-23T09:10:00.000Z", "topics": ["tax"], "behind": 3,
                    "passed_over": {
                        "employees": [
                            { "employee_id": "bob", "why": "wrong_topic", "since": "2026-11-23T09:05:00.000Z" }
                        ],
                        "more": 0
                    },
                    "expires_at": "2026-11-23T09:30:15.000Z"
                },
                {
                    "at": "2026-11-23T09:30:00.080Z", "what": "delivered", "attempt": 1, "employee_id": "erika",
                    "device": "ios"
                },
                {
                    "at": "2026-11-23T09:30:04.000Z", "what": "assigned", "attempt": 1, "employee_id": "erika",
                    "session_id": "01939e4a-8bbf-7a51-9d0e-3f5b1c2d4e6f"
                }
            ]
        })),
        (status = 401, description = "No API key, or a bad one: `unauthorized`"),
        (status = 404, description = "`unknown_booking`"),
        (status = 422, description = "A bad id: `invalid`; or more events than are read at once: `too_far_back`"),
        (status = 503, description = "The store cannot be read now: `unavailable`, `draining`")
    )
)]
pub async fn show(State(past): State<Past>, InPath((company, booking)): InPath<(String, String)>) -> Answered {
    let (company, booking) = ids(&company, &booking)?;
    let found = past.of(&company, move |past, company| past.timeline(company, booking)).await?;
    let found: Timeline = found.ok_or_else(|| Problem::from(&Refusal::UnknownBooking))?;
    Ok(shown(StatusCode::OK, &found))
}

//! Bookings over HTTP: listed, shown with their offers, and cancelled.

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::http::{StatusCode, Uri};
use serde::Deserialize;
use switchboard_core::{Actor, BookingId, BookingState, Command, CompanyId, Refusal};
use switchboard_history::HistoryFilter;
use switchboard_history::lists::{BookingDetail, BookingItem};
use switchboard_history::paging::Listed;
use switchboard_wire::shape::{self, examples};
use switchboard_wire::view::{self, BookingView};
use utoipa::IntoParams;

use super::ApiState;
use super::ask::{self, ApiResult, InPath, shown};
use super::history_reader::{HistoryReader, known};
use super::in_path::{OfBooking, OfCompany};
use super::principal::Principal;
use super::problem::Problem;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Maximum number of items.
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: Option<u32>,
    /// The `next` of the previous page.
    #[param(value_type = Option<shape::Uuid>)]
    after: Option<String>,
    /// Only items in this state.
    #[param(value_type = Option<shape::StateOfBooking>, example = "assigned")]
    state: Option<String>,
    /// Only items of this client.
    #[param(example = "carl")]
    client: Option<String>,
    /// Only items of this employee.
    #[param(example = "ann")]
    employee: Option<String>,
    /// Only items that began at this time or later.
    #[param(inline, value_type = Option<shape::AnyMoment>, example = "2026-11-23T00:00:00Z")]
    from: Option<String>,
    /// Only items that began before this time.
    #[param(inline, value_type = Option<shape::AnyMoment>, example = "2126-11-24T00:00:00Z")]
    to: Option<String>,
}

/// A filter, with its times read. A problem names the field.
pub(super) fn filter(
    state: Option<String>,
    client: Option<String>,
    employee: Option<String>,
    from: Option<&str>,
    to: Option<&str>,
) -> Result<HistoryFilter, Problem> {
    Ok(HistoryFilter { state, client, employee, from: ask::moment("from", from)?, to: ask::moment("to", to)? })
}

/// Lists bookings, newest first.
///
/// # Errors
/// `unknown_company`, or a bad query.
#[utoipa::path(
    get, path = "/companies/{company}/bookings", operation_id = "listBookings", tag = "bookings",
    security(("key" = ["read"])),
    params(OfCompany, ListQuery),
    responses(
        (status = 200, body = Listed<BookingItem>, description = "A page of the list, with `offers` as a number"),
        (status = 404, description = "`unknown_company`"),
    )
)]
pub async fn list(
    State(past): State<HistoryReader>,
    Extension(caller): Extension<Principal>,
    InPath(company): InPath<String>,
    uri: Uri,
) -> ApiResult {
    let company: CompanyId = ask::id("company", &company)?;
    let ListQuery { limit, after, state, client, employee, from, to } = ask::query(&uri)?;
    let state = ask::one_of("state", state, &BookingState::ALL.map(BookingState::word))?;
    let filter = filter(state, client, employee, from.as_deref(), to.as_deref())?;
    let page = ask::page::<BookingId>(limit, after.as_deref())?;
    let question = known(move |past, company| past.list_bookings(company, &filter, &page));
    let listed = past.list_of(&caller, &company, question).await?;
    Ok(shown(StatusCode::OK, &listed.ok_or_else(ask::unknown_company)?))
}

/// Shows a booking with its offers.
///
/// # Errors
/// `unknown_booking`.
#[utoipa::path(
    get, path = "/companies/{company}/bookings/{booking}", operation_id = "showBooking", tag = "bookings",
    security(("key" = ["read"])),
    params(OfBooking),
    responses(
        (status = 200, body = BookingDetail, description = "The booking, with `offers` as an array"),
        (status = 404, description = "`unknown_booking`"),
    )
)]
pub async fn show(
    State(past): State<HistoryReader>,
    InPath((company, booking)): InPath<(String, String)>,
) -> ApiResult {
    let (company, booking) = ids(&company, &booking)?;
    let found = past.of(&company, move |past, company| past.show_booking(company, booking)).await?;
    let found = found.ok_or_else(|| Problem::from(&Refusal::UnknownBooking))?;
    Ok(shown(StatusCode::OK, &found))
}

/// Cancels a booking that is still searching.
///
/// # Errors
/// `unknown_booking`, `booking_closed`.
#[utoipa::path(
    post, path = "/companies/{company}/bookings/{booking}/cancel", operation_id = "cancelBooking", tag = "bookings",
    security(("key" = ["operate"])),
    params(OfBooking),
    responses(
        (
            status = 200, body = BookingView, description = "The booking after the change",
            example = json!(examples::cancelled())
        ),
        (status = 404, description = "`unknown_company`, `unknown_booking`"),
        (status = 409, description = "`booking_closed`"),
    )
)]
pub async fn cancel(
    State(api): State<Arc<ApiState>>,
    InPath((company, booking)): InPath<(String, String)>,
) -> ApiResult {
    let (company, booking) = ids(&company, &booking)?;
    let command = Command::Cancel { booking, by: Actor::Admin };
    let cancelled = ask::command(&api, &company, command, |visit, _| {
        let company = visit.company();
        shown(StatusCode::OK, &company.booking(booking).map(|booking| view::booking(company, booking)))
    });
    cancelled.await
}

pub(super) fn ids(company: &str, booking: &str) -> Result<(CompanyId, BookingId), Problem> {
    let unknown = |_| Problem::from(&Refusal::UnknownBooking);
    Ok((ask::id("company", company)?, booking.parse().map_err(unknown)?))
}

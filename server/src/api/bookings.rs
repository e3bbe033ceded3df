//! Bookings over HTTP: listed, shown with their offers, changed, and cancelled.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::http::{StatusCode, Uri};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use switchboard_core::limits::PRIORITY_MAX;
use switchboard_core::{Actor, BookingId, BookingState, Command, Company, CompanyId, Refusal};
use switchboard_exchange::Visit;
use switchboard_history::HistoryFilter;
use switchboard_history::lists::{BookingDetail, BookingItem};
use switchboard_history::paging::Listed;
use switchboard_wire::shape::{self, examples};
use switchboard_wire::view::{self, BookingView};
use utoipa::{IntoParams, ToSchema};

use super::ApiState;
use super::ask::{self, ApiResult, InPath, RawBody, shown};
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
    State(api): State<Arc<ApiState>>,
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
    let Listed { items, next } = listed.ok_or_else(ask::unknown_company)?;
    let ids: Vec<BookingId> = items.iter().map(|booking| booking.id()).collect();
    let now = as_now(&api, &company, &ids).await;
    if now.is_empty() {
        return Ok(shown(StatusCode::OK, &Listed { items, next }));
    }
    let items: Vec<Value> = items.iter().map(|booking| completed(booking, now.get(&booking.id()))).collect();
    Ok(shown(StatusCode::OK, &Listed { items, next }))
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
    State(api): State<Arc<ApiState>>,
    State(past): State<HistoryReader>,
    InPath((company, booking)): InPath<(String, String)>,
) -> ApiResult {
    let (company, booking) = ids(&company, &booking)?;
    let found = past.of(&company, move |past, company| past.show_booking(company, booking)).await?;
    let found = found.ok_or_else(|| Problem::from(&Refusal::UnknownBooking))?;
    let now = as_now(&api, &company, &[booking]).await;
    if now.is_empty() {
        return Ok(shown(StatusCode::OK, &found));
    }
    Ok(shown(StatusCode::OK, &completed(&found, now.get(&booking))))
}

/// Fields of a booking that no row has, and that only a company with a routing knows.
const OF_ROUTED: [&str; 8] = ["waiting", "priority", "channel", "skills", "wanted", "only", "waited_ms", "told"];

/// Fields that the company has for those bookings beside their rows, of all that are open or ended lately. There are
/// none while the store cannot commit, and the rows are shown alone.
async fn as_now(api: &ApiState, company: &CompanyId, ids: &[BookingId]) -> HashMap<BookingId, Map<String, Value>> {
    let is_routed = |company: &Company| {
        let routed = |id: &BookingId| company.booking(*id).is_some_and(|booking| booking.routed.is_some());
        ids.iter().any(routed)
    };
    // Without a visit, because most companies have no routing.
    if api.exchange.peek(company, is_routed) != Some(true) {
        return HashMap::new();
    }
    let look = |visit: &mut Visit<'_>| {
        let (company, now) = (visit.company(), visit.now());
        let fields = |id: &BookingId| {
            let booking = company.booking(*id).filter(|booking| booking.routed.is_some())?;
            let shown = serde_json::to_value(view::booking_of_staff(company, booking, now)).ok()?;
            let Value::Object(shown) = shown else { return None };
            Some((*id, shown.into_iter().filter(|(field, _)| OF_ROUTED.contains(&field.as_str())).collect()))
        };
        ids.iter().filter_map(fields).collect()
    };
    match api.exchange.visit(company, look).await {
        Ok(visited) => visited.committed().await.unwrap_or_default(),
        Err(_rows_alone) => HashMap::new(),
    }
}

/// A booking with what the company knows of it.
fn completed(booking: &impl Serialize, now: Option<&Map<String, Value>>) -> Value {
    let mut shown = serde_json::to_value(booking).unwrap_or_default();
    let (Some(fields), Some(now)) = (shown.as_object_mut(), now) else { return shown };
    // The row may be a moment older than the company.
    let waits = fields.get("state").is_some_and(|state| state == BookingState::Waiting.word());
    let fits = |(field, _): &(&String, &Value)| waits || field.as_str() != "waiting";
    fields.extend(now.iter().filter(fits).map(|(field, value)| (field.clone(), value.clone())));
    shown
}

/// Changes to an open booking.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(examples::booking_patch))]
pub(crate) struct BookingPatch {
    /// New priority: a head start of `priority_ms` for each point; 0 means none.
    #[schema(maximum = 10)]
    priority: u8,
}

/// Changes the priority of a booking that is still searching.
///
/// The booking is ranked anew, by the time at which it was opened.
///
/// # Errors
/// `unknown_booking`, `booking_closed`, `invalid`, naming the field.
#[utoipa::path(
    patch, path = "/companies/{company}/bookings/{booking}", operation_id = "patchBooking", tag = "bookings",
    security(("key" = ["operate"])),
    params(OfBooking),
    request_body(content((BookingPatch = "application/merge-patch+json"), (BookingPatch = "application/json"))),
    responses(
        (status = 200, body = BookingView, description = "The booking after the change"),
        (status = 404, description = "`unknown_company`, `unknown_booking`"),
        (status = 409, description = "`booking_closed`"),
    )
)]
pub async fn patch(
    State(api): State<Arc<ApiState>>,
    InPath((company, booking)): InPath<(String, String)>,
    sent: RawBody,
) -> ApiResult {
    let (company, booking) = ids(&company, &booking)?;
    let BookingPatch { priority } = ask::body(&sent)?;
    if priority > PRIORITY_MAX {
        return Err(Problem::invalid(format!("`priority` must be 0 to {PRIORITY_MAX}")));
    }
    let changed = ask::command(&api, &company, Command::ChangeBooking { booking, priority }, |visit, _| {
        let (company, now) = (visit.company(), visit.now());
        let booking = company.booking(booking).map(|booking| view::booking_of_staff(company, booking, now));
        shown(StatusCode::OK, &booking)
    });
    changed.await
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
        let (company, now) = (visit.company(), visit.now());
        let booking = company.booking(booking).map(|booking| view::booking_of_staff(company, booking, now));
        shown(StatusCode::OK, &booking)
    });
    cancelled.await
}

pub(super) fn ids(company: &str, booking: &str) -> Result<(CompanyId, BookingId), Problem> {
    let unknown = |_| Problem::from(&Refusal::UnknownBooking);
    Ok((ask::id("company", company)?, booking.parse().map_err(unknown)?))
}

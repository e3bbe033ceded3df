//! Companies over HTTP: made, shown, changed and removed, and their idle employees.

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::http::{StatusCode, Uri};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use switchboard_core::{Availability, Brand, Colour, Command, Company, CompanyId, CompanySettings, Employee, Topic};
use switchboard_exchange::{NotNow, Visit};
use switchboard_history::paging::Listed;
use switchboard_wire::shape::{self, examples};
use switchboard_wire::view::{self, CompanyView, Moment};
use utoipa::{IntoParams, ToSchema};

use super::ask::{self, ApiResult, InPath, RawBody, shown};
use super::etag::{Conditions, Tag, Unchanged, UnchangedOrNew, Unseen, tagged};
use super::history_reader::HistoryReader;
use super::in_path::OfCompany;
use super::merge::Patched;
use super::principal::Principal;
use super::problem::Problem;
use super::{ApiState, logo};
use crate::reading;

/// A company to create or to replace. Omitted fields get their default; that of `name` is the id.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(examples::company_body))]
pub(crate) struct CompanyBody {
    #[schema(value_type = Option<shape::Name>)]
    name: Option<String>,
    #[schema(value_type = Option<shape::Colour>)]
    colour: Option<String>,
    #[serde(default)]
    #[schema(value_type = shape::SettingsToSet)]
    settings: Map<String, Value>,
}

/// Changes to a company: omitted fields stay, null resets a field to its default (RFC 7396).
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(examples::company_patch))]
pub(crate) struct CompanyPatch {
    #[serde(default)]
    #[schema(value_type = Option<shape::Name>)]
    name: Patched<String>,
    #[serde(default)]
    #[schema(value_type = Option<shape::Colour>)]
    colour: Patched<String>,
    #[serde(default)]
    #[schema(value_type = Option<shape::SettingsToChange>)]
    settings: Patched<Map<String, Value>>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Maximum number of items.
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: Option<u32>,
    /// The `next` of the previous page.
    #[param(value_type = Option<shape::Id>)]
    after: Option<String>,
    /// Only ids with this prefix.
    #[param(example = "ac")]
    prefix: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AvailabilityQuery {
    /// Only employees who take this topic.
    #[param(value_type = Option<shape::Topic>, example = "tax")]
    topic: Option<String>,
    /// Maximum number of items.
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: Option<u32>,
    /// The `next` of the previous page: a position in the queue.
    #[param(inline, value_type = Option<shape::Place>)]
    after: Option<u64>,
}

/// Idle employees, in the order in which they would get offers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InLine, examples(examples::in_line))]
struct IdleLine<'a> {
    /// Whether a booking can succeed now: by an offer, or by a place in the line.
    available: bool,
    /// Number of employees who can get an offer.
    idle: usize,
    /// Number of bookings that wait; left out while none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = usize, required = false)]
    waiting: Option<usize>,
    items: Vec<Idle<'a>>,
    /// Cursor of the next page; null on the last page.
    #[schema(required)]
    next: Option<String>,
}

/// An employee who can get an offer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(examples::idle))]
struct Idle<'a> {
    #[schema(value_type = shape::Id)]
    id: &'a str,
    #[schema(value_type = shape::Name)]
    name: &'a str,
    #[schema(value_type = shape::Moment)]
    since: Moment,
    #[schema(value_type = Vec<shape::Topic>)]
    topics: Vec<&'a str>,
    #[serde(skip)]
    position: u64,
}

/// Lists companies, by id.
///
/// # Errors
/// A bad query, or a store that cannot be read.
#[utoipa::path(
    get, path = "/companies", operation_id = "listCompanies", tag = "companies",
    security(("key" = ["read"])),
    params(ListQuery),
    responses((status = 200, body = Listed<CompanyView>, description = "A page of the list"))
)]
pub async fn list(State(past): State<HistoryReader>, Extension(caller): Extension<Principal>, uri: Uri) -> ApiResult {
    let ListQuery { limit, after, prefix } = ask::query(&uri)?;
    let page = ask::page::<CompanyId>(limit, after.as_deref())?;
    let prefix = prefix.unwrap_or_default();
    let among = caller.companies();
    let listed = past.list(&caller, None, move |past| past.list_companies(among.as_deref(), &prefix, &page)).await?;
    Ok(shown(StatusCode::OK, &listed))
}

/// Shows a company.
///
/// # Errors
/// `unknown_company`.
#[utoipa::path(
    get, path = "/companies/{company}", operation_id = "showCompany", tag = "companies",
    security(("key" = ["read"])),
    params(OfCompany, Unseen),
    responses(
        (
            status = 200, body = CompanyView, description = "The company",
            headers(("ETag" = String, description = "Entity tag, for `If-Match` and `If-None-Match`"))
        ),
        (status = 304, description = "Not modified"),
        (status = 404, description = "`unknown_company`"),
    )
)]
pub async fn show(
    State(api): State<Arc<ApiState>>,
    State(past): State<HistoryReader>,
    Extension(caller): Extension<Principal>,
    InPath(company): InPath<String>,
    conditions: Conditions,
) -> ApiResult {
    let company: CompanyId = ask::id("company", &company)?;
    let show = ask::look(&api, &past, &caller, &company, |company| {
        let tag = Tag::of_company(company).ok_or_else(ask::unknown_company)?;
        Ok(conditions.show(&view::company(company), &tag))
    });
    show.await
}

/// Creates or replaces a company.
///
/// # Errors
/// `invalid`, naming the field, or `changed`.
#[utoipa::path(
    put, path = "/companies/{company}", operation_id = "putCompany", tag = "companies",
    security(("key" = ["manage"])),
    params(OfCompany, UnchangedOrNew),
    request_body(content = CompanyBody, description = "A missing body counts as `{}`"),
    responses(
        (
            status = 200, body = CompanyView, description = "The company was replaced",
            headers(("ETag" = String, description = "Entity tag after the change"))
        ),
        (
            status = 201, body = CompanyView, description = "The company was created",
            headers(("ETag" = String, description = "Entity tag after the change"))
        ),
        (status = 412, description = "`changed`"),
    )
)]
pub async fn put(
    State(api): State<Arc<ApiState>>,
    InPath(company): InPath<String>,
    conditions: Conditions,
    sent: RawBody,
) -> ApiResult {
    let company: CompanyId = ask::id("company", &company)?;
    let CompanyBody { name, colour, settings } = ask::body(&sent)?;
    let colour = colour.map(|colour| ask::id("colour", &colour)).transpose()?;
    let (name, settings) = (ask::name(name, company.as_str())?, read_settings(settings)?);
    let put = ask::visit(&api, &company, |visit| {
        ask::may_set(&api, visit)?;
        let before = Tag::of_company(visit.company());
        conditions.check(before.as_ref())?;
        let known = visit.company();
        let command = set_company(name, settings, known.exists().then(|| known.settings()))?;
        let paint = painted(known, colour);
        take_and_show(visit, &[command, paint], if before.is_some() { StatusCode::OK } else { StatusCode::CREATED })
    });
    put.await
}

/// Sets the colour, and keeps the logo, which has an address of its own.
fn painted(company: &Company, colour: Option<Colour>) -> Command {
    Command::SetBrand { brand: Brand { colour, logo: company.brand().logo.clone() } }
}

fn take_and_show(visit: &mut Visit<'_>, commands: &[Command], status: StatusCode) -> ApiResult {
    for command in commands {
        let taken = visit.take(command);
        taken.map_err(|refusal| Problem::refused(visit.company(), &refusal))?;
    }
    let tag = Tag::of_company(visit.company());
    Ok(tagged(status, &view::company(visit.company()), tag.as_ref()))
}

/// Changes a company.
///
/// # Errors
/// `unknown_company`, `invalid`, naming the field, or `changed`.
#[utoipa::path(
    patch, path = "/companies/{company}", operation_id = "patchCompany", tag = "companies",
    security(("key" = ["manage"])),
    params(OfCompany, Unchanged),
    request_body(content((CompanyPatch = "application/merge-patch+json"), (CompanyPatch = "application/json"))),
    responses(
        (
            status = 200, body = CompanyView, description = "The resource after the change",
            headers(("ETag" = String, description = "Entity tag after the change"))
        ),
        (status = 404, description = "`unknown_company`"),
        (status = 412, description = "`changed`"),
    )
)]
pub async fn patch(
    State(api): State<Arc<ApiState>>,
    InPath(company): InPath<String>,
    conditions: Conditions,
    sent: RawBody,
) -> ApiResult {
    let company: CompanyId = ask::id("company", &company)?;
    let CompanyPatch { name, colour, settings } = ask::body(&sent)?;
    let colour = colour.try_map(|colour| ask::id("colour", &colour).map(Some))?;
    let name = name.try_map(|name| ask::name(Some(name), ""))?;
    let patch = ask::visit(&api, &company, |visit| {
        ask::must_exist(visit)?;
        ask::may_set(&api, visit)?;
        let known = visit.company();
        conditions.check(Tag::of_company(known).as_ref())?;
        let name = name.over(|| known.name().into(), || company.as_str().into());
        let command = set_company(name, merged(known.settings(), settings)?, Some(known.settings()))?;
        let paint = painted(known, colour.over(|| known.brand().colour, || None));
        take_and_show(visit, &[command, paint], StatusCode::OK)
    });
    patch.await
}

/// Merges a patch as RFC 7396 says: named fields are replaced, null removes, the rest stays.
fn merged(settings: &CompanySettings, patch: Patched<Map<String, Value>>) -> Result<CompanySettings, Problem> {
    let patch = match patch {
        Patched::Kept => return Ok(settings.clone()),
        Patched::Reset => return Ok(CompanySettings::default()),
        Patched::Set(patch) => patch,
    };
    let Ok(Value::Object(mut fields)) = serde_json::to_value(settings) else { return Ok(settings.clone()) };
    for (name, value) in patch {
        // An unknown field is kept here, also when null, so that it is refused by its name.
        if value.is_null() && fields.contains_key(&name) {
            fields.remove(&name);
        } else {
            fields.insert(name, value);
        }
    }
    read_settings(fields)
}

fn read_settings(fields: Map<String, Value>) -> Result<CompanySettings, Problem> {
    reading::value(Value::Object(fields)).map_err(|error| Problem::invalid(error.inside("settings").said_of("")))
}

fn set_company(
    name: Arc<str>,
    settings: CompanySettings,
    before: Option<&CompanySettings>,
) -> Result<Command, Problem> {
    settings.check().map_err(|(field, range)| Problem::invalid(format!("`settings.{field}` {range}")))?;
    settings.agree(before).map_err(|(first, second)| {
        Problem::invalid(format!("`settings.{first}` must not be longer than `settings.{second}`"))
    })?;
    Ok(Command::SetCompany { name, settings })
}

/// Removes a company and its employees.
///
/// Ends all open bookings and sessions, and removes the webhooks and the API keys for this company alone. Its tokens
/// become invalid. Its bookings and sessions stay in the store, but do not belong to a later company with the same id.
///
/// # Errors
/// `changed`.
#[utoipa::path(
    delete, path = "/companies/{company}", operation_id = "removeCompany", tag = "companies",
    security(("key" = ["manage"])),
    params(OfCompany, Unchanged),
    responses((status = 204, description = "Removed"), (status = 412, description = "`changed`"))
)]
pub async fn remove(
    State(api): State<Arc<ApiState>>,
    InPath(company): InPath<String>,
    conditions: Conditions,
) -> ApiResult {
    let company: CompanyId = ask::id_of_old("company", &company)?;
    let remove = ask::visit(&api, &company, |visit| {
        conditions.check(Tag::of_company(visit.company()).as_ref())?;
        let removed = visit.take(&Command::RemoveCompany { revoke_before: visit.by_the_wall() });
        removed.map_err(|refusal| Problem::refused(visit.company(), &refusal))?;
        Ok(StatusCode::NO_CONTENT.into_response())
    });
    let removed = remove.await?;
    // In a task of its own, so that it also ends when the caller has gone.
    let ended = tokio::spawn(end_what_was_for(api, company)).await;
    ended.unwrap_or_else(|_stopped| Err(NotNow::Draining.into())).map(|()| removed)
}

/// Ends the endpoints and keys of a removed company. In the store they end when the removal is projected, so the
/// running ones are told after that.
async fn end_what_was_for(api: Arc<ApiState>, company: CompanyId) -> Result<(), Problem> {
    logo::tidy(&api, &company).await;
    api.exchange.project(Some(&company)).await?;
    api.webhooks.company_ended(&company);
    api.api_keys.read(&**api.past.history()).await.map_err(|error| Problem::unreadable(&error))
}

/// Shows the employees who can get an offer now, in queue order.
///
/// # Errors
/// `unknown_company`, or a bad topic.
#[utoipa::path(
    get, path = "/companies/{company}/availability", operation_id = "showAvailability", tag = "companies",
    security(("key" = ["read"])),
    params(OfCompany, AvailabilityQuery),
    responses(
        (status = 200, body = IdleLine, description = "The employees in the queue"),
        (status = 404, description = "`unknown_company`"),
    )
)]
pub async fn availability(
    State(api): State<Arc<ApiState>>,
    State(past): State<HistoryReader>,
    Extension(caller): Extension<Principal>,
    InPath(company): InPath<String>,
    uri: Uri,
) -> ApiResult {
    let company: CompanyId = ask::id("company", &company)?;
    let AvailabilityQuery { topic, limit, after } = ask::query(&uri)?;
    let topic: Option<Topic> = topic.map(|topic| ask::id("topic", &topic)).transpose()?;
    let limit = ask::limit(limit)?;
    let look = ask::look(&api, &past, &caller, &company, |company| {
        ask::exists(company)?;
        let line = company.in_line(topic.as_ref());
        let idle_now = line.len();
        // The cursor is a position in the queue, so it stays valid when employees leave the queue.
        let rest = line.into_iter().filter(|employee| after.is_none_or(|after| position(employee) > after));
        let Listed { items, next } = Listed::of(rest.map(idle), limit, |employee| employee.position.to_string());
        let waiting = Some(waiting(company, topic.as_ref())).filter(|waiting| *waiting > 0);
        let available = can_succeed(company, topic.as_ref()).unwrap_or(idle_now > 0);
        Ok(shown(StatusCode::OK, &IdleLine { available, idle: idle_now, waiting, items, next }))
    });
    look.await
}

/// Whether a booking without wishes can succeed; none where that follows from the number of idle
/// employees.
fn can_succeed(company: &Company, topic: Option<&Topic>) -> Option<bool> {
    if company.routing().routes.is_empty() {
        return None;
    }
    let Availability { available, topics, .. } = company.availability();
    match topic {
        None => Some(available),
        Some(topic) => topics.into_iter().find_map(|(known, here)| (known == *topic).then_some(here.available)),
    }
}

fn waiting(company: &Company, topic: Option<&Topic>) -> usize {
    match topic {
        Some(_) if company.waiting_count() > 0 => company.waiting_line(topic).len(),
        Some(_) | None => company.waiting_count(),
    }
}

/// The position of an employee in the queue: first by the load, then by the place. Places are below 2^53, so the
/// position of an employee without a load is the place.
fn position(employee: &Employee) -> u64 {
    u64::from(employee.load_milli()) << 53 | employee.place
}

fn idle(employee: &Employee) -> Idle<'_> {
    Idle {
        id: employee.id.as_str(),
        name: &employee.name,
        since: Moment(employee.since),
        topics: employee.topics.iter().map(Topic::as_str).collect(),
        position: position(employee),
    }
}

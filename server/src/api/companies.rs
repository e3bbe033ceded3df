//! Companies over HTTP: made, shown, changed, removed, and who is idle in them.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use switchboard_core::{Command, CompanyId, Employee, Settings, Topic};

use super::ask::{self, Answered, InPath, Sent, shown};
use super::past::Past;
use super::problem::Problem;
use crate::hub::Hub;
use crate::journal::history::Listed;
use crate::view::{self, Moment};

/// A company's body in a `PUT`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CompanyBody {
    name: Option<String>,
    settings: Map<String, Value>,
}

/// A company's body in a `PATCH`: what is not named stays, null goes back to the default.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CompanyPatch {
    name: Option<String>,
    settings: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    limit: Option<u32>,
    after: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AvailabilityQuery {
    topic: Option<String>,
    limit: Option<u32>,
    after: Option<u64>,
}

/// Who is idle, in the order in which they would be asked.
#[derive(Debug, Serialize)]
struct InLine<'a> {
    available: bool,
    idle: usize,
    #[serde(flatten)]
    listed: Listed<Idle<'a>>,
}

#[derive(Debug, Serialize)]
struct Idle<'a> {
    id: &'a str,
    name: &'a str,
    since: Moment,
    topics: Vec<&'a str>,
}

/// `GET /v1/companies`
///
/// # Errors
/// A bad query, or a store that cannot be read.
pub async fn list(State(past): State<Past>, uri: Uri) -> Answered {
    let ListQuery { limit, after } = ask::query(&uri)?;
    let page = ask::page(limit, after)?;
    let listed = past.ask(None, move |past| past.companies(&page)).await?;
    Ok(shown(StatusCode::OK, &listed))
}

/// `GET /v1/companies/{company}`
///
/// # Errors
/// `unknown_company`.
pub async fn show(State(hub): State<Arc<Hub>>, InPath(company): InPath<String>) -> Answered {
    let company: CompanyId = ask::id("company", &company)?;
    let show = ask::visit(&hub, &company, |visit| {
        ask::must_exist(visit)?;
        Ok(shown(StatusCode::OK, &view::company(visit.company())))
    });
    show.await
}

/// `PUT /v1/companies/{company}`
///
/// # Errors
/// `invalid`, naming the field.
pub async fn put(State(hub): State<Arc<Hub>>, InPath(company): InPath<String>, sent: Sent) -> Answered {
    let company: CompanyId = ask::id("company", &company)?;
    let CompanyBody { name, settings } = ask::body(&sent)?;
    let command = set_company(name, company.as_str(), read_settings(settings)?)?;
    let put = ask::visit(&hub, &company, |visit| {
        let status = if visit.company().exists() { StatusCode::OK } else { StatusCode::CREATED };
        let set = visit.take(&command);
        set.map_err(|refusal| Problem::refused(visit.company(), &refusal))?;
        Ok(shown(status, &view::company(visit.company())))
    });
    put.await
}

/// `PATCH /v1/companies/{company}`
///
/// # Errors
/// `unknown_company`, or `invalid`, naming the field.
pub async fn patch(State(hub): State<Arc<Hub>>, InPath(company): InPath<String>, sent: Sent) -> Answered {
    let company: CompanyId = ask::id("company", &company)?;
    let CompanyPatch { name, settings } = ask::body(&sent)?;
    let patch = ask::visit(&hub, &company, |visit| {
        ask::must_exist(visit)?;
        let settings = merged(visit.company().settings(), settings)?;
        let command = set_company(name, visit.company().name(), settings)?;
        let set = visit.take(&command);
        set.map_err(|refusal| Problem::refused(visit.company(), &refusal))?;
        Ok(shown(StatusCode::OK, &view::company(visit.company())))
    });
    patch.await
}

/// RFC 7396: what is named replaces, null removes, the rest stays.
fn merged(settings: &Settings, patch: Map<String, Value>) -> Result<Settings, Problem> {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(settings) else { return Ok(settings.clone()) };
    for (name, value) in patch {
        if value.is_null() {
            fields.remove(&name);
        } else {
            fields.insert(name, value);
        }
    }
    read_settings(fields)
}

/// By name only: serde would take an array for them too.
fn read_settings(fields: Map<String, Value>) -> Result<Settings, Problem> {
    let fields = fields.into_iter().map(|(name, value)| (name, whole(value))).collect();
    serde_path_to_error::deserialize(Value::Object(fields)).map_err(|error| {
        let path = error.path().to_string();
        Problem::invalid(format!("`settings.{path}`: {}", error.inner()))
    })
}

/// JSON has one kind of number: `7.0`, as some languages write it, is as whole as `7`. Out of range is still refused.
fn whole(value: Value) -> Value {
    match value.as_f64() {
        Some(number) if value.is_f64() && number.fract() == 0.0 && number >= 0.0 => Value::from(number as u64),
        _ => value,
    }
}

fn set_company(name: Option<String>, otherwise: &str, settings: Settings) -> Result<Command, Problem> {
    settings.check().map_err(|(field, range)| Problem::invalid(format!("`settings.{field}` {range}")))?;
    Ok(Command::SetCompany { name: ask::name(name, otherwise)?, settings })
}

/// `DELETE /v1/companies/{company}`
///
/// # Errors
/// Only that nothing can be done now.
pub async fn remove(State(hub): State<Arc<Hub>>, InPath(company): InPath<String>) -> Answered {
    let company: CompanyId = ask::id("company", &company)?;
    let gone = |_: &crate::exchange::Visit<'_>, _| axum::response::IntoResponse::into_response(StatusCode::NO_CONTENT);
    ask::command(&hub, &company, Command::RemoveCompany, gone).await
}

/// `GET /v1/companies/{company}/availability`
///
/// # Errors
/// `unknown_company`, or a bad topic.
pub async fn availability(State(hub): State<Arc<Hub>>, InPath(company): InPath<String>, uri: Uri) -> Answered {
    let company: CompanyId = ask::id("company", &company)?;
    let AvailabilityQuery { topic, limit, after } = ask::query(&uri)?;
    let topic: Option<Topic> = topic.map(|topic| ask::id("topic", &topic)).transpose()?;
    let page = ask::page(limit, None)?;
    let look = ask::visit(&hub, &company, |visit| {
        ask::must_exist(visit)?;
        let line = visit.company().in_line(topic.as_ref());
        let idle_now = line.len();
        // The cursor is a place in the line: it stays good when people leave the line.
        let rest = line.into_iter().filter(|employee| after.is_none_or(|after| employee.place > after));
        let wanted: Vec<&Employee> = rest.take(page.limit as usize + 1).collect();
        let Listed { items, next } = Listed::of(wanted, page.limit, |employee| employee.place.to_string());
        let listed = Listed { items: items.into_iter().map(idle).collect(), next };
        Ok(shown(StatusCode::OK, &InLine { available: idle_now > 0, idle: idle_now, listed }))
    });
    look.await
}

fn idle(employee: &Employee) -> Idle<'_> {
    Idle {
        id: employee.id.as_str(),
        name: &employee.name,
        since: Moment(employee.since),
        topics: employee.topics.iter().map(Topic::as_str).collect(),
    }
}

//! A company's routing over HTTP: shown, set and changed.

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::http::StatusCode;
use serde_json::{Map, Value};
use switchboard_core::{Command, CompanyId, Routing};
use switchboard_exchange::Visit;
use switchboard_wire::shape::{AllRouting, RoutingToChange, RoutingToSet};

use super::ApiState;
use super::ask::{self, ApiResult, InPath, RawBody};
use super::etag::{Conditions, Tag, Unchanged, Unseen, tagged};
use super::history_reader::HistoryReader;
use super::in_path::OfCompany;
use super::principal::Principal;
use super::problem::Problem;
use crate::reading::{self, Unreadable};

/// Shows how a company routes bookings.
///
/// All fields are shown, with their defaults where nothing was set.
///
/// # Errors
/// `unknown_company`.
#[utoipa::path(
    get, path = "/companies/{company}/routing", operation_id = "showRouting", tag = "companies",
    security(("key" = ["read"])),
    params(OfCompany, Unseen),
    responses(
        (
            status = 200, body = AllRouting, description = "The routing",
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
        ask::exists(company)?;
        Ok(conditions.show(company.routing(), &Tag::of_routing(company.routing())))
    });
    show.await
}

/// Replaces the routing of a company.
///
/// Omitted fields get their default. An open booking keeps the routing with which it began.
///
/// # Errors
/// `unknown_company`, `invalid`, naming the field, or `changed`.
#[utoipa::path(
    put, path = "/companies/{company}/routing", operation_id = "putRouting", tag = "companies",
    security(("key" = ["manage"])),
    params(OfCompany, Unchanged),
    request_body(content = RoutingToSet, description = "A missing body counts as `{}`"),
    responses(
        (
            status = 200, body = AllRouting, description = "The routing was replaced",
            headers(("ETag" = String, description = "Entity tag after the change"))
        ),
        (status = 404, description = "`unknown_company`"),
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
    let routing: Routing = ask::body(&sent)?;
    change(&api, &company, &conditions, |_| Ok(routing)).await
}

/// Changes the routing of a company.
///
/// Objects are merged, and a list is replaced as a whole. An open booking keeps the routing with which it began.
///
/// # Errors
/// `unknown_company`, `invalid`, naming the field, or `changed`.
#[utoipa::path(
    patch, path = "/companies/{company}/routing", operation_id = "patchRouting", tag = "companies",
    security(("key" = ["manage"])),
    params(OfCompany, Unchanged),
    request_body(content((RoutingToChange = "application/merge-patch+json"), (RoutingToChange = "application/json"))),
    responses(
        (
            status = 200, body = AllRouting, description = "The routing after the change",
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
    let patch: Map<String, Value> = ask::body(&sent)?;
    let merged = |known: &Routing| merged(known, patch).map_err(|error| Problem::invalid(error.said_of("the body")));
    change(&api, &company, &conditions, merged).await
}

async fn change(
    api: &ApiState,
    company: &CompanyId,
    conditions: &Conditions,
    next: impl FnOnce(&Routing) -> Result<Routing, Problem>,
) -> ApiResult {
    let change = ask::visit(api, company, |visit| {
        ask::must_exist(visit)?;
        ask::may_set(api, visit)?;
        conditions.check(Some(&Tag::of_routing(visit.company().routing())))?;
        let routing = next(visit.company().routing())?;
        routing.check().map_err(|(field, problem)| Problem::invalid(format!("`{field}` {problem}")))?;
        take_and_show(visit, routing)
    });
    change.await
}

fn take_and_show(visit: &mut Visit<'_>, routing: Routing) -> ApiResult {
    let taken = visit.take(&Command::SetRouting { routing: Box::new(routing) });
    taken.map_err(|refusal| Problem::refused(visit.company(), &refusal))?;
    let routing = visit.company().routing();
    Ok(tagged(StatusCode::OK, routing, Some(&Tag::of_routing(routing))))
}

/// The routing after a patch.
fn merged(known: &Routing, patch: Map<String, Value>) -> Result<Routing, Unreadable> {
    let Ok(mut fields) = serde_json::to_value(known) else { return Ok(known.clone()) };
    merge(&mut fields, Value::Object(patch));
    reading::value(fields)
}

/// Merges a patch as RFC 7396 says: objects are merged, null removes a field, and any other value replaces one.
fn merge(target: &mut Value, patch: Value) {
    let (fields, changes) = match (target, patch) {
        (Value::Object(fields), Value::Object(changes)) => (fields, changes),
        (target, patch) => return *target = patch,
    };
    for (name, value) in changes {
        match fields.get_mut(&name) {
            Some(_) if value.is_null() => drop(fields.remove(&name)),
            Some(known) => merge(known, value),
            // An unknown field is kept here, also when null, so that it is refused by its name.
            None => drop(fields.insert(name, value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn routing(text: &Value) -> Routing {
        reading::value(text.clone()).unwrap()
    }

    fn patched(known: &Value, patch: Value) -> Result<Routing, Unreadable> {
        let Value::Object(patch) = patch else { panic!("a patch is an object") };
        merged(&routing(known), patch)
    }

    #[test]
    fn objects_are_merged_and_lists_replaced_and_null_is_the_default_again() {
        let known = json!({
            "routes": [{ "topics": ["tax"], "steps": [{ "level": 5 }] }],
            "rest": { "rejected_ms": 1, "missed_ms": 2 }, "pause_reasons": ["lunch"], "clients": { "skills": ["de"] },
        });
        let changed = |patch| patched(&known, patch).unwrap();
        assert_eq!(changed(json!({})), routing(&known));
        let after = changed(json!({ "rest": { "missed_ms": 3 }, "pause_reasons": ["a", "b"], "clients": null }));
        assert_eq!((after.rest.rejected_ms, after.rest.missed_ms), (1, 3));
        assert_eq!((after.pause_reasons.len(), after.clients.skills.len(), after.routes.len()), (2, 0, 1));
        assert_eq!(changed(json!({ "rest": { "rejected_ms": null } })).rest.rejected_ms, 0);
        assert_eq!(changed(json!({ "routes": [{ "steps": [{}] }] })).routes[0].topics, None, "a list is one value");
        let nothing = json!({ "routes": null, "rest": null, "pause_reasons": null, "clients": null, "wrap_up": null });
        assert_eq!(changed(nothing), Routing::default());
    }

    #[test]
    fn an_unknown_field_is_refused_by_its_name_also_when_null() {
        for (patch, field) in [
            (json!({ "hold": null }), "hold"),
            (json!({ "rest": { "late_ms": null } }), "rest.late_ms"),
            (json!({ "rest": 7 }), "rest"),
            (json!({ "routes": [{ "steps": [{ "levels": 1 }] }] }), "routes[0].steps[0].levels"),
        ] {
            assert_eq!(patched(&json!({}), patch).unwrap_err().field, field);
        }
    }
}

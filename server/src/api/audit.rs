//! The audit list over HTTP: written beside every change, and shown.

use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::ask::{self, Answered, shown};
use super::past::Past;
use super::problem::Problem;
use super::rights::Asked;
use crate::admission::Peer;
use crate::audit::{AuditItem, Filter, Line};
use crate::auth::ApiKey;
use crate::hub::Hub;

/// How a request is found in the logs of all who pass it on.
const REQUEST_ID: &str = "x-request-id";
/// The longest id of a request that is kept.
const REQUEST_ID_MAX_BYTES: usize = 128;
/// What is kept of a path: all of one whose ids are good.
const TARGET_MAX_CHARS: usize = 512;

/// Whether a request may change something.
pub fn is_change(method: &Method) -> bool {
    ![Method::GET, Method::HEAD, Method::OPTIONS].contains(method)
}

/// Does what a request asks for, with a line about it: it is queued before anything that is done, in the same order, so
/// nothing is changed that has none. How it went comes behind it, and nobody waits for either.
///
/// When the caller goes away before the answer, it stays open how it went.
pub async fn listed(
    hub: &Hub,
    key: &ApiKey,
    peer: Option<Peer>,
    asked: Asked,
    request: Request,
    next: Next,
) -> Response {
    let line = Arc::new(line(hub, key, peer, asked, &request));
    let begins = line.clone();
    if let Err(not_now) = hub.exchange.write_soon(Box::new(move |connection| begins.write(connection, None))) {
        return Problem::from(not_now).into_response();
    }
    let mut response = next.run(request).await;
    let (ended, status) = (line.clone(), response.status().as_u16());
    // With a full queue it stays open how it went: the answer to the change itself is not kept waiting for it.
    let _written_or_open = hub.exchange.write_soon(Box::new(move |connection| ended.write(connection, Some(status))));
    if let Ok(id) = HeaderValue::from_str(&line.request_id) {
        response.headers_mut().entry(REQUEST_ID).or_insert(id);
    }
    response
}

fn line(hub: &Hub, key: &ApiKey, peer: Option<Peer>, asked: Asked, request: &Request) -> Line {
    let id = hub.exchange.clock().fresh_line();
    let sent = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok());
    let sent = sent.filter(|id| (1..=REQUEST_ID_MAX_BYTES).contains(&id.len()));
    // The router has taken the first part of the path away.
    let target = format!("/v1{}", request.uri().path());
    Line {
        id,
        at: hub.exchange.clock().now(),
        key_id: key.id.clone(),
        key_name: key.name.clone(),
        company: asked.company,
        method: request.method().to_string(),
        route: asked.route.unwrap_or_default(),
        target: target.chars().take(TARGET_MAX_CHARS).collect(),
        request_id: sent.map_or_else(|| id.to_string(), str::to_owned),
        address: peer.map(|Peer(address)| address.to_canonical().to_string()),
    }
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// In this company
    company: Option<String>,
    /// By the key of this name or id
    key: Option<String>,
    /// At this time or later (RFC 3339)
    from: Option<String>,
    /// Before this time (RFC 3339)
    to: Option<String>,
    /// 1 to 500; 50 when nothing is said
    limit: Option<u32>,
    /// `next` of the page before
    after: Option<String>,
}

/// A page of the audit list.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "only described: what is answered is a list as every other")]
pub struct AuditList {
    items: Vec<AuditItem>,
    next: Option<String>,
}

/// `GET /v1/audit`
///
/// # Errors
/// A bad query, or a store that cannot be read.
#[utoipa::path(
    get,
    path = "/v1/audit",
    summary = "Lists who changed what, newest first",
    params(ListQuery),
    responses(
        (status = 200, description = "A page of lines", body = AuditList, example = json!({
            "items": [{
                "id": "0199a3b2-7c1e-7d1a-8a52-0d6d3c1f9b10", "at": "2026-11-24T09:30:00.000Z",
                "key": {"id": "4f2a90c1d2e3b4a5", "name": "crm"}, "company": "acme", "method": "PUT",
                "route": "/v1/companies/{company}", "target": "/v1/companies/acme", "status": 201,
                "request_id": "0199a3b2-7c1e-7d1a-8a52-0d6d3c1f9b10", "address": "192.0.2.7"
            }],
            "next": null
        })),
        (status = 401, description = "No key, or a bad one"),
        (status = 403, description = "The key has not the scope `manage`, or is not for that company"),
        (status = 422, description = "A bad query"),
        (status = 429, description = "Too many bad keys from this address"),
        (status = 503, description = "The store cannot be read now"),
    )
)]
pub async fn list(State(past): State<Past>, Extension(key): Extension<Arc<ApiKey>>, uri: Uri) -> Answered {
    let ListQuery { company, key: by, from, to, limit, after } = ask::query(&uri)?;
    if company.as_deref().is_some_and(|company| !key.is_for(company)) {
        let detail = format!("this needs a key with the scope `manage` for this company; `{}` is not", key.name);
        return Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", detail));
    }
    let before = after.as_deref().map(|after| ask::id("after", after)).transpose()?;
    let filter = Filter {
        company,
        companies: key.companies.as_ref().map(crate::view::json),
        key: by,
        from: ask::moment("from", from.as_deref())?,
        to: ask::moment("to", to.as_deref())?,
    };
    let page = ask::page(limit, None)?;
    let listed = past.ask(None, move |past| past.audit(&filter, &page, before)).await?;
    Ok(shown(StatusCode::OK, &listed))
}

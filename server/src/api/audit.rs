//! The audit list over HTTP: a line beside every change, and the list itself.

use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use switchboard_core::CompanyId;
use switchboard_exchange::NotNow;
use switchboard_exchange::admission::Peer;
use switchboard_history::audit::AuditItem;
use switchboard_history::paging::{Listed, Page};
use switchboard_journal::Write;
use switchboard_journal::audit::{AuditEntry, AuditFilter, readable};
use switchboard_wire::{Scope, shape};
use utoipa::IntoParams;

use super::ApiState;
use super::ask::{self, ApiResult, shown};
use super::history_reader::HistoryReader;
use super::principal::Principal;
use super::problem::Problem;
use super::rights::{self, RequestedAccess};

/// Id by which a request is found in the logs of all servers that pass it on.
const REQUEST_ID: &str = "x-request-id";
/// The longest id of a request that is kept.
const REQUEST_ID_MAX_BYTES: usize = 128;
/// Characters of a path that are kept: enough for every path with valid ids.
const TARGET_MAX_CHARS: usize = 512;

/// Whether a request may change something.
pub(crate) fn is_change(method: &Method, asked: &RequestedAccess) -> bool {
    ![Method::GET, Method::HEAD, Method::OPTIONS].contains(method) && !rights::only_reads(method, asked)
}

/// Runs a request, with a line about it. The line is queued before the change, in the same order, so that no change
/// lacks its line. The outcome follows the change, and the answer waits for neither.
///
/// When the caller goes away before the answer, the outcome stays open.
pub async fn listed(
    api: &ApiState,
    caller: &Principal,
    peer: Option<Peer>,
    asked: RequestedAccess,
    request: Request,
    next: Next,
) -> Response {
    let line = Arc::new(line(api, caller, peer, asked, &request));
    let begun = match api.exchange.write_soon(Write::AuditBegins(line.clone())) {
        Ok(begun) => begun,
        Err(not_now) => return Problem::from(not_now).into_response(),
    };
    // A lost line means that the commit failed, and the changes behind it are lost with it; so the request goes no
    // further.
    let is_lost = async {
        if begun.await != Ok(None) {
            std::future::pending::<()>().await;
        }
    };
    let mut response = tokio::select! {
        biased;
        () = is_lost => return Problem::from(NotNow::Unavailable).into_response(),
        response = next.run(request) => response,
    };
    // With a full queue the outcome stays open, because the answer to the change must not wait for the queue.
    let _written_or_open = api.exchange.write_soon(Write::AuditEnds(line.clone(), response.status().as_u16()));
    name_request(&mut response, &line);
    response
}

/// Refuses a request that the caller has no right to, with a line about the attempt. The lines of one key or admin are
/// limited, because refused requests alone could push the changes of others out of the list.
pub fn refused(
    api: &ApiState,
    caller: &Principal,
    peer: Option<Peer>,
    asked: RequestedAccess,
    request: &Request,
    forbidden: Problem,
) -> Response {
    let mut response = forbidden.into_response();
    let line = line(api, caller, peer, asked, request);
    name_request(&mut response, &line);
    if caller.is_listed() && api.admission.may_list_refusal(&caller.name_in(None), api.exchange.clock().even()) {
        // Nothing was changed, so the answer does not wait for the line, and a full queue drops the line.
        let _written_or_lost = api.exchange.write_soon(Write::AuditRefused(line, response.status().as_u16()));
    }
    response
}

/// Names the request in the answer: by the caller's own id, or else by the id of the line.
fn name_request(response: &mut Response, line: &AuditEntry) {
    if let Ok(id) = HeaderValue::from_str(&line.request_id) {
        response.headers_mut().entry(REQUEST_ID).or_insert(id);
    }
}

fn line(
    api: &ApiState,
    caller: &Principal,
    peer: Option<Peer>,
    asked: RequestedAccess,
    request: &Request,
) -> AuditEntry {
    let id = api.exchange.clock().fresh_line();
    let sent = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok());
    let sent = sent.filter(|id| (1..=REQUEST_ID_MAX_BYTES).contains(&id.len()));
    // The nested router has removed the first part of the path.
    let root = if asked.route.as_deref().is_some_and(|route| route.starts_with("/v1/")) { "/v1" } else { "" };
    let target = readable(&format!("{root}{}", request.uri().path()));
    AuditEntry {
        id,
        at: api.exchange.clock().now(),
        key_id: caller.key_id(),
        key_name: caller.name_in(asked.company.as_deref()),
        company: asked.company,
        method: request.method().to_string(),
        route: asked.route.unwrap_or_default(),
        target: target.chars().take(TARGET_MAX_CHARS).collect(),
        request_id: sent.map_or_else(|| id.to_string(), str::to_owned),
        address: peer.map(|Peer(address)| address.to_canonical().to_string()),
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Maximum number of items.
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: Option<u32>,
    /// The `next` of the previous page.
    #[param(pattern = "^[0-9]{1,18}$")]
    after: Option<String>,
    /// Only entries of this company.
    #[param(value_type = Option<shape::Id>, example = "acme")]
    company: Option<String>,
    /// Only entries of the key with this name or id, or of a person such as `admin olga`.
    #[param(example = "settings")]
    key: Option<String>,
    /// Only requests at this time or later.
    #[param(inline, value_type = Option<shape::AnyMoment>, example = "2026-11-23T00:00:00Z")]
    from: Option<String>,
    /// Only requests before this time.
    #[param(inline, value_type = Option<shape::AnyMoment>, example = "2126-11-24T00:00:00Z")]
    to: Option<String>,
}

/// Lists changes and their authors, newest first.
///
/// # Errors
/// A bad query, `forbidden`, or a store that cannot be read.
#[utoipa::path(
    get, path = "/audit", operation_id = "listAudit", tag = "audit",
    security(("key" = ["manage"])),
    params(ListQuery),
    responses((status = 200, body = Listed<AuditItem>, description = "A page of entries"))
)]
pub async fn list(State(past): State<HistoryReader>, Extension(caller): Extension<Principal>, uri: Uri) -> ApiResult {
    let ListQuery { company, key: by, from, to, limit, after } = ask::query(&uri)?;
    let company: Option<CompanyId> = company.map(|company| ask::id("company", &company)).transpose()?;
    if company.as_ref().is_some_and(|company| !caller.is_for(company.as_str())) {
        return Err(rights::is_not_for(&caller, Scope::Manage));
    }
    let before = after.as_deref().map(ask::cursor).transpose()?;
    let filter = AuditFilter {
        company: company.map(|company| company.to_string()),
        companies: caller.companies(),
        key: by,
        from: ask::moment("from", from.as_deref())?,
        to: ask::moment("to", to.as_deref())?,
    };
    let page = Page { limit: ask::limit(limit)?, after: None };
    let listed = past.list(&caller, None, move |past| past.list_audit(&filter, &page, before)).await?;
    Ok(shown(StatusCode::OK, &listed))
}

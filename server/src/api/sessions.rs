//! Sessions over HTTP: listed, shown, their messages and notes, and ended.

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::http::{StatusCode, Uri};
use serde::Deserialize;
use switchboard_core::limits::REASON_MAX_CHARS;
use switchboard_core::{Actor, Command, CompanyId, MessageId, Refusal, SessionId};
use switchboard_history::Past;
use switchboard_history::paging::Listed;
use switchboard_wire::shape::{self, examples};
use switchboard_wire::view::{self, MessageView, NotesView, SessionView};
use utoipa::{IntoParams, ToSchema};

use super::ApiState;
use super::ask::{self, ApiResult, InPath, RawBody, shown};
use super::bookings::filter;
use super::history_reader::{HistoryReader, known};
use super::in_path::{OfCompany, OfSession};
use super::principal::Principal;
use super::problem::Problem;

/// Reason for ending a session.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(examples::end_body))]
struct EndBody {
    #[schema(max_length = 256)]
    reason: Option<String>,
}

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
    #[param(inline, value_type = Option<shape::StateOfSession>, example = "ended")]
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

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct MessagesQuery {
    /// Maximum number of items.
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: Option<u32>,
    /// The `next` of the previous page.
    #[param(value_type = Option<shape::Uuid>)]
    after: Option<String>,
    /// Only messages sent at this time or later.
    #[param(inline, value_type = Option<shape::AnyMoment>, example = "2026-11-23T00:00:00Z")]
    from: Option<String>,
    /// Only messages sent before this time.
    #[param(inline, value_type = Option<shape::AnyMoment>, example = "2126-11-24T00:00:00Z")]
    to: Option<String>,
}

/// Lists sessions, newest first.
///
/// An employee's token lists only their own sessions, and requires `employee` with their id.
///
/// # Errors
/// `unknown_company`, or a bad query.
#[utoipa::path(
    get, path = "/companies/{company}/sessions", operation_id = "listSessions", tag = "sessions",
    security(("key" = ["read"]), ("token" = ["employee"])),
    params(OfCompany, ListQuery),
    responses(
        (status = 200, body = Listed<SessionView>, description = "A page of the list"),
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
    let state = ask::one_of("state", state, &["running", "ended"])?;
    let filter = filter(state, client, employee, from.as_deref(), to.as_deref())?;
    let page = ask::page::<SessionId>(limit, after.as_deref())?;
    let for_whom = caller.for_whom();
    let question = known(move |past, company| past.list_sessions(company, &filter, &page, for_whom));
    let listed = past.list_of(&caller, &company, question).await?;
    Ok(shown(StatusCode::OK, &listed.ok_or_else(ask::unknown_company)?))
}

/// Shows a session.
///
/// # Errors
/// `unknown_session`.
#[utoipa::path(
    get, path = "/companies/{company}/sessions/{session}", operation_id = "showSession", tag = "sessions",
    security(("key" = ["read"])),
    params(OfSession),
    responses(
        (status = 200, body = SessionView, description = "The session"),
        (status = 404, description = "`unknown_session`"),
    )
)]
pub async fn show(
    State(past): State<HistoryReader>,
    InPath((company, session)): InPath<(String, String)>,
) -> ApiResult {
    let (company, session) = ids(&company, &session)?;
    let found = past.of(&company, move |past, company| past.show_session(company, session)).await?;
    let found = found.ok_or_else(|| Problem::from(&Refusal::UnknownSession))?;
    Ok(shown(StatusCode::OK, &found))
}

/// Lists the messages of a session, in order.
///
/// # Errors
/// `unknown_session`, or a bad query.
#[utoipa::path(
    get, path = "/companies/{company}/sessions/{session}/messages", operation_id = "listMessages", tag = "sessions",
    security(("key" = ["read"])),
    params(OfSession, MessagesQuery),
    responses(
        (status = 200, body = Listed<MessageView>, description = "A page of the list"),
        (status = 404, description = "`unknown_session`"),
    )
)]
pub async fn messages(
    State(past): State<HistoryReader>,
    Extension(caller): Extension<Principal>,
    InPath((company, session)): InPath<(String, String)>,
    uri: Uri,
) -> ApiResult {
    let (company, session) = ids(&company, &session)?;
    let MessagesQuery { limit, after, from, to } = ask::query(&uri)?;
    let page = ask::page::<MessageId>(limit, after.as_deref())?;
    let between = (ask::moment("from", from.as_deref())?, ask::moment("to", to.as_deref())?);
    let question = move |past: &dyn Past, company: &CompanyId| past.list_messages(company, session, between, &page);
    let listed = past.list_of(&caller, &company, question).await?;
    let listed = listed.ok_or_else(|| Problem::from(&Refusal::UnknownSession))?;
    Ok(shown(StatusCode::OK, &listed))
}

/// Shows the employee's notes about a session; without notes, `body` is empty and `at` is null.
///
/// # Errors
/// `unknown_session`.
#[utoipa::path(
    get, path = "/companies/{company}/sessions/{session}/notes", operation_id = "showNotes", tag = "sessions",
    security(("key" = ["read"])),
    params(OfSession),
    responses(
        (status = 200, body = NotesView, description = "The notes"),
        (status = 404, description = "`unknown_session`"),
    )
)]
pub async fn notes(
    State(past): State<HistoryReader>,
    InPath((company, session)): InPath<(String, String)>,
) -> ApiResult {
    let (company, session) = ids(&company, &session)?;
    let found = past.of(&company, move |past, company| past.show_notes(company, session)).await?;
    let found = found.ok_or_else(|| Problem::from(&Refusal::UnknownSession))?;
    Ok(shown(StatusCode::OK, &found))
}

/// Ends a session.
///
/// # Errors
/// `unknown_session`, `session_ended`.
#[utoipa::path(
    post, path = "/companies/{company}/sessions/{session}/end", operation_id = "endSession", tag = "sessions",
    security(("key" = ["operate"])),
    params(OfSession), request_body(content = EndBody, description = "A missing body counts as `{}`"),
    responses(
        (
            status = 200, body = SessionView, description = "The session after the change",
            example = json!(examples::ended())
        ),
        (status = 404, description = "`unknown_company`, `unknown_session`"),
        (status = 409, description = "`session_ended`"),
    )
)]
pub async fn end(
    State(api): State<Arc<ApiState>>,
    InPath((company, session)): InPath<(String, String)>,
    sent: RawBody,
) -> ApiResult {
    let (company, session) = ids(&company, &session)?;
    let EndBody { reason } = ask::body(&sent)?;
    if reason.as_ref().is_some_and(|reason| reason.chars().count() > REASON_MAX_CHARS) {
        return Err(Problem::invalid(format!("`reason` has at most {REASON_MAX_CHARS} characters")));
    }
    let command = Command::End { session, by: Actor::Admin, reason: reason.map(Into::into) };
    let ended = ask::command(&api, &company, command, |visit, _| {
        let company = visit.company();
        shown(StatusCode::OK, &company.session(session).map(|session| view::coded_session(company, session)))
    });
    ended.await
}

fn ids(company: &str, session: &str) -> Result<(CompanyId, SessionId), Problem> {
    let unknown = |_| Problem::from(&Refusal::UnknownSession);
    Ok((ask::id("company", company)?, session.parse().map_err(unknown)?))
}

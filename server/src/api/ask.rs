//! Reading of requests, and answers that wait for their commit.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use switchboard_core::id::StoredAsText;
use switchboard_core::limits::NAME_MAX_CHARS;
use switchboard_core::spelling::spelled;
use switchboard_core::{Command, Company, CompanyId, Refusal, Time};
use switchboard_exchange::Visit;
use switchboard_exchange::admission::Limited;
use switchboard_history::paging::Page;
use switchboard_wire::view;

use super::ApiState;
use super::history_reader::HistoryReader;
use super::principal::Principal;
use super::problem::Problem;
use crate::reading;

/// Bytes of a request's body, at most: a company or an employee is small.
pub const BODY_MAX_BYTES: usize = 256 * 1024;
/// Items of a page by default, and at most.
const LIMIT_DEFAULT: u32 = 50;
const LIMIT_MAX: u32 = 500;

/// An answer, or the problem that prevents it.
pub(crate) type ApiResult = Result<Response, Problem>;

/// An answer with a JSON body.
#[must_use]
pub fn shown(status: StatusCode, body: &impl Serialize) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], view::json(body)).into_response()
}

/// Visits a company, and answers once the changes of the visit are committed.
///
/// # Errors
/// The problem that the work found, or that nothing can be done now.
pub async fn visit(api: &ApiState, company: &CompanyId, work: impl FnOnce(&mut Visit<'_>) -> ApiResult) -> ApiResult {
    api.exchange.visit(company, work).await?.committed().await?
}

/// Gives a company a command, and shows the outcome.
///
/// # Errors
/// The refusal as a problem.
pub async fn command(
    api: &ApiState,
    company: &CompanyId,
    command: Command,
    show: impl FnOnce(&Visit<'_>, switchboard_core::Answer) -> Response,
) -> ApiResult {
    visit(api, company, |visit| match visit.take(&command) {
        Ok(answer) => Ok(show(visit, answer)),
        Err(refusal) => Err(Problem::refused(visit.company(), &refusal)),
    })
    .await
}

/// Refuses further settings of a company or its employees when too much of that company was stored at once.
///
/// # Errors
/// `rate_limited`.
pub fn may_set(api: &ApiState, visit: &mut Visit<'_>) -> Result<(), Problem> {
    let may = visit.may_set(api.admission.stored_per_company_per_s());
    may.map_err(|retry_in_ms| Limited::on_stored(retry_in_ms).into())
}

/// Refuses a request for a company that does not exist.
///
/// # Errors
/// `unknown_company`.
pub(crate) fn must_exist(visit: &Visit<'_>) -> Result<(), Problem> {
    exists(visit.company())
}

/// The same for a company that is only read.
///
/// # Errors
/// `unknown_company`.
pub fn exists(company: &Company) -> Result<(), Problem> {
    if company.exists() { Ok(()) } else { Err(unknown_company()) }
}

/// Shows something of a company in its present state; while the store cannot commit, in its projected state.
///
/// # Errors
/// The problem that was found, or that nothing can be read now.
pub async fn look(
    api: &ApiState,
    past: &HistoryReader,
    caller: &Principal,
    company: &CompanyId,
    look: impl FnOnce(&Company) -> ApiResult,
) -> ApiResult {
    if api.exchange.is_healthy() {
        return visit(api, company, |visit| look(visit.company())).await;
    }
    look_through(api, past, caller, company, look).await
}

/// The same for work that may take long, such as a filter of all employees. The caller waits for its turn, as for a
/// page of a list from the store.
///
/// # Errors
/// As [`look`], or when the turns of other callers take too long.
pub(crate) async fn look_through(
    api: &ApiState,
    past: &HistoryReader,
    caller: &Principal,
    company: &CompanyId,
    look: impl FnOnce(&Company) -> ApiResult,
) -> ApiResult {
    let turn = caller.part_of(&api.admission.shares.lists, Some(company)).await?;
    if api.exchange.is_healthy() {
        return visit(api, company, |visit| look(visit.company())).await;
    }
    let of = company.clone();
    let read = past.as_projected(move |reader| {
        // The turn lasts as long as the question, even when its request is gone, because the question goes on.
        let _turn = turn;
        reader.company(&of)
    });
    let (company, _) = read.await?;
    look(&company)
}

/// The problem of a company that does not exist.
#[must_use]
pub fn unknown_company() -> Problem {
    Problem::from(&Refusal::UnknownCompany)
}

/// Reads an id of the path.
///
/// # Errors
/// A problem that names the id.
pub fn id<T: FromStr<Err: ToString>>(what: &str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|error: T::Err| Problem::invalid(format!("`{what}` is not valid: {}", error.to_string())))
}

/// Reads the id of something to remove. Ids that an earlier version accepted can still be removed and erased.
///
/// # Errors
/// A problem that names the id.
pub fn id_of_old<T: StoredAsText>(what: &str, text: &str) -> Result<T, Problem> {
    T::from_stored(text).map_err(|error| Problem::invalid(format!("`{what}` is not valid: {error}")))
}

/// The ids in the path. A path that is not UTF-8 is refused like a bad id, because axum's own answer would be no
/// problem.
pub struct InPath<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for InPath<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::from_request_parts(parts, state).await;
        path.map(|Path(ids)| Self(ids)).map_err(|_| Problem::invalid("the path is not UTF-8"))
    }
}

/// A body as it came. A body that is too long is refused as a problem, which axum's own answer would not be.
pub struct RawBody(Bytes);

impl<S: Send + Sync> FromRequest<S> for RawBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = Bytes::from_request(request, state).await.map_err(|refused| match refused.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                let detail = format!("a body has at most {BODY_MAX_BYTES} bytes");
                Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
            }
            _ => Problem::invalid("the body is incomplete"),
        });
        bytes.map(Self)
    }
}

impl RawBody {
    /// The body as it came.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Reads a JSON body; an empty one counts as `{}`.
///
/// # Errors
/// A problem that names the field.
pub fn body<T: DeserializeOwned>(RawBody(bytes): &RawBody) -> Result<T, Problem> {
    let bytes: &[u8] = if bytes.is_empty() { b"{}" } else { bytes };
    reading::json(bytes).map_err(|error| Problem::invalid(error.said_of("the body")))
}

/// Reads the fields of the query.
///
/// # Errors
/// A problem that names the field.
pub fn query<T: DeserializeOwned>(uri: &Uri) -> Result<T, Problem> {
    reading::query(uri).map_err(|error| Problem::invalid(error.said_of("the query")))
}

/// Number of items that are asked for.
///
/// # Errors
/// When the limit is out of range.
pub fn limit(limit: Option<u32>) -> Result<u32, Problem> {
    let limit = limit.unwrap_or(LIMIT_DEFAULT);
    if (1..=LIMIT_MAX).contains(&limit) {
        Ok(limit)
    } else {
        Err(Problem::invalid(format!("`limit` must be 1 to {LIMIT_MAX}")))
    }
}

/// The page that is asked for, of a list whose cursors are ids of type `T`. An id that an earlier version accepted is
/// valid, because it may be the last id of a page.
///
/// # Errors
/// When the limit is out of range, or the cursor is invalid.
pub fn page<T: StoredAsText + Display>(given: Option<u32>, after: Option<&str>) -> Result<Page, Problem> {
    let limit = limit(given)?;
    let after = after.map(|after| T::from_stored(after).map(|id| id.to_string()));
    Ok(Page { limit, after: after.transpose().map_err(|_| no_cursor())? })
}

/// The problem of a cursor that no page ended with.
#[must_use]
pub(crate) fn no_cursor() -> Problem {
    Problem::invalid("`after` must be the `next` of the previous page")
}

/// Reads a cursor that is a number.
///
/// # Errors
/// When the text is no number, or a negative one.
pub fn cursor(text: &str) -> Result<i64, Problem> {
    let is_ours = |number: &i64| *number >= 0;
    text.parse().ok().filter(is_ours).ok_or_else(no_cursor)
}

/// Reads a moment of the query.
///
/// # Errors
/// When the text is not RFC 3339.
pub fn moment(field: &str, text: Option<&str>) -> Result<Option<Time>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let moment: jiff::Timestamp = text
        .parse()
        .map_err(|_| Problem::invalid(format!("`{field}` must be a time such as `2026-11-23T09:30:00Z`")))?;
    Ok(Some(Time::from_ms(u64::try_from(moment.as_millisecond()).unwrap_or(0))))
}

/// One of a few words in a query.
///
/// # Errors
/// When the word is none of them.
pub fn one_of(field: &str, word: Option<String>, words: &[&str]) -> Result<Option<String>, Problem> {
    match word {
        Some(word) if !words.contains(&word.as_str()) => {
            Err(Problem::invalid(format!("`{field}` must be one of `{}`", words.join("`, `"))))
        }
        other => Ok(other),
    }
}

/// A display name: the given one, or else the fallback.
///
/// # Errors
/// When the name is empty or too long.
pub fn name(given: Option<String>, otherwise: &str) -> Result<Arc<str>, Problem> {
    display_name(given.as_deref().unwrap_or(otherwise)).map_err(|must| Problem::invalid(format!("`name` {must}")))
}

/// A name in its one spelling, if it may be shown.
///
/// # Errors
/// The rule that the name breaks.
pub(crate) fn display_name(name: &str) -> Result<Arc<str>, String> {
    let must = || format!("must have 1 to {NAME_MAX_CHARS} characters, no control characters, and not only blanks");
    spelled(name, NAME_MAX_CHARS).map(Into::into).ok_or_else(must)
}

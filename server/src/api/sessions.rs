//! Sessions over HTTP: listed, shown, their messages, and ended.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use serde::Deserialize;
use switchboard_core::limits::REASON_MAX_CHARS;
use switchboard_core::{Actor, Command, CompanyId, Refusal, SessionId};

use super::ask::{self, Answered, InPath, Sent, shown};
use super::bookings::ListQuery;
use super::past::Past;
use super::problem::Problem;
use crate::hub::Hub;
use crate::view;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct EndBody {
    reason: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MessagesQuery {
    limit: Option<u32>,
    after: Option<String>,
}

/// `GET /v1/companies/{company}/sessions`
///
/// # Errors
/// `unknown_company`, or a bad query.
pub async fn list(
    State(hub): State<Arc<Hub>>,
    State(past): State<Past>,
    InPath(company): InPath<String>,
    uri: Uri,
) -> Answered {
    let company: CompanyId = ask::id("company", &company)?;
    let (filter, page) = ask::query::<ListQuery>(&uri)?.read(&["running", "ended"])?;
    ask::known_company(&hub, &company).await?;
    let listed = past.of(&company, move |past, company| past.sessions(company, &filter, &page)).await?;
    Ok(shown(StatusCode::OK, &listed))
}

/// `GET /v1/companies/{company}/sessions/{session}`
///
/// # Errors
/// `unknown_session`.
pub async fn show(State(past): State<Past>, InPath((company, session)): InPath<(String, String)>) -> Answered {
    let (company, session) = ids(&company, &session)?;
    let found = past.of(&company, move |past, company| past.session(company, session)).await?;
    let found = found.ok_or_else(|| Problem::from(&Refusal::UnknownSession))?;
    Ok(shown(StatusCode::OK, &found))
}

/// `GET /v1/companies/{company}/sessions/{session}/messages`
///
/// # Errors
/// `unknown_session`, or a bad query.
pub async fn messages(
    State(past): State<Past>,
    InPath((company, session)): InPath<(String, String)>,
    uri: Uri,
) -> Answered {
    let (company, session) = ids(&company, &session)?;
    let MessagesQuery { limit, after } = ask::query(&uri)?;
    let page = ask::page(limit, after)?;
    let listed = past.of(&company, move |past, company| past.messages(company, session, &page)).await?;
    let listed = listed.ok_or_else(|| Problem::from(&Refusal::UnknownSession))?;
    Ok(shown(StatusCode::OK, &listed))
}

/// `POST /v1/companies/{company}/sessions/{session}/end`
///
/// # Errors
/// `unknown_session`, `session_ended`.
pub async fn end(
    State(hub): State<Arc<Hub>>,
    InPath((company, session)): InPath<(String, String)>,
    sent: Sent,
) -> Answered {
    let (company, session) = ids(&company, &session)?;
    let EndBody { reason } = ask::body(&sent)?;
    if reason.as_ref().is_some_and(|reason| reason.chars().count() > REASON_MAX_CHARS) {
        return Err(Problem::invalid(format!("`reason` has at most {REASON_MAX_CHARS} characters")));
    }
    let command = Command::End { session, by: Actor::Admin, reason: reason.map(Into::into) };
    let ended = ask::command(&hub, &company, command, |visit, _| {
        let company = visit.company();
        shown(StatusCode::OK, &company.session(session).map(|session| view::session(company, session)))
    });
    ended.await
}

fn ids(company: &str, session: &str) -> Result<(CompanyId, SessionId), Problem> {
    let unknown = |_| Problem::from(&Refusal::UnknownSession);
    Ok((ask::id("company", company)?, session.parse().map_err(unknown)?))
}

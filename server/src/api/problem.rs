//! Every error of the HTTP API, as a problem that says what to do (RFC 9457).

use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use switchboard_core::{Company, Refusal};
use switchboard_exchange::NotNow;
use switchboard_exchange::admission::Limited;
use switchboard_exchange::admission::shares::Full;
use switchboard_journal::StoreError;
use switchboard_wire::view;

use super::no_store::kept_by_nobody;
use crate::telemetry::refusals::RefusedAnswer;

/// An error answer, as `application/problem+json`.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    reason: &'static str,
    detail: String,
    more: Map<String, Value>,
    headers: Vec<(HeaderName, String)>,
}

impl Problem {
    /// A problem with that status, stable word and sentence.
    #[must_use]
    pub fn new(status: StatusCode, reason: &'static str, detail: impl Into<String>) -> Self {
        let mut problem = Self { status, reason, detail: detail.into(), more: Map::new(), headers: Vec::new() };
        if status == StatusCode::SERVICE_UNAVAILABLE {
            problem.headers.push((header::RETRY_AFTER, "1".to_owned()));
        }
        problem
    }

    /// The same problem with a further field that its reason promises.
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.more.insert(field.to_owned(), value.into());
        self
    }

    /// A body, query or path that is not valid.
    #[must_use]
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail)
    }

    /// A caller that may not come in, with the scheme to use (`WWW-Authenticate`).
    #[must_use]
    pub fn unauthorized(detail: impl Into<String>, challenge: &str) -> Self {
        let mut problem = Self::new(StatusCode::UNAUTHORIZED, "unauthorized", detail);
        problem.headers.push((header::WWW_AUTHENTICATE, challenge.to_owned()));
        problem
    }

    /// A method that the address does not have; `allowed` names its methods, with commas between. A hint says what
    /// callers most often mean.
    #[must_use]
    pub fn unknown_method(method: &str, allowed: &str, hint: Option<&str>) -> Self {
        let named: Vec<_> = allowed.split(',').map(|method| format!("`{}`", method.trim())).collect();
        let hint = hint.map(|hint| format!(": {hint}")).unwrap_or_default();
        let are = if named.len() == 1 { "is" } else { "are" };
        let detail = format!("`{method}` is not supported at this path, {} {are}{hint}", named.join(", "));
        let mut problem = Self::new(StatusCode::METHOD_NOT_ALLOWED, "unknown_method", detail);
        problem.headers.push((header::ALLOW, allowed.to_owned()));
        problem
    }

    /// A state that is not as the condition says: changed meanwhile, or there already. `now` is its present `ETag`.
    #[must_use]
    pub fn changed(now: Option<String>) -> Self {
        let detail = match &now {
            Some(_) => "the resource does not meet the condition: read it again and repeat the change",
            None => "the resource does not exist, although the condition requires it",
        };
        let mut problem = Self::new(StatusCode::PRECONDITION_FAILED, "changed", detail);
        problem.headers.extend(now.map(|tag| (header::ETAG, tag)));
        problem
    }

    /// A command that the company refuses.
    #[must_use]
    pub fn refused(company: &Company, refusal: &Refusal) -> Self {
        let mut problem = Self::from(refusal);
        // The fields of a refusal are the same here as on a socket.
        let shown = serde_json::from_str(&view::json(&view::refusal(company, refusal)));
        problem.more = shown.unwrap_or_default();
        problem.more.remove("message");
        problem.more.remove("reason");
        problem
    }

    /// A failed question to the store.
    #[must_use]
    pub fn unreadable(error: &StoreError) -> Self {
        if matches!(error, StoreError::TooFarBack(_)) {
            return Self::new(StatusCode::UNPROCESSABLE_ENTITY, "too_far_back", error.to_string());
        }
        let not_now = NotNow::from(error);
        if not_now == NotNow::Unavailable {
            tracing::warn!(%error, "a read from the store failed");
        }
        Self::from(not_now)
    }
}

impl From<&Refusal> for Problem {
    fn from(refusal: &Refusal) -> Self {
        let status = match refusal {
            Refusal::Forbidden => StatusCode::FORBIDDEN,
            Refusal::UnknownCompany
            | Refusal::UnknownEmployee
            | Refusal::UnknownBooking
            | Refusal::UnknownOffer
            | Refusal::UnknownSession => StatusCode::NOT_FOUND,
            Refusal::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Refusal::NoIdleEmployee(_)
            | Refusal::LineFull(_)
            | Refusal::AlreadyBooked(_)
            | Refusal::BookingClosed(_)
            | Refusal::OfferClosed(_)
            | Refusal::SessionEnded
            | Refusal::SessionFull => StatusCode::CONFLICT,
        };
        Self::new(status, refusal.reason(), refusal.to_string())
    }
}

impl From<NotNow> for Problem {
    fn from(not_now: NotNow) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, not_now.reason(), not_now.to_string())
    }
}

impl From<Full> for Problem {
    fn from(full: Full) -> Self {
        match full {
            Full::OfCaller(limited) => limited.into(),
            Full::OfAll { what, retry_in_ms } => {
                let detail = format!("too many {what} at once; try again in {retry_in_ms} ms");
                let reason = NotNow::Overloaded { retry_in_ms }.reason();
                Self::new(StatusCode::SERVICE_UNAVAILABLE, reason, detail)
            }
        }
    }
}

impl From<Limited> for Problem {
    fn from(limited: Limited) -> Self {
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, Limited::REASON, limited.to_string());
        let mut problem = problem.with("retry_in_ms", limited.retry_in_ms);
        problem.headers.push((header::RETRY_AFTER, limited.retry_after_s()));
        problem
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = self.more;
        body.insert("type".into(), json!("about:blank"));
        body.insert("title".into(), json!(self.status.canonical_reason()));
        body.insert("status".into(), json!(self.status.as_u16()));
        body.insert("reason".into(), json!(self.reason));
        body.insert("detail".into(), json!(self.detail));
        let body = Value::Object(body).to_string();
        // Only this detail goes to the logs: its sentences are our own, whereas other details repeat what callers sent.
        let why = (self.status == StatusCode::UNAUTHORIZED).then_some(self.detail);
        let response = (self.status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        let mut response = kept_by_nobody(response);
        response.extensions_mut().insert(RefusedAnswer { reason: self.reason, why });
        let headers = self.headers.into_iter();
        response.headers_mut().extend(headers.filter_map(|(name, value)| Some((name, value.parse().ok()?))));
        response
    }
}

//! Origins of browser pages that may call the API (CORS).

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::ApiState;

/// Seconds for which a browser keeps the answer to a preflight.
const PREFLIGHT_S: &str = "600";
const METHODS: &str = "GET, POST, PUT, PATCH, DELETE";
const HEADERS: &str = "authorization, content-type, if-match, if-none-match, last-event-id, traceparent, x-request-id";
const SHOWN: &str = "etag, link, retry-after, switchboard-behind, x-request-id";

/// Lets pages of allowed origins read the answers of the API. A preflight needs no key, because browsers send none with
/// it.
pub async fn shared(State(api): State<Arc<ApiState>>, request: Request, next: Next) -> Response {
    if api.origins.listed().is_empty() {
        return next.run(request).await;
    }
    let origin = request.headers().get(header::ORIGIN).filter(|origin| api.origins.allow(origin)).cloned();
    let asks_before = request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = match &origin {
        Some(_) if asks_before && request.method() == Method::OPTIONS => preflight(),
        Some(_) | None => next.run(request).await,
    };
    // Caches must not show one page the answer for another.
    response.headers_mut().append(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = origin {
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        response.headers_mut().insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(SHOWN));
    }
    response
}

fn preflight() -> Response {
    let answer = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS),
        (header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_S),
    ];
    (StatusCode::NO_CONTENT, answer).into_response()
}

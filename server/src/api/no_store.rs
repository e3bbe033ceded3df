//! Headers that keep an answer with data of people out of every cache.

use axum::http::{HeaderValue, header};
use axum::response::Response;

/// An answer with data of people, or about what somebody asked for: a browser keeps it neither on its disk nor for
/// whoever comes next, and takes it for nothing else than it says. A handler that knows better has said so.
#[must_use]
pub fn kept_by_nobody(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    response
}

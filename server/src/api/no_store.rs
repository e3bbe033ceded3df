//! Headers that keep an answer with data of people out of every cache.

use axum::http::{HeaderValue, header};
use axum::response::Response;

/// Marks an answer with data of people, or about what a caller asked for. A browser keeps no copy of the answer for its
/// next user, and does not guess another content type. Headers that the handler has set stay.
#[must_use]
pub(crate) fn kept_by_nobody(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    response
}

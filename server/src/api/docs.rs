//! The API's document and the page that shows it: both from this binary, and without a key.

use axum::Router;
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;

use super::document;

/// Only contents of this server, and no script or style within the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Routes of `/openapi.json`, and of the page at `/docs`.
pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/openapi.json", get(|| async { served("application/json", document::text()) }))
        .route("/docs", get(|| async { served("text/html; charset=utf-8", include_str!("docs/page.html")) }))
        .route("/docs/", get(|| async { Redirect::permanent("/docs") }))
        .route(
            "/docs/page.js",
            get(|| async { served("text/javascript; charset=utf-8", include_str!("docs/page.js")) }),
        )
        .route("/docs/page.css", get(|| async { served("text/css; charset=utf-8", include_str!("docs/page.css")) }))
}

fn served(kind: &'static str, text: &'static str) -> impl IntoResponse {
    let headers: [(HeaderName, &'static str); 5] = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        // Asked for again each time, because a new version of the server has a new document.
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, text)
}

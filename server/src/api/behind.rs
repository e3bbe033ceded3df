//! Header for stale reads: while the store cannot commit, an answer may lack the newest entries.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;

use super::ApiState;

/// The header of an answer that may be behind.
pub(crate) const BEHIND: HeaderName = HeaderName::from_static("switchboard-behind");

/// Marks an answer to a read as possibly behind when the store could not commit at any moment meanwhile.
pub async fn told(State(api): State<Arc<ApiState>>, request: Request, next: Next) -> Response {
    let reads = request.method() == Method::GET || request.method() == Method::HEAD;
    let mut health = api.exchange.health();
    let was_healthy = *health.borrow_and_update();
    let mut response = next.run(request).await;
    // A change since the read began also counts, so that a short outage does not go unseen.
    let may_be_behind = !was_healthy || !matches!(health.has_changed(), Ok(false));
    if reads && may_be_behind && (response.status().is_success() || response.status().is_redirection()) {
        response.headers_mut().insert(BEHIND, HeaderValue::from_static("true"));
    }
    response
}

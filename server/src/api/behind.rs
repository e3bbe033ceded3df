//! Reading goes on while the store cannot be written: the answer then says that the last of what was told may be missing.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;

use super::ApiState;

/// The header of an answer that may be behind.
pub const BEHIND: HeaderName = HeaderName::from_static("switchboard-behind");

/// Says of what was read whether it may be behind: whether the store could not commit at any time meanwhile.
pub async fn told(State(api): State<Arc<ApiState>>, request: Request, next: Next) -> Response {
    let reads = request.method() == Method::GET || request.method() == Method::HEAD;
    let mut health = api.exchange.health();
    let was_healthy = *health.borrow_and_update();
    let mut response = next.run(request).await;
    let may_be_behind = !was_healthy || !matches!(health.has_changed(), Ok(false));
    if reads && may_be_behind && (response.status().is_success() || response.status().is_redirection()) {
        response.headers_mut().insert(BEHIND, HeaderValue::from_static("true"));
    }
    response
}

//! Metrics for Prometheus, and the duration of each request.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use switchboard_metrics::{self, METRICS, TRACE};
use switchboard_wire::shape::examples;
use tracing::{Instrument, field};

use super::ApiState;
use crate::telemetry::refusals::{self, AnsweredRequest, RefusedAnswer};

/// Shows counts and durations for Prometheus.
#[utoipa::path(
    get, path = "/metrics", operation_id = "showMetrics", tag = "server", security(("key" = ["read"])),
    responses((
        status = 200, body = String, content_type = "application/openmetrics-text",
        description = "All metrics of docs/metrics.md, in the OpenMetrics format", example = json!(examples::METRICS)
    ))
)]
pub async fn show(State(api): State<Arc<ApiState>>) -> Response {
    api.exchange.count();
    METRICS.sockets.set(i64::try_from(api.sockets.open()).unwrap_or(i64::MAX));
    ([(header::CONTENT_TYPE, switchboard_metrics::CONTENT_TYPE)], METRICS.scrape()).into_response()
}

/// Measures a request, makes a span for it, and logs it when it was refused.
pub async fn measured(request: Request, next: Next) -> Response {
    let began = Instant::now();
    // Only the route's own text, because a path has ids in it, and a stranger can write anything there.
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let method = known(request.method());
    let span = tracing::debug_span!(target: TRACE, "request", method, route, status = field::Empty);
    #[cfg(feature = "otlp")]
    crate::telemetry::follow(&span, request.headers());
    let mut response = next.run(request).instrument(span.clone()).await;
    let status = response.status();
    let refused = response.extensions_mut().remove::<RefusedAnswer>();
    refusals::tell(&AnsweredRequest { method, route: &route, status, refused, took: began.elapsed() });
    span.record("status", status.as_u16());
    // The handshake does not end a socket, so its time is no duration of a request.
    if status != StatusCode::SWITCHING_PROTOCOLS {
        let request = switchboard_metrics::Request { method, route, status: status.as_u16() };
        METRICS.requests.get_or_create(&request).observe(began.elapsed().as_secs_f64());
    }
    response
}

/// Name of a known method. A stranger may send any word for a method, and a series for each word would have no bound.
const fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::PUT => "PUT",
        Method::POST => "POST",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

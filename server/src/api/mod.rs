//! The HTTP API: routes, the key that opens them, and how an answer waits for its commit.

pub mod ask;

pub mod problem;

pub mod past;

pub mod companies;

pub mod employees;

pub mod bookings;

pub mod sessions;

pub mod measured;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, FromRef, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::admission::Peer;
use crate::hub::Hub;
use crate::journal::reader::Reader;
use crate::{demo, socket};
use past::Past;
use problem::Problem;

/// What the API works with.
#[derive(Clone)]
struct Desk {
    hub: Arc<Hub>,
    past: Past,
}

impl FromRef<Desk> for Arc<Hub> {
    fn from_ref(desk: &Desk) -> Self {
        desk.hub.clone()
    }
}

impl FromRef<Desk> for Past {
    fn from_ref(desk: &Desk) -> Self {
        desk.past.clone()
    }
}

/// All routes.
pub fn router(hub: Arc<Hub>, reader: Reader) -> Router {
    let company = get(companies::show).put(companies::put).patch(companies::patch).delete(companies::remove);
    let employee = get(employees::show).put(employees::put).patch(employees::patch).delete(employees::remove);
    let v1 = Router::new()
        .route("/companies", get(companies::list))
        .route("/companies/{company}", company)
        .route("/companies/{company}/availability", get(companies::availability))
        .route("/companies/{company}/employees", get(employees::list))
        .route("/companies/{company}/employees/{employee}", employee)
        .route("/companies/{company}/employees/{employee}/status", post(employees::set_status))
        .route("/companies/{company}/bookings", get(bookings::list))
        .route("/companies/{company}/bookings/{booking}", get(bookings::show))
        .route("/companies/{company}/bookings/{booking}/cancel", post(bookings::cancel))
        .route("/companies/{company}/sessions", get(sessions::list))
        .route("/companies/{company}/sessions/{session}", get(sessions::show))
        .route("/companies/{company}/sessions/{session}/messages", get(sessions::messages))
        .route("/companies/{company}/sessions/{session}/end", post(sessions::end))
        .fallback(unknown_route)
        .method_not_allowed_fallback(unknown_method)
        .layer(from_fn_with_state(hub.clone(), with_key))
        .layer(axum::extract::DefaultBodyLimit::max(ask::BODY_MAX_BYTES));
    Router::new()
        .nest("/v1", v1)
        .route("/metrics", get(measured::show).layer(from_fn_with_state(hub.clone(), with_key)))
        .route("/socket/websocket", get(socket::upgrade))
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .route("/", get(page))
        .layer(from_fn(measured::measured))
        .fallback(unknown_route)
        .with_state(Desk { past: Past::new(hub.exchange.clone(), reader), hub })
}

/// Metrics and probes alone, for an address of their own: no key is asked there.
pub fn probes(hub: Arc<Hub>) -> Router {
    Router::new()
        .route("/metrics", get(measured::show))
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .fallback(unknown_route)
        .with_state(hub)
}

async fn alive() -> &'static str {
    "ok\n"
}

/// Lets only those in who have the key.
async fn with_key(
    State(hub): State<Arc<Hub>>,
    peer: Option<Extension<Peer>>,
    request: Request,
    next: Next,
) -> Response {
    let (peer, now) = (peer.map(|Extension(peer)| peer), hub.exchange.clock().now());
    if let Err(limited) = hub.admission.may_try_key(peer, now) {
        return Problem::from(limited).into_response();
    }
    let presented = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let key =
        presented.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    if key.is_some_and(|(_, key)| hub.api_key.matches(key.trim())) {
        return next.run(request).await;
    }
    // Who shows no key guesses none.
    if key.is_some() {
        hub.admission.bad_key(peer, now);
    }
    let detail = "send the API key as `Authorization: Bearer <key>`";
    let mut response = Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail).into_response();
    response.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
    response
}

/// Whether this server may get traffic.
async fn ready(State(hub): State<Arc<Hub>>) -> Response {
    let why_not = if hub.exchange.is_draining() {
        "draining\n"
    } else if !hub.exchange.is_healthy() {
        "unavailable: the store cannot commit\n"
    } else {
        return "ready\n".into_response();
    };
    (StatusCode::SERVICE_UNAVAILABLE, why_not).into_response()
}

/// The demo's page in dev; the API has none.
async fn page(State(hub): State<Arc<Hub>>) -> Result<Response, Problem> {
    let nothing = || Problem::new(StatusCode::NOT_FOUND, "unknown_route", "the API is under `/v1`");
    let page = demo::page(&hub).ok_or_else(nothing)?;
    let uncached = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    Ok((uncached, page).into_response())
}

async fn unknown_route(request: Request) -> Problem {
    let detail = format!("there is nothing at `{}`", crate::channel::shortened(request.uri().path()));
    Problem::new(StatusCode::NOT_FOUND, "unknown_route", detail)
}

async fn unknown_method(request: Request) -> Problem {
    let detail = format!("`{}` is not for this address", request.method());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "unknown_method", detail)
}

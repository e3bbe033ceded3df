//! The HTTP API: routes, the callers they are open to, and how an answer waits for its commit.

pub mod document;

pub mod docs;

mod console;

pub mod ask;

pub mod in_path;

pub mod etag;

pub mod merge;

pub mod problem;

mod nothing;

pub mod heads;

mod no_store;

pub mod history_reader;

pub mod principal;

pub mod rights;

pub mod origins;

pub mod behind;

pub mod unread;

pub mod audit;

pub mod companies;

pub mod routing;

pub mod logo;

pub mod employees;

pub mod import;

pub mod bookings;

pub mod line;

pub mod sessions;

pub mod measured;

pub mod events;

pub mod webhooks;

pub mod timeline;

pub mod preview;

pub mod export;

pub mod erasure;

pub mod revoke;

pub mod statistics;

pub mod sign_in_codes;

mod sheet;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{Extension, FromRef, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::StreamExt;
use history_reader::HistoryReader;
use principal::Principal;
use reqwest::Url;
use switchboard_exchange::Exchange;
use switchboard_exchange::admission::{Admission, Peer};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api_keys::ApiKeys;
use crate::auth::{Keyring, SignInCodes};
use crate::origins::Origins;
use crate::shutdown::Shutdown;
use crate::socket::SocketLimits;
use crate::webhooks::Webhooks;

/// The part of the server that the API works with.
pub struct ApiState {
    pub exchange: Arc<Exchange>,
    /// Limits of persons, keys and addresses.
    pub admission: Arc<Admission>,
    /// Reader of the tables.
    pub past: HistoryReader,
    /// Delivery of events to endpoints.
    pub webhooks: Arc<Webhooks>,
    pub keyring: Arc<Keyring>,
    /// Check of the keys of back ends.
    pub api_keys: Arc<ApiKeys>,
    /// One-time codes in links, each in place of a token.
    pub sign_in_codes: SignInCodes,
    /// Origins of other pages that may call the API.
    pub origins: Arc<Origins>,
    /// Settings of the pages that this server shows.
    pub pages: Pages,
    /// Counter of open sockets, for the metrics.
    pub sockets: Arc<SocketLimits>,
    /// Signal that ends every wait.
    pub shutdown: Shutdown,
}

/// Settings of the pages for people.
#[derive(Debug, Default)]
pub struct Pages {
    /// Whether the pages are served, if they were built in.
    pub console: bool,
    /// Address of the app's sign-in, for people who open a page without being signed in.
    pub sign_in_url: Option<Url>,
    /// Whether this is a trial on a developer's machine, with people of the demo.
    pub dev: bool,
}

impl FromRef<Arc<ApiState>> for HistoryReader {
    fn from_ref(api: &Arc<ApiState>) -> Self {
        api.past.clone()
    }
}

/// The routes that need a key or a token, with their part of the document.
fn v1() -> OpenApiRouter<Arc<ApiState>> {
    let routes = OpenApiRouter::new()
        .routes(routes!(companies::list))
        .routes(routes!(companies::show, companies::put, companies::patch, companies::remove))
        .routes(routes!(logo::show, logo::put, logo::remove))
        .routes(routes!(companies::availability))
        .routes(routes!(routing::show, routing::put, routing::patch))
        .routes(routes!(employees::list))
        .routes(routes!(employees::show, employees::put, employees::patch, employees::remove))
        .routes(routes!(employees::set_status))
        .routes(routes!(employees::finish))
        .routes(routes!(bookings::list))
        .routes(routes!(bookings::show, bookings::patch))
        .routes(routes!(line::list))
        .routes(routes!(bookings::cancel))
        .routes(routes!(sessions::list))
        .routes(routes!(sessions::show))
        .routes(routes!(sessions::messages))
        .routes(routes!(sessions::notes))
        .routes(routes!(sessions::end))
        .routes(routes!(timeline::show))
        .routes(routes!(preview::show))
        .routes(routes!(statistics::of_company))
        .routes(routes!(statistics::of_employees))
        .routes(routes!(statistics::of_employee))
        .routes(routes!(events::list))
        .routes(routes!(webhooks::list, webhooks::make))
        .routes(routes!(webhooks::show, webhooks::change, webhooks::remove))
        .routes(routes!(webhooks::rotate))
        .routes(routes!(webhooks::deliveries::list))
        .routes(routes!(webhooks::deliveries::redeliver))
        .routes(routes!(export::show))
        .routes(routes!(revoke::of_client))
        .routes(routes!(revoke::of_employee))
        .routes(routes!(erasure::of_client))
        .routes(routes!(erasure::of_employee))
        .routes(routes!(sign_in_codes::make))
        .routes(routes!(audit::list));
    with_import(routes)
}

/// Routes the import where an employee's id stands otherwise: a route of its own would hide an employee whose id is
/// `import`.
fn with_import(routes: OpenApiRouter<Arc<ApiState>>) -> OpenApiRouter<Arc<ApiState>> {
    let (schemas, paths, import) = routes!(import::import);
    let mut routes = routes.route("/companies/{company}/employees/{employee}", import);
    let document = routes.get_openapi_mut();
    document.paths.paths.extend(paths.paths);
    document.components.get_or_insert_default().schemas.extend(schemas);
    routes
}

/// The routes that are open to all, with their part of the document.
fn open() -> OpenApiRouter<Arc<ApiState>> {
    OpenApiRouter::with_openapi(document::frame())
        .routes(routes!(alive))
        .routes(routes!(ready))
        .routes(routes!(logo::for_all))
        .routes(routes!(sign_in_codes::take))
}

/// The one route outside of `/v1` that is not open to all.
fn metrics() -> OpenApiRouter<Arc<ApiState>> {
    OpenApiRouter::new().routes(routes!(measured::show))
}

/// All routes, with that of sockets among them.
pub fn router(api: Arc<ApiState>, sockets: Router) -> Router {
    let v1 = Router::from(v1())
        .fallback(nothing::unknown_route)
        .method_not_allowed_fallback(nothing::unknown_method)
        .layer(from_fn_with_state(api.clone(), with_caller))
        .layer(from_fn_with_state(api.clone(), behind::told))
        .layer(from_fn_with_state(api.clone(), origins::shared))
        .layer(map_response(|answer: Response| std::future::ready(no_store::kept_by_nobody(answer))))
        .layer(axum::extract::DefaultBodyLimit::max(ask::BODY_MAX_BYTES));
    let routes = Router::from(open())
        .nest("/v1", v1)
        .merge(docs::routes())
        .merge(Router::from(metrics()).layer(from_fn_with_state(api.clone(), with_caller)))
        .merge(sockets.with_state(()))
        .merge(console::routes(&api))
        .layer(from_fn(measured::measured))
        .fallback(nothing::unknown_route);
    let all = console::with_page(routes, &api).with_state(api);
    Router::new().fallback_service(all).layer(from_fn(nothing::named))
}

/// Metrics and probes alone, for an address of their own, where no key is needed.
pub fn probes(api: Arc<ApiState>) -> Router {
    Router::new()
        .route("/metrics", get(measured::show))
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .fallback(nothing::unknown_route)
        .with_state(api)
}

/// Lets a caller with a key or a token in, as far as its rights go. Changes and refused attempts are written to the
/// audit list.
async fn with_caller(
    State(api): State<Arc<ApiState>>,
    peer: Option<Extension<Peer>>,
    mut request: Request,
    next: Next,
) -> Response {
    let (peer, now) = (peer.map(|Extension(peer)| peer), api.exchange.clock().read());
    let presented = principal::presented(&request).map(str::to_owned);
    let caller = match Principal::who_shows(presented.as_deref(), &api, peer, now).await {
        Ok(caller) => caller,
        Err(problem) => return problem.into_response(),
    };
    let asked = rights::RequestedAccess::of(&mut request).await;
    if let Err(forbidden) = rights::check(&caller, request.method(), &asked) {
        return audit::refused(&api, &caller, peer, asked, &request, forbidden);
    }
    request.extensions_mut().insert(caller.clone());
    if audit::is_change(request.method(), &asked) && asked.route.is_some() {
        audit::listed(&api, &caller, peer, asked, request, next).await
    } else {
        let company = asked.company;
        let answer = shown_while_allowed(api.clone(), caller.clone(), request, next).await;
        unread::weighed(&api, &caller, company.as_deref(), answer).await
    }
}

/// Shows an answer for as long as the caller is let in: a wait ends with `unauthorized`, and a stream is cut.
async fn shown_while_allowed(api: Arc<ApiState>, caller: Principal, request: Request, next: Next) -> Response {
    let response = tokio::select! {
        biased;
        response = next.run(request) => response,
        unauthorized = caller.clone().may_no_more(api.clone()) => return unauthorized.into_response(),
    };
    if response.body().size_hint().exact().is_some() {
        return response;
    }
    response.map(|body| Body::from_stream(body.into_data_stream().take_until(Box::pin(caller.may_no_more(api)))))
}

/// Reports that the process is alive.
#[utoipa::path(
    get, path = "/healthz", operation_id = "alive", tag = "server", security(()),
    responses((
        status = 200, body = String, content_type = "text/plain",
        description = "The process is alive", example = "ok\n"
    ))
)]
async fn alive() -> &'static str {
    "ok\n"
}

/// Reports whether this server is ready for traffic.
#[utoipa::path(
    get, path = "/readyz", operation_id = "ready", tag = "server", security(()),
    responses(
        (status = 200, body = String, content_type = "text/plain", description = "The server is ready", example = "ready\n"),
        (
            status = 503, body = String, content_type = "text/plain",
            description = "The server is not ready: it is stopping, or the store cannot commit", example = "draining\n"
        ),
    )
)]
async fn ready(State(api): State<Arc<ApiState>>) -> Response {
    let why_not = if api.exchange.is_draining() {
        "draining\n"
    } else if !api.exchange.is_healthy() {
        "unavailable: the store cannot commit\n"
    } else {
        return "ready\n".into_response();
    };
    (StatusCode::SERVICE_UNAVAILABLE, why_not).into_response()
}

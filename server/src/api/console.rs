//! The pages for people: a desk, a client's page, a board and, in dev, a start page; or the reason why there are none.

#[cfg(feature = "console")]
mod embedded;

#[cfg(feature = "console")]
mod policy;

#[cfg(feature = "console")]
mod nowhere;

mod sign_in;

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::State;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Json, Router};

use super::ApiState;
use super::problem::Problem;
use crate::demo;

/// Addresses of the pages and of their files.
const PLACES: [&str; 11] = [
    "/desk",
    "/desk/",
    "/book/{company}",
    "/book/{company}/",
    "/board",
    "/board/",
    "/assets/{*file}",
    "/embed.js",
    "/desk.webmanifest",
    "/worker.js",
    "/icon.svg",
];

/// Routes of the pages, and in dev of the people to try.
pub(super) fn routes(api: &ApiState) -> Router<Arc<ApiState>> {
    let routes = present(api).unwrap_or_else(|| absent(api)).route("/sign-in", get(sign_in::sign_in));
    if api.pages.dev { routes.route("/dev/people", get(people)) } else { routes.route("/", get(no_start)) }
}

/// The same routes, with a page for people at unknown addresses.
#[cfg(feature = "console")]
pub(super) fn with_page(routes: Router<Arc<ApiState>>, api: &Arc<ApiState>) -> Router<Arc<ApiState>> {
    routes.layer(axum::middleware::from_fn_with_state(api.clone(), nowhere::for_people))
}

/// The same routes: without pages every caller gets the same problem.
#[cfg(not(feature = "console"))]
pub(super) const fn with_page(routes: Router<Arc<ApiState>>, _: &Arc<ApiState>) -> Router<Arc<ApiState>> {
    routes
}

#[cfg(feature = "console")]
fn present(api: &ApiState) -> Option<Router<Arc<ApiState>>> {
    api.pages.console.then(|| embedded::routes(api))
}

#[cfg(not(feature = "console"))]
const fn present(_: &ApiState) -> Option<Router<Arc<ApiState>>> {
    None
}

/// Routes in place of the pages, which say why the pages are missing, and how to get them.
fn absent(api: &ApiState) -> Router<Arc<ApiState>> {
    let why = if cfg!(feature = "console") {
        "the web pages are disabled: the setting `console` enables them"
    } else {
        "this binary was built without the web pages: `make console` builds them, and the cargo feature \
         `console` embeds them"
    };
    let place = any(move || async move { Problem::new(StatusCode::NOT_FOUND, "unknown_route", why) });
    let routes = PLACES.iter().fold(Router::new(), |routes, path| routes.route(path, place.clone()));
    // A `&str` is sent as `text/plain`.
    let start = move || async move { demo::without_pages(why) };
    if api.pages.dev { routes.route("/", get(start)) } else { routes }
}

/// Outside of dev there is no start page.
async fn no_start() -> Problem {
    let detail = "the API is under `/v1`, and the web pages are `/desk`, `/book/{company}` and `/board`";
    Problem::new(StatusCode::NOT_FOUND, "unknown_route", detail)
}

/// The people of the demo with their tokens, for the pages. Only dev has this route, and dev listens on loopback alone.
async fn people(State(api): State<Arc<ApiState>>, headers: HeaderMap) -> Result<Response, Problem> {
    if !names_this_machine(&headers) {
        let detail = "use a host name of this machine, such as `localhost`";
        return Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", detail));
    }
    let unshared = [(header::CACHE_CONTROL, "no-store"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
    Ok((unshared, Json(demo::people(api.exchange.clock(), &api.keyring))).into_response())
}

/// Whether the request names this machine as its host. A stranger's page could have its own host name resolve to this
/// machine, and could then read the answer (DNS rebinding).
fn names_this_machine(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let Some(authority) = host.and_then(|host| host.parse::<Authority>().ok()) else { return false };
    let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_names_that_nobody_else_can_have_are_this_machines() {
        let names = |host: &'static str| {
            let headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_static(host))]);
            names_this_machine(&headers)
        };
        for host in ["localhost:4000", "LOCALHOST", "desk.localhost:80", "127.0.0.1:4000", "127.1.2.3", "[::1]:4000"] {
            assert!(names(host), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "192.0.2.1:4000", "[::2]", ""]
        {
            assert!(!names(host), "{host}");
        }
        assert!(!names_this_machine(&HeaderMap::new()));
    }
}

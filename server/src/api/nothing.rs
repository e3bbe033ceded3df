//! Answers where nothing is found: an unknown address, or a method that the address does not have.

use axum::extract::{MatchedPath, OriginalUri, Request};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::import;
use super::problem::Problem;
use crate::socket;

/// Characters of a path that are repeated; no path of this API has as many.
const SHOWN_CHARS: usize = 512;
/// Answers a request for an unknown address.
pub(super) async fn unknown_route(OriginalUri(uri): OriginalUri) -> Problem {
    let path = uri.path();
    let slash = match path.strip_suffix('/') {
        Some(without) if !without.is_empty() => format!(": paths have no trailing slash, as in `{}`", shown(without)),
        _ => String::new(),
    };
    Problem::new(StatusCode::NOT_FOUND, "unknown_route", format!("there is nothing at `{}`{slash}", shown(path)))
}

/// Answers a method that the address does not have. The router knows the methods only afterwards: see [`named`].
pub(super) async fn unknown_method(route: MatchedPath, request: Request) -> Problem {
    match import::allowed_at(route.as_str(), request.uri().path()) {
        Some(allowed) => Problem::unknown_method(request.method().as_str(), allowed, None),
        None => Problem::new(StatusCode::METHOD_NOT_ALLOWED, "unknown_method", ""),
    }
}

/// Names the methods of an address to a caller that used another one. This layer is around the router, which sets
/// `Allow` last.
pub(super) async fn named(request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let response = next.run(request).await;
    // Handshakes of sockets have refusals of their own form.
    if response.status() != StatusCode::METHOD_NOT_ALLOWED || path == socket::PATH {
        return response;
    }
    let allowed = response.headers().get(header::ALLOW).and_then(|allowed| allowed.to_str().ok()).unwrap_or_default();
    let hint = if method == Method::POST { hint(&path) } else { None };
    let mut named = Problem::unknown_method(method.as_str(), allowed, hint).into_response();
    // Headers that other layers have set, such as those of CORS, are kept.
    for (name, value) in response.headers() {
        if !named.headers().contains_key(name) && name != header::CONTENT_LENGTH {
            named.headers_mut().append(name, value.clone());
        }
    }
    named
}

/// Advice for a `POST` to an address without that method: the request that callers most often mean.
fn hint(path: &str) -> Option<&'static str> {
    let parts: Vec<_> = path.split('/').skip(1).collect();
    match parts.as_slice() {
        ["v1", "companies"] => Some("create a company with `PUT` at `/v1/companies/{company}`"),
        ["v1", "companies", _, "employees"] => {
            Some("create an employee with `PUT` at `employees/{employee}`, or many with `POST` at `employees/import`")
        }
        ["v1", "companies", _, "bookings"] => Some("clients book over their socket"),
        _ => None,
    }
}

/// The path as a whole, or as many of its parts as there is room for.
fn shown(path: &str) -> String {
    if path.chars().count() <= SHOWN_CHARS {
        return path.to_owned();
    }
    let cut: String = path.chars().take(SHOWN_CHARS).collect();
    let whole_parts = cut.rsplit_once('/').map_or("", |(whole, _)| whole);
    format!("{whole_parts}/…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_shown_whole_or_in_whole_parts() {
        let usual = "/v1/companies/demo/webhooks/01a2c128-0000-7000-8000-000000000000/test";
        assert_eq!(shown(usual), usual);
        let long = format!("/v1/{}/{}", "a".repeat(300), "b".repeat(300));
        assert_eq!(shown(&long), format!("/v1/{}/…", "a".repeat(300)));
        assert_eq!(shown(&format!("/{}", "a".repeat(600))), "/…");
    }
}

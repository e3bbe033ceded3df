//! The page for people at an unknown address; programs get the problem unchanged.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use super::super::ApiState;
use super::embedded;

/// Replaces a 404 problem by a page when the caller wants to see a page.
pub(in super::super) async fn for_people(State(api): State<Arc<ApiState>>, request: Request, next: Next) -> Response {
    let is_looked_at = api.pages.console && wants_page(&request);
    let response = next.run(request).await;
    if !is_looked_at || response.status() != StatusCode::NOT_FOUND {
        return response;
    }
    embedded::nowhere().unwrap_or(response)
}

/// Whether a page is wanted. A browser that goes to an address accepts pages by name, and programs do not. Addresses
/// under `/v1` are for programs.
fn wants_page(request: &Request) -> bool {
    let accepts = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let path = request.uri().path();
    request.method() == Method::GET
        && accepts.is_some_and(|accepts| accepts.split(',').any(|kind| kind.trim_start().starts_with("text/html")))
        && path != "/v1"
        && !path.starts_with("/v1/")
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn a_browser_that_goes_to_an_address_wants_a_page_and_a_program_does_not() {
        let asked = |method: &str, path: &str, accept: &str| {
            let request = Request::builder().method(method).uri(path).header(header::ACCEPT, accept);
            request.body(Body::empty()).is_ok_and(|request| wants_page(&request))
        };
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        assert!(asked("GET", "/dashboard", browser));
        assert!(asked("GET", "/v1x", browser));
        for (method, path, accept) in [
            ("GET", "/dashboard", "*/*"),
            ("GET", "/dashboard", "application/json"),
            ("POST", "/dashboard", browser),
            ("GET", "/v1", browser),
            ("GET", "/v1/companies/acme", browser),
        ] {
            assert!(!asked(method, path, accept), "{method} {path} {accept}");
        }
    }
}

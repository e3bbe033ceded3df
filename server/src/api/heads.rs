//! Headers that HTTP demands of every request.

use axum::Router;
use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Version, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};

use super::problem::Problem;
use crate::socket;

/// Wraps routes for requests of any origin: a request that breaks HTTP's demands reaches none of the routes.
pub fn checked(app: Router) -> Router {
    app.layer(from_fn(check))
}

async fn check(request: Request, next: Next) -> Response {
    let Err(wrong) = wrong(request.version(), request.headers()) else { return next.run(request).await };
    let mut response = if request.uri().path() == socket::PATH {
        socket::refuse(StatusCode::BAD_REQUEST, "invalid", wrong)
    } else {
        Problem::new(StatusCode::BAD_REQUEST, "invalid", wrong).into_response()
    };
    // The connection closes, because where this request ends and the next one begins is unsure.
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Checks that the HTTP library does not make. A proxy before this server may read such a request in another way: as a
/// request to another host, or with another end.
fn wrong(version: Version, headers: &HeaderMap) -> Result<(), &'static str> {
    let mut hosts = headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) if version >= Version::HTTP_11 => return Err("the header `Host` is missing (RFC 9112, 3.2)"),
        (_, Some(_)) => return Err("the header `Host` occurs twice (RFC 9112, 3.2)"),
        (Some(host), None) if !is_host(host) => return Err("the header `Host` is not a host and port (RFC 9112, 3.2)"),
        (None | Some(_), None) => {}
    }
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    let is_chunked = |coding: &HeaderValue| coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked");
    match (codings.next(), codings.next()) {
        (None, _) => Ok(()),
        (Some(coding), None) if is_chunked(coding) => Ok(()),
        (Some(_), _) => Err("`Transfer-Encoding` must be `chunked`"),
    }
}

/// Whether the header is a host. An empty one is for a request to no host (RFC 9110, 7.2).
fn is_host(host: &HeaderValue) -> bool {
    let Ok(host) = host.to_str() else { return false };
    host.is_empty() || (!host.contains('@') && host.parse::<Authority>().is_ok())
}

//! Files that `console/` builds, within this binary: each with its content type and tag, compressed for browsers that
//! accept gzip.

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use rust_embed::{Embed, EmbeddedFile};
use switchboard_core::CompanyId;

use super::super::ApiState;
use super::super::etag::{Conditions, Tag};
use super::super::problem::Problem;
use super::policy::{Policy, RESOURCE_POLICY};

/// A file with this ending beside another file is the same one, compressed.
const COMPRESSED: &str = ".gz";
/// For files whose names change with their contents.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";
/// For all other files, because a new version of the server has new ones.
const ASK_AGAIN: &str = "no-cache";
/// The script that pages of other origins load from here.
const FOR_OTHER_PAGES: &str = "embed.js";

/// Files of the built console.
#[derive(Embed)]
#[folder = "../console/dist"]
struct Built;

/// Every page and file at its address.
pub(super) fn routes(api: &ApiState) -> Router<Arc<ApiState>> {
    let allowed = api.origins.listed();
    let (desk, board, book) = (Policy::desk(allowed), Policy::board(allowed), Policy::book(allowed));
    let mut routes = Router::new().route("/assets/{*file}", get(asset));
    for end in ["", "/"] {
        routes = routes
            .route(&format!("/desk{end}"), page("desk.html", desk.clone()))
            .route(&format!("/board{end}"), page("board.html", board.clone()))
            .route(&format!("/book/{{company}}{end}"), client_page(book.clone()));
    }
    for name in Built::iter().filter(|name| is_at_the_top(name)) {
        routes = routes.route(&format!("/{name}"), file_at_the_top(name.into_owned()));
    }
    if api.pages.dev { routes.route("/", page("index.html", Policy::start())) } else { routes }
}

/// Whether a file is served under its own name, unlike pages and the files in `assets`.
fn is_at_the_top(name: &str) -> bool {
    !name.contains('/') && !name.ends_with(".html") && !name.ends_with(COMPRESSED)
}

fn page(name: &'static str, policy: Policy) -> MethodRouter<Arc<ApiState>> {
    get(move |browser: Browser| async move { shown(name, &browser, &policy) })
}

/// The client's page, of any valid company id: the page itself asks for the company, and shows when there is none.
fn client_page(policy: Policy) -> MethodRouter<Arc<ApiState>> {
    get(move |company: Result<Path<String>, PathRejection>, browser: Browser| async move {
        let company = company.map_err(|_| nothing())?;
        company.parse::<CompanyId>().map_err(|_| nothing())?;
        shown("book.html", &browser, &policy)
    })
}

/// The page for people at an unknown address.
pub(super) fn nowhere() -> Option<Response> {
    let browser = Browser { conditions: Conditions::default(), takes_gzip: false };
    let mut response = shown("nowhere.html", &browser, &Policy::start()).ok()?;
    *response.status_mut() = StatusCode::NOT_FOUND;
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept, accept-encoding"));
    Some(response)
}

fn shown(name: &str, browser: &Browser, policy: &Policy) -> Result<Response, Problem> {
    let mut response = served(name, browser, ASK_AGAIN)?;
    policy.set(response.headers_mut());
    Ok(response)
}

async fn asset(file: Result<Path<String>, PathRejection>, browser: Browser) -> Result<Response, Problem> {
    let Path(file) = file.map_err(|_| nothing())?;
    served(&format!("assets/{file}"), &browser, FOR_GOOD)
}

fn file_at_the_top(name: String) -> MethodRouter<Arc<ApiState>> {
    get(move |browser: Browser| async move {
        let mut response = served(&name, &browser, ASK_AGAIN)?;
        if name == FOR_OTHER_PAGES {
            let headers = response.headers_mut();
            headers.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
            // Modules, and scripts with an integrity digest, are read across origins.
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        }
        Ok::<_, Problem>(response)
    })
}

/// A file in the form that this browser accepts, or 304 when the browser has it already.
fn served(name: &str, browser: &Browser, kept: &'static str) -> Result<Response, Problem> {
    let plain = Built::get(name).filter(|_| !name.ends_with(COMPRESSED)).ok_or_else(nothing)?;
    let mut headers = HeaderMap::from_iter([
        (header::CONTENT_TYPE, HeaderValue::from_static(kind_of(name))),
        (header::CACHE_CONTROL, HeaderValue::from_static(kept)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (RESOURCE_POLICY, HeaderValue::from_static("same-origin")),
    ]);
    let mut chosen: EmbeddedFile = plain;
    if let Some(compressed) = Built::get(&format!("{name}{COMPRESSED}")) {
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if browser.takes_gzip {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            chosen = compressed;
        }
    }
    let tag = Tag::of_file(&chosen.metadata.sha256_hash());
    headers.extend(tag.header().map(|tag| (header::ETAG, tag)));
    if browser.conditions.has_seen(&tag) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    Ok((headers, chosen.data).into_response())
}

fn nothing() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "unknown_route", "there is no such page or file")
}

/// Content type of a file, by the end of its name.
fn kind_of(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, end)| end) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Conditions and encodings that a browser sends.
struct Browser {
    conditions: Conditions,
    takes_gzip: bool,
}

impl<S: Sync> FromRequestParts<S> for Browser {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let conditions = Conditions::from_request_parts(parts, state).await?;
        Ok(Self { conditions, takes_gzip: takes_gzip(&parts.headers) })
    }
}

/// Whether `Accept-Encoding` has gzip, by its name or by `*` (RFC 9110, section 12.5.3).
fn takes_gzip(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    let mut any = false;
    for coding in lines.flat_map(|line| line.split(',')) {
        let mut parts = coding.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let refused = parts.any(|part| {
            let weight = part.strip_prefix("q=").or_else(|| part.strip_prefix("Q="));
            weight.is_some_and(|weight| weight.parse() == Ok(0.0))
        });
        if name.eq_ignore_ascii_case("gzip") {
            return !refused;
        }
        any |= name == "*" && !refused;
    }
    any
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_for_those_who_say_that_they_take_it() {
        let takes = |said: &'static str| {
            takes_gzip(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(said))]))
        };
        for said in ["gzip", "gzip, deflate, br", "br;q=1.0, GZIP;q=0.5", "*", "br, *;q=0.1"] {
            assert!(takes(said), "{said}");
        }
        for said in ["", "br", "gzip;q=0", "gzip; q=0.000, *", "*;q=0", "identity", "xgzip"] {
            assert!(!takes(said), "{said}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }

    #[test]
    fn everything_that_was_built_is_of_a_kind_that_is_known() {
        for name in Built::iter().filter(|name| !name.ends_with(COMPRESSED)) {
            assert_ne!(kind_of(&name), "application/octet-stream", "{name}");
        }
    }
}

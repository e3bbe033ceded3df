//! The way to sign in, for a page that knows nobody: to the app's own, and back with a sign-in code in the fragment.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use switchboard_core::CompanyId;

use super::super::problem::Problem;
use super::super::{ApiState, ask};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    /// The page to come back to.
    to: String,
}

/// Sends a browser to where the app signs people in. Without the setting there is no such way, which is no error: pages
/// ask before they offer it.
pub(super) async fn sign_in(State(api): State<Arc<ApiState>>, uri: Uri) -> Result<Response, Problem> {
    let Some(mut url) = api.pages.sign_in_url.clone() else { return Ok(StatusCode::NO_CONTENT.into_response()) };
    let Query { to } = ask::query(&uri)?;
    if !is_page(&to) {
        return Err(Problem::invalid("`to` must be `/desk`, `/board` or `/book/{company}`"));
    }
    // The path alone: the app knows where this server is, and is led to no other.
    url.query_pairs_mut().append_pair("return_to", &to);
    let headers = [(header::LOCATION, url.as_str()), (header::CACHE_CONTROL, "no-store")];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

fn is_page(path: &str) -> bool {
    let company = path.strip_prefix("/book/");
    matches!(path, "/desk" | "/board") || company.is_some_and(|company| company.parse::<CompanyId>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_this_server_are_come_back_to() {
        for page in ["/desk", "/board", "/book/acme"] {
            assert!(is_page(page), "{page}");
        }
        for other in [
            "",
            "/",
            "desk",
            "/desk/../v1",
            "//evil.example/desk",
            "https://evil.example",
            "/book/",
            "/book/a/b",
            "/book/.",
            "/book/..",
        ] {
            assert!(!is_page(other), "{other}");
        }
    }
}

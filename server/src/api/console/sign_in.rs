//! The way to sign in, for a page without a token: to the app's own sign-in, and back with a sign-in code in the
//! fragment.

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
    /// Path of the page to return to.
    to: String,
}

/// Redirects a browser to the app's sign-in. Without that setting the answer is 204 and no error, because pages ask
/// before they offer to sign in.
pub(super) async fn sign_in(State(api): State<Arc<ApiState>>, uri: Uri) -> Result<Response, Problem> {
    let Some(mut url) = api.pages.sign_in_url.clone() else { return Ok(StatusCode::NO_CONTENT.into_response()) };
    let Query { to } = ask::query(&uri)?;
    if !is_page(&to) {
        return Err(Problem::invalid("`to` must be `/desk`, `/board` or `/book/{company}`"));
    }
    // The path alone, because the app knows where this server is, and must not be led to another.
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

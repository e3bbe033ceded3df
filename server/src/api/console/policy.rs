//! What each page may do, and who may show it in a frame.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// Nothing but what comes from this server, and no script or style within a page. Pictures, sounds and the camera's
/// pictures that a page makes itself have addresses of their own.
const CONTENT: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
    font-src 'self'; media-src 'self' blob: mediastream:; connect-src 'self'; manifest-src 'self'; worker-src 'self'; \
    frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors";
/// Names the header that says who may read an answer.
pub(super) const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// For a page with consultations in it.
const OWN_CAMERA: &str = "camera=(self), microphone=(self), display-capture=(self), screen-wake-lock=(self)";
/// For one that others show in theirs: they choose what it may.
const LENT_CAMERA: &str = "camera=*, microphone=*, display-capture=*, screen-wake-lock=*";
/// For one that is only looked at.
const NO_CAMERA: &str = "camera=(), microphone=(), display-capture=(), screen-wake-lock=(self)";

/// The headers that a page is shown with.
#[derive(Clone, Debug)]
pub(super) struct Policy([(HeaderName, HeaderValue); 3]);

impl Policy {
    /// Where one starts, with the other pages in frames.
    pub(super) fn start() -> Self {
        Self::new("'self'", OWN_CAMERA)
    }

    /// The employee's desk.
    pub(super) fn desk(allowed_origins: &[String]) -> Self {
        Self::new(&own_and(allowed_origins), OWN_CAMERA)
    }

    /// The board.
    pub(super) fn board(allowed_origins: &[String]) -> Self {
        Self::new(&own_and(allowed_origins), NO_CAMERA)
    }

    /// The client's page: made to be shown in the company's own, which may be any as long as none is named.
    pub(super) fn book(allowed_origins: &[String]) -> Self {
        let shown_by = if allowed_origins.is_empty() { "*".to_owned() } else { own_and(allowed_origins) };
        Self::new(&shown_by, LENT_CAMERA)
    }

    fn new(shown_by: &str, permissions: &'static str) -> Self {
        let content = HeaderValue::try_from(format!("{CONTENT} {shown_by}"));
        // An origin is ASCII; what were not would leave a page that can do nothing.
        let content = content.unwrap_or(HeaderValue::from_static("default-src 'none'"));
        let readers = if shown_by == "'self'" { "same-origin" } else { "cross-origin" };
        Self([
            (header::CONTENT_SECURITY_POLICY, content),
            (HeaderName::from_static("permissions-policy"), HeaderValue::from_static(permissions)),
            (RESOURCE_POLICY, HeaderValue::from_static(readers)),
        ])
    }

    /// Sets them, in the place of what every file has.
    pub(super) fn set(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.0 {
            headers.insert(name.clone(), value.clone());
        }
    }
}

fn own_and(allowed_origins: &[String]) -> String {
    std::iter::once("'self'").chain(allowed_origins.iter().map(String::as_str)).collect::<Vec<_>>().join(" ")
}

//! Rights of each page, and the origins that may show the page in a frame.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// Only contents of this server, and no script or style within a page. Pictures, sounds and camera streams that a page
/// makes itself have addresses of their own.
const CONTENT: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
    font-src 'self'; media-src 'self' blob: mediastream:; connect-src 'self'; manifest-src 'self'; worker-src 'self'; \
    frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors";
/// Name of the header that says which origins may read an answer.
pub(super) const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// For a page with consultations.
const OWN_CAMERA: &str = "camera=(self), microphone=(self), display-capture=(self), screen-wake-lock=(self)";
/// For a page that other pages frame: the framing page chooses the rights.
const LENT_CAMERA: &str = "camera=*, microphone=*, display-capture=*, screen-wake-lock=*";
/// For a page that is only looked at.
const NO_CAMERA: &str = "camera=(), microphone=(), display-capture=(), screen-wake-lock=(self)";

/// The headers that a page is shown with.
#[derive(Clone, Debug)]
pub(super) struct Policy([(HeaderName, HeaderValue); 3]);

impl Policy {
    /// Policy of the start page, which has the other pages in frames.
    pub(super) fn start() -> Self {
        Self::new("'self'", OWN_CAMERA)
    }

    /// Policy of the employee's desk.
    pub(super) fn desk(allowed_origins: &[String]) -> Self {
        Self::new(&own_and(allowed_origins), OWN_CAMERA)
    }

    /// Policy of the board.
    pub(super) fn board(allowed_origins: &[String]) -> Self {
        Self::new(&own_and(allowed_origins), NO_CAMERA)
    }

    /// Policy of the client's page, which companies show in theirs: any origin may frame it as long as no origins are
    /// configured.
    pub(super) fn book(allowed_origins: &[String]) -> Self {
        let shown_by = if allowed_origins.is_empty() { "*".to_owned() } else { own_and(allowed_origins) };
        Self::new(&shown_by, LENT_CAMERA)
    }

    fn new(shown_by: &str, permissions: &'static str) -> Self {
        let content = HeaderValue::try_from(format!("{CONTENT} {shown_by}"));
        // An origin is ASCII, so this cannot fail; otherwise the page could do nothing.
        let content = content.unwrap_or(HeaderValue::from_static("default-src 'none'"));
        let readers = if shown_by == "'self'" { "same-origin" } else { "cross-origin" };
        Self([
            (header::CONTENT_SECURITY_POLICY, content),
            (HeaderName::from_static("permissions-policy"), HeaderValue::from_static(permissions)),
            (RESOURCE_POLICY, HeaderValue::from_static(readers)),
        ])
    }

    /// Sets the headers in place of those that every file has.
    pub(super) fn set(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.0 {
            headers.insert(name.clone(), value.clone());
        }
    }
}

fn own_and(allowed_origins: &[String]) -> String {
    std::iter::once("'self'").chain(allowed_origins.iter().map(String::as_str)).collect::<Vec<_>>().join(" ")
}

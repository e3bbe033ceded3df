//! The rest of a request's body, which is read and dropped when the answer comes before the end of the body.
//!
//! A connection that is closed with unread bytes is reset, and the client may never see the answer (RFC 9112, 9.6).

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Bytes, HttpBody};
use axum::http::{HeaderMap, Version, header};
use futures_util::StreamExt;
use hyper::body::{Frame, Incoming, SizeHint};
use switchboard_exchange::admission::Unfinished;
use tokio::time::timeout;

/// The most bytes that are dropped: twice the longest accepted body.
const REST_MAX_BYTES: usize = 64 * 1024 * 1024;
/// The longest that bytes are dropped, shorter than a stop of the server. A client that is still sending then is cut.
const REST_MAX: Duration = Duration::from_secs(5);

/// A request's body whose rest is dropped behind its reader.
pub(super) struct BodyToItsEnd {
    /// None once the end was read.
    body: Option<Incoming>,
    /// A client that waits for `100 Continue` has sent nothing until the body is read.
    is_coming: bool,
    /// The count of the request's bytes, which ends with the rest.
    unfinished: Arc<Unfinished>,
}

impl BodyToItsEnd {
    pub(super) fn of(version: Version, headers: &HeaderMap, body: Incoming, unfinished: Arc<Unfinished>) -> Self {
        let expected = headers.get(header::EXPECT).filter(|_| version >= Version::HTTP_11);
        let is_coming = !expected.is_some_and(|expected| expected.as_bytes().eq_ignore_ascii_case(b"100-continue"));
        Self { body: Some(body), is_coming, unfinished }
    }
}

impl HttpBody for BodyToItsEnd {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.is_coming = true;
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = Pin::new(body).poll_frame(cx);
        if matches!(frame, Poll::Ready(None | Some(Err(_)))) {
            self.body = None;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for BodyToItsEnd {
    fn drop(&mut self) {
        let Some(body) = self.body.take() else { return };
        if self.is_coming && !body.is_end_stream() {
            tokio::spawn(timeout(REST_MAX, read_rest(body, self.unfinished.clone())));
        }
    }
}

async fn read_rest(body: Incoming, unfinished: Arc<Unfinished>) {
    let (mut pieces, mut bytes) = (axum::body::Body::new(body).into_data_stream(), 0);
    while bytes <= REST_MAX_BYTES {
        match pieces.next().await {
            Some(Ok(piece)) => bytes += piece.len(),
            Some(Err(_)) => return,
            None => return unfinished.is_whole(),
        }
    }
}

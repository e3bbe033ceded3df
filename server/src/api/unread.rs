//! Answers in flight: the bytes of a large answer count for its caller until they are read, so that a slow reader
//! cannot fill the memory.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use hyper::body::{Frame, SizeHint};
use switchboard_exchange::admission::shares::SharePermit;

use super::ApiState;
use super::principal::Principal;
use super::problem::Problem;

/// Answers up to this size are not counted, because the count would cost more than the answer.
pub const SMALL_BYTES: usize = 8 * 1024;
/// Bytes that the connection gets at once. The connection takes the next piece only when this one is written.
const PIECE_BYTES: usize = 16 * 1024;

/// Counts a large answer for its caller until the answer is handed over.
pub(super) async fn weighed(api: &ApiState, caller: &Principal, company: Option<&str>, answer: Response) -> Response {
    let Some(bytes) = answer.body().size_hint().exact().filter(|bytes| *bytes > SMALL_BYTES as u64) else {
        return answer;
    };
    let kib = usize::try_from(bytes.div_ceil(1024)).unwrap_or(usize::MAX);
    let part = match api.admission.shares.answers.take_many(caller.by(), company, kib).await {
        Ok(part) => part,
        Err(full) => return Problem::from(full).into_response(),
    };
    let (head, body) = answer.into_parts();
    // All pieces are in memory already, because the size is known.
    let mut whole = Vec::new();
    let mut pieces = body.into_data_stream();
    while let Some(Ok(piece)) = pieces.next().await {
        whole.push(piece);
    }
    let whole = match <[Bytes; 1]>::try_from(whole) {
        Ok([only]) => only,
        Err(several) => several.concat().into(),
    };
    Response::from_parts(head, held(whole, part))
}

/// A body that counts as a part of a shared resource until it is handed over.
pub(super) fn held(whole: Bytes, part: SharePermit) -> Body {
    Body::new(HeldBody { rest: whole, _part: part })
}

/// Remainder of an answer.
struct HeldBody {
    rest: Bytes,
    _part: SharePermit,
}

impl HttpBody for HeldBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let most = self.rest.len().min(PIECE_BYTES);
        // A copy, because a slice of the whole would keep all of it in memory, uncounted, until the last piece is
        // written.
        let piece = Bytes::copy_from_slice(&self.rest.split_to(most));
        Poll::Ready((!piece.is_empty()).then(|| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use switchboard_exchange::admission::shares::{By, Shares};

    use super::*;

    #[tokio::test]
    async fn an_answer_is_handed_over_in_pieces_and_counts_until_the_last() {
        let shares = Shares::default();
        let all_of_a_key = || shares.answers.take_many(By::Key("k"), None, usize::MAX);
        let part = all_of_a_key().await.unwrap();
        let mut body = Body::new(HeldBody { rest: vec![7; 40_000].into(), _part: part });
        assert_eq!(body.size_hint().exact(), Some(40_000));
        let mut pieces = Vec::new();
        while let Some(piece) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
            pieces.push(piece.unwrap().into_data().unwrap().len());
            assert!(all_of_a_key().await.is_err(), "it is not handed over yet");
        }
        assert_eq!(pieces, [16_384, 16_384, 7_232]);
        drop(body);
        all_of_a_key().await.unwrap();
    }
}

//! The ways in which the server ends a socket, each with its close code and its reason.

use switchboard_exchange::device::Disconnect;
use switchboard_exchange::outbox::{Ended, FRAME_TOLD_MAX_BYTES};
use switchboard_metrics::METRICS;
use switchboard_wire::phoenix::code;
use tokio_tungstenite::tungstenite;

use super::FRAME_MAX_BYTES;

/// The end of a socket whose outbox is closed during a write. A socket that was closed to make room ends without a
/// close frame, because a device that reads nothing would not take one.
pub(super) fn end_amid_write(ended: Ended) -> Disconnect {
    if ended == Ended::MadeRoom {
        METRICS.sockets_closed.of(code::why(code::TOO_SLOW)).inc();
        return Disconnect::Gone;
    }
    end_of(ended)
}

/// The end of a socket whose outbox has ended.
pub(super) fn end_of(ended: Ended) -> Disconnect {
    match ended {
        Ended::Overflowed => too_slow(),
        Ended::MadeRoom => {
            let reason = "more waits unread than may, and most of it for this socket; join again for a snapshot";
            Disconnect::Close(code::TOO_SLOW, reason.into())
        }
        Ended::TooLarge => {
            let reason = format!("what was to be sent is larger than a frame may be: {FRAME_TOLD_MAX_BYTES} bytes");
            Disconnect::Close(code::TOO_LARGE_TO_TELL, reason)
        }
        Ended::NobodySends => Disconnect::Gone,
    }
}

pub(super) fn expired() -> Disconnect {
    Disconnect::Close(code::TOKEN_EXPIRED, "the token has expired".into())
}

pub(super) fn too_slow() -> Disconnect {
    Disconnect::Close(code::TOO_SLOW, "events are read too slowly; join again for a snapshot".into())
}

pub(super) fn too_big() -> Disconnect {
    Disconnect::Close(code::TOO_BIG, format!("a frame has at most {FRAME_MAX_BYTES} bytes"))
}

/// The end of a socket after bytes that are no WebSocket message.
pub(super) fn unreadable(error: axum::Error) -> Disconnect {
    match error.into_inner().downcast::<tungstenite::Error>().map(|error| *error) {
        Ok(tungstenite::Error::Capacity(_)) => too_big(),
        Ok(tungstenite::Error::Utf8(_)) => Disconnect::Close(code::NOT_JSON, "text must be UTF-8".into()),
        Ok(tungstenite::Error::Protocol(
            tungstenite::error::ProtocolError::ResetWithoutClosingHandshake
            | tungstenite::error::ProtocolError::SendAfterClosing
            | tungstenite::error::ProtocolError::ReceivedAfterClosing,
        )) => Disconnect::Gone,
        Ok(tungstenite::Error::Protocol(_)) => Disconnect::Close(code::FORM, "not a WebSocket frame".into()),
        Ok(_) | Err(_) => Disconnect::Gone,
    }
}

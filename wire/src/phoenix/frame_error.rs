//! Texts of an app that are no frame, and the close code of the socket.

use serde::de::IgnoredAny;

/// Bytes of the parser's own words in an error, so that the whole fits a close reason (123 bytes).
const DETAIL_MAX_BYTES: usize = 96;

/// Why a frame ends its socket. The text fits a close frame's reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("not JSON: {0}")]
    NotJson(String),
    /// The JSON does not have the form of a frame of this version.
    #[error("not a frame: {0}")]
    NotAFrame(String),
}

impl FrameError {
    /// The WebSocket close code: 1007 for bad data, 1002 for a broken protocol.
    pub fn close_code(&self) -> u16 {
        match self {
            FrameError::NotJson(_) => 1007,
            FrameError::NotAFrame(_) => 1002,
        }
    }

    /// Tells broken JSON from a wrong form. The parser stops at the first fault, which may be a wrong type ahead of
    /// broken JSON, so the whole text is parsed once more.
    pub(super) fn of(text: &str, error: &serde_json::Error) -> Self {
        match serde_json::from_str::<IgnoredAny>(text) {
            Err(syntax) => FrameError::NotJson(detail(&syntax)),
            Ok(_) => FrameError::NotAFrame(detail(error)),
        }
    }
}

fn detail(error: &serde_json::Error) -> String {
    let mut detail = error.to_string();
    let mut end = DETAIL_MAX_BYTES.min(detail.len());
    while !detail.is_char_boundary(end) {
        end -= 1;
    }
    detail.truncate(end);
    detail
}

//! Errors of a socket: why there is none, how it ended, and what the server refused.

use serde_json::Value;
use tokio_tungstenite::tungstenite;
pub use tokio_tungstenite::tungstenite::handshake::client::Response;

/// Why a socket was not opened, ended, or gave no reply.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No TCP connection to that address.
    #[error("cannot connect to http://{0}: {1}; is the server there?")]
    NoConnection(String, std::io::Error),
    /// An HTTP response that is no WebSocket.
    #[error("the server refused: {} {}", .0.status(), String::from_utf8_lossy(.0.body().as_deref().unwrap_or_default()))]
    NoSocket(Box<Response>),
    /// A stream or a WebSocket that failed.
    #[error("the line broke: {0}")]
    Broke(#[from] tungstenite::Error),
    /// A close frame; the code is `None` where the frame had none, or where none came.
    #[error("the server closed the line: {}", closing(*code, reason))]
    Closed { code: Option<u16>, reason: String },
    /// A reply with status `error`: its response.
    #[error("the server refused: {}: {}", word(.0, "reason"), word(.0, "message"))]
    Refused(Value),
    /// No reply in time to that event.
    #[error("the server did not answer {0} in time")]
    TooLate(String),
    /// A frame or a payload of another form.
    #[error("the server sent what cannot be understood: {0}")]
    Nonsense(String),
}

fn closing(code: Option<u16>, reason: &str) -> String {
    code.map_or_else(|| "without a word".to_owned(), |code| format!("{code} {reason}"))
}

fn word<'a>(response: &'a Value, field: &str) -> &'a str {
    response[field].as_str().unwrap_or_default()
}

//! Errors of a socket: failed connections, ends, refusals and late replies.

use serde_json::Value;
use tokio_tungstenite::tungstenite;
pub use tokio_tungstenite::tungstenite::handshake::client::Response;

/// The reason for which a socket was not opened, ended, or gave no reply.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot connect to http://{0}: {1}; is the server running?")]
    NoConnection(String, std::io::Error),
    /// The server answered the handshake with an HTTP error.
    #[error("the server refused: {} {}", .0.status(), String::from_utf8_lossy(.0.body().as_deref().unwrap_or_default()))]
    NoSocket(Box<Response>),
    #[error("the connection was lost: {0}")]
    Broke(#[from] tungstenite::Error),
    /// The server closed the socket. Without a close frame, or without a code in it, `code` is `None`.
    #[error("the server closed the connection: {}", closing(*code, reason))]
    Closed { code: Option<u16>, reason: String },
    /// The response of a reply with status `error`.
    #[error("the server refused: {}: {}", word(.0, "reason"), word(.0, "message"))]
    Refused(Value),
    #[error("the server did not answer {0} in time")]
    TooLate(String),
    #[error("the server sent an invalid message: {0}")]
    Nonsense(String),
}

fn closing(code: Option<u16>, reason: &str) -> String {
    code.map_or_else(|| "without a word".to_owned(), |code| format!("{code} {reason}"))
}

fn word<'a>(response: &'a Value, field: &str) -> &'a str {
    response[field].as_str().unwrap_or_default()
}

//! A client of the server's socket in Rust: Phoenix Channels, version 2, over any stream.

mod error;
mod frame;
mod socket;

pub use error::{Error, Response};
pub use frame::{PushReply, ServerFrame, understood};
pub use socket::Socket;

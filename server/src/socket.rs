//! A device's line: the handshake, frames in and out, and every way in which it ends.

mod ends;
mod handshake;
mod limits;
mod times;
mod wire;

use std::sync::Arc;

use axum::Router;
use axum::routing::any;
use switchboard_exchange::channel::DeviceContext;

use crate::auth::Keyring;
use crate::origins::Origins;
use crate::shutdown::Shutdown;

pub use handshake::refuse;
pub use limits::SocketLimits;

use handshake::upgrade;

/// Bytes of a frame that is taken. The wire contract's.
pub const FRAME_MAX_BYTES: usize = 64 * 1024;
/// Bytes of a frame that is read to its end before it is refused: closing with bytes unread would reset the line, and
/// the reason would be lost.
pub const FRAME_READ_MAX_BYTES: usize = 4 * FRAME_MAX_BYTES;
/// Bytes that are read at once. An idle socket holds them too, and most frames have a few hundred.
pub const READ_BUFFER_BYTES: usize = 1024;
/// Bytes after which what is written goes out before the flush.
pub const WRITE_BUFFER_BYTES: usize = 4096;

/// Where sockets come in.
pub const PATH: &str = "/socket/websocket";

/// The part of the server that all sockets share.
pub struct SocketContext {
    /// What their devices work with.
    pub devices: Arc<DeviceContext>,
    /// Checks tokens.
    pub keyring: Arc<Keyring>,
    /// The pages that may open one.
    pub origins: Arc<Origins>,
    /// How many there may be.
    pub limits: Arc<SocketLimits>,
    /// When they are closed.
    pub shutdown: Shutdown,
}

/// The route of sockets.
pub fn route(context: Arc<SocketContext>) -> Router {
    Router::new().route(PATH, any(upgrade)).with_state(context)
}

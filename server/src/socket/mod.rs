//! Sockets of devices: the handshake, frames in and out, and every way in which a socket ends.

mod attention;
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

/// The most bytes of an accepted frame, as in the wire contract.
pub const FRAME_MAX_BYTES: usize = 64 * 1024;
/// The most bytes of a frame that is read to its end before it is refused. Closing with bytes unread would reset the
/// connection and lose the reason.
pub const FRAME_READ_MAX_BYTES: usize = 4 * FRAME_MAX_BYTES;
/// Bytes of a socket's read buffer. An idle socket holds the buffer too, and most frames have a few hundred bytes.
pub const READ_BUFFER_BYTES: usize = 1024;
/// Bytes of frames that are collected before the socket writes without a flush.
pub const WRITE_BUFFER_BYTES: usize = 4096;

/// Path of the route of sockets.
pub const PATH: &str = "/socket/websocket";

/// The part of the server that all sockets share.
pub struct SocketContext {
    pub devices: Arc<DeviceContext>,
    pub keyring: Arc<Keyring>,
    pub origins: Arc<Origins>,
    pub limits: Arc<SocketLimits>,
    pub shutdown: Shutdown,
}

/// The route of sockets.
pub fn route(context: Arc<SocketContext>) -> Router {
    Router::new().route(PATH, any(upgrade)).with_state(context)
}

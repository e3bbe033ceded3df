//! The part of the server that devices and their channels work with.

use std::sync::Arc;

use crate::admission::Admission;
use crate::companies::Exchange;
use crate::ice::Ice;
use crate::outbox::Outboxes;

/// The part of the server that devices and their channels work with, the same for all of them.
pub struct DeviceContext {
    /// Companies.
    pub exchange: Arc<Exchange>,
    /// Limits people and addresses.
    pub admission: Arc<Admission>,
    /// The servers that calls are set up with.
    pub ice: Ice,
    /// Whether the first valid token makes the company and the employee that it names.
    pub auto_provision: bool,
    /// Bytes of messages that one session may have in all.
    pub message_bytes_per_session: u64,
    /// Rows of one page of a board.
    pub board_page_rows: usize,
    /// Frames that may wait for one device.
    pub outbox_frames: usize,
    /// All that waits for devices.
    pub outboxes: Arc<Outboxes>,
}

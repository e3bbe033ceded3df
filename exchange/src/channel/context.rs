//! The context of devices: the parts of the server that their channels use.

use std::sync::Arc;

use crate::admission::Admission;
use crate::companies::Exchange;
use crate::ice::Ice;
use crate::outbox::Outboxes;

/// The parts of the server that all devices share.
pub struct DeviceContext {
    pub exchange: Arc<Exchange>,
    pub admission: Arc<Admission>,
    pub ice: Ice,
    /// Whether the first valid token makes the company and the employee that the token names.
    pub auto_provision: bool,
    pub message_bytes_per_session: u64,
    pub board_page_rows: usize,
    /// The most frames that may wait for one device.
    pub outbox_frames: usize,
    pub outboxes: Arc<Outboxes>,
}

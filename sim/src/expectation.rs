//! A decision between its queueing and its release.

use switchboard_core::{Party, SessionId, Time};

use crate::cast::{Listener, RoomName};
use crate::reference::ModelStep;
use crate::wire::DeviceFrame;

/// A decision that is not released yet.
pub struct Expectation {
    /// Number of the entry in the queue.
    pub number: u64,
    pub office: usize,
    pub at: Time,
    /// How far the company followed the clock before the decision.
    pub followed_ms: u64,
    pub step: ModelStep,
    /// The fresh id that the decision used.
    pub fresh: u128,
    /// The device and request to be answered.
    pub reply: Option<(usize, DeviceFrame)>,
    /// The `join_ref` of a join that this one replaced.
    pub old: Option<u64>,
    /// The line that a join made.
    pub line: Option<u64>,
    /// Every listener, with its room.
    pub listeners: Vec<(RoomName, Listener)>,
    /// A signal for the other party of a session: the session, the sender and the number.
    pub signal: Option<(SessionId, Party, u64)>,
}

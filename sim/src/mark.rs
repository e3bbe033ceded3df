//! Something that was decided, until it is released.

use switchboard_core::{Party, SessionId, Time};

use crate::cast::{Listener, Place};
use crate::model::Step;
use crate::wire::Frame;

/// Something that was decided and is not released yet.
pub struct Mark {
    /// Its number in the queue.
    pub number: u64,
    /// In which company.
    pub office: usize,
    /// When.
    pub at: Time,
    /// By how much the company followed the clock before it.
    pub followed_ms: u64,
    /// What was asked.
    pub step: Step,
    /// The fresh id that it used.
    pub fresh: u128,
    /// Who must be answered: the device, its line, and the request.
    pub reply: Option<(usize, Frame)>,
    /// The join that ended with this one.
    pub old: Option<u64>,
    /// The line that a join made.
    pub line: Option<u64>,
    /// Who listens, where.
    pub listeners: Vec<(Place, Listener)>,
    /// Something passed on to the other side of a session.
    pub signal: Option<(SessionId, Party, u64)>,
}

//! Copies of a company's state that a store should write beside the events.

use switchboard_core::CompanyId;

/// A copy of a company's state that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DueCheckpoint {
    /// The whole state, so that a recovery reads few events.
    Snapshot(CompanyId),
    /// The state without finished bookings and sessions, from which a replay starts.
    Base(CompanyId),
}

//! What a store is to write down of a company beside its events.

use switchboard_core::CompanyId;

/// What is to be written down of a company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// All of its state, so that reading it back stays short.
    Snapshot(CompanyId),
    /// Its state without what had ended, so that its past can be reached from there.
    Base(CompanyId),
}

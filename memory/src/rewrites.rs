//! The state of rewrites of a company's history, and the person who is erased.

use switchboard_core::id::StoredAsText;
use switchboard_core::{ClientId, EmployeeId};
use switchboard_journal::StoreError;
use switchboard_journal::erasure::{Begin, ErasureStep, Ready};

/// The rewrites of a company's history: their number, and the one that is under way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rewrites {
    pub(crate) revision: u64,
    pub(crate) under_way: Option<UnderWay>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct UnderWay {
    pub(crate) ready: Vec<Ready>,
    pub(crate) begun: Option<Begin>,
}

impl Rewrites {
    /// Whether data that was read at that revision may be written.
    pub(crate) fn is_as_read(&self, revision: u64) -> bool {
        self.under_way.is_none() && self.revision == revision
    }
}

/// The erased person, with the id and alias of the right kind.
pub(crate) enum Renamed {
    Client(ClientId, ClientId),
    Employee(EmployeeId, EmployeeId),
}

impl Renamed {
    pub(crate) fn of(begin: &Begin) -> Result<Self, StoreError> {
        fn read<T: StoredAsText>(text: &str) -> Result<T, StoreError> {
            T::from_stored(text).map_err(StoreError::unreadable)
        }
        Ok(match begin.is_client {
            true => Self::Client(read(&begin.person)?, read(&begin.alias)?),
            false => Self::Employee(read(&begin.person)?, read(&begin.alias)?),
        })
    }
}

/// Checks that a step can be executed later.
pub(crate) fn must_be_readable(step: &ErasureStep) -> Result<(), StoreError> {
    if let ErasureStep::Begin(begin) = step { Renamed::of(begin).map(|_| ()) } else { Ok(()) }
}

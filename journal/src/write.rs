//! Writes beside the companies' events, in the transaction of a batch: a closed list, each write as data.

use std::collections::HashMap;
use std::sync::Arc;

use switchboard_core::Time;

use crate::audit::AuditEntry;
use crate::base::Base;
use crate::cut::Cut;
use crate::day::DayPart;
use crate::endpoint::EndpointWrite;
use crate::erasure;
use crate::logos::Logos;

/// One write. A write fails only when the store does, and then the whole batch is lost.
pub enum Write {
    /// An audit entry, written before its request is carried out.
    AuditBegins(Arc<AuditEntry>),
    /// The status with which the request of an audit entry ended.
    AuditEnds(Arc<AuditEntry>, u16),
    /// An audit entry of a refused request, with the status of the refusal.
    AuditRefused(AuditEntry, u16),
    /// Removes the oldest audit entries beyond this number, a slice at a time.
    AuditTrimmed(i64),
    /// The times at which API keys were used last, by key id.
    KeysUsed(HashMap<String, Time>),
    /// A change of a webhook endpoint.
    Endpoint(EndpointWrite),
    Logos(Logos),
    /// A company's state, from which its past is replayed.
    Base {
        base: Base,
        /// The revision of the history that the state was read from.
        revision: u64,
    },
    /// A part of the counts of one day.
    Day(DayPart),
    Erasure(erasure::ErasureStep),
    /// Removes a slice of the history before the cut.
    Cut(Arc<Cut>),
}

/// The outcome of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    Done,
    /// A slice is written, and the same write, repeated, writes the next.
    More,
}

impl Written {
    /// `More` if a part is left, and otherwise `Done`.
    #[must_use]
    pub const fn is_more(is_more: bool) -> Self {
        if is_more { Self::More } else { Self::Done }
    }
}

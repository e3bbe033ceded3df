//! What is written beside the companies' events, in the transaction of a batch: a closed list, each thing as data.

use std::collections::HashMap;
use std::sync::Arc;

use switchboard_core::Time;

use crate::audit::AuditEntry;
use crate::base::Base;
use crate::cut::Cut;
use crate::day::Part;
use crate::endpoint::EndpointWrite;
use crate::erasure;
use crate::logos::Logos;

/// One thing to be written. It fails only when the store does: all of the batch is then lost.
pub enum Write {
    /// A line of the audit list, before what it tells is done.
    AuditBegins(Arc<AuditEntry>),
    /// The status with which it ended.
    AuditEnds(Arc<AuditEntry>, u16),
    /// A line of what was refused, with its status.
    AuditRefused(AuditEntry, u16),
    /// The lines of the audit list beyond so many, the oldest, some of them.
    AuditTrimmed(i64),
    /// When API keys were used last, by their ids.
    KeysUsed(HashMap<String, Time>),
    /// A webhook.
    Endpoint(EndpointWrite),
    /// A company's logos.
    Logos(Logos),
    /// A company's state, from which its past can be reached.
    Base {
        base: Base,
        /// The revision of the history that it was read from.
        revision: u64,
    },
    /// A part of what a day came to.
    Day(Part),
    /// A step of an erasure.
    Erasure(erasure::Step),
    /// A slice of the history that is over.
    Cut(Arc<Cut>),
}

/// What came of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// All of it is written.
    Done,
    /// A slice of it is, and the same once more writes the next.
    More,
}

impl Written {
    /// More is left, or all is written.
    #[must_use]
    pub const fn is_more(is_more: bool) -> Self {
        if is_more { Self::More } else { Self::Done }
    }
}

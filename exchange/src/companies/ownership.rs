//! Ownership: which companies this node decides for, and in which term. No other module answers that question.

use switchboard_core::CompanyId;

use super::Exchange;

/// Companies that one node holds together; for now all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shard {
    All,
}

pub(super) const fn shard(_company: &CompanyId) -> Shard {
    Shard::All
}

/// A period in which a node holds a shard and loses none of its decisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Term(u64);

impl Term {
    /// The journal's epoch, which the entries of this term carry.
    pub(super) const fn epoch(self) -> u64 {
        self.0
    }
}

impl Exchange {
    /// The current term of a shard; none if another node holds that shard.
    pub(super) fn held(&self, shard: Shard) -> Option<Term> {
        match shard {
            // The store has one writer, so a term ends only when a commit fails and the journal begins a new epoch.
            Shard::All => Some(Term(self.journal.epoch())),
        }
    }
}

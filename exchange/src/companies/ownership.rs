//! Ownership: which companies this node decides for, and since when without a break. It is asked here alone.

use switchboard_core::CompanyId;

use super::Exchange;

/// Companies that one node holds together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shard {
    /// All companies there are.
    All,
}

/// The shard of a company.
pub(super) const fn shard(_company: &CompanyId) -> Shard {
    Shard::All
}

/// A time in which a node holds a shard and loses nothing of what it decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Term(u64);

impl Term {
    /// The journal's epoch, which the entries of the term name.
    pub(super) const fn epoch(self) -> u64 {
        self.0
    }
}

impl Exchange {
    /// The term in which this node holds a shard now; none when another node does.
    pub(super) fn held(&self, shard: Shard) -> Option<Term> {
        match shard {
            // The store has one writer. When it loses something, the journal begins a new epoch.
            Shard::All => Some(Term(self.journal.epoch())),
        }
    }
}

//! A digest of everything that was stored and told: the same seed run twice must give the same digest.

use std::hash::{DefaultHasher, Hash, Hasher};

/// Hash of all values added, in order.
#[derive(Clone, Debug, Default)]
pub struct Digest(DefaultHasher);

impl Digest {
    /// Adds a value to the hash.
    pub fn add(&mut self, what: impl Hash) {
        what.hash(&mut self.0);
    }

    /// The digest of all values so far.
    #[must_use]
    pub fn name(&self) -> u64 {
        self.0.finish()
    }
}

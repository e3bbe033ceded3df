//! A short name for everything that was stored and told: the same seed twice must have the same.

use std::hash::{DefaultHasher, Hash, Hasher};

/// Of all that was put in, in its order.
#[derive(Clone, Debug, Default)]
pub struct Digest(DefaultHasher);

impl Digest {
    /// Puts something in.
    pub fn add(&mut self, what: impl Hash) {
        what.hash(&mut self.0);
    }

    /// The name so far.
    #[must_use]
    pub fn name(&self) -> u64 {
        self.0.finish()
    }
}

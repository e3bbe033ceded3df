//! Synchronisation primitives, named in one place, so that a model checker can replace them.
//!
//! Exchange, journal and outbox take their locks, counters, queues and notifications from here. In the product these
//! are those of std and tokio. In the unit tests with the feature `model` they are those of shuttle, which tries many
//! interleavings of threads and tasks (`model.rs`). No other code knows which of the two it has.

#[cfg(not(feature = "model"))]
mod product {
    pub use std::sync::{Mutex, MutexGuard, RwLock, atomic};
    pub use std::thread;

    pub use tokio::sync::{Mutex as AsyncMutex, Notify, mpsc, watch};
}

#[cfg(not(feature = "model"))]
pub use product::*;

#[cfg(feature = "model")]
mod modelled;

#[cfg(feature = "model")]
pub use modelled::*;

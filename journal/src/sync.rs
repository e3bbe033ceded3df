//! What threads and tasks meet at, named in one place, so that a model checker can put its own there.
//!
//! Exchange, journal and outbox take their locks, counters, queues and bells from here. In the product these are those
//! of std and tokio. In the unit tests with the feature `model` they are those of shuttle, which tries many orders in
//! which threads and tasks can go on (`model.rs`); nothing else knows which of the two it has.

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

//! The journal: every entry is committed before anybody is told, many at a time, in the order in which they came.
//!
//! This crate has the ports of a store and all that is true of every store. It knows no database.

// The way of an entry.
mod committer;
mod entry;
mod queue;
mod store;

// What a store keeps beside the events.
pub mod api_key;
pub mod audit;
pub mod base;
pub mod cut;
pub mod day;
pub mod endpoint;
pub mod erasure;
pub mod logos;
pub mod picture;
mod write;

// What follows from the events.
mod due;
pub mod news;
pub mod rows;
mod wanted;

pub mod sync;

pub use committer::Committer;
pub use due::Due;
pub use entry::{Entry, Fate, OnWritten, Release, Work};
pub use queue::{Journal, Load, WAITING_MAX_BYTES, Writer};
pub use store::{Filing, ReadBack, Store, StoreError};
pub use wanted::Wanted;
pub use write::{Write, Written};

#[cfg(all(test, not(feature = "model")))]
mod tests;

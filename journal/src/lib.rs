//! The journal commits the entries of all companies in the order in which they were queued, many in one transaction
//! (group commit), and releases replies and notices only after the commit.
//!
//! This crate has the ports of a store and the rules that hold for every store, and knows no database.

// The path of an entry to its commit.
mod committer;
mod entry;
mod queue;
mod store;

// Data that a store keeps beside the events.
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

// Data that follows from the events.
mod due;
pub mod feed_notifier;
pub mod rows;
mod wanted;

pub mod sync;

pub use committer::Committer;
pub use due::DueCheckpoint;
pub use entry::{Entry, Fate, JournalItem, OnCommit, OnWritten};
pub use queue::{Journal, JournalThread, QueuedBytes, WAITING_MAX_BYTES};
pub use store::{Projection, ReadBack, Store, StoreError};
pub use wanted::Wanted;
pub use write::{Write, Written};

#[cfg(all(test, not(feature = "model")))]
mod tests;

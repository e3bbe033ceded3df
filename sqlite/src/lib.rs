//! The store in `SQLite`: one file, one writer, and readers beside the writer. All SQL of the product is here.

// The files and their owner.
mod directory;

// The contents of the files.
mod columns;
mod error;
mod revision;
pub mod schema;
mod tables;

// The writer: a commit appends to the commit log, and the projection copies the commit log into the tables.
mod commit_log;
mod writer;

// Data beside the events.
mod audit;
mod bases;
mod cut;
mod days;
mod endpoints;
mod erasure;
pub mod keys;
mod logos;
mod removal;

// Readers.
pub mod reader;

// Questions about the past.
mod past;

// Tools beside a server.
pub mod backup;
pub mod check;
pub mod offline_writer;

pub use directory::{OpenError, owner_alone};
pub use error::{Error, Gone};
pub use reader::Reader;
pub use schema::CACHE_KIB;
pub use writer::{Sqlite, UNPROJECTED_MAX_BYTES};

#[cfg(test)]
mod tests;

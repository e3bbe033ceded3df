//! The store in `SQLite`: one file, one writer, and readers beside the writer. All SQL of the product is here.

// The files and their owner.
mod directory;
mod owner;
pub mod owner_alone;

// The contents of the files.
mod columns;
mod error;
mod revision;
pub mod schema;
mod tables;

// The writer: a commit appends to the commit log, and the projection copies the commit log into the tables.
mod checkpoint;
mod commit_log;
mod projection;
mod unprojected;
mod write;
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
mod asker;
mod gate;
pub mod reader;

// Questions about the past.
mod past;

// Tools beside a server.
pub mod backup;
pub mod check;
pub mod offline_writer;

pub use directory::OpenError;
pub use error::{Error, Gone};
pub use projection::WAITING_MAX_BYTES as UNPROJECTED_MAX_BYTES;
pub use reader::Reader;
pub use schema::CACHE_KIB;
pub use writer::Sqlite;

#[cfg(test)]
mod tests;

//! What is written beside the companies' events, in the transaction of a batch: a closed list, each thing as data.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::Connection;
use switchboard_core::Time;

use super::audit::{self, Line};
use super::cut::Cut;
use super::endpoints::EndpointWrite;
use super::logos::Logos;
use super::{StoreError, bases, days, erasure, keys};

/// One thing to be written. It fails only when the store does: all of the batch is then lost.
pub enum Write {
    /// A line of the audit list, before what it tells is done.
    AuditBegins(Arc<Line>),
    /// The status with which it ended.
    AuditEnds(Arc<Line>, u16),
    /// A line of what was refused, with its status.
    AuditRefused(Line, u16),
    /// The lines of the audit list beyond so many, the oldest, some of them.
    AuditTrimmed(i64),
    /// When API keys were used last, by their ids.
    KeysUsed(HashMap<String, Time>),
    /// A webhook.
    Endpoint(EndpointWrite),
    /// A company's logos.
    Logos(Logos),
    /// A company's state, from which its past can be reached.
    Base(bases::Kept),
    /// A part of what a day came to.
    Day(days::Part),
    /// A step of an erasure.
    Erasure(erasure::Step),
    /// A slice of the history that is over.
    Cut(Cut),
    /// Whatever a test needs.
    #[cfg(test)]
    Sql(&'static str),
}

/// What came of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// All of it is written.
    Done,
    /// A slice of it is, and the same once more writes the next.
    More,
}

impl Written {
    pub(super) const fn is_more(is_more: bool) -> Self {
        if is_more { Self::More } else { Self::Done }
    }
}

impl Write {
    pub(super) fn run(&self, connection: &Connection) -> Result<Written, StoreError> {
        match self {
            Self::AuditBegins(line) => line.write(connection, None)?,
            Self::AuditEnds(line, status) => line.write_end(connection, *status)?,
            Self::AuditRefused(line, status) => line.write(connection, Some(*status))?,
            Self::AuditTrimmed(rows) => return Ok(Written::is_more(audit::remove_beyond(connection, *rows)? > 0)),
            Self::KeysUsed(used) => keys::write_used(connection, used)?,
            Self::Endpoint(write) => write.run(connection)?,
            Self::Logos(logos) => logos.write(connection)?,
            Self::Base(kept) => kept.write(connection)?,
            Self::Day(part) => part.write(connection)?,
            Self::Erasure(step) => return step.run(connection),
            Self::Cut(cut) => return Ok(Written::is_more(cut.remove_some(connection)?)),
            #[cfg(test)]
            Self::Sql(sql) => connection.execute_batch(sql)?,
        }
        Ok(Written::Done)
    }
}

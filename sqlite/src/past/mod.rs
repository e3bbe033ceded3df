//! The port for questions about the past, answered from the tables, with one file for each subject.

mod bases;
pub(crate) mod bookings;
mod companies;
mod events;
mod figures;
mod lists;
mod lookups;
pub(crate) mod sessions;

use std::ops::ControlFlow;

use rusqlite::{Connection, Params, Row};
use switchboard_history::past::{Each, HistoryResult};

use crate::Error;

/// The tables as of one moment, because the connection is within a transaction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tables<'a>(pub &'a Connection);

impl Tables<'_> {
    /// Reads rows and hands them over until the callback breaks.
    pub(crate) fn each<T>(
        self,
        sql: &str,
        bind: impl Params,
        read: impl Fn(&Row<'_>) -> Result<T, Error>,
        each: Each<'_, T>,
    ) -> HistoryResult<()> {
        let mut query = self.0.prepare_cached(sql).map_err(Error::from)?;
        let mut rows = query.query(bind).map_err(Error::from)?;
        while let Some(row) = rows.next().map_err(Error::from)? {
            if each(read(row)?)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Reads all rows into a list.
    pub(crate) fn all<T>(
        self,
        sql: &str,
        bind: impl Params,
        read: impl Fn(&Row<'_>) -> Result<T, Error>,
    ) -> HistoryResult<Vec<T>> {
        let mut found = Vec::new();
        self.each(sql, bind, read, &mut |item| {
            found.push(item);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(found)
    }

    /// Reads the first row, if there is one.
    pub(crate) fn one<T>(
        self,
        sql: &str,
        bind: impl Params,
        read: impl Fn(&Row<'_>) -> Result<T, Error>,
    ) -> HistoryResult<Option<T>> {
        let mut found = None;
        self.each(sql, bind, read, &mut |item| {
            found = Some(item);
            Ok(ControlFlow::Break(()))
        })?;
        Ok(found)
    }
}

#[cfg(test)]
mod tests;

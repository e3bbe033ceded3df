//! The port for questions about the past, answered from the tables, with one file for each subject.

mod bookings;
mod companies;
mod days;
mod endpoints;
mod events;
mod figures;
mod lists;
mod lookups;
mod sessions;

use switchboard_history::past::{Each, HistoryResult};

/// Hands rows over until the callback breaks.
fn hand_over<T>(rows: impl IntoIterator<Item = T>, each: Each<'_, T>) -> HistoryResult<()> {
    for row in rows {
        if each(row)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// A limit as a number of rows.
fn rows(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

//! Values of columns: times, ids, and the error for an unreadable value.

use rusqlite::Row;
use switchboard_core::id::StoredAsText;
use switchboard_core::{Company, Skills, Time};
use switchboard_journal::StoreError;

use crate::Error;

/// Converts a time to the signed milliseconds of the store.
pub(crate) fn ms(time: Time) -> i64 {
    i64::try_from(time.as_ms()).unwrap_or(i64::MAX)
}

pub(crate) fn time(ms: i64) -> Time {
    Time::from_ms(u64::try_from(ms).unwrap_or(0))
}

pub(crate) fn unreadable(error: impl std::fmt::Display) -> Error {
    Error::Store(StoreError::unreadable(error))
}

pub(crate) fn text<'a>(row: &'a Row<'_>, at: usize) -> Result<&'a str, Error> {
    row.get_ref(at)?.as_str().map_err(unreadable)
}

pub(crate) fn text_or_null<'a>(row: &'a Row<'_>, at: usize) -> Result<Option<&'a str>, Error> {
    row.get_ref(at)?.as_str_or_null().map_err(unreadable)
}

pub(crate) fn parsed<T: StoredAsText>(row: &Row<'_>, at: usize) -> Result<T, Error> {
    T::from_stored(text(row, at)?).map_err(unreadable)
}

pub(crate) fn parsed_or_null<T: StoredAsText>(row: &Row<'_>, at: usize) -> Result<Option<T>, Error> {
    text_or_null(row, at)?.map(|text| T::from_stored(text).map_err(unreadable)).transpose()
}

/// The company of a snapshot or base.
pub(crate) fn state(row: &Row<'_>, at: usize) -> Result<Company, Error> {
    let mut company: Company = serde_json::from_str(text(row, at)?).map_err(unreadable)?;
    company.rebuild();
    Ok(company)
}

/// Skills that are stored as JSON, or null when there are none.
pub(crate) fn skills(row: &Row<'_>, at: usize) -> Result<Skills, Error> {
    let stored = text_or_null(row, at)?.map(|text| serde_json::from_str(text).map_err(unreadable));
    Ok(stored.transpose()?.unwrap_or_default())
}

pub(crate) fn time_or_null(row: &Row<'_>, at: usize) -> Result<Option<Time>, Error> {
    Ok(row.get::<_, Option<i64>>(at)?.map(time))
}

/// A duration between two times of one company. A negative one can only come from a damaged store, because a company's
/// time does not go back, and counts as 0.
pub(crate) fn duration(row: &Row<'_>, at: usize) -> Result<Option<u64>, Error> {
    let ms: Option<i64> = row.get(at)?;
    Ok(ms.map(|ms| u64::try_from(ms).unwrap_or(0)))
}

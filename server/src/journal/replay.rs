//! A company's past once more: from the latest state that was kept before a moment, one event after the other.

use std::ops::ControlFlow;

use rusqlite::Connection;
use switchboard_core::{Company, CompanyId, Event, Time};

use super::reader::while_events;
use super::{StoreError, bases};

/// Events that are read for one question: some seconds. There are that many between two bases only in a store that an
/// earlier version wrote.
const EVENTS_MAX: u64 = 1_000_000;

/// The state to begin from, so that all of the company's events after that moment are still to come. Where history was
/// removed, it is the earliest that there is.
pub(super) fn state_before(connection: &Connection, id: &CompanyId, moment: Time) -> Result<Company, StoreError> {
    let base = match bases::latest_before(connection, id, moment)? {
        Some(base) => Some(base),
        None => bases::origin(connection, id)?,
    };
    Ok(base.unwrap_or_else(|| Company::new(id.clone())))
}

/// Has a company go through the events that come next. Each is shown before it happens, with the company as it was
/// then, and with its number; it does not happen any more when the answer is to break.
pub(super) fn go_on(
    connection: &Connection,
    company: &mut Company,
    mut each: impl FnMut(&Company, Time, &Event) -> ControlFlow<()>,
) -> Result<(), StoreError> {
    let (id, after) = (company.id().clone(), company.seq());
    let mut read = 0;
    while_events(connection, &id, after, |at, event| {
        read += 1;
        if read > EVENTS_MAX {
            return Err(StoreError::TooFarBack(EVENTS_MAX));
        }
        let goes_on = each(company, at, event);
        if goes_on.is_continue() {
            company.apply(at, event);
        }
        Ok(goes_on)
    })
}

/// The company as it was at that moment, without what had ended; the earliest that there is when history begins later.
pub(super) fn state_at(connection: &Connection, id: &CompanyId, moment: Time) -> Result<Company, StoreError> {
    let mut company = state_before(connection, id, moment)?;
    go_on(
        connection,
        &mut company,
        |_, at, _| {
            if at <= moment { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        },
    )?;
    Ok(company)
}

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
    each: impl FnMut(&Company, Time, &Event) -> ControlFlow<()>,
) -> Result<(), StoreError> {
    go_on_for(connection, company, EVENTS_MAX, each)
}

fn go_on_for(
    connection: &Connection,
    company: &mut Company,
    events_max: u64,
    mut each: impl FnMut(&Company, Time, &Event) -> ControlFlow<()>,
) -> Result<(), StoreError> {
    let (id, after) = (company.id().clone(), company.seq());
    let mut read = 0;
    while_events(connection, &id, after, |at, event| {
        read += 1;
        if read > events_max {
            return Err(StoreError::TooFarBack(events_max));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::schema;

    #[test]
    fn more_events_than_are_read_for_one_question_are_too_far_back() {
        let mut connection = Connection::open_in_memory().expect("a store");
        schema::migrate(&mut connection).expect("the tables");
        let sql =
            "INSERT INTO events (company_id, seq, at, kind, data) VALUES ('acme', ?1, ?1, 'resumed', '\"resumed\"')";
        for seq in 1..=4 {
            connection.execute(sql, [seq]).expect("an event");
        }
        let reads = |events_max, last: u64| {
            let mut company = Company::new("acme".parse().expect("an id"));
            go_on_for(&connection, &mut company, events_max, |_, at, _| match at.as_ms() <= last {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            })
            .map(|()| company.seq())
        };
        assert_eq!(reads(4, 9).expect("all of them"), 4);
        assert_eq!(reads(3, 2).expect("the third is looked at, and does not happen"), 2);
        assert!(matches!(reads(3, 9), Err(StoreError::TooFarBack(3))));
    }
}

//! A company's state, read from its snapshot and the events after it.

use std::ops::ControlFlow;

use rusqlite::{Connection, OptionalExtension, params};
use switchboard_core::{Company, CompanyId, Event, Time};

use crate::Error;
use crate::columns::{text, time, unreadable};

/// The company after all its projected events, with the number of events since its snapshot.
pub(super) fn read_company(connection: &Connection, id: &CompanyId) -> Result<(Company, u64), Error> {
    let sql = "SELECT data FROM snapshots WHERE company_id = ?1";
    let snapshot: Option<String> = connection.query_row(sql, [id.as_str()], |row| row.get(0)).optional()?;
    let mut company = match snapshot {
        Some(data) => read_snapshot(&data)?,
        None => Company::new(id.clone()),
    };
    let since = company.seq();
    for_each_event(connection, id, since, |at, event| company.apply(at, event))?;
    let events = company.seq() - since;
    Ok((company, events))
}

/// The company from the JSON of a snapshot or base.
pub(super) fn read_snapshot(data: &str) -> Result<Company, Error> {
    let mut company: Company = serde_json::from_str(data).map_err(unreadable)?;
    company.rebuild();
    Ok(company)
}

/// Hands over a company's events after that number, in order.
pub(super) fn for_each_event(
    connection: &Connection,
    company: &CompanyId,
    after: u64,
    mut each: impl FnMut(Time, &Event),
) -> Result<(), Error> {
    while_events(connection, company, after, |at, event| {
        each(at, event);
        Ok(ControlFlow::Continue(()))
    })
}

/// Hands over a company's events after that number, in order, until the callback breaks.
pub(super) fn while_events(
    connection: &Connection,
    company: &CompanyId,
    after: u64,
    mut each: impl FnMut(Time, &Event) -> Result<ControlFlow<()>, Error>,
) -> Result<(), Error> {
    let sql = "SELECT at, data FROM events WHERE company_id = ?1 AND seq > ?2 ORDER BY seq";
    let mut query = connection.prepare_cached(sql)?;
    let mut rows = query.query(params![company.as_str(), after.cast_signed()])?;
    while let Some(row) = rows.next()? {
        let event = serde_json::from_str(text(row, 1)?).map_err(unreadable)?;
        if each(time(row.get(0)?), &event)?.is_break() {
            break;
        }
    }
    Ok(())
}

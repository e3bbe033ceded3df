//! A company's past once more: from the latest state that was kept before a moment, one event after the other.

use std::ops::ControlFlow;

use rusqlite::Connection;
use switchboard_core::{Company, CompanyId, Event, Time};
use switchboard_journal::StoreError;

use crate::reader::while_events;
use crate::{Error, bases};

/// Events that are read for one question: some seconds. There are that many between two bases only in a store that an
/// earlier version wrote.
const EVENTS_MAX: u64 = 1_000_000;

/// The state to begin from, so that all of the company's events after that moment are still to come. Where history was
/// removed, it is the earliest that there is.
pub(super) fn state_before(connection: &Connection, id: &CompanyId, moment: Time) -> Result<Company, Error> {
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
) -> Result<(), Error> {
    go_on_for(connection, company, EVENTS_MAX, each)
}

fn go_on_for(
    connection: &Connection,
    company: &mut Company,
    events_max: u64,
    mut each: impl FnMut(&Company, Time, &Event) -> ControlFlow<()>,
) -> Result<(), Error> {
    let (id, after) = (company.id().clone(), company.seq());
    let mut read = 0;
    while_events(connection, &id, after, |at, event| {
        read += 1;
        if read > events_max {
            return Err(Error::Store(StoreError::TooFarBack(events_max)));
        }
        let goes_on = each(company, at, event);
        if goes_on.is_continue() {
            company.apply(at, event);
        }
        Ok(goes_on)
    })
}

/// Behind all that can be stored.
const THE_END: Time = Time::from_ms(i64::MAX.unsigned_abs());

/// The company as it is now, as it is filed, from the last base.
pub(super) fn latest(connection: &Connection, id: &CompanyId) -> Result<Company, Error> {
    Ok(Walk::begin(connection, id, THE_END)?.company)
}

/// A company on its way through its past, from one moment to later ones. What had ended is not in it.
pub(super) struct Walk<'a> {
    connection: &'a Connection,
    company: Company,
}

impl<'a> Walk<'a> {
    /// As it was at that moment; the earliest that there is when history begins later.
    pub(super) fn begin(connection: &'a Connection, id: &CompanyId, moment: Time) -> Result<Self, Error> {
        let company = state_before(connection, id, moment)?;
        let mut walk = Self { connection, company };
        walk.go(moment)?;
        Ok(walk)
    }

    /// On to a later moment. A month takes no longer than a day: where a state was kept in between, it goes on from
    /// there.
    pub(super) fn on_to(&mut self, moment: Time) -> Result<(), Error> {
        let nearer = bases::latest_between(self.connection, self.company.id(), self.company.seq(), moment)?;
        if let Some(nearer) = nearer {
            self.company = nearer;
        }
        self.go(moment)
    }

    /// On to what it is now, as it is filed.
    pub(super) fn on_to_the_end(mut self) -> Result<Company, Error> {
        self.on_to(THE_END)?;
        Ok(self.company)
    }

    fn go(&mut self, moment: Time) -> Result<(), Error> {
        go_on(self.connection, &mut self.company, |_, at, _| {
            if at <= moment { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })
    }

    pub(super) const fn company(&self) -> &Company {
        &self.company
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;

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
        assert!(matches!(reads(3, 9), Err(Error::Store(StoreError::TooFarBack(3)))));
    }
}

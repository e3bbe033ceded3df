//! Where a company's history begins: what ended before is removed, a slice at a time.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use rusqlite::{Connection, OptionalExtension, params};
use switchboard_core::id::StoredAsText;
use switchboard_core::{BookingId, Company, CompanyId, EmployeeNo, Settings, Time};
use switchboard_journal::StoreError;
use switchboard_journal::base::Base;
use switchboard_journal::cut::Cut;

use crate::columns::{ms, time, unreadable};
use crate::reader::{Reader, read_company};
use crate::tables::write_snapshot;
use crate::{Error, bases, days, replay, revision};

/// Events and bookings that are removed with one transaction: commits wait behind it.
const EVENTS_AT_ONCE: u64 = 1_000;
const BOOKINGS_AT_ONCE: usize = 100;
const NUMBERS_AT_ONCE: usize = 1_000;

/// From company to company along the index, whatever their number of events.
macro_rules! known_companies {
    () => {
        "WITH RECURSIVE known (id) AS (
             SELECT min(company_id) FROM events
             UNION ALL
             SELECT (SELECT min(company_id) FROM events WHERE company_id > known.id)
             FROM known WHERE known.id IS NOT NULL
         ) "
    };
}

impl Reader {
    /// The companies that keep their history for a number of days, with the number; also those that are gone.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn companies_that_forget(&self) -> Result<Vec<(CompanyId, u32)>, Error> {
        self.ask(|connection| {
            let mut found = Vec::new();
            let mut query = connection.prepare("SELECT id, settings FROM companies ORDER BY id")?;
            let mut rows = query.query([])?;
            while let Some(row) = rows.next()? {
                let id = row.get_ref(0)?.as_str().map_err(unreadable)?;
                let settings: Settings =
                    serde_json::from_str(row.get_ref(1)?.as_str().map_err(unreadable)?).map_err(unreadable)?;
                if settings.history_days > 0 {
                    found.push((CompanyId::from_stored(id).map_err(unreadable)?, settings.history_days));
                }
            }
            for id in companies_that_are_gone(connection)? {
                let (company, _) = read_company(connection, &id)?;
                if company.settings().history_days > 0 {
                    found.push((id, company.settings().history_days));
                }
            }
            Ok(found)
        })
    }

    /// Where history begins when what ended until then is forgotten. Events from `needed` on stay, whenever they
    /// happened.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn cut(&self, company: &CompanyId, until: Time, needed: Option<u64>) -> Result<Cut, Error> {
        self.ask_until_told(|connection| {
            let mut origin = replay::state_before(connection, company, until)?;
            let mut is_held_back = needed.is_some_and(|needed| origin.seq() >= needed);
            let folded = replay::go_on(connection, &mut origin, |before, at, _| {
                is_held_back |= needed.is_some_and(|needed| before.seq() + 1 >= needed);
                if at <= until && !is_held_back { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            });
            match folded {
                Ok(()) => {}
                // The next time goes on from there.
                Err(Error::Store(StoreError::TooFarBack(_))) => is_held_back = true,
                Err(error) => return Err(error),
            }
            let ended_before = if is_held_back { origin.clock() } else { until.plus_ms(1) };
            let origin = origin.without_past();
            let numbers = numbers_of_nobody(connection, &origin)?;
            let revision = revision::of(connection, company)?;
            Ok(Cut { company: company.clone(), origin, ended_before, numbers, revision })
        })
    }
}

impl Reader {
    /// When the last thing that is written happened, whoever it is of; none in a new store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn latest(&self) -> Result<Option<Time>, Error> {
        let sql = concat!(
            known_companies!(),
            "SELECT max((SELECT at FROM events WHERE company_id = id ORDER BY seq DESC LIMIT 1))
             FROM known WHERE id IS NOT NULL"
        );
        self.ask(|connection| {
            let latest: Option<i64> = connection.query_row(sql, [], |row| row.get(0))?;
            Ok(latest.map(time))
        })
    }
}

fn companies_that_are_gone(connection: &Connection) -> Result<Vec<CompanyId>, Error> {
    let sql = concat!(
        known_companies!(),
        "SELECT id FROM known WHERE id IS NOT NULL AND id NOT IN (SELECT id FROM companies)"
    );
    let mut query = connection.prepare(sql)?;
    let ids = query.query_map([], |row| row.get::<_, String>(0))?;
    ids.map(|id| CompanyId::from_stored(&id?).map_err(unreadable)).collect()
}

/// Removes a slice. Says whether there may be more.
pub(crate) fn remove_some(cut: &Cut, connection: &Connection) -> Result<bool, Error> {
    // Somebody was erased meanwhile, who is still in what was read: the next time it is read anew.
    Ok(revision::is_as_read(connection, &cut.company, cut.revision)?
        && (remove_events(cut, connection)?
            || days::remove_some(connection, &cut.company, cut.origin.clock())?
            || remove_bookings(cut, connection)?
            || remove_numbers(cut, connection)?))
}

/// The first slice also writes what history begins with from now on: without it nothing could be read back. Says
/// whether events are left to remove.
fn remove_events(cut: &Cut, connection: &Connection) -> Result<bool, Error> {
    let (company, end) = (cut.company.as_str(), cut.origin.seq());
    let first = "SELECT min(seq) FROM events WHERE company_id = ?1";
    let first: Option<i64> = connection.query_row(first, [company], |row| row.get(0))?;
    // The last event of the origin stays: the next one follows its number.
    let Some(first) = first.map(i64::cast_unsigned).filter(|first| *first < end) else { return Ok(false) };
    let base = Base::as_is(&cut.origin);
    bases::write(connection, &base)?;
    connection
        .prepare_cached("DELETE FROM bases WHERE company_id = ?1 AND seq < ?2")?
        .execute(params![company, end.cast_signed()])?;
    let snapshot = "SELECT seq FROM snapshots WHERE company_id = ?1";
    let snapshot: Option<i64> = connection.query_row(snapshot, [company], |row| row.get(0)).optional()?;
    if snapshot.is_none_or(|seq| seq.cast_unsigned() < end) {
        write_snapshot(connection, &cut.company, end, &base.data)?;
    }
    let up_to = end.min(first.saturating_add(EVENTS_AT_ONCE));
    connection
        .prepare_cached("DELETE FROM events WHERE company_id = ?1 AND seq < ?2")?
        .execute(params![company, up_to.cast_signed()])?;
    Ok(up_to < end)
}

/// Says whether numbers of employees are left to remove.
fn remove_numbers(cut: &Cut, connection: &Connection) -> Result<bool, Error> {
    let company = cut.company.as_str();
    let sql = "SELECT EXISTS (SELECT 1 FROM employee_numbers WHERE company_id = ?1 AND no = ?2 AND seq = ?3)";
    let mut is_there = connection.prepare_cached(sql)?;
    // Slices go from the first to the last, so the next one is found without a look at all before it.
    let (mut from, mut end) = (0, cut.numbers.len());
    while from < end {
        let middle = from.midpoint(end);
        let (number, since) = cut.numbers[middle];
        match is_there.query_row(params![company, number, since.cast_signed()], |row| row.get(0))? {
            true => end = middle,
            false => from = middle + 1,
        }
    }
    let sql = "DELETE FROM employee_numbers WHERE company_id = ?1 AND no = ?2 AND seq = ?3";
    let mut remove = connection.prepare_cached(sql)?;
    let up_to = cut.numbers.len().min(from + NUMBERS_AT_ONCE);
    for (number, since) in &cut.numbers[from..up_to] {
        remove.execute(params![company, number, since.cast_signed()])?;
    }
    Ok(up_to < cut.numbers.len())
}

/// Says whether bookings are left to remove.
fn remove_bookings(cut: &Cut, connection: &Connection) -> Result<bool, Error> {
    let company = cut.company.as_str();
    let open: BTreeSet<String> = cut.origin.bookings().map(|booking| booking.id.to_string()).collect();
    // Ids grow with time: what began later need not be looked at.
    let begun = BookingId::from_u128(u128::from(cut.ended_before.as_ms().min((1 << 48) - 1)) << 80).to_string();
    let sql = "SELECT b.id, b.session_id FROM bookings b
               LEFT JOIN sessions s ON s.company_id = b.company_id AND s.id = b.session_id
               WHERE b.company_id = ?1 AND b.id < ?2 AND (b.ended_at < ?3 OR s.ended_at < ?3) ORDER BY b.id";
    let mut query = connection.prepare_cached(sql)?;
    let mut rows = query.query(params![company, begun, ms(cut.ended_before)])?;
    let mut ended: Vec<(String, Option<String>)> = Vec::new();
    while let Some(row) = rows.next()? {
        let id: String = row.get(0)?;
        if !open.contains(&id) {
            ended.push((id, row.get(1)?));
        }
        if ended.len() == BOOKINGS_AT_ONCE {
            break;
        }
    }
    for (booking, session) in &ended {
        remove_booking(connection, company, booking, session.as_deref())?;
    }
    Ok(ended.len() == BOOKINGS_AT_ONCE)
}

/// Those of employees who were gone when history begins, and are not there now either.
fn numbers_of_nobody(connection: &Connection, origin: &Company) -> Result<Vec<(u32, u64)>, Error> {
    let sql = "SELECT no, seq FROM employee_numbers WHERE company_id = ?1 AND seq <= ?2
                   AND id NOT IN (SELECT id FROM employees WHERE company_id = ?1)";
    let mut query = connection.prepare(sql)?;
    let rows = query.query_map(params![origin.id().as_str(), origin.seq().cast_signed()], |row| {
        Ok((row.get::<_, u32>(0)?, row.get::<_, i64>(1)?.cast_unsigned()))
    })?;
    let numbers: Vec<(u32, u64)> = rows.collect::<Result<_, _>>()?;
    Ok(numbers.into_iter().filter(|(number, _)| origin.employee_no(EmployeeNo(*number)).is_none()).collect())
}

fn remove_booking(connection: &Connection, company: &str, booking: &str, session: Option<&str>) -> Result<(), Error> {
    if let Some(session) = session {
        let of_session = params![company, session];
        connection
            .prepare_cached("DELETE FROM messages WHERE company_id = ?1 AND session_id = ?2")?
            .execute(of_session)?;
        connection.prepare_cached("DELETE FROM sessions WHERE company_id = ?1 AND id = ?2")?.execute(of_session)?;
    }
    let of_booking = params![company, booking];
    connection.prepare_cached("DELETE FROM offers WHERE company_id = ?1 AND booking_id = ?2")?.execute(of_booking)?;
    connection.prepare_cached("DELETE FROM bookings WHERE company_id = ?1 AND id = ?2")?.execute(of_booking)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::migrate;

    #[test]
    fn numbers_are_removed_slice_by_slice_and_each_slice_finds_where_it_begins() -> Result<(), Error> {
        let mut store = Connection::open_in_memory()?;
        migrate(&mut store)?;
        let numbers: Vec<(u32, u64)> = (0..2_500).map(|no| (no, u64::from(no) + 1)).collect();
        for (no, seq) in &numbers {
            let sql = "INSERT INTO employee_numbers (company_id, no, seq, id) VALUES ('acme', ?1, ?2, 'ann')";
            store.execute(sql, params![no, seq.cast_signed()])?;
        }
        let company: CompanyId = "acme".parse().map_err(unreadable)?;
        let origin = Company::new(company.clone());
        let cut = Cut { company, origin, ended_before: Time::default(), numbers, revision: 0 };
        let left = || store.query_row("SELECT count(*) FROM employee_numbers", [], |row| row.get::<_, i64>(0));
        for (is_more, rest) in [(true, 1_500), (true, 500), (false, 0), (false, 0)] {
            assert_eq!((remove_numbers(&cut, &store)?, left()?), (is_more, rest));
        }
        Ok(())
    }
}

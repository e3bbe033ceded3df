//! The execution of a cut: everything that ended before the new beginning of a history is removed, a slice at a time.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};
use switchboard_history::ids::prefix_of_ms;
use switchboard_journal::base::Base;
use switchboard_journal::cut::Cut;

use crate::columns::ms;
use crate::tables::write_snapshot;
use crate::{Error, bases, days, revision};

/// Bounds of one transaction, because commits wait for it.
const EVENTS_AT_ONCE: u64 = 1_000;
const BOOKINGS_AT_ONCE: usize = 100;
const NUMBERS_AT_ONCE: usize = 1_000;

/// Removes a slice. Returns whether more may be left.
pub(crate) fn remove_some(cut: &Cut, connection: &Connection) -> Result<bool, Error> {
    // After an erasure the cut is obsolete, because its origin still has the erased person. The next cut is computed
    // anew.
    Ok(revision::is_as_read(connection, &cut.company, cut.revision)?
        && (remove_events(cut, connection)?
            || days::remove_some(connection, &cut.company, cut.origin.clock())?
            || remove_bookings(cut, connection)?
            || remove_numbers(cut, connection)?))
}

/// Removes a slice of the events. The first slice also writes the new origin, without which no state could be replayed.
/// Returns whether more events are left.
fn remove_events(cut: &Cut, connection: &Connection) -> Result<bool, Error> {
    let (company, end) = (cut.company.as_str(), cut.origin.seq());
    let first = "SELECT min(seq) FROM events WHERE company_id = ?1";
    let first: Option<i64> = connection.query_row(first, [company], |row| row.get(0))?;
    // The last event of the origin stays, because the next event continues its number.
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

/// Removes a slice of the employees' numbers. Returns whether more are left.
fn remove_numbers(cut: &Cut, connection: &Connection) -> Result<bool, Error> {
    let company = cut.company.as_str();
    let sql = "SELECT EXISTS (SELECT 1 FROM employee_numbers WHERE company_id = ?1 AND no = ?2 AND seq = ?3)";
    let mut is_there = connection.prepare_cached(sql)?;
    // Slices are removed in order, so that a binary search finds the first number that is left.
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

/// Removes a slice of the bookings. Returns whether more are left.
fn remove_bookings(cut: &Cut, connection: &Connection) -> Result<bool, Error> {
    let company = cut.company.as_str();
    let open: BTreeSet<String> = cut.origin.bookings().map(|booking| booking.id.to_string()).collect();
    // Ids grow with time, so that later bookings need not be read.
    let begun = prefix_of_ms(cut.ended_before.as_ms());
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
    use switchboard_core::{Company, CompanyId, Time};

    use super::*;
    use crate::columns::unreadable;
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

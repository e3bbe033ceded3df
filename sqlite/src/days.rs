//! Days: what a company's bookings, offers and sessions of one day come to, counted once and kept, so that a year's
//! statistics read some hundred rows and not every booking.
//!
//! A day is kept when it is over and settled: nothing can begin in it any more, and nothing of it is still open. A day
//! that is not kept is counted anew for each question, so one may be missing and none may be wrong.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::de::DeserializeOwned;
use switchboard_core::{Company, CompanyId, Time};
use switchboard_journal::day::{Day, Part};
use switchboard_wire::view::json;

use crate::columns::{ms, time, unreadable};
use crate::reader::Reader;
use crate::spread::Kept;
use crate::tally::{BookingTally, Range, Span, WorkTally};
use crate::{Error, revision};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// Employees whose rows are written or removed with one transaction: commits wait behind it.
const EMPLOYEES_AT_ONCE: u16 = 500;
/// Days that are removed with one: those of a large company hold some 10 kB each.
const DAYS_REMOVED_AT_ONCE: u16 = 31;

/// When a day begins.
const fn begin_of(day: Day) -> Time {
    Time::from_ms(day * DAY_MS)
}

const fn whole(day: Day) -> Range {
    Range { from: begin_of(day), to: begin_of(day + 1) }
}

/// The counts of one day.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counted {
    bookings: BookingTally<Kept>,
    work: WorkTally<Kept>,
    /// By employee.
    each: BTreeMap<String, WorkTally<Kept>>,
}

impl Counted {
    fn read(connection: &Connection, company: &CompanyId, day: Day) -> Result<Self, Error> {
        let (mut bookings, mut work) = (BookingTally::default(), WorkTally::default());
        let mut each: BTreeMap<String, WorkTally> = BTreeMap::new();
        let span = Span::day(whole(day));
        bookings.count(connection, company, span)?;
        WorkTally::each(connection, company, None, span, |employee, add| {
            add(&mut work);
            match each.get_mut(employee) {
                Some(known) => add(known),
                None => add(each.entry(employee.to_owned()).or_default()),
            }
        })?;
        let each = each.into_iter().map(|(employee, work)| (employee, work.kept())).collect();
        Ok(Self { bookings: bookings.kept(), work: work.kept(), each })
    }

    fn stored(connection: &Connection, company: &CompanyId, day: Day, row: &Row<'_>) -> Result<Self, Error> {
        let sql = "SELECT employee_id, work FROM days_of_employees INDEXED BY days_of_employees_by_day
                   WHERE company_id = ?1 AND day = ?2";
        let mut query = connection.prepare_cached(sql)?;
        let mut rows = query.query(params![company.as_str(), day.cast_signed()])?;
        let mut each = BTreeMap::new();
        while let Some(row) = rows.next()? {
            each.insert(row.get(0)?, read(row, 1)?);
        }
        Ok(Self { bookings: read(row, 1)?, work: read(row, 2)?, each })
    }

    /// Whether nothing of it is open. Of a large entry a part may be filed, and so what it ended, and not what it began.
    fn is_settled(&self) -> bool {
        self.bookings.is_settled() && self.work.is_settled()
    }

    /// In parts, to be written one after the other. It counts once the last of them is.
    fn parts(self, company: &CompanyId, day: Day, revision: u64) -> Vec<Part> {
        let (bookings, work): (Arc<str>, Arc<str>) = (json(&self.bookings).into(), json(&self.work).into());
        let each: Vec<(String, String)> = self.each.into_iter().map(|(id, work)| (id, json(&work))).collect();
        let all = each.len();
        let mut parts: Vec<Vec<_>> = each.chunks(EMPLOYEES_AT_ONCE.into()).map(<[_]>::to_vec).collect();
        if parts.is_empty() {
            parts.push(Vec::new());
        }
        let last = parts.len() - 1;
        let part = |(number, each)| {
            let (company, bookings, work) = (company.clone(), bookings.clone(), work.clone());
            let (is_first, all) = (number == 0, (number == last).then_some(all));
            Part { company, day, revision, is_first, all, bookings, work, each }
        };
        parts.into_iter().enumerate().map(part).collect()
    }
}

pub(crate) fn write(connection: &Connection, part: &Part) -> Result<(), Error> {
    let Part { company, day, revision, is_first, all, bookings, work, each } = part;
    if !revision::is_as_read(connection, company, *revision)? || is_cut_off(connection, company, *day)? {
        return Ok(());
    }
    let (company, day) = (company.as_str(), day.cast_signed());
    if *is_first {
        // An earlier try may have left some.
        let sql = "DELETE FROM days_of_employees WHERE company_id = ?1 AND day = ?2";
        connection.prepare_cached(sql)?.execute(params![company, day])?;
    }
    let sql = "INSERT INTO days_of_employees (company_id, day, employee_id, work) VALUES (?1, ?2, ?3, ?4)";
    let mut insert = connection.prepare_cached(sql)?;
    for (employee, work) in each {
        insert.execute(params![company, day, employee, work])?;
    }
    if let Some(all) = all {
        let sql = "INSERT INTO days (company_id, day, bookings, work) SELECT ?1, ?2, ?3, ?4
                   WHERE (SELECT count(*) FROM days_of_employees WHERE company_id = ?1 AND day = ?2) = ?5";
        let all = i64::try_from(*all).unwrap_or(i64::MAX);
        connection.prepare_cached(sql)?.execute(params![company, day, bookings, work, all])?;
    }
    Ok(())
}

/// Whether history no longer reaches back behind that day: what is left of it is being removed.
fn is_cut_off(connection: &Connection, company: &CompanyId, day: Day) -> Result<bool, Error> {
    let sql = "SELECT at FROM bases WHERE company_id = ?1
                   AND (SELECT min(seq) FROM events WHERE company_id = ?1) > 1 ORDER BY seq LIMIT 1";
    let mut query = connection.prepare_cached(sql)?;
    let begin: Option<i64> = query.query_row([company.as_str()], |row| row.get(0)).optional()?;
    Ok(begin.is_some_and(|at| ms(begin_of(day)) <= at))
}

/// A day that is counted, and not kept yet.
pub(super) struct Due {
    /// Its parts, to be written one after the other.
    pub parts: Vec<Part>,
    /// The day after it.
    pub next: Day,
}

/// Counts the next day, from that one on, that can be kept and is not. The state says up to when all is filed.
pub(super) fn next_due(reader: &Reader, state: &Company, from: Day) -> Result<Option<Due>, Error> {
    let company = state.id();
    reader.ask_until_told(|connection| {
        let revision = revision::of(connection, company)?;
        let mut from = from;
        while let Some(day) = next_with_bookings(connection, company, from)? {
            // Time does not go back within a company: what comes now begins later.
            if begin_of(day + 1) > state.clock() {
                break;
            }
            from = day + 1;
            if is_kept(connection, company, day)?
                || !is_settled(connection, company, day)?
                || is_cut_off(connection, company, day)?
            {
                continue;
            }
            let counted = Counted::read(connection, company, day)?;
            if counted.is_settled() {
                return Ok(Some(Due { parts: counted.parts(company, day, revision), next: from }));
            }
        }
        Ok(None)
    })
}

fn next_with_bookings(connection: &Connection, company: &CompanyId, from: Day) -> Result<Option<Day>, Error> {
    let sql = "SELECT created_at FROM bookings WHERE company_id = ?1 AND id >= ?2 AND created_at >= ?3
               ORDER BY id LIMIT 1";
    let bind = params![company.as_str(), Span::part(whole(from)).ids().0, ms(begin_of(from))];
    let found: Option<i64> = connection.prepare_cached(sql)?.query_row(bind, |row| row.get(0)).optional()?;
    Ok(found.map(|at| time(at).day()))
}

fn is_kept(connection: &Connection, company: &CompanyId, day: Day) -> Result<bool, Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM days WHERE company_id = ?1 AND day = ?2)";
    Ok(connection.prepare_cached(sql)?.query_row(params![company.as_str(), day.cast_signed()], |row| row.get(0))?)
}

/// Whether nothing that began in it is open.
fn is_settled(connection: &Connection, company: &CompanyId, day: Day) -> Result<bool, Error> {
    let sql = "SELECT NOT EXISTS (SELECT 1 FROM bookings INDEXED BY bookings_that_search
                   WHERE company_id = ?1 AND state = 'offering' AND created_at >= ?2 AND created_at < ?3)
               AND NOT EXISTS (SELECT 1 FROM sessions INDEXED BY sessions_that_run
                   WHERE company_id = ?1 AND ended_at IS NULL AND started_at >= ?2 AND started_at < ?3)";
    let Range { from, to } = whole(day);
    Ok(connection.prepare_cached(sql)?.query_row(params![company.as_str(), ms(from), ms(to)], |row| row.get(0))?)
}

/// A time in parts: the days of it that are kept, and what lies around them.
#[derive(Debug)]
pub(super) struct Parts {
    kept: Vec<Day>,
    /// The times around them, which must be counted.
    pub counted: Vec<Range>,
}

impl Parts {
    pub(super) fn of(connection: &Connection, company: &CompanyId, range: Range) -> Result<Self, Error> {
        let sql = "SELECT day FROM days WHERE company_id = ?1 AND day >= ?2 AND day < ?3 ORDER BY day";
        let (first, end) = (range.from.as_ms().div_ceil(DAY_MS), range.to.day());
        let mut query = connection.prepare_cached(sql)?;
        let days = query.query_map(params![company.as_str(), first.cast_signed(), end.cast_signed()], |row| {
            Ok(row.get::<_, i64>(0)?.cast_unsigned())
        })?;
        let kept: Vec<Day> = days.collect::<Result<_, _>>()?;
        let ends = kept.iter().map(|day| begin_of(*day)).chain([range.to]);
        let begins = std::iter::once(range.from).chain(kept.iter().map(|day| begin_of(day + 1)));
        let around = begins.zip(ends).map(|(from, to)| Range { from, to });
        let counted = around.filter(|range| range.from < range.to).collect();
        Ok(Self { kept, counted })
    }

    /// Adds what is kept of all of a company.
    pub(super) fn add_company(
        &self,
        connection: &Connection,
        company: &CompanyId,
        bookings: &mut BookingTally,
        work: &mut WorkTally,
    ) -> Result<(), Error> {
        let mut query =
            connection.prepare_cached("SELECT bookings, work FROM days WHERE company_id = ?1 AND day = ?2")?;
        for day in &self.kept {
            let mut rows = query.query(params![company.as_str(), day.cast_signed()])?;
            while let Some(row) = rows.next()? {
                bookings.add_kept(&read(row, 0)?);
                work.add_kept(&read(row, 1)?);
            }
        }
        Ok(())
    }

    /// Adds what is kept of one employee. Says whether there was anything.
    pub(super) fn add_employee(
        &self,
        connection: &Connection,
        company: &CompanyId,
        employee: &str,
        work: &mut WorkTally,
    ) -> Result<bool, Error> {
        let (Some(first), Some(last)) = (self.kept.first(), self.kept.last()) else { return Ok(false) };
        let sql = "SELECT day, work FROM days_of_employees
                   WHERE company_id = ?1 AND employee_id = ?2 AND day >= ?3 AND day <= ?4";
        let bind = params![company.as_str(), employee, first.cast_signed(), last.cast_signed()];
        let mut query = connection.prepare_cached(sql)?;
        let (mut rows, mut is_there) = (query.query(bind)?, false);
        while let Some(row) = rows.next()? {
            if self.kept.binary_search(&row.get::<_, i64>(0)?.cast_unsigned()).is_ok() {
                work.add_kept(&read(row, 1)?);
                is_there = true;
            }
        }
        Ok(is_there)
    }
}

/// The employees behind that one of whom days are kept, from one to the next along the table, however many days there
/// are.
pub(super) fn employees(
    connection: &Connection,
    company: &CompanyId,
    after: Option<&str>,
) -> Result<Vec<String>, Error> {
    let sql = "WITH RECURSIVE known (id) AS (
                   SELECT min(employee_id) FROM days_of_employees
                   WHERE company_id = ?1 AND employee_id > coalesce(?2, '')
                   UNION ALL
                   SELECT (SELECT min(employee_id) FROM days_of_employees
                           WHERE company_id = ?1 AND employee_id > known.id)
                   FROM known WHERE known.id IS NOT NULL)
               SELECT id FROM known WHERE id IS NOT NULL";
    let mut query = connection.prepare_cached(sql)?;
    let ids = query.query_map(params![company.as_str(), after], |row| row.get(0))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

fn read<T: DeserializeOwned>(row: &Row<'_>, at: usize) -> Result<T, Error> {
    serde_json::from_str(row.get_ref(at)?.as_str().map_err(unreadable)?).map_err(unreadable)
}

/// Removes some of the days that began until then: first those of the company, without which the others do not count.
/// Says whether there may be more.
pub(super) fn remove_some(connection: &Connection, company: &CompanyId, until: Time) -> Result<bool, Error> {
    let (company, last) = (company.as_str(), until.day().cast_signed());
    let of_company = "DELETE FROM days WHERE (company_id, day) IN
                          (SELECT company_id, day FROM days WHERE company_id = ?1 AND day <= ?2 LIMIT ?3)";
    let of_employees = "DELETE FROM days_of_employees WHERE (company_id, employee_id, day) IN
                            (SELECT company_id, employee_id, day
                             FROM days_of_employees INDEXED BY days_of_employees_by_day
                             WHERE company_id = ?1 AND day <= ?2 LIMIT ?3)";
    for (sql, at_once) in [(of_company, DAYS_REMOVED_AT_ONCE), (of_employees, EMPLOYEES_AT_ONCE)] {
        if connection.prepare_cached(sql)?.execute(params![company, last, at_once])? > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Gives some of what is kept of an employee another id. Says whether there may be more.
pub(super) fn rename_some(connection: &Connection, company: &str, employee: &str, alias: &str) -> Result<bool, Error> {
    let sql = "UPDATE days_of_employees SET employee_id = ?3 WHERE company_id = ?1 AND employee_id = ?2 AND day IN
                   (SELECT day FROM days_of_employees WHERE company_id = ?1 AND employee_id = ?2 LIMIT ?4)";
    let renamed = connection.prepare_cached(sql)?.execute(params![company, employee, alias, EMPLOYEES_AT_ONCE])?;
    Ok(renamed > 0)
}

/// What is kept and is not what the rows come to, in words.
pub(super) fn differences(connection: &Connection, company: &CompanyId) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    let mut query = connection.prepare("SELECT day, bookings, work FROM days WHERE company_id = ?1")?;
    let mut rows = query.query([company.as_str()])?;
    while let Some(row) = rows.next()? {
        let day = row.get::<_, i64>(0)?.cast_unsigned();
        if is_cut_off(connection, company, day)? {
            continue;
        }
        match Counted::stored(connection, company, day, row) {
            Ok(stored) if stored == Counted::read(connection, company, day)? => {}
            Ok(_) => found.push(format!("what is kept of day {day} is not what its bookings and sessions come to")),
            Err(error) => found.push(format!("what is kept of day {day}: {error}")),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use switchboard_core::BookingId;

    use super::*;
    use crate::schema::migrate;

    fn days(store: &Connection) -> Result<i64, Error> {
        Ok(store.query_row("SELECT count(*) FROM days", [], |row| row.get(0))?)
    }

    #[test]
    fn what_was_counted_in_a_history_that_is_another_now_is_not_kept() -> Result<(), Error> {
        let mut store = Connection::open_in_memory()?;
        migrate(&mut store)?;
        let acme = "acme".parse().map_err(unreadable)?;
        let keep = |store: &Connection, day, revision| -> Result<i64, Error> {
            let counted = Counted::read(store, &acme, day)?;
            counted.parts(&acme, day, revision).iter().try_for_each(|part| write(store, part))?;
            days(store)
        };
        assert_eq!(keep(&store, 20_000, 0)?, 1);
        // Somebody was erased.
        store.execute("INSERT INTO erasures (company_id, revision) VALUES ('acme', 1)", [])?;
        assert_eq!((keep(&store, 20_001, 0)?, keep(&store, 20_001, 1)?), (1, 2));
        // What was before noon of a day is removed.
        let noon = ms(begin_of(20_003).plus_ms(DAY_MS / 2));
        let event = "INSERT INTO events (company_id, seq, at, kind, data) VALUES ('acme', 7, ?1, '', '')";
        store.execute(event, [noon])?;
        store.execute("INSERT INTO bases (company_id, seq, at, data) VALUES ('acme', 7, ?1, '')", [noon])?;
        assert_eq!((keep(&store, 20_003, 1)?, keep(&store, 20_004, 1)?), (2, 3));
        while remove_some(&store, &acme, begin_of(20_003).plus_ms(DAY_MS / 2))? {}
        assert_eq!((days(&store)?, is_kept(&store, &acme, 20_004)?), (1, true));
        Ok(())
    }

    #[test]
    fn a_booking_whose_id_is_of_the_day_before_is_counted_when_it_began() -> Result<(), Error> {
        let mut store = Connection::open_in_memory()?;
        migrate(&mut store)?;
        let acme = "acme".parse().map_err(unreadable)?;
        let began = begin_of(20_001).plus_ms(3_000);
        // The wall clock went back, and the company's own time did not.
        for back_ms in [0, 30 * 60 * 1000, DAY_MS - 10_000] {
            let id = BookingId::from_u128(u128::from(began.as_ms() - back_ms) << 80).to_string();
            let sql = "INSERT INTO bookings (company_id, id, client_id, topic, state, offers, created_at)
                       VALUES ('acme', ?1, 'alice', 'tax', 'unanswered', 0, ?2)";
            store.execute(sql, params![id, ms(began)])?;
        }
        let total = |day| -> Result<u64, Error> {
            let mut bookings = BookingTally::default();
            bookings.add_kept(&Counted::read(&store, &acme, day)?.bookings);
            Ok(bookings.total())
        };
        assert_eq!((total(20_000)?, total(20_001)?, total(20_002)?), (0, 3, 0));
        Ok(())
    }

    #[test]
    fn a_day_of_many_employees_is_kept_once_all_of_them_are() -> Result<(), Error> {
        let mut store = Connection::open_in_memory()?;
        migrate(&mut store)?;
        let acme = "acme".parse().map_err(unreadable)?;
        let of_many = || {
            let each = (0..=2 * EMPLOYEES_AT_ONCE).map(|no| (format!("e{no:05}"), WorkTally::default()));
            Counted { each: each.collect(), ..Counted::default() }.parts(&acme, 20_000, 0)
        };
        let parts = of_many();
        assert_eq!(parts.len(), 3);
        write(&store, &parts[0])?;
        // Without the second one, which was refused or lost.
        write(&store, &parts[2])?;
        assert_eq!(days(&store)?, 0);
        for part in of_many() {
            assert_eq!(days(&store)?, 0);
            write(&store, &part)?;
        }
        let known = employees(&store, &acme, None)?;
        assert_eq!((days(&store)?, known.len()), (1, usize::from(2 * EMPLOYEES_AT_ONCE) + 1));
        assert!(known.is_sorted());
        assert_eq!(employees(&store, &acme, Some("e00998"))?, ["e00999", "e01000"]);
        Ok(())
    }
}

//! The tables of counted days: see [`switchboard_history::days`].

use rusqlite::{Connection, Row, params};
use switchboard_core::{CompanyId, Time};
use switchboard_history::days::{EMPLOYEES_AT_ONCE, begin_of};
use switchboard_history::past::{Bases, Days, HistoryResult};
use switchboard_journal::day::{Day, DayPart};

use crate::columns::text;
use crate::past::Tables;
use crate::{Error, revision};

/// Days that are removed in one transaction, because those of a large company hold some 10 kB each.
const DAYS_REMOVED_AT_ONCE: u16 = 31;

pub(crate) fn write(connection: &Connection, part: &DayPart) -> Result<(), Error> {
    let DayPart { company, day, revision, is_first, all, bookings, work, each } = part;
    if !revision::is_as_read(connection, company, *revision)? || is_cut_off(connection, company, *day)? {
        return Ok(());
    }
    let (company, day) = (company.as_str(), day.cast_signed());
    if *is_first {
        // An earlier try may have left rows.
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

/// Whether a cut lies behind the beginning of that day, so that the rows of the day are being removed.
fn is_cut_off(connection: &Connection, company: &CompanyId, day: Day) -> Result<bool, Error> {
    Ok(Tables(connection).cut_at(company)?.is_some_and(|at| begin_of(day) <= at))
}

impl Days for Tables<'_> {
    fn days(&self, company: &CompanyId, first: Day, end: Day) -> HistoryResult<Vec<Day>> {
        let sql = "SELECT day FROM days WHERE company_id = ?1 AND day >= ?2 AND day < ?3 ORDER BY day";
        self.all(sql, params![company.as_str(), stored(first), stored(end)], |row| read_day(row, 0))
    }

    fn day(&self, company: &CompanyId, day: Day) -> HistoryResult<Option<(String, String)>> {
        let sql = "SELECT bookings, work FROM days WHERE company_id = ?1 AND day = ?2";
        self.one(sql, params![company.as_str(), stored(day)], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    fn is_day_kept(&self, company: &CompanyId, day: Day) -> HistoryResult<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM days WHERE company_id = ?1 AND day = ?2)";
        Ok(self.one(sql, params![company.as_str(), stored(day)], |row| Ok(row.get(0)?))?.unwrap_or(false))
    }

    fn days_of_employee(
        &self,
        company: &CompanyId,
        employee: &str,
        (first, last): (Day, Day),
        each: &mut dyn FnMut(Day, &str) -> HistoryResult<()>,
    ) -> HistoryResult<()> {
        let sql = "SELECT day, work FROM days_of_employees
                   WHERE company_id = ?1 AND employee_id = ?2 AND day >= ?3 AND day <= ?4";
        let mut query = self.0.prepare_cached(sql).map_err(Error::from)?;
        let bind = params![company.as_str(), employee, stored(first), stored(last)];
        let mut rows = query.query(bind).map_err(Error::from)?;
        while let Some(row) = rows.next().map_err(Error::from)? {
            each(read_day(row, 0)?, text(row, 1)?)?;
        }
        Ok(())
    }

    fn employees_of_day(&self, company: &CompanyId, day: Day) -> HistoryResult<Vec<(String, String)>> {
        let sql = "SELECT employee_id, work FROM days_of_employees INDEXED BY days_of_employees_by_day
                   WHERE company_id = ?1 AND day = ?2";
        self.all(sql, params![company.as_str(), stored(day)], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// Skips from one employee to the next along the table, so that the cost does not grow with the number of days.
    fn employees_with_days(&self, company: &CompanyId, after: Option<&str>) -> HistoryResult<Vec<String>> {
        let sql = "WITH RECURSIVE known (id) AS (
                       SELECT min(employee_id) FROM days_of_employees
                       WHERE company_id = ?1 AND employee_id > coalesce(?2, '')
                       UNION ALL
                       SELECT (SELECT min(employee_id) FROM days_of_employees
                               WHERE company_id = ?1 AND employee_id > known.id)
                       FROM known WHERE known.id IS NOT NULL)
                   SELECT id FROM known WHERE id IS NOT NULL";
        self.all(sql, params![company.as_str(), after], |row| Ok(row.get(0)?))
    }
}

/// Converts a day to a column. `Day::MAX` becomes a number behind every stored day.
fn stored(day: Day) -> i64 {
    i64::try_from(day).unwrap_or(i64::MAX)
}

fn read_day(row: &Row<'_>, at: usize) -> Result<Day, Error> {
    Ok(row.get::<_, i64>(at)?.cast_unsigned())
}

/// Removes a slice of the days that began until then: first the days of the company, without which those of employees
/// do not count. Returns whether more may be left.
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

/// Renames an employee in a slice of the kept days. Returns whether more may be left.
pub(super) fn rename_some(connection: &Connection, company: &str, employee: &str, alias: &str) -> Result<bool, Error> {
    let sql = "UPDATE days_of_employees SET employee_id = ?3 WHERE company_id = ?1 AND employee_id = ?2 AND day IN
                   (SELECT day FROM days_of_employees WHERE company_id = ?1 AND employee_id = ?2 LIMIT ?4)";
    let renamed = connection.prepare_cached(sql)?.execute(params![company, employee, alias, EMPLOYEES_AT_ONCE])?;
    Ok(renamed > 0)
}

#[cfg(test)]
mod tests {
    use switchboard_core::BookingId;
    use switchboard_history::days::{DAY_MS, DayCounts};

    use super::*;
    use crate::columns::{ms, unreadable};
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
            let counted = DayCounts::read(&Tables(store), &acme, day)?;
            counted.parts(&acme, day, revision).iter().try_for_each(|part| write(store, part))?;
            days(store)
        };
        assert_eq!(keep(&store, 20_000, 0)?, 1);
        // An erasure rewrites the history.
        store.execute("INSERT INTO erasures (company_id, revision) VALUES ('acme', 1)", [])?;
        assert_eq!((keep(&store, 20_001, 0)?, keep(&store, 20_001, 1)?), (1, 2));
        // A cut removes the time before noon of a day.
        let noon = ms(begin_of(20_003).plus_ms(DAY_MS / 2));
        let event = "INSERT INTO events (company_id, seq, at, kind, data) VALUES ('acme', 7, ?1, '', '')";
        store.execute(event, [noon])?;
        store.execute("INSERT INTO bases (company_id, seq, at, data) VALUES ('acme', 7, ?1, '')", [noon])?;
        assert_eq!((keep(&store, 20_003, 1)?, keep(&store, 20_004, 1)?), (2, 3));
        while remove_some(&store, &acme, begin_of(20_003).plus_ms(DAY_MS / 2))? {}
        assert_eq!((days(&store)?, Tables(&store).is_day_kept(&acme, 20_004)?), (1, true));
        Ok(())
    }

    #[test]
    fn a_booking_whose_id_is_of_the_day_before_is_counted_when_it_began() -> Result<(), Error> {
        let mut store = Connection::open_in_memory()?;
        migrate(&mut store)?;
        let acme = "acme".parse().map_err(unreadable)?;
        let began = begin_of(20_001).plus_ms(3_000);
        // The wall clock goes back, and the company's own time does not.
        for back_ms in [0, 30 * 60 * 1000, DAY_MS - 10_000] {
            let id = BookingId::from_u128(u128::from(began.as_ms() - back_ms) << 80).to_string();
            let sql = "INSERT INTO bookings (company_id, id, client_id, topic, state, offers, created_at)
                       VALUES ('acme', ?1, 'alice', 'tax', 'unanswered', 0, ?2)";
            store.execute(sql, params![id, ms(began)])?;
        }
        let total = |day| -> Result<u64, Error> { Ok(DayCounts::read(&Tables(&store), &acme, day)?.bookings()) };
        assert_eq!((total(20_000)?, total(20_001)?, total(20_002)?), (0, 3, 0));
        Ok(())
    }

    #[test]
    fn a_day_of_many_employees_is_kept_once_all_of_them_are() -> Result<(), Error> {
        let mut store = Connection::open_in_memory()?;
        migrate(&mut store)?;
        let acme: CompanyId = "acme".parse().map_err(unreadable)?;
        let all = 2 * usize::from(EMPLOYEES_AT_ONCE) + 1;
        let of_many = || -> Vec<DayPart> {
            let company: &CompanyId = &acme;
            let each: Vec<_> = (0..all).map(|no| (format!("e{no:05}"), "{}".to_owned())).collect();
            let parts = each.chunks(EMPLOYEES_AT_ONCE.into()).enumerate().map(|(no, each)| DayPart {
                company: company.clone(),
                day: 20_000,
                revision: 0,
                is_first: no == 0,
                all: (no == 2).then_some(all),
                bookings: "{}".into(),
                work: "{}".into(),
                each: each.to_vec(),
            });
            parts.collect()
        };
        let parts = of_many();
        assert_eq!(parts.len(), 3);
        write(&store, &parts[0])?;
        // The second part is left out, as if it was refused or lost.
        write(&store, &parts[2])?;
        assert_eq!(days(&store)?, 0);
        for part in of_many() {
            assert_eq!(days(&store)?, 0);
            write(&store, &part)?;
        }
        let known = Tables(&store).employees_with_days(&acme, None)?;
        assert_eq!((days(&store)?, known.len()), (1, usize::from(2 * EMPLOYEES_AT_ONCE) + 1));
        assert!(known.is_sorted());
        assert_eq!(Tables(&store).employees_with_days(&acme, Some("e00998"))?, ["e00999", "e01000"]);
        Ok(())
    }
}

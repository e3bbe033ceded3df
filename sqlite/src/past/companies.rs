//! Companies, their employees and their logos.

use rusqlite::{Row, params};
use switchboard_core::{CompanyId, LogoId, SessionId, Time};
use switchboard_history::asked::CompaniesAsked;
use switchboard_history::past::{Companies, CompanyRow, Each, EmployeeRow, HistoryResult};
use switchboard_journal::picture::Kind;

use super::Tables;
use crate::columns::{parsed, text, time};
use crate::removal::{self, begins_at};
use crate::{Error, logos};

/// Skips from company to company along the index, so that the cost does not grow with the number of events.
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
pub(super) use known_companies;

impl Companies for Tables<'_> {
    fn is_known(&self, company: &CompanyId) -> HistoryResult<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM companies WHERE id = ?1)";
        Ok(self.one(sql, [company.as_str()], |row| Ok(row.get(0)?))?.unwrap_or(false))
    }

    fn companies(&self, asked: CompaniesAsked<'_>, each: Each<'_, CompanyRow>) -> HistoryResult<()> {
        let sql = "SELECT id, name, settings, created_at, colour, logo, routing FROM companies
                   WHERE id > ?1 AND id >= ?2 AND id < ?3
                       AND (?5 IS NULL OR id IN (SELECT value FROM json_each(?5))) ORDER BY id LIMIT ?4";
        let CompaniesAsked { among, prefix, after, limit } = asked;
        // `\u{7f}` sorts behind every character that an id may have.
        self.each(sql, params![after, prefix, format!("{prefix}\u{7f}"), limit, among], read_company_row, each)
    }

    fn company_row(&self, company: &CompanyId) -> HistoryResult<Option<CompanyRow>> {
        let sql = "SELECT id, name, settings, created_at, colour, logo, routing FROM companies WHERE id = ?1";
        self.one(sql, [company.as_str()], read_company_row)
    }

    fn employees(&self, company: &CompanyId, after: &str, each: Each<'_, EmployeeRow>) -> HistoryResult<()> {
        let sql = "SELECT id, name, topics, intent, skills, share, capacity FROM employees
                   WHERE company_id = ?1 AND id > ?2 ORDER BY id";
        let read = |row: &Row<'_>| {
            let (id, name, topics, intent) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            Ok(EmployeeRow { id, name, topics, intent, skills: row.get(4)?, share: row.get(5)?, capacity: row.get(6)? })
        };
        self.each(sql, [company.as_str(), after], read, each)
    }

    fn begins_at(&self, company: &CompanyId) -> HistoryResult<Time> {
        let sql = concat!("SELECT ", begins_at!("?1"));
        Ok(self.one(sql, [company.as_str()], |row| Ok(time(row.get(0)?)))?.unwrap_or_default())
    }

    fn begins_behind(&self, company: &CompanyId) -> HistoryResult<u64> {
        let sql = "SELECT seq FROM removals WHERE company_id = ?1 AND EXISTS (SELECT 1 FROM companies WHERE id = ?1)";
        let found = self.one(sql, [company.as_str()], |row| Ok(row.get::<_, i64>(0)?.cast_unsigned()))?;
        Ok(found.unwrap_or(0))
    }

    fn removed_last(&self, company: &CompanyId) -> HistoryResult<Option<u64>> {
        Ok(removal::last(self.0, company)?)
    }

    fn companies_made_again(&self) -> HistoryResult<Vec<(CompanyId, Time)>> {
        let sql = "SELECT r.company_id, r.at FROM removals r JOIN companies c ON c.id = r.company_id
                   WHERE (SELECT min(seq) FROM events e WHERE e.company_id = r.company_id) < r.seq
                       OR (SELECT created_at FROM bookings b WHERE b.company_id = r.company_id ORDER BY b.id LIMIT 1)
                           < c.created_at";
        self.all(sql, [], |row| Ok((parsed(row, 0)?, time(row.get(1)?))))
    }

    fn companies_with_open_things(&self) -> HistoryResult<Vec<CompanyId>> {
        let sql = "SELECT company_id FROM bookings INDEXED BY bookings_that_search WHERE state = 'offering'
                   UNION SELECT company_id FROM sessions INDEXED BY sessions_that_run WHERE ended_at IS NULL
                   UNION SELECT company_id FROM employees INDEXED BY employees_who_want_to_work WHERE intent = 'idle'";
        self.all(sql, [], |row| parsed(row, 0))
    }

    fn company_of_session(&self, id: SessionId) -> HistoryResult<Option<CompanyId>> {
        self.one("SELECT company_id FROM sessions WHERE id = ?1", [id.to_string()], |row| parsed(row, 0))
    }

    fn companies_that_are_gone(&self) -> HistoryResult<Vec<CompanyId>> {
        let sql = concat!(
            known_companies!(),
            "SELECT id FROM known WHERE id IS NOT NULL AND id NOT IN (SELECT id FROM companies)"
        );
        self.all(sql, [], |row| parsed(row, 0))
    }

    fn logo(&self, company: &CompanyId, logo: &LogoId) -> HistoryResult<Option<(Kind, Vec<u8>)>> {
        Ok(logos::find(self.0, company, logo)?)
    }
}

fn read_company_row(row: &Row<'_>) -> Result<CompanyRow, Error> {
    Ok(CompanyRow {
        id: text(row, 0)?.to_owned(),
        name: row.get(1)?,
        settings: row.get(2)?,
        created_at: time(row.get(3)?),
        colour: row.get(4)?,
        logo: row.get(5)?,
        routing: row.get(6)?,
    })
}

//! Lookups of the things that an event names, by key.

use rusqlite::params;
use switchboard_core::{BookingId, CompanyId, EmployeeNo, OfferId, SessionId, Time};
use switchboard_history::past::{BookingFacts, HistoryResult, Lookups, SessionFacts};

use super::Tables;
use crate::columns::time;

impl Lookups for Tables<'_> {
    fn booking_facts(&self, company: &CompanyId, id: BookingId) -> HistoryResult<Option<BookingFacts>> {
        let sql = "SELECT client_id, topic, note, client_name FROM bookings WHERE company_id = ?1 AND id = ?2";
        self.one(sql, params![company.as_str(), id.to_string()], |row| {
            Ok(BookingFacts { client: row.get(0)?, topic: row.get(1)?, note: row.get(2)?, client_name: row.get(3)? })
        })
    }

    fn session_facts(&self, company: &CompanyId, id: SessionId) -> HistoryResult<Option<SessionFacts>> {
        let sql = "SELECT booking_id, client_id, employee_id, topic, started_at FROM sessions
                   WHERE company_id = ?1 AND id = ?2";
        self.one(sql, params![company.as_str(), id.to_string()], |row| {
            Ok(SessionFacts {
                booking: row.get(0)?,
                client: row.get(1)?,
                employee: row.get(2)?,
                topic: row.get(3)?,
                started_at: time(row.get(4)?),
            })
        })
    }

    fn asked(&self, company: &CompanyId, offer: OfferId) -> HistoryResult<Option<String>> {
        let sql = "SELECT employee_id FROM offers WHERE company_id = ?1 AND booking_id = ?2 AND attempt = ?3";
        let bind = params![company.as_str(), offer.booking.to_string(), offer.attempt];
        self.one(sql, bind, |row| Ok(row.get(0)?))
    }

    fn employee_name(&self, company: &CompanyId, employee: &str) -> HistoryResult<Option<String>> {
        let sql = "SELECT name FROM employees WHERE company_id = ?1 AND id = ?2";
        self.one(sql, [company.as_str(), employee], |row| Ok(row.get(0)?))
    }

    fn employee_with_number(&self, company: &CompanyId, no: EmployeeNo, seq: u64) -> HistoryResult<Option<String>> {
        let sql = "SELECT id FROM employee_numbers WHERE company_id = ?1 AND no = ?2 AND seq <= ?3
                   ORDER BY seq DESC LIMIT 1";
        self.one(sql, params![company.as_str(), no.0, seq.cast_signed()], |row| Ok(row.get(0)?))
    }

    /// The event that gave employees their number also made them. Without that event, a cut has removed all rows before
    /// it too, so that no lower bound is needed.
    fn employee_since(&self, company: &CompanyId, employee: &str) -> HistoryResult<Option<Time>> {
        let sql = "SELECT e.at FROM events e WHERE e.company_id = ?1 AND e.seq =
                       (SELECT max(seq) FROM employee_numbers WHERE company_id = ?1 AND id = ?2)";
        self.one(sql, [company.as_str(), employee], |row| Ok(time(row.get(0)?)))
    }

    fn numbers_of_nobody(&self, company: &CompanyId, until: u64) -> HistoryResult<Vec<(u32, u64)>> {
        let sql = "SELECT no, seq FROM employee_numbers WHERE company_id = ?1 AND seq <= ?2
                       AND id NOT IN (SELECT id FROM employees WHERE company_id = ?1)";
        self.all(sql, params![company.as_str(), until.cast_signed()], |row| {
            Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned()))
        })
    }
}

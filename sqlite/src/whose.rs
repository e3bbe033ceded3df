//! For whom an employee's past is read: the employee sees what was theirs, and nothing of whoever had the id before.

use rusqlite::{Connection, OptionalExtension, params};
use switchboard_core::{CompanyId, Time};

use crate::Error;
use crate::columns::time;

/// Who asks for an employee's past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForWhom {
    /// Whoever runs the company: all that was done under that id.
    Admin,
    /// The employee who has the id now.
    Themselves,
}

impl ForWhom {
    /// From when on they may see it. An employee was made by the event that gave them their number; where that is cut
    /// off, so is all that was before.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) fn since(self, connection: &Connection, company: &CompanyId, employee: &str) -> Result<Time, Error> {
        if self == Self::Admin {
            return Ok(Time::default());
        }
        let sql = "SELECT e.at FROM events e WHERE e.company_id = ?1 AND e.seq =
                       (SELECT max(seq) FROM employee_numbers WHERE company_id = ?1 AND id = ?2)";
        let mut query = connection.prepare_cached(sql)?;
        let found = query.query_row(params![company.as_str(), employee], |row| row.get(0)).optional()?;
        Ok(found.map_or_else(Time::default, time))
    }
}

//! The check of employees' numbers: the table must give each number the same employee as the events do.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};
use switchboard_core::{CompanyId, EmployeeId, EmployeeNo};

use crate::Error;

/// A number, the event from which on an employee has it, and the employee.
pub(super) type Hired = (EmployeeNo, u64, EmployeeId);

/// Describes differences of the table from the events. Before the beginning of the history the table may have more.
pub(super) fn differences(
    connection: &Connection,
    company: &CompanyId,
    begins: u64,
    hired: &[Hired],
) -> Result<Vec<String>, Error> {
    let mut query = connection.prepare("SELECT no, seq, id FROM employee_numbers WHERE company_id = ?1")?;
    let rows = query.query_map(params![company.as_str()], |row| {
        Ok(((row.get::<_, u32>(0)?, row.get::<_, i64>(1)?.cast_unsigned()), row.get::<_, String>(2)?))
    })?;
    let stored: BTreeMap<(u32, u64), String> = rows.collect::<Result<_, _>>()?;
    let whose = |no: &EmployeeNo, seq: u64| stored.range((no.0, 0)..=(no.0, seq)).next_back().map(|(_, id)| id);
    let is_removed = |no: &EmployeeNo, seq: u64| begins > 0 && seq > begins && whose(no, seq).is_none();
    let missing = hired
        .iter()
        .filter(|(no, seq, id)| whose(no, *seq).map(String::as_str) != Some(id.as_str()) && !is_removed(no, *seq));
    let mut found: Vec<String> = missing
        .map(|(no, seq, id)| {
            format!("event {seq} gives {id} the number {}, but the table has {:?}", no.0, whose(no, *seq))
        })
        .collect();
    let known: BTreeSet<(u32, u64, &str)> = hired.iter().map(|(no, seq, id)| (no.0, *seq, id.as_str())).collect();
    let invented = stored.iter().filter(|((no, seq), id)| *seq > begins && !known.contains(&(*no, *seq, id.as_str())));
    found.extend(invented.map(|((no, seq), id)| format!("no event {seq} gives {id} the number {no}")));
    Ok(found)
}

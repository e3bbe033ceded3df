//! The table of the audit list: who changed what over HTTP or at the command line, and how it went. No names, notes or
//! bodies.

use rusqlite::{Connection, Row, named_params, params};
use serde::Serialize;
use switchboard_core::Time;
use switchboard_journal::audit::{AuditEntry, Filter, Named};
use switchboard_wire::shape::{self, examples};
use switchboard_wire::view::Moment;

use crate::Error;
use crate::paging::{Listed, Page, list};
use crate::reader::Reader;

/// Lines that are removed at once: a matter of milliseconds, for which bookings wait.
const TRIM_MAX: i64 = 2_000;

/// Writes how a request ended, if its entry is there: a person whom the entry names may have been erased meanwhile.
pub(crate) fn write_end(connection: &Connection, entry: &AuditEntry, status: u16) -> Result<(), Error> {
    let mut write = connection.prepare_cached("UPDATE audit SET status = ?2 WHERE id = ?1")?;
    write.execute(params![entry.id.to_string(), status])?;
    Ok(())
}

/// Writes an entry; the same entry once more changes nothing.
pub(crate) fn write(connection: &Connection, entry: &AuditEntry, status: Option<u16>) -> Result<(), Error> {
    let sql = "INSERT INTO audit (id, at, key_id, key_name, company_id, method, route, target, status, request_id,
                                  address)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
               ON CONFLICT (id) DO NOTHING";
    let mut write = connection.prepare_cached(sql)?;
    write.execute(params![
        entry.id.to_string(),
        entry.at.as_ms().cast_signed(),
        entry.key_id,
        entry.key_name,
        entry.company,
        entry.method,
        entry.route,
        entry.target,
        status,
        entry.request_id,
        entry.address,
    ])?;
    Ok(())
}

/// Lines that name somebody.
#[derive(Debug)]
pub struct Naming {
    /// Their numbers, each with the target as it is to be.
    pub lines: Vec<(i64, String)>,
    /// The last that was looked at.
    pub up_to: i64,
}

/// Lines after that number whose target names the person, or whose request was called after them: what was done, when
/// and by whom stays, but not to whom.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn lines_that_name(
    connection: &Connection,
    named: &Named,
    after: i64,
    looked_at_max: u32,
) -> Result<Naming, Error> {
    let sql =
        "SELECT number, target, request_id FROM audit WHERE company_id = ?1 AND number > ?2 ORDER BY number LIMIT ?3";
    let mut query = connection.prepare_cached(sql)?;
    let mut rows = query.query(params![named.company, after, looked_at_max])?;
    let mut found = Naming { lines: Vec::new(), up_to: after };
    while let Some(row) = rows.next()? {
        found.up_to = row.get(0)?;
        let (target, request): (String, String) = (row.get(1)?, row.get(2)?);
        let renamed = named.called_otherwise(&target).or_else(|| named.is_in(&request).then_some(target));
        found.lines.extend(renamed.map(|target| (found.up_to, target)));
    }
    Ok(found)
}

/// The key that somebody has used, or the person who came with a token.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct KeyNamed {
    /// Its id; none for the key of the settings, for a person and for the command line.
    #[schema(required)]
    id: Option<String>,
    /// Its name; a person's is the role and the id, such as `admin olga`.
    name: String,
}

/// A line of the audit list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AuditLine, examples(examples::audit_line))]
pub struct AuditItem {
    #[schema(value_type = shape::Uuid)]
    id: String,
    /// When it was asked for.
    #[schema(value_type = shape::Moment)]
    at: Moment,
    key: KeyNamed,
    /// In which company, if it was in one.
    #[schema(required)]
    company: Option<String>,
    /// The method of HTTP, or `COMMAND`.
    method: String,
    /// The route, or the command.
    route: String,
    /// The path.
    target: String,
    /// The status of the answer; none while there is none, or when nobody waited for it.
    #[schema(required)]
    status: Option<u16>,
    /// `X-Request-Id` of the request, or else the line's id.
    request_id: String,
    /// Where it came from; the command line has no address.
    #[schema(required)]
    address: Option<String>,
    #[serde(skip)]
    number: i64,
}

impl Reader {
    /// Lines of the audit list, newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn audit(&self, filter: &Filter, page: &Page, before: Option<i64>) -> Result<Listed<AuditItem>, Error> {
        let sql = "SELECT id, at, key_id, key_name, company_id, method, route, target, status, request_id, address,
                       number
                   FROM audit
                   WHERE (:company IS NULL OR company_id = :company)
                       AND (:companies IS NULL OR (company_id IN (SELECT value FROM json_each(:companies))
                           AND number > coalesce((SELECT audit_number FROM removals
                               WHERE removals.company_id = audit.company_id), 0)))
                       AND (:key IS NULL OR key_name = :key OR key_id = :key)
                       AND (:from IS NULL OR at >= :from) AND (:to IS NULL OR at < :to)
                       AND (:before IS NULL OR number < :before)
                   ORDER BY number DESC LIMIT :limit";
        self.ask(|connection| {
            let ms = |time: Option<Time>| time.map(|time| time.as_ms().cast_signed());
            let bind = named_params! {
                ":company": filter.company, ":companies": filter.companies, ":key": filter.key,
                ":from": ms(filter.from), ":to": ms(filter.to), ":before": before, ":limit": page.limit + 1,
            };
            list(connection, sql, bind, page.limit, |item: &AuditItem| item.number.to_string(), read_item)
        })
    }
}

fn read_item(row: &Row<'_>) -> Result<AuditItem, Error> {
    Ok(AuditItem {
        id: row.get(0)?,
        at: Moment(Time::from_ms(row.get::<_, i64>(1)?.cast_unsigned())),
        key: KeyNamed { id: row.get(2)?, name: row.get(3)? },
        company: row.get(4)?,
        method: row.get(5)?,
        route: row.get(6)?,
        target: row.get(7)?,
        status: row.get(8)?,
        request_id: row.get(9)?,
        address: row.get(10)?,
        number: row.get(11)?,
    })
}

/// Removes lines beyond the newest, so many as are kept, a few at a time. Says how many it removed.
///
/// # Errors
/// When the store cannot.
pub(crate) fn remove_beyond(connection: &Connection, rows: i64) -> Result<usize, Error> {
    let sql = "DELETE FROM audit WHERE number <= (SELECT max(number) FROM audit) - ?1
                   AND number < (SELECT min(number) FROM audit) + ?2";
    Ok(connection.execute(sql, [rows, TRIM_MAX])?)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::schema;

    fn line(number: u64) -> AuditEntry {
        AuditEntry {
            id: Uuid::from_u128(u128::from(number)),
            at: Time::from_ms(number),
            key_id: None,
            key_name: "settings".into(),
            company: Some("acme".into()),
            method: "PUT".into(),
            route: "/v1/companies/{company}".into(),
            target: "/v1/companies/acme".into(),
            request_id: number.to_string(),
            address: None,
        }
    }

    fn statuses(connection: &Connection) -> Vec<Option<u16>> {
        let mut query = connection.prepare("SELECT status FROM audit ORDER BY number").unwrap();
        query.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn a_line_is_written_once_and_then_how_it_went() {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection).unwrap();
        write(&connection, &line(1), None).unwrap();
        assert_eq!(statuses(&connection), [None]);
        write_end(&connection, &line(1), 201).unwrap();
        write_end(&connection, &line(3), 204).unwrap();
        write(&connection, &line(2), Some(404)).unwrap();
        assert_eq!(statuses(&connection), [Some(201), Some(404)]);
    }

    #[test]
    fn the_newest_lines_are_kept() {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection).unwrap();
        assert_eq!(remove_beyond(&connection, 3).unwrap(), 0);
        for number in 1..=5 {
            write(&connection, &line(number), Some(u16::try_from(number).unwrap())).unwrap();
        }
        assert_eq!(remove_beyond(&connection, 3).unwrap(), 2);
        assert_eq!(statuses(&connection), [Some(3), Some(4), Some(5)]);
        assert_eq!(remove_beyond(&connection, 3).unwrap(), 0);
    }
}

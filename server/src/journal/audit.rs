//! The table of the audit list: who changed what over HTTP or at the command line, and how it went. No names, notes or
//! bodies.

use rusqlite::{Connection, Row, named_params, params};
use serde::Serialize;
use switchboard_core::Time;
use switchboard_wire::shape::{self, examples};
use switchboard_wire::view::Moment;
use uuid::Uuid;

use super::StoreError;
use super::paging::{Listed, Page, list};
use super::reader::Reader;

/// Lines that are removed at once: a matter of milliseconds, for which bookings wait.
const TRIM_MAX: i64 = 2_000;

/// One line of the list.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its id (`UUIDv7`).
    pub id: Uuid,
    /// When it was asked for.
    pub at: Time,
    /// The key's id; the key of the settings, people and the command line have none.
    pub key_id: Option<String>,
    /// The key's name, or a person's role and id.
    pub key_name: String,
    /// In which company.
    pub company: Option<String>,
    /// The method of HTTP, or `COMMAND`.
    pub method: String,
    /// What was to be done: the route, or the command.
    pub route: String,
    /// To what: the path.
    pub target: String,
    /// How the request is found in other logs.
    pub request_id: String,
    /// Where it came from.
    pub address: Option<String>,
}

impl Line {
    /// Writes how it went, when the line is there: it may have been erased meanwhile whom it names.
    ///
    /// # Errors
    /// When the store cannot.
    pub(super) fn write_end(&self, connection: &Connection, status: u16) -> Result<(), StoreError> {
        let mut write = connection.prepare_cached("UPDATE audit SET status = ?2 WHERE id = ?1")?;
        write.execute(params![self.id.to_string(), status])?;
        Ok(())
    }

    /// Writes it; the same once more changes nothing.
    ///
    /// # Errors
    /// When the store cannot.
    pub fn write(&self, connection: &Connection, status: Option<u16>) -> Result<(), StoreError> {
        let sql = "INSERT INTO audit (id, at, key_id, key_name, company_id, method, route, target, status, request_id,
                                      address)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
                   ON CONFLICT (id) DO NOTHING";
        let mut write = connection.prepare_cached(sql)?;
        write.execute(params![
            self.id.to_string(),
            self.at.as_ms().cast_signed(),
            self.key_id,
            self.key_name,
            self.company,
            self.method,
            self.route,
            self.target,
            status,
            self.request_id,
            self.address,
        ])?;
        Ok(())
    }
}

/// A person who is called otherwise from now on.
#[derive(Clone, Debug)]
pub struct Named {
    /// In which company.
    pub company: String,
    /// A client, or else an employee.
    pub is_client: bool,
    /// The id.
    pub person: String,
    /// What stands for it.
    pub alias: String,
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
pub(super) fn lines_that_name(
    connection: &Connection,
    named: &Named,
    after: i64,
    looked_at_max: u32,
) -> Result<Naming, StoreError> {
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

impl Named {
    /// Whether a text of a caller's own has the person's id in it, as a word: one of a letter is in most texts by chance.
    fn is_in(&self, text: &str) -> bool {
        let text = readable(text);
        let is_inner = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
        text.match_indices(&self.person).any(|(at, found)| {
            let (before, behind) = (&text[..at], &text[at + found.len()..]);
            !is_inner(before.chars().next_back()) && !is_inner(behind.chars().next())
        })
    }

    /// `/v1/companies/{company}/clients/{client}/…`, or `employees`; none when somebody else is named, or nobody.
    fn called_otherwise(&self, target: &str) -> Option<String> {
        let target = readable(target);
        let mut parts: Vec<&str> = target.split('/').collect();
        let people = if self.is_client { "clients" } else { "employees" };
        let names = parts.get(4) == Some(&people) && parts.get(5) == Some(&self.person.as_str());
        names.then(|| {
            parts[5] = &self.alias;
            parts.join("/")
        })
    }
}

/// A path with every character that an id may have as itself, so that an id is written in one way only.
#[must_use]
pub fn readable(path: &str) -> String {
    let mut pieces = path.split('%');
    let mut read = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let code = piece.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok()).map(char::from);
        match code.filter(|c| c.is_ascii_alphanumeric() || ".@_~-".contains(*c)) {
            Some(character) => {
                read.push(character);
                read.push_str(&piece[2..]);
            }
            None => {
                read.push('%');
                read.push_str(piece);
            }
        }
    }
    read
}

/// Which lines are asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// In this company.
    pub company: Option<String>,
    /// In one of these, as JSON, and not in one that had the id before.
    pub companies: Option<String>,
    /// By the key of this name or id, or by the person called so.
    pub key: Option<String>,
    /// Asked for at this time or later.
    pub from: Option<Time>,
    /// Asked for before this time.
    pub to: Option<Time>,
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
    pub fn audit(&self, filter: &Filter, page: &Page, before: Option<i64>) -> Result<Listed<AuditItem>, StoreError> {
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

fn read_item(row: &Row<'_>) -> Result<AuditItem, StoreError> {
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
pub(super) fn remove_beyond(connection: &Connection, rows: i64) -> Result<usize, StoreError> {
    let sql = "DELETE FROM audit WHERE number <= (SELECT max(number) FROM audit) - ?1
                   AND number < (SELECT min(number) FROM audit) + ?2";
    Ok(connection.execute(sql, [rows, TRIM_MAX])?)
}

#[cfg(test)]
mod tests {
    use super::super::schema;
    use super::*;

    fn line(number: u64) -> Line {
        Line {
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
        line(1).write(&connection, None).unwrap();
        assert_eq!(statuses(&connection), [None]);
        line(1).write_end(&connection, 201).unwrap();
        line(3).write_end(&connection, 204).unwrap();
        line(2).write(&connection, Some(404)).unwrap();
        assert_eq!(statuses(&connection), [Some(201), Some(404)]);
    }

    #[test]
    fn a_request_that_was_called_after_a_person_names_them() {
        let named = |person: &str| Named {
            company: "acme".into(),
            is_client: true,
            person: person.into(),
            alias: "erased-1".into(),
        };
        for text in ["carl", "req-carl", "carl/17", "user=carl;n=1", "a%63arl carl", "%63arl", "carl.carl2"] {
            assert!(named("carl").is_in(text), "{text}");
        }
        for text in ["", "carla", "xcarl", "carl2", "01a2c128-0000-7000-8000-000000000000", "Carl"] {
            assert!(!named("carl").is_in(text), "{text}");
        }
        assert!(named("7").is_in("order-7") && !named("7").is_in("order-17"));
        assert!(named("a.b@c").is_in("of a.b@c"));
    }

    #[test]
    fn the_newest_lines_are_kept() {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection).unwrap();
        assert_eq!(remove_beyond(&connection, 3).unwrap(), 0);
        for number in 1..=5 {
            line(number).write(&connection, Some(u16::try_from(number).unwrap())).unwrap();
        }
        assert_eq!(remove_beyond(&connection, 3).unwrap(), 2);
        assert_eq!(statuses(&connection), [Some(3), Some(4), Some(5)]);
        assert_eq!(remove_beyond(&connection, 3).unwrap(), 0);
    }
}

//! The tables for people and SQL: the events one by one, and the last state of each row.

use std::collections::HashMap;

use rusqlite::{Connection, params};
use switchboard_core::{CompanyId, DeviceKind, EmployeeId, LogoId, Skills, Time};
use switchboard_journal::rows::{Row, RowKey};

use crate::columns::ms;
use crate::{Error, removal};

/// The last state of each row of a company, in the order in which the rows first came.
#[derive(Default)]
struct LatestRows<'a> {
    rows: HashMap<RowKey, &'a Row>,
    order: Vec<RowKey>,
}

impl<'a> LatestRows<'a> {
    fn put(&mut self, row: &'a Row) {
        if matches!(row, Row::CompanyGone) {
            self.forget_people();
        }
        let key = row.key();
        if self.rows.insert(key.clone(), row).is_none() {
            self.order.push(key);
        }
    }

    /// Drops the earlier rows of the company and its employees, so that they are not written after the removal. Later
    /// rows stand behind the removal.
    fn forget_people(&mut self) {
        let stays = |key: &RowKey| !matches!(key, RowKey::Company | RowKey::CompanyGone | RowKey::Employee(_));
        self.rows.retain(|key, _| stays(key));
        self.order.retain(stays);
    }

    fn in_order(&self) -> impl Iterator<Item = &'a Row> {
        self.order.iter().filter_map(|key| self.rows.get(key).copied())
    }
}

/// Writes events of one moment, each with its kind and as JSON.
pub(super) fn write_events(
    connection: &Connection,
    company: &CompanyId,
    first_seq: u64,
    at: Time,
    events: &[(&'static str, String)],
) -> Result<(), Error> {
    let sql = "INSERT INTO events (company_id, seq, at, kind, data) VALUES (?1, ?2, ?3, ?4, ?5)";
    let mut insert = connection.prepare_cached(sql)?;
    for (seq, (kind, data)) in (first_seq..).zip(events) {
        insert.execute(params![company.as_str(), seq.cast_signed(), ms(at), kind, data])?;
        match *kind {
            "employee_set" => write_employee_number(connection, company, seq, data)?,
            "company_removed" => removal::end(connection, company, seq, at)?,
            _ => {}
        }
    }
    Ok(())
}

/// Records the employee of a number, because events name employees by their number in the roster. A number is reused
/// only after a removal of the company, so a record counts from its event on.
fn write_employee_number(connection: &Connection, company: &CompanyId, seq: u64, data: &str) -> Result<(), Error> {
    let sql = "INSERT INTO employee_numbers (company_id, no, seq, id)
               SELECT ?1, new.no, ?2, new.id
               FROM (SELECT ?3 ->> '$.employee_set.employee' AS no, ?3 ->> '$.employee_set.id' AS id) new
               WHERE new.id IS NOT (SELECT known.id FROM employee_numbers known
                   WHERE known.company_id = ?1 AND known.no = new.no ORDER BY known.seq DESC LIMIT 1)";
    connection.prepare_cached(sql)?.execute(params![company.as_str(), seq.cast_signed(), data])?;
    Ok(())
}

/// Renames an employee under every number that they had.
pub(super) fn rename_employee_number(
    connection: &Connection,
    company: &str,
    from: &str,
    to: &str,
) -> Result<(), Error> {
    let sql = "UPDATE employee_numbers SET id = ?3 WHERE company_id = ?1 AND id = ?2";
    connection.prepare_cached(sql)?.execute(params![company, from, to])?;
    Ok(())
}

/// The number of a company's last event; 0 when it has none.
pub(super) fn last_seq(connection: &Connection, company: &CompanyId) -> Result<u64, Error> {
    let mut query = connection.prepare_cached("SELECT max(seq) FROM events WHERE company_id = ?1")?;
    let last: Option<i64> = query.query_row([company.as_str()], |row| row.get(0))?;
    Ok(last.map_or(0, i64::cast_unsigned))
}

/// Writes a company's state after that many events, as JSON.
pub(super) fn write_snapshot(connection: &Connection, company: &CompanyId, seq: u64, data: &str) -> Result<(), Error> {
    let sql = "INSERT INTO snapshots (company_id, seq, data) VALUES (?1, ?2, ?3)
               ON CONFLICT DO UPDATE SET seq = excluded.seq, data = excluded.data";
    connection.prepare_cached(sql)?.execute(params![company.as_str(), seq.cast_signed(), data])?;
    Ok(())
}

/// Writes the last state of each of a company's rows.
pub(super) fn write_latest<'a>(
    connection: &Connection,
    company: &CompanyId,
    rows: impl IntoIterator<Item = &'a Row>,
) -> Result<(), Error> {
    let mut latest = LatestRows::default();
    rows.into_iter().for_each(|row| latest.put(row));
    latest.in_order().try_for_each(|row| write_row(connection, company, row))
}

/// Writes or deletes a row.
fn write_row(connection: &Connection, company: &CompanyId, row: &Row) -> Result<(), Error> {
    let company = company.as_str();
    match row {
        Row::Company { name, settings, created_at, brand, routing } => {
            let sql = "INSERT INTO companies (id, name, settings, created_at, colour, logo, routing)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                       ON CONFLICT DO UPDATE SET name = excluded.name, settings = excluded.settings,
                           created_at = excluded.created_at, colour = excluded.colour, logo = excluded.logo,
                           routing = excluded.routing";
            let (settings, colour) =
                (switchboard_wire::view::json(settings), brand.colour.map(|colour| colour.to_string()));
            let logo = brand.logo.as_ref().map(LogoId::as_str);
            let routing = routing.as_ref().map(switchboard_wire::view::json);
            let values = params![company, name, settings, ms(*created_at), colour, logo, routing];
            connection.prepare_cached(sql)?.execute(values)?;
        }
        Row::CompanyGone => {
            connection.prepare_cached("DELETE FROM companies WHERE id = ?1")?.execute([company])?;
            connection.prepare_cached("DELETE FROM employees WHERE company_id = ?1")?.execute([company])?;
        }
        Row::Employee { id, name, topics, profile, intent } => {
            let sql = "INSERT INTO employees (company_id, id, name, topics, intent, skills, share, capacity)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                       ON CONFLICT DO UPDATE SET name = excluded.name, topics = excluded.topics,
                           intent = excluded.intent, skills = excluded.skills, share = excluded.share,
                           capacity = excluded.capacity";
            let (topics, skills) = (switchboard_wire::view::json(topics), skills_or_null(&profile.skills));
            let values = params![company, id.as_str(), name, topics, intent, skills, profile.share, profile.capacity];
            connection.prepare_cached(sql)?.execute(values)?;
        }
        Row::EmployeeGone { id } => {
            let sql = "DELETE FROM employees WHERE company_id = ?1 AND id = ?2";
            connection.prepare_cached(sql)?.execute(params![company, id.as_str()])?;
        }
        Row::Booking(_) | Row::Offer(_) => write_booking_row(connection, company, row)?,
        Row::Session(_) | Row::Notes(_) | Row::Code(_) | Row::Message(_) => {
            write_session_row(connection, company, row)?
        }
    }
    Ok(())
}

/// Skills as JSON; none when there are none.
fn skills_or_null(skills: &Skills) -> Option<String> {
    (!skills.is_empty()).then(|| switchboard_wire::view::json(skills))
}

fn write_booking_row(connection: &Connection, company: &str, row: &Row) -> Result<(), Error> {
    if let Row::Booking(b) = row {
        let sql = "INSERT INTO bookings (company_id, id, client_id, topic, note, state, reason, offers, created_at,
                       ended_at, session_id, employee_id, employee_name, client_name, skills, step)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
                   ON CONFLICT DO UPDATE SET state = excluded.state, reason = excluded.reason,
                       offers = excluded.offers, ended_at = excluded.ended_at, session_id = excluded.session_id,
                       employee_id = excluded.employee_id, employee_name = excluded.employee_name,
                       step = excluded.step";
        connection.prepare_cached(sql)?.execute(params![
            company,
            b.id.to_string(),
            b.client_id.as_str(),
            b.topic.as_str(),
            b.note,
            b.state,
            b.reason,
            b.offers,
            ms(b.created_at),
            b.ended_at.map(ms),
            b.session_id.map(|id| id.to_string()),
            b.employee_id.as_ref().map(EmployeeId::as_str),
            b.employee_name,
            b.client_name,
            skills_or_null(&b.skills),
            b.step
        ])?;
    }
    if let Row::Offer(o) = row {
        let sql = "INSERT INTO offers (company_id, booking_id, attempt, employee_id, made_at, expires_at,
                       delivered_at, delivered_to, closed_at, outcome, reason)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
                   ON CONFLICT DO UPDATE SET expires_at = excluded.expires_at, delivered_at = excluded.delivered_at,
                       delivered_to = excluded.delivered_to, closed_at = excluded.closed_at,
                       outcome = excluded.outcome, reason = excluded.reason";
        connection.prepare_cached(sql)?.execute(params![
            company,
            o.id.booking.to_string(),
            o.id.attempt,
            o.employee_id.as_str(),
            ms(o.made_at),
            ms(o.expires_at),
            o.delivered_at.map(ms),
            o.delivered_to.as_ref().map(DeviceKind::as_str),
            o.closed_at.map(ms),
            o.outcome,
            o.reason
        ])?;
    }
    Ok(())
}

fn write_session_row(connection: &Connection, company: &str, row: &Row) -> Result<(), Error> {
    if let Row::Session(s) = row {
        let sql = "INSERT INTO sessions (company_id, id, booking_id, client_id, employee_id, topic, started_at,
                       ended_at, ended_by, reason, client_name, code)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
                   ON CONFLICT (company_id, id) DO UPDATE SET ended_at = excluded.ended_at,
                       ended_by = excluded.ended_by, reason = excluded.reason, code = excluded.code";
        connection.prepare_cached(sql)?.execute(params![
            company,
            s.id.to_string(),
            s.booking_id.to_string(),
            s.client_id.as_str(),
            s.employee_id.as_str(),
            s.topic.as_str(),
            ms(s.started_at),
            s.ended_at.map(ms),
            s.ended_by,
            s.reason,
            s.client_name,
            s.code
        ])?;
    }
    if let Row::Notes(n) = row {
        let sql = "UPDATE sessions SET notes = ?3, notes_at = ?4 WHERE company_id = ?1 AND id = ?2";
        connection.prepare_cached(sql)?.execute(params![company, n.session_id.to_string(), n.body, ms(n.at)])?;
    }
    if let Row::Code(c) = row {
        let sql = "UPDATE sessions SET code = ?3 WHERE company_id = ?1 AND id = ?2";
        connection.prepare_cached(sql)?.execute(params![company, c.session_id.to_string(), c.code])?;
    }
    if let Row::Message(m) = row {
        // Rows of a large entry are projected before its events, and after a crash once more.
        let sql = "INSERT INTO messages (company_id, session_id, id, sender, body, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                   ON CONFLICT DO NOTHING";
        let mut insert = connection.prepare_cached(sql)?;
        let (session, id) = (m.session_id.to_string(), m.id.to_string());
        insert.execute(params![company, session, id, m.sender, m.body, ms(m.at)])?;
    }
    Ok(())
}

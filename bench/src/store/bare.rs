//! SQLite without the journal: the same schema, statements and rows, with every value prepared, in given transactions.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use switchboard_core::{CompanyId, Time};
use switchboard_journal::rows::Row;
use switchboard_sqlite::schema;

use super::kept::{KeptEntry, latest_rows};

/// The journal's own settings.
const CHECKPOINT_PAGES: u32 = 4000;
/// Copies of the journal's statements. Every run checks that these still make the same tables.
const EVENT: &str = "INSERT INTO events (company_id, seq, at, kind, data) VALUES (?1, ?2, ?3, ?4, ?5)";
const COMPANY: &str = "INSERT INTO companies (id, name, settings, created_at) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT DO UPDATE SET name = excluded.name, settings = excluded.settings, created_at = excluded.created_at";
const EMPLOYEE: &str = "INSERT INTO employees (company_id, id, name, topics, intent) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT DO UPDATE SET name = excluded.name, topics = excluded.topics, intent = excluded.intent";
const BOOKING: &str = "INSERT INTO bookings (company_id, id, client_id, topic, note, state, reason, offers, created_at,
        ended_at, session_id, employee_id, employee_name, client_name)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
    ON CONFLICT DO UPDATE SET state = excluded.state, reason = excluded.reason, offers = excluded.offers,
        ended_at = excluded.ended_at, session_id = excluded.session_id, employee_id = excluded.employee_id,
        employee_name = excluded.employee_name";
const OFFER: &str = "INSERT INTO offers (company_id, booking_id, attempt, employee_id, made_at, expires_at,
        delivered_at, closed_at, outcome, reason)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
    ON CONFLICT DO UPDATE SET delivered_at = excluded.delivered_at, closed_at = excluded.closed_at,
        outcome = excluded.outcome, reason = excluded.reason";
const SESSION: &str = "INSERT INTO sessions (company_id, id, booking_id, client_id, employee_id, topic, started_at,
        ended_at, ended_by, reason, client_name)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
    ON CONFLICT (company_id, id) DO UPDATE SET ended_at = excluded.ended_at, ended_by = excluded.ended_by,
        reason = excluded.reason";
/// The tables that bookings write, each with the columns that order it.
const TABLES: [(&str, &str); 6] = [
    ("events", "company_id, seq"),
    ("companies", "id"),
    ("employees", "company_id, id"),
    ("bookings", "company_id, id"),
    ("offers", "company_id, booking_id, attempt"),
    ("sessions", "company_id, id"),
];

/// A statement with its values.
type Statement = (&'static str, Vec<Value>);

/// A transaction, ready to be written.
#[derive(Clone, Debug, Default)]
pub(super) struct Transaction(Vec<Statement>);

impl Transaction {
    /// The transaction that the journal makes of these entries.
    pub(super) fn of(batch: &[KeptEntry]) -> Result<Self> {
        let mut writes = Vec::new();
        for entry in batch {
            for (seq, event) in (entry.first_seq..).zip(&entry.events) {
                let data = serde_json::to_string(event)?;
                let (company, seq, kind) = (text(&entry.company), i64::try_from(seq)?.into(), text(event.kind()));
                writes.push((EVENT, vec![company, seq, ms(entry.at), kind, data.into()]));
            }
        }
        for (company, row) in latest_rows(batch) {
            writes.push(write_of(company, row)?);
        }
        Ok(Self(writes))
    }
}

fn text(value: impl ToString) -> Value {
    Value::Text(value.to_string())
}

fn word(value: Option<impl ToString>) -> Value {
    value.map_or(Value::Null, text)
}

fn ms(time: Time) -> Value {
    i64::try_from(time.as_ms()).unwrap_or(i64::MAX).into()
}

fn maybe_ms(time: Option<Time>) -> Value {
    time.map_or(Value::Null, ms)
}

fn write_of(company: &CompanyId, row: &Row) -> Result<Statement> {
    let company = text(company);
    Ok(match row {
        Row::Company { name, settings, created_at, .. } => {
            let settings = serde_json::to_string(settings)?;
            (COMPANY, vec![company, text(name), settings.into(), ms(*created_at)])
        }
        Row::Employee { id, name, topics, intent, .. } => {
            let topics = serde_json::to_string(topics)?;
            (EMPLOYEE, vec![company, text(id), text(name), topics.into(), text(intent)])
        }
        Row::Booking(b) => {
            let (id, client, topic, state) = (text(b.id), text(&b.client_id), text(&b.topic), text(&b.state));
            let (note, reason, offers) = (word(b.note.as_ref()), word(b.reason.as_ref()), i64::from(b.offers).into());
            let (created, ended, session) = (ms(b.created_at), maybe_ms(b.ended_at), word(b.session_id.as_ref()));
            let employee = (word(b.employee_id.as_ref()), word(b.employee_name.as_ref()));
            let values = [company, id, client, topic, note, state, reason, offers, created, ended, session];
            (BOOKING, values.into_iter().chain([employee.0, employee.1, word(b.client_name.as_ref())]).collect())
        }
        Row::Offer(o) => {
            let (booking, attempt, employee) =
                (text(o.id.booking), i64::from(o.id.attempt).into(), text(&o.employee_id));
            let (made, expires, delivered) = (ms(o.made_at), ms(o.expires_at), maybe_ms(o.delivered_at));
            let (closed, outcome, reason) = (maybe_ms(o.closed_at), word(o.outcome.as_ref()), word(o.reason.as_ref()));
            (OFFER, vec![company, booking, attempt, employee, made, expires, delivered, closed, outcome, reason])
        }
        Row::Session(s) => {
            let (id, booking, client) = (text(s.id), text(s.booking_id), text(&s.client_id));
            let (employee, topic, started) = (text(&s.employee_id), text(&s.topic), ms(s.started_at));
            let (ended, by, reason) = (maybe_ms(s.ended_at), word(s.ended_by.as_ref()), word(s.reason.as_ref()));
            let name = word(s.client_name.as_ref());
            (SESSION, vec![company, id, booking, client, employee, topic, started, ended, by, reason, name])
        }
        Row::CompanyGone | Row::EmployeeGone { .. } | Row::Notes(_) | Row::Code(_) | Row::Message(_) => {
            bail!("no booking writes {row:?}")
        }
    })
}

/// A writer of such transactions.
pub(super) struct Bare(Connection);

impl Bare {
    /// Opens a new store with the journal's settings.
    pub(super) fn open(path: &Path, checkpoint_pages: Option<u32>) -> Result<Self> {
        let mut connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "wal_autocheckpoint", checkpoint_pages.unwrap_or(CHECKPOINT_PAGES))?;
        connection.set_prepared_statement_cache_capacity(64);
        schema::migrate(&mut connection)?;
        Ok(Self(connection))
    }

    /// Commits each of the transactions.
    pub(super) fn write(&mut self, transactions: &[Transaction]) -> Result<()> {
        for Transaction(writes) in transactions {
            let transaction = self.0.transaction()?;
            for (sql, values) in writes {
                transaction.prepare_cached(sql)?.execute(params_from_iter(values))?;
            }
            transaction.commit()?;
        }
        Ok(())
    }
}

/// Fails unless both stores hold the same rows in every table that bookings write.
pub(super) fn check_same(one: &Path, other: &Path) -> Result<()> {
    for (table, order) in TABLES {
        let (left, right) = (all_of(one, table, order)?, all_of(other, table, order)?);
        let different = left.iter().zip(&right).find(|(left, right)| left != right);
        ensure!(different.is_none(), "{table} differs: {different:?}");
        ensure!(left.len() == right.len(), "{table} has {} rows here and {} there", left.len(), right.len());
    }
    Ok(())
}

fn all_of(path: &Path, table: &str, order: &str) -> Result<Vec<Vec<Value>>> {
    let connection = Connection::open(path).with_context(|| path.display().to_string())?;
    let mut query = connection.prepare(&format!("SELECT * FROM {table} ORDER BY {order}"))?;
    let columns = query.column_count();
    let rows = query.query_map([], |row| (0..columns).map(|column| row.get(column)).collect())?;
    Ok(rows.collect::<Result<_, _>>()?)
}

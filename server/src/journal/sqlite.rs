//! The journal in `SQLite`: one file, one writer, as many readers as are needed.

use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use switchboard_core::{Company, CompanyId, Event, SessionId, Time};

use super::rows::{Row, RowKey};
use super::{Entry, ReadBack, Store, StoreError, Work, schema};

const FILE: &str = "switchboard.db";
const LOCK: &str = "switchboard.lock";
/// Readers that are kept open for the next question.
const READERS_KEPT: usize = 8;
/// Pages of the write-ahead log before they are copied into the database: about 16 MB.
const CHECKPOINT_PAGES: u32 = 4000;
/// Bytes of the trial write: more than a small change needs, so that a disk with a single free page is still full.
const PROBE_BYTES: i64 = 256 * 1024;

/// Why a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another server has it.
    #[error(
        "another switchboard is running on the data directory `{0}`: stop it, or give this one its own with `--data`"
    )]
    InUse(PathBuf),
    /// It cannot be read or made.
    #[error("the data directory `{0}` cannot be used: {1}")]
    Directory(PathBuf, std::io::Error),
    /// There is nothing to read.
    #[error("there is no `{FILE}` in `{0}`: is this the data directory?")]
    Nothing(PathBuf),
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The writer. While it lives, no other server can have the data directory.
pub struct Sqlite {
    connection: Connection,
    _lock: File,
}

impl Sqlite {
    /// Opens or makes the store in a directory, for this server alone.
    ///
    /// # Errors
    /// When another server has it, or it cannot be used.
    pub fn open(directory: &Path) -> Result<(Self, Reader), OpenError> {
        let unusable = |error| OpenError::Directory(directory.to_owned(), error);
        std::fs::create_dir_all(directory).map_err(unusable)?;
        let lock = File::create(directory.join(LOCK)).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OpenError::InUse(directory.to_owned())),
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
        }
        let path = directory.join(FILE);
        let mut connection = Connection::open(&path).map_err(StoreError::from)?;
        prepare(&mut connection)?;
        Ok((Self { connection, _lock: lock }, Reader::of(path)))
    }
}

fn prepare(connection: &mut Connection) -> Result<(), StoreError> {
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.set_prepared_statement_cache_capacity(64);
    schema::migrate(connection)
}

impl Store for Sqlite {
    fn commit(&mut self, batch: &[Work]) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        let mut rows = LatestRows::default();
        for work in batch {
            match work {
                Work::Entry(entry) => {
                    write_events(&transaction, entry)?;
                    entry.rows.iter().for_each(|row| rows.put(&entry.company, row));
                }
                Work::Snapshot { company, seq, data } => {
                    let sql = "INSERT INTO snapshots (company_id, seq, data) VALUES (?1, ?2, ?3)
                               ON CONFLICT DO UPDATE SET seq = excluded.seq, data = excluded.data";
                    transaction.prepare_cached(sql)?.execute(params![company.as_str(), seq.cast_signed(), data])?;
                }
                Work::Settle(_) => {}
            }
        }
        for (company, row) in rows.in_order() {
            write_row(&transaction, company, row)?;
        }
        transaction.commit()?;
        Ok(())
    }

    fn probe(&mut self) -> Result<(), StoreError> {
        // The log may hold the room that is missing: what is in it is copied into the database, and the room given back.
        let _busy_or_full = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        let write = "INSERT INTO probe (id, padding) VALUES (1, zeroblob(?1))
                     ON CONFLICT DO UPDATE SET padding = excluded.padding";
        self.connection.execute(write, [PROBE_BYTES])?;
        self.connection.execute("DELETE FROM probe", [])?;
        Ok(())
    }
}

/// The last state of each row of a batch, in the order in which the rows first came.
#[derive(Default)]
struct LatestRows<'a> {
    rows: HashMap<(&'a CompanyId, RowKey), &'a Row>,
    order: Vec<(&'a CompanyId, RowKey)>,
}

impl<'a> LatestRows<'a> {
    fn put(&mut self, company: &'a CompanyId, row: &'a Row) {
        if matches!(row, Row::CompanyGone) {
            self.forget_people(company);
        }
        let key = (company, row.key());
        if self.rows.insert(key.clone(), row).is_none() {
            self.order.push(key);
        }
    }

    /// What a company's end takes away must not be written after it; what comes later stands behind it.
    fn forget_people(&mut self, company: &CompanyId) {
        let stays = |(of, key): &(&CompanyId, RowKey)| {
            *of != company || !matches!(key, RowKey::Company | RowKey::CompanyGone | RowKey::Employee(_))
        };
        self.rows.retain(|key, _| stays(key));
        self.order.retain(stays);
    }

    fn in_order(&self) -> impl Iterator<Item = (&'a CompanyId, &'a Row)> {
        self.order.iter().filter_map(|key| Some((key.0, *self.rows.get(key)?)))
    }
}

fn write_events(connection: &Connection, entry: &Entry) -> Result<(), StoreError> {
    let sql = "INSERT INTO events (company_id, seq, at, kind, data) VALUES (?1, ?2, ?3, ?4, ?5)";
    let mut insert = connection.prepare_cached(sql)?;
    for (seq, event) in (entry.first_seq..).zip(&entry.events) {
        let data = crate::view::json(event);
        let (seq, at) = (seq.cast_signed(), ms(entry.at));
        insert.execute(params![entry.company.as_str(), seq, at, event.kind(), data])?;
    }
    Ok(())
}

fn write_row(connection: &Connection, company: &CompanyId, row: &Row) -> Result<(), StoreError> {
    let company = company.as_str();
    match row {
        Row::Company { name, settings, created_at } => {
            let sql = "INSERT INTO companies (id, name, settings, created_at) VALUES (?1, ?2, ?3, ?4)
                       ON CONFLICT DO UPDATE SET name = excluded.name, settings = excluded.settings,
                           created_at = excluded.created_at";
            let settings = crate::view::json(settings);
            connection.prepare_cached(sql)?.execute(params![company, name, settings, ms(*created_at)])?;
        }
        Row::CompanyGone => {
            connection.prepare_cached("DELETE FROM companies WHERE id = ?1")?.execute([company])?;
            connection.prepare_cached("DELETE FROM employees WHERE company_id = ?1")?.execute([company])?;
        }
        Row::Employee { id, name, topics, intent } => {
            let sql = "INSERT INTO employees (company_id, id, name, topics, intent) VALUES (?1, ?2, ?3, ?4, ?5)
                       ON CONFLICT DO UPDATE SET name = excluded.name, topics = excluded.topics,
                           intent = excluded.intent";
            let topics = crate::view::json(topics);
            connection.prepare_cached(sql)?.execute(params![company, id, name, topics, intent])?;
        }
        Row::EmployeeGone { id } => {
            let sql = "DELETE FROM employees WHERE company_id = ?1 AND id = ?2";
            connection.prepare_cached(sql)?.execute(params![company, id])?;
        }
        Row::Booking(_) | Row::Offer(_) => write_booking_row(connection, company, row)?,
        Row::Session(_) | Row::Message(_) => write_session_row(connection, company, row)?,
    }
    Ok(())
}

fn write_booking_row(connection: &Connection, company: &str, row: &Row) -> Result<(), StoreError> {
    if let Row::Booking(b) = row {
        let sql = "INSERT INTO bookings (company_id, id, client_id, topic, note, state, reason, offers, created_at,
                       ended_at, session_id, employee_id, employee_name)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
                   ON CONFLICT DO UPDATE SET state = excluded.state, reason = excluded.reason,
                       offers = excluded.offers, ended_at = excluded.ended_at, session_id = excluded.session_id,
                       employee_id = excluded.employee_id, employee_name = excluded.employee_name";
        connection.prepare_cached(sql)?.execute(params![
            company,
            b.id,
            b.client_id,
            b.topic,
            b.note,
            b.state,
            b.reason,
            b.offers,
            ms(b.created_at),
            b.ended_at.map(ms),
            b.session_id,
            b.employee_id,
            b.employee_name
        ])?;
    }
    if let Row::Offer(o) = row {
        let sql = "INSERT INTO offers (company_id, booking_id, attempt, employee_id, made_at, expires_at,
                       delivered_at, closed_at, outcome, reason)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
                   ON CONFLICT DO UPDATE SET delivered_at = excluded.delivered_at, closed_at = excluded.closed_at,
                       outcome = excluded.outcome, reason = excluded.reason";
        connection.prepare_cached(sql)?.execute(params![
            company,
            o.booking_id,
            o.attempt,
            o.employee_id,
            ms(o.made_at),
            ms(o.expires_at),
            o.delivered_at.map(ms),
            o.closed_at.map(ms),
            o.outcome,
            o.reason
        ])?;
    }
    Ok(())
}

fn write_session_row(connection: &Connection, company: &str, row: &Row) -> Result<(), StoreError> {
    if let Row::Session(s) = row {
        let sql = "INSERT INTO sessions (company_id, id, booking_id, client_id, employee_id, topic, started_at,
                       ended_at, ended_by, reason)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
                   ON CONFLICT (company_id, id) DO UPDATE SET ended_at = excluded.ended_at,
                       ended_by = excluded.ended_by, reason = excluded.reason";
        connection.prepare_cached(sql)?.execute(params![
            company,
            s.id,
            s.booking_id,
            s.client_id,
            s.employee_id,
            s.topic,
            ms(s.started_at),
            s.ended_at.map(ms),
            s.ended_by,
            s.reason
        ])?;
    }
    if let Row::Message(m) = row {
        let sql = "INSERT INTO messages (company_id, session_id, id, sender, body, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let mut insert = connection.prepare_cached(sql)?;
        insert.execute(params![company, m.session_id, m.id, m.sender, m.body, ms(m.at)])?;
    }
    Ok(())
}

/// The store counts in signed milliseconds.
pub(super) fn ms(time: Time) -> i64 {
    i64::try_from(time.as_ms()).unwrap_or(i64::MAX)
}

pub(super) fn time(ms: i64) -> Time {
    Time::from_ms(u64::try_from(ms).unwrap_or(0))
}

/// Reads what is committed, beside the writer. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Reader(Arc<Readers>);

#[derive(Debug)]
struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Reader {
    fn of(path: PathBuf) -> Self {
        Self(Arc::new(Readers { path, idle: Mutex::default() }))
    }

    /// A reader of the store in a directory, for tools that look beside a server.
    ///
    /// # Errors
    /// When there is no store.
    pub fn open(directory: &Path) -> Result<Self, OpenError> {
        let path = directory.join(FILE);
        if !path.exists() {
            return Err(OpenError::Nothing(directory.to_owned()));
        }
        Ok(Self::of(path))
    }

    /// Asks the store. All that one question reads is of one moment.
    ///
    /// # Errors
    /// What the question says.
    pub fn ask<T>(&self, question: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let kept = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match kept {
            Some(connection) => connection,
            None => {
                let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let connection = Connection::open_with_flags(&self.0.path, flags)?;
                connection.pragma_update(None, "query_only", true)?;
                connection
            }
        };
        let transaction = connection.unchecked_transaction()?;
        let answer = question(&transaction);
        transaction.finish()?;
        let mut idle = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < READERS_KEPT {
            idle.push(connection);
        }
        answer
    }
}

impl Reader {
    /// The company after all its committed events, with the number of events since its snapshot.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn company(&self, id: &CompanyId) -> Result<(Company, u64), StoreError> {
        self.ask(|connection| {
            let sql = "SELECT data FROM snapshots WHERE company_id = ?1";
            let snapshot: Option<String> = connection.query_row(sql, [id.as_str()], |row| row.get(0)).optional()?;
            let mut company = match snapshot {
                Some(data) => read_snapshot(&data)?,
                None => Company::new(id.clone()),
            };
            let since = company.seq();
            for_each_event(connection, id, since, |at, event| company.apply(at, event))?;
            let events = company.seq() - since;
            Ok((company, events))
        })
    }

    fn with_open_things(&self) -> Result<Vec<CompanyId>, StoreError> {
        let sql = "SELECT company_id FROM bookings INDEXED BY bookings_that_search WHERE state = 'offering'
                   UNION SELECT company_id FROM sessions INDEXED BY sessions_that_run WHERE ended_at IS NULL
                   UNION SELECT company_id FROM employees INDEXED BY employees_who_want_to_work WHERE intent = 'idle'";
        self.ask(|connection| {
            let mut query = connection.prepare(sql)?;
            let ids = query.query_map([], |row| row.get::<_, String>(0))?;
            ids.map(|id| id?.parse().map_err(unreadable)).collect()
        })
    }

    fn company_of(&self, id: SessionId) -> Result<Option<CompanyId>, StoreError> {
        self.ask(|connection| {
            let sql = "SELECT company_id FROM sessions WHERE id = ?1";
            let found: Option<String> = connection.query_row(sql, [id.to_string()], |row| row.get(0)).optional()?;
            found.map(|id| id.parse().map_err(unreadable)).transpose()
        })
    }

    /// Asks away from the threads that serve sockets.
    pub fn aside<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Self) -> Result<T, StoreError> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, StoreError>> {
        let reader = self.clone();
        Box::pin(async move {
            let asked = tokio::task::spawn_blocking(move || question(&reader)).await;
            asked.unwrap_or_else(|_stopped| Err(StoreError::Stopping))
        })
    }
}

impl ReadBack for Reader {
    fn read_company(&self, id: &CompanyId) -> BoxFuture<'static, Result<(Company, u64), StoreError>> {
        let id = id.clone();
        self.aside(move |reader| reader.company(&id))
    }

    fn companies_with_open_things(&self) -> BoxFuture<'static, Result<Vec<CompanyId>, StoreError>> {
        self.aside(Self::with_open_things)
    }

    fn company_of_session(&self, id: SessionId) -> BoxFuture<'static, Result<Option<CompanyId>, StoreError>> {
        self.aside(move |reader| reader.company_of(id))
    }
}

/// A company as a snapshot has it.
pub(super) fn read_snapshot(data: &str) -> Result<Company, StoreError> {
    let mut company: Company = serde_json::from_str(data).map_err(unreadable)?;
    company.rebuild();
    Ok(company)
}

/// Hands over a company's events after that number, in order.
pub(super) fn for_each_event(
    connection: &Connection,
    company: &CompanyId,
    after: u64,
    mut each: impl FnMut(Time, &Event),
) -> Result<(), StoreError> {
    let sql = "SELECT at, data FROM events WHERE company_id = ?1 AND seq > ?2 ORDER BY seq";
    let mut query = connection.prepare_cached(sql)?;
    let mut rows = query.query(params![company.as_str(), after.cast_signed()])?;
    while let Some(row) = rows.next()? {
        let data = row.get_ref(1)?.as_str().map_err(unreadable)?;
        let event = serde_json::from_str(data).map_err(unreadable)?;
        each(time(row.get(0)?), &event);
    }
    Ok(())
}

pub(super) fn unreadable(error: impl std::fmt::Display) -> StoreError {
    StoreError::Unreadable(error.to_string())
}

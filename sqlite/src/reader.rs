//! Reads what is committed, beside the writer.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use switchboard_core::id::StoredAsText;
use switchboard_core::{Company, CompanyId, Event, SessionId, Time};
use switchboard_journal::news::News;
use switchboard_journal::{ReadBack, StoreError};

use crate::Error;
use crate::asker::{self, Asker};
use crate::columns::{time, unreadable};
use crate::directory::{self, FILE, Held, OpenError};
use crate::gate::Gate;

/// The same of each reader; what SQLite takes when nothing is said.
pub const READER_CACHE_KIB: i64 = 2_000;
/// Readers that are kept open for the next question.
const READERS_KEPT: usize = 8;
/// How often a question is asked that is cut each time.
const TRIES_MAX: u32 = 5;

/// Reads what is committed, beside the writer. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Reader(Arc<Readers>, Option<Asker>);

#[derive(Debug)]
struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    news: Arc<News>,
    gate: Arc<Gate>,
    /// Of the process that also writes: let go when the last connection is closed.
    _held: Option<Held>,
}

impl Reader {
    pub(super) fn of(path: PathBuf, held: Option<Held>) -> Self {
        let (idle, news, gate) = (Mutex::default(), Arc::default(), Arc::default());
        Self(Arc::new(Readers { path, idle, news, gate, _held: held }), None)
    }

    /// What all its reads pass.
    pub(super) fn gate(&self) -> &Arc<Gate> {
        &self.0.gate
    }

    /// Reads nothing more, cuts what is being read, and closes all connections: SQLite's log goes with the last. Says
    /// whether all are closed.
    pub fn close(&self, at_most: Duration) -> bool {
        self.0.gate.close();
        let is_empty = self.0.gate.empty(Duration::ZERO, at_most);
        self.idle().clear();
        is_empty
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the writer beside this reader says what is filed. Beside a tool's reader there is no writer, and no news.
    #[must_use]
    pub fn news(&self) -> &Arc<News> {
        &self.0.news
    }

    /// A reader of the store in a directory, for tools that look beside a server.
    ///
    /// # Errors
    /// When there is no store, or none any more.
    pub fn open(directory: &Path) -> Result<Self, OpenError> {
        if !directory::is_there(directory)? {
            return Err(OpenError::Nothing(directory.to_owned()));
        }
        Ok(Self::of(directory.join(FILE), None))
    }

    /// Asks the store. All that one question reads is of one moment. It is to be short: a long one is cut when SQLite's
    /// log must begin anew.
    ///
    /// # Errors
    /// What the question says, or that it must be asked again.
    pub fn ask<T>(&self, question: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        if self.1.as_ref().is_some_and(Asker::is_gone) {
            return Err(Error::Store(StoreError::Stopping));
        }
        // It outlives the connection: whoever waits for the last read finds all connections closed or idle.
        let reading = self.0.gate.enter()?;
        let kept = self.idle().pop();
        let mut connection = match kept {
            Some(connection) => connection,
            None => {
                let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let connection = Connection::open_with_flags(&self.0.path, flags)?;
                connection.pragma_update(None, "query_only", true)?;
                connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
                connection
            }
        };
        reading.is_cut_by(connection.get_interrupt_handle());
        if let Some(asker) = &self.1 {
            asker.asks_on(&mut connection)?;
        }
        let transaction = connection.unchecked_transaction()?;
        let answer = question(&transaction);
        // A connection that cannot end it is closed.
        if transaction.finish().is_ok() && asker::nobody_asks_on(&mut connection).is_ok() {
            let mut idle = self.idle();
            if idle.len() < READERS_KEPT {
                idle.push(connection);
            }
        }
        answer.map_err(Error::ask_again_if_cut)
    }

    /// Asks what nobody else would ask again, some times if it is cut.
    ///
    /// # Errors
    /// As [`Reader::ask`].
    pub(super) fn ask_until_told<T>(
        &self,
        mut question: impl FnMut(&Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        for _ in 1..TRIES_MAX {
            match self.ask(&mut question) {
                Err(Error::Store(StoreError::AskAgain)) => {}
                told => return told,
            }
        }
        self.ask(question)
    }
}

impl Reader {
    /// The company after all its committed events, with the number of events since its snapshot.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn company(&self, id: &CompanyId) -> Result<(Company, u64), Error> {
        self.ask_until_told(|connection| read_company(connection, id))
    }

    fn with_open_things(&self) -> Result<Vec<CompanyId>, Error> {
        let sql = "SELECT company_id FROM bookings INDEXED BY bookings_that_search WHERE state = 'offering'
                   UNION SELECT company_id FROM sessions INDEXED BY sessions_that_run WHERE ended_at IS NULL
                   UNION SELECT company_id FROM employees INDEXED BY employees_who_want_to_work WHERE intent = 'idle'";
        self.ask(|connection| {
            let mut query = connection.prepare(sql)?;
            let ids = query.query_map([], |row| row.get::<_, String>(0))?;
            ids.map(|id| CompanyId::from_stored(&id?).map_err(unreadable)).collect()
        })
    }

    fn company_of(&self, id: SessionId) -> Result<Option<CompanyId>, Error> {
        self.ask(|connection| {
            let sql = "SELECT company_id FROM sessions WHERE id = ?1";
            let found: Option<String> = connection.query_row(sql, [id.to_string()], |row| row.get(0)).optional()?;
            found.map(|id| CompanyId::from_stored(&id).map_err(unreadable)).transpose()
        })
    }

    /// Asks away from the threads that serve sockets, until nobody waits for the answer any more.
    pub fn aside<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Self) -> Result<T, Error> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, StoreError>> {
        let asker = Asker::default();
        let reader = Self(self.0.clone(), Some(asker.clone()));
        Box::pin(async move {
            let _waits = asker.waits();
            let asked = tokio::task::spawn_blocking(move || question(&reader)).await;
            asked.map_or(Err(StoreError::Stopping), |answer| answer.map_err(StoreError::from))
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

/// The company after all its filed events, with the number of events since its snapshot.
pub(super) fn read_company(connection: &Connection, id: &CompanyId) -> Result<(Company, u64), Error> {
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
}

/// A company as a snapshot has it.
pub(super) fn read_snapshot(data: &str) -> Result<Company, Error> {
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
) -> Result<(), Error> {
    while_events(connection, company, after, |at, event| {
        each(at, event);
        Ok(ControlFlow::Continue(()))
    })
}

/// Hands over a company's events after that number, in order, until it breaks.
pub(super) fn while_events(
    connection: &Connection,
    company: &CompanyId,
    after: u64,
    mut each: impl FnMut(Time, &Event) -> Result<ControlFlow<()>, Error>,
) -> Result<(), Error> {
    let sql = "SELECT at, data FROM events WHERE company_id = ?1 AND seq > ?2 ORDER BY seq";
    let mut query = connection.prepare_cached(sql)?;
    let mut rows = query.query(params![company.as_str(), after.cast_signed()])?;
    while let Some(row) = rows.next()? {
        let data = row.get_ref(1)?.as_str().map_err(unreadable)?;
        let event = serde_json::from_str(data).map_err(unreadable)?;
        if each(time(row.get(0)?), &event)?.is_break() {
            break;
        }
    }
    Ok(())
}

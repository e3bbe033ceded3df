//! The reader of committed data, which works beside the writer.

mod asker;
pub(super) mod gate;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use rusqlite::{Connection, OpenFlags};
use switchboard_core::{Company, CompanyId, SessionId};
use switchboard_history::past::{HistoryResult, Past};
use switchboard_history::store::{History, PastQuestion, SentQuestion};
use switchboard_journal::feed_notifier::FeedNotifier;
use switchboard_journal::{ReadBack, StoreError};

use crate::Error;
use crate::directory::{self, DirectoryLock, FILE, OpenError};
use crate::past::Tables;
use asker::Asker;
use gate::Gate;

/// The cache of each reader, in SQLite's default size.
pub const READER_CACHE_KIB: i64 = 2_000;
/// Idle connections that are kept open for the next question.
const READERS_KEPT: usize = 8;
/// A reader of committed data, beside the writer. Clones share its connections.
#[derive(Clone, Debug)]
pub struct Reader(Arc<Readers>, Option<Asker>);

#[derive(Debug)]
struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    notifier: Arc<FeedNotifier>,
    gate: Arc<Gate>,
    /// The hold of the process that also writes, released after the last connection is closed.
    _held: Option<DirectoryLock>,
}

impl Reader {
    pub(super) fn of(path: PathBuf, held: Option<DirectoryLock>) -> Self {
        let (idle, notifier, gate) = (Mutex::default(), Arc::default(), Arc::default());
        Self(Arc::new(Readers { path, idle, notifier, gate, _held: held }), None)
    }

    /// The gate that all reads pass.
    pub(super) fn gate(&self) -> &Arc<Gate> {
        &self.0.gate
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A reader of the store in a directory, for tools that read beside a server.
    ///
    /// # Errors
    /// When there is no store, or the store is gone.
    pub fn open(directory: &Path) -> Result<Self, OpenError> {
        if !directory::is_there(directory)? {
            return Err(OpenError::Nothing(directory.to_owned()));
        }
        Ok(Self::of(directory.join(FILE), None))
    }

    /// Asks on this thread: [`History`] without the trait, for tools.
    ///
    /// # Errors
    /// As [`History::ask_here`].
    pub fn ask<T>(&self, question: impl FnOnce(&dyn Past) -> HistoryResult<T>) -> HistoryResult<T> {
        (self as &dyn History).ask(question)
    }

    /// Reads as of one moment. A long read is interrupted when SQLite's log must restart.
    pub(super) fn read<T>(&self, question: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        if self.1.as_ref().is_some_and(Asker::is_gone) {
            return Err(Error::Store(StoreError::Stopping));
        }
        // The guard outlives the connection, so that after the last read all connections are closed or idle.
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
        // A connection that cannot end its transaction is closed.
        if transaction.finish().is_ok() && asker::nobody_asks_on(&mut connection).is_ok() {
            let mut idle = self.idle();
            if idle.len() < READERS_KEPT {
                idle.push(connection);
            }
        }
        answer
    }
}

impl Reader {
    fn for_asker(&self, asker: Asker) -> Self {
        Self(self.0.clone(), Some(asker))
    }

    /// Reads on a thread that serves no sockets. Dropping the future interrupts the read.
    pub(super) fn read_aside<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> impl Future<Output = HistoryResult<T>> + Send + 'static {
        let asker = Asker::default();
        let reader = self.for_asker(asker.clone());
        async move {
            let _waits = asker.waits();
            let asked = tokio::task::spawn_blocking(move || reader.read(question)).await;
            asked.map_or(Err(StoreError::Stopping), |answer| answer.map_err(StoreError::from))
        }
    }
}

impl History for Reader {
    fn ask_here(&self, question: PastQuestion<'_>) -> HistoryResult<()> {
        Ok(self.read(|connection| Ok(question(&Tables(connection))?))?)
    }

    fn ask_aside(&self, question: SentQuestion) -> BoxFuture<'static, HistoryResult<()>> {
        Box::pin(self.read_aside(|connection| Ok(question(&Tables(connection))?)))
    }

    /// The reader of a tool has no writer, and never any news.
    fn notifier(&self) -> &Arc<FeedNotifier> {
        &self.0.notifier
    }

    /// Closes all connections, because SQLite deletes its log with the last one.
    fn close(&self, at_most: Duration) -> bool {
        self.0.gate.close();
        let is_empty = self.0.gate.empty(Duration::ZERO, at_most);
        self.idle().clear();
        is_empty
    }
}

impl ReadBack for Reader {
    fn read_company(&self, id: &CompanyId) -> BoxFuture<'static, HistoryResult<(Company, u64)>> {
        let (reader, id) = (self.clone(), id.clone());
        Box::pin(async move {
            let history: &dyn History = &reader;
            history.off_runtime_until_answered(move |past| past.company(&id)).await
        })
    }

    fn companies_with_open_things(&self) -> BoxFuture<'static, HistoryResult<Vec<CompanyId>>> {
        let history: &dyn History = self;
        history.off_runtime(|past| past.companies_with_open_things())
    }

    fn company_of_session(&self, id: SessionId) -> BoxFuture<'static, HistoryResult<Option<CompanyId>>> {
        let history: &dyn History = self;
        history.off_runtime(move |past| past.company_of_session(id))
    }
}

//! The journal: every entry is committed before anybody is told, many at a time, in the order in which they came.

pub mod rows;

pub mod schema;

pub mod sqlite;

mod directory;

mod owner;

pub mod beside;

mod log;

mod unfiled;

mod filing;

mod checkpoint;

pub(crate) mod columns;

mod revision;

mod tables;

mod write;

mod asker;

pub mod audit;

pub mod endpoint;

pub mod endpoints;

pub mod feed;

pub mod keys;

pub mod reader;

mod gate;

pub mod news;

pub mod paging;

pub mod history;

pub mod snapshot;

pub(crate) mod bases;

mod replay;

pub mod timeline;

pub mod statistics;

pub mod tally;

pub mod export;

pub mod logos;

pub mod cut;
mod days;

pub mod removal;

pub mod whose;

pub mod erasure;

mod spread;

pub mod check;

pub mod backup;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use rusqlite::ErrorCode;
use switchboard_core::{Company, CompanyId, Event, SessionId, Time};
use tokio::sync::oneshot;

use crate::metrics::METRICS;
use crate::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use crate::sync::{mpsc, thread, watch};
use crate::telemetry::TRACE;
use rows::Row;

pub use filing::WAITING_MAX_BYTES as UNFILED_MAX_BYTES;
pub use write::{Write, Written};

/// The most entries in one transaction: a commit stays short enough that nobody waits long behind it.
const BATCH_MAX: usize = 1024;
/// Bytes that may wait for their commit, with the answers and the events that are told after it: a file of employees of
/// the largest kind, and the snapshots of everybody who comes back at once.
pub const WAITING_MAX_BYTES: usize = 256 * 1024 * 1024;
/// How often a store that failed is tried again.
const PROBE_EVERY: Duration = Duration::from_millis(100);

/// What belongs together: committed as one, and told only then.
pub struct Entry {
    /// Whose.
    pub company: CompanyId,
    /// The journal's epoch when the company was read: an entry of an older one rests on what was not committed.
    pub epoch: u64,
    /// The number of the first event.
    pub first_seq: u64,
    /// When they happened.
    pub at: Time,
    /// What happened; none for an answer that only rests on what happened before.
    pub events: Vec<Event>,
    /// The rows that changed by it.
    pub rows: Vec<Row>,
    /// Tells those who wait.
    pub release: Release,
}

/// Tells those who wait what became of an entry.
pub type Release = Box<dyn FnOnce(Fate) + Send>;

/// Tells who waits what came of a write; nothing when it is lost.
pub type OnWritten = Box<dyn FnOnce(Option<Written>) + Send>;

/// A release that tells one who waits, if they still do.
fn told<T: Send + 'static>() -> (Box<dyn FnOnce(T) + Send>, oneshot::Receiver<T>) {
    let (tell, told) = oneshot::channel();
    let release = Box::new(move |fate| {
        let _nobody_waits_any_more = tell.send(fate);
    });
    (release, told)
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is in the store for good.
    Committed,
    /// It is not: nothing of it may be told.
    Lost,
}

/// Work for the journal's thread.
pub enum Work {
    /// Something happened.
    Entry(Entry),
    /// A company's state, so that the next start need not read all its events.
    Snapshot {
        /// Whose.
        company: CompanyId,
        /// After which event.
        seq: u64,
        /// The state as JSON.
        data: String,
        /// The revision of the history that it was read from.
        revision: u64,
    },
    /// Something beside the companies' events, such as keys and endpoints, is written in the same transaction.
    Write {
        /// What is written.
        write: Box<Write>,
        /// What came of it, once the store has written it.
        written: Written,
        /// Tells who waits.
        release: OnWritten,
    },
    /// Nothing but the wish to be told that all before is committed and filed: whoever reads the tables then finds it
    /// there.
    File {
        /// Of this company; of all when there is none.
        company: Option<CompanyId>,
        /// Tells who waits; lost means that it could not be filed now.
        release: Release,
    },
}

impl Work {
    /// Something beside the companies' events.
    #[must_use]
    pub fn write(write: Write, release: OnWritten) -> Self {
        Self::Write { write: Box::new(write), written: Written::Done, release }
    }

    /// A company's state as a snapshot, read from that revision of its history.
    #[must_use]
    pub fn snapshot(company: &Company, revision: u64) -> Self {
        Self::Snapshot {
            company: company.id().clone(),
            seq: company.seq(),
            data: switchboard_wire::view::json(company),
            revision,
        }
    }
}

/// Why the store could not do something.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database said no.
    #[error("the store: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// What is stored cannot be read.
    #[error("the store holds what cannot be read: {0}")]
    Unreadable(String),
    /// Somebody else has written to the store, or a number was left out: our own mistake.
    #[error("{company}: event {first} cannot follow event {last}")]
    OutOfOrder {
        /// Whose.
        company: CompanyId,
        /// The number of what was to be written.
        first: u64,
        /// The number of what is written.
        last: u64,
    },
    /// The system gives no thread.
    #[error("the store needs a thread: {0}")]
    Thread(std::io::Error),
    /// More events than are read for one question.
    #[error("it is too far back: more than {0} events would have to be read")]
    TooFarBack(u64),
    /// The server stops, and reads nothing more.
    #[error("the server is about to stop")]
    Stopping,
    /// A read was cut, or not begun.
    #[error("the read was cut, or had to wait for too long, so that SQLite's log does not grow for ever: ask again")]
    AskAgain,
    /// Somebody else writes.
    #[error(
        "another server has taken the store, and this one writes nothing more: see which of the two is to run, and \
         stop the other"
    )]
    Taken,
    /// What is written would not be found.
    #[error(
        "`{0}` was removed, replaced or cut while it was open, and this server writes nothing more: put the file back or \
         restore a backup, and start again"
    )]
    Gone(PathBuf),
    /// It was told why before.
    #[error("the store is lost to this server")]
    Lost,
    /// A newer version wrote it.
    #[error(
        "the store has schema {found}, and this version knows up to {known}: run the version that wrote it, or a newer one"
    )]
    TooNew {
        /// The store's.
        found: u32,
        /// Ours.
        known: u32,
    },
}

impl StoreError {
    /// Whether it is so until the end: what is committed may be in no store that is read again.
    #[must_use]
    pub const fn is_for_good(&self) -> bool {
        matches!(self, Self::Taken | Self::Gone(_) | Self::Lost)
    }

    fn ask_again_if_cut(self) -> Self {
        match self {
            Self::Sqlite(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => Self::AskAgain,
            other => other,
        }
    }
}

/// What is to be filed.
#[derive(Clone, Copy, Debug)]
pub enum Filing<'a> {
    /// What has waited longest, as much as takes a moment.
    Longest,
    /// All of this company.
    Of(&'a CompanyId),
    /// All that waits.
    All,
}

/// Where entries are committed.
pub trait Store: Send {
    /// Commits all of it, or nothing. Rows may be taken out of the entries: they can be filed later.
    ///
    /// # Errors
    /// When nothing of it was committed, or in what nobody reads again.
    fn commit(&mut self, batch: &mut [Work]) -> Result<(), StoreError>;

    /// When something that is committed is to be filed in the tables; none when all of it is. A store that writes its
    /// tables with the commit never has anything to file.
    fn filing_due(&self) -> Option<Instant> {
        None
    }

    /// Files something that is committed, a moment's work at a time. What cannot be filed waits on. Says whether all
    /// that was asked for is filed.
    ///
    /// # Errors
    /// When the tables cannot be written now.
    fn file(&mut self, which: Filing<'_>) -> Result<bool, StoreError> {
        let _all_is_filed = which;
        Ok(true)
    }

    /// When it is to be looked next whether the store is still there; never for one that cannot go away.
    fn look_due(&self) -> Option<Instant> {
        None
    }

    /// Looks whether what is committed is where the next start looks for it.
    ///
    /// # Errors
    /// When it is not.
    fn look(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Tries a commit that changes nothing.
    ///
    /// # Errors
    /// When the store cannot commit.
    fn probe(&mut self) -> Result<(), StoreError>;

    /// Leaves the store as one whole, when nothing more will be written.
    fn end(&mut self) {}
}

/// Where companies are read back from. A read takes its time; nobody holds a lock meanwhile.
pub trait ReadBack: Send + Sync {
    /// The company after all its committed events, with the number of events since its snapshot; a company without
    /// events is new.
    ///
    /// # Errors
    /// When it cannot be read.
    fn read_company(&self, id: &CompanyId) -> BoxFuture<'static, Result<(Company, u64), StoreError>>;

    /// Companies with a booking, a session or an idle employee: something in them may be due.
    ///
    /// # Errors
    /// When they cannot be read.
    fn companies_with_open_things(&self) -> BoxFuture<'static, Result<Vec<CompanyId>, StoreError>>;

    /// The company that the session is of.
    ///
    /// # Errors
    /// When it cannot be read.
    fn company_of_session(&self, id: SessionId) -> BoxFuture<'static, Result<Option<CompanyId>, StoreError>>;
}

/// The store could not file; it is said in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct NotFiled;

/// Commits batches, keeps the epoch, and releases what was committed. Driven by a thread, or by a test.
pub struct Committer<S> {
    store: S,
    epoch: Arc<AtomicU64>,
    healthy: watch::Sender<bool>,
    /// Why the store is lost to this server, once it is.
    lost: Option<StoreError>,
    /// Those who wait for more to be filed than is filed at once: commits go on in between.
    asked: VecDeque<(Option<CompanyId>, Release)>,
}

impl<S: Store> Committer<S> {
    /// A committer to that store, and what shows its epoch and health.
    pub fn new(store: S) -> (Self, Arc<AtomicU64>, watch::Receiver<bool>) {
        let epoch = Arc::new(AtomicU64::new(0));
        let (healthy, health) = watch::channel(true);
        (Self { store, epoch: epoch.clone(), healthy, lost: None, asked: VecDeque::new() }, epoch, health)
    }

    /// Commits a batch and releases it. After a failure all entries of the old epoch are lost: they may rest on what
    /// was.
    pub fn commit(&mut self, batch: Vec<Work>) {
        let epoch = self.epoch.load(Ordering::Acquire);
        let (mut batch, stale): (Vec<Work>, Vec<Work>) = batch.into_iter().partition(|work| match work {
            Work::Entry(entry) => entry.epoch == epoch,
            Work::Snapshot { .. } | Work::Write { .. } | Work::File { .. } => true,
        });
        self.release(stale, Fate::Lost);
        let writes = batch.iter().any(|work| match work {
            Work::Entry(entry) => !entry.events.is_empty(),
            Work::Snapshot { .. } | Work::Write { .. } => true,
            Work::File { .. } => false,
        });
        let committed = if writes { self.measured_commit(&mut batch) } else { self.must_not_be_lost() };
        match committed {
            Ok(()) => self.release(batch, Fate::Committed),
            Err(error) => {
                self.epoch.fetch_add(1, Ordering::AcqRel);
                self.fall_sick(error, "the store cannot commit");
                self.release(batch, Fate::Lost);
            }
        }
    }

    fn must_not_be_lost(&self) -> Result<(), StoreError> {
        if self.lost.is_some() { Err(StoreError::Lost) } else { Ok(()) }
    }

    fn measured_commit(&mut self, batch: &mut [Work]) -> Result<(), StoreError> {
        self.must_not_be_lost()?;
        let began = Instant::now();
        let _span = tracing::debug_span!(target: TRACE, "commit", entries = batch.len()).entered();
        let committed = self.store.commit(batch);
        METRICS.commit.observe(began.elapsed().as_secs_f64());
        METRICS.batch.observe(batch.len() as f64);
        committed
    }

    fn release(&mut self, batch: Vec<Work>, fate: Fate) {
        for work in batch {
            match work {
                Work::Entry(Entry { release, .. }) => release(fate),
                Work::Write { written, release, .. } => release((fate == Fate::Committed).then_some(written)),
                Work::File { company, release } => self.file_for(company, release),
                Work::Snapshot { .. } => {}
            }
        }
    }

    /// When something that is committed is to be filed, if the store can write.
    #[must_use]
    pub fn filing_due(&self) -> Option<Instant> {
        let due = if self.asked.is_empty() { self.store.filing_due() } else { Some(Instant::now()) };
        due.filter(|_| self.is_healthy())
    }

    /// Files what has waited long enough. So commits go on in between.
    pub fn file_what_is_due(&mut self) {
        if self.filing_due().is_none_or(|due| due > Instant::now()) {
            return;
        }
        match self.asked.pop_front() {
            Some((company, release)) => self.file_for(company, release),
            None => drop(self.file(Filing::Longest)),
        }
    }

    /// When something is to be done without being asked for.
    fn due(&self) -> Option<Instant> {
        [self.filing_due(), self.store.look_due().filter(|_| self.lost.is_none())].into_iter().flatten().min()
    }

    /// Looks now and then whether the store is still there: while nobody books, no commit would find out.
    fn look_if_due(&mut self) {
        if self.lost.is_none()
            && self.store.look_due().is_some_and(|due| due <= Instant::now())
            && let Err(error) = self.store.look()
        {
            self.fall_sick(error, "the store cannot commit");
        }
    }

    /// Files for somebody who waits for it. What takes longer than a moment is gone on with after the next commit.
    fn file_for(&mut self, company: Option<CompanyId>, release: Release) {
        match self.file(company.as_ref().map_or(Filing::All, Filing::Of)) {
            Ok(true) => release(Fate::Committed),
            Ok(false) => self.asked.push_back((company, release)),
            Err(NotFiled) => release(Fate::Lost),
        }
    }

    /// Files everything and closes the store.
    ///
    /// # Errors
    /// When the store is lost, and with it perhaps what was answered.
    fn end(mut self) -> Result<(), StoreError> {
        while self.file(Filing::All) == Ok(false) {}
        let fate = if self.is_healthy() { Fate::Committed } else { Fate::Lost };
        self.asked.drain(..).for_each(|(_, release)| release(fate));
        match self.lost {
            Some(lost) => Err(lost),
            None => {
                self.store.end();
                Ok(())
            }
        }
    }

    /// Nothing can be committed or filed now: who waits for it is told.
    fn fall_sick(&mut self, error: StoreError, what: &str) {
        if error.is_for_good() {
            if self.lost.is_none() {
                tracing::error!(%error, "the store is lost: answering `unavailable` until the end");
                self.lost = Some(error);
            }
        } else {
            tracing::warn!(%error, "{what}: answering `unavailable` until it can");
        }
        self.healthy.send_replace(false);
        self.asked.drain(..).for_each(|(_, release)| release(Fate::Lost));
    }

    /// Says whether all that was asked for is filed. What cannot be filed is not lost; but then there is no room for more
    /// either.
    fn file(&mut self, which: Filing<'_>) -> Result<bool, NotFiled> {
        let began = Instant::now();
        let filed = self.must_not_be_lost().and_then(|()| self.store.file(which));
        METRICS.filing.observe(began.elapsed().as_secs_f64());
        filed.map_err(|error| {
            self.fall_sick(error, "the store cannot file");
            NotFiled
        })
    }

    /// Whether the store could commit the last time.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        *self.healthy.borrow()
    }

    /// While the store cannot commit: each thing that waits is committed or lost for itself, so that nobody waits in
    /// vain, and then the store is tried.
    pub fn try_again(&mut self, waiting: impl IntoIterator<Item = Work>) {
        for work in waiting {
            self.commit(vec![work]);
        }
        self.probe();
    }

    /// Tries whether a store that failed can commit again.
    fn probe(&mut self) {
        match self.must_not_be_lost().and_then(|()| self.store.probe()) {
            Ok(()) => {
                tracing::info!("the store can commit again");
                self.healthy.send_replace(true);
            }
            Err(error) if error.is_for_good() => self.fall_sick(error, "the store cannot commit"),
            Err(_still_sick) => {}
        }
    }
}

/// The journal's thread.
pub type Writer = thread::JoinHandle<Result<(), StoreError>>;

/// The way into the journal: a bounded queue before a thread of its own.
pub struct Journal {
    queue: mpsc::Sender<Work>,
    /// Bytes of what waits in the queue, and of what is told when it is committed.
    loaded: Arc<AtomicUsize>,
    epoch: Arc<AtomicU64>,
    health: watch::Receiver<bool>,
}

impl Journal {
    /// Starts the thread. It ends when the journal was dropped and all that was queued is written, and says then whether
    /// all that was answered is stored.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(store: impl Store + 'static, queue: usize) -> std::io::Result<(Self, Writer)> {
        let (mut committer, epoch, health) = Committer::new(store);
        let (journal, mut receiver) = Self::before(epoch, health, queue);
        let thread = thread::Builder::new().name("journal".into()).spawn(move || {
            let mut batch = Vec::new();
            while wait(&mut receiver, &mut batch, committer.due()) {
                committer.commit(std::mem::take(&mut batch));
                committer.file_what_is_due();
                committer.look_if_due();
                while !committer.is_healthy() && (!receiver.is_closed() || !receiver.is_empty()) {
                    thread::sleep(PROBE_EVERY);
                    committer.try_again(std::iter::from_fn(|| receiver.try_recv().ok()));
                }
            }
            // The next start would do it, but whoever looks into the store until then should find all of it.
            committer.end()
        })?;
        Ok((journal, thread))
    }

    /// The way in alone, before a committer that somebody else drives: that many entries may wait.
    #[must_use]
    pub fn before(epoch: Arc<AtomicU64>, health: watch::Receiver<bool>, queue: usize) -> (Self, mpsc::Receiver<Work>) {
        let (queue, receiver) = mpsc::channel(queue);
        (Self { queue, loaded: Arc::default(), epoch, health }, receiver)
    }

    /// So many bytes wait for their commit until what comes back is dropped.
    #[must_use]
    pub fn load(&self, bytes: usize) -> Load {
        self.loaded.fetch_add(bytes, Ordering::Relaxed);
        Load { bytes, loaded: self.loaded.clone() }
    }

    /// Whether as many bytes wait as may, whatever the number of entries.
    #[must_use]
    pub fn is_laden(&self) -> bool {
        self.loaded.load(Ordering::Relaxed) >= WAITING_MAX_BYTES
    }

    /// A place in the queue, taken before anything is decided: what is decided can then always be queued.
    #[must_use]
    pub fn try_reserve(&self) -> Option<mpsc::Permit<'_, Work>> {
        self.queue.try_reserve().ok()
    }

    /// A place in the queue, waiting for one: for what must not be lost, such as that a device has gone. The journal's
    /// thread always frees places, also when the store fails.
    pub async fn reserve(&self) -> Option<mpsc::Permit<'_, Work>> {
        self.queue.reserve().await.ok()
    }

    /// Comes back when everything that was decided before is committed, told and filed.
    pub async fn settle(&self) {
        // All places free means that the thread has taken all; what it took before this entry, it finishes before.
        drop(self.queue.reserve_many(self.queue.max_capacity()).await);
        let _filed_or_not = self.filed(None).await;
    }

    /// Comes back when everything that was queued before is also in the tables; of one company, or of all. Says whether
    /// it is: not while the store is sick.
    pub async fn filed(&self, company: Option<&CompanyId>) -> bool {
        let (release, told) = told();
        let sent = self.queue.send(Work::File { company: company.cloned(), release }).await;
        sent.is_ok() && told.await == Ok(Fate::Committed)
    }

    /// Writes something beside the companies' events, in its turn. Says what came of it; nothing when it is lost.
    pub async fn write(&self, write: Write) -> Option<Written> {
        let (release, told) = told();
        self.queue.send(Work::write(write, release)).await.ok()?;
        told.await.ok().flatten()
    }

    /// Writes something in its turn, and tells what became of it; nothing when there is no place in the queue.
    #[must_use]
    pub fn write_soon(&self, write: Write) -> Option<oneshot::Receiver<Option<Written>>> {
        let place = self.try_reserve()?;
        let (release, told) = told();
        place.send(Work::write(write, release));
        Some(told)
    }

    /// The epoch now: it changes when a commit failed.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// Whether the store can commit, and there is still a thread to do it.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        *self.health.borrow() && !self.queue.is_closed()
    }

    /// How many entries wait, and how many may.
    #[must_use]
    pub fn waiting(&self) -> (usize, usize) {
        let most = self.queue.max_capacity();
        (most - self.queue.capacity(), most)
    }

    /// Follows the store's health.
    #[must_use]
    pub fn health(&self) -> watch::Receiver<bool> {
        self.health.clone()
    }

    /// A way in for work that may wait, such as snapshots.
    #[must_use]
    pub fn queue(&self) -> mpsc::Sender<Work> {
        self.queue.clone()
    }
}

/// Bytes that wait for their commit.
#[derive(Debug)]
pub struct Load {
    bytes: usize,
    loaded: Arc<AtomicUsize>,
}

impl Drop for Load {
    fn drop(&mut self) {
        self.loaded.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Waits for work until then, or for as long as it takes. Says whether there can be any more.
fn wait(queue: &mut mpsc::Receiver<Work>, batch: &mut Vec<Work>, until: Option<Instant>) -> bool {
    let Some(until) = until else { return queue.blocking_recv_many(batch, BATCH_MAX) > 0 };
    let waker = Waker::from(Arc::new(Sleeper(std::thread::current())));
    loop {
        match queue.poll_recv_many(&mut Context::from_waker(&waker), batch, BATCH_MAX) {
            Poll::Ready(taken) => return taken > 0,
            Poll::Pending => match until.checked_duration_since(Instant::now()) {
                Some(rest) if !rest.is_zero() => std::thread::park_timeout(rest),
                Some(_) | None => return true,
            },
        }
    }
}

/// Wakes the journal's thread.
struct Sleeper(std::thread::Thread);

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[cfg(all(test, not(feature = "model")))]
mod tests;

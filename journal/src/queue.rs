//! The entrance of the journal: a bounded queue before a thread of its own.

use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use switchboard_core::CompanyId;
use tokio::sync::oneshot;

use crate::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use crate::sync::{mpsc, thread, watch};
use crate::{Committer, Fate, JournalItem, Store, StoreError, Write, Written};

/// Maximum number of entries in one transaction, so that a commit stays short, because all later entries wait for it.
const BATCH_MAX: usize = 1024;
/// Bytes that may wait for their commit, including the replies and notices that are released after it. The bound leaves
/// room for the largest file of employees, and for the snapshots of all devices that return at once.
pub const WAITING_MAX_BYTES: usize = 256 * 1024 * 1024;
/// Interval at which a store that failed is probed.
const PROBE_EVERY: Duration = Duration::from_millis(100);

/// The handle of the journal's thread.
pub type JournalThread = thread::JoinHandle<Result<(), StoreError>>;

/// The entrance of the journal: a bounded queue before a thread of its own.
pub struct Journal {
    queue: mpsc::Sender<JournalItem>,
    /// Bytes of the queued entries, with their replies and notices.
    loaded: Arc<AtomicUsize>,
    epoch: Arc<AtomicU64>,
    health: watch::Receiver<bool>,
}

impl Journal {
    /// Starts the thread. The thread ends when the journal is dropped and all queued work is done, and returns whether
    /// every entry whose reply was sent is stored.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn start(store: impl Store + 'static, queue: usize) -> std::io::Result<(Self, JournalThread)> {
        let (mut committer, epoch, health) = Committer::new(store);
        let (journal, mut receiver) = Self::before(epoch, health, queue);
        let thread = thread::Builder::new().name("journal".into()).spawn(move || {
            let mut batch = Vec::new();
            while wait(&mut receiver, &mut batch, committer.due()) {
                committer.commit(std::mem::take(&mut batch));
                committer.project_what_is_due();
                committer.look_if_due();
                while !committer.is_healthy() && (!receiver.is_closed() || !receiver.is_empty()) {
                    thread::sleep(PROBE_EVERY);
                    committer.try_again(std::iter::from_fn(|| receiver.try_recv().ok()));
                }
            }
            // The next start would project these entries too, but tools that read the store until then should find all
            // of them.
            committer.end()
        })?;
        Ok((journal, thread))
    }

    /// A queue of that capacity without a thread: the caller drives the committer.
    #[must_use]
    pub fn before(
        epoch: Arc<AtomicU64>,
        health: watch::Receiver<bool>,
        queue: usize,
    ) -> (Self, mpsc::Receiver<JournalItem>) {
        let (queue, receiver) = mpsc::channel(queue);
        (Self { queue, loaded: Arc::default(), epoch, health }, receiver)
    }

    /// Counts bytes that wait for their commit until the returned value is dropped.
    #[must_use]
    pub fn load(&self, bytes: usize) -> QueuedBytes {
        self.loaded.fetch_add(bytes, Ordering::Relaxed);
        QueuedBytes { bytes, loaded: self.loaded.clone() }
    }

    /// Whether the waiting bytes have reached their bound, whatever the number of entries.
    #[must_use]
    pub fn is_laden(&self) -> bool {
        self.loaded.load(Ordering::Relaxed) >= WAITING_MAX_BYTES
    }

    /// Reserves a place in the queue. A visit reserves one before it decides, so that its entry can always be queued.
    #[must_use]
    pub fn try_reserve(&self) -> Option<mpsc::Permit<'_, JournalItem>> {
        self.queue.try_reserve().ok()
    }

    /// Waits for a place in the queue, for entries that must not be refused, such as a device's departure. The wait
    /// always ends, because the journal's thread frees places even while the store fails.
    pub async fn reserve(&self) -> Option<mpsc::Permit<'_, JournalItem>> {
        self.queue.reserve().await.ok()
    }

    /// Returns when all earlier entries are committed, released and projected.
    pub async fn settle(&self) {
        // Once all places are free, the thread has taken all earlier work, and it finishes that work before this
        // barrier.
        drop(self.queue.reserve_many(self.queue.max_capacity()).await);
        let _projected_or_not = self.projected(None).await;
    }

    /// Returns when all work queued earlier is projected, of one company or of all. Returns false if the store cannot
    /// project now.
    pub async fn projected(&self, company: Option<&CompanyId>) -> bool {
        let (release, told) = told();
        let sent = self.queue.send(JournalItem::Project { company: company.cloned(), release }).await;
        sent.is_ok() && told.await == Ok(Fate::Committed)
    }

    /// Queues a write beside the companies' events, and returns its outcome; none when the write is lost.
    pub async fn write(&self, write: Write) -> Option<Written> {
        let (release, told) = told();
        self.queue.send(JournalItem::write(write, release)).await.ok()?;
        told.await.ok().flatten()
    }

    /// Queues a write without waiting for its outcome. Returns none when the queue is full.
    #[must_use]
    pub fn write_soon(&self, write: Write) -> Option<oneshot::Receiver<Option<Written>>> {
        let place = self.try_reserve()?;
        let (release, told) = told();
        place.send(JournalItem::write(write, release));
        Some(told)
    }

    /// The current epoch, which changes when a commit fails.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// Whether the store can commit, and the thread still runs.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        *self.health.borrow() && !self.queue.is_closed()
    }

    /// The number of waiting entries, and the capacity.
    #[must_use]
    pub fn waiting(&self) -> (usize, usize) {
        let most = self.queue.max_capacity();
        (most - self.queue.capacity(), most)
    }

    /// Follows changes of the store's health.
    #[must_use]
    pub fn health(&self) -> watch::Receiver<bool> {
        self.health.clone()
    }

    /// A sender for work that may wait for a place, such as snapshots.
    #[must_use]
    pub fn queue(&self) -> mpsc::Sender<JournalItem> {
        self.queue.clone()
    }
}

/// Bytes that are counted as waiting until this value is dropped.
#[derive(Debug)]
pub struct QueuedBytes {
    bytes: usize,
    loaded: Arc<AtomicUsize>,
}

impl Drop for QueuedBytes {
    fn drop(&mut self) {
        self.loaded.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Takes work, waiting until that time, or without a limit. Returns false once no more work can come.
fn wait(queue: &mut mpsc::Receiver<JournalItem>, batch: &mut Vec<JournalItem>, until: Option<Instant>) -> bool {
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

/// Unparks the journal's thread, because tokio's queue has no blocking receive with a timeout.
struct Sleeper(std::thread::Thread);

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// A release that sends its argument to the returned receiver, if that still exists.
fn told<T: Send + 'static>() -> (Box<dyn FnOnce(T) + Send>, oneshot::Receiver<T>) {
    let (tell, told) = oneshot::channel();
    let release = Box::new(move |fate| {
        let _nobody_waits_any_more = tell.send(fate);
    });
    (release, told)
}

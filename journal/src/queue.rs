//! The way into the journal: a bounded queue before a thread of its own.

use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use switchboard_core::CompanyId;
use tokio::sync::oneshot;

use crate::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use crate::sync::{mpsc, thread, watch};
use crate::{Committer, Fate, Store, StoreError, Work, Write, Written};

/// The most entries in one transaction: a commit stays short, because everybody behind it waits.
const BATCH_MAX: usize = 1024;
/// Bytes that may wait for their commit, with the answers and the events that are told after it: a file of employees of
/// the largest kind, and the snapshots of everybody who comes back at once.
pub const WAITING_MAX_BYTES: usize = 256 * 1024 * 1024;
/// How often a store that failed is tried again.
const PROBE_EVERY: Duration = Duration::from_millis(100);

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
            // The next start would do it, but a tool that looks into the store until then should find all of it.
            committer.end()
        })?;
        Ok((journal, thread))
    }

    /// The way in alone, before a committer that the caller drives: that many entries may wait.
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

/// A release that tells one who waits, if they still do.
fn told<T: Send + 'static>() -> (Box<dyn FnOnce(T) + Send>, oneshot::Receiver<T>) {
    let (tell, told) = oneshot::channel();
    let release = Box::new(move |fate| {
        let _nobody_waits_any_more = tell.send(fate);
    });
    (release, told)
}

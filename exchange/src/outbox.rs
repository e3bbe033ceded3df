//! The bounded queue of frames for one connected device.

mod share;
mod snapshot;

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Waker};

use axum::body::Bytes;
use axum::extract::ws::Utf8Bytes;
use switchboard_journal::sync::atomic::{AtomicUsize, Ordering};
use switchboard_journal::sync::{Mutex, MutexGuard};
use switchboard_metrics::METRICS;
use switchboard_wire::phoenix::Version;

pub use share::{Outboxes, WAITING_IN_ALL_MAX_BYTES, WAITING_OF_PERSON_MAX_BYTES};
pub use snapshot::SnapshotReply;

use share::Share;

/// Bytes that may wait for one device beside its largest frame: 256 events of the largest kind would be 16 MB, and a
/// thousand devices that do not read must not take a server's memory. The largest frame is left out, because a snapshot
/// may be larger alone, and events follow a snapshot at once.
pub const WAITING_MAX_BYTES: usize = 4 * 1024 * 1024;
/// The largest frame that is sent. All frames are bounded far below, so a larger one comes from a mistake of ours or
/// from data that was stored before the bounds existed, and the device is told so instead of being cut off.
pub const FRAME_TOLD_MAX_BYTES: usize = 48 * 1024 * 1024;
/// Frames for which an empty outbox keeps memory: as many as usually come at once, so that a burst costs memory only
/// while it lasts.
const FRAMES_KEPT: usize = 4;

/// An item on the way to one device.
#[derive(Debug)]
pub enum Outgoing {
    Frame(Utf8Bytes),
    /// A frame with an offer, and the payload of the ping behind the frame. The pong that returns these bytes is the
    /// proof of delivery.
    Offer(Utf8Bytes, Bytes),
    /// A frame about a search of the device's person. While the search goes on, the socket pings the device.
    Search(Utf8Bytes, SearchProgress),
    /// The end of a channel from this side: a join that was lost, or a topic that was closed. The socket sends the
    /// frame and forgets that line alone, because the device may have joined the topic again in the meantime.
    Ended {
        frame: Utf8Bytes,
        topic: Arc<str>,
        line: u64,
    },
    /// The person is shut out of a company, so a socket that is for that company alone is closed.
    ShutOut,
}

/// The state of a search that a device is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchProgress {
    /// The line of the frame.
    pub line: u64,
    /// None if the search is over, or if no device has to answer.
    pub goes_on: Option<GoesOn>,
}

/// A search that goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoesOn {
    /// The time that a device has for the answer to a ping.
    pub patience_ms: u64,
    /// The time left until the search's deadline.
    pub ends_in_ms: u64,
}

impl Outgoing {
    /// The item's frame, if it has one.
    #[must_use]
    pub const fn frame(&self) -> Option<&Utf8Bytes> {
        match self {
            Self::Frame(frame) | Self::Offer(frame, _) | Self::Search(frame, _) | Self::Ended { frame, .. } => {
                Some(frame)
            }
            Self::ShutOut => None,
        }
    }

    fn bytes(&self) -> usize {
        self.frame().map_or(0, |frame| frame.len())
    }
}

/// An item in the queue.
#[derive(Debug)]
enum QueuedFrame {
    Whole(Outgoing),
    /// A snapshot is encoded when the writer takes it, so that queued snapshots share their text.
    Snapshot(Box<SnapshotReply>),
}

impl QueuedFrame {
    fn bytes(&self) -> usize {
        match self {
            Self::Whole(outgoing) => outgoing.bytes(),
            Self::Snapshot(snapshot) => snapshot.bytes(),
        }
    }
}

/// The sending end of a queue. Sending never waits: the queue of a device that reads too slowly is shut instead.
#[derive(Debug)]
pub struct Outbox {
    queue: Arc<SendQueue>,
}

/// The receiving end of a queue.
#[derive(Debug)]
pub struct OutboxReceiver {
    queue: Arc<SendQueue>,
}

/// The reason for which nothing more comes out of an outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The device reads too slowly.
    Overflowed,
    /// Too much waits for the person's devices or for all devices, and most of it for this one.
    MadeRoom,
    /// A frame is larger than [`FRAME_TOLD_MAX_BYTES`].
    TooLarge,
    /// The last sending end was dropped.
    NobodySends,
}

#[derive(Debug)]
struct SendQueue {
    version: Version,
    frames_max: usize,
    senders: AtomicUsize,
    state: Mutex<State>,
    share: Arc<Share>,
    /// Bytes that were taken and may still be on the way into the socket.
    taken_bytes: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<QueuedFrame>,
    waiting_bytes: usize,
    largest_bytes: usize,
    /// The reason for which nothing more goes in, also set when the receiving end is dropped.
    shut: Option<Ended>,
    reader: Option<Waker>,
}

impl Outbox {
    /// An outbox for so many frames that shares no bound with other devices, and its receiving end.
    #[must_use]
    pub fn new(frames: usize, version: Version) -> (Self, OutboxReceiver) {
        Arc::new(Outboxes::default()).open(0, frames, version)
    }

    fn of(share: Arc<Share>, frames: usize, version: Version) -> (Self, OutboxReceiver) {
        let (senders, state, taken_bytes) = (AtomicUsize::new(1), Mutex::default(), AtomicUsize::new(0));
        let queue = Arc::new(SendQueue { version, frames_max: frames, senders, state, share, taken_bytes });
        (Self { queue: queue.clone() }, OutboxReceiver { queue })
    }

    /// The protocol version of the device's frames.
    #[must_use]
    pub fn version(&self) -> Version {
        self.queue.version
    }

    /// Queues an item. An overflow shuts the outbox, and items for a device that has gone are dropped.
    pub fn push(&self, outgoing: Outgoing) {
        self.put(QueuedFrame::Whole(outgoing));
    }

    /// Queues the reply to a join.
    pub(crate) fn push_snapshot(&self, snapshot: SnapshotReply) {
        self.put(QueuedFrame::Snapshot(Box::new(snapshot)));
    }

    fn put(&self, held: QueuedFrame) {
        let (queue, bytes) = (&self.queue, held.bytes());
        // Counted before the item is in, so that no reader gives bytes back which are not counted yet.
        let is_too_much = queue.share.add(bytes);
        let Put { reader, freed_bytes } = queue.lock().put(held, bytes, queue.frames_max);
        if freed_bytes > 0 {
            queue.share.give_back(freed_bytes);
        }
        if let Some(reader) = reader {
            reader.wake();
        }
        // Without this queue's lock, because making room locks other queues and perhaps this one.
        if is_too_much {
            queue.share.make_room();
        }
    }
}

impl Clone for Outbox {
    fn clone(&self) -> Self {
        self.queue.senders.fetch_add(1, Ordering::Relaxed);
        Self { queue: self.queue.clone() }
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        if self.queue.senders.fetch_sub(1, Ordering::AcqRel) == 1 {
            // Woken outside the lock, which the reader takes at once.
            let reader = self.queue.lock().reader.take();
            if let Some(reader) = reader {
                reader.wake();
            }
        }
    }
}

impl OutboxReceiver {
    /// Ready when there is an item to take; an error when nothing more comes.
    pub fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), Ended>> {
        // A writer that asks for more has written what it took.
        self.queue.taken_is_written();
        let mut state = self.queue.lock();
        if let Some(why) = state.shut {
            return Poll::Ready(Err(why));
        }
        if !state.waiting.is_empty() {
            return Poll::Ready(Ok(()));
        }
        // After the queue, so that the frames of the last sender still go out.
        if self.queue.senders.load(Ordering::Acquire) == 0 {
            return Poll::Ready(Err(Ended::NobodySends));
        }
        state.wait(cx)
    }

    /// Notes that everything taken so far is written.
    pub fn is_written(&self) {
        self.queue.taken_is_written();
    }

    /// Returns once the outbox is shut, so that a write that stands still can be given up.
    pub async fn overflowed(&self) -> Ended {
        poll_fn(|cx| {
            let mut state = self.queue.lock();
            state.shut.map_or_else(|| state.wait(cx), Poll::Ready)
        })
        .await
    }

    /// Takes the oldest item, if there is one. The item's bytes count until [`OutboxReceiver::is_written`] or
    /// [`OutboxReceiver::poll_ready`] is called.
    #[must_use]
    pub fn take(&self) -> Option<Outgoing> {
        let queue = &self.queue;
        let held = queue.lock().take()?;
        queue.taken_bytes.fetch_add(held.bytes(), Ordering::Relaxed);
        Some(match held {
            QueuedFrame::Whole(outgoing) => outgoing,
            QueuedFrame::Snapshot(snapshot) => Outgoing::Frame(snapshot.frame(queue.version)),
        })
    }
}

impl Drop for OutboxReceiver {
    fn drop(&mut self) {
        let freed_bytes = self.queue.lock().shut(Ended::Overflowed);
        self.queue.share.give_back(freed_bytes);
        self.queue.taken_is_written();
    }
}

impl SendQueue {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No step under the lock can leave half a change, so the state is good even after a panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives back the bytes of items that are written, or never will be.
    fn taken_is_written(&self) {
        if self.taken_bytes.load(Ordering::Relaxed) > 0 {
            self.share.give_back(self.taken_bytes.swap(0, Ordering::Relaxed));
        }
    }

    /// Bytes that shutting this queue would free.
    fn weight(&self) -> usize {
        let state = self.lock();
        if state.shut.is_some() { 0 } else { state.waiting_bytes + self.taken_bytes.load(Ordering::Relaxed) }
    }

    /// Shuts this queue to make room for others. Returns whether that frees anything.
    fn makes_room(&self) -> bool {
        let (waiting_bytes, reader) = {
            let mut state = self.lock();
            if state.shut.is_some() {
                return false;
            }
            (state.shut(Ended::MadeRoom), state.reader.take())
        };
        // Taken bytes are free too, because the socket gives up a write that stands still when it learns of the end.
        let freed_bytes = waiting_bytes + self.taken_bytes.swap(0, Ordering::Relaxed);
        self.share.give_back(freed_bytes);
        METRICS.outbox_overflows.inc();
        if let Some(reader) = reader {
            reader.wake();
        }
        freed_bytes > 0
    }
}

/// The follow-up of a put, for which the lock must be free.
struct Put {
    reader: Option<Waker>,
    /// Counted bytes of items that were dropped.
    freed_bytes: usize,
}

impl State {
    /// Queues an item of so many bytes, or shuts the outbox.
    fn put(&mut self, held: QueuedFrame, bytes: usize, frames_max: usize) -> Put {
        if self.shut.is_some() {
            return Put { reader: None, freed_bytes: bytes };
        }
        let mut freed_bytes = 0;
        if bytes > FRAME_TOLD_MAX_BYTES {
            tracing::warn!(bytes, most = FRAME_TOLD_MAX_BYTES, "a frame exceeds the limit: the socket is closed");
            freed_bytes = bytes + self.shut(Ended::TooLarge);
            return Put { reader: self.reader.take(), freed_bytes };
        }
        self.largest_bytes = self.largest_bytes.max(bytes);
        // Only bytes queued before count, so that no frame is refused for its own size.
        let bytes_max = WAITING_MAX_BYTES.saturating_add(self.largest_bytes);
        if self.waiting.len() < frames_max && self.waiting_bytes <= bytes_max {
            self.waiting_bytes += bytes;
            self.waiting.push_back(held);
        } else {
            METRICS.outbox_overflows.inc();
            freed_bytes = bytes + self.shut(Ended::Overflowed);
        }
        Put { reader: self.reader.take(), freed_bytes }
    }

    fn take(&mut self) -> Option<QueuedFrame> {
        let held = self.waiting.pop_front()?;
        self.waiting_bytes -= held.bytes();
        // A queue keeps the memory of its largest burst, and most sockets are idle.
        if self.waiting.is_empty() && self.waiting.capacity() > FRAMES_KEPT {
            self.waiting = VecDeque::new();
        }
        Some(held)
    }

    /// Drops what waits, and lets nothing more in. Returns the bytes that waited.
    fn shut(&mut self, why: Ended) -> usize {
        self.shut = Some(why);
        self.waiting = VecDeque::new();
        std::mem::take(&mut self.waiting_bytes)
    }

    fn wait<T>(&mut self, cx: &Context<'_>) -> Poll<T> {
        if !self.reader.as_ref().is_some_and(|reader| reader.will_wake(cx.waker())) {
            self.reader = Some(cx.waker().clone());
        }
        Poll::Pending
    }
}

#[cfg(all(test, not(feature = "model")))]
mod tests;

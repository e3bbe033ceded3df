//! The bounded way out to one connected device.

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
pub use snapshot::Snapshot;

use share::Share;

/// Bytes that may wait for one device beside its largest frame: 256 events of the largest kind would be 16 MB, and a
/// thousand devices that do not read should not cost what a server has. The largest frame is left out because it may
/// be a snapshot that alone is larger, and events follow it at once.
pub const WAITING_MAX_BYTES: usize = 4 * 1024 * 1024;
/// Bytes of a frame that is told. Whatever is told is bounded far below it, so a frame of this size is a mistake of ours
/// or comes of a store that knew no bounds: the device is told so, and not just cut off.
pub const FRAME_TOLD_MAX_BYTES: usize = 48 * 1024 * 1024;
/// Frames for which an empty outbox keeps the memory: as many as come at once on most days. What a burst took is given
/// back when it is over.
const FRAMES_KEPT: usize = 4;

/// Something for one device.
#[derive(Debug)]
pub enum Outgoing {
    /// A frame.
    Frame(Utf8Bytes),
    /// A frame with an offer, and a ping behind it: the pong that carries these bytes back is the proof of delivery.
    Offer(Utf8Bytes, Bytes),
    /// A frame about a search of the device's person's: while that goes on, it is looked whether the device is there.
    Search(Utf8Bytes, Search),
    /// The end of a channel from this side: a join that did not come about, or a topic that is gone. The device is
    /// told, and the channel of that line forgotten.
    Ended {
        /// What the device is told.
        frame: Utf8Bytes,
        /// Which topic.
        topic: Arc<str>,
        /// Which line: the device may have joined anew in the meantime.
        line: u64,
    },
    /// The person is shut out of a company: nothing more comes on a line that is for that company alone.
    ShutOut,
}

/// Whether a search goes on that a device is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Search {
    /// The line on which it is told.
    pub line: u64,
    /// None when the search is over, or nobody has to answer.
    pub goes_on: Option<GoesOn>,
}

/// A search that goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoesOn {
    /// How long a device may leave a question open whether it is there.
    pub patience_ms: u64,
    /// How long the search goes on at most.
    pub ends_in_ms: u64,
}

impl Outgoing {
    /// Its frame, if it has one.
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

/// What an outbox holds.
#[derive(Debug)]
enum Held {
    Whole(Outgoing),
    /// It becomes a frame when it is taken.
    Snapshot(Box<Snapshot>),
}

impl Held {
    fn bytes(&self) -> usize {
        match self {
            Self::Whole(outgoing) => outgoing.bytes(),
            Self::Snapshot(snapshot) => snapshot.bytes(),
        }
    }
}

/// The sending end: cheap to clone, never waits. Who reads too slowly is closed instead.
#[derive(Debug)]
pub struct Outbox {
    queue: Arc<Queue>,
}

/// The receiving end.
#[derive(Debug)]
pub struct Waiting {
    queue: Arc<Queue>,
}

/// Why nothing more comes out of an outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The device reads too slowly.
    Overflowed,
    /// More waits for the person's devices, or for everybody's, than may, and most of it for this one.
    MadeRoom,
    /// Something is larger than a frame may be.
    TooLarge,
    /// The last sending end is gone.
    NobodySends,
}

/// What both ends share.
#[derive(Debug)]
struct Queue {
    version: Version,
    frames_max: usize,
    senders: AtomicUsize,
    state: Mutex<State>,
    share: Arc<Share>,
    /// Bytes of what was taken: until it is known to be written, it is on its way into the line.
    taken_bytes: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Held>,
    waiting_bytes: usize,
    largest_bytes: usize,
    /// Why nothing goes in any more: also because nobody takes anything out.
    shut: Option<Ended>,
    /// Who waits for something to come.
    reader: Option<Waker>,
}

impl Outbox {
    /// An outbox for that many frames to somebody's only device, and its receiving end.
    #[must_use]
    pub fn new(frames: usize, version: Version) -> (Self, Waiting) {
        Arc::new(Outboxes::default()).open(0, frames, version)
    }

    fn of(share: Arc<Share>, frames: usize, version: Version) -> (Self, Waiting) {
        let (senders, state, taken_bytes) = (AtomicUsize::new(1), Mutex::default(), AtomicUsize::new(0));
        let queue = Arc::new(Queue { version, frames_max: frames, senders, state, share, taken_bytes });
        (Self { queue: queue.clone() }, Waiting { queue })
    }

    /// The form of frames that the device understands.
    #[must_use]
    pub fn version(&self) -> Version {
        self.queue.version
    }

    /// Puts something in. A full outbox is shut; a device that has gone is nobody's loss.
    pub fn push(&self, outgoing: Outgoing) {
        self.put(Held::Whole(outgoing));
    }

    /// The same with the answer to a join.
    pub fn push_snapshot(&self, snapshot: Snapshot) {
        self.put(Held::Snapshot(Box::new(snapshot)));
    }

    fn put(&self, held: Held) {
        let (queue, bytes) = (&self.queue, held.bytes());
        let is_too_much = queue.share.add(bytes);
        let Put { reader, freed_bytes } = queue.lock().put(held, bytes, queue.frames_max);
        if freed_bytes > 0 {
            queue.share.give_back(freed_bytes);
        }
        if let Some(reader) = reader {
            reader.wake();
        }
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
            let reader = self.queue.lock().reader.take();
            if let Some(reader) = reader {
                reader.wake();
            }
        }
    }
}

impl Waiting {
    /// Comes back once there is something to take.
    ///
    /// # Errors
    /// When nothing more comes.
    pub fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), Ended>> {
        self.queue.taken_is_written();
        let mut state = self.queue.lock();
        if let Some(why) = state.shut {
            return Poll::Ready(Err(why));
        }
        if !state.waiting.is_empty() {
            return Poll::Ready(Ok(()));
        }
        if self.queue.senders.load(Ordering::Acquire) == 0 {
            return Poll::Ready(Err(Ended::NobodySends));
        }
        state.wait(cx)
    }

    /// All that was taken is written.
    pub fn is_written(&self) {
        self.queue.taken_is_written();
    }

    /// Comes back once the outbox has overflowed, or something was too large for it.
    pub async fn overflowed(&self) -> Ended {
        poll_fn(|cx| {
            let mut state = self.queue.lock();
            state.shut.map_or_else(|| state.wait(cx), Poll::Ready)
        })
        .await
    }

    /// Takes what came first, if anything is there. It counts as waiting until [`Waiting::is_written`], or until more is
    /// waited for.
    #[must_use]
    pub fn take(&self) -> Option<Outgoing> {
        let queue = &self.queue;
        let held = queue.lock().take()?;
        queue.taken_bytes.fetch_add(held.bytes(), Ordering::Relaxed);
        Some(match held {
            Held::Whole(outgoing) => outgoing,
            Held::Snapshot(snapshot) => Outgoing::Frame(snapshot.frame(queue.version)),
        })
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let freed_bytes = self.queue.lock().shut(Ended::Overflowed);
        self.queue.share.give_back(freed_bytes);
        self.queue.taken_is_written();
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that is done under the lock can leave it half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was taken is in the line, or will never be.
    fn taken_is_written(&self) {
        if self.taken_bytes.load(Ordering::Relaxed) > 0 {
            self.share.give_back(self.taken_bytes.swap(0, Ordering::Relaxed));
        }
    }

    /// Bytes that would be free if it were shut.
    fn weight(&self) -> usize {
        let state = self.lock();
        if state.shut.is_some() { 0 } else { state.waiting_bytes + self.taken_bytes.load(Ordering::Relaxed) }
    }

    /// Is shut for others; says whether that frees anything. A write that stands still is given up with it.
    fn makes_room(&self) -> bool {
        let (waiting_bytes, reader) = {
            let mut state = self.lock();
            if state.shut.is_some() {
                return false;
            }
            (state.shut(Ended::MadeRoom), state.reader.take())
        };
        let freed_bytes = waiting_bytes + self.taken_bytes.swap(0, Ordering::Relaxed);
        self.share.give_back(freed_bytes);
        METRICS.outbox_overflows.inc();
        if let Some(reader) = reader {
            reader.wake();
        }
        freed_bytes > 0
    }
}

/// What became of something that was put in.
struct Put {
    /// Who must be told.
    reader: Option<Waker>,
    /// Bytes that wait no more.
    freed_bytes: usize,
}

impl State {
    /// Puts something of so many bytes in, or shuts the outbox.
    fn put(&mut self, held: Held, bytes: usize, frames_max: usize) -> Put {
        if self.shut.is_some() {
            return Put { reader: None, freed_bytes: bytes };
        }
        let mut freed_bytes = 0;
        if bytes > FRAME_TOLD_MAX_BYTES {
            tracing::warn!(bytes, most = FRAME_TOLD_MAX_BYTES, "a frame is too large to be sent: the socket is closed");
            freed_bytes = bytes + self.shut(Ended::TooLarge);
            return Put { reader: self.reader.take(), freed_bytes };
        }
        self.largest_bytes = self.largest_bytes.max(bytes);
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

    fn take(&mut self) -> Option<Held> {
        let held = self.waiting.pop_front()?;
        self.waiting_bytes -= held.bytes();
        if self.waiting.is_empty() && self.waiting.capacity() > FRAMES_KEPT {
            self.waiting = VecDeque::new();
        }
        Some(held)
    }

    /// Nothing goes in any more. Says how many bytes waited.
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

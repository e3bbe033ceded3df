//! The bounded way out to one connected device.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Waker};

use axum::body::Bytes;
use axum::extract::ws::Utf8Bytes;

use crate::metrics::METRICS;
use crate::phoenix::Version;
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{Mutex, MutexGuard};

/// Bytes that may wait for one device beside its largest frame: 256 events of the largest kind would be 16 MB, and a
/// thousand devices that do not read should not cost what a server has. The largest frame is left out because it may
/// be a snapshot that alone is larger, and events follow it at once.
const WAITING_MAX_BYTES: usize = 4 * 1024 * 1024;
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
    fn bytes(&self) -> usize {
        match self {
            Self::Frame(frame) | Self::Offer(frame, _) | Self::Search(frame, _) | Self::Ended { frame, .. } => {
                frame.len()
            }
            Self::ShutOut => 0,
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
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Outgoing>,
    waiting_bytes: usize,
    largest_bytes: usize,
    /// Why nothing goes in any more: also because nobody takes anything out.
    shut: Option<Ended>,
    /// Who waits for something to come.
    reader: Option<Waker>,
}

impl Outbox {
    /// An outbox for that many frames, and its receiving end.
    #[must_use]
    pub fn new(frames: usize, version: Version) -> (Self, Waiting) {
        let (senders, state) = (AtomicUsize::new(1), Mutex::default());
        let queue = Arc::new(Queue { version, frames_max: frames, senders, state });
        (Self { queue: queue.clone() }, Waiting { queue })
    }

    /// The form of frames that the device understands.
    #[must_use]
    pub fn version(&self) -> Version {
        self.queue.version
    }

    /// Puts something in. A full outbox is shut; a device that has gone is nobody's loss.
    pub fn push(&self, outgoing: Outgoing) {
        let reader = self.queue.lock().put(outgoing, self.queue.frames_max);
        if let Some(reader) = reader {
            reader.wake();
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

    /// Comes back once the outbox has overflowed, or something was too large for it.
    pub async fn overflowed(&self) -> Ended {
        poll_fn(|cx| {
            let mut state = self.queue.lock();
            state.shut.map_or_else(|| state.wait(cx), Poll::Ready)
        })
        .await
    }

    /// Takes what came first, if anything is there.
    #[must_use]
    pub fn take(&self) -> Option<Outgoing> {
        self.queue.lock().take()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.queue.lock().shut(Ended::Overflowed);
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that is done under the lock can leave it half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Puts something in, or shuts the outbox. Returns who must be told.
    fn put(&mut self, outgoing: Outgoing, frames_max: usize) -> Option<Waker> {
        if self.shut.is_some() {
            return None;
        }
        let bytes = outgoing.bytes();
        if bytes > FRAME_TOLD_MAX_BYTES {
            tracing::warn!(bytes, most = FRAME_TOLD_MAX_BYTES, "a frame is too large to be sent: the socket is closed");
            self.shut(Ended::TooLarge);
            return self.reader.take();
        }
        self.largest_bytes = self.largest_bytes.max(bytes);
        let bytes_max = WAITING_MAX_BYTES.saturating_add(self.largest_bytes);
        if self.waiting.len() < frames_max && self.waiting_bytes <= bytes_max {
            self.waiting_bytes += bytes;
            self.waiting.push_back(outgoing);
        } else {
            METRICS.outbox_overflows.inc();
            self.shut(Ended::Overflowed);
        }
        self.reader.take()
    }

    fn take(&mut self) -> Option<Outgoing> {
        let outgoing = self.waiting.pop_front()?;
        self.waiting_bytes -= outgoing.bytes();
        if self.waiting.is_empty() && self.waiting.capacity() > FRAMES_KEPT {
            self.waiting = VecDeque::new();
        }
        Some(outgoing)
    }

    fn shut(&mut self, why: Ended) {
        self.shut = Some(why);
        self.waiting = VecDeque::new();
        self.waiting_bytes = 0;
    }

    fn wait<T>(&mut self, cx: &Context<'_>) -> Poll<T> {
        if !self.reader.as_ref().is_some_and(|reader| reader.will_wake(cx.waker())) {
            self.reader = Some(cx.waker().clone());
        }
        Poll::Pending
    }
}

#[cfg(all(test, not(feature = "model")))]
mod tests {
    use super::*;

    fn frame(bytes: usize) -> Outgoing {
        Outgoing::Frame("x".repeat(bytes).into())
    }

    fn is_shut(waiting: &Waiting) -> bool {
        waiting.queue.lock().shut.is_some()
    }

    #[tokio::test]
    async fn a_device_that_does_not_read_is_reported_and_nobody_waits_for_it() {
        let (outbox, unread) = Outbox::new(2, Version::V2);
        for _ in 0..3 {
            outbox.push(frame(5));
        }
        assert_eq!(unread.overflowed().await, Ended::Overflowed);
        assert_eq!(poll_fn(|cx| unread.poll_ready(cx)).await, Err(Ended::Overflowed));
        assert!(unread.take().is_none(), "what nobody will read takes no memory");
    }

    #[tokio::test]
    async fn who_waits_hears_of_a_frame_and_of_the_end_of_the_last_sender() {
        let (outbox, waiting) = Outbox::new(2, Version::V2);
        let other = outbox.clone();
        let sending = tokio::spawn(async move {
            other.push(frame(5));
            drop(other);
        });
        assert_eq!(poll_fn(|cx| waiting.poll_ready(cx)).await, Ok(()));
        sending.await.unwrap();
        assert_eq!(waiting.take().unwrap().bytes(), 5);
        let ending = tokio::spawn(async move { drop(outbox) });
        assert_eq!(poll_fn(|cx| waiting.poll_ready(cx)).await, Err(Ended::NobodySends));
        ending.await.unwrap();
    }

    #[test]
    fn what_waits_is_bounded_in_bytes_beside_one_large_snapshot() {
        let (outbox, waiting) = Outbox::new(1000, Version::V2);
        outbox.push(frame(10 * WAITING_MAX_BYTES));
        for _ in 0..4 {
            outbox.push(frame(WAITING_MAX_BYTES / 4));
        }
        assert!(!is_shut(&waiting), "events follow a snapshot");
        // What was taken weighs nothing any more.
        assert_eq!(std::iter::from_fn(|| waiting.take()).count(), 5);
        assert_eq!(waiting.queue.lock().waiting_bytes, 0);
        outbox.push(frame(10 * WAITING_MAX_BYTES));
        outbox.push(frame(10 * WAITING_MAX_BYTES));
        assert!(!is_shut(&waiting));
        outbox.push(frame(1));
        assert!(is_shut(&waiting), "of two snapshots one weighs");
    }

    #[tokio::test]
    async fn a_frame_that_is_too_large_ends_the_line_with_that_reason() {
        let (outbox, waiting) = Outbox::new(10, Version::V2);
        outbox.push(frame(FRAME_TOLD_MAX_BYTES));
        assert!(!is_shut(&waiting));
        outbox.push(frame(FRAME_TOLD_MAX_BYTES + 1));
        assert_eq!(poll_fn(|cx| waiting.poll_ready(cx)).await, Err(Ended::TooLarge));
        assert_eq!(waiting.overflowed().await, Ended::TooLarge);
        assert!(waiting.take().is_none());
    }

    #[test]
    fn an_outbox_gives_the_memory_of_a_burst_back() {
        let (outbox, waiting) = Outbox::new(1000, Version::V2);
        for _ in 0..1000 {
            outbox.push(frame(5));
        }
        assert_eq!(std::iter::from_fn(|| waiting.take()).count(), 1000);
        assert_eq!(waiting.queue.lock().waiting.capacity(), 0);
        outbox.push(frame(5));
        let _taken = waiting.take();
        assert!(
            (1..=FRAMES_KEPT).contains(&waiting.queue.lock().waiting.capacity()),
            "a frame now and then costs none"
        );
    }
}

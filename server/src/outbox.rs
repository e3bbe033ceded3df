//! The bounded way out to one connected device.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::ws::Utf8Bytes;
use tokio::sync::mpsc;

use crate::phoenix::Version;
use crate::sync::Notify;
use crate::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Bytes that may wait for one device beside its largest frame: 256 events of the largest kind would be 16 MB, and a
/// thousand devices that do not read should not cost what a server has. The largest frame is left out because it may
/// be a snapshot that alone is larger, and events follow it at once.
const WAITING_MAX_BYTES: usize = 4 * 1024 * 1024;

/// Something for one device.
#[derive(Debug)]
pub enum Outgoing {
    /// A frame.
    Frame(Utf8Bytes),
    /// A frame with an offer, and a ping behind it: the pong that carries these bytes back is the proof of delivery.
    Offer(Utf8Bytes, Bytes),
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
}

impl Outgoing {
    fn bytes(&self) -> usize {
        match self {
            Self::Frame(frame) | Self::Offer(frame, _) | Self::Ended { frame, .. } => frame.len(),
        }
    }
}

/// The sending end: cheap to clone, never waits. Who reads too slowly is closed instead.
#[derive(Clone, Debug)]
pub struct Outbox {
    queue: mpsc::Sender<Outgoing>,
    overflow: Arc<Overflow>,
    version: Version,
}

/// Says that a device reads too slowly.
#[derive(Debug, Default)]
pub struct Overflow {
    happened: AtomicBool,
    bell: Notify,
    waiting_bytes: AtomicUsize,
    largest_bytes: AtomicUsize,
}

impl Overflow {
    /// Comes back once the outbox has overflowed.
    pub async fn happened(&self) {
        while !self.happened.load(Ordering::Acquire) {
            self.bell.notified().await;
        }
    }

    fn ring(&self) {
        self.happened.store(true, Ordering::Release);
        self.bell.notify_one();
    }

    /// Whether that many more bytes may wait.
    fn weigh(&self, bytes: usize) -> bool {
        let largest = self.largest_bytes.fetch_max(bytes, Ordering::Relaxed).max(bytes);
        let before = self.waiting_bytes.fetch_add(bytes, Ordering::Relaxed);
        before <= WAITING_MAX_BYTES.saturating_add(largest)
    }
}

/// The receiving end.
#[derive(Debug)]
pub struct Waiting {
    queue: mpsc::Receiver<Outgoing>,
    overflow: Arc<Overflow>,
}

impl Waiting {
    /// Takes up to so many at once; waits for the first.
    pub async fn recv_many(&mut self, taken: &mut Vec<Outgoing>, most: usize) -> usize {
        let before = taken.len();
        let count = self.queue.recv_many(taken, most).await;
        self.lighten(taken[before..].iter().map(Outgoing::bytes).sum());
        count
    }

    /// Takes what is there.
    ///
    /// # Errors
    /// When nothing is.
    pub fn try_recv(&mut self) -> Result<Outgoing, mpsc::error::TryRecvError> {
        self.queue.try_recv().inspect(|outgoing| self.lighten(outgoing.bytes()))
    }

    fn lighten(&self, bytes: usize) {
        self.overflow.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Outbox {
    /// An outbox for that many frames, its receiving end and the alarm of its overflow.
    #[must_use]
    pub fn new(frames: usize, version: Version) -> (Self, Waiting, Arc<Overflow>) {
        let (queue, receiver) = mpsc::channel(frames);
        let overflow = Arc::new(Overflow::default());
        let waiting = Waiting { queue: receiver, overflow: overflow.clone() };
        (Self { queue, overflow: overflow.clone(), version }, waiting, overflow)
    }

    /// The form of frames that the device understands.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Puts something in. A full outbox rings the alarm; a device that has gone is nobody's loss.
    pub fn push(&self, outgoing: Outgoing) {
        match self.queue.try_reserve() {
            Ok(place) if self.overflow.weigh(outgoing.bytes()) => place.send(outgoing),
            Ok(_) | Err(mpsc::error::TrySendError::Full(())) => self.overflow.ring(),
            Err(mpsc::error::TrySendError::Closed(())) => {}
        }
    }
}

#[cfg(all(test, not(feature = "model")))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_device_that_does_not_read_is_reported_and_nobody_waits_for_it() {
        let (outbox, _unread, overflow) = Outbox::new(2, Version::V2);
        for _ in 0..3 {
            outbox.push(Outgoing::Frame("frame".into()));
        }
        overflow.happened().await;
    }

    fn frame(bytes: usize) -> Outgoing {
        Outgoing::Frame("x".repeat(bytes).into())
    }

    #[tokio::test]
    async fn what_waits_is_bounded_in_bytes_beside_one_large_snapshot() {
        let (outbox, mut waiting, overflow) = Outbox::new(1000, Version::V2);
        let rings = || overflow.happened.load(Ordering::Acquire);
        outbox.push(frame(10 * WAITING_MAX_BYTES));
        for _ in 0..4 {
            outbox.push(frame(WAITING_MAX_BYTES / 4));
        }
        assert!(!rings(), "events follow a snapshot");
        // What was taken weighs nothing any more.
        assert_eq!(waiting.recv_many(&mut Vec::new(), 3).await, 3);
        waiting.try_recv().unwrap();
        waiting.try_recv().unwrap();
        assert_eq!(overflow.waiting_bytes.load(Ordering::Relaxed), 0);
        outbox.push(frame(10 * WAITING_MAX_BYTES));
        outbox.push(frame(10 * WAITING_MAX_BYTES));
        assert!(!rings());
        outbox.push(frame(1));
        assert!(rings(), "of two snapshots one weighs");
    }
}

//! The bounded way out to one connected device.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::ws::Utf8Bytes;
use tokio::sync::mpsc;

use crate::phoenix::Version;
use crate::sync::Notify;
use crate::sync::atomic::{AtomicBool, Ordering};

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
}

impl Overflow {
    /// Comes back once the outbox has overflowed.
    pub async fn happened(&self) {
        while !self.happened.load(Ordering::Acquire) {
            self.bell.notified().await;
        }
    }
}

impl Outbox {
    /// An outbox for that many frames, its receiving end and the alarm of its overflow.
    #[must_use]
    pub fn new(frames: usize, version: Version) -> (Self, mpsc::Receiver<Outgoing>, Arc<Overflow>) {
        let (queue, receiver) = mpsc::channel(frames);
        let overflow = Arc::new(Overflow::default());
        (Self { queue, overflow: overflow.clone(), version }, receiver, overflow)
    }

    /// The form of frames that the device understands.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Puts something in. A full outbox rings the alarm; a device that has gone is nobody's loss.
    pub fn push(&self, outgoing: Outgoing) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.queue.try_send(outgoing) {
            self.overflow.happened.store(true, Ordering::Release);
            self.overflow.bell.notify_one();
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
}

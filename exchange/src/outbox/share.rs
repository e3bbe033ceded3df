//! Bounds on the bytes that wait for all devices of one person and for all devices together, because a bound per device
//! is none for a person with many devices.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, Weak};

use switchboard_journal::sync::atomic::{AtomicUsize, Ordering};
use switchboard_journal::sync::{Mutex, MutexGuard};
use switchboard_wire::phoenix::Version;

use super::{Outbox, OutboxReceiver, SendQueue};

/// Bytes that may wait for all devices of one person: a page of a board for each of 256 sockets, because all of them
/// may return at once.
pub const WAITING_OF_PERSON_MAX_BYTES: usize = 64 * 1024 * 1024;
/// Bytes that may wait for all devices: the snapshots of all people after a restart, and the frames for slow devices.
pub const WAITING_IN_ALL_MAX_BYTES: usize = 512 * 1024 * 1024;

/// The outboxes of all devices. A frame counts for each device for which it waits, also where devices share its memory,
/// because each socket copies the frame in the end.
#[derive(Debug)]
pub struct Outboxes {
    of_person_max: usize,
    in_all_max: usize,
    in_all: AtomicUsize,
    people: Mutex<HashMap<u64, Weak<Share>>>,
}

impl Default for Outboxes {
    fn default() -> Self {
        Self::bounded(WAITING_OF_PERSON_MAX_BYTES, WAITING_IN_ALL_MAX_BYTES)
    }
}

impl Outboxes {
    fn bounded(of_person_max: usize, in_all_max: usize) -> Self {
        Self { of_person_max, in_all_max, in_all: AtomicUsize::new(0), people: Mutex::default() }
    }

    /// An outbox for so many frames to a device of a person, and its receiving end.
    #[must_use]
    pub fn open(self: &Arc<Self>, person: u64, frames: usize, version: Version) -> (Outbox, OutboxReceiver) {
        let share = self.share(person);
        let (outbox, waiting) = Outbox::of(share.clone(), frames, version);
        let mut queues = share.queues();
        // Ended queues are removed here, so that the list stays as long as the person's sockets.
        queues.retain(|queue| queue.strong_count() > 0);
        queues.push(Arc::downgrade(&outbox.queue));
        drop(queues);
        (outbox, waiting)
    }

    fn share(self: &Arc<Self>, person: u64) -> Arc<Share> {
        let mut people = self.people();
        if let Some(share) = people.get(&person).and_then(Weak::upgrade) {
            return share;
        }
        let share = Arc::new(Share { person, bytes: AtomicUsize::new(0), queues: Mutex::default(), all: self.clone() });
        people.insert(person, Arc::downgrade(&share));
        share
    }

    /// The person with the most bytes waiting.
    fn heaviest(&self) -> Option<Arc<Share>> {
        // Collected first, because a share that is dropped takes the lock on `people` itself.
        let shares: Vec<Arc<Share>> = self.people().values().filter_map(Weak::upgrade).collect();
        shares.into_iter().max_by_key(|share| share.bytes.load(Ordering::Relaxed))
    }

    fn people(&self) -> MutexGuard<'_, HashMap<u64, Weak<Share>>> {
        // No step under the lock can leave half a change, so the map is good even after a panic.
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes that wait for all devices of one person.
#[derive(Debug)]
pub(super) struct Share {
    person: u64,
    bytes: AtomicUsize,
    queues: Mutex<Vec<Weak<SendQueue>>>,
    all: Arc<Outboxes>,
}

impl Share {
    /// Counts more bytes. Returns whether they are too many, for the person or in all.
    pub(super) fn add(&self, bytes: usize) -> bool {
        let of_person = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let in_all = self.all.in_all.fetch_add(bytes, Ordering::Relaxed) + bytes;
        of_person > self.all.of_person_max || in_all > self.all.in_all_max
    }

    /// Counts bytes that wait no more.
    pub(super) fn give_back(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.all.in_all.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Shuts the queues with the most bytes until there is room again, so that a device that reads is not shut for one
    /// that does not.
    #[cold]
    pub(super) fn make_room(&self) {
        while self.bytes.load(Ordering::Relaxed) > self.all.of_person_max && self.shut_heaviest() {}
        while self.all.in_all.load(Ordering::Relaxed) > self.all.in_all_max
            && self.all.heaviest().is_some_and(|share| share.shut_heaviest())
        {}
    }

    /// Shuts the person's queue with the most bytes. Returns whether that freed anything, because otherwise
    /// [`Share::make_room`] would never end.
    fn shut_heaviest(&self) -> bool {
        let queues: Vec<Arc<SendQueue>> = self.queues().iter().filter_map(Weak::upgrade).collect();
        let weights = queues.into_iter().map(|queue| (queue.weight(), queue));
        let heaviest = weights.filter(|(weight, _)| *weight > 0).max_by_key(|(weight, _)| *weight);
        heaviest.is_some_and(|(_, queue)| queue.makes_room())
    }

    fn queues(&self) -> MutexGuard<'_, Vec<Weak<SendQueue>>> {
        // No step under the lock can leave half a change, so the list is good even after a panic.
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut people = self.all.people();
        // A new device of the person may have made another share in the meantime.
        if people.get(&self.person).is_some_and(|share| share.strong_count() == 0) {
            people.remove(&self.person);
        }
    }
}

#[cfg(all(test, not(feature = "model")))]
mod tests {
    use std::future::poll_fn;

    use super::super::{Ended, Outgoing};
    use super::*;

    const KIB: usize = 1024;

    fn push(outbox: &Outbox, bytes: usize) {
        outbox.push(Outgoing::Frame("x".repeat(bytes).into()));
    }

    fn open(outboxes: &Arc<Outboxes>, person: u64) -> (Outbox, OutboxReceiver) {
        outboxes.open(person, 1000, Version::V2)
    }

    async fn end(waiting: &OutboxReceiver) -> Option<Ended> {
        poll_fn(|cx| waiting.poll_ready(cx)).await.err()
    }

    #[tokio::test]
    async fn of_many_devices_of_a_person_the_one_with_most_is_shut_and_not_who_reads() {
        let outboxes = Arc::new(Outboxes::bounded(100 * KIB, 1000 * KIB));
        let (slow, unread) = open(&outboxes, 1);
        let others: Vec<_> = (0..3).map(|_| open(&outboxes, 1)).collect();
        let (reading, read) = open(&outboxes, 1);
        push(&slow, 40 * KIB);
        others.iter().for_each(|(other, _)| push(other, 15 * KIB));
        push(&reading, 14 * KIB);
        assert!(read.take().is_some(), "what is being written counts");
        assert_eq!(outboxes.in_all.load(Ordering::Relaxed), 99 * KIB);
        push(&reading, 2 * KIB);
        assert_eq!(unread.overflowed().await, Ended::MadeRoom);
        assert!(unread.take().is_none(), "what nobody will read takes no memory");
        for (_, waiting) in &others {
            assert_eq!(end(waiting).await, None);
        }
        assert!(read.take().is_some() && read.take().is_none());
        assert_eq!(outboxes.in_all.load(Ordering::Relaxed), 61 * KIB, "it counts until it is written");
        read.is_written();
        assert_eq!(outboxes.in_all.load(Ordering::Relaxed), 45 * KIB, "what was written counts no more");
        drop((slow, unread, others, reading, read));
        assert_eq!(outboxes.in_all.load(Ordering::Relaxed), 0);
        assert!(outboxes.people().is_empty());
    }

    #[tokio::test]
    async fn of_all_people_the_one_with_most_gives_way() {
        let outboxes = Arc::new(Outboxes::bounded(100 * KIB, 200 * KIB));
        let greedy: Vec<_> = (0..9).map(|_| open(&outboxes, 1)).collect();
        greedy.iter().for_each(|(outbox, _)| push(outbox, 10 * KIB));
        let people: Vec<_> = (2..12).map(|person| open(&outboxes, person)).collect();
        people.iter().for_each(|(outbox, _)| push(outbox, 12 * KIB));
        for (_, waiting) in &people {
            assert_eq!(end(waiting).await, None, "they have less");
        }
        let mut shut = 0;
        for (_, waiting) in &greedy {
            shut += usize::from(end(waiting).await == Some(Ended::MadeRoom));
        }
        assert_eq!(shut, 1, "no more than is needed");
        assert_eq!(outboxes.in_all.load(Ordering::Relaxed), 200 * KIB);
    }

    #[test]
    fn a_frame_that_alone_is_too_much_is_shut_out_and_nothing_of_it_stays() {
        let outboxes = Arc::new(Outboxes::bounded(KIB, KIB));
        let (outbox, waiting) = open(&outboxes, 1);
        push(&outbox, 2 * KIB);
        push(&outbox, 1);
        assert!(waiting.take().is_none());
        assert_eq!(outboxes.in_all.load(Ordering::Relaxed), 0);
    }
}

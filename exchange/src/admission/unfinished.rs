//! Incomplete heads, bodies and frames of a connection. Most are short and read at once. A long one stays in memory
//! until its end arrives, so a long one needs one of a bounded number of places.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use switchboard_metrics::METRICS;

use super::{Admission, LongPlace, Peer};

/// Bytes of a head, a body or a frame that need no place; nearly all are shorter.
pub const SHORT_MAX_BYTES: usize = 8 * 1024;

/// The refusal when all places are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many large requests and frames are in progress")]
pub struct TooManyLong;

/// The incomplete head, body or frame of one connection.
pub struct Unfinished {
    admission: Arc<Admission>,
    peer: Peer,
    bytes: AtomicUsize,
    place: Mutex<Option<LongPlace>>,
}

impl Unfinished {
    /// A connection that has sent nothing yet.
    #[must_use]
    pub fn of(admission: Arc<Admission>, peer: Peer) -> Arc<Self> {
        Arc::new(Self { admission, peer, bytes: AtomicUsize::new(0), place: Mutex::default() })
    }

    /// Notes that the head, body or frame is complete, and the next one begins.
    pub fn is_whole(&self) {
        if self.bytes.swap(0, Ordering::Relaxed) > SHORT_MAX_BYTES {
            drop(self.place.lock().unwrap_or_else(PoisonError::into_inner).take());
        }
    }

    /// Takes a control frame out of the count, because such a frame may stand between the parts of another and is read
    /// at once.
    pub fn is_control(&self, payload: usize) {
        let bytes = self.bytes.load(Ordering::Relaxed);
        // A frame with a place keeps that place to its end, and `is_whole` gives the place back by this count.
        let least = if bytes > SHORT_MAX_BYTES { SHORT_MAX_BYTES + 1 } else { 0 };
        // A head of 2 bytes and a mask of 4 (RFC 6455, 5.2).
        self.bytes.store(bytes.saturating_sub(2 + 4 + payload).max(least), Ordering::Relaxed);
    }

    /// Counts bytes that have arrived.
    pub fn add(&self, bytes: usize) -> Result<(), TooManyLong> {
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        // A place is taken once, by the bytes that cross the bound.
        if before > SHORT_MAX_BYTES || before + bytes <= SHORT_MAX_BYTES {
            return Ok(());
        }
        let Some(place) = self.admission.long(self.peer) else {
            METRICS.refused.of("overloaded").inc();
            return Err(TooManyLong);
        };
        *self.place.lock().unwrap_or_else(PoisonError::into_inner) = Some(place);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::{LONG_IN_ALL_MAX, LONG_OF_ADDRESS_MAX, Limits};

    fn peer(last: usize) -> Peer {
        Peer(format!("192.0.2.{last}").parse().unwrap())
    }

    #[test]
    fn what_is_long_needs_a_place_until_it_is_whole() {
        let admission = Arc::new(Admission::new(&Limits { sockets_per_address: 1, ..Limits::default() }));
        let open = |last| Unfinished::of(admission.clone(), peer(last));
        let long: Vec<_> = (0..LONG_OF_ADDRESS_MAX).map(|_| open(1)).collect();
        long.iter().for_each(|one| one.add(SHORT_MAX_BYTES + 1).unwrap());
        let late = open(1);
        late.add(SHORT_MAX_BYTES).unwrap();
        assert!(late.add(1).is_err(), "its address has as many as it may");
        let alive = open(1);
        for _ in 0..SHORT_MAX_BYTES {
            alive.add(8).unwrap();
            alive.is_control(2);
        }
        open(2).add(SHORT_MAX_BYTES + 1).unwrap();
        long[0].add(100_000).unwrap();
        long[0].is_whole();
        let next = open(1);
        next.add(SHORT_MAX_BYTES + 1).unwrap();
        assert!(open(1).add(SHORT_MAX_BYTES + 1).is_err());
        long[0].add(SHORT_MAX_BYTES).unwrap();
        assert!(long[0].add(1).is_err(), "what follows begins anew");
    }

    #[test]
    fn there_are_so_many_places_for_all_addresses() {
        let admission = Arc::new(Admission::new(&Limits { sockets_per_address: 1, ..Limits::default() }));
        let long = |last| {
            let one = Unfinished::of(admission.clone(), peer(last));
            one.add(SHORT_MAX_BYTES + 1).map(|()| one)
        };
        let mut all: Vec<_> = (0..LONG_IN_ALL_MAX).map(|n| long(n / LONG_OF_ADDRESS_MAX).unwrap()).collect();
        assert!(long(200).is_err());
        drop(all.pop());
        assert!(long(200).is_ok());
    }
}

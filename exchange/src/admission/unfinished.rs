//! What a connection has sent of a request's head, of its body or of a frame, that is not whole yet. Most are short, and
//! read at once. A long one stays in memory until its end has come, so it needs a place, and there are only so many.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use switchboard_metrics::METRICS;

use super::{Admission, LongPlace, Peer};

/// Bytes of a head, a body or a frame that need no place: nearly all are shorter.
pub const SHORT_MAX_BYTES: usize = 8 * 1024;

/// There is no place for one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many long heads, bodies and frames are on their way")]
pub struct TooManyLong;

/// What is unfinished on one connection.
pub struct Unfinished {
    admission: Arc<Admission>,
    peer: Peer,
    bytes: AtomicUsize,
    place: Mutex<Option<LongPlace>>,
}

impl Unfinished {
    /// Nothing has come yet.
    #[must_use]
    pub fn of(admission: Arc<Admission>, peer: Peer) -> Arc<Self> {
        Arc::new(Self { admission, peer, bytes: AtomicUsize::new(0), place: Mutex::default() })
    }

    /// It has come to its end: the next begins.
    pub fn is_whole(&self) {
        if self.bytes.swap(0, Ordering::Relaxed) > SHORT_MAX_BYTES {
            drop(self.place.lock().unwrap_or_else(PoisonError::into_inner).take());
        }
    }

    /// A control frame has come, which may stand between the parts of another: its head, its mask and so many bytes.
    pub fn is_control(&self, payload: usize) {
        let bytes = self.bytes.load(Ordering::Relaxed);
        // What has a place keeps it to its end.
        let least = if bytes > SHORT_MAX_BYTES { SHORT_MAX_BYTES + 1 } else { 0 };
        self.bytes.store(bytes.saturating_sub(2 + 4 + payload).max(least), Ordering::Relaxed);
    }

    /// More has come.
    ///
    /// # Errors
    /// When it is long, and there is no place for it.
    pub fn add(&self, bytes: usize) -> Result<(), TooManyLong> {
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
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

//! What has ended and is remembered for a while, so that a repeated request gets the same answer.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::id::BookingId;
use crate::limits::{REMEMBERED_MAX_BYTES, REMEMBERED_MAX_MS};
use crate::time::Time;

/// Bookings that are over, in the order in which they ended, with their weight in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Past {
    queue: VecDeque<(Time, BookingId, usize)>,
    bytes: usize,
}

impl Past {
    pub(crate) fn remember(&mut self, at: Time, booking: BookingId, weight: usize) {
        self.queue.push_back((at, booking, weight));
        self.bytes = self.bytes.saturating_add(weight);
    }

    /// The next booking to forget: too old, or too much is remembered. Called until it says none.
    pub(crate) fn forget_next(&mut self, at: Time) -> Option<BookingId> {
        let (ended_at, booking, weight) = *self.queue.front()?;
        let too_old = ended_at.plus_ms(REMEMBERED_MAX_MS) <= at;
        let too_much = self.bytes > REMEMBERED_MAX_BYTES;
        // What ended just now is still to be told and written down.
        if ended_at == at || !(too_old || too_much) {
            return None;
        }
        self.queue.pop_front();
        self.bytes = self.bytes.saturating_sub(weight);
        Some(booking)
    }

    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten_first_when_there_is_too_much() {
        let mut past = Past::default();
        let at = Time::from_ms(1000);
        for n in 0..3 {
            past.remember(at, BookingId::from_u128(n), REMEMBERED_MAX_BYTES / 2);
        }
        assert_eq!(past.forget_next(at), None, "what ended just now is kept, whatever its weight");
        let later = at.plus_ms(1);
        assert_eq!(past.forget_next(later), Some(BookingId::from_u128(0)));
        assert_eq!(past.forget_next(later), None);
        let tomorrow = at.plus_ms(REMEMBERED_MAX_MS);
        assert_eq!(past.forget_next(tomorrow), Some(BookingId::from_u128(1)));
    }
}

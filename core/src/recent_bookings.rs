//! Ended bookings that are remembered for a while, so that a repeated request gets the same answer.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::id::BookingId;
use crate::limits::{REMEMBERED_MAX_BYTES, REMEMBERED_MAX_MS};
use crate::time::Time;

/// Ended bookings, in the order in which they ended, with their weight in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RecentBookings {
    queue: VecDeque<(Time, BookingId, usize)>,
    bytes: usize,
}

impl RecentBookings {
    pub(crate) fn remember(&mut self, at: Time, booking: BookingId, weight: usize) {
        self.queue.push_back((at, booking, weight));
        self.bytes = self.bytes.saturating_add(weight);
    }

    /// The next booking to forget, because it is too old or too much is remembered. The caller repeats this until there
    /// is none.
    pub(crate) fn forget_next(&mut self, at: Time) -> Option<BookingId> {
        let (ended_at, ..) = self.queue.front()?;
        let too_old = ended_at.plus_ms(REMEMBERED_MAX_MS) <= at;
        if too_old || self.is_too_much() { self.forget_oldest(at) } else { None }
    }

    const fn is_too_much(&self) -> bool {
        self.bytes > REMEMBERED_MAX_BYTES
    }

    /// A booking that ended just now stays, because it is still to be told and stored.
    fn forget_oldest(&mut self, at: Time) -> Option<BookingId> {
        let (ended_at, booking, weight) = *self.queue.front()?;
        if ended_at == at {
            return None;
        }
        self.queue.pop_front();
        self.bytes = self.bytes.saturating_sub(weight);
        Some(booking)
    }

    /// Changes the recorded weight of a booking, which ended at that time.
    pub(crate) fn recount(&mut self, ended_at: Time, booking: BookingId, weight: usize) {
        let from = self.queue.partition_point(|(at, ..)| *at < ended_at);
        let mut ended_then = self.queue.range_mut(from..).take_while(|(at, ..)| *at == ended_at);
        if let Some((_, _, known)) = ended_then.find(|(_, id, _)| *id == booking) {
            self.bytes = self.bytes.saturating_sub(*known).saturating_add(weight);
            *known = weight;
        }
    }

    /// The next booking to forget because `heavier`, which itself stays, has gained weight. The caller repeats this
    /// until there is none.
    pub(crate) fn make_room(&mut self, at: Time, heavier: BookingId) -> Option<BookingId> {
        let (_, oldest, _) = self.queue.front()?;
        if self.is_too_much() && *oldest != heavier { self.forget_oldest(at) } else { None }
    }

    /// Remembered bookings with their weight, oldest first.
    pub(crate) fn weights(&self) -> impl Iterator<Item = (BookingId, usize)> {
        self.queue.iter().map(|(_, booking, weight)| (*booking, *weight))
    }

    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
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
        let mut past = RecentBookings::default();
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

    #[test]
    fn what_has_become_heavier_has_others_forgotten_and_not_itself() {
        let mut past = RecentBookings::default();
        let (at, booking) = (Time::from_ms(1000), BookingId::from_u128);
        for n in 0..4 {
            past.remember(at.plus_ms(u64::from(n > 1)), booking(n), REMEMBERED_MAX_BYTES / 4);
        }
        let later = at.plus_ms(2);
        assert_eq!(past.make_room(later, booking(1)), None);
        past.recount(at, booking(1), REMEMBERED_MAX_BYTES / 4 + 1);
        assert_eq!(past.make_room(at, booking(1)), None, "what ended just now is kept, whatever its weight");
        assert_eq!(past.make_room(later, booking(1)), Some(booking(0)));
        past.recount(at, booking(1), REMEMBERED_MAX_BYTES);
        assert_eq!(past.make_room(later, booking(1)), None);
        assert_eq!(past.weights().map(|(_, weight)| weight).sum::<usize>(), past.bytes());
        // A booking that is not remembered at that time is not weighed.
        past.recount(later, booking(1), 0);
        past.recount(at, booking(2), 0);
        assert_eq!(past.bytes(), REMEMBERED_MAX_BYTES / 4 * 6);
    }
}

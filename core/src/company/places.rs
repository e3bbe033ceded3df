//! Places in the line: bookings that wait, with those whose clients are away, by topic in the order of rank.

use std::collections::{BTreeMap, VecDeque};

use crate::booking::Booking;
use crate::id::{BookingId, Topic};
use crate::limits::WAITING_MAX;
use crate::routing::Rank;

/// Bookings that wait, by topic in the order of rank.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Places {
    by_topic: BTreeMap<Topic, VecDeque<Rank>>,
    by_route: BTreeMap<u8, usize>,
    all: usize,
    /// How often a line became full, or was full no more.
    flips: u64,
    /// How often a booking began or ceased to wait.
    moves: u64,
}

impl Places {
    /// Number of all bookings that wait.
    pub(super) const fn len(&self) -> usize {
        self.all
    }

    /// Number of those of one route.
    pub(super) fn of_route(&self, route: u8) -> usize {
        self.by_route.get(&route).copied().unwrap_or_default()
    }

    /// Number of those about one topic.
    pub(super) fn about(&self, topic: &Topic) -> usize {
        self.by_topic.get(topic).map_or(0, VecDeque::len)
    }

    /// Those about one topic, in the order of rank.
    pub(super) fn in_order(&self, topic: &Topic) -> impl Iterator<Item = BookingId> {
        self.by_topic.get(topic).into_iter().flatten().map(|rank| rank.booking)
    }

    /// Topics about which clients wait, each with their number.
    pub(super) fn topics(&self) -> impl Iterator<Item = (&Topic, usize)> {
        self.by_topic.iter().map(|(topic, line)| (topic, line.len()))
    }

    /// The place that the rank has or would have about the topic, from 1.
    pub(super) fn place(&self, topic: &Topic, rank: Rank) -> u32 {
        let before = self.by_topic.get(topic).map_or(0, |line| line.partition_point(|other| *other < rank));
        u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// Two counters to compare with earlier values: of lines that became full or no longer were, and of all changes.
    pub(super) const fn marks(&self) -> (u64, u64) {
        (self.flips, self.moves)
    }

    /// Whether the same bookings wait, however often others did.
    pub(super) fn same_as(&self, other: &Self) -> bool {
        self.by_topic == other.by_topic && self.by_route == other.by_route && self.all == other.all
    }

    pub(super) fn join(&mut self, booking: &Booking, rank: Rank) {
        let line = self.by_topic.entry(booking.topic.clone()).or_default();
        line.insert(line.partition_point(|other| *other < rank), rank);
        *self.by_route.entry(route_no(booking)).or_default() += 1;
        self.all += 1;
        self.moves += 1;
        self.flips += u64::from(self.is_just_full(booking));
    }

    pub(super) fn leave(&mut self, booking: &Booking, rank: Rank) {
        let is_full = self.is_just_full(booking);
        let Some(line) = self.by_topic.get_mut(&booking.topic) else { return };
        let Ok(at) = line.binary_search(&rank) else { return };
        self.flips += u64::from(is_full);
        self.moves += 1;
        line.remove(at);
        if line.is_empty() {
            self.by_topic.remove(&booking.topic);
        }
        let of_route = self.by_route.entry(route_no(booking)).or_default();
        *of_route = of_route.saturating_sub(1);
        if *of_route == 0 {
            self.by_route.remove(&route_no(booking));
        }
        self.all = self.all.saturating_sub(1);
    }

    fn is_just_full(&self, booking: &Booking) -> bool {
        let max = booking.routed.as_ref().map_or(0, |routed| routed.route().wait.max_length as usize);
        self.of_route(route_no(booking)) == max || self.all == WAITING_MAX
    }
}

fn route_no(booking: &Booking) -> u8 {
    booking.routed.as_ref().map_or(0, |routed| routed.route_no())
}

//! Searches that wait for somebody who can be asked, the oldest first, per topic.

use std::collections::{BTreeMap, BTreeSet};

use crate::booking::Booking;
use crate::employee::Employee;
use crate::id::{BookingId, Topic};
use crate::time::Time;

/// Searches by when they were opened.
type ByAge = BTreeSet<(Time, BookingId)>;

/// All searches that wait. Whoever becomes free finds the oldest of theirs without looking at any that is not theirs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Waiting {
    all: ByAge,
    by_topic: BTreeMap<Topic, ByAge>,
}

impl Waiting {
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Takes the search in when it waits, and out when it does not.
    pub(crate) fn follow(&mut self, booking: &Booking) {
        let search = (booking.created_at, booking.id);
        if booking.waits() {
            self.all.insert(search);
            self.by_topic.entry(booking.topic.clone()).or_default().insert(search);
        } else {
            self.all.remove(&search);
            if let Some(of_topic) = self.by_topic.get_mut(&booking.topic) {
                of_topic.remove(&search);
                if of_topic.is_empty() {
                    self.by_topic.remove(&booking.topic);
                }
            }
        }
    }

    /// The oldest that the employee can take and that is not among those to skip: O(log n) for each of their topics,
    /// plus one step for each that is skipped.
    pub(crate) fn oldest_for(&self, employee: &Employee, skip: impl Fn(BookingId) -> bool) -> Option<BookingId> {
        let oldest = |searches: &ByAge| searches.iter().find(|(_, id)| !skip(*id)).copied();
        let found = if employee.topics.is_empty() {
            oldest(&self.all)
        } else {
            employee.topics.iter().filter_map(|topic| oldest(self.by_topic.get(topic)?)).min()
        };
        found.map(|(_, id)| id)
    }
}

//! Searches that wait for an employee who can be asked, the oldest first, per topic.

use std::collections::{BTreeMap, BTreeSet};

use crate::booking::Booking;
use crate::employee::Employee;
use crate::id::{BookingId, Topic};
use crate::time::Time;

/// Searches by their time of opening.
type ByAge = BTreeSet<(Time, BookingId)>;

/// All searches that wait. An employee who becomes free finds the oldest search that fits without looking at any other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct WaitingSearches {
    all: ByAge,
    by_topic: BTreeMap<Topic, ByAge>,
}

impl WaitingSearches {
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Adds the search when it waits, and removes it when it does not.
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

    /// The oldest search that the employee can take and that is not skipped: O(log n) for each of the employee's
    /// topics, plus one step for each search that is skipped.
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

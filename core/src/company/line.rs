//! The line: bookings that seek an employee, by rank, under all that they ask for.

use std::collections::{BTreeMap, BTreeSet};

use crate::booking::Booking;
use crate::employee::Employee;
use crate::id::BookingId;
use crate::routing::{Level, Of, Rank, Skills, has_all};

/// All bookings that seek. An employee who becomes free looks at the first of each need that they fit, and at no other
/// booking.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    seeking: BTreeSet<Rank>,
    by_need: BTreeMap<Sought, ByLevel>,
}

/// Bookings that ask for the same, by the least level in the topic.
type ByLevel = BTreeMap<Level, BTreeSet<Rank>>;

/// What a booking asks for, without the level in the topic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Sought {
    of: Of,
    skills: Skills,
}

impl Line {
    pub(super) fn is_empty(&self) -> bool {
        self.seeking.is_empty()
    }

    /// Adds a booking under the needs of its open steps.
    pub(super) fn join(&mut self, booking: &Booking, rank: Rank) {
        self.seeking.insert(rank);
        each_sought(booking, |sought, least| {
            self.by_need.entry(sought).or_default().entry(least).or_default().insert(rank);
        });
    }

    /// Removes a booking that has not changed since it joined.
    pub(super) fn leave(&mut self, booking: &Booking, rank: Rank) {
        self.seeking.remove(&rank);
        each_sought(booking, |sought, least| {
            let Some(levels) = self.by_need.get_mut(&sought) else { return };
            if let Some(ranks) = levels.get_mut(&least) {
                ranks.remove(&rank);
                if ranks.is_empty() {
                    levels.remove(&least);
                }
            }
            if levels.is_empty() {
                self.by_need.remove(&sought);
            }
        });
    }

    /// The first booking in rank that asks for the employee and is not skipped: O(log n) for each need that the employee
    /// fits, plus one step for each booking that is skipped.
    pub(super) fn first_for(&self, employee: &Employee, skip: impl Fn(BookingId) -> bool) -> Option<Rank> {
        let mut first: Option<Rank> = None;
        let mut look = |of: Of| {
            let Some(level) = of.level_of(&employee.topics, &employee.profile.skills) else { return };
            let from = Sought { of, skills: Skills::new() };
            for (_, levels) in self
                .by_need
                .range(&from..)
                .take_while(|(sought, _)| sought.of == from.of)
                .filter(|(sought, _)| has_all(&employee.profile.skills, &sought.skills))
            {
                for ranks in levels.range(..=level).map(|(_, ranks)| ranks) {
                    let head = ranks.iter().take_while(|rank| first.is_none_or(|first| **rank < first));
                    first = head.copied().find(|rank| !skip(rank.booking)).or(first);
                }
            }
        };
        look(Of::Everybody);
        look(Of::NoTopics);
        employee.topics.iter().for_each(|topic| look(Of::Topic(topic.clone())));
        first
    }
}

/// A booking without a route asks for employees who name its topic, and for those who name none.
fn each_sought(booking: &Booking, mut visit: impl FnMut(Sought, Level)) {
    match &booking.routed {
        None => {
            for of in [Of::Topic(booking.topic.clone()), Of::NoTopics] {
                visit(Sought { of, skills: Skills::new() }, Level::LEAST);
            }
        }
        Some(routed) => {
            for need in routed.needs() {
                for key in &need.keys {
                    visit(Sought { of: key.of.clone(), skills: key.skills.clone() }, need.least);
                }
            }
        }
    }
}

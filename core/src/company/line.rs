//! The line: bookings that seek an employee, by rank, under all that they ask for.

use std::collections::{BTreeMap, BTreeSet};

use crate::booking::Booking;
use crate::employee::Employee;
use crate::id::{BookingId, EmployeeNo};
use crate::routing::{Level, Of, Rank, Skills, has_all};

/// All bookings that seek. An employee who becomes free looks at the first of each need that they fit, and at no other
/// booking.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    seeking: BTreeSet<Rank>,
    by_need: BTreeMap<Sought, ByLevel>,
    by_wanted: BTreeMap<EmployeeNo, BTreeSet<Rank>>,
}

/// Bookings that ask for the same, by the least level in the topic.
type ByLevel = BTreeMap<Level, Group>;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Group {
    ranks: BTreeSet<Rank>,
    /// Those of them that have a further step.
    may_open: BTreeSet<Rank>,
}

/// Demand of a booking, without the level in the topic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Sought {
    of: Of,
    skills: Skills,
    weight: u8,
}

impl Line {
    pub(super) fn is_empty(&self) -> bool {
        self.seeking.is_empty()
    }

    /// Adds a booking under the needs of its open steps.
    pub(super) fn join(&mut self, booking: &Booking, rank: Rank) {
        self.seeking.insert(rank);
        let may_open = booking.routed.as_ref().is_some_and(|routed| routed.next_step().is_some());
        each_sought(booking, |sought, least| {
            let group = self.by_need.entry(sought).or_default().entry(least).or_default();
            group.ranks.insert(rank);
            if may_open {
                group.may_open.insert(rank);
            }
        });
        for wanted in booking.routed.iter().flat_map(|routed| routed.wanted()) {
            self.by_wanted.entry(*wanted).or_default().insert(rank);
        }
    }

    /// Removes a booking that has not changed since it joined.
    pub(super) fn leave(&mut self, booking: &Booking, rank: Rank) {
        self.seeking.remove(&rank);
        each_sought(booking, |sought, least| {
            let Some(levels) = self.by_need.get_mut(&sought) else { return };
            if let Some(group) = levels.get_mut(&least) {
                group.ranks.remove(&rank);
                group.may_open.remove(&rank);
                if group.ranks.is_empty() {
                    levels.remove(&least);
                }
            }
            if levels.is_empty() {
                self.by_need.remove(&sought);
            }
        });
        for wanted in booking.routed.iter().flat_map(|routed| routed.wanted()) {
            if let Some(ranks) = self.by_wanted.get_mut(wanted) {
                ranks.remove(&rank);
                if ranks.is_empty() {
                    self.by_wanted.remove(wanted);
                }
            }
        }
    }

    /// The first booking in rank that asks for the employee and is not skipped: O(log n) for each need that the employee
    /// fits, plus one step for each booking that is skipped.
    pub(super) fn first_for(
        &self,
        no: EmployeeNo,
        employee: &Employee,
        skip: impl Fn(BookingId) -> bool,
    ) -> Option<Rank> {
        let mut first: Option<Rank> = None;
        let mut look_at = |ranks: &BTreeSet<Rank>| {
            let head = ranks.iter().take_while(|rank| first.is_none_or(|first| **rank < first));
            first = head.copied().find(|rank| !skip(rank.booking)).or(first);
        };
        let fits =
            |sought: &Sought| sought.weight <= employee.room() && has_all(&employee.profile.skills, &sought.skills);
        let mut look = |of: Of| {
            let Some(level) = of.level_of(&employee.topics, &employee.profile.skills) else { return };
            let from = Sought { of, skills: Skills::new(), weight: 0 };
            let of_kind = self.by_need.range(&from..).take_while(|(sought, _)| sought.of == from.of);
            for (_, levels) in of_kind.filter(|(sought, _)| fits(sought)) {
                levels.range(..=level).for_each(|(_, group)| look_at(&group.ranks));
            }
        };
        look(Of::Everybody);
        look(Of::NoTopics);
        employee.topics.iter().for_each(|topic| look(Of::Topic(topic.clone())));
        self.by_wanted.get(&no).into_iter().for_each(&mut look_at);
        first
    }

    /// Bookings that may open a further step because of an employee who has gone off duty: those under each need for
    /// which `is_deserted` says of one of them that no employee is on duty, and those that want the employee.
    pub(super) fn may_open(&self, no: EmployeeNo, is_deserted: impl Fn(BookingId) -> bool) -> Vec<BookingId> {
        let groups = self.by_need.values().flat_map(|levels| levels.values());
        let deserted = groups.filter(|group| group.may_open.first().is_some_and(|rank| is_deserted(rank.booking)));
        let wanting = self.by_wanted.get(&no);
        deserted
            .flat_map(|group| &group.may_open)
            .chain(wanting.into_iter().flatten())
            .map(|rank| rank.booking)
            .collect()
    }
}

/// A booking without a route asks for employees who name its topic, and for those who name none.
fn each_sought(booking: &Booking, mut visit: impl FnMut(Sought, Level)) {
    match &booking.routed {
        None => {
            for of in [Of::Topic(booking.topic.clone()), Of::NoTopics] {
                visit(Sought { of, skills: Skills::new(), weight: 1 }, Level::LEAST);
            }
        }
        Some(routed) => {
            for need in routed.needs() {
                for key in &need.keys {
                    let sought = Sought { of: key.of.clone(), skills: key.skills.clone(), weight: key.weight };
                    visit(sought, need.least);
                }
            }
        }
    }
}

//! Candidates of a booking and their order, by the sentences of the contract, from what the ledger has written.

use std::cmp::Reverse;

use switchboard_core::routing::{EVERYBODY, EVERYTHING, Order, Prefer, RouteStep};
use switchboard_core::{BookingId, EmployeeNo, Level, Skills, Time, Topic};

use super::ledger::{Ledger, Near, Person, Search};

/// The steps of a booking, as they were when it was opened.
#[derive(Clone)]
pub struct Way {
    pub steps: Vec<RouteStep>,
    /// How many are open.
    pub open: usize,
    /// From when their times count.
    pub began: Time,
    /// Number of the booking among those that were opened with a routing.
    pub number: u64,
}

impl Search {
    pub fn open_steps(&self) -> Vec<RouteStep> {
        self.way.as_ref().map_or_else(|| vec![RouteStep::default()], |way| way.steps[..way.open].to_vec())
    }

    pub fn has_more_steps(&self) -> bool {
        self.way.as_ref().is_some_and(|way| way.open < way.steps.len())
    }

    /// Number of open offers.
    pub fn open(&self) -> usize {
        self.offers.iter().filter(|asked| asked.outcome.is_none()).count()
    }

    /// How many offers may be open.
    pub fn width(&self) -> usize {
        self.open_steps().last().map_or(1, |step| usize::from(step.at_once))
    }

    /// Whether one more employee may be asked. The offer of a search that waits is with an absent employee, and gives way
    /// to another.
    pub fn seeks(&self, at: Time) -> bool {
        self.end.is_none() && self.ends_by > at && (self.waits.is_some() || self.open() < self.width())
    }
}

impl Ledger {
    /// The steps of a booking that is opened now.
    pub fn steps_for(&self, topic: &Topic) -> Vec<RouteStep> {
        let fits = |topics: &Option<std::collections::BTreeSet<Topic>>| {
            topics.as_ref().is_none_or(|topics| topics.contains(topic))
        };
        let route = self.routing.routes.iter().find(|route| fits(&route.topics));
        route.map_or_else(|| vec![RouteStep::default()], |route| route.steps.clone())
    }

    /// The place of a booking among those that seek.
    pub fn rank(&self, booking: BookingId) -> (bool, Time, u64, BookingId) {
        let search = &self.searches[&booking];
        let number = search.way.as_ref().map_or(0, |way| way.number);
        (search.waits.is_none() && search.open() > 0, search.opened, number, booking)
    }

    /// All employees that the booking may ask now. The first of them is asked.
    pub fn candidates(&self, booking: BookingId) -> Vec<EmployeeNo> {
        let search = &self.searches[&booking];
        let was_asked = |no: &EmployeeNo| search.has_asked(&self.people[no].id);
        let steps = search.open_steps();
        let of_steps = steps.iter().flat_map(|step| self.candidates_of(step, &search.topic, &search.wishes));
        of_steps.filter(|no| !was_asked(no)).collect()
    }

    /// All employees who can be asked and fit the step, in its order.
    pub fn candidates_of(&self, step: &RouteStep, topic: &Topic, wishes: &Skills) -> Vec<EmployeeNo> {
        let can_be_asked = self.people.iter().filter(|(_, person)| person.can_be_asked());
        let mut fit: Vec<_> = can_be_asked
            .filter_map(|(no, person)| {
                let level = person.level_in(step, topic, wishes)?;
                let preferred = match step.prefer {
                    Prefer::Any => (None, None),
                    Prefer::Best => (Some(Reverse(level)), None),
                    Prefer::Least => (None, Some(level)),
                };
                let turns = person.turns;
                let key = match step.order {
                    Order::LongestIdle => (0, 0),
                    Order::RoundRobin => (turns.latest, 0),
                    Order::Fewest => (turns.day, turns.of_day),
                    Order::Share => (turns.pass, 0),
                };
                Some((preferred, key, person.idle_turn, *no))
            })
            .collect();
        fit.sort_unstable();
        fit.into_iter().map(|(.., no)| no).collect()
    }

    /// Until when an employee may come back who fits an open step and was not asked.
    pub fn awaited_until(&self, booking: BookingId) -> Option<Time> {
        let search = &self.searches[&booking];
        let steps = search.open_steps();
        let fits =
            |person: &Person| steps.iter().any(|step| person.level_in(step, &search.topic, &search.wishes).is_some());
        let others = self.people.values().filter(|person| person.is_idle() && person.rests.is_none() && fits(person));
        let others = others.filter(|person| !search.has_asked(&person.id));
        others.filter_map(|person| if let Near::Away(until) = person.near { Some(until) } else { None }).max()
    }
}

impl Person {
    /// The level of a person who fits the step.
    fn level_in(&self, step: &RouteStep, topic: &Topic, wishes: &Skills) -> Option<Level> {
        let is_dropped = |word: &switchboard_core::Skill| step.drop.contains(word) || step.drop.contains(EVERYTHING);
        let wished = wishes.iter().filter(|(word, _)| !is_dropped(word));
        let has = |word: &str, least: Level| self.profile.skills.get(word).is_some_and(|level| *level >= least);
        if !step.skills.iter().chain(wished).all(|(word, least)| has(word.as_str(), *least)) {
            return None;
        }
        let topic = step.topic.as_ref().unwrap_or(topic);
        let level = match self.topics.iter().any(|named| named == topic) {
            _ if topic.as_str() == EVERYBODY => Level::LEAST,
            true => self.profile.skills.get(topic.as_str()).copied().unwrap_or(Level::LEAST),
            false if self.topics.is_empty() => Level::LEAST,
            false => return None,
        };
        (level >= step.level).then_some(level)
    }
}

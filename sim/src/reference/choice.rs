//! Candidates of a search and their order, by the sentences of the contract.

use std::cmp::Reverse;

use switchboard_core::routing::{EVERYBODY, EVERYTHING, Level, Order, Prefer, RouteStep};
use switchboard_core::{BookingId, Routing, Skills, Time};

use super::{Inquiry, Model, Near, Search, Staff};

impl Model {
    /// Whether the company was given rules of who is asked.
    #[must_use]
    pub(crate) fn has_routing(&self) -> bool {
        self.routing != Routing::default()
    }

    /// The steps of a booking about that topic: those of the first route that fits, or else one step.
    pub(super) fn steps_for(&self, topic: &str) -> Vec<RouteStep> {
        let mut routes = self.routing.routes.iter();
        let names = |topics: &std::collections::BTreeSet<switchboard_core::Topic>| {
            topics.iter().any(|named| named.as_str() == topic)
        };
        let route = routes.find(|route| route.topics.as_ref().is_none_or(names));
        route.map_or_else(|| vec![RouteStep::default()], |route| route.steps.clone())
    }

    /// The search that is first in rank among those that seek and have a candidate, with its first candidate.
    pub(super) fn who_asks_next(&self) -> Option<(BookingId, usize)> {
        let mut seeking: Vec<&Search> = self.searches.iter().filter(|search| search.seeks(self.now)).collect();
        seeking.sort_by_key(|search| search.rank());
        seeking.into_iter().find_map(|search| Some((search.id, *self.candidates(search).first()?)))
    }

    /// A search that has no open offer, and does not wait.
    pub(super) fn who_is_alone(&self) -> Option<BookingId> {
        let alone = |search: &&Search| search.end.is_none() && search.waits.is_none() && search.open_asks() == 0;
        self.searches.iter().find(alone).map(|search| search.id)
    }

    /// All employees that the search may ask now, in the order in which it would: those of the first open step in the
    /// order of that step, then those of the second.
    pub(super) fn candidates(&self, search: &Search) -> Vec<usize> {
        let mut all = Vec::new();
        for step in search.open_steps() {
            all.extend(
                self.candidates_of(&step, &search.inquiry)
                    .into_iter()
                    .filter(|no| self.staff(*no).is_some_and(|staff| !search.has_asked(&staff.id))),
            );
        }
        all
    }

    /// All employees who can be asked and fit the step, in its order.
    pub(super) fn candidates_of(&self, step: &RouteStep, inquiry: &Inquiry) -> Vec<usize> {
        let mut line = Vec::new();
        for (no, staff) in self.staff.iter().enumerate() {
            let Some(staff) = staff.as_ref().filter(|staff| staff.can_take(None)) else { continue };
            let Some(level) = staff.level_in(step, inquiry) else { continue };
            let preferred = match step.prefer {
                Prefer::Any => (Reverse(Level::LEAST), Level::LEAST),
                Prefer::Best => (Reverse(level), Level::LEAST),
                Prefer::Least => (Reverse(Level::LEAST), level),
            };
            let answered = staff.answered;
            let key = match step.order {
                Order::LongestIdle => (0, 0),
                Order::RoundRobin => (answered.latest, 0),
                Order::Fewest => (answered.day, answered.of_day),
                Order::Share => (answered.pass, 0),
            };
            line.push((preferred, key, staff.turn, no));
        }
        line.sort_unstable();
        line.into_iter().map(|(.., no)| no).collect()
    }

    /// The latest reconnect deadline of the employees who fit an open step and were not asked yet.
    pub(super) fn awaited_until(&self, search: &Search) -> Option<Time> {
        let others = self.staff.iter().flatten().filter(|staff| !search.has_asked(&staff.id));
        let steps = search.open_steps();
        let fits = |staff: &Staff| steps.iter().any(|step| staff.level_in(step, &search.inquiry).is_some());
        let idle = others.filter(|staff| staff.status() == "idle" && staff.rests.is_none() && fits(staff));
        let until = idle.filter_map(|staff| if let Near::Away(until) = staff.near { Some(until) } else { None });
        until.filter(|until| *until > self.now).max()
    }

    /// Notes that the employee accepted, declined or missed an offer.
    pub(super) fn count_answer(&mut self, no: usize) {
        if !self.has_routing() {
            return;
        }
        self.answers += 1;
        let (latest, day) = (self.answers, self.now.day());
        let Some(staff) = self.staff.get_mut(no).and_then(Option::as_mut) else { return };
        self.pass = self.pass.max(staff.answered.pass);
        let answered = &mut staff.answered;
        answered.of_day = if answered.day == day { answered.of_day + 1 } else { 1 };
        answered.latest = latest;
        answered.day = day;
        answered.pass += (1 << 20) / u64::from(staff.profile.share);
    }
}

impl Search {
    /// The steps that are open.
    pub(super) fn open_steps(&self) -> Vec<RouteStep> {
        self.way.as_ref().map_or_else(|| vec![RouteStep::default()], |way| way.steps[..way.open].to_vec())
    }

    /// Whether the search may ask one more employee. While it waits, its open offer is with an absent employee, and gives
    /// way to another.
    pub(super) fn seeks(&self, now: Time) -> bool {
        let most = self.open_steps().last().map_or(1, |step| usize::from(step.at_once));
        self.end.is_none() && self.ends_by > now && (self.waits.is_some() || self.open_asks() < most)
    }

    /// Searches without an offer go before those with one, and then the earlier ones.
    fn rank(&self) -> (bool, Time, u64, BookingId) {
        let number = self.way.as_ref().map_or(0, |way| way.number);
        (self.waits.is_none() && self.open_asks() > 0, self.opened, number, self.id)
    }
}

impl Staff {
    /// The level of an employee who fits a step.
    pub(super) fn level_in(&self, step: &RouteStep, inquiry: &Inquiry) -> Option<Level> {
        let mut must_have: Skills = step.skills.clone();
        for (word, level) in &inquiry.skills {
            if step.drop.contains(word) || step.drop.contains(EVERYTHING) {
                continue;
            }
            let higher = must_have.get(word).map_or(*level, |other| *level.max(other));
            must_have.insert(word.clone(), higher);
        }
        for (word, least) in &must_have {
            if self.profile.skills.get(word).is_none_or(|level| level < least) {
                return None;
            }
        }
        let topic = step.topic.as_ref().map_or(inquiry.topic.as_str(), |topic| topic.as_str());
        if topic == EVERYBODY {
            return Some(Level::LEAST);
        }
        if !self.takes(Some(topic)) {
            return None;
        }
        let level = match self.topics.is_empty() {
            true => Level::LEAST,
            false => self.profile.skills.get(topic).copied().unwrap_or(Level::LEAST),
        };
        (level >= step.level).then_some(level)
    }
}

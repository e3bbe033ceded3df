//! Estimates of a wait: the place in the line, times the usual length of a session, over those who take sessions.
//!
//! This is the queue-length estimator of Ibrahim and Whitt (Real-time delay estimation based on delay history, 2009),
//! corrected by how earlier waits came out, because employees take other topics too and some clients give up.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::id::Topic;
use crate::limits::TOPICS_PER_COMPANY_MAX;
use crate::time::Time;

/// Latest sessions and waits that an estimate rests on.
const LATEST: usize = 32;
/// Fewest of them that an estimate needs.
const FEWEST: usize = 5;
/// A session or a wait says nothing about today after a day.
const OLDEST_MS: u64 = 24 * 60 * 60 * 1000;
/// Quotients are kept in thousandths, so that every machine computes the same.
const MILLI: u64 = 1000;

/// A range in which a wait is expected to end, in milliseconds from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estimate {
    pub from_ms: u64,
    pub to_ms: u64,
}

/// Place and estimate that a client was told at the beginning of the wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub place: u32,
    pub estimate: Option<Estimate>,
    /// The wait by place, length and seats alone; 0 if it was unknown.
    pub(crate) plain_ms: u64,
}

/// Latest sessions and waits, by topic.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TopicTimes {
    of: BTreeMap<Topic, OfTopic>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct OfTopic {
    /// Sessions with their wrap-up, in milliseconds.
    lengths: VecDeque<(Time, u64)>,
    /// Lengths of waits, in thousandths of those that place, length and seats alone said.
    quotients: VecDeque<(Time, u64)>,
}

impl TopicTimes {
    pub(crate) fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    pub(crate) fn add_length(&mut self, at: Time, topic: &Topic, length_ms: u64) {
        push(&mut self.topic(topic).lengths, at, length_ms);
    }

    /// Records what a wait came to that was expected to take `plain_ms`.
    pub(crate) fn add_wait(&mut self, at: Time, topic: &Topic, came_ms: u64, plain_ms: u64) {
        if let Some(quotient) = came_ms.saturating_mul(MILLI).checked_div(plain_ms) {
            push(&mut self.topic(topic).quotients, at, quotient);
        }
    }

    fn topic(&mut self, topic: &Topic) -> &mut OfTopic {
        if !self.of.contains_key(topic) && self.of.len() >= TOPICS_PER_COMPANY_MAX {
            let latest = |of: &OfTopic| of.lengths.back().max(of.quotients.back()).map(|(at, _)| *at);
            let oldest = self.of.iter().min_by_key(|(_, of)| latest(of)).map(|(topic, _)| topic.clone());
            oldest.into_iter().for_each(|oldest| drop(self.of.remove(&oldest)));
        }
        self.of.entry(topic.clone()).or_default()
    }

    /// The wait by place, length and seats alone; 0 while too little is known.
    pub(crate) fn plain_ms(&self, now: Time, topic: &Topic, place: u32, seats: usize) -> u64 {
        let lengths = self.of.get(topic).map(|of| latest(&of.lengths, now)).unwrap_or_default();
        if lengths.len() < FEWEST || seats == 0 {
            return 0;
        }
        let mean = lengths.iter().sum::<u64>() / lengths.len() as u64;
        mean.saturating_mul(u64::from(place)) / seats as u64
    }

    /// The wait that is to be expected; none while too little is known for an honest one.
    pub(crate) fn estimate(&self, now: Time, topic: &Topic, plain_ms: u64) -> Option<Estimate> {
        let mut quotients = self.of.get(topic).map(|of| latest(&of.quotients, now))?;
        if plain_ms == 0 || quotients.len() < FEWEST {
            return None;
        }
        quotients.sort_unstable();
        let at = |percent: usize| quotients[(quotients.len() - 1) * percent / 100];
        let wait = |quotient: u64| rounded_up(plain_ms.saturating_mul(quotient) / MILLI);
        Some(Estimate { from_ms: wait(at(10)), to_ms: wait(at(90)) })
    }
}

fn push(queue: &mut VecDeque<(Time, u64)>, at: Time, value: u64) {
    if queue.len() == LATEST {
        queue.pop_front();
    }
    queue.push_back((at, value));
}

fn latest(queue: &VecDeque<(Time, u64)>, now: Time) -> Vec<u64> {
    queue.iter().filter(|(at, _)| at.plus_ms(OLDEST_MS) > now).map(|(_, value)| *value).collect()
}

/// Rounds up to 15 s below two minutes, to a minute below ten, and to five minutes above.
const fn rounded_up(ms: u64) -> u64 {
    const SECOND: u64 = 1000;
    const MINUTE: u64 = 60 * SECOND;
    let step = if ms < 2 * MINUTE {
        15 * SECOND
    } else if ms < 10 * MINUTE {
        MINUTE
    } else {
        5 * MINUTE
    };
    ms.div_ceil(step) * step
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_ms(1_000_000);

    fn tax() -> Topic {
        "tax".parse().unwrap()
    }

    fn known() -> TopicTimes {
        let mut times = TopicTimes::default();
        for n in 0..10 {
            times.add_length(NOW, &tax(), 300_000);
            times.add_wait(NOW, &tax(), 50_000 + n * 10_000, 100_000);
        }
        times
    }

    #[test]
    fn an_estimate_is_the_place_times_the_length_over_the_seats_as_earlier_waits_came_out() {
        let times = known();
        let plain_ms = times.plain_ms(NOW, &tax(), 2, 3);
        assert_eq!(plain_ms, 200_000);
        assert_eq!(times.estimate(NOW, &tax(), plain_ms), Some(Estimate { from_ms: 105_000, to_ms: 300_000 }));
    }

    #[test]
    fn nothing_is_estimated_from_too_little_or_from_another_day() {
        let times = known();
        assert_eq!(times.plain_ms(NOW, &tax(), 1, 0), 0, "nobody is on duty");
        assert_eq!(times.plain_ms(NOW.plus_ms(OLDEST_MS), &tax(), 1, 1), 0);
        assert_eq!(times.estimate(NOW.plus_ms(OLDEST_MS), &tax(), 1000), None);
        assert_eq!(times.plain_ms(NOW, &"law".parse().unwrap(), 1, 1), 0);
        let mut few = TopicTimes::default();
        for _ in 0..FEWEST - 1 {
            few.add_length(NOW, &tax(), 300_000);
            few.add_wait(NOW, &tax(), 100_000, 100_000);
        }
        assert_eq!(few.plain_ms(NOW, &tax(), 1, 1), 0);
        assert_eq!(few.estimate(NOW, &tax(), 1000), None);
    }

    #[test]
    fn a_time_is_rounded_up_the_coarser_the_longer_it_is() {
        for (ms, shown) in [(0, 0), (1, 15_000), (15_000, 15_000), (119_999, 120_000), (120_001, 180_000)] {
            assert_eq!(rounded_up(ms), shown, "{ms}");
        }
        assert_eq!(rounded_up(600_000), 600_000);
        assert_eq!(rounded_up(600_001), 900_000);
    }

    #[test]
    fn the_times_of_so_many_topics_are_kept_and_the_stalest_goes() {
        let mut times = TopicTimes::default();
        for n in 0..=TOPICS_PER_COMPANY_MAX {
            times.add_length(NOW.plus_ms(n as u64), &format!("topic {n}").parse().unwrap(), 1);
        }
        assert_eq!(times.of.len(), TOPICS_PER_COMPANY_MAX);
        assert!(!times.of.contains_key("topic 0"));
    }
}

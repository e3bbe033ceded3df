//! Needs: the employees that one step of one booking may ask.

use super::{Channel, EVERYBODY, Level, Order, Prefer, RouteStep, Skills, Wishes};
use crate::id::Topic;

/// Employees among which a step looks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Of {
    /// All employees, whatever their topics.
    Everybody,
    /// Employees who name no topics, and so take any.
    NoTopics,
    /// Employees who name this topic.
    Topic(Topic),
}

/// A set of employees that a pool holds: those of one kind who have certain skills. The level in the topic is no part
/// of the key, because a pool is divided by levels.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PoolKey {
    pub(crate) of: Of,
    pub(crate) order: Order,
    pub(crate) skills: Skills,
    /// Room that a booking takes.
    pub(crate) weight: u8,
}

/// The employees that one step of one booking may ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Need {
    /// One or two disjoint sets of employees.
    pub(crate) keys: Vec<PoolKey>,
    /// Least level in the topic.
    pub(crate) least: Level,
    pub(crate) prefer: Prefer,
    /// The plain queue that holds exactly those employees in exactly that order, if there is one.
    pub(crate) plain: Option<Plain>,
}

/// A queue that every company has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Plain {
    /// Of the employees who take that topic.
    Topic(Topic),
    /// Of the employees who name no topics.
    NoTopics,
}

impl Need {
    pub(crate) fn of_step(step: &RouteStep, topic: &Topic, wishes: &Wishes, channel: Option<&Channel>) -> Self {
        let mut skills = step.skills.clone();
        let of_channel = channel.into_iter().flat_map(|channel| &channel.skills);
        for (wish, level) in wishes.skills.iter().filter(|(wish, _)| !step.drops(wish)).chain(of_channel) {
            let least = skills.entry(wish.clone()).or_insert(*level);
            *least = (*least).max(*level);
        }
        // A booking about a topic that is spelled so asks those who name that topic.
        let asks_everybody = step.topic.as_ref().is_some_and(|topic| topic.as_str() == EVERYBODY);
        let topic = step.topic.as_ref().unwrap_or(topic);
        let weight = channel.map_or(1, |channel| channel.weight);
        let key = |of| PoolKey { of, order: step.order, skills: skills.clone(), weight };
        if asks_everybody {
            return Self { keys: vec![key(Of::Everybody)], least: Level::LEAST, prefer: step.prefer, plain: None };
        }
        let mut keys = vec![key(Of::Topic(topic.clone()))];
        if step.level == Level::LEAST {
            keys.push(key(Of::NoTopics));
        }
        let is_plain = step.level == Level::LEAST
            && step.prefer == Prefer::Any
            && step.order == Order::LongestIdle
            && skills.is_empty()
            && weight == 1;
        Self { keys, least: step.level, prefer: step.prefer, plain: is_plain.then(|| Plain::Topic(topic.clone())) }
    }

    /// The employees that the step asks about a topic that no employee names, without wishes; none if there are none.
    pub(crate) fn of_the_rest(step: &RouteStep) -> Option<Self> {
        if let Some(topic) = &step.topic {
            return Some(Self::of_step(step, topic, &Wishes::default(), None));
        }
        let key = PoolKey { of: Of::NoTopics, order: step.order, skills: step.skills.clone(), weight: 1 };
        let is_plain = step.order == Order::LongestIdle && step.skills.is_empty();
        let plain = is_plain.then_some(Plain::NoTopics);
        (step.level == Level::LEAST).then(|| Self { keys: vec![key], least: step.level, prefer: step.prefer, plain })
    }

    /// Room that a booking takes.
    pub(crate) fn weight(&self) -> u8 {
        self.keys.first().map_or(1, |key| key.weight)
    }

    /// The level with which an employee fits, if they do.
    pub(crate) fn level_of(&self, topics: &[Topic], skills: &Skills) -> Option<Level> {
        self.keys
            .iter()
            .find_map(|key| key.of.level_of(topics, skills).filter(|_| has_all(skills, &key.skills)))
            .filter(|level| *level >= self.least)
    }
}

impl Of {
    /// The level at which an employee stands among these, if they belong here.
    pub(crate) fn level_of(&self, topics: &[Topic], skills: &Skills) -> Option<Level> {
        match self {
            Self::Everybody => Some(Level::LEAST),
            Self::NoTopics => topics.is_empty().then_some(Level::LEAST),
            Self::Topic(topic) => {
                let names = topics.binary_search(topic).is_ok();
                names.then(|| skills.get(topic.as_str()).copied().unwrap_or_default())
            }
        }
    }
}

/// Whether an employee with these skills has all that are asked for.
pub(crate) fn has_all(skills: &Skills, asked: &Skills) -> bool {
    asked.iter().all(|(skill, least)| skills.get(skill).is_some_and(|level| level >= least))
}

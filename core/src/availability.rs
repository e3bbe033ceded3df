//! What can be booked now, for all topics that employees name.

use crate::id::Topic;

/// What can be booked now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Availability {
    /// Whether a booking can succeed.
    pub available: bool,
    /// How many are idle and have a live device.
    pub idle: usize,
    /// The same per topic that employees name.
    pub topics: Vec<(Topic, TopicAvailability)>,
}

impl Availability {
    /// Whether every `available` is as it was.
    #[must_use]
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        let mut topics = self.topics.iter().zip(&other.topics);
        self.available == other.available
            && self.topics.len() == other.topics.len()
            && topics.all(|((topic, here), (other, there))| topic == other && here.available == there.available)
    }
}

/// What can be booked now on one topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopicAvailability {
    /// Whether a booking can succeed.
    pub available: bool,
    /// How many can be asked.
    pub idle: usize,
}

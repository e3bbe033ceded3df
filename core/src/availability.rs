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
        let flags = |a: &Self| a.topics.iter().map(|(t, x)| (t.clone(), x.available)).collect::<Vec<_>>();
        self.available == other.available && flags(self) == flags(other)
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

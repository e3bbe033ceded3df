//! Availability: whether employees can be asked now, in all and per topic.

use crate::id::Topic;

/// Availability of a company, and of each topic that its employees name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Availability {
    /// Whether a booking can succeed.
    pub available: bool,
    /// Idle employees with a live device.
    pub idle: usize,
    /// Clients who wait in the line.
    pub waiting: usize,
    /// Availability per topic that employees name.
    pub topics: Vec<(Topic, TopicAvailability)>,
}

impl Availability {
    /// Whether every `available` is equal in both, whatever the counts.
    #[must_use]
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        let mut topics = self.topics.iter().zip(&other.topics);
        self.available == other.available
            && self.topics.len() == other.topics.len()
            && topics.all(|((topic, here), (other, there))| topic == other && here.available == there.available)
    }
}

/// Availability on one topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopicAvailability {
    /// Whether a booking can succeed.
    pub available: bool,
    /// Employees who can be asked.
    pub idle: usize,
    /// Clients who wait in the line.
    pub waiting: usize,
}

//! Availability as JSON: in all, and per topic.

use serde::{Serialize, Serializer};
use switchboard_core::{Availability, Topic, TopicAvailability};

use crate::json::{Json, object};

/// Availability in all and per topic.
#[derive(Debug, Serialize)]
pub struct AvailabilityView<'a> {
    available: bool,
    idle: usize,
    topics: ByTopic<'a>,
    /// Clients who wait in the line; left out while there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting: Option<usize>,
}
object!(AvailabilityView<'_> { available, idle, topics; waiting });

/// An object with a field for each topic; null for a topic that no employee names any more.
#[derive(Debug)]
struct ByTopic<'a>(Vec<(&'a str, Option<TopicAvailabilityView>)>);

impl Serialize for ByTopic<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_map(self.0.iter().map(|(topic, here)| (topic, here)))
    }
}

impl Json for ByTopic<'_> {
    fn write_to(&self, out: &mut String) {
        let mut before = '{';
        for (topic, here) in &self.0 {
            out.push(before);
            topic.write_to(out);
            out.push(':');
            here.write_to(out);
            before = ',';
        }
        out.push_str(if self.0.is_empty() { "{}" } else { "}" });
    }
}

#[derive(Debug, Serialize)]
struct TopicAvailabilityView {
    available: bool,
    idle: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting: Option<usize>,
}
object!(TopicAvailabilityView { available, idle; waiting });

impl From<TopicAvailability> for TopicAvailabilityView {
    fn from(TopicAvailability { available, idle, waiting }: TopicAvailability) -> Self {
        Self { available, idle, waiting: some(waiting) }
    }
}

/// The availability of all topics.
#[must_use]
pub fn availability(availability: &Availability) -> AvailabilityView<'_> {
    availability_of(availability, None)
}

/// The availability of all topics, or of only those, which are in order.
#[must_use]
pub fn availability_of<'a>(availability: &'a Availability, only: Option<&[Topic]>) -> AvailabilityView<'a> {
    let Availability { available, idle, waiting, topics } = availability;
    let wanted = topics.iter().filter(|(topic, _)| only.is_none_or(|only| only.binary_search(topic).is_ok()));
    let topics = wanted.map(|(topic, here)| (topic.as_str(), Some((*here).into()))).collect();
    AvailabilityView { available: *available, idle: *idle, topics: ByTopic(topics), waiting: some(*waiting) }
}

/// The availability after a change, with the changed topics only.
#[must_use]
pub fn availability_changes<'a>(
    (available, idle, waiting): (bool, usize, usize),
    topics: impl IntoIterator<Item = &'a (Topic, Option<TopicAvailability>)>,
) -> AvailabilityView<'a> {
    let topics = topics.into_iter().map(|(topic, here)| (topic.as_str(), here.map(Into::into))).collect();
    AvailabilityView { available, idle, topics: ByTopic(topics), waiting: some(waiting) }
}

fn some(count: usize) -> Option<usize> {
    (count > 0).then_some(count)
}

//! What a device puts together, of a snapshot, its pages and the events since: it must be what the company has.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The topics of which some clients' devices ask to hear alone.
#[must_use]
pub fn only_of(phone: usize) -> Option<&'static [&'static str]> {
    [None, Some(&["law", "tax"] as &[&str]), Some(&["never named"] as &[&str])][phone % 3]
}

/// What can be booked, as a device sees it that asked for these topics alone.
#[must_use]
pub fn narrowed(mut availability: Value, only: Option<&[&str]>) -> Value {
    if let (Some(only), Some(topics)) = (only, availability["topics"].as_object_mut()) {
        topics.retain(|topic, _| only.contains(&topic.as_str()));
    }
    availability
}

/// Takes in what changed of what can be booked.
pub fn merge(known: &mut Value, changes: &Value) {
    for field in ["available", "idle"] {
        known[field] = changes[field].clone();
    }
    for (topic, here) in changes["topics"].as_object().into_iter().flatten() {
        let topics = known["topics"].as_object_mut().expect("a snapshot has topics");
        if here.is_null() {
            assert!(topics.remove(topic).is_some(), "a topic is gone that was not there: {topic}");
        } else {
            topics.insert(topic.clone(), here.clone());
        }
    }
}

/// Every `available`, without the counts.
#[must_use]
pub fn flags(availability: &Value) -> String {
    let mut flags = availability["available"].to_string();
    for (topic, here) in availability["topics"].as_object().into_iter().flatten() {
        flags.push_str(&format!(" {topic}:{}", here["available"]));
    }
    flags
}

/// A board as a device has read it.
#[derive(Debug, Default)]
pub struct Board {
    rows: BTreeMap<(&'static str, String), Value>,
    is_whole: bool,
}

const KINDS: [&str; 3] = ["employees", "bookings", "sessions"];

impl Board {
    /// A page was read.
    pub fn read(&mut self, page: &Value) {
        for kind in KINDS {
            for row in page[kind].as_array().into_iter().flatten() {
                self.rows.insert((kind, id(row)), row.clone());
            }
        }
        self.is_whole |= page["next"].is_null();
    }

    /// An event was heard.
    pub fn hear(&mut self, event: &str, payload: &Value) {
        let (kind, row) = match event {
            "employee" => ("employees", &payload["employee"]),
            "booking" => ("bookings", &payload["booking"]),
            "session" => ("sessions", &payload["session"]),
            _ => return,
        };
        let is_over = match kind {
            "employees" => row["removed"] == true,
            "bookings" => row["state"] != "offering",
            _ => !row["ended_at"].is_null(),
        };
        if is_over {
            self.rows.remove(&(kind, id(row)));
        } else {
            self.rows.insert((kind, id(row)), row.clone());
        }
    }

    /// Once it was read to the end, it is all that the company has.
    ///
    /// # Panics
    /// When something was missed, or is there that is no more.
    pub fn check(&self, whole: &Value) {
        if self.is_whole {
            let mut expected = Self::default();
            expected.read(whole);
            assert_eq!(
                self.rows, expected.rows,
                "promise 6: what a board has read, page by page, is not what there is"
            );
        }
    }
}

fn id(row: &Value) -> String {
    row["id"].as_str().expect("a row has an id").to_owned()
}

/// A page of a board behind a cursor: so many of its rows.
#[must_use]
pub fn page(whole: &[(String, &'static str, Value)], after: Option<&str>, most: usize, today: Value) -> Value {
    let rest = whole.iter().skip_while(|(place, _, _)| after.is_some_and(|after| rank(place) <= rank(after)));
    let rows: Vec<_> = rest.clone().take(most).collect();
    let next = rest.count() > rows.len();
    let of = |kind: &str| rows.iter().filter(|(_, of, _)| *of == kind).map(|(_, _, row)| row).collect::<Vec<_>>();
    json!({
        "employees": of("employees"),
        "bookings": of("bookings"),
        "sessions": of("sessions"),
        "today": today,
        "next": rows.last().filter(|_| next).map(|(place, _, _)| place),
    })
}

/// Employees come before clients.
fn rank(place: &str) -> (bool, &str) {
    let (kind, id) = place.split_once(':').unwrap_or_default();
    (kind == "client", id)
}

//! The state that a device merges from a snapshot, its pages and the later events; it must equal the company's state.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The topics to which the joins of some clients' devices restrict their availability.
#[must_use]
pub(crate) fn only_of(phone: usize) -> Option<&'static [&'static str]> {
    [None, Some(&["law", "tax"] as &[&str]), Some(&["never named"] as &[&str])][phone % 3]
}

/// The availability that a device receives whose join named these topics alone.
#[must_use]
pub fn narrowed(mut availability: Value, only: Option<&[&str]>) -> Value {
    if let (Some(only), Some(topics)) = (only, availability["topics"].as_object_mut()) {
        topics.retain(|topic, _| only.contains(&topic.as_str()));
    }
    availability
}

/// Merges an `availability` event into the known state.
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

/// The `available` flags without the counts.
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
    /// Takes in a page of the board.
    pub fn read(&mut self, page: &Value) {
        for kind in KINDS {
            for row in page[kind].as_array().into_iter().flatten() {
                self.rows.insert((kind, id(row)), row.clone());
            }
        }
        self.is_whole |= page["next"].is_null();
    }

    /// Takes in an event of the board.
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

    /// A board that was read to its end must equal the company's board.
    ///
    /// # Panics
    /// When a row is missing or outdated.
    pub fn check(&self, whole: &Value) {
        if self.is_whole {
            let mut expected = Self::default();
            expected.read(whole);
            assert_eq!(
                without_ends(&self.rows),
                without_ends(&expected.rows),
                "promise 6: what a board has read, page by page, is not what there is"
            );
        }
    }
}

/// The rows without the ends of rests and pauses. These move with a clock that is set ahead, and no event says so.
fn without_ends(rows: &BTreeMap<(&'static str, String), Value>) -> BTreeMap<(&'static str, String), Value> {
    let mut rows = rows.clone();
    for row in rows.values_mut().filter_map(Value::as_object_mut) {
        row.remove("resting_until");
        row.get_mut("pause").and_then(Value::as_object_mut).map(|pause| pause.remove("until"));
    }
    rows
}

fn id(row: &Value) -> String {
    row["id"].as_str().expect("a row has an id").to_owned()
}

/// A page of a board: up to `most` rows behind the cursor `after`.
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

/// Sort key of a cursor: employees come before clients.
fn rank(place: &str) -> (bool, &str) {
    let (kind, id) = place.split_once(':').unwrap_or_default();
    (kind == "client", id)
}

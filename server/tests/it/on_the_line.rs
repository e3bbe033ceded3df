//! The contents of one connection, in order: a snapshot of every topic first, and then all changes, one by one.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::Value;
use switchboard_wire::claims::Role;

use crate::record::Recorded;

/// The facts known on one connection.
#[derive(Default)]
pub struct OnTheLine {
    topics: HashMap<String, Room>,
    /// The person's open offer, search or session, by its booking: an employee in an offer or a session, a client in a
    /// search or a session.
    held: BTreeSet<String>,
    /// Bookings that the person was in before.
    over: HashSet<String>,
}

/// A topic that is joined on the connection.
#[derive(Default)]
struct Room {
    messages: HashSet<String>,
    latest: String,
}

impl OnTheLine {
    pub fn hear(&mut self, told: &Recorded, contradictions: &mut Vec<String>) {
        let found = contradictions.len();
        if told.is_reply() {
            self.hear_reply(told, contradictions);
        } else if told.event != "phx_close" {
            self.hear_event(told, contradictions);
        }
        if told.role != Role::Admin {
            self.hear_of_holdings(told, contradictions);
        }
        for contradiction in &mut contradictions[found..] {
            let Recorded { line, id, company, topic, event, payload, .. } = told;
            *contradiction =
                format!("{contradiction}: line {line} to {id} of {company}, {event} on {topic}: {payload}");
        }
    }

    fn hear_reply(&mut self, told: &Recorded, contradictions: &mut Vec<String>) {
        match (told.event.as_str(), told.is_ok) {
            ("phx_join", true) => {
                self.topics.insert(told.topic.clone(), Room::default());
                for message in told.payload["messages"].as_array().into_iter().flatten() {
                    self.hear_message(told, message, contradictions);
                }
                if told.topic.starts_with("company:") || told.topic.starts_with("employee:") {
                    // The snapshot lists everything that this person is in.
                    self.held.clear();
                }
            }
            ("phx_leave", true) => {
                self.topics.remove(&told.topic);
            }
            _ => {}
        }
    }

    fn hear_event(&mut self, told: &Recorded, contradictions: &mut Vec<String>) {
        if !self.topics.contains_key(&told.topic) {
            contradictions.push("told on a topic that is not joined".to_owned());
        } else if told.event == "message" {
            self.hear_message(told, &told.payload, contradictions);
        }
    }

    fn hear_message(&mut self, told: &Recorded, message: &Value, contradictions: &mut Vec<String>) {
        let Some(room) = self.topics.get_mut(&told.topic) else { return };
        let at = text(&message["at"]);
        if !room.messages.insert(text(&message["id"]).to_owned()) {
            contradictions.push("a message is told twice".to_owned());
        }
        if at < room.latest.as_str() {
            contradictions.push("a message is older than the one before it".to_owned());
        }
        at.clone_into(&mut room.latest);
    }

    fn hear_of_holdings(&mut self, told: &Recorded, contradictions: &mut Vec<String>) {
        let payload = &told.payload;
        if payload["booking"].is_object() {
            let booking = &payload["booking"];
            let is_open = match text(&booking["state"]) {
                "offering" => true,
                "assigned" => booking["session"]["ended_at"].is_null(),
                _ => false,
            };
            self.holds(text(&booking["id"]), is_open, contradictions);
        }
        if payload["session"].is_object() {
            let session = &payload["session"];
            self.holds(text(&session["booking_id"]), session["ended_at"].is_null(), contradictions);
        }
        if payload["offer"].is_object() {
            self.holds(text(&payload["offer"]["booking_id"]), true, contradictions);
        }
        if told.event == "offer_closed" && payload["outcome"] != "accepted" {
            let booking = text(&payload["offer_id"]).rsplit_once('.').map_or("?", |(booking, _)| booking);
            self.holds(booking, false, contradictions);
        }
    }

    fn holds(&mut self, booking: &str, is_open: bool, contradictions: &mut Vec<String>) {
        if !is_open {
            self.held.remove(booking);
            self.over.insert(booking.to_owned());
            return;
        }
        if self.over.contains(booking) {
            contradictions.push(format!("{booking} was over and is open again"));
        }
        if let Some(other) = self.held.iter().find(|held| *held != booking) {
            contradictions.push(format!("{booking} while {other} is still open"));
        }
        self.held.insert(booking.to_owned());
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("?")
}

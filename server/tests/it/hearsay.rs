//! Compares what people were told with itself, without asking a store. No person is told of two things at once, no two
//! people are told contradictory facts, and nothing that was told goes back.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};
use switchboard_wire::claims::Role;

use crate::on_the_line::OnTheLine;
use crate::record::{Record, Recorded};

/// All facts told so far.
#[derive(Default)]
pub struct Hearsay {
    heard: usize,
    lines: HashMap<u64, OnTheLine>,
    /// Facts that must be the same for every person.
    facts: BTreeMap<String, String>,
    /// By person and thing: the latest version that the person was told of. A person has one connection at a time.
    furthest: HashMap<String, Vec<Value>>,
    /// Contradictions found so far.
    pub contradictions: Vec<String>,
}

impl Hearsay {
    /// Takes in what was told since the last time.
    pub fn listen(&mut self, record: &Record) {
        let fresh = record.since(self.heard);
        self.heard += fresh.len();
        for told in &fresh {
            self.hear(told);
        }
    }

    pub fn assert_no_contradiction(&self, when: &str) {
        let found: Vec<&String> = self.contradictions.iter().take(20).collect();
        assert!(found.is_empty(), "{when}: {} contradictions: {found:#?}", self.contradictions.len());
    }

    pub fn hear(&mut self, told: &Recorded) {
        self.lines.entry(told.line).or_default().hear(told, &mut self.contradictions);
        let payload = &told.payload;
        self.booking(told, &payload["booking"]);
        self.session(told, &payload["session"]);
        self.offer(told, &payload["offer"]);
        for message in payload["messages"].as_array().into_iter().flatten() {
            self.message(told, message);
        }
        self.notes(told, &payload["notes"]);
        match (told.is_reply(), told.is_ok, told.event.as_str()) {
            (false, _, "message") => self.message(told, payload),
            (false, _, "notes") => self.notes(told, payload),
            (false, _, "offer_closed") => self.outcome(&payload["offer_id"], payload["outcome"].clone()),
            (true, true, "accept") => {
                self.outcome(&told.sent["offer_id"], json!("accepted"));
                self.fact(format!("who took {}", payload["session"]["booking_id"]), &json!(told.id));
            }
            (true, true, "reject") => self.outcome(&told.sent["offer_id"], json!("rejected")),
            (false, _, "status") => self.goes_on(told, "status".to_owned(), vec![payload["since"].clone()]),
            _ => {}
        }
    }

    fn booking(&mut self, told: &Recorded, booking: &Value) {
        let id = &booking["id"];
        if !id.is_string() {
            return;
        }
        let is_searching = booking["state"] == "offering";
        if !is_searching {
            self.fact(format!("end of the search of {id}"), &json!([booking["state"], booking["reason"]]));
        }
        if booking["employee"].is_object() {
            self.fact(format!("who took {id}"), &booking["employee"]["id"]);
            self.fact(format!("session of {id}"), &booking["session"]["id"]);
        }
        self.session(told, &booking["session"]);
        let is_over = booking["state"] != "assigned" || !booking["session"]["ended_at"].is_null();
        let rank = if is_searching { 0 } else { 1 + u8::from(is_over) };
        self.goes_on(told, format!("booking {id}"), vec![json!(rank), booking["offers"].clone()]);
    }

    fn session(&mut self, told: &Recorded, session: &Value) {
        let id = &session["id"];
        if !id.is_string() {
            return;
        }
        self.fact(format!("session of {}", session["booking_id"]), id);
        self.fact(format!("who took {}", session["booking_id"]), &session["employee_id"]);
        self.fact(format!("client of {id}"), &json!([session["client_id"], session["client_name"]]));
        self.fact(format!("start of {id}"), &session["started_at"]);
        let has_ended = !session["ended_at"].is_null();
        if has_ended {
            self.fact(format!("end of {id}"), &json!([session["ended_at"], session["ended_by"], session["reason"]]));
        }
        self.goes_on(told, format!("session {id}"), vec![json!(u8::from(has_ended))]);
    }

    fn offer(&mut self, told: &Recorded, offer: &Value) {
        if offer["id"].is_string() {
            self.fact(format!("who is asked by {}", offer["id"]), &json!(told.id));
            self.fact(format!("offer of {} to {}", offer["booking_id"], told.id), &offer["id"]);
        }
    }

    fn outcome(&mut self, offer: &Value, outcome: Value) {
        self.fact(format!("outcome of {offer}"), &outcome);
    }

    fn message(&mut self, told: &Recorded, message: &Value) {
        let words = json!([message["from"], message["body"], message["at"]]);
        self.fact(format!("message {} in {}", message["id"], told.topic), &words);
    }

    /// Notes have one text at each moment, and never become older.
    fn notes(&mut self, told: &Recorded, notes: &Value) {
        if notes["at"].is_string() {
            let what = format!("notes of {} in {}", notes["at"], told.topic);
            self.fact(what, &notes["body"]);
            self.goes_on(told, format!("notes in {}", told.topic), vec![notes["at"].clone()]);
        }
    }

    fn fact(&mut self, what: String, is: &Value) {
        let is = is.to_string();
        match self.facts.get(&what) {
            Some(known) if *known != is => self.contradictions.push(format!("{what}: told {known}, and {is}")),
            Some(_same) => {}
            None => {
                self.facts.insert(what, is);
            }
        }
    }

    /// A person never hears an older version of a thing, on any of their connections.
    fn goes_on(&mut self, told: &Recorded, what: String, now: Vec<Value>) {
        let person = format!("{what}, to {} {} of {}", role(told.role), told.id, told.company);
        if let Some(before) = self.furthest.get(&person).filter(|before| is_behind(&now, before)) {
            self.contradictions.push(format!("{person} goes back: told {before:?}, then {now:?}"));
        }
        self.furthest.insert(person, now);
    }
}

/// Compares numbers and times in UTC, all of which only grow.
fn is_behind(now: &[Value], before: &[Value]) -> bool {
    now.iter().zip(before).any(|(now, before)| match (now.as_str(), before.as_str()) {
        (Some(now), Some(before)) => now < before,
        _ => now.as_u64() < before.as_u64(),
    })
}

const fn role(role: Role) -> &'static str {
    match role {
        Role::Client => "client",
        Role::Employee => "employee",
        Role::Admin => "admin",
    }
}

//! Tampered stores and tampered words, which verify the comparisons: one that finds nothing in them would prove
//! nothing.

use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::compare::compare;
use crate::hearsay::Hearsay;
use crate::record::{Record, Recorded};

/// The id of the object in an answer or event, if it is of that kind.
type ToldOf = fn(&Recorded) -> Option<&str>;

/// Changes that remove, change or duplicate one row each, to verify that the comparison notices. The row is one that a
/// person was told of: a cancelled booking, an ended session, a message, notes, a rejected offer.
const TAMPERINGS: &[(ToldOf, &str)] = &[
    (cancelled, "DELETE FROM bookings WHERE id = ?1"),
    (cancelled, "UPDATE bookings SET state = 'offering', reason = NULL WHERE id = ?1"),
    (ended, "DELETE FROM sessions WHERE id = ?1"),
    (ended, "UPDATE sessions SET employee_id = 'nobody' WHERE id = ?1"),
    (ended, "UPDATE sessions SET client_name = 'nobody' WHERE id = ?1"),
    (ended, "UPDATE sessions SET ended_at = NULL WHERE id = ?1"),
    (ended, "UPDATE bookings SET session_id = 'another' WHERE session_id = ?1"),
    (
        ended,
        "INSERT INTO sessions SELECT company_id, id || 'x', booking_id, client_id, employee_id, topic, started_at,
             ended_at, ended_by, reason, notes, notes_at, client_name, code FROM sessions WHERE id = ?1",
    ),
    (sent, "DELETE FROM messages WHERE id = ?1"),
    (sent, "UPDATE messages SET body = 'other' WHERE id = ?1"),
    (
        sent,
        "INSERT INTO messages SELECT company_id, session_id, id || 'x', sender, body, at FROM messages WHERE id = ?1",
    ),
    (noted, "UPDATE sessions SET notes = 'other' WHERE id = ?1"),
    (noted, "UPDATE sessions SET notes_at = notes_at - 1 WHERE id = ?1"),
    (rejected, "UPDATE offers SET outcome = 'timed_out' WHERE booking_id || '.' || attempt = ?1"),
];

fn cancelled(told: &Recorded) -> Option<&str> {
    let booking = &told.payload["booking"];
    booking["id"].as_str().filter(|_| booking["state"] == "cancelled")
}

fn ended(told: &Recorded) -> Option<&str> {
    let session = &told.payload["session"];
    session["id"].as_str().filter(|_| session["ended_at"].is_string())
}

fn sent(told: &Recorded) -> Option<&str> {
    told.payload["id"].as_str().filter(|_| is_yes(told, "message"))
}

fn noted(told: &Recorded) -> Option<&str> {
    told.topic.strip_prefix("session:").filter(|_| is_yes(told, "notes"))
}

fn rejected(told: &Recorded) -> Option<&str> {
    told.sent["offer_id"].as_str().filter(|_| is_yes(told, "reject"))
}

fn is_yes(told: &Recorded, event: &str) -> bool {
    told.is_reply() && told.is_ok && told.event == event
}

pub fn the_comparison_sees_every_tampering(record: &Record, data: &Path) {
    for (which, tampering) in TAMPERINGS {
        let place = tempfile::tempdir().unwrap();
        std::fs::copy(data.join("switchboard.db"), place.path().join("switchboard.db")).unwrap();
        let id = record.all().iter().find_map(|told| which(told).map(str::to_owned));
        let id = id.unwrap_or_else(|| panic!("nobody was told of a row for: {tampering}"));
        let store = Connection::open(place.path().join("switchboard.db")).unwrap();
        assert_eq!(store.execute(tampering, [id]).unwrap(), 1, "{tampering}");
        drop(store);
        let found = compare(record, place.path());
        assert!(found.finds_something(), "the comparison did not see: {tampering}");
    }
    println!("all of {} tampered rows were seen", TAMPERINGS.len());
}

/// Makes one more told item, and its place behind another one.
type OneMore = fn(&[Arc<Recorded>]) -> Option<(usize, Recorded)>;

/// Contradictory items made from real ones, and the expected message about each.
const LIES: &[(OneMore, &str)] = &[
    (asked_of_another, "who is asked by"),
    (asked_twice_at_once, "is still open"),
    (booked_twice_at_once, "is still open"),
    (taken_by_another, "who took"),
    (searching_again, "goes back"),
    (heard_after_leaving, "a topic that is not joined"),
    (|all| copied(all, |told| is_event(told, "message"), |_| {}), "a message is told twice"),
    (|all| copied(all, |told| is_event(told, "notes"), |it| it.payload["body"] = json!("?")), "notes of"),
    (|all| copied(all, |told| is_event(told, "offer_closed"), |it| it.payload["outcome"] = json!("?")), "outcome of"),
    (|all| copied(all, |told| is_event(told, "ended"), |it| it.payload["session"]["reason"] = json!("?")), "end of"),
];

/// Enough items to find one of each kind.
const WORDS_MAX: usize = 20_000;

pub fn hearsay_sees_every_lie(record: &Record) {
    let mut all = record.all();
    all.truncate(WORDS_MAX);
    for (one_more, said) in LIES {
        let (place, lie) =
            one_more(&all).unwrap_or_else(|| panic!("nobody was told what a lie can be made of: {said}"));
        let mut hearsay = Hearsay::default();
        all[..=place].iter().for_each(|told| hearsay.hear(told));
        assert!(hearsay.contradictions.is_empty(), "{:?}", hearsay.contradictions);
        hearsay.hear(&lie);
        let seen = hearsay.contradictions.iter().any(|contradiction| contradiction.contains(said));
        assert!(seen, "the lie that should be seen as `{said}` was not: {lie:?}");
    }
    println!("all of {} lies were seen", LIES.len());
}

fn is_event(told: &Recorded, name: &str) -> bool {
    !told.is_reply() && told.event == name
}

fn is_search(told: &Recorded) -> bool {
    is_event(told, "booking") && told.payload["booking"]["state"] == "offering"
}

/// Repeats an item with a change.
fn copied(all: &[Arc<Recorded>], which: fn(&Recorded) -> bool, change: fn(&mut Recorded)) -> Option<(usize, Recorded)> {
    let place = all.iter().position(|told| which(told))?;
    let mut copy = Recorded::clone(&all[place]);
    change(&mut copy);
    Some((place, copy))
}

fn asked_of_another(all: &[Arc<Recorded>]) -> Option<(usize, Recorded)> {
    copied(all, |told| is_event(told, "offer"), |it| it.id = "another".to_owned())
}

fn asked_twice_at_once(all: &[Arc<Recorded>]) -> Option<(usize, Recorded)> {
    let ask = |it: &mut Recorded| it.payload["offer"] = json!({ "id": "another.1", "booking_id": "another" });
    copied(all, |told| is_event(told, "offer"), ask)
}

fn booked_twice_at_once(all: &[Arc<Recorded>]) -> Option<(usize, Recorded)> {
    copied(all, is_search, |it| it.payload["booking"]["id"] = json!("another"))
}

fn taken_by_another(all: &[Arc<Recorded>]) -> Option<(usize, Recorded)> {
    let is_yes = |told: &Recorded| told.is_reply() && told.is_ok && told.event == "accept";
    copied(all, is_yes, |it| it.id = "another".to_owned())
}

fn searching_again(all: &[Arc<Recorded>]) -> Option<(usize, Recorded)> {
    let is_over = |told: &Recorded| is_event(told, "booking") && !is_search(told);
    all.iter().enumerate().filter(|(_, over)| is_over(over)).find_map(|(place, over)| {
        let same =
            |told: &&Arc<Recorded>| is_search(told) && told.payload["booking"]["id"] == over.payload["booking"]["id"];
        let search = all[..place].iter().rfind(same)?;
        Some((place, Recorded::clone(search)))
    })
}

fn heard_after_leaving(all: &[Arc<Recorded>]) -> Option<(usize, Recorded)> {
    let peer = |it: &mut Recorded| {
        it.event = "peer".to_owned();
        it.sent = Value::Null;
    };
    copied(all, |told| told.is_reply() && told.is_ok && told.event == "phx_leave", peer)
}

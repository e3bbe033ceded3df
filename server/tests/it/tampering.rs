//! Tampered stores: a comparison that finds nothing in them would prove nothing.

use std::path::Path;

use rusqlite::Connection;
use serde_json::Value;

use crate::compare::compare;
use crate::record::{Record, Told};

/// The id of what somebody was told of, if it was that.
type ToldOf = fn(&Told) -> &Value;

/// One row each that is taken away, changed or made twice: a comparison that finds nothing would prove nothing. The row
/// is one that somebody was told of: a cancelled booking, an ended session, a message, a rejected offer.
const TAMPERINGS: &[(ToldOf, &str)] = &[
    (cancelled, "DELETE FROM bookings WHERE id = ?1"),
    (cancelled, "UPDATE bookings SET state = 'offering', reason = NULL WHERE id = ?1"),
    (ended, "DELETE FROM sessions WHERE id = ?1"),
    (ended, "UPDATE sessions SET employee_id = 'nobody' WHERE id = ?1"),
    (ended, "UPDATE sessions SET ended_at = NULL WHERE id = ?1"),
    (ended, "UPDATE bookings SET session_id = 'another' WHERE session_id = ?1"),
    (
        ended,
        "INSERT INTO sessions SELECT company_id, id || 'x', booking_id, client_id, employee_id, topic, started_at,
             ended_at, ended_by, reason FROM sessions WHERE id = ?1",
    ),
    (sent, "DELETE FROM messages WHERE id = ?1"),
    (sent, "UPDATE messages SET body = 'other' WHERE id = ?1"),
    (
        sent,
        "INSERT INTO messages SELECT company_id, session_id, id || 'x', sender, body, at FROM messages WHERE id = ?1",
    ),
    (rejected, "UPDATE offers SET outcome = 'timed_out' WHERE booking_id || '.' || attempt = ?1"),
];

fn cancelled(told: &Told) -> &Value {
    let booking = &told.payload["booking"];
    if booking["state"] == "cancelled" { &booking["id"] } else { &Value::Null }
}

fn ended(told: &Told) -> &Value {
    let session = &told.payload["session"];
    if session["ended_at"].is_string() { &session["id"] } else { &Value::Null }
}

fn sent(told: &Told) -> &Value {
    if told.is_reply() && told.is_ok && told.event == "message" { &told.payload["id"] } else { &Value::Null }
}

fn rejected(told: &Told) -> &Value {
    if told.is_reply() && told.is_ok && told.event == "reject" { &told.sent["offer_id"] } else { &Value::Null }
}

pub fn the_comparison_sees_every_tampering(record: &Record, data: &Path) {
    for (which, tampering) in TAMPERINGS {
        let place = tempfile::tempdir().unwrap();
        std::fs::copy(data.join("switchboard.db"), place.path().join("switchboard.db")).unwrap();
        let id = record.all().iter().find_map(|told| which(told).as_str().map(str::to_owned));
        let id = id.unwrap_or_else(|| panic!("nobody was told of a row for: {tampering}"));
        let store = Connection::open(place.path().join("switchboard.db")).unwrap();
        assert_eq!(store.execute(tampering, [id]).unwrap(), 1, "{tampering}");
        drop(store);
        let found = compare(record, place.path());
        assert!(found.finds_something(), "the comparison did not see: {tampering}");
    }
    println!("all of {} tampered rows were seen", TAMPERINGS.len());
}

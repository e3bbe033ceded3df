//! One good example of each object of the contract, for the API's document. All are of one company's morning.

use serde_json::{Value, json};
use switchboard_core::Settings;

/// A booking.
pub const BOOKING: &str = "019ab0c2-7f3a-7c41-9d52-6e1f0a8b3c4d";
/// The session that came of it.
pub const SESSION: &str = "019ab0c2-9b10-7e02-8a6b-2f4d5c6e7a81";
/// A message in it.
pub const MESSAGE: &str = "019ab0c2-b4e8-7d13-b1c7-90e2f3a4b5c6";
/// A file of employees as NDJSON.
pub const NDJSON: &str = "{\"id\":\"ann\",\"name\":\"Ann Lee\",\"topics\":[\"tax\"]}\n{\"id\":\"ben\"}\n";
/// The same file as CSV.
pub const CSV: &str = "id,name,topics\nann,Ann Lee,tax\nben,,\n";
const BOOKED: &str = "2026-11-23T09:30:00.000Z";
const ACCEPTED: &str = "2026-11-23T09:30:07.120Z";

/// A company.
#[must_use]
pub fn company() -> Value {
    json!({ "id": "acme", "name": "Acme", "settings": Settings::default(), "created_at": "2026-11-20T08:00:00.000Z" })
}

/// What makes a company.
#[must_use]
pub fn company_body() -> Value {
    json!({ "name": "Acme", "settings": { "offer_timeout_ms": 20_000 } })
}

/// What changes a company.
#[must_use]
pub fn company_patch() -> Value {
    json!({ "settings": { "wrap_up_ms": 30_000, "offer_timeout_ms": null } })
}

/// An employee.
#[must_use]
pub fn employee() -> Value {
    json!({
        "id": "ann", "name": "Ann Lee", "topics": ["tax"], "status": "offline", "since": "2026-11-23T08:55:12.480Z",
        "intent": "offline",
    })
}

/// What makes an employee.
#[must_use]
pub fn employee_body() -> Value {
    json!({ "name": "Ann Lee", "topics": ["tax"] })
}

/// What changes an employee.
#[must_use]
pub fn employee_patch() -> Value {
    json!({ "topics": ["tax", "law"] })
}

/// What came of a file of employees.
#[must_use]
pub fn imported() -> Value {
    json!({ "created": 1, "changed": 0, "unchanged": 1 })
}

/// What sets an employee's intent.
#[must_use]
pub fn status_body() -> Value {
    json!({ "status": "idle" })
}

/// An employee who can be asked.
#[must_use]
pub fn idle() -> Value {
    json!({ "id": "ann", "name": "Ann Lee", "since": "2026-11-23T08:55:12.480Z", "topics": ["tax"] })
}

/// Who can be asked.
#[must_use]
pub fn in_line() -> Value {
    json!({ "available": true, "idle": 1, "items": [idle()], "next": null })
}

/// A booking that was accepted.
#[must_use]
pub fn booking() -> Value {
    json!({
        "id": BOOKING, "company_id": "acme", "client_id": "carl", "topic": "tax", "note": { "year": 2025 },
        "state": "assigned", "reason": null, "offers": 1, "created_at": BOOKED, "session": session(),
        "employee": { "id": "ann", "name": "Ann Lee" },
    })
}

/// A booking that was cancelled.
#[must_use]
pub fn cancelled() -> Value {
    let mut booking = booking();
    booking["state"] = json!("cancelled");
    booking["reason"] = json!("closed_by_admin");
    booking["session"] = Value::Null;
    booking["employee"] = Value::Null;
    booking
}

/// A booking with its offers.
#[must_use]
pub fn booking_detail() -> Value {
    let mut booking = booking();
    booking["offers"] = json!([offer()]);
    booking
}

/// An offer in a booking's history.
#[must_use]
pub fn offer() -> Value {
    json!({
        "id": format!("{BOOKING}.1"), "attempt": 1, "employee_id": "ann", "made_at": BOOKED,
        "expires_at": "2026-11-23T09:30:15.000Z", "delivered_at": "2026-11-23T09:30:00.040Z", "closed_at": ACCEPTED,
        "outcome": "accepted", "reason": null,
    })
}

/// A session that runs.
#[must_use]
pub fn session() -> Value {
    json!({
        "id": SESSION, "booking_id": BOOKING, "company_id": "acme", "client_id": "carl", "employee_id": "ann",
        "topic": "tax", "started_at": ACCEPTED, "ended_at": null, "ended_by": null, "reason": null,
    })
}

/// A session that was ended.
#[must_use]
pub fn ended() -> Value {
    let mut session = session();
    session["ended_at"] = json!("2026-11-23T09:41:30.005Z");
    session["ended_by"] = json!("admin");
    session["reason"] = json!("closing time");
    session
}

/// What ends a session.
#[must_use]
pub fn end_body() -> Value {
    json!({ "reason": "closing time" })
}

/// A message.
#[must_use]
pub fn message() -> Value {
    json!({ "id": MESSAGE, "from": "client", "body": "May I deduct my bicycle?", "at": "2026-11-23T09:30:13.700Z" })
}

/// The example of a list that holds this.
#[must_use]
pub fn page(item: &Value) -> Value {
    json!({ "items": [item], "next": null })
}

//! Examples of each object of the contract, for the API's document. All are of one company's morning.

use serde_json::{Value, json};
use switchboard_core::CompanySettings;

pub const BOOKING: &str = "019ab0c2-7f3a-7c41-9d52-6e1f0a8b3c4d";
/// Session of that booking.
pub const SESSION: &str = "019ab0c2-9b10-7e02-8a6b-2f4d5c6e7a81";
/// Message in that session.
pub(crate) const MESSAGE: &str = "019ab0c2-b4e8-7d13-b1c7-90e2f3a4b5c6";
/// Path of the company's logo.
pub(crate) const LOGO: &str = "/logo/acme/9863bb7fb8b8662762903735cfafa41f";
/// The logo as a data URL, because JSON has no bytes.
pub const PNG: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAMAAAAoLQ9TAAAAA1BMVEULenVekMb0AAAA\
    DUlEQVR42mNgGAXIAAABEAABf80DtQAAAABJRU5ErkJggg==";
pub const WEBP: &str = "data:image/webp;base64,UklGRhgAAABXRUJQVlA4TAwAAAAvD8ADAKheF1rX/wA=";
/// A file of employees as NDJSON.
pub const NDJSON: &str =
    "{\"id\":\"ann\",\"name\":\"Ann Lee\",\"topics\":[\"tax\"],\"skills\":{\"de\":10}}\n{\"id\":\"ben\"}\n";
/// The same file as CSV.
pub const CSV: &str = "id,name,topics,skills\nann,Ann Lee,tax,de:10\nben,,,\n";
/// The first and the last line of an export.
pub const EXPORT: &str = "{\"kind\":\"company\",\"id\":\"acme\",\"name\":\"Acme\",\"settings\":{},\
    \"created_at\":\"2026-11-20T08:00:00.000Z\",\"colour\":null,\"logo\":null}\n{\"kind\":\"end\",\"companies\":1,\"employees\":0,\"bookings\":0,\
    \"offers\":0,\"sessions\":0,\"messages\":0,\"notes\":0,\"events\":0}\n";
/// The first columns of a company's statistics as CSV.
pub const STATISTICS_CSV: &str = "from,to,within_s,now.offline,now.idle\n\
    2026-11-22T09:30:00.000Z,2026-11-23T09:30:00.000Z,20,4,2\n";
/// The first columns of an employee's statistics as CSV.
pub const STATISTICS_OF_EMPLOYEES_CSV: &str = "id,name,offers.made,offers.open\nann,Ann Lee,12,0\n";
pub const METRICS: &str = "# HELP switchboard_sockets Open sockets\n# TYPE switchboard_sockets gauge\n\
    switchboard_sockets 12\n# EOF\n";
const BOOKED: &str = "2026-11-23T09:30:00.000Z";
const ACCEPTED: &str = "2026-11-23T09:30:07.120Z";

/// Example of a company.
#[must_use]
pub fn company() -> Value {
    json!({
        "id": "acme", "name": "Acme", "settings": CompanySettings::default(), "created_at": "2026-11-20T08:00:00.000Z",
        "colour": "#0b7a75", "logo": LOGO,
    })
}

/// Body that makes a company.
#[must_use]
pub fn company_body() -> Value {
    json!({ "name": "Acme", "colour": "#0b7a75", "settings": { "offer_timeout_ms": 20_000 } })
}

/// Body that changes a company.
#[must_use]
pub fn company_patch() -> Value {
    json!({ "settings": { "wrap_up_ms": 30_000, "offer_timeout_ms": null } })
}

/// Routing of a company: experts first, and after 20 seconds everybody who takes the topic.
#[must_use]
pub fn routing() -> Value {
    let step = |after_ms: u64, level: u8, at_once: u8| {
        json!({
            "after_ms": after_ms, "topic": null, "level": level, "skills": {}, "drop": [], "prefer": "any",
            "order": "longest_idle", "at_once": at_once,
        })
    };
    json!({
        "routes": [{
            "topics": ["tax"], "channel": null, "steps": [step(0, 5, 1), step(20_000, 1, 3)], "priority": 0,
            "wait": { "max_ms": 600_000, "max_length": 50, "empty": false },
        }],
        "channels": { "call": { "weight": 3, "skills": { "phone": 1 } }, "chat": { "weight": 1, "skills": {} } },
        "priority_ms": 60_000,
        "hold_ms": 120_000,
        "ask_again_ms": 0,
        "rest": { "rejected_ms": 30_000, "missed_ms": 60_000 },
        "wrap_up": { "max_ms": 300_000, "codes": ["solved", "call back"], "code_required": false },
        "pause_reasons": ["lunch", "training"],
        "clients": { "employee": true, "skills": ["de", "fr"] },
    })
}

/// Body that sets that routing.
#[must_use]
pub fn routing_body() -> Value {
    json!({
        "routes": [{
            "topics": ["tax"], "steps": [{ "level": 5 }, { "after_ms": 20_000, "at_once": 3 }],
            "wait": { "max_ms": 600_000, "max_length": 50 },
        }],
        "channels": { "call": { "weight": 3, "skills": { "phone": 1 } }, "chat": {} },
        "hold_ms": 120_000,
        "rest": { "rejected_ms": 30_000, "missed_ms": 60_000 },
        "wrap_up": { "max_ms": 300_000, "codes": ["solved", "call back"] },
        "pause_reasons": ["lunch", "training"],
        "clients": { "employee": true, "skills": ["de", "fr"] },
    })
}

/// Body that changes a routing.
#[must_use]
pub fn routing_patch() -> Value {
    json!({ "rest": { "missed_ms": 45_000 }, "pause_reasons": null })
}

/// Example of an employee.
#[must_use]
pub fn employee() -> Value {
    json!({
        "id": "ann", "name": "Ann Lee", "topics": ["tax"], "status": "offline", "since": "2026-11-23T08:55:12.480Z",
        "intent": "offline", "skills": { "tax": 5, "de": 10 }, "capacity": 3, "share": 2,
        "pause": { "reason": "lunch", "until": "2026-11-23T09:25:12.480Z" },
    })
}

/// Body that makes an employee.
#[must_use]
pub fn employee_body() -> Value {
    json!({ "name": "Ann Lee", "topics": ["tax"], "skills": { "tax": 5, "de": 10 }, "capacity": 3, "share": 2 })
}

/// Body that changes an employee.
#[must_use]
pub fn employee_patch() -> Value {
    json!({ "topics": ["tax", "law"], "skills": { "law": 3, "de": null } })
}

/// Result of an import of employees.
#[must_use]
pub fn imported() -> Value {
    json!({ "created": 1, "changed": 0, "unchanged": 1 })
}

/// Body that sets an employee's intent.
#[must_use]
pub fn status_body() -> Value {
    json!({ "status": "offline", "reason": "lunch", "for_ms": 1_800_000 })
}

/// Body that ends an employee's wrap-up after that session.
#[must_use]
pub fn finish_body() -> Value {
    json!({ "session_id": SESSION })
}

/// Result of shutting a person out.
#[must_use]
pub fn revoked() -> Value {
    json!({ "revoked_before": "2026-11-23T09:30:00.125Z" })
}

/// Body with the token that a sign-in code stands for.
#[must_use]
pub fn sign_in_token() -> Value {
    json!({ "token": "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiZW1wbG95ZWUiLCJzdWIiOiJhbm4ifQ.c2lnbmVk" })
}

/// Example of a sign-in code.
#[must_use]
pub fn sign_in_code() -> Value {
    json!({ "code": "3dbiYtm9mL0iWnpJGqXs0dQfM5WcK2sYB0x7kT1uVho", "expires_at": "2026-11-23T09:31:00.000Z" })
}

/// Body with a sign-in code that is to be redeemed.
#[must_use]
pub fn taken_code() -> Value {
    json!({ "code": sign_in_code()["code"] })
}

/// An employee who can get an offer.
#[must_use]
pub fn idle() -> Value {
    json!({ "id": "ann", "name": "Ann Lee", "since": "2026-11-23T08:55:12.480Z", "topics": ["tax"] })
}

/// Employees who can be asked.
#[must_use]
pub fn in_line() -> Value {
    json!({ "available": true, "idle": 1, "items": [idle()], "next": null })
}

/// A booking that was accepted.
#[must_use]
pub fn booking() -> Value {
    json!({
        "id": BOOKING, "company_id": "acme", "client_id": "carl", "client_name": "Carl Berg", "topic": "tax",
        "note": { "year": 2025 }, "state": "assigned", "reason": null, "offers": 1, "created_at": BOOKED, "session": session(),
        "employee": { "id": "ann", "name": "Ann Lee" },
    })
}

/// A booking that waits in the line.
#[must_use]
pub fn line_item() -> Value {
    json!({
        "booking_id": BOOKING, "client_id": "carl", "client_name": "Carl Berg", "topic": "tax", "priority": 2,
        "since": BOOKED, "until": "2026-11-23T09:40:00.000Z", "place": 3,
        "estimate": { "from_ms": 60_000, "to_ms": 180_000 }, "on_duty": 4, "step": 1,
    })
}

/// Body that changes a booking.
#[must_use]
pub fn booking_patch() -> Value {
    json!({ "priority": 5 })
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
        "expires_at": "2026-11-23T09:30:15.000Z", "delivered_at": "2026-11-23T09:30:00.040Z", "delivered_to": "ios",
        "closed_at": ACCEPTED, "outcome": "accepted", "reason": null,
    })
}

/// A session that is running.
#[must_use]
pub fn session() -> Value {
    json!({
        "id": SESSION, "booking_id": BOOKING, "company_id": "acme", "client_id": "carl",
        "client_name": "Carl Berg", "employee_id": "ann", "topic": "tax", "started_at": ACCEPTED, "ended_at": null, "ended_by": null, "reason": null,
    })
}

/// A session that has ended.
#[must_use]
pub fn ended() -> Value {
    let mut session = session();
    session["ended_at"] = json!("2026-11-23T09:41:30.005Z");
    session["ended_by"] = json!("admin");
    session["reason"] = json!("closing time");
    session
}

/// Body that ends a session.
#[must_use]
pub fn end_body() -> Value {
    json!({ "reason": "closing time" })
}

/// Example of a message.
#[must_use]
pub fn message() -> Value {
    json!({ "id": MESSAGE, "from": "client", "body": "May I deduct my bicycle?", "at": "2026-11-23T09:30:13.700Z" })
}

/// Notes of the employee on that session.
#[must_use]
pub fn notes() -> Value {
    json!({ "body": "Sends the bill for the bicycle.", "at": "2026-11-23T09:41:02.310Z" })
}

/// Timeline of a booking, step by step.
#[must_use]
pub fn timeline() -> Value {
    let passed_over = json!({
        "employees": [{ "employee_id": "ben", "why": "wrong_topic", "since": "2026-11-23T09:05:00.000Z" }], "more": 0,
    });
    json!({
        "booking_id": BOOKING,
        "steps": [
            { "what": "opened", "at": BOOKED, "client_id": "carl", "client_name": "Carl Berg", "topic": "tax" },
            {
                "what": "offered", "at": BOOKED, "attempt": 1, "employee_id": "ann",
                "idle_since": "2026-11-23T09:10:00.000Z", "topics": ["tax"], "behind": 3, "passed_over": passed_over,
                "expires_at": "2026-11-23T09:30:15.000Z",
            },
            {
                "what": "delivered", "at": "2026-11-23T09:30:00.040Z", "attempt": 1, "employee_id": "ann",
                "device": "ios",
            },
            { "what": "assigned", "at": ACCEPTED, "attempt": 1, "employee_id": "ann", "session_id": SESSION },
        ],
    })
}

/// A preview of a routing.
#[must_use]
pub fn preview() -> Value {
    json!({
        "steps": [
            {
                "step": 1, "after_ms": 0, "order": "longest_idle", "prefer": "best", "at_once": 1,
                "candidates": [
                    { "employee_id": "ann", "name": "Ann", "level": 8, "idle_since": "2026-11-23T09:10:00.000Z" },
                ],
                "more": 0,
            },
            {
                "step": 2, "after_ms": 20_000, "order": "round_robin", "prefer": "any", "at_once": 2,
                "candidates": [
                    {
                        "employee_id": "cleo", "name": "Cleo", "level": 1, "key": 14,
                        "idle_since": "2026-11-23T09:05:00.000Z",
                    },
                ],
                "more": 0,
            },
        ],
        "passed_over": {
            "employees": [{ "employee_id": "ben", "why": "lacks_skill", "since": "2026-11-23T09:05:00.000Z" }],
            "more": 0,
        },
    })
}

/// Body that previews a routing.
#[must_use]
pub fn preview_body() -> Value {
    json!({
        "topic": "tax", "skills": { "de": 2 },
        "routing": {
            "routes": [{ "steps": [
                { "prefer": "best" }, { "after_ms": 20_000, "order": "round_robin", "at_once": 2, "drop": ["de"] },
            ] }],
            "clients": { "skills": ["de"] },
        },
    })
}

/// Statistics of a company.
#[must_use]
pub fn statistics() -> Value {
    let employee = statistics_of_employee();
    json!({
        "from": "2026-11-22T09:30:00.000Z", "to": BOOKED, "within_s": 20,
        "now": {
            "offline": 4, "idle": 2, "init": 0, "busy": 1, "can_be_asked": 2, "open_bookings": 0,
            "oldest_open_booking": null, "running_sessions": 1,
        },
        "bookings": {
            "total": 12, "offering": 0, "assigned": 11, "unanswered": 0, "cancelled": 1, "expired": 0,
            "everyone_declined": 0, "nobody_left": 0, "client_cancelled": 1, "client_lost": 0, "deadline": 0,
            "closed_by_admin": 0, "time_to_first_offer": durations(12, 0, 1),
            "time_to_answer": durations(11, 6_000, 9_000), "assigned_within": 11, "service_level": 0.9167,
        },
        "offers": employee["offers"], "sessions": employee["sessions"], "time": employee["time"],
    })
}

/// Statistics of an employee.
#[must_use]
pub fn statistics_of_employee() -> Value {
    json!({
        "id": "ann", "name": "Ann Lee",
        "offers": {
            "made": 12, "open": 0, "accepted": 11, "rejected": 0, "timed_out": 0, "undelivered": 0, "went_offline": 0,
            "client_cancelled": 1, "client_lost": 0, "withdrawn_by_admin": 0, "booking_expired": 0,
            "acceptance_rate": 1.0, "time_to_delivery": durations(12, 40, 80),
            "time_to_answer": durations(11, 6_000, 9_000),
        },
        "sessions": {
            "started": 11, "running": 1, "ended_by_client": 4, "ended_by_employee": 6, "ended_by_admin": 0, "lost": 0,
            "length": durations(10, 600_000, 900_000),
        },
        "time": { "offline_ms": 57_600_000, "idle_ms": 21_600_000, "init_ms": 66_000, "busy_ms": 7_134_000 },
    })
}

fn durations(count: u64, mean_ms: u64, max_ms: u64) -> Value {
    json!({
        "count": count, "mean_ms": mean_ms, "p50_ms": mean_ms, "p90_ms": max_ms, "p99_ms": max_ms, "max_ms": max_ms,
    })
}

/// Example of an event.
#[must_use]
pub fn event() -> Value {
    json!({
        "id": "acme:17", "type": "offer.made", "timestamp": BOOKED, "company_id": "acme", "seq": 17,
        "data": {
            "offer_id": format!("{BOOKING}.1"), "booking_id": BOOKING, "attempt": 1, "employee_id": "ann",
            "employee_name": "Ann Lee", "client_id": "carl", "client_name": "Carl Berg", "topic": "tax",
            "note": { "year": 2025 }, "made_at": BOOKED, "expires_at": "2026-11-23T09:30:15.000Z",
        },
    })
}

/// Events, and the number after which to go on.
#[must_use]
pub fn events() -> Value {
    json!({ "items": [event()], "next": 17 })
}

/// Events as a stream.
#[must_use]
pub fn event_stream() -> String {
    format!("id: 16\nretry: 1000\n\nid: 17\nevent: offer.made\ndata: {}\n\n", event())
}

/// Body that makes an endpoint.
#[must_use]
pub fn webhook_body() -> Value {
    json!({ "url": "https://crm.example/switchboard", "description": "wakes phones", "types": ["offer.made"] })
}

/// Body that turns an endpoint on again.
#[must_use]
pub fn webhook_patch() -> Value {
    json!({ "state": "on" })
}

/// Body that rotates a secret.
#[must_use]
pub fn rotate_body() -> Value {
    json!({ "keep_old_for_s": 3600 })
}

/// Example of an endpoint.
#[must_use]
pub fn webhook() -> Value {
    json!({
        "id": "019ab0b0-11d2-7a63-8c0e-4f1d2e3c4b5a", "url": "https://crm.example/switchboard",
        "description": "wakes phones", "types": ["offer.made"], "state": "on", "reason": null,
        "created_at": "2026-11-20T08:02:00.000Z", "old_secret_until": null, "failing_since": null, "last_error": null,
        "pending": 0, "dead": 0, "unread": 0,
    })
}

/// An endpoint with its new secret.
#[must_use]
pub fn webhook_made() -> Value {
    let mut webhook = webhook();
    webhook["secret"] = json!("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    webhook
}

/// A delivery with a further attempt.
#[must_use]
pub fn delivery() -> Value {
    json!({
        "seq": 17, "event_id": "acme:17", "state": "pending", "attempts": 2, "due_at": "2026-11-23T09:31:00.000Z",
        "last_error": "the receiver answered 500",
    })
}

/// An entry of the audit list.
#[must_use]
pub fn audit_line() -> Value {
    let id = "019ab0a0-7c1e-7d1a-8a52-0d6d3c1f9b10";
    json!({
        "id": id, "at": "2026-11-20T08:00:00.000Z", "key": { "id": "4f2a90c1d2e3b4a5", "name": "crm" },
        "company": "acme", "method": "PUT", "route": "/v1/companies/{company}", "target": "/v1/companies/acme",
        "status": 201, "request_id": id, "address": "192.0.2.7",
    })
}

/// Example of a list that holds this item.
#[must_use]
pub fn page(item: &Value) -> Value {
    json!({ "items": [item], "next": null })
}

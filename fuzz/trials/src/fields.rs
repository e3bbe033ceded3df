//! Topics, and the fields of a push's payload.

use serde_json::Value;
use serde_json::value::RawValue;
use switchboard_core::limits::{
    DEVICE_KIND_MAX_CHARS, KEY_MAX_CHARS, NOTE_MAX_BYTES, REASON_MAX_CHARS, TOPIC_MAX_CHARS, WISHES_MAX,
};
use switchboard_core::{BookingId, DeviceKind, EmployeeId, Key, OfferId, Refusal, Word};
use switchboard_exchange::channel::employee::intent;
use switchboard_exchange::channel::{Topic, shortened, unknown_event};
use switchboard_wire::fields::Fields;
use switchboard_wire::view::{self, Named};

/// Error messages show at most the beginning of the input.
const MESSAGE_MAX_BYTES: usize = 600;

/// Parses the first line as a topic's name and the rest as a payload.
pub fn fields(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (name, payload) = crate::first_line(text);
    topic(name);
    event(name);
    device(name);
    if let Ok(payload) = RawValue::from_string(payload.to_owned()) {
        read(&Fields::of(&payload));
    }
}

fn topic(name: &str) {
    match Topic::parse(name) {
        Ok(topic) => {
            let written = match topic {
                Topic::Company(company) => format!("company:{company}"),
                Topic::Employee(company, employee) => format!("employee:{company}:{employee}"),
                Topic::Board(company) => format!("board:{company}"),
                // A UUID may be written in capitals.
                Topic::Session(session) => {
                    assert!(name.eq_ignore_ascii_case(&format!("session:{session}")), "{name}");
                    name.to_owned()
                }
            };
            assert_eq!(written, name);
        }
        Err(error) => {
            assert!(matches!(error.reason, "unknown_topic" | "unknown_session"), "{name}");
            said(&view::json(&error));
        }
    }
}

fn event(name: &str) {
    said(&view::json(&unknown_event(name, &["book", "cancel"])));
    assert!(!shortened(name).chars().any(char::is_control));
    assert_eq!(intent(name).is_ok(), matches!(name, "idle" | "offline"));
}

/// A device kind is stored and shown, so that no other characters may be in it.
fn device(name: &str) {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
    let is_kind = (1..=DEVICE_KIND_MAX_CHARS).contains(&name.len()) && name.bytes().all(is_word);
    let read = name.parse::<DeviceKind>();
    assert_eq!(read.is_ok(), is_kind, "{name}");
    assert!(read.is_err() || read.is_ok_and(|kind| kind.as_str() == name));
}

/// Checks that an error is JSON with a reason and a message of reasonable length.
fn said(error: &str) {
    let value: Value = serde_json::from_str(error).unwrap_or_else(|problem| panic!("{error}: {problem}"));
    assert!(value["reason"].is_string() && value["message"].is_string(), "{error}");
    assert!(error.len() <= MESSAGE_MAX_BYTES, "{error}");
}

/// Reads all fields that any event has.
fn read(fields: &Fields<'_>) {
    if let Some(topic) = taken("topic", fields.required::<switchboard_core::Topic>("topic")) {
        assert!((1..=TOPIC_MAX_CHARS).contains(&topic.as_str().chars().count()));
    }
    if let Some(Some(key)) = taken("key", fields.optional::<Key>("key")) {
        assert!((1..=KEY_MAX_CHARS).contains(&key.as_str().chars().count()));
    }
    if let Some(Some(note)) = taken("note", fields.optional_json("note", NOTE_MAX_BYTES)) {
        assert!(note.len() <= NOTE_MAX_BYTES && &*note != "null");
        handed_on(&RawValue::from_string(note.to_string()).unwrap_or_else(|error| panic!("{note}: {error}")));
    }
    if let Some(data) = taken("data", fields.required_json("data")) {
        handed_on(data);
    }
    if let Some(Some(reason)) = taken("reason", fields.optional_text("reason", REASON_MAX_CHARS)) {
        assert!(reason.chars().count() <= REASON_MAX_CHARS);
    }
    if let Some(id) = taken("booking_id", fields.required::<BookingId>("booking_id")) {
        assert_eq!(id.to_string().parse(), Ok(id));
    }
    if let Some(Ok(id)) = taken("offer_id", fields.required::<String>("offer_id")).map(|id| id.parse::<OfferId>()) {
        assert_eq!(id.to_string().parse(), Ok(id));
    }
    if let Some(Some(skills)) = taken("skills", fields.optional_skills("skills", WISHES_MAX)) {
        assert!(skills.len() <= WISHES_MAX);
        assert!(skills.keys().all(|skill| (1..=TOPIC_MAX_CHARS).contains(&skill.as_str().chars().count())));
    }
    if let Some(Some(channel)) = taken("channel", fields.optional::<Word>("channel")) {
        assert!((1..=KEY_MAX_CHARS).contains(&channel.as_str().chars().count()));
    }
    taken("employee", fields.optional::<EmployeeId>("employee"));
    for field in ["again", "only"] {
        taken(field, fields.flag(field));
    }
    for field in ["hold_ms", "wait_ms"] {
        taken(field, fields.optional_number(field));
    }
    taken("for_ms", fields.required_number("for_ms"));
    for field in ["body", "status"] {
        taken(field, fields.required::<String>(field));
    }
}

/// The value of a field; a refusal must name the field.
fn taken<T>(name: &'static str, read: Result<T, Refusal>) -> Option<T> {
    match read {
        Ok(value) => Some(value),
        Err(Refusal::Invalid { field, problem }) => {
            assert_eq!(field, name);
            assert!(!problem.is_empty());
            None
        }
        Err(other) => panic!("{name}: {other:?}"),
    }
}

/// Checks that JSON for other people stands in a frame unchanged, and can be read there.
fn handed_on(json: &RawValue) {
    let frame = view::json(&Named("note", json));
    let read: Value = serde_json::from_str(&frame).unwrap_or_else(|error| panic!("{frame}: {error}"));
    assert_eq!(read["note"], serde_json::from_str::<Value>(json.get()).unwrap_or_default());
}

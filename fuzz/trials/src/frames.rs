//! Frames of both versions: read, answered, and read again.

use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;
use switchboard_wire::phoenix::{self, Incoming, Ref, ReplyStatus, Version};

/// The room of a close frame.
const CLOSE_REASON_MAX_BYTES: usize = 123;
/// The contract's longest topic, event or ref.
const NAME_MAX_BYTES: usize = 512;

/// Parses one text frame as an app may send it, in version 1 and in version 2.
pub fn frames(data: &[u8]) {
    // A frame that is not UTF-8 is closed with 1007 before parsing.
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _served_or_refused = Version::negotiate(Some(text));
    for version in [Version::V1, Version::V2] {
        match phoenix::parse(version, text) {
            Ok(frame) => accepted(version, text, &frame),
            Err(error) => {
                let is_json = serde_json::from_str::<IgnoredAny>(text).is_ok();
                assert_eq!(error.close_code(), if is_json { 1002 } else { 1007 }, "{error}");
                assert!(error.to_string().len() <= CLOSE_REASON_MAX_BYTES, "{error}");
            }
        }
    }
}

fn accepted(version: Version, text: &str, frame: &Incoming<'_>) {
    let Incoming { join_ref, reference, topic, event, payload } = frame;
    assert!(serde_json::from_str::<IgnoredAny>(text).is_ok(), "only JSON is a frame");
    assert!(serde_json::from_str::<&RawValue>(payload.get()).is_ok(), "a payload is one JSON value");
    assert!(topic.len() <= NAME_MAX_BYTES && event.len() <= NAME_MAX_BYTES);
    let is_object = serde_json::from_str(payload.get()).is_ok_and(|value: Value| value.is_object());
    assert!(!is_object || frame.payload_is_object(), "an object is known as one");

    let again = phoenix::push(version, join_ref, reference, topic, event, payload.get());
    let again = phoenix::parse(version, &again).unwrap_or_else(|error| panic!("{again}: {error}"));
    assert_eq!((&again.topic, &again.event), (topic, event));
    assert_eq!(again.payload.get(), payload.get());
    assert_eq!(&again.reference, reference);
    // An outgoing frame of version 1 has no place for the join's ref.
    let expected = if version == Version::V1 { &Ref::Null } else { join_ref };
    assert_eq!(&again.join_ref, expected);

    for (status, word) in [(ReplyStatus::Ok, "ok"), (ReplyStatus::Error, "error")] {
        let reply = phoenix::reply(version, join_ref, reference, topic, status, r#"{"a":[]}"#);
        answered(version, text, &reply, topic, word);
    }
}

/// Checks that the answer carries the refs exactly as they came, because the app recognizes its request by these.
fn answered(version: Version, text: &str, reply: &str, topic: &str, status: &str) {
    let reply: Value = serde_json::from_str(reply).unwrap_or_else(|error| panic!("{reply}: {error}"));
    // A payload may contain numbers and unpaired surrogates that a `Value` cannot hold; the refs are compared if it
    // can.
    let sent: Option<Value> = serde_json::from_str(text).ok();
    let (refs, rest) = match version {
        Version::V1 => (vec!["ref"], [&reply["topic"], &reply["event"], &reply["payload"]]),
        Version::V2 => (vec![], [&reply[2], &reply[3], &reply[4]]),
    };
    assert_eq!(rest[0], topic);
    assert_eq!(rest[1], phoenix::event::REPLY);
    assert_eq!(rest[2], &serde_json::json!({ "status": status, "response": { "a": [] } }));
    let Some(sent) = sent else { return };
    for name in refs {
        assert_eq!(reply[name], sent.get(name).cloned().unwrap_or_default(), "{name}");
    }
    if version == Version::V2 {
        assert_eq!((&reply[0], &reply[1]), (&sent[0], &sent[1]));
    }
}

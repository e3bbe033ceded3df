//! Frames of version 1: one object, `{topic, event, payload, ref}`.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::Error as _;
use serde_json::value::RawValue;

use super::{Incoming, Ref};
use crate::json::Json;

#[derive(Deserialize)]
#[serde(expecting = "an object with topic, event, payload and ref")]
struct FrameV1<'a> {
    #[serde(borrow)]
    topic: Cow<'a, str>,
    #[serde(borrow)]
    event: Cow<'a, str>,
    #[serde(borrow, default)]
    payload: Option<&'a RawValue>,
    #[serde(rename = "ref", default)]
    reference: Ref,
    #[serde(default)]
    join_ref: Ref,
}

pub(super) fn parse(text: &str) -> serde_json::Result<Incoming<'_>> {
    // Serde would accept an array for the fields of a struct in their order.
    if text.trim_start().starts_with('[') {
        return Err(serde_json::Error::custom("expected an object with topic, event, payload and ref"));
    }
    let FrameV1 { topic, event, payload, reference, join_ref } = serde_json::from_str(text)?;
    Ok(Incoming::new(join_ref, reference, topic, event, payload))
}

/// The payload comes in pieces that are written one after the other. Room is reserved for a text without escapes.
pub(super) fn write(reference: &Ref, topic: &str, event: &str, payload: &[&str]) -> String {
    let payload_bytes: usize = payload.iter().map(|piece| piece.len()).sum();
    let form_bytes = r#"{"topic":"","event":"","payload":,"ref":}"#.len();
    let names_bytes = topic.len() + event.len() + reference.json_bytes();
    let mut out = String::with_capacity(form_bytes + names_bytes + payload_bytes);
    out.push_str(r#"{"topic":"#);
    topic.write_to(&mut out);
    out.push_str(r#","event":"#);
    event.write_to(&mut out);
    out.push_str(r#","payload":"#);
    for piece in payload {
        out.push_str(piece);
    }
    out.push_str(r#","ref":"#);
    reference.write_to(&mut out);
    out.push('}');
    out
}

#[cfg(test)]
mod tests {
    use super::super::{FrameError, ReplyStatus, Version, event, parse, push, reply};
    use super::*;

    #[test]
    fn an_object_is_a_frame() {
        let text = r#"{"topic":"company:acme","event":"book","payload":{"topic":"a"},"ref":"3","join_ref":1}"#;
        let frame = parse(Version::V1, text).unwrap();
        assert_eq!(frame.topic, "company:acme");
        assert_eq!(frame.event, "book");
        assert_eq!(frame.payload.get(), r#"{"topic":"a"}"#);
        assert_eq!(frame.reference, Ref::Text("3".into()));
        assert_eq!(frame.join_ref, Ref::Number(1));
    }

    #[test]
    fn only_topic_and_event_must_be_there() {
        let frame = parse(Version::V1, r#" {"event":"heartbeat","topic":"phoenix","extra":[1]} "#).unwrap();
        assert_eq!((frame.join_ref, frame.reference), (Ref::Null, Ref::Null));
        assert_eq!(frame.payload.get(), "{}");
        for text in [r#"{"topic":"t","payload":{},"ref":"1"}"#, r#"{"event":"e","payload":{},"ref":"1"}"#] {
            assert!(matches!(parse(Version::V1, text), Err(FrameError::NotAFrame(_))), "{text}");
        }
    }

    #[test]
    fn an_array_is_not_a_frame() {
        for text in [r#"["t","e",{},"1","1"]"#, r#" ["t","e",{},"1","1"]"#] {
            assert!(matches!(parse(Version::V1, text), Err(FrameError::NotAFrame(_))), "{text}");
        }
    }

    #[test]
    fn a_field_twice_is_not_a_frame() {
        let text = r#"{"topic":"a","topic":"b","event":"e"}"#;
        assert!(matches!(parse(Version::V1, text), Err(FrameError::NotAFrame(_))));
    }

    #[test]
    fn an_answer_has_four_fields() {
        let (join_ref, reference) = (Ref::Number(1), Ref::Text("2".into()));
        assert_eq!(
            reply(Version::V1, &join_ref, &reference, "t", ReplyStatus::Ok, r#"{"a":1}"#),
            r#"{"topic":"t","event":"phx_reply","payload":{"status":"ok","response":{"a":1}},"ref":"2"}"#
        );
        assert_eq!(
            push(Version::V1, &Ref::Null, &Ref::Null, "t", "status", "{}"),
            r#"{"topic":"t","event":"status","payload":{},"ref":null}"#
        );
    }

    #[test]
    fn what_is_pushed_reads_back_the_same() {
        let reference = Ref::Number(-4);
        let text = push(Version::V1, &Ref::Null, &reference, "t:\"ü\"", event::CLOSE, r#"{"x":[]}"#);
        let frame = parse(Version::V1, &text).unwrap();
        assert_eq!(frame.topic, "t:\"ü\"");
        assert_eq!(frame.event, event::CLOSE);
        assert_eq!(frame.reference, reference);
        assert_eq!(frame.payload.get(), r#"{"x":[]}"#);
    }
}

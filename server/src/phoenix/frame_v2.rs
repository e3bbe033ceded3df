//! A frame of version 2: one array, `[join_ref, ref, topic, event, payload]`.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Incoming, Ref};
use crate::json::Json;

#[derive(Deserialize)]
#[serde(expecting = "[join_ref, ref, topic, event, payload]")]
struct Frame<'a>(
    Ref,
    Ref,
    #[serde(borrow)] Cow<'a, str>,
    #[serde(borrow)] Cow<'a, str>,
    #[serde(borrow)] Option<&'a RawValue>,
);

pub(super) fn parse(text: &str) -> serde_json::Result<Incoming<'_>> {
    let Frame(join_ref, reference, topic, event, payload) = serde_json::from_str(text)?;
    Ok(Incoming::new(join_ref, reference, topic, event, payload))
}

/// The payload comes in pieces that are written one after the other. Without escapes the text has no spare room.
pub(super) fn write(join_ref: &Ref, reference: &Ref, topic: &str, event: &str, payload: &[&str]) -> String {
    let payload_bytes: usize = payload.iter().map(|piece| piece.len()).sum();
    let form_bytes = r#"[,,"","",]"#.len();
    let names_bytes = join_ref.json_bytes() + reference.json_bytes() + topic.len() + event.len();
    let mut out = String::with_capacity(form_bytes + names_bytes + payload_bytes);
    out.push('[');
    join_ref.write_to(&mut out);
    out.push(',');
    reference.write_to(&mut out);
    out.push(',');
    topic.write_to(&mut out);
    out.push(',');
    event.write_to(&mut out);
    out.push(',');
    for piece in payload {
        out.push_str(piece);
    }
    out.push(']');
    out
}

#[cfg(test)]
mod tests {
    use super::super::{FrameError, NAME_MAX_BYTES, ReplyStatus, Version, event, parse, push, reply};
    use super::*;

    fn text_ref(text: &str) -> Ref {
        Ref::Text(text.into())
    }

    #[test]
    fn an_array_of_five_is_a_frame() {
        let frame = parse(Version::V2, r#"["1","3","company:acme","book", {"topic":"a"} ]"#).unwrap();
        assert_eq!(frame.join_ref, text_ref("1"));
        assert_eq!(frame.reference, text_ref("3"));
        assert_eq!(frame.topic, "company:acme");
        assert_eq!(frame.event, "book");
        assert_eq!(frame.payload.get(), r#"{"topic":"a"}"#);
    }

    #[test]
    fn an_array_of_four_or_six_or_an_object_is_not_a_frame() {
        for text in [
            r#"["1","1","t","e"]"#,
            r#"["1","1","t","e",{},{}]"#,
            r#"{"topic":"t","event":"e","payload":{},"ref":"1"}"#,
            r#"["1","1",null,"e",{}]"#,
            r#"["1","1","t",5,{}]"#,
            r#"[1.5,"1","t","e",{}]"#,
        ] {
            assert!(matches!(parse(Version::V2, text), Err(FrameError::NotAFrame(_))), "{text}");
        }
    }

    #[test]
    fn plain_names_are_borrowed_and_escaped_ones_are_unescaped() {
        let frame = parse(Version::V2, r#"[null,1,"plain","e\u00e9",{}]"#).unwrap();
        assert!(matches!(frame.topic, Cow::Borrowed("plain")));
        assert_eq!(frame.event, "eé");
    }

    #[test]
    fn a_payload_of_null_counts_as_an_empty_object() {
        let frame = parse(Version::V2, r#"[null,"1","phoenix","heartbeat",null]"#).unwrap();
        assert_eq!(frame.payload.get(), "{}");
        assert!(frame.payload_is_object());
    }

    #[test]
    fn a_payload_that_is_no_object_is_left_to_the_answer() {
        for payload in ["[]", "1", r#""{}""#, "true"] {
            let text = format!(r#"[null,"1","t","e", {payload}]"#);
            let frame = parse(Version::V2, &text).unwrap();
            assert!(!frame.payload_is_object(), "{payload}");
            assert_eq!(frame.payload.get(), payload);
        }
    }

    #[test]
    fn names_and_refs_have_a_longest_length() {
        let fits = "x".repeat(NAME_MAX_BYTES);
        let too_long = "x".repeat(NAME_MAX_BYTES + 1);
        let frame = |names: [&str; 4]| {
            let text = format!(r#"["{}","{}","{}","{}",{{}}]"#, names[0], names[1], names[2], names[3]);
            parse(Version::V2, &text).map(|_| ())
        };
        assert_eq!(frame([&fits; 4]), Ok(()));
        for (at, field) in ["join_ref", "ref", "topic", "event"].into_iter().enumerate() {
            let mut names = ["x"; 4];
            names[at] = &too_long;
            let error = frame(names).unwrap_err();
            assert_eq!(error.close_code(), 1002);
            assert!(error.to_string().contains(&format!("`{field}`")), "{error}");
        }
    }

    #[test]
    fn an_answer_carries_both_refs_with_the_type_they_had() {
        assert_eq!(
            reply(Version::V2, &text_ref("1"), &Ref::Number(2), "t", ReplyStatus::Ok, "{}"),
            r#"["1",2,"t","phx_reply",{"status":"ok","response":{}}]"#
        );
        assert_eq!(
            reply(Version::V2, &Ref::Null, &text_ref("2"), "t", ReplyStatus::Error, r#"{"reason":"invalid"}"#),
            r#"[null,"2","t","phx_reply",{"status":"error","response":{"reason":"invalid"}}]"#
        );
    }

    #[test]
    fn an_event_to_all_has_no_refs() {
        assert_eq!(
            push(Version::V2, &Ref::Null, &Ref::Null, "t", "availability", r#"{"idle":1}"#),
            r#"[null,null,"t","availability",{"idle":1}]"#
        );
    }

    #[test]
    fn what_is_pushed_reads_back_the_same() {
        for reference in [Ref::Null, Ref::Number(i64::MIN), text_ref("a\"\\\n")] {
            let text = push(Version::V2, &reference, &reference, "t:\"ü\"", event::ERROR, r#"{"x":[]}"#);
            let frame = parse(Version::V2, &text).unwrap();
            assert_eq!(frame.join_ref, reference);
            assert_eq!(frame.reference, reference);
            assert_eq!(frame.topic, "t:\"ü\"");
            assert_eq!(frame.event, event::ERROR);
            assert_eq!(frame.payload.get(), r#"{"x":[]}"#);
        }
    }
}

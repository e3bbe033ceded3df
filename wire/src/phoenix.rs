//! Frames that an app and the server exchange: Phoenix Channels without a socket.

pub mod code;
mod frame_error;
mod frame_v1;
mod frame_v2;
mod reference;

use std::borrow::Cow;
use std::sync::LazyLock;

use serde_json::value::RawValue;

pub use self::frame_error::FrameError;
pub use self::reference::Ref;

/// Topic of a socket's own heartbeat.
pub const PHOENIX_TOPIC: &str = "phoenix";

/// Bytes of the longest topic, event or ref that is accepted, because each is kept or echoed for every join.
const NAME_MAX_BYTES: usize = 512;

/// Events to which Phoenix itself gives a meaning.
pub mod event {
    /// An app asks to join a topic.
    pub const JOIN: &str = "phx_join";
    /// An app leaves a topic.
    pub const LEAVE: &str = "phx_leave";
    /// The server's answer to a push, a join or a leave.
    pub const REPLY: &str = "phx_reply";
    /// The server ends a join for good, and the app does not join again by itself.
    pub const CLOSE: &str = "phx_close";
    /// The server ends a join by a failure, and the app joins again.
    pub const ERROR: &str = "phx_error";
    /// An app shows, on [`super::PHOENIX_TOPIC`], that its socket is alive.
    pub const HEARTBEAT: &str = "heartbeat";
}

/// Form of the frames on one socket, both ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// Frames are objects: `{topic, event, payload, ref}`.
    V1,
    /// Frames are arrays: `[join_ref, ref, topic, event, payload]`.
    V2,
}

impl Version {
    /// The version that a socket's query parameter `vsn` asks for; `None` must be refused with HTTP 403.
    ///
    /// Without the parameter the version is [`Version::V1`], as in Phoenix.
    pub fn negotiate(vsn: Option<&str>) -> Option<Version> {
        let Some(vsn) = vsn else {
            return Some(Version::V1);
        };
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let mut parts = vsn.split('.');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(major), Some(minor), Some(patch), None) if is_number(minor) && is_number(patch) => match major {
                "1" => Some(Version::V1),
                "2" => Some(Version::V2),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Reads one frame of an app.
///
/// After an error, which means broken JSON or no frame of this version, the socket must be closed with
/// [`FrameError::close_code`].
pub fn parse(version: Version, text: &str) -> Result<Incoming<'_>, FrameError> {
    let parsed = match version {
        Version::V1 => frame_v1::parse(text),
        Version::V2 => frame_v2::parse(text),
    };
    let incoming = parsed.map_err(|error| FrameError::of(text, &error))?;
    incoming.check_lengths()?;
    Ok(incoming)
}

/// Writes the answer to a push, a join, a leave or a heartbeat; `response` is a JSON object and is written unchanged.
pub fn reply(
    version: Version,
    join_ref: &Ref,
    reference: &Ref,
    topic: &str,
    status: ReplyStatus,
    response: &str,
) -> String {
    let status = match status {
        ReplyStatus::Ok => r#"{"status":"ok","response":"#,
        ReplyStatus::Error => r#"{"status":"error","response":"#,
    };
    let payload = [status, response, "}"];
    write(version, join_ref, reference, topic, event::REPLY, &payload)
}

/// Writes an event; `payload` is a JSON object and is written unchanged.
///
/// An event to all who joined the topic has [`Ref::Null`] for both refs. `phx_close` and `phx_error` carry the join's
/// ref in both, because a V1 frame has no other place for it.
pub fn push(version: Version, join_ref: &Ref, reference: &Ref, topic: &str, event: &str, payload: &str) -> String {
    write(version, join_ref, reference, topic, event, &[payload])
}

fn write(version: Version, join_ref: &Ref, reference: &Ref, topic: &str, event: &str, payload: &[&str]) -> String {
    match version {
        Version::V1 => frame_v1::write(reference, topic, event, payload),
        Version::V2 => frame_v2::write(join_ref, reference, topic, event, payload),
    }
}

/// One frame of an app, borrowed from its text.
#[derive(Clone, Debug)]
pub struct Incoming<'a> {
    /// Ref of the join that this frame belongs to; [`Ref::Null`] on heartbeats and from older clients.
    pub join_ref: Ref,
    /// Ref that the answer must carry; [`Ref::Null`] if the app wants no answer.
    pub reference: Ref,
    /// Topic, such as `company:acme`.
    pub topic: Cow<'a, str>,
    /// Event, such as `phx_join` or `book`.
    pub event: Cow<'a, str>,
    /// JSON text of the payload; `{}` if it was null or missing. The payload is not always an object: see
    /// [`Incoming::payload_is_object`].
    pub payload: &'a RawValue,
}

impl<'a> Incoming<'a> {
    /// Whether the payload is an object, as every event of the contract demands.
    pub fn payload_is_object(&self) -> bool {
        self.payload.get().starts_with('{')
    }

    fn new(
        join_ref: Ref,
        reference: Ref,
        topic: Cow<'a, str>,
        event: Cow<'a, str>,
        payload: Option<&'a RawValue>,
    ) -> Self {
        let payload = payload.unwrap_or_else(|| &EMPTY_PAYLOAD);
        Incoming { join_ref, reference, topic, event, payload }
    }

    fn check_lengths(&self) -> Result<(), FrameError> {
        let fields = [
            ("join_ref", self.join_ref.text_bytes()),
            ("ref", self.reference.text_bytes()),
            ("topic", self.topic.len()),
            ("event", self.event.len()),
        ];
        match fields.iter().find(|(_, bytes)| *bytes > NAME_MAX_BYTES) {
            Some((field, _)) => Err(FrameError::NotAFrame(format!("`{field}` is longer than {NAME_MAX_BYTES} bytes"))),
            None => Ok(()),
        }
    }
}

static EMPTY_PAYLOAD: LazyLock<Box<RawValue>> =
    LazyLock::new(|| RawValue::from_string("{}".to_owned()).unwrap_or_else(|_| RawValue::NULL.to_owned()));

/// Status of an answer to a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyStatus {
    Ok,
    /// The push was refused, and the response says why.
    Error,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_that_names_no_version_speaks_the_first() {
        assert_eq!(Version::negotiate(None), Some(Version::V1));
    }

    #[test]
    fn any_version_1_or_2_is_served_and_no_other() {
        for (vsn, version) in [
            ("1.0.0", Some(Version::V1)),
            ("1.2.3", Some(Version::V1)),
            ("2.0.0", Some(Version::V2)),
            ("2.10.7", Some(Version::V2)),
            ("3.0.0", None),
            ("0.9.0", None),
            ("2.0", None),
            ("2", None),
            ("2.0.0.0", None),
            ("2.0.x", None),
            ("2..0", None),
            ("02.0.0", None),
            ("", None),
        ] {
            assert_eq!(Version::negotiate(Some(vsn)), version, "vsn={vsn}");
        }
    }

    #[test]
    fn text_that_is_not_json_closes_with_1007() {
        for version in [Version::V1, Version::V2] {
            for text in ["", "hello", "[null,null", r#"{"topic":"#, r#"[true, nope]"#, r#"["1","1","t","e",{}] x"#] {
                let error = parse(version, text).unwrap_err();
                assert!(matches!(error, FrameError::NotJson(_)), "{text}: {error}");
                assert_eq!(error.close_code(), 1007);
            }
        }
    }

    #[test]
    fn json_that_is_not_a_frame_closes_with_1002() {
        for version in [Version::V1, Version::V2] {
            for text in ["null", "3", r#""text""#, "[]", "{}", "[1e999,null,1,2,3]"] {
                let error = parse(version, text).unwrap_err();
                assert!(matches!(error, FrameError::NotAFrame(_)), "{text}: {error}");
                assert_eq!(error.close_code(), 1002);
            }
        }
    }

    #[test]
    fn what_is_wrong_with_a_frame_fits_a_close_reason() {
        let text = format!(r#"["1","2",{{}},"{0}",{{}}]"#, "ü".repeat(300));
        assert!(parse(Version::V2, &text).unwrap_err().to_string().len() <= 123);
        let text = format!(r#"{{"topic":["{0}"],"{0}":1}}"#, "ü".repeat(300));
        assert!(parse(Version::V1, &text).unwrap_err().to_string().len() <= 123);
        let text = format!(r#""{}""#, "ü".repeat(300));
        assert!(parse(Version::V1, &text).unwrap_err().to_string().len() <= 123);
    }

    #[test]
    fn a_deep_payload_is_not_walked_and_does_no_harm() {
        let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
        let text = format!(r#"[null,"1","t","e",{{"deep":{deep}}}]"#);
        assert!(parse(Version::V2, &text).unwrap().payload_is_object());
        assert!(parse(Version::V2, &deep).is_err());
    }
}

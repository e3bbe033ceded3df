//! Frames from the server, parsed without copies.

use switchboard_wire::phoenix::{self, Incoming, Ref, Version};

use crate::error::Error;

/// A frame from the server, borrowed from its text.
pub struct ServerFrame<'a>(Incoming<'a>);

/// A reply to a push, with the JSON text of its response.
pub enum PushReply<'a> {
    Ok(&'a str),
    Refused(&'a str),
}

impl<'a> ServerFrame<'a> {
    /// Parses a text from [`Socket::hear`](crate::Socket::hear).
    pub fn read(text: &'a str) -> Result<Self, Error> {
        phoenix::parse(Version::V2, text).map(Self).map_err(|error| Error::Nonsense(error.to_string()))
    }

    /// The topic of the frame.
    pub fn topic(&self) -> &str {
        &self.0.topic
    }

    /// The event, such as `offer`, or `phx_reply`.
    pub fn event(&self) -> &str {
        &self.0.event
    }

    /// Deserializes the payload, borrowing from the frame's text.
    pub fn payload<T: serde::Deserialize<'a>>(&self) -> Result<T, Error> {
        understood(self.0.payload.get())
    }

    /// The ref of the push to which this frame replies; `None` for an event.
    pub fn replies_to(&self) -> Option<i64> {
        match self.0.reference {
            Ref::Number(reference) if self.0.event == phoenix::event::REPLY => Some(reference),
            Ref::Number(_) | Ref::Text(_) | Ref::Null => None,
        }
    }

    /// The reply, if the frame replies to that push.
    pub fn reply_to(&self, reference: i64) -> Result<Option<PushReply<'a>>, Error> {
        #[derive(serde::Deserialize)]
        struct Payload<'a> {
            status: &'a str,
            // Raw, because the caller alone knows the form of its response.
            #[serde(borrow)]
            response: &'a serde_json::value::RawValue,
        }
        if self.replies_to() != Some(reference) {
            return Ok(None);
        }
        let Payload { status, response } = self.payload()?;
        let response = response.get();
        Ok(Some(if status == "ok" { PushReply::Ok(response) } else { PushReply::Refused(response) }))
    }
}

/// Deserializes JSON from the server.
pub fn understood<'a, T: serde::Deserialize<'a>>(json: &'a str) -> Result<T, Error> {
    serde_json::from_str(json).map_err(|error| Error::Nonsense(error.to_string()))
}

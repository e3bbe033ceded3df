//! What people send, as frames, and what they are sent, read back from frames.

use serde_json::{Value, json};
use switchboard_core::{BookingId, OfferId, SessionId};

/// Something that a person's device sends.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The topic.
    pub topic: String,
    /// The join that it belongs to.
    pub join_ref: u64,
    /// Its own number on this device.
    pub reference: u64,
    /// What is wanted.
    pub wish: Wish,
    /// The topics of which a client's join asks to hear alone.
    pub only: Option<&'static [&'static str]>,
}

/// What a person wants.
#[derive(Clone, Debug)]
pub enum Wish {
    /// To listen to the topic.
    Join,
    /// To listen no more.
    Leave,
    /// The next page of a board.
    More(String),
    /// To be heard.
    Heartbeat,
    /// A consultation: topic, note, key.
    Book(String, Option<String>, Option<String>),
    /// To call a search off.
    Cancel(BookingId),
    /// To be asked, or not.
    SetStatus(bool),
    /// Yes.
    Accept(OfferId),
    /// No.
    Reject(OfferId),
    /// To say something, with a key.
    Say(String, Option<String>),
    /// To note something about the session.
    Notes(String),
    /// To pass something on to the other side.
    Signal(u64),
    /// To end the session, with words.
    End(Option<String>),
    /// Something that the topic does not know.
    Dance,
    /// Something with a field that is not what it must be.
    BookNothing,
}

impl Frame {
    /// The frame as it goes over the line.
    #[must_use]
    pub fn text(&self) -> String {
        let (event, payload) = match &self.wish {
            Wish::Join => ("phx_join", json!({ "topics": self.only })),
            Wish::More(after) => ("more", json!({ "after": after })),
            Wish::Leave => ("phx_leave", json!({})),
            Wish::Heartbeat => ("heartbeat", json!({})),
            Wish::Book(topic, note, key) => {
                let note = note.as_ref().map(|note| serde_json::from_str::<Value>(note).unwrap_or_default());
                ("book", json!({ "topic": topic, "note": note, "key": key }))
            }
            Wish::Cancel(booking) => ("cancel", json!({ "booking_id": booking.to_string() })),
            Wish::SetStatus(willing) => ("set_status", json!({ "status": if *willing { "idle" } else { "offline" } })),
            Wish::Accept(offer) => ("accept", json!({ "offer_id": offer.to_string() })),
            Wish::Reject(offer) => ("reject", json!({ "offer_id": offer.to_string() })),
            Wish::Say(body, key) => ("message", json!({ "body": body, "key": key })),
            Wish::Notes(body) => ("notes", json!({ "body": body })),
            Wish::Signal(data) => ("signal", json!({ "data": data })),
            Wish::End(reason) => ("end", json!({ "reason": reason })),
            Wish::Dance => ("dance", json!({})),
            Wish::BookNothing => ("book", json!({ "topic": 7 })),
        };
        let join_ref = (!matches!(self.wish, Wish::Heartbeat)).then(|| self.join_ref.to_string());
        json!([join_ref, self.reference.to_string(), self.topic, event, payload]).to_string()
    }

    /// Whether it may be sent again when its answer was lost: with a mark against doubles, or about a thing with an id.
    #[must_use]
    pub const fn can_be_repeated(&self) -> bool {
        match &self.wish {
            Wish::Book(_, _, key) | Wish::Say(_, key) => key.is_some(),
            Wish::Cancel(_) | Wish::Accept(_) | Wish::Reject(_) | Wish::Notes(_) | Wish::End(_) => true,
            _ => false,
        }
    }
}

/// A frame that a device is sent.
#[derive(Clone, Debug)]
pub struct Heard {
    /// The join that it belongs to; empty for an event to all.
    pub join_ref: String,
    /// Which frame it answers.
    pub reference: String,
    /// The topic.
    pub topic: String,
    /// The event.
    pub event: String,
    /// The payload.
    pub payload: Value,
}

impl Heard {
    /// Reads a frame of version 2.
    ///
    /// # Panics
    /// When it is not one: the server made it.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let (join_ref, reference, topic, event, payload): (Option<String>, Option<String>, String, String, Value) =
            serde_json::from_str(text).unwrap_or_else(|error| panic!("not a frame: {error}: {text}"));
        let (join_ref, reference) = (join_ref.unwrap_or_default(), reference.unwrap_or_default());
        Self { join_ref, reference, topic, event, payload }
    }

    /// Whether it is a reply, and to what.
    #[must_use]
    pub fn answers(&self) -> Option<u64> {
        if self.event == "phx_reply" { self.reference.parse().ok() } else { None }
    }

    /// Whether it is a reply that says yes.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.payload["status"] == "ok"
    }

    /// What the reply holds.
    #[must_use]
    pub fn response(&self) -> &Value {
        &self.payload["response"]
    }

    /// The stable word of a no.
    #[must_use]
    pub fn reason(&self) -> &str {
        self.payload["response"]["reason"].as_str().unwrap_or_default()
    }
}

/// An id in JSON.
#[must_use]
pub fn offer_id(value: &Value) -> Option<OfferId> {
    value.as_str()?.parse().ok()
}

/// An id in JSON.
#[must_use]
pub fn booking_id(value: &Value) -> Option<BookingId> {
    value.as_str()?.parse().ok()
}

/// An id in JSON.
#[must_use]
pub fn session_id(value: &Value) -> Option<SessionId> {
    value.as_str()?.parse().ok()
}

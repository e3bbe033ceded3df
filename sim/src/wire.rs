//! Frames that people send and receive.

use serde_json::{Value, json};
use switchboard_core::{BookingId, OfferId, SessionId};

use crate::reference::Inquiry;

/// A frame that a person's device sends.
#[derive(Clone, Debug)]
pub struct DeviceFrame {
    pub topic: String,
    /// The join that the frame belongs to.
    pub join_ref: u64,
    /// The `ref` of the frame.
    pub reference: u64,
    pub wish: Wish,
    /// The topics that a client's join restricts its availability to.
    pub only: Option<&'static [&'static str]>,
}

/// The request in a frame.
#[derive(Clone, Debug)]
pub enum Wish {
    Join,
    Leave,
    /// The next page of a board.
    More(String),
    Heartbeat,
    Book(Inquiry),
    Cancel(BookingId),
    /// Whether the employee wants to be asked.
    SetStatus(bool),
    Accept(OfferId),
    Reject(OfferId),
    /// A message with its key.
    Say(String, Option<String>),
    /// Notes on the session.
    Notes(String),
    /// Data for the other party of the session.
    Signal(u64),
    /// The end of the session, with a reason.
    End(Option<String>),
    /// An event that the topic does not know.
    Dance,
    /// A booking with a field of the wrong type.
    BookNothing,
}

impl DeviceFrame {
    /// The frame's text, as sent.
    #[must_use]
    pub fn text(&self) -> String {
        let (event, payload) = match &self.wish {
            Wish::Join => ("phx_join", json!({ "topics": self.only })),
            Wish::More(after) => ("more", json!({ "after": after })),
            Wish::Leave => ("phx_leave", json!({})),
            Wish::Heartbeat => ("heartbeat", json!({})),
            Wish::Book(Inquiry { client_name: _, topic, note, key, skills: _ }) => {
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

    /// Whether the request may be repeated after a lost answer: it has an idempotency key, or names a thing by id.
    #[must_use]
    pub(crate) const fn can_be_repeated(&self) -> bool {
        match &self.wish {
            Wish::Book(Inquiry { key, .. }) | Wish::Say(_, key) => key.is_some(),
            Wish::Cancel(_) | Wish::Accept(_) | Wish::Reject(_) | Wish::Notes(_) | Wish::End(_) => true,
            _ => false,
        }
    }
}

/// A frame that a device receives.
#[derive(Clone, Debug)]
pub struct ReceivedFrame {
    /// The join that the frame belongs to; empty for a broadcast.
    pub join_ref: String,
    /// The `ref` of the request that the frame answers.
    pub reference: String,
    pub topic: String,
    pub event: String,
    pub payload: Value,
}

impl ReceivedFrame {
    /// Reads a frame of version 2.
    ///
    /// # Panics
    /// When the server sent something else.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let (join_ref, reference, topic, event, payload): (Option<String>, Option<String>, String, String, Value) =
            serde_json::from_str(text).unwrap_or_else(|error| panic!("not a frame: {error}: {text}"));
        let (join_ref, reference) = (join_ref.unwrap_or_default(), reference.unwrap_or_default());
        Self { join_ref, reference, topic, event, payload }
    }

    /// The `ref` that a reply answers; `None` for other frames.
    #[must_use]
    pub fn answers(&self) -> Option<u64> {
        if self.event == "phx_reply" { self.reference.parse().ok() } else { None }
    }

    /// Whether this is a positive reply.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.payload["status"] == "ok"
    }

    /// The content of a reply.
    #[must_use]
    pub fn response(&self) -> &Value {
        &self.payload["response"]
    }

    /// The reason of a refusal, as a stable word.
    #[must_use]
    pub fn reason(&self) -> &str {
        self.payload["response"]["reason"].as_str().unwrap_or_default()
    }
}

/// Reads an offer's id.
#[must_use]
pub fn offer_id(value: &Value) -> Option<OfferId> {
    value.as_str()?.parse().ok()
}

/// Reads a booking's id.
#[must_use]
pub fn booking_id(value: &Value) -> Option<BookingId> {
    value.as_str()?.parse().ok()
}

/// Reads a session's id.
#[must_use]
pub fn session_id(value: &Value) -> Option<SessionId> {
    value.as_str()?.parse().ok()
}

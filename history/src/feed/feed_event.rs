//! One event of the feed, as back ends get it.

use serde::Serialize;
use serde_json::value::RawValue;
use switchboard_core::{
    BookingId, CompanyId, CompanySettings, MessageId, OfferId, Profile, Routing, SessionId, Skills, Time, Word,
};
use switchboard_wire::Kind;
use switchboard_wire::view::{self, Moment};

/// An event of the feed.
#[derive(Debug)]
pub struct FeedEvent {
    /// The event's number in its company.
    pub seq: u64,
    pub at: Time,
    pub kind: Kind,
    /// The subject of the event. Events with the same lane are delivered in order.
    pub lane: String,
    /// The whole event as JSON.
    pub json: String,
}

/// The id by which receivers deduplicate an event. The id has no full stop, because a signature joins its parts with
/// full stops.
#[must_use]
pub fn event_id(company: &CompanyId, seq: u64) -> String {
    format!("{}:{seq}", company.as_str().replace('.', ":"))
}

#[derive(Serialize)]
struct Envelope<'a> {
    id: String,
    r#type: &'static str,
    timestamp: Moment,
    company_id: &'a str,
    seq: u64,
    data: Data,
}

impl FeedEvent {
    pub(super) fn new(company: &CompanyId, seq: u64, at: Time, kind: Kind, lane: String, data: Data) -> Self {
        let envelope = Envelope {
            id: event_id(company, seq),
            r#type: kind.word(),
            timestamp: Moment(at),
            company_id: company.as_str(),
            seq,
            data,
        };
        Self { seq, at, kind, lane, json: view::json(&envelope) }
    }
}

/// The data of an event. Fields that the company no longer keeps are null.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Data {
    CompanySet {
        name: String,
        settings: CompanySettings,
    },
    RoutingSet {
        routing: Box<Routing>,
    },
    CompanyRemoved {},
    EmployeeSet {
        employee_id: String,
        name: String,
        topics: Vec<String>,
        #[serde(flatten)]
        profile: Profile,
    },
    EmployeeRemoved {
        employee_id: String,
    },
    EmployeeIntent {
        employee_id: Option<String>,
        intent: &'static str,
        by: switchboard_core::IntentBy,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<Word>,
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<Moment>,
    },
    BookingOpened {
        booking_id: BookingId,
        client_id: String,
        client_name: Option<String>,
        topic: String,
        note: Option<Box<RawValue>>,
        #[serde(skip_serializing_if = "Skills::is_empty")]
        skills: Skills,
    },
    OfferMade {
        offer_id: OfferId,
        booking_id: BookingId,
        attempt: u32,
        employee_id: Option<String>,
        employee_name: Option<String>,
        client_id: Option<String>,
        client_name: Option<String>,
        topic: Option<String>,
        note: Option<Box<RawValue>>,
        made_at: Moment,
        expires_at: Moment,
    },
    OfferDelivered {
        offer_id: OfferId,
        booking_id: BookingId,
        attempt: u32,
        employee_id: Option<String>,
        device: Option<String>,
    },
    OfferClosed {
        offer_id: OfferId,
        booking_id: BookingId,
        attempt: u32,
        employee_id: Option<String>,
        outcome: &'static str,
        reason: Option<String>,
    },
    BookingEnded {
        booking_id: BookingId,
        client_id: Option<String>,
        topic: Option<String>,
        state: &'static str,
        reason: &'static str,
    },
    SessionStarted {
        session_id: SessionId,
        booking_id: BookingId,
        offer_id: OfferId,
        client_id: Option<String>,
        client_name: Option<String>,
        employee_id: Option<String>,
        employee_name: Option<String>,
        topic: Option<String>,
    },
    MessageSent {
        message_id: MessageId,
        #[serde(flatten)]
        of: SessionData,
        from: &'static str,
    },
    SessionEnded {
        #[serde(flatten)]
        of: SessionData,
        started_at: Option<Moment>,
        ended_by: &'static str,
        reason: Option<String>,
    },
    SessionCoded {
        session_id: SessionId,
        booking_id: Option<String>,
        employee_id: Option<String>,
        code: Word,
    },
}

/// The session and its parties.
#[derive(Serialize)]
pub(super) struct SessionData {
    pub(super) session_id: SessionId,
    pub(super) booking_id: Option<String>,
    pub(super) client_id: Option<String>,
    pub(super) employee_id: Option<String>,
    pub(super) topic: Option<String>,
}

//! Events of a company, whose state is the fold of its events and of nothing else.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::booking::{BookingReason, BookingRequest};
use crate::brand::Brand;
use crate::employee::Intent;
use crate::id::{
    BookingId, ClientId, DeviceKind, EmployeeId, EmployeeNo, Key, MessageId, OfferId, SessionId, Topic, Word,
};
use crate::offer::Outcome;
use crate::person::{EndedBy, Party};
use crate::revocation::Whose;
use crate::routing::{Estimate, Profile, Routing};
use crate::settings::CompanySettings;
use crate::time::Time;

/// One change of a company's state. Names and fields are stored for good: a new version may add, never rename.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The company was made, or its name and settings were replaced.
    CompanySet { name: Arc<str>, settings: CompanySettings },
    /// The company's routing was replaced.
    RoutingSet { routing: Box<Routing> },
    /// The company's colour and logo were set.
    BrandSet { brand: Brand },
    /// The company was removed, with its employees; everything open was ended before.
    CompanyRemoved,
    /// An employee was made, or the name and topics were replaced.
    EmployeeSet {
        employee: EmployeeNo,
        id: EmployeeId,
        name: Arc<str>,
        /// None means any topic.
        #[serde(deserialize_with = "crate::id::stored_topics")]
        topics: Vec<Topic>,
        #[serde(default, skip_serializing_if = "Profile::is_plain")]
        profile: Profile,
    },
    /// An employee was removed.
    EmployeeRemoved { employee: EmployeeNo, id: EmployeeId },
    /// Tokens of a person or of all were revoked.
    AccessRevoked {
        whose: Whose,
        /// Tokens that were issued before that moment, by the wall clock.
        before: Time,
    },
    /// The intent of an employee was set.
    IntentSet {
        employee: EmployeeNo,
        intent: Intent,
        by: IntentBy,
        /// Why the employee is offline, where a person said so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Word>,
        /// When the employee wants to be idle again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Time>,
    },
    /// An employee's first device connected.
    EmployeeConnected { employee: EmployeeNo },
    /// An employee's last device disconnected.
    EmployeeDisconnected { employee: EmployeeNo },
    /// No device came back within the grace time.
    EmployeeUnreachable { employee: EmployeeNo },
    /// The wrap-up after a session was extended.
    WrapUpSet { employee: EmployeeNo, session: SessionId, until: Time },
    /// The wrap-up after a session is over.
    WrapUpEnded {
        employee: EmployeeNo,
        /// None means all that the employee has.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<SessionId>,
    },
    /// The rest after an offer without a yes is over.
    RestEnded { employee: EmployeeNo },
    /// A client opened a booking.
    BookingOpened(BookingRequest),
    /// The next step of a booking's route is open; the first opens with the booking.
    StepOpened {
        booking: BookingId,
        /// Number of the step, from 1.
        step: u8,
    },
    /// No offer is open and no employee can be asked: the client waits in the line.
    BookingWaits {
        booking: BookingId,
        /// Place among those who wait about the same topic, from 1.
        place: u32,
        /// When it may be the client's turn; none while too little is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        estimate: Option<Estimate>,
    },
    /// A time has come from which an employee may be asked again by the same booking.
    AskAgainDue { booking: BookingId },
    /// An admin changed the priority of an open booking.
    BookingChanged { booking: BookingId, priority: u8 },
    /// The next employee is asked.
    OfferMade {
        /// The attempt is one more than the booking had.
        offer: OfferId,
        employee: EmployeeNo,
        /// Latest time for the answer.
        expires_at: Time,
    },
    /// A device of the asked employee has the offer.
    OfferDelivered {
        offer: OfferId,
        /// Device kind as reported by the app, if any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        device: Option<DeviceKind>,
    },
    /// The open offer ended without an acceptance.
    OfferClosed {
        offer: OfferId,
        outcome: Outcome,
        reason: Option<Arc<str>>,
        /// Whether the offer counts as missed, where the outcome alone does not say so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        missed: Option<bool>,
    },
    /// The proof of delivery has more time, because after a start no employee has a device yet.
    DeliveryPutOff {
        offer: OfferId,
        /// When the offer counts as undelivered.
        until: Time,
    },
    /// The search waits, because no employee can be asked now and some may come back. An open offer stays with the
    /// employee who lost their last device.
    SearchWaits {
        booking: BookingId,
        /// When the last of the awaited employees is waited for no more.
        until: Time,
    },
    /// The asked employee accepted: the session begins.
    OfferAccepted { offer: OfferId, session: SessionId },
    /// The search ended without a session.
    BookingEnded { booking: BookingId, reason: BookingReason },
    /// The first device of a client with something open connected.
    ClientConnected { client: ClientId },
    /// The last device of a client with something open disconnected.
    ClientDisconnected { client: ClientId },
    /// A party's first device joined the session.
    PartyEntered { session: SessionId, party: Party },
    /// A party's last device left the session.
    PartyLeft { session: SessionId, party: Party },
    /// A party sent a message.
    MessageSent {
        session: SessionId,
        message: MessageId,
        from: Party,
        body: Arc<str>,
        /// Idempotency key of the sender.
        key: Option<Key>,
    },
    /// The employee wrote their notes, in place of those before.
    NotesWritten {
        session: SessionId,
        /// An empty text clears the notes.
        body: Arc<str>,
    },
    /// The employee said with a code how the session went, in place of one before.
    SessionCoded { session: SessionId, code: Word },
    /// The session has ended.
    SessionEnded { session: SessionId, by: EndedBy, reason: Option<Arc<str>> },
    /// The wall clock was set ahead, and this company's time and every deadline with it.
    ClockFollowed { by_ms: u64 },
    /// The server has started: no person has a device yet, and grace times count from here.
    Resumed,
}

impl Event {
    /// The stable name under which the event is stored.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::CompanySet { .. } => "company_set",
            Self::RoutingSet { .. } => "routing_set",
            Self::BrandSet { .. } => "brand_set",
            Self::CompanyRemoved => "company_removed",
            Self::EmployeeSet { .. } => "employee_set",
            Self::EmployeeRemoved { .. } => "employee_removed",
            Self::AccessRevoked { .. } => "access_revoked",
            Self::IntentSet { .. } => "intent_set",
            Self::EmployeeConnected { .. } => "employee_connected",
            Self::EmployeeDisconnected { .. } => "employee_disconnected",
            Self::EmployeeUnreachable { .. } => "employee_unreachable",
            Self::WrapUpSet { .. } => "wrap_up_set",
            Self::WrapUpEnded { .. } => "wrap_up_ended",
            Self::RestEnded { .. } => "rest_ended",
            Self::BookingOpened(_) => "booking_opened",
            Self::StepOpened { .. } => "step_opened",
            Self::BookingWaits { .. } => "booking_waits",
            Self::AskAgainDue { .. } => "ask_again_due",
            Self::BookingChanged { .. } => "booking_changed",
            Self::OfferMade { .. } => "offer_made",
            Self::OfferDelivered { .. } => "offer_delivered",
            Self::OfferClosed { .. } => "offer_closed",
            Self::DeliveryPutOff { .. } => "delivery_put_off",
            Self::SearchWaits { .. } => "search_waits",
            Self::OfferAccepted { .. } => "offer_accepted",
            Self::BookingEnded { .. } => "booking_ended",
            Self::ClientConnected { .. } => "client_connected",
            Self::ClientDisconnected { .. } => "client_disconnected",
            Self::PartyEntered { .. } => "party_entered",
            Self::PartyLeft { .. } => "party_left",
            Self::MessageSent { .. } => "message_sent",
            Self::NotesWritten { .. } => "notes_written",
            Self::SessionCoded { .. } => "session_coded",
            Self::SessionEnded { .. } => "session_ended",
            Self::ClockFollowed { .. } => "clock_followed",
            Self::Resumed => "resumed",
        }
    }
}

/// Cause of a new intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntentBy {
    Employee,
    Admin,
    /// Too many offers in a row were missed.
    Missed,
    /// The employee was unreachable for too long.
    Lapsed,
    /// The end of a pause has come.
    PauseOver,
}

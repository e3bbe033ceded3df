//! All that can happen to a company. Its state is the fold of these and of nothing else.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::booking::BookingReason;
use crate::brand::Brand;
use crate::employee::Intent;
use crate::id::{BookingId, ClientId, DeviceKind, EmployeeId, EmployeeNo, Key, MessageId, OfferId, SessionId, Topic};
use crate::offer::Outcome;
use crate::person::{EndedBy, Party};
use crate::revocation::Whose;
use crate::settings::Settings;
use crate::time::Time;

/// One change of a company's state. Names and fields are stored for good: a new version may add, never rename.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The company was made, or its name and settings were replaced.
    CompanySet {
        /// Its display name.
        name: Arc<str>,
        /// Its rules of time.
        settings: Settings,
    },
    /// What the company looks like was set.
    BrandSet {
        /// All of it.
        brand: Brand,
    },
    /// The company is gone, with its employees; what is open was ended before.
    CompanyRemoved,
    /// An employee was made, or the name and topics were replaced.
    EmployeeSet {
        /// The number in the roster.
        employee: EmployeeNo,
        /// Who it is.
        id: EmployeeId,
        /// The display name.
        name: Arc<str>,
        /// What this employee can be asked about; none means anything.
        #[serde(deserialize_with = "crate::id::stored_topics")]
        topics: Vec<Topic>,
    },
    /// An employee is gone.
    EmployeeRemoved {
        /// The number in the roster.
        employee: EmployeeNo,
        /// Who it was.
        id: EmployeeId,
    },
    /// Tokens of somebody count no more.
    AccessRevoked {
        /// Whose.
        whose: Whose,
        /// Those that were issued before that moment, by the clock on the wall.
        before: Time,
    },
    /// What an employee wants to be was set.
    IntentSet {
        /// Whose.
        employee: EmployeeNo,
        /// To what.
        intent: Intent,
        /// By whom or what.
        by: IntentBy,
    },
    /// An employee's first device is there.
    EmployeeConnected {
        /// Whose.
        employee: EmployeeNo,
    },
    /// An employee's last device is gone.
    EmployeeDisconnected {
        /// Whose.
        employee: EmployeeNo,
    },
    /// No device came back within the grace time.
    EmployeeUnreachable {
        /// Whose.
        employee: EmployeeNo,
    },
    /// The time to wrap up after a session is over.
    WrapUpEnded {
        /// Whose.
        employee: EmployeeNo,
    },
    /// A client asked.
    BookingOpened {
        /// The new booking.
        booking: BookingId,
        /// Who asked.
        client: ClientId,
        /// What people call the client, if it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client_name: Option<Arc<str>>,
        /// About what.
        topic: Topic,
        /// The client's words for the employee: JSON, which core does not read.
        note: Option<Arc<str>>,
        /// The client's mark against doubles.
        key: Option<Key>,
    },
    /// The next employee is asked.
    OfferMade {
        /// The new offer; its attempt is one more than the booking had.
        offer: OfferId,
        /// Who is asked.
        employee: EmployeeNo,
        /// When the answer must be there.
        expires_at: Time,
    },
    /// A device of the asked employee has the offer.
    OfferDelivered {
        /// Which.
        offer: OfferId,
        /// What the device calls its kind, if it does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        device: Option<DeviceKind>,
    },
    /// The open offer ended without a yes.
    OfferClosed {
        /// Which.
        offer: OfferId,
        /// Why.
        outcome: Outcome,
        /// The employee's words.
        reason: Option<Arc<str>>,
        /// Whether it counts as missed, where the outcome alone does not say so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        missed: Option<bool>,
    },
    /// The proof of delivery has more time: after a start nobody has a device yet.
    DeliveryPutOff {
        /// Of which offer.
        offer: OfferId,
        /// When it counts as undelivered.
        until: Time,
    },
    /// Nobody can be asked now, and somebody may come back: the search goes on. An offer that is open stays with
    /// whoever lost their last device.
    SearchWaits {
        /// Which.
        booking: BookingId,
        /// When the last of those who may come back is waited for no more.
        until: Time,
    },
    /// The asked employee said yes: the session begins.
    OfferAccepted {
        /// Which.
        offer: OfferId,
        /// The new session.
        session: SessionId,
    },
    /// The search ended without a session.
    BookingEnded {
        /// Which.
        booking: BookingId,
        /// Why.
        reason: BookingReason,
    },
    /// The first device of a client with something open is there.
    ClientConnected {
        /// Whose.
        client: ClientId,
    },
    /// The last device of a client with something open is gone.
    ClientDisconnected {
        /// Whose.
        client: ClientId,
    },
    /// A party's first device joined the session.
    PartyEntered {
        /// Which session.
        session: SessionId,
        /// Which side.
        party: Party,
    },
    /// A party's last device left the session.
    PartyLeft {
        /// Which session.
        session: SessionId,
        /// Which side.
        party: Party,
    },
    /// A message was said.
    MessageSent {
        /// In which session.
        session: SessionId,
        /// The new message.
        message: MessageId,
        /// By which side.
        from: Party,
        /// The words.
        body: Arc<str>,
        /// The sender's mark against doubles.
        key: Option<Key>,
    },
    /// The employee wrote their notes, in place of those before.
    NotesWritten {
        /// On which session.
        session: SessionId,
        /// The words; none clears them.
        body: Arc<str>,
    },
    /// The consultation is over.
    SessionEnded {
        /// Which.
        session: SessionId,
        /// By whom.
        by: EndedBy,
        /// Their words.
        reason: Option<Arc<str>>,
    },
    /// The wall clock went ahead: this company's time did too, and every deadline with it.
    ClockFollowed {
        /// In milliseconds.
        by_ms: u64,
    },
    /// The server came up again: nobody has a device yet, and grace times count from here.
    Resumed,
}

/// Part of a company that an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The company as a whole, its clock, and the tokens that it takes.
    Company,
    Employee(EmployeeNo),
    Client,
    /// A search and its offers.
    Booking(BookingId),
    Session(SessionId),
}

impl Event {
    /// The part of the company that the event is about: for readers that most events do not concern. The state is folded
    /// by the events themselves.
    #[must_use]
    pub const fn about(&self) -> Subject {
        match self {
            Self::CompanySet { .. }
            | Self::BrandSet { .. }
            | Self::CompanyRemoved
            | Self::AccessRevoked { .. }
            | Self::ClockFollowed { .. }
            | Self::Resumed => Subject::Company,
            Self::EmployeeSet { employee, .. }
            | Self::EmployeeRemoved { employee, .. }
            | Self::IntentSet { employee, .. }
            | Self::EmployeeConnected { employee }
            | Self::EmployeeDisconnected { employee }
            | Self::EmployeeUnreachable { employee }
            | Self::WrapUpEnded { employee } => Subject::Employee(*employee),
            Self::ClientConnected { .. } | Self::ClientDisconnected { .. } => Subject::Client,
            Self::BookingOpened { booking, .. }
            | Self::SearchWaits { booking, .. }
            | Self::BookingEnded { booking, .. } => Subject::Booking(*booking),
            Self::OfferMade { offer, .. }
            | Self::OfferDelivered { offer, .. }
            | Self::OfferClosed { offer, .. }
            | Self::DeliveryPutOff { offer, .. }
            | Self::OfferAccepted { offer, .. } => Subject::Booking(offer.booking),
            Self::PartyEntered { session, .. }
            | Self::PartyLeft { session, .. }
            | Self::MessageSent { session, .. }
            | Self::NotesWritten { session, .. }
            | Self::SessionEnded { session, .. } => Subject::Session(*session),
        }
    }

    /// The stable name under which the event is stored.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::CompanySet { .. } => "company_set",
            Self::BrandSet { .. } => "brand_set",
            Self::CompanyRemoved => "company_removed",
            Self::EmployeeSet { .. } => "employee_set",
            Self::EmployeeRemoved { .. } => "employee_removed",
            Self::AccessRevoked { .. } => "access_revoked",
            Self::IntentSet { .. } => "intent_set",
            Self::EmployeeConnected { .. } => "employee_connected",
            Self::EmployeeDisconnected { .. } => "employee_disconnected",
            Self::EmployeeUnreachable { .. } => "employee_unreachable",
            Self::WrapUpEnded { .. } => "wrap_up_ended",
            Self::BookingOpened { .. } => "booking_opened",
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
            Self::SessionEnded { .. } => "session_ended",
            Self::ClockFollowed { .. } => "clock_followed",
            Self::Resumed => "resumed",
        }
    }
}

/// Who or what set an intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntentBy {
    /// The employee.
    Employee,
    /// Whoever runs the company.
    Admin,
    /// Too many offers in a row were missed.
    Missed,
    /// Unreachable for too long.
    Lapsed,
}

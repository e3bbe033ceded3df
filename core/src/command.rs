//! Commands that a company takes.

use std::sync::Arc;

use crate::booking::BookingRequest;
use crate::brand::Brand;
use crate::employee::{Intent, PauseRequest};
use crate::id::{BookingId, ClientId, DeviceKind, EmployeeId, Key, MessageId, OfferId, SessionId, Topic, Word};
use crate::person::{Actor, Party};
use crate::revocation::Whose;
use crate::routing::{Profile, Routing};
use crate::settings::CompanySettings;
use crate::time::Time;

/// A request of a person, the coming or going of a device, or a step of the clock. Fresh ids come with the command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Make the company, or replace its name and settings.
    SetCompany {
        name: Arc<str>,
        /// Already checked to be in range.
        settings: CompanySettings,
    },
    /// Replace the company's routing.
    SetRouting {
        /// Already checked to be in range.
        routing: Box<Routing>,
    },
    /// Set the company's colour and logo.
    SetBrand {
        brand: Brand,
    },
    /// End all that is open, forget the company and its employees, and revoke all tokens for it.
    RemoveCompany {
        /// Tokens that were issued before that moment, by the wall clock, are revoked.
        revoke_before: Time,
    },
    /// Make an employee, or replace the name and topics.
    SetEmployee {
        employee: EmployeeId,
        name: Arc<str>,
        /// None means any topic.
        topics: Vec<Topic>,
        /// Already checked to be in range.
        profile: Profile,
    },
    /// End what the employee has open, forget the employee and revoke their tokens.
    RemoveEmployee {
        employee: EmployeeId,
        /// Tokens that were issued before that moment, by the wall clock, are revoked.
        revoke_before: Time,
    },
    /// Revoke tokens of people, whether the company knows them or not.
    Revoke {
        whose: Whose,
        /// Tokens that were issued before that moment, by the wall clock, are revoked.
        before: Time,
    },
    /// Set the intent of an employee.
    SetStatus {
        employee: EmployeeId,
        intent: Intent,
        /// Set by an admin, not by the employee.
        by_admin: bool,
        /// Why the employee goes offline, and for how long. With the intent idle, this says nothing.
        pause: PauseRequest,
    },
    /// End the employee's wrap-up and rest.
    Finish {
        employee: EmployeeId,
        /// The session whose wrap-up ends; none means all wrap-ups, and the rest.
        session: Option<SessionId>,
    },
    /// Let a wrap-up go on.
    Extend {
        employee: EmployeeId,
        session: SessionId,
        /// Time from now to the end of the wrap-up.
        for_ms: u64,
    },
    /// Say with a code how a session went.
    Code {
        employee: EmployeeId,
        session: SessionId,
        code: Word,
    },
    /// The employee's first device is there.
    EmployeeConnected {
        employee: EmployeeId,
    },
    /// The employee's last device is gone.
    EmployeeDisconnected {
        employee: EmployeeId,
    },
    /// The client's first device is there.
    ClientConnected {
        client: ClientId,
    },
    /// The client's last device is gone.
    ClientDisconnected {
        client: ClientId,
    },
    /// Search for an employee.
    Book(BookingRequest),
    /// Stop the client's search.
    Cancel {
        booking: BookingId,
        by: Actor,
    },
    /// Change the priority of an open booking.
    ChangeBooking {
        booking: BookingId,
        /// Already checked to be in range.
        priority: u8,
    },
    /// A device has answered the ping that followed the offer.
    OfferDelivered {
        employee: EmployeeId,
        offer: OfferId,
        /// Device kind as reported by the app, if any.
        device: Option<DeviceKind>,
    },
    Accept {
        employee: EmployeeId,
        offer: OfferId,
        /// Fresh id from the caller.
        session: SessionId,
    },
    Reject {
        employee: EmployeeId,
        offer: OfferId,
        reason: Option<Arc<str>>,
    },
    /// A party's first device joined the session.
    EnterSession {
        session: SessionId,
        party: Party,
    },
    /// A party's last device left the session.
    LeaveSession {
        session: SessionId,
        party: Party,
    },
    /// Send a message in a session.
    Send {
        session: SessionId,
        /// Fresh id from the caller.
        message: MessageId,
        by: Actor,
        body: Arc<str>,
        /// Idempotency key of the sender.
        key: Option<Key>,
        /// Bound on the bytes of all messages of the session, including this one.
        session_max_bytes: u64,
    },
    /// Write the employee's notes on a session, in place of those before.
    WriteNotes {
        session: SessionId,
        by: Actor,
        /// An empty text clears the notes.
        body: Arc<str>,
    },
    End {
        session: SessionId,
        by: Actor,
        reason: Option<Arc<str>>,
    },
    /// The moment has come that [`crate::Company::next_deadline`] named.
    Wake,
    /// The wall clock was set ahead since the last visit, and the time of this visit with it.
    FollowClock {
        by_ms: u64,
    },
    /// The server has started, or the company was read back: no person counts as connected until a device reports.
    Resume,
}

impl Command {
    /// Makes an employee without skills, or makes them so.
    #[must_use]
    pub fn set_employee(employee: EmployeeId, name: Arc<str>, topics: Vec<Topic>) -> Self {
        Self::SetEmployee { employee, name, topics, profile: Profile::default() }
    }

    /// Sets the intent of an employee, without a reason.
    #[must_use]
    pub fn set_status(employee: EmployeeId, intent: Intent, by_admin: bool) -> Self {
        Self::SetStatus { employee, intent, by_admin, pause: PauseRequest::default() }
    }
}

//! All that may be asked of a company.

use std::sync::Arc;

use crate::brand::Brand;
use crate::employee::Intent;
use crate::id::{BookingId, ClientId, DeviceKind, EmployeeId, Key, MessageId, OfferId, SessionId, Topic};
use crate::person::{Actor, Party};
use crate::revocation::Whose;
use crate::settings::Settings;
use crate::time::Time;

/// A wish of a person, of a device's coming and going, or of the clock. Fresh ids are handed in with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Make the company, or replace its name and settings.
    SetCompany {
        /// Display name.
        name: Arc<str>,
        /// Rules of time, in range.
        settings: Settings,
    },
    /// Set what the company looks like.
    SetBrand {
        /// All of it.
        brand: Brand,
    },
    /// End all that is open, forget the company and its employees, and revoke all tokens for it.
    RemoveCompany {
        /// What was issued before that moment, by the clock on the wall, counts no more.
        revoke_before: Time,
    },
    /// Make an employee, or replace the name and topics.
    SetEmployee {
        /// Who.
        employee: EmployeeId,
        /// Display name.
        name: Arc<str>,
        /// Topics; none means any.
        topics: Vec<Topic>,
    },
    /// End what the employee has open, forget the employee and revoke their tokens.
    RemoveEmployee {
        /// Who.
        employee: EmployeeId,
        /// What was issued before that moment, by the clock on the wall, counts no more.
        revoke_before: Time,
    },
    /// Shut somebody out, whether they are known or not.
    Revoke {
        /// Whom.
        whose: Whose,
        /// What was issued before that moment, by the clock on the wall, counts no more.
        before: Time,
    },
    /// Set what the employee wants to be.
    SetStatus {
        /// Who.
        employee: EmployeeId,
        /// What.
        intent: Intent,
        /// Set by whoever runs the company, not by the employee.
        by_admin: bool,
    },
    /// The employee's first device is there.
    EmployeeConnected {
        /// Who.
        employee: EmployeeId,
    },
    /// The employee's last device is gone.
    EmployeeDisconnected {
        /// Who.
        employee: EmployeeId,
    },
    /// The client's first device is there.
    ClientConnected {
        /// Who.
        client: ClientId,
    },
    /// The client's last device is gone.
    ClientDisconnected {
        /// Who.
        client: ClientId,
    },
    /// Find somebody to talk to.
    Book {
        /// A fresh id.
        booking: BookingId,
        /// Who asks.
        client: ClientId,
        /// What people call the client, if it is known.
        client_name: Option<Arc<str>>,
        /// About what.
        topic: Topic,
        /// Words for the employee, as JSON.
        note: Option<Arc<str>>,
        /// Mark against doubles.
        key: Option<Key>,
    },
    /// Stop the search.
    Cancel {
        /// Which.
        booking: BookingId,
        /// By whom.
        by: Actor,
    },
    /// A device has answered the ping that followed the offer.
    OfferDelivered {
        /// Whose device.
        employee: EmployeeId,
        /// Which offer.
        offer: OfferId,
        /// What the device calls its kind, if it does.
        device: Option<DeviceKind>,
    },
    /// Yes.
    Accept {
        /// Who says so.
        employee: EmployeeId,
        /// To what.
        offer: OfferId,
        /// A fresh id.
        session: SessionId,
    },
    /// No.
    Reject {
        /// Who says so.
        employee: EmployeeId,
        /// To what.
        offer: OfferId,
        /// Their words.
        reason: Option<Arc<str>>,
    },
    /// A party's first device joined the session.
    EnterSession {
        /// Which.
        session: SessionId,
        /// Which side.
        party: Party,
    },
    /// A party's last device left the session.
    LeaveSession {
        /// Which.
        session: SessionId,
        /// Which side.
        party: Party,
    },
    /// Say something in a session.
    Send {
        /// Which.
        session: SessionId,
        /// A fresh id.
        message: MessageId,
        /// Who says it.
        by: Actor,
        /// The words.
        body: Arc<str>,
        /// Mark against doubles.
        key: Option<Key>,
        /// Bytes that all messages of the session may have together, with this one.
        session_max_bytes: u64,
    },
    /// Write the employee's notes on a session, in place of those before.
    WriteNotes {
        /// Which.
        session: SessionId,
        /// Who writes.
        by: Actor,
        /// The words; none clears them.
        body: Arc<str>,
    },
    /// End a session.
    End {
        /// Which.
        session: SessionId,
        /// By whom.
        by: Actor,
        /// Their words.
        reason: Option<Arc<str>>,
    },
    /// The time has come that [`crate::Company::next_deadline`] named.
    Wake,
    /// The wall clock went ahead by so much since the last visit, and the time of this one with it.
    FollowClock {
        /// In milliseconds.
        by_ms: u64,
    },
    /// The server came up again, or reads the company again: nobody counts as connected until told.
    Resume,
}

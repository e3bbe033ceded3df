//! All that is told to people after a change.

use crate::id::{BookingId, ClientId, EmployeeId, EmployeeNo, MessageId, OfferId, SessionId};
use crate::offer::Outcome;
use crate::person::Party;
use crate::revocation::Whose;

/// Something that one audience must hear. It names what changed; the words are made from the state after the change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// To the employee's devices: you are asked.
    Offer {
        /// Who is asked.
        employee: EmployeeNo,
        /// To take what.
        offer: OfferId,
    },
    /// To the employee's devices: the question is closed.
    OfferClosed {
        /// Who was asked.
        employee: EmployeeNo,
        /// Which offer.
        offer: OfferId,
        /// How it ended.
        outcome: Outcome,
    },
    /// To the employee's devices: your status or intent is another.
    Status {
        /// Whose.
        employee: EmployeeNo,
        /// Why.
        cause: Cause,
    },
    /// To the employee's devices: your session began or ended.
    EmployeeSession {
        /// Whose.
        employee: EmployeeNo,
        /// Which.
        session: SessionId,
    },
    /// To the client's devices: your booking changed.
    Booking {
        /// Whose.
        client: ClientId,
        /// Which.
        booking: BookingId,
    },
    /// To both sides of a session: a message.
    Message {
        /// In which session.
        session: SessionId,
        /// Which.
        message: MessageId,
    },
    /// To the employee's side of a session: the notes on it.
    Notes {
        /// Which.
        session: SessionId,
    },
    /// To both sides of a session: it is over.
    Ended {
        /// Which.
        session: SessionId,
    },
    /// To one side of a session: the other came or went.
    Peer {
        /// Which session.
        session: SessionId,
        /// Who hears it.
        to: Party,
        /// Whether the other is there now.
        online: bool,
    },
    /// To the board: an employee's row changed.
    BoardEmployee(EmployeeNo),
    /// To the board: a booking's row changed.
    BoardBooking(BookingId),
    /// To the board: a session's row changed.
    BoardSession(SessionId),
    /// To all devices of a person: you are shut out. To everybody it is told that the company is gone.
    ShutOut(Whose),
    /// To the board: there is no such employee any more.
    EmployeeGone(EmployeeId),
    /// To everybody: there is no such company any more.
    CompanyGone,
}

/// Why a status or intent changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The employee set it.
    SetByEmployee,
    /// Whoever runs the company set it.
    SetByAdmin,
    /// An offer came, or went away without the employee's doing.
    Offer,
    /// The employee said no.
    Declined,
    /// The offer was not answered in its time, or not delivered.
    Missed,
    /// A session began.
    SessionStarted,
    /// A session, and the time to wrap it up, ended.
    SessionEnded,
    /// The last device was gone for too long.
    ConnectionLost,
    /// A device is there again.
    Reconnected,
}

impl Cause {
    /// All causes, in the order of the documentation.
    pub const ALL: [Self; 9] = [
        Self::SetByEmployee,
        Self::SetByAdmin,
        Self::Offer,
        Self::Declined,
        Self::Missed,
        Self::SessionStarted,
        Self::SessionEnded,
        Self::ConnectionLost,
        Self::Reconnected,
    ];

    /// The word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::SetByEmployee => "set_by_employee",
            Self::SetByAdmin => "set_by_admin",
            Self::Offer => "offer",
            Self::Declined => "declined",
            Self::Missed => "missed",
            Self::SessionStarted => "session_started",
            Self::SessionEnded => "session_ended",
            Self::ConnectionLost => "connection_lost",
            Self::Reconnected => "reconnected",
        }
    }
}

//! Notices: everything that is told to people after a change.

use crate::id::{BookingId, ClientId, EmployeeId, EmployeeNo, MessageId, OfferId, SessionId};
use crate::offer::Outcome;
use crate::person::Party;
use crate::revocation::Whose;

/// A change that one audience must hear of. The notice names the change, and its text is made from the state after the
/// change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// To the employee's devices: you are asked.
    Offer { employee: EmployeeNo, offer: OfferId },
    /// To the employee's devices: the offer is closed.
    OfferClosed { employee: EmployeeNo, offer: OfferId, outcome: Outcome },
    /// To the employee's devices: your status or intent changed.
    Status { employee: EmployeeNo, cause: Cause },
    /// To the employee's devices: your session began or ended.
    EmployeeSession { employee: EmployeeNo, session: SessionId },
    /// To the client's devices: your booking changed.
    Booking { client: ClientId, booking: BookingId },
    /// To both sides of a session: a message.
    Message { session: SessionId, message: MessageId },
    /// To the employee's side of a session: the notes on it.
    Notes { session: SessionId },
    /// To both sides of a session: the session is over.
    Ended { session: SessionId },
    /// To one side of a session: the other came or went.
    Peer {
        session: SessionId,
        /// The side that hears of the other.
        to: Party,
        /// Whether the other side is there now.
        online: bool,
    },
    /// To the board: an employee's row changed.
    BoardEmployee(EmployeeNo),
    /// To the board: a booking's row changed.
    BoardBooking(BookingId),
    /// To the board: a session's row changed.
    BoardSession(SessionId),
    /// To all devices of a person: your tokens are revoked. All people at once hear [`Notice::CompanyGone`] instead.
    ShutOut(Whose),
    /// To the board: an employee was removed.
    EmployeeGone(EmployeeId),
    /// To all subscribers: the company was removed.
    CompanyGone,
}

/// Why a status or intent changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    SetByEmployee,
    SetByAdmin,
    /// An offer came, or went away without the employee's doing.
    Offer,
    Declined,
    /// The offer was not answered in its time, or not delivered.
    Missed,
    SessionStarted,
    /// A session and its wrap-up ended.
    SessionEnded,
    /// The last device was gone for too long.
    ConnectionLost,
    /// A device is connected again.
    Reconnected,
    /// The end of a pause has come.
    PauseOver,
    /// The rest after an offer without a yes is over.
    RestOver,
}

impl Cause {
    /// All causes, in the order of the documentation.
    pub const ALL: [Self; 11] = [
        Self::SetByEmployee,
        Self::SetByAdmin,
        Self::Offer,
        Self::Declined,
        Self::Missed,
        Self::SessionStarted,
        Self::SessionEnded,
        Self::ConnectionLost,
        Self::Reconnected,
        Self::PauseOver,
        Self::RestOver,
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
            Self::PauseOver => "pause_over",
            Self::RestOver => "rest_over",
        }
    }
}

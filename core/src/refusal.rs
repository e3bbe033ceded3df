//! Every no, with a stable word and a sentence for a person.

use crate::booking::Booking;
use crate::id::BookingId;
use crate::offer::Outcome;

/// Why a command was refused. Nothing of the command was done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The person may not do this.
    #[error("this is not yours to see or to change")]
    Forbidden,
    /// No such company.
    #[error("there is no such company")]
    UnknownCompany,
    /// No such employee in this company.
    #[error("there is no such employee in this company")]
    UnknownEmployee,
    /// No such booking in this company, or long over.
    #[error("there is no such booking, or it ended long ago")]
    UnknownBooking,
    /// No such offer to this employee, or long over.
    #[error("there is no such offer to this employee, or it ended long ago")]
    UnknownOffer,
    /// No such session in this company, or long over.
    #[error("there is no such session, or it ended long ago")]
    UnknownSession,
    /// A field is not what it must be.
    #[error("`{field}` {problem}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// What it must be.
        problem: String,
    },
    /// Nobody can be asked now.
    #[error("{}", .0.nobody_is_idle())]
    NoIdleEmployee(NamedBy),
    /// The client has an open booking or a running session here.
    #[error("you have an open booking or a running session with this company")]
    AlreadyBooked(BookingId),
    /// The booking is no longer searching.
    #[error("the booking is no longer searching; a session is ended with `end`")]
    BookingClosed(BookingId),
    /// The offer is no longer open.
    #[error("the offer is closed: {}", .0.word())]
    OfferClosed(Outcome),
    /// The session is over.
    #[error("the session is over")]
    SessionEnded,
    /// The session has as many bytes of messages as it may.
    #[error("this session has no room for more messages: end it, and begin another to go on")]
    SessionFull,
}

/// Who of a company names a topic: what nobody names may be misspelt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedBy {
    /// Some employee.
    Somebody,
    /// Nobody; but there are employees who name no topic, and take any.
    Nobody,
    /// Nobody, and every employee names others: it cannot be booked as things are.
    NobodyWhoCouldTakeIt,
}

impl NamedBy {
    const fn nobody_is_idle(self) -> &'static str {
        match self {
            Self::Somebody => "nobody is idle for this topic now; wait for `availability`",
            Self::Nobody => {
                "no employee of this company names this topic, and none of those who take any is idle now; is it spelt as \
                 in `availability`?"
            }
            Self::NobodyWhoCouldTakeIt => {
                "no employee of this company names this topic, so nobody can take it; is it spelt as in `availability`?"
            }
        }
    }
}

impl Refusal {
    /// The stable word on the wire.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Forbidden => "forbidden",
            Self::UnknownCompany => "unknown_company",
            Self::UnknownEmployee => "unknown_employee",
            Self::UnknownBooking => "unknown_booking",
            Self::UnknownOffer => "unknown_offer",
            Self::UnknownSession => "unknown_session",
            Self::Invalid { .. } => "invalid",
            Self::NoIdleEmployee(_) => "no_idle_employee",
            Self::AlreadyBooked(_) => "already_booked",
            Self::BookingClosed(_) => "booking_closed",
            Self::OfferClosed(_) => "offer_closed",
            Self::SessionEnded => "session_ended",
            Self::SessionFull => "session_full",
        }
    }

    pub(crate) const fn booking_closed(booking: &Booking) -> Self {
        Self::BookingClosed(booking.id)
    }
}

//! Refusals, each with a stable word and a sentence for a person.

use crate::booking::Booking;
use crate::id::BookingId;
use crate::offer::Outcome;

/// Why a command was refused. Nothing of a refused command was done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("you have no access to this")]
    Forbidden,
    #[error("there is no such company")]
    UnknownCompany,
    #[error("there is no such employee in this company")]
    UnknownEmployee,
    #[error("there is no such booking, or the booking ended long ago")]
    UnknownBooking,
    #[error("this employee has no such offer, or the offer ended long ago")]
    UnknownOffer,
    #[error("there is no such session, or the session ended long ago")]
    UnknownSession,
    #[error("`{field}` {problem}")]
    Invalid { field: &'static str, problem: String },
    #[error("{}", .0.nobody_is_idle())]
    NoIdleEmployee(NamedBy),
    /// Carries how many wait.
    #[error("the line is full: {0} wait already; try again later")]
    LineFull(usize),
    /// Carries the client's open booking, or the one whose session runs.
    #[error("you have an open booking or a running session with this company")]
    AlreadyBooked(BookingId),
    #[error("the booking is no longer searching; end its session with `end`")]
    BookingClosed(BookingId),
    #[error("the offer is closed: {}", .0.word())]
    OfferClosed(Outcome),
    #[error("the session is over")]
    SessionEnded,
    #[error("this session has no room for more messages: end the session, and begin another one")]
    SessionFull,
}

/// Whether employees of a company name a topic. A topic that none of them names may be misspelt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedBy {
    Somebody,
    /// No employee names the topic, but some name none and so take any.
    Nobody,
    /// Every employee names other topics, so the topic cannot be booked as things are.
    NobodyWhoCouldTakeIt,
}

impl NamedBy {
    const fn nobody_is_idle(self) -> &'static str {
        match self {
            Self::Somebody => "no employee is idle for this topic now; wait for `availability`",
            Self::Nobody => {
                "no employee of this company names this topic, and none who takes any topic is idle now; is it spelled \
                 as in `availability`?"
            }
            Self::NobodyWhoCouldTakeIt => {
                "no employee of this company can take this topic; is it spelled as in `availability`?"
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
            Self::LineFull(_) => "line_full",
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

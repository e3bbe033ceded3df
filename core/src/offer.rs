//! An offer: one employee asked to take one booking.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::{DeviceKind, EmployeeId, EmployeeNo};
use crate::time::Time;

/// One employee asked to take one booking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The number in the roster.
    pub employee: EmployeeNo,
    /// Who is asked; kept also after the employee is gone.
    pub employee_id: EmployeeId,
    /// When the question went out.
    pub made_at: Time,
    /// When the answer must be there.
    pub expires_at: Time,
    /// When a device proved to have it.
    pub delivered_at: Option<Time>,
    /// What that device calls its kind, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_to: Option<DeviceKind>,
    /// When it counts as undelivered: no device has proved to have it, or the last one has gone.
    pub delivery_due: Option<Time>,
    /// How it ended; none while it is open.
    pub outcome: Option<Outcome>,
    /// When it ended.
    pub closed_at: Option<Time>,
    /// The employee's words with a no.
    pub reason: Option<Arc<str>>,
}

/// How an offer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A yes in time.
    Accepted,
    /// A no.
    Rejected,
    /// No answer in time.
    TimedOut,
    /// No device had it, or the last one was gone.
    Undelivered,
    /// The client cancelled.
    ClientCancelled,
    /// The client stayed away.
    ClientLost,
    /// The employee went offline.
    WentOffline,
    /// Whoever runs the company closed the booking or removed the employee.
    WithdrawnByAdmin,
    /// The whole search took too long.
    BookingExpired,
}

impl Outcome {
    /// All outcomes, in the order of the documentation.
    pub const ALL: [Self; 9] = [
        Self::Accepted,
        Self::Rejected,
        Self::TimedOut,
        Self::Undelivered,
        Self::ClientCancelled,
        Self::ClientLost,
        Self::WentOffline,
        Self::WithdrawnByAdmin,
        Self::BookingExpired,
    ];

    /// The word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::TimedOut => "timed_out",
            Self::Undelivered => "undelivered",
            Self::ClientCancelled => "client_cancelled",
            Self::ClientLost => "client_lost",
            Self::WentOffline => "went_offline",
            Self::WithdrawnByAdmin => "withdrawn_by_admin",
            Self::BookingExpired => "booking_expired",
        }
    }

    /// Whether the employee said no, in words or by going offline.
    #[must_use]
    pub const fn is_a_no(self) -> bool {
        matches!(self, Self::Rejected | Self::WentOffline)
    }

    /// Whether the employee missed it, where the event does not say.
    #[must_use]
    pub const fn is_missed(self) -> bool {
        matches!(self, Self::TimedOut | Self::Undelivered)
    }
}

//! An offer: one employee asked to take one booking.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::{DeviceKind, EmployeeId, EmployeeNo};
use crate::time::Time;

/// One employee asked to take one booking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    pub employee: EmployeeNo,
    /// Kept after the employee is removed, too.
    pub employee_id: EmployeeId,
    pub made_at: Time,
    /// Latest time for the answer.
    pub expires_at: Time,
    /// When a device proved to have the offer.
    pub delivered_at: Option<Time>,
    /// Device kind as reported by the app, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_to: Option<DeviceKind>,
    /// When the offer counts as undelivered, because no device has proved to have it or the last one has gone.
    pub delivery_due: Option<Time>,
    /// None while the offer is open.
    pub outcome: Option<Outcome>,
    pub closed_at: Option<Time>,
    /// The employee's words with a rejection.
    pub reason: Option<Arc<str>>,
}

/// Outcome of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Accepted,
    Rejected,
    /// No answer in time.
    TimedOut,
    /// No device had the offer, or the last one was gone.
    Undelivered,
    ClientCancelled,
    /// The client stayed away past the grace time.
    ClientLost,
    /// The employee went offline.
    WentOffline,
    /// An admin closed the booking or removed the employee.
    WithdrawnByAdmin,
    /// The search reached its deadline.
    BookingExpired,
    /// Another employee who was asked at the same time said yes first.
    Taken,
}

impl Outcome {
    /// All outcomes, in the order of the documentation.
    pub const ALL: [Self; 10] = [
        Self::Accepted,
        Self::Rejected,
        Self::TimedOut,
        Self::Undelivered,
        Self::ClientCancelled,
        Self::ClientLost,
        Self::WentOffline,
        Self::WithdrawnByAdmin,
        Self::BookingExpired,
        Self::Taken,
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
            Self::Taken => "taken",
        }
    }

    /// Whether the employee declined, in words or by going offline.
    #[must_use]
    pub const fn is_a_no(self) -> bool {
        matches!(self, Self::Rejected | Self::WentOffline)
    }

    /// Whether the employee missed the offer, where the event does not say.
    #[must_use]
    pub const fn is_missed(self) -> bool {
        matches!(self, Self::TimedOut | Self::Undelivered)
    }
}

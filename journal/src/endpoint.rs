//! A webhook endpoint: its URL, the events that it gets, and the secrets that sign them.

use switchboard_core::{CompanyId, Time};
use switchboard_wire::{Off, Secret};

use crate::Wanted;

/// A webhook endpoint as the store has it.
#[derive(Clone, Debug)]
pub struct Endpoint {
    pub company: CompanyId,
    pub id: String,
    /// The receiver of the deliveries.
    pub url: String,
    /// Its purpose, in the words of the person who set it.
    pub description: String,
    pub wanted: Wanted,
    pub state: State,
    /// The secret that signs deliveries.
    pub secret: Secret,
    /// The previous secret, and the end of its validity.
    pub old_secret: Option<(Secret, Time)>,
    /// All events up to this one are delivered, or have a row of their own as a delivery.
    pub cursor: u64,
    /// The beginning of an unbroken series of failures.
    pub failing_since: Option<Time>,
    /// The cause of the last failure.
    pub last_error: Option<String>,
    pub created_at: Time,
}

impl Endpoint {
    /// The secrets that are valid at that time, the newest first.
    pub fn secrets(&self, now: Time) -> impl Iterator<Item = &Secret> {
        let old = self.old_secret.as_ref().filter(|(_, until)| now < *until);
        std::iter::once(&self.secret).chain(old.map(|(secret, _)| secret))
    }
}

/// Whether an endpoint gets deliveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    On,
    /// Events wait until the endpoint is turned on again.
    Off(Off),
}

impl State {
    /// The word for the state on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off(_) => "off",
        }
    }

    /// The reason why the endpoint is off.
    #[must_use]
    pub const fn reason(self) -> Option<&'static str> {
        match self {
            Self::On => None,
            Self::Off(off) => Some(off.word()),
        }
    }

    /// The state from its stored words.
    #[must_use]
    pub fn read(state: &str, reason: Option<&str>) -> Self {
        match (state, reason) {
            ("on", _) => Self::On,
            (_, Some("gone")) => Self::Off(Off::Gone),
            (_, Some("failing")) => Self::Off(Off::Failing),
            (_, _) => Self::Off(Off::Set),
        }
    }
}

/// A pending or dead delivery as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedDelivery {
    pub seq: u64,
    pub lane: String,
    pub attempts: u32,
    pub due: Time,
    pub error: Option<String>,
}

/// The progress of deliveries that the store must know: the position, and the deliveries that wait, are dead or
/// succeeded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// All events up to this one are delivered, or have a row.
    pub cursor: u64,
    pub waiting: Vec<QueuedDelivery>,
    pub dead: Vec<QueuedDelivery>,
    pub brought: Vec<u64>,
}

/// Changes of an endpoint that the results of its deliveries cause.
#[derive(Clone, Debug, Default)]
pub struct DeliveryReport {
    pub progress: Progress,
    pub failing_since: Option<Time>,
    pub last_error: Option<String>,
    pub off: Option<Off>,
}

/// A write to the endpoints of a company.
#[derive(Clone, Debug)]
pub enum EndpointWrite {
    /// A new endpoint, if its company has fewer than that many.
    Added(Endpoint, usize),
    /// Settable fields of an endpoint. Turning an endpoint on resets its record of failures.
    Set(Endpoint),
    /// A new secret. The previous one stays valid until that time.
    SecretRotated(CompanyId, String, Secret, Time),
    /// Removes the endpoint and its deliveries.
    Removed(CompanyId, String),
    /// A delivery of an event starts again, and is due at that time.
    BroughtAgain(CompanyId, String, u64, Time),
    /// Changes that the results of deliveries cause.
    Reported(CompanyId, String, DeliveryReport),
}

/// A pending or dead delivery, as the API lists it.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Sequence number of the event.
    pub seq: u64,
    /// The word `pending` or `dead`.
    pub state: String,
    /// Number of attempts so far.
    pub attempts: u32,
    /// The time of the next attempt.
    pub due: Time,
    /// The cause of the last failure; none when the delivery only waits for an earlier one.
    pub error: Option<String>,
}

/// The deliveries and events that an endpoint still has before it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Behind {
    /// Deliveries that wait for an attempt.
    pub pending: u64,
    /// Dead letters: deliveries without further automatic retries.
    pub dead: u64,
    /// Events after the endpoint's position, which are no deliveries yet.
    pub unread: u64,
}

//! An endpoint: where a company's events go, which of them, and with which secrets they are signed.

use switchboard_core::{CompanyId, Time};
use switchboard_wire::{Off, Secret};

use crate::Wanted;

/// An endpoint as the store has it.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Whose.
    pub company: CompanyId,
    /// Its id.
    pub id: String,
    /// Where events go.
    pub url: String,
    /// Its purpose, in the words of the person who set it.
    pub description: String,
    /// Which types of events go there.
    pub wanted: Wanted,
    /// Whether events go there now.
    pub state: State,
    /// What they are signed with.
    pub secret: Secret,
    /// The secret before it, and until when it counts.
    pub old_secret: Option<(Secret, Time)>,
    /// Up to this event everything was brought or is listed as a delivery.
    pub cursor: u64,
    /// Since when nothing but failures was seen.
    pub failing_since: Option<Time>,
    /// Why the last try failed.
    pub last_error: Option<String>,
    /// When it was made.
    pub created_at: Time,
}

impl Endpoint {
    /// The secrets that count at that time, the newest first.
    pub fn secrets(&self, now: Time) -> impl Iterator<Item = &Secret> {
        let old = self.old_secret.as_ref().filter(|(_, until)| now < *until);
        std::iter::once(&self.secret).chain(old.map(|(secret, _)| secret))
    }
}

/// Whether events go to an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// They do.
    On,
    /// They wait until it is turned on again.
    Off(Off),
}

impl State {
    /// The word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off(_) => "off",
        }
    }

    /// Why it is off.
    #[must_use]
    pub const fn reason(self) -> Option<&'static str> {
        match self {
            Self::On => None,
            Self::Off(off) => Some(off.word()),
        }
    }

    /// The state that was stored.
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

/// An event that waits, as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedDelivery {
    pub seq: u64,
    pub lane: String,
    pub attempts: u32,
    pub due: Time,
    pub error: Option<String>,
}

/// What the store must know: from where to read on, what waits, and what does not any more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Everything up to it was brought, or has a row.
    pub cursor: u64,
    pub waiting: Vec<QueuedDelivery>,
    pub dead: Vec<QueuedDelivery>,
    pub brought: Vec<u64>,
}

/// What has changed of an endpoint by what was sent to it.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub progress: Progress,
    pub failing_since: Option<Time>,
    pub last_error: Option<String>,
    pub off: Option<Off>,
}

/// What is written of an endpoint.
#[derive(Clone, Debug)]
pub enum EndpointWrite {
    /// A new one, if its company has fewer than that many.
    Added(Endpoint, usize),
    /// What of an endpoint can be set. One that is turned on begins anew with its health.
    Set(Endpoint),
    /// A new secret; the one before counts until then.
    SecretRotated(CompanyId, String, Secret, Time),
    /// It is gone, with all that waits for it.
    Removed(CompanyId, String),
    /// A delivery begins anew at that time.
    BroughtAgain(CompanyId, String, u64, Time),
    /// What has changed by what was sent to it.
    Reported(CompanyId, String, Report),
}

/// A delivery that waits or is dead, for people.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The number of the event.
    pub seq: u64,
    /// `pending` or `dead`.
    pub state: String,
    /// Tries so far.
    pub attempts: u32,
    /// When the next one is.
    pub due: Time,
    /// Why the last one failed; none when it only waits behind another.
    pub error: Option<String>,
}

/// How much an endpoint is behind.
#[derive(Clone, Copy, Debug, Default)]
pub struct Behind {
    /// Deliveries that wait.
    pub pending: u64,
    /// Deliveries that are not tried any more.
    pub dead: u64,
    /// Events that were not looked at yet.
    pub unread: u64,
}

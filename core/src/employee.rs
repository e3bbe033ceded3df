//! An employee: what they want to be, whether they can be reached, what they have in hand, and the status that follows.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::{EmployeeId, Topic};
use crate::load::{Duty, Load};
use crate::time::Time;

/// A person who works for a company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Employee {
    /// Who.
    pub id: EmployeeId,
    /// The display name.
    pub name: Arc<str>,
    /// What they can be asked about; none means anything. In order, without doubles.
    #[serde(deserialize_with = "crate::id::stored_topics")]
    pub topics: Vec<Topic>,
    /// What they want to be.
    pub intent: Intent,
    /// Since when they want it.
    pub intent_since: Time,
    /// Whether a device is there.
    pub reach: Reach,
    /// The offers and sessions in hand.
    #[serde(rename = "duty")]
    pub load: Load,
    /// Offers missed in a row.
    pub missed: u32,
    /// Since when the status is what it is.
    pub since: Time,
    /// The place in the line: who became idle earlier has the smaller number.
    pub place: u64,
    /// When the intent falls to offline if nobody comes back.
    pub lapse_due: Option<Time>,
    /// How long they were in each status, up to the one that they are in now.
    #[serde(default)]
    pub meter: Meter,
}

impl Employee {
    /// The status that follows from intent, reachability and load.
    #[must_use]
    pub const fn status(&self) -> Status {
        match (self.load.duty(), self.intent, self.reach) {
            (Duty::InSession(_) | Duty::WrapUp { .. }, _, _) => Status::Busy,
            (Duty::Asked(_), _, _) => Status::Init,
            (Duty::Free, Intent::Offline, _) | (Duty::Free, Intent::Idle, Reach::Gone { .. }) => Status::Offline,
            (Duty::Free, Intent::Idle, Reach::Connected | Reach::Grace { .. }) => Status::Idle,
        }
    }

    /// Whether they can be asked now: idle, and a device is there.
    #[must_use]
    pub const fn can_be_asked(&self) -> bool {
        matches!(self.status(), Status::Idle) && matches!(self.reach, Reach::Connected)
    }

    /// Until when they, who are idle without a device, may come back to be asked.
    #[must_use]
    pub const fn awaited_until(&self) -> Option<Time> {
        match (self.status(), self.reach) {
            (Status::Idle, Reach::Grace { until }) => Some(until),
            (Status::Offline | Status::Idle | Status::Init | Status::Busy, _) => None,
        }
    }

    /// How long they were in each status from when they were made until that moment.
    #[must_use]
    pub const fn spent_until(&self, moment: Time) -> Meter {
        let mut meter = self.meter;
        meter.add(self.status(), self.since.ms_until(moment));
        meter
    }

    /// Whether they take bookings on that topic.
    #[must_use]
    pub fn takes(&self, topic: &Topic) -> bool {
        self.topics.is_empty() || self.topics.binary_search(topic).is_ok()
    }
}

/// How long somebody was in each status, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Meter {
    /// Not at work, or unreachable.
    pub offline_ms: u64,
    /// Waiting to be asked.
    pub idle_ms: u64,
    /// Being asked.
    pub init_ms: u64,
    /// In a session.
    pub busy_ms: u64,
}

impl Meter {
    pub(crate) const fn add(&mut self, status: Status, ms: u64) {
        let spent = match status {
            Status::Offline => &mut self.offline_ms,
            Status::Idle => &mut self.idle_ms,
            Status::Init => &mut self.init_ms,
            Status::Busy => &mut self.busy_ms,
        };
        *spent = spent.saturating_add(ms);
    }

    /// What was added since an earlier reading.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Self {
        Self {
            offline_ms: self.offline_ms.saturating_sub(earlier.offline_ms),
            idle_ms: self.idle_ms.saturating_sub(earlier.idle_ms),
            init_ms: self.init_ms.saturating_sub(earlier.init_ms),
            busy_ms: self.busy_ms.saturating_sub(earlier.busy_ms),
        }
    }
}

/// What an employee wants to be. It survives reconnects; only a person or a long absence changes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// Not to be asked.
    Offline,
    /// To be asked.
    Idle,
}

impl Intent {
    /// The word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Idle => "idle",
        }
    }
}

/// Whether an employee has a live device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// At least one.
    Connected,
    /// The last one left; the place in the line is kept until then.
    Grace {
        /// When the grace time is over.
        until: Time,
    },
    /// None.
    Gone {
        /// Since when.
        since: Time,
    },
}

/// The four statuses that apps see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not at work, or unreachable.
    Offline,
    /// Waiting to be asked.
    Idle,
    /// Being asked.
    Init,
    /// In a session.
    Busy,
}

impl Status {
    /// All statuses, in the order of the documentation.
    pub const ALL: [Self; 4] = [Self::Offline, Self::Idle, Self::Init, Self::Busy];

    /// The word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Idle => "idle",
            Self::Init => "init",
            Self::Busy => "busy",
        }
    }
}

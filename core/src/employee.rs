//! An employee: intent, reach, load, and the status that follows from them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::{EmployeeId, Topic};
use crate::load::{Duty, Load};
use crate::time::Time;

/// A person who works for a company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Employee {
    pub id: EmployeeId,
    pub name: Arc<str>,
    /// Topics that the employee takes, sorted and without doubles; none means any.
    #[serde(deserialize_with = "crate::id::stored_topics")]
    pub topics: Vec<Topic>,
    pub intent: Intent,
    /// When the intent was set.
    pub intent_since: Time,
    pub reach: Reach,
    #[serde(rename = "duty")]
    pub load: Load,
    /// Offers missed in a row.
    pub missed: u32,
    /// Start of the present status.
    pub since: Time,
    /// Place in the line: an employee who became idle earlier has the smaller number.
    pub place: u64,
    /// When the intent falls to offline, unless a device comes back.
    pub lapse_due: Option<Time>,
    /// Time in each status, without the present stay.
    #[serde(default)]
    pub meter: Meter,
}

impl Employee {
    /// The status that follows from intent, reach and load.
    #[must_use]
    pub const fn status(&self) -> Status {
        match (self.load.duty(), self.intent, self.reach) {
            (Duty::InSession(_) | Duty::WrapUp { .. }, _, _) => Status::Busy,
            (Duty::Asked(_), _, _) => Status::Init,
            (Duty::Free, Intent::Offline, _) | (Duty::Free, Intent::Idle, Reach::Gone { .. }) => Status::Offline,
            (Duty::Free, Intent::Idle, Reach::Connected | Reach::Grace { .. }) => Status::Idle,
        }
    }

    /// Whether the employee can be asked now: idle, with a live device.
    #[must_use]
    pub const fn can_be_asked(&self) -> bool {
        matches!(self.status(), Status::Idle) && matches!(self.reach, Reach::Connected)
    }

    /// Until when an idle employee without a device may come back to be asked.
    #[must_use]
    pub const fn awaited_until(&self) -> Option<Time> {
        match (self.status(), self.reach) {
            (Status::Idle, Reach::Grace { until }) => Some(until),
            (Status::Offline | Status::Idle | Status::Init | Status::Busy, _) => None,
        }
    }

    /// Time in each status, from the making of the employee until that moment.
    #[must_use]
    pub const fn spent_until(&self, moment: Time) -> Meter {
        let mut meter = self.meter;
        meter.add(self.status(), self.since.ms_until(moment));
        meter
    }

    /// Whether the employee takes bookings on that topic.
    #[must_use]
    pub fn takes(&self, topic: &Topic) -> bool {
        self.topics.is_empty() || self.topics.binary_search(topic).is_ok()
    }
}

/// Milliseconds that an employee spent in each [`Status`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Meter {
    pub offline_ms: u64,
    pub idle_ms: u64,
    pub init_ms: u64,
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

    /// Time that was added since an earlier reading.
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

/// Desired state of an employee. The intent survives reconnects; only a person or a long absence changes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    Offline,
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

/// Presence of an employee's devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// At least one device is connected.
    Connected,
    /// The last device has left; the place in the line is kept until then.
    Grace { until: Time },
    /// No device came back within the grace time.
    Gone { since: Time },
}

/// The four statuses that apps see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not at work, or unreachable.
    Offline,
    /// Waiting to be asked.
    Idle,
    /// An offer is open.
    Init,
    /// In a session, or wrapping up.
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

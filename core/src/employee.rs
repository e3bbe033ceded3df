//! An employee: intent, reach, load, and the status that follows from them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::{EmployeeId, Topic, Word};
use crate::load::Load;
use crate::routing::{Order, Profile};
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
    #[serde(default, skip_serializing_if = "Profile::is_plain")]
    pub profile: Profile,
    #[serde(default, skip_serializing_if = "Turns::are_none")]
    pub turns: Turns,
    /// None unless the employee is offline for a reason or for a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<Box<Pause>>,
    /// Until when an idle employee is not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resting_until: Option<Time>,
}

impl Employee {
    /// The status that follows from intent, reach and load.
    #[must_use]
    pub fn status(&self) -> Status {
        if self.load.is_empty() {
            if self.is_on_duty() { Status::Idle } else { Status::Offline }
        } else if self.load.has_offer() {
            Status::Init
        } else {
            Status::Busy
        }
    }

    /// Whether the employee can be asked now about a booking of weight 1: on duty with a live device, with room, without
    /// an open offer, and not resting.
    #[must_use]
    #[inline]
    pub fn can_be_asked(&self) -> bool {
        self.can_be_asked_for(1)
    }

    /// Whether the employee can be asked now about a booking of that weight.
    #[must_use]
    pub fn can_be_asked_for(&self, weight: u8) -> bool {
        matches!(self.reach, Reach::Connected) && self.would_be_asked(weight)
    }

    /// Whether the employee could be asked if a device were there.
    #[inline]
    pub(crate) fn would_be_asked(&self, weight: u8) -> bool {
        self.is_on_duty()
            && self.resting_until.is_none()
            && (self.load.is_empty() || !self.load.has_offer() && self.has_room_for(weight))
    }

    /// Whether a booking of that weight fits beside what is in hand. A booking that is heavier than all of the capacity
    /// fits an employee with nothing in hand.
    pub(crate) fn has_room_for(&self, weight: u8) -> bool {
        self.load.is_empty() || self.load.used() + u32::from(weight) <= u32::from(self.profile.capacity)
    }

    /// Room left beside what is in hand; all weights fit an employee with nothing in hand.
    pub(crate) fn room(&self) -> u8 {
        if self.load.is_empty() {
            return u8::MAX;
        }
        let left = u32::from(self.profile.capacity).saturating_sub(self.load.used());
        u8::try_from(left).unwrap_or(u8::MAX)
    }

    /// Load in thousandths of the capacity.
    #[must_use]
    pub fn load_milli(&self) -> u32 {
        self.load.used() * 1000 / u32::from(self.profile.capacity.max(1))
    }

    /// Whether the employee wants to be asked and is there, or may come back.
    #[must_use]
    pub const fn is_on_duty(&self) -> bool {
        matches!(self.intent, Intent::Idle) && !matches!(self.reach, Reach::Gone { .. })
    }

    /// Until when an employee without a device may come back to be asked.
    #[must_use]
    pub fn awaited_until(&self) -> Option<Time> {
        match self.reach {
            Reach::Grace { until } if self.would_be_asked(1) => Some(until),
            Reach::Connected | Reach::Grace { .. } | Reach::Gone { .. } => None,
        }
    }

    /// Time in each status, from the making of the employee until that moment.
    #[must_use]
    pub fn spent_until(&self, moment: Time) -> Meter {
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

/// Why an employee is offline, and until when.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Word>,
    /// When the employee wants to be idle again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
}

impl Pause {
    /// None without a reason and without an end.
    pub(crate) fn of(reason: Option<Word>, until: Option<Time>) -> Option<Self> {
        (reason.is_some() || until.is_some()).then_some(Self { reason, until })
    }
}

/// A pause that an employee or an admin asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PauseRequest {
    pub reason: Option<Word>,
    /// None means until a person ends the pause.
    pub for_ms: Option<u64>,
}

/// Turns of an employee, which the orders other than the longest idle compare. A turn is an offer that the employee
/// accepted, declined or missed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Turns {
    /// Number of the latest turn among all turns of the company; 0 before the first.
    pub latest: u64,
    /// UTC day of the latest turn, in days since the epoch.
    pub day: u32,
    /// Turns on that day.
    pub of_day: u32,
    /// Sum of a step for each turn, which is smaller for a greater share (stride scheduling).
    pub pass: u64,
}

/// Step of a pass for a share of 1, which every share up to 100 divides with an error below a hundred-thousandth.
const STRIDE: u64 = 1 << 20;

impl Turns {
    fn are_none(&self) -> bool {
        *self == Self::default()
    }

    /// Adds a turn, the company's `number`th, of an employee with that share.
    pub(crate) fn add(&mut self, number: u64, day: u64, share: u8) {
        let day = u32::try_from(day).unwrap_or(u32::MAX);
        self.latest = number;
        self.of_day = if self.day == day { self.of_day.saturating_add(1) } else { 1 };
        self.day = day;
        self.pass = self.pass.saturating_add(STRIDE / u64::from(share.max(1)));
    }

    /// The key that an order compares: the smaller goes first.
    pub(crate) const fn key(&self, order: Order) -> u64 {
        match order {
            Order::LongestIdle => 0,
            Order::RoundRobin => self.latest,
            Order::Fewest => ((self.day as u64) << 32) | self.of_day as u64,
            Order::Share => self.pass,
        }
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

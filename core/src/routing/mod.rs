//! Routing: who may be asked about a booking, in which order, when and how many at once.

mod bounds;

mod estimate;

mod need;

mod routed;

mod skill;

mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::{EmployeeId, EmployeeNo, Skill, Topic, Word};
use crate::limits::{CAPACITY_MAX, SHARE_MAX, SKILLS_PER_EMPLOYEE_MAX};
use crate::offer::Outcome;

pub use skill::{BadLevel, Level, Skills};

pub use estimate::Estimate;
pub use routed::Routed;

pub(crate) use estimate::{Told, TopicTimes};
pub(crate) use need::{Need, Of, Plain, PoolKey, has_all};
pub(crate) use routed::Rank;
pub(crate) use table::RouteTable;

/// How a company routes bookings. The default is one step: employees who take the topic, the longest idle first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Routing {
    /// The first route that fits a booking is the booking's route.
    pub routes: Vec<Arc<Route>>,
    /// Kinds of contact, such as a chat or a call.
    pub channels: BTreeMap<Word, Channel>,
    /// Head start of each point of priority.
    pub priority_ms: u64,
    /// How long only wanted employees are asked.
    pub hold_ms: u64,
    /// Time after the end of an offer from which the same booking may ask the same employee again; 0 means never.
    pub ask_again_ms: u64,
    pub rest: Rest,
    pub wrap_up: WrapUpRules,
    /// Reasons that a pause can have; none means any.
    pub pause_reasons: Vec<Word>,
    pub clients: ClientWishes,
}

/// A kind of contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Channel {
    /// Room that a session takes: 1 to 100.
    pub weight: u8,
    /// Skills that an employee must have.
    pub skills: Skills,
}

impl Default for Channel {
    fn default() -> Self {
        Self { weight: 1, skills: Skills::new() }
    }
}

impl Default for Routing {
    fn default() -> Self {
        Self {
            routes: vec![],
            channels: BTreeMap::new(),
            priority_ms: 60_000,
            hold_ms: 0,
            ask_again_ms: 0,
            rest: Rest::default(),
            wrap_up: WrapUpRules::default(),
            pause_reasons: vec![],
            clients: ClientWishes::default(),
        }
    }
}

/// How long an employee is not asked after an offer without a yes. 0 means no rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rest {
    /// Rest after a rejection.
    pub rejected_ms: u64,
    /// After an offer that timed out or was not delivered.
    pub missed_ms: u64,
}

impl Rest {
    /// The rest after an offer with that outcome.
    pub(crate) const fn after(self, outcome: Outcome) -> u64 {
        match outcome {
            Outcome::Rejected => self.rejected_ms,
            Outcome::TimedOut | Outcome::Undelivered => self.missed_ms,
            Outcome::Accepted
            | Outcome::ClientCancelled
            | Outcome::ClientLost
            | Outcome::WentOffline
            | Outcome::WithdrawnByAdmin
            | Outcome::BookingExpired
            | Outcome::Taken => 0,
        }
    }
}

/// Rules of the time after a session, beside the setting `wrap_up_ms`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WrapUpRules {
    /// How long a wrap-up may become, counted from the end of the session; a time up to `wrap_up_ms` means that a
    /// wrap-up cannot be extended.
    pub max_ms: u64,
    /// Codes that a session can be given; none means that there are no codes.
    pub codes: Vec<Word>,
    /// Whether a wrap-up goes on until a code is given, as long as it may.
    pub code_required: bool,
}

/// Wishes that clients may have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClientWishes {
    /// Whether a client may ask for an employee, or for the one of last time.
    pub employee: bool,
    /// Skills that a client may ask for, such as languages.
    pub skills: BTreeSet<Skill>,
}

/// The way of bookings about some topics.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// None means any topic.
    #[serde(default)]
    pub topics: Option<BTreeSet<Topic>>,
    /// None means any channel, and bookings without one.
    #[serde(default)]
    pub channel: Option<Word>,
    /// Steps in the order in which they open. A step that is open stays open.
    pub steps: Vec<RouteStep>,
    /// Priority of the route's bookings, 0 to 10, where the client's token has none.
    #[serde(default)]
    pub priority: u8,
    #[serde(default)]
    pub wait: WaitRules,
}

/// How bookings wait when no employee can be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WaitRules {
    /// How long a booking may wait in all; 0 means that there is no line.
    pub max_ms: u64,
    /// Most bookings of the route that may wait at once.
    pub max_length: u32,
    /// Whether a booking may begin to wait while no employee who fits is on duty.
    pub empty: bool,
}

impl Default for WaitRules {
    fn default() -> Self {
        Self { max_ms: 0, max_length: 100, empty: false }
    }
}

impl Route {
    /// Whether the route asks exactly those who take the topic, in whatever order.
    pub(crate) fn asks_whoever_takes_the_topic(&self) -> bool {
        let plain = |step: &RouteStep| step.topic.is_none() && step.level == Level::LEAST && step.skills.is_empty();
        self.steps.iter().all(plain)
    }
}

/// Employees that a booking may ask from a certain time on, and their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RouteStep {
    /// Time from the beginning of the search to the opening of the step.
    pub after_ms: u64,
    /// None means the topic of the booking, [`EVERYBODY`] means all employees, whatever their topics.
    pub topic: Option<Topic>,
    /// Least level in the topic.
    pub level: Level,
    /// Skills that an employee must have beside the wishes of the booking.
    pub skills: Skills,
    /// Wishes of the booking that the step does not ask for; [`EVERYTHING`] means all of them.
    pub drop: BTreeSet<Skill>,
    pub prefer: Prefer,
    pub order: Order,
    /// Most offers of the booking that may be open at once from now on, from 1.
    pub at_once: u8,
}

impl Default for RouteStep {
    fn default() -> Self {
        Self {
            after_ms: 0,
            topic: None,
            level: Level::LEAST,
            skills: Skills::new(),
            drop: BTreeSet::new(),
            prefer: Prefer::Any,
            order: Order::LongestIdle,
            at_once: 1,
        }
    }
}

/// The topic of a step that asks all employees.
pub const EVERYBODY: &str = "*";

/// The word in [`RouteStep::drop`] for all wishes.
pub const EVERYTHING: &str = "*";

impl RouteStep {
    /// Whether the step does not ask for that wish.
    #[must_use]
    pub fn drops(&self, wish: &Skill) -> bool {
        self.drop.contains(wish) || self.drop.contains(EVERYTHING)
    }
}

/// Which level in the topic goes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prefer {
    /// The level makes no difference.
    #[default]
    Any,
    /// The highest level first.
    Best,
    /// The lowest level that is enough, which spares the experts.
    Least,
}

impl Prefer {
    /// All preferences, in the order of the documentation.
    pub const ALL: [Self; 3] = [Self::Any, Self::Best, Self::Least];

    /// The word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Best => "best",
            Self::Least => "least",
        }
    }
}

/// Order of the employees that [`Prefer`] leaves equal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    #[default]
    LongestIdle,
    /// The employee whose latest turn is longest ago.
    RoundRobin,
    /// The employee with the fewest turns on the UTC day of their latest turn.
    Fewest,
    /// The employee who is furthest behind their share of the turns.
    Share,
}

impl Order {
    /// All orders, in the order of the documentation.
    pub const ALL: [Self; 4] = [Self::LongestIdle, Self::RoundRobin, Self::Fewest, Self::Share];

    /// The word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::LongestIdle => "longest_idle",
            Self::RoundRobin => "round_robin",
            Self::Fewest => "fewest",
            Self::Share => "share",
        }
    }
}

/// Wishes of a client beside the topic. Events are stored with these fields in this order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wishes {
    /// Kind of contact, one of the company's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Word>,
    /// Skills that an employee must have, in every step that does not drop them.
    #[serde(default, skip_serializing_if = "Skills::is_empty")]
    pub skills: Skills,
    /// 0 to 10; none means the priority of the route.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<u8>,
    /// Employees who are asked before all others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wanted: Vec<EmployeeNo>,
    /// Whether only those who are wanted are asked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub only: bool,
    /// How long only those who are wanted are asked; none means as long as the company allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold_ms: Option<u64>,
    /// How long the client waits at most; none means as long as the route allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_ms: Option<u64>,
    /// The employee that the client asks for. The decision puts them into [`Self::wanted`].
    #[serde(skip)]
    pub employee: Option<EmployeeId>,
    /// Whether the client asks for the employee of last time. The decision puts them into [`Self::wanted`].
    #[serde(skip)]
    pub again: bool,
}

impl Wishes {
    /// Takes out all that says something about the client.
    pub(crate) fn erase(&mut self) {
        // Every field is named, so that the compiler asks of each new one whether it is personal.
        let Self { channel: _, skills, priority: _, wanted, only, hold_ms, wait_ms, employee, again } = self;
        (*skills, *wanted, *only, *hold_ms, *wait_ms) = (Skills::new(), vec![], false, None, None);
        (*employee, *again) = (None, false);
    }

    /// Whether nothing is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// How routing sees an employee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    #[serde(skip_serializing_if = "Skills::is_empty")]
    pub skills: Skills,
    /// Room for sessions and their wrap-ups: 1 to 100.
    #[serde(skip_serializing_if = "is_one")]
    pub capacity: u8,
    /// Share of the turns, in proportion to the shares of others: 1 to 100.
    #[serde(skip_serializing_if = "is_one")]
    pub share: u8,
}

impl Default for Profile {
    fn default() -> Self {
        Self { skills: Skills::new(), capacity: 1, share: 1 }
    }
}

impl Profile {
    /// Whether the employee has no skills, room for one session and one share.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the first field that is out of its range, and the problem.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        if self.skills.len() > SKILLS_PER_EMPLOYEE_MAX {
            return Err(("skills", format!("must be at most {SKILLS_PER_EMPLOYEE_MAX} skills")));
        }
        if !(1..=CAPACITY_MAX).contains(&self.capacity) {
            return Err(("capacity", format!("must be 1 to {CAPACITY_MAX}")));
        }
        if !(1..=SHARE_MAX).contains(&self.share) {
            return Err(("share", format!("must be 1 to {SHARE_MAX}")));
        }
        Ok(())
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
const fn is_one(number: &u8) -> bool {
    *number == 1
}

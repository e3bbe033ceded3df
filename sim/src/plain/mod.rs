//! The second opinion on a company that was never given a routing: the model of the contract as it was before there was
//! routing. It runs beside the reference model, so that routing changes nothing for such a company.

mod step;

mod due;

mod presence;

mod staff;

mod wish;

mod compare;

use std::collections::BTreeMap;

use switchboard_core::notice::Cause;
use switchboard_core::{
    Actor, BookingId, BookingReason, Brand, ClientId, CompanySettings, DeviceKind, EmployeeId, EndedBy, MessageId,
    Outcome, Party, SessionId, Time,
};

use crate::reference::{ExpectedNotices, Inquiry};

/// One company in the model.
#[derive(Clone, Debug, Default)]
pub struct Model {
    pub id: String,
    /// Whether the company was set and not removed since.
    pub exists: bool,
    /// Its rules of time.
    pub settings: CompanySettings,
    /// The most bytes of messages in a session.
    session_max_bytes: u64,
    pub brand: Brand,
    /// Employees by number. A removed employee leaves `None`, so that numbers stay as they are.
    pub staff: Vec<Option<Staff>>,
    /// All searches, oldest first.
    pub searches: Vec<Search>,
    /// All sessions, oldest first.
    pub talks: Vec<Talk>,
    /// Ended bookings, in the order in which they ended.
    past: Vec<(Time, BookingId)>,
    /// Bookings opened, assigned, unanswered, cancelled and expired, and sessions ended, by day.
    days: BTreeMap<u64, [u64; 6]>,
    turns: u64,
    now: Time,
    told: ExpectedNotices,
    /// Why employees changed within the current change of the company.
    causes: BTreeMap<usize, Cause>,
}

/// An employee, as the model knows one.
#[derive(Clone, Debug)]
pub struct Staff {
    pub id: EmployeeId,
    pub name: String,
    /// Topics that they take; an empty list means any.
    pub topics: Vec<String>,
    /// Whether they want to be asked.
    pub willing: bool,
    pub near: Near,
    pub holds: Holds,
    /// Offers missed in a row.
    pub missed: u32,
    /// When the wish to be asked lapses.
    pub lapses: Option<Time>,
    /// The beginning of the present status.
    pub since: Time,
    /// Place in the order of becoming idle.
    pub turn: u64,
}

/// Whether an employee has a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Near {
    /// At least one device is there.
    Here,
    /// The last device left; the place in the line is kept until then.
    Away(Time),
    Gone,
}

/// An employee's open offer, session or wrap-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    Nothing,
    Offer(BookingId),
    Talk(SessionId),
    /// Wrap-up after a session, until then.
    WrapUp(Time),
}

impl Staff {
    /// The status in the contract's words.
    #[must_use]
    pub const fn status(&self) -> &'static str {
        match (self.holds, self.willing, self.near) {
            (Holds::Talk(_) | Holds::WrapUp(_), _, _) => "busy",
            (Holds::Offer(_), _, _) => "init",
            (Holds::Nothing, false, _) | (Holds::Nothing, true, Near::Gone) => "offline",
            (Holds::Nothing, true, Near::Here | Near::Away(_)) => "idle",
        }
    }

    /// Whether the employee can be asked now, about that topic or about any.
    #[must_use]
    pub(crate) fn can_take(&self, topic: Option<&str>) -> bool {
        self.status() == "idle" && self.near == Near::Here && self.takes(topic)
    }

    /// Whether the employee takes the topic, or any.
    #[must_use]
    pub fn takes(&self, topic: Option<&str>) -> bool {
        topic.is_none_or(|topic| self.topics.is_empty() || self.topics.iter().any(|t| t == topic))
    }
}

/// A client's booking, from the first search on.
#[derive(Clone, Debug)]
pub struct Search {
    pub id: BookingId,
    pub client: ClientId,
    /// The request, with the topic as the company reads it.
    pub inquiry: Inquiry,
    pub opened: Time,
    /// Deadline of the whole search.
    pub ends_by: Time,
    /// The employees asked, in order.
    pub asks: Vec<OpenOffer>,
    /// While no employee can be asked: the time until which the search waits for one to come back.
    pub waits: Option<Time>,
    pub end: Option<SearchEnd>,
    /// Whether a device of the client is there.
    pub client_here: bool,
    /// Deadline by which a disconnected client must be back.
    pub client_back_by: Option<Time>,
}

/// An offer to one employee.
#[derive(Clone, Debug)]
pub struct OpenOffer {
    /// Number of the employee.
    pub staff: usize,
    pub who: EmployeeId,
    /// Deadline of the answer.
    pub expires: Time,
    /// Whether a device has acknowledged the offer.
    pub delivered: bool,
    /// Kind of the device that acknowledged the offer first.
    pub delivered_to: Option<DeviceKind>,
    /// Deadline of the acknowledgement.
    pub deliver_by: Option<Time>,
    /// How the offer ended.
    pub outcome: Option<Outcome>,
}

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchEnd {
    Talk(SessionId),
    /// Without a session, for that reason.
    Without(BookingReason),
}

/// A session, as the model knows one.
#[derive(Clone, Debug)]
pub struct Talk {
    pub id: SessionId,
    pub booking: BookingId,
    pub client: ClientId,
    /// The client's name in the token of the booking.
    pub client_name: Option<String>,
    /// Number of the employee.
    pub staff: usize,
    pub who: EmployeeId,
    /// The employee's display name when the session began.
    pub name: String,
    pub topic: String,
    pub began: Time,
    /// When, by which party and with what reason the session ended.
    pub ended: Option<(Time, EndedBy, Option<String>)>,
    /// The client's side and the employee's.
    pub sides: [Side; 2],
    /// All messages, oldest first.
    pub said: Vec<SentMessage>,
    /// The employee's latest notes, and when they were written.
    pub notes: Option<(String, Time)>,
}

/// One side of a session.
#[derive(Clone, Copy, Debug, Default)]
pub struct Side {
    /// Whether a device has joined the session's topic.
    pub online: bool,
    /// Deadline by which a party without any device must be back.
    pub back_by: Option<Time>,
}

/// A message of a session.
#[derive(Clone, Debug)]
pub struct SentMessage {
    pub id: MessageId,
    pub from: Party,
    pub body: String,
    pub at: Time,
    /// Idempotency key of the message.
    pub key: Option<String>,
}

impl Model {
    /// An empty company on a server where a session's messages may have so many bytes.
    #[must_use]
    pub fn new(id: &str, session_max_bytes: u64) -> Self {
        Self { id: id.to_owned(), session_max_bytes, ..Self::default() }
    }

    /// The employee with that number.
    #[must_use]
    pub fn staff(&self, no: usize) -> Option<&Staff> {
        self.staff.get(no)?.as_ref()
    }

    /// The number of the employee with that id.
    #[must_use]
    pub(crate) fn staff_no(&self, id: &EmployeeId) -> Option<usize> {
        self.staff.iter().position(|staff| staff.as_ref().is_some_and(|staff| staff.id == *id))
    }

    /// The search with that id.
    #[must_use]
    pub fn search(&self, id: BookingId) -> Option<&Search> {
        self.searches.iter().rev().find(|search| search.id == id)
    }

    /// The session with that id.
    #[must_use]
    pub fn talk(&self, id: SessionId) -> Option<&Talk> {
        self.talks.iter().rev().find(|talk| talk.id == id)
    }

    /// The client's open booking: a search, or a running session.
    #[must_use]
    pub fn open_of(&self, client: &ClientId) -> Option<&Search> {
        self.searches.iter().rev().find(|search| search.client == *client && self.is_open(search))
    }

    /// Whether the search or its session goes on.
    #[must_use]
    pub fn is_open(&self, search: &Search) -> bool {
        match search.end {
            None => true,
            Some(SearchEnd::Talk(talk)) => self.talk(talk).is_some_and(|talk| talk.ended.is_none()),
            Some(SearchEnd::Without(_)) => false,
        }
    }

    /// The employee to be asked next for that search.
    pub(super) fn next_for(&self, search: &Search) -> Option<usize> {
        let was_asked = |no: &usize| self.staff(*no).is_some_and(|staff| search.has_asked(&staff.id));
        self.line(Some(&search.inquiry.topic)).into_iter().find(|no| !was_asked(no))
    }

    /// That person's side in a session. An employee who was given the id of a removed one is on no side.
    #[must_use]
    pub(crate) fn side_of(&self, talk: &Talk, actor: &Actor) -> Option<Party> {
        match actor {
            Actor::Client(client) => (*client == talk.client).then_some(Party::Client),
            Actor::Employee(id) => {
                self.staff(talk.staff).is_some_and(|staff| staff.id == *id).then_some(Party::Employee)
            }
            Actor::Admin => None,
        }
    }

    /// Employees who can be asked, in order.
    #[must_use]
    pub fn line(&self, topic: Option<&str>) -> Vec<usize> {
        let mut line: Vec<(u64, usize)> = self
            .staff
            .iter()
            .enumerate()
            .filter_map(|(no, staff)| staff.as_ref().filter(|s| s.can_take(topic)).map(|s| (s.turn, no)))
            .collect();
        line.sort_unstable();
        line.into_iter().map(|(_, no)| no).collect()
    }
}

impl Talk {
    /// Bytes of all messages ever sent in the session.
    pub(super) fn bytes(&self) -> u64 {
        self.said.iter().map(|said| said.body.len() as u64).sum()
    }
}

impl Search {
    pub(super) fn has_asked(&self, who: &EmployeeId) -> bool {
        self.asks.iter().any(|ask| ask.who == *who)
    }
}

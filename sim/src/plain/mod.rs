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
    Actor, BookingId, Brand, ClientId, CompanySettings, DeviceKind, EmployeeId, EndedBy, Outcome, Party, SessionId,
    Time,
};

use crate::reference::{ExpectedNotices, Inquiry, Near, SearchEnd, SentMessage, Side};

/// One company in the model.
#[derive(Clone, Debug, Default)]
pub struct PlainModel {
    pub id: String,
    /// Whether the company was set and not removed since.
    pub exists: bool,
    /// Its rules of time.
    pub settings: CompanySettings,
    /// The most bytes of messages in a session.
    session_max_bytes: u64,
    pub brand: Brand,
    /// Employees by number. A removed employee leaves `None`, so that numbers stay as they are.
    pub staff: Vec<Option<PlainStaff>>,
    /// All searches, oldest first.
    pub searches: Vec<PlainSearch>,
    /// All sessions, oldest first.
    pub talks: Vec<PlainTalk>,
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
pub struct PlainStaff {
    pub id: EmployeeId,
    pub name: String,
    /// Topics that they take; an empty list means any.
    pub topics: Vec<String>,
    /// Whether they want to be asked.
    pub willing: bool,
    pub near: Near,
    pub holds: PlainHolds,
    /// Offers missed in a row.
    pub missed: u32,
    /// When the wish to be asked lapses.
    pub lapses: Option<Time>,
    /// The beginning of the present status.
    pub since: Time,
    /// Place in the order of becoming idle.
    pub turn: u64,
}

/// An employee's open offer, session or wrap-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlainHolds {
    Nothing,
    Offer(BookingId),
    Talk(SessionId),
    /// Wrap-up after a session, until then.
    WrapUp(Time),
}

impl PlainStaff {
    /// The status in the contract's words.
    #[must_use]
    pub const fn status(&self) -> &'static str {
        match (self.holds, self.willing, self.near) {
            (PlainHolds::Talk(_) | PlainHolds::WrapUp(_), _, _) => "busy",
            (PlainHolds::Offer(_), _, _) => "init",
            (PlainHolds::Nothing, false, _) | (PlainHolds::Nothing, true, Near::Gone) => "offline",
            (PlainHolds::Nothing, true, Near::Here | Near::Away(_)) => "idle",
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
pub struct PlainSearch {
    pub id: BookingId,
    pub client: ClientId,
    /// The request, with the topic as the company reads it.
    pub inquiry: Inquiry,
    pub opened: Time,
    /// Deadline of the whole search.
    pub ends_by: Time,
    /// The employees asked, in order.
    pub asks: Vec<PlainOffer>,
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
pub struct PlainOffer {
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

/// A session, as the model knows one.
#[derive(Clone, Debug)]
pub struct PlainTalk {
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

impl PlainModel {
    /// An empty company on a server where a session's messages may have so many bytes.
    #[must_use]
    pub fn new(id: &str, session_max_bytes: u64) -> Self {
        Self { id: id.to_owned(), session_max_bytes, ..Self::default() }
    }

    /// The employee with that number.
    #[must_use]
    pub fn staff(&self, no: usize) -> Option<&PlainStaff> {
        self.staff.get(no)?.as_ref()
    }

    /// The number of the employee with that id.
    #[must_use]
    pub(crate) fn staff_no(&self, id: &EmployeeId) -> Option<usize> {
        self.staff.iter().position(|staff| staff.as_ref().is_some_and(|staff| staff.id == *id))
    }

    /// The search with that id.
    #[must_use]
    pub fn search(&self, id: BookingId) -> Option<&PlainSearch> {
        self.searches.iter().rev().find(|search| search.id == id)
    }

    /// The session with that id.
    #[must_use]
    pub fn talk(&self, id: SessionId) -> Option<&PlainTalk> {
        self.talks.iter().rev().find(|talk| talk.id == id)
    }

    /// The client's open booking: a search, or a running session.
    #[must_use]
    pub fn open_of(&self, client: &ClientId) -> Option<&PlainSearch> {
        self.searches.iter().rev().find(|search| search.client == *client && self.is_open(search))
    }

    /// Whether the search or its session goes on.
    #[must_use]
    pub fn is_open(&self, search: &PlainSearch) -> bool {
        match search.end {
            None => true,
            Some(SearchEnd::Talk(talk)) => self.talk(talk).is_some_and(|talk| talk.ended.is_none()),
            Some(SearchEnd::Without(_)) => false,
        }
    }

    /// The employee to be asked next for that search.
    pub(super) fn next_for(&self, search: &PlainSearch) -> Option<usize> {
        let was_asked = |no: &usize| self.staff(*no).is_some_and(|staff| search.has_asked(&staff.id));
        self.line(Some(&search.inquiry.topic)).into_iter().find(|no| !was_asked(no))
    }

    /// That person's side in a session. An employee who was given the id of a removed one is on no side.
    #[must_use]
    pub(crate) fn side_of(&self, talk: &PlainTalk, actor: &Actor) -> Option<Party> {
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

impl PlainTalk {
    /// Bytes of all messages ever sent in the session.
    pub(super) fn bytes(&self) -> u64 {
        self.said.iter().map(|said| said.body.len() as u64).sum()
    }
}

impl PlainSearch {
    pub(super) fn has_asked(&self, who: &EmployeeId) -> bool {
        self.asks.iter().any(|ask| ask.who == *who)
    }
}

//! The second opinion: one company as docs/protocol.md describes it, in plain lists that are searched from end to end.
//!
//! The model shares names with core and none of its rules: no line, no index, no armed deadline. Each step takes a
//! request and returns the expected answer and the expected messages.

mod step;

mod due;

mod presence;

mod staff;

mod shut;

mod wish;

mod work;

mod choice;

mod view;

use std::collections::{BTreeMap, BTreeSet};

use switchboard_core::notice::Cause;
use switchboard_core::routing::RouteStep;
use switchboard_core::{
    Actor, BookingId, BookingReason, Brand, ClientId, CompanySettings, DeviceKind, EmployeeId, EndedBy, MessageId,
    OfferId, Outcome, Party, Profile, Routing, SessionId, Skills, Time, Whose, Word,
};

pub use shut::{ShownToken, Shut, TokenHolder};
pub use step::ModelStep;

/// One company in the model.
#[derive(Clone, Debug, Default)]
pub struct Model {
    pub id: String,
    /// Whether the company was set and not removed since.
    pub exists: bool,
    /// Its rules of time.
    pub settings: CompanySettings,
    /// Its rules of who is asked.
    pub routing: Routing,
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
    /// All revocations, in order.
    shut: Vec<Shut>,
    /// Bookings opened, assigned, unanswered, cancelled and expired, and sessions ended, by day.
    days: BTreeMap<u64, [u64; 6]>,
    /// How often an employee became idle.
    turns: u64,
    /// Number of bookings that were opened.
    opened: u64,
    /// Offers that were accepted, declined or missed while there was a routing.
    answers: u64,
    /// The largest pass that an employee had just before an answer.
    pass: u64,
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
    pub profile: Profile,
    pub answered: Answered,
    /// The reason of a pause, and its end.
    pub pause: Option<(Option<Word>, Option<Time>)>,
    /// Until when the employee is idle and not asked.
    pub rests: Option<Time>,
}

/// The offers that an employee accepted, declined or missed while the company had a routing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// Number of the latest among those of the whole company.
    pub latest: u64,
    /// The day of the latest.
    pub day: u64,
    /// How many came on that day.
    pub of_day: u64,
    /// The sum of a step for each; a larger share makes smaller steps.
    pub pass: u64,
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
    WrapUp(HeldWrapUp),
}

/// The time after a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldWrapUp {
    pub until: Time,
    /// The session, where the company has a routing.
    pub talk: Option<SessionId>,
    /// The latest end, where a wrap-up can be extended.
    pub longest: Option<Time>,
}

impl Search {
    /// The note of the booking.
    #[must_use]
    pub(crate) fn note_json(&self) -> Option<serde_json::Value> {
        self.inquiry.note.as_ref().map(|note| serde_json::from_str(note).unwrap_or_default())
    }
}

impl Staff {
    /// Remaining time of the wrap-up.
    #[must_use]
    pub(crate) const fn wrap_up_left_ms(&self, now: Time) -> Option<u64> {
        match self.holds {
            Holds::WrapUp(wrap_up) => Some(now.ms_until(wrap_up.until)),
            Holds::Nothing | Holds::Offer(_) | Holds::Talk(_) => None,
        }
    }

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
        self.status() == "idle" && self.near == Near::Here && self.rests.is_none() && self.takes(topic)
    }

    /// Whether the employee wants to be asked, and is there or may come back.
    #[must_use]
    pub(crate) fn is_on_duty(&self) -> bool {
        self.willing && self.near != Near::Gone
    }

    /// Whether the employee takes the topic, or any.
    #[must_use]
    pub fn takes(&self, topic: Option<&str>) -> bool {
        topic.is_none_or(|topic| self.topics.is_empty() || self.topics.iter().any(|t| t == topic))
    }
}

/// A client's request for a booking.
#[derive(Clone, Debug, Default)]
pub struct Inquiry {
    /// The client's name in the token of the request; none in a frame.
    pub client_name: Option<String>,
    pub topic: String,
    /// Note for the employee, as JSON.
    pub note: Option<String>,
    /// Idempotency key of the request.
    pub key: Option<String>,
    /// Skills that the employee must have.
    pub skills: Skills,
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
    /// The routing of the booking; `None` if the company had none when it was opened.
    pub way: Option<Way>,
}

/// The steps of a booking, as they were when it was opened.
#[derive(Clone, Debug)]
pub struct Way {
    pub steps: Vec<RouteStep>,
    /// How many are open.
    pub open: usize,
    /// From when their times count.
    pub began: Time,
    /// Number of the booking among all that were opened.
    pub number: u64,
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
    /// How it went, in a word of the company.
    pub code: Option<Word>,
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

/// The expected answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpectedAnswer {
    /// An answer without content.
    Done,
    Booking(BookingId),
    /// The status and intent of that employee.
    Staff(usize),
    Talk(SessionId),
    Said(SessionId, MessageId),
    /// The time at which the notes on this session were written.
    Noted(SessionId),
    /// A refusal with that reason.
    No(&'static str),
    /// A refusal because no employee is idle for the topic; tells whether any employee names the topic.
    NobodyIdle(bool),
    /// A refusal with that reason and that booking.
    NoWithBooking(&'static str, BookingId),
    /// The offer had ended so before.
    OfferClosed(Outcome),
}

/// The expected messages after a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpectedNotices {
    /// Employees whose status or intent changed, and why.
    pub statuses: BTreeSet<(usize, &'static str)>,
    /// Offers made, and the employees asked.
    pub offers: Vec<(EmployeeId, OfferId)>,
    /// Offers ended: the employee, the offer and its outcome.
    pub closed: Vec<(EmployeeId, OfferId, Outcome)>,
    pub bookings: BTreeSet<BookingId>,
    pub talks: BTreeSet<SessionId>,
    pub said: Vec<(SessionId, MessageId)>,
    /// Sessions whose notes changed.
    pub noted: BTreeSet<SessionId>,
    pub ended: BTreeSet<SessionId>,
    /// Parties that are told whether the other one is online; `true` is the client.
    pub peers: BTreeSet<(SessionId, bool)>,
    /// Employees whose row on the board changed.
    pub rows: BTreeSet<usize>,
    pub removed: Vec<EmployeeId>,
    /// People whose tokens were revoked.
    pub shut_out: Vec<Whose>,
    pub company_gone: bool,
}

impl ExpectedNotices {
    /// The same messages, with those of each kind in order.
    #[must_use]
    pub(crate) fn in_order(mut self) -> Self {
        self.offers.sort();
        self.closed.sort();
        self.said.sort();
        self
    }
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

    /// Number of open offers.
    pub(super) fn open_asks(&self) -> usize {
        self.asks.iter().filter(|ask| ask.outcome.is_none()).count()
    }

    /// The open offer to that employee.
    pub(super) fn ask_to(&self, no: usize) -> Option<OfferId> {
        let at = self.asks.iter().position(|ask| ask.staff == no && ask.outcome.is_none())?;
        Some(self.offer_id(at))
    }

    /// The id of the offer at that place in the list.
    pub(super) fn offer_id(&self, at: usize) -> OfferId {
        OfferId { booking: self.id, attempt: u32::try_from(at + 1).unwrap_or(u32::MAX) }
    }
}

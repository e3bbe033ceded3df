//! The second opinion: one company as docs/protocol.md describes it, in plain lists that are searched from end to end.
//!
//! It shares the names of things with core and none of its rules: no line, no index, no deadline that is armed. Each
//! step takes what was asked and says what must be answered and what people must hear.

mod step;

mod due;

mod presence;

mod staff;

mod shut;

mod wish;

mod view;

use std::collections::{BTreeMap, BTreeSet};

use switchboard_core::notice::Cause;
use switchboard_core::{
    Actor, BookingId, BookingReason, Brand, ClientId, DeviceKind, EmployeeId, EndedBy, MessageId, OfferId, Outcome,
    Party, SessionId, Settings, Time, Whose,
};

pub use shut::{Shown, Shut, Who};
pub use step::Step;

/// One company.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// Its id.
    pub id: String,
    /// Whether it was set and not removed since.
    pub exists: bool,
    /// Its rules of time.
    pub settings: Settings,
    /// Bytes of messages that a session may have.
    session_max_bytes: u64,
    /// What it looks like.
    pub brand: Brand,
    /// Employees by number; who was removed stays as nobody.
    pub staff: Vec<Option<Staff>>,
    /// All searches, oldest first.
    pub searches: Vec<Search>,
    /// All sessions, oldest first.
    pub talks: Vec<Talk>,
    /// What has ended, in the order in which it did.
    past: Vec<(Time, BookingId)>,
    /// All who were shut out, in the order in which they were.
    shut: Vec<Shut>,
    /// Bookings opened, assigned, unanswered, cancelled and expired, and sessions ended, by day.
    days: BTreeMap<u64, [u64; 6]>,
    turns: u64,
    now: Time,
    told: Told,
    /// The causes of what changes, of one thing that happens.
    causes: BTreeMap<usize, Cause>,
}

/// An employee.
#[derive(Clone, Debug)]
pub struct Staff {
    /// Who.
    pub id: EmployeeId,
    /// Display name.
    pub name: String,
    /// What they take; nothing means anything.
    pub topics: Vec<String>,
    /// Whether they want to be asked.
    pub willing: bool,
    /// Whether a device is there.
    pub near: Near,
    /// What they are doing.
    pub holds: Holds,
    /// Offers missed in a row.
    pub missed: u32,
    /// When the wish to be asked lapses.
    pub lapses: Option<Time>,
    /// Since when the status is what it is.
    pub since: Time,
    /// The how-manieth to become idle.
    pub turn: u64,
}

/// Whether an employee has a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Near {
    /// One at least.
    Here,
    /// The last one left; the place in the line is kept until then.
    Away(Time),
    /// None.
    Gone,
}

/// What an employee is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Nothing.
    Nothing,
    /// Being asked.
    Offer(BookingId),
    /// Talking.
    Talk(SessionId),
    /// Finishing, until then.
    WrapUp(Time),
}

impl Search {
    /// What was written when it was asked.
    #[must_use]
    pub fn note_json(&self) -> Option<serde_json::Value> {
        self.note.as_ref().map(|note| serde_json::from_str(note).unwrap_or_default())
    }
}

impl Staff {
    /// What is left of the time after a session.
    #[must_use]
    pub const fn wrap_up_left_ms(&self, now: Time) -> Option<u64> {
        match self.holds {
            Holds::WrapUp(until) => Some(now.ms_until(until)),
            Holds::Nothing | Holds::Offer(_) | Holds::Talk(_) => None,
        }
    }

    /// One of the four words.
    #[must_use]
    pub const fn status(&self) -> &'static str {
        match (self.holds, self.willing, self.near) {
            (Holds::Talk(_) | Holds::WrapUp(_), _, _) => "busy",
            (Holds::Offer(_), _, _) => "init",
            (Holds::Nothing, false, _) | (Holds::Nothing, true, Near::Gone) => "offline",
            (Holds::Nothing, true, Near::Here | Near::Away(_)) => "idle",
        }
    }

    /// Whether they can be asked now, about that topic or about any.
    #[must_use]
    pub fn can_take(&self, topic: Option<&str>) -> bool {
        self.status() == "idle" && self.near == Near::Here && self.takes(topic)
    }

    /// Whether it is one of theirs, or they take any.
    #[must_use]
    pub fn takes(&self, topic: Option<&str>) -> bool {
        topic.is_none_or(|topic| self.topics.is_empty() || self.topics.iter().any(|t| t == topic))
    }
}

/// A client's search.
#[derive(Clone, Debug)]
pub struct Search {
    /// Its id.
    pub id: BookingId,
    /// Who asked.
    pub client: ClientId,
    /// What their token called them then.
    pub client_name: Option<String>,
    /// About what.
    pub topic: String,
    /// Words for the employee, as JSON.
    pub note: Option<String>,
    /// The mark against doubles.
    pub key: Option<String>,
    /// When.
    pub opened: Time,
    /// The end of the whole search.
    pub ends_by: Time,
    /// Who was asked.
    pub asks: Vec<Ask>,
    /// Until when it goes on though nobody can be asked.
    pub waits: Option<Time>,
    /// How it ended.
    pub end: Option<End>,
    /// Whether a device of the client is there.
    pub client_here: bool,
    /// Until when the client may come back.
    pub client_back_by: Option<Time>,
}

/// One employee asked.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Their number.
    pub staff: usize,
    /// Who.
    pub who: EmployeeId,
    /// When the answer must be there.
    pub expires: Time,
    /// Whether a device proved to have it.
    pub delivered: bool,
    /// What the first one to prove it calls itself.
    pub delivered_to: Option<DeviceKind>,
    /// When it counts as undelivered.
    pub deliver_by: Option<Time>,
    /// How it ended.
    pub outcome: Option<Outcome>,
}

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// In a session.
    Talk(SessionId),
    /// Without.
    Without(BookingReason),
}

/// A session.
#[derive(Clone, Debug)]
pub struct Talk {
    /// Its id.
    pub id: SessionId,
    /// The search that led to it.
    pub booking: BookingId,
    /// Who asked.
    pub client: ClientId,
    /// What their token called them when they asked.
    pub client_name: Option<String>,
    /// The number of who took it.
    pub staff: usize,
    /// Who took it.
    pub who: EmployeeId,
    /// Their display name then.
    pub name: String,
    /// About what.
    pub topic: String,
    /// When it began.
    pub began: Time,
    /// When, by whom and with what words it ended.
    pub ended: Option<(Time, EndedBy, Option<String>)>,
    /// The client's side and the employee's.
    pub sides: [Side; 2],
    /// All that was said.
    pub said: Vec<Said>,
    /// What the employee noted last, and when.
    pub notes: Option<(String, Time)>,
}

/// One side of a session.
#[derive(Clone, Copy, Debug, Default)]
pub struct Side {
    /// A device is on the session's topic.
    pub online: bool,
    /// Until when they, who are nowhere, may come back.
    pub back_by: Option<Time>,
}

/// Something said.
#[derive(Clone, Debug)]
pub struct Said {
    /// Its id.
    pub id: MessageId,
    /// By which side.
    pub from: Party,
    /// The words.
    pub body: String,
    /// When.
    pub at: Time,
    /// The mark against doubles.
    pub key: Option<String>,
}

/// What must be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing to show.
    Done,
    /// This booking.
    Booking(BookingId),
    /// This employee's status and intent.
    Staff(usize),
    /// This session.
    Talk(SessionId),
    /// This message of this session.
    Said(SessionId, MessageId),
    /// When the notes on this session were written.
    Noted(SessionId),
    /// No, for that reason.
    No(&'static str),
    /// Nobody is idle for the topic; whether any employee names it.
    NobodyIdle(bool),
    /// No, for that reason, with that booking.
    NoWithBooking(&'static str, BookingId),
    /// The offer ended so.
    OfferClosed(Outcome),
}

/// What people must hear of a step.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Whose status or intent is another, and why.
    pub statuses: BTreeSet<(usize, &'static str)>,
    /// Offers made, and to whom.
    pub offers: Vec<(EmployeeId, OfferId)>,
    /// Offers ended, to whom they were made, and how.
    pub closed: Vec<(EmployeeId, OfferId, Outcome)>,
    /// Bookings that look different.
    pub bookings: BTreeSet<BookingId>,
    /// Sessions that look different.
    pub talks: BTreeSet<SessionId>,
    /// Messages.
    pub said: Vec<(SessionId, MessageId)>,
    /// Sessions on which something was noted.
    pub noted: BTreeSet<SessionId>,
    /// Sessions that ended.
    pub ended: BTreeSet<SessionId>,
    /// Sides that must hear whether the other is there.
    pub peers: BTreeSet<(SessionId, bool)>,
    /// Employees whose row on the board is another.
    pub rows: BTreeSet<usize>,
    /// Employees who were removed.
    pub removed: Vec<EmployeeId>,
    /// People who were shut out.
    pub shut_out: Vec<Whose>,
    /// The company was removed.
    pub company_gone: bool,
}

impl Model {
    /// A company of which nothing has happened, on a server where a session may have so many bytes of messages.
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
    pub fn staff_no(&self, id: &EmployeeId) -> Option<usize> {
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

    /// What the client has open: a search, or a running session.
    #[must_use]
    pub fn open_of(&self, client: &ClientId) -> Option<&Search> {
        self.searches.iter().rev().find(|search| search.client == *client && self.is_open(search))
    }

    /// Whether the search goes on, or its session does.
    #[must_use]
    pub fn is_open(&self, search: &Search) -> bool {
        match search.end {
            None => true,
            Some(End::Talk(talk)) => self.talk(talk).is_some_and(|talk| talk.ended.is_none()),
            Some(End::Without(_)) => false,
        }
    }

    /// Who could be asked next for that search.
    pub(super) fn next_for(&self, search: &Search) -> Option<usize> {
        let was_asked = |no: &usize| self.staff(*no).is_some_and(|staff| search.has_asked(&staff.id));
        self.line(Some(&search.topic)).into_iter().find(|no| !was_asked(no))
    }

    /// Which side of a session that person is on. Whoever has got the id of an employee who was removed is on none.
    #[must_use]
    pub fn side_of(&self, talk: &Talk, actor: &Actor) -> Option<Party> {
        match actor {
            Actor::Client(client) => (*client == talk.client).then_some(Party::Client),
            Actor::Employee(id) => {
                self.staff(talk.staff).is_some_and(|staff| staff.id == *id).then_some(Party::Employee)
            }
            Actor::Admin => None,
        }
    }

    /// Who can be asked, in the order in which they would be.
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
    /// Bytes of all that was ever said in it.
    pub(super) fn bytes(&self) -> u64 {
        self.said.iter().map(|said| said.body.len() as u64).sum()
    }
}

impl Search {
    pub(super) fn has_asked(&self, who: &EmployeeId) -> bool {
        self.asks.iter().any(|ask| ask.who == *who)
    }
}

//! One company: takes commands, and gives events, an answer and notices.

mod decide;

mod deadline;

mod settle;

mod route;

mod work;

mod wait;

mod apply;

mod tell;

mod look;

mod erase;

mod id_map;

mod line;

mod places;

mod partners;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::booking::Booking;
use crate::brand::Brand;
use crate::command::Command;
use crate::event::Event;
use crate::id::{BookingId, ClientId, CompanyId, EmployeeNo, Key, MessageId, SessionId};
use crate::notice::Notice;
use crate::recent_bookings::RecentBookings;
use crate::refusal::Refusal;
use crate::revocation::Revocations;
use crate::roster::Roster;
use crate::routing::{RouteTable, TopicTimes};
use crate::session::Session;
use crate::settings::CompanySettings;
use crate::time::Time;
use deadline::Deadline;
use id_map::IdMap;
use line::Line;
use partners::Partners;
use places::Places;
use settle::News;

pub use route::InLine;

/// One company with all that is open in it and what ended lately.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Company {
    id: CompanyId,
    exists: bool,
    created_at: Time,
    name: Arc<str>,
    settings: CompanySettings,
    #[serde(default, skip_serializing_if = "Brand::is_plain")]
    brand: Brand,
    /// None is the default routing, and bookings then carry nothing of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    routing: Option<Arc<RouteTable>>,
    /// Lengths of sessions and of waits, for estimates.
    #[serde(default, skip_serializing_if = "TopicTimes::is_empty")]
    times: TopicTimes,
    #[serde(default, skip_serializing_if = "Partners::is_empty")]
    partners: Partners,
    clock: Time,
    seq: u64,
    roster: Roster,
    bookings: IdMap<BookingId, Booking>,
    sessions: IdMap<SessionId, Session>,
    clients: BTreeMap<ClientId, OpenClient>,
    past: RecentBookings,
    today: Today,
    #[serde(default, skip_serializing_if = "Revocations::is_empty")]
    revocations: Revocations,
    #[serde(skip)]
    keys: BTreeMap<(ClientId, Key), BookingId>,
    /// The earliest deadline of each thing that has one.
    #[serde(skip)]
    deadlines: BTreeSet<(Time, Deadline)>,
    #[serde(skip)]
    line: Line,
    #[serde(skip)]
    places: Places,
}

/// A client with an open booking or a running session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct OpenClient {
    booking: BookingId,
    connected: bool,
}

impl Company {
    /// A company without events, which does not exist until it is set.
    #[must_use]
    pub fn new(id: CompanyId) -> Self {
        Self {
            id,
            exists: false,
            created_at: Time::default(),
            name: "".into(),
            settings: CompanySettings::default(),
            brand: Brand::default(),
            routing: None,
            times: TopicTimes::default(),
            partners: Partners::default(),
            clock: Time::default(),
            seq: 0,
            roster: Roster::default(),
            bookings: IdMap::default(),
            sessions: IdMap::default(),
            clients: BTreeMap::new(),
            past: RecentBookings::default(),
            today: Today::default(),
            revocations: Revocations::default(),
            keys: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            line: Line::default(),
            places: Places::default(),
        }
    }

    /// Takes a command: first all deadlines that have passed, then the command itself. The parts of the turn belong
    /// together, so all of them are committed, or none.
    pub fn take(&mut self, now: Time, command: &Command) -> Turn {
        let mut turn = self.turn(now);
        // Before the deadlines have followed the clock, they only seem to have passed.
        if !matches!(command, Command::Resume | Command::FollowClock { .. }) {
            self.do_what_is_due(&mut turn);
        }
        turn.outcome = self.do_it(command, &mut turn);
        turn
    }

    /// Goes on after a start of the server, or after the company was read back. Only people whose devices `present`
    /// reports count as connected. Due deadlines are handled after that, so that connected people lose nothing.
    pub fn resume(&mut self, now: Time, present: &[Command]) -> Turn {
        let mut turn = self.turn(now);
        // With a routing, no employee is asked before all who are there are known, so that no client who waits loses their
        // turn to one whose device came back sooner.
        let settles_at_once = self.routing.is_none();
        for command in [Command::Resume].iter().chain(present) {
            // A person who was removed in the meantime has nothing to come back to.
            let Ok(events) = self.decide(turn.at, command) else { continue };
            if settles_at_once {
                self.play_on(events, &mut turn);
            } else {
                self.play(turn.at, events, &mut turn);
            }
        }
        self.do_what_is_due(&mut turn);
        if !settles_at_once {
            self.settle_all_since(0, &mut turn);
        }
        turn
    }

    fn turn(&self, now: Time) -> Turn {
        // The wall clock may be behind the time that a former run of the server stored.
        Turn { at: now.max(self.clock), events: Vec::new(), outcome: Ok(Answer::Done), notices: Vec::new() }
    }

    fn do_what_is_due(&mut self, turn: &mut Turn) {
        while let Some((at, deadline)) = self.due(turn.at) {
            let events = self.decide_deadline(turn.at, deadline);
            self.play_on(events, turn);
            // Otherwise the deadline would be due for ever, and every visitor of this company would wait for ever.
            assert!(
                !self.deadlines.contains(&(at, deadline)),
                "a deadline that has passed must be answered: {deadline:?}"
            );
        }
    }

    fn do_it(&mut self, command: &Command, turn: &mut Turn) -> Result<Answer, Refusal> {
        let events = self.decide(turn.at, command)?;
        self.play_on(events, turn);
        Ok(self.answer(command))
    }

    /// Plays decided events, and then their consequences for all bookings that seek an employee.
    fn play_on(&mut self, events: Vec<Event>, turn: &mut Turn) {
        let played = turn.events.len();
        self.play(turn.at, events, turn);
        self.settle_all_since(played, turn);
    }

    /// Lets all bookings that seek ask their candidates since those events of the turn.
    fn settle_all_since(&mut self, mut played: usize, turn: &mut Turn) {
        let mut news = News::default();
        while !self.line.is_empty() {
            turn.events[played..].iter().for_each(|event| self.note(event, &mut news));
            played = turn.events.len();
            let events = match self.next_of(&mut news, turn.at) {
                Some(search) => self.ask_for(turn.at, search),
                None => match self.next_step_of(&mut news, turn.at) {
                    Some(opened) => vec![opened],
                    None => break,
                },
            };
            self.play(turn.at, events, turn);
        }
    }

    /// When [`Company::take`] must be called next, with [`Command::Wake`] if no other command comes.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Time> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    /// The company without the things that are only remembered for repeats. Everything that later events can change is
    /// kept.
    #[must_use]
    pub fn without_past(&self) -> Self {
        let (mut bookings, mut sessions) = (IdMap::default(), IdMap::default());
        for booking in self.clients.values().filter_map(|open| self.bookings.get(open.booking)) {
            bookings.insert(booking.id, booking.clone());
            if let Some(session) = booking.session.and_then(|id| self.sessions.get(id)) {
                sessions.insert(session.id, session.clone());
            }
        }
        let mut company = Self {
            id: self.id.clone(),
            exists: self.exists,
            created_at: self.created_at,
            name: self.name.clone(),
            settings: self.settings.clone(),
            brand: self.brand.clone(),
            routing: self.routing.clone(),
            times: self.times.clone(),
            partners: self.partners.clone(),
            clock: self.clock,
            seq: self.seq,
            roster: self.roster.clone(),
            bookings,
            sessions,
            clients: self.clients.clone(),
            past: RecentBookings::default(),
            today: self.today,
            revocations: self.revocations.clone(),
            keys: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            line: Line::default(),
            places: Places::default(),
        };
        company.rebuild();
        company
    }

    /// The company without the counts that an earlier version did not keep, for a comparison with its state.
    #[must_use]
    pub fn without_counts(&self) -> Self {
        let mut company = self.clone();
        company.sessions.values_mut().for_each(|session| session.bytes_before = 0);
        company
    }

    /// Rebuilds the parts that a snapshot does not have.
    pub fn rebuild(&mut self) {
        self.roster.rebuild();
        self.keys.clear();
        (self.line, self.places) = (Line::default(), Places::default());
        for booking in self.bookings.values_mut() {
            booking.rebuild();
            if let Some(key) = &booking.key {
                self.keys.insert((booking.client.clone(), key.clone()), booking.id);
            }
            if let Some(rank) = booking.rank() {
                self.line.join(booking, rank);
            }
            if let Some(rank) = booking.rank_in_line() {
                self.places.join(booking, rank);
            }
            if let Some(routed) = booking.routed.as_ref().filter(|_| booking.is_open()) {
                routed.needs().iter().for_each(|need| self.roster.make_pools(need));
            }
        }
        self.make_pools_of_routes();
        self.deadlines = self.all_deadlines();
    }
}

/// Outcome of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    pub at: Time,
    /// Events in order, including those of deadlines that had passed.
    pub events: Vec<Event>,
    pub outcome: Result<Answer, Refusal>,
    pub notices: Vec<Notice>,
}

/// Subject of a successful command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Done,
    Company,
    Employee(EmployeeNo),
    Booking(BookingId),
    Session(SessionId),
    Message(SessionId, MessageId),
}

/// Counts of one day (UTC).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Today {
    /// Days since the epoch.
    pub day: u64,
    pub booked: u64,
    /// Bookings that led to a session.
    pub assigned: u64,
    /// Bookings that no employee took.
    pub unanswered: u64,
    pub cancelled: u64,
    /// Bookings that reached their deadline.
    pub expired: u64,
    pub ended: u64,
}

impl Company {
    /// Whether the parts that are not stored are equal in both.
    pub(crate) fn same_indexes(&self, other: &Self) -> bool {
        self.keys == other.keys
            && self.deadlines == other.deadlines
            && self.line == other.line
            && self.places.same_as(&other.places)
            && self.roster.same_line(&other.roster)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::Profile;

    #[test]
    fn a_key_a_deadline_and_a_place_in_the_line_each_tell_two_companies_apart() {
        let one = Company::new("acme".parse().unwrap());
        assert!(one.same_indexes(&one.clone()));
        let mut other = one.clone();
        other.keys.insert(("zoe".parse().unwrap(), "key".parse().unwrap()), BookingId::from_u128(1));
        assert!(!one.same_indexes(&other), "the keys");
        let mut other = one.clone();
        other.deadlines.insert((Time::from_ms(1), Deadline::WrapUp(EmployeeNo(0))));
        assert!(!one.same_indexes(&other), "the deadlines");
        let mut other = one.clone();
        let (employee, id) = (EmployeeNo(0), "ann".parse().unwrap());
        let set = Event::EmployeeSet { employee, id, name: "Ann".into(), topics: vec![], profile: Profile::default() };
        other.apply(Time::from_ms(1), &set);
        assert!(!one.same_indexes(&other), "the employees");
    }
}

//! A visit to one company under its lock: commands, arriving and leaving devices, and the entry that results.

use std::sync::{Arc, Weak};
use std::time::Instant;

use switchboard_core::{
    Answer, Availability, BookingId, Command, Company, CompanyId, Employee, Event, Notice, Party, Reach, Refusal,
    SessionId, Time, Turn,
};
use switchboard_journal::rows::rows_of;
use switchboard_journal::{Entry, Fate, Journal};
use switchboard_metrics::METRICS;
use switchboard_wire::json::Json;

use super::availability;
use super::outcomes::Outcomes;
use super::ownership::Term;
use super::places::LastPlaces;
use super::recent_writes::RecentWrites;
use super::reply::OnFate;
use super::rooms::{Room, Rooms, Subscriber};
use super::telling::{self, OutboundFrame};
use crate::clock::{self, ClockReading};

/// A company in memory, with its rooms.
pub(super) struct LoadedCompany {
    pub(super) company: Company,
    /// The term in which the company was loaded; none if it must be loaded before the next visit.
    pub(super) term: Option<Term>,
    /// The slot was taken out of the exchange, so a visitor who still holds the slot must look the company up again.
    pub(super) retired: bool,
    /// The company's history is being rewritten, so no visit is possible until that is over.
    pub(super) is_rewritten: bool,
    pub(super) rooms: Rooms,
    /// The time of this company's line with the timekeeper.
    pub(super) armed: Option<Time>,
    pub(super) events_since_snapshot: u64,
    /// An estimate after a load, which counts only the events since the snapshot.
    pub(super) events_since_base: u64,
    /// How far the company's time is ahead of even time, in milliseconds. The difference stays fixed while anything is
    /// due, so that deadlines are measured by a clock that never jumps.
    ahead_ms: i64,
    told: availability::LastAvailability,
    places: LastPlaces,
    shown: Option<LastSnapshot>,
    stored: RecentWrites,
}

/// The snapshot that was made last, with its room and the number of the latest event in it.
struct LastSnapshot {
    room: Room,
    seq: u64,
    /// Weak, so that the text is freed with the last device that waits for it.
    text: Weak<String>,
}

impl LoadedCompany {
    pub(super) fn unread(id: CompanyId) -> Self {
        Self {
            company: Company::new(id),
            term: None,
            retired: false,
            is_rewritten: false,
            rooms: Rooms::default(),
            armed: None,
            events_since_snapshot: 0,
            events_since_base: 0,
            ahead_ms: 0,
            told: availability::LastAvailability::default(),
            places: LastPlaces::default(),
            shown: None,
            stored: RecentWrites::default(),
        }
    }

    /// Takes over a company that was loaded; the rooms keep their devices.
    pub(super) fn replace(&mut self, company: Company, term: Term, events_since_snapshot: u64, now: ClockReading) {
        let ahead_ms = now.wall.ms_until(company.clock());
        self.ahead_ms = now.ahead_ms().saturating_add_unsigned(ahead_ms);
        if ahead_ms > 0 {
            let company = company.id();
            tracing::warn!(%company, ahead_ms, "the clock is behind the last event: time continues from there");
        }
        self.rooms.reopen_after(company.seq());
        self.told = if self.rooms.has_no_clients() {
            availability::LastAvailability::default()
        } else {
            availability::LastAvailability::read_back(&company)
        };
        self.company = company;
        self.places = LastPlaces::default();
        self.shown = None;
        self.term = Some(term);
        self.events_since_snapshot = events_since_snapshot;
        self.events_since_base = events_since_snapshot;
    }

    /// Whether the company was loaded in the current term of its shard. State of an earlier term may rest on entries
    /// that were lost.
    pub(super) fn is_of(&self, held: Option<Term>) -> bool {
        held.is_some() && self.term == held
    }

    /// The time of the next wake-up if no visitor comes before, in even time.
    pub(super) fn next_deadline(&self) -> Option<Time> {
        let next = self.company.next_deadline().map(|at| clock::plus(at, self.ahead_ms.saturating_neg()));
        next.into_iter().chain(self.told.due()).chain(self.places.due()).min()
    }

    /// Follows the wall clock. Returns by how much that clock went ahead while something is due here, because deadlines
    /// must move by as much.
    ///
    /// A company's time never goes back. With the wall clock behind it, the company's time goes on as long as anything
    /// is due, and then stands until the wall clock has caught up.
    fn follow(&mut self, now: ClockReading) -> Option<u64> {
        let by_ms = now.ahead_ms().saturating_sub(self.ahead_ms);
        if self.company.next_deadline().is_none() {
            // Not before the latest event, because events are read in the order of their times.
            let latest = self.company.clock().as_ms().cast_signed().saturating_sub(now.even.as_ms().cast_signed());
            self.ahead_ms = now.ahead_ms().max(latest);
            return None;
        }
        // A step back would prolong every open wait, and a small difference is no step.
        if by_ms < 0 || !clock::is_step(by_ms) {
            return None;
        }
        self.ahead_ms = now.ahead_ms();
        Some(by_ms.unsigned_abs())
    }

    /// Whether the company has neither events nor listeners.
    pub(super) fn is_nothing(&self) -> bool {
        self.company.seq() == 0 && self.rooms.is_empty()
    }
}

/// One visit, which yields at most one entry.
pub struct Visit<'a> {
    live: &'a mut LoadedCompany,
    now: Time,
    even: Time,
    by_the_wall: Time,
    first_seq: u64,
    events: Vec<Event>,
    notices: Vec<Notice>,
    deliveries: Vec<OutboundFrame>,
    /// Bytes that wait for the commit beside the events and their frames.
    held: usize,
    began: Instant,
}

impl<'a> Visit<'a> {
    pub(super) fn begin(live: &'a mut LoadedCompany, read: ClockReading) -> Self {
        let went_ahead_ms = live.follow(read);
        let (now, even) = (clock::plus(read.even, live.ahead_ms).max(live.company.clock()), read.even);
        let by_the_wall = read.wall;
        let first_seq = live.company.seq() + 1;
        let (events, notices, deliveries) = (Vec::new(), Vec::new(), Vec::new());
        let mut visit = Self {
            live,
            now,
            even,
            by_the_wall,
            first_seq,
            events,
            notices,
            deliveries,
            held: 0,
            began: Instant::now(),
        };
        if let Some(by_ms) = went_ahead_ms {
            // Deadlines follow the clock before anything is decided, or they would seem to have passed.
            let _followed = visit.take(&Command::FollowClock { by_ms });
        }
        visit
    }

    /// The company's time at this visit.
    #[must_use]
    pub const fn now(&self) -> Time {
        self.now
    }

    /// The wall clock's time, for tokens, because the company's time may be ahead.
    #[must_use]
    pub const fn by_the_wall(&self) -> Time {
        self.by_the_wall
    }

    /// The company with everything that this visit has done so far.
    #[must_use]
    pub const fn company(&self) -> &Company {
        &self.live.company
    }

    /// Has the company take a command, and adds the outcome to the entry.
    pub fn take(&mut self, command: &Command) -> Result<Answer, Refusal> {
        let began = Instant::now();
        let turn = self.live.company.take(self.now, command);
        METRICS.decision.observe(began.elapsed().as_secs_f64());
        self.keep(turn)
    }

    fn keep(&mut self, turn: Turn) -> Result<Answer, Refusal> {
        self.events.extend(turn.events);
        self.notices.extend(turn.notices);
        turn.outcome
    }

    /// Adds a device to a room; the first device of a person makes the person present. A refused device is not in the
    /// room.
    pub fn enter(&mut self, room: &Room, line: Subscriber) -> Result<Answer, Refusal> {
        // Checked here, because a board has no command that would be refused.
        if !self.live.company.exists() && !matches!(room, Room::Session(..)) {
            return Err(Refusal::UnknownCompany);
        }
        let answer = match arrival(room) {
            Some(command) => self.take(&command)?,
            None => Answer::Done,
        };
        self.live.rooms.enter(room.clone(), line);
        Ok(answer)
    }

    /// Takes a device out of a room; the last device of a person makes the person absent.
    pub fn leave(&mut self, room: &Room, line: u64) {
        if self.live.rooms.leave(room, line) {
            self.come_or_go(departure(room));
        }
    }

    /// Notes whether a device in a room answers. A silent device counts as gone until it answers.
    pub fn answers(&mut self, room: &Room, line: u64, answers: bool) {
        if self.live.rooms.answers(room, line, answers) {
            self.come_or_go(if answers { arrival(room) } else { departure(room) });
        }
    }

    fn come_or_go(&mut self, moved: Option<Command>) {
        if let Some(command) = moved {
            // A refusal only says that the person or the session is gone, and with them their presence.
            let _nothing_there = self.take(&command);
        }
    }

    /// The snapshot for a device that joins a room. Devices that would get the same text share one, as long as any of
    /// them waits for it.
    pub(crate) fn shown_once(&mut self, room: &Room, show: impl FnOnce(&Company) -> String) -> Arc<String> {
        let LoadedCompany { company, shown, .. } = &mut *self.live;
        let same = shown.as_ref().filter(|shown| shown.seq == company.seq() && shown.room == *room);
        if let Some(text) = same.and_then(|shown| shown.text.upgrade()) {
            return text;
        }
        let text = Arc::new(show(company));
        *shown = Some(LastSnapshot { room: room.clone(), seq: company.seq(), text: Arc::downgrade(&text) });
        text
    }

    /// Counts bytes that wait with this visit for the commit.
    pub const fn holds(&mut self, bytes: usize) {
        self.held += bytes;
    }

    /// Whether more of what the company's people write and do may be stored, at a rate in bytes per second; 0 is no
    /// limit. The error is the wait in milliseconds.
    pub(crate) fn may_store(&mut self, per_s: u64) -> Result<(), u64> {
        self.live.stored.done.may_grow(per_s, self.even)
    }

    /// The same for changes of the company and its employees.
    pub fn may_set(&mut self, per_s: u64) -> Result<(), u64> {
        self.live.stored.set.may_grow(per_s, self.even)
    }

    /// Counts bytes that a change stores outside of events, such as a logo's.
    pub const fn sets_beside_events(&mut self, bytes: usize) {
        self.live.stored.set.add(bytes as u64);
    }

    /// Sends an event that is not stored to every device on one side of a session, in order with all others.
    pub fn relay(&mut self, session: SessionId, to: Party, event: &str, payload: &impl Json) {
        telling::relay(&self.live.rooms, session, to, event, payload, &mut self.deliveries);
    }

    /// Tells a company that was loaded who is connected; everyone else counts as absent.
    pub(super) fn resume(&mut self) {
        let rooms: Vec<Room> = self.live.rooms.occupied().cloned().collect();
        // Otherwise each load of a company at rest would write an event.
        if !self.live.company.exists() || (rooms.is_empty() && nothing_to_resume(&self.live.company)) {
            return;
        }
        let there = rooms.iter().filter(|room| self.live.rooms.is_there(room));
        let present: Vec<Command> = there.filter_map(arrival).collect();
        let turn = self.live.company.resume(self.now, &present);
        let _nobody_asked = self.keep(turn);
        for room in rooms {
            let Room::Session(session, to) = room else { continue };
            let Some(found) = self.live.company.session(session) else { continue };
            // Departures during the outage are announced now.
            let online = found.presence(to.other()).online;
            self.notices.push(Notice::Peer { session, to, online });
        }
    }

    pub(super) const fn disarm(&mut self) {
        self.live.armed = None;
    }

    /// Sessions that began (`true`) and that ended (`false`) in this visit.
    pub(super) fn sessions_moved(&self) -> impl Iterator<Item = (SessionId, bool)> {
        self.events.iter().filter_map(|event| match event {
            Event::OfferAccepted { session, .. } => Some((*session, true)),
            Event::SessionEnded { session, .. } => Some((*session, false)),
            _ => None,
        })
    }

    /// The visit's entry; none if nothing happened and no caller waits for an answer.
    pub(super) fn finish(mut self, epoch: u64, on_fate: Option<OnFate>, journal: &Journal) -> Option<Entry> {
        let rows = rows_of(&self.live.company, &self.events);
        self.live.events_since_snapshot += self.events.len() as u64;
        self.live.events_since_base += self.events.len() as u64;
        let mut deliveries = telling::tell(&self.live.company, &self.live.rooms, &self.notices, self.now);
        deliveries.append(&mut self.deliveries);
        self.tell_availability(&mut deliveries);
        self.tell_places(&mut deliveries);
        // Closes come last, because a closed topic gets no more events.
        telling::close(&self.live.company, &mut self.live.rooms, &self.notices, &mut deliveries);
        if self.events.is_empty() && deliveries.is_empty() && on_fate.is_none() {
            return None;
        }
        let stored = usize::try_from(self.live.stored.add(&self.events)).unwrap_or(usize::MAX);
        // Counted until the release, so that a slow disk is answered with `overloaded` and not with ever more memory.
        let load = journal.load(self.held + stored + telling::bytes(&deliveries));
        let outcomes = Outcomes::of(&self.live.company, &self.events, self.now, self.began);
        let release = Box::new(move |fate| {
            // The reply comes first: after a join it is the snapshot on which later events build.
            if let Some(on_fate) = on_fate {
                on_fate.tell(fate);
            }
            if fate == Fate::Committed {
                for (outbox, outgoing) in deliveries {
                    outbox.push(outgoing);
                }
                outcomes.note();
            }
            drop(load);
        });
        let company = self.live.company.id().clone();
        let (first_seq, events) = (self.first_seq, self.events);
        Some(Entry { company, epoch, first_seq, at: self.now, events, rows, release })
    }

    /// The availability for a client who has just joined, noted as told to that client.
    pub(crate) fn show_availability(&mut self) -> Availability {
        let LoadedCompany { company, rooms, told, .. } = &mut *self.live;
        let availability = company.availability();
        // The client's own line is in the room already.
        let is_first = rooms.clients().nth(1).is_none();
        told.shown(company, &availability, is_first);
        availability
    }

    /// Notes that a device is shown the booking, which may wait.
    pub(crate) fn place_is_shown(&mut self, booking: BookingId) {
        let LoadedCompany { company, rooms, places, .. } = &mut *self.live;
        if let Some(found) = company.booking(booking).filter(|booking| booking.is_in_line()) {
            let devices = rooms.in_room(&Room::Client(found.client.clone())).len();
            places.shown(company, booking, devices < 2, self.even);
        }
    }

    fn tell_places(&mut self, deliveries: &mut Vec<OutboundFrame>) {
        let LoadedCompany { company, rooms, places, .. } = &mut *self.live;
        places.heard(company, &self.notices, self.even);
        let news = places.news(company, rooms, self.even);
        deliveries.extend(telling::tell(company, rooms, &news, self.now));
    }

    fn tell_availability(&mut self, deliveries: &mut Vec<OutboundFrame>) {
        let LoadedCompany { company, rooms, told, .. } = &mut *self.live;
        if let Some(changes) = told.news(company, self.even, rooms.has_no_clients()) {
            telling::tell_availability(company.id(), rooms, &changes, deliveries);
        }
    }
}

/// The command for a person's first device in a room; none for a board, whose watchers do not count as present.
fn arrival(room: &Room) -> Option<Command> {
    match room {
        Room::Client(client) => Some(Command::ClientConnected { client: client.clone() }),
        Room::Employee(employee) => Some(Command::EmployeeConnected { employee: employee.clone() }),
        Room::Session(session, party) => Some(Command::EnterSession { session: *session, party: *party }),
        Room::Board => None,
    }
}

/// The command for a person's last device that leaves a room.
fn departure(room: &Room) -> Option<Command> {
    match room {
        Room::Client(client) => Some(Command::ClientDisconnected { client: client.clone() }),
        Room::Employee(employee) => Some(Command::EmployeeDisconnected { employee: employee.clone() }),
        Room::Session(session, party) => Some(Command::LeaveSession { session: *session, party: *party }),
        Room::Board => None,
    }
}

fn nothing_to_resume(company: &Company) -> bool {
    let at_rest = |employee: &Employee| matches!(employee.reach, Reach::Gone { .. });
    company.next_deadline().is_none()
        && company.employees_after(None).all(|(_, employee)| at_rest(employee))
        && company.sessions().all(|session| !session.is_running())
}

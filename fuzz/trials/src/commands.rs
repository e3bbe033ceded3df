//! Commands in any order: whatever people, devices and clocks request from one company, its rules hold.

use std::sync::Arc;

use switchboard_core::routing::{EVERYBODY, EVERYTHING, Order, Prefer, Rest, Route, RouteStep, WrapUpRules};
use switchboard_core::{
    Actor, Answer, BookingId, BookingRequest, ClientId, Command, Company, CompanySettings, EmployeeId, Intent, Key,
    Level, MessageId, OfferId, Party, PauseRequest, Profile, Routing, SessionId, Skills, Time, Topic, Turn, Wishes,
    invariants,
};
use switchboard_journal::rows::rows_of;
use switchboard_wire::view;

/// The most commands of one input, because more of them find nothing new.
const STEPS_MAX: usize = 400;
/// Steps between two times that the company is written and read again.
const STEPS_PER_SNAPSHOT: usize = 16;

/// Runs commands, which the bytes choose together with their people and objects. Printable bytes reach everything.
pub fn commands(data: &[u8]) {
    let mut walk = CommandWalk::new(data);
    for step in 0..STEPS_MAX {
        if walk.choices.is_empty() {
            break;
        }
        walk.step();
        if step % STEPS_PER_SNAPSHOT == 0 {
            walk.reread();
        }
    }
    walk.reread();
}

struct Choices<'a>(&'a [u8]);

impl Choices<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// An index below `count`; 0 when no bytes are left.
    fn one_of(&mut self, count: usize) -> usize {
        match self.0.split_first() {
            Some((byte, rest)) => {
                self.0 = rest;
                usize::from(*byte) % count.max(1)
            }
            None => 0,
        }
    }

    fn yes(&mut self) -> bool {
        self.one_of(2) == 1
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.one_of(all.len())]
    }
}

struct CommandWalk<'a> {
    choices: Choices<'a>,
    company: Company,
    /// The same company, folded from its events alone.
    folded: Company,
    now_ms: u64,
    fresh: u128,
    bookings: Vec<BookingId>,
    sessions: Vec<SessionId>,
}

impl<'a> CommandWalk<'a> {
    fn new(data: &'a [u8]) -> Self {
        let company = Company::new(id("acme"));
        let (folded, now_ms) = (company.clone(), 1_700_000_000_000);
        let choices = Choices(data);
        let mut walk = Self { choices, company, folded, now_ms, fresh: 0, bookings: Vec::new(), sessions: Vec::new() };
        // Half of all findings need a company with employees.
        walk.take(&Command::SetCompany { name: "Acme".into(), settings: short() });
        for (name, topics) in [("e0", vec![]), ("e1", vec![id("tax")])] {
            let employee: EmployeeId = id(name);
            walk.take(&Command::set_employee(employee.clone(), name.into(), topics));
            walk.take(&Command::EmployeeConnected { employee: employee.clone() });
            walk.take(&Command::set_status(employee, Intent::Idle, false));
        }
        walk
    }

    fn step(&mut self) {
        if let Some(command) = self.by_rules() {
            return self.take(&command);
        }
        match self.choices.one_of(24) {
            0 => self.now_ms += self.choices.of(&[1, 5, 20, 60, 1000, 86_400_000]),
            1 => self.now_ms -= 3,
            2 => {
                // Exactly at the next deadline.
                let next = self.company.next_deadline().map_or(self.now_ms, Time::as_ms);
                self.now_ms = self.now_ms.max(next);
                self.take(&Command::Wake);
            }
            3 => self.restart(),
            choice => {
                let command = self.command(choice);
                self.take(&command);
            }
        }
    }

    /// A command about routing, if the next byte is a letter after `w` or a sign after that.
    fn by_rules(&mut self) -> Option<Command> {
        let (letter, rest) = self.choices.0.split_first()?;
        if !(b'x'..=b'~').contains(letter) {
            return None;
        }
        self.choices.0 = rest;
        Some(match letter {
            b'x' => Command::SetRouting { routing: Box::new(self.routing()) },
            b'y' => {
                let profile = Profile {
                    skills: self.skills(),
                    share: self.choices.of(&[1, 3]),
                    capacity: self.choices.of(&[1, 1, 2]),
                };
                let (employee, topics) = (self.employee(), self.topics());
                Command::SetEmployee { employee, name: "Ann".into(), topics, profile }
            }
            b'z' => {
                let (booking, client, topic) = (BookingId::from_u128(self.fresh()), self.client(), self.topic());
                let wishes = Some(Box::new(Wishes { skills: self.skills(), ..Wishes::default() }))
                    .filter(|wishes| !wishes.is_empty());
                Command::Book(BookingRequest { wishes, ..BookingRequest::new(booking, client, topic) })
            }
            b'{' => {
                let reason = self.choices.of(&[None, Some("lunch"), Some("other")]).map(id);
                let pause = PauseRequest { reason, for_ms: self.choices.of(&[None, Some(5), Some(60)]) };
                let (employee, by_admin) = (self.employee(), self.choices.yes());
                Command::SetStatus { employee, intent: Intent::Offline, by_admin, pause }
            }
            b'|' => Command::Finish {
                employee: self.employee(),
                session: Some(self.session()).filter(|_| self.choices.yes()),
            },
            b'}' => {
                let (employee, session) = (self.employee(), self.session());
                Command::Extend { employee, session, for_ms: self.choices.of(&[0, 5, 60]) }
            }
            _ => {
                let (employee, session) = (self.employee(), self.session());
                Command::Code { employee, session, code: id(self.choices.of(&["good", "bad"])) }
            }
        })
    }

    /// Rules of who is asked, with up to two steps that are the same for all topics.
    fn routing(&mut self) -> Routing {
        let mut routing = Routing::default();
        if self.choices.yes() {
            let first = self.routing_step(0);
            let second = self.choices.yes().then(|| self.routing_step(20));
            routing.routes =
                vec![Arc::new(Route { steps: [first].into_iter().chain(second).collect(), ..Route::default() })];
        }
        let ms = [0, 5, 60];
        routing.rest = Rest { rejected_ms: self.choices.of(&ms), missed_ms: self.choices.of(&ms) };
        let codes = if self.choices.yes() { vec![id("good")] } else { vec![] };
        let code_required = !codes.is_empty() && self.choices.yes();
        routing.wrap_up = WrapUpRules { max_ms: self.choices.of(&ms), codes, code_required };
        routing.pause_reasons = if self.choices.yes() { vec![id("lunch")] } else { vec![] };
        routing.clients.skills = if self.choices.yes() { [id("de")].into() } else { [].into() };
        assert_eq!(routing.check(), Ok(()));
        routing
    }

    fn routing_step(&mut self, after_ms: u64) -> RouteStep {
        let topic = self.choices.of(&[None, Some("tax"), Some(EVERYBODY)]);
        let level = if topic == Some(EVERYBODY) { Level::LEAST } else { self.level() };
        RouteStep {
            after_ms,
            topic: topic.map(id),
            level,
            skills: self.skills(),
            drop: if self.choices.yes() { [id(EVERYTHING)].into() } else { [].into() },
            prefer: self.choices.of(&Prefer::ALL),
            order: self.choices.of(&Order::ALL),
            at_once: self.choices.of(&[1, 2, 50]),
        }
    }

    fn level(&mut self) -> Level {
        self.choices.of(&[Level::LEAST, Level::ALL[1], Level::MOST])
    }

    /// Up to one skill: a language or a level in a topic.
    fn skills(&mut self) -> Skills {
        let word = self.choices.of(&[None, Some("de"), Some("tax")]);
        word.map(|word| (id(word), self.level())).into_iter().collect()
    }

    fn command(&mut self, choice: usize) -> Command {
        match choice {
            4 => Command::SetCompany { name: self.choices.of(&["Acme", "Other"]).into(), settings: self.settings() },
            5 if self.choices.one_of(8) == 7 => Command::RemoveCompany { revoke_before: Time::from_ms(self.now_ms) },
            5 | 6 => Command::set_employee(self.employee(), self.choices.of(&["Ann", "Bob"]).into(), self.topics()),
            7 => Command::RemoveEmployee { employee: self.employee(), revoke_before: Time::from_ms(self.now_ms) },
            8 => Command::set_status(self.employee(), Intent::Idle, self.choices.yes()),
            9 => Command::set_status(self.employee(), Intent::Offline, self.choices.yes()),
            10 => Command::EmployeeConnected { employee: self.employee() },
            11 => Command::EmployeeDisconnected { employee: self.employee() },
            12 => Command::ClientConnected { client: self.client() },
            13 => Command::ClientDisconnected { client: self.client() },
            14 | 15 => {
                let (booking, client) = (BookingId::from_u128(self.fresh()), self.client());
                let client_name = self.choices.yes().then(|| "Zoe".into());
                let topic = self.topic();
                let (note, key) = (self.choices.yes().then(|| "[1]".into()), self.key());
                let request = BookingRequest::new(booking, client, topic);
                Command::Book(BookingRequest { client_name, note, key, ..request })
            }
            16 => Command::Cancel { booking: self.booking(), by: self.actor() },
            17 => Command::OfferDelivered { employee: self.employee(), offer: self.offer(), device: None },
            18 | 19 => {
                let (employee, offer) = self.asked();
                Command::Accept { employee, offer, session: SessionId::from_u128(self.fresh()) }
            }
            20 => {
                let (employee, offer) = self.asked();
                Command::Reject { employee, offer, reason: self.reason() }
            }
            21 => {
                let (session, party) = (self.session(), self.choices.of(&[Party::Client, Party::Employee]));
                if self.choices.yes() {
                    Command::EnterSession { session, party }
                } else {
                    Command::LeaveSession { session, party }
                }
            }
            22 if self.choices.one_of(4) == 3 => Command::WriteNotes {
                session: self.session(),
                by: self.party(),
                body: self.choices.of(&["", "words", "other words"]).into(),
            },
            22 => Command::Send {
                session: self.session(),
                message: MessageId::from_u128(self.fresh()),
                by: self.party(),
                body: "words".into(),
                key: self.key(),
                // Enough bytes for three messages.
                session_max_bytes: 15,
            },
            _ => Command::End { session: self.session(), by: self.party(), reason: self.reason() },
        }
    }

    /// Runs a command and checks everything that must hold after every turn.
    fn take(&mut self, command: &Command) {
        let now = Time::from_ms(self.now_ms);
        let turn = self.company.take(now, command);
        assert!(turn.at >= now);
        self.follow(&turn);
        // A time of 0 ms that begins with the command itself ends at the same moment, and is handled by the next
        // wake-up.
        let left = self.company.next_deadline();
        assert!(left.is_none_or(|at| at >= turn.at), "what was due is done: {command:?}");
        match turn.outcome {
            Ok(Answer::Booking(booking)) => assert!(self.company.booking(booking).is_some()),
            Ok(Answer::Session(session)) => assert!(self.company.session(session).is_some()),
            Ok(Answer::Employee(no)) => assert!(self.company.employee_no(no).is_some()),
            Ok(Answer::Done | Answer::Company | Answer::Message(..)) | Err(_) => {}
        }
    }

    fn follow(&mut self, turn: &Turn) {
        for event in &turn.events {
            self.folded.apply(turn.at, event);
        }
        let _rows = rows_of(&self.company, &turn.events);
        assert_eq!(self.folded, self.company, "the state is the fold of its events");
        if let Err(broken) = invariants::check(&self.company) {
            panic!("{broken}: {}", view::json(&self.company));
        }
    }

    /// Restarts the server; some of the people are present afterwards.
    fn restart(&mut self) {
        self.reread();
        let mut present = Vec::new();
        for number in 0..4 {
            if self.choices.yes() {
                present.push(Command::EmployeeConnected { employee: id(&format!("e{number}")) });
                present.push(Command::ClientConnected { client: id(&format!("c{number}")) });
            }
        }
        let turn = self.company.resume(Time::from_ms(self.now_ms), &present);
        self.follow(&turn);
    }

    /// Checks that the written state is complete.
    fn reread(&mut self) {
        let written = view::json(&self.company);
        let mut read: Company = serde_json::from_str(&written).unwrap_or_else(|error| panic!("{written}: {error}"));
        read.rebuild();
        assert_eq!(view::json(&read), written);
        assert_eq!(read.next_deadline(), self.company.next_deadline());
        // The counter of the line's changes starts again.
        self.folded = read.clone();
        self.company = read;
    }

    fn fresh(&mut self) -> u128 {
        self.fresh += 1;
        self.fresh
    }

    fn employee(&mut self) -> EmployeeId {
        id(self.choices.of(&["e0", "e1", "e2", "e3"]))
    }

    fn client(&mut self) -> ClientId {
        id(self.choices.of(&["c0", "c1", "c2"]))
    }

    fn topic(&mut self) -> Topic {
        id(self.choices.of(&["tax", "law"]))
    }

    /// Up to three topics, perhaps with duplicates.
    fn topics(&mut self) -> Vec<Topic> {
        (0..self.choices.one_of(4)).map(|_| self.topic()).collect()
    }

    fn key(&mut self) -> Option<Key> {
        self.choices.of(&[None, Some("k0"), Some("k1")]).map(id)
    }

    fn reason(&mut self) -> Option<Arc<str>> {
        self.choices.yes().then(|| "no".into())
    }

    /// A known booking, or one that never existed.
    fn booking(&mut self) -> BookingId {
        self.bookings = self.company.bookings().map(|booking| booking.id).collect();
        let back = self.choices.one_of(8);
        self.bookings.iter().rev().nth(back).copied().unwrap_or(BookingId::from_u128(u128::MAX))
    }

    fn session(&mut self) -> SessionId {
        self.sessions = self.company.sessions().map(|session| session.id).collect();
        let back = self.choices.one_of(8);
        self.sessions.iter().rev().nth(back).copied().unwrap_or(SessionId::from_u128(u128::MAX))
    }

    fn offer(&mut self) -> OfferId {
        let booking = self.booking();
        let latest = self.company.booking(booking).map_or(0, |booking| booking.latest_offer_id().attempt);
        // Mostly the latest attempt, sometimes an earlier one or none.
        let attempt = latest.saturating_sub(u32::from(self.choices.one_of(4) == 3));
        OfferId { booking, attempt }
    }

    /// An offer with its employee, or sometimes with another one.
    fn asked(&mut self) -> (EmployeeId, OfferId) {
        let offer = self.offer();
        let found = self.company.booking(offer.booking).and_then(|booking| booking.offer(offer.attempt));
        let asked = found.map(|offer| offer.employee_id.clone());
        let other = self.choices.one_of(4) == 3;
        (asked.filter(|_| !other).unwrap_or_else(|| id("e0")), offer)
    }

    fn actor(&mut self) -> Actor {
        match self.choices.one_of(3) {
            0 => Actor::Client(self.client()),
            1 => Actor::Employee(self.employee()),
            _ => Actor::Admin,
        }
    }

    fn party(&mut self) -> Actor {
        let newest = self.company.sessions().last();
        let people = newest.map(|session| (session.client.clone(), session.employee_id.clone()));
        match (self.choices.one_of(4), people) {
            (0, Some((client, _))) => Actor::Client(client),
            (1, Some((_, employee))) => Actor::Employee(employee),
            _ => self.actor(),
        }
    }

    fn settings(&mut self) -> CompanySettings {
        let ms = [0, 1, 5, 20, 60];
        let some = [1, 5, 20, 60];
        let settings = CompanySettings {
            offer_timeout_ms: self.choices.of(&some),
            delivery_timeout_ms: self.choices.of(&ms),
            booking_deadline_ms: self.choices.of(&some),
            max_missed: self.choices.of(&[0, 1, 2]),
            employee_grace_ms: self.choices.of(&ms),
            intent_lapse_ms: self.choices.of(&ms),
            client_grace_ms: self.choices.of(&ms),
            session_grace_ms: self.choices.of(&ms),
            wrap_up_ms: self.choices.of(&ms),
            history_days: self.choices.of(&[0, 1]),
        };
        assert_eq!(settings.check(), Ok(()));
        settings
    }
}

/// Timeouts so short that a walk both meets and misses them.
fn short() -> CompanySettings {
    CompanySettings {
        offer_timeout_ms: 20,
        delivery_timeout_ms: 5,
        booking_deadline_ms: 60,
        employee_grace_ms: 20,
        intent_lapse_ms: 60,
        client_grace_ms: 20,
        session_grace_ms: 20,
        ..CompanySettings::default()
    }
}

fn id<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> T {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

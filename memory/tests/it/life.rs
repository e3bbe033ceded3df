//! The life of a company, whose visits become the entries of a store.

use std::sync::Arc;

use switchboard_core::routing::{ClientWishes, Rest, Route, RouteStep, Routing, WrapUpRules};
use switchboard_core::{
    Actor, BookingId, BookingRequest, Command, Company, CompanyId, CompanySettings, Event, Intent, Level, MessageId,
    OfferId, Party, Profile, SessionId, Skills, Time, Wishes,
};
use switchboard_journal::rows::{Row, rows_of};
use switchboard_journal::{Entry, JournalItem};

/// The beginning of all lives, in the middle of a day.
pub const START_MS: u64 = 1_763_900_000_000;
const MINUTE_MS: u64 = 60_000;

pub fn company_id(text: &str) -> CompanyId {
    text.parse().expect("an id")
}

fn skills(level: u8) -> Skills {
    Skills::from([("de".parse().expect("a skill"), Level::try_from(level).expect("a level"))])
}

/// A company as the exchange has it in memory.
pub struct Life {
    pub company: Company,
    pub now: Time,
    drawn: u128,
}

/// The outcome of one visit, of which each store gets an entry.
#[derive(Clone)]
pub struct Visited {
    company: CompanyId,
    first_seq: u64,
    at: Time,
    events: Vec<Event>,
    rows: Vec<Row>,
}

impl Visited {
    /// The number of events.
    pub fn events(&self) -> u64 {
        self.events.len() as u64
    }

    pub fn entry(&self) -> JournalItem {
        let Self { company, first_seq, at, events, rows } = self.clone();
        JournalItem::Entry(Entry { company, epoch: 0, first_seq, at, events, rows, release: Box::new(|_| {}) })
    }
}

impl Life {
    pub fn new(id: &str) -> Self {
        Self { company: Company::new(company_id(id)), now: Time::from_ms(START_MS), drawn: 0 }
    }

    pub fn waits(&mut self, ms: u64) {
        self.now = self.now.plus_ms(ms);
    }

    /// An id of this moment, and of no other company.
    fn draws(&mut self) -> u128 {
        self.drawn += 1;
        let company = u128::from(self.company.id().as_str().as_bytes()[0]);
        u128::from(self.now.as_ms()) << 80 | 7 << 76 | company << 32 | self.drawn
    }

    /// Takes a command that may be refused; none when nothing happened.
    pub fn tries(&mut self, command: &Command) -> Option<Visited> {
        let first_seq = self.company.seq() + 1;
        let turn = self.company.take(self.now, command);
        let (at, events) = (turn.at, turn.events);
        let rows = rows_of(&self.company, &events);
        (!events.is_empty()).then(|| Visited { company: self.company.id().clone(), first_seq, at, events, rows })
    }

    /// Takes a command that must have an effect.
    pub fn does(&mut self, command: &Command) -> Visited {
        self.tries(command).unwrap_or_else(|| panic!("nothing happened after {command:?}"))
    }

    pub fn is_founded(&mut self) -> Visited {
        let settings = CompanySettings { history_days: 30, ..CompanySettings::default() };
        self.does(&Command::SetCompany { name: self.company.id().as_str().into(), settings })
    }

    /// Sets a routing of two steps: the first asks for wishes, and the second asks two employees at once.
    pub fn is_routed(&mut self) -> Option<Visited> {
        let word = |word: &str| word.parse().expect("a word");
        let steps = vec![
            RouteStep::default(),
            RouteStep {
                after_ms: 20_000,
                at_once: 2,
                drop: ["*".parse().expect("a skill")].into(),
                ..RouteStep::default()
            },
        ];
        let routing = Box::new(Routing {
            routes: vec![Arc::new(Route { steps, ..Route::default() })],
            rest: Rest { rejected_ms: 5_000, missed_ms: 10_000 },
            wrap_up: WrapUpRules { max_ms: 0, codes: vec![word("done"), word("again")], code_required: false },
            pause_reasons: vec![],
            clients: ClientWishes { skills: skills(1).into_keys().collect(), employee: false },
            ..Routing::default()
        });
        self.tries(&Command::SetRouting { routing })
    }

    /// Gives an employee that level of the skill that clients may ask for.
    pub fn learns(&mut self, employee: &str, level: u8) -> Option<Visited> {
        let profile = Profile { skills: skills(level), share: level, capacity: level };
        let (employee, name) = (employee.parse().expect("an id"), employee.into());
        self.tries(&Command::SetEmployee { employee, name, topics: vec![], profile })
    }

    /// Gives the newest session a code, also after its end.
    pub fn codes(&mut self, code: &str) -> Option<Visited> {
        let session = self.company.sessions().last()?;
        let (session, employee) = (session.id, session.employee_id.clone());
        self.tries(&Command::Code { employee, session, code: code.parse().expect("a word") })
    }

    /// Hires an employee for all topics, who is connected and idle afterwards.
    pub fn hires(&mut self, employee: &str) -> Vec<Visited> {
        let id = || employee.parse().expect("an id");
        vec![
            self.does(&Command::set_employee(id(), employee.into(), vec![])),
            self.does(&Command::EmployeeConnected { employee: id() }),
            self.does(&Command::set_status(id(), Intent::Idle, false)),
        ]
    }

    pub fn fires(&mut self, employee: &str) -> Option<Visited> {
        let revoke_before = self.now;
        self.tries(&Command::RemoveEmployee { employee: employee.parse().expect("an id"), revoke_before })
    }

    pub fn ends(&mut self) -> Option<Visited> {
        self.tries(&Command::RemoveCompany { revoke_before: self.now })
    }

    pub fn books(&mut self, client: &str) -> Option<Visited> {
        let drawn = self.draws();
        let may_wish = !self.company.routing().clients.skills.is_empty();
        let wishes = may_wish.then(|| Box::new(Wishes { skills: skills(2), ..Wishes::default() }));
        // Every field is named, and every personal one has the client in it, so that a forgotten erasure is found.
        self.tries(&Command::Book(BookingRequest {
            booking: BookingId::from_u128(drawn),
            client: client.parse().expect("an id"),
            client_name: Some(format!("Name of {client}").into()),
            topic: "tax".parse().expect("a topic"),
            note: Some(format!("\"note of {client}\"").into()),
            key: Some(format!("key {drawn} of {client}").parse().expect("a key")),
            wishes,
        }))
    }

    /// The newest open offer, with the employee who is asked.
    fn offer(&self) -> Option<(OfferId, switchboard_core::EmployeeId)> {
        let open = self.company.bookings().flat_map(|booking| booking.open_offers());
        open.last().map(|(id, offer)| (id, offer.employee_id.clone()))
    }

    pub fn delivers(&mut self) -> Option<Visited> {
        let (offer, employee) = self.offer()?;
        self.tries(&Command::OfferDelivered { employee, offer, device: Some("web".parse().expect("a kind")) })
    }

    pub fn accepts(&mut self) -> Option<Visited> {
        let (offer, employee) = self.offer()?;
        let session = SessionId::from_u128(self.draws());
        self.tries(&Command::Accept { employee, offer, session })
    }

    pub fn rejects(&mut self) -> Option<Visited> {
        let (offer, employee) = self.offer()?;
        let reason = Some(format!("{employee} is at lunch").into());
        self.tries(&Command::Reject { employee, offer, reason })
    }

    pub fn cancels(&mut self) -> Option<Visited> {
        let (booking, by) = self.company.bookings().find(|booking| booking.is_open()).map(|booking| {
            let by = Actor::Client(booking.client.clone());
            (booking.id, by)
        })?;
        self.tries(&Command::Cancel { booking, by })
    }

    /// The newest session that runs, with its parties.
    fn session(&self) -> Option<(SessionId, Actor, Actor)> {
        let session = self.company.sessions().filter(|session| session.ended_at.is_none()).last()?;
        Some((session.id, Actor::Client(session.client.clone()), Actor::Employee(session.employee_id.clone())))
    }

    pub fn enters(&mut self) -> Option<Visited> {
        let (session, ..) = self.session()?;
        self.tries(&Command::EnterSession { session, party: Party::Client })
    }

    pub fn says(&mut self, by_client: bool, body: &str) -> Option<Visited> {
        let (session, client, employee) = self.session()?;
        let (by, message) = (if by_client { client } else { employee }, MessageId::from_u128(self.draws()));
        let body = body.into();
        self.tries(&Command::Send { session, message, by, body, key: None, session_max_bytes: 1_000_000 })
    }

    pub fn notes(&mut self, body: &str) -> Option<Visited> {
        let (session, _, by) = self.session()?;
        self.tries(&Command::WriteNotes { session, by, body: body.into() })
    }

    pub fn hangs_up(&mut self, by_client: bool) -> Option<Visited> {
        let (session, client, employee) = self.session()?;
        let by = if by_client { client } else { employee };
        let reason = self.company.session(session).map(|found| format!("{} has heard all", found.client).into());
        self.tries(&Command::End { session, by, reason })
    }

    /// A whole consultation of a minute, in which both parties speak.
    pub fn consults(&mut self, client: &str) -> Vec<Visited> {
        let mut visits = vec![self.books(client)];
        visits.push(self.delivers());
        visits.push(self.accepts());
        visits.push(self.enters());
        visits.push(self.says(true, &format!("{client} asks")));
        visits.push(self.says(false, &format!("hello {client}")));
        visits.push(self.notes(&format!("{client} pays")));
        self.waits(MINUTE_MS);
        visits.push(self.hangs_up(true));
        // The employee's time to write up what was said.
        self.waits(MINUTE_MS);
        visits.push(self.tries(&Command::Wake));
        visits.into_iter().flatten().collect()
    }
}

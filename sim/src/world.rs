//! The world: a server on a disk, people with devices, the network between, and the time. Each throw of the dice does
//! one thing in the world.

use std::collections::{BTreeMap, VecDeque};

use fastrand::Rng;
use switchboard_core::{SessionId, Time};
use switchboard_exchange::clock::Clock;
use switchboard_exchange::device::Device;
use switchboard_exchange::outbox::Outgoing;
use switchboard_wire::claims::{Claims, Role};

use crate::case::Case;
use crate::cast::{BEGIN_MS, Chore, InFlight, Office, Phone, SimulatedPerson, kind_of};
use crate::digest::Digest;
use crate::disk::Disk;
use crate::expectation::Expectation;
use crate::reference::{ModelStep, ShownToken, TokenHolder};
use crate::server_under_test::ServerUnderTest;
use crate::task::{Task, TaskResult, What};
use crate::weather::Weather;
use crate::wire::ReceivedFrame;

/// The state of one simulation.
pub struct World {
    pub weather: Weather,
    /// Even time, which is never set.
    pub now_ms: u64,
    /// How far the wall clock is ahead of even time: the clock was set, or the machine slept.
    pub ahead_ms: i64,
    /// The server's clock, which also makes its ids.
    pub clock: Clock,
    /// The disk, which outlives the server.
    pub disk: Disk,
    /// The server, while one runs.
    pub server: Option<ServerUnderTest>,
    /// The companies, as the second opinion knows them.
    pub offices: Vec<Office>,
    pub people: Vec<SimulatedPerson>,
    /// Every device that was ever switched on.
    pub phones: Vec<Phone>,
    pub tasks: Vec<Task>,
    /// Entries that are queued and not released yet, in the order of their decisions.
    pub expectations: VecDeque<Expectation>,
    /// The company of each session.
    pub sessions: BTreeMap<SessionId, usize>,
    /// Digest of everything that was stored and told.
    pub digest: Digest,
    pub counts: Counts,
    /// Counter that makes keys and texts unique.
    pub made: u64,
    /// Whether everything is printed when it is released.
    pub is_told_aloud: bool,
}

/// Numbers of events in a simulation.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Commands that companies took, including those that loaded them.
    pub commands: u64,
    /// Frames that people received and that were compared with the model.
    pub frames: u64,
    pub sessions: u64,
    /// Messages refused because the session was full.
    pub no_room: u64,
    pub kills: u64,
    pub full_disks: u64,
    pub cuts: u64,
}

impl World {
    /// The world of a case, before anything has happened.
    ///
    /// # Panics
    /// Never: the ids are well-formed.
    #[must_use]
    pub fn new(case: &Case) -> Self {
        let mut dice = Rng::with_seed(case.seed ^ 0x5157_1C4B_0A2D);
        let mut people = Vec::new();
        for n in 0..case.clients {
            let office = (dice.u8(0..3) > 0).then(|| n % case.companies);
            people.push(SimulatedPerson::new(Role::Client, office, format!("client-{n}")));
        }
        for office in 0..case.companies {
            for n in 0..case.employees {
                people.push(SimulatedPerson::new(Role::Employee, Some(office), format!("employee-{n}")));
            }
            people.push(SimulatedPerson::new(Role::Admin, Some(office), format!("admin-{office}")));
        }
        // Some back ends do not say when they issued a token.
        for person in people.iter_mut().filter(|_| dice.u8(0..5) == 0) {
            person.issued_ms = None;
        }
        let disk = Disk::default();
        let weather = Weather::throw(
            &mut dice,
            &mut Rng::with_seed(case.seed ^ 0x0A11_7A1C),
            &mut Rng::with_seed(case.seed ^ 0x40C7_1E55),
        );
        let office = |n| Office::new(&format!("company-{n}"), weather.session_max_bytes, weather.routes);
        let offices = (0..case.companies).map(office).collect();
        let clock = Clock::told(Time::from_ms(BEGIN_MS));
        let server = ServerUnderTest::start(&disk, &clock, &weather);
        let mut world = Self {
            weather,
            now_ms: BEGIN_MS,
            ahead_ms: 0,
            clock,
            disk,
            server: Some(server),
            offices,
            people,
            phones: Vec::new(),
            tasks: Vec::new(),
            expectations: VecDeque::new(),
            sessions: BTreeMap::new(),
            digest: Digest::default(),
            counts: Counts::default(),
            made: 0,
            is_told_aloud: false,
        };
        world.provision(&mut dice, case.employees);
        world
    }

    /// Creates the companies and their employees, as a back end would.
    fn provision(&mut self, dice: &mut Rng, employees: usize) {
        for office in 0..self.offices.len() {
            self.admin(office, ModelStep::SetCompany(self.weather.settings(dice)));
            for n in 0..employees {
                let topics = self.weather.topics(dice);
                let id = format!("employee-{n}").parse().expect("an id");
                let profile = self.weather.profile(dice);
                self.admin(office, ModelStep::SetEmployee(id, format!("Employee {n}"), topics, profile));
            }
            if self.weather.routes {
                self.admin(office, ModelStep::SetRouting(Box::new(self.weather.routing(dice))));
            }
            while !self.tasks.is_empty() {
                self.poll_all();
            }
            self.commit(usize::MAX);
        }
    }

    /// Starts the server again, on what is stored.
    pub(crate) fn start_house(&mut self) {
        self.clock.tell(Time::from_ms(self.now_ms), self.ahead_ms);
        let server = ServerUnderTest::start(&self.disk, &self.clock, &self.weather);
        let disk = self.disk.clone();
        self.server = Some(server);
        let future = async move {
            let open = switchboard_journal::ReadBack::companies_with_open_things(&disk).await;
            TaskResult::Open(open.ok())
        };
        self.start(What::Open, Box::pin(future));
    }

    /// Kills the server. Of the entries that wait in its journal, `stored` are still stored, but their replies are
    /// lost.
    pub fn kill(&mut self, stored: usize) {
        self.counts.kills += u64::from(self.server.is_some());
        self.end_house(stored);
    }

    /// Ends the server in whatever way; `stored` of the waiting entries are still stored.
    pub(crate) fn end_house(&mut self, stored: usize) {
        let Some(server) = self.server.take() else { return };
        let stored = server.die_after_storing(stored);
        for expectation in std::mem::take(&mut self.expectations).into_iter().take(stored) {
            self.store(&expectation);
        }
        self.tasks.clear();
        for phone in 0..self.phones.len() {
            self.phones[phone].device = None;
            self.phones[phone].chores.clear();
            self.phones[phone].seats.clear();
            self.phones[phone].up.clear();
            self.cut(phone);
        }
        for office in &mut self.offices {
            office.epoch = None;
            office.rooms.clear();
        }
    }

    /// Breaks a connection: frames on their way are lost, and the server will notice.
    pub fn cut(&mut self, phone: usize) {
        if !std::mem::replace(&mut self.phones[phone].is_up, false) {
            return;
        }
        self.counts.cuts += 1;
        self.phones[phone].down.clear();
        self.phones[phone].joined.clear();
        self.phones[phone].unanswered.clear();
        if let Some(server) = &mut self.server {
            server.hang_up(phone);
            self.phones[phone].up.clear();
            self.phones[phone].chores.push_back(Chore::Leave);
        }
        let person = self.phones[phone].person;
        self.people[person].phones.retain(|known| *known != phone);
        self.people[person].memory.line_is_lost(phone);
    }

    /// Switches on a device of a person.
    pub fn connect(&mut self, person: usize) -> Option<usize> {
        let name = self.name_of(person);
        let claims = self.claims(person, name.as_deref());
        let server = self.server.as_mut()?;
        let pass = server.context.admission.admit(&claims, None).expect("nobody is limited here");
        let version = switchboard_wire::phoenix::Version::V2;
        let (mut device, outbox) = Device::new(server.context.clone(), claims, pass, version);
        let phone = self.phones.len();
        device.is_of_kind(kind_of(phone));
        server.listen(phone, outbox);
        self.phones.push(Phone {
            person,
            shown: self.shown(person),
            device: Some(device),
            name,
            is_up: true,
            is_shut_out: false,
            up: VecDeque::new(),
            down: VecDeque::new(),
            chores: VecDeque::new(),
            seats: BTreeMap::new(),
            joined: BTreeMap::new(),
            references: 0,
            availability: BTreeMap::new(),
            boards: BTreeMap::new(),
            unanswered: BTreeMap::new(),
        });
        self.people[person].phones.push(phone);
        Some(phone)
    }

    fn shown(&self, person: usize) -> ShownToken {
        let person = &self.people[person];
        let who = match person.role {
            Role::Client => TokenHolder::Client(person.id.clone()),
            Role::Employee => TokenHolder::Employee(person.id.clone()),
            Role::Admin => TokenHolder::Admin,
        };
        ShownToken { who, is_for_company: person.office.is_some(), issued_ms: person.issued_ms }
    }

    /// The name in a client's next token may differ from the one before, or be missing. The name in an employee's token
    /// does not matter here, because auto-provisioning is off.
    fn name_of(&self, person: usize) -> Option<String> {
        let token = self.phones.len() % 3;
        let person = &self.people[person];
        (person.role == Role::Client && token > 0).then(|| format!("{} of token {token}", person.id))
    }

    fn claims(&self, person: usize, name: Option<&str>) -> Claims {
        let person = &self.people[person];
        Claims {
            subject: person.id.clone(),
            role: person.role,
            company: person.office.map(|office| self.offices[office].id.to_string()),
            name: name.map(str::to_owned),
            topics: None,
            skills: None,
            priority: None,
            scope: None,
            issued_at_ms: person.issued_ms,
            expires_at_s: u64::MAX / 1000,
        }
    }

    /// Lets a person hear the next frame on a device.
    pub fn hear(&mut self, phone: usize, dice: &mut Rng) {
        let Some(outgoing) = self.phones[phone].down.pop_front() else { return };
        let (text, proof) = match outgoing {
            Outgoing::ShutOut => return,
            Outgoing::Frame(text) | Outgoing::Search(text, _) | Outgoing::Ended { frame: text, .. } => (text, None),
            Outgoing::Offer(text, proof) => (text, Some(proof.to_vec())),
        };
        if let Some(proof) = proof.filter(|_| dice.u8(..) >= self.weather.pongs_lost) {
            self.phones[phone].up.push_back(InFlight::Pong(proof));
        }
        self.remember(phone, &ReceivedFrame::read(&text), dice);
    }
}

//! Counts the instructions of each command in a company of a thousand, most of them idle. The counts are in
//! docs/evidence/instructions.md.
use std::hint::black_box;
use std::sync::Arc;

use gungraun::prelude::*;
use gungraun::{Callgrind, LibraryBenchmarkConfig};
use switchboard_core::routing::{Prefer, Route, RouteStep, WaitRules};
use switchboard_core::{
    Actor, BookingId, BookingRequest, ClientId, Command, Company, CompanySettings, EmployeeId, Intent, Key, MessageId,
    OfferId, Party, Routing, SessionId, Time, Topic, Turn, Word,
};

const EMPLOYEES: usize = 1_000;
/// Every tenth employee wants to be offline, and every thirtieth is in a session.
const OFFLINE_EACH: usize = 10;
const SESSIONS: u128 = 30;
const SEARCHES: u128 = 10;
const START: Time = Time::from_ms(1_800_000_000_000);
/// Ids of the booking, the session and the message of the measured command, which follow those of all others.
const OURS: u128 = 1_000_000;

/// A company with everything that a command needs before it.
struct Scene {
    company: Company,
    command: Command,
    now: Time,
}

impl Scene {
    fn new(size: usize) -> Self {
        let company = Company::new("acme".parse().expect("an id"));
        let mut scene = Self { company, command: Command::Wake, now: START };
        scene.play(Command::SetCompany { name: "Acme".into(), settings: CompanySettings::default() });
        for n in 0..size {
            let topics = if n % 2 == 0 { vec![] } else { vec![topic(n)] };
            scene.play(Command::set_employee(employee(n), "Somebody".into(), topics));
            scene.play(Command::EmployeeConnected { employee: employee(n) });
            let intent = if n % OFFLINE_EACH == 0 { Intent::Offline } else { Intent::Idle };
            scene.play(Command::set_status(employee(n), intent, false));
        }
        scene
    }

    fn play(&mut self, command: Command) {
        let turn = self.company.take(self.now, &command);
        assert!(turn.outcome.is_ok(), "{command:?}: {:?}", turn.outcome);
    }

    fn book(&mut self, id: u128, client: ClientId) {
        let topic = topic(usize::try_from(id % 10).unwrap_or_default());
        self.play(Command::Book(BookingRequest::new(BookingId::from_u128(id), client, topic)));
        let (employee, offer) = (self.asked(id), offer(id));
        self.play(Command::OfferDelivered { employee, offer, device: None });
    }

    fn begin_session(&mut self, id: u128) {
        let (employee, session) = (self.asked(id), SessionId::from_u128(id));
        self.play(Command::Accept { employee, offer: offer(id), session });
        self.play(Command::EnterSession { session, party: Party::Client });
        self.play(Command::EnterSession { session, party: Party::Employee });
    }

    fn asked(&self, id: u128) -> EmployeeId {
        let booking = self.company.booking(BookingId::from_u128(id)).expect("it is booked");
        booking.offers.last().expect("somebody is asked").employee_id.clone()
    }

    /// Plays the steps that the command needs before it, and names the asked employee in the command.
    fn prepare(&mut self, mut command: Command) {
        match &mut command {
            Command::SetCompany { .. }
            | Command::SetBrand { .. }
            | Command::SetRouting { .. }
            | Command::FollowClock { .. }
            | Command::RemoveCompany { .. }
            | Command::SetEmployee { .. }
            | Command::RemoveEmployee { .. }
            | Command::Revoke { .. }
            | Command::SetStatus { .. }
            | Command::EmployeeDisconnected { .. }
            | Command::Book(_)
            | Command::Wake
            | Command::Resume => {}
            Command::EmployeeConnected { employee } => {
                self.play(Command::EmployeeDisconnected { employee: employee.clone() });
            }
            Command::ClientConnected { client } => {
                self.book(OURS, client.clone());
                self.play(Command::ClientDisconnected { client: client.clone() });
            }
            Command::ClientDisconnected { client } => self.book(OURS, client.clone()),
            Command::Cancel { .. } | Command::ChangeBooking { .. } => self.book(OURS, zoe()),
            Command::OfferDelivered { employee, .. } => {
                self.play(book(None, None));
                *employee = self.asked(OURS);
            }
            Command::Accept { employee, .. } | Command::Reject { employee, .. } => {
                self.book(OURS, zoe());
                *employee = self.asked(OURS);
            }
            Command::EnterSession { session, party } => {
                self.book(OURS, zoe());
                self.begin_session(OURS);
                self.play(Command::LeaveSession { session: *session, party: *party });
            }
            Command::Finish { employee, .. } | Command::Extend { employee, .. } | Command::Code { employee, .. } => {
                self.book(OURS, zoe());
                *employee = self.asked(OURS);
                self.begin_session(OURS);
                self.play(Command::End { session: session(), by: Actor::Client(zoe()), reason: None });
            }
            Command::LeaveSession { .. } | Command::Send { .. } | Command::WriteNotes { .. } | Command::End { .. } => {
                self.book(OURS, zoe());
                self.begin_session(OURS);
            }
        }
        self.command = command;
    }
}

/// A company in the middle of a day, before the command.
fn open(command: Command) -> Box<Scene> {
    let mut scene = Scene::new(EMPLOYEES);
    for id in 0..SESSIONS + SEARCHES {
        scene.book(id, format!("client-{id}").parse().expect("an id"));
        if id < SESSIONS {
            scene.begin_session(id);
        }
    }
    scene.prepare(command);
    ready(scene)
}

/// A company with a routing: levels, a wider second step, a line, and wrap-ups with codes.
fn routed(command: Command) -> Box<Scene> {
    let mut scene = Scene::new(EMPLOYEES);
    let steps = vec![
        RouteStep { prefer: Prefer::Best, ..RouteStep::default() },
        RouteStep { after_ms: 20_000, at_once: 2, ..RouteStep::default() },
    ];
    let wait = WaitRules { max_ms: 600_000, ..WaitRules::default() };
    let route = Route { steps, wait, ..Route::default() };
    let mut routing = Routing { routes: vec![Arc::new(route)], ..Routing::default() };
    routing.wrap_up.max_ms = 60_000;
    routing.wrap_up.codes = vec![code()];
    scene.play(Command::SetRouting { routing: Box::new(routing) });
    let settings = CompanySettings { wrap_up_ms: 10_000, ..CompanySettings::default() };
    scene.play(Command::SetCompany { name: "Acme".into(), settings });
    for id in 0..SESSIONS + SEARCHES {
        scene.book(id, format!("client-{id}").parse().expect("an id"));
        if id < SESSIONS {
            scene.begin_session(id);
        }
    }
    scene.prepare(command);
    ready(scene)
}

/// The same company with a booking of the same client in it, under a key.
fn booked(command: Command) -> Box<Scene> {
    let mut scene = open(command);
    scene.play(book(None, Some(key())));
    ready(*scene)
}

/// The same company after the time for an answer to the booking's offer has passed.
fn missed(command: Command) -> Box<Scene> {
    let mut scene = open(Command::Wake);
    scene.play(book(None, None));
    scene.now = scene.now.plus_ms(CompanySettings::default().delivery_timeout_ms);
    scene.command = command;
    ready(*scene)
}

/// A thousand employees, none of them idle.
fn deserted(command: Command) -> Box<Scene> {
    let mut scene = Scene::new(EMPLOYEES);
    for n in 0..EMPLOYEES {
        let command = Command::set_status(employee(n), Intent::Offline, true);
        scene.play(command);
    }
    scene.command = command;
    ready(scene)
}

/// The same company, where the offer was rejected before the acceptance comes.
fn rejected(command: Command) -> Box<Scene> {
    let mut scene = open(command);
    if let Command::Accept { employee, offer, .. } = &scene.command {
        let no = Command::Reject { employee: employee.clone(), offer: *offer, reason: None };
        scene.play(no);
    }
    ready(*scene)
}

/// Leaves free memory of every size, so that an allocation costs the same whatever came before.
fn ready(scene: Scene) -> Box<Scene> {
    let scene = Box::new(scene);
    for bytes in (8..1_032).step_by(16) {
        let taken: [Vec<u8>; 7] = std::array::from_fn(|_| Vec::with_capacity(bytes));
        black_box(&taken);
    }
    scene
}

fn employee(n: usize) -> EmployeeId {
    format!("employee-{n}").parse().expect("an id")
}

fn topic(n: usize) -> Topic {
    format!("topic-{}", n % 10).parse().expect("a topic")
}

fn zoe() -> ClientId {
    "zoe".parse().expect("an id")
}

fn key() -> Key {
    "0190f3a2-0000-7abc-8def-0123456789ab".parse().expect("a key")
}

const fn offer(id: u128) -> OfferId {
    OfferId { booking: BookingId::from_u128(id), attempt: 1 }
}

const fn session() -> SessionId {
    SessionId::from_u128(OURS)
}

fn book(note: Option<&str>, key: Option<Key>) -> Command {
    let booking = BookingId::from_u128(OURS);
    Command::Book(BookingRequest { note: note.map(Into::into), key, ..BookingRequest::new(booking, zoe(), topic(3)) })
}

fn hire(n: usize, topics: Vec<Topic>) -> Command {
    Command::set_employee(employee(n), "Somebody else".into(), topics)
}

fn status(n: usize, intent: Intent) -> Command {
    Command::set_status(employee(n), intent, false)
}

fn code() -> Word {
    "sold".parse().expect("a word")
}

fn accept() -> Command {
    Command::Accept { employee: employee(0), offer: offer(OURS), session: session() }
}

fn say() -> Command {
    let (message, by) = (MessageId::from_u128(OURS), Actor::Client(zoe()));
    let (body, session_max_bytes) = ("Good morning".into(), u64::MAX);
    Command::Send { session: session(), message, by, body, key: Some(key()), session_max_bytes }
}

#[library_benchmark(setup = open)]
#[bench::set_company(Command::SetCompany { name: "Acme & Co".into(), settings: CompanySettings::default() })]
#[bench::remove_company(Command::RemoveCompany { revoke_before: Time::from_ms(1) })]
#[bench::set_employee_hired(hire(EMPLOYEES, vec![topic(1), topic(2)]))]
#[bench::set_employee_other_topics(hire(501, vec![topic(1), topic(2)]))]
#[bench::remove_employee(Command::RemoveEmployee { employee: employee(501), revoke_before: Time::from_ms(1) })]
#[bench::set_status_idle(status(500, Intent::Idle))]
#[bench::set_status_offline(status(501, Intent::Offline))]
#[bench::employee_connected(Command::EmployeeConnected { employee: employee(501) })]
#[bench::employee_disconnected(Command::EmployeeDisconnected { employee: employee(501) })]
#[bench::client_connected(Command::ClientConnected { client: zoe() })]
#[bench::client_disconnected(Command::ClientDisconnected { client: zoe() })]
#[bench::book(book(None, None))]
#[bench::book_with_note_and_key(book(Some(r#"{"about":"a contract"}"#), Some(key())))]
#[bench::cancel(Command::Cancel { booking: BookingId::from_u128(OURS), by: Actor::Client(zoe()) })]
#[bench::offer_delivered(Command::OfferDelivered { employee: employee(0), offer: offer(OURS), device: None })]
#[bench::accept(accept())]
#[bench::reject(Command::Reject { employee: employee(0), offer: offer(OURS), reason: None })]
#[bench::enter_session(Command::EnterSession { session: session(), party: Party::Client })]
#[bench::leave_session(Command::LeaveSession { session: session(), party: Party::Client })]
#[bench::send(say())]
#[bench::end(Command::End { session: session(), by: Actor::Client(zoe()), reason: None })]
#[bench::wake_too_early(Command::Wake)]
#[bench::resume(Command::Resume)]
#[bench::book_again_with_its_key(args = (book(None, Some(key()))), setup = booked)]
#[bench::wake_offer_missed(args = (Command::Wake), setup = missed)]
#[bench::routed_book(args = (book(None, None)), setup = routed)]
#[bench::routed_accept(args = (accept()), setup = routed)]
#[bench::routed_reject(args = (Command::Reject { employee: employee(0), offer: offer(OURS), reason: None }), setup = routed)]
#[bench::routed_end(args = (Command::End { session: session(), by: Actor::Client(zoe()), reason: None }), setup = routed)]
#[bench::routed_finish(args = (Command::Finish { employee: employee(0), session: None }), setup = routed)]
#[bench::routed_extend(args = (Command::Extend { employee: employee(0), session: session(), for_ms: 20_000 }), setup = routed)]
#[bench::routed_code(args = (Command::Code { employee: employee(0), session: session(), code: code() }), setup = routed)]
#[bench::routed_change_booking(args = (Command::ChangeBooking { booking: BookingId::from_u128(OURS), priority: 3 }), setup = routed)]
#[bench::set_routing(args = (Command::SetRouting { routing: Box::default() }), setup = routed)]
fn take(scene: Box<Scene>) -> (Box<Scene>, Turn) {
    let turn = measured(scene);
    assert!(turn.1.outcome.is_ok());
    turn
}

#[library_benchmark]
#[bench::book_nobody_idle(args = (book(None, None)), setup = deserted)]
#[bench::book_already_booked(args = (book(None, None)), setup = booked)]
#[bench::accept_too_late(args = (accept()), setup = rejected)]
fn refuse(scene: Box<Scene>) -> (Box<Scene>, Turn) {
    let turn = measured(scene);
    assert!(turn.1.outcome.is_err());
    turn
}

fn measured(mut scene: Box<Scene>) -> (Box<Scene>, Turn) {
    let turn = scene.company.take(scene.now, &scene.command);
    (scene, turn)
}

library_benchmark_group!(name = commands, benchmarks = [take, refuse]);
main!(
    config = LibraryBenchmarkConfig::default().tool(Callgrind::with_args(["--cache-sim=no"])),
    library_benchmark_groups = commands
);

//! Instruction counts of reading frames, writing frames, and encoding their payloads. The counts are in
//! docs/evidence/instructions.md.
use std::hint::black_box;
use std::str::FromStr;

use gungraun::prelude::*;
use gungraun::{Callgrind, LibraryBenchmarkConfig};
use serde_json::value::RawValue;
use switchboard_core::limits::NOTE_MAX_BYTES;
use switchboard_core::{
    Actor, BookingId, BookingRequest, Cause, Command, Company, CompanySettings, EmployeeId, Intent, Notice, OfferId,
    Outcome, Party, Refusal, SessionId, Time,
};
use switchboard_exchange::companies::telling::{self, OutboundFrame};
use switchboard_exchange::outbox::Outbox;
use switchboard_exchange::{Room, Rooms, Subscriber};
use switchboard_wire::fields::Fields;
use switchboard_wire::json;
use switchboard_wire::phoenix::{self, Incoming, Ref, ReplyStatus, Version};
use switchboard_wire::view::{self, Named};

/// A push of an app: the event, the topic and the payload.
type Said = (&'static str, &'static str, &'static str);
const JOIN: Said = ("phx_join", "company:acme", "{}");
const HEARTBEAT: Said = ("heartbeat", "phoenix", "{}");
const BOOK: Said = (
    "book",
    "company:acme",
    r#"{"topic":"tax","note":{"about":"a contract"},"key":"0190f3a2-0000-7abc-8def-0123456789ab"}"#,
);
const ACCEPT: Said = ("accept", "employee:acme:erika", r#"{"offer_id":"0190f3a2-0000-7abc-8def-0123456789ab.1"}"#);

const START: Time = Time::from_ms(1_800_000_000_000);
const BOOKING: BookingId = BookingId::from_u128(0x0190_f3a2_0000_7abc_8def_0123_4567_89ab);
const SESSION: SessionId = SessionId::from_u128(0x0190_f3a2_0001_7abc_8def_0123_4567_89ab);
const OFFER: OfferId = OfferId { booking: BOOKING, attempt: 1 };

/// The text of a frame. Each setup runs its function once, so that the count excludes first-time work and finds memory
/// of these sizes free.
fn to_parse(version: Version, (event, topic, payload): Said) -> (Version, &'static str) {
    let join_ref = if topic == phoenix::PHOENIX_TOPIC { "null" } else { r#""1""# };
    let text = match version {
        Version::V1 => {
            format!(r#"{{"topic":"{topic}","event":"{event}","payload":{payload},"ref":"3","join_ref":{join_ref}}}"#)
        }
        Version::V2 => format!(r#"[{join_ref},"3","{topic}","{event}",{payload}]"#),
    };
    black_box(phoenix::parse(version, &text).is_ok());
    (version, text.leak())
}

#[library_benchmark(setup = to_parse)]
#[bench::join_v1(Version::V1, JOIN)]
#[bench::join_v2(Version::V2, JOIN)]
#[bench::heartbeat_v1(Version::V1, HEARTBEAT)]
#[bench::heartbeat_v2(Version::V2, HEARTBEAT)]
#[bench::book_v1(Version::V1, BOOK)]
#[bench::book_v2(Version::V2, BOOK)]
#[bench::accept_v1(Version::V1, ACCEPT)]
#[bench::accept_v2(Version::V2, ACCEPT)]
fn parse((version, text): (Version, &'static str)) -> Incoming<'static> {
    phoenix::parse(version, text).expect("a frame")
}

type Read = fn(&RawValue) -> Result<Command, Refusal>;

/// The payload of a push, with the function that reads such payloads.
fn to_read((_, _, payload): Said, read: Read) -> (Box<RawValue>, Read) {
    let payload = RawValue::from_string(payload.to_owned()).expect("it is JSON");
    black_box(read(&payload).is_ok());
    (payload, read)
}

fn read_book(payload: &RawValue) -> Result<Command, Refusal> {
    let fields = Fields::of(payload);
    let (topic, note) = (fields.required("topic")?, fields.optional_json("note", NOTE_MAX_BYTES)?);
    let key = fields.optional("key")?;
    Ok(Command::Book(BookingRequest { note, key, ..BookingRequest::new(BOOKING, id("alice"), topic) }))
}

fn read_accept(payload: &RawValue) -> Result<Command, Refusal> {
    let offer: String = Fields::of(payload).required("offer_id")?;
    let offer = offer.parse().map_err(|_| Refusal::UnknownOffer)?;
    Ok(Command::Accept { employee: id("erika"), offer, session: SESSION })
}

#[library_benchmark(setup = to_read)]
#[bench::book(BOOK, read_book)]
#[bench::accept(ACCEPT, read_accept)]
fn read((payload, read): (Box<RawValue>, Read)) -> (Box<RawValue>, Result<Command, Refusal>) {
    let command = read(&payload);
    (payload, command)
}

/// The parts of a frame that is to be written.
struct Letter {
    version: Version,
    join_ref: Ref,
    reference: Ref,
    payload: String,
}

fn to_reply(version: Version) -> Letter {
    let text = |text: &str| Ref::Text(text.into());
    let letter = Letter { version, join_ref: text("1"), reference: text("3"), payload: booked().booking() };
    black_box(answer(&letter));
    letter
}

fn to_push(version: Version) -> Letter {
    let letter = Letter { version, join_ref: Ref::Null, reference: Ref::Null, payload: booked().booking() };
    black_box(announce(&letter));
    letter
}

fn answer(letter: &Letter) -> String {
    let Letter { version, join_ref, reference, payload } = letter;
    phoenix::reply(*version, join_ref, reference, "company:acme", ReplyStatus::Ok, payload)
}

fn announce(letter: &Letter) -> String {
    let Letter { version, join_ref, reference, payload } = letter;
    phoenix::push(*version, join_ref, reference, "company:acme", "booking", payload)
}

#[library_benchmark(setup = to_reply)]
#[bench::v1(Version::V1)]
#[bench::v2(Version::V2)]
fn reply(letter: Letter) -> (Letter, String) {
    let frame = answer(&letter);
    (letter, frame)
}

#[library_benchmark(setup = to_push)]
#[bench::v1(Version::V1)]
#[bench::v2(Version::V2)]
fn push(letter: Letter) -> (Letter, String) {
    let frame = announce(&letter);
    (letter, frame)
}

/// A company with one employee and one booking, which is offered to that employee or in a session with them.
struct Desk(Box<Company>);

impl Desk {
    /// Takes a command, and returns its notices.
    fn take(&mut self, command: &Command) -> Vec<Notice> {
        let turn = self.0.take(START, command);
        assert!(turn.outcome.is_ok(), "{command:?}: {:?}", turn.outcome);
        turn.notices
    }

    fn book(&mut self) -> Vec<Notice> {
        let note = Some(r#"{"about":"a contract"}"#.into());
        let request = BookingRequest { note, ..BookingRequest::new(BOOKING, id("alice"), id("tax")) };
        self.take(&Command::Book(request))
    }

    fn accept(&mut self) -> Vec<Notice> {
        self.book();
        self.take(&Command::Accept { employee: id("erika"), offer: OFFER, session: SESSION })
    }

    fn enter(&mut self) -> Vec<Notice> {
        self.accept();
        self.take(&Command::EnterSession { session: SESSION, party: Party::Client })
    }

    fn end(&mut self) -> Vec<Notice> {
        self.accept();
        self.take(&Command::End { session: SESSION, by: Actor::Client(id("alice")), reason: None })
    }

    fn booking(&self) -> String {
        let booking = self.0.booking(BOOKING).expect("it is booked");
        json::text(&Named("booking", view::booking(&self.0, booking)))
    }

    fn offer(&self) -> String {
        let booking = self.0.booking(BOOKING).expect("it is booked");
        let offer = booking.offer(OFFER.attempt).expect("somebody is asked");
        json::text(&Named("offer", view::offer(booking, OFFER, offer, START)))
    }

    fn session(&self) -> String {
        let session = self.0.session(SESSION).expect("it is accepted");
        json::text(&Named("session", view::session(&self.0, session)))
    }

    fn status(&self) -> String {
        let (_, erika) = self.0.find_employee(&id("erika")).expect("she works here");
        json::text(&view::status(&self.0, erika, Cause::Offer))
    }

    fn offer_closed(&self) -> String {
        json::text(&view::offer_closed(OFFER, Outcome::Accepted))
    }

    fn peer(&self) -> String {
        json::text(&view::PeerView { online: true })
    }

    fn availability(&self) -> String {
        json::text(&view::availability(&self.0.availability()))
    }
}

fn id<T: FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("an id")
}

fn desk() -> Desk {
    let mut desk = Desk(Box::new(Company::new(id("acme"))));
    let erika: EmployeeId = id("erika");
    desk.take(&Command::SetCompany { name: "Acme".into(), settings: CompanySettings::default() });
    desk.take(&Command::set_employee(erika.clone(), "Erika Mustermann".into(), vec![]));
    desk.take(&Command::EmployeeConnected { employee: erika.clone() });
    desk.take(&Command::set_status(erika, Intent::Idle, false));
    desk
}

fn booked() -> Desk {
    let mut desk = desk();
    desk.book();
    desk
}

type Show = fn(&Desk) -> String;

fn asking(show: Show) -> (Desk, Show) {
    let desk = booked();
    black_box(show(&desk));
    (desk, show)
}

fn in_session(show: Show) -> (Desk, Show) {
    let mut desk = desk();
    desk.accept();
    black_box(show(&desk));
    (desk, show)
}

#[library_benchmark]
#[bench::booking(args = (Desk::booking), setup = asking)]
#[bench::booking_in_session(args = (Desk::booking), setup = in_session)]
#[bench::offer(args = (Desk::offer), setup = asking)]
#[bench::session(args = (Desk::session), setup = in_session)]
#[bench::status(args = (Desk::status), setup = asking)]
#[bench::offer_closed(args = (Desk::offer_closed), setup = asking)]
#[bench::peer(args = (Desk::peer), setup = in_session)]
#[bench::availability(args = (Desk::availability), setup = asking)]
fn show((desk, show): (Desk, Show)) -> (Desk, String) {
    let json = show(&desk);
    (desk, json)
}

/// The notices of a turn, with the company and the rooms that hear of them.
struct News {
    desk: Desk,
    rooms: Rooms,
    notices: Vec<Notice>,
}

/// The notices of `turn`. The client and the employee have one phone each, on their own topic and in the session.
fn news(turn: fn(&mut Desk) -> Vec<Notice>) -> News {
    let mut rooms = Rooms::default();
    let party = |party| Room::Session(SESSION, party);
    let all = [Room::Client(id("alice")), Room::Employee(id("erika")), party(Party::Client), party(Party::Employee)];
    for (number, room) in (1..).zip(all) {
        let (outbox, _waiting) = Outbox::new(16, Version::V2);
        rooms.enter(
            room,
            Subscriber { id: number, outbox, topic: "a topic".into(), join_ref: Ref::Number(1), only: None },
        );
    }
    let mut desk = desk();
    let notices = turn(&mut desk);
    let news = News { desk, rooms, notices };
    black_box(telling::tell(&news.desk.0, &news.rooms, &news.notices, START));
    news
}

#[library_benchmark(setup = news)]
#[bench::book(Desk::book)]
#[bench::accept(Desk::accept)]
#[bench::enter(Desk::enter)]
#[bench::end(Desk::end)]
fn tell(news: News) -> (News, Vec<OutboundFrame>) {
    let deliveries = telling::tell(&news.desk.0, &news.rooms, &news.notices, START);
    (news, deliveries)
}

library_benchmark_group!(name = frames, benchmarks = [parse, read, reply, push, show, tell]);
main!(
    config = LibraryBenchmarkConfig::default().tool(Callgrind::with_args(["--cache-sim=no"])),
    library_benchmark_groups = frames
);

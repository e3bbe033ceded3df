//! Instructions of reading frames and of writing them and what they carry: docs/instructions.md has the counts.
#![expect(missing_docs, reason = "what the macros make has none")]

use std::hint::black_box;

use gungraun::prelude::*;
use gungraun::{Callgrind, LibraryBenchmarkConfig};
use switchboard::phoenix::{self, Incoming, Ref, ReplyStatus, Version};
use switchboard::view::{self, Named};
use switchboard_core::{BookingId, Command, Company, EmployeeId, Intent, OfferId, SessionId, Settings, Time};

/// What an app sends: the event, the topic and the payload.
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

/// The frame, read once before it counts: what the first call makes is there, and memory of these sizes is free.
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

/// A frame to be written.
struct Letter {
    version: Version,
    join_ref: Ref,
    reference: Ref,
    payload: String,
}

fn to_reply(version: Version) -> Letter {
    let text = |text: &str| Ref::Text(text.to_owned());
    let letter = Letter { version, join_ref: text("1"), reference: text("3"), payload: desk().booking() };
    black_box(answer(&letter));
    letter
}

fn to_push(version: Version) -> Letter {
    let letter = Letter { version, join_ref: Ref::Null, reference: Ref::Null, payload: desk().booking() };
    black_box(tell(&letter));
    letter
}

fn answer(letter: &Letter) -> String {
    let Letter { version, join_ref, reference, payload } = letter;
    phoenix::reply(*version, join_ref, reference, "company:acme", ReplyStatus::Ok, payload)
}

fn tell(letter: &Letter) -> String {
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
    let frame = tell(&letter);
    (letter, frame)
}

/// A company with one booking, asked of one employee or in a session with them.
struct Desk(Box<Company>);

impl Desk {
    fn take(&mut self, command: &Command) {
        let turn = self.0.take(START, command);
        assert!(turn.outcome.is_ok(), "{command:?}: {:?}", turn.outcome);
    }

    fn booking(&self) -> String {
        let booking = self.0.booking(BOOKING).expect("it is booked");
        view::json(&Named("booking", view::booking(&self.0, booking)))
    }

    fn offer(&self) -> String {
        let booking = self.0.booking(BOOKING).expect("it is booked");
        let offer = booking.offer(OFFER.attempt).expect("somebody is asked");
        view::json(&Named("offer", view::offer(booking, offer, START)))
    }

    fn session(&self) -> String {
        let session = self.0.session(SESSION).expect("it is accepted");
        view::json(&Named("session", view::session(&self.0, session)))
    }
}

fn desk() -> Desk {
    let mut desk = Desk(Box::new(Company::new("acme".parse().expect("an id"))));
    let (erika, alice): (EmployeeId, _) = ("erika".parse().expect("an id"), "alice".parse().expect("an id"));
    desk.take(&Command::SetCompany { name: "Acme".into(), settings: Settings::default() });
    desk.take(&Command::SetEmployee { employee: erika.clone(), name: "Erika Mustermann".into(), topics: vec![] });
    desk.take(&Command::EmployeeConnected { employee: erika.clone() });
    desk.take(&Command::SetStatus { employee: erika, intent: Intent::Idle, by_admin: false });
    let (topic, note) = ("tax".parse().expect("a topic"), Some(r#"{"about":"a contract"}"#.into()));
    desk.take(&Command::Book { booking: BOOKING, client: alice, topic, note, key: None });
    desk
}

type Show = fn(&Desk) -> String;

fn asking(show: Show) -> (Desk, Show) {
    let desk = desk();
    black_box(show(&desk));
    (desk, show)
}

fn in_session(show: Show) -> (Desk, Show) {
    let mut desk = desk();
    desk.take(&Command::Accept { employee: "erika".parse().expect("an id"), offer: OFFER, session: SESSION });
    black_box(show(&desk));
    (desk, show)
}

#[library_benchmark]
#[bench::booking(args = (Desk::booking), setup = asking)]
#[bench::booking_in_session(args = (Desk::booking), setup = in_session)]
#[bench::offer(args = (Desk::offer), setup = asking)]
#[bench::session(args = (Desk::session), setup = in_session)]
fn show((desk, show): (Desk, Show)) -> (Desk, String) {
    let json = show(&desk);
    (desk, json)
}

library_benchmark_group!(name = frames, benchmarks = [parse, reply, push, show]);
main!(
    config = LibraryBenchmarkConfig::default().tool(Callgrind::with_args(["--cache-sim=no"])),
    library_benchmark_groups = frames
);

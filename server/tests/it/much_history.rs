//! A company with much history: queries take a bounded time, and only a few exports run at once.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;
use switchboard_core::{Actor, Command, CompanySettings, MessageId, Time};
use switchboard_history::statistics::Question;
use switchboard_history::{History, Range};
use switchboard_sqlite::Sqlite;

use crate::erasure::with_events;
use crate::server::{API_KEY, Plan, Server, wait_until};
use crate::world::{DAY_MS, World};

/// The longest query, on a busy machine and without optimisation.
const ANSWER_MAX: Duration = Duration::from_secs(10);

fn timed<T>(what: &str, asked: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let answer = asked();
    println!("{what}: {:?}", began.elapsed());
    assert!(began.elapsed() < ANSWER_MAX, "{what} took {:?}", began.elapsed());
    answer
}

#[tokio::test]
async fn a_question_about_a_long_history_has_its_answer_in_a_bounded_time() {
    let events = std::env::var("HISTORY_EVENTS").ok().and_then(|events| events.parse().ok()).unwrap_or(20_000);
    let world = with_events(CompanySettings::default(), events).await;
    let (company, reader, now) = (&world.company, &world.reader, world.exchange.clock().now());
    println!("{} events, {} bases", world.last_event(), world.count("bases"));
    let day = Time::from_ms(now.as_ms() - DAY_MS);
    for (what, from) in [("a day", day), ("all of it", Time::from_ms(0))] {
        let question = || Question { range: Range { from, to: now }, within_s: 20, now };
        timed(&format!("statistics of {what}"), || reader.ask(|past| past.statistics(company, question())).unwrap());
    }
    let ids = "SELECT min(id), max(id) FROM bookings";
    let (first, last): (String, String) =
        world.beside().query_row(ids, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    for (what, booking) in [("first", first), ("last", last)] {
        timed(&format!("timeline of the {what} booking"), || {
            reader.ask(|past| past.timeline(company, booking.parse().unwrap())).unwrap()
        });
    }
}

/// The contents of an unread export, which exceed the buffers of sockets.
const MESSAGES: usize = 1_000;
const BODY_BYTES: usize = 8 * 1024;

async fn with_long_messages() -> World {
    let mut world = World::founded(CompanySettings::default()).await;
    let offer = world.books("zoe").await;
    let session = world.accepts("erika", offer).await;
    let body = "x".repeat(BODY_BYTES);
    for part in 0..MESSAGES / 100 {
        let message = |number: usize| Command::Send {
            session,
            message: MessageId::from_u128(u128::try_from(part * 100 + number + 1).unwrap()),
            by: Actor::Client("zoe".parse().unwrap()),
            body: body.as_str().into(),
            key: None,
            session_max_bytes: u64::MAX,
        };
        world.does_all((0..100).map(message).collect()).await;
    }
    world.exchange.settle().await;
    world
}

#[tokio::test]
async fn an_export_of_many_pages_has_each_thing_once() {
    let mut world = with_long_messages().await;
    world.hires("frank").await;
    for _ in 0..100 {
        world.consults("bob", "frank").await;
    }
    world.exchange.settle().await;
    let (mut pieces, mut text) = (0, String::new());
    let history: &dyn History = &*world.reader;
    let exported = history.export(&world.company, true, |piece| {
        assert!(piece.ends_with('\n'), "a piece ends with a line");
        pieces += 1;
        text.push_str(&piece);
        true
    });
    exported.unwrap();
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (end, told) = lines.split_last().unwrap();
    for (kind, counted, table) in [
        ("booking", "bookings", "bookings"),
        ("session", "sessions", "sessions"),
        ("message", "messages", "messages"),
        ("event", "events", "events"),
        ("employee", "employees", "employees"),
    ] {
        let of_kind = || told.iter().filter(|line| line["kind"] == kind);
        let once: std::collections::BTreeSet<String> =
            of_kind().map(|line| format!("{} {} {}", line["session_id"], line["id"], line["seq"])).collect();
        let all = usize::try_from(world.count(table)).unwrap();
        assert_eq!((of_kind().count(), once.len(), end[counted].as_u64()), (all, all, Some(all as u64)), "{kind}");
    }
    assert!(pieces > 100, "{pieces} pieces");
}

/// Starts an export, and reads only its status.
fn begins_an_export(server: &Server) -> (TcpStream, String) {
    let mut line = TcpStream::connect(server.address).unwrap();
    let path = "/v1/companies/acme/export?events=true";
    write!(line, "GET {path} HTTP/1.1\r\nhost: here\r\nauthorization: Bearer {API_KEY}\r\n\r\n").unwrap();
    let mut status = [0; 12];
    line.read_exact(&mut status).unwrap();
    (line, String::from_utf8_lossy(&status).into_owned())
}

#[tokio::test]
async fn a_second_export_of_a_company_is_refused_until_the_first_is_over() {
    let World { place, exchange, reader, .. } = with_long_messages().await;
    drop((exchange, reader));
    wait_until("the store to be free", || Sqlite::open(place.path()).is_ok());
    let server = Plan::new(place.path()).start();
    server.set_company("globex", &json!({}));
    let first = begins_an_export(&server);
    assert_eq!(first.1.as_str(), "HTTP/1.1 200");
    let (status, refused) = server.ask("GET", "/v1/companies/acme/export", "");
    assert!(status == 503 && refused.contains("overloaded"), "{status} {refused}");
    assert_eq!(server.ask("GET", "/v1/companies/globex/export", "").0, 200, "another's is made");
    drop(first);
    wait_until("the place of the one that was cut", || begins_an_export(&server).1 == "HTTP/1.1 200");
}

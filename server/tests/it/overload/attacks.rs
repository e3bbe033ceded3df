//! Attacks on shared resources: each takes as much as one caller may, and holds on to it.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::crowd::{session, unique};
use super::figures::Stage;
use super::raw::{Raw, frame, pushed};
use crate::people::Person;
use crate::record::Record;
use crate::server::API_KEY;

/// Pause between two passes over all connections.
const REST: Duration = Duration::from_millis(20);
/// Length of a head just below the limit, one byte short of its end.
const HEAD_BYTES: usize = 31 * 1024;
/// Messages of a session, and bytes of each: as many as are shown, of the greatest length.
const MESSAGES: usize = 100;
const MESSAGE_BYTES: usize = 8 * 1024;
/// Joins that each socket sends without reading an answer.
const JOINS: usize = 3;
/// Bookings in the history that statistics are computed from.
const BOOKED: usize = 300;
const TEXT: u8 = 1;

fn company(name: &str) -> String {
    format!("{name}-{}", unique())
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the server listens");
    stream.set_nonblocking(true).unwrap();
    stream
}

/// A connection with a partly sent request.
struct Line {
    stream: TcpStream,
    sent: usize,
}

impl Line {
    /// Sends more of the request; returns whether the connection is still open.
    fn send(&mut self, all: &[u8]) -> bool {
        while self.sent < all.len() {
            match self.stream.write(&all[self.sent..]) {
                Ok(sent) => self.sent += sent,
                Err(error) => return error.kind() == ErrorKind::WouldBlock,
            }
        }
        // Silence is expected; an answer, the end or a reset is a cut.
        matches!(self.stream.read(&mut [0; 512]), Err(error) if error.kind() == ErrorKind::WouldBlock)
    }
}

/// Holds connections without reading answers, and replaces each cut one, until the storm is over; returns how many were
/// cut.
fn hold(address: SocketAddr, count: usize, request: &[u8], stage: &Stage) -> usize {
    let new = || Line { stream: connect(address), sent: 0 };
    let mut lines: Vec<Line> = (0..count).map(|_| new()).collect();
    let (mut cut, mut raging) = (0, false);
    while !stage.is_over() {
        for line in &mut lines {
            if !line.send(request) {
                cut += 1;
                *line = new();
            }
        }
        if !std::mem::replace(&mut raging, true) {
            stage.rage();
        }
        std::thread::sleep(REST);
    }
    cut
}

/// Heads of nearly the greatest length, without an end.
pub fn unfinished_heads(address: SocketAddr, count: usize, stage: &Stage) -> String {
    let head = format!("GET /healthz HTTP/1.1\r\nHost: s\r\nX: {}", "a".repeat(HEAD_BYTES));
    let cut = hold(address, count, head.as_bytes(), stage);
    format!("{cut} were cut")
}

/// A session with as many messages as are shown, of the greatest length as JSON: the client, the topic and the client's
/// device.
fn talkative(address: SocketAddr, company: &str, body: &str) -> (Person, String, Raw) {
    let (mut client, room, _) = session(address, company);
    let payload = format!(r#"{{"body":"{body}"}}"#);
    for _ in 0..MESSAGES {
        client.must(&room, "message", &payload);
    }
    (Person::client(company, "alice", &Arc::new(Record::default())), room, client)
}

/// Sockets of one person join a session with all its messages repeatedly, and read nothing.
pub fn unread_snapshots(address: SocketAddr, count: usize, stage: &Stage) -> String {
    let body = r"\u0001".repeat(MESSAGE_BYTES);
    let (alice, room, _stays) = talkative(address, &company("unread"), &body);
    let path = alice.path();
    let joins: Vec<u8> =
        (0..JOINS).flat_map(|n| frame(TEXT, pushed(&n.to_string(), &room, "phx_join", "{}").as_bytes())).collect();
    let new = || {
        let mut socket = Raw::connect(address, &path).ok()?;
        socket.stream.write_all(&joins).ok()?;
        socket.stream.set_nonblocking(true).ok()?;
        Some(socket)
    };
    let mut sockets: Vec<Option<Raw>> = (0..count).map(|_| new()).collect();
    stage.rage();
    let mut rounds = 0;
    while !stage.is_over() {
        // Without reading, a cut does not show, so that the sockets are replaced in turn.
        sockets[rounds % count] = new();
        rounds += 1;
        std::thread::sleep(REST);
    }
    let open = sockets.iter().flatten().count();
    format!("{open} sockets, {rounds} of them anew")
}

/// Answers of several megabytes over HTTP, all of them unread.
pub fn unread_answers(address: SocketAddr, count: usize, stage: &Stage) -> String {
    let company = company("answers");
    let (_, room, _stays) = talkative(address, &company, &r"\u0001".repeat(MESSAGE_BYTES));
    let session = room.split_once(':').expect("a topic").1;
    let request = format!(
        "GET /v1/companies/{company}/sessions/{session}/messages?limit=500 HTTP/1.1\r\nHost: s\r\n\
         Authorization: Bearer {API_KEY}\r\n\r\n"
    );
    ask_unread(address, count, &[request], stage);
    format!("{count} answers of 5 MB")
}

/// Connections send these requests in turn and read nothing; one after another hangs up and reconnects. Returns how
/// often.
fn ask_unread(address: SocketAddr, count: usize, requests: &[String], stage: &Stage) -> usize {
    let new = || Line { stream: connect(address), sent: 0 };
    let mut lines: Vec<Line> = (0..count).map(|_| new()).collect();
    stage.rage();
    let mut rounds = 0;
    while !stage.is_over() {
        for (n, line) in lines.iter_mut().enumerate() {
            let request = requests[n % requests.len()].as_bytes();
            if let Ok(sent) = line.stream.write(&request[line.sent..]) {
                line.sent += sent;
            }
        }
        lines[rounds % count] = new();
        rounds += 1;
        std::thread::sleep(REST);
    }
    rounds
}

/// One company's key opens all feeds and exports that it may, of a session with all its messages, and reads none.
pub fn feeds_and_exports(address: SocketAddr, count: usize, stage: &Stage) -> String {
    let company = company("feeds");
    let (_, _, _stays) = talkative(address, &company, &r"\u0001".repeat(MESSAGE_BYTES));
    let request = |path: &str| {
        format!(
            "GET /v1/companies/{company}/{path} HTTP/1.1\r\nHost: s\r\nAccept: text/event-stream, */*\r\n\
             Authorization: Bearer {API_KEY}\r\n\r\n"
        )
    };
    let requests = ["events?after=0", "export?events=true", "employees", "bookings?limit=500"].map(request);
    let rounds = ask_unread(address, count, &requests, stage);
    format!("{count} connections, {rounds} of them anew")
}

/// Sockets of many people join sessions that never existed.
pub fn unknown_sessions(address: SocketAddr, people: usize, stage: &Stage) -> String {
    let (company, record) = (company("unknown"), Arc::new(Record::default()));
    let mut sockets: Vec<Raw> = (0..people)
        .map(|n| Raw::connect(address, &Person::client(&company, &format!("c{n}"), &record).path()).expect("let in"))
        .collect();
    stage.rage();
    let mut asked: u128 = 0;
    while !stage.is_over() {
        for socket in &mut sockets {
            asked += 1;
            let topic = format!("session:{}", uuid::Uuid::from_u128(asked).hyphenated());
            let reply = socket.ask(&topic, "phx_join", "{}").expect("the line holds");
            assert_eq!(reply["status"], "error", "{reply}");
        }
    }
    format!("{asked} joins by {people}")
}

/// An employee requests their own statistics without a pause, on many connections, and hangs up.
pub fn statistics(address: SocketAddr, count: usize, stage: &Stage) -> String {
    let company = company("statistics");
    let (alice, record) = (Person::client(&company, "bob", &Arc::new(Record::default())), Arc::new(Record::default()));
    let erika = Person::employee(&company, "erika", &record);
    let mut desk = Raw::connect(address, &erika.path()).expect("who comes is let in");
    desk.must(&erika.desk(), "phx_join", "{}");
    desk.must(&erika.desk(), "set_status", r#"{"status":"idle"}"#);
    let mut client = Raw::connect(address, &alice.path()).expect("who comes is let in");
    client.must(&alice.desk(), "phx_join", "{}");
    for _ in 0..BOOKED {
        let booked = client.must(&alice.desk(), "book", r#"{"topic":"tax"}"#);
        client.must(&alice.desk(), "cancel", &format!(r#"{{"booking_id":{}}}"#, booked["booking"]["id"]));
        while desk.event("status").expect("the line holds")["status"] != "idle" {}
    }
    let request = format!(
        "GET /v1/companies/{company}/employees/erika/statistics HTTP/1.1\r\nHost: s\r\nAuthorization: Bearer {}\r\n\r\n",
        erika.token()
    );
    stage.rage();
    let mut asked = 0;
    while !stage.is_over() {
        let mut lines: Vec<Line> = (0..count).map(|_| Line { stream: connect(address), sent: 0 }).collect();
        for line in &mut lines {
            asked += usize::from(line.stream.write_all(request.as_bytes()).is_ok());
        }
        std::thread::sleep(REST);
    }
    format!("asked {asked} times")
}

/// Both sides of a session send messages of the greatest length, as fast as allowed.
pub fn longest_messages(address: SocketAddr, stage: &Stage) -> String {
    let (mut client, room, erika) = session(address, &company("long"));
    let mut desk = Raw::connect(address, &erika.path()).expect("who comes is let in");
    desk.must(&room, "phx_join", "{}");
    let payload = format!(r#"{{"body":"{}"}}"#, r"\u0001".repeat(MESSAGE_BYTES));
    stage.rage();
    let (began, mut sent) = (Instant::now(), 0);
    while !stage.is_over() {
        for device in [&mut client, &mut desk] {
            let reply = device.ask(&room, "message", &payload).expect("the line holds");
            sent += usize::from(reply["status"] == "ok");
        }
    }
    format!(
        "{:.1} messages/s of 8 KiB",
        f64::from(u32::try_from(sent).unwrap_or(u32::MAX)) / began.elapsed().as_secs_f64()
    )
}

//! Slow devices and oversized frames: they are cut off, at a bounded cost, and no other person waits for them.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use switchboard_client::{Error, Socket};
use switchboard_wire::phoenix::{self, PHOENIX_TOPIC, Ref, Version, event};

use crate::people::{Device, Pair, Person};
use crate::record::Record;
use crate::server::{Plan, Server};

const FRAME_MAX_BYTES: usize = 64 * 1024;
const TOO_BIG: u16 = 1009;
const TOO_SLOW: u16 = 1013;
/// The most frames that wait for one socket in these tests.
const OUTBOX_FRAMES: u64 = 64;
/// The most memory for a slow device: its outbox full of the largest frames, doubled for buffers, and room for the
/// rest.
const MEMORY_MAX_KB: u64 = 2 * OUTBOX_FRAMES * 64 + 16 * 1024;
/// A device that reads nothing is gone after a few seconds, more on a busy machine, because the server waits for the
/// closing handshake.
const GONE_WITHIN: Duration = Duration::from_secs(30);
/// The longest wait of another person meanwhile, on a busy machine and without optimisation.
const DELAY_MAX: Duration = Duration::from_secs(5);

/// A session of two; the employee's device can be any.
struct Talk {
    client: Device,
    room: String,
    employee: Person,
}

impl Talk {
    async fn begin(server: &Server, name: &str, record: &Arc<Record>) -> Self {
        let employee = Person::employee(name, "erika", record);
        let pair = Pair::meet(server.address, &Person::client(name, "alice", record), &employee).await;
        let (room, mut client) = (pair.room(), pair.client);
        client.join(&room).await.unwrap().ok();
        Self { client, room, employee }
    }

    /// A device of the employee that has joined the session, and from then on is read only by its holder.
    async fn bare(&self, address: SocketAddr) -> Socket {
        let mut socket = self.employee.socket(address).await;
        socket.join(&self.room).await.unwrap();
        socket
    }
}

/// The longest wait for anything on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Reads a connection to its end; returns the code of its close frame, if one came.
async fn read_to_the_end(mut socket: Socket) -> Option<u16> {
    let until = Instant::now() + PATIENCE;
    loop {
        match socket.hear(until).await {
            Ok(Some(_frame)) => {}
            Ok(None) => panic!("waited {PATIENCE:?} until the line ends"),
            Err(Error::Closed { code, .. }) => return code,
            Err(_cut) => return None,
        }
    }
}

fn memory_kb(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_stops_reading_is_closed_at_a_bounded_cost_and_others_are_not_delayed() {
    let place = tempfile::tempdir().unwrap();
    // The others send messages without a pause, more than real people would.
    let plan = Plan::new(place.path()).with("SWITCHBOARD_OUTBOX_FRAMES", &OUTBOX_FRAMES.to_string());
    let plan =
        plan.with("SWITCHBOARD_MESSAGES_PER_PERSON_PER_S", "0").with("SWITCHBOARD_SIGNALS_PER_PERSON_PER_S", "0");
    let server = plan.start();
    let record = Arc::new(Record::default());
    let mut poured = Talk::begin(&server, "acme", &record).await;
    let others = Talk::begin(&server, "bolt", &record).await;
    let unread = poured.bare(server.address).await;
    poured.client.hear("peer", |event| event.payload["online"] == true).await.unwrap();
    let before_kb = memory_kb(&server);
    let done = Arc::new(tokio::sync::Notify::new());
    let measured = tokio::spawn(longest_answer(others, done.clone()));
    let (mut frames, mut most_kb) = (0, 0);
    let (data, began) = ("x".repeat(60_000), Instant::now());
    loop {
        poured.client.push(&poured.room, "signal", json!({ "data": data })).await.unwrap().ok();
        frames += 1;
        most_kb = most_kb.max(memory_kb(&server).saturating_sub(before_kb));
        let gone = |event: &crate::people::Event| event.name == "peer" && event.payload["online"] == false;
        if poured.client.heard_meanwhile().iter().any(gone) {
            break;
        }
        assert!(began.elapsed() < GONE_WITHIN, "{frames} frames wait for a device that reads nothing");
    }
    done.notify_one();
    let (answers, longest) = measured.await.unwrap();
    let code = read_to_the_end(unread).await;
    println!("closed with {code:?} after {frames} frames of 60 KB, {most_kb} KB more memory at the most");
    println!("{answers} answers to others meanwhile, the longest after {longest:?}");
    assert!(code.is_none_or(|code| code == TOO_SLOW), "{code:?}");
    assert!(most_kb < MEMORY_MAX_KB, "{most_kb} KB of memory for one slow device");
    assert!(longest < DELAY_MAX, "others waited {longest:?}");
}

/// Sends messages without a pause until told to stop; returns the number of answers and the longest wait for one.
async fn longest_answer(mut talk: Talk, done: Arc<tokio::sync::Notify>) -> (usize, Duration) {
    let (mut answers, mut longest) = (0, Duration::ZERO);
    let talking = async {
        loop {
            let asked = Instant::now();
            let words = json!({ "body": format!("words {answers}") });
            talk.client.push(&talk.room, "message", words).await.unwrap().ok();
            longest = longest.max(asked.elapsed());
            answers += 1;
        }
    };
    tokio::select! {
        () = talking => {}
        () = done.notified() => {}
    }
    (answers, longest)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_of_64_kib_is_taken_and_one_byte_more_closes_the_socket() {
    let place = tempfile::tempdir().unwrap();
    let server = Plan::new(place.path()).start();
    let alice = Person::client("acme", "alice", &Arc::new(Record::default()));
    // The payload of a heartbeat whose whole frame has that length, with a ref of one digit.
    let payload_of = |bytes: usize| {
        let payload = |padding: usize| json!({ "padding": "x".repeat(padding) }).to_string();
        let frame = |payload: &str| {
            phoenix::push(Version::V2, &Ref::Null, &Ref::Number(1), PHOENIX_TOPIC, event::HEARTBEAT, payload)
        };
        let payload = payload(bytes - frame(&payload(0)).len());
        assert_eq!(frame(&payload).len(), bytes);
        payload
    };
    let mut socket = alice.socket(server.address).await;
    socket.ask(PHOENIX_TOPIC, event::HEARTBEAT, &payload_of(FRAME_MAX_BYTES)).await.unwrap();
    socket.push(PHOENIX_TOPIC, event::HEARTBEAT, &payload_of(FRAME_MAX_BYTES + 1)).await.unwrap();
    assert_eq!(read_to_the_end(socket).await, Some(TOO_BIG));

    let mut huge = alice.socket(server.address).await;
    // The server may cut an oversized frame while the frame is still being sent.
    let _cut_or_sent = huge.push(PHOENIX_TOPIC, event::HEARTBEAT, &payload_of(64 * FRAME_MAX_BYTES)).await;
    let code = read_to_the_end(huge).await;
    assert!(code.is_none_or(|code| code == TOO_BIG), "{code:?}");
    assert!(server.is_ready());
}

/// The longest time for the head of a request.
const HEAD_MAX: Duration = Duration::from_secs(10);
/// How late the cut may come on a busy machine.
const LATE_MAX: Duration = Duration::from_secs(20);

/// Sends a byte a second, or none; returns how long the server accepted that.
fn dribble(address: SocketAddr, bytes: &[u8]) -> Duration {
    let mut stream = TcpStream::connect(address).unwrap();
    let began = Instant::now();
    stream.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    let mut bytes = bytes.iter();
    while began.elapsed() < HEAD_MAX + LATE_MAX {
        if let Some(byte) = bytes.next()
            && stream.write_all(&[*byte]).is_err()
        {
            break;
        }
        // Waiting for an answer is the pause between two bytes.
        match stream.read(&mut [0; 1024]) {
            Ok(0) => break,
            Ok(_answer) => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_cut) => break,
        }
    }
    began.elapsed()
}

#[test]
fn a_handshake_of_a_byte_a_second_is_cut_after_ten_seconds() {
    let place = tempfile::tempdir().unwrap();
    let server = Plan::new(place.path()).start();
    let address = server.address;
    let slow = std::thread::spawn(move || dribble(address, b"GET /socket/websocket?vsn=2.0.0 HTTP/1.1\r\n"));
    let silent = std::thread::spawn(move || dribble(address, b""));
    for (who, borne) in [("slow", slow.join().unwrap()), ("silent", silent.join().unwrap())] {
        println!("{who}: cut after {borne:?}");
        assert!(borne >= HEAD_MAX - Duration::from_secs(1), "{who}: cut after {borne:?}");
        assert!(borne < HEAD_MAX + LATE_MAX, "{who}: borne for {borne:?}");
    }
    assert!(server.is_ready());
}

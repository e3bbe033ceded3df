//! Storms of many people: bookings beside idle sockets, devices that do not read, a huge company.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use switchboard_wire::claims::Role;

use super::bystander::percentile;
use super::figures::Stage;
use super::raw::{Raw, pushed};
use crate::people::Person;
use crate::record::Record;
use crate::server::{API_KEY, Server};

/// Interval at which idle devices read, because reading everything at once costs this machine least.
const SWEEP_EVERY: Duration = Duration::from_millis(200);
/// Sockets of one person, below the limit.
const SOCKETS_OF_ONE: usize = 250;
const HIRERS: usize = 32;

/// Number of participants in a storm of bookings.
#[derive(Clone, Copy)]
pub struct Numbers {
    /// Clients who only listen.
    pub idle: usize,
    /// Employees who are idle.
    pub staff: usize,
    /// Clients who book and cancel without a pause.
    pub clients: usize,
}

fn client(company: &str, id: &str) -> Person {
    Person::client(company, id, &Arc::new(Record::default()))
}

/// Connects people and joins them all together, so that their joins share a commit.
fn arrive_together(address: SocketAddr, people: &[Person]) -> Vec<Raw> {
    let connect = |person: &Person| Raw::connect(address, &person.path()).expect("who comes is let in");
    let mut devices: Vec<Raw> = people.iter().map(connect).collect();
    let pushes: [(&str, &str); 2] = [("phx_join", "{}"), ("set_status", r#"{"status":"idle"}"#)];
    for (event, payload) in pushes {
        let pushing = |person: &Person| event == "phx_join" || person.role == Role::Employee;
        for (device, person) in devices.iter_mut().zip(people).filter(|(_, person)| pushing(person)) {
            device.send(&pushed("a", &person.desk(), event, payload)).expect("the line holds");
        }
        for (device, _) in devices.iter_mut().zip(people).filter(|(_, person)| pushing(person)) {
            assert_eq!(device.reply("a").expect("an answer")["status"], "ok");
        }
    }
    devices
}

fn arrive(address: SocketAddr, person: &Person) -> Option<Raw> {
    let mut device = Raw::connect(address, &person.path()).ok()?;
    let joined = device.ask(&person.desk(), "phx_join", "{}").ok()?;
    (joined["status"] == "ok").then_some(device)
}

/// Connects people who only listen from now on.
fn listeners(address: SocketAddr, people: &[Person], stage: &Stage) -> Vec<Raw> {
    let arrived = people.chunks(100).take_while(|_| !stage.is_over());
    let devices: Vec<Raw> = arrived.flat_map(|people| arrive_together(address, people)).collect();
    for device in &devices {
        device.stream.set_nonblocking(true).unwrap();
    }
    devices
}

/// Reads for the listeners, until the storm is over; returns how many connections are still open.
fn sweep(lines: &mut [Raw], stage: &Stage) -> usize {
    let mut room = vec![0; 256 * 1024];
    while !stage.is_over() {
        for line in lines.iter_mut() {
            line.discard(&mut room);
        }
        std::thread::sleep(SWEEP_EVERY);
    }
    lines.iter_mut().filter_map(|line| line.discard(&mut room).then_some(())).count()
}

/// Clients book and cancel as fast as they are answered, while others of the company listen.
pub fn bookings(address: SocketAddr, company: &str, numbers: Numbers, stage: &Stage) -> String {
    let record = Arc::new(Record::default());
    let staff = (0..numbers.staff).map(|n| Person::employee(company, &format!("e{n}"), &record));
    let idle = (0..numbers.idle).map(|n| client(company, &format!("idle{n}")));
    let mut lines = listeners(address, &staff.chain(idle).collect::<Vec<_>>(), stage);
    let clients: Vec<Person> = (0..numbers.clients).map(|n| client(company, &format!("c{n}"))).collect();
    let mut clients = arrive_together(address, &clients);
    std::thread::scope(|scope| {
        let swept = scope.spawn(|| sweep(&mut lines, stage));
        stage.rage();
        let (began, mut waits, mut booked) = (Instant::now(), Vec::new(), 0);
        while !stage.is_over() {
            let asked = Instant::now();
            booked += book_and_cancel(&mut clients, company);
            waits.push(asked.elapsed());
        }
        let per_s = booked as f64 / began.elapsed().as_secs_f64();
        let left = swept.join().expect("the sweep ends");
        format!("{left} listened, {per_s:.0} bookings/s, {:?} for a round", percentile(&waits, 50))
    })
}

/// Makes all clients book, and cancel their bookings; returns how many bookings succeeded.
fn book_and_cancel(clients: &mut [Raw], company: &str) -> usize {
    let topic = format!("company:{company}");
    for client in clients.iter_mut() {
        client.send(&pushed("b", &topic, "book", r#"{"topic":"tax"}"#)).expect("the line holds");
    }
    let booked: Vec<Value> = clients.iter_mut().map(|client| client.reply("b").expect("an answer")).collect();
    for (client, booked) in clients.iter_mut().zip(&booked) {
        let wish = format!(r#"{{"booking_id":{}}}"#, booked["response"]["booking"]["id"]);
        client.send(&pushed("c", &topic, "cancel", &wish)).expect("the line holds");
    }
    for client in clients.iter_mut() {
        client.reply("c").expect("an answer");
    }
    booked.iter().filter(|booked| booked["status"] == "ok").count()
}

/// A client and an employee in a session: the client's device, the session's topic and the employee.
pub fn session(address: SocketAddr, company: &str) -> (Raw, String, Person) {
    let (alice, erika) = (client(company, "alice"), Person::employee(company, "erika", &Arc::new(Record::default())));
    let mut desk = arrive(address, &erika).expect("who comes is let in");
    desk.must(&erika.desk(), "set_status", r#"{"status":"idle"}"#);
    let mut asking = arrive(address, &alice).expect("who comes is let in");
    asking.must(&alice.desk(), "book", r#"{"topic":"tax"}"#);
    let offer = desk.event("offer").expect("an offer");
    let accepted = desk.must(&erika.desk(), "accept", &format!(r#"{{"offer_id":{}}}"#, offer["offer"]["id"]));
    let room = format!("session:{}", accepted["session"]["id"].as_str().expect("an id"));
    asking.must(&room, "phx_join", "{}");
    (asking, room, erika)
}

/// Devices join sessions and never read, while the other side sends signals of 60 KB to them.
pub fn slow_readers(address: SocketAddr, count: usize, stage: &Stage) -> String {
    let sessions = count.div_ceil(SOCKETS_OF_ONE);
    let (poured, mut readers) = (AtomicUsize::new(0), Vec::new());
    let mut pourers = Vec::new();
    for number in 0..sessions {
        // Each storm has sessions of its own, because the former one may not have ended yet.
        let company = format!("slow{number}-{}", std::process::id() + unique());
        let (pourer, room, erika) = session(address, &company);
        for _ in 0..SOCKETS_OF_ONE.min(count - readers.len()) {
            let mut reader = Raw::connect(address, &erika.path()).expect("who comes is let in");
            reader.must(&room, "phx_join", "{}");
            readers.push(reader);
        }
        pourers.push((pourer, room));
    }
    stage.rage();
    let payload = format!(r#"{{"data":"{}"}}"#, "x".repeat(60_000));
    while !stage.is_over() {
        for (pourer, room) in &mut pourers {
            let reply = pourer.ask(room, "signal", &payload).expect("who pours reads");
            match reply["response"]["retry_in_ms"].as_u64() {
                Some(retry_in_ms) => std::thread::sleep(Duration::from_millis(retry_in_ms)),
                None => {
                    poured.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }
    let mut cut = 0;
    for reader in &mut readers {
        reader.stream.set_nonblocking(true).unwrap();
        let mut room = vec![0; 256 * 1024];
        cut += usize::from(!(0..200).all(|_| reader.discard(&mut room)));
    }
    let poured = poured.into_inner();
    format!("{poured} signals of 60 KB, {cut} of {} readers cut", readers.len())
}

pub fn unique() -> u32 {
    static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Creates employees over HTTP.
pub fn hire(server: &Server, company: &str, count: usize) -> Duration {
    let began = Instant::now();
    server.set_company(company, &serde_json::json!({}));
    let address = server.address;
    std::thread::scope(|scope| {
        for hirer in 0..HIRERS {
            scope.spawn(move || {
                let mut stream = TcpStream::connect(address).expect("the server listens");
                stream.set_nodelay(true).unwrap();
                for number in (hirer..count).step_by(HIRERS) {
                    // These ids sort after those of the connected staff.
                    let path = format!("/v1/companies/{company}/employees/m{number}");
                    let answer = ask(&mut stream, "PUT", &path, r#"{"topics":["law"]}"#);
                    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
                }
            });
        }
    });
    began.elapsed()
}

/// One request on a connection that stays open; returns the head of the answer.
fn ask(stream: &mut TcpStream, method: &str, path: &str, body: &str) -> String {
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.1\r\nHost: s\r\nAuthorization: Bearer {API_KEY}\r\n");
    write!(stream, "{head}Content-Length: {length}\r\n\r\n{body}").expect("the server listens");
    let (mut answer, mut bytes) = (Vec::new(), [0; 16 * 1024]);
    loop {
        let read = stream.read(&mut bytes).expect("an answer");
        assert!(read > 0, "the server hung up");
        answer.extend_from_slice(&bytes[..read]);
        let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
        let length: usize = length.and_then(|length| length.parse().ok()).expect("a length");
        while answer.len() < end + 4 + length {
            let read = stream.read(&mut bytes).expect("an answer");
            assert!(read > 0, "the server hung up");
            answer.extend_from_slice(&bytes[..read]);
        }
        return String::from_utf8_lossy(&answer[..end]).into_owned();
    }
}

/// An admin joins the board of a huge company twice a second, and a back end lists the busy employees. None is busy, so
/// that every employee is examined.
pub fn lookers(address: SocketAddr, company: &str, stage: &Stage) -> String {
    let mut admin = Person::client(company, "boss", &Arc::new(Record::default()));
    admin.role = Role::Admin;
    let (mut boards, mut lists) = (Vec::new(), Vec::new());
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stage.rage();
    while !stage.is_over() {
        let asked = Instant::now();
        arrive(address, &admin).expect("who comes is let in");
        boards.push(asked.elapsed());
        for _ in 0..10 {
            let asked = Instant::now();
            ask(&mut stream, "GET", &format!("/v1/companies/{company}/employees?status=busy"), "");
            lists.push(asked.elapsed());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    let (board, list) = (percentile(&boards, 50), percentile(&lists, 50));
    format!("{} boards in {board:?} each, {} lists in {list:?} each", boards.len(), lists.len())
}

//! Limits per person and per address: each is enforced, says when to come back, keeps its word, and affects no other
//! caller.

use std::io::Read;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use switchboard_client::{Error, Response, Socket};
use switchboard_wire::claims::Role;

use crate::people::{Answer, Device, Pair, Person};
use crate::record::Record;
use crate::server::{API_KEY, Plan, Server, wait_until};

/// The burst of a rate of one a second.
const AT_ONCE: u64 = 20;
/// Connections of an address beyond its sockets.
const CONNECTIONS_BESIDE_SOCKETS: usize = 256;
const BAD_TOKEN: &str = "nonsense";
/// The longest handshake on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server whose limits per address apply to loopback too.
fn strict(place: &tempfile::TempDir, limits: &[(&'static str, &str)]) -> Server {
    let plan = Plan::new(place.path()).with("SWITCHBOARD_TRUST_LOOPBACK", "false");
    limits.iter().fold(plan, |plan, (name, value)| plan.with(name, value)).start()
}

fn person(role: Role, id: &str) -> Person {
    Person { role, id: id.to_owned(), company: "acme".to_owned(), record: Arc::new(Record::default()) }
}

/// A handshake: the socket, or the answer that refused it.
async fn shake(address: SocketAddr, token: &str) -> Result<Socket, Box<Response>> {
    match Socket::connect(&address.to_string(), token, PATIENCE).await {
        Ok(socket) => Ok(socket),
        Err(Error::NoSocket(refused)) => Err(refused),
        Err(error) => panic!("neither a socket nor an answer: {error}"),
    }
}

/// Checks that the answer is a 429 with a reason and a delay; returns the delay.
fn assert_limited(refused: &Response) -> Duration {
    assert_eq!(refused.status(), 429);
    let body: Value = serde_json::from_slice(refused.body().as_deref().unwrap()).unwrap();
    let after = &refused.headers()["retry-after"];
    assert_eq!(body["reason"], "rate_limited");
    assert!(body["message"].as_str().is_some_and(|message| message.contains("too many")), "{body}");
    let retry_in_ms = body["retry_in_ms"].as_u64().unwrap();
    assert_eq!(after.to_str().unwrap(), retry_in_ms.div_ceil(1000).to_string());
    Duration::from_millis(retry_in_ms)
}

/// Makes handshakes until one is limited; returns the delay. All before it are answered as `expected`.
async fn shake_until_limited(server: &Server, token: &str, expected: u16) -> Duration {
    let began = Instant::now();
    for count in 0.. {
        let status = match shake(server.address, token).await {
            Ok(_socket) => 101,
            Err(refused) if refused.status() == 429 => {
                assert!(count >= AT_ONCE, "limited after {count}");
                return assert_limited(&refused);
            }
            Err(refused) => refused.status().as_u16(),
        };
        assert_eq!(status, expected);
        assert!(count <= AT_ONCE + began.elapsed().as_secs(), "{count} within {:?}", began.elapsed());
    }
    unreachable!()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_makes_only_so_many_handshakes() {
    let place = tempfile::tempdir().unwrap();
    let server = strict(&place, &[("SWITCHBOARD_HANDSHAKES_PER_ADDRESS_PER_S", "1")]);
    let token = person(Role::Client, "alice").token();
    let retry_in = shake_until_limited(&server, &token, 101).await;
    tokio::time::sleep(retry_in).await;
    shake(server.address, &token).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_tokens_of_an_address_are_bounded_and_its_good_ones_count() {
    let place = tempfile::tempdir().unwrap();
    let server = strict(&place, &[("SWITCHBOARD_FAILURES_PER_ADDRESS_PER_S", "1")]);
    let retry_in = shake_until_limited(&server, BAD_TOKEN, 401).await;
    shake(server.address, &person(Role::Client, "alice").token()).await.unwrap();
    assert!(server.ask("GET", "/v1/companies", "").0 == 200, "API keys are counted for themselves");
    tokio::time::sleep(retry_in).await;
    assert_eq!(shake(server.address, BAD_TOKEN).await.unwrap_err().status(), 401);
}

/// Sends an API request with that key; returns the head and the body.
fn ask_with(server: &Server, key: &str) -> (String, Value) {
    let mut stream = TcpStream::connect(server.address).unwrap();
    let head = format!("GET /v1/companies HTTP/1.1\r\nHost: s\r\nAuthorization: Bearer {key}\r\nConnection: close");
    std::io::Write::write_all(&mut stream, format!("{head}\r\n\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_lowercase(), serde_json::from_str(body).unwrap())
}

#[test]
fn whoever_guesses_api_keys_must_wait_even_when_the_guess_is_right() {
    let place = tempfile::tempdir().unwrap();
    let server = strict(&place, &[("SWITCHBOARD_FAILURES_PER_ADDRESS_PER_S", "1")]);
    let began = Instant::now();
    let refused = (0..).map(|_| ask_with(&server, "a guess")).position(|(head, _)| head.starts_with("http/1.1 429"));
    let guesses = u64::try_from(refused.unwrap()).unwrap();
    assert!((AT_ONCE..=AT_ONCE + 1 + began.elapsed().as_secs()).contains(&guesses), "{guesses} guesses");
    // One more request is granted each second: on a busy machine this may be the one.
    let (mut head, mut problem) = (String::new(), Value::Null);
    wait_until("the right key to be refused", || {
        ask_with(&server, "a guess");
        (head, problem) = ask_with(&server, API_KEY);
        head.starts_with("http/1.1 429")
    });
    assert!(head.contains("content-type: application/problem+json") && head.contains("retry-after: 1"), "{head}");
    assert_eq!((&problem["reason"], &problem["status"]), (&json!("rate_limited"), &json!(429)));
    std::thread::sleep(Duration::from_millis(problem["retry_in_ms"].as_u64().unwrap()));
    assert!(ask_with(&server, API_KEY).0.starts_with("http/1.1 200"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_and_a_person_have_only_so_many_sockets() {
    for setting in ["SWITCHBOARD_SOCKETS_PER_ADDRESS", "SWITCHBOARD_SOCKETS_PER_PERSON"] {
        let place = tempfile::tempdir().unwrap();
        let server = strict(&place, &[(setting, "2")]);
        let (alice, bob) = (person(Role::Client, "alice").token(), person(Role::Client, "bob").token());
        let first = shake(server.address, &alice).await.unwrap();
        let _second = shake(server.address, &alice).await.unwrap();
        let retry_in = assert_limited(&shake(server.address, &alice).await.unwrap_err());
        let of_person = setting.ends_with("PERSON");
        assert_eq!(shake(server.address, &bob).await.is_ok(), of_person, "{setting}");
        drop(first);
        tokio::time::sleep(retry_in).await;
        // The server notices the end of the connection after a moment.
        while let Err(refused) = shake(server.address, &alice).await {
            tokio::time::sleep(assert_limited(&refused)).await;
        }
    }
}

#[test]
fn an_address_has_only_so_many_connections_and_more_are_cut() {
    let place = tempfile::tempdir().unwrap();
    let server = strict(&place, &[("SWITCHBOARD_SOCKETS_PER_ADDRESS", "1")]);
    let connect = || {
        let stream = TcpStream::connect(server.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        stream
    };
    // Silence is an error here; the end or a reset is a cut.
    let is_cut = |mut stream: &TcpStream| match stream.read(&mut [0]) {
        Ok(read) => read == 0,
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
    };
    let mut all: Vec<TcpStream> = (0..=CONNECTIONS_BESIDE_SOCKETS).map(|_| connect()).collect();
    assert!(!is_cut(all.last().unwrap()));
    wait_until("a connection too many is cut", || is_cut(&connect()));
    all.clear();
    wait_until("there is room again", || !is_cut(&connect()));
    assert!(server.is_ready());
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_on_this_machine_no_address_is_counted() {
    let place = tempfile::tempdir().unwrap();
    let mut plan = Plan::new(place.path());
    for limit in ["SOCKETS_PER_ADDRESS", "HANDSHAKES_PER_ADDRESS_PER_S", "FAILURES_PER_ADDRESS_PER_S"] {
        let name: &'static str = format!("SWITCHBOARD_{limit}").leak();
        plan = plan.with(name, "1");
    }
    let server = plan.start();
    let mut sockets = Vec::new();
    for number in 0..50 {
        assert_eq!(shake(server.address, BAD_TOKEN).await.unwrap_err().status(), 401);
        let token = person(Role::Client, &format!("c{number}")).token();
        sockets.push(shake(server.address, &token).await.unwrap());
    }
}

/// Checks that the answer is a limit; returns the delay.
fn retry_in(answer: &Answer) -> Duration {
    assert_eq!(answer.reason(), "rate_limited", "{}", answer.response);
    assert!(answer.response["message"].as_str().unwrap().starts_with("too many"));
    Duration::from_millis(answer.response["retry_in_ms"].as_u64().unwrap())
}

/// Pushes until limited; returns how many pushes succeeded, and the delay.
async fn push_until_limited(device: &mut Device, topic: &str, event: &str, payload: Value) -> (usize, Duration) {
    let began = Instant::now();
    for count in 0.. {
        let answer = device.push(topic, event, payload.clone()).await.unwrap();
        if answer.reason() == "rate_limited" {
            assert!(u64::try_from(count).unwrap() >= AT_ONCE - 1, "limited after {count}");
            return (count, retry_in(&answer));
        }
        answer.ok();
        assert!(u64::try_from(count).unwrap() <= AT_ONCE + 1 + began.elapsed().as_secs(), "{count}");
    }
    unreachable!()
}

/// Checks that a limit of one a second applies to one person on all devices and to no other, changes nothing, and ends
/// in time.
async fn meets_one_person(device: &mut Device, other: &mut Device, topic: &str, event: &str, payload: Value) -> usize {
    let (done, wait) = push_until_limited(device, topic, event, payload.clone()).await;
    other.push(topic, event, payload.clone()).await.unwrap().ok();
    device.push("phoenix", "heartbeat", json!({})).await.unwrap().ok();
    tokio::time::sleep(wait).await;
    device.push(topic, event, payload).await.unwrap().ok();
    done + 1
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_and_signals_of_a_person_are_bounded() {
    let place = tempfile::tempdir().unwrap();
    let plan = Plan::new(place.path()).with("SWITCHBOARD_MESSAGES_PER_PERSON_PER_S", "1");
    let server = plan.with("SWITCHBOARD_SIGNALS_PER_PERSON_PER_S", "1").start();
    let mut pair = Pair::meet(server.address, &person(Role::Client, "alice"), &person(Role::Employee, "erika")).await;
    pair.join().await;
    let (room, mut asking, mut desk) = (pair.room(), pair.client, pair.employee);
    let sent = meets_one_person(&mut asking, &mut desk, &room, "message", json!({ "body": "again" })).await;
    meets_one_person(&mut asking, &mut desk, &room, "signal", json!({ "data": 1 })).await;
    let kept = asking.join(&room).await.unwrap().ok()["messages"].as_array().unwrap().len();
    assert_eq!(kept, sent + 1, "what was limited was not kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_messages_of_a_session_are_bounded_and_a_repeat_is_answered_all_the_same() {
    let place = tempfile::tempdir().unwrap();
    let server = Plan::new(place.path()).with("SWITCHBOARD_MESSAGE_BYTES_PER_SESSION", "8192").start();
    let mut pair = Pair::meet(server.address, &person(Role::Client, "alice"), &person(Role::Employee, "erika")).await;
    pair.join().await;
    let (room, mut asking, mut desk) = (pair.room(), pair.client, pair.employee);
    let long = json!({ "body": "x".repeat(8191), "key": "long" });
    let first = asking.push(&room, "message", long.clone()).await.unwrap().ok();
    assert_eq!(desk.push(&room, "message", json!({ "body": "xx" })).await.unwrap().reason(), "session_full");
    desk.push(&room, "message", json!({ "body": "x" })).await.unwrap().ok();
    assert_eq!(asking.push(&room, "message", json!({ "body": "x" })).await.unwrap().reason(), "session_full");
    assert_eq!(asking.push(&room, "message", long).await.unwrap().ok(), first);
    desk.push(&room, "notes", json!({ "body": "it is full" })).await.unwrap().ok();
    assert_eq!(asking.join(&room).await.unwrap().ok()["messages"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_of_a_company_is_bounded_for_its_people_and_for_what_is_set_of_it() {
    let place = tempfile::tempdir().unwrap();
    let server = strict(&place, &[("SWITCHBOARD_STORED_BYTES_PER_COMPANY_PER_S", "1000")]);
    server.set_company("acme", &json!({}));
    let mut pair = Pair::meet(server.address, &person(Role::Client, "zoe"), &person(Role::Employee, "ann")).await;
    pair.join().await;
    let topics: Vec<String> = (0..64).map(|n| format!("{n:0>128}")).collect();
    let employee = json!({ "topics": topics }).to_string();
    let put = |id: &str| server.ask("PUT", &format!("/v1/companies/acme/employees/{id}"), &employee);
    // The burst is 20,000 bytes, and each employee takes 17,000.
    assert_eq!((put("bob").0, put("cay").0), (201, 201));
    let (status, refused) = put("dan");
    assert!(status == 429 && refused.contains("rate_limited") && refused.contains("retry_in_ms"), "{refused}");
    for (method, path, body) in [
        ("PATCH", "/v1/companies/acme/employees/bob", r#"{"name":"B"}"#),
        ("PATCH", "/v1/companies/acme", r#"{"name":"A"}"#),
    ] {
        assert_eq!(server.ask(method, path, body).0, 429, "{method} {path}");
    }
    assert_eq!(server.ask("DELETE", "/v1/companies/acme/employees/cay", "").0, 204, "what goes is never refused");
    server.set_company("another", &json!({}));
    let room = pair.room();
    let long = json!({ "body": "x".repeat(6_000) });
    for _ in 0..2 {
        pair.client.push(&room, "message", long.clone()).await.unwrap().ok();
    }
    let third = pair.client.push(&room, "message", long).await.unwrap();
    assert_eq!(third.reason(), "rate_limited", "each takes 12,400 bytes");
    let mut other = Pair::meet(
        server.address,
        &Person { company: "another".into(), ..person(Role::Client, "zoe") },
        &Person { company: "another".into(), ..person(Role::Employee, "ann") },
    )
    .await;
    other.join().await;
    let room = other.room();
    other.client.push(&room, "message", json!({ "body": "hello" })).await.unwrap().ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn notes_count_as_messages() {
    let place = tempfile::tempdir().unwrap();
    let server = Plan::new(place.path()).with("SWITCHBOARD_MESSAGES_PER_PERSON_PER_S", "1").start();
    let mut pair = Pair::meet(server.address, &person(Role::Client, "alice"), &person(Role::Employee, "erika")).await;
    pair.join().await;
    let (room, mut desk) = (pair.room(), pair.employee);
    push_until_limited(&mut desk, &room, "notes", json!({ "body": "again" })).await;
    // One more push is granted each second: on a busy machine the message may be the one.
    let began = Instant::now();
    for granted in 0.. {
        let answer = desk.push(&room, "message", json!({ "body": "again" })).await.unwrap();
        if !answer.is_ok {
            retry_in(&answer);
            break;
        }
        assert!(granted <= began.elapsed().as_secs(), "{granted} messages were granted");
    }
    desk.push(&room, "signal", json!({ "data": 1 })).await.unwrap().ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn joins_of_a_person_are_bounded_on_all_devices() {
    let place = tempfile::tempdir().unwrap();
    let server = Plan::new(place.path()).with("SWITCHBOARD_JOINS_PER_PERSON_PER_S", "1").start();
    let (alice, bob, employee) =
        (person(Role::Client, "alice"), person(Role::Client, "bob"), person(Role::Employee, "erika"));
    let (mut device, mut second) =
        (alice.connect(server.address).await.unwrap(), alice.connect(server.address).await.unwrap());
    let mut other = bob.connect(server.address).await.unwrap();
    let topic = alice.desk();
    second.join(&topic).await.unwrap().ok();
    push_until_limited(&mut device, &topic, "phx_join", json!({})).await;
    // One more join is granted each second: on a busy machine this may be the one.
    let wait = loop {
        let answer = second.join(&topic).await.unwrap();
        if !answer.is_ok {
            break retry_in(&answer);
        }
    };
    other.join(&topic).await.unwrap().ok();
    // The former join still holds, because a refused join did not end it.
    let (mut desk, _) = employee.arrive(server.address).await.unwrap();
    desk.push(&employee.desk(), "set_status", json!({ "status": "idle" })).await.unwrap().ok();
    second.hear("availability", |event| event.payload["idle"] == 1).await.unwrap();
    tokio::time::sleep(wait).await;
    device.join(&topic).await.unwrap().ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn bookings_and_other_changes_of_a_person_are_bounded() {
    let place = tempfile::tempdir().unwrap();
    let server = Plan::new(place.path()).with("SWITCHBOARD_CHANGES_PER_PERSON_PER_S", "1").start();
    let (client, employee) = (person(Role::Client, "alice"), person(Role::Employee, "erika"));
    let (mut asking, _) = client.arrive(server.address).await.unwrap();
    let (mut desk, _) = employee.arrive(server.address).await.unwrap();
    let idle = json!({ "status": "idle" });
    let (_, wait) = push_until_limited(&mut desk, &employee.desk(), "set_status", idle.clone()).await;
    tokio::time::sleep(wait).await;
    desk.push(&employee.desk(), "set_status", idle).await.unwrap().ok();
    let mut booked = 0;
    let wait = loop {
        let answer = asking.push(&client.desk(), "book", json!({ "topic": "tax" })).await.unwrap();
        if answer.reason() == "rate_limited" {
            break retry_in(&answer);
        }
        booked += 1;
        let id = answer.ok()["booking"]["id"].clone();
        let cancelled = asking.push(&client.desk(), "cancel", json!({ "booking_id": id })).await.unwrap();
        if cancelled.reason() == "rate_limited" {
            break retry_in(&cancelled);
        }
    };
    assert!(booked >= AT_ONCE / 2, "{booked} booked, and as many cancelled");
    tokio::time::sleep(wait).await;
    let again = asking.push(&client.desk(), "book", json!({ "topic": "tax" })).await.unwrap();
    assert!(again.is_ok || again.reason() == "already_booked" || again.reason() == "no_idle_employee", "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_message_counts_for_each_of_its_pieces() {
    let place = tempfile::tempdir().unwrap();
    let server = Plan::new(place.path()).with("SWITCHBOARD_MESSAGES_PER_PERSON_PER_S", "1").start();
    let mut pair = Pair::meet(server.address, &person(Role::Client, "alice"), &person(Role::Employee, "erika")).await;
    pair.join().await;
    let (room, mut asking) = (pair.room(), pair.client);
    let (began, mut sent) = (Instant::now(), 0);
    let wait = loop {
        let answer = asking.push(&room, "message", json!({ "body": "x".repeat(8192) })).await.unwrap();
        if answer.reason() == "rate_limited" {
            break retry_in(&answer);
        }
        answer.ok();
        sent += 1;
    };
    assert!((10..=10 + 1 + began.elapsed().as_secs()).contains(&sent), "{sent} that count twice, where 20 are had");
    assert!(wait <= Duration::from_secs(2), "{wait:?}");
    tokio::time::sleep(wait).await;
    asking.push(&room, "message", json!({ "body": "again" })).await.unwrap().ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_join_that_is_refused_counts_as_many() {
    let place = tempfile::tempdir().unwrap();
    let server = Plan::new(place.path()).with("SWITCHBOARD_JOINS_PER_PERSON_PER_S", "1").start();
    let mut device = person(Role::Client, "alice").connect(server.address).await.unwrap();
    let (began, mut refused) = (Instant::now(), 0);
    for topic in ["session:019aa000-0000-7000-8000-000000000001", "nonsense"].iter().cycle() {
        let answer = device.join(topic).await.unwrap();
        if answer.reason() == "rate_limited" {
            break;
        }
        assert!(answer.reason().starts_with("unknown"), "{answer:?}");
        refused += 1;
    }
    assert!((2..=3 + began.elapsed().as_secs() / 10).contains(&refused), "{refused} joins for nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn pongs_pings_and_heartbeats_count_with_what_is_pushed() {
    use futures_util::{SinkExt, StreamExt};
    use tokio_tungstenite::tungstenite::Message;
    let place = tempfile::tempdir().unwrap();
    let server = Plan::new(place.path()).with("SWITCHBOARD_CHANGES_PER_PERSON_PER_S", "1").start();
    for (name, message) in [
        ("pong", Message::Pong("nobody asked".into())),
        ("ping", Message::Ping("are you there?".into())),
        ("heartbeat", Message::text(r#"[null,"h","phoenix","heartbeat",{}]"#)),
    ] {
        // The client library cannot send a ping or an unrequested pong, because no app sends these.
        let mut socket = shake(server.address, &person(Role::Client, name).token()).await.unwrap().into_stream();
        for _ in 0..200 {
            socket.feed(message.clone()).await.unwrap();
        }
        socket.send(Message::text(r#"[null,"1","company:acme","cancel",{}]"#)).await.unwrap();
        let answer: Value = loop {
            let heard = socket.next().await.unwrap().unwrap();
            let Message::Text(text) = heard else { continue };
            let frame: Value = serde_json::from_str(&text).unwrap();
            if frame[1] == "1" {
                break frame[4].clone();
            }
            assert_eq!(frame[4]["status"], "ok", "a heartbeat is always answered");
        };
        assert_eq!(answer["response"]["reason"], "rate_limited", "after many a {name}");
    }
}

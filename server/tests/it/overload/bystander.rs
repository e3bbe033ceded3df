//! People of another company, who only want service during a storm: their waits are measured.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::raw::{Raw, pushed};
use crate::people::Person;
use crate::record::Record;

/// The least number of rounds, however long they take, because a median of fewer means little.
const ROUNDS_LEAST: usize = 15;
/// Pause between two rounds, so that measuring is no load, and stays below the limits of one person.
const PAUSE: Duration = Duration::from_millis(25);
/// People who connect in turn, so that none of them exceeds the joins of one person.
const VISITORS: usize = 20;

/// Durations, in the order of measurement.
#[derive(Default)]
pub struct Waits {
    pub heartbeat: Vec<Duration>,
    pub offer: Vec<Duration>,
    pub connect: Vec<Duration>,
}

impl Waits {
    pub fn add(&mut self, mut other: Self) {
        self.heartbeat.append(&mut other.heartbeat);
        self.offer.append(&mut other.offer);
        self.connect.append(&mut other.connect);
    }
}

/// The percentile of the waits.
pub fn percentile(waits: &[Duration], percent: usize) -> Duration {
    let mut sorted = waits.to_vec();
    sorted.sort_unstable();
    sorted.get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}

/// A client and an employee, alone in their company.
pub struct Bystander {
    address: SocketAddr,
    client: Raw,
    desk: Raw,
    visitors: Vec<Person>,
    visits: usize,
    topic: String,
}

impl Bystander {
    pub fn arrive(address: SocketAddr, company: &str) -> Self {
        let record = Arc::new(Record::default());
        let (alice, erika) = (Person::client(company, "alice", &record), Person::employee(company, "erika", &record));
        let mut desk = Raw::connect(address, &erika.path()).expect("a socket");
        desk.must(&erika.desk(), "phx_join", "{}");
        desk.must(&erika.desk(), "set_status", r#"{"status":"idle"}"#);
        let mut client = Raw::connect(address, &alice.path()).expect("a socket");
        client.must(&alice.desk(), "phx_join", "{}");
        let visitors = (0..VISITORS).map(|n| Person::client(company, &format!("visitor-{n}"), &record)).collect();
        Self { address, client, desk, visitors, visits: 0, topic: alice.desk() }
    }

    /// Measures repeatedly for that time.
    pub fn measure(&mut self, time: Duration) -> Waits {
        let (until, mut waits) = (Instant::now() + time, Waits::default());
        while Instant::now() < until || waits.heartbeat.len() < ROUNDS_LEAST {
            waits.add(self.look());
        }
        waits
    }

    /// Measures each wait once.
    pub fn look(&mut self) -> Waits {
        let heartbeat = vec![self.heartbeat()];
        let waits = Waits { heartbeat, offer: vec![self.offer()], connect: vec![self.connect()] };
        std::thread::sleep(PAUSE);
        waits
    }

    fn heartbeat(&mut self) -> Duration {
        let asked = Instant::now();
        self.client.must("phoenix", "heartbeat", "{}");
        asked.elapsed()
    }

    /// From `book` to the employee's offer; then the client cancels.
    fn offer(&mut self) -> Duration {
        let asked = Instant::now();
        self.client.send(&pushed("b", &self.topic, "book", r#"{"topic":"tax"}"#)).expect("the line holds");
        self.desk.event("offer").expect("an offer");
        let took = asked.elapsed();
        let booked = self.client.reply("b").expect("an answer");
        assert_eq!(booked["status"], "ok", "{booked}");
        let wish = format!(r#"{{"booking_id":{}}}"#, booked["response"]["booking"]["id"]);
        self.client.must(&self.topic, "cancel", &wish);
        self.idle_again();
        took
    }

    fn idle_again(&mut self) {
        let is_idle = |event: &Value| event["status"] == "idle";
        while !is_idle(&self.desk.event("status").expect("the line holds")) {}
    }

    /// A new device: connected, admitted and joined.
    fn connect(&mut self) -> Duration {
        self.visits += 1;
        let path = self.visitors[self.visits % VISITORS].path();
        let asked = Instant::now();
        let mut device = Raw::connect(self.address, &path).expect("a socket");
        device.must(&self.topic, "phx_join", "{}");
        asked.elapsed()
    }
}

//! A crowd that books, answers, talks and ends consultations, and comes back whenever the connection is lost.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use switchboard_wire::claims::Role;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::chance::Chance;
use crate::network::Network;
use crate::people::{Answer, Device, Lost, Person};
use crate::record::Record;

const TOPICS: &[&str] = &["tax", "travel", "family"];

/// Whether a server is running for the crowd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The server listens at that address; the number grows with every start.
    Up(SocketAddr, u32),
    Down,
    /// All people go home.
    Over,
}

/// The longest wait until all people are gone, because the end of a connection comes late on a silent network.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest pause before a person who was turned away comes again.
const COMES_AGAIN_MS: u64 = 100;

/// All people of a test, each with a task.
pub struct Crowd {
    pub record: Arc<Record>,
    phase: watch::Sender<Phase>,
    connected: Arc<watch::Sender<usize>>,
    lives: JoinSet<()>,
    starts: u32,
}

/// Rules of time for a test that lasts seconds.
pub fn brisk() -> Value {
    json!({
        "offer_timeout_ms": 600, "delivery_timeout_ms": 400, "booking_deadline_ms": 5000, "employee_grace_ms": 3000,
        "client_grace_ms": 3000, "session_grace_ms": 3000,
    })
}

impl Crowd {
    /// So many clients and employees in each company.
    pub fn new(companies: &[&str], clients: usize, employees: usize, chance: &mut Chance) -> Self {
        Self::gather(companies, (clients, employees), chance, None)
    }

    /// The same, with people who reach their server through that network.
    pub fn behind(
        network: &Arc<Network>,
        companies: &[&str],
        clients: usize,
        employees: usize,
        chance: &mut Chance,
    ) -> Self {
        Self::gather(companies, (clients, employees), chance, Some(network))
    }

    fn gather(
        companies: &[&str],
        (clients, employees): (usize, usize),
        chance: &mut Chance,
        network: Option<&Arc<Network>>,
    ) -> Self {
        let record = Arc::new(Record::default());
        let (phase, follow) = watch::channel(Phase::Down);
        let connected = Arc::new(watch::channel(0).0);
        let mut lives = JoinSet::new();
        for company in companies {
            let employees = (0..employees).map(|n| Person::employee(company, &format!("e{n}"), &record));
            let clients = (0..clients).map(|n| Person::client(company, &format!("c{n}"), &record));
            for person in employees.chain(clients) {
                let life = Life {
                    person,
                    network: network.cloned(),
                    chance: chance.fork(),
                    phase: follow.clone(),
                    connected: connected.clone(),
                    made: 0,
                    unsure: Unsure::default(),
                };
                lives.spawn(life.run());
            }
        }
        Self { record, phase, connected, lives, starts: 0 }
    }

    /// Tells the people that a server listens.
    pub fn go_on(&mut self, address: SocketAddr) {
        self.starts += 1;
        self.phase.send_replace(Phase::Up(address, self.starts));
    }

    /// Waits until so many changes were acknowledged.
    pub async fn reaches(&mut self, promises: usize) {
        tokio::select! {
            () = self.record.reaches(promises) => {}
            failed = self.lives.join_next() => panic!("a person met what must not be: {failed:?}"),
        }
    }

    /// Waits until people were told so often that the store cannot commit.
    pub async fn hears_unavailable(&mut self, times: usize) {
        tokio::select! {
            () = self.record.hears_unavailable(times) => {}
            failed = self.lives.join_next() => panic!("a person met what must not be: {failed:?}"),
        }
    }

    /// Tells the people that no server runs, and waits until all of their connections have ended.
    pub async fn stay_away(&mut self) {
        self.phase.send_replace(Phase::Down);
        let mut connected = self.connected.subscribe();
        let all_off = timeout(PATIENCE, connected.wait_for(|now| *now == 0)).await.is_ok();
        assert!(all_off, "{} lines to a killed server are still open after {PATIENCE:?}", *self.connected.borrow());
        self.nobody_failed();
    }

    /// Sends all people home, and fails if one of them has failed.
    pub async fn go_home(&mut self) {
        self.phase.send_replace(Phase::Over);
        while !self.lives.is_empty() {
            let home = timeout(PATIENCE, self.lives.join_next()).await;
            let home = home.unwrap_or_else(|_| panic!("{} people do not go home in {PATIENCE:?}", self.lives.len()));
            home.transpose().expect("a person met what must not be");
        }
    }

    fn nobody_failed(&mut self) {
        while let Some(life) = self.lives.try_join_next() {
            life.expect("a person met what must not be");
        }
    }
}

/// Requests that were not answered before the connection was lost, to be repeated with the same key.
#[derive(Default)]
struct Unsure {
    book: Option<Value>,
    answer: Option<(&'static str, Value)>,
    message: Option<(String, Value)>,
}

struct Life {
    person: Person,
    network: Option<Arc<Network>>,
    chance: Chance,
    phase: watch::Receiver<Phase>,
    connected: Arc<watch::Sender<usize>>,
    made: u32,
    unsure: Unsure,
}

impl Life {
    async fn run(mut self) {
        let mut phase = self.phase.clone();
        loop {
            let now = *phase.borrow_and_update();
            match now {
                Phase::Over => return,
                Phase::Down => {}
                Phase::Up(address, _) => {
                    let mut over = self.phase.clone();
                    let over = over.wait_for(|phase| *phase == Phase::Over);
                    let came_in = tokio::select! {
                        came_in = self.visit(address) => came_in,
                        _ = over => return,
                    };
                    if came_in {
                        self.think().await;
                    } else {
                        tokio::time::sleep(Duration::from_millis(self.chance.below(COMES_AGAIN_MS))).await;
                    }
                    continue;
                }
            }
            if phase.changed().await.is_err() {
                return;
            }
        }
    }

    /// Connects, and acts until the connection is lost; returns whether there was a connection.
    async fn visit(&mut self, address: SocketAddr) -> bool {
        let Ok(mut device) = self.person.connect(address).await else { return false };
        if let Some(network) = &self.network {
            device = device.through(network);
        }
        let _counted = Connected::new(&self.connected);
        let Err(Lost) = match self.person.role {
            Role::Client => self.client(&mut device).await,
            Role::Employee | Role::Admin => self.employee(&mut device).await,
        };
        true
    }

    fn fresh(&mut self, what: &str) -> String {
        self.made += 1;
        format!("{what} {} of {} at {}", self.made, self.person.id, self.person.company)
    }

    async fn think(&mut self) {
        tokio::time::sleep(Duration::from_millis(self.chance.below(25))).await;
    }

    /// Sometimes ends the connection without any fault of the server.
    fn stays(&mut self) -> Result<(), Lost> {
        if self.chance.one_in(12) { Err(Lost) } else { Ok(()) }
    }

    async fn client(&mut self, device: &mut Device) -> Result<std::convert::Infallible, Lost> {
        let desk = self.person.desk();
        let joined = granted(device.join(&desk).await?)?;
        let mut booking = joined["booking"].clone();
        loop {
            if booking.is_null() {
                booking = self.book(device, &desk).await?;
            }
            while booking["state"] == "offering" {
                booking = self.wait_for_employee(device, &desk, booking).await?;
            }
            if booking["state"] == "assigned" {
                self.consult(device, string(&booking["session"]["id"])).await?;
            }
            booking = Value::Null;
            self.stays()?;
        }
    }

    async fn book(&mut self, device: &mut Device, desk: &str) -> Result<Value, Lost> {
        loop {
            let key = self.fresh("key");
            let topic = TOPICS[self.chance.index(TOPICS.len())];
            let wish = json!({ "topic": topic, "note": { "made": self.made }, "key": key });
            let wish = self.unsure.book.get_or_insert(wish).clone();
            let answer = device.push(desk, "book", wish).await?;
            if answer.is_ok {
                self.unsure.book = None;
                return Ok(answer.response["booking"].clone());
            }
            match answer.reason() {
                "no_idle_employee" => {
                    let _there_is_one = device.hear("availability", |a| a.payload["available"] == true).await?;
                }
                "already_booked" => return Ok(answer.response["booking"].clone()),
                "draining" | "unavailable" | "overloaded" => self.think().await,
                other => panic!("a booking was refused as `{other}`"),
            }
        }
    }

    async fn wait_for_employee(&mut self, device: &mut Device, desk: &str, booking: Value) -> Result<Value, Lost> {
        let id = booking["id"].clone();
        if self.chance.one_in(8) {
            self.think().await;
            let answer = device.push(desk, "cancel", json!({ "booking_id": id })).await?;
            match answer.reason() {
                "" => return Ok(answer.response["booking"].clone()),
                "booking_closed" => {}
                "draining" | "unavailable" => return Err(Lost),
                other => panic!("a cancel was refused as `{other}`"),
            }
        }
        let moved = device.hear("booking", |e| e.payload["booking"]["id"] == id).await?;
        Ok(moved["booking"].clone())
    }

    async fn employee(&mut self, device: &mut Device) -> Result<std::convert::Infallible, Lost> {
        let desk = self.person.desk();
        let joined = granted(device.join(&desk).await?)?;
        if let Some((answer, offer)) = self.unsure.answer.take() {
            self.answer(device, &desk, answer, offer).await?;
        } else if joined["offer"].is_object() {
            self.meet(device, &desk, &joined["offer"]).await?;
        }
        if joined["session"].is_object() {
            self.consult(device, string(&joined["session"]["id"])).await?;
        }
        granted(device.push(&desk, "set_status", json!({ "status": "idle" })).await?)?;
        loop {
            let event = device.next().await?;
            match event.name.as_str() {
                "offer" => self.meet(device, &desk, &event.payload["offer"]).await?,
                "status" if event.payload["intent"] == "offline" => {
                    granted(device.push(&desk, "set_status", json!({ "status": "idle" })).await?)?;
                }
                _ => {}
            }
        }
    }

    /// Accepts or declines an offer, or does not answer.
    async fn meet(&mut self, device: &mut Device, desk: &str, offer: &Value) -> Result<(), Lost> {
        self.think().await;
        let wish = json!({ "offer_id": offer["id"] });
        match self.chance.below(12) {
            0 => Ok(()),
            1..=3 => self.answer(device, desk, "reject", wish).await,
            _ => self.answer(device, desk, "accept", wish).await,
        }?;
        self.stays()
    }

    async fn answer(&mut self, device: &mut Device, desk: &str, word: &'static str, wish: Value) -> Result<(), Lost> {
        self.unsure.answer = Some((word, wish.clone()));
        let answer = device.push(desk, word, wish).await?;
        match answer.reason() {
            "" | "offer_closed" => {}
            "draining" | "unavailable" => return Err(Lost),
            other => panic!("`{word}` was refused as `{other}`"),
        }
        self.unsure.answer = None;
        if answer.is_ok && word == "accept" {
            self.consult(device, string(&answer.response["session"]["id"])).await?;
        }
        Ok(())
    }

    /// Joins a session, sends messages, and ends the session or waits for its end. An employee takes notes during and
    /// after it.
    async fn consult(&mut self, device: &mut Device, session: &str) -> Result<(), Lost> {
        let room = format!("session:{session}");
        let joined = device.join(&room).await?;
        if matches!(joined.reason(), "draining" | "unavailable") {
            return Err(Lost);
        }
        let joined = joined.ok();
        if joined["session"]["ended_at"].is_null() && self.talk(device, &room).await? {
            self.take_notes(device, &room).await?;
            self.end_or_wait(device, &room, session).await?;
            self.take_notes(device, &room).await?;
        }
        device.leave(&room).await?;
        Ok(())
    }

    /// Sends messages; returns whether the session still runs.
    async fn talk(&mut self, device: &mut Device, room: &str) -> Result<bool, Lost> {
        for _ in 0..=self.chance.below(3) {
            self.think().await;
            let key = self.fresh("message");
            let unsaid = self.unsure.message.take().filter(|(place, _)| place == room);
            let (_, wish) = unsaid.unwrap_or_else(|| (room.to_owned(), json!({ "body": key, "key": key })));
            self.unsure.message = Some((room.to_owned(), wish.clone()));
            let answer = device.push(room, "message", wish).await?;
            match answer.reason() {
                "" => self.unsure.message = None,
                "session_ended" => {
                    self.unsure.message = None;
                    return Ok(false);
                }
                "draining" | "unavailable" => return Err(Lost),
                other => panic!("a message was refused as `{other}`"),
            }
        }
        self.stays()?;
        Ok(true)
    }

    async fn take_notes(&mut self, device: &mut Device, room: &str) -> Result<(), Lost> {
        if self.person.role != Role::Employee {
            return Ok(());
        }
        // A pause, so that the notes get another time than those before.
        self.think().await;
        let body = self.fresh("notes");
        granted(device.push(room, "notes", json!({ "body": body })).await?).map(drop)
    }

    /// Ends the session or waits for its end: both sides derive from the session's id which of them ends it.
    async fn end_or_wait(&mut self, device: &mut Device, room: &str, session: &str) -> Result<(), Lost> {
        let ends =
            if session.as_bytes().last().is_some_and(|byte| byte % 2 == 0) { Role::Client } else { Role::Employee };
        if self.person.role == ends {
            let reason = self.fresh("done");
            let answer = device.push(room, "end", json!({ "reason": reason })).await?;
            return match answer.reason() {
                "" | "session_ended" => Ok(()),
                "draining" | "unavailable" => Err(Lost),
                other => panic!("an end was refused as `{other}`"),
            };
        }
        device.hear("ended", |event| event.topic == room).await.map(drop)
    }
}

/// The response of a reply that may be a refusal only while the server stops or its store fails.
fn granted(answer: Answer) -> Result<Value, Lost> {
    match answer.reason() {
        "" => Ok(answer.response),
        "draining" | "unavailable" => Err(Lost),
        other => panic!("refused as `{other}`: {}", answer.response),
    }
}

fn string(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// Counts a connected person as long as it exists.
struct Connected(Arc<watch::Sender<usize>>);

impl Connected {
    fn new(count: &Arc<watch::Sender<usize>>) -> Self {
        count.send_modify(|now| *now += 1);
        Self(count.clone())
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.send_modify(|now| *now -= 1);
    }
}

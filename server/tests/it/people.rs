//! People and their devices: sockets with tasks of their own, which record everything that they are told.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use switchboard::auth::Keyring;
use switchboard_client::{Error, PushReply, ServerFrame, Socket};
use switchboard_wire::claims::{Claims, Role};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::error::ProtocolError;

use crate::network::Network;
use crate::record::{Record, Recorded};
use crate::server::SECRET;

/// The longest wait for an answer or an event on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// Time without an answer after which a person on a bad network checks whether the network is to blame.
const DOUBT: Duration = Duration::from_secs(1);
/// Time without an event after which a device checks that the connection is alive.
const HEARTBEAT: Duration = Duration::from_secs(1);
const TOKEN_S: u64 = 3600;
/// The time for which a closing connection is still read after its latest frame.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// A person with a token.
#[derive(Clone)]
pub struct Person {
    pub role: Role,
    pub id: String,
    pub company: String,
    pub record: Arc<Record>,
}

impl Person {
    pub fn client(company: &str, id: &str, record: &Arc<Record>) -> Self {
        Self { role: Role::Client, id: id.to_owned(), company: company.to_owned(), record: record.clone() }
    }

    pub fn employee(company: &str, id: &str, record: &Arc<Record>) -> Self {
        Self { role: Role::Employee, id: id.to_owned(), company: company.to_owned(), record: record.clone() }
    }

    pub fn token(&self) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let claims = Claims {
            subject: self.id.clone(),
            role: self.role,
            company: Some(self.company.clone()),
            name: None,
            topics: None,
            skills: None,
            priority: None,
            scope: None,
            issued_at_ms: u64::try_from(now.as_millis()).ok(),
            expires_at_s: now.as_secs() + TOKEN_S,
        };
        Keyring::hs256(SECRET.as_bytes()).sign(&claims).unwrap()
    }

    /// The topic where this person waits for events: a client's company, an employee's desk.
    pub fn desk(&self) -> String {
        match self.role {
            Role::Client => format!("company:{}", self.company),
            Role::Employee => format!("employee:{}:{}", self.company, self.id),
            Role::Admin => format!("board:{}", self.company),
        }
    }

    pub fn path(&self) -> String {
        format!("/socket/websocket?vsn=2.0.0&token={}", self.token())
    }

    pub async fn connect(&self, address: SocketAddr) -> Result<Device, Lost> {
        let connecting = async {
            let stream = TcpStream::connect(address).await.map_err(|_| Lost)?;
            stream.set_nodelay(true).map_err(|_| Lost)?;
            let local = stream.local_addr().map_err(|_| Lost)?;
            match Socket::over(stream, &address.to_string(), &self.token(), PATIENCE).await {
                Ok(socket) => Ok(Device::new(self.clone(), socket, local)),
                // A server that stops, or has too many sockets, answers 503; otherwise this request is correct.
                Err(Error::NoSocket(refused)) if refused.status() != 503 => panic!("refused: {refused:?}"),
                Err(_) => Err(Lost),
            }
        };
        let connected = timeout(PATIENCE, connecting).await;
        connected.unwrap_or_else(|_| panic!("{}: no connection and no refusal in {PATIENCE:?}", self.id))
    }

    /// A socket that is read only when its holder reads.
    pub async fn socket(&self, address: SocketAddr) -> Socket {
        let connected = Socket::connect(&address.to_string(), &self.token(), PATIENCE).await;
        connected.unwrap_or_else(|error| panic!("{}: {error}", self.id))
    }

    /// Connects a device and joins the desk; returns the snapshot.
    pub async fn arrive(&self, address: SocketAddr) -> Result<(Device, Value), Lost> {
        let mut device = self.connect(address).await?;
        let joined = device.join(&self.desk()).await?;
        Ok((device, joined.ok()))
    }
}

/// The connection is gone, and the outcome of pending requests is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost;

/// The reply to a push.
#[derive(Clone, Debug)]
pub struct Answer {
    pub is_ok: bool,
    pub response: Value,
}

impl Answer {
    /// The response of a success.
    pub fn ok(self) -> Value {
        assert!(self.is_ok, "refused: {}", self.response);
        self.response
    }

    /// The reason of a refusal; empty for a success.
    pub fn reason(&self) -> &str {
        if self.is_ok { "" } else { self.response["reason"].as_str().unwrap_or("?") }
    }
}

/// An event that a device receives without a request.
#[derive(Clone, Debug)]
pub struct Event {
    pub topic: String,
    pub name: String,
    pub payload: Value,
}

struct Push {
    topic: String,
    event: String,
    payload: Value,
    answer: oneshot::Sender<Answer>,
}

/// One connected device. Dropping it cuts the connection without a close frame.
pub struct Device {
    pushes: mpsc::UnboundedSender<Push>,
    events: mpsc::UnboundedReceiver<Event>,
    closed: watch::Receiver<Option<Closed>>,
    local: SocketAddr,
    network: Option<Arc<Network>>,
}

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// The code of the close frame, if there was one.
    pub code: Option<u16>,
    /// Whether a frame came after the close frame, which is forbidden.
    pub frame_after: bool,
    /// Requests without an answer.
    pub unanswered: Vec<Value>,
}

impl Device {
    fn new(person: Person, socket: Socket, local: SocketAddr) -> Self {
        let (pushes, to_send) = mpsc::unbounded_channel();
        let (told, events) = mpsc::unbounded_channel();
        let (closing, closed) = watch::channel(None);
        let number = person.record.next_line();
        let line = Line { number, person, socket, told, asked: HashMap::new() };
        tokio::spawn(line.run(to_send, closing));
        Self { pushes, events, closed, local, network: None }
    }

    /// Marks the device as connected through that network, so that it is given up when the network is to blame.
    pub fn through(mut self, network: &Arc<Network>) -> Self {
        self.network = Some(network.clone());
        self
    }

    pub async fn join(&mut self, topic: &str) -> Result<Answer, Lost> {
        self.push(topic, "phx_join", json!({})).await
    }

    pub async fn leave(&mut self, topic: &str) -> Result<Answer, Lost> {
        self.push(topic, "phx_leave", json!({})).await
    }

    pub async fn push(&mut self, topic: &str, event: &str, payload: Value) -> Result<Answer, Lost> {
        let mut answer = pin!(self.push_later(topic, event, payload));
        if let Some(network) = &self.network {
            if let Ok(answered) = timeout(DOUBT, &mut answer).await {
                return answered.map_err(|_| Lost);
            }
            if network.done.is_to_blame_for(self.local) {
                network.done.given_up.add();
                return Err(Lost);
            }
        }
        let answered = timeout(PATIENCE, answer).await;
        answered.unwrap_or_else(|_| panic!("no answer to `{event}` on {topic} in {PATIENCE:?}")).map_err(|_| Lost)
    }

    /// Pushes without waiting; the answer comes through the receiver.
    pub fn push_later(&self, topic: &str, event: &str, payload: Value) -> oneshot::Receiver<Answer> {
        let (answer, answered) = oneshot::channel();
        // A connection that is gone drops the push, and with it the sender of the answer.
        let _gone = self.pushes.send(Push { topic: topic.to_owned(), event: event.to_owned(), payload, answer });
        answered
    }

    /// The next event of any name.
    pub async fn next(&mut self) -> Result<Event, Lost> {
        self.next_before(Instant::now() + PATIENCE, "event").await
    }

    /// The next event; meanwhile heartbeats check that the connection is alive.
    async fn next_before(&mut self, deadline: Instant, what: &str) -> Result<Event, Lost> {
        loop {
            if let Ok(event) = timeout(HEARTBEAT, self.events.recv()).await {
                return event.ok_or(Lost);
            }
            assert!(Instant::now() < deadline, "no {what} in {PATIENCE:?}, though the line is there");
            self.push("phoenix", "heartbeat", json!({})).await?.ok();
        }
    }

    /// The next event of that name that is wanted; others are skipped.
    pub async fn hear(&mut self, name: &str, wanted: impl Fn(&Event) -> bool) -> Result<Value, Lost> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let event = self.next_before(deadline, name).await?;
            if event.name == name && wanted(&event) {
                return Ok(event.payload);
            }
            assert!(Instant::now() < deadline, "no {name} as wanted in {PATIENCE:?}, but others");
        }
    }

    /// The events that have come and were not read yet.
    pub fn heard_meanwhile(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.events.try_recv().ok()).collect()
    }

    /// Waits for the end of the connection, and returns how it ended.
    pub async fn closed(&mut self) -> Closed {
        let mut closed = self.closed.clone();
        let ended = timeout(PATIENCE, closed.wait_for(Option::is_some)).await;
        let ended = ended.expect("the line ends in time").expect("a line says how it ended");
        ended.clone().unwrap()
    }
}

/// Two people in a session, each with a device.
pub struct Pair {
    pub client: Device,
    pub employee: Device,
    pub booking: String,
    pub session: String,
}

impl Pair {
    /// Lets the two meet, because only this employee is idle when the client books. Neither has joined the session yet.
    pub async fn meet(address: SocketAddr, client: &Person, employee: &Person) -> Self {
        let (mut at_desk, _) = employee.arrive(address).await.unwrap();
        at_desk.push(&employee.desk(), "set_status", json!({ "status": "idle" })).await.unwrap().ok();
        let (mut asking, _) = client.arrive(address).await.unwrap();
        let booked = asking.push(&client.desk(), "book", json!({ "topic": "tax" })).await.unwrap().ok();
        let offer = at_desk.hear("offer", |_| true).await.unwrap();
        let wish = json!({ "offer_id": offer["offer"]["id"] });
        let accepted = at_desk.push(&employee.desk(), "accept", wish).await.unwrap().ok();
        let text = |value: &Value| value.as_str().expect("an id").to_owned();
        let (booking, session) = (text(&booked["booking"]["id"]), text(&accepted["session"]["id"]));
        Self { client: asking, employee: at_desk, booking, session }
    }

    /// Both join their session.
    pub async fn join(&mut self) {
        let room = self.room();
        for device in [&mut self.client, &mut self.employee] {
            device.join(&room).await.unwrap().ok();
        }
    }

    /// The topic of their session.
    pub fn room(&self) -> String {
        format!("session:{}", self.session)
    }
}

/// The task's end of a device.
struct Line {
    number: u64,
    person: Person,
    socket: Socket,
    told: mpsc::UnboundedSender<Event>,
    asked: HashMap<i64, Push>,
}

impl Line {
    async fn run(mut self, mut pushes: mpsc::UnboundedReceiver<Push>, closing: watch::Sender<Option<Closed>>) {
        let mut closed = Closed { code: None, frame_after: false, unanswered: Vec::new() };
        let mut is_closing = false;
        loop {
            tokio::select! {
                push = pushes.recv(), if !is_closing => match push {
                    Some(push) => is_closing = !timeout(PATIENCE, self.push(push)).await.is_ok_and(|sent| sent.is_ok()),
                    None => return,
                },
                heard = self.socket.hear((Instant::now() + LAST_WORDS).into()) => match heard {
                    Ok(Some(text)) => self.hear(&text),
                    // A connection that cannot be sent to any more is still read to its end, which a dead peer may
                    // never send.
                    Ok(None) if is_closing => break,
                    Ok(None) => {}
                    Err(Error::Closed { code: Some(code), .. }) => {
                        closed.code = Some(code);
                        is_closing = true;
                    }
                    Err(error) => {
                        use tungstenite::Error::Protocol;
                        let is_frame = matches!(error, Error::Broke(Protocol(ProtocolError::ReceivedAfterClosing)));
                        closed.frame_after = is_frame;
                        break;
                    }
                }
            }
        }
        closed.unanswered = self.asked.into_values().map(|push| push.payload).collect();
        closing.send_replace(Some(closed));
    }

    async fn push(&mut self, push: Push) -> Result<(), Error> {
        let reference = self.socket.push(&push.topic, &push.event, &push.payload.to_string()).await?;
        self.asked.insert(reference, push);
        Ok(())
    }

    fn hear(&mut self, text: &str) {
        // The holder has given this connection up, and reads another one by now.
        if self.told.is_closed() {
            return;
        }
        let frame = ServerFrame::read(text).expect("frames have their form");
        let Some(reference) = frame.replies_to() else {
            let (topic, name) = (frame.topic().to_owned(), frame.event().to_owned());
            let payload: Value = frame.payload().expect("payloads are JSON");
            self.person.record.told(self.note(&topic, &name, Value::Null, true, payload.clone()));
            let _nobody_listens = self.told.send(Event { topic, name, payload });
            return;
        };
        let push = self.asked.remove(&reference).unwrap_or_else(|| panic!("an answer to nothing: {text}"));
        let (is_ok, response) = match frame.reply_to(reference).expect("replies have their form") {
            Some(PushReply::Ok(response)) => (true, response),
            Some(PushReply::Refused(response)) => (false, response),
            None => unreachable!("a reply to that ref"),
        };
        let response: Value = serde_json::from_str(response).expect("responses are JSON");
        self.person.record.told(self.note(&push.topic, &push.event, push.payload, is_ok, response.clone()));
        let _nobody_waits = push.answer.send(Answer { is_ok, response });
    }

    fn note(&self, topic: &str, event: &str, sent: Value, is_ok: bool, payload: Value) -> Recorded {
        let Person { role, id, company, .. } = &self.person;
        Recorded {
            at: SystemTime::now(),
            line: self.number,
            role: *role,
            id: id.clone(),
            company: company.clone(),
            topic: topic.to_owned(),
            event: event.to_owned(),
            sent,
            is_ok,
            payload,
        }
    }
}

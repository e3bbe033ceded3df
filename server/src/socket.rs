//! One connected device: its handshake, its frames in and out, and every way in which it ends.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::value::RawValue;
use switchboard_core::{Command, OfferId};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite;

use crate::auth::{Claims, subprotocol_token};
use crate::channel::{self, Caller, ReplyTo, Seat, Topic};
use crate::exchange::Room;
use crate::hub::{Hub, Place};
use crate::journal::Fate;
use crate::outbox::{Outbox, Outgoing, Overflow};
use crate::phoenix::{self, Incoming, Ref, ReplyStatus, Version};
use crate::view;

/// Bytes of a frame that is taken. The wire contract's.
pub const FRAME_MAX_BYTES: usize = 64 * 1024;
/// Bytes of a frame that is read to its end before it is refused: closing with bytes unread would reset the line, and
/// the reason would be lost.
const FRAME_READ_MAX_BYTES: usize = 4 * FRAME_MAX_BYTES;
/// Bytes of a frame that is written: the snapshot of a board with a hundred thousand employees fits.
const FRAME_WRITE_MAX_BYTES: usize = 64 * 1024 * 1024;
/// Channels of one socket, as Phoenix has it by default.
pub const CHANNELS_MAX: usize = 100;
/// The longest that a write may take: a device that takes nothing for so long is gone.
const WRITE_MAX: Duration = Duration::from_secs(10);
/// How long a closing handshake may take.
const CLOSE_MAX: Duration = Duration::from_secs(2);
/// Requests of one socket that may wait for their commit: who asks for more is not read until one is answered.
const UNANSWERED_MAX: usize = 64;
/// Frames that are written with one flush.
const FRAMES_PER_FLUSH: usize = 32;
/// Bytes of the buffers of one socket: an idle one should cost little.
const BUFFER_BYTES: usize = 4096;

/// Why a socket is closed from this side.
mod code {
    pub(super) const GOING_AWAY: u16 = 1001;
    pub(super) const FORM: u16 = 1002;
    pub(super) const NOT_JSON: u16 = 1007;
    pub(super) const TOO_BIG: u16 = 1009;
    pub(super) const RESTART: u16 = 1012;
    pub(super) const TOO_SLOW: u16 = 1013;
    pub(super) const TOKEN_EXPIRED: u16 = 4401;
}

/// What a device may say in the address.
#[derive(Debug, serde::Deserialize)]
pub struct Address {
    vsn: Option<String>,
    token: Option<String>,
}

/// `GET /socket/websocket`.
pub async fn upgrade(
    State(hub): State<Arc<Hub>>,
    Query(address): Query<Address>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let refuse = |status: StatusCode, reason, message: &str| {
        let error = view::json(&channel::error(reason, message.to_owned()));
        (status, [(header::CONTENT_TYPE, "application/json")], error).into_response()
    };
    if hub.exchange.is_draining() {
        return refuse(StatusCode::SERVICE_UNAVAILABLE, "draining", "the server is restarting; connect again");
    }
    let offered = headers.get(header::SEC_WEBSOCKET_PROTOCOL).and_then(|value| value.to_str().ok());
    let token = offered.and_then(subprotocol_token).or(address.token);
    let Some(token) = token else {
        return refuse(StatusCode::UNAUTHORIZED, "unauthorized", "a token is needed: `token=` or `authToken`");
    };
    let claims = match hub.keyring.verify(&token, hub.exchange.clock().now().as_ms()) {
        Ok(claims) => claims,
        Err(error) => return refuse(StatusCode::UNAUTHORIZED, "unauthorized", &error.to_string()),
    };
    let Some(version) = Version::negotiate(address.vsn.as_deref()) else {
        return refuse(StatusCode::FORBIDDEN, "invalid", "`vsn` must be 1.0.0 or 2.0.0");
    };
    let Some(place) = hub.place() else {
        return refuse(StatusCode::SERVICE_UNAVAILABLE, "overloaded", "all sockets are taken; try again later");
    };
    upgrade
        .protocols(["phoenix"])
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(FRAME_WRITE_MAX_BYTES)
        .max_message_size(FRAME_READ_MAX_BYTES)
        .max_frame_size(FRAME_READ_MAX_BYTES)
        .on_upgrade(move |socket| serve(socket, hub, claims, version, place))
}

/// Why the loop of a socket ended.
enum End {
    /// The line is gone, or the device closed it.
    Gone,
    /// This side closes it, with a code and a reason.
    Close(u16, String),
}

struct Device {
    hub: Arc<Hub>,
    claims: Claims,
    outbox: Outbox,
    channels: HashMap<Arc<str>, Seat>,
    unanswered: Arc<Semaphore>,
}

async fn serve(mut socket: WebSocket, hub: Arc<Hub>, claims: Claims, version: Version, place: Place) {
    let (outbox, mut queue, overflow) = Outbox::new(hub.outbox_frames, version);
    let unanswered = Arc::new(Semaphore::new(UNANSWERED_MAX));
    let mut device = Device { hub, claims, outbox, channels: HashMap::new(), unanswered };
    let end = device.run(&mut socket, &mut queue, &overflow).await;
    if let End::Close(code, reason) = end {
        close(&mut socket, code, reason).await;
    }
    // The line is given up before the company hears of it: nothing more is written for a device that has gone.
    drop(socket);
    device.leave_all().await;
    drop(place);
}

async fn close(socket: &mut WebSocket, code: u16, reason: String) {
    let frame = CloseFrame { code, reason: reason.into() };
    let handshake = async {
        if socket.send(Message::Close(Some(frame))).await.is_ok() {
            while let Some(Ok(_rest)) = socket.recv().await {}
        }
    };
    let _in_time_or_not = timeout(CLOSE_MAX, handshake).await;
}

impl Device {
    async fn run(&mut self, socket: &mut WebSocket, queue: &mut mpsc::Receiver<Outgoing>, overflow: &Overflow) -> End {
        let mut closing = self.hub.closing.clone();
        let idle_after = Duration::from_millis(self.hub.socket_idle_timeout_ms);
        let now_ms = self.hub.exchange.clock().now().as_ms();
        let valid = Duration::from_millis((self.claims.expires_at_s.saturating_mul(1000)).saturating_sub(now_ms));
        let expires = Instant::now().checked_add(valid);
        let mut heard = Instant::now();
        let mut restart = None;
        let mut ready = Vec::with_capacity(FRAMES_PER_FLUSH);
        loop {
            let idle = heard + idle_after;
            let wake = [expires, restart].into_iter().flatten().fold(idle, Instant::min);
            let end = tokio::select! {
                message = socket.recv() => {
                    heard = Instant::now();
                    self.hear(message).await
                }
                _ = queue.recv_many(&mut ready, FRAMES_PER_FLUSH) => self.write(socket, &mut ready, overflow).await,
                () = overflow.happened() => Some(too_slow()),
                window_ms = closes_within(&mut closing), if restart.is_none() => {
                    restart = Some(Instant::now() + self.place_in(window_ms));
                    None
                }
                () = tokio::time::sleep_until(wake) => {
                    let now = Instant::now();
                    // What was committed before is in the queue by now, and is told before the end.
                    while let Ok(outgoing) = queue.try_recv() {
                        ready.push(outgoing);
                    }
                    let end = if restart.is_some_and(|at| at <= now) {
                        End::Close(code::RESTART, "the server restarts; connect again".into())
                    } else if expires.is_some_and(|at| at <= now) {
                        End::Close(code::TOKEN_EXPIRED, "the token has expired".into())
                    } else {
                        End::Close(code::GOING_AWAY, "nothing was heard for too long".into())
                    };
                    Some(self.write(socket, &mut ready, overflow).await.unwrap_or(end))
                }
            };
            if let Some(end) = end {
                return end;
            }
        }
    }

    /// When the server stops, its sockets are closed one after the other over the time given: all at once would be
    /// back all at once.
    fn place_in(&self, window_ms: u64) -> Duration {
        const PLACES: u64 = 64;
        let line = self.channels.values().map(|seat| seat.line).min().unwrap_or(0);
        Duration::from_millis(window_ms * (line % PLACES) / PLACES)
    }

    /// Writes what is ready, with one flush.
    async fn write(&mut self, socket: &mut WebSocket, ready: &mut Vec<Outgoing>, overflow: &Overflow) -> Option<End> {
        use futures_util::SinkExt;
        let mut ended = Vec::new();
        let writing = async {
            for outgoing in ready.drain(..) {
                match outgoing {
                    Outgoing::Frame(frame) => socket.feed(Message::Text(frame)).await?,
                    Outgoing::Offer(frame, proof) => {
                        socket.feed(Message::Text(frame)).await?;
                        socket.feed(Message::Ping(proof)).await?;
                    }
                    Outgoing::Ended { frame, topic, line } => {
                        socket.feed(Message::Text(frame)).await?;
                        ended.push((topic, line));
                    }
                }
            }
            socket.flush().await
        };
        let written = tokio::select! {
            written = timeout(WRITE_MAX, writing) => written,
            () = overflow.happened() => return Some(too_slow()),
        };
        for (topic, line) in ended {
            self.forget(&topic, line).await;
        }
        match written {
            Ok(Ok(())) => None,
            Ok(Err(_gone)) => Some(End::Gone),
            Err(_too_slow) => Some(too_slow()),
        }
    }

    /// A channel was closed from the company's side.
    async fn forget(&mut self, topic: &Arc<str>, line: u64) {
        if self.channels.get(topic).is_some_and(|seat| seat.line == line)
            && let Some(seat) = self.channels.remove(topic)
        {
            self.hub.exchange.leave(&seat.company, &seat.room, seat.line).await;
        }
    }

    async fn hear(&mut self, message: Option<Result<Message, axum::Error>>) -> Option<End> {
        match message {
            None => Some(End::Gone),
            Some(Err(error)) => Some(unreadable(error)),
            Some(Ok(Message::Text(text))) if text.len() > FRAME_MAX_BYTES => Some(too_big()),
            Some(Ok(Message::Text(text))) => self.hear_frame(&text).await,
            Some(Ok(Message::Binary(bytes))) if bytes.len() > FRAME_MAX_BYTES => Some(too_big()),
            Some(Ok(Message::Binary(_))) => {
                Some(End::Close(code::NOT_JSON, "frames are JSON in text, not binary".into()))
            }
            Some(Ok(Message::Pong(proof))) => {
                self.delivered(&proof).await;
                None
            }
            Some(Ok(Message::Ping(_))) => None,
            Some(Ok(Message::Close(_))) => Some(End::Gone),
        }
    }

    /// A device's pong proves that it has the offer which the ping followed.
    async fn delivered(&self, proof: &Bytes) {
        let offer = std::str::from_utf8(proof).ok().and_then(|text| text.parse::<OfferId>().ok());
        let Some(offer) = offer else { return };
        for seat in self.channels.values() {
            let Room::Employee(employee) = &seat.room else { continue };
            let command = Command::OfferDelivered { employee: employee.clone(), offer };
            let told = self.hub.exchange.visit(&seat.company, |visit| {
                let _late_or_foreign = visit.take(&command);
                |_fate: Fate| {}
            });
            // Without the proof the offer counts as undelivered in the end: the safe side.
            let _not_now = told.await;
        }
    }

    async fn hear_frame(&mut self, text: &str) -> Option<End> {
        let version = self.outbox.version();
        let incoming = match phoenix::parse(version, text) {
            Ok(incoming) if incoming.payload_is_object() || incoming.payload.get() == "null" => incoming,
            Ok(_) => return Some(End::Close(code::FORM, "a payload is a JSON object".into())),
            Err(error) => return Some(End::Close(error.close_code(), error.to_string())),
        };
        let topic: Arc<str> = incoming.topic.as_ref().into();
        let reply = ReplyTo {
            outbox: self.outbox.clone(),
            join_ref: incoming.join_ref.clone(),
            reference: incoming.reference.clone(),
            topic: topic.clone(),
        };
        match incoming.event.as_ref() {
            phoenix::event::HEARTBEAT if &*topic == phoenix::PHOENIX_TOPIC => {
                let none = Ref::Null;
                let frame = phoenix::reply(version, &none, &incoming.reference, &topic, ReplyStatus::Ok, "{}");
                self.outbox.push(Outgoing::Frame(frame.into()));
            }
            phoenix::event::JOIN => self.join(topic, reply).await,
            phoenix::event::LEAVE => self.leave(&topic, &reply).await,
            event => self.push(&incoming, event, &topic, reply).await,
        }
        None
    }

    async fn join(&mut self, topic: Arc<str>, reply: ReplyTo) {
        let parsed = match Topic::parse(&topic) {
            Ok(parsed) => parsed,
            Err(error) => {
                // As Phoenix does: a topic that nobody serves has no channel, so the reply has no join.
                return ReplyTo { join_ref: Ref::Null, ..reply }.send_error(&error);
            }
        };
        let old = self.channels.remove(&topic);
        if old.is_none() && self.channels.len() >= CHANNELS_MAX {
            let message = format!("too many channels joined: {CHANNELS_MAX} at most on one socket");
            return reply.send_error(&channel::error("invalid", message));
        }
        let caller = Caller { hub: &self.hub, claims: &self.claims, unanswered: &self.unanswered, reply };
        let seat = match &parsed {
            Topic::Company(company) => channel::company::join(&caller, company, old).await,
            Topic::Employee(company, employee) => channel::employee::join(&caller, company, employee, old).await,
            Topic::Session(session) => channel::session::join(&caller, *session, old).await,
            Topic::Board(company) => channel::board::join(&caller, company, old).await,
        };
        if let Some(seat) = seat {
            self.channels.insert(topic, seat);
        }
    }

    async fn leave(&mut self, topic: &Arc<str>, reply: &ReplyTo) {
        match self.channels.get(topic) {
            None => reply.send(&Ok("{}".into())),
            // The device has not heard yet that this join is over.
            Some(seat) if reply.join_ref != Ref::Null && seat.join_ref != reply.join_ref => {}
            Some(_) => {
                if let Some(seat) = self.channels.remove(topic) {
                    let closed = seat.close_frame(reply);
                    let reply = ReplyTo { join_ref: seat.join_ref.clone(), ..reply.clone() };
                    self.leave_seat(&seat, reply, closed).await;
                }
            }
        }
    }

    /// Leaves in order with all events: after the reply nothing comes for this topic but the close.
    async fn leave_seat(&self, seat: &Seat, reply: ReplyTo, closed: String) {
        let frame = reply.clone();
        let left = self.hub.exchange.visit(&seat.company, |visit| {
            visit.leave(&seat.room, seat.line);
            move |_fate: Fate| {
                frame.send(&Ok("{}".into()));
                frame.outbox.push(Outgoing::Frame(closed.into()));
            }
        });
        if left.await.is_err() {
            self.hub.exchange.leave(&seat.company, &seat.room, seat.line).await;
            reply.send(&Ok("{}".into()));
            reply.outbox.push(Outgoing::Frame(seat.close_frame(&reply).into()));
        }
    }

    async fn push(&self, incoming: &Incoming<'_>, event: &str, topic: &Arc<str>, reply: ReplyTo) {
        let Some(seat) = self.channels.get(topic) else {
            let error = channel::error("unknown_topic", format!("`{}` is not joined", channel::shortened(topic)));
            return ReplyTo { join_ref: Ref::Null, ..reply }.send_error(&error);
        };
        if reply.join_ref != Ref::Null && reply.join_ref != seat.join_ref {
            // As Phoenix does: it was meant for a join that is over.
            return;
        }
        let reply = ReplyTo { join_ref: seat.join_ref.clone(), ..reply };
        let caller = Caller { hub: &self.hub, claims: &self.claims, unanswered: &self.unanswered, reply };
        let payload: &RawValue = incoming.payload;
        match &seat.room {
            Room::Client(_) => channel::company::push(&caller, seat, event, payload).await,
            Room::Employee(_) => channel::employee::push(&caller, seat, event, payload).await,
            Room::Session(..) => channel::session::push(&caller, seat, event, payload).await,
            Room::Board => {
                let message = "a board is only watched; to change something use the HTTP API".to_owned();
                caller.reply.send_error(&channel::error("unknown_event", message));
            }
        }
    }

    async fn leave_all(&mut self) {
        while let Some(topic) = self.channels.keys().next().cloned() {
            if let Some(seat) = self.channels.remove(&topic) {
                self.hub.exchange.leave(&seat.company, &seat.room, seat.line).await;
            }
        }
    }
}

/// However a device's task ends, also by a mistake of ours, nobody counts as connected who is not.
impl Drop for Device {
    fn drop(&mut self) {
        let seats: Vec<Seat> = self.channels.drain().map(|(_, seat)| seat).collect();
        if seats.is_empty() {
            return;
        }
        let hub = self.hub.clone();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                for seat in seats {
                    hub.exchange.leave(&seat.company, &seat.room, seat.line).await;
                }
            });
        }
    }
}

/// Comes back when the server stops, with how long the closing of all sockets may take, in milliseconds.
async fn closes_within(closing: &mut tokio::sync::watch::Receiver<Option<u64>>) -> u64 {
    closing.wait_for(Option::is_some).await.map_or(0, |window| window.unwrap_or(0))
}

fn too_slow() -> End {
    End::Close(code::TOO_SLOW, "events are read too slowly; join again for a snapshot".into())
}

fn too_big() -> End {
    End::Close(code::TOO_BIG, format!("a frame has at most {FRAME_MAX_BYTES} bytes"))
}

/// What could not be read as a WebSocket message.
fn unreadable(error: axum::Error) -> End {
    match error.into_inner().downcast::<tungstenite::Error>().map(|error| *error) {
        Ok(tungstenite::Error::Capacity(_)) => too_big(),
        Ok(tungstenite::Error::Utf8(_)) => End::Close(code::NOT_JSON, "text must be UTF-8".into()),
        Ok(tungstenite::Error::Protocol(
            tungstenite::error::ProtocolError::ResetWithoutClosingHandshake
            | tungstenite::error::ProtocolError::SendAfterClosing
            | tungstenite::error::ProtocolError::ReceivedAfterClosing,
        )) => End::Gone,
        Ok(tungstenite::Error::Protocol(_)) => End::Close(code::FORM, "not a WebSocket frame".into()),
        Ok(_) | Err(_) => End::Gone,
    }
}

//! A device's line: the handshake, frames in and out, and every way in which it ends.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Extension, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite;

use crate::admission::{Entrance, Limited, Peer};
use crate::auth::subprotocol_token;
use crate::channel;
use crate::device::{Device, End, code};
use crate::hub::{Hub, Place};
use crate::outbox::{Outgoing, Overflow, Waiting};
use crate::phoenix::Version;
use crate::view;

/// Bytes of a frame that is taken. The wire contract's.
pub const FRAME_MAX_BYTES: usize = 64 * 1024;
/// Bytes of a frame that is read to its end before it is refused: closing with bytes unread would reset the line, and
/// the reason would be lost.
const FRAME_READ_MAX_BYTES: usize = 4 * FRAME_MAX_BYTES;
/// Bytes of a frame that is written: the snapshot of a board with a hundred thousand employees fits.
const FRAME_WRITE_MAX_BYTES: usize = 64 * 1024 * 1024;
/// The longest that a write may take: a device that takes nothing for so long is gone.
const WRITE_MAX: Duration = Duration::from_secs(10);
/// How long a closing handshake may take.
const CLOSE_MAX: Duration = Duration::from_secs(2);
/// Frames that are written with one flush.
const FRAMES_PER_FLUSH: usize = 32;
/// Frames that are heard before the other sockets have their turn. One read brings many small frames, and the runtime
/// only counts reads: without this a flood on a few sockets would keep all others waiting for long.
const FRAMES_PER_TURN: u32 = 4;
/// How long a device is not heard after it was refused for wanting too much: so that a flood costs next to nothing,
/// and whoever only slipped up notices nothing.
const REST_AFTER_REFUSAL: Duration = Duration::from_millis(5);
/// Bytes of the buffers of one socket: an idle one should cost little.
const BUFFER_BYTES: usize = 4096;

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
    peer: Option<Extension<Peer>>,
    entrance: Option<Extension<Entrance>>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let (peer, now) = (peer.map(|Extension(peer)| peer), hub.exchange.clock().now());
    if hub.exchange.is_draining() {
        return refuse(StatusCode::SERVICE_UNAVAILABLE, "draining", "the server is restarting; connect again");
    }
    if let Err(limited) = hub.admission.handshake(peer, now) {
        return too_many(limited);
    }
    let bad_token = |message: &str| match hub.admission.bad_token(peer, now) {
        Ok(()) => refuse(StatusCode::UNAUTHORIZED, "unauthorized", message),
        Err(limited) => too_many(limited),
    };
    let offered = headers.get(header::SEC_WEBSOCKET_PROTOCOL).and_then(|value| value.to_str().ok());
    let token = offered.and_then(subprotocol_token).or(address.token);
    let Some(token) = token else {
        return bad_token("a token is needed: `token=` or `authToken`");
    };
    let claims = match hub.keyring.verify(&token, now.as_ms()) {
        Ok(claims) => claims,
        Err(error) => return bad_token(&error.to_string()),
    };
    let Some(version) = Version::negotiate(address.vsn.as_deref()) else {
        return refuse(StatusCode::FORBIDDEN, "invalid", "`vsn` must be 1.0.0 or 2.0.0");
    };
    let Some(place) = hub.place() else {
        return refuse(StatusCode::SERVICE_UNAVAILABLE, "overloaded", "all sockets are taken; try again later");
    };
    let pass = match hub.admission.admit(&claims, peer) {
        Ok(pass) => pass,
        Err(limited) => return too_many(limited),
    };
    upgrade
        .protocols(["phoenix"])
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES)
        .max_write_buffer_size(FRAME_WRITE_MAX_BYTES)
        .max_message_size(FRAME_READ_MAX_BYTES)
        .max_frame_size(FRAME_READ_MAX_BYTES)
        .on_upgrade(move |socket| {
            let (device, queue, overflow) = Device::new(hub.clone(), claims, pass, version);
            serve(Wire { socket, device, queue, overflow }, hub, (place, entrance))
        })
}

fn refuse(status: StatusCode, reason: &'static str, message: &str) -> Response {
    let error = view::json(&channel::error(reason, message.to_owned()));
    (status, [(header::CONTENT_TYPE, "application/json")], error).into_response()
}

fn too_many(limited: Limited) -> Response {
    let head = [(header::CONTENT_TYPE, "application/json".to_owned()), (header::RETRY_AFTER, limited.retry_after_s())];
    (StatusCode::TOO_MANY_REQUESTS, head, view::json(&channel::limited_view(limited))).into_response()
}

/// A device's line.
struct Wire {
    socket: WebSocket,
    device: Device,
    queue: Waiting,
    overflow: Arc<Overflow>,
}

async fn serve(mut wire: Wire, hub: Arc<Hub>, places: (Place, Option<Extension<Entrance>>)) {
    let end = wire.run(&hub).await;
    let Wire { mut socket, mut device, .. } = wire;
    if let End::Close(code, reason) = end {
        close(&mut socket, code, reason).await;
    }
    // The line is given up before the company hears of it: nothing more is written for a device that has gone.
    drop(socket);
    device.leave_all().await;
    drop(places);
}

async fn close(socket: &mut WebSocket, code: u16, reason: String) {
    let frame = CloseFrame { code, reason: reason.into() };
    let handshake = async {
        if socket.send(Message::Close(Some(frame))).await.is_ok() {
            while let Some(Ok(_rest)) = socket.recv().await {
                // A flood that goes on after the end is read in turns too.
                tokio::task::yield_now().await;
            }
        }
    };
    let _in_time_or_not = timeout(CLOSE_MAX, handshake).await;
}

impl Wire {
    async fn run(&mut self, hub: &Hub) -> End {
        let mut closing = hub.closing.clone();
        let idle_after = Duration::from_millis(hub.socket_idle_timeout_ms);
        let now_ms = hub.exchange.clock().now().as_ms();
        let expires_ms = self.device.claims().expires_at_s.saturating_mul(1000);
        let expires = Instant::now().checked_add(Duration::from_millis(expires_ms.saturating_sub(now_ms)));
        let mut heard = Instant::now();
        let (mut restart, mut rest, mut turn) = (None, None, 0);
        let mut ready = Vec::with_capacity(FRAMES_PER_FLUSH);
        loop {
            let idle = heard + idle_after;
            let wake = [expires, restart, rest].into_iter().flatten().fold(idle, Instant::min);
            let end = tokio::select! {
                message = self.socket.recv(), if rest.is_none() => {
                    heard = Instant::now();
                    let end = self.hear(message).await;
                    rest = self.device.was_limited().then(|| heard + REST_AFTER_REFUSAL);
                    turn = (turn + 1) % FRAMES_PER_TURN;
                    if turn == 0 {
                        tokio::task::yield_now().await;
                    }
                    end
                }
                _ = self.queue.recv_many(&mut ready, FRAMES_PER_FLUSH) => self.write(&mut ready).await,
                () = self.overflow.happened() => Some(too_slow()),
                window_ms = closes_within(&mut closing), if restart.is_none() => {
                    restart = Some(Instant::now() + self.place_in(window_ms));
                    None
                }
                () = tokio::time::sleep_until(wake) => {
                    if rest == Some(wake) {
                        rest = None;
                        continue;
                    }
                    let now = Instant::now();
                    // What was committed before is in the queue by now, and is told before the end.
                    while let Ok(outgoing) = self.queue.try_recv() {
                        ready.push(outgoing);
                    }
                    let end = if restart.is_some_and(|at| at <= now) {
                        End::Close(code::RESTART, "the server restarts; connect again".into())
                    } else if expires.is_some_and(|at| at <= now) {
                        End::Close(code::TOKEN_EXPIRED, "the token has expired".into())
                    } else {
                        End::Close(code::GOING_AWAY, "nothing was heard for too long".into())
                    };
                    Some(self.write(&mut ready).await.unwrap_or(end))
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
        Duration::from_millis(window_ms * (self.device.first_line().unwrap_or(0) % PLACES) / PLACES)
    }

    /// Writes what is ready, with one flush.
    async fn write(&mut self, ready: &mut Vec<Outgoing>) -> Option<End> {
        use futures_util::SinkExt;
        let socket = &mut self.socket;
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
            () = self.overflow.happened() => return Some(too_slow()),
        };
        for (topic, line) in ended {
            self.device.forget(&topic, line).await;
        }
        match written {
            Ok(Ok(())) => None,
            Ok(Err(_gone)) => Some(End::Gone),
            Err(_too_slow) => Some(too_slow()),
        }
    }

    async fn hear(&mut self, message: Option<Result<Message, axum::Error>>) -> Option<End> {
        match message {
            None => Some(End::Gone),
            Some(Err(error)) => Some(unreadable(error)),
            Some(Ok(Message::Text(text))) if text.len() > FRAME_MAX_BYTES => Some(too_big()),
            Some(Ok(Message::Text(text))) => self.device.hear_frame(&text).await,
            Some(Ok(Message::Binary(bytes))) if bytes.len() > FRAME_MAX_BYTES => Some(too_big()),
            Some(Ok(Message::Binary(_))) => {
                Some(End::Close(code::NOT_JSON, "frames are JSON in text, not binary".into()))
            }
            Some(Ok(Message::Pong(proof))) => {
                self.device.delivered(&proof).await;
                None
            }
            Some(Ok(Message::Ping(_))) => None,
            Some(Ok(Message::Close(_))) => Some(End::Gone),
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

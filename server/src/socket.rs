//! A device's line: the handshake, frames in and out, and every way in which it ends.

mod limits;

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, Version as HttpVersion, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt, Stream};
use switchboard_core::{DeviceKind, Time};
use switchboard_exchange::Exchange;
use switchboard_exchange::admission::{Entrance, Limited, Peer, Unfinished};
use switchboard_exchange::channel::{self, DeviceContext};
use switchboard_exchange::device::{Device, End};
use switchboard_exchange::outbox::{Ended, FRAME_TOLD_MAX_BYTES, Outgoing, Waiting};
use switchboard_metrics::METRICS;
use switchboard_wire::claims::{Claims, REVOKED, Role};
use switchboard_wire::phoenix::{Version, code};
use switchboard_wire::view;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite;

use crate::attention::Attention;
use crate::auth::{Keyring, subprotocol_token};
use crate::origins::Origins;
use crate::reading;
use crate::shutdown::Shutdown;
use crate::telemetry::refusals::Refused;

pub use limits::SocketLimits;

use limits::SocketPlace;

/// Bytes of a frame that is taken. The wire contract's.
pub const FRAME_MAX_BYTES: usize = 64 * 1024;
/// Bytes of a frame that is read to its end before it is refused: closing with bytes unread would reset the line, and
/// the reason would be lost.
pub const FRAME_READ_MAX_BYTES: usize = 4 * FRAME_MAX_BYTES;
/// Bytes that wait in a socket to be written: the largest frame that is told fits behind what went before it.
const WRITE_MAX_BYTES: usize = FRAME_TOLD_MAX_BYTES + 16 * 1024 * 1024;
/// The longest that a write may take: a device that takes nothing for so long is gone.
const WRITE_MAX: Duration = Duration::from_secs(10);
/// How long a closing handshake may take.
const CLOSE_MAX: Duration = Duration::from_secs(2);
/// Frames that are written with one flush.
const FRAMES_PER_FLUSH: usize = 32;
/// Frames that are heard in a row before the other sockets have their turn. One read brings many small frames, and the
/// runtime only counts reads: without this a flood on a few sockets would keep all others waiting for long.
const FRAMES_PER_TURN: u32 = 4;
/// How long a device is not heard after it was refused for wanting too much: so that a flood costs next to nothing,
/// and whoever only slipped up notices nothing.
const REST_AFTER_REFUSAL: Duration = Duration::from_millis(5);
/// Pings and pongs that are refused, beyond those that are granted, until the socket is closed: nothing is answered to a pong, so whoever floods
/// with them and goes away would be read to the end, a few at a time.
const CONTROLS_IN_VAIN_MAX: u32 = 200;
/// What a ping carries that only asks whether the device is there; an offer's carries the offer's id.
const QUESTION: &[u8] = b"there?";
/// Bytes that are read at once. An idle socket holds them too, and most frames have a few hundred.
pub const READ_BUFFER_BYTES: usize = 1024;
/// Bytes after which what is written goes out before the flush.
pub const WRITE_BUFFER_BYTES: usize = 4096;

/// Where sockets come in.
pub const PATH: &str = "/socket/websocket";
/// The one version of WebSockets that there is (RFC 6455).
const VERSION: &str = "13";
/// What is said to whoever asks for the socket's address without wanting a socket.
const NO_HANDSHAKE: &str = "the token is good, and this is no handshake of a WebSocket: a proxy on the way may have taken \
    the headers `Connection: upgrade` and `Upgrade: websocket`, or this is not a WebSocket client";

/// What a device may say in the address.
#[derive(Debug, serde::Deserialize)]
pub struct Address {
    vsn: Option<String>,
    token: Option<String>,
    device: Option<String>,
}

/// The part of the server that all sockets share.
pub struct SocketContext {
    /// What their devices work with.
    pub devices: Arc<DeviceContext>,
    /// Checks tokens.
    pub keyring: Arc<Keyring>,
    /// The pages that may open one.
    pub origins: Arc<Origins>,
    /// How many there may be.
    pub limits: Arc<SocketLimits>,
    /// When they are closed.
    pub shutdown: Shutdown,
}

/// The route of sockets.
pub fn route(context: Arc<SocketContext>) -> Router {
    Router::new().route(PATH, any(upgrade)).with_state(context)
}

/// `GET /socket/websocket`.
async fn upgrade(
    State(context): State<Arc<SocketContext>>,
    (method, uri, http): (Method, Uri, HttpVersion),
    peer: Option<Extension<Peer>>,
    entrance: Option<Extension<Entrance>>,
    unfinished: Option<Extension<Arc<Unfinished>>>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    if method != Method::GET {
        return other_method();
    }
    let devices = &context.devices;
    let (peer, now) = (peer.map(|Extension(peer)| peer), devices.exchange.clock().read());
    if devices.exchange.is_draining() {
        return refuse(StatusCode::SERVICE_UNAVAILABLE, "draining", "the server is restarting; connect again");
    }
    if let Err(limited) = devices.admission.handshake(peer, now.even) {
        return too_many(limited);
    }
    if !context.origins.may_open_socket(&headers) {
        return refuse(StatusCode::FORBIDDEN, "forbidden", "pages of this origin may not come (`allowed_origins`)");
    }
    let bad_token = |message: &str| match devices.admission.bad_token(peer, now.even) {
        Ok(()) => refuse(StatusCode::UNAUTHORIZED, "unauthorized", message),
        Err(limited) => too_many(limited),
    };
    let address: Address = match reading::query(&uri) {
        Ok(address) => address,
        Err(error) => return refuse(StatusCode::BAD_REQUEST, "invalid", &error.said_of("the query")),
    };
    let offered = headers.get(header::SEC_WEBSOCKET_PROTOCOL).and_then(|value| value.to_str().ok());
    let token = offered.and_then(subprotocol_token).or(address.token);
    let Some(token) = token else {
        return bad_token("a token is needed: `token=` or `authToken`");
    };
    let claims = match context.keyring.verify_or_ask(&token, now.wall.as_ms()).await {
        Ok(claims) => claims,
        Err(error) => return bad_token(&error.to_string()),
    };
    if is_shut_out(&devices.exchange, &claims) {
        return refuse(StatusCode::UNAUTHORIZED, "unauthorized", REVOKED);
    }
    let Some(version) = Version::negotiate(address.vsn.as_deref()) else {
        return refuse(StatusCode::FORBIDDEN, "invalid", "`vsn` must be 1.0.0 or 2.0.0");
    };
    let kind = match address.device.map(|kind| kind.parse::<DeviceKind>()).transpose() {
        Ok(kind) => kind,
        Err(error) => return refuse(StatusCode::FORBIDDEN, "invalid", &format!("`device`: {error}")),
    };
    // After the token: whoever tries one with curl learns of it what a socket would.
    let upgrade = match by_the_book(upgrade, http, &headers) {
        Ok(upgrade) => upgrade,
        Err(refused) => return *refused,
    };
    let Some(place) = context.limits.place() else {
        return refuse(StatusCode::SERVICE_UNAVAILABLE, "overloaded", "all sockets are taken; try again later");
    };
    let pass = match devices.admission.admit(&claims, peer) {
        Ok(pass) => pass,
        Err(limited) => return too_many(limited),
    };
    bounded(upgrade).on_upgrade(move |socket| {
        let (mut device, waiting) = Device::new(context.devices.clone(), claims, pass, version);
        device.is_of_kind(kind);
        let wire = Wire {
            socket,
            device,
            waiting,
            unfinished: unfinished.map(|Extension(unfinished)| unfinished),
            tells_next: false,
            heard_in_turn: 0,
            controls_in_vain: 0,
            attention: None,
        };
        serve(wire, context, (place, entrance))
    })
}

fn bounded(upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
    upgrade
        .protocols(["phoenix"])
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_write_buffer_size(WRITE_MAX_BYTES)
        .max_message_size(FRAME_READ_MAX_BYTES)
        .max_frame_size(FRAME_READ_MAX_BYTES)
}

/// Whether the person is known to be shut out of the token's company. It is looked at in memory alone: of a company that
/// nobody has asked for yet the joins say it, and so they do to an employee who is not there any more.
fn is_shut_out(exchange: &Exchange, claims: &Claims) -> bool {
    let company = claims.company.as_deref().and_then(|company| company.parse().ok());
    let shuts_out = company.and_then(|company| {
        exchange.peek(&company, |company| {
            let is_there = |id| company.find_employee(&id).is_some();
            let is_known = claims.role != Role::Employee || claims.subject.parse().is_ok_and(is_there);
            is_known && company.exists() && company.shuts_out(claims.token())
        })
    });
    shuts_out.unwrap_or(false)
}

/// A handshake as RFC 6455 has it, or why it is none.
fn by_the_book(
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    http: HttpVersion,
    headers: &HeaderMap,
) -> Result<WebSocketUpgrade, Box<Response>> {
    let why_not = match upgrade {
        Ok(_) if http < HttpVersion::HTTP_11 => NO_HANDSHAKE,
        Ok(_) if !has_one_key(headers) => "`Sec-WebSocket-Key` must be there once, and be 16 bytes in base64",
        Ok(upgrade) => return Ok(upgrade),
        Err(WebSocketUpgradeRejection::InvalidWebSocketVersionHeader(_)) => return Err(Box::new(other_version())),
        Err(_) => NO_HANDSHAKE,
    };
    Err(Box::new(refuse(StatusCode::BAD_REQUEST, "invalid", why_not)))
}

fn other_method() -> Response {
    let mut refused = refuse(StatusCode::METHOD_NOT_ALLOWED, "unknown_method", "a WebSocket is opened with `GET`");
    refused.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET"));
    refused
}

/// Whether the key is what a client draws anew for each handshake: a cache that answers from memory knows none.
fn has_one_key(headers: &HeaderMap) -> bool {
    let mut keys = headers.get_all(header::SEC_WEBSOCKET_KEY).iter();
    let is_key = |key: &HeaderValue| STANDARD.decode(key.as_bytes()).is_ok_and(|key| key.len() == 16);
    keys.next().is_some_and(is_key) && keys.next().is_none()
}

/// Refuses other versions of WebSockets, and names the one that is spoken (RFC 6455, 4.4).
fn other_version() -> Response {
    let mut refused =
        refuse(StatusCode::UPGRADE_REQUIRED, "invalid", "`Sec-WebSocket-Version` must be 13, the only one spoken here");
    for (name, value) in
        [(header::SEC_WEBSOCKET_VERSION, VERSION), (header::UPGRADE, "websocket"), (header::CONNECTION, "upgrade")]
    {
        refused.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    refused
}

/// The one form in which a handshake is refused.
pub fn refuse(status: StatusCode, reason: &'static str, message: &str) -> Response {
    let error = view::json(&channel::error(reason, message.to_owned()));
    logged(reason, message, (status, [(header::CONTENT_TYPE, "application/json")], error).into_response())
}

fn too_many(limited: Limited) -> Response {
    let head = [(header::CONTENT_TYPE, "application/json".to_owned()), (header::RETRY_AFTER, limited.retry_after_s())];
    let answer = (StatusCode::TOO_MANY_REQUESTS, head, view::json(&channel::limited_view(limited)));
    logged(Limited::REASON, &limited.to_string(), answer.into_response())
}

/// No browser and no client of Phoenix shows what the answer to a handshake says: whoever runs the server finds it in
/// the log.
fn logged(reason: &'static str, why: &str, mut answer: Response) -> Response {
    answer.extensions_mut().insert(Refused { reason, why: Some(why.to_owned()) });
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

/// A device's line.
struct Wire {
    socket: WebSocket,
    device: Device,
    waiting: Waiting,
    /// What has come of the next frame.
    unfinished: Option<Arc<Unfinished>>,
    /// Whether what waits for the device has its turn before what it says: they take turns.
    tells_next: bool,
    heard_in_turn: u32,
    controls_in_vain: u32,
    /// Whether the device is there, while its person searches.
    attention: Option<Box<Attention>>,
}

/// With what a line goes on.
enum News {
    /// The device has said something, or has gone.
    Heard(Option<Result<Message, axum::Error>>),
    /// Something waits for the device, or nothing more will.
    Waiting(Result<(), Ended>),
    /// The server stops, and closes all sockets within so many milliseconds.
    Closing(u64),
    /// A time has come.
    Due,
}

/// A device's task. Most wait most of the time, so what they hold meanwhile is small: whatever is large and soon over is
/// in a box of its own.
#[expect(clippy::manual_async_fn, reason = "an `async fn` holds its arguments twice, and the wire is most of the task")]
fn serve(
    mut wire: Wire,
    context: Arc<SocketContext>,
    places: (SocketPlace, Option<Extension<Entrance>>),
) -> impl Future<Output = ()> {
    async move {
        METRICS.sockets_opened.inc();
        match wire.run(&context).await {
            End::Gone => {}
            End::Left => Box::pin(close(&mut wire.socket, None)).await,
            End::Close(code, reason) => {
                METRICS.sockets_closed.of(code::why(code)).inc();
                Box::pin(close(&mut wire.socket, Some(CloseFrame { code, reason: reason.into() }))).await;
            }
        }
        // The line is given up before the company hears of it: nothing more is written for a device that has gone.
        drop(wire.socket);
        Box::pin(wire.device.leave_all()).await;
        drop(places);
    }
}

/// Says why this side closes; without a word it answers the device's own close, and what still waits is for nobody.
async fn close(socket: &mut WebSocket, why: Option<CloseFrame>) {
    let handshake = async {
        if let Some(why) = why {
            // The device may have closed first: then it is answered all the same.
            let _said_or_not = socket.send(Message::Close(Some(why))).await;
        }
        // The answer to a device's close was laid ready when that was read (RFC 6455, 5.5.1).
        if socket.flush().await.is_ok() {
            while let Some(Ok(_rest)) = socket.recv().await {
                // A flood that goes on after the end is read in turns too.
                tokio::task::yield_now().await;
            }
        }
    };
    let _in_time_or_not = timeout(CLOSE_MAX, handshake).await;
}

impl Wire {
    async fn run(&mut self, context: &SocketContext) -> End {
        let (clock, outbox_frames) = (context.devices.exchange.clock(), context.devices.outbox_frames);
        let mut times = Times::of(context, self.device.claims());
        let mut alarm = pin!(sleep_until(times.next(None)));
        let mut shutdown = context.shutdown.clone();
        let mut closing = pin!(shutdown.begun());
        loop {
            let news = poll_fn(|cx| {
                if alarm.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(News::Due);
                }
                if times.restart.is_none()
                    && let Poll::Ready(window_ms) = closing.as_mut().poll(cx)
                {
                    return Poll::Ready(News::Closing(window_ms));
                }
                self.poll(cx, times.rest.is_none())
            });
            let end = match news.await {
                News::Heard(_) if times.have_expired(clock.now()) => Some(expired()),
                News::Heard(message) => {
                    times.heard = Instant::now();
                    self.count(&message);
                    if self.attention.is_some() {
                        Box::pin(self.is_heard()).await;
                    }
                    let end = Box::pin(self.hear(message)).await;
                    times.rest = self.device.was_limited().then(|| times.heard + REST_AFTER_REFUSAL);
                    self.heard_in_turn += 1;
                    if self.heard_in_turn == FRAMES_PER_TURN {
                        self.heard_in_turn = 0;
                        tokio::task::yield_now().await;
                    }
                    end
                }
                News::Waiting(Ok(())) => self.write(FRAMES_PER_FLUSH).await,
                News::Waiting(Err(ended)) => Some(end_of(ended)),
                News::Closing(window_ms) => {
                    times.restart = Some(Instant::now() + self.place_in(window_ms));
                    None
                }
                News::Due => match times.end(clock.now()) {
                    // What was committed before waits by now, and is told before the end.
                    Some(end) => Some(self.write(outbox_frames).await.unwrap_or(end)),
                    None => {
                        let end = if self.attention.is_some() { Box::pin(self.look()).await } else { None };
                        alarm.as_mut().reset(times.next(self.attention.as_deref()));
                        end
                    }
                },
            };
            if let Some(end) = end {
                return end;
            }
            // A time that moved away is looked up when the alarm rings: most frames touch no timer.
            let next = times.next(self.attention.as_deref());
            if next < alarm.deadline() {
                alarm.as_mut().reset(next);
            }
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>, hears: bool) -> Poll<News> {
        if self.tells_next
            && let Poll::Ready(waits) = self.waiting.poll_ready(cx)
        {
            self.tells_next = false;
            return Poll::Ready(News::Waiting(waits));
        }
        if hears && let Poll::Ready(message) = Pin::new(&mut self.socket).poll_next(cx) {
            self.tells_next = true;
            return Poll::Ready(News::Heard(message));
        }
        self.tells_next = false;
        let waits = self.waiting.poll_ready(cx);
        if waits.is_pending() {
            self.heard_in_turn = 0;
        }
        waits.map(News::Waiting)
    }

    /// What has come counts as unfinished no more.
    fn count(&self, message: &Option<Result<Message, axum::Error>>) {
        let Some(unfinished) = &self.unfinished else { return };
        match message {
            Some(Ok(Message::Ping(payload) | Message::Pong(payload))) => unfinished.is_control(payload.len()),
            Some(_) | None => unfinished.is_whole(),
        }
    }

    /// When the server stops, its sockets are closed one after the other over the time given: all at once would be
    /// back all at once.
    fn place_in(&self, window_ms: u64) -> Duration {
        const PLACES: u64 = 64;
        Duration::from_millis(window_ms * (self.device.first_line().unwrap_or(0) % PLACES) / PLACES)
    }

    /// Something was heard of the device: what counted as gone does no more.
    async fn is_heard(&mut self) {
        for line in Attention::heard(&mut self.attention) {
            self.device.answers(line, true).await;
        }
    }

    /// Asks the device whether it is there, if it is time, and says so when it does not answer.
    async fn look(&mut self) -> Option<End> {
        let device = &self.device;
        let due = Attention::look(&mut self.attention, Instant::now(), |line| device.has_line(line));
        for line in due.gone {
            self.device.answers(line, false).await;
        }
        if !due.ask {
            return None;
        }
        let question = Message::Ping(Bytes::from_static(QUESTION));
        match timeout(WRITE_MAX, self.socket.send(question)).await {
            Ok(Ok(())) => None,
            Ok(Err(_gone)) => Some(End::Gone),
            Err(_too_slow) => Some(too_slow()),
        }
    }

    /// Writes what waits, at most so many frames, with one flush: also what comes while it writes.
    async fn write(&mut self, most: usize) -> Option<End> {
        let is_for_one_company = self.device.claims().company.is_some();
        let Self { socket, waiting, attention, .. } = self;
        let (mut ended, mut is_shut_out) = (Vec::new(), false);
        let writing = async {
            for outgoing in std::iter::from_fn(|| waiting.take()).take(most) {
                let (frame, proof) = match outgoing {
                    Outgoing::Frame(frame) => (frame, None),
                    Outgoing::Offer(frame, proof) => (frame, Some(proof)),
                    Outgoing::Search(frame, search) => {
                        Attention::follow(attention, search, Instant::now());
                        (frame, None)
                    }
                    Outgoing::Ended { frame, topic, line } => {
                        ended.push((topic, line));
                        (frame, None)
                    }
                    Outgoing::ShutOut if is_for_one_company => {
                        is_shut_out = true;
                        break;
                    }
                    // Its topics of that company were closed before.
                    Outgoing::ShutOut => continue,
                };
                METRICS.frames_told.inc();
                socket.feed(Message::Text(frame)).await?;
                if let Some(proof) = proof {
                    socket.feed(Message::Ping(proof)).await?;
                }
            }
            socket.flush().await
        };
        let written = tokio::select! {
            biased;
            written = timeout(WRITE_MAX, writing) => written,
            ended = waiting.overflowed() => return Some(end_amid_write(ended)),
        };
        for (topic, line) in ended {
            Box::pin(self.device.forget(&topic, line)).await;
        }
        match written {
            Ok(Ok(())) if is_shut_out => Some(End::Close(code::REVOKED, REVOKED.to_owned())),
            Ok(Ok(())) => None,
            Ok(Err(_gone)) => Some(End::Gone),
            Err(_too_slow) => Some(too_slow()),
        }
    }

    /// A ping or a pong was heard: too many of them end the line.
    fn controls(&mut self) -> Option<End> {
        let before = self.controls_in_vain;
        self.controls_in_vain = if self.device.is_limited() { before + 1 } else { before.saturating_sub(1) };
        let reason = "too many pings and pongs; connect again later";
        (self.controls_in_vain > CONTROLS_IN_VAIN_MAX).then(|| End::Close(code::TOO_SLOW, reason.into()))
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
                self.controls()
            }
            Some(Ok(Message::Ping(_))) => {
                self.device.pings();
                self.controls()
            }
            Some(Ok(Message::Close(_))) => Some(End::Left),
        }
    }
}

/// The times that a line must not sleep past.
struct Times {
    idle_after: Duration,
    /// When the device was heard last.
    heard: Instant,
    /// When the token expires, by the wall clock in milliseconds.
    expires_ms: u64,
    /// When that is, as far as was known when it was looked up last.
    expires: Option<Instant>,
    /// When the line is closed because the server stops.
    restart: Option<Instant>,
    /// Until when the device is not heard, after it was refused for wanting too much.
    rest: Option<Instant>,
}

impl Times {
    fn of(context: &SocketContext, claims: &Claims) -> Self {
        let heard = Instant::now();
        let expires_ms = context.keyring.ends_at_ms(claims);
        let idle_after = context.limits.idle_timeout();
        let mut times = Self { idle_after, heard, expires_ms, expires: None, restart: None, rest: None };
        times.look_up(heard, context.devices.exchange.clock().now());
        times
    }

    /// By the wall clock, which may have been set since.
    const fn have_expired(&self, wall: Time) -> bool {
        self.expires_ms <= wall.as_ms()
    }

    /// The wall clock may have been set since: an open line follows it with each frame, and whenever its alarm rings.
    fn look_up(&mut self, now: Instant, wall: Time) {
        self.expires = now.checked_add(Duration::from_millis(self.expires_ms.saturating_sub(wall.as_ms())));
    }

    fn next(&self, attention: Option<&Attention>) -> Instant {
        let idle = self.heard + self.idle_after;
        let asks = attention.and_then(Attention::next);
        [self.expires, self.restart, self.rest, asks].into_iter().flatten().fold(idle, Instant::min)
    }

    /// Ends what is over now: the rest of the device, or its line.
    fn end(&mut self, wall: Time) -> Option<End> {
        let now = Instant::now();
        self.look_up(now, wall);
        self.rest = self.rest.filter(|rest| *rest > now);
        if self.restart.is_some_and(|at| at <= now) {
            Some(End::Close(code::RESTART, "the server restarts; connect again".into()))
        } else if self.expires.is_some_and(|at| at <= now) {
            Some(expired())
        } else if self.heard + self.idle_after <= now {
            Some(End::Close(code::GOING_AWAY, "nothing was heard for too long".into()))
        } else {
            None
        }
    }
}

/// How the line ends when its outbox is shut while something is being written. Where room is needed it is had at once:
/// nothing can be said on a line that takes nothing.
fn end_amid_write(ended: Ended) -> End {
    if ended == Ended::MadeRoom {
        METRICS.sockets_closed.of(code::why(code::TOO_SLOW)).inc();
        return End::Gone;
    }
    end_of(ended)
}

/// How the line ends when nothing more comes out of the outbox.
fn end_of(ended: Ended) -> End {
    match ended {
        Ended::Overflowed => too_slow(),
        Ended::MadeRoom => {
            let reason = "more waits unread than may, and most of it for this socket; join again for a snapshot";
            End::Close(code::TOO_SLOW, reason.into())
        }
        Ended::TooLarge => {
            let reason = format!("what was to be sent is larger than a frame may be: {FRAME_TOLD_MAX_BYTES} bytes");
            End::Close(code::TOO_LARGE_TO_TELL, reason)
        }
        Ended::NobodySends => End::Gone,
    }
}

fn expired() -> End {
    End::Close(code::TOKEN_EXPIRED, "the token has expired".into())
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

//! One open socket: the task that reads the device's frames, writes waiting frames, and closes the socket.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::Extension;
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures_util::{SinkExt, Stream};
use switchboard_exchange::admission::{Entrance, Unfinished};
use switchboard_exchange::device::{Device, Disconnect};
use switchboard_exchange::outbox::{Ended, OutboxReceiver, Outgoing};
use switchboard_metrics::METRICS;
use switchboard_wire::claims::REVOKED;
use switchboard_wire::phoenix::code;
use tokio::time::{Instant, sleep_until, timeout};

use super::attention::Attention;
use super::ends::{end_amid_write, end_of, expired, too_big, too_slow, unreadable};
use super::limits::SocketPlace;
use super::times::Times;
use super::{FRAME_MAX_BYTES, SocketContext};

/// The longest that a write may take. A device that reads nothing for so long is considered gone.
const WRITE_MAX: Duration = Duration::from_secs(10);
/// The longest that a closing handshake may take.
const CLOSE_MAX: Duration = Duration::from_secs(2);
/// The most frames that are written with one flush.
const FRAMES_PER_FLUSH: usize = 32;
/// The most frames that are handled in a row before other sockets have their turn. One read brings many small frames
/// and the runtime counts only reads, so without this bound a flood on a few sockets would delay all others.
const FRAMES_PER_TURN: u32 = 4;
/// The time for which a device is not read after a refusal by a rate limit. A flood then costs almost nothing, and a
/// device that exceeds its rate once notices nothing.
const REST_AFTER_REFUSAL: Duration = Duration::from_millis(5);
/// The most refused pings and pongs before the socket is closed. A pong gets no answer, so a device that floods with
/// pongs and leaves would otherwise be read to the end, a few frames at a time.
const CONTROLS_IN_VAIN_MAX: u32 = 200;
/// Payload of a ping that only checks the device's presence. The ping of an offer carries the offer's id.
const QUESTION: &[u8] = b"there?";

/// An open socket with its device.
pub(super) struct DeviceSocket {
    socket: WebSocket,
    device: Device,
    waiting: OutboxReceiver,
    /// Counter of the bytes of the frame that is not complete yet.
    unfinished: Option<Arc<Unfinished>>,
    /// Whether writing has its turn before reading. Writing and reading take turns.
    tells_next: bool,
    heard_in_turn: u32,
    controls_in_vain: u32,
    /// Presence checks of the device while a search of its client runs.
    attention: Option<Box<Attention>>,
}

/// The next thing for a socket's task to do.
enum SocketInput {
    /// A frame from the device, or the end of the connection.
    Heard(Option<Result<Message, axum::Error>>),
    /// Frames wait for the device, or the outbox has ended.
    Waiting(Result<(), Ended>),
    /// The server stops and closes all sockets within so many milliseconds.
    Closing(u64),
    /// The alarm rang.
    Due,
}

/// The task of a device. Most tasks wait most of the time, so a large future that is soon over has its own box to keep
/// waiting tasks small.
#[expect(clippy::manual_async_fn, reason = "an `async fn` holds its arguments twice, and the wire is most of the task")]
pub(super) fn serve(
    mut wire: DeviceSocket,
    context: Arc<SocketContext>,
    places: (SocketPlace, Option<Extension<Entrance>>),
) -> impl Future<Output = ()> {
    async move {
        METRICS.sockets_opened.inc();
        match wire.run(&context).await {
            Disconnect::Gone => {}
            Disconnect::Left => Box::pin(close(&mut wire.socket, None)).await,
            Disconnect::Close(code, reason) => {
                METRICS.sockets_closed.of(code::why(code)).inc();
                Box::pin(close(&mut wire.socket, Some(CloseFrame { code, reason: reason.into() }))).await;
            }
        }
        // The socket is dropped before the company learns of it, so that nothing is written to a device that has gone.
        drop(wire.socket);
        Box::pin(wire.device.leave_all()).await;
        drop(places);
    }
}

/// Closes with a code and a reason; `None` answers the device's own close. Waiting frames are dropped.
async fn close(socket: &mut WebSocket, why: Option<CloseFrame>) {
    let handshake = async {
        if let Some(why) = why {
            // An error means that the device has closed first, and the flush below answers that close.
            let _said_or_not = socket.send(Message::Close(Some(why))).await;
        }
        // The answer to a device's close was queued when the close was read (RFC 6455, 5.5.1).
        if socket.flush().await.is_ok() {
            while let Some(Ok(_rest)) = socket.recv().await {
                // A flood after the close takes turns with other sockets too.
                tokio::task::yield_now().await;
            }
        }
    };
    let _in_time_or_not = timeout(CLOSE_MAX, handshake).await;
}

impl DeviceSocket {
    pub(super) const fn new(
        socket: WebSocket,
        device: Device,
        waiting: OutboxReceiver,
        unfinished: Option<Arc<Unfinished>>,
    ) -> Self {
        let (tells_next, heard_in_turn, controls_in_vain) = (false, 0, 0);
        Self { socket, device, waiting, unfinished, tells_next, heard_in_turn, controls_in_vain, attention: None }
    }

    async fn run(&mut self, context: &SocketContext) -> Disconnect {
        let (clock, outbox_frames) = (context.devices.exchange.clock(), context.devices.outbox_frames);
        let mut times = Times::of(context, self.device.claims());
        let mut alarm = pin!(sleep_until(times.next(None)));
        let mut shutdown = context.shutdown.clone();
        let mut closing = pin!(shutdown.begun());
        loop {
            let input = poll_fn(|cx| {
                if alarm.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(SocketInput::Due);
                }
                if times.restart.is_none()
                    && let Poll::Ready(window_ms) = closing.as_mut().poll(cx)
                {
                    return Poll::Ready(SocketInput::Closing(window_ms));
                }
                self.poll(cx, times.rest.is_none())
            });
            let end = match input.await {
                SocketInput::Heard(_) if times.have_expired(clock.now()) => Some(expired()),
                SocketInput::Heard(message) => {
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
                SocketInput::Waiting(Ok(())) => self.write(FRAMES_PER_FLUSH).await,
                SocketInput::Waiting(Err(ended)) => Some(end_of(ended)),
                SocketInput::Closing(window_ms) => {
                    times.restart = Some(Instant::now() + self.place_in(window_ms));
                    None
                }
                SocketInput::Due => match times.end(clock.now()) {
                    // Frames of earlier commits wait by now, and are written before the end.
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
            // A deadline that moved later is noticed when the alarm rings, so that most frames touch no timer.
            let next = times.next(self.attention.as_deref());
            if next < alarm.deadline() {
                alarm.as_mut().reset(next);
            }
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>, hears: bool) -> Poll<SocketInput> {
        if self.tells_next
            && let Poll::Ready(waits) = self.waiting.poll_ready(cx)
        {
            self.tells_next = false;
            return Poll::Ready(SocketInput::Waiting(waits));
        }
        if hears && let Poll::Ready(message) = Pin::new(&mut self.socket).poll_next(cx) {
            self.tells_next = true;
            return Poll::Ready(SocketInput::Heard(message));
        }
        self.tells_next = false;
        let waits = self.waiting.poll_ready(cx);
        if waits.is_pending() {
            self.heard_in_turn = 0;
        }
        waits.map(SocketInput::Waiting)
    }

    /// Stops counting the bytes of a frame that is complete.
    fn count(&self, message: &Option<Result<Message, axum::Error>>) {
        let Some(unfinished) = &self.unfinished else { return };
        match message {
            Some(Ok(Message::Ping(payload) | Message::Pong(payload))) => unfinished.is_control(payload.len()),
            Some(_) | None => unfinished.is_whole(),
        }
    }

    /// The delay of this socket's close when the server stops. Closes are spread over the window, because devices that
    /// are closed at once would reconnect at once.
    fn place_in(&self, window_ms: u64) -> Duration {
        const PLACES: u64 = 64;
        Duration::from_millis(window_ms * (self.device.first_line().unwrap_or(0) % PLACES) / PLACES)
    }

    /// Notes a frame of the device: lines that counted as gone no longer do.
    async fn is_heard(&mut self) {
        for line in Attention::heard(&mut self.attention) {
            self.device.answers(line, true).await;
        }
    }

    /// Pings the device when a presence check is due, and reports lines that have not answered.
    async fn look(&mut self) -> Option<Disconnect> {
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
            Ok(Err(_gone)) => Some(Disconnect::Gone),
            Err(_too_slow) => Some(too_slow()),
        }
    }

    /// Writes at most `most` waiting frames with one flush, including frames that arrive during the write.
    async fn write(&mut self, most: usize) -> Option<Disconnect> {
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
                    // The topics of that company have been closed already.
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
            Ok(Ok(())) if is_shut_out => Some(Disconnect::Close(code::REVOKED, REVOKED.to_owned())),
            Ok(Ok(())) => None,
            Ok(Err(_gone)) => Some(Disconnect::Gone),
            Err(_too_slow) => Some(too_slow()),
        }
    }

    /// Counts a ping or a pong. Too many of them end the socket.
    fn controls(&mut self) -> Option<Disconnect> {
        let before = self.controls_in_vain;
        self.controls_in_vain = if self.device.is_limited() { before + 1 } else { before.saturating_sub(1) };
        let reason = "too many pings and pongs; connect again later";
        (self.controls_in_vain > CONTROLS_IN_VAIN_MAX).then(|| Disconnect::Close(code::TOO_SLOW, reason.into()))
    }

    async fn hear(&mut self, message: Option<Result<Message, axum::Error>>) -> Option<Disconnect> {
        match message {
            None => Some(Disconnect::Gone),
            Some(Err(error)) => Some(unreadable(error)),
            Some(Ok(Message::Text(text))) if text.len() > FRAME_MAX_BYTES => Some(too_big()),
            Some(Ok(Message::Text(text))) => self.device.hear_frame(&text).await,
            Some(Ok(Message::Binary(bytes))) if bytes.len() > FRAME_MAX_BYTES => Some(too_big()),
            Some(Ok(Message::Binary(_))) => {
                Some(Disconnect::Close(code::NOT_JSON, "frames must be JSON text, not binary".into()))
            }
            Some(Ok(Message::Pong(proof))) => {
                self.device.delivered(&proof).await;
                self.controls()
            }
            Some(Ok(Message::Ping(_))) => {
                self.device.pings();
                self.controls()
            }
            Some(Ok(Message::Close(_))) => Some(Disconnect::Left),
        }
    }
}

//! One connected device: its joined channels, its frames and their answers, without knowledge of the socket.

use std::sync::Arc;

use serde_json::value::RawValue;
use switchboard_core::{Command, DeviceKind, OfferId};
use switchboard_metrics::{METRICS, TRACE};
use switchboard_wire::claims::Claims;
use switchboard_wire::phoenix::{self, Incoming, Ref, ReplyStatus, Version, code};
use switchboard_wire::view::ErrorView;
use tracing::Instrument;

use crate::admission::{LimitedAction, Pass};
use crate::channel::{self, ChannelRequest, DeviceContext, Seat, Topic, is_same_topic};
use crate::companies::{Reply, ReplyTo, Room};
use crate::outbox::{Outbox, OutboxReceiver, Outgoing};

/// The most channels of one device; Phoenix has the same default.
pub(crate) const CHANNELS_MAX: usize = 100;

/// The end of a device's socket.
#[derive(Debug)]
pub enum Disconnect {
    /// The connection is lost, so no close can be sent.
    Gone,
    /// The device closed the socket.
    Left,
    /// This side closes the socket, with a code and a reason.
    Close(u16, String),
}

/// One connected device, with its channels and its limits.
pub struct Device {
    context: Arc<DeviceContext>,
    claims: Claims,
    kind: Option<DeviceKind>,
    outbox: Outbox,
    /// A list, because most devices have one or two.
    channels: Vec<Seat>,
    pass: Pass,
    limited: bool,
}

impl Device {
    /// A device of the token's person, and the receiving end of its outbox.
    #[must_use]
    pub fn new(context: Arc<DeviceContext>, claims: Claims, pass: Pass, version: Version) -> (Self, OutboxReceiver) {
        let (outbox, waiting) = context.outboxes.open(pass.person(), context.outbox_frames, version);
        (Self { context, claims, kind: None, pass, limited: false, outbox, channels: Vec::new() }, waiting)
    }

    /// Sets the kind that the device reports, such as `ios`, for the proof of a delivery.
    pub fn is_of_kind(&mut self, kind: Option<DeviceKind>) {
        self.kind = kind;
    }

    /// The claims of the person's token.
    #[must_use]
    pub const fn claims(&self) -> &Claims {
        &self.claims
    }

    /// Whether a rate limit has refused a request since the last call.
    pub const fn was_limited(&mut self) -> bool {
        std::mem::replace(&mut self.limited, false)
    }

    /// Like [`Device::was_limited`], without resetting the answer.
    #[must_use]
    pub const fn is_limited(&self) -> bool {
        self.limited
    }

    /// The lowest number of the device's lines, if the device has joined a topic.
    #[must_use]
    pub fn first_line(&self) -> Option<u64> {
        self.channels.iter().map(|seat| seat.line).min()
    }

    /// Forgets a channel that the company's side has closed.
    pub async fn forget(&mut self, topic: &str, line: u64) {
        if self.seat(topic).is_some_and(|seat| seat.line == line)
            && let Some(seat) = self.take_seat(topic)
        {
            self.context.exchange.leave(&seat.company, &seat.room, seat.line).await;
        }
    }

    /// Whether the device still has that line.
    #[must_use]
    pub fn has_line(&self, line: u64) -> bool {
        self.channels.iter().any(|seat| seat.line == line)
    }

    /// Notes on one line that the device answers pings and counts as there, or that it is silent and counts as gone.
    pub async fn answers(&self, line: u64, answers: bool) {
        if let Some(seat) = self.channels.iter().find(|seat| seat.line == line) {
            self.context.exchange.answers(&seat.company, &seat.room, line, answers).await;
        }
    }

    /// Counts a ping of the device, which the WebSocket library answers.
    pub fn pings(&mut self) {
        let _counted = self.may(LimitedAction::Change, 0);
    }

    /// Takes a pong, whose payload proves the delivery of the offer before the ping.
    pub async fn delivered(&mut self, proof: &[u8]) {
        // A pong that proves nothing counts too, because it could be one of a flood.
        if self.may(LimitedAction::Change, 0).is_err() {
            return;
        }
        let offer = std::str::from_utf8(proof).ok().and_then(|text| text.parse::<OfferId>().ok());
        let Some(offer) = offer else { return };
        for seat in &self.channels {
            let Room::Employee(employee) = &seat.room else { continue };
            let (employee, device) = (employee.clone(), self.kind.clone());
            let command = Command::OfferDelivered { employee, offer, device };
            let place = self.pass.place().await;
            let told = self.context.exchange.visit_and_reply(&seat.company, |visit| {
                if !visit.company().shuts_out(self.claims.token()) {
                    let _late_or_foreign = visit.take(&command);
                }
                Reply::Nothing { place }
            });
            // A lost proof makes the offer undelivered in the end, so that the next employee is asked.
            let _not_now = told.await;
        }
    }

    /// Handles a frame. Returns the end of the socket if the frame breaks the protocol.
    pub async fn hear_frame(&mut self, text: &str) -> Option<Disconnect> {
        METRICS.frames_heard.inc();
        let version = self.outbox.version();
        let incoming = match phoenix::parse(version, text) {
            Ok(incoming) if incoming.payload_is_object() || incoming.payload.get() == "null" => incoming,
            Ok(_) => return Some(Disconnect::Close(code::FORM, "a payload must be a JSON object".into())),
            Err(error) => return Some(Disconnect::Close(error.close_code(), error.to_string())),
        };
        let Incoming { join_ref, reference, topic, event, payload } = incoming;
        if event == phoenix::event::HEARTBEAT && topic == phoenix::PHOENIX_TOPIC {
            // Answered in spite of the limit, because an app without an answer would reconnect. A flood only makes the
            // socket rest for a moment.
            let _counted = self.may(LimitedAction::Change, 0);
            let frame = phoenix::reply(version, &Ref::Null, &reference, &topic, ReplyStatus::Ok, "{}");
            self.outbox.push(Outgoing::Frame(frame.into()));
            return None;
        }
        // The seat's topic is shared when the request spells it alike; otherwise the answer needs the request's
        // spelling.
        let known = self.seat(&topic).map(|seat| &seat.topic).filter(|known| ***known == *topic);
        let topic = known.map_or_else(|| topic.as_ref().into(), Clone::clone);
        let reply = ReplyTo { outbox: self.outbox.clone(), join_ref, reference, topic };
        match event.as_ref() {
            phoenix::event::JOIN => self.join(payload, reply).await,
            phoenix::event::LEAVE => self.leave(reply).await,
            event => self.push(event, payload, reply).await,
        }
        None
    }

    async fn join(&mut self, payload: &RawValue, reply: ReplyTo) {
        if let Err(error) = self.may(LimitedAction::Join, 0) {
            return reply.send_error(&error);
        }
        let parsed = match Topic::parse(&reply.topic) {
            Ok(parsed) => parsed,
            Err(error) => {
                self.context.admission.join_was_refused(&self.pass, self.context.exchange.clock().even());
                // As Phoenix does: a topic that is not served has no channel, so the reply has no join ref.
                return ReplyTo { join_ref: Ref::Null, ..reply }.send_error(&error);
            }
        };
        let old = self.take_seat(&reply.topic);
        if old.is_none() && self.channels.len() >= CHANNELS_MAX {
            let message = format!("too many channels joined: {CHANNELS_MAX} at most on one socket");
            return reply.send_error(&channel::error("invalid", message));
        }
        let caller = ChannelRequest { context: &self.context, claims: &self.claims, pass: &self.pass, reply };
        let seat = match &parsed {
            Topic::Company(company) => channel::company::join(&caller, company, payload, old).await,
            Topic::Employee(company, employee) => channel::employee::join(&caller, company, employee, old).await,
            Topic::Session(session) => channel::session::join(&caller, *session, old).await,
            Topic::Board(company) => channel::board::join(&caller, company, old).await,
        };
        if let Some(seat) = seat {
            // Exactly one more, because most devices join no other topic.
            self.channels.reserve_exact(1);
            self.channels.push(seat);
        }
    }

    async fn leave(&mut self, reply: ReplyTo) {
        let Some(seat) = self.seat(&reply.topic) else {
            // A leave of a joined topic is always granted. Any other counts, because a flood of them would be free
            // otherwise.
            return match self.may(LimitedAction::Change, 0) {
                Ok(()) => reply.send(&Ok("{}".into())),
                Err(error) => reply.send_error(&error),
            };
        };
        if reply.join_ref != Ref::Null && seat.join_ref != reply.join_ref {
            // This leave is for an earlier join, of whose end the device has not heard yet.
            return;
        }
        if let Some(seat) = self.take_seat(&reply.topic) {
            let closed = seat.close_frame(reply.outbox.version());
            let reply = ReplyTo { join_ref: seat.join_ref.clone(), ..reply };
            self.leave_seat(&seat, reply, closed).await;
        }
    }

    /// Leaves a topic in order with all events: after the reply the topic gets the close and nothing else.
    async fn leave_seat(&self, seat: &Seat, reply: ReplyTo, closed: String) {
        let left = self.context.exchange.visit_and_reply(&seat.company, |visit| {
            visit.leave(&seat.room, seat.line);
            Reply::Leave { to: reply.clone(), closed }
        });
        if left.await.is_err() {
            // A departure must not depend on the store, so the device leaves and is told so anyway.
            self.context.exchange.leave(&seat.company, &seat.room, seat.line).await;
            reply.send(&Ok("{}".into()));
            reply.outbox.push(Outgoing::Frame(seat.close_frame(reply.outbox.version()).into()));
        }
    }

    async fn push(&mut self, event: &str, payload: &RawValue, reply: ReplyTo) {
        if let Err(error) = self.may(channel::wish(event), payload.get().len()) {
            return reply.send_error(&error);
        }
        let Some(seat) = self.seat(&reply.topic) else {
            let message = format!("`{}` is not joined", channel::shortened(&reply.topic));
            return ReplyTo { join_ref: Ref::Null, ..reply }.send_error(&channel::error("unknown_topic", message));
        };
        if reply.join_ref != Ref::Null && reply.join_ref != seat.join_ref {
            // As Phoenix does: a push for a join that is over gets no reply.
            return;
        }
        let reply = ReplyTo { join_ref: seat.join_ref.clone(), ..reply };
        let caller = ChannelRequest { context: &self.context, claims: &self.claims, pass: &self.pass, reply };
        let (topic, company) = (seat.room.kind(), &seat.company);
        let span = tracing::debug_span!(target: TRACE, "push", topic, %company, event = channel::shortened(event));
        self.pushed(caller, seat, event, payload).instrument(span).await;
    }

    async fn pushed(&self, caller: ChannelRequest<'_>, seat: &Seat, event: &str, payload: &RawValue) {
        match &seat.room {
            Room::Client(_) => channel::company::push(&caller, seat, event, payload).await,
            Room::Employee(_) => channel::employee::push(&caller, seat, event, payload).await,
            Room::Session(..) => channel::session::push(&caller, seat, event, payload).await,
            Room::Board => channel::board::push(&caller, seat, event, payload).await,
        }
    }

    /// Counts a request of so many bytes. A refusal is noted for [`Device::was_limited`].
    fn may(&mut self, wish: LimitedAction, bytes: usize) -> Result<(), ErrorView<'static>> {
        let granted = self.context.admission.grant(&self.pass, wish, bytes, self.context.exchange.clock().even());
        self.limited |= granted.is_err();
        granted.map_err(channel::limited_view)
    }

    /// Leaves all topics, because the socket has ended.
    pub async fn leave_all(&mut self) {
        // One seat at a time, so that `Drop` finds the rest if this task is cancelled.
        while let Some(seat) = self.channels.pop() {
            self.context.exchange.leave(&seat.company, &seat.room, seat.line).await;
        }
    }

    fn seat(&self, topic: &str) -> Option<&Seat> {
        self.channels.iter().find(|seat| is_same_topic(&seat.topic, topic))
    }

    fn take_seat(&mut self, topic: &str) -> Option<Seat> {
        let at = self.channels.iter().position(|seat| is_same_topic(&seat.topic, topic))?;
        Some(self.channels.swap_remove(at))
    }
}

/// Leaves all topics that are still joined, so that a device does not count as connected after its task has panicked or
/// was cancelled.
impl Drop for Device {
    fn drop(&mut self) {
        let seats = std::mem::take(&mut self.channels);
        if seats.is_empty() {
            return;
        }
        let context = self.context.clone();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                for seat in seats {
                    context.exchange.leave(&seat.company, &seat.room, seat.line).await;
                }
            });
        }
    }
}

//! One connected device: what it has joined, what it says, and how it is answered. It knows no socket.

use std::sync::Arc;

use serde_json::value::RawValue;
use switchboard_core::{Command, DeviceKind, OfferId};
use switchboard_metrics::{METRICS, TRACE};
use switchboard_wire::claims::Claims;
use switchboard_wire::phoenix::{self, Incoming, Ref, ReplyStatus, Version, code};
use switchboard_wire::view::ErrorView;
use tracing::Instrument;

use crate::admission::{Pass, Wish};
use crate::channel::{self, Caller, DeviceContext, Seat, Topic, is_same_topic};
use crate::companies::{Reply, ReplyTo, Room};
use crate::outbox::{Outbox, Outgoing, Waiting};

/// Channels of one device, as Phoenix has it by default.
pub const CHANNELS_MAX: usize = 100;

/// Why a device's line ends.
#[derive(Debug)]
pub enum End {
    /// The line is gone.
    Gone,
    /// The device closes it.
    Left,
    /// This side closes it, with a code and a reason.
    Close(u16, String),
}

/// One connected device.
pub struct Device {
    context: Arc<DeviceContext>,
    claims: Claims,
    kind: Option<DeviceKind>,
    outbox: Outbox,
    /// Most have one or two, so they are looked through.
    channels: Vec<Seat>,
    pass: Pass,
    limited: bool,
}

impl Device {
    /// A device of the token's person, with what is on its way to it.
    #[must_use]
    pub fn new(context: Arc<DeviceContext>, claims: Claims, pass: Pass, version: Version) -> (Self, Waiting) {
        let (outbox, waiting) = context.outboxes.open(pass.person(), context.outbox_frames, version);
        (Self { context, claims, kind: None, pass, limited: false, outbox, channels: Vec::new() }, waiting)
    }

    /// What the device calls itself; a proof of delivery names it.
    pub fn is_of_kind(&mut self, kind: Option<DeviceKind>) {
        self.kind = kind;
    }

    /// The person's token.
    #[must_use]
    pub const fn claims(&self) -> &Claims {
        &self.claims
    }

    /// Whether something was refused since the last time, because the person wants too much.
    pub const fn was_limited(&mut self) -> bool {
        std::mem::replace(&mut self.limited, false)
    }

    /// Whether what was heard just now was refused, because the person wants too much.
    #[must_use]
    pub const fn is_limited(&self) -> bool {
        self.limited
    }

    /// The number of the first line that it has, if it has joined anything.
    #[must_use]
    pub fn first_line(&self) -> Option<u64> {
        self.channels.iter().map(|seat| seat.line).min()
    }

    /// A channel was closed from the company's side.
    pub async fn forget(&mut self, topic: &str, line: u64) {
        if self.seat(topic).is_some_and(|seat| seat.line == line)
            && let Some(seat) = self.take_seat(topic)
        {
            self.context.exchange.leave(&seat.company, &seat.room, seat.line).await;
        }
    }

    /// Whether the device has joined anything on that line.
    #[must_use]
    pub fn has_line(&self, line: u64) -> bool {
        self.channels.iter().any(|seat| seat.line == line)
    }

    /// The device answers, or does not: on that line it counts as there, or as gone.
    pub async fn answers(&self, line: u64, answers: bool) {
        if let Some(seat) = self.channels.iter().find(|seat| seat.line == line) {
            self.context.exchange.answers(&seat.company, &seat.room, line, answers).await;
        }
    }

    /// The device has sent a ping, which is answered without us: it counts all the same.
    pub fn pings(&mut self) {
        let _counted = self.may(Wish::Change, 0);
    }

    /// A device's pong proves that it has the offer which the ping followed. One that proves nothing counts too.
    pub async fn delivered(&mut self, proof: &[u8]) {
        if self.may(Wish::Change, 0).is_err() {
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
            // Without the proof the offer counts as undelivered in the end: the safe side.
            let _not_now = told.await;
        }
    }

    /// Hears a frame. Says whether the line must end for it.
    pub async fn hear_frame(&mut self, text: &str) -> Option<End> {
        METRICS.frames_heard.inc();
        let version = self.outbox.version();
        let incoming = match phoenix::parse(version, text) {
            Ok(incoming) if incoming.payload_is_object() || incoming.payload.get() == "null" => incoming,
            Ok(_) => return Some(End::Close(code::FORM, "a payload is a JSON object".into())),
            Err(error) => return Some(End::Close(error.close_code(), error.to_string())),
        };
        let Incoming { join_ref, reference, topic, event, payload } = incoming;
        if event == phoenix::event::HEARTBEAT && topic == phoenix::PHOENIX_TOPIC {
            // Whoever sends too many is answered, and then not heard for a moment.
            let _counted = self.may(Wish::Change, 0);
            let frame = phoenix::reply(version, &Ref::Null, &reference, &topic, ReplyStatus::Ok, "{}");
            self.outbox.push(Outgoing::Frame(frame.into()));
            return None;
        }
        // An answer comes on the topic as the request wrote it.
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
        if let Err(error) = self.may(Wish::Join, 0) {
            return reply.send_error(&error);
        }
        let parsed = match Topic::parse(&reply.topic) {
            Ok(parsed) => parsed,
            Err(error) => {
                self.context.admission.join_was_refused(&self.pass, self.context.exchange.clock().even());
                // As Phoenix does: a topic that nobody serves has no channel, so the reply has no join.
                return ReplyTo { join_ref: Ref::Null, ..reply }.send_error(&error);
            }
        };
        let old = self.take_seat(&reply.topic);
        if old.is_none() && self.channels.len() >= CHANNELS_MAX {
            let message = format!("too many channels joined: {CHANNELS_MAX} at most on one socket");
            return reply.send_error(&channel::error("invalid", message));
        }
        let caller = Caller { context: &self.context, claims: &self.claims, pass: &self.pass, reply };
        let seat = match &parsed {
            Topic::Company(company) => channel::company::join(&caller, company, payload, old).await,
            Topic::Employee(company, employee) => channel::employee::join(&caller, company, employee, old).await,
            Topic::Session(session) => channel::session::join(&caller, *session, old).await,
            Topic::Board(company) => channel::board::join(&caller, company, old).await,
        };
        if let Some(seat) = seat {
            // For one more and not for some: most devices join nothing else.
            self.channels.reserve_exact(1);
            self.channels.push(seat);
        }
    }

    async fn leave(&mut self, reply: ReplyTo) {
        let Some(seat) = self.seat(&reply.topic) else {
            // To leave is always granted; to leave what was not joined is only a way to be heard.
            return match self.may(Wish::Change, 0) {
                Ok(()) => reply.send(&Ok("{}".into())),
                Err(error) => reply.send_error(&error),
            };
        };
        if reply.join_ref != Ref::Null && seat.join_ref != reply.join_ref {
            // The device has not heard yet that this join is over.
            return;
        }
        if let Some(seat) = self.take_seat(&reply.topic) {
            let closed = seat.close_frame(reply.outbox.version());
            let reply = ReplyTo { join_ref: seat.join_ref.clone(), ..reply };
            self.leave_seat(&seat, reply, closed).await;
        }
    }

    /// Leaves in order with all events: after the reply nothing comes for this topic but the close.
    async fn leave_seat(&self, seat: &Seat, reply: ReplyTo, closed: String) {
        let left = self.context.exchange.visit_and_reply(&seat.company, |visit| {
            visit.leave(&seat.room, seat.line);
            Reply::Leave { to: reply.clone(), closed }
        });
        if left.await.is_err() {
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
            // As Phoenix does: it was meant for a join that is over.
            return;
        }
        let reply = ReplyTo { join_ref: seat.join_ref.clone(), ..reply };
        let caller = Caller { context: &self.context, claims: &self.claims, pass: &self.pass, reply };
        let (topic, company) = (seat.room.kind(), &seat.company);
        let span = tracing::debug_span!(target: TRACE, "push", topic, %company, event = channel::shortened(event));
        self.pushed(caller, seat, event, payload).instrument(span).await;
    }

    async fn pushed(&self, caller: Caller<'_>, seat: &Seat, event: &str, payload: &RawValue) {
        match &seat.room {
            Room::Client(_) => channel::company::push(&caller, seat, event, payload).await,
            Room::Employee(_) => channel::employee::push(&caller, seat, event, payload).await,
            Room::Session(..) => channel::session::push(&caller, seat, event, payload).await,
            Room::Board => channel::board::push(&caller, seat, event, payload).await,
        }
    }

    /// Whether the person may do one more of it, of so many bytes; a no is noted for [`Device::was_limited`].
    fn may(&mut self, wish: Wish, bytes: usize) -> Result<(), ErrorView<'static>> {
        let granted = self.context.admission.grant(&self.pass, wish, bytes, self.context.exchange.clock().even());
        self.limited |= granted.is_err();
        granted.map_err(channel::limited_view)
    }

    /// The line is gone: the device leaves all that it had joined.
    pub async fn leave_all(&mut self) {
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

/// However a device's task ends, also by a mistake of ours, nobody counts as connected who is not.
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

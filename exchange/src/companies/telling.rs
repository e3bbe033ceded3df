//! Notices as frames: each change in the form of each audience, encoded once and shared by all of its devices.

use std::borrow::Cow;
use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::ws::Utf8Bytes;
use switchboard_core::{
    Booking, Company, CompanyId, EmployeeId, EmployeeNo, Notice, OfferId, Party, Session, SessionId, Time, Whose,
};
use switchboard_wire::json::{self, Json};
use switchboard_wire::phoenix::{self, Ref, Version};
use switchboard_wire::view::{self, Named};
use uuid::fmt::Hyphenated;

use super::availability::Changes;
use super::rooms::{Room, Rooms, Subscriber};
use crate::outbox::{GoesOn, Outbox, Outgoing, SearchProgress};

/// A frame or an end on the way to one device.
pub type OutboundFrame = (Outbox, Outgoing);

/// The deliveries that notices cause, for all rooms.
#[must_use]
pub fn tell(company: &Company, rooms: &Rooms, notices: &[Notice], now: Time) -> Vec<OutboundFrame> {
    let deliveries = Vec::with_capacity(notices.len());
    let mut telling = Telling { company, rooms, now, deliveries, payload: String::new() };
    // Notices for boards are many, and are skipped at once while no board is open.
    let board_is_watched = !rooms.in_room(&Room::Board).is_empty();
    for notice in notices.iter().filter(|notice| board_is_watched || !view::is_for_board(notice)) {
        let _gone = telling.tell(notice);
    }
    telling.deliveries
}

/// Bytes that deliveries hold in memory.
pub(super) fn bytes(deliveries: &[OutboundFrame]) -> usize {
    // Deliveries of a shared frame follow one another, so a comparison with the last one counts each frame once.
    let mut last = std::ptr::null();
    let mut bytes = 0;
    for (_, outgoing) in deliveries {
        let Some(frame) = outgoing.frame() else { continue };
        if frame.as_ptr() != last {
            bytes += frame.len();
            last = frame.as_ptr();
        }
    }
    bytes
}

/// Closes the topics and the sockets of people who are shut out.
pub(super) fn close(company: &Company, rooms: &mut Rooms, notices: &[Notice], deliveries: &mut Vec<OutboundFrame>) {
    for notice in notices {
        let whose = match notice {
            Notice::ShutOut(whose) => whose,
            Notice::CompanyGone => &Whose::Everybody,
            _ => continue,
        };
        shut_out(&rooms.close(company.seq(), |room| is_of(company, whose, room)), deliveries);
    }
}

/// Sends changed availability to all clients. A client that named topics hears of these and of the totals alone, and of
/// nothing if none of them changed. Clients with the same changes share one frame.
pub(super) fn tell_availability(
    company: &CompanyId,
    rooms: &Rooms,
    changes: &Changes,
    deliveries: &mut Vec<OutboundFrame>,
) {
    let shared = |payload| SharedFrame::new(company_topic(company), "availability", payload);
    let counts = (changes.available, changes.idle, changes.waiting);
    let of_some = |places: &[usize]| {
        json::text(&view::availability_changes(counts, places.iter().map(|at| &changes.topics[*at])))
    };
    let mut of_all: Option<SharedFrame<'_>> = None;
    let mut narrowed: BTreeMap<Vec<usize>, SharedFrame<'_>> = BTreeMap::new();
    for line in rooms.clients() {
        let frame = match &line.only {
            None => of_all
                .get_or_insert_with(|| shared(json::text(&view::availability_changes(counts, &changes.topics)).into())),
            Some(only) => {
                let places = changes.places_of(only);
                if places.is_empty() && !changes.in_all {
                    continue;
                }
                narrowed.entry(places).or_insert_with_key(|places| shared(of_some(places).into()))
            }
        };
        deliveries.push(frame.to(line));
    }
}

fn company_topic(company: &CompanyId) -> String {
    joined(["company:", company.as_str()])
}

fn employee_topic(company: &CompanyId, employee: &EmployeeId) -> String {
    joined(["employee:", company.as_str(), ":", employee.as_str()])
}

fn joined<const N: usize>(parts: [&str; N]) -> String {
    // By hand, because `concat` takes 240 instructions, and every event needs a topic.
    let mut topic = String::with_capacity(parts.iter().map(|part| part.len()).sum());
    for part in parts {
        topic.push_str(part);
    }
    topic
}

fn session_topic(session: SessionId) -> String {
    let mut topic = String::with_capacity("session:".len() + Hyphenated::LENGTH);
    topic.push_str("session:");
    json::push_uuid(&mut topic, session.as_u128());
    topic
}

/// Passes on to all devices on one side of a session what the other side sends.
pub(super) fn relay(
    rooms: &Rooms,
    session: SessionId,
    to: Party,
    event: &str,
    payload: &impl Json,
    deliveries: &mut Vec<OutboundFrame>,
) {
    let payload = json::text(payload);
    let mut frame = SharedFrame::new(session_topic(session), event, payload.as_str().into());
    deliveries.extend(rooms.in_room(&Room::Session(session, to)).iter().map(|line| frame.as_joined(line)));
}

/// Whether a room is the topic of a person who is shut out, or their side of a session.
fn is_of(company: &Company, whose: &Whose, room: &Room) -> bool {
    let session = |id: &SessionId| company.session(*id);
    match (whose, room) {
        (Whose::Everybody, _) => true,
        (Whose::Employee(id), Room::Employee(employee)) => id == employee,
        (Whose::Employee(id), Room::Session(of, Party::Employee)) => session(of).is_some_and(|s| s.employee_id == *id),
        (Whose::Client(id), Room::Client(client)) => id == client,
        (Whose::Client(id), Room::Session(of, Party::Client)) => session(of).is_some_and(|s| s.client == *id),
        _ => false,
    }
}

/// Closes the topic of every line, and then each socket that is for this company alone.
fn shut_out(lines: &[Subscriber], deliveries: &mut Vec<OutboundFrame>) {
    for line in lines {
        let version = line.outbox.version();
        let close = phoenix::event::CLOSE;
        let frame = phoenix::push(version, &line.join_ref, &line.join_ref, &line.topic, close, "{}");
        let ended = Outgoing::Ended { frame: frame.into(), topic: line.topic.clone(), line: line.id };
        deliveries.push((line.outbox.clone(), ended));
    }
    // After all topics, so that a device hears of each closed topic before its socket closes.
    deliveries.extend(lines.iter().map(|line| (line.outbox.clone(), Outgoing::ShutOut)));
}

/// A frame that is encoded once for each protocol version among its devices.
struct SharedFrame<'a> {
    topic: String,
    event: &'a str,
    payload: Cow<'a, str>,
    v1: Option<Utf8Bytes>,
    v2: Option<Utf8Bytes>,
}

impl<'a> SharedFrame<'a> {
    const fn new(topic: String, event: &'a str, payload: Cow<'a, str>) -> Self {
        Self { topic, event, payload, v1: None, v2: None }
    }

    fn frame(&mut self, version: Version) -> Utf8Bytes {
        let made = match version {
            Version::V1 => &mut self.v1,
            Version::V2 => &mut self.v2,
        };
        let make = || phoenix::push(version, &Ref::Null, &Ref::Null, &self.topic, self.event, &self.payload).into();
        made.get_or_insert_with(make).clone()
    }

    fn to(&mut self, line: &Subscriber) -> OutboundFrame {
        (line.outbox.clone(), Outgoing::Frame(self.frame(line.outbox.version())))
    }

    /// The frame under the topic's name as the device joined it.
    fn as_joined(&mut self, line: &Subscriber) -> OutboundFrame {
        // A device that wrote a session's UUID in capitals needs a frame of its own, because Phoenix clients match the
        // name that they joined.
        if *line.topic == *self.topic {
            return self.to(line);
        }
        let version = line.outbox.version();
        let frame = phoenix::push(version, &Ref::Null, &Ref::Null, &line.topic, self.event, &self.payload);
        (line.outbox.clone(), Outgoing::Frame(frame.into()))
    }
}

struct Telling<'a> {
    company: &'a Company,
    rooms: &'a Rooms,
    now: Time,
    deliveries: Vec<OutboundFrame>,
    /// Memory that all payloads use in turn, so that a visit allocates once for them.
    payload: String,
}

impl Telling<'_> {
    /// None if the notice's subject is gone, of which nothing is told then.
    fn tell(&mut self, notice: &Notice) -> Option<()> {
        let company = self.company;
        match notice {
            Notice::Offer { employee, offer } => self.offer(*employee, *offer)?,
            Notice::OfferClosed { employee, offer, outcome } => {
                // Looked up in the offer, because an employee who was removed with it is told too.
                let asked = company.booking(offer.booking)?.offer(offer.attempt)?;
                debug_assert_eq!(asked.employee, *employee);
                self.tell_desk(&asked.employee_id, "offer_closed", &view::offer_closed(*offer, *outcome));
            }
            Notice::Status { employee, cause } => {
                let found = company.employee_no(*employee)?;
                self.tell_desk(&found.id, "status", &view::status(company, found, *cause));
            }
            Notice::EmployeeSession { employee, session } => {
                let (found, employee) = (company.session(*session)?, company.employee_no(*employee));
                let payload = view::own_session(company, found, employee, self.now);
                self.tell_desk(&found.employee_id, "session", &payload);
            }
            Notice::Booking { client, booking } => {
                let found = company.booking(*booking)?;
                let payload = Named("booking", view::booking(company, found));
                let (room, goes_on) = (Room::Client(client.clone()), goes_on(company, found, self.now));
                let mut frame = SharedFrame::new(
                    company_topic(company.id()),
                    "booking",
                    written(&mut self.payload, &payload).into(),
                );
                let lines = self.rooms.in_room(&room).iter();
                self.deliveries.extend(lines.map(|line| {
                    let frame = frame.frame(line.outbox.version());
                    (line.outbox.clone(), Outgoing::Search(frame, SearchProgress { line: line.id, goes_on }))
                }));
            }
            Notice::Message { session, message } => {
                let found = company.session(*session)?.message(*message)?;
                self.tell_session(*session, [Party::Client, Party::Employee], "message", &view::message(found));
            }
            Notice::Notes { session } => {
                let notes = view::notes(company.session(*session)?.notes.as_ref()?);
                self.tell_session(*session, [Party::Employee], "notes", &notes);
            }
            Notice::Ended { session } => {
                self.tell_ended(company.session(*session)?);
            }
            Notice::Peer { session, to, online } => {
                self.tell_session(*session, [*to], "peer", &view::PeerView { online: *online });
            }
            Notice::BoardEmployee(no) => {
                self.tell_board("employee", &Named("employee", view::employee(company.employee_no(*no)?)));
            }
            Notice::BoardBooking(id) => {
                self.tell_board(
                    "booking",
                    &Named("booking", view::booking_of_staff(company, company.booking(*id)?, self.now)),
                );
            }
            Notice::BoardSession(id) => {
                self.tell_board("session", &Named("session", view::coded_session(company, company.session(*id)?)));
            }
            Notice::EmployeeGone(id) => self.tell_board("employee", &Named("employee", view::employee_gone(id))),
            // `close` handles these at the end of the visit.
            Notice::ShutOut(_) | Notice::CompanyGone => {}
        }
        Some(())
    }

    /// An offer's frame, and behind it the ping whose pong proves the delivery.
    fn offer(&mut self, no: EmployeeNo, id: OfferId) -> Option<()> {
        let employee = self.company.employee_no(no)?;
        let booking = self.company.booking(id.booking)?;
        let payload = Named("offer", view::offer(booking, id, booking.offer(id.attempt)?, self.now));
        let mut proof = String::new();
        json::push_offer(&mut proof, id);
        let proof = Bytes::from(proof);
        let topic = employee_topic(self.company.id(), &employee.id);
        let lines = self.rooms.in_room(&Room::Employee(employee.id.clone())).iter();
        let mut frame = SharedFrame::new(topic, "offer", written(&mut self.payload, &payload).into());
        self.deliveries.extend(lines.map(|line| {
            let frame = frame.frame(line.outbox.version());
            (line.outbox.clone(), Outgoing::Offer(frame, proof.clone()))
        }));
        Some(())
    }

    fn tell_desk(&mut self, employee: &EmployeeId, event: &str, payload: &impl Json) {
        let topic = employee_topic(self.company.id(), employee);
        self.tell_rooms(&[Room::Employee(employee.clone())], topic, event, payload);
    }

    fn tell_session<const N: usize>(
        &mut self,
        session: SessionId,
        parties: [Party; N],
        event: &str,
        payload: &impl Json,
    ) {
        let rooms = parties.map(|party| Room::Session(session, party));
        self.tell_rooms(&rooms, session_topic(session), event, payload);
    }

    /// Both sides share one frame, unless the session has a code, which the client must not see.
    fn tell_ended(&mut self, session: &Session) {
        let payload = |to| Named("session", view::session_of(self.company, session, to));
        if session.code.is_none() {
            let payload = payload(Party::Client);
            return self.tell_session(session.id, [Party::Client, Party::Employee], "ended", &payload);
        }
        let payloads = [Party::Client, Party::Employee].map(|to| (to, payload(to)));
        for (to, payload) in payloads {
            self.tell_session(session.id, [to], "ended", &payload);
        }
    }

    fn tell_board(&mut self, event: &str, payload: &impl Json) {
        let topic = joined(["board:", self.company.id().as_str()]);
        self.tell_rooms(&[Room::Board], topic, event, payload);
    }

    fn tell_rooms(&mut self, rooms: &[Room], topic: String, event: &str, payload: &impl Json) {
        let mut lines = rooms.iter().flat_map(|room| self.rooms.in_room(room)).peekable();
        if lines.peek().is_some() {
            let mut frame = SharedFrame::new(topic, event, written(&mut self.payload, payload).into());
            self.deliveries.extend(lines.map(|line| frame.as_joined(line)));
        }
    }
}

/// How long a booking's search goes on, and how soon its client's devices must answer pings; none if the search is
/// over, or if the company requires no answers.
#[must_use]
pub fn goes_on(company: &Company, booking: &Booking, now: Time) -> Option<GoesOn> {
    let patience_ms = company.settings().delivery_timeout_ms;
    let ends_in_ms = now.ms_until(booking.deadline);
    (booking.is_open() && patience_ms > 0).then_some(GoesOn { patience_ms, ends_in_ms })
}

/// A payload's JSON, written into memory that is used again.
fn written<'a>(memory: &'a mut String, payload: &impl Json) -> &'a str {
    memory.clear();
    memory.reserve(json::USUAL_BYTES);
    payload.write_to(memory);
    memory
}

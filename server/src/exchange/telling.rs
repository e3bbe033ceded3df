//! Notices as frames: what changed, for each audience in its own words, made once and shared by all who hear it.

use axum::body::Bytes;
use axum::extract::ws::Utf8Bytes;
use serde::Serialize;
use serde_json::json;
use switchboard_core::{
    Availability, Company, CompanyId, EmployeeNo, Notice, OfferId, Outcome, Party, SessionId, Time,
};

use super::rooms::{Line, Room, Rooms};
use crate::outbox::{Outbox, Outgoing};
use crate::phoenix::{self, Ref, Version};
use crate::view::{self, Named};

/// Something on its way to one device.
pub(super) type Delivery = (Outbox, Outgoing);

/// The topic of a company's clients.
#[must_use]
pub fn company_topic(company: &CompanyId) -> String {
    format!("company:{company}")
}

/// Makes what each listener hears of the notices.
pub(super) fn tell(company: &Company, rooms: &Rooms, notices: &[Notice], now: Time) -> Vec<Delivery> {
    let mut telling = Telling { company, rooms, now, deliveries: Vec::new() };
    let board_is_watched = !rooms.in_room(&Room::Board).is_empty();
    for notice in notices.iter().filter(|notice| board_is_watched || !view::is_for_board(notice)) {
        telling.tell(notice);
    }
    telling.deliveries
}

/// Tells all clients what can be booked now.
pub(super) fn tell_availability(
    company: &CompanyId,
    rooms: &Rooms,
    availability: &Availability,
    deliveries: &mut Vec<Delivery>,
) {
    let topic = company_topic(company);
    let frame = Shared::new(&topic, "availability", &view::availability(availability));
    deliveries.extend(rooms.clients().map(|line| frame.to(line)));
}

/// Tells all devices on one side of a session what the other side sends.
pub(super) fn relay(
    rooms: &Rooms,
    session: SessionId,
    to: Party,
    event: &str,
    payload: &impl Serialize,
    deliveries: &mut Vec<Delivery>,
) {
    let topic = format!("session:{session}");
    let frame = Shared::new(&topic, event, payload);
    deliveries.extend(rooms.in_room(&Room::Session(session, to)).iter().map(|line| frame.to(line)));
}

/// Closes the topic of every line.
pub(super) fn close<'a>(lines: impl Iterator<Item = &'a Line>, event: &str, deliveries: &mut Vec<Delivery>) {
    for line in lines {
        let version = line.outbox.version();
        let frame = phoenix::push(version, &line.join_ref, &line.join_ref, &line.topic, event, "{}");
        let ended = Outgoing::Ended { frame: frame.into(), topic: line.topic.clone(), line: line.id };
        deliveries.push((line.outbox.clone(), ended));
    }
}

/// A frame that is made once for each form in which somebody needs it.
struct Shared<'a> {
    topic: &'a str,
    event: &'a str,
    payload: String,
    made: std::cell::RefCell<[Option<Utf8Bytes>; 2]>,
}

impl<'a> Shared<'a> {
    fn new(topic: &'a str, event: &'a str, payload: &impl Serialize) -> Self {
        Self { topic, event, payload: view::json(payload), made: std::cell::RefCell::default() }
    }

    fn frame(&self, version: Version) -> Utf8Bytes {
        let slot = match version {
            Version::V1 => 0,
            Version::V2 => 1,
        };
        let mut made = self.made.borrow_mut();
        let frame = made[slot].get_or_insert_with(|| {
            phoenix::push(version, &Ref::Null, &Ref::Null, self.topic, self.event, &self.payload).into()
        });
        frame.clone()
    }

    fn to(&self, line: &Line) -> Delivery {
        (line.outbox.clone(), Outgoing::Frame(self.frame(line.outbox.version())))
    }
}

struct Telling<'a> {
    company: &'a Company,
    rooms: &'a Rooms,
    now: Time,
    deliveries: Vec<Delivery>,
}

impl Telling<'_> {
    fn tell(&mut self, notice: &Notice) {
        match notice {
            Notice::Offer { employee, offer } => self.offer(*employee, *offer),
            Notice::OfferClosed { employee, offer, outcome } => self.offer_closed(*employee, *offer, *outcome),
            Notice::Status { employee, cause } => {
                let Some(found) = self.company.employee_no(*employee) else { return };
                let payload = json!({
                    "status": found.status().word(),
                    "since": view::Moment(found.since),
                    "intent": found.intent.word(),
                    "cause": cause.word(),
                });
                self.tell_employee(*employee, "status", &payload);
            }
            Notice::EmployeeSession { employee, session } => {
                let Some(found) = self.company.session(*session) else { return };
                self.tell_employee(*employee, "session", &Named("session", view::session(self.company, found)));
            }
            Notice::Booking { client, booking } => {
                let Some(found) = self.company.booking(*booking) else { return };
                let payload = Named("booking", view::booking(self.company, found));
                let topic = company_topic(self.company.id());
                self.tell_rooms(&[Room::Client(client.clone())], &topic, "booking", &payload);
            }
            Notice::Message { session, message } => {
                let found = self.company.session(*session).and_then(|session| session.message(*message));
                let Some(found) = found else { return };
                self.tell_session(*session, &[Party::Client, Party::Employee], "message", &view::message(found));
            }
            Notice::Ended { session } => {
                let Some(found) = self.company.session(*session) else { return };
                let payload = Named("session", view::session(self.company, found));
                self.tell_session(*session, &[Party::Client, Party::Employee], "ended", &payload);
            }
            Notice::Peer { session, to, online } => {
                self.tell_session(*session, &[*to], "peer", &json!({ "online": online }));
            }
            Notice::BoardEmployee(no) => {
                let Some(found) = self.company.employee_no(*no) else { return };
                self.tell_board("employee", &Named("employee", view::employee(found)));
            }
            Notice::BoardBooking(id) => {
                let Some(found) = self.company.booking(*id) else { return };
                self.tell_board("booking", &Named("booking", view::booking(self.company, found)));
            }
            Notice::BoardSession(id) => {
                let Some(found) = self.company.session(*id) else { return };
                self.tell_board("session", &Named("session", view::session(self.company, found)));
            }
            Notice::EmployeeGone(id) => {
                self.tell_board("employee", &json!({ "employee": { "id": id.as_str(), "removed": true } }));
                let lines = self.rooms.in_room(&Room::Employee(id.clone())).iter();
                close(lines, phoenix::event::CLOSE, &mut self.deliveries);
            }
            Notice::CompanyGone => close(self.rooms.all(), phoenix::event::CLOSE, &mut self.deliveries),
        }
    }

    /// The offer's frame, and behind it the ping that proves its delivery.
    fn offer(&mut self, no: EmployeeNo, id: OfferId) {
        let Some(employee) = self.company.employee_no(no) else { return };
        let Some(booking) = self.company.booking(id.booking) else { return };
        let Some(offer) = booking.offer(id.attempt) else { return };
        let topic = format!("employee:{}:{}", self.company.id(), employee.id);
        let frame = Shared::new(&topic, "offer", &Named("offer", view::offer(booking, offer, self.now)));
        let proof = Bytes::from(id.to_string());
        for line in self.rooms.in_room(&Room::Employee(employee.id.clone())) {
            let outgoing = Outgoing::Offer(frame.frame(line.outbox.version()), proof.clone());
            self.deliveries.push((line.outbox.clone(), outgoing));
        }
    }

    fn offer_closed(&mut self, no: EmployeeNo, id: OfferId, outcome: Outcome) {
        let payload = json!({ "offer_id": id.to_string(), "outcome": outcome.word() });
        self.tell_employee(no, "offer_closed", &payload);
    }

    fn tell_employee(&mut self, no: EmployeeNo, event: &str, payload: &impl Serialize) {
        let Some(employee) = self.company.employee_no(no) else { return };
        let topic = format!("employee:{}:{}", self.company.id(), employee.id);
        self.tell_rooms(&[Room::Employee(employee.id.clone())], &topic, event, payload);
    }

    fn tell_session(&mut self, session: SessionId, parties: &[Party], event: &str, payload: &impl Serialize) {
        let rooms: Vec<Room> = parties.iter().map(|party| Room::Session(session, *party)).collect();
        self.tell_rooms(&rooms, &format!("session:{session}"), event, payload);
    }

    fn tell_board(&mut self, event: &str, payload: &impl Serialize) {
        self.tell_rooms(&[Room::Board], &format!("board:{}", self.company.id()), event, payload);
    }

    fn tell_rooms(&mut self, rooms: &[Room], topic: &str, event: &str, payload: &impl Serialize) {
        let mut lines = rooms.iter().flat_map(|room| self.rooms.in_room(room)).peekable();
        if lines.peek().is_some() {
            let frame = Shared::new(topic, event, payload);
            self.deliveries.extend(lines.map(|line| frame.to(line)));
        }
    }
}

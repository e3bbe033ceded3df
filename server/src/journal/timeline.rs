//! What became of a booking, step by step, and why: who was asked as the line stood then, and who was passed over.

use std::ops::ControlFlow;

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use switchboard_core::{
    Booking, BookingId, Company, CompanyId, Duty, Employee, Event, Intent, OfferId, Outcome, Reach, Time, Topic,
};
use utoipa::ToSchema;

use super::reader::Reader;
use super::tables::time;
use super::{StoreError, replay};
use crate::view::Moment;

/// People passed over who are named at one offer; the rest is counted.
const PASSED_OVER_MAX: usize = 50;

/// What became of a booking, in order.
#[derive(Debug, Serialize, ToSchema)]
pub struct Timeline {
    booking_id: String,
    steps: Vec<Step>,
}

/// One thing that happened.
#[derive(Debug, Serialize, ToSchema)]
struct Step {
    #[schema(value_type = String, format = DateTime)]
    at: Moment,
    #[serde(flatten)]
    what: What,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "what", rename_all = "snake_case")]
enum What {
    /// The client asked.
    Opened { client_id: String, topic: String },
    /// An employee was asked.
    Offered(Box<Offered>),
    /// A device proved to have the offer.
    Delivered { attempt: u32, employee_id: Option<String>, device: Option<String> },
    /// The offer ended without a yes.
    Closed { attempt: u32, employee_id: Option<String>, outcome: &'static str, reason: Option<String> },
    /// Somebody said yes.
    Assigned { attempt: u32, employee_id: Option<String>, session_id: String },
    /// The client's last device left while the search went on.
    ClientLeft,
    /// The client is there again.
    ClientReturned,
    /// The search ended without a session.
    Ended { state: &'static str, reason: &'static str, passed_over: PassedOver },
    /// The consultation is over.
    SessionEnded { ended_by: Option<String>, reason: Option<String> },
}

#[derive(Debug, Serialize, ToSchema)]
struct Offered {
    attempt: u32,
    employee_id: String,
    /// What the choice was made by; none where history was removed.
    #[serde(flatten)]
    chosen: Option<Chosen>,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Moment,
}

#[derive(Debug, Serialize, ToSchema)]
struct Chosen {
    #[schema(value_type = String, format = DateTime)]
    idle_since: Moment,
    topics: Vec<String>,
    /// How many who take the topic stood behind.
    behind: usize,
    passed_over: PassedOver,
}

/// Those who were not asked, though they stood earlier in the line or want to work, and why.
#[derive(Debug, Default, Serialize, ToSchema)]
struct PassedOver {
    employees: Vec<NotAsked>,
    /// How many more there were.
    more: usize,
}

#[derive(Debug, Serialize, ToSchema)]
struct NotAsked {
    employee_id: String,
    why: Why,
    /// Since when they were in the status that they had.
    #[schema(value_type = String, format = DateTime)]
    since: Moment,
}

/// Why somebody was not asked.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Why {
    /// One booking never asks the same employee twice.
    AlreadyAsked,
    /// None of their topics is the booking's.
    WrongTopic,
    /// They want to work, and have no device.
    Unreachable,
    /// They were being asked, in a session, or finishing after one.
    Busy,
}

impl PassedOver {
    fn add(&mut self, employee: &Employee, why: Why) {
        if self.employees.len() < PASSED_OVER_MAX {
            let (employee_id, since) = (employee.id.to_string(), Moment(employee.since));
            self.employees.push(NotAsked { employee_id, why, since });
        } else {
            self.more += 1;
        }
    }

    /// Those who stood in the line before that employee, or all of it, and those who could not be asked by anybody.
    fn of(company: &Company, booking: &Booking, chosen: Option<&Employee>) -> Self {
        let mut passed_over = Self::default();
        let line = company.in_line(None);
        for employee in line.into_iter().take_while(|employee| chosen.is_none_or(|chosen| employee.id != chosen.id)) {
            passed_over.add(employee, if employee.takes(&booking.topic) { Why::AlreadyAsked } else { Why::WrongTopic });
        }
        let wants = |employee: &&Employee| employee.intent == Intent::Idle && employee.takes(&booking.topic);
        for employee in company.employees_after(None).map(|(_, employee)| employee).filter(wants) {
            match (employee.duty, employee.reach) {
                (Duty::Free, Reach::Connected) => {}
                (Duty::Free, Reach::Grace { .. } | Reach::Gone { .. }) => passed_over.add(employee, Why::Unreachable),
                (Duty::Asked(_) | Duty::InSession(_) | Duty::WrapUp { .. }, _) => passed_over.add(employee, Why::Busy),
            }
        }
        passed_over
    }
}

impl Reader {
    /// What became of a booking; none when there is no such booking.
    ///
    /// # Errors
    /// When the store cannot be read, or too much happened since the state that the story must begin from.
    pub fn timeline(&self, company: &CompanyId, id: BookingId) -> Result<Option<Timeline>, StoreError> {
        self.ask(|connection| {
            let sql = "SELECT created_at FROM bookings WHERE company_id = ?1 AND id = ?2";
            let found = connection.query_row(sql, params![company.as_str(), id.to_string()], |row| row.get(0));
            let Some(created_at) = found.optional()?.map(time) else { return Ok(None) };
            let mut teller = Teller { id, steps: Vec::new() };
            let mut then = replay::state_before(connection, company, created_at)?;
            let known = then.booking(id);
            if let Some(booking) = known {
                teller.tell_what_is_known(booking);
            }
            if known.is_none_or(Booking::is_open) {
                replay::go_on(connection, &mut then, |before, at, event| teller.hear(before, at, event))?;
            }
            teller.tell_the_end_of_the_session(connection, company)?;
            Ok(Some(Timeline { booking_id: id.to_string(), steps: teller.steps }))
        })
    }
}

/// Picks out of all that happens what is of one booking.
struct Teller {
    id: BookingId,
    steps: Vec<Step>,
}

impl Teller {
    fn tell(&mut self, at: Time, what: What) {
        self.steps.push(Step { at: Moment(at), what });
    }

    /// The events of a booking that was open when history was cut are gone: what it was then is still known.
    fn tell_what_is_known(&mut self, booking: &Booking) {
        self.tell(booking.created_at, opened(booking.client.to_string(), &booking.topic));
        for (attempt, offer) in (1..).zip(&booking.offers) {
            let employee_id = Some(offer.employee_id.to_string());
            self.tell(offer.made_at, offered(attempt, offer.employee_id.to_string(), None, offer.expires_at));
            if let Some(at) = offer.delivered_at {
                let device = offer.delivered_to.as_ref().map(ToString::to_string);
                self.tell(at, What::Delivered { attempt, employee_id: employee_id.clone(), device });
            }
            let Some((at, outcome)) = offer.closed_at.zip(offer.outcome) else { continue };
            let reason = offer.reason.as_ref().map(ToString::to_string);
            let what = match booking.session.filter(|_| outcome == Outcome::Accepted) {
                Some(session) => What::Assigned { attempt, employee_id, session_id: session.to_string() },
                None => What::Closed { attempt, employee_id, outcome: outcome.word(), reason },
            };
            self.tell(at, what);
        }
    }

    /// Breaks when the search is over.
    fn hear(&mut self, before: &Company, at: Time, event: &Event) -> ControlFlow<()> {
        match event {
            Event::BookingOpened { booking, client, topic, .. } if *booking == self.id => {
                self.tell(at, opened(client.to_string(), topic));
            }
            Event::OfferMade { offer, employee, expires_at } if offer.booking == self.id => {
                let Some(booking) = before.booking(self.id) else { return ControlFlow::Continue(()) };
                let chosen = before.employee_no(*employee);
                let why = chosen.map(|employee| Chosen::of(before, booking, employee));
                let who = chosen.map(|employee| employee.id.to_string()).unwrap_or_default();
                self.tell(at, offered(offer.attempt, who, why, *expires_at));
            }
            Event::OfferDelivered { offer, device } if offer.booking == self.id => {
                let device = device.as_ref().map(ToString::to_string);
                self.tell(at, What::Delivered { attempt: offer.attempt, employee_id: asked(before, *offer), device });
            }
            Event::OfferClosed { offer, outcome, reason } if offer.booking == self.id => {
                let (attempt, employee_id) = (offer.attempt, asked(before, *offer));
                let (outcome, reason) = (outcome.word(), reason.as_ref().map(ToString::to_string));
                self.tell(at, What::Closed { attempt, employee_id, outcome, reason });
            }
            Event::OfferAccepted { offer, session } if offer.booking == self.id => {
                let (attempt, employee_id) = (offer.attempt, asked(before, *offer));
                self.tell(at, What::Assigned { attempt, employee_id, session_id: session.to_string() });
                return ControlFlow::Break(());
            }
            Event::BookingEnded { booking, reason } if *booking == self.id => {
                let passed_over = before.booking(self.id).map(|booking| PassedOver::of(before, booking, None));
                let (state, reason) = (reason.state().word(), reason.word());
                self.tell(at, What::Ended { state, reason, passed_over: passed_over.unwrap_or_default() });
                return ControlFlow::Break(());
            }
            Event::ClientDisconnected { client } if before.booking_of(client).is_some_and(|b| b.id == self.id) => {
                self.tell(at, What::ClientLeft);
            }
            Event::ClientConnected { client } if before.booking_of(client).is_some_and(|b| b.id == self.id) => {
                self.tell(at, What::ClientReturned);
            }
            Event::BookingOpened { .. }
            | Event::OfferMade { .. }
            | Event::OfferDelivered { .. }
            | Event::OfferClosed { .. }
            | Event::OfferAccepted { .. }
            | Event::BookingEnded { .. }
            | Event::ClientConnected { .. }
            | Event::ClientDisconnected { .. }
            | Event::CompanySet { .. }
            | Event::CompanyRemoved
            | Event::EmployeeSet { .. }
            | Event::EmployeeRemoved { .. }
            | Event::IntentSet { .. }
            | Event::EmployeeConnected { .. }
            | Event::EmployeeDisconnected { .. }
            | Event::EmployeeUnreachable { .. }
            | Event::WrapUpEnded { .. }
            | Event::PartyEntered { .. }
            | Event::PartyLeft { .. }
            | Event::MessageSent { .. }
            | Event::SessionEnded { .. }
            | Event::Resumed => {}
        }
        ControlFlow::Continue(())
    }

    fn tell_the_end_of_the_session(&mut self, connection: &Connection, company: &CompanyId) -> Result<(), StoreError> {
        let sql = "SELECT s.ended_at, s.ended_by, s.reason FROM bookings b
                   JOIN sessions s ON s.company_id = b.company_id AND s.id = b.session_id
                   WHERE b.company_id = ?1 AND b.id = ?2 AND s.ended_at IS NOT NULL";
        let ended = connection.query_row(sql, params![company.as_str(), self.id.to_string()], |row| {
            Ok((time(row.get(0)?), What::SessionEnded { ended_by: row.get(1)?, reason: row.get(2)? }))
        });
        if let Some((at, what)) = ended.optional()? {
            self.tell(at, what);
        }
        Ok(())
    }
}

impl Chosen {
    fn of(company: &Company, booking: &Booking, employee: &Employee) -> Self {
        let line = company.in_line(Some(&booking.topic));
        let behind = line.iter().rev().take_while(|other| other.id != employee.id).count();
        Self {
            idle_since: Moment(employee.since),
            topics: employee.topics.iter().map(ToString::to_string).collect(),
            behind,
            passed_over: PassedOver::of(company, booking, Some(employee)),
        }
    }
}

fn opened(client_id: String, topic: &Topic) -> What {
    What::Opened { client_id, topic: topic.to_string() }
}

fn offered(attempt: u32, employee_id: String, chosen: Option<Chosen>, expires_at: Time) -> What {
    What::Offered(Box::new(Offered { attempt, employee_id, chosen, expires_at: Moment(expires_at) }))
}

fn asked(company: &Company, id: OfferId) -> Option<String> {
    company.booking(id.booking)?.offer(id.attempt).map(|offer| offer.employee_id.to_string())
}

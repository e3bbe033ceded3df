//! The timeline of a booking: each step with its reason, such as the line at an offer and the employees who were passed
//! over.

use std::ops::ControlFlow;

use serde::Serialize;
use switchboard_core::{
    Booking, BookingId, BookingRequest, ClientId, Company, CompanyId, Duty, Employee, EmployeeNo, Event, Intent,
    OfferId, Outcome, Reach, Time, Topic,
};
use switchboard_journal::rows::{SessionRow, Word};
use switchboard_wire::shape::{self, examples};
use switchboard_wire::view::Moment;
use utoipa::ToSchema;

use crate::past::{HistoryResult, Past};
use crate::replay;

/// Employees passed over who are named at one offer; the others are counted.
const PASSED_OVER_MAX: usize = 50;
/// Bytes of steps with reasons, as JSON. Later steps say only what happened.
const REASONS_MAX_BYTES: usize = 1024 * 1024;

/// Steps of a booking, in order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(examples::timeline))]
pub struct Timeline {
    #[schema(value_type = shape::Uuid)]
    booking_id: String,
    steps: Vec<Step>,
}

/// One step of a timeline.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "what", rename_all = "snake_case")]
enum Step {
    /// The client started the search.
    Opened {
        #[schema(value_type = shape::Moment)]
        at: Moment,
        #[schema(value_type = shape::Id)]
        client_id: String,
        #[schema(value_type = Option<shape::ClientName>, required)]
        client_name: Option<String>,
        #[schema(value_type = shape::Topic)]
        topic: String,
    },
    /// An employee got an offer.
    Offered {
        #[schema(value_type = shape::Moment)]
        at: Moment,
        attempt: u32,
        #[schema(value_type = shape::Id)]
        employee_id: String,
        /// Time since which the employee was idle. This field and the next three are absent where history was removed,
        /// and beyond 1 MiB of reasons.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = shape::Moment, required = false)]
        idle_since: Option<Moment>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Vec<shape::Topic>, required = false)]
        topics: Option<Vec<String>>,
        /// Number of employees for the topic who were behind in the queue.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = u32, required = false)]
        behind: Option<usize>,
        /// Employees who got no offer, with reasons.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = PassedOver, required = false)]
        passed_over: Option<PassedOver>,
        #[schema(value_type = shape::Moment)]
        expires_at: Moment,
    },
    /// A device acknowledged the offer.
    Delivered {
        #[schema(value_type = shape::Moment)]
        at: Moment,
        attempt: u32,
        #[schema(value_type = Option<shape::Id>, required)]
        employee_id: Option<String>,
        /// Kind of the device, if reported by the app.
        #[schema(required)]
        device: Option<String>,
    },
    /// The offer ended without acceptance.
    Closed {
        #[schema(value_type = shape::Moment)]
        at: Moment,
        attempt: u32,
        #[schema(value_type = Option<shape::Id>, required)]
        employee_id: Option<String>,
        #[schema(value_type = shape::EndOfOffer)]
        outcome: &'static str,
        #[schema(required)]
        reason: Option<String>,
    },
    /// An employee accepted the offer.
    Assigned {
        #[schema(value_type = shape::Moment)]
        at: Moment,
        attempt: u32,
        #[schema(value_type = Option<shape::Id>, required)]
        employee_id: Option<String>,
        #[schema(value_type = shape::Uuid)]
        session_id: String,
    },
    /// The client's last device disconnected during the search.
    ClientLeft {
        #[schema(value_type = shape::Moment)]
        at: Moment,
    },
    /// The client has reconnected.
    ClientReturned {
        #[schema(value_type = shape::Moment)]
        at: Moment,
    },
    /// No employee could get an offer, but disconnected ones may return: the search waits for them.
    Waited {
        #[schema(value_type = shape::Moment)]
        at: Moment,
        /// Time until which the search waits for the last of them.
        #[schema(value_type = shape::Moment)]
        until: Moment,
        passed_over: PassedOver,
    },
    /// The search ended without a session.
    Ended {
        #[schema(value_type = shape::Moment)]
        at: Moment,
        #[schema(value_type = shape::StateOfBooking)]
        state: &'static str,
        #[schema(value_type = shape::EndOfBooking)]
        reason: &'static str,
        passed_over: PassedOver,
    },
    /// The session has ended.
    SessionEnded {
        #[schema(value_type = shape::Moment)]
        at: Moment,
        #[schema(value_type = Option<shape::EnderOfSession>, required)]
        ended_by: Option<String>,
        #[schema(required)]
        reason: Option<String>,
    },
}

/// Employees who got no offer although they were ahead in the queue or want to work, with reasons.
#[derive(Debug, Default, Serialize, ToSchema)]
struct PassedOver {
    employees: Vec<NotAsked>,
    /// Number of further employees.
    #[schema(value_type = u32)]
    more: usize,
}

#[derive(Debug, Serialize, ToSchema)]
struct NotAsked {
    #[schema(value_type = shape::Id)]
    employee_id: String,
    why: Why,
    /// Time since which the employee had this status.
    #[schema(value_type = shape::Moment)]
    since: Moment,
}

/// Reason why an employee got no offer.
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

    /// The same as a number, without names.
    fn counted(self) -> Self {
        Self { more: self.more + self.employees.len(), employees: Vec::new() }
    }

    /// The employees who stood in the line before the chosen one, or the whole line without one, and those who want to
    /// work but could not be asked at all.
    fn of(company: &Company, booking: &Booking, chosen: Option<&Employee>) -> Self {
        let mut passed_over = Self::default();
        let line = company.in_line(None);
        for employee in line.into_iter().take_while(|employee| chosen.is_none_or(|chosen| employee.id != chosen.id)) {
            passed_over.add(employee, if employee.takes(&booking.topic) { Why::AlreadyAsked } else { Why::WrongTopic });
        }
        let wants = |employee: &&Employee| employee.intent == Intent::Idle && employee.takes(&booking.topic);
        for employee in company.employees_after(None).map(|(_, employee)| employee).filter(wants) {
            match (employee.load.duty(), employee.reach) {
                (Duty::Free, Reach::Connected) => {}
                (Duty::Free, Reach::Grace { .. } | Reach::Gone { .. }) => passed_over.add(employee, Why::Unreachable),
                (Duty::Asked(_) | Duty::InSession(_) | Duty::WrapUp(_), _) => passed_over.add(employee, Why::Busy),
            }
        }
        passed_over
    }
}

impl dyn Past + '_ {
    /// The timeline of a booking; none when there is no such booking.
    ///
    /// # Errors
    /// When the store cannot be read, or too many events lie between a base and the booking.
    pub fn timeline(&self, company: &CompanyId, id: BookingId) -> HistoryResult<Option<Timeline>> {
        let Some(stored) = self.booking(company, id)? else { return Ok(None) };
        let mut teller = Teller { id, steps: Vec::new(), reasons_bytes: 0 };
        let mut then = replay::state_before(self, company, stored.booking.created_at)?;
        let known = then.booking(id);
        if let Some(booking) = known {
            teller.tell_what_is_known(booking);
        }
        if known.is_none_or(Booking::is_open) {
            replay::go_on(self, &mut then, |before, at, event| teller.hear(before, at, event))?;
        }
        teller.tell_the_end_of_the_session(stored.session);
        Ok(Some(Timeline { booking_id: id.to_string(), steps: teller.steps }))
    }
}

/// Selects the steps of one booking from a company's events.
struct Teller {
    id: BookingId,
    steps: Vec<Step>,
    /// Bytes of the steps with reasons so far.
    reasons_bytes: usize,
}

impl Teller {
    /// Makes the first steps from the booking itself, because a cut has removed the events of a booking that was open
    /// at the time.
    fn tell_what_is_known(&mut self, booking: &Booking) {
        self.steps.push(opened(booking.created_at, &booking.client, booking.client_name.as_deref(), &booking.topic));
        for (attempt, offer) in (1..).zip(&booking.offers) {
            let employee_id = Some(offer.employee_id.to_string());
            let asked = Asked { at: offer.made_at, attempt, expires_at: offer.expires_at };
            self.steps.push(asked.step(offer.employee_id.to_string(), None));
            if let Some(at) = offer.delivered_at.map(Moment) {
                let device = offer.delivered_to.as_ref().map(ToString::to_string);
                self.steps.push(Step::Delivered { at, attempt, employee_id: employee_id.clone(), device });
            }
            let Some((at, outcome)) = offer.closed_at.map(Moment).zip(offer.outcome) else { continue };
            let reason = offer.reason.as_ref().map(ToString::to_string);
            self.steps.push(match booking.session.filter(|_| outcome == Outcome::Accepted) {
                Some(session) => Step::Assigned { at, attempt, employee_id, session_id: session.to_string() },
                None => Step::Closed { at, attempt, employee_id, outcome: outcome.word(), reason },
            });
        }
    }

    /// Breaks when the search is over.
    fn hear(&mut self, before: &Company, when: Time, event: &Event) -> ControlFlow<()> {
        let at = Moment(when);
        match event {
            Event::BookingOpened(request) if request.booking == self.id => {
                let BookingRequest { booking: _, client, client_name, topic, note: _, key: _, wishes: _ } = request;
                self.steps.push(opened(when, client, client_name.as_deref(), topic));
            }
            Event::OfferMade { offer, employee, expires_at } if offer.booking == self.id => {
                let asked = Asked { at: when, attempt: offer.attempt, expires_at: *expires_at };
                self.offered(before, asked, *employee);
            }
            Event::OfferDelivered { offer, device } if offer.booking == self.id => {
                let device = device.as_ref().map(ToString::to_string);
                let (attempt, employee_id) = (offer.attempt, asked(before, *offer));
                self.steps.push(Step::Delivered { at, attempt, employee_id, device });
            }
            Event::OfferClosed { offer, outcome, reason, missed: _ } if offer.booking == self.id => {
                let (attempt, employee_id) = (offer.attempt, asked(before, *offer));
                let (outcome, reason) = (outcome.word(), reason.as_ref().map(ToString::to_string));
                self.steps.push(Step::Closed { at, attempt, employee_id, outcome, reason });
            }
            Event::OfferAccepted { offer, session } if offer.booking == self.id => {
                let (attempt, employee_id) = (offer.attempt, asked(before, *offer));
                self.steps.push(Step::Assigned { at, attempt, employee_id, session_id: session.to_string() });
                return ControlFlow::Break(());
            }
            Event::SearchWaits { booking, until } if *booking == self.id => {
                let passed_over = self.passed_over(before);
                self.push_with_reasons(Step::Waited { at, until: Moment(*until), passed_over });
            }
            Event::BookingEnded { booking, reason } if *booking == self.id => {
                let (state, reason) = (reason.state().word(), reason.word());
                self.steps.push(Step::Ended { at, state, reason, passed_over: self.passed_over(before) });
                return ControlFlow::Break(());
            }
            Event::ClientDisconnected { client } if before.booking_of(client).is_some_and(|b| b.id == self.id) => {
                self.steps.push(Step::ClientLeft { at });
            }
            Event::ClientConnected { client } if before.booking_of(client).is_some_and(|b| b.id == self.id) => {
                self.steps.push(Step::ClientReturned { at });
            }
            Event::BookingOpened(_)
            | Event::OfferMade { .. }
            | Event::OfferDelivered { .. }
            | Event::OfferClosed { .. }
            | Event::DeliveryPutOff { .. }
            | Event::SearchWaits { .. }
            | Event::OfferAccepted { .. }
            | Event::BookingEnded { .. }
            | Event::ClientConnected { .. }
            | Event::ClientDisconnected { .. }
            | Event::CompanySet { .. }
            | Event::BrandSet { .. }
            | Event::CompanyRemoved
            | Event::EmployeeSet { .. }
            | Event::EmployeeRemoved { .. }
            | Event::AccessRevoked { .. }
            | Event::IntentSet { .. }
            | Event::EmployeeConnected { .. }
            | Event::EmployeeDisconnected { .. }
            | Event::EmployeeUnreachable { .. }
            | Event::RoutingSet { .. }
            | Event::WrapUpSet { .. }
            | Event::WrapUpEnded { .. }
            | Event::RestEnded { .. }
            | Event::StepOpened { .. }
            | Event::BookingWaits { .. }
            | Event::AskAgainDue { .. }
            | Event::BookingChanged { .. }
            | Event::SessionCoded { .. }
            | Event::PartyEntered { .. }
            | Event::PartyLeft { .. }
            | Event::MessageSent { .. }
            | Event::NotesWritten { .. }
            | Event::SessionEnded { .. }
            | Event::ClockFollowed { .. }
            | Event::Resumed => {}
        }
        ControlFlow::Continue(())
    }

    fn offered(&mut self, before: &Company, asked: Asked, employee: EmployeeNo) {
        let Some(booking) = before.booking(self.id) else { return };
        let chosen = before.employee_no(employee);
        let has_room = self.reasons_bytes < REASONS_MAX_BYTES;
        let why = chosen.filter(|_| has_room).map(|employee| Chosen::of(before, booking, employee));
        let who = chosen.map(|employee| employee.id.to_string()).unwrap_or_default();
        self.push_with_reasons(asked.step(who, why));
    }

    /// All who want to work or stood in the line, because the search asked no employee.
    fn passed_over(&self, before: &Company) -> PassedOver {
        let has_room = self.reasons_bytes < REASONS_MAX_BYTES;
        let passed_over = before.booking(self.id).map(|booking| PassedOver::of(before, booking, None));
        passed_over.map(|all| if has_room { all } else { all.counted() }).unwrap_or_default()
    }

    fn push_with_reasons(&mut self, step: Step) {
        self.reasons_bytes += switchboard_wire::view::json(&step).len();
        self.steps.push(step);
    }

    fn tell_the_end_of_the_session(&mut self, session: Option<SessionRow>) {
        if let Some(session) = session
            && let Some(at) = session.ended_at
        {
            let ended_by = session.ended_by.map(Word::into_owned);
            let reason = session.reason.as_deref().map(str::to_owned);
            self.steps.push(Step::SessionEnded { at: Moment(at), ended_by, reason });
        }
    }
}

/// The reasons for which an employee was chosen.
struct Chosen {
    idle_since: Moment,
    topics: Vec<String>,
    behind: usize,
    passed_over: PassedOver,
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

fn opened(at: Time, client: &ClientId, name: Option<&str>, topic: &Topic) -> Step {
    let (client_id, client_name) = (client.to_string(), name.map(str::to_owned));
    Step::Opened { at: Moment(at), client_id, client_name, topic: topic.to_string() }
}

/// An offer as it was made.
struct Asked {
    at: Time,
    attempt: u32,
    expires_at: Time,
}

impl Asked {
    fn step(self, employee_id: String, chosen: Option<Chosen>) -> Step {
        let (idle_since, topics, behind, passed_over) = match chosen {
            Some(why) => (Some(why.idle_since), Some(why.topics), Some(why.behind), Some(why.passed_over)),
            None => (None, None, None, None),
        };
        let (at, attempt, expires_at) = (Moment(self.at), self.attempt, Moment(self.expires_at));
        Step::Offered { at, attempt, employee_id, idle_since, topics, behind, passed_over, expires_at }
    }
}

fn asked(company: &Company, id: OfferId) -> Option<String> {
    company.booking(id.booking)?.offer(id.attempt).map(|offer| offer.employee_id.to_string())
}

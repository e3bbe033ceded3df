//! The timeline of a booking: each step with its reason, such as the line at an offer and the employees who were passed
//! over.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use serde::Serialize;
use switchboard_core::routing::{Order, Prefer, Routed};
use switchboard_core::{
    Booking, BookingId, BookingRequest, ClientId, Company, CompanyId, DeviceKind, Employee, EmployeeId, EmployeeNo,
    Event, Fit, Intent, Level, OfferId, Outcome, SessionId, Skills, Time, Topic,
};
use switchboard_journal::rows::{SessionRow, Word};
use switchboard_wire::shape::{self, examples};
use switchboard_wire::view::Moment;
use utoipa::ToSchema;

use crate::past::{HistoryResult, Past, read_event};
use crate::reasons::{NotAsked, PassedOver, Why};
use crate::replay;

/// Employees passed over who are named at one offer; the others are counted.
const PASSED_OVER_MAX: usize = 50;
/// Bytes of steps with reasons, as JSON. Later steps say only what happened.
const REASONS_MAX_BYTES: usize = 1024 * 1024;
/// Events behind the assignment among which the code of the session is searched, in a second or so.
const CODE_WITHIN_EVENTS: u32 = 1_000_000;
/// The stored name of the event that gives a code.
const CODED: &str = "session_coded";

/// Steps of a booking, in order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(examples::timeline))]
pub struct Timeline {
    #[schema(value_type = shape::Uuid)]
    booking_id: String,
    steps: Vec<TimelineStep>,
}

/// One step of a timeline.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "what", rename_all = "snake_case")]
#[schema(as = Step)]
enum TimelineStep {
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
        /// Skills that the client asks for, each with its least level; left out without any.
        #[serde(skip_serializing_if = "Skills::is_empty")]
        #[schema(value_type = shape::Skills, required = false)]
        skills: Skills,
    },
    /// A step of the booking's route opened after the first, which opens with the booking.
    StepOpened {
        #[schema(value_type = shape::Moment)]
        at: Moment,
        /// Number of the step, from 1.
        #[schema(minimum = 2)]
        step: u8,
        /// Whether the step opened before its time, because no employee of the steps before could be asked.
        early: bool,
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
        /// The first open step that the employee fits. This field and the next four are absent for a booking that was
        /// opened while the company had no routing.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = u8, required = false, minimum = 1)]
        step: Option<u8>,
        /// The order of that step.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = shape::Order, required = false)]
        order: Option<&'static str>,
        /// The preference of that step.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = shape::Prefer, required = false)]
        prefer: Option<&'static str>,
        /// Level of the employee in the topic of that step.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = u8, required = false, minimum = 1, maximum = 10)]
        level: Option<u8>,
        /// Key by which the order compares, the smallest first; absent where the order is `longest_idle`.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = u64, required = false)]
        key: Option<u64>,
        /// Number of employees who were being asked beside this one; absent for 0.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = u32, required = false, minimum = 1)]
        at_once: Option<usize>,
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
    /// The employee said with a code how the session went.
    Coded {
        #[schema(value_type = shape::Moment)]
        at: Moment,
        #[schema(value_type = shape::Word)]
        code: String,
    },
}

impl PassedOver {
    fn add(&mut self, employee: &Employee, why: Why) {
        if self.employees.len() < PASSED_OVER_MAX {
            self.employees.push(NotAsked::new(employee, why));
        } else {
            self.more += 1;
        }
    }

    /// The same as a number, without names.
    fn counted(self) -> Self {
        Self { more: self.more + self.employees.len(), employees: Vec::new() }
    }

    fn of(company: &Company, booking: &Booking, chosen: Option<&Employee>) -> Self {
        match &booking.routed {
            None => Self::of_the_line(company, booking, chosen),
            Some(routed) => Self::of_the_steps(company, booking, routed, chosen).0,
        }
    }

    /// The employees who stood in the line before the chosen one, or the whole line without one, and those who want to
    /// work but could not be asked at all.
    fn of_the_line(company: &Company, booking: &Booking, chosen: Option<&Employee>) -> Self {
        let mut passed_over = Self::default();
        let line = company.in_line(None);
        for employee in line.into_iter().take_while(|employee| chosen.is_none_or(|chosen| employee.id != chosen.id)) {
            passed_over.add(employee, if employee.takes(&booking.topic) { Why::AlreadyAsked } else { Why::WrongTopic });
        }
        let wants = |employee: &&Employee| employee.intent == Intent::Idle && employee.takes(&booking.topic);
        for employee in company.employees_after(None).map(|(_, employee)| employee).filter(wants) {
            // In a company whose routing was set meanwhile, an employee may rest.
            if let Some(why) = Why::absent(employee) {
                passed_over.add(employee, why);
            }
        }
        passed_over
    }

    /// The employees who were idle for longer than the chosen one, or all idle ones, and fit no open step or were asked
    /// already, and those who fit an open step but could not be asked at all. The number is that of the candidates
    /// beside the chosen one, who go behind them in the order of the steps.
    fn of_the_steps(company: &Company, booking: &Booking, routed: &Routed, chosen: Option<&Employee>) -> (Self, usize) {
        let (mut passed_over, mut behind, mut is_before) = (Self::default(), 0, true);
        let asked: BTreeSet<&EmployeeId> = booking.offers.iter().map(|offer| &offer.employee_id).collect();
        for employee in company.in_line(None) {
            if chosen.is_some_and(|chosen| chosen.id == employee.id) {
                is_before = false;
                continue;
            }
            match Why::or_step(routed.fit(employee)) {
                Ok(_) if asked.contains(&employee.id) => passed_over.add(employee, Why::AlreadyAsked),
                Ok(_) => behind += 1,
                Err(why) if is_before => passed_over.add(employee, why),
                Err(_) => {}
            }
        }
        for (_, employee) in company.employees_after(None) {
            if let Some(why) = Why::absent(employee)
                && let Fit::Now { .. } = routed.fit(employee)
            {
                // A rest makes no difference to a booking that asks no employee twice.
                let was_asked = why == Why::Resting && asked.contains(&employee.id);
                passed_over.add(employee, if was_asked { Why::AlreadyAsked } else { why });
            }
        }
        (passed_over, behind)
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
        teller.tell_the_end_of_the_session(self, &then, stored.session)?;
        Ok(Some(Timeline { booking_id: id.to_string(), steps: teller.steps }))
    }
}

/// Selects the steps of one booking from a company's events.
struct Teller {
    id: BookingId,
    steps: Vec<TimelineStep>,
    /// Bytes of the steps with reasons so far.
    reasons_bytes: usize,
}

impl Teller {
    /// Makes the first steps from the booking itself, because a cut has removed the events of a booking that was open
    /// at the time.
    fn tell_what_is_known(&mut self, booking: &Booking) {
        let skills = booking.routed.as_ref().map(|routed| routed.wishes().skills.clone()).unwrap_or_default();
        let client = (&booking.client, booking.client_name.as_deref());
        self.steps.push(opened(booking.created_at, client, &booking.topic, skills));
        for (attempt, offer) in (1..).zip(&booking.offers) {
            let employee_id = Some(offer.employee_id.to_string());
            let asked = Asked { at: offer.made_at, attempt, expires_at: offer.expires_at };
            self.steps.push(asked.step(offer.employee_id.to_string(), None));
            if let Some(at) = offer.delivered_at.map(Moment) {
                let device = offer.delivered_to.as_ref().map(ToString::to_string);
                self.steps.push(TimelineStep::Delivered { at, attempt, employee_id: employee_id.clone(), device });
            }
            let Some((at, outcome)) = offer.closed_at.map(Moment).zip(offer.outcome) else { continue };
            let reason = offer.reason.as_ref().map(ToString::to_string);
            self.steps.push(match booking.session.filter(|_| outcome == Outcome::Accepted) {
                Some(session) => TimelineStep::Assigned { at, attempt, employee_id, session_id: session.to_string() },
                None => TimelineStep::Closed { at, attempt, employee_id, outcome: outcome.word(), reason },
            });
        }
    }

    /// Breaks when the search is over.
    #[expect(clippy::too_many_lines, reason = "every event is named")]
    fn hear(&mut self, before: &Company, when: Time, event: &Event) -> ControlFlow<()> {
        let at = Moment(when);
        match event {
            Event::BookingOpened(request) if request.booking == self.id => self.opened(when, request),
            Event::StepOpened { booking, step } if *booking == self.id => self.step_opened(before, when, *step),
            Event::OfferMade { offer, employee, expires_at } if offer.booking == self.id => {
                let asked = Asked { at: when, attempt: offer.attempt, expires_at: *expires_at };
                self.offered(before, asked, *employee);
            }
            Event::OfferDelivered { offer, device } if offer.booking == self.id => {
                self.delivered(before, when, *offer, device.as_ref());
            }
            Event::OfferClosed { offer, outcome, reason, missed: _ } if offer.booking == self.id => {
                let (attempt, employee_id) = (offer.attempt, asked(before, *offer));
                let (outcome, reason) = (outcome.word(), reason.as_ref().map(ToString::to_string));
                self.steps.push(TimelineStep::Closed { at, attempt, employee_id, outcome, reason });
            }
            Event::OfferAccepted { offer, session } if offer.booking == self.id => {
                let (attempt, employee_id) = (offer.attempt, asked(before, *offer));
                self.steps.push(TimelineStep::Assigned { at, attempt, employee_id, session_id: session.to_string() });
                return ControlFlow::Break(());
            }
            Event::SearchWaits { booking, until } if *booking == self.id => self.waited(before, when, *until),
            Event::BookingEnded { booking, reason } if *booking == self.id => {
                let (state, reason) = (reason.state().word(), reason.word());
                self.steps.push(TimelineStep::Ended { at, state, reason, passed_over: self.passed_over(before) });
                return ControlFlow::Break(());
            }
            Event::ClientDisconnected { client } if before.booking_of(client).is_some_and(|b| b.id == self.id) => {
                self.steps.push(TimelineStep::ClientLeft { at });
            }
            Event::ClientConnected { client } if before.booking_of(client).is_some_and(|b| b.id == self.id) => {
                self.steps.push(TimelineStep::ClientReturned { at });
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
            // Searched behind the assignment, with which this replay ends.
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

    fn opened(&mut self, when: Time, request: &BookingRequest) {
        let BookingRequest { booking: _, client, client_name, topic, note: _, key: _, wishes } = request;
        let skills = wishes.as_ref().map(|wishes| wishes.skills.clone()).unwrap_or_default();
        self.steps.push(opened(when, (client, client_name.as_deref()), topic, skills));
    }

    fn waited(&mut self, before: &Company, when: Time, until: Time) {
        let (at, until, passed_over) = (Moment(when), Moment(until), self.passed_over(before));
        self.push_with_reasons(TimelineStep::Waited { at, until, passed_over });
    }

    fn step_opened(&mut self, before: &Company, when: Time, step: u8) {
        let routed = before.booking(self.id).and_then(|booking| booking.routed.as_ref());
        let early = routed.is_some_and(|routed| routed.opens_early(when));
        self.steps.push(TimelineStep::StepOpened { at: Moment(when), step, early });
    }

    fn delivered(&mut self, before: &Company, when: Time, offer: OfferId, device: Option<&DeviceKind>) {
        let (attempt, employee_id) = (offer.attempt, asked(before, offer));
        let (at, device) = (Moment(when), device.map(ToString::to_string));
        self.steps.push(TimelineStep::Delivered { at, attempt, employee_id, device });
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

    fn push_with_reasons(&mut self, step: TimelineStep) {
        self.reasons_bytes += switchboard_wire::view::json(&step).len();
        self.steps.push(step);
    }

    /// The state is that of the assignment, behind which the code was given.
    fn tell_the_end_of_the_session(
        &mut self,
        past: &dyn Past,
        then: &Company,
        session: Option<SessionRow>,
    ) -> HistoryResult<()> {
        let Some(session) = session else { return Ok(()) };
        let coded = session.code.as_deref().map(|code| coded(past, then, session.id, code)).transpose()?.flatten();
        if let Some(at) = session.ended_at {
            let ended_by = session.ended_by.map(Word::into_owned);
            let reason = session.reason.as_deref().map(str::to_owned);
            self.steps.push(TimelineStep::SessionEnded { at: Moment(at), ended_by, reason });
        }
        if let Some((at, code)) = coded {
            let is_before = session.ended_at.is_some_and(|ended_at| at < ended_at);
            let place = self.steps.len() - usize::from(is_before);
            self.steps.insert(place, TimelineStep::Coded { at: Moment(at), code });
        }
        Ok(())
    }
}

/// When the session got its code for the first time. The search ends after [`CODE_WITHIN_EVENTS`] events.
fn coded(past: &dyn Past, then: &Company, session: SessionId, code: &str) -> HistoryResult<Option<(Time, String)>> {
    let (mut found, mut read) = (None, 0_u32);
    past.events(then.id(), then.seq(), Some(CODE_WITHIN_EVENTS), &mut |stored| {
        read += 1;
        // Most events are of another kind, and are not parsed.
        if stored.kind == CODED
            && let Event::SessionCoded { session: of, code: given } = read_event(stored.data)?
            && of == session
            && given.as_str() == code
        {
            found = Some((stored.at, given.to_string()));
            return Ok(ControlFlow::Break(()));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(found)
}

/// The reasons for which an employee was chosen.
struct Chosen {
    idle_since: Moment,
    topics: Vec<String>,
    behind: usize,
    passed_over: PassedOver,
    /// None for a booking without a routing.
    by: Option<ChosenBy>,
}

/// The step for which an employee was chosen.
struct ChosenBy {
    step: u8,
    order: Order,
    prefer: Prefer,
    level: Level,
    key: Option<u64>,
    at_once: usize,
}

impl Chosen {
    fn of(company: &Company, booking: &Booking, employee: &Employee) -> Self {
        let (passed_over, behind, by) = match &booking.routed {
            None => {
                let line = company.in_line(Some(&booking.topic));
                let behind = line.iter().rev().take_while(|other| other.id != employee.id).count();
                (PassedOver::of_the_line(company, booking, Some(employee)), behind, None)
            }
            Some(routed) => {
                let (passed_over, behind) = PassedOver::of_the_steps(company, booking, routed, Some(employee));
                (passed_over, behind, ChosenBy::of(booking, routed, employee))
            }
        };
        let topics = employee.topics.iter().map(ToString::to_string).collect();
        Self { idle_since: Moment(employee.since), topics, behind, passed_over, by }
    }
}

impl ChosenBy {
    fn of(booking: &Booking, routed: &Routed, employee: &Employee) -> Option<Self> {
        let Fit::Now { step: number, level } = routed.fit(employee) else { return None };
        let step = routed.step(number)?;
        let position = routed.position(number, level, employee)?;
        let key = step.has_keys().then_some(position.key);
        let (order, prefer, at_once) = (step.order, step.prefer, booking.open_offers().count());
        Some(Self { step: number, order, prefer, level, key, at_once })
    }
}

fn opened(at: Time, (client, name): (&ClientId, Option<&str>), topic: &Topic, skills: Skills) -> TimelineStep {
    let (client_id, client_name) = (client.to_string(), name.map(str::to_owned));
    TimelineStep::Opened { at: Moment(at), client_id, client_name, topic: topic.to_string(), skills }
}

/// An offer as it was made.
struct Asked {
    at: Time,
    attempt: u32,
    expires_at: Time,
}

impl Asked {
    fn step(self, employee_id: String, chosen: Option<Chosen>) -> TimelineStep {
        let (idle_since, topics, behind, passed_over, by) = match chosen {
            Some(why) => (Some(why.idle_since), Some(why.topics), Some(why.behind), Some(why.passed_over), why.by),
            None => (None, None, None, None, None),
        };
        let by = by.as_ref();
        TimelineStep::Offered {
            at: Moment(self.at),
            attempt: self.attempt,
            employee_id,
            idle_since,
            topics,
            behind,
            step: by.map(|by| by.step),
            order: by.map(|by| by.order.word()),
            prefer: by.map(|by| by.prefer.word()),
            level: by.map(|by| by.level.number()),
            key: by.and_then(|by| by.key),
            at_once: by.map(|by| by.at_once).filter(|others| *others > 0),
            passed_over,
            expires_at: Moment(self.expires_at),
        }
    }
}

fn asked(company: &Company, id: OfferId) -> Option<String> {
    company.booking(id.booking)?.offer(id.attempt).map(|offer| offer.employee_id.to_string())
}

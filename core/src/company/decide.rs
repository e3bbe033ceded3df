//! Decisions: the events or the refusal that follow from a command. Nothing is changed here.

use std::sync::Arc;

use super::Company;
use crate::booking::{BookingReason, BookingRequest};
use crate::command::Command;
use crate::employee::{Employee, Intent, Reach};
use crate::event::{Event, IntentBy};
use crate::id::{BookingId, ClientId, DeviceKind, EmployeeId, EmployeeNo, OfferId, SessionId, in_order};
use crate::limits::{EMPLOYEES_PER_COMPANY_MAX, TOPICS_PER_COMPANY_MAX};
use crate::load::Work;
use crate::offer::{Offer, Outcome};
use crate::person::{Actor, EndedBy, Party};
use crate::refusal::Refusal;
use crate::revocation::Whose;
use crate::session::Session;
use crate::time::Time;

pub(super) type Decision = Result<Vec<Event>, Refusal>;

impl Company {
    /// Decides a command. A repeat of a command that was done already succeeds without events.
    pub fn decide(&self, now: Time, command: &Command) -> Decision {
        if let Command::SetCompany { name, settings } = command {
            let same = self.exists && *name == self.name && *settings == self.settings;
            let event = Event::CompanySet { name: name.clone(), settings: settings.clone() };
            return Ok(if same { vec![] } else { vec![event] });
        }
        if !self.exists {
            return self.decide_without_company(command);
        }
        match command {
            Command::SetCompany { .. } => Ok(vec![]),
            Command::SetRouting { routing } => Ok(self.set_routing(routing)),
            Command::SetBrand { brand } if *brand == self.brand => Ok(vec![]),
            Command::SetBrand { brand } => Ok(vec![Event::BrandSet { brand: brand.clone() }]),
            Command::RemoveCompany { revoke_before } => Ok(self.remove_company(*revoke_before)),
            Command::SetEmployee { .. } => self.set_employee(command),
            Command::RemoveEmployee { employee, revoke_before } => Ok(self.remove_employee(employee, *revoke_before)),
            Command::Revoke { whose, before } => {
                Ok(vec![Event::AccessRevoked { whose: whose.clone(), before: *before }])
            }
            Command::SetStatus { employee, intent, by_admin, pause } => {
                self.set_status(now, (employee, *by_admin), *intent, pause)
            }
            Command::Finish { employee, session } => self.finish(employee, *session),
            Command::Extend { employee, session, for_ms } => self.extend(now, employee, *session, *for_ms),
            Command::Code { employee, session, code } => self.code(employee, *session, code),
            Command::EmployeeConnected { employee } => self.employee_connected(employee),
            Command::EmployeeDisconnected { employee } => self.employee_disconnected(employee),
            Command::ClientConnected { client } => Ok(self.client_connected(client, true)),
            Command::ClientDisconnected { client } => Ok(self.client_connected(client, false)),
            Command::Book(request) => self.book(now, request),
            Command::Cancel { booking, by } => self.cancel(*booking, by),
            Command::ChangeBooking { booking, priority } => self.change_booking_by_admin(*booking, *priority),
            Command::OfferDelivered { employee, offer, device } => {
                Ok(self.offer_delivered(employee, *offer, device.as_ref()))
            }
            Command::Accept { employee, offer, session } => self.accept(employee, *offer, *session),
            Command::Reject { employee, offer, reason } => match self.offer_to(employee, *offer)?.outcome {
                None => Ok(self.close_offers(offer.booking, Outcome::Rejected, reason.as_ref(), |id, _| id == *offer)),
                Some(Outcome::Rejected) => Ok(vec![]),
                Some(outcome) => Err(Refusal::OfferClosed(outcome)),
            },
            Command::EnterSession { session, party } => self.party_moved(*session, *party, true),
            Command::LeaveSession { session, party } => self.party_moved(*session, *party, false),
            Command::Send { .. } => self.send(command),
            Command::WriteNotes { session, by, body } => self.write_notes(*session, by, body),
            Command::End { session, by, reason } => {
                let found = self.session_of(*session, by)?;
                let by = ended_by(by);
                match found.ended_by {
                    None => Ok(vec![Event::SessionEnded { session: *session, by, reason: reason.clone() }]),
                    Some(ended_by) if ended_by == by => Ok(vec![]),
                    Some(_) => Err(Refusal::SessionEnded),
                }
            }
            Command::Wake => Ok(self.due(now).map_or(vec![], |(_, deadline)| self.decide_deadline(now, deadline))),
            Command::FollowClock { .. } if self.deadlines.is_empty() => Ok(vec![]),
            Command::FollowClock { by_ms } => Ok(vec![Event::ClockFollowed { by_ms: *by_ms }]),
            Command::Resume => Ok(self.resumed(now)),
        }
    }

    /// To remove what is missing, to wake and to leave succeed without a company. Every other command needs one.
    fn decide_without_company(&self, command: &Command) -> Decision {
        match command {
            Command::RemoveCompany { .. }
            | Command::Wake
            | Command::FollowClock { .. }
            | Command::Resume
            | Command::EmployeeDisconnected { .. }
            | Command::ClientDisconnected { .. }
            | Command::LeaveSession { .. } => Ok(vec![]),
            Command::SetCompany { .. }
            | Command::SetRouting { .. }
            | Command::SetBrand { .. }
            | Command::SetEmployee { .. }
            | Command::RemoveEmployee { .. }
            | Command::Revoke { .. }
            | Command::SetStatus { .. }
            | Command::Finish { .. }
            | Command::Extend { .. }
            | Command::Code { .. }
            | Command::EmployeeConnected { .. }
            | Command::ClientConnected { .. }
            | Command::Book(_)
            | Command::Cancel { .. }
            | Command::ChangeBooking { .. }
            | Command::OfferDelivered { .. }
            | Command::Accept { .. }
            | Command::Reject { .. }
            | Command::EnterSession { .. }
            | Command::Send { .. }
            | Command::WriteNotes { .. }
            | Command::End { .. } => Err(Refusal::UnknownCompany),
        }
    }

    fn remove_company(&self, revoke_before: Time) -> Vec<Event> {
        let open = self.bookings.values().filter(|booking| booking.is_open());
        let mut events: Vec<Event> =
            open.flat_map(|b| self.end_search(b.id, Outcome::WithdrawnByAdmin, BookingReason::ClosedByAdmin)).collect();
        let running = self.sessions.values().filter(|session| session.is_running());
        events.extend(running.map(|s| Event::SessionEnded { session: s.id, by: EndedBy::Admin, reason: None }));
        events.push(Event::AccessRevoked { whose: Whose::Everybody, before: revoke_before });
        events.push(Event::CompanyRemoved);
        events
    }

    fn set_employee(&self, command: &Command) -> Decision {
        let Command::SetEmployee { employee, name, topics, profile } = command else { return Ok(vec![]) };
        let topics = in_order(topics.clone());
        let no = match self.roster.find(employee) {
            Some((_, found)) if found.name == *name && found.topics == topics && found.profile == *profile => {
                return Ok(vec![]);
            }
            Some((no, _)) => no,
            None if self.roster.len() >= EMPLOYEES_PER_COMPANY_MAX => {
                let problem = format!("cannot be added: a company has at most {EMPLOYEES_PER_COMPANY_MAX} employees");
                return Err(Refusal::Invalid { field: "employee", problem });
            }
            None => self.roster.next_no(),
        };
        if self.would_name_too_many([(employee, topics.as_slice())]) {
            let problem = format!("cannot be set: a company has at most {TOPICS_PER_COMPANY_MAX} topics");
            return Err(Refusal::Invalid { field: "topics", problem });
        }
        let (id, name, profile) = (employee.clone(), name.clone(), profile.clone());
        Ok(vec![Event::EmployeeSet { employee: no, id, name, topics, profile }])
    }

    fn remove_employee(&self, id: &EmployeeId, revoke_before: Time) -> Vec<Event> {
        let Some((no, employee)) = self.roster.find(id) else { return vec![] };
        let mut events = vec![];
        for work in employee.load.works() {
            match work {
                Work::Offer(search) => {
                    events.extend(
                        self.close_offers(search, Outcome::WithdrawnByAdmin, None, |_, offer| offer.employee == no),
                    )
                }
                Work::Session(session) => {
                    events.push(Event::SessionEnded { session, by: EndedBy::Admin, reason: None });
                }
                Work::WrapUp(_) => {}
            }
        }
        events.push(Event::AccessRevoked { whose: Whose::Employee(id.clone()), before: revoke_before });
        events.push(Event::EmployeeRemoved { employee: no, id: id.clone() });
        events
    }

    fn employee_connected(&self, id: &EmployeeId) -> Decision {
        let (no, employee) = self.employee(id)?;
        Ok(match employee.reach {
            Reach::Connected => vec![],
            Reach::Grace { .. } | Reach::Gone { .. } => vec![Event::EmployeeConnected { employee: no }],
        })
    }

    fn employee_disconnected(&self, id: &EmployeeId) -> Decision {
        let Some((no, employee)) = self.roster.find(id) else { return Ok(vec![]) };
        Ok(match employee.reach {
            Reach::Connected => vec![Event::EmployeeDisconnected { employee: no }],
            Reach::Grace { .. } | Reach::Gone { .. } => vec![],
        })
    }

    fn client_connected(&self, client: &ClientId, connected: bool) -> Vec<Event> {
        match self.clients.get(client) {
            Some(open) if open.connected != connected && connected => {
                vec![Event::ClientConnected { client: client.clone() }]
            }
            Some(open) if open.connected != connected => vec![Event::ClientDisconnected { client: client.clone() }],
            Some(_) | None => vec![],
        }
    }

    fn book(&self, now: Time, request: &BookingRequest) -> Decision {
        let BookingRequest { client, key, .. } = request;
        if key.as_ref().is_some_and(|key| self.keys.contains_key(&(client.clone(), key.clone()))) {
            return Ok(vec![]);
        }
        if let Some(open) = self.clients.get(client) {
            return Err(Refusal::AlreadyBooked(open.booking));
        }
        // Room also for the offer that follows.
        let mut events = Vec::with_capacity(2);
        // Without a routing and wishes, nothing of the request has to be looked at.
        if self.routing.is_none() && request.wishes.is_none() {
            if !self.roster.has_somebody_for(&request.topic) {
                return Err(Refusal::NoIdleEmployee(self.roster.named_by(&request.topic)));
            }
            events.push(Event::BookingOpened(request.clone()));
        } else {
            events.push(Event::BookingOpened(self.admit(now, request)?));
        }
        Ok(events)
    }

    fn change_booking_by_admin(&self, id: BookingId, priority: u8) -> Decision {
        let booking = self.bookings.get(id).ok_or(Refusal::UnknownBooking)?;
        if !booking.is_open() {
            return Err(Refusal::booking_closed(booking));
        }
        let Some(routed) = &booking.routed else {
            let problem = "means nothing for this booking: the company had no routing when it was opened".to_owned();
            return Err(Refusal::Invalid { field: "priority", problem });
        };
        let same = routed.priority() == priority;
        Ok(if same { vec![] } else { vec![Event::BookingChanged { booking: id, priority }] })
    }

    fn cancel(&self, id: BookingId, by: &Actor) -> Decision {
        let booking = self.bookings.get(id).ok_or(Refusal::UnknownBooking)?;
        let (outcome, reason) = match by {
            Actor::Client(client) if *client == booking.client => {
                (Outcome::ClientCancelled, BookingReason::ClientCancelled)
            }
            Actor::Admin => (Outcome::WithdrawnByAdmin, BookingReason::ClosedByAdmin),
            Actor::Client(_) | Actor::Employee(_) => return Err(Refusal::Forbidden),
        };
        if booking.is_open() {
            Ok(self.end_search(id, outcome, reason))
        } else if booking.reason == Some(reason) {
            Ok(vec![])
        } else {
            Err(Refusal::booking_closed(booking))
        }
    }

    /// Ends the search without a session, and its open offers with it.
    pub(super) fn end_search(&self, id: BookingId, outcome: Outcome, reason: BookingReason) -> Vec<Event> {
        let mut events = self.close_offers(id, outcome, None, |_, _| true);
        events.push(Event::BookingEnded { booking: id, reason });
        events
    }

    /// Ends those open offers of the search that `which` picks, without an acceptance.
    pub(super) fn close_offers(
        &self,
        search: BookingId,
        outcome: Outcome,
        reason: Option<&Arc<str>>,
        which: impl Fn(OfferId, &Offer) -> bool,
    ) -> Vec<Event> {
        // Room for the intent that falls with a missed offer, the end of the offer, and the event that follows.
        let mut events = Vec::with_capacity(3);
        let Some(booking) = self.bookings.get(search) else { return events };
        let closing = || booking.open_offers().filter(|(id, offer)| which(*id, offer));
        // An offer never outlives its search, so an offer that ends by time has had all of its own time.
        let unanswered = matches!(outcome, Outcome::TimedOut | Outcome::Undelivered | Outcome::BookingExpired);
        // An employee without a device could not have answered.
        let is_missed = |employee| unanswered && self.is_there(employee);
        // The intents go first, so that no employee is idle in between.
        if unanswered {
            let missed =
                closing().filter(|(_, offer)| is_missed(offer.employee) && self.misses_too_many(offer.employee));
            events.extend(missed.map(|(_, offer)| self.intent_off(offer.employee, IntentBy::Missed)));
        }
        for (id, offer) in closing() {
            let is_missed = is_missed(offer.employee);
            let missed = (is_missed != outcome.is_missed()).then_some(is_missed);
            events.push(Event::OfferClosed { offer: id, outcome, reason: reason.cloned(), missed });
        }
        events
    }

    fn misses_too_many(&self, no: EmployeeNo) -> bool {
        let max = self.settings.max_missed;
        self.roster.get(no).is_some_and(|e| max > 0 && e.missed.saturating_add(1) >= max && e.intent == Intent::Idle)
    }

    fn offer_delivered(&self, employee: &EmployeeId, id: OfferId, device: Option<&DeviceKind>) -> Vec<Event> {
        match self.offer_to(employee, id) {
            // A pong may be late, and a device may answer twice: neither is news.
            Ok(offer) if offer.outcome.is_none() && offer.delivered_at.is_none() && self.is_there(offer.employee) => {
                vec![Event::OfferDelivered { offer: id, device: device.cloned() }]
            }
            Ok(_) | Err(_) => vec![],
        }
    }

    /// Whether a device of the employee is connected.
    fn is_there(&self, no: EmployeeNo) -> bool {
        self.roster.get(no).is_some_and(|employee| employee.reach == Reach::Connected)
    }

    fn accept(&self, employee: &EmployeeId, id: OfferId, session: SessionId) -> Decision {
        let offer = self.offer_to(employee, id)?;
        match offer.outcome {
            None => {
                let mut events = vec![Event::OfferAccepted { offer: id, session }];
                if self.bookings.get(id.booking).is_some_and(|booking| booking.routed.is_some()) {
                    events.extend(self.close_offers(id.booking, Outcome::Taken, None, |other, _| other != id));
                }
                Ok(events)
            }
            Some(Outcome::Accepted) => Ok(vec![]),
            Some(outcome) => Err(Refusal::OfferClosed(outcome)),
        }
    }

    fn offer_to(&self, employee: &EmployeeId, id: OfferId) -> Result<&Offer, Refusal> {
        let booking = self.bookings.get(id.booking).ok_or(Refusal::UnknownOffer)?;
        let offer = booking.offer(id.attempt).ok_or(Refusal::UnknownOffer)?;
        // By number and not by id, because a new employee with the id of a removed one was never asked.
        let is_theirs = self.roster.find(employee).is_some_and(|(no, _)| no == offer.employee);
        if is_theirs { Ok(offer) } else { Err(Refusal::UnknownOffer) }
    }

    fn party_moved(&self, id: SessionId, party: Party, online: bool) -> Decision {
        let session = self.sessions.get(id).ok_or(Refusal::UnknownSession)?;
        if !session.is_running() || session.presence(party).online == online {
            return Ok(vec![]);
        }
        Ok(vec![match online {
            true => Event::PartyEntered { session: id, party },
            false => Event::PartyLeft { session: id, party },
        }])
    }

    fn send(&self, command: &Command) -> Decision {
        let Command::Send { session, message, by, body, key, session_max_bytes } = command else { return Ok(vec![]) };
        let found = self.session_of(*session, by)?;
        let from = self.party_in(found, by).ok_or(Refusal::Forbidden)?;
        if key.as_ref().is_some_and(|key| found.message_with_key(from, key).is_some()) {
            return Ok(vec![]);
        }
        if !found.is_running() {
            return Err(Refusal::SessionEnded);
        }
        if found.is_full_for(body.len(), *session_max_bytes) {
            return Err(Refusal::SessionFull);
        }
        Ok(vec![Event::MessageSent {
            session: *session,
            message: *message,
            from,
            body: body.clone(),
            key: key.clone(),
        }])
    }

    /// Notes are taken after the end of the session too, because employees finish them then.
    fn write_notes(&self, id: SessionId, by: &Actor, body: &Arc<str>) -> Decision {
        let found = self.session_of(id, by)?;
        if self.party_in(found, by) != Some(Party::Employee) {
            return Err(Refusal::Forbidden);
        }
        let same = found.notes.as_ref().is_some_and(|notes| notes.body == *body);
        Ok(if same { vec![] } else { vec![Event::NotesWritten { session: id, body: body.clone() }] })
    }

    fn session_of(&self, id: SessionId, by: &Actor) -> Result<&Session, Refusal> {
        let session = self.sessions.get(id).ok_or(Refusal::UnknownSession)?;
        match by {
            Actor::Admin => Ok(session),
            Actor::Client(_) | Actor::Employee(_) if self.party_in(session, by).is_some() => Ok(session),
            Actor::Client(_) | Actor::Employee(_) => Err(Refusal::Forbidden),
        }
    }

    pub(super) fn employee(&self, id: &EmployeeId) -> Result<(EmployeeNo, &Employee), Refusal> {
        self.roster.find(id).ok_or(Refusal::UnknownEmployee)
    }
}

const fn ended_by(actor: &Actor) -> EndedBy {
    match actor {
        Actor::Client(_) => EndedBy::Client,
        Actor::Employee(_) => EndedBy::Employee,
        Actor::Admin => EndedBy::Admin,
    }
}

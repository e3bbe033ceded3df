//! How the state follows from events. Told the same events again, it becomes the same state.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use super::deadline::{dues_of_booking, dues_of_employee, dues_of_session};
use super::{Company, OpenClient, Today};
use crate::booking::{Booking, BookingReason, BookingState};
use crate::employee::{Duty, Employee, Intent, Reach};
use crate::event::Event;
use crate::id::{BookingId, ClientId, EmployeeId, EmployeeNo, Key, SessionId, Topic};
use crate::offer::{Offer, Outcome};
use crate::person::{EndedBy, Party};
use crate::session::{Message, Presence, Session};
use crate::settings::Settings;
use crate::time::Time;

impl Company {
    /// Changes the state by what happened at that time. Whatever a damaged store says happened is taken without harm;
    /// whether it makes sense is for [`crate::invariants::check`] to say.
    pub fn apply(&mut self, at: Time, event: &Event) {
        self.clock = at;
        self.seq = self.seq.saturating_add(1);
        if self.today.day != at.day() {
            self.today = Today { day: at.day(), ..Today::default() };
        }
        match event {
            Event::CompanySet { name, settings } => self.set_company(at, name, settings),
            Event::CompanyRemoved => self.remove(),
            Event::EmployeeSet { employee, id, name, topics } => self.set_employee_row(at, *employee, id, name, topics),
            Event::EmployeeRemoved { employee, .. } => self.remove_employee_row(*employee),
            Event::IntentSet { employee, intent, .. } => self.set_intent(at, *employee, *intent),
            Event::EmployeeConnected { employee } => self.connect_employee(at, *employee),
            Event::EmployeeDisconnected { employee } => self.disconnect_employee(at, *employee),
            Event::EmployeeUnreachable { employee } => {
                self.change_employee(*employee, at, |e| e.reach = Reach::Gone { since: at });
            }
            Event::WrapUpEnded { employee } => self.change_employee(*employee, at, |e| e.duty = Duty::Free),
            Event::BookingOpened { booking, client, topic, note, key } => {
                self.open_booking(new_booking(at, *booking, client, topic, note, key));
            }
            Event::OfferMade { offer, employee, expires_at } => {
                self.make_offer(at, offer.booking, *employee, *expires_at)
            }
            Event::OfferDelivered { offer } => self.change_open_offer(offer.booking, |offer| {
                offer.delivered_at = Some(at);
                offer.delivery_due = None;
            }),
            Event::OfferClosed { offer, outcome, reason } => {
                self.free_the_asked(at, offer.booking, *outcome, reason.clone())
            }
            Event::OfferAccepted { offer, session } => self.begin_session(at, offer.booking, *session),
            Event::BookingEnded { booking, reason } => self.end_booking(at, *booking, *reason),
            Event::ClientConnected { client } => self.set_client_connected(at, client, true),
            Event::ClientDisconnected { client } => self.set_client_connected(at, client, false),
            Event::PartyEntered { session, party } => self.set_online(at, *session, *party, true),
            Event::PartyLeft { session, party } => self.set_online(at, *session, *party, false),
            Event::MessageSent { session, message, from, body, key } => {
                let message = Message { id: *message, from: *from, body: body.clone(), at, key: key.clone() };
                self.change_session(*session, |session| session.push_message(message));
            }
            Event::SessionEnded { session, by, reason } => self.end_session(at, *session, *by, reason.clone()),
            Event::Resumed => self.disconnect_everybody(at),
        }
    }

    fn set_company(&mut self, at: Time, name: &Arc<str>, settings: &Settings) {
        if !self.exists {
            self.exists = true;
            self.created_at = at;
        }
        self.name = name.clone();
        self.settings = settings.clone();
    }

    fn remove(&mut self) {
        self.exists = false;
        self.roster.clear();
        self.deadlines = self.all_deadlines();
    }

    /// Nobody has a device: every time in which somebody must come back counts from now.
    fn disconnect_everybody(&mut self, at: Time) {
        for no in self.roster.numbers() {
            let Some(employee) = self.roster.get(no) else { continue };
            match employee.reach {
                Reach::Connected | Reach::Grace { .. } => self.disconnect_employee(at, no),
                Reach::Gone { .. } => {
                    let lapse = at.plus_ms(self.settings.intent_lapse_ms);
                    self.change_employee(no, at, |e| e.lapse_due = e.lapse_due.map(|_| lapse));
                }
            }
        }
        let clients: Vec<ClientId> = self.clients.keys().cloned().collect();
        for client in clients {
            self.set_client_connected(at, &client, false);
        }
        let running = self.sessions.values().filter(|session| session.is_running()).map(|session| session.id);
        for session in running.collect::<Vec<_>>() {
            for party in [Party::Client, Party::Employee] {
                self.change_session(session, |s| *s.presence_mut(party) = Presence::default());
                self.watch_party(at, session, party);
            }
        }
    }

    fn set_employee_row(&mut self, at: Time, no: EmployeeNo, id: &EmployeeId, name: &Arc<str>, topics: &[Topic]) {
        if self.roster.get(no).is_some() {
            self.roster.set_topics(no, topics.to_vec());
            self.change_employee(no, at, |e| e.name = name.clone());
        } else {
            self.roster.put(no, new_employee(at, id, name, topics));
        }
    }

    fn remove_employee_row(&mut self, no: EmployeeNo) {
        if let Some(gone) = self.roster.remove(no) {
            let dues = dues_of_employee(no, &gone);
            self.rearm(&dues, &dues.map(|(_, deadline)| (None, deadline)));
        }
    }

    fn set_intent(&mut self, at: Time, no: EmployeeNo, intent: Intent) {
        let lapse = at.plus_ms(self.settings.intent_lapse_ms);
        self.change_employee(no, at, |e| {
            e.intent = intent;
            e.intent_since = at;
            e.missed = 0;
            let alone = intent == Intent::Idle && e.reach != Reach::Connected;
            e.lapse_due = alone.then_some(lapse);
        });
    }

    fn connect_employee(&mut self, at: Time, no: EmployeeNo) {
        self.change_employee(no, at, |e| {
            e.reach = Reach::Connected;
            e.lapse_due = None;
        });
        let delivery = self.delivery_due(at);
        self.follow_reach(at, no, |offer| {
            offer.delivery_due = if offer.delivered_at.is_some() { None } else { delivery };
        });
    }

    fn disconnect_employee(&mut self, at: Time, no: EmployeeNo) {
        let until = at.plus_ms(self.settings.employee_grace_ms);
        let lapse = at.plus_ms(self.settings.intent_lapse_ms);
        self.change_employee(no, at, |e| {
            e.reach = Reach::Grace { until };
            e.lapse_due = (e.intent == Intent::Idle).then_some(lapse);
        });
        let delivery = self.delivery_due(at);
        self.follow_reach(at, no, |offer| offer.delivery_due = delivery);
    }

    /// What else a device's coming or going means to what the employee is doing.
    fn follow_reach(&mut self, at: Time, no: EmployeeNo, change: impl FnOnce(&mut Offer)) {
        match self.roster.get(no).map(|e| e.duty) {
            Some(Duty::Asked(booking)) => self.change_open_offer(booking, change),
            Some(Duty::InSession(session)) => self.watch_party(at, session, Party::Employee),
            Some(Duty::Free | Duty::WrapUp { .. }) | None => {}
        }
    }

    fn delivery_due(&self, at: Time) -> Option<Time> {
        let ms = self.settings.delivery_timeout_ms;
        (ms > 0).then(|| at.plus_ms(ms))
    }

    fn open_booking(&mut self, mut booking: Booking) {
        booking.deadline = booking.created_at.plus_ms(self.settings.booking_deadline_ms);
        if let Some(key) = &booking.key {
            self.keys.insert((booking.client.clone(), key.clone()), booking.id);
        }
        // Who asks is there: the wish came over the client's own line.
        self.clients.insert(booking.client.clone(), OpenClient { booking: booking.id, connected: true });
        count(&mut self.today.booked);
        let dues = dues_of_booking(&booking);
        self.rearm(&dues.map(|(_, deadline)| (None, deadline)), &dues);
        self.bookings.insert(booking.id, booking);
    }

    fn free_the_asked(&mut self, at: Time, booking: BookingId, outcome: Outcome, reason: Option<Arc<str>>) {
        let Some(employee) = self.close(at, booking, outcome, reason) else { return };
        self.change_employee(employee, at, |e| {
            e.duty = Duty::Free;
            if outcome.is_missed() {
                e.missed = e.missed.saturating_add(1);
            } else if outcome.is_a_no() {
                e.missed = 0;
            }
        });
    }

    fn make_offer(&mut self, at: Time, booking: BookingId, no: EmployeeNo, expires_at: Time) {
        let Some(employee_id) = self.roster.get(no).map(|e| e.id.clone()) else { return };
        let delivery_due = self.delivery_due(at);
        self.change_booking(booking, |b| {
            b.asked.insert(employee_id.clone());
            b.offers.push(Offer {
                employee: no,
                employee_id,
                made_at: at,
                expires_at,
                delivered_at: None,
                delivery_due,
                outcome: None,
                closed_at: None,
                reason: None,
            });
        });
        self.change_employee(no, at, |e| e.duty = Duty::Asked(booking));
    }

    /// Closes the open offer and says whose it was.
    fn close(
        &mut self,
        at: Time,
        booking: BookingId,
        outcome: Outcome,
        reason: Option<Arc<str>>,
    ) -> Option<EmployeeNo> {
        let mut employee = None;
        self.change_open_offer(booking, |offer| {
            offer.outcome = Some(outcome);
            offer.closed_at = Some(at);
            offer.delivery_due = None;
            offer.reason = reason;
            employee = Some(offer.employee);
        });
        employee
    }

    fn begin_session(&mut self, at: Time, booking: BookingId, id: SessionId) {
        let Some(no) = self.close(at, booking, Outcome::Accepted, None) else { return };
        self.change_booking(booking, |b| {
            b.state = BookingState::Assigned;
            b.session = Some(id);
            b.client_due = None;
        });
        count(&mut self.today.assigned);
        self.change_employee(no, at, |e| {
            e.duty = Duty::InSession(id);
            e.missed = 0;
        });
        let (Some(booking), Some(employee)) = (self.bookings.get(&booking), self.roster.get(no)) else { return };
        let session = Session {
            id,
            booking: booking.id,
            client: booking.client.clone(),
            employee: no,
            employee_id: employee.id.clone(),
            employee_name: employee.name.clone(),
            topic: booking.topic.clone(),
            started_at: at,
            ended_at: None,
            ended_by: None,
            reason: None,
            client_presence: Presence::default(),
            employee_presence: Presence::default(),
            messages: VecDeque::new(),
        };
        self.sessions.insert(id, session);
        self.watch_party(at, id, Party::Client);
        self.watch_party(at, id, Party::Employee);
    }

    fn end_booking(&mut self, at: Time, id: BookingId, reason: BookingReason) {
        let state = reason.state();
        self.change_booking(id, |b| {
            b.state = state;
            b.reason = Some(reason);
            b.ended_at = Some(at);
            b.client_due = None;
        });
        match state {
            BookingState::Unanswered => count(&mut self.today.unanswered),
            BookingState::Cancelled => count(&mut self.today.cancelled),
            BookingState::Expired => count(&mut self.today.expired),
            BookingState::Offering | BookingState::Assigned => {}
        }
        self.put_in_the_past(at, id);
    }

    fn end_session(&mut self, at: Time, id: SessionId, by: EndedBy, reason: Option<Arc<str>>) {
        self.change_session(id, |session| {
            session.ended_at = Some(at);
            session.ended_by = Some(by);
            session.reason = reason;
            session.client_presence.due = None;
            session.employee_presence.due = None;
        });
        let Some((employee, booking)) = self.sessions.get(&id).map(|s| (s.employee, s.booking)) else { return };
        let wrap_up = self.settings.wrap_up_ms;
        let until = at.plus_ms(wrap_up);
        let duty = if wrap_up > 0 { Duty::WrapUp { until } } else { Duty::Free };
        self.change_employee(employee, at, |e| e.duty = duty);
        count(&mut self.today.ended);
        self.put_in_the_past(at, booking);
    }

    /// A booking is over for good: its client may book again, and it is remembered for repeats.
    fn put_in_the_past(&mut self, at: Time, id: BookingId) {
        let Some(booking) = self.bookings.get(&id) else { return };
        self.clients.remove(&booking.client);
        let session = booking.session.and_then(|session| self.sessions.get(&session));
        let weight = booking.weight() + session.map_or(0, Session::weight);
        self.past.remember(at, id, weight);
        while let Some(old) = self.past.forget_next(at) {
            let Some(booking) = self.bookings.remove(&old) else { continue };
            if let Some(session) = booking.session {
                self.sessions.remove(&session);
            }
            if let Some(key) = booking.key {
                self.keys.remove(&(booking.client, key));
            }
        }
    }

    fn set_client_connected(&mut self, at: Time, client: &ClientId, connected: bool) {
        let Some(open) = self.clients.get_mut(client) else { return };
        open.connected = connected;
        let booking = open.booking;
        let due = (!connected).then(|| at.plus_ms(self.settings.client_grace_ms));
        self.change_booking(booking, |b| b.client_due = due.filter(|_| b.is_open()));
        if let Some(session) = self.bookings.get(&booking).and_then(|b| b.session) {
            self.watch_party(at, session, Party::Client);
        }
    }

    fn set_online(&mut self, at: Time, session: SessionId, party: Party, online: bool) {
        self.change_session(session, |s| s.presence_mut(party).online = online);
        self.watch_party(at, session, party);
    }

    /// A party is away when no device of theirs is in the session nor on their own topic: then the time to come
    /// back runs.
    fn watch_party(&mut self, at: Time, id: SessionId, party: Party) {
        let Some(session) = self.sessions.get(&id) else { return };
        let connected = match party {
            Party::Client => self.clients.get(&session.client).is_some_and(|open| open.connected),
            Party::Employee => self.roster.get(session.employee).is_some_and(|e| e.reach == Reach::Connected),
        };
        let back_by = at.plus_ms(self.settings.session_grace_ms);
        self.change_session(id, |session| {
            let presence = session.presence_mut(party);
            let away = !presence.online && !connected;
            presence.due = if away { presence.due.or(Some(back_by)) } else { None };
        });
    }

    fn change_employee(&mut self, no: EmployeeNo, at: Time, change: impl FnOnce(&mut Employee)) {
        let Some(old) = self.roster.get(no).map(|e| dues_of_employee(no, e)) else { return };
        self.roster.change(no, at, change);
        if let Some(new) = self.roster.get(no).map(|e| dues_of_employee(no, e)) {
            self.rearm(&old, &new);
        }
    }

    fn change_booking(&mut self, id: BookingId, change: impl FnOnce(&mut Booking)) {
        let Some(booking) = self.bookings.get_mut(&id) else { return };
        let old = dues_of_booking(booking);
        change(booking);
        let new = dues_of_booking(booking);
        self.rearm(&old, &new);
    }

    fn change_open_offer(&mut self, booking: BookingId, change: impl FnOnce(&mut Offer)) {
        self.change_booking(booking, |b| {
            if let Some(offer) = b.open_offer_mut() {
                change(offer);
            }
        });
    }

    fn change_session(&mut self, id: SessionId, change: impl FnOnce(&mut Session)) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let old = dues_of_session(session);
        change(session);
        let new = dues_of_session(session);
        self.rearm(&old, &new);
    }
}

/// A damaged snapshot may have counted to the end already.
fn count(counter: &mut u64) {
    *counter = counter.saturating_add(1);
}

fn new_booking(
    at: Time,
    id: BookingId,
    client: &ClientId,
    topic: &Topic,
    note: &Option<Arc<str>>,
    key: &Option<Key>,
) -> Booking {
    Booking {
        id,
        client: client.clone(),
        topic: topic.clone(),
        note: note.clone(),
        key: key.clone(),
        created_at: at,
        deadline: at,
        ended_at: None,
        state: BookingState::Offering,
        reason: None,
        offers: Vec::new(),
        session: None,
        client_due: None,
        asked: BTreeSet::new(),
    }
}

fn new_employee(at: Time, id: &EmployeeId, name: &Arc<str>, topics: &[Topic]) -> Employee {
    Employee {
        id: id.clone(),
        name: name.clone(),
        topics: topics.to_vec(),
        intent: Intent::Offline,
        intent_since: at,
        reach: Reach::Gone { since: at },
        duty: Duty::Free,
        missed: 0,
        since: at,
        place: 0,
        lapse_due: None,
    }
}

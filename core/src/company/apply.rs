//! Fold of events into the state. The same events always give the same state.

use std::collections::VecDeque;
use std::sync::Arc;

use super::deadline::{due_of_booking, due_of_employee, due_of_session};
use super::id_map::IdMap;
use super::line::Line;
use super::partners::Partners;
use super::places::Places;
use super::{Company, OpenClient, Today};
use crate::booking::{Booking, BookingReason, BookingRequest, BookingState};
use crate::brand::Brand;
use crate::employee::{Employee, Intent, Meter, Pause, Reach, Turns};
use crate::event::{Event, IntentBy};
use crate::id::{BookingId, ClientId, EmployeeId, EmployeeNo, OfferId, SessionId, Topic};
use crate::load::{Load, Work, WrapUp};
use crate::offer::{Offer, Outcome};
use crate::person::{EndedBy, Party};
use crate::recent_bookings::RecentBookings;
use crate::routing::{Estimate, Profile, Routed, Told};
use crate::session::{Message, Notes, Presence, Session};
use crate::settings::CompanySettings;
use crate::time::Time;

impl Company {
    /// Changes the state by an event of that time. Events of a damaged store are applied without a panic;
    /// [`crate::invariants::check`] says whether the resulting state makes sense.
    pub fn apply(&mut self, at: Time, event: &Event) {
        self.clock = at;
        self.seq = self.seq.saturating_add(1);
        if self.today.day != at.day() {
            self.today = Today { day: at.day(), ..Today::default() };
        }
        match event {
            Event::CompanySet { name, settings } => self.set_company(at, name, settings),
            Event::RoutingSet { routing } => self.put_routing(routing),
            Event::BrandSet { brand } => self.brand = brand.clone(),
            Event::CompanyRemoved => self.remove(),
            Event::EmployeeSet { employee, id, name, topics, profile } => {
                self.set_employee_row(at, *employee, (id, name), (topics, profile));
            }
            Event::EmployeeRemoved { employee, .. } => self.remove_employee_row(*employee),
            Event::AccessRevoked { whose, before } => {
                self.revocations.add(whose, *before, self.roster.ids().cloned());
            }
            Event::IntentSet { employee, intent, by, reason, until } => {
                self.set_intent(at, *employee, (*intent, *by), Pause::of(reason.clone(), *until));
            }
            Event::EmployeeConnected { employee } => self.connect_employee(at, *employee),
            Event::EmployeeDisconnected { employee } => self.disconnect_employee(at, *employee),
            Event::EmployeeUnreachable { employee } => {
                self.change_employee(*employee, at, |e| e.reach = Reach::Gone { since: at });
            }
            Event::WrapUpSet { employee, session, until } => self.extend_wrap_up(at, *employee, *session, *until),
            Event::WrapUpEnded { employee, session } => self.end_wrap_up(at, *employee, *session),
            Event::RestEnded { employee } => self.change_employee(*employee, at, |e| e.resting_until = None),
            Event::BookingOpened(request) => self.open_booking(at, request),
            Event::StepOpened { booking, step } => self.open_step(at, *booking, *step),
            Event::BookingWaits { booking, place, estimate } => self.begin_to_wait(at, *booking, *place, *estimate),
            Event::AskAgainDue { booking } => self.change_routed(*booking, |routed| routed.ask_again(at)),
            Event::BookingChanged { booking, priority } => {
                self.change_routed(*booking, |routed| routed.set_priority(*priority));
            }
            Event::OfferMade { offer, employee, expires_at } => {
                self.make_offer(at, offer.booking, *employee, *expires_at)
            }
            Event::OfferDelivered { offer, device } => self.change_open_offer(*offer, |offer| {
                offer.delivered_at = Some(at);
                offer.delivered_to = device.clone();
                offer.delivery_due = None;
            }),
            Event::OfferClosed { offer, outcome, reason, missed } => {
                let is_missed = missed.unwrap_or(outcome.is_missed());
                self.release_offered_employee(at, *offer, (*outcome, is_missed), reason.clone());
            }
            Event::DeliveryPutOff { offer, until } => {
                self.change_open_offer(*offer, |offer| offer.delivery_due = Some(*until));
            }
            Event::SearchWaits { booking, until } => self.let_search_wait(*booking, *until),
            Event::OfferAccepted { offer, session } => self.begin_session(at, *offer, *session),
            Event::BookingEnded { booking, reason } => self.end_booking(at, *booking, *reason),
            Event::ClientConnected { client } => self.set_client_connected(at, client, true),
            Event::ClientDisconnected { client } => self.set_client_connected(at, client, false),
            Event::PartyEntered { session, party } => self.set_online(at, *session, *party, true),
            Event::PartyLeft { session, party } => self.set_online(at, *session, *party, false),
            Event::MessageSent { session, message, from, body, key } => {
                let message = Message { id: *message, from: *from, body: body.clone(), at, key: key.clone() };
                self.change_session(*session, |session| session.push_message(message));
            }
            Event::SessionCoded { session, code } => {
                self.change_session(*session, |session| session.code = Some(code.clone()));
            }
            Event::NotesWritten { session, body } => self.set_notes(at, *session, body),
            Event::SessionEnded { session, by, reason } => self.end_session(at, *session, *by, reason.clone()),
            Event::ClockFollowed { by_ms } => self.put_off(*by_ms),
            Event::Resumed => self.disconnect_everybody(at),
        }
    }

    fn set_company(&mut self, at: Time, name: &Arc<str>, settings: &CompanySettings) {
        if !self.exists {
            self.exists = true;
            self.created_at = at;
            self.begin_empty();
        }
        self.name = name.clone();
        self.settings = settings.clone();
    }

    /// A company that is made again under an id begins empty: nothing of its predecessor is shown, repeated or counted.
    fn begin_empty(&mut self) {
        self.bookings = IdMap::default();
        self.sessions = IdMap::default();
        self.clients.clear();
        self.past = RecentBookings::default();
        self.keys.clear();
        (self.line, self.places) = (Line::default(), Places::default());
        self.partners = Partners::default();
        self.today = Today { day: self.today.day, ..Today::default() };
        self.deadlines = self.all_deadlines();
    }

    fn remove(&mut self) {
        self.exists = false;
        self.brand = Brand::default();
        if self.routing.is_some() {
            self.replace_routes(None);
        }
        self.roster.clear();
        self.deadlines = self.all_deadlines();
    }

    /// No person has a device: every time in which a person must come back counts from now.
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
                self.change_presence(at, session, party, |_| Presence::default());
            }
        }
    }

    fn set_employee_row(
        &mut self,
        at: Time,
        no: EmployeeNo,
        (id, name): (&EmployeeId, &Arc<str>),
        (topics, profile): (&[Topic], &Profile),
    ) {
        if self.roster.get(no).is_some() {
            self.roster.set_fit(no, topics.to_vec(), profile.clone());
            self.change_employee(no, at, |e| e.name = name.clone());
        } else {
            self.roster.put(no, Employee { profile: profile.clone(), ..new_employee(at, id, name, topics) });
        }
        if let Some(table) = self.routing.clone() {
            topics.iter().for_each(|topic| self.make_pools_of(&table, topic));
        }
    }

    fn remove_employee_row(&mut self, no: EmployeeNo) {
        if let Some(gone) = self.roster.remove(no) {
            self.rearm(due_of_employee(no, &gone), None);
        }
    }

    fn set_intent(&mut self, at: Time, no: EmployeeNo, (intent, by): (Intent, IntentBy), pause: Option<Pause>) {
        let lapse = at.plus_ms(self.settings.intent_lapse_ms);
        self.change_employee(no, at, |e| {
            e.pause = pause.map(Box::new);
            // Only the end of the pause is forgotten.
            if by == IntentBy::PauseOver && intent == Intent::Offline {
                return;
            }
            e.resting_until = None;
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

    /// Effects of a device's coming or going on the work that the employee has in hand.
    fn follow_reach(&mut self, at: Time, no: EmployeeNo, change: impl Fn(&mut Offer)) {
        let nth = |company: &Self, n| company.roster.get(no)?.load.works().nth(n);
        let mut n = 0;
        while let Some(work) = nth(self, n) {
            match work {
                Work::Offer(booking) => {
                    self.change_booking(booking, |b| {
                        b.waits_until = None;
                        b.open_offers_mut().filter(|offer| offer.employee == no).for_each(&change);
                    });
                }
                Work::Session(session) => self.watch_party(at, session, Party::Employee),
                Work::WrapUp(_) => {}
            }
            n += 1;
        }
    }

    fn delivery_due(&self, at: Time) -> Option<Time> {
        let ms = self.settings.delivery_timeout_ms;
        (ms > 0).then(|| at.plus_ms(ms))
    }

    fn extend_wrap_up(&mut self, at: Time, no: EmployeeNo, session: SessionId, until: Time) {
        self.change_employee(no, at, |e| {
            e.load.extend_wrap_up(session, until);
        });
    }

    fn end_wrap_up(&mut self, at: Time, no: EmployeeNo, session: Option<SessionId>) {
        self.change_employee(no, at, |e| {
            let ends = |wrap_up: &WrapUp| session.is_none() || wrap_up.session == session;
            e.load.put_down(|work| matches!(work, Work::WrapUp(wrap_up) if ends(wrap_up)));
        });
    }

    fn open_step(&mut self, at: Time, booking: BookingId, step: u8) {
        self.change_booking(booking, |b| {
            // A search whose open offer is with an employee who is away waits on for another employee.
            b.waits_until = b.waits_until.filter(|_| b.has_open_offer());
            b.routed.iter_mut().for_each(|routed| routed.open(at, step));
        });
    }

    fn change_routed(&mut self, booking: BookingId, change: impl FnOnce(&mut Routed)) {
        self.change_booking(booking, |b| b.routed.as_deref_mut().map(change));
    }

    fn open_booking(&mut self, at: Time, request: &BookingRequest) {
        let routed = self.routed(at, request);
        // The time to wait comes before the time to find an answer.
        let waits_until = routed.as_ref().and_then(|routed| routed.wait_until()).unwrap_or(at);
        let deadline = waits_until.plus_ms(self.settings.booking_deadline_ms);
        let booking = Booking::new(request.clone(), routed, at, deadline);
        if let Some(key) = &booking.key {
            self.keys.insert((booking.client.clone(), key.clone()), booking.id);
        }
        // The client is connected, because the booking came over the client's own connection.
        self.clients.insert(booking.client.clone(), OpenClient { booking: booking.id, connected: true });
        count(&mut self.today.booked);
        if let Some(routed) = &booking.routed {
            routed.all_needs().iter().for_each(|need| self.roster.make_pools(need));
        }
        self.bookings.insert(booking.id, booking);
    }

    fn let_search_wait(&mut self, booking: BookingId, until: Time) {
        self.change_booking(booking, |b| {
            b.waits_until = Some(until).filter(|_| b.is_open());
            b.open_offers_mut().for_each(|offer| offer.delivery_due = None);
        });
    }

    fn begin_to_wait(&mut self, at: Time, id: BookingId, place: u32, estimate: Option<Estimate>) {
        let Some(booking) = self.bookings.get(id) else { return };
        let plain_ms = booking.routed.as_ref().map_or(0, |routed| self.plain_wait_ms(at, booking, routed, place));
        self.change_booking(id, |b| {
            if b.is_open() {
                b.state = BookingState::Waiting;
            }
            b.routed.iter_mut().for_each(|routed| routed.wait(at, Told { place, estimate, plain_ms }));
        });
    }

    fn release_offered_employee(
        &mut self,
        at: Time,
        offer: OfferId,
        (outcome, is_missed): (Outcome, bool),
        reason: Option<Arc<str>>,
    ) {
        let closed = self.change_booking(offer.booking, |b| b.close_offer(offer.attempt, at, outcome, reason));
        let Some(employee) = closed.flatten() else { return };
        let rest_ms = self.routing.as_ref().map_or(0, |table| table.routing().rest.after(outcome));
        if self.routing.is_some() && (outcome.is_a_no() || (is_missed && outcome.is_missed())) {
            self.roster.take_turn(employee, at);
        }
        self.change_employee_at_place(employee, at, outcome == Outcome::Taken, |e| {
            e.load.put_down(|work| *work == Work::Offer(offer.booking));
            if is_missed {
                e.missed = e.missed.saturating_add(1);
            } else if outcome.is_a_no() {
                e.missed = 0;
            }
            if rest_ms > 0 && e.intent == Intent::Idle {
                e.resting_until = Some(at.plus_ms(rest_ms));
            }
        });
    }

    fn make_offer(&mut self, at: Time, booking: BookingId, no: EmployeeNo, expires_at: Time) {
        let Some(employee_id) = self.roster.get(no).map(|e| e.id.clone()) else { return };
        let offer = Offer {
            employee: no,
            employee_id,
            made_at: at,
            expires_at,
            delivered_at: None,
            delivered_to: None,
            delivery_due: self.delivery_due(at),
            outcome: None,
            closed_at: None,
            reason: None,
        };
        self.change_booking(booking, |b| b.ask(offer));
        self.change_employee(no, at, |e| e.load.take_up(Work::Offer(booking), 1));
    }

    fn begin_session(&mut self, at: Time, offer: OfferId, id: SessionId) {
        let booking = offer.booking;
        let assigned = self.change_booking(booking, |b| {
            let employee = b.close_offer(offer.attempt, at, Outcome::Accepted, None)?;
            b.state = BookingState::Assigned;
            b.session = Some(id);
            b.routed.iter_mut().for_each(|routed| routed.end());
            // A client without a time to come back is connected.
            let is_there = b.client_due.take().is_none();
            let weight = b.routed.as_ref().map_or(1, |routed| routed.weight());
            Some((employee, weight, b.client.clone(), b.client_name.clone(), b.topic.clone(), is_there))
        });
        let Some((no, weight, client, client_name, topic, is_client_there)) = assigned.flatten() else { return };
        count(&mut self.today.assigned);
        if self.routing.is_some() {
            self.roster.take_turn(no, at);
            self.note_begin(at, booking, no);
        }
        self.change_employee(no, at, |e| {
            e.load.put_down(|work| *work == Work::Offer(booking));
            e.load.take_up(Work::Session(id), weight.min(e.profile.capacity));
            e.missed = 0;
        });
        let Some(employee) = self.roster.get(no) else { return };
        let session = Session {
            id,
            booking,
            client,
            client_name,
            employee: no,
            employee_id: employee.id.clone(),
            employee_name: employee.name.clone(),
            topic,
            started_at: at,
            ended_at: None,
            ended_by: None,
            reason: None,
            client_presence: self.presence(at, Presence::default(), is_client_there),
            employee_presence: self.presence(at, Presence::default(), employee.reach == Reach::Connected),
            messages: VecDeque::new(),
            bytes_before: 0,
            code: None,
            notes: None,
        };
        self.rearm(None, due_of_session(&session));
        self.sessions.insert(id, session);
    }

    fn end_booking(&mut self, at: Time, id: BookingId, reason: BookingReason) {
        let state = reason.state();
        self.change_booking(id, |b| {
            b.state = state;
            b.reason = Some(reason);
            b.ended_at = Some(at);
            b.client_due = None;
            b.waits_until = None;
            b.routed.iter_mut().for_each(|routed| routed.end());
        });
        match state {
            BookingState::Unanswered => count(&mut self.today.unanswered),
            BookingState::Cancelled => count(&mut self.today.cancelled),
            BookingState::Expired => count(&mut self.today.expired),
            BookingState::Offering | BookingState::Waiting | BookingState::Assigned => {}
        }
        self.put_in_the_past(at, id);
    }

    fn end_session(&mut self, at: Time, id: SessionId, by: EndedBy, reason: Option<Arc<str>>) {
        let ended = self.change_session(id, |session| {
            session.ended_at = Some(at);
            session.ended_by = Some(by);
            session.reason = reason;
            session.client_presence.due = None;
            session.employee_presence.due = None;
            (session.employee, session.booking, session.code.is_some())
        });
        let Some((employee, booking, has_code)) = ended else { return };
        self.note_end(at, id);
        let wrap_up = self.wrap_up_of(at, (id, employee), has_code);
        self.change_employee(employee, at, |e| {
            let weight = e.load.put_down(|work| *work == Work::Session(id));
            wrap_up.into_iter().for_each(|wrap_up| e.load.take_up(Work::WrapUp(wrap_up), weight.unwrap_or(1)));
        });
        count(&mut self.today.ended);
        self.put_in_the_past(at, booking);
    }

    /// The wrap-up of a session that ends now.
    /// Of an employee with room for more, a wrap-up names its session.
    fn wrap_up_of(&self, at: Time, (session, employee): (SessionId, EmployeeNo), has_code: bool) -> Option<WrapUp> {
        let usual_ms = self.settings.wrap_up_ms;
        let Some(table) = &self.routing else {
            let named = || self.roster.get(employee).is_some_and(|employee| employee.profile.capacity > 1);
            let until = at.plus_ms(usual_ms);
            return (usual_ms > 0).then(|| WrapUp { until, session: named().then_some(session), longest: None });
        };
        let rules = &table.routing().wrap_up;
        let longest_ms = usual_ms.max(rules.max_ms);
        let ms = if rules.code_required && !has_code { longest_ms } else { usual_ms };
        let longest = (rules.max_ms > usual_ms).then(|| at.plus_ms(rules.max_ms));
        (ms > 0).then(|| WrapUp { until: at.plus_ms(ms), session: Some(session), longest })
    }

    /// A booking is over for good: its client may book again, and it is remembered for repeats.
    fn put_in_the_past(&mut self, at: Time, id: BookingId) {
        let Some(booking) = self.bookings.get(id) else { return };
        self.clients.remove(&booking.client);
        self.past.remember(at, id, self.weight(booking));
        while let Some(old) = self.past.forget_next(at) {
            self.forget(old);
        }
    }

    fn forget(&mut self, id: BookingId) {
        let Some(booking) = self.bookings.remove(id) else { return };
        if let Some(session) = booking.session {
            self.sessions.remove(session);
        }
        if let Some(key) = booking.key {
            self.keys.remove(&(booking.client, key));
        }
    }

    /// Bytes of a booking with its session.
    pub(crate) fn weight(&self, booking: &Booking) -> usize {
        let session = booking.session.and_then(|session| self.sessions.get(session));
        booking.weight() + session.map_or(0, Session::weight)
    }

    fn set_notes(&mut self, at: Time, id: SessionId, body: &Arc<str>) {
        let notes = Some(Notes { body: body.clone(), at });
        let written = self.change_session(id, |session| {
            session.notes = notes;
            session.ended_at.map(|ended_at| (ended_at, session.booking))
        });
        // A booking that is over was weighed without these notes.
        let Some((ended_at, booking)) = written.flatten() else { return };
        let Some(weight) = self.bookings.get(booking).map(|booking| self.weight(booking)) else { return };
        self.past.recount(ended_at, booking, weight);
        while let Some(old) = self.past.make_room(at, booking) {
            self.forget(old);
        }
    }

    fn set_client_connected(&mut self, at: Time, client: &ClientId, connected: bool) {
        let Some(open) = self.clients.get_mut(client) else { return };
        open.connected = connected;
        let booking = open.booking;
        let due = (!connected).then(|| at.plus_ms(self.settings.client_grace_ms));
        self.change_booking(booking, |b| b.client_due = due.filter(|_| b.is_open()));
        if let Some(session) = self.bookings.get(booking).and_then(|b| b.session) {
            self.watch_party(at, session, Party::Client);
        }
    }

    fn set_online(&mut self, at: Time, session: SessionId, party: Party, online: bool) {
        self.change_presence(at, session, party, |presence| Presence { online, ..presence });
    }

    /// Updates a party's presence after a device has come or gone.
    fn watch_party(&mut self, at: Time, session: SessionId, party: Party) {
        self.change_presence(at, session, party, |presence| presence);
    }

    fn change_presence(&mut self, at: Time, id: SessionId, party: Party, change: impl FnOnce(Presence) -> Presence) {
        let Some(session) = self.sessions.get(id) else { return };
        let has_a_device = match party {
            Party::Client => self.clients.get(&session.client).is_some_and(|open| open.connected),
            Party::Employee => self.roster.get(session.employee).is_some_and(|e| e.reach == Reach::Connected),
        };
        let presence = self.presence(at, change(*session.presence(party)), has_a_device);
        self.change_session(id, |session| *session.presence_mut(party) = presence);
    }

    /// A party is away when no device of that side is in the session or on the party's own topic. From then on the time
    /// to come back runs.
    fn presence(&self, at: Time, was: Presence, has_a_device: bool) -> Presence {
        let back_by = at.plus_ms(self.settings.session_grace_ms);
        let away = !was.online && !has_a_device;
        Presence { online: was.online, due: away.then(|| was.due.unwrap_or(back_by)) }
    }

    fn change_employee(&mut self, no: EmployeeNo, at: Time, change: impl FnOnce(&mut Employee)) {
        self.change_employee_at_place(no, at, false, change);
    }

    /// Like [`Self::change_employee`], but the employee keeps their place if the flag says so.
    fn change_employee_at_place(&mut self, no: EmployeeNo, at: Time, stays: bool, change: impl FnOnce(&mut Employee)) {
        let Some(was) = self.roster.get(no).map(|e| due_of_employee(no, e)) else { return };
        let changed =
            if stays { self.roster.change_in_place(no, at, change) } else { self.roster.change(no, at, change) };
        let is = changed.and_then(|e| due_of_employee(no, e));
        self.rearm(was, is);
    }

    fn change_booking<T>(&mut self, id: BookingId, change: impl FnOnce(&mut Booking) -> T) -> Option<T> {
        let booking = self.bookings.get_mut(id)?;
        let was = due_of_booking(booking);
        // Before the change, because the booking may lose its needs.
        if booking.may_seek() {
            booking.rank().into_iter().for_each(|rank| self.line.leave(booking, rank));
            booking.rank_in_line().into_iter().for_each(|rank| self.places.leave(booking, rank));
        }
        let changed = change(booking);
        let is = due_of_booking(booking);
        if booking.may_seek() {
            booking.rank().into_iter().for_each(|rank| self.line.join(booking, rank));
            booking.rank_in_line().into_iter().for_each(|rank| self.places.join(booking, rank));
        }
        self.rearm(was, is);
        Some(changed)
    }

    fn change_open_offer(&mut self, id: OfferId, change: impl FnOnce(&mut Offer)) {
        self.change_booking(id.booking, |b| b.open_offer_mut(id.attempt).map(change));
    }

    fn change_session<T>(&mut self, id: SessionId, change: impl FnOnce(&mut Session) -> T) -> Option<T> {
        let session = self.sessions.get_mut(id)?;
        let was = due_of_session(session);
        let changed = change(session);
        let is = due_of_session(session);
        self.rearm(was, is);
        Some(changed)
    }
}

/// Saturates, because a damaged snapshot may have counted to the end already.
fn count(counter: &mut u64) {
    *counter = counter.saturating_add(1);
}

fn new_employee(at: Time, id: &EmployeeId, name: &Arc<str>, topics: &[Topic]) -> Employee {
    Employee {
        id: id.clone(),
        name: name.clone(),
        topics: topics.to_vec(),
        intent: Intent::Offline,
        intent_since: at,
        reach: Reach::Gone { since: at },
        load: Load::default(),
        missed: 0,
        since: at,
        place: 0,
        lapse_due: None,
        meter: Meter::default(),
        profile: Profile::default(),
        turns: Turns::default(),
        pause: None,
        resting_until: None,
    }
}

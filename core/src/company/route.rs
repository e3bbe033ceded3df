//! The company's routing, and the routes of its bookings.

use std::sync::{Arc, LazyLock};

use super::Company;
use crate::availability::Availability;
use crate::booking::{Booking, BookingRequest};
use crate::event::Event;
use crate::id::{BookingId, ClientId, EmployeeNo, SessionId, Topic};
use crate::limits::WAITING_MAX;
use crate::refusal::Refusal;
use crate::routing::{Estimate, Need, Route, RouteTable, Routed, Routing, Told, Wishes};
use crate::time::Time;

static DEFAULT: LazyLock<Routing> = LazyLock::new(Routing::default);

impl Company {
    /// How bookings are routed from now on.
    #[must_use]
    pub fn routing(&self) -> &Routing {
        self.routing.as_ref().map_or(&DEFAULT, |table| table.routing())
    }

    /// Turns that employees have taken while there was a routing.
    pub(crate) const fn turns(&self) -> u64 {
        self.roster.turns()
    }

    pub(super) fn set_routing(&self, routing: &Routing) -> Vec<Event> {
        let same = *routing == *self.routing();
        if same { vec![] } else { vec![Event::RoutingSet { routing: Box::new(routing.clone()) }] }
    }

    pub(super) fn put_routing(&mut self, routing: &Routing) {
        let is_default = *routing == *DEFAULT;
        self.replace_routes((!is_default).then(|| Arc::new(RouteTable::from(routing.clone()))));
    }

    /// Replaces the routes, or goes back to the default.
    pub(super) fn replace_routes(&mut self, table: Option<Arc<RouteTable>>) {
        let (flips, moves) = self.availability_marks();
        self.routing = table;
        self.make_pools_of_routes();
        // The marks count less without a routing, and never go back.
        self.roster.flip(flips.saturating_add(1), moves);
    }

    /// Makes the pools of all bookings without wishes, so that no booking waits for them.
    pub(super) fn make_pools_of_routes(&mut self) {
        let Some(table) = self.routing.clone() else { return };
        for topic in table.named() {
            self.make_pools_of(&table, topic);
        }
        for topic in self.roster.named_topics() {
            self.make_pools_of(&table, &topic);
        }
        let (_, of_the_rest) = table.of_the_rest();
        for need in of_the_rest.steps.iter().filter_map(Need::of_the_rest) {
            self.roster.make_pools(&need);
        }
    }

    pub(super) fn make_pools_of(&mut self, table: &RouteTable, topic: &Topic) {
        let (_, route) = table.route(topic, None);
        for step in &route.steps {
            self.roster.make_pools(&Need::of_step(step, topic, &Wishes::default(), None));
        }
    }

    /// The routing of a booking that is opened now; none while the company has no routing.
    pub(super) fn routed(&self, now: Time, request: &BookingRequest) -> Option<Routed> {
        let table = self.routing.as_ref()?;
        let wishes = request.wishes.as_deref().cloned().unwrap_or_default();
        let (route, opened) = (table.route(&request.topic, wishes.channel.as_ref()).clone(), (self.seq, now));
        Some(Routed::new(table.routing(), route, wishes, &request.topic, opened))
    }

    /// Availability in all and per topic: whether a booking without wishes can succeed, by an offer or by a line.
    #[must_use]
    pub fn availability(&self) -> Availability {
        let mut availability = self.roster.availability();
        let Some(table) = &self.routing else { return availability };
        for (topic, here) in &mut availability.topics {
            let (no, route) = table.route(topic, None);
            here.waiting = self.places.about(topic);
            let by_offer = match route.asks_whoever_takes_the_topic() {
                true => here.available,
                false => needs_of(route, topic).any(|need| self.roster.has_candidate_for(&need)),
            };
            here.available = by_offer || self.has_room_in_line(*no, route) && self.may_wait_for(route, topic);
        }
        availability.waiting = self.places.len();
        let of_the_rest = table.of_the_rest();
        availability.available =
            availability.topics.iter().any(|(_, here)| here.available) || self.can_book_the_rest(of_the_rest);
        availability
    }

    /// Whether a booking about a topic that no employee names can succeed.
    fn can_book_the_rest(&self, (no, route): &(u8, Arc<Route>)) -> bool {
        let needs = || route.steps.iter().filter_map(Need::of_the_rest);
        needs().any(|need| self.roster.has_candidate_for(&need))
            || self.has_room_in_line(*no, route)
                && (route.wait.empty || needs().any(|need| self.roster.on_duty(&need) > 0))
    }

    fn may_wait_for(&self, route: &Route, topic: &Topic) -> bool {
        route.wait.empty || needs_of(route, topic).any(|need| self.roster.on_duty(&need) > 0)
    }

    fn has_room_in_line(&self, no: u8, route: &Route) -> bool {
        let has_line = route.wait.max_ms > 0;
        has_line && self.places.of_route(no) < route.wait.max_length as usize && self.places.len() < WAITING_MAX
    }

    /// The booking as it is opened, with the wishes that the company allows and can meet.
    pub(super) fn admit(&self, now: Time, request: &BookingRequest) -> Result<BookingRequest, Refusal> {
        let nobody = || Refusal::NoIdleEmployee(self.roster.named_by(&request.topic));
        let mut request = request.clone();
        if let Some(wishes) = &mut request.wishes {
            self.allow(now, &request.client, &request.topic, wishes)?;
            if wishes.only && wishes.wanted.is_empty() {
                return Err(nobody());
            }
        }
        request.wishes = request.wishes.filter(|wishes| !wishes.is_empty() && self.routing.is_some());
        let Some(routed) = self.routed(now, &request) else {
            return if self.roster.has_somebody_for(&request.topic) { Ok(request) } else { Err(nobody()) };
        };
        if self.asks_at_once(&routed) {
            return Ok(request);
        }
        let booking = Booking::new(request.clone(), None, now, now);
        if !routed.has_line() || !routed.route().wait.empty && !self.may_still_ask(&booking, &routed) {
            return Err(nobody());
        }
        let is_full = routed.route_has_line() && !self.has_room_in_line(routed.route_no(), routed.route());
        if !is_full {
            return Ok(request);
        }
        let all = self.places.len();
        Err(Refusal::LineFull(if all < WAITING_MAX { self.places.of_route(routed.route_no()) } else { all }))
    }

    /// Checks the wishes of a client, and finds the employee that the client wants.
    fn allow(&self, now: Time, client: &ClientId, topic: &Topic, wishes: &mut Wishes) -> Result<(), Refusal> {
        let allowed = &self.routing().clients;
        let names_somebody = wishes.employee.is_some() || wishes.again;
        if (names_somebody || wishes.only) && !allowed.employee
            || !wishes.skills.keys().all(|skill| allowed.skills.contains(skill))
        {
            return Err(Refusal::Forbidden);
        }
        if let Some(channel) = &wishes.channel
            && !self.routing().channels.contains_key(channel.as_str())
        {
            return Err(Refusal::Invalid {
                field: "channel",
                problem: "is not one of the company's `channels`".into(),
            });
        }
        if wishes.only && !names_somebody {
            return Err(Refusal::Invalid { field: "only", problem: "needs `employee` or `again`".into() });
        }
        if let Some(employee) = wishes.employee.take() {
            let (no, found) = self.roster.find(&employee).ok_or(Refusal::UnknownEmployee)?;
            if !found.takes(topic) {
                return Err(Refusal::Invalid { field: "employee", problem: "does not take this topic".into() });
            }
            wishes.wanted.push(no);
        }
        if std::mem::take(&mut wishes.again) {
            let known = self.partners.of(now, client, topic).filter(|no| self.roster.get(*no).is_some());
            wishes.wanted.extend(known.filter(|no| !wishes.wanted.contains(no)));
        }
        Ok(())
    }

    /// Whether a booking that is opened now has a candidate at once.
    fn asks_at_once(&self, routed: &Routed) -> bool {
        let weight = routed.weight();
        let can_be_asked = |no: &EmployeeNo| self.roster.get(*no).is_some_and(|e| e.can_be_asked_for(weight));
        if routed.wanted().iter().any(can_be_asked) {
            return true;
        }
        if routed.is_on_hold() {
            return false;
        }
        for (needs, need) in routed.all_needs().iter().enumerate() {
            if self.roster.has_candidate_for(need) {
                return true;
            }
            // With a line, the next step opens early only if no employee on duty fits those before.
            let deserted = routed.all_needs()[..=needs].iter().all(|need| self.roster.on_duty(need) == 0);
            if routed.route_has_line() && !deserted {
                return false;
            }
        }
        false
    }

    /// The place and the estimate of a booking that waits or begins to.
    pub(super) fn told(&self, now: Time, booking: &Booking, routed: &Routed) -> Told {
        let place = self.places.place(&booking.topic, booking.rank_with(false));
        let plain_ms = self.plain_wait_ms(now, booking, routed, place);
        let estimate = match booking.client_is_missed() {
            true => None,
            false => self.times.estimate(now, &booking.topic, plain_ms),
        };
        Told { place, estimate, plain_ms }
    }

    /// The wait by place, length of sessions and seats alone; 0 while too little is known.
    pub(super) fn plain_wait_ms(&self, now: Time, booking: &Booking, routed: &Routed, place: u32) -> u64 {
        let seats = routed.needs().last().map_or(0, |need| self.roster.seats(need));
        self.times.plain_ms(now, &booking.topic, place, seats)
    }

    /// The line as a waiting client sees it; none for a booking that does not wait.
    #[must_use]
    pub fn waiting(&self, now: Time, booking: &Booking) -> Option<InLine> {
        let routed = booking.routed.as_ref().filter(|_| booking.is_in_line())?;
        let Told { place, estimate, .. } = self.told(now, booking, routed);
        let on_duty = match routed.needs().last() {
            Some(need) => self.roster.on_duty(need),
            None => routed.wanted().iter().filter_map(|no| self.roster.get(*no)).filter(|e| e.is_on_duty()).count(),
        };
        let since = routed.waited_since().unwrap_or(booking.created_at);
        let until = routed.wait_until().unwrap_or(booking.deadline);
        Some(InLine { since, until, place, estimate, on_duty, step: routed.open_steps() })
    }

    /// Bookings that wait about the topic, or about all topics one after the other, in the order of rank.
    #[must_use]
    pub fn waiting_line(&self, topic: Option<&Topic>) -> Vec<BookingId> {
        match topic {
            Some(topic) => self.places.in_order(topic).collect(),
            None => self.places.topics().flat_map(|(topic, _)| self.places.in_order(topic)).collect(),
        }
    }

    /// Number of bookings that wait.
    #[must_use]
    pub const fn waiting_count(&self) -> usize {
        self.places.len()
    }

    /// Notes a session that begins, for estimates and for the next time of the client.
    pub(super) fn note_begin(&mut self, at: Time, booking: BookingId, employee: EmployeeNo) {
        let Some(table) = self.routing.clone() else { return };
        let Some(booking) = self.bookings.get(booking) else { return };
        let (client, topic) = (booking.client.clone(), booking.topic.clone());
        let waited = booking.routed.as_ref().and_then(|routed| Some((routed.waited_since()?, routed.told()?)));
        if let Some((since, told)) = waited {
            self.times.add_wait(at, &topic, since.ms_until(at), told.plain_ms);
        }
        if table.routing().clients.employee {
            self.partners.add(at, &client, &topic, employee);
        }
    }

    /// Notes the length of a session that has just ended, with the wrap-up that follows.
    pub(super) fn note_end(&mut self, at: Time, session: SessionId) {
        let Some(table) = &self.routing else { return };
        let Some(session) = self.sessions.get(session) else { return };
        let (topic, length_ms) = (session.topic.clone(), session.started_at.ms_until(at));
        let (_, route) = table.route(&topic, None);
        if route.wait.max_ms > 0 {
            self.times.add_length(at, &topic, length_ms.saturating_add(self.settings.wrap_up_ms));
        }
    }
}

/// The line as a waiting client sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InLine {
    /// When the booking first waited.
    pub since: Time,
    pub until: Time,
    /// Place among those who wait about the same topic, from 1.
    pub place: u32,
    pub estimate: Option<Estimate>,
    /// Employees on duty who fit the latest open step, or are wanted while only they are asked.
    pub on_duty: usize,
    /// Number of steps that are open.
    pub step: u8,
}

fn needs_of(route: &Route, topic: &Topic) -> impl Iterator<Item = Need> {
    route.steps.iter().map(|step| Need::of_step(step, topic, &Wishes::default(), None))
}

//! Settling: every booking that seeks asks its first candidate, in the order of rank, until none has a candidate.

use super::Company;
use crate::booking::{Booking, BookingReason};
use crate::employee::Employee;
use crate::event::Event;
use crate::id::{BookingId, EmployeeNo, OfferId};
use crate::offer::Outcome;
use crate::routing::{Rank, Routed};
use crate::time::Time;

/// The search that the event leaves without an open offer, unless the next event is about the same search.
pub(super) fn left_alone(event: &Event, behind: Option<&Event>) -> Option<BookingId> {
    let search = if let Event::BookingOpened(request) = event {
        request.booking
    } else if let Event::OfferClosed { offer, .. } = event {
        offer.booking
    } else if let Event::StepOpened { booking, .. } = event {
        *booking
    } else {
        return None;
    };
    let ends = matches!(behind, Some(Event::BookingEnded { booking, .. }) if *booking == search);
    let loses_more = matches!(behind, Some(Event::OfferClosed { offer, .. }) if offer.booking == search);
    (!ends && !loses_more).then_some(search)
}

/// The employee who may have gone off duty, or may fit less than before.
const fn who_may_be_off_duty(event: &Event) -> Option<EmployeeNo> {
    if let Event::EmployeeSet { employee, .. }
    | Event::EmployeeRemoved { employee, .. }
    | Event::IntentSet { employee, .. }
    | Event::EmployeeUnreachable { employee } = event
    {
        Some(*employee)
    } else {
        None
    }
}

/// Changes that may concern bookings that seek, since the last one was settled.
#[derive(Default)]
pub(super) struct News {
    /// Employees who may have become able to be asked.
    able: Vec<EmployeeNo>,
    /// Bookings that may have begun to seek, or may ask more employees.
    seeking: Vec<BookingId>,
    /// Bookings that may open a further step, because employees have gone off duty.
    deserted: Vec<BookingId>,
}

impl Company {
    /// The next step of a search without an open offer: an offer, the next step of its route, a wait for employees in
    /// their grace time, or the end.
    #[must_use]
    pub fn settle(&self, now: Time, search: BookingId) -> Option<Event> {
        let booking = self.bookings.get(search).filter(|booking| booking.is_open() && !booking.has_open_offer())?;
        if booking.deadline <= now {
            // The clock may be read late: no employee is asked when the search has no time left.
            return Some(Event::BookingEnded { booking: search, reason: BookingReason::Deadline });
        }
        if let Some(offer) = self.next_offer(now, booking) {
            return Some(offer);
        }
        if let Some(routed) = &booking.routed {
            if let Some(step) = routed.next_step().filter(|_| self.opens_early(now, booking, routed)) {
                return Some(Event::StepOpened { booking: search, step });
            }
            if routed.has_line() {
                return self.wait_or_end(now, booking, routed);
            }
        }
        Some(match self.awaited_until(booking).filter(|until| *until > now) {
            Some(until) => Event::SearchWaits { booking: search, until },
            None => Event::BookingEnded { booking: search, reason: booking.exhausted_reason() },
        })
    }

    /// Whether the next step opens before its time, because no offer is open and no employee can be asked: without a line at
    /// once, with a line if no employee on duty fits an open step.
    fn opens_early(&self, now: Time, booking: &Booking, routed: &Routed) -> bool {
        if routed.is_on_hold() {
            let may_come = |no: &EmployeeNo| {
                let employee = self.roster.get(*no).filter(|employee| employee.is_on_duty());
                employee.is_some_and(|employee| booking.may_ever_ask(&employee.id))
            };
            return routed.hold_until().is_none_or(|until| until <= now) || !routed.wanted().iter().any(may_come);
        }
        !routed.route_has_line() || self.is_deserted(routed)
    }

    /// Whether no employee on duty fits an open step.
    fn is_deserted(&self, routed: &Routed) -> bool {
        routed.needs().iter().all(|need| self.roster.on_duty(need) == 0)
    }

    /// A booking that has just lost its last offer, or has just begun, waits if an employee on duty may still be asked. A
    /// booking that waits already goes on waiting, also when the last employee has gone.
    fn wait_or_end(&self, now: Time, booking: &Booking, routed: &Routed) -> Option<Event> {
        let in_time = routed.wait_until().is_some_and(|until| until > now);
        let nobody_is_left = routed.wishes().only && !routed.wanted().iter().any(|no| self.roster.get(*no).is_some());
        if in_time && booking.is_in_line() && !nobody_is_left {
            return None;
        }
        let hopes = routed.route().wait.empty || self.may_still_ask(booking, routed);
        if in_time && hopes {
            let told = self.told(now, booking, routed);
            return Some(Event::BookingWaits { booking: booking.id, place: told.place, estimate: told.estimate });
        }
        let waited = hopes && routed.route_has_line();
        let reason = if waited { BookingReason::WaitedTooLong } else { booking.exhausted_reason() };
        Some(Event::BookingEnded { booking: booking.id, reason })
    }

    /// Whether an employee on duty may still be asked, now or later: one who is wanted, or fits any step.
    pub(super) fn may_still_ask(&self, booking: &Booking, routed: &Routed) -> bool {
        let on_duty = |no: &EmployeeNo| self.roster.get(*no).filter(|employee| employee.is_on_duty());
        if routed.wanted().iter().filter_map(on_duty).any(|employee| booking.may_ever_ask(&employee.id)) {
            return true;
        }
        routed.all_needs().iter().any(|need| {
            let mut asked: Vec<EmployeeNo> = booking.offers.iter().map(|offer| offer.employee).collect();
            asked.sort_unstable();
            asked.dedup();
            let fits = |employee: &&Employee| need.level_of(&employee.topics, &employee.profile.skills).is_some();
            let out = asked.iter().filter_map(on_duty).filter(fits).filter(|e| !booking.may_ever_ask(&e.id));
            self.roster.on_duty(need) > out.count()
        })
    }

    /// The offer to the first candidate. No other place makes an offer.
    #[inline]
    fn next_offer(&self, now: Time, booking: &Booking) -> Option<Event> {
        let employee = self.next_to_ask(now, booking)?;
        let attempt = booking.latest_offer_id().attempt + 1;
        // A device shows the time left: no longer than the search itself has.
        let expires_at = now.plus_ms(self.settings.offer_timeout_ms).min(booking.deadline);
        Some(Event::OfferMade { offer: OfferId { booking: booking.id, attempt }, employee, expires_at })
    }

    /// The first candidate: one step for each employee before them that the search has asked.
    pub(super) fn next_to_ask(&self, now: Time, booking: &Booking) -> Option<EmployeeNo> {
        let Some(routed) = &booking.routed else {
            let is_new = |no: &EmployeeNo| self.roster.get(*no).is_some_and(|e| !booking.was_asked(&e.id));
            return self.roster.candidates(&booking.topic).find(is_new);
        };
        if booking.client_is_missed() {
            return None;
        }
        let may_ask = |no: &EmployeeNo| self.roster.get(*no).is_some_and(|employee| booking.may_ask(now, &employee.id));
        let weight = routed.weight();
        let can_be_asked = |no: &&EmployeeNo| self.roster.get(**no).is_some_and(|e| e.can_be_asked_for(weight));
        let wanted = routed.wanted().iter().filter(can_be_asked).copied().find(may_ask);
        let of_steps = || routed.needs().iter().find_map(|need| self.roster.candidates_for(need).find(may_ask));
        wanted.or_else(of_steps)
    }

    fn awaited_until(&self, booking: &Booking) -> Option<Time> {
        let skip = |id: &_| booking.was_asked(id);
        match &booking.routed {
            None => self.roster.awaited_until(&booking.topic, skip),
            Some(routed) => routed.needs().iter().filter_map(|need| self.roster.awaited_for(need, skip)).max(),
        }
    }

    /// Ends the wait of a search. An offer that stayed with an absent employee ends with the wait.
    pub(super) fn end_wait(&self, now: Time, search: BookingId) -> Vec<Event> {
        let closed = self.close_offers(search, Outcome::Undelivered, None, |_, _| true);
        if closed.is_empty() { self.settle(now, search).into_iter().collect() } else { closed }
    }

    /// Asks the next employee for a booking that [`Self::next_of`] named.
    pub(super) fn ask_for(&self, now: Time, search: BookingId) -> Vec<Event> {
        match self.bookings.get(search) {
            Some(booking) if !booking.waits() => self.next_offer(now, booking).into_iter().collect(),
            Some(_) | None => self.end_wait(now, search),
        }
    }

    /// The first booking in rank among those that may ask an employee since the news. Only the news are looked at, because
    /// before them no booking that seeks had a candidate.
    pub(super) fn next_of(&self, news: &mut News, now: Time) -> Option<BookingId> {
        let mut first: Option<Rank> = None;
        let mut take = |rank: Rank| first = Some(first.map_or(rank, |first| first.min(rank)));
        let has_time = |id: BookingId| self.bookings.get(id).filter(|booking| booking.deadline > now);
        news.seeking.retain(|id| {
            let booking = has_time(*id).filter(|booking| booking.rank().is_some());
            booking.is_some_and(|booking| self.next_to_ask(now, booking).is_some())
        });
        news.seeking.iter().filter_map(|id| self.bookings.get(*id)?.rank()).for_each(&mut take);
        news.able.retain(|no| {
            let employee = self.roster.get(*no).filter(|employee| employee.can_be_asked());
            let skip = |id, employee: &Employee| has_time(id).is_none_or(|b| !b.may_ask(now, &employee.id));
            let rank = employee.and_then(|employee| self.line.first_for(*no, employee, |id| skip(id, employee)));
            rank.into_iter().for_each(&mut take);
            rank.is_some()
        });
        first.map(|rank| rank.booking)
    }

    pub(super) fn note(&self, event: &Event, news: &mut News) {
        news.able.extend(self.who_may_be_free(event));
        if let Event::OfferMade { offer, .. } | Event::OfferClosed { offer, .. } = event {
            news.seeking.push(offer.booking);
        } else if let Event::StepOpened { booking, .. } | Event::AskAgainDue { booking } = event {
            news.seeking.push(*booking);
        } else if let Event::ClientConnected { client } = event {
            news.seeking.extend(self.clients.get(client).map(|open| open.booking));
            news.deserted.extend(self.clients.get(client).map(|open| open.booking));
        }
        if let Some(employee) = who_may_be_off_duty(event) {
            let is_deserted = |id| {
                let routed = self.bookings.get(id).and_then(|booking| booking.routed.as_ref());
                routed.is_some_and(|routed| self.is_deserted(routed))
            };
            news.deserted.extend(self.line.may_open(employee, is_deserted));
        }
    }

    /// The next step of a booking that no employee on duty fits any more.
    pub(super) fn next_step_of(&self, news: &mut News, now: Time) -> Option<Event> {
        while let Some(search) = news.deserted.pop() {
            let in_line =
                self.bookings.get(search).is_some_and(|booking| booking.is_in_line() && booking.rank().is_some());
            let opened = if in_line { self.settle(now, search) } else { None };
            if opened.is_some() {
                return opened;
            }
        }
        None
    }

    fn who_may_be_free(&self, event: &Event) -> Option<EmployeeNo> {
        match event {
            Event::EmployeeSet { employee, .. }
            | Event::IntentSet { employee, .. }
            | Event::EmployeeConnected { employee }
            | Event::WrapUpEnded { employee, .. }
            | Event::RestEnded { employee } => Some(*employee),
            // An employee with room for more can be asked again after a yes.
            Event::OfferClosed { offer, .. } | Event::OfferAccepted { offer, .. } => {
                self.bookings.get(offer.booking)?.offer(offer.attempt).map(|offer| offer.employee)
            }
            Event::SessionEnded { session, .. } => self.sessions.get(*session).map(|session| session.employee),
            Event::CompanySet { .. }
            | Event::RoutingSet { .. }
            | Event::BrandSet { .. }
            | Event::CompanyRemoved
            | Event::EmployeeRemoved { .. }
            | Event::AccessRevoked { .. }
            | Event::EmployeeDisconnected { .. }
            | Event::EmployeeUnreachable { .. }
            | Event::WrapUpSet { .. }
            | Event::SessionCoded { .. }
            | Event::BookingOpened(_)
            | Event::StepOpened { .. }
            | Event::BookingWaits { .. }
            | Event::AskAgainDue { .. }
            | Event::BookingChanged { .. }
            | Event::OfferMade { .. }
            | Event::OfferDelivered { .. }
            | Event::DeliveryPutOff { .. }
            | Event::SearchWaits { .. }
            | Event::BookingEnded { .. }
            | Event::ClientConnected { .. }
            | Event::ClientDisconnected { .. }
            | Event::PartyEntered { .. }
            | Event::PartyLeft { .. }
            | Event::MessageSent { .. }
            | Event::NotesWritten { .. }
            | Event::ClockFollowed { .. }
            | Event::Resumed => None,
        }
    }
}

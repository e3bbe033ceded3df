//! Settling: every booking that seeks asks its first candidate, in the order of rank, until none has a candidate.

use super::Company;
use crate::booking::{Booking, BookingReason};
use crate::event::Event;
use crate::id::{BookingId, EmployeeNo, OfferId};
use crate::offer::Outcome;
use crate::routing::Rank;
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

/// What may have changed for bookings that seek, since the last one was settled.
#[derive(Default)]
pub(super) struct News {
    /// Employees who may have become able to be asked.
    able: Vec<EmployeeNo>,
    /// Bookings that may have begun to seek, or may ask more employees.
    seeking: Vec<BookingId>,
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
        if let Some(step) = booking.routed.as_ref().and_then(|routed| routed.next_step()) {
            return Some(Event::StepOpened { booking: search, step });
        }
        Some(match self.awaited_until(booking).filter(|until| *until > now) {
            Some(until) => Event::SearchWaits { booking: search, until },
            None => Event::BookingEnded { booking: search, reason: booking.exhausted_reason() },
        })
    }

    /// The offer to the first candidate. No other place makes an offer.
    fn next_offer(&self, now: Time, booking: &Booking) -> Option<Event> {
        let employee = self.next_to_ask(booking)?;
        let attempt = booking.latest_offer_id().attempt + 1;
        // A device shows the time left: no longer than the search itself has.
        let expires_at = now.plus_ms(self.settings.offer_timeout_ms).min(booking.deadline);
        Some(Event::OfferMade { offer: OfferId { booking: booking.id, attempt }, employee, expires_at })
    }

    /// The first candidate that the search has not asked yet: one step for each that it has.
    pub(super) fn next_to_ask(&self, booking: &Booking) -> Option<EmployeeNo> {
        let is_new = |no: &EmployeeNo| self.roster.get(*no).is_some_and(|employee| !booking.was_asked(&employee.id));
        match &booking.routed {
            None => self.roster.candidates(&booking.topic).find(is_new),
            Some(routed) => routed.needs().iter().find_map(|need| self.roster.candidates_for(need).find(is_new)),
        }
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

    /// The first booking in rank among those that may ask somebody since the news. Only the news are looked at, because
    /// before them no booking that seeks had a candidate.
    pub(super) fn next_of(&self, news: &mut News, now: Time) -> Option<BookingId> {
        let mut first: Option<Rank> = None;
        let mut take = |rank: Rank| first = Some(first.map_or(rank, |first| first.min(rank)));
        let has_time = |id: BookingId| self.bookings.get(id).filter(|booking| booking.deadline > now);
        news.seeking.retain(|id| {
            let booking = has_time(*id).filter(|booking| booking.rank().is_some());
            booking.is_some_and(|booking| self.next_to_ask(booking).is_some())
        });
        news.seeking.iter().filter_map(|id| self.bookings.get(*id)?.rank()).for_each(&mut take);
        news.able.retain(|no| {
            let employee = self.roster.get(*no).filter(|employee| employee.can_be_asked());
            let skip = |id, employee: &crate::employee::Employee| {
                has_time(id).is_none_or(|booking| booking.was_asked(&employee.id))
            };
            let rank = employee.and_then(|employee| self.line.first_for(employee, |id| skip(id, employee)));
            rank.into_iter().for_each(&mut take);
            rank.is_some()
        });
        first.map(|rank| rank.booking)
    }

    pub(super) fn note(&self, event: &Event, news: &mut News) {
        news.able.extend(self.who_may_be_free(event));
        if let Event::OfferMade { offer, .. } | Event::OfferClosed { offer, .. } = event {
            news.seeking.push(offer.booking);
        } else if let Event::StepOpened { booking, .. } = event {
            news.seeking.push(*booking);
        }
    }

    fn who_may_be_free(&self, event: &Event) -> Option<EmployeeNo> {
        match event {
            Event::EmployeeSet { employee, .. }
            | Event::IntentSet { employee, .. }
            | Event::EmployeeConnected { employee }
            | Event::WrapUpEnded { employee, .. }
            | Event::RestEnded { employee } => Some(*employee),
            Event::OfferClosed { offer, .. } => {
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
            | Event::OfferMade { .. }
            | Event::OfferDelivered { .. }
            | Event::DeliveryPutOff { .. }
            | Event::SearchWaits { .. }
            | Event::OfferAccepted { .. }
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

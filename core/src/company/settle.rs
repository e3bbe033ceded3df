//! Next step of a search: an offer, a wait for employees who may come back, or the end.

use super::Company;
use crate::booking::{Booking, BookingReason};
use crate::event::Event;
use crate::id::{BookingId, EmployeeNo, OfferId};
use crate::offer::Outcome;
use crate::time::Time;

/// The search that the event leaves without an open offer, unless the next event ends that search.
pub(super) fn left_alone(event: &Event, behind: Option<&Event>) -> Option<BookingId> {
    let search = if let Event::BookingOpened(request) = event {
        request.booking
    } else if let Event::OfferClosed { offer, .. } = event {
        offer.booking
    } else {
        return None;
    };
    let ends = matches!(behind, Some(Event::BookingEnded { booking, .. }) if *booking == search);
    (!ends).then_some(search)
}

impl Company {
    /// The next step of a search without an open offer: an offer, a wait for employees in their grace time, or the end.
    /// No other place makes an offer.
    #[must_use]
    pub fn settle(&self, now: Time, search: BookingId) -> Option<Event> {
        let booking = self.bookings.get(search).filter(|booking| booking.is_open() && !booking.has_open_offer())?;
        if booking.deadline <= now {
            // The clock may be read late: no employee is asked when the search has no time left.
            return Some(Event::BookingEnded { booking: search, reason: BookingReason::Deadline });
        }
        if let Some(employee) = self.next_to_ask(booking) {
            let attempt = booking.latest_offer_id().attempt + 1;
            // A device shows the time left: no longer than the search itself has.
            let expires_at = now.plus_ms(self.settings.offer_timeout_ms).min(booking.deadline);
            return Some(Event::OfferMade { offer: OfferId { booking: search, attempt }, employee, expires_at });
        }
        Some(match self.roster.awaited_until(&booking.topic, |id| booking.was_asked(id)).filter(|until| *until > now) {
            Some(until) => Event::SearchWaits { booking: search, until },
            None => Event::BookingEnded { booking: search, reason: booking.exhausted_reason() },
        })
    }

    /// The first candidate that the search has not asked yet: one step for each that it has.
    pub(super) fn next_to_ask(&self, booking: &Booking) -> Option<EmployeeNo> {
        let is_new = |no: &EmployeeNo| self.roster.get(*no).is_some_and(|employee| !booking.was_asked(&employee.id));
        self.roster.candidates(&booking.topic).find(is_new)
    }

    /// Ends the wait of a search. An offer that stayed with an absent employee ends with the wait.
    pub(super) fn end_wait(&self, now: Time, search: BookingId) -> Vec<Event> {
        let closed = self.close_offers(search, Outcome::Undelivered, None, |_, _| true);
        if closed.is_empty() { self.settle(now, search).into_iter().collect() } else { closed }
    }

    /// An employee who can be asked since that event ends the wait of the oldest search that fits them.
    pub(super) fn decide_for_who_waits(&self, now: Time, event: &Event) -> Vec<Event> {
        let oldest = || {
            let no = self.who_may_be_free(event)?;
            let employee = self.roster.get(no).filter(|employee| employee.can_be_asked())?;
            let skip = |id| self.bookings.get(id).is_none_or(|b| b.deadline <= now || b.was_asked(&employee.id));
            self.waiting.oldest_for(employee, skip)
        };
        oldest().map_or(vec![], |search| self.end_wait(now, search))
    }

    fn who_may_be_free(&self, event: &Event) -> Option<EmployeeNo> {
        match event {
            Event::EmployeeSet { employee, .. }
            | Event::IntentSet { employee, .. }
            | Event::EmployeeConnected { employee }
            | Event::WrapUpEnded { employee } => Some(*employee),
            Event::OfferClosed { offer, .. } => {
                self.bookings.get(offer.booking)?.offer(offer.attempt).map(|offer| offer.employee)
            }
            Event::SessionEnded { session, .. } => self.sessions.get(*session).map(|session| session.employee),
            Event::CompanySet { .. }
            | Event::BrandSet { .. }
            | Event::CompanyRemoved
            | Event::EmployeeRemoved { .. }
            | Event::AccessRevoked { .. }
            | Event::EmployeeDisconnected { .. }
            | Event::EmployeeUnreachable { .. }
            | Event::BookingOpened(_)
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

//! How a search goes on: somebody is asked, those who may come back are waited for, or it is over.

use super::Company;
use crate::booking::{Booking, BookingReason};
use crate::event::Event;
use crate::id::{EmployeeId, EmployeeNo, OfferId};
use crate::offer::Outcome;
use crate::time::Time;

impl Company {
    /// What becomes of a search whose last offer ended so: somebody else is asked, or awaited, or it is over.
    pub(super) fn go_on(&self, now: Time, booking: &Booking, last: Outcome) -> Event {
        let id = booking.id;
        if booking.deadline <= now {
            // The clock may be read late: nobody is asked when the search has no time left.
            return Event::BookingEnded { booking: id, reason: BookingReason::Deadline };
        }
        let was_asked = |id: &EmployeeId| booking.was_asked(id);
        if let Some(next) = self.roster.next_for(&booking.topic, was_asked) {
            return self.asks_next(now, booking, next);
        }
        match self.roster.awaited_until(&booking.topic, was_asked).filter(|until| *until > now) {
            Some(until) => Event::SearchWaits { booking: id, until },
            None => Event::BookingEnded { booking: id, reason: booking.nobody_more(last) },
        }
    }

    fn asks_next(&self, now: Time, booking: &Booking, next: EmployeeNo) -> Event {
        let OfferId { booking: id, attempt } = booking.latest_offer_id();
        self.offer_made(now, OfferId { booking: id, attempt: attempt + 1 }, next, booking.deadline)
    }

    pub(super) fn offer_made(&self, now: Time, offer: OfferId, employee: EmployeeNo, deadline: Time) -> Event {
        // A device shows the time left: no longer than the search itself has.
        let expires_at = now.plus_ms(self.settings.offer_timeout_ms).min(deadline);
        Event::OfferMade { offer, employee, expires_at }
    }

    /// Whoever can be asked since that event is asked by the oldest search that waits for somebody like them.
    pub(super) fn decide_for_who_waits(&self, now: Time, event: &Event) -> Vec<Event> {
        let found = || {
            let no = self.who_may_be_free(event)?;
            let employee = self.roster.get(no).filter(|employee| employee.can_be_asked())?;
            let skip = |id| self.bookings.get(id).is_none_or(|b| b.deadline <= now || b.was_asked(&employee.id));
            Some((no, self.bookings.get(self.waiting.oldest_for(employee, skip)?)?))
        };
        match found() {
            Some((_, booking)) if booking.open_offer().is_some() => {
                self.close_offer(now, booking.id, Outcome::Undelivered, None)
            }
            Some((no, booking)) => vec![self.asks_next(now, booking, no)],
            None => vec![],
        }
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
            | Event::BookingOpened { .. }
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

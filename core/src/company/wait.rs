//! Searches that nobody can be asked for now, because those who could take them have no device for a moment.

use super::Company;
use crate::employee::Reach;
use crate::event::Event;
use crate::id::{BookingId, EmployeeNo};
use crate::offer::Outcome;
use crate::time::Time;

impl Company {
    /// The server came up again. Nobody has a device yet, so an offer that was open is undelivered no sooner than the
    /// asked employee has had the time to come back.
    pub(super) fn resumed(&self, now: Time) -> Vec<Event> {
        let mut events = vec![Event::Resumed];
        let settings = &self.settings;
        if settings.delivery_timeout_ms > 0 {
            let until = now.plus_ms(settings.delivery_timeout_ms.max(settings.employee_grace_ms));
            let open = self.clients.values().filter_map(|open| self.bookings.get(open.booking));
            let asking = open.filter(|booking| booking.open_offer().is_some());
            events.extend(asking.map(|b| Event::DeliveryPutOff { offer: b.latest_offer_id(), until }));
        }
        events
    }

    /// No device of the asked employee has proved to have the offer. It stays with whoever lost their line a moment ago
    /// as long as nobody else can be asked: to take it from them would help nobody.
    pub(super) fn miss_delivery(&self, now: Time, id: BookingId) -> Vec<Event> {
        let waits_until = || {
            let booking = self.bookings.get(id)?;
            let Reach::Grace { until } = self.roster.get(booking.open_offer()?.employee)?.reach else { return None };
            let next = self.roster.next_for(&booking.topic, |id| booking.was_asked(id));
            (until > now && booking.deadline > now && next.is_none()).then_some(until)
        };
        match waits_until() {
            Some(until) => vec![Event::SearchWaits { booking: id, until }],
            None => self.close_offer(now, id, Outcome::Undelivered, None),
        }
    }

    /// Those whom the search waited for have not come back in time.
    pub(super) fn end_wait(&self, now: Time, id: BookingId) -> Vec<Event> {
        let Some(booking) = self.bookings.get(id) else { return vec![] };
        if booking.open_offer().is_some() {
            return self.close_offer(now, id, Outcome::Undelivered, None);
        }
        let last = booking.offers.last().and_then(|offer| offer.outcome);
        vec![self.go_on(now, booking, last.unwrap_or(Outcome::Undelivered))]
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

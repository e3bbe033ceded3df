//! Searches without a candidate for now, because the employees who could take them have no device for a moment.

use super::Company;
use crate::booking::Booking;
use crate::employee::Reach;
use crate::event::Event;
use crate::id::BookingId;
use crate::offer::{Offer, Outcome};
use crate::time::Time;

impl Company {
    /// Events of a start of the server. No person has a device yet, so an open offer is undelivered no sooner than the
    /// asked employee has had time to come back.
    pub(super) fn resumed(&self, now: Time) -> Vec<Event> {
        let mut events = vec![Event::Resumed];
        let settings = &self.settings;
        if settings.delivery_timeout_ms > 0 {
            let until = now.plus_ms(settings.delivery_timeout_ms.max(settings.employee_grace_ms));
            let open = self.clients.values().filter_map(|open| self.bookings.get(open.booking));
            let asked = open.flat_map(Booking::open_offers);
            events.extend(asked.map(|(offer, _)| Event::DeliveryPutOff { offer, until }));
        }
        events
    }

    /// Handles an offer that no device of the asked employee has proved to have. The offer stays with an employee in
    /// the grace time while no other can be asked, because to take it away would help no client. An offer beside others
    /// does not stay, because the end of the wait would take them too.
    pub(super) fn miss_delivery(&self, now: Time, search: BookingId) -> Vec<Event> {
        let is_due = |offer: &Offer| offer.delivery_due.is_some_and(|due| due <= now);
        let waits_until = || {
            let booking = self.bookings.get(search)?;
            let (_, offer) = booking.open_offers().find(|(_, offer)| is_due(offer))?;
            let is_alone = booking.open_offers().nth(1).is_none();
            let Reach::Grace { until } = self.roster.get(offer.employee)?.reach else { return None };
            let next = self.next_to_ask(now, booking);
            // With a line, the booking waits for everybody, and in its rank.
            let has_line = booking.routed.as_ref().is_some_and(|routed| routed.has_line());
            (is_alone && !has_line && until > now && booking.deadline > now && next.is_none()).then_some(until)
        };
        match waits_until() {
            Some(until) => vec![Event::SearchWaits { booking: search, until }],
            None => self.close_offers(search, Outcome::Undelivered, None, |_, offer| is_due(offer)),
        }
    }
}

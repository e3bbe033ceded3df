//! Searches that nobody can be asked for now, because those who could take them have no device for a moment.

use super::Company;
use crate::booking::Booking;
use crate::employee::Reach;
use crate::event::Event;
use crate::id::BookingId;
use crate::offer::{Offer, Outcome};
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
            let asked = open.flat_map(Booking::open_offers);
            events.extend(asked.map(|(offer, _)| Event::DeliveryPutOff { offer, until }));
        }
        events
    }

    /// No device of the asked employee has proved to have the offer. It stays with whoever lost their line a moment ago
    /// as long as nobody else can be asked: to take it from them would help nobody.
    pub(super) fn miss_delivery(&self, now: Time, search: BookingId) -> Vec<Event> {
        let is_due = |offer: &Offer| offer.delivery_due.is_some_and(|due| due <= now);
        let waits_until = || {
            let booking = self.bookings.get(search)?;
            let (_, offer) = booking.open_offers().find(|(_, offer)| is_due(offer))?;
            let Reach::Grace { until } = self.roster.get(offer.employee)?.reach else { return None };
            let next = self.next_to_ask(booking);
            (until > now && booking.deadline > now && next.is_none()).then_some(until)
        };
        match waits_until() {
            Some(until) => vec![Event::SearchWaits { booking: search, until }],
            None => self.close_offers(search, Outcome::Undelivered, None, |_, offer| is_due(offer)),
        }
    }
}

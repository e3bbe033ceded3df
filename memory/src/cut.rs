//! The execution of a cut: everything that ended before the new beginning of a history is removed.

use std::collections::BTreeSet;

use switchboard_core::{BookingId, Time};
use switchboard_history::ids::prefix_of_ms;
use switchboard_journal::base::Base;
use switchboard_journal::cut::Cut;

use crate::tables::CompanyTables;

impl CompanyTables {
    pub(crate) fn cut(&mut self, cut: &Cut) {
        // After an erasure the cut is obsolete, because its origin still has the erased person.
        if !self.rewriting.is_as_read(cut.revision) {
            return;
        }
        self.cut_events(cut);
        let last_day = cut.origin.clock().day();
        self.days.retain(|day, _| *day > last_day);
        self.days_of_employees.retain(|(_, day), _| *day > last_day);
        for booking in self.ended_bookings(cut) {
            self.remove_booking(booking);
        }
        for number in &cut.numbers {
            self.numbers.remove(number);
        }
    }

    fn cut_events(&mut self, cut: &Cut) {
        let end = cut.origin.seq();
        if self.first_seq().is_none_or(|first| first >= end) {
            return;
        }
        let base = Base::as_is(&cut.origin);
        self.put_base(&base);
        self.bases.retain(|seq, _| *seq >= end);
        if self.snapshot.as_ref().is_none_or(|(seq, _)| *seq < end) {
            self.snapshot = Some((end, base.data));
        }
        // The last event of the origin stays, because the next event continues its number.
        self.events.retain(|seq, _| *seq >= end);
    }

    fn ended_bookings(&self, cut: &Cut) -> Vec<BookingId> {
        let open: BTreeSet<BookingId> = cut.origin.bookings().map(|booking| booking.id).collect();
        let begun = prefix_of_ms(cut.ended_before.as_ms());
        let is_over = |ended_at: Option<Time>| ended_at.is_some_and(|at| at < cut.ended_before);
        let bookings = self.bookings.values().filter(|booking| {
            let session = booking.session_id.and_then(|id| self.sessions.get(&id));
            booking.id.to_string() < begun
                && (is_over(booking.ended_at) || is_over(session.and_then(|session| session.ended_at)))
                && !open.contains(&booking.id)
        });
        bookings.map(|booking| booking.id).collect()
    }

    fn remove_booking(&mut self, id: BookingId) {
        self.offers.retain(|offer, _| offer.booking != id);
        if let Some(session) = self.bookings.remove(&id).and_then(|booking| booking.session_id) {
            self.sessions.remove(&session);
            self.notes.remove(&session);
            self.messages.retain(|(of, _), _| *of != session);
        }
    }
}

//! Everything that must happen by a certain time, and what happens then.

use std::collections::BTreeSet;

use super::Company;
use crate::booking::{Booking, BookingReason};
use crate::employee::{Employee, Reach};
use crate::event::{Event, IntentBy};
use crate::id::{BookingId, EmployeeNo, SessionId};
use crate::load::Work;
use crate::offer::Outcome;
use crate::person::{EndedBy, Party};
use crate::session::Session;
use crate::time::Time;

/// What is due. At the same moment they come in this order: who has no time left at all goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Deadline {
    /// The whole search.
    Search(BookingId),
    /// A client's return during a search.
    ClientReturn(BookingId),
    /// An employee's answer.
    OfferAnswer(BookingId),
    /// A device's proof that it has the offer.
    OfferDelivery(BookingId),
    /// A party's return to a session.
    PartyReturn(SessionId, Party),
    /// The end of the time after a session.
    WrapUp(EmployeeNo),
    /// An employee's return to the place in the line.
    EmployeeReturn(EmployeeNo),
    /// The end of an intent that nobody is there for.
    IntentLapse(EmployeeNo),
    /// The end of waiting for those who may come back. It comes last: whoever is free at that moment is asked.
    SearchWait(BookingId),
}

/// The earliest deadline of one thing. When it has passed, or was put off, the next one takes its place.
pub(super) type Due = Option<(Time, Deadline)>;

/// A search has an offer out, or waits, as long as it goes on; none of its deadlines comes between the events of a turn.
pub(super) fn due_of_booking(booking: &Booking) -> Due {
    if !booking.has_open_offer() && booking.waits_until.is_none() {
        return None;
    }
    let id = booking.id;
    let open = booking.is_open();
    let mut due = Earliest::default()
        .or(open.then_some(booking.deadline), Deadline::Search(id))
        .or(booking.client_due.filter(|_| open), Deadline::ClientReturn(id));
    for (_, offer) in booking.open_offers() {
        due = due
            .or(Some(offer.expires_at), Deadline::OfferAnswer(id))
            .or(offer.delivery_due, Deadline::OfferDelivery(id));
    }
    due.or(booking.waits_until.filter(|_| open), Deadline::SearchWait(id)).0
}

pub(super) fn due_of_session(session: &Session) -> Due {
    if !session.is_running() {
        return None;
    }
    Earliest::default()
        .or(session.client_presence.due, Deadline::PartyReturn(session.id, Party::Client))
        .or(session.employee_presence.due, Deadline::PartyReturn(session.id, Party::Employee))
        .0
}

pub(super) fn due_of_employee(no: EmployeeNo, employee: &Employee) -> Due {
    let wrap_ups = employee.load.works().filter_map(|work| match work {
        Work::WrapUp { until } => Some(until),
        Work::Offer(_) | Work::Session(_) => None,
    });
    let back = if let Reach::Grace { until } = employee.reach { Some(until) } else { None };
    Earliest::default()
        .or(wrap_ups.min(), Deadline::WrapUp(no))
        .or(back, Deadline::EmployeeReturn(no))
        .or(employee.lapse_due, Deadline::IntentLapse(no))
        .0
}

/// The earliest of what a thing may have; at the same moment the one that is named first, as [`Deadline`] has them.
#[derive(Default)]
struct Earliest(Due);

impl Earliest {
    #[inline]
    fn or(self, at: Option<Time>, deadline: Deadline) -> Self {
        match (at, self.0) {
            (Some(at), Some((earlier, _))) if earlier <= at => self,
            (Some(at), _) => Self(Some((at, deadline))),
            (None, _) => self,
        }
    }
}

impl Company {
    pub(super) fn due(&self, now: Time) -> Option<(Time, Deadline)> {
        self.deadlines.first().filter(|(at, _)| *at <= now).copied()
    }

    /// What happens because nothing else did in time.
    pub(super) fn decide_deadline(&self, now: Time, deadline: Deadline) -> Vec<Event> {
        match deadline {
            Deadline::Search(id) => self.end_search(id, Outcome::BookingExpired, BookingReason::Deadline),
            Deadline::ClientReturn(id) => self.end_search(id, Outcome::ClientLost, BookingReason::ClientLost),
            Deadline::OfferAnswer(id) => {
                self.close_offers(id, Outcome::TimedOut, None, |_, offer| offer.expires_at <= now)
            }
            Deadline::OfferDelivery(id) => self.miss_delivery(now, id),
            Deadline::PartyReturn(session, _) => {
                vec![Event::SessionEnded { session, by: EndedBy::Lost, reason: None }]
            }
            Deadline::WrapUp(employee) => vec![Event::WrapUpEnded { employee }],
            Deadline::EmployeeReturn(employee) => vec![Event::EmployeeUnreachable { employee }],
            Deadline::IntentLapse(employee) => self.go_offline(employee, IntentBy::Lapsed),
            Deadline::SearchWait(id) => self.end_wait(now, id),
        }
    }

    /// Follows with the deadlines from what a thing had to what it has.
    pub(super) fn rearm(&mut self, was: Due, is: Due) {
        if was != is {
            if let Some(was) = was {
                self.deadlines.remove(&was);
            }
            self.deadlines.extend(is);
        }
    }

    /// The time went ahead by so much, and nothing has less of it left: every deadline moves with it.
    pub(super) fn put_off(&mut self, by_ms: u64) {
        let later = |at: &mut Time| *at = at.plus_ms(by_ms);
        for booking in self.bookings.values_mut().filter(|booking| booking.is_open()) {
            later(&mut booking.deadline);
            booking.client_due.iter_mut().for_each(later);
            booking.waits_until.iter_mut().for_each(later);
            for offer in booking.open_offers_mut() {
                later(&mut offer.expires_at);
                offer.delivery_due.iter_mut().for_each(later);
            }
        }
        for session in self.sessions.values_mut().filter(|session| session.is_running()) {
            for party in [Party::Client, Party::Employee] {
                session.presence_mut(party).due.iter_mut().for_each(later);
            }
        }
        for no in self.roster.numbers() {
            // No status is another by it.
            self.roster.change(no, self.clock, |employee| {
                employee.lapse_due.iter_mut().for_each(later);
                if let Reach::Grace { until } = &mut employee.reach {
                    later(until);
                }
                employee.load.put_off_wrap_ups(later);
            });
        }
        self.deadlines = self.all_deadlines();
    }

    /// All deadlines, from the things themselves.
    pub(super) fn all_deadlines(&self) -> BTreeSet<(Time, Deadline)> {
        let bookings = self.bookings.values().filter_map(due_of_booking);
        let sessions = self.sessions.values().filter_map(due_of_session);
        let employees = self.roster.numbers().filter_map(|no| due_of_employee(no, self.roster.get(no)?));
        bookings.chain(sessions).chain(employees).collect()
    }
}

//! Deadlines of bookings, sessions and employees, and the events that a passed deadline causes.

use std::collections::BTreeSet;

use super::Company;
use crate::booking::{Booking, BookingReason};
use crate::employee::{Employee, Reach};
use crate::event::{Event, IntentBy};
use crate::id::{BookingId, EmployeeNo, SessionId};
use crate::offer::Outcome;
use crate::person::{EndedBy, Party};
use crate::routing::Routed;
use crate::session::Session;
use crate::time::Time;

/// Kind of a deadline. Deadlines of the same moment are handled in this order, so that things without any time left go
/// first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Deadline {
    /// End of the whole search.
    Search(BookingId),
    /// End of the time that a booking may wait.
    WaitOver(BookingId),
    /// A client's return during a search.
    ClientReturn(BookingId),
    /// Answer of the asked employee.
    OfferAnswer(BookingId),
    /// A device's proof that it has the offer.
    OfferDelivery(BookingId),
    /// Opening of the next step of a route.
    StepOpens(BookingId),
    /// The time from which an employee may be asked again.
    AskAgain(BookingId),
    /// A party's return to a session.
    PartyReturn(SessionId, Party),
    /// End of the wrap-up after a session.
    WrapUp(EmployeeNo),
    /// An employee's return to the place in the line.
    EmployeeReturn(EmployeeNo),
    /// End of a pause.
    PauseOver(EmployeeNo),
    /// End of a rest.
    RestOver(EmployeeNo),
    /// End of an idle intent without a device.
    IntentLapse(EmployeeNo),
    /// End of the wait for employees who may come back. This deadline comes last, so that an employee who is free at
    /// that moment is asked.
    SearchWait(BookingId),
}

/// Earliest deadline of one thing. The next deadline takes its place when the earliest has passed or was put off.
pub(super) type NextDeadline = Option<(Time, Deadline)>;

/// A search has an offer out, or waits, as long as it goes on. None of its deadlines comes between the events of a
/// turn.
pub(super) fn due_of_booking(booking: &Booking) -> NextDeadline {
    if !booking.has_open_offer() && booking.waits_until.is_none() && !booking.is_in_line() {
        return None;
    }
    let id = booking.id;
    let open = booking.is_open();
    let answer = booking.open_offers().map(|(_, offer)| offer.expires_at).min();
    let delivery = booking.open_offers().filter_map(|(_, offer)| offer.delivery_due).min();
    let routed = booking.routed.as_deref().filter(|_| open);
    // The end of a hold opens the first step, and ends the wait of a booking that has none.
    let may_end = |routed: &&Routed| booking.is_in_line() && (!routed.is_on_hold() || routed.next_step().is_none());
    let mut due = Earliest::default()
        .or(open.then_some(booking.deadline), Deadline::Search(id))
        .or(routed.filter(may_end).and_then(|routed| routed.wait_until()), Deadline::WaitOver(id))
        .or(booking.client_due.filter(|_| open), Deadline::ClientReturn(id))
        .or(answer, Deadline::OfferAnswer(id))
        .or(delivery, Deadline::OfferDelivery(id));
    if let Some(routed) = routed {
        due =
            due.or(routed.next_step_at(), Deadline::StepOpens(id)).or(booking.asks_again_at(), Deadline::AskAgain(id));
    }
    due.or(booking.waits_until.filter(|_| open), Deadline::SearchWait(id)).0
}

pub(super) fn due_of_session(session: &Session) -> NextDeadline {
    if !session.is_running() {
        return None;
    }
    Earliest::default()
        .or(session.client_presence.due, Deadline::PartyReturn(session.id, Party::Client))
        .or(session.employee_presence.due, Deadline::PartyReturn(session.id, Party::Employee))
        .0
}

pub(super) fn due_of_employee(no: EmployeeNo, employee: &Employee) -> NextDeadline {
    let wrap_ups = employee.load.wrap_ups().map(|wrap_up| wrap_up.until);
    let back = if let Reach::Grace { until } = employee.reach { Some(until) } else { None };
    Earliest::default()
        .or(wrap_ups.min(), Deadline::WrapUp(no))
        .or(back, Deadline::EmployeeReturn(no))
        .or(employee.pause.as_ref().and_then(|pause| pause.until), Deadline::PauseOver(no))
        .or(employee.resting_until, Deadline::RestOver(no))
        .or(employee.lapse_due, Deadline::IntentLapse(no))
        .0
}

/// Earliest of several deadlines. At the same moment the first in the order of [`Deadline`] counts.
#[derive(Default)]
struct Earliest(NextDeadline);

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

    /// Events that a passed deadline causes.
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
            Deadline::WaitOver(id) => {
                vec![Event::BookingEnded { booking: id, reason: BookingReason::WaitedTooLong }]
            }
            Deadline::StepOpens(id) => self.open_next_step(id),
            Deadline::AskAgain(booking) => vec![Event::AskAgainDue { booking }],
            Deadline::WrapUp(employee) => self.end_wrap_ups(now, employee),
            Deadline::EmployeeReturn(employee) => vec![Event::EmployeeUnreachable { employee }],
            Deadline::PauseOver(employee) => self.end_pause(employee),
            Deadline::RestOver(employee) => vec![Event::RestEnded { employee }],
            Deadline::IntentLapse(employee) => self.go_offline(employee, self.intent_off(employee, IntentBy::Lapsed)),
            Deadline::SearchWait(id) => self.end_wait(now, id),
        }
    }

    fn open_next_step(&self, booking: BookingId) -> Vec<Event> {
        let routed = self.bookings.get(booking).and_then(|booking| booking.routed.as_ref());
        let step = routed.and_then(|routed| routed.next_step());
        step.map(|step| Event::StepOpened { booking, step }).into_iter().collect()
    }

    /// Replaces the earlier deadline of a thing by the present one.
    pub(super) fn rearm(&mut self, was: NextDeadline, is: NextDeadline) {
        if was != is {
            if let Some(was) = was {
                self.deadlines.remove(&was);
            }
            self.deadlines.extend(is);
        }
    }

    /// Moves every deadline with a clock that was set ahead, so that nothing has less time left.
    pub(super) fn put_off(&mut self, by_ms: u64) {
        let later = |at: &mut Time| *at = at.plus_ms(by_ms);
        for booking in self.bookings.values_mut().filter(|booking| booking.is_open()) {
            later(&mut booking.deadline);
            booking.client_due.iter_mut().for_each(later);
            booking.waits_until.iter_mut().for_each(later);
            booking.routed.iter_mut().for_each(|routed| routed.put_off(by_ms));
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
            // The moved times leave every status as it is.
            self.roster.change(no, self.clock, |employee| {
                employee.lapse_due.iter_mut().for_each(later);
                if let Reach::Grace { until } = &mut employee.reach {
                    later(until);
                }
                employee.resting_until.iter_mut().for_each(later);
                employee.pause.iter_mut().filter_map(|pause| pause.until.as_mut()).for_each(later);
                employee.load.put_off_wrap_ups(later);
            });
        }
        self.deadlines = self.all_deadlines();
    }

    /// All deadlines, computed from bookings, sessions and employees.
    pub(super) fn all_deadlines(&self) -> BTreeSet<(Time, Deadline)> {
        let bookings = self.bookings.values().filter_map(due_of_booking);
        let sessions = self.sessions.values().filter_map(due_of_session);
        let employees = self.roster.numbers().filter_map(|no| due_of_employee(no, self.roster.get(no)?));
        bookings.chain(sessions).chain(employees).collect()
    }
}

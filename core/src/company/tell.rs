//! Who must hear what after events.

use std::collections::BTreeMap;

use super::{Company, Turn};
use crate::employee::{Intent, Status};
use crate::event::{Event, IntentBy};
use crate::id::{BookingId, EmployeeNo, OfferId, SessionId};
use crate::notice::{Cause, Notice};
use crate::offer::Outcome;
use crate::time::Time;

/// Notices among which a repeat is looked for: what says the same is told close together, and a turn of a great many
/// events must not cost the square of them.
const REPEATS_WITHIN: usize = 16;

/// An employee whose status may change: as it was before, and the cause if it does.
struct Watched {
    was: (Status, Intent),
    cause: Option<Cause>,
}

impl Company {
    /// Applies what was decided and adds it to the turn, with all that must be told.
    pub(super) fn play(&mut self, at: Time, events: Vec<Event>, turn: &mut Turn) {
        let mut watched: BTreeMap<EmployeeNo, Watched> = BTreeMap::new();
        for event in &events {
            if let Some(employee) = self.whose_status(event) {
                self.watch(employee, cause_of(event), &mut watched);
            }
            self.apply(at, event);
            self.tell(event, turn);
        }
        for (employee, Watched { was, cause }) in watched {
            let Some(is) = self.roster.get(employee).map(|e| (e.status(), e.intent)) else { continue };
            if let Some(cause) = cause.filter(|_| is != was) {
                tell_once(turn, Notice::Status { employee, cause });
                tell_once(turn, Notice::BoardEmployee(employee));
            }
        }
        turn.events.extend(events);
    }

    fn watch(&self, employee: EmployeeNo, cause: Option<Cause>, watched: &mut BTreeMap<EmployeeNo, Watched>) {
        if let Some(known) = watched.get_mut(&employee) {
            known.cause = cause.or(known.cause);
        } else if let Some(was) = self.roster.get(employee).map(|e| (e.status(), e.intent)) {
            watched.insert(employee, Watched { was, cause });
        }
    }

    fn whose_status(&self, event: &Event) -> Option<EmployeeNo> {
        match event {
            Event::IntentSet { employee, .. }
            | Event::EmployeeConnected { employee }
            | Event::EmployeeDisconnected { employee }
            | Event::EmployeeUnreachable { employee }
            | Event::WrapUpEnded { employee }
            | Event::OfferMade { employee, .. } => Some(*employee),
            Event::OfferClosed { offer, .. } | Event::OfferAccepted { offer, .. } => {
                self.bookings.get(offer.booking)?.open_offer().map(|offer| offer.employee)
            }
            Event::SessionEnded { session, .. } => self.sessions.get(*session).map(|s| s.employee),
            Event::CompanySet { .. }
            | Event::CompanyRemoved
            | Event::EmployeeSet { .. }
            | Event::EmployeeRemoved { .. }
            | Event::BookingOpened { .. }
            | Event::OfferDelivered { .. }
            | Event::BookingEnded { .. }
            | Event::ClientConnected { .. }
            | Event::ClientDisconnected { .. }
            | Event::PartyEntered { .. }
            | Event::PartyLeft { .. }
            | Event::MessageSent { .. }
            | Event::Resumed => None,
        }
    }

    fn tell(&self, event: &Event, turn: &mut Turn) {
        match event {
            Event::CompanyRemoved => tell_once(turn, Notice::CompanyGone),
            Event::EmployeeSet { employee, .. } => tell_once(turn, Notice::BoardEmployee(*employee)),
            Event::EmployeeRemoved { id, .. } => tell_once(turn, Notice::EmployeeGone(id.clone())),
            Event::BookingOpened { booking, .. } | Event::BookingEnded { booking, .. } => {
                self.tell_booking(*booking, turn);
            }
            Event::OfferMade { offer, employee, .. } => {
                tell_once(turn, Notice::Offer { employee: *employee, offer: *offer });
                self.tell_booking(offer.booking, turn);
            }
            Event::OfferClosed { offer, outcome, .. } => self.tell_offer_closed(*offer, *outcome, turn),
            Event::OfferAccepted { offer, session } => {
                self.tell_offer_closed(*offer, Outcome::Accepted, turn);
                self.tell_booking(offer.booking, turn);
                self.tell_session(*session, turn);
            }
            Event::PartyEntered { session, party } => {
                tell_once(turn, Notice::Peer { session: *session, to: party.other(), online: true });
            }
            Event::PartyLeft { session, party } => {
                tell_once(turn, Notice::Peer { session: *session, to: party.other(), online: false });
            }
            Event::MessageSent { session, message, .. } => {
                tell_once(turn, Notice::Message { session: *session, message: *message });
            }
            Event::SessionEnded { session, .. } => {
                tell_once(turn, Notice::Ended { session: *session });
                self.tell_session(*session, turn);
                if let Some(booking) = self.sessions.get(*session).map(|s| s.booking) {
                    self.tell_booking(booking, turn);
                }
            }
            Event::CompanySet { .. }
            | Event::IntentSet { .. }
            | Event::EmployeeConnected { .. }
            | Event::EmployeeDisconnected { .. }
            | Event::EmployeeUnreachable { .. }
            | Event::WrapUpEnded { .. }
            | Event::OfferDelivered { .. }
            | Event::ClientConnected { .. }
            | Event::ClientDisconnected { .. }
            | Event::Resumed => {}
        }
    }

    fn tell_booking(&self, id: BookingId, turn: &mut Turn) {
        if let Some(booking) = self.bookings.get(id) {
            tell_once(turn, Notice::Booking { client: booking.client.clone(), booking: id });
            tell_once(turn, Notice::BoardBooking(id));
        }
    }

    fn tell_session(&self, id: SessionId, turn: &mut Turn) {
        if let Some(session) = self.sessions.get(id) {
            tell_once(turn, Notice::EmployeeSession { employee: session.employee, session: id });
            tell_once(turn, Notice::BoardSession(id));
        }
    }

    /// An offer that came and went in one turn is not told at all: by the time of the telling there is none.
    fn tell_offer_closed(&self, id: OfferId, outcome: Outcome, turn: &mut Turn) {
        let asked = self.bookings.get(id.booking).and_then(|booking| booking.offer(id.attempt));
        let Some((employee, made_at)) = asked.map(|offer| (offer.employee, offer.made_at)) else { return };
        let untold = Notice::Offer { employee, offer: id };
        let made = if made_at == turn.at { turn.notices.iter().rposition(|told| *told == untold) } else { None };
        match made {
            Some(made) => drop(turn.notices.remove(made)),
            None => tell_once(turn, Notice::OfferClosed { employee, offer: id, outcome }),
        }
    }
}

/// The words are made from the state after the whole turn, so the same notice twice would say the same twice: the later
/// place counts, behind all that led to it.
fn tell_once(turn: &mut Turn, notice: Notice) {
    let from = turn.notices.len().saturating_sub(REPEATS_WITHIN);
    if let Some(earlier) = turn.notices[from..].iter().position(|told| *told == notice) {
        turn.notices.remove(from + earlier);
    }
    turn.notices.push(notice);
}

const fn cause_of(event: &Event) -> Option<Cause> {
    match event {
        Event::OfferMade { .. } => Some(Cause::Offer),
        Event::OfferClosed { outcome, .. } => match outcome {
            Outcome::Rejected => Some(Cause::Declined),
            Outcome::TimedOut | Outcome::Undelivered => Some(Cause::Missed),
            // Going offline is the cause, and was told by then.
            Outcome::WentOffline => None,
            Outcome::Accepted => Some(Cause::SessionStarted),
            Outcome::ClientCancelled | Outcome::ClientLost | Outcome::WithdrawnByAdmin | Outcome::BookingExpired => {
                Some(Cause::Offer)
            }
        },
        Event::OfferAccepted { .. } => Some(Cause::SessionStarted),
        Event::SessionEnded { .. } | Event::WrapUpEnded { .. } => Some(Cause::SessionEnded),
        Event::IntentSet { by, .. } => Some(match by {
            IntentBy::Employee => Cause::SetByEmployee,
            IntentBy::Admin => Cause::SetByAdmin,
            IntentBy::Missed => Cause::Missed,
            IntentBy::Lapsed => Cause::ConnectionLost,
        }),
        Event::EmployeeUnreachable { .. } | Event::EmployeeDisconnected { .. } => Some(Cause::ConnectionLost),
        Event::EmployeeConnected { .. } => Some(Cause::Reconnected),
        Event::CompanySet { .. }
        | Event::CompanyRemoved
        | Event::EmployeeSet { .. }
        | Event::EmployeeRemoved { .. }
        | Event::BookingOpened { .. }
        | Event::OfferDelivered { .. }
        | Event::BookingEnded { .. }
        | Event::ClientConnected { .. }
        | Event::ClientDisconnected { .. }
        | Event::PartyEntered { .. }
        | Event::PartyLeft { .. }
        | Event::MessageSent { .. }
        | Event::Resumed => None,
    }
}

//! Notices that follow from events.

use super::settle::left_alone;
use super::{Company, Turn};
use crate::employee::{Intent, Status};
use crate::event::{Event, IntentBy};
use crate::id::{BookingId, EmployeeNo, OfferId, SessionId};
use crate::notice::{Cause, Notice};
use crate::offer::Outcome;
use crate::revocation::Whose;
use crate::time::Time;

/// Number of earlier notices among which a repeat is looked for. Equal notices are close together, and a turn of very
/// many events must not take quadratic time.
const REPEATS_WITHIN: usize = 16;
/// Initial room for notices, which is enough for most turns that tell anything.
const NOTICES_OF_MOST: usize = 8;

/// An employee whose status may change with an event: as it was before, and the cause of a change.
struct StatusWatch {
    employee: EmployeeNo,
    was: (Status, Intent),
    /// None if the event is no cause by itself.
    cause: Option<Cause>,
    /// Whether the event is told also where status and intent stay: it changes a pause, a rest
    /// or one of several wrap-ups.
    is_told: bool,
}

impl Company {
    /// Applies decided events and adds them to the turn, with the next steps of the searches that they leave alone, and
    /// with all notices.
    pub(super) fn play(&mut self, at: Time, mut events: Vec<Event>, turn: &mut Turn) {
        let is_first = turn.events.is_empty();
        let mut watched = Vec::new();
        let mut played = 0;
        while let Some(event) = events.get(played) {
            if let Some(status) = self.watch(event) {
                watched.push(status);
            }
            self.apply(at, event);
            let told = turn.notices.len();
            self.tell(event, turn);
            drop_repeats(&mut turn.notices, told);
            played += 1;
            if let Some(search) = left_alone(event, events.get(played))
                && let Some(event) = self.settle(at, search)
            {
                events.insert(played, event);
            }
        }
        let told = turn.notices.len();
        // Of the entries of one employee, the first has the earlier status, and the last cause counts.
        watched.sort_by_key(|watched| watched.employee);
        for of_one in watched.chunk_by(|one, next| one.employee == next.employee) {
            let StatusWatch { employee, was, .. } = of_one[0];
            let Some(is) = self.roster.get(employee).map(|e| (e.status(), e.intent)) else { continue };
            if (is != was || of_one.iter().any(|watched| watched.is_told))
                && let Some(cause) = of_one.iter().rev().find_map(|watched| watched.cause)
            {
                turn.tell(Notice::Status { employee, cause });
                turn.tell(Notice::BoardEmployee(employee));
            }
        }
        // A status is told once for all events that were decided together, so only an earlier notice can be repeated.
        if is_first {
            turn.events = events;
        } else {
            drop_repeats(&mut turn.notices, told);
            turn.events.extend(events);
        }
    }

    fn watch(&self, event: &Event) -> Option<StatusWatch> {
        let employee = self.whose_status(event)?;
        let was = self.roster.get(employee).map(|e| (e.status(), e.intent))?;
        let is_told = matches!(event, Event::IntentSet { .. } | Event::RestEnded { .. } | Event::WrapUpEnded { .. });
        Some(StatusWatch { employee, was, cause: cause_of(event), is_told })
    }

    fn whose_status(&self, event: &Event) -> Option<EmployeeNo> {
        match event {
            Event::IntentSet { employee, .. }
            | Event::EmployeeConnected { employee }
            | Event::EmployeeDisconnected { employee }
            | Event::EmployeeUnreachable { employee }
            | Event::WrapUpEnded { employee, .. }
            | Event::RestEnded { employee }
            | Event::OfferMade { employee, .. } => Some(*employee),
            Event::OfferClosed { offer, .. } | Event::OfferAccepted { offer, .. } => {
                self.bookings.get(offer.booking)?.open_offer(offer.attempt).map(|offer| offer.employee)
            }
            Event::SessionEnded { session, .. } => self.sessions.get(*session).map(|s| s.employee),
            Event::CompanySet { .. }
            | Event::RoutingSet { .. }
            | Event::BrandSet { .. }
            | Event::CompanyRemoved
            | Event::EmployeeSet { .. }
            | Event::EmployeeRemoved { .. }
            | Event::AccessRevoked { .. }
            | Event::WrapUpSet { .. }
            | Event::SessionCoded { .. }
            | Event::BookingOpened(_)
            | Event::StepOpened { .. }
            | Event::AskAgainDue { .. }
            | Event::BookingWaits { .. }
            | Event::BookingChanged { .. }
            | Event::OfferDelivered { .. }
            | Event::DeliveryPutOff { .. }
            | Event::SearchWaits { .. }
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

    fn tell(&self, event: &Event, turn: &mut Turn) {
        match event {
            Event::CompanyRemoved => turn.tell(Notice::CompanyGone),
            Event::EmployeeSet { employee, .. } => turn.tell(Notice::BoardEmployee(*employee)),
            // The end of the company is told to all instead.
            Event::AccessRevoked { whose: Whose::Everybody, .. } => {}
            Event::AccessRevoked { whose, .. } => turn.tell(Notice::ShutOut(whose.clone())),
            Event::EmployeeRemoved { id, .. } => turn.tell(Notice::EmployeeGone(id.clone())),
            Event::BookingEnded { booking, .. }
            | Event::BookingWaits { booking, .. }
            | Event::BookingChanged { booking, .. } => self.tell_booking(*booking, turn),
            Event::OfferMade { offer, employee, .. } => {
                turn.tell(Notice::Offer { employee: *employee, offer: *offer });
                self.tell_booking(offer.booking, turn);
            }
            Event::OfferClosed { offer, outcome, .. } => self.tell_offer_closed(*offer, *outcome, turn),
            Event::OfferAccepted { offer, session } => {
                self.tell_offer_closed(*offer, Outcome::Accepted, turn);
                self.tell_booking(offer.booking, turn);
                self.tell_session(*session, turn);
            }
            Event::PartyEntered { session, party } => {
                turn.tell(Notice::Peer { session: *session, to: party.other(), online: true });
            }
            Event::PartyLeft { session, party } => {
                turn.tell(Notice::Peer { session: *session, to: party.other(), online: false });
            }
            Event::MessageSent { session, message, .. } => {
                turn.tell(Notice::Message { session: *session, message: *message });
            }
            Event::NotesWritten { session, .. } => turn.tell(Notice::Notes { session: *session }),
            Event::SessionCoded { session, .. } | Event::WrapUpSet { session, .. } => self.tell_session(*session, turn),
            Event::SessionEnded { session, .. } => {
                turn.tell(Notice::Ended { session: *session });
                self.tell_session(*session, turn);
                if let Some(booking) = self.sessions.get(*session).map(|s| s.booking) {
                    self.tell_booking(booking, turn);
                }
            }
            // A new booking is told with its offer, which comes in the same turn.
            Event::BookingOpened(_)
            | Event::CompanySet { .. }
            | Event::RoutingSet { .. }
            | Event::BrandSet { .. }
            | Event::IntentSet { .. }
            | Event::EmployeeConnected { .. }
            | Event::EmployeeDisconnected { .. }
            | Event::EmployeeUnreachable { .. }
            | Event::WrapUpEnded { .. }
            | Event::RestEnded { .. }
            | Event::StepOpened { .. }
            | Event::AskAgainDue { .. }
            | Event::OfferDelivered { .. }
            | Event::DeliveryPutOff { .. }
            | Event::SearchWaits { .. }
            | Event::ClientConnected { .. }
            | Event::ClientDisconnected { .. }
            | Event::ClockFollowed { .. }
            | Event::Resumed => {}
        }
    }

    fn tell_booking(&self, id: BookingId, turn: &mut Turn) {
        if let Some(booking) = self.bookings.get(id) {
            turn.tell(Notice::Booking { client: booking.client.clone(), booking: id });
            turn.tell(Notice::BoardBooking(id));
        }
    }

    fn tell_session(&self, id: SessionId, turn: &mut Turn) {
        if let Some(session) = self.sessions.get(id) {
            turn.tell(Notice::EmployeeSession { employee: session.employee, session: id });
            turn.tell(Notice::BoardSession(id));
        }
    }

    /// An offer that came and went in one turn is not told at all, because nothing of it is left when notices are sent.
    fn tell_offer_closed(&self, id: OfferId, outcome: Outcome, turn: &mut Turn) {
        let asked = self.bookings.get(id.booking).and_then(|booking| booking.offer(id.attempt));
        let Some((employee, made_at)) = asked.map(|offer| (offer.employee, offer.made_at)) else { return };
        let untold = Notice::Offer { employee, offer: id };
        let made = if made_at == turn.at { turn.notices.iter().rposition(|told| *told == untold) } else { None };
        match made {
            Some(made) => drop(turn.notices.remove(made)),
            None => turn.tell(Notice::OfferClosed { employee, offer: id, outcome }),
        }
    }
}

impl Turn {
    #[inline]
    fn tell(&mut self, notice: Notice) {
        if self.notices.is_empty() {
            self.notices.reserve(NOTICES_OF_MOST);
        }
        self.notices.push(notice);
    }
}

/// Removes the earlier of two equal notices. Texts are made from the state after the whole turn, so both would say the
/// same, and the later place is behind all that led to the notice. One event never tells the same twice, so only
/// notices of earlier events are compared.
fn drop_repeats(notices: &mut Vec<Notice>, mut told: usize) {
    let mut at = told;
    while told > 0 && at < notices.len() {
        let from = at.saturating_sub(REPEATS_WITHIN);
        if let Some(earlier) = (from..told).find(|earlier| notices[*earlier] == notices[at]) {
            notices.remove(earlier);
            told -= 1;
        } else {
            at += 1;
        }
    }
}

/// The cause of the change, if the event changes a status.
const fn cause_of(event: &Event) -> Option<Cause> {
    match event {
        Event::OfferMade { .. } => Some(Cause::Offer),
        Event::OfferClosed { outcome, .. } => match outcome {
            Outcome::Rejected => Some(Cause::Declined),
            Outcome::TimedOut | Outcome::Undelivered | Outcome::BookingExpired => Some(Cause::Missed),
            // The cause is that the employee went offline, which was told before.
            Outcome::WentOffline => None,
            Outcome::Accepted => Some(Cause::SessionStarted),
            Outcome::ClientCancelled | Outcome::ClientLost | Outcome::WithdrawnByAdmin | Outcome::Taken => {
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
            IntentBy::PauseOver => Cause::PauseOver,
        }),
        Event::RestEnded { .. } => Some(Cause::RestOver),
        Event::EmployeeUnreachable { .. } | Event::EmployeeDisconnected { .. } => Some(Cause::ConnectionLost),
        Event::EmployeeConnected { .. } => Some(Cause::Reconnected),
        Event::CompanySet { .. }
        | Event::RoutingSet { .. }
        | Event::BrandSet { .. }
        | Event::CompanyRemoved
        | Event::EmployeeSet { .. }
        | Event::EmployeeRemoved { .. }
        | Event::AccessRevoked { .. }
        | Event::WrapUpSet { .. }
        | Event::SessionCoded { .. }
        | Event::BookingOpened(_)
        | Event::StepOpened { .. }
        | Event::AskAgainDue { .. }
        | Event::BookingWaits { .. }
        | Event::BookingChanged { .. }
        | Event::OfferDelivered { .. }
        | Event::DeliveryPutOff { .. }
        | Event::SearchWaits { .. }
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

//! Notices that follow from events.

use super::settle::left_alone;
use super::{Company, Turn};
use crate::employee::{Intent, Status};
use crate::event::{Event, IntentBy, Subject};
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
    cause: Cause,
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
        // Of the entries of one employee, the first has the earlier status, and the last has the cause that counts.
        watched.sort_by_key(|watched| watched.employee);
        for of_one in watched.chunk_by(|one, next| one.employee == next.employee) {
            let (first, latest) = (&of_one[0], &of_one[of_one.len() - 1]);
            let employee = first.employee;
            if self.roster.get(employee).is_some_and(|e| (e.status(), e.intent) != first.was) {
                turn.tell(Notice::Status { employee, cause: latest.cause });
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
        let cause = cause_of(event)?;
        let employee = match event.about() {
            Subject::Employee(employee) => employee,
            Subject::Booking(_) => self.asked(event)?,
            Subject::Session(session) => self.sessions.get(session)?.employee,
            Subject::Company | Subject::Client => return None,
        };
        let was = self.roster.get(employee).map(|e| (e.status(), e.intent))?;
        Some(StatusWatch { employee, was, cause })
    }

    /// The employee whose offer begins or ends with the event.
    fn asked(&self, event: &Event) -> Option<EmployeeNo> {
        if let Event::OfferMade { employee, .. } = event {
            Some(*employee)
        } else if let Event::OfferClosed { offer, .. } | Event::OfferAccepted { offer, .. } = event {
            Some(self.bookings.get(offer.booking)?.open_offer(offer.attempt)?.employee)
        } else {
            None
        }
    }

    fn tell(&self, event: &Event, turn: &mut Turn) {
        match event.about() {
            Subject::Company => {
                if matches!(event, Event::CompanyRemoved) {
                    turn.tell(Notice::CompanyGone);
                } else if let Event::AccessRevoked { whose, .. } = event
                    // The end of the company is told to all instead.
                    && *whose != Whose::Everybody
                {
                    turn.tell(Notice::ShutOut(whose.clone()));
                }
            }
            Subject::Employee(employee) => {
                if matches!(event, Event::EmployeeSet { .. }) {
                    turn.tell(Notice::BoardEmployee(employee));
                } else if let Event::EmployeeRemoved { id, .. } = event {
                    turn.tell(Notice::EmployeeGone(id.clone()));
                }
            }
            Subject::Client => {}
            Subject::Booking(booking) => self.tell_of_booking(booking, event, turn),
            Subject::Session(session) => self.tell_of_session(session, event, turn),
        }
    }

    /// A new booking is told with its offer, which comes in the same turn.
    fn tell_of_booking(&self, booking: BookingId, event: &Event, turn: &mut Turn) {
        if let Event::OfferMade { offer, employee, .. } = event {
            turn.tell(Notice::Offer { employee: *employee, offer: *offer });
            self.tell_booking(booking, turn);
        } else if let Event::OfferClosed { offer, outcome, .. } = event {
            self.tell_offer_closed(*offer, *outcome, turn);
        } else if let Event::OfferAccepted { offer, session } = event {
            self.tell_offer_closed(*offer, Outcome::Accepted, turn);
            self.tell_booking(booking, turn);
            self.tell_session(*session, turn);
        } else if matches!(event, Event::BookingEnded { .. }) {
            self.tell_booking(booking, turn);
        }
    }

    fn tell_of_session(&self, session: SessionId, event: &Event, turn: &mut Turn) {
        if let Event::PartyEntered { party, .. } = event {
            turn.tell(Notice::Peer { session, to: party.other(), online: true });
        } else if let Event::PartyLeft { party, .. } = event {
            turn.tell(Notice::Peer { session, to: party.other(), online: false });
        } else if let Event::MessageSent { message, .. } = event {
            turn.tell(Notice::Message { session, message: *message });
        } else if matches!(event, Event::NotesWritten { .. }) {
            turn.tell(Notice::Notes { session });
        } else if matches!(event, Event::SessionEnded { .. }) {
            turn.tell(Notice::Ended { session });
            self.tell_session(session, turn);
            if let Some(booking) = self.sessions.get(session).map(|s| s.booking) {
                self.tell_booking(booking, turn);
            }
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
    if let Event::IntentSet { by, .. } = event {
        Some(match by {
            IntentBy::Employee => Cause::SetByEmployee,
            IntentBy::Admin => Cause::SetByAdmin,
            IntentBy::Missed => Cause::Missed,
            IntentBy::Lapsed => Cause::ConnectionLost,
        })
    } else if let Event::OfferClosed { outcome, .. } = event {
        match outcome {
            Outcome::Rejected => Some(Cause::Declined),
            Outcome::TimedOut | Outcome::Undelivered | Outcome::BookingExpired => Some(Cause::Missed),
            // The cause is that the employee went offline, which was told before.
            Outcome::WentOffline => None,
            Outcome::Accepted => Some(Cause::SessionStarted),
            Outcome::ClientCancelled | Outcome::ClientLost | Outcome::WithdrawnByAdmin => Some(Cause::Offer),
        }
    } else if matches!(event, Event::OfferMade { .. }) {
        Some(Cause::Offer)
    } else if matches!(event, Event::OfferAccepted { .. }) {
        Some(Cause::SessionStarted)
    } else if matches!(event, Event::SessionEnded { .. } | Event::WrapUpEnded { .. }) {
        Some(Cause::SessionEnded)
    } else if matches!(event, Event::EmployeeUnreachable { .. } | Event::EmployeeDisconnected { .. }) {
        Some(Cause::ConnectionLost)
    } else if matches!(event, Event::EmployeeConnected { .. }) {
        Some(Cause::Reconnected)
    } else {
        None
    }
}

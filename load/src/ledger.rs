//! The ledger of a run: every booking as its people saw it, and the contradictions among their views.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use switchboard_core::{BookingId, SessionId};

/// Contradictions that are described; the rest are only counted.
const SHOWN: usize = 10;

/// All bookings of a run.
#[derive(Default)]
pub(super) struct Ledger(Mutex<Books>);

#[derive(Default)]
struct Books {
    running: HashMap<BookingId, Course>,
    over: HashSet<BookingId>,
    checked: Checked,
}

/// One booking's course so far.
#[derive(Default)]
struct Course {
    /// The time from which waits are measured; none until the client knows the id, and for a booking that does not
    /// count.
    since: Option<Instant>,
    offered_at: Option<Instant>,
    asked: Vec<(u32, usize)>,
    answered: Option<AcceptedOffer>,
    session: Option<SessionId>,
    end_at: Option<Instant>,
}

/// The times of an accepted offer.
#[derive(Clone, Copy)]
struct AcceptedOffer {
    offered_at: Instant,
    thought: Duration,
}

/// The number of checked offers and sessions, and the contradictions among them.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Checked {
    pub offers: u64,
    pub sessions: u64,
    pub contradictions: u64,
    /// Descriptions of the first contradictions.
    pub first: Vec<String>,
}

/// A wait, if both of its ends are known and the booking counts.
pub(super) type Took = Option<Duration>;

impl Ledger {
    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the id of a booking, which its client has just learned. Returns the wait for the first offer, if that came
    /// before.
    pub(super) fn booked(&self, booking: BookingId, since: Option<Instant>) -> Took {
        let mut books = self.books();
        let course = books.running.entry(booking).or_default();
        course.since = since;
        // The employee may hear of the offer before the client gets the reply to `book`.
        Some(course.offered_at?.saturating_duration_since(since?))
    }

    /// Notes and checks an offer to an employee. Returns the wait from the booking to its first offer.
    pub(super) fn offered(&self, booking: BookingId, attempt: u32, employee: usize, at: Instant) -> Took {
        let mut books = self.books();
        books.checked.offers += 1;
        if books.over.contains(&booking) {
            books.contradiction(format!("employee {employee} was asked for booking {booking}, which was over"));
            return None;
        }
        let course = books.running.entry(booking).or_default();
        let twice = course.asked.iter().find(|(earlier, who)| *earlier == attempt || *who == employee).copied();
        let given = course.session;
        course.asked.push((attempt, employee));
        let first = course.offered_at.is_none();
        course.offered_at.get_or_insert(at);
        let since = course.since;
        if let Some((earlier, who)) = twice {
            books.contradiction(format!(
                "booking {booking} asked employee {who} with attempt {earlier} and employee {employee} with attempt {attempt}"
            ));
        }
        if let Some(session) = given {
            books.contradiction(format!("booking {booking} asked employee {employee} though it had session {session}"));
        }
        if first { Some(at.saturating_duration_since(since?)) } else { None }
    }

    /// Notes that an employee accepts, after some thought.
    pub(super) fn accepts(&self, booking: BookingId, offered_at: Instant, thought: Duration) {
        if let Some(course) = self.books().running.get_mut(&booking) {
            course.answered = Some(AcceptedOffer { offered_at, thought });
        }
    }

    /// Notes and checks the session of a booking, as an employee or a client was told.
    pub(super) fn session(&self, booking: BookingId, session: SessionId, told: &str) {
        let mut books = self.books();
        let over = books.over.contains(&booking);
        let known = if over { None } else { books.running.entry(booking).or_default().session.replace(session) };
        if over {
            books.contradiction(format!("{told} was told session {session} of booking {booking}, which was over"));
        } else if let Some(known) = known.filter(|known| *known != session) {
            books.contradiction(format!("booking {booking} has session {known}, and {told} was told {session}"));
        } else if known.is_none() {
            books.checked.sessions += 1;
        }
    }

    /// Returns the waits of a client whose booking is assigned: since the offer, without the employee's thought, and
    /// since the booking.
    pub(super) fn assigned(&self, booking: BookingId, at: Instant) -> (Took, Took) {
        let books = self.books();
        let Some(course) = books.running.get(&booking) else { return (None, None) };
        let Some(since) = course.since else { return (None, None) };
        let from_offer = course
            .answered
            .map(|answered| at.saturating_duration_since(answered.offered_at).saturating_sub(answered.thought));
        (from_offer, Some(at.saturating_duration_since(since)))
    }

    /// Notes that a client ends the session.
    pub(super) fn ends(&self, booking: BookingId, at: Instant) {
        if let Some(course) = self.books().running.get_mut(&booking) {
            course.end_at = Some(at);
        }
    }

    /// Closes a booking whose employee is idle again. Returns the wait since the client's `end`.
    pub(super) fn idle_again(&self, booking: BookingId, at: Instant) -> Took {
        let mut books = self.books();
        let course = books.running.remove(&booking)?;
        books.over.insert(booking);
        // A booking of the warm-up is checked and not measured.
        course.since?;
        Some(at.saturating_duration_since(course.end_at?))
    }

    /// Closes a booking that ended without a session.
    pub(super) fn ended_without(&self, booking: BookingId) {
        let mut books = self.books();
        let given = books.running.remove(&booking).and_then(|course| course.session);
        if let Some(session) = given {
            books.contradiction(format!("booking {booking} ended without a session, and had {session}"));
        }
        books.over.insert(booking);
    }

    /// Notes a contradiction that one person alone can see, such as a second open offer.
    pub(super) fn contradiction(&self, what: String) {
        self.books().contradiction(what);
    }

    /// The result of all checks.
    pub(super) fn checked(&self) -> Checked {
        self.books().checked.clone()
    }
}

impl Books {
    fn contradiction(&mut self, what: String) {
        self.checked.contradictions += 1;
        if self.checked.first.len() < SHOWN {
            self.checked.first.push(what);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOOKING: BookingId = BookingId::from_u128(1);
    const SESSION: SessionId = SessionId::from_u128(2);
    const OTHER: SessionId = SessionId::from_u128(3);

    #[test]
    fn times_are_known_in_whichever_order_the_news_comes() {
        let start = Instant::now();
        let later = start + Duration::from_millis(5);
        let ledger = Ledger::default();
        assert_eq!(ledger.offered(BOOKING, 1, 7, later), None);
        assert_eq!(ledger.booked(BOOKING, Some(start)), Some(Duration::from_millis(5)));
        let other = BookingId::from_u128(9);
        assert_eq!(ledger.booked(other, Some(start)), None);
        assert_eq!(ledger.offered(other, 1, 8, later), Some(Duration::from_millis(5)));
        assert_eq!(ledger.offered(other, 2, 9, later), None, "the second is not the first");
        ledger.accepts(BOOKING, later, Duration::from_millis(2));
        let at = start + Duration::from_millis(10);
        let took = ledger.assigned(BOOKING, at);
        assert_eq!(took, (Some(Duration::from_millis(3)), Some(Duration::from_millis(10))));
        ledger.ends(BOOKING, at);
        assert_eq!(ledger.idle_again(BOOKING, at + Duration::from_millis(1)), Some(Duration::from_millis(1)));
        assert_eq!(ledger.checked().contradictions, 0);
    }

    #[test]
    fn whatever_is_booked_twice_is_a_contradiction() {
        let now = Instant::now();
        let offer = |ledger: &Ledger, attempt, employee| {
            ledger.offered(BOOKING, attempt, employee, now);
        };
        let wrong = |what: &dyn Fn(&Ledger)| {
            let ledger = Ledger::default();
            ledger.offered(BOOKING, 1, 7, now);
            what(&ledger);
            ledger.checked().contradictions
        };
        assert_eq!(wrong(&|ledger| offer(ledger, 2, 8)), 0, "the next one is asked");
        assert_eq!(wrong(&|ledger| offer(ledger, 1, 8)), 1, "one attempt, two employees");
        assert_eq!(wrong(&|ledger| offer(ledger, 2, 7)), 1, "one employee, two attempts");
        let session = |ledger: &Ledger, session| ledger.session(BOOKING, session, "somebody");
        assert_eq!(
            wrong(&|ledger| {
                session(ledger, SESSION);
                session(ledger, SESSION);
            }),
            0,
            "both were told the same"
        );
        assert_eq!(
            wrong(&|ledger| {
                session(ledger, SESSION);
                session(ledger, OTHER);
            }),
            1,
            "two sessions"
        );
        assert_eq!(
            wrong(&|ledger| {
                session(ledger, SESSION);
                offer(ledger, 2, 8);
            }),
            1
        );
        assert_eq!(
            wrong(&|ledger| {
                session(ledger, SESSION);
                ledger.ended_without(BOOKING);
            }),
            1
        );
        assert_eq!(
            wrong(&|ledger| {
                ledger.ended_without(BOOKING);
                session(ledger, SESSION);
            }),
            1,
            "it was over"
        );
        assert_eq!(
            wrong(&|ledger| {
                ledger.idle_again(BOOKING, now);
                offer(ledger, 2, 8);
            }),
            1
        );
    }
}

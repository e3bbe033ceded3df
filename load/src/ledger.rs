//! What became of every booking, as its people were told: who was asked, who got it, and whether anybody got two.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use switchboard_core::{BookingId, SessionId};

/// Contradictions that are kept in words; the rest are counted.
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
    /// From when it is measured; none until the client knows its id, and for a booking that does not count.
    since: Option<Instant>,
    offered_at: Option<Instant>,
    asked: Vec<(u32, usize)>,
    answered: Option<Answered>,
    session: Option<SessionId>,
    end_at: Option<Instant>,
}

/// The offer that an employee said yes to.
#[derive(Clone, Copy)]
struct Answered {
    offered_at: Instant,
    thought: Duration,
}

/// What was looked at, and what was wrong with it.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Checked {
    /// Offers that employees were told of.
    pub offers: u64,
    /// Sessions that employees were told of.
    pub sessions: u64,
    /// Whoever or whatever was booked twice.
    pub contradictions: u64,
    /// The first of them, in words.
    pub first: Vec<String>,
}

/// How long it took from one thing to another.
pub(super) type Took = Option<Duration>;

impl Ledger {
    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A client was told the id of the booking. Gives the time to the first offer, if that came before.
    pub(super) fn booked(&self, booking: BookingId, since: Option<Instant>) -> Took {
        let mut books = self.books();
        let course = books.running.entry(booking).or_default();
        course.since = since;
        Some(course.offered_at?.saturating_duration_since(since?))
    }

    /// An employee was told an offer. Gives the time from the booking to its first offer, if both are known.
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

    /// An employee says yes, having thought about it.
    pub(super) fn accepts(&self, booking: BookingId, offered_at: Instant, thought: Duration) {
        if let Some(course) = self.books().running.get_mut(&booking) {
            course.answered = Some(Answered { offered_at, thought });
        }
    }

    /// An employee or a client was told the booking's session.
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

    /// A client was told that the booking is assigned. Gives the times since the offer, without the employee's
    /// thinking, and since the booking.
    pub(super) fn assigned(&self, booking: BookingId, at: Instant) -> (Took, Took) {
        let books = self.books();
        let Some(course) = books.running.get(&booking) else { return (None, None) };
        let Some(since) = course.since else { return (None, None) };
        let from_offer = course
            .answered
            .map(|answered| at.saturating_duration_since(answered.offered_at).saturating_sub(answered.thought));
        (from_offer, Some(at.saturating_duration_since(since)))
    }

    /// A client ends the session.
    pub(super) fn ends(&self, booking: BookingId, at: Instant) {
        if let Some(course) = self.books().running.get_mut(&booking) {
            course.end_at = Some(at);
        }
    }

    /// The employee can be asked again: nothing more may come of the booking. Gives the time since its end.
    pub(super) fn idle_again(&self, booking: BookingId, at: Instant) -> Took {
        let mut books = self.books();
        let course = books.running.remove(&booking)?;
        books.over.insert(booking);
        course.since?;
        Some(at.saturating_duration_since(course.end_at?))
    }

    /// The booking ended without a session: nothing more may come of it.
    pub(super) fn ended_without(&self, booking: BookingId) {
        let mut books = self.books();
        let given = books.running.remove(&booking).and_then(|course| course.session);
        if let Some(session) = given {
            books.contradiction(format!("booking {booking} ended without a session, and had {session}"));
        }
        books.over.insert(booking);
    }

    /// Somebody was told what cannot be.
    pub(super) fn contradiction(&self, what: String) {
        self.books().contradiction(what);
    }

    /// What was looked at.
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

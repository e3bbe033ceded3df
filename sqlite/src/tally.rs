//! Counts of bookings, offers and sessions that began within a time, as statistics show them.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};
use switchboard_core::{BookingId, CompanyId, EmployeeId, Time};
use utoipa::ToSchema;

use crate::Error;
use crate::columns::{ms, unreadable};
use crate::spread::{Durations, Kept, Spread};

/// How far an id's time may be from the time of what it names: it is drawn a moment before, by the wall clock, and a
/// company's own time stands still for as long as that clock went back.
const ID_SLACK_MS: u64 = 60 * 60 * 1000;
/// The same where a day is counted once, and for good.
const ID_SLACK_OF_DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// What stands for an outcome that is not there yet, and for nobody who ended a session.
const OPEN: &str = "open";
const NOBODY: &str = "nobody";

macro_rules! offers {
    ($from:literal, $where:literal) => {
        concat!(
            "SELECT o.employee_id, o.outcome, o.delivered_at - o.made_at, o.closed_at - o.made_at FROM ",
            $from,
            " JOIN bookings b ON b.company_id = o.company_id AND b.id = o.booking_id
             WHERE o.company_id = ?1 AND o.booking_id >= ?2 AND o.booking_id < ?3
                 AND b.created_at >= ?4 AND b.created_at < ?5 AND ",
            $where
        )
    };
}
macro_rules! sessions {
    ($from:literal, $where:literal) => {
        concat!(
            "SELECT employee_id, ended_by, ended_at - started_at FROM ",
            $from,
            " WHERE company_id = ?1 AND id >= ?2 AND id < ?3 AND started_at >= ?4 AND started_at < ?5 AND ",
            $where
        )
    };
}

/// A time: its begin is in it, its end is not.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// Its begin.
    pub from: Time,
    /// Its end.
    pub to: Time,
}

/// What is counted, and how far around it ids are looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    range: Range,
    slack_ms: u64,
}

impl Span {
    /// A part of a question's time.
    pub(super) const fn part(range: Range) -> Self {
        Self { range, slack_ms: ID_SLACK_MS }
    }

    /// A whole day.
    pub(super) const fn day(range: Range) -> Self {
        Self { range, slack_ms: ID_SLACK_OF_DAY_MS }
    }

    /// The ids that can be of this time, so that only their part of a table is read: those from one until before
    /// another.
    pub(super) fn ids(self) -> (String, String) {
        let (from, to) = (self.range.from.as_ms(), self.range.to.as_ms());
        (first_id(from.saturating_sub(self.slack_ms)), first_id(to.saturating_add(self.slack_ms)))
    }
}

/// The least id of that time, in milliseconds.
fn first_id(ms: u64) -> String {
    BookingId::from_u128(u128::from(ms.min((1 << 48) - 1)) << 80).to_string()
}

/// Bookings that began within the time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BookingsCounted)]
pub struct Bookings {
    total: u64,
    offering: u64,
    assigned: u64,
    unanswered: u64,
    cancelled: u64,
    expired: u64,
    everyone_declined: u64,
    nobody_left: u64,
    client_cancelled: u64,
    client_lost: u64,
    deadline: u64,
    closed_by_admin: u64,
    time_to_first_offer: Durations,
    time_to_answer: Durations,
    /// Of those that are over, assigned within the time that was asked for.
    assigned_within: u64,
    #[schema(required, minimum = 0, maximum = 1)]
    service_level: Option<f64>,
}

/// Offers of the bookings that began within the time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OffersCounted)]
pub struct Offers {
    made: u64,
    open: u64,
    accepted: u64,
    rejected: u64,
    timed_out: u64,
    undelivered: u64,
    went_offline: u64,
    client_cancelled: u64,
    client_lost: u64,
    withdrawn_by_admin: u64,
    booking_expired: u64,
    /// Accepted, of those that were not taken away before the employee could answer.
    #[schema(required, minimum = 0, maximum = 1)]
    acceptance_rate: Option<f64>,
    time_to_delivery: Durations,
    time_to_answer: Durations,
}

/// Sessions that began within the time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SessionsCounted)]
pub struct Sessions {
    started: u64,
    running: u64,
    ended_by_client: u64,
    ended_by_employee: u64,
    ended_by_admin: u64,
    lost: u64,
    length: Durations,
}

/// Words and how often each came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Words(BTreeMap<String, u64>);

impl Words {
    fn count(&mut self, word: &str) {
        self.add(word, 1);
    }

    fn add(&mut self, word: &str, times: u64) {
        match self.0.get_mut(word) {
            Some(count) => *count += times,
            None => drop(self.0.insert(word.to_owned(), times)),
        }
    }

    fn add_all(&mut self, kept: &Self) {
        kept.0.iter().for_each(|(word, times)| self.add(word, *times));
    }

    fn of(&self, word: &str) -> u64 {
        self.0.get(word).copied().unwrap_or(0)
    }

    fn all(&self) -> u64 {
        self.0.values().sum()
    }
}

fn share(part: u64, all: u64) -> Option<f64> {
    (all > 0).then(|| (part as f64 / all as f64 * 10_000.0).round() / 10_000.0)
}

/// Counts of bookings as they come in, or as they are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct BookingTally<D = Spread> {
    states: Words,
    reasons: Words,
    to_first_offer: D,
    to_answer: D,
    /// How many were assigned in each second since they began: any service level can be told from them.
    assigned_in_s: BTreeMap<u64, u64>,
}

impl BookingTally<Kept> {
    /// Whether none of them searches, and each that was assigned has its session.
    pub(super) fn is_settled(&self) -> bool {
        self.states.of("offering") == 0 && self.states.of("assigned") == self.to_answer.count()
    }
}

impl BookingTally {
    /// Adds the bookings that began within the time.
    pub(super) fn count(&mut self, connection: &Connection, company: &CompanyId, span: Span) -> Result<(), Error> {
        let sql = "SELECT b.state, b.reason, o.made_at - b.created_at, s.started_at - b.created_at
                   FROM bookings b LEFT JOIN sessions s ON s.company_id = b.company_id AND s.id = b.session_id
                   LEFT JOIN offers o ON o.company_id = b.company_id AND o.booking_id = b.id AND o.attempt = 1
                   WHERE b.company_id = ?1 AND b.id >= ?2 AND b.id < ?3 AND b.created_at >= ?4 AND b.created_at < ?5";
        each(connection, sql, company, None, span, |row| {
            self.states.count(text(row, 0)?.unwrap_or_default());
            if let Some(reason) = text(row, 1)? {
                self.reasons.count(reason);
            }
            if let Some(ms) = duration(row, 2)? {
                self.to_first_offer.add(ms);
            }
            if let Some(ms) = duration(row, 3)? {
                self.to_answer.add(ms);
                *self.assigned_in_s.entry(ms.div_ceil(1000)).or_default() += 1;
            }
            Ok(())
        })
    }

    pub(super) fn kept(self) -> BookingTally<Kept> {
        let Self { states, reasons, to_first_offer, to_answer, assigned_in_s } = self;
        let (to_first_offer, to_answer) = (to_first_offer.kept(), to_answer.kept());
        BookingTally { states, reasons, to_first_offer, to_answer, assigned_in_s }
    }

    pub(super) fn add_kept(&mut self, kept: &BookingTally<Kept>) {
        self.states.add_all(&kept.states);
        self.reasons.add_all(&kept.reasons);
        self.to_first_offer.add_kept(&kept.to_first_offer);
        self.to_answer.add_kept(&kept.to_answer);
        for (second, count) in &kept.assigned_in_s {
            *self.assigned_in_s.entry(*second).or_default() += count;
        }
    }

    pub(super) fn total(&self) -> u64 {
        self.states.all()
    }

    pub(super) fn counted(self, within_s: u64) -> Bookings {
        let Self { states, reasons, .. } = &self;
        let assigned_within = self.assigned_in_s.range(..=within_s).map(|(_, count)| count).sum();
        let (total, offering) = (self.total(), states.of("offering"));
        Bookings {
            total,
            offering,
            assigned: states.of("assigned"),
            unanswered: states.of("unanswered"),
            cancelled: states.of("cancelled"),
            expired: states.of("expired"),
            everyone_declined: reasons.of("everyone_declined"),
            nobody_left: reasons.of("nobody_left"),
            client_cancelled: reasons.of("client_cancelled"),
            client_lost: reasons.of("client_lost"),
            deadline: reasons.of("deadline"),
            closed_by_admin: reasons.of("closed_by_admin"),
            service_level: share(assigned_within, total - offering),
            assigned_within,
            time_to_first_offer: self.to_first_offer.durations(),
            time_to_answer: self.to_answer.durations(),
        }
    }
}

/// Counts of offers as they come in, or as they are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OfferTally<D = Spread> {
    outcomes: Words,
    to_delivery: D,
    to_answer: D,
}

impl OfferTally {
    /// Hands over the offers of bookings that began within the time, each with who was asked.
    fn each(
        connection: &Connection,
        company: &CompanyId,
        only: Option<&EmployeeId>,
        span: Span,
        mut each_offer: impl FnMut(&str, &dyn Fn(&mut Self)),
    ) -> Result<(), Error> {
        let sql = match only {
            None => offers!("offers o", "TRUE"),
            Some(_) => offers!("offers o INDEXED BY offers_by_employee", "o.employee_id = ?6"),
        };
        each(connection, sql, company, only, span, |row| {
            let outcome = text(row, 1)?.unwrap_or(OPEN);
            let (delivery, answer) = (duration(row, 2)?, duration(row, 3)?);
            each_offer(text(row, 0)?.unwrap_or_default(), &|tally| tally.add(outcome, delivery, answer));
            Ok(())
        })
    }

    fn add(&mut self, outcome: &str, delivery: Option<u64>, answer: Option<u64>) {
        self.outcomes.count(outcome);
        if let Some(ms) = delivery {
            self.to_delivery.add(ms);
        }
        if let Some(ms) = answer.filter(|_| matches!(outcome, "accepted" | "rejected")) {
            self.to_answer.add(ms);
        }
    }

    fn kept(self) -> OfferTally<Kept> {
        let Self { outcomes, to_delivery, to_answer } = self;
        OfferTally { outcomes, to_delivery: to_delivery.kept(), to_answer: to_answer.kept() }
    }

    fn add_kept(&mut self, kept: &OfferTally<Kept>) {
        self.outcomes.add_all(&kept.outcomes);
        self.to_delivery.add_kept(&kept.to_delivery);
        self.to_answer.add_kept(&kept.to_answer);
    }

    fn counted(self) -> Offers {
        let of = |outcome| self.outcomes.of(outcome);
        let accepted = of("accepted");
        let (no, missed) =
            (of("rejected") + of("went_offline"), of("timed_out") + of("undelivered") + of("booking_expired"));
        Offers {
            made: self.outcomes.all(),
            open: of(OPEN),
            accepted,
            rejected: of("rejected"),
            timed_out: of("timed_out"),
            undelivered: of("undelivered"),
            went_offline: of("went_offline"),
            client_cancelled: of("client_cancelled"),
            client_lost: of("client_lost"),
            withdrawn_by_admin: of("withdrawn_by_admin"),
            booking_expired: of("booking_expired"),
            acceptance_rate: share(accepted, accepted + no + missed),
            time_to_delivery: self.to_delivery.durations(),
            time_to_answer: self.to_answer.durations(),
        }
    }
}

/// Counts of sessions as they come in, or as they are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SessionTally<D = Spread> {
    ended_by: Words,
    length: D,
}

impl SessionTally {
    /// Hands over the sessions that began within the time, each with whose it was.
    fn each(
        connection: &Connection,
        company: &CompanyId,
        only: Option<&EmployeeId>,
        span: Span,
        mut each_session: impl FnMut(&str, &dyn Fn(&mut Self)),
    ) -> Result<(), Error> {
        let sql = match only {
            None => sessions!("sessions", "TRUE"),
            Some(_) => sessions!("sessions INDEXED BY sessions_by_employee", "employee_id = ?6"),
        };
        each(connection, sql, company, only, span, |row| {
            let (ended_by, length) = (text(row, 1)?.unwrap_or(NOBODY), duration(row, 2)?);
            each_session(text(row, 0)?.unwrap_or_default(), &|tally| tally.add(ended_by, length));
            Ok(())
        })
    }

    fn add(&mut self, ended_by: &str, length: Option<u64>) {
        self.ended_by.count(ended_by);
        if let Some(ms) = length {
            self.length.add(ms);
        }
    }

    fn kept(self) -> SessionTally<Kept> {
        SessionTally { ended_by: self.ended_by, length: self.length.kept() }
    }

    fn add_kept(&mut self, kept: &SessionTally<Kept>) {
        self.ended_by.add_all(&kept.ended_by);
        self.length.add_kept(&kept.length);
    }

    fn counted(self) -> Sessions {
        Sessions {
            started: self.ended_by.all(),
            running: self.ended_by.of(NOBODY),
            ended_by_client: self.ended_by.of("client"),
            ended_by_employee: self.ended_by.of("employee"),
            ended_by_admin: self.ended_by.of("admin"),
            lost: self.ended_by.of("lost"),
            length: self.length.durations(),
        }
    }
}

/// Counts of what one employee did, or all of a company: offers and sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct WorkTally<D = Spread> {
    offers: OfferTally<D>,
    sessions: SessionTally<D>,
}

impl WorkTally<Kept> {
    /// Whether no offer is open and no session runs.
    pub(super) fn is_settled(&self) -> bool {
        self.offers.outcomes.of(OPEN) == 0 && self.sessions.ended_by.of(NOBODY) == 0
    }
}

impl WorkTally {
    /// Hands over the offers of bookings and the sessions that began within the time, each with whose it was. Where only
    /// one's are wanted, nobody else's are read.
    pub(super) fn each(
        connection: &Connection,
        company: &CompanyId,
        only: Option<&EmployeeId>,
        span: Span,
        mut each: impl FnMut(&str, &dyn Fn(&mut Self)),
    ) -> Result<(), Error> {
        OfferTally::each(connection, company, only, span, |id, add| each(id, &|work| add(&mut work.offers)))?;
        SessionTally::each(connection, company, only, span, |id, add| each(id, &|work| add(&mut work.sessions)))
    }

    pub(super) fn kept(self) -> WorkTally<Kept> {
        WorkTally { offers: self.offers.kept(), sessions: self.sessions.kept() }
    }

    pub(super) fn add_kept(&mut self, kept: &WorkTally<Kept>) {
        self.offers.add_kept(&kept.offers);
        self.sessions.add_kept(&kept.sessions);
    }

    pub(super) fn counted(self) -> (Offers, Sessions) {
        (self.offers.counted(), self.sessions.counted())
    }
}

fn each(
    connection: &Connection,
    sql: &str,
    company: &CompanyId,
    only: Option<&EmployeeId>,
    span: Span,
    mut read: impl FnMut(&Row<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let ((first, end), range) = (span.ids(), span.range);
    let mut query = connection.prepare_cached(sql)?;
    let time = params![company.as_str(), first, end, ms(range.from), ms(range.to)];
    let mut rows = match only {
        None => query.query(time)?,
        Some(employee) => query.query([time, params![employee.as_str()]].concat().as_slice())?,
    };
    while let Some(row) = rows.next()? {
        read(row)?;
    }
    Ok(())
}

fn text<'a>(row: &'a Row<'_>, at: usize) -> Result<Option<&'a str>, Error> {
    row.get_ref(at)?.as_str_or_null().map_err(unreadable)
}

/// Time does not go back within one company: what would be negative comes of a damaged store.
fn duration(row: &Row<'_>, at: usize) -> Result<Option<u64>, Error> {
    let ms: Option<i64> = row.get(at)?;
    Ok(ms.map(|ms| u64::try_from(ms).unwrap_or(0)))
}

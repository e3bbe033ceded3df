//! Counts of bookings, offers and sessions that began within a time, as statistics show them.

use rusqlite::{Connection, Row, params};
use serde::Serialize;
use switchboard_core::{BookingId, CompanyId, EmployeeId, Time};
use utoipa::ToSchema;

use super::StoreError;
use super::reader::unreadable;
use super::spread::{Durations, Spread};
use super::tables::ms;

/// How far an id's time may be from the time of what it names: it is drawn a moment before.
const ID_SLACK_MS: u64 = 60_000;

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

impl Range {
    /// The ids that can be of this time, so that only their part of a table is read.
    fn ids(self) -> (String, String) {
        let first = |ms: u64| BookingId::from_u128(u128::from(ms) << 80).to_string();
        let (from, to) = (self.from.as_ms(), self.to.as_ms());
        (first(from.saturating_sub(ID_SLACK_MS)), first(to.saturating_add(ID_SLACK_MS).min((1 << 48) - 1)))
    }
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
#[derive(Debug, Default)]
struct Words(Vec<(String, u64)>);

impl Words {
    fn count(&mut self, word: &str) {
        match self.0.iter_mut().find(|(known, _)| known == word) {
            Some((_, count)) => *count += 1,
            None => self.0.push((word.to_owned(), 1)),
        }
    }

    fn of(&self, word: &str) -> u64 {
        self.0.iter().find(|(known, _)| known == word).map_or(0, |(_, count)| *count)
    }

    fn all(&self) -> u64 {
        self.0.iter().map(|(_, count)| count).sum()
    }
}

fn share(part: u64, all: u64) -> Option<f64> {
    (all > 0).then(|| (part as f64 / all as f64 * 10_000.0).round() / 10_000.0)
}

/// Counts of bookings as they come in.
#[derive(Debug, Default)]
pub(super) struct BookingTally {
    states: Words,
    reasons: Words,
    to_first_offer: Spread,
    to_answer: Spread,
    assigned_within: u64,
}

impl BookingTally {
    pub(super) fn read(
        connection: &Connection,
        company: &CompanyId,
        range: Range,
        within_ms: u64,
    ) -> Result<Bookings, StoreError> {
        let sql = "SELECT b.state, b.reason, o.made_at - b.created_at, s.started_at - b.created_at
                   FROM bookings b LEFT JOIN sessions s ON s.company_id = b.company_id AND s.id = b.session_id
                   LEFT JOIN offers o ON o.company_id = b.company_id AND o.booking_id = b.id AND o.attempt = 1
                   WHERE b.company_id = ?1 AND b.id >= ?2 AND b.id < ?3 AND b.created_at >= ?4 AND b.created_at < ?5";
        let mut tally = Self::default();
        each(connection, sql, company, None, range, |row| {
            tally.states.count(text(row, 0)?.unwrap_or_default());
            if let Some(reason) = text(row, 1)? {
                tally.reasons.count(reason);
            }
            if let Some(ms) = duration(row, 2)? {
                tally.to_first_offer.add(ms);
            }
            if let Some(ms) = duration(row, 3)? {
                tally.to_answer.add(ms);
                tally.assigned_within += u64::from(ms <= within_ms);
            }
            Ok(())
        })?;
        Ok(tally.counted())
    }

    fn counted(self) -> Bookings {
        let Self { states, reasons, .. } = &self;
        let (total, offering) = (states.all(), states.of("offering"));
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
            service_level: share(self.assigned_within, total - offering),
            assigned_within: self.assigned_within,
            time_to_first_offer: self.to_first_offer.durations(),
            time_to_answer: self.to_answer.durations(),
        }
    }
}

/// Counts of offers as they come in.
#[derive(Debug, Default)]
pub(super) struct OfferTally {
    outcomes: Words,
    to_delivery: Spread,
    to_answer: Spread,
}

impl OfferTally {
    /// Hands over the offers of bookings that began within the time, each with who was asked.
    pub(super) fn each(
        connection: &Connection,
        company: &CompanyId,
        only: Option<&EmployeeId>,
        range: Range,
        mut each_offer: impl FnMut(&str, &dyn Fn(&mut Self)),
    ) -> Result<(), StoreError> {
        let sql = match only {
            None => offers!("offers o", "TRUE"),
            Some(_) => offers!("offers o INDEXED BY offers_by_employee", "o.employee_id = ?6"),
        };
        each(connection, sql, company, only, range, |row| {
            let outcome = text(row, 1)?.unwrap_or("open");
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

    pub(super) fn counted(self) -> Offers {
        let of = |outcome| self.outcomes.of(outcome);
        let accepted = of("accepted");
        let (no, missed) =
            (of("rejected") + of("went_offline"), of("timed_out") + of("undelivered") + of("booking_expired"));
        Offers {
            made: self.outcomes.all(),
            open: of("open"),
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

/// Counts of sessions as they come in.
#[derive(Debug, Default)]
pub(super) struct SessionTally {
    ended_by: Words,
    length: Spread,
}

impl SessionTally {
    /// Hands over the sessions that began within the time, each with whose it was.
    pub(super) fn each(
        connection: &Connection,
        company: &CompanyId,
        only: Option<&EmployeeId>,
        range: Range,
        mut each_session: impl FnMut(&str, &dyn Fn(&mut Self)),
    ) -> Result<(), StoreError> {
        let sql = match only {
            None => sessions!("sessions", "TRUE"),
            Some(_) => sessions!("sessions INDEXED BY sessions_by_employee", "employee_id = ?6"),
        };
        each(connection, sql, company, only, range, |row| {
            let (ended_by, length) = (text(row, 1)?.unwrap_or("nobody"), duration(row, 2)?);
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

    pub(super) fn counted(self) -> Sessions {
        Sessions {
            started: self.ended_by.all(),
            running: self.ended_by.of("nobody"),
            ended_by_client: self.ended_by.of("client"),
            ended_by_employee: self.ended_by.of("employee"),
            ended_by_admin: self.ended_by.of("admin"),
            lost: self.ended_by.of("lost"),
            length: self.length.durations(),
        }
    }
}

fn each(
    connection: &Connection,
    sql: &str,
    company: &CompanyId,
    only: Option<&EmployeeId>,
    range: Range,
    mut read: impl FnMut(&Row<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let (first, end) = range.ids();
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

fn text<'a>(row: &'a Row<'_>, at: usize) -> Result<Option<&'a str>, StoreError> {
    row.get_ref(at)?.as_str_or_null().map_err(unreadable)
}

/// Time does not go back within one company: what would be negative comes of a damaged store.
fn duration(row: &Row<'_>, at: usize) -> Result<Option<u64>, StoreError> {
    let ms: Option<i64> = row.get(at)?;
    Ok(ms.map(|ms| u64::try_from(ms).unwrap_or(0)))
}

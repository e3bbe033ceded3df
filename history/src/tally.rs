//! Counts of the bookings, offers and sessions that began within a period, as statistics show them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use switchboard_core::{CompanyId, EmployeeId};
use utoipa::ToSchema;

use crate::figures::{OfferFigures, Span};
use crate::past::{HistoryResult, Past};
use crate::spread::{Durations, Spread, StoredSpread};

/// Words for an outcome that is still open, and for a session that no party has ended.
const OPEN: &str = "open";
const NOBODY: &str = "nobody";

/// Bookings that began within the period.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BookingsCounted)]
pub(crate) struct BookingCounts {
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
    /// Number of ended bookings that were assigned within the requested time.
    assigned_within: u64,
    #[schema(required, minimum = 0, maximum = 1)]
    service_level: Option<f64>,
}

/// Offers of the bookings that began within the period.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OffersCounted)]
pub(crate) struct OfferCounts {
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
    /// Offers that closed because another employee was faster; absent for 0.
    #[serde(skip_serializing_if = "is_zero")]
    #[schema(required = false)]
    taken: u64,
    /// Offers that were open beside another one of the same booking; absent for 0.
    #[serde(skip_serializing_if = "is_zero")]
    #[schema(required = false)]
    at_once: u64,
    /// Share of accepted offers, without those withdrawn before the employee could answer.
    #[schema(required, minimum = 0, maximum = 1)]
    acceptance_rate: Option<f64>,
    time_to_delivery: Durations,
    time_to_answer: Durations,
}

impl OfferCounts {
    /// Turns of the employees: offers that they accepted, declined or missed.
    pub(crate) const fn turns(&self) -> u64 {
        self.accepted + self.rejected + self.went_offline + self.timed_out + self.undelivered
    }
}

/// Codes of the sessions that began within the period.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CodesCounted)]
pub(crate) struct CodeCounts {
    /// Each code, with the number of sessions that have it.
    #[schema(value_type = BTreeMap<String, u64>)]
    given: WordCounts,
    /// Number of sessions that have no code.
    without: u64,
}

impl CodeCounts {
    /// The codes of sessions, of which so many began; none when no session has a code.
    pub(super) fn of(past: &dyn Past, company: &CompanyId, span: Span, started: u64) -> HistoryResult<Option<Self>> {
        let mut given = WordCounts::default();
        past.count_codes(company, span, &mut |code| given.count(code))?;
        let without = started.saturating_sub(given.all());
        Ok((given.all() > 0).then_some(Self { given, without }))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Sessions that began within the period.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SessionsCounted)]
pub(crate) struct SessionCounts {
    pub(crate) started: u64,
    running: u64,
    ended_by_client: u64,
    ended_by_employee: u64,
    ended_by_admin: u64,
    lost: u64,
    length: Durations,
}

/// Words, each with its number of occurrences.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct WordCounts(BTreeMap<String, u64>);

impl WordCounts {
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

/// Counts of bookings, while they are counted or as they are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct BookingTally<D = Spread> {
    states: WordCounts,
    reasons: WordCounts,
    to_first_offer: D,
    to_answer: D,
    /// Number of assignments by whole seconds since the booking began, from which any service level is computed.
    assigned_in_s: BTreeMap<u64, u64>,
}

impl BookingTally<StoredSpread> {
    pub(super) fn total(&self) -> u64 {
        self.states.all()
    }

    /// Whether no counted booking searches, and every assigned one has its session.
    pub(super) fn is_settled(&self) -> bool {
        self.states.of("offering") == 0 && self.states.of("assigned") == self.to_answer.count()
    }
}

impl BookingTally {
    /// Counts the bookings that began within the span.
    pub(super) fn count(&mut self, past: &dyn Past, company: &CompanyId, span: Span) -> HistoryResult<()> {
        past.count_bookings(company, span, &mut |booking| {
            self.states.count(booking.state);
            if let Some(reason) = booking.reason {
                self.reasons.count(reason);
            }
            if let Some(ms) = booking.first_offer_after {
                self.to_first_offer.add(ms);
            }
            if let Some(ms) = booking.answered_after {
                self.to_answer.add(ms);
                *self.assigned_in_s.entry(ms.div_ceil(1000)).or_default() += 1;
            }
        })
    }

    pub(super) fn kept(self) -> BookingTally<StoredSpread> {
        let Self { states, reasons, to_first_offer, to_answer, assigned_in_s } = self;
        let (to_first_offer, to_answer) = (to_first_offer.kept(), to_answer.kept());
        BookingTally { states, reasons, to_first_offer, to_answer, assigned_in_s }
    }

    pub(super) fn add_kept(&mut self, kept: &BookingTally<StoredSpread>) {
        self.states.add_all(&kept.states);
        self.reasons.add_all(&kept.reasons);
        self.to_first_offer.add_kept(&kept.to_first_offer);
        self.to_answer.add_kept(&kept.to_answer);
        for (second, count) in &kept.assigned_in_s {
            *self.assigned_in_s.entry(*second).or_default() += count;
        }
    }

    pub(super) fn counted(self, within_s: u64) -> BookingCounts {
        let Self { states, reasons, .. } = &self;
        let assigned_within = self.assigned_in_s.range(..=within_s).map(|(_, count)| count).sum();
        let (total, offering) = (states.all(), states.of("offering"));
        BookingCounts {
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

/// Counts of offers, while they are counted or as they are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OfferTally<D = Spread> {
    outcomes: WordCounts,
    /// Offers that were open beside another one.
    #[serde(default, skip_serializing_if = "is_zero")]
    at_once: u64,
    to_delivery: D,
    to_answer: D,
}

impl OfferTally {
    fn add(&mut self, outcome: &str, offer: &OfferFigures<'_>) {
        self.outcomes.count(outcome);
        self.at_once += u64::from(offer.had_others);
        if let Some(ms) = offer.delivered_after {
            self.to_delivery.add(ms);
        }
        if let Some(ms) = offer.closed_after.filter(|_| matches!(outcome, "accepted" | "rejected")) {
            self.to_answer.add(ms);
        }
    }

    fn kept(self) -> OfferTally<StoredSpread> {
        let Self { outcomes, at_once, to_delivery, to_answer } = self;
        OfferTally { outcomes, at_once, to_delivery: to_delivery.kept(), to_answer: to_answer.kept() }
    }

    fn add_kept(&mut self, kept: &OfferTally<StoredSpread>) {
        self.outcomes.add_all(&kept.outcomes);
        self.at_once += kept.at_once;
        self.to_delivery.add_kept(&kept.to_delivery);
        self.to_answer.add_kept(&kept.to_answer);
    }

    fn counted(self) -> OfferCounts {
        let of = |outcome| self.outcomes.of(outcome);
        let accepted = of("accepted");
        let (no, missed) =
            (of("rejected") + of("went_offline"), of("timed_out") + of("undelivered") + of("booking_expired"));
        OfferCounts {
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
            taken: of("taken"),
            at_once: self.at_once,
            acceptance_rate: share(accepted, accepted + no + missed),
            time_to_delivery: self.to_delivery.durations(),
            time_to_answer: self.to_answer.durations(),
        }
    }
}

/// Counts of sessions, while they are counted or as they are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SessionTally<D = Spread> {
    ended_by: WordCounts,
    length: D,
}

impl SessionTally {
    fn add(&mut self, ended_by: &str, length: Option<u64>) {
        self.ended_by.count(ended_by);
        if let Some(ms) = length {
            self.length.add(ms);
        }
    }

    fn kept(self) -> SessionTally<StoredSpread> {
        SessionTally { ended_by: self.ended_by, length: self.length.kept() }
    }

    fn add_kept(&mut self, kept: &SessionTally<StoredSpread>) {
        self.ended_by.add_all(&kept.ended_by);
        self.length.add_kept(&kept.length);
    }

    fn counted(self) -> SessionCounts {
        SessionCounts {
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

/// Counts of the offers and sessions of one employee, or of a whole company.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct WorkTally<D = Spread> {
    offers: OfferTally<D>,
    sessions: SessionTally<D>,
}

impl WorkTally<StoredSpread> {
    /// Whether no offer is open and no session runs.
    pub(super) fn is_settled(&self) -> bool {
        self.offers.outcomes.of(OPEN) == 0 && self.sessions.ended_by.of(NOBODY) == 0
    }
}

impl WorkTally {
    /// Hands over the offers of bookings and the sessions that began within the span, each with the id of its employee.
    /// With `only`, no other employee's rows are read.
    pub(super) fn each(
        past: &dyn Past,
        company: &CompanyId,
        only: Option<&EmployeeId>,
        span: Span,
        mut each: impl FnMut(&str, &dyn Fn(&mut Self)),
    ) -> HistoryResult<()> {
        past.count_offers(company, only, span, &mut |offer| {
            let outcome = offer.outcome.unwrap_or(OPEN);
            each(offer.employee, &|work| work.offers.add(outcome, &offer));
        })?;
        past.count_sessions(company, only, span, &mut |session| {
            let ended_by = session.ended_by.unwrap_or(NOBODY);
            each(session.employee, &|work| work.sessions.add(ended_by, session.length));
        })
    }

    pub(super) fn kept(self) -> WorkTally<StoredSpread> {
        WorkTally { offers: self.offers.kept(), sessions: self.sessions.kept() }
    }

    pub(super) fn add_kept(&mut self, kept: &WorkTally<StoredSpread>) {
        self.offers.add_kept(&kept.offers);
        self.sessions.add_kept(&kept.sessions);
    }

    pub(super) fn counted(self) -> (OfferCounts, SessionCounts) {
        (self.offers.counted(), self.sessions.counted())
    }
}

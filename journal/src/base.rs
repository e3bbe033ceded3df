//! Bases: states of a company at intervals, without finished bookings and sessions, from which any moment of the past
//! is replayed.

use switchboard_core::{Company, CompanyId, Time};

/// Events between two bases, at least. The number grows with the employees, because a base holds all of them; so bases
/// stay small beside the events.
const EVENTS_PER_BASE: u64 = 5_000;
const EVENTS_PER_EMPLOYEE: u64 = 16;
/// The upper bound of that number, so that a replay from a base to any moment takes at most a second.
const EVENTS_PER_BASE_MAX: u64 = 200_000;

/// Number of events after which the next base of a company is worth its space.
#[must_use]
pub fn events_between(company: &Company) -> u64 {
    let employees = u64::try_from(company.employee_count()).unwrap_or(u64::MAX);
    employees.saturating_mul(EVENTS_PER_EMPLOYEE).clamp(EVENTS_PER_BASE, EVENTS_PER_BASE_MAX)
}

/// A base on its way into the store.
#[derive(Clone, Debug)]
pub struct Base {
    pub company: CompanyId,
    /// The number of the last event that the base includes.
    pub seq: u64,
    pub at: Time,
    /// The state as JSON, without finished bookings and sessions.
    pub data: String,
}

impl Base {
    /// The base of a company as it is now.
    #[must_use]
    pub fn of(company: &Company) -> Self {
        Self::as_is(&company.without_past())
    }

    /// The base of a state that has no finished bookings and sessions left.
    #[must_use]
    pub fn as_is(base: &Company) -> Self {
        let data = switchboard_wire::view::json(base);
        Self { company: base.id().clone(), seq: base.seq(), at: base.clock(), data }
    }
}

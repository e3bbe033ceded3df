//! Bases: a company as it was now and then, without what had ended, so that any moment of its past can be reached again.

use switchboard_core::{Company, CompanyId, Time};

/// Events between two bases, at least; more for each employee, because a base holds them all: so bases stay small
/// beside the events.
const EVENTS_PER_BASE: u64 = 5_000;
const EVENTS_PER_EMPLOYEE: u64 = 16;
/// And never more than that, so that a moment in between is reached within a second.
const EVENTS_PER_BASE_MAX: u64 = 200_000;

/// Events after which the next base of a company is worth its room.
#[must_use]
pub fn events_between(company: &Company) -> u64 {
    let employees = u64::try_from(company.employee_count()).unwrap_or(u64::MAX);
    employees.saturating_mul(EVENTS_PER_EMPLOYEE).clamp(EVENTS_PER_BASE, EVENTS_PER_BASE_MAX)
}

/// A base on its way into the store.
#[derive(Clone, Debug)]
pub struct Base {
    pub company: CompanyId,
    /// The number of the last event in it.
    pub seq: u64,
    /// The company's clock.
    pub at: Time,
    /// The state as JSON.
    pub data: String,
}

impl Base {
    /// The base that a company has now.
    #[must_use]
    pub fn of(company: &Company) -> Self {
        Self::as_is(&company.without_past())
    }

    /// A state that has no past already.
    #[must_use]
    pub fn as_is(base: &Company) -> Self {
        let data = switchboard_wire::view::json(base);
        Self { company: base.id().clone(), seq: base.seq(), at: base.clock(), data }
    }
}

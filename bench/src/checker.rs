//! The checker that watches every design alike: which employee is claimed, in which order, and whether any is claimed
//! twice.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use serde_json::{Value, json};

const IDLE: u8 = 0;
const CLAIMED: u8 = 1;
const ACCEPTED: u8 = 2;

/// Size of a case: how many companies, with how many employees each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Population {
    pub companies: usize,
    /// Number of employees in each company.
    pub employees: usize,
}

impl std::fmt::Display for Population {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { companies, employees } = self;
        write!(out, "{companies} x {employees}")
    }
}

/// The state of each employee, as far as callers were told. A step is noted after its claim is answered and before its
/// release is requested, so an employee noted as claimed must not be claimed by another caller.
#[derive(Debug)]
pub struct Checker {
    case: Population,
    states: Vec<AtomicU8>,
    /// For each employee, the number of the latest claim within the company; 0 before the first claim.
    last_claims: Vec<AtomicU64>,
    claims: Vec<AtomicU64>,
    found: [AtomicU64; KINDS.len()],
}

/// The rules that a design can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// The employee was claimed while another caller held the claim.
    ClaimedTwice,
    /// The company has no such employee.
    Unknown,
    /// No employee was found, although there are more employees than callers.
    NobodyFound,
    /// A step of the caller's own claim was refused.
    Refused,
    /// With a single caller, the claimed employee was not the one idle for longest.
    OutOfOrder,
    /// The employee was still claimed after the last caller had finished.
    NeverReleased,
}

const KINDS: [(Violation, &str); 6] = [
    (Violation::ClaimedTwice, "claimed_twice"),
    (Violation::Unknown, "unknown"),
    (Violation::NobodyFound, "nobody_found"),
    (Violation::Refused, "refused"),
    (Violation::OutOfOrder, "out_of_order"),
    (Violation::NeverReleased, "never_released"),
];

impl Checker {
    /// A checker for a case in which all employees are idle.
    #[must_use]
    pub fn new(case: Population) -> Self {
        let people = case.companies * case.employees;
        Self {
            case,
            states: (0..people).map(|_| AtomicU8::new(IDLE)).collect(),
            last_claims: (0..people).map(|_| AtomicU64::new(0)).collect(),
            claims: (0..case.companies).map(|_| AtomicU64::new(0)).collect(),
            found: Default::default(),
        }
    }

    /// Prepares for a cell. The order of the line is known only as far as this cell shows it, except in a fresh store,
    /// where the order is known from the start.
    pub fn begin(&self, is_fresh: bool) {
        self.claims.iter().for_each(|claims| claims.store(0, Ordering::Relaxed));
        let employees = self.case.employees as u64;
        for (number, last) in (0u64..).zip(&self.last_claims) {
            // The employee in place 0 of a fresh line is claimed first, as if claimed once before.
            last.store(if is_fresh { number % employees + 1 } else { 0 }, Ordering::Relaxed);
        }
        let before = if is_fresh { employees } else { 0 };
        self.claims.iter().for_each(|claims| claims.store(before, Ordering::Relaxed));
    }

    /// Ends a cell: by then no claim may be left.
    pub fn end(&self) {
        let left = self.states.iter().filter(|state| state.swap(IDLE, Ordering::AcqRel) != IDLE).count();
        self.found[Violation::NeverReleased as usize].fetch_add(left as u64, Ordering::Relaxed);
    }

    fn state(&self, company: usize, employee: u32) -> Option<&AtomicU8> {
        let employee = employee as usize;
        (employee < self.case.employees).then(|| &self.states[company * self.case.employees + employee])
    }

    /// Notes the answer to a claim; returns the employee that the caller now holds.
    pub fn claimed(&self, company: usize, employee: Option<u32>, is_alone: bool) -> Option<u32> {
        let Some(employee) = employee else {
            self.note(Violation::NobodyFound);
            return None;
        };
        let Some(state) = self.state(company, employee) else {
            self.note(Violation::Unknown);
            return None;
        };
        if state.swap(CLAIMED, Ordering::AcqRel) != IDLE {
            self.note(Violation::ClaimedTwice);
        }
        if is_alone {
            self.check_order(company, employee);
        }
        Some(employee)
    }

    /// With one caller the line goes round: each employee is claimed again after exactly as many claims as there are
    /// employees, and not before.
    fn check_order(&self, company: usize, employee: u32) {
        let employees = self.case.employees as u64;
        let number = self.claims[company].fetch_add(1, Ordering::Relaxed) + 1;
        let last = self.last_claims[company * self.case.employees + employee as usize].swap(number, Ordering::Relaxed);
        let in_order = if last == 0 { number <= employees } else { number - last == employees };
        if !in_order {
            self.note(Violation::OutOfOrder);
        }
    }

    /// Notes the answer to an acceptance.
    pub fn accepted(&self, company: usize, employee: u32, done: bool) {
        let was = self.state(company, employee).map(|state| state.swap(ACCEPTED, Ordering::AcqRel));
        if !done {
            self.note(Violation::Refused);
        } else if was != Some(CLAIMED) {
            self.note(Violation::ClaimedTwice);
        }
    }

    /// Notes a release that is about to be requested.
    pub fn releasing(&self, company: usize, employee: u32) {
        if self.state(company, employee).is_none_or(|state| state.swap(IDLE, Ordering::AcqRel) != ACCEPTED) {
            self.note(Violation::ClaimedTwice);
        }
    }

    /// Notes the answer to a release.
    pub fn released(&self, done: bool) {
        if !done {
            self.note(Violation::Refused);
        }
    }

    fn note(&self, violation: Violation) {
        self.found[violation as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Number of violations of all kinds.
    #[must_use]
    pub fn violations(&self) -> u64 {
        self.found.iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }

    /// Number of violations of each kind.
    #[must_use]
    pub fn json(&self) -> Value {
        let count = |violation: Violation| self.found[violation as usize].load(Ordering::Relaxed);
        KINDS.iter().map(|(violation, word)| ((*word).to_owned(), json!(count(*violation)))).collect()
    }
}

//! The checker that watches every design alike: who is claimed, in which order, and whether anybody is claimed twice.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use serde_json::{Value, json};

const IDLE: u8 = 0;
const CLAIMED: u8 = 1;
const ACCEPTED: u8 = 2;

/// How many companies with how many employees each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// Companies.
    pub companies: usize,
    /// Employees of each.
    pub employees: usize,
}

impl std::fmt::Display for Case {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { companies, employees } = self;
        write!(out, "{companies} x {employees}")
    }
}

/// What each employee is doing by what callers were told. A step is noted after a claim is answered, and before a
/// release is asked for: so whoever is still noted as claimed must not be claimed by anybody else.
#[derive(Debug)]
pub struct Checker {
    case: Case,
    states: Vec<AtomicU8>,
    /// The number of the claim, within its company, by which somebody was claimed last; 0 for nobody yet.
    last_claims: Vec<AtomicU64>,
    claims: Vec<AtomicU64>,
    found: [AtomicU64; KINDS.len()],
}

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// Claimed while another had the claim.
    ClaimedTwice,
    /// Nobody of that company.
    Unknown,
    /// Nobody was found, though there are more employees than callers.
    NobodyFound,
    /// A step of one's own claim was refused.
    Refused,
    /// Not who had been idle longest, though there was one caller alone.
    OutOfOrder,
    /// Still claimed, though nobody has a claim any more.
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
    /// A checker of a case in which everybody is idle.
    #[must_use]
    pub fn new(case: Case) -> Self {
        let people = case.companies * case.employees;
        Self {
            case,
            states: (0..people).map(|_| AtomicU8::new(IDLE)).collect(),
            last_claims: (0..people).map(|_| AtomicU64::new(0)).collect(),
            claims: (0..case.companies).map(|_| AtomicU64::new(0)).collect(),
            found: Default::default(),
        }
    }

    /// Before a cell with so many callers. The order of the line is known only as far as this cell shows it; of a
    /// fresh store it is known from the start.
    pub fn begin(&self, is_fresh: bool) {
        self.claims.iter().for_each(|claims| claims.store(0, Ordering::Relaxed));
        let employees = self.case.employees as u64;
        for (number, last) in (0u64..).zip(&self.last_claims) {
            // Whoever is in place 0 of a fresh line is claimed first, as if they had been once before.
            last.store(if is_fresh { number % employees + 1 } else { 0 }, Ordering::Relaxed);
        }
        let before = if is_fresh { employees } else { 0 };
        self.claims.iter().for_each(|claims| claims.store(before, Ordering::Relaxed));
    }

    /// After a cell: nobody has a claim.
    pub fn end(&self) {
        let left = self.states.iter().filter(|state| state.swap(IDLE, Ordering::AcqRel) != IDLE).count();
        self.found[Violation::NeverReleased as usize].fetch_add(left as u64, Ordering::Relaxed);
    }

    fn state(&self, company: usize, employee: u32) -> Option<&AtomicU8> {
        let employee = employee as usize;
        (employee < self.case.employees).then(|| &self.states[company * self.case.employees + employee])
    }

    /// A claim was answered. Says whom the caller has now.
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

    /// With one caller the line goes round: everybody is claimed again after exactly as many claims as there are
    /// employees, and nobody twice before.
    fn check_order(&self, company: usize, employee: u32) {
        let employees = self.case.employees as u64;
        let number = self.claims[company].fetch_add(1, Ordering::Relaxed) + 1;
        let last = self.last_claims[company * self.case.employees + employee as usize].swap(number, Ordering::Relaxed);
        let in_order = if last == 0 { number <= employees } else { number - last == employees };
        if !in_order {
            self.note(Violation::OutOfOrder);
        }
    }

    /// An acceptance was answered.
    pub fn accepted(&self, company: usize, employee: u32, done: bool) {
        let was = self.state(company, employee).map(|state| state.swap(ACCEPTED, Ordering::AcqRel));
        if !done {
            self.note(Violation::Refused);
        } else if was != Some(CLAIMED) {
            self.note(Violation::ClaimedTwice);
        }
    }

    /// A release is about to be asked for.
    pub fn releasing(&self, company: usize, employee: u32) {
        if self.state(company, employee).is_none_or(|state| state.swap(IDLE, Ordering::AcqRel) != ACCEPTED) {
            self.note(Violation::ClaimedTwice);
        }
    }

    /// A release was answered.
    pub fn released(&self, done: bool) {
        if !done {
            self.note(Violation::Refused);
        }
    }

    fn note(&self, violation: Violation) {
        self.found[violation as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// How often something was wrong.
    #[must_use]
    pub fn violations(&self) -> u64 {
        self.found.iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }

    /// How often what was wrong.
    #[must_use]
    pub fn json(&self) -> Value {
        let count = |violation: Violation| self.found[violation as usize].load(Ordering::Relaxed);
        KINDS.iter().map(|(violation, word)| ((*word).to_owned(), json!(count(*violation)))).collect()
    }
}

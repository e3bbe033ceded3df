//! Makes a failing case smaller: fewer throws and fewer people, as long as it still fails.

use crate::case::Case;
use crate::prove::{Failure, run};

/// The most runs that shrinking may take.
const RUNS_MAX: usize = 2000;

/// The smallest failing case that was found.
#[must_use]
pub fn shrink(failure: Failure) -> Failure {
    let mut best = Shrinking { best: failure, runs: 0 };
    best.fewer_throws();
    best.fewer_people();
    best.fewer_throws();
    best.best
}

struct Shrinking {
    best: Failure,
    runs: usize,
}

impl Shrinking {
    fn still_fails(&mut self, case: &Case) -> bool {
        self.runs += 1;
        match run(case) {
            Err(failure) => {
                self.best = failure;
                true
            }
            Ok(_) => false,
        }
    }

    /// Leaves out halves, quarters, … of the throws, as long as the case still fails without them.
    fn fewer_throws(&mut self) {
        let mut chunk = self.best.case.len().div_ceil(2);
        while chunk > 0 && self.runs < RUNS_MAX {
            let mut from = 0;
            while from < self.best.case.len() && self.runs < RUNS_MAX {
                let mut kept: Vec<u32> = self.best.case.throws().collect();
                kept.drain(from..(from + chunk).min(kept.len()));
                let case = Case { only: Some(kept), ..self.best.case.clone() };
                if !self.still_fails(&case) {
                    from += chunk;
                }
            }
            chunk = if chunk == 1 { 0 } else { chunk.div_ceil(2) };
        }
    }

    fn fewer_people(&mut self) {
        for _ in 0..8 {
            let now = self.best.case.clone();
            let fewer = [
                Case { companies: now.companies - 1, ..now.clone() },
                Case { clients: now.clients - 1, ..now.clone() },
                Case { employees: now.employees - 1, ..now.clone() },
            ];
            let mut any = false;
            for case in fewer.into_iter().filter(|case| case.companies * case.clients * case.employees > 0) {
                any |= self.still_fails(&case);
            }
            if !any {
                return;
            }
        }
    }
}

//! The benchmarks in a trial: every candidate that needs no server of its own, for milliseconds, and a broken one.

mod sockets;

mod scale;

use std::time::Duration;

use anyhow::Result;
use switchboard_bench::checker::Population;
use switchboard_bench::cycle::{Caller, Callers, Candidate, RunningCandidate};
use switchboard_bench::ground::Ground;
use switchboard_bench::results::Results;
use switchboard_bench::rivals::designs::{DESIGNS, Kind};
use switchboard_bench::rivals::{self, Which};
use switchboard_bench::rounds::Effort;
use switchboard_bench::{growth, store};

/// A ground on the disk of the build, which is removed in the end.
fn ground() -> Result<Ground> {
    Ground::at(std::path::Path::new(env!("CARGO_TARGET_TMPDIR")))
}

#[test]
fn no_design_without_a_server_breaks_a_rule() -> Result<()> {
    for (which, kind) in [(Which::Memory, Kind::Memory), (Which::Disk, Kind::Disk)] {
        let (outcome, _) = rivals::measure(Effort::Quick, which, &ground()?)?;
        assert_eq!(outcome.violations(), 0, "{kind:?}");
        assert_eq!(outcome.skipped().collect::<Vec<_>>(), [], "{kind:?}");
        let all = DESIGNS.iter().filter(|design| design.kind == kind).map(|design| design.name);
        let all: Vec<&str> = all.collect();
        assert_eq!(outcome.measured().collect::<Vec<_>>(), [all.clone(), all].concat(), "in each of two cases");
    }
    Ok(())
}

#[test]
fn each_other_part_runs_and_writes_down_what_it_found() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let results = Results::into(directory.path())?;
    store::run(Effort::Quick, &ground()?, &results)?;
    growth::run(Effort::Quick, &results)?;
    for file in ["store.json", "growth.json", "growth.svg", "growth-companies.svg"] {
        assert!(std::fs::metadata(directory.path().join(file))?.len() > 0, "{file}");
    }
    Ok(())
}

/// A broken design, which always claims the same employee, even for several callers at once.
#[derive(Clone)]
struct Broken;

impl Caller for Broken {
    async fn claim(&mut self, _company: usize) -> Result<Option<u32>> {
        Ok(Some(3))
    }

    async fn accept(&mut self, _company: usize, _employee: u32) -> Result<bool> {
        // Other callers have their turn meanwhile.
        tokio::task::yield_now().await;
        Ok(true)
    }

    async fn release(&mut self, _company: usize, _employee: u32) -> Result<bool> {
        Ok(true)
    }
}

#[test]
fn the_checker_finds_two_claims_of_one_employee_and_a_line_out_of_order() -> Result<()> {
    let case = Population { companies: 1, employees: 10 };
    for (callers, what) in [(8, "claimed_twice"), (1, "out_of_order")] {
        let mut broken = RunningCandidate::new(case, Callers::tasks()?, 1, vec![Broken; callers], ());
        broken.run(callers, Duration::from_millis(5))?;
        let found = broken.checker().json();
        assert!(found[what].as_u64().is_some_and(|times| times > 0), "{what}: {found}");
    }
    Ok(())
}

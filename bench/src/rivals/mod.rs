//! The competing designs beside each other: each runs the same cycle, and the same checker watches it.

pub mod designs;

mod memory;

mod mailbox;

mod sqlite;

mod daemon;

mod postgres;

mod redis;

mod resp;

mod ours;

mod report;

use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::checker::{Checker, Population};
use crate::cycle::Candidate;
use crate::ground::Ground;
use crate::results::Results;
use crate::rounds::{Calibration, Effort, Samples};
use designs::{DESIGNS, Design, Kind, RivalServers};
use report::RivalsReport;

const CASES: [Population; 3] = [
    Population { companies: 1, employees: 1_000 },
    Population { companies: 100, employees: 1_000 },
    Population { companies: 1, employees: 100_000 },
];
const QUICK_CASES: [Population; 2] =
    [Population { companies: 1, employees: 100 }, Population { companies: 8, employees: 100 }];
/// A single caller comes first: the checker knows the order of a fresh store from the start.
const CALLERS: [usize; 4] = [1, 2, 8, 64];
const QUICK_CALLERS: [usize; 2] = [1, 8];
/// Duration of a cell; longer where a step waits for a disk or another process.
const CELL: Duration = Duration::from_millis(300);
const CELL_OUTSIDE: Duration = Duration::from_millis(400);
const QUICK_CELL: Duration = Duration::from_millis(5);

/// Which designs are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Which {
    /// All of them.
    All,
    /// Those that keep their state in this process.
    Memory,
    /// Those that write a file.
    Disk,
    /// Those that need a server of their own.
    Servers,
}

impl Which {
    fn has(self, kind: Kind) -> bool {
        match self {
            Self::All => true,
            Self::Memory => kind == Kind::Memory,
            Self::Disk => kind == Kind::Disk,
            Self::Servers => kind == Kind::Server,
        }
    }
}

/// A design in one case; some cannot be set up.
pub(crate) struct Entrant {
    pub(crate) design: &'static Design,
    /// Figures for each number of callers, or the reason why there are none.
    pub(crate) cells: Result<Vec<Cell>, String>,
    pub(crate) violations: Option<serde_json::Value>,
    pub(crate) violation_count: u64,
}

/// The figures of one design with so many callers.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) callers: usize,
    pub(crate) cycles_per_s: Samples,
    pub(crate) p50_ns: Samples,
    pub(crate) p99_ns: Samples,
}

/// Measures, prints, writes down and draws.
///
/// # Errors
/// When a design fails while it is measured, or the checker finds a violation.
pub fn run(effort: Effort, which: Which, ground: &Ground, results: &Results) -> Result<()> {
    let (outcome, calibration) = measure(effort, which, ground)?;
    outcome.print();
    outcome.draw(results)?;
    results.write("rivals", effort, &calibration, outcome.json())?;
    ensure!(outcome.violations() == 0, "the checker has found {} violations", outcome.violations());
    Ok(())
}

/// Measures every design of a kind in every case.
///
/// # Errors
/// When a design fails while it is measured.
pub fn measure(effort: Effort, which: Which, ground: &Ground) -> Result<(RivalsReport, Calibration)> {
    let with_servers = DESIGNS.iter().any(|design| design.kind == Kind::Server && which.has(design.kind));
    let servers = RivalServers::new(ground, with_servers);
    let mut calibration = Calibration::default();
    let mut outcome = RivalsReport::default();
    for case in effort.pick(&CASES[..], &QUICK_CASES) {
        println!("{case}: putting up");
        let designs = DESIGNS.iter().filter(|design| which.has(design.kind));
        let entrants = measure_case(effort, *case, designs, &servers, &mut calibration)?;
        outcome.add(*case, entrants);
    }
    Ok((outcome, calibration))
}

fn measure_case(
    effort: Effort,
    case: Population,
    designs: impl Iterator<Item = &'static Design>,
    servers: &RivalServers<'_>,
    calibration: &mut Calibration,
) -> Result<Vec<Entrant>> {
    let callers = effort.pick(&CALLERS[..], &QUICK_CALLERS);
    let most = callers.iter().copied().max().unwrap_or(1);
    let mut entrants = Vec::new();
    let mut candidates: Vec<Option<Box<dyn Candidate>>> = Vec::new();
    for design in designs {
        let put_up = design.put_up(servers, case, most);
        let empty = |callers: &usize| {
            let (cycles_per_s, p50_ns, p99_ns) = Default::default();
            Cell { callers: *callers, cycles_per_s, p50_ns, p99_ns }
        };
        let cells = put_up.as_ref().map(|_| callers.iter().map(empty).collect()).map_err(|why| format!("{why:#}"));
        entrants.push(Entrant { design, cells, violations: None, violation_count: 0 });
        candidates.push(put_up.ok());
    }
    for round in 0..effort.rounds() {
        calibration.round();
        for cell in 0..callers.len() {
            // The order rotates, so that no design comes first in every round.
            for place in 0..entrants.len() {
                let index = (place + round) % entrants.len();
                measure_cell(effort, &mut entrants[index], candidates[index].as_deref_mut(), cell)?;
            }
        }
    }
    for (entrant, candidate) in entrants.iter_mut().zip(&candidates) {
        let checker = candidate.as_ref().map(|candidate| candidate.checker());
        entrant.violations = checker.map(Checker::json);
        entrant.violation_count = checker.map_or(0, Checker::violations);
    }
    Ok(entrants)
}

fn measure_cell(
    effort: Effort,
    entrant: &mut Entrant,
    candidate: Option<&mut (dyn Candidate + 'static)>,
    cell: usize,
) -> Result<()> {
    let (Some(candidate), Ok(cells)) = (candidate, &mut entrant.cells) else { return Ok(()) };
    let lasting = effort.pick(if entrant.design.kind == Kind::Memory { CELL } else { CELL_OUTSIDE }, QUICK_CELL);
    let cell = &mut cells[cell];
    let measured = candidate.run(cell.callers, lasting).with_context(|| entrant.design.name)?;
    cell.cycles_per_s.add(measured.cycles_per_s);
    cell.p50_ns.add(measured.p50_ns as f64);
    cell.p99_ns.add(measured.p99_ns as f64);
    Ok(())
}

//! The journal beside the disk's own speed, and beside SQLite writing the same rows without the journal.

mod bare;

mod kept;

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::checker::Population;
use crate::cycle::{Callers, Candidate, Measured, RunningCandidate, runtime};
use crate::exchange_under_test::ExchangeUnderTest;
use crate::ground::Ground;
use crate::results::{ResultTable, Results, Target, short, time};
use crate::rounds::{Calibration, Effort, Samples, per_second};
use bare::{Bare, Transaction, check_same};
use kept::{Keeping, KeptEntry, Snapshots, WrittenBatches};

const CASE: Population = Population { companies: 1, employees: 1_000 };
const QUICK_CASE: Population = Population { companies: 1, employees: 100 };
const CALLERS: [usize; 3] = [1, 8, 64];
const CELL: Duration = Duration::from_millis(1_000);
const QUICK_CELL: Duration = Duration::from_millis(20);
/// Cycles that are written with a transaction for each step: enough, at some milliseconds each.
const CYCLES_STEP_BY_STEP: usize = 60;
const QUICK_CYCLES_STEP_BY_STEP: usize = 3;
/// Length at which the log file is overwritten from its start.
const LOG_BYTES: u64 = 16 << 20;
/// Length of the header of SQLite's write-ahead log.
const LOG_HEAD_BYTES: u64 = 32;
/// The least that the journal must reach, as a share of the group commit of the same rows, and as a multiple of a
/// transaction per step.
const OF_BARE_MIN: f64 = 0.6;
const OF_STEP_BY_STEP_MIN: f64 = 20.0;

/// The committed entries of a run, ready to be written again.
struct Recording {
    /// The transactions that created the companies and employees.
    before: Vec<Transaction>,
    /// The cycles, in the batches in which they were committed.
    batches: Vec<Transaction>,
    cycles: u64,
    /// Some cycles, with a transaction for each entry.
    steps: Vec<Transaction>,
    step_cycles: u64,
    bytes_per_batch: usize,
    /// Snapshots, which the journal wrote besides and the bare writer does not.
    snapshots: Snapshots,
}

/// The figures of all rounds.
#[derive(Default)]
struct StoreFigures {
    disk: Samples,
    bare: Samples,
    steps: Samples,
    /// For each number of callers: cycles in a second, and the 99th percentile of a cycle in nanoseconds.
    ours: [(Samples, Samples); CALLERS.len()],
}

/// Measures, prints and writes down.
///
/// # Errors
/// When a store fails, or the bare writer writes other rows than the journal.
pub fn run(effort: Effort, ground: &Ground, results: &Results) -> Result<()> {
    let recording = record(effort, ground)?;
    let (mut calibration, mut figures) = (Calibration::default(), StoreFigures::default());
    for _ in 0..effort.rounds() {
        calibration.round();
        round(effort, ground, &recording, &mut figures)?;
    }
    let targets = figures.targets();
    figures.print(&recording);
    targets.iter().for_each(Target::print);
    results.write("store", effort, &calibration, figures.json(&recording, &targets))
}

fn round(effort: Effort, ground: &Ground, recording: &Recording, figures: &mut StoreFigures) -> Result<()> {
    let Recording { before, batches, cycles, steps, step_cycles, bytes_per_batch, .. } = recording;
    let directory = ground.fresh("bare")?;
    let took = sync_batches(&directory.join("log"), batches.len(), *bytes_per_batch)?;
    figures.disk.add(per_second(*cycles, took));
    let write = |file: &str, transactions: &[Transaction]| -> Result<Duration> {
        let mut bare = Bare::open(&directory.join(file), None)?;
        bare.write(before)?;
        let start = Instant::now();
        bare.write(transactions)?;
        Ok(start.elapsed())
    };
    figures.bare.add(per_second(*cycles, write("group.db", batches)?));
    figures.steps.add(per_second(*step_cycles, write("steps.db", steps)?));
    for (callers, (cycles_per_s, p99_ns)) in CALLERS.iter().zip(&mut figures.ours) {
        let measured = ours(effort, *callers, &ground.fresh("ours")?)?;
        cycles_per_s.add(measured.cycles_per_s);
        p99_ns.add(measured.p99_ns as f64);
    }
    Ok(())
}

/// Measures the exchange on a store of its own, as fresh as the stores of the others.
fn ours(effort: Effort, callers: usize, directory: &Path) -> Result<Measured> {
    measure_house(effort, callers, directory, None)
}

fn measure_house(
    effort: Effort,
    callers: usize,
    directory: &Path,
    kept: Option<(&WrittenBatches, &mut usize)>,
) -> Result<Measured> {
    let (case, lasting) = (effort.pick(CASE, QUICK_CASE), effort.pick(CELL, QUICK_CELL));
    let runtime = runtime()?;
    let under_test = match kept {
        None => ExchangeUnderTest::open(case, directory, &runtime, |store| store)?,
        Some((kept, before)) => {
            let under_test =
                ExchangeUnderTest::open(case, directory, &runtime, |store| Keeping { store, kept: kept.clone() })?;
            *before = kept.len();
            under_test
        }
    };
    let visitors = (0..callers).map(|number| under_test.visitor(number)).collect::<Result<_>>()?;
    let mut running = RunningCandidate::new(case, Callers::Tasks(runtime), 1, visitors, under_test.close());
    let measured = running.run(callers, lasting)?;
    let violations = running.checker().violations();
    ensure!(violations == 0, "the checker has found {}", running.checker().json());
    Ok(measured)
}

/// Runs the real server with the most callers, keeps its commits, and checks that writing them again makes the same
/// tables.
fn record(effort: Effort, ground: &Ground) -> Result<Recording> {
    let (directory, kept, mut before) = (ground.fresh("recorded")?, WrittenBatches::default(), 0);
    let most = CALLERS.into_iter().max().unwrap_or(1);
    measure_house(effort, most, &directory, Some((&kept, &mut before)))?;
    let (all, snapshots) = kept.take();
    let (hired, booked) = all.split_at(before);
    let transactions = |batches: &[Vec<KeptEntry>]| batches.iter().map(|batch| Transaction::of(batch)).collect();
    let (before, batches): (Result<Vec<Transaction>>, Result<Vec<Transaction>>) =
        (transactions(hired), transactions(booked));
    let (before, batches) = (before?, batches?);
    let cycles = booked.iter().flatten().filter(|entry| entry.ends_a_cycle()).count() as u64;
    let wanted = effort.pick(CYCLES_STEP_BY_STEP, QUICK_CYCLES_STEP_BY_STEP);
    let entries = booked.iter().flatten().take(wanted * 3);
    let steps = entries.map(|entry| Transaction::of(std::slice::from_ref(entry))).collect::<Result<Vec<_>>>()?;
    let replayed = ground.fresh("replayed")?.join("switchboard.db");
    // Without checkpoints the log shows how many bytes each commit writes.
    let mut bare = Bare::open(&replayed, Some(0))?;
    let log = replayed.with_extension("db-wal");
    bare.write(&before)?;
    let bytes_before = std::fs::metadata(&log)?.len().max(LOG_HEAD_BYTES);
    bare.write(&batches)?;
    let bytes = std::fs::metadata(&log)?.len() - bytes_before;
    ensure!(!batches.is_empty(), "nothing was booked");
    let bytes_per_batch = usize::try_from(bytes)? / batches.len();
    drop(bare);
    check_same(&directory.join("switchboard.db"), &replayed)?;
    let step_cycles = (steps.len() / 3) as u64;
    Ok(Recording { before, batches, cycles, steps, step_cycles, bytes_per_batch, snapshots })
}

/// Writes so many bytes so many times, each time until the disk has them.
fn sync_batches(path: &Path, batches: usize, bytes: usize) -> Result<Duration> {
    let (mut log, written) = (File::create(path)?, vec![7; bytes]);
    let start = Instant::now();
    for _ in 0..batches {
        if log.stream_position()? + bytes as u64 > LOG_BYTES {
            log.seek(SeekFrom::Start(0))?;
        }
        log.write_all(&written)?;
        log.sync_data()?;
    }
    Ok(start.elapsed())
}

impl StoreFigures {
    fn most(&self) -> &Samples {
        &self.ours[CALLERS.len() - 1].0
    }

    fn targets(&self) -> Vec<Target> {
        let most = CALLERS[CALLERS.len() - 1];
        let of_bare_is = format!("committed cycles with {most} callers over SQLite's group commit of the same rows");
        let of_steps_is = format!("committed cycles with {most} callers over SQLite with a transaction per step");
        let (of_bare, of_steps) = (self.most().over(&self.bare).median(), self.most().over(&self.steps).median());
        vec![
            Target { what: of_bare_is, measured: of_bare, bound: OF_BARE_MIN, at_least: true },
            Target { what: of_steps_is, measured: of_steps, bound: OF_STEP_BY_STEP_MIN, at_least: true },
        ]
    }

    /// The rows of the table: name, figures and 99th percentile of a cycle.
    fn rows(&self) -> Vec<(String, &Samples, Option<&Samples>)> {
        let mut rows = vec![
            ("write and fdatasync, the same bytes in the same batches".to_owned(), &self.disk, None),
            ("SQLite, group commit of the same rows, without us".to_owned(), &self.bare, None),
            ("SQLite, a transaction per step, the same rows".to_owned(), &self.steps, None),
        ];
        for (callers, (cycles, p99)) in CALLERS.iter().zip(&self.ours) {
            rows.push((format!("ours: exchange + journal, callers: {callers}"), cycles, Some(p99)));
        }
        rows
    }

    fn print(&self, recording: &Recording) {
        let Recording { batches, cycles, bytes_per_batch, snapshots, .. } = recording;
        println!(
            "recorded with {} callers: {cycles} cycles in {} commits of about {} bytes each",
            CALLERS[CALLERS.len() - 1],
            batches.len(),
            short(*bytes_per_batch as f64),
        );
        println!(
            "beside them {} snapshots, {} bytes in all, which ours writes and the bare writer does not",
            snapshots.count,
            short(snapshots.bytes as f64),
        );
        let mut table =
            ResultTable::new(["", "cycles/s", "min", "max", "p99 of a cycle", "of group commit", "of step by step"]);
        for (name, cycles, p99) in self.rows() {
            let p99 = p99.map_or("-".to_owned(), |p99| time(p99.median()));
            let of_bare = format!("{:.3}", cycles.over(&self.bare).median());
            let of_steps = format!("{:.1}", cycles.over(&self.steps).median());
            let figures = [cycles.median(), cycles.min(), cycles.max()].map(short);
            table.row(std::iter::once(name).chain(figures).chain([p99, of_bare, of_steps]));
        }
        table.print();
    }

    fn json(&self, recording: &Recording, targets: &[Target]) -> Value {
        let row = |(name, cycles, p99): (String, &Samples, Option<&Samples>)| {
            json!({
                "name": name,
                "cycles_per_s": cycles.json(),
                "p99_ns": p99.map(Samples::json),
                "of_group_commit": cycles.over(&self.bare).json(),
                "of_step_by_step": cycles.over(&self.steps).json(),
            })
        };
        json!({
            "recorded": {
                "cycles": recording.cycles,
                "commits": recording.batches.len(),
                "bytes_per_commit": recording.bytes_per_batch,
                "snapshots": recording.snapshots.count,
                "bytes_of_snapshots": recording.snapshots.bytes,
            },
            "rows": self.rows().into_iter().map(row).collect::<Vec<_>>(),
            "targets": targets.iter().map(Target::json).collect::<Vec<_>>(),
        })
    }
}

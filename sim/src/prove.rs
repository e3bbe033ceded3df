//! Runs cases, in turn or several at a time, and reports what they found.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, Once, PoisonError};
use std::time::{Duration, Instant};

use crate::case::Case;
use crate::world::{Counts, World};

/// Result of a case that passed.
#[derive(Clone, Debug)]
pub struct CaseResult {
    pub counts: Counts,
    /// Digest of everything that was stored and told.
    pub digest: u64,
}

/// Result of a case that failed.
#[derive(Clone, Debug)]
pub struct Failure {
    pub case: Case,
    /// The broken promise, in words.
    pub what: String,
    /// Number of commands taken by then.
    pub commands: u64,
}

thread_local! {
    static WORDS: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs a case to its end.
///
/// # Errors
/// The first promise that does not hold.
pub fn run(case: &Case) -> Result<CaseResult, Failure> {
    run_aloud(case, false)
}

/// Runs a case to its end, and prints everything that is released if asked to.
///
/// # Errors
/// The first promise that does not hold.
pub fn run_aloud(case: &Case, is_told_aloud: bool) -> Result<CaseResult, Failure> {
    listen_to_panics();
    WORDS.with(|words| words.borrow_mut().take());
    let mut world = None;
    let ran = catch_unwind(AssertUnwindSafe(|| {
        let world = world.insert(World::new(case));
        world.is_told_aloud = is_told_aloud;
        for throw in case.throws() {
            world.throw(&mut case.dice(throw));
        }
        world.heal(&mut case.dice(u32::MAX));
    }));
    let counts = world.as_ref().map(|world| world.counts).unwrap_or_default();
    let digest = world.as_ref().map(|world| world.digest.name()).unwrap_or_default();
    // A world that a panic left half done may panic again when it is dropped.
    drop(catch_unwind(AssertUnwindSafe(|| drop(world))));
    match ran {
        Ok(()) => Ok(CaseResult { counts, digest }),
        Err(_) => {
            let what = WORDS.with(|words| words.borrow_mut().take()).unwrap_or_else(|| "no words".into());
            Err(Failure { case: case.clone(), what, commands: counts.commands })
        }
    }
}

/// Keeps the message of the first panic for the report, and prints nothing.
fn listen_to_panics() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(|place| format!("{}:{}", place.file(), place.line())).unwrap_or_default();
            let payload = panic.payload();
            let words = payload.downcast_ref::<String>().map(String::as_str);
            let words = words.or_else(|| payload.downcast_ref().copied()).unwrap_or("no words");
            WORDS.with(|first| first.borrow_mut().get_or_insert_with(|| format!("{words}\n  at {place}")).len());
        }));
    });
}

/// Result of many cases.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    pub cases: u64,
    /// Sums over all cases.
    pub counts: Counts,
    pub failure: Option<Failure>,
    pub took: Duration,
}

/// Runs seeds from the first one on, in so many threads, until the number of commands is reached or a seed fails.
#[must_use]
pub fn prove(first_seed: u64, commands: u64, threads: usize) -> Proof {
    let began = Instant::now();
    let (next, done) = (AtomicU64::new(first_seed), AtomicU64::new(0));
    let proof = Mutex::new(Proof::default());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while done.load(Ordering::Relaxed) < commands {
                    let result = run(&Case::of_seed(next.fetch_add(1, Ordering::Relaxed)));
                    let mut proof = proof.lock().unwrap_or_else(PoisonError::into_inner);
                    proof.cases += 1;
                    match result {
                        Ok(outcome) => {
                            done.fetch_add(outcome.counts.commands, Ordering::Relaxed);
                            proof.counts.add(&outcome.counts);
                        }
                        Err(failure) => {
                            proof.counts.commands += failure.commands;
                            done.store(u64::MAX / 2, Ordering::Relaxed);
                            proof.failure.get_or_insert(failure);
                            return;
                        }
                    }
                }
            });
        }
    });
    let mut proof = proof.into_inner().unwrap_or_else(PoisonError::into_inner);
    proof.took = began.elapsed();
    proof
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.commands += other.commands;
        self.frames += other.frames;
        self.sessions += other.sessions;
        self.no_room += other.no_room;
        self.kills += other.kills;
        self.full_disks += other.full_disks;
        self.cuts += other.cuts;
    }
}

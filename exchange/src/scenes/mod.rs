//! Exchange, journal and outbox under a model checker: small scenes, each run under many schedules.
//!
//! A failing schedule is kept in a file, and the failure names the command that replays the file. `MODEL_ORDERS` sets
//! the number of schedules for each scene and scheduler, and `SHUTTLE_RANDOM_SEED` chooses others.

mod people;

mod company;

mod failures;

mod sessions;

mod timekeeping;

mod times;

mod visits;

mod world;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use shuttle::scheduler::{DfsScheduler, PctScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, FailurePersistence, MaxSteps, Runner};

/// Schedules of each scene and scheduler without `MODEL_ORDERS`.
const ORDERS: usize = 100;
/// The seed without `SHUTTLE_RANDOM_SEED`: always the same, so that `make test` does not fail by chance.
const SEED: u64 = 7;
/// Preemptions in a schedule; most locking mistakes need one or two.
const PREEMPTIONS: usize = 3;
/// The steps after which a scene is taken to loop for ever.
const STEPS_MAX: usize = 100_000;
/// Bytes of stack of each thread and task, because an unoptimised scene in one future takes more than shuttle's 32 KiB.
const STACK_BYTES: usize = 256 * 1024;

/// Runs a scene under many schedules: random at every step, and with few preemptions at random places.
fn explore(scene: fn()) {
    let orders =
        std::env::var("MODEL_ORDERS").map_or(ORDERS, |orders| orders.parse().expect("`MODEL_ORDERS` is a number"));
    if let Ok(order) = std::env::var("MODEL_REPLAY") {
        return shuttle::replay_from_file(scene, order);
    }
    run(RandomScheduler::new_from_seed(SEED, orders), scene);
    run(PctScheduler::new_from_seed(SEED, PREEMPTIONS, orders), scene);
}

/// Runs a scene under every possible schedule.
fn exhaust(scene: fn()) {
    run(DfsScheduler::new(None, false), scene);
}

fn run(scheduler: impl Scheduler + 'static, scene: fn()) {
    let mut config = Config::new();
    config.silence_warnings = true;
    config.stack_size = STACK_BYTES;
    config.max_steps = MaxSteps::FailAfter(STEPS_MAX);
    config.failure_persistence = FailurePersistence::File(Some(kept_orders()));
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    let tried = Arc::new(AtomicUsize::new(0));
    let counted = tried.clone();
    let scene = move || {
        counted.fetch_add(1, Ordering::Relaxed);
        scene();
    };
    let ran = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| Runner::new(scheduler, config).run(scene)));
    let tried = tried.load(Ordering::Relaxed);
    match ran {
        Ok(_) => eprintln!("{test}: {tried} orders"),
        Err(panic) => {
            eprintln!("{test}: order {tried} failed; again with the file of that schedule:");
            eprintln!("MODEL_REPLAY=<file> cargo test -p switchboard --lib --features model -- --exact {test}");
            std::panic::resume_unwind(panic);
        }
    }
}

/// The directory for schedules that failed.
fn kept_orders() -> PathBuf {
    let directory = std::env::temp_dir().join("switchboard-orders");
    std::fs::create_dir_all(&directory).expect("a directory for failing orders");
    directory
}

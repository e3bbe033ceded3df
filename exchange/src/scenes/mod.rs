//! Exchange, journal and outbox under a model checker: small scenes, each tried in many orders.
//!
//! A failing order is kept in a file, and the failure says how to play it again. `MODEL_ORDERS` is how many orders each
//! scene is tried in by each scheduler, `SHUTTLE_RANDOM_SEED` which ones.

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

/// Orders of each scene and scheduler, unless `MODEL_ORDERS` says otherwise.
const ORDERS: usize = 300;
/// The same orders each time, unless `SHUTTLE_RANDOM_SEED` says otherwise: `make test` must not fail by chance.
const SEED: u64 = 7;
/// Preemptions at chosen places: most mistakes of locking need one or two.
const PREEMPTIONS: usize = 3;
/// A scene of more steps than that goes round in a circle.
const STEPS_MAX: usize = 100_000;
/// Bytes of stack of each thread and task: without optimisation a whole scene in one future takes more than shuttle's 32
/// KiB.
const STACK_BYTES: usize = 256 * 1024;

/// Tries a scene in many orders: any order at each step, and few preemptions at places that are chosen by chance.
fn explore(scene: fn()) {
    let orders =
        std::env::var("MODEL_ORDERS").map_or(ORDERS, |orders| orders.parse().expect("`MODEL_ORDERS` is a number"));
    if let Ok(order) = std::env::var("MODEL_REPLAY") {
        return shuttle::replay_from_file(scene, order);
    }
    run(RandomScheduler::new_from_seed(SEED, orders), scene);
    run(PctScheduler::new_from_seed(SEED, PREEMPTIONS, orders), scene);
}

/// Tries a scene in every order that there is.
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

/// Where failing orders are written.
fn kept_orders() -> PathBuf {
    let directory = std::env::temp_dir().join("switchboard-orders");
    std::fs::create_dir_all(&directory).expect("a directory for failing orders");
    directory
}

//! The command line of the benchmarks: one part by name.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use switchboard_bench::ground::Ground;
use switchboard_bench::results::Results;
use switchboard_bench::rounds::Effort;
use switchboard_bench::{growth, rivals, scale, sockets, store};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures one part, prints a table, and writes it down as JSON with its pictures.
#[derive(Parser)]
struct BenchArguments {
    #[command(subcommand)]
    part: Measurement,
    /// Every candidate once, for milliseconds: a trial of the benchmark itself.
    #[arg(long, global = true)]
    quick: bool,
    /// Where the results go.
    #[arg(long, global = true, default_value = "bench/results")]
    results: PathBuf,
    /// Where the stores are: a directory on the disk that is meant. By default it is beside the build.
    #[arg(long, global = true)]
    ground: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Measurement {
    /// The designs of the debate, each doing the same: claim, accept, release.
    Rivals {
        /// Which of them: what keeps its state in memory, or what writes it down or runs as a server of its own.
        #[arg(long, value_enum, default_value_t = rivals::Which::All)]
        which: rivals::Which,
    },
    /// The journal beside what this disk and `SQLite` can do at all.
    Store,
    /// A claim in core among few and many employees, and in few and many companies.
    Growth,
    /// Whole bookings over sockets, beside a server that only relays.
    Sockets,
    /// Many idle sockets, and ten thousand clients after one employee.
    Crowds,
    /// What a booking costs among few and many open sockets.
    Scale,
    /// What an employee, an open booking and a booking that is over take in memory and on disk.
    Footprint,
    /// The start after a crash, with a million employees.
    Restart,
    /// All sockets at once, after a restart.
    Return,
    /// Fills a store as `footprint` and `restart` need it, and keeps it open.
    #[command(hide = true)]
    Hold(scale::holding::HoldingFlags),
    /// Serves as `sockets` needs it: relays the frames of bookings, without a rule and without a store.
    #[command(hide = true)]
    Relay(sockets::relay::RelayFlags),
}

fn main() -> ExitCode {
    match run(&BenchArguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("FAILED: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(line: &BenchArguments) -> anyhow::Result<()> {
    let effort = if line.quick { Effort::Quick } else { Effort::Full };
    if let Measurement::Relay(flags) = &line.part {
        let secret = std::env::var("SWITCHBOARD_JWT_SECRET").context("SWITCHBOARD_JWT_SECRET must be set")?;
        return tokio::runtime::Runtime::new()?.block_on(sockets::relay::serve(flags, &secret));
    }
    if let Measurement::Hold(flags) = &line.part {
        return scale::holding::hold(flags);
    }
    let results = Results::into(&line.results)?;
    let ground = match &line.ground {
        Some(directory) => Ground::at(directory)?,
        None => Ground::beside_the_build()?,
    };
    match &line.part {
        Measurement::Rivals { which } => rivals::run(effort, *which, &ground, &results),
        Measurement::Store => store::run(effort, &ground, &results),
        Measurement::Growth => growth::run(effort, &results),
        Measurement::Sockets => sockets::run(effort, &ground, &results),
        Measurement::Crowds => sockets::run_crowds(effort, &ground, &results),
        Measurement::Scale => scale::open_sockets::run(effort, &ground, &results),
        Measurement::Footprint => scale::footprint::run(effort, &ground, &results),
        Measurement::Restart => scale::restart::run(effort, &ground, &results),
        Measurement::Return => scale::returning::run(effort, &ground, &results),
        Measurement::Relay(_) | Measurement::Hold(_) => Ok(()),
    }
}

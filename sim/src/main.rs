//! The command line of the simulator: prove many seeds, or repeat one case.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use switchboard_sim::case::Case;
use switchboard_sim::faults::try_all;
use switchboard_sim::prove::{Failure, prove, run_aloud};
use switchboard_sim::shrink::shrink;

/// Simulates a Switchboard in bad weather and holds everything it says against a second opinion.
#[derive(Parser)]
struct SimulatorArguments {
    #[command(subcommand)]
    command: SimulatorCommand,
}

#[derive(Subcommand)]
enum SimulatorCommand {
    /// Run seeds until so many commands were taken; exit 1 at the first that fails, with a small case that repeats it.
    Prove {
        /// How many commands.
        #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..))]
        commands: u64,
        /// The first seed.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// How many side by side.
        #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..))]
        threads: u8,
        /// Print the failing case as it is, without making it smaller.
        #[arg(long)]
        as_it_is: bool,
    },
    /// Put faults into a copy of the product, one at a time; exit 1 when the simulator does not find one.
    Faults {
        /// Only those whose names contain this, or one of these when it is given again.
        #[arg(long)]
        only: Vec<String>,
        /// The workspace.
        #[arg(long, default_value = ".")]
        workspace: PathBuf,
    },
    /// Run one case again: a seed, or what a failure has printed.
    Repeat {
        /// The case.
        case: Case,
        /// Print everything that is released: what was asked, and what each device is told.
        #[arg(long)]
        aloud: bool,
    },
}

fn main() -> ExitCode {
    match SimulatorArguments::parse().command {
        SimulatorCommand::Prove { commands, seed, threads, as_it_is } => {
            let proof = prove(seed, commands, usize::from(threads));
            if let Some(failure) = proof.failure {
                println!("FAILED after {} commands in {} simulations", proof.counts.commands, proof.cases);
                return report(&if as_it_is { failure } else { shrink(failure) });
            }
            let (counts, seconds) = (proof.counts, proof.took.as_secs_f64());
            println!(
                "{} commands in {} simulations, {} sessions, {} messages without room, {} frames held against the model, \
                 {} kills, {} full disks, {} cut lines: every promise held; {seconds:.1} s, {:.0} commands/s",
                counts.commands,
                proof.cases,
                counts.sessions,
                counts.no_room,
                counts.frames,
                counts.kills,
                counts.full_disks,
                counts.cuts,
                counts.commands as f64 / seconds,
            );
            ExitCode::SUCCESS
        }
        SimulatorCommand::Faults { only, workspace } => match try_all(&workspace, &only) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                println!("FAILED: {error:#}");
                ExitCode::FAILURE
            }
        },
        SimulatorCommand::Repeat { case, aloud } => match run_aloud(&case, aloud) {
            Ok(outcome) => {
                println!("{case}: every promise held; digest {:016x}, {:?}", outcome.digest, outcome.counts);
                ExitCode::SUCCESS
            }
            Err(failure) => report(&failure),
        },
    }
}

fn report(failure: &Failure) -> ExitCode {
    println!("{} commands into the case: {}", failure.commands, failure.what);
    println!("repeat it with: cargo run --profile sim -p switchboard-sim -- repeat {}", failure.case);
    ExitCode::FAILURE
}

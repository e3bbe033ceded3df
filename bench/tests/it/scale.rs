//! The parts that need the built server, in a small way: they run, write down their figures, and leave nothing behind.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};

/// Runs a part as its user does, in little time; returns the figures that it wrote down.
fn run(part: &str) -> Result<serde_json::Value> {
    let directory = tempfile::tempdir()?;
    let ground = directory.path().join("ground");
    let mut command = Command::new(env!("CARGO_BIN_EXE_bench"));
    command.args([part, "--quick", "--results"]).arg(directory.path()).arg("--ground").arg(&ground);
    let ended = command.output()?;
    ensure!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    ensure!(std::fs::read_dir(&ground)?.count() == 0, "{part} left something behind");
    if part == "scale" {
        ensure!(std::fs::metadata(directory.path().join("scale.svg"))?.len() > 0, "there is a picture");
    }
    Ok(serde_json::from_str(&std::fs::read_to_string(directory.path().join(format!("{part}.json")))?)?)
}

/// Builds the server beside this test, because the parts start that one. The features are those of the workspace, with
/// the pages if they are there, and the tests are built too, because cargo would build the server and its libraries once
/// more for other features: tests use some libraries with more of them.
fn build_the_server() -> Result<()> {
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--workspace", "--bins", "--tests", "--locked", "--profile", profile]);
    if Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../console/dist/index.html")).exists() {
        build.args(["--features", "switchboard/console,switchboard/otlp"]);
    }
    ensure!(build.status()?.success(), "the server cannot be built");
    Ok(())
}

#[test]
fn each_part_that_needs_the_server_runs_and_writes_down_what_it_found() -> Result<()> {
    build_the_server()?;
    for part in ["scale", "footprint", "restart", "return"] {
        let found = run(part)?;
        assert!(found["quick"] == true && found["figures"]["targets"].as_array().is_some_and(|all| !all.is_empty()));
    }
    Ok(())
}

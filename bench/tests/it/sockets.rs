//! The relay and the load: an employee with two offers is noticed, and without that everybody books in peace.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

const SECRET: &str = "a secret for tests, and longer than 32 bytes";

/// A relay, which is ended when dropped.
struct Relay {
    child: Child,
    address: String,
}

impl Relay {
    fn start(flags: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bench"));
        command.args(["relay", "--listen", "127.0.0.1:0"]).args(flags).env("SWITCHBOARD_JWT_SECRET", SECRET);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().split_once("http://").unwrap().1.to_owned();
        Self { child, address }
    }

    /// Puts a load on the relay; returns the exit code and everything that the load said.
    fn load(&self) -> (Option<i32>, String) {
        let plan = switchboard_plan(&self.address);
        let run = switchboard_load::run(plan, switchboard::crowd::sign_with(SECRET));
        let report = tokio::runtime::Runtime::new().unwrap().block_on(run).unwrap();
        let fault = report.fault();
        (
            Some(i32::from(fault.is_some())),
            format!("{report}{}", fault.map(|fault| fault.to_string()).unwrap_or_default()),
        )
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn switchboard_plan(address: &str) -> switchboard_load::Plan {
    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        plan: switchboard_load::Plan,
    }
    let url = format!("http://{address}");
    let words = ["load", "--url", &url, "--companies", "2", "--employees", "2", "--clients", "2", "--warm-up", "0s"];
    let words = words.into_iter().chain(["--duration", "500ms"]).map(PathBuf::from);
    <Line as clap::Parser>::parse_from(words).plan
}

#[test]
fn a_relay_that_gives_every_offer_once_is_found_to_be_right() {
    for writes in ["each", "together"] {
        let (code, said) = Relay::start(&["--writes", writes]).load();
        assert!(code == Some(0) && said.contains("0 contradictions"), "{said}");
    }
}

#[test]
fn a_relay_that_gives_every_offer_twice_is_found_out() {
    let (code, said) = Relay::start(&["--lie"]).load();
    assert!(code == Some(1) && said.contains("an employee was booked twice") && said.contains("was given"), "{said}");
}

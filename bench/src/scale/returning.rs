//! The return of all devices at once: the server is killed and starts again, and all sockets connect and join together.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use serde_json::json;

use crate::ground::Ground;
use crate::results::{ResultTable, Results, Target};
use crate::rounds::{Calibration, Effort, Samples};
use crate::servers::{Kind, MeasuredLoad, MeasuredServer, figure};

/// The most seconds until the last device has joined: as long as a person waits before trying again.
const ALL_BACK_MAX_S: f64 = 10.0;

/// The figures of all rounds.
#[derive(Default)]
struct ReturnFigures {
    sockets: Samples,
    joined_s: Samples,
    tried_again: Samples,
    us_each: Samples,
    load_us_each: Samples,
}

/// Measures, prints and writes down.
///
/// # Errors
/// When a server or the load fails.
pub fn run(effort: Effort, disk: &Ground, results: &Results) -> Result<()> {
    let (mut calibration, mut figures) = (Calibration::default(), ReturnFigures::default());
    for round in 0..effort.rounds() {
        calibration.round();
        figures.round(effort, &disk.fresh("return")?)?;
        eprintln!("round {} of {}", round + 1, effort.rounds());
    }
    let rows = [
        ("sockets that returned at once", &figures.sockets),
        ("seconds until all had joined", &figures.joined_s),
        ("handshakes that broke and were tried again", &figures.tried_again),
        ("microseconds of the server's CPU for each", &figures.us_each),
        ("microseconds of the load's CPU for each", &figures.load_us_each),
    ];
    let mut table = ResultTable::new(["return", "median of rounds", "least", "most"]);
    for (name, spread) in rows {
        let cell = |figure: f64| format!("{figure:.2}");
        table.row([name.to_owned(), cell(spread.median()), cell(spread.min()), cell(spread.max())]);
    }
    table.print();
    let target = Target {
        what: "seconds until the last of all has joined".to_owned(),
        measured: figures.joined_s.median(),
        bound: ALL_BACK_MAX_S,
        at_least: false,
    };
    target.print();
    let figures = rows.map(|(name, spread)| json!({ "figure": name, "value": spread.json() }));
    results.write("return", effort, &calibration, json!({ "figures": figures, "targets": [target.json()] }))
}

impl ReturnFigures {
    fn round(&mut self, effort: Effort, place: &Path) -> Result<()> {
        // Just below the 20,000 files that a process may have open on many machines.
        let (companies, clients) = effort.pick((190, 100), (2, 5));
        let sockets = companies * (clients + 1);
        let mut crowd = MeasuredLoad {
            name: "crowd",
            companies,
            employees: 1,
            clients,
            rate: Some(1.0),
            duration: Duration::from_secs(60),
            warm_up: Duration::ZERO,
            session: Duration::ZERO,
            handshakes: None,
            json: place.join("load.json"),
        };
        let store = place.join("store");
        let server = MeasuredServer::start(Kind::Switchboard, &store)?;
        let before = server.load(&crowd)?;
        server.has_sockets(sockets)?;
        drop(server);
        before.end()?;
        let server = MeasuredServer::start(Kind::Switchboard, &store)?;
        server.ready()?;
        crowd.handshakes = Some(sockets);
        crowd.duration = Duration::from_millis(1500);
        let report = server.load(&crowd)?.report()?;
        self.sockets.add(sockets as f64);
        self.joined_s.add(figure(&report, "/arrival/seconds")?);
        self.tried_again.add(figure(&report, "/arrival/tried_again")?);
        self.us_each.add(figure(&report, "/arrival/server_s")? * 1e6 / sockets as f64);
        self.load_us_each.add(figure(&report, "/arrival/load_s")? * 1e6 / sockets as f64);
        drop(server);
        Ok(std::fs::remove_dir_all(place)?)
    }
}

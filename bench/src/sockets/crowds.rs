//! Many sockets at once: the cost of an idle one, how fast they all arrive, and ten thousand clients after one
//! employee.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;

use crate::ground::Ground;
use crate::results::{ResultTable, Results, Target};
use crate::rounds::{Calibration, Effort, Samples};
use crate::servers::{Kind, MeasuredLoad, MeasuredServer, figure};

/// Interval between two readings of the server's memory.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Runs both measurements and reports them.
pub(super) fn run(effort: Effort, disk: &Ground, results: &Results) -> Result<()> {
    let mut calibration = Calibration::default();
    let mut idle = CrowdFigures::default();
    let mut herd = Herd::default();
    for round in 0..effort.rounds() {
        calibration.round();
        idle.round(effort, disk)?;
        herd.round(effort, disk)?;
        eprintln!("round {} of {}", round + 1, effort.rounds());
    }
    let most =
        |what: &str, measured: f64, bound: f64| Target { what: what.to_owned(), measured, bound, at_least: false };
    let targets = [
        most("KiB of the server's memory for each idle joined socket", idle.kib_each.median(), 10.0),
        most("after one employee: all answered within, in ms", herd.refused_ms.median(), 1000.0),
        most("after one employee: others' median wait, as so many of theirs alone", herd.p50_over.median(), 4.0),
    ];
    let rows = [
        ("sockets that joined", &idle.sockets),
        ("KiB of memory for each", &idle.kib_each),
        ("seconds until all had joined", &idle.joined_s),
        ("microseconds of CPU for each to join", &idle.us_each),
        ("clients after one employee", &herd.clients),
        ("the longest wait for a refusal, ms", &herd.refused_ms),
        ("others' median wait beside them, ms", &herd.p50_ms),
        ("as so many of theirs alone", &herd.p50_over),
        ("others' 99 % beside them, ms", &herd.p99_ms),
    ];
    let mut table = ResultTable::new(["crowds", "median of rounds", "least", "most"]);
    for (name, spread) in rows {
        let cell = |figure: f64| format!("{figure:.2}");
        table.row([name.to_owned(), cell(spread.median()), cell(spread.min()), cell(spread.max())]);
    }
    table.print();
    targets.iter().for_each(Target::print);
    let figures = rows.map(|(name, spread)| json!({ "figure": name, "value": spread.json() }));
    let targets = targets.iter().map(Target::json).collect::<Vec<_>>();
    results.write("crowds", effort, &calibration, json!({ "figures": figures, "targets": targets }))
}

/// Sockets that join and then do next to nothing.
#[derive(Default)]
struct CrowdFigures {
    sockets: Samples,
    kib_each: Samples,
    joined_s: Samples,
    us_each: Samples,
}

impl CrowdFigures {
    fn round(&mut self, effort: Effort, disk: &Ground) -> Result<()> {
        let place = disk.fresh("idle")?;
        let server = MeasuredServer::start(Kind::Switchboard, &place.join("store"))?;
        // Just below the 20,000 files that a process may have open on many machines.
        let (companies, clients) = effort.pick((190, 100), (2, 5));
        let before = server.resident_bytes()?;
        let mut running = server.load(&MeasuredLoad {
            name: "idle",
            companies,
            employees: 1,
            clients,
            rate: Some(1.0),
            duration: effort.pick(Duration::from_secs(3), Duration::from_millis(1500)),
            warm_up: Duration::ZERO,
            session: Duration::ZERO,
            handshakes: None,
            json: place.join("load.json"),
        })?;
        let mut most = before;
        while !running.is_over()? {
            most = server.resident_bytes()?.max(most);
            std::thread::sleep(LOOK_EVERY);
        }
        let report = running.report()?;
        let sockets = (companies * (clients + 1)) as f64;
        self.sockets.add(sockets);
        self.kib_each.add((most - before) / sockets / 1024.0);
        self.joined_s.add(figure(&report, "/arrival/seconds")?);
        self.us_each.add(figure(&report, "/arrival/server_s")? * 1e6 / sockets);
        Ok(())
    }
}

/// One employee, wanted by all clients.
#[derive(Default)]
struct Herd {
    clients: Samples,
    refused_ms: Samples,
    p50_ms: Samples,
    p50_over: Samples,
    p99_ms: Samples,
}

impl Herd {
    fn round(&mut self, effort: Effort, disk: &Ground) -> Result<()> {
        let place = disk.fresh("herd")?;
        let server = MeasuredServer::start(Kind::Switchboard, &place.join("store"))?;
        let clients = effort.pick(10_000, 20);
        let others = |name, file| MeasuredLoad {
            name,
            companies: 5,
            employees: 10,
            clients: 10,
            rate: Some(50.0),
            duration: effort.pick(Duration::from_secs(4), Duration::from_millis(500)),
            warm_up: Duration::ZERO,
            session: Duration::ZERO,
            handshakes: None,
            json: place.join(file),
        };
        let alone = server.load(&others("alone", "alone.json"))?.report()?;
        // Each time the one employee is idle again, all clients are told, and all book.
        let mut crowd = server.load(&MeasuredLoad {
            name: "herd",
            companies: 1,
            employees: 1,
            clients,
            rate: None,
            duration: effort.pick(Duration::from_secs(9), Duration::from_secs(1)),
            warm_up: effort.pick(Duration::from_secs(2), Duration::ZERO),
            session: effort.pick(Duration::from_secs(1), Duration::from_millis(50)),
            handshakes: None,
            json: place.join("herd.json"),
        })?;
        // The crowd connects before it books; this waits until it books, because its bookings are to be measured beside
        // the others.
        std::thread::sleep(effort.pick(Duration::from_secs(7), Duration::from_millis(300)));
        ensure!(!crowd.is_over()?, "the crowd was gone before anything was measured beside it");
        let beside = server.load(&others("beside", "beside.json"))?.report()?;
        let herd = crowd.report()?;
        self.clients.add(clients as f64);
        self.refused_ms.add(figure(&herd, "/waits_ms/book → refused/max")?);
        let wait = |report: &serde_json::Value, at: &str| figure(report, &format!("/waits_ms/book → offer/{at}"));
        self.p50_ms.add(wait(&beside, "p50")?);
        self.p50_over.add(wait(&beside, "p50")? / wait(&alone, "p50")?);
        self.p99_ms.add(wait(&beside, "p99")?);
        Ok(())
    }
}

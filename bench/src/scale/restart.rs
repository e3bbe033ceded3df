//! The return after `kill -9`, with a million employees and a hundred thousand running sessions in the store.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};

use super::footprint::bytes_in;
use super::holding::WARM_UP_NAME;
use crate::checker::Population;
use crate::ground::Ground;
use crate::results::{ResultTable, Results, Target};
use crate::rounds::{Calibration, Effort, Samples};
use crate::servers::{Holder, MeasuredLoad, MeasuredServer};

/// The most seconds until the first client is served, and until every company is in memory.
const BACK_MAX_S: f64 = 5.0;
/// The server's log line when every company with something open is in memory.
const ALL_BACK: &str = "everything open is in memory again";
const FEW_LARGE: StoreSize = StoreSize { case: Population { companies: 100, employees: 10_000 }, sessions: 1_000 };
const MANY_SMALL: StoreSize = StoreSize { case: Population { companies: 10_000, employees: 100 }, sessions: 10 };
const QUICK_LARGE: StoreSize = StoreSize { case: Population { companies: 1, employees: 50 }, sessions: 5 };
const QUICK_SMALL: StoreSize = StoreSize { case: Population { companies: 5, employees: 10 }, sessions: 1 };

/// The contents of a store.
#[derive(Clone, Copy)]
struct StoreSize {
    case: Population,
    /// Running sessions in each company.
    sessions: usize,
}

/// Durations of the return with one store, round by round.
struct Restart {
    stored: StoreSize,
    store_mb: f64,
    ready_s: Samples,
    booked_s: Samples,
    all_back_s: Samples,
    cpu_s: Samples,
    memory_mb: Samples,
}

/// Measures, prints and writes down.
///
/// # Errors
/// When a store cannot be made, a server does not come back, or the first client is not served.
pub fn run(effort: Effort, disk: &Ground, results: &Results) -> Result<()> {
    let mut calibration = Calibration::default();
    let mut restarts = Vec::new();
    for stored in effort.pick([FEW_LARGE, MANY_SMALL], [QUICK_LARGE, QUICK_SMALL]) {
        let place = disk.fresh("restart")?;
        let mut restart = Restart::of(stored, &place)?;
        for round in 0..effort.rounds() {
            calibration.round();
            restart.round(&place)?;
            eprintln!("{}: round {} of {}", restart.name(), round + 1, effort.rounds());
        }
        std::fs::remove_dir_all(&place)?;
        restarts.push(restart);
    }
    let mut table = ResultTable::new(["after kill -9", "s, least", "median of rounds", "most"]);
    for restart in &restarts {
        table.row([
            format!("{}, {:.0} MB", restart.name(), restart.store_mb),
            String::new(),
            String::new(),
            String::new(),
        ]);
        for (name, spread) in restart.figures() {
            let cell = |figure: f64| format!("{figure:.2}");
            table.row([format!("  {name}"), cell(spread.min()), cell(spread.median()), cell(spread.max())]);
        }
    }
    table.print();
    let targets: Vec<Target> = restarts.iter().flat_map(Restart::targets).collect();
    targets.iter().for_each(Target::print);
    let figures = json!({
        "restarts": restarts.iter().map(Restart::json).collect::<Vec<_>>(),
        "targets": targets.iter().map(Target::json).collect::<Vec<_>>(),
    });
    results.write("restart", effort, &calibration, figures)
}

impl Restart {
    /// Fills a store, and kills the process that filled it.
    fn of(stored: StoreSize, place: &Path) -> Result<Self> {
        let StoreSize { case, sessions } = stored;
        let store = place.join("store");
        let flags = [("companies", case.companies), ("employees", case.employees), ("sessions", sessions)];
        drop(Holder::start(&store, &flags)?);
        let store_mb = bytes_in(&store)? / 1e6;
        let (ready_s, booked_s, all_back_s, cpu_s, memory_mb) = Default::default();
        Ok(Self { stored, store_mb, ready_s, booked_s, all_back_s, cpu_s, memory_mb })
    }

    /// Starts the server, serves a first client, and kills the server again.
    fn round(&mut self, place: &Path) -> Result<()> {
        let log = place.join("log");
        let server = MeasuredServer::start_on_all_cores(&place.join("store"), &log)?;
        server.ready()?;
        self.ready_s.add(server.age().as_secs_f64());
        let first = server.load(&MeasuredLoad {
            // This company is read back last of all, and has no session.
            name: WARM_UP_NAME,
            companies: 1,
            employees: 1,
            clients: 1,
            rate: Some(1.0),
            duration: Duration::from_millis(100),
            warm_up: Duration::ZERO,
            session: Duration::ZERO,
            handshakes: None,
            json: place.join("load.json"),
        })?;
        first.report()?;
        self.booked_s.add(server.age().as_secs_f64());
        server.has_said(ALL_BACK, &log)?;
        self.all_back_s.add(server.age().as_secs_f64());
        self.cpu_s.add(server.cpu_s()?);
        self.memory_mb.add(server.resident_bytes()? / 1e6);
        Ok(())
    }

    fn name(&self) -> String {
        let StoreSize { case: Population { companies, employees }, sessions } = self.stored;
        format!("{companies} companies of {employees} employees with {sessions} sessions each")
    }

    fn figures(&self) -> [(&'static str, &Samples); 5] {
        [
            ("until it says that it is ready", &self.ready_s),
            ("until a first client had an employee and has left again", &self.booked_s),
            ("until every company was back in memory", &self.all_back_s),
            ("seconds of CPU until then", &self.cpu_s),
            ("MB of memory then", &self.memory_mb),
        ]
    }

    fn targets(&self) -> [Target; 2] {
        let within = |what: &str, spread: &Samples| {
            let what = format!("{}: seconds until {what}", self.name());
            Target { what, measured: spread.median(), bound: BACK_MAX_S, at_least: false }
        };
        [within("a first client was served", &self.booked_s), within("all is in memory", &self.all_back_s)]
    }

    fn json(&self) -> Value {
        let StoreSize { case, sessions } = self.stored;
        let figures = self.figures().map(|(name, spread)| json!({ "figure": name, "value": spread.json() }));
        json!({
            "companies": case.companies,
            "employees_of_each": case.employees,
            "sessions_of_each": sessions,
            "store_mb": self.store_mb,
            "figures": figures,
        })
    }
}

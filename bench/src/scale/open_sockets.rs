//! The server's cost of a booking while more and more sockets are open that do next to nothing.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use serde_json::json;
use switchboard_load::plot::{self, Axis, Chart, Series};

use crate::ground::Ground;
use crate::results::{ResultTable, Results, Target};
use crate::rounds::{Calibration, Effort, Samples};
use crate::servers::{Kind, MeasuredLoad, MeasuredServer, figure};

/// Open sockets in all. Many machines allow a process 20,000 open files; the last step is just below.
const OPEN: [usize; 4] = [100, 1_000, 5_000, 19_500];
const QUICK_OPEN: [usize; 4] = [12, 20, 30, 40];
/// Bookings a second at each step, by the same few people.
const RATE: f64 = 200.0;
/// The people of one idle company, including its one employee.
const IDLE_COMPANY: usize = 100;
/// The most CPU time of a booking among the most sockets, as a multiple of the time among the fewest.
const OF_FEWEST_MAX: f64 = 1.5;

/// The figures with so many sockets, round by round.
struct StepFigures {
    sockets: usize,
    server_us: Samples,
    p50_ms: Samples,
    p99_ms: Samples,
}

/// Measures, prints, writes down and draws.
///
/// # Errors
/// When a server or a load fails.
pub fn run(effort: Effort, disk: &Ground, results: &Results) -> Result<()> {
    let mut calibration = Calibration::default();
    let step = |sockets| {
        let (server_us, p50_ms, p99_ms) = Default::default();
        StepFigures { sockets, server_us, p50_ms, p99_ms }
    };
    let mut steps = effort.pick(OPEN, QUICK_OPEN).map(step);
    for round in 0..effort.rounds() {
        calibration.round();
        for step in &mut steps {
            step.round(effort, &disk.fresh("scale")?)?;
        }
        eprintln!("round {} of {}", round + 1, effort.rounds());
    }
    let [fewest, .., most] = &steps;
    let mut table =
        ResultTable::new(["open sockets", "CPU us a booking", "least", "most", "of the fewest", "p50 ms", "p99 ms"]);
    for step in &steps {
        let us = &step.server_us;
        let whole = |figure: f64| format!("{figure:.0}");
        let cell = |figure: f64| format!("{figure:.2}");
        table.row([
            step.sockets.to_string(),
            whole(us.median()),
            whole(us.min()),
            whole(us.max()),
            cell(us.over(&fewest.server_us).median()),
            cell(step.p50_ms.median()),
            cell(step.p99_ms.median()),
        ]);
    }
    table.print();
    let target = Target {
        what: format!("CPU of a booking among {} sockets, as so many of that among {}", most.sockets, fewest.sockets),
        measured: most.server_us.over(&fewest.server_us).median(),
        bound: OF_FEWEST_MAX,
        at_least: false,
    };
    target.print();
    draw(results, &steps)?;
    let figures = steps.each_ref().map(|step| {
        json!({
            "sockets": step.sockets,
            "server_us_per_booking": step.server_us.json(),
            "of_the_fewest": step.server_us.over(&fewest.server_us).json(),
            "book_to_offer_p50_ms": step.p50_ms.json(),
            "book_to_offer_p99_ms": step.p99_ms.json(),
        })
    });
    results.write("scale", effort, &calibration, json!({ "steps": figures, "targets": [target.json()] }))
}

impl StepFigures {
    fn round(&mut self, effort: Effort, place: &Path) -> Result<()> {
        let server = MeasuredServer::start(Kind::Switchboard, &place.join("store"))?;
        let busy = MeasuredLoad {
            name: "busy",
            companies: effort.pick(5, 2),
            employees: effort.pick(10, 3),
            clients: effort.pick(10, 3),
            rate: Some(effort.pick(RATE, 20.0)),
            duration: effort.pick(Duration::from_secs(8), Duration::from_millis(500)),
            warm_up: effort.pick(Duration::from_secs(1), Duration::ZERO),
            session: Duration::ZERO,
            handshakes: None,
            json: place.join("busy.json"),
        };
        let in_company = effort.pick(IDLE_COMPANY, 4);
        let idle_companies = (self.sockets - busy.companies * (busy.employees + busy.clients)) / in_company;
        let mut idle = None;
        if idle_companies > 0 {
            idle = Some(server.load(&MeasuredLoad {
                name: "idle",
                companies: idle_companies,
                employees: 1,
                clients: in_company - 1,
                // One of these clients books now and then.
                rate: Some(1.0),
                duration: Duration::from_secs(120),
                warm_up: Duration::ZERO,
                json: place.join("idle.json"),
                ..busy.clone()
            })?);
            server.has_sockets(idle_companies * in_company)?;
        }
        let report = server.load(&busy)?.report()?;
        self.server_us.add(figure(&report, "/cpu/server_us_per_booking")?);
        self.p50_ms.add(figure(&report, "/waits_ms/book → offer/p50")?);
        self.p99_ms.add(figure(&report, "/waits_ms/book → offer/p99")?);
        if let Some(idle) = idle {
            idle.end()?;
        }
        drop(server);
        Ok(std::fs::remove_dir_all(place)?)
    }
}

fn draw(results: &Results, steps: &[StepFigures]) -> Result<()> {
    let us = steps.iter().map(|step| (step.sockets as f64, step.server_us.median()));
    let chart = Chart {
        title: format!("CPU of the server for a booking, {RATE} bookings a second"),
        x: Axis::log("open sockets, most of them idle"),
        y: Axis::linear("microseconds"),
        series: vec![Series { name: "switchboard, every answer committed".to_owned(), points: us.collect() }],
    };
    results.draw("scale.svg", &plot::lines(&[chart])?)
}

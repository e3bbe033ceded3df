//! Memory of an employee and of an open booking, and disk space of a booking.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use rusqlite::Connection;
use serde_json::json;

use crate::ground::Ground;
use crate::results::{ResultTable, Results, Target, short};
use crate::rounds::{Calibration, Effort, Samples};
use crate::servers::{Holder, Kind, MeasuredLoad, MeasuredServer, figure};

/// The most bytes of memory for an idle employee: a name, an id, and a place in three maps.
const EMPLOYEE_BYTES_MAX: f64 = 1024.0;
/// The most bytes of memory for an open booking, with its offer and its deadlines.
const BOOKING_BYTES_MAX: f64 = 2048.0;

/// The figures of all rounds.
#[derive(Default)]
struct FootprintFigures {
    employee_bytes: Samples,
    booking_bytes: Samples,
    stored: Samples,
    log_bytes: Samples,
    disk_bytes: Samples,
}

/// Measures, prints and writes down.
///
/// # Errors
/// When a store cannot be made, or a server or the load fails.
pub fn run(effort: Effort, disk: &Ground, results: &Results) -> Result<()> {
    let (mut calibration, mut figures) = (Calibration::default(), FootprintFigures::default());
    for round in 0..effort.rounds() {
        calibration.round();
        figures.memory(effort, &disk.fresh("memory")?)?;
        figures.disk(effort, &disk.fresh("disk")?)?;
        eprintln!("round {} of {}", round + 1, effort.rounds());
    }
    let most =
        |what: &str, measured: f64, bound: f64| Target { what: what.to_owned(), measured, bound, at_least: false };
    let targets = [
        most("bytes of memory for each employee", figures.employee_bytes.median(), EMPLOYEE_BYTES_MAX),
        most("bytes of memory for each open booking", figures.booking_bytes.median(), BOOKING_BYTES_MAX),
    ];
    let rows = [
        ("bytes of memory for each employee", &figures.employee_bytes),
        ("bytes of memory for each open booking", &figures.booking_bytes),
        ("whole bookings that were stored", &figures.stored),
        ("bytes on disk for each, with the write-ahead log", &figures.log_bytes),
        ("bytes on disk for each, the log copied into the database", &figures.disk_bytes),
    ];
    let mut table = ResultTable::new(["footprint", "median of rounds", "least", "most"]);
    for (name, spread) in rows {
        table.row(std::iter::once(name.to_owned()).chain([spread.median(), spread.min(), spread.max()].map(short)));
    }
    table.print();
    targets.iter().for_each(Target::print);
    let figures = rows.map(|(name, spread)| json!({ "figure": name, "value": spread.json() }));
    let targets = targets.iter().map(Target::json).collect::<Vec<_>>();
    results.write("footprint", effort, &calibration, json!({ "figures": figures, "targets": targets }))
}

impl FootprintFigures {
    /// Measures memory: one large company, with half as many open bookings as employees.
    fn memory(&mut self, effort: Effort, place: &Path) -> Result<()> {
        let employees = effort.pick(100_000, 200);
        let bookings = employees / 2;
        let holder = Holder::start(place, &[("employees", employees), ("bookings", bookings)])?;
        self.employee_bytes.add(figure(holder.said(), "/hired_bytes")? / employees as f64);
        self.booking_bytes.add(figure(holder.said(), "/booked_bytes")? / bookings as f64);
        drop(holder);
        Ok(std::fs::remove_dir_all(place)?)
    }

    /// Measures disk space with bookings over sockets, because these have all events of a booking.
    fn disk(&mut self, effort: Effort, place: &Path) -> Result<()> {
        let store = place.join("store");
        let server = MeasuredServer::start(Kind::Switchboard, &store)?;
        let report = server.load(&MeasuredLoad {
            name: "load",
            companies: effort.pick(10, 2),
            employees: effort.pick(10, 3),
            clients: effort.pick(10, 2),
            rate: None,
            duration: effort.pick(Duration::from_secs(6), Duration::from_millis(300)),
            warm_up: Duration::ZERO,
            session: Duration::ZERO,
            handshakes: None,
            json: place.join("load.json"),
        })?;
        let bookings = figure(&report.report()?, "/checked/sessions")?;
        self.stored.add(bookings);
        server.stop()?;
        self.log_bytes.add(bytes_in(&store)? / bookings);
        Connection::open(store.join("switchboard.db"))?.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        self.disk_bytes.add(bytes_in(&store)? / bookings);
        Ok(std::fs::remove_dir_all(place)?)
    }
}

/// The bytes of all files in a directory.
pub(super) fn bytes_in(directory: &Path) -> Result<f64> {
    let mut bytes = 0;
    for file in std::fs::read_dir(directory)? {
        bytes += file?.metadata()?.len();
    }
    Ok(bytes as f64)
}

//! Whole bookings over real sockets, beside a server that only relays, and their waits beside the times of disk and
//! loopback.

mod frames;

mod ground;

pub mod relay;

mod crowds;

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};

use crate::ground::Ground;
use crate::results::{ResultTable, Results, Target, short};
use crate::rounds::{Calibration, Effort, Samples};
use crate::servers::{Kind, MeasuredLoad, MeasuredServer, Writes, figure};
use frames::Frames;

/// Share of the highest rate that is requested when the waits under load are measured.
const HALF: f64 = 0.5;
/// Bookings a second at a rate so low that none waits for another.
const UNLOADED_PER_S: f64 = 20.0;
/// The most milliseconds of a wait beyond the disk and the loopback.
const OWN_MS: f64 = 0.15;
/// The obvious alternative: a Phoenix application on the BEAM, a `GenServer` for each company, all state in memory and
/// lost at a restart. These are its whole bookings a second, least and most, with one scheduler on one core of a
/// machine of this kind, but not of this one. Its protocol has no proof of delivery and tells less, so that only the
/// time of a frame can be compared. A joined Phoenix socket took 32 KiB.
const PHOENIX_BOOKINGS_PER_S: [f64; 2] = [6_300.0, 7_700.0];
const PHOENIX_FRAMES: f64 = 9.0;
const PHOENIX_NAME: &str = "a Phoenix application in memory";
const KINDS: [Kind; 3] = [Kind::Relay(Writes::Each), Kind::Relay(Writes::Together), Kind::Switchboard];

/// The figures of one kind of server, round by round.
#[derive(Default)]
struct ServerFigures {
    bookings_per_s: Samples,
    server_us: Samples,
    load_us: Samples,
}

impl ServerFigures {
    /// Frames a second in both directions, from whole bookings.
    fn frames_per_s(&self) -> Samples {
        let each = Frames::read().of_a_booking() as f64;
        self.bookings_per_s.rounds().iter().map(|per_s| per_s * each).collect()
    }
}

/// The time of bookings from `book` to `offer`, round by round, in milliseconds.
#[derive(Default)]
struct WaitFigures {
    round_trip: Samples,
    fdatasync: Samples,
    unloaded_p50: Samples,
    unloaded_p99: Samples,
    half_p50: Samples,
    half_p99: Samples,
}

/// Measures whole bookings over sockets.
///
/// # Errors
/// When a server or the load fails, or an employee is booked twice.
pub fn run(effort: Effort, disk: &Ground, results: &Results) -> Result<()> {
    let (mut done, mut waits) = (KINDS.map(|_| ServerFigures::default()), WaitFigures::default());
    let mut calibration = Calibration::default();
    for round in 0..effort.rounds() {
        calibration.round();
        let place = disk.fresh("sockets")?;
        let mut highest = 0.0;
        for (kind, done) in KINDS.iter().zip(&mut done) {
            let server = MeasuredServer::start(*kind, &place.join("closed"))?;
            let report = server.load(&closed(effort, &place))?.report()?;
            highest = figure(&report, "/bookings_per_s")?;
            done.bookings_per_s.add(highest);
            done.server_us.add(figure(&report, "/cpu/server_us_per_booking")?);
            done.load_us.add(figure(&report, "/cpu/load_us_per_booking")?);
        }
        measure_waits(effort, &place, highest, &mut waits)?;
        eprintln!("round {} of {}", round + 1, effort.rounds());
        std::fs::remove_dir_all(&place)?;
    }
    let targets = targets(&done, &waits);
    print(&done, &waits);
    targets.iter().for_each(Target::print);
    results.write("sockets", effort, &calibration, figures(&done, &waits, &targets))
}

/// Measures crowds: many sockets, and ten thousand people who want the same employee.
///
/// # Errors
/// When the server or the load fails, or an employee is booked twice.
pub fn run_crowds(effort: Effort, disk: &Ground, results: &Results) -> Result<()> {
    crowds::run(effort, disk, results)
}

fn closed(effort: Effort, place: &Path) -> MeasuredLoad {
    MeasuredLoad {
        name: "load",
        companies: effort.pick(20, 2),
        employees: effort.pick(20, 3),
        clients: effort.pick(10, 2),
        rate: None,
        duration: effort.pick(Duration::from_secs(4), Duration::from_millis(300)),
        warm_up: effort.pick(Duration::from_secs(1), Duration::ZERO),
        session: Duration::ZERO,
        handshakes: None,
        json: place.join("load.json"),
    }
}

fn measure_waits(effort: Effort, place: &Path, highest: f64, waits: &mut WaitFigures) -> Result<()> {
    waits.round_trip.add(ground::round_trip_ms()?);
    waits.fdatasync.add(ground::fdatasync_ms(place)?);
    for (rate, p50, p99) in [
        (UNLOADED_PER_S, &mut waits.unloaded_p50, &mut waits.unloaded_p99),
        (highest * HALF, &mut waits.half_p50, &mut waits.half_p99),
    ] {
        let server = MeasuredServer::start(Kind::Switchboard, &place.join(format!("open-{rate:.0}")))?;
        let load = MeasuredLoad { rate: Some(rate), clients: 20, ..closed(effort, place) };
        let report = server.load(&load)?.report()?;
        p50.add(figure(&report, "/waits_ms/book → offer/p50")?);
        p99.add(figure(&report, "/waits_ms/book → offer/p99")?);
    }
    Ok(())
}

fn targets(done: &[ServerFigures], waits: &WaitFigures) -> Vec<Target> {
    let [_, relay, ours] = done else { return Vec::new() };
    let [phoenix_least, _] = phoenix_frames_per_s();
    let most =
        |what: &str, measured: f64, bound: f64| Target { what: what.to_owned(), measured, bound, at_least: false };
    let allowed: Samples = (waits.round_trip.rounds().iter().zip(waits.fdatasync.rounds()))
        .map(|(trip, sync)| 2.0 * trip + sync + OWN_MS)
        .collect();
    vec![
        most("CPU of a booking, as so many of the relay's", ours.server_us.over(&relay.server_us).median(), 1.6),
        Target {
            what: "bookings a second, as so many of the relay's".to_owned(),
            measured: ours.bookings_per_s.over(&relay.bookings_per_s).median(),
            bound: 0.6,
            at_least: true,
        },
        Target {
            what: "frames a second on one core; the bound is the least of a Phoenix application in memory".to_owned(),
            measured: ours.frames_per_s().median(),
            bound: phoenix_least,
            at_least: true,
        },
        most(
            "book to offer, unloaded median, as so many of two round trips, an fdatasync and 150 us",
            waits.unloaded_p50.over(&allowed).median(),
            1.0,
        ),
        most("the same, 99 %, as so many of it", waits.unloaded_p99.over(&allowed).median(), 3.0),
        most("book to offer at half the highest rate, 99 %, in ms", waits.half_p99.median(), 10.0),
        most("the same, as so many of the unloaded 99 %", waits.half_p99.over(&waits.unloaded_p99).median(), 4.0),
    ]
}

fn phoenix_frames_per_s() -> [f64; 2] {
    PHOENIX_BOOKINGS_PER_S.map(|per_s| per_s * PHOENIX_FRAMES)
}

fn print(done: &[ServerFigures], waits: &WaitFigures) {
    let title = format!("a booking of {} frames, on one core", Frames::read().of_a_booking());
    let mut table = ResultTable::new([&title, "bookings/s", "least", "most", "frames/s", "CPU us", "of the load"]);
    for (kind, done) in KINDS.iter().zip(done) {
        let per_s = &done.bookings_per_s;
        let [frames, server_us, load_us] = [&done.frames_per_s(), &done.server_us, &done.load_us].map(Samples::median);
        let cells = [per_s.median(), per_s.min(), per_s.max(), frames, server_us, load_us];
        table.row(std::iter::once(kind.name().to_owned()).chain(cells.map(short)));
    }
    let [per_s, frames] = [PHOENIX_BOOKINGS_PER_S, phoenix_frames_per_s()].map(|both| both.map(short));
    let none = || "-".to_owned();
    let name = format!("{PHOENIX_NAME}, of {PHOENIX_FRAMES} frames");
    table.row([name, none(), per_s[0].clone(), per_s[1].clone(), frames.join(" to "), none(), none()]);
    table.print();
    println!("  {PHOENIX_NAME} ran on another machine of this kind; on this one nothing can do more than the relay");
    let mut table = ResultTable::new(["milliseconds", "median of rounds", "least", "most"]);
    for (name, spread) in named(waits) {
        let cell = |ms: f64| format!("{ms:.3}");
        table.row([name.to_owned(), cell(spread.median()), cell(spread.min()), cell(spread.max())]);
    }
    table.print();
}

fn named(waits: &WaitFigures) -> [(&'static str, &Samples); 6] {
    [
        ("loopback round trip", &waits.round_trip),
        ("write of 4 KiB and fdatasync", &waits.fdatasync),
        ("book to offer, unloaded, median", &waits.unloaded_p50),
        ("book to offer, unloaded, 99 %", &waits.unloaded_p99),
        ("book to offer, half the highest rate, median", &waits.half_p50),
        ("book to offer, half the highest rate, 99 %", &waits.half_p99),
    ]
}

fn figures(done: &[ServerFigures], waits: &WaitFigures, targets: &[Target]) -> Value {
    let servers = KINDS.iter().zip(done).map(|(kind, done)| {
        json!({
            "server": kind.name(),
            "bookings_per_s": done.bookings_per_s.json(),
            "frames_per_s": done.frames_per_s().json(),
            "server_us_per_booking": done.server_us.json(),
            "load_us_per_booking": done.load_us.json(),
        })
    });
    let waits = named(waits).map(|(name, spread)| json!({ "wait": name, "ms": spread.json() }));
    let targets = targets.iter().map(Target::json);
    json!({
        "frames_of_a_booking": Frames::read().of_a_booking(),
        "servers": servers.collect::<Vec<_>>(),
        "elsewhere": [{
            "server": PHOENIX_NAME,
            "machine": "another of this kind",
            "frames_of_a_booking": PHOENIX_FRAMES,
            "bookings_per_s": PHOENIX_BOOKINGS_PER_S,
            "frames_per_s": phoenix_frames_per_s(),
        }],
        "waits": waits,
        "targets": targets.collect::<Vec<_>>(),
    })
}

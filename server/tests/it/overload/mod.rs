//! Overload and abuse: memory stays bounded, other people are served, and afterwards all is as before.
//!
//! Each storm comes twice, beside people of another company who are measured before, in and after it. The short form
//! runs with the other tests; `make overload` runs the long one (`OVERLOAD_FULL=1`) with optimised code.

mod attacks;
mod bystander;
mod crowd;
mod figures;
mod hostile;
mod raw;

use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use crate::server::{Plan, Server};
use figures::{Bound, Figures, Stage, trial};

/// The size of a storm.
struct Size {
    phase: Duration,
    sockets: usize,
    slow: usize,
    halves: usize,
    employees: usize,
    hostile: usize,
    /// Number of an attack's connections, and the duration of its measurement.
    attackers: usize,
    attack: Duration,
}

const SHORT: Size = Size {
    phase: Duration::from_secs(1),
    sockets: 500,
    slow: 40,
    halves: 200,
    employees: 2000,
    hostile: 8,
    attackers: 100,
    attack: Duration::from_millis(500),
};
const FULL: Size = Size {
    phase: Duration::from_secs(6),
    sockets: 10_000,
    slow: 1000,
    halves: 1000,
    employees: 100_000,
    hostile: 64,
    attackers: 250,
    attack: Duration::from_secs(12),
};
/// Files that a process opens beside its sockets.
const FILES_BESIDE: usize = 500;

fn is_full() -> bool {
    std::env::var("OVERLOAD_FULL").is_ok_and(|full| full == "1")
}

fn size() -> Size {
    if is_full() { FULL } else { SHORT }
}

/// Allows one storm at a time, because storms are measured.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    static HEAD: Once = Once::new();
    HEAD.call_once(Figures::print_head);
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes sure that this process, and the server that it starts, may open so many sockets.
fn may_open(sockets: usize) -> bool {
    let needed = sockets + FILES_BESIDE;
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap_or_default();
    let now = line.split_whitespace().nth(3).and_then(|soft| soft.parse().ok()).unwrap_or(0);
    if now >= needed {
        return true;
    }
    let own = std::process::id().to_string();
    let raised =
        std::process::Command::new("prlimit").args(["--pid", &own, &format!("--nofile={needed}:{needed}")]).status();
    let may = raised.is_ok_and(|status| status.success());
    if !may {
        println!("skipped: {needed} open files are needed, {now} are allowed, and `prlimit` could not raise that");
    }
    may
}

fn plan(place: &tempfile::TempDir) -> Plan {
    // Idle devices here send no heartbeat, because heartbeats would be another load.
    let plan = Plan::new(place.path()).with("SWITCHBOARD_SOCKET_IDLE_TIMEOUT_MS", "3600000");
    plan.with("SWITCHBOARD_LOG", "warn")
}

fn start(place: &tempfile::TempDir) -> Server {
    plan(place).start()
}

fn hold(name: &str, phase: Duration, bound: &Bound, storm: impl Fn(SocketAddr, &Stage) -> String + Sync) {
    let place = tempfile::tempdir().unwrap();
    let server = start(&place);
    let address = server.address;
    run(name, &server, phase, bound, &|stage: &Stage| storm(address, stage));
}

fn run(name: &str, server: &Server, phase: Duration, bound: &Bound, storm: &(dyn Fn(&Stage) -> String + Sync)) {
    let figures = trial(name, server, phase, storm);
    figures.print();
    figures.assert(bound);
    // Beside other tests, the waits say more about the machine than about the server.
    if is_full() {
        figures.assert_waits();
    }
}

#[test]
fn many_idle_sockets_and_a_storm_of_bookings() {
    let (_alone, size) = (alone(), size());
    if !may_open(size.sockets + 1000) {
        return;
    }
    let bound = Bound {
        memory_kb: size.sockets as u64 * 48 + 64 * 1024,
        because: "48 KB for each socket, and 64 MB for what is on its way",
    };
    let name = format!("{} idle, 64 book", size.sockets);
    hold(&name, size.phase, &bound, |address, stage| {
        crowd::bookings(address, "storm", crowd::Numbers { idle: size.sockets, staff: 100, clients: 64 }, stage)
    });
    let name = format!("{} idle, available flips", size.sockets);
    hold(&name, size.phase, &bound, |address, stage| {
        crowd::bookings(address, "flips", crowd::Numbers { idle: size.sockets, staff: 1, clients: 1 }, stage)
    });
}

#[test]
fn slow_readers_are_poured_at() {
    let (_alone, size) = (alone(), size());
    if !may_open(size.slow + 100) {
        return;
    }
    let bound = Bound {
        memory_kb: size.slow as u64 * 256 + 64 * 1024,
        because: "256 KB for each device that does not read, and 64 MB for what is on its way",
    };
    hold(&format!("{} slow readers", size.slow), size.phase, &bound, |address, stage| {
        crowd::slow_readers(address, size.slow, stage)
    });
}

#[test]
fn half_handshakes_are_held_open() {
    let (_alone, size) = (alone(), size());
    let bound = Bound {
        memory_kb: size.halves as u64 * 32 + 32 * 1024,
        because: "32 KB for each connection that says nothing, and 32 MB",
    };
    hold(&format!("{} half handshakes", size.halves), size.phase, &bound, |address, stage| {
        hostile::half_handshakes(address, size.halves, stage)
    });
}

#[test]
fn a_company_with_very_many_employees() {
    let (_alone, size) = (alone(), size());
    let place = tempfile::tempdir().unwrap();
    let server = start(&place);
    let address = server.address;
    let took = crowd::hire(&server, "huge", size.employees);
    println!("{} employees hired over HTTP in {took:?}", size.employees);
    let bound = Bound {
        memory_kb: size.employees as u64 * 3 + 96 * 1024,
        because: "3 KB for each employee: read once more for a snapshot, as its text, and on boards; and 96 MB",
    };
    let numbers = crowd::Numbers { idle: 0, staff: 100, clients: 64 };
    let name = format!("64 book of {} employees", size.employees);
    run(&name, &server, size.phase, &bound, &|stage| crowd::bookings(address, "huge", numbers, stage));
    let name = format!("boards, lists of {}", size.employees);
    run(&name, &server, size.phase, &bound, &|stage| crowd::lookers(address, "huge", stage));
}

#[test]
fn one_hostile_person_floods() {
    let (_alone, size) = (alone(), size());
    let bound = Bound {
        memory_kb: size.hostile as u64 * 1024 + 64 * 1024,
        because: "a megabyte for each of the sockets that one person has, and 64 MB",
    };
    for flood in hostile::FLOODS {
        hold(&format!("{} sockets flood {}", size.hostile, flood.name), size.phase / 2, &bound, |address, stage| {
            hostile::flood(address, flood, size.hostile, stage)
        });
    }
    hold("bad tokens and giant frames", size.phase / 2, &bound, hostile::knock);
}

/// An attack beside people whose slowest bookings may take at most three times as long as without it.
fn attack(
    name: &str,
    limits: &[(&'static str, &str)],
    bound: &Bound,
    storm: impl Fn(SocketAddr, &Stage) -> String + Sync,
) {
    let _alone = alone();
    let place = tempfile::tempdir().unwrap();
    let plan = limits.iter().fold(plan(&place), |plan, (name, value)| plan.with(name, value));
    let server = plan.start();
    let address = server.address;
    let figures = trial(name, &server, size().attack, &|stage: &Stage| storm(address, stage));
    figures.print();
    figures.assert(bound);
    if is_full() {
        figures.assert_bookings();
    }
}

#[test]
fn unfinished_heads_are_held() {
    let count = 4 * size().attackers;
    let bound = Bound { memory_kb: count as u64 * 96 + 32 * 1024, because: "96 KB for each connection, and 32 MB" };
    attack(&format!("{count} unfinished heads"), &[], &bound, |address, stage| {
        attacks::unfinished_heads(address, count, stage)
    });
}

/// Removes a limit, so that a session is filled in a moment instead of the time a person would need.
const TALKATIVE: (&str, &str) = ("SWITCHBOARD_MESSAGES_PER_PERSON_PER_S", "0");

#[test]
fn snapshots_are_not_read_on_all_sockets_of_one_person() {
    let count = size().attackers;
    let bound = Bound {
        memory_kb: 6 * 64 * 1024 + 32 * 1024,
        because: "64 MB for all sockets of a person, six times: a frame is copied on its way, and allocators keep room",
    };
    attack(&format!("{count} sockets read no snapshot"), &[TALKATIVE], &bound, |address, stage| {
        attacks::unread_snapshots(address, count, stage)
    });
}

#[test]
fn answers_are_not_read() {
    let count = size().attackers / 2;
    let bound = Bound {
        memory_kb: 4 * 8 * 1024 + 64 * 1024,
        because: "8 MB of answers for a key, four times: allocators keep room; and 64 MB for what is on its way",
    };
    attack(&format!("{count} answers are not read"), &[TALKATIVE], &bound, |address, stage| {
        attacks::unread_answers(address, count, stage)
    });
}

#[test]
fn statistics_are_asked_without_a_pause() {
    let bound = Bound { memory_kb: 128 * 1024, because: "128 MB for what is read" };
    attack("statistics in a loop", &[], &bound, |address, stage| attacks::statistics(address, 16, stage));
}

#[test]
fn feeds_and_exports_of_one_company_are_not_read() {
    let count = size().attackers / 2;
    let bound = Bound {
        memory_kb: 4 * 64 * 256 + 64 * 1024,
        because: "256 KB for each of 64 feeds, four times: allocators keep room; and 64 MB for what is read",
    };
    attack(&format!("{count} feeds, exports, lists"), &[TALKATIVE], &bound, |address, stage| {
        attacks::feeds_and_exports(address, count, stage)
    });
}

#[test]
fn sessions_that_there_never_were_are_joined() {
    let bound = Bound { memory_kb: 64 * 1024, because: "64 MB for what is read" };
    attack("20 people join unknown sessions", &[], &bound, |address, stage| {
        attacks::unknown_sessions(address, 20, stage)
    });
}

#[test]
fn messages_are_as_long_as_they_may_be() {
    let bound = Bound { memory_kb: 96 * 1024, because: "96 MB for what waits to be stored" };
    attack("the longest messages", &[], &bound, attacks::longest_messages);
}

#[test]
fn pongs_and_pings_that_nobody_asked_for() {
    let hostile = size().hostile;
    let bound =
        Bound { memory_kb: hostile as u64 * 1024 + 64 * 1024, because: "a megabyte for each socket, and 64 MB" };
    for flood in hostile::OF_CONTROL {
        attack(&format!("{hostile} sockets flood {}", flood.name), &[], &bound, |address, stage| {
            hostile::flood(address, flood, hostile, stage)
        });
    }
}

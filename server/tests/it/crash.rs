//! The server is killed at random moments under load: what was acknowledged is there, and nobody is booked twice.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use crate::chance::Chance;
use crate::compare::{Tables, compare};
use crate::crowd::{Crowd, brisk};
use crate::server::{Plan, assert_whole};
use crate::tampering::the_comparison_sees_every_tampering;

const COMPANIES: &[&str] = &["acme", "bolt", "coop"];
const CLIENTS: usize = 10;
const EMPLOYEES: usize = 4;
/// Rounds, if `CRASH_KILLS` does not say otherwise.
const KILLS: u32 = 8;
/// At least one yes, and up to that many, must be reached after every start: after each crash things go on.
const PROGRESS_MAX: u64 = 160;
/// The kill comes within that time after the progress.
const KILL_WITHIN_US: u64 = 100_000;

#[tokio::test(flavor = "multi_thread")]
async fn whatever_was_acknowledged_survives_kills_and_nobody_is_booked_twice() {
    let kills = std::env::var("CRASH_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(KILLS);
    let mut chance = Chance::announced();
    let place = tempfile::tempdir().unwrap();
    let mut server = Plan::new(place.path()).with("SWITCHBOARD_LOG", "warn").start();
    for company in COMPANIES {
        server.set_company(company, &brisk());
    }
    let mut crowd = Crowd::new(COMPANIES, CLIENTS, EMPLOYEES, &mut chance);
    for kill in 1..=kills {
        crowd.go_on(server.address);
        let progress = 1 + usize::try_from(chance.below(PROGRESS_MAX)).unwrap();
        let promises = crowd.record.promises() + progress;
        let moment = Duration::from_micros(chance.below(KILL_WITHIN_US));
        let mut stall = None;
        match kill % 3 {
            0 => {
                crowd.record.reaches(promises).await;
                tokio::time::sleep(moment).await;
            }
            1 => {
                // A yes has just been heard.
                crowd.record.set_trap(promises, server.killer());
                crowd.record.reaches(promises).await;
            }
            _ => {
                // Commits stand still while wishes come in: a yes that does not wait for them would be lost.
                crowd.record.reaches(promises).await;
                stall = Some(Stall::begin(place.path()));
                tokio::time::sleep(moment).await;
            }
        }
        server.kill();
        crowd.stay_away().await;
        drop(stall);
        assert_whole(place.path());
        compare(&crowd.record, place.path()).assert_nothing_found(&format!("after kill {kill}"));
        server.restart();
    }
    crowd.go_on(server.address);
    crowd.record.reaches(crowd.record.promises() + 60).await;
    crowd.go_home().await;
    server.stop();
    assert_whole(place.path());
    let found = compare(&crowd.record, place.path());
    println!(
        "{kills} kills, {} promises, {} objects compared, {} lost, {} otherwise, {} doubled; {}",
        crowd.record.promises(),
        found.checked,
        found.lost.len(),
        found.otherwise.len(),
        found.doubled.len(),
        Tables::count(place.path()),
    );
    found.assert_nothing_found("at the end");
    the_comparison_sees_every_tampering(&crowd.record, place.path());
}

/// Holds the store's write lock, as a very slow disk would.
struct Stall {
    _holds: Connection,
}

impl Stall {
    fn begin(data: &Path) -> Self {
        let store = Connection::open(data.join("switchboard.db")).unwrap();
        store.execute_batch("BEGIN IMMEDIATE").unwrap();
        Self { _holds: store }
    }
}

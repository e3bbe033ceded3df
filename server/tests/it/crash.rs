//! The server is killed at random moments under load, behind a bad network and on a disk that fills up: acknowledged
//! changes are still there, and no person is booked twice.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;

use crate::chance::Chance;
use crate::compare::{Comparison, Tables, compare};
use crate::crowd::{Crowd, brisk};
use crate::hearsay::Hearsay;
use crate::network::Network;
use crate::server::{Plan, Server, assert_whole, wait_until};
use crate::small_disk::SmallDisk;
use crate::tampering::{hearsay_sees_every_lie, the_comparison_sees_every_tampering};

const COMPANIES: &[&str] = &["acme", "bolt", "coop"];
const CLIENTS: usize = 10;
const EMPLOYEES: usize = 4;
/// Rounds, if `CRASH_KILLS` does not say otherwise.
const KILLS: u32 = 8;
/// From so many kills on, every kind of weather must have occurred, and enough full disks.
const MANY_KILLS: u32 = 100;
const DISKS_FILLED_MIN: u32 = 5;
/// Interval at which a long run reports its progress.
const KILLS_UNTIL_WORD: u32 = 20;
/// At most so many acknowledged changes, and at least one, must follow every start, because work must go on after a
/// crash.
const PROGRESS_MAX: u64 = 100;
/// The kill comes within this time after the progress.
const KILL_WITHIN_US: u64 = 100_000;
/// Room for the store of some thousand kills, and small enough to be filled in a moment.
const DISK: &str = "256m";
/// The disk is full in one of so many rounds, and in each third of those rounds the server is killed meanwhile.
const DISK_FULL_EVERY: u32 = 8;
/// Number of people who must be told `unavailable` before the disk is freed.
const UNAVAILABLE_MIN: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn whatever_was_acknowledged_survives_kills_and_nobody_is_booked_twice() {
    let kills = std::env::var("CRASH_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(KILLS);
    let (chance, _repeat) = Chance::announced("crash", &format!("CRASH_KILLS={kills}"));
    let mut storm = Storm::begin(chance).await;
    for kill in 1..=kills {
        storm.strike(kill).await;
        if kill % KILLS_UNTIL_WORD == 0 {
            println!("{kill} kills, {} promises", storm.crowd.record.promises());
        }
    }
    storm.end(kills).await;
}

/// The place of the store: a small disk, where one can be mounted.
struct Place {
    directory: tempfile::TempDir,
    disk: Option<SmallDisk>,
}

impl Place {
    fn find() -> Self {
        let mounted = SmallDisk::try_mount(DISK);
        if let Err(why_not) = &mounted {
            println!("no disk will be filled, for none can be mounted here: {why_not}");
        }
        Self { directory: tempfile::tempdir().unwrap(), disk: mounted.ok() }
    }

    fn data(&self) -> PathBuf {
        self.disk.as_ref().map_or_else(|| self.directory.path().to_owned(), SmallDisk::data)
    }
}

/// A server, its users, and the faults inflicted on it.
struct Storm {
    chance: Chance,
    // Declared before its place, so that the server is killed before the disk is unmounted.
    server: Server,
    network: Arc<Network>,
    crowd: Crowd,
    hearsay: Hearsay,
    disks_filled: u32,
    kills_on_full_disks: u32,
    restarts_at_once: u32,
    /// Whether the comparison after the latest kill was skipped.
    is_behind: bool,
    data: PathBuf,
    place: Place,
}

impl Storm {
    async fn begin(mut chance: Chance) -> Self {
        let place = Place::find();
        let data = place.data();
        let server = Plan::new(&data).with("SWITCHBOARD_LOG", "warn").start();
        for company in COMPANIES {
            server.set_company(company, &brisk());
        }
        let network = Arc::new(Network::open(&mut chance).await);
        network.leads_to(server.address);
        let mut crowd = Crowd::behind(&network, COMPANIES, CLIENTS, EMPLOYEES, &mut chance);
        crowd.go_on(network.address);
        Self {
            chance,
            server,
            network,
            crowd,
            hearsay: Hearsay::default(),
            disks_filled: 0,
            kills_on_full_disks: 0,
            restarts_at_once: 0,
            is_behind: false,
            data,
            place,
        }
    }

    /// Lets people make progress, kills the server at some moment, compares, and starts it again.
    async fn strike(&mut self, kill: u32) {
        let is_full = self.place.disk.is_some() && kill % DISK_FULL_EVERY == DISK_FULL_EVERY / 2;
        let is_killed_full = is_full && kill / DISK_FULL_EVERY % 3 == 2;
        let stall = if is_killed_full {
            self.progress().await;
            self.fill_the_disk().await;
            self.kills_on_full_disks += 1;
            None
        } else {
            if is_full {
                self.progress().await;
                self.fill_and_free_the_disk().await;
            }
            self.wait_for_the_moment(kill).await
        };
        self.server.kill();
        self.network.leads_nowhere();
        if is_killed_full {
            self.disk().free();
        }
        self.is_behind = !self.is_behind && self.chance.one_in(2);
        if self.is_behind {
            // The server is back before all people know that it was gone: old connections with answers of its former
            // life are still open, and no other process has opened the store before it. The record of this
            // life is compared after the next kill.
            drop(stall);
            self.restarts_at_once += 1;
            self.restart();
        } else {
            self.crowd.stay_away().await;
            drop(stall);
            self.compare(&format!("after kill {kill}"));
            self.restart();
            self.crowd.go_on(self.network.address);
        }
    }

    fn restart(&mut self) {
        self.server.restart();
        self.network.leads_to(self.server.address);
    }

    fn compare(&mut self, when: &str) {
        assert_whole(&self.data);
        compare(&self.crowd.record, &self.data).assert_nothing_found(when);
        self.hearsay.listen(&self.crowd.record);
        self.hearsay.assert_no_contradiction(when);
    }

    async fn progress(&mut self) -> usize {
        let progress = 1 + usize::try_from(self.chance.below(PROGRESS_MAX)).unwrap();
        let promises = self.crowd.record.promises() + progress;
        self.crowd.reaches(promises).await;
        promises
    }

    /// Returns when the server is to be killed.
    async fn wait_for_the_moment(&mut self, kill: u32) -> Option<Stall> {
        let moment = Duration::from_micros(self.chance.below(KILL_WITHIN_US));
        let promises = self.progress().await;
        match kill % 3 {
            0 => {
                tokio::time::sleep(moment).await;
                None
            }
            1 => {
                // The kill comes right after an acknowledgement.
                self.crowd.record.set_trap(promises + 1, self.server.killer());
                self.crowd.reaches(promises + 1).await;
                None
            }
            _ => {
                // Commits are stalled while requests come in: an acknowledgement that does not wait for its commit
                // would be lost.
                let stall = Stall::begin(&self.data);
                tokio::time::sleep(moment).await;
                Some(stall)
            }
        }
    }

    /// People go on meanwhile, are told `unavailable`, and then go on as before, with the same server.
    async fn fill_and_free_the_disk(&mut self) {
        self.fill_the_disk().await;
        let heard = self.crowd.record.unavailable() + UNAVAILABLE_MIN;
        self.crowd.hears_unavailable(heard).await;
        let server = &self.server;
        wait_until("the server to say that it cannot commit", || {
            // The server may have made some room by truncating its log.
            self.disk().fill();
            !server.is_ready()
        });
        self.disk().free();
        wait_until("the server to be ready again", || server.is_ready());
        self.disks_filled += 1;
        self.crowd.reaches(self.crowd.record.promises() + 1).await;
    }

    /// Returns when the first person was told `unavailable`.
    async fn fill_the_disk(&mut self) {
        let heard = self.crowd.record.unavailable() + 1;
        self.disk().fill();
        self.crowd.hears_unavailable(heard).await;
    }

    fn disk(&self) -> &SmallDisk {
        self.place.disk.as_ref().expect("there is a small disk")
    }

    async fn end(mut self, kills: u32) {
        self.crowd.reaches(self.crowd.record.promises() + 60).await;
        self.crowd.go_home().await;
        self.server.stop();
        assert_whole(&self.data);
        let found = compare(&self.crowd.record, &self.data);
        self.hearsay.listen(&self.crowd.record);
        self.report(kills, &found);
        found.assert_nothing_found("at the end");
        self.hearsay.assert_no_contradiction("at the end");
        the_comparison_sees_every_tampering(&self.crowd.record, &self.data);
        hearsay_sees_every_lie(&self.crowd.record);
        let is_long = kills >= MANY_KILLS;
        if is_long {
            self.network.done.assert_all_happened();
        }
        let filled_min = if is_long { DISKS_FILLED_MIN } else { u32::from(kills >= DISK_FULL_EVERY) };
        assert!(self.place.disk.is_none() || self.disks_filled >= filled_min, "too few disks were full");
    }

    fn report(&self, kills: u32, found: &Comparison) {
        println!(
            "{kills} kills ({} of them on full disks, {} with a restart at once), {} disks filled and freed, {}; {} \
             promises, {} answers checked, {} lost, {} otherwise, {} doubled, {} contradicted; {}",
            self.kills_on_full_disks,
            self.restarts_at_once,
            self.disks_filled,
            self.network.done,
            self.crowd.record.promises(),
            found.checked,
            found.lost.len(),
            found.otherwise.len(),
            found.doubled.len(),
            self.hearsay.contradictions.len(),
            Tables::count(&self.data),
        );
    }
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

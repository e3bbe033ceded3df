//! The power goes at some moment: everything acknowledged by then is there after the next start, whatever the disk had
//! not yet written.
//!
//! A server is traced while a crowd books. Its writes and syncs determine the possible disks after a cut at any moment;
//! each of these is opened, checked, and compared with what people had been told by then.

mod disk;
mod trace;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use self::disk::{Disk, Kept};
use self::trace::{Call, Moment, What};
use crate::chance::Chance;
use crate::compare::{Tables, compare};
use crate::crowd::{Crowd, brisk};
use crate::record::Record;
use crate::server::{Plan, assert_whole};

const STORE: &str = "switchboard.db";
const COMPANIES: &[&str] = &["acme", "bolt"];
const CLIENTS: usize = 12;
const EMPLOYEES: usize = 6;
/// Cuts, if `POWER_CUTS` does not say otherwise.
const CUTS: u32 = 16;
/// Cuts in the life of one server.
const CUTS_PER_LIFE: u32 = 80;
/// Acknowledgements in each life, with few cuts and with many; with many, the log is copied into the database
/// meanwhile.
const PROMISES: [usize; 2] = [600, 4000];
/// From so many cuts on, each way of losing unsynced data must have occurred, also during a copy of the log.
const MANY_CUTS: u32 = 100;

#[tokio::test(flavor = "multi_thread")]
async fn whatever_was_acknowledged_survives_a_power_cut() {
    let asked = std::env::var("POWER_CUTS").ok().map(|cuts| cuts.parse().expect("POWER_CUTS is a number"));
    if let Some(why_not) = trace::why_not() {
        assert!(asked.is_none(), "no power can be cut here: {why_not}");
        println!("no power is cut, for nothing can be traced here: {why_not}");
        return;
    }
    let cuts: u32 = asked.unwrap_or(CUTS);
    let (mut chance, _repeat) = Chance::announced("power", &format!("POWER_CUTS={cuts}"));
    let mut found = Found::default();
    let mut left = cuts;
    while left > 0 {
        let these = left.min(CUTS_PER_LIFE);
        let life = Life::live(PROMISES[usize::from(cuts >= MANY_CUTS)], &mut chance).await;
        life.cut(these, &mut chance, &mut found);
        life.a_disk_that_lies_is_noticed(&mut chance);
        left -= these;
    }
    println!("{cuts} cuts, {found:?}");
    let all_was_met = found.in_a_copy > 0 && found.by_kind.iter().all(|cuts| *cuts > 0);
    assert!(cuts < MANY_CUTS || all_was_met, "{found:?}");
}

/// Counts of what occurred and of what was checked.
#[derive(Debug, Default)]
struct Found {
    /// Cuts by what the disk kept, in the order of [`Kept::ALL`].
    by_kind: [u32; Kept::ALL.len()],
    /// Cuts before the store was complete, when no person had been told anything.
    before_the_store: u32,
    /// Number of objects that were told and looked up.
    answers: usize,
    calls: usize,
    /// Cuts while the log was being copied into the database, with unsynced writes.
    in_a_copy: u32,
}

/// The life of a server: all changes to its files, and everything that was told.
struct Life {
    calls: Vec<Call>,
    record: Arc<Record>,
}

impl Life {
    async fn live(promises: usize, chance: &mut Chance) -> Self {
        let place = tempfile::tempdir().unwrap();
        let (data, traces) = (place.path().canonicalize().unwrap().join("data"), place.path().join("traces"));
        std::fs::create_dir(&traces).unwrap();
        let mut server = trace::start(Plan::new(&data).with("SWITCHBOARD_LOG", "warn"), &traces);
        for company in COMPANIES {
            server.set_company(company, &brisk());
        }
        let mut crowd = Crowd::new(COMPANIES, CLIENTS, EMPLOYEES, chance);
        crowd.go_on(server.address);
        crowd.reaches(promises).await;
        if chance.one_in(2) {
            // The power may also go while the server stops, when it copies the whole log.
            crowd.go_home().await;
            server.stop();
        } else {
            server.kill();
            crowd.stay_away().await;
        }
        drop(server);
        Self { calls: trace::read(&traces, &data), record: crowd.record.clone() }
    }

    fn cut(&self, cuts: u32, chance: &mut Chance, found: &mut Found) {
        let moments = self.moments(cuts, chance);
        found.calls += self.calls.len();
        self.at_each(&moments, |moment, disk| {
            let kind = chance.index(Kept::ALL.len());
            let place = tempfile::tempdir().unwrap();
            let data = place.path();
            disk.after_a_cut(Kept::ALL[kind], chance, data);
            let record = self.record.until(time_of(moment));
            let told = record.all().len();
            found.by_kind[kind] += 1;
            found.in_a_copy += u32::from(disk.is_loose(STORE));
            if told == 0 && !data.join(STORE).exists() {
                found.before_the_store += 1;
                return;
            }
            let when = format!("{:?} kept, {told} told, cut at {moment}", Kept::ALL[kind]);
            println!("{when}");
            let compared = compare(&record, data);
            compared.assert_nothing_found(&when);
            found.answers += compared.checked;
            assert_whole(data);
        });
    }

    /// A third of the cuts each come right after a person was told something, right after some call has begun, and
    /// while the database itself is written.
    fn moments(&self, cuts: u32, chance: &mut Chance) -> Vec<Moment> {
        let told = self.record.all();
        let writes_the_store = |call: &&Call| matches!(&call.what, What::Write(file, ..) if file == STORE);
        let copies: Vec<&Call> = self.calls.iter().filter(writes_the_store).collect();
        let moment = |cut| match cut % 3 {
            0 => moment_of(told[chance.index(told.len())].at),
            1 => self.calls[chance.index(self.calls.len())].began,
            _ => copies[chance.index(copies.len())].began,
        };
        let mut moments: Vec<Moment> = (0..cuts).map(moment).collect();
        moments.sort_unstable();
        moments
    }

    /// Calls `show` with the disk as it is at each of these moments.
    fn at_each(&self, moments: &[Moment], mut show: impl FnMut(Moment, &Disk)) {
        let begins = self.calls.iter().map(|call| (call.began, 0, call));
        let ends = self.calls.iter().filter_map(|call| Some((call.ended?, 1, call)));
        let mut steps: Vec<(Moment, u8, &Call)> = begins.chain(ends).collect();
        steps.sort_by_key(|(at, end, _)| (*at, *end));
        let mut steps = steps.into_iter().peekable();
        let mut disk = Disk::default();
        for moment in moments {
            while let Some((_, end, call)) = steps.next_if(|(at, _, _)| at <= moment) {
                match end {
                    0 => disk.does(call),
                    _ => disk.is_synced(call),
                }
            }
            show(*moment, &disk);
        }
    }

    /// Checks the comparison itself: on a disk that keeps no sync it must find a loss.
    fn a_disk_that_lies_is_noticed(&self, chance: &mut Chance) {
        let told = self.record.all();
        let half = moment_of(told[told.len() / 2].at);
        let place = tempfile::tempdir().unwrap();
        // This disk keeps nothing that is synced after the moment.
        self.at_each(&[half], |_, disk| disk.after_a_cut(Kept::Nothing, chance, place.path()));
        let compared = compare(&self.record, place.path());
        assert!(!compared.lost.is_empty(), "half of all syncs did nothing, and nothing was missed: {compared:?}");
        println!("a disk that lies: {}, {} lost", Tables::count(place.path()), compared.lost.len());
    }
}

fn moment_of(time: SystemTime) -> Moment {
    Moment::try_from(time.duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap()
}

fn time_of(moment: Moment) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(moment)
}

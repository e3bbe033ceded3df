//! Effects of a storm on the server: memory, sockets, share of the machine, and the waits of bystanders.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::bystander::{Bystander, Waits, percentile};
use crate::server::{Server, wait_until};

/// Bystanders may wait so many times longer than without the storm.
const SLOWER_MAX: u32 = 3;
/// Waits that go unnoticed, whatever the ratio: on two cores, shared with the storm's makers, the machine alone makes
/// large ratios of a wait of tens of microseconds, and other work may run too where there is no optimisation.
const UNNOTICED: Duration = if cfg!(debug_assertions) { Duration::from_secs(1) } else { Duration::from_millis(20) };
/// The same for the 99th percentile, which may meet a full commit, or both cores busy for their time slices.
const UNNOTICED_P99: Duration = UNNOTICED.saturating_mul(12);
/// With fewer waits than this, the 99th percentile is just the slowest one, and says more about the machine.
const WAITS_FOR_P99: usize = 200;
/// Memory that a second storm may take beyond the first one's: an allocator's slack.
const GROWTH_MAX_KB: u64 = 32 * 1024;
/// The most storms. A second one includes what the first made a company remember; a third takes no more, unless there
/// is a leak.
const STORMS_MAX: usize = 3;
/// Sockets that may be open beyond those before: of requests that are just ending.
const SOCKETS_SLACK: usize = 4;
const TICKS_PER_S: f64 = 100.0;

pub fn memory_kb(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).unwrap_or_default()
}

fn sockets(process: u32) -> usize {
    let files = std::fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten().flatten();
    let is_socket = |file: &std::fs::DirEntry| {
        std::fs::read_link(file.path()).is_ok_and(|target| target.to_string_lossy().starts_with("socket:"))
    };
    files.filter(is_socket).count()
}

/// CPU time in seconds.
fn busy_s(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or_default();
    (ticks(11) + ticks(12)) / TICKS_PER_S
}

/// One line of the table.
pub struct Figures {
    name: String,
    before_kb: u64,
    peaks_kb: Vec<u64>,
    after_kb: u64,
    calm: Waits,
    storm: Waits,
    after: Waits,
    /// Cores that the server and the storm's makers used.
    cores: (f64, f64),
    notes: String,
}

/// The bounds of a storm.
pub struct Bound {
    /// Memory beyond the initial use, in KB.
    pub memory_kb: u64,
    /// The explanation of the bound.
    pub because: &'static str,
}

/// The progress of a storm.
#[derive(Default)]
pub struct Stage {
    raging: AtomicBool,
    over: AtomicBool,
}

impl Stage {
    /// Notes that all makers of the storm are present.
    pub fn rage(&self) {
        self.raging.store(true, Ordering::Relaxed);
    }

    /// Whether the storm has ended.
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}

/// Ends a storm, also when the measuring fails.
struct Ends<'a>(&'a Stage);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::Relaxed);
    }
}

/// Measures bystanders in calm, in a storm, after it, and in a second one; `storm` ends when told to.
pub fn trial(name: &str, server: &Server, phase: Duration, storm: &(dyn Fn(&Stage) -> String + Sync)) -> Figures {
    let (process, own) = (server.id(), std::process::id());
    // Long timeouts, so that slow service is measured and no deadline intervenes.
    let patient = serde_json::json!({ "delivery_timeout_ms": 0, "offer_timeout_ms": 60_000, "max_missed": 0 });
    server.set_company("beside", &patient);
    let mut bystander = Bystander::arrive(server.address, "beside");
    bystander.measure(phase / 4);
    let (before_kb, sockets_before) = (memory_kb(process), sockets(process));
    let mut figures = Figures {
        name: name.to_owned(),
        before_kb,
        peaks_kb: Vec::new(),
        after_kb: 0,
        calm: Waits::default(),
        storm: Waits::default(),
        after: Waits::default(),
        cores: (0.0, 0.0),
        notes: String::new(),
    };
    while figures.peaks_kb.len() < 2 || (figures.grew() && figures.peaks_kb.len() < STORMS_MAX) {
        figures.calm.add(bystander.measure(phase / 2));
        let (stage, peak) = (Stage::default(), AtomicU64::new(0));
        std::thread::scope(|scope| {
            let ends = Ends(&stage);
            let makers = scope.spawn(|| storm(&stage));
            scope.spawn(|| {
                while !stage.is_over() {
                    peak.fetch_max(memory_kb(process), Ordering::Relaxed);
                    std::thread::sleep(Duration::from_millis(20));
                }
            });
            // Waits while a storm gathers count as waits in the storm.
            while !stage.raging.load(Ordering::Relaxed) && !makers.is_finished() {
                figures.storm.add(bystander.look());
            }
            let (began, busy) = (Instant::now(), (busy_s(process), busy_s(own)));
            figures.storm.add(bystander.measure(phase));
            let time_s = began.elapsed().as_secs_f64();
            figures.cores = ((busy_s(process) - busy.0) / time_s, (busy_s(own) - busy.1) / time_s);
            drop(ends);
            figures.notes = makers.join().expect("the storm's makers");
        });
        figures.peaks_kb.push(peak.load(Ordering::Relaxed));
        wait_until("all sockets of the storm are closed", || sockets(process) <= sockets_before + SOCKETS_SLACK);
        figures.after.add(bystander.measure(phase / 2));
    }
    figures.after_kb = memory_kb(process);
    figures
}

impl Figures {
    pub fn print_head() {
        println!(
            "{:<34} {:>22} {:>27} {:>27} {:>27} {:>11}  what happened",
            "storm",
            "MB before/storms/after",
            "heartbeat ms calm/storm/aft",
            "book-offer ms",
            "connect+join ms",
            "cores s/gen"
        );
    }

    pub fn print(&self) {
        let ms = |wait: Duration| wait.as_secs_f64() * 1000.0;
        let mb = |kb: u64| kb / 1024;
        let waits = |of: fn(&Waits) -> &Vec<Duration>| {
            let three = |percent| {
                let [calm, storm, after] = [&self.calm, &self.storm, &self.after].map(|w| percentile(of(w), percent));
                format!("{:.2}/{:.2}/{:.2}", ms(calm), ms(storm), ms(after))
            };
            (three(50), three(99))
        };
        let all = [waits(|w| &w.heartbeat), waits(|w| &w.offer), waits(|w| &w.connect)];
        let memory = [self.before_kb].into_iter().chain(self.peaks_kb.iter().copied()).chain([self.after_kb]);
        let memory: Vec<String> = memory.map(|kb| mb(kb).to_string()).collect();
        let cores = format!("{:.1}/{:.1}", self.cores.0, self.cores.1);
        println!(
            "{:<34} {:>22} {:>27} {:>27} {:>27} {cores:>11}  {}",
            self.name,
            memory.join("/"),
            all[0].0,
            all[1].0,
            all[2].0,
            self.notes
        );
        let slower = percentile(&self.storm.offer, 99).as_secs_f64() / percentile(&self.calm.offer, 99).as_secs_f64();
        let n = format!("p99, of {}, book-offer x{slower:.1}", self.storm.heartbeat.len());
        println!("{n:>34} {:>22} {:>27} {:>27} {:>27}", "", all[0].1, all[1].1, all[2].1);
    }

    /// Whether the last storm took more than the one before.
    fn grew(&self) -> bool {
        matches!(self.peaks_kb[..], [.., before, last] if last > before + before / 4 + GROWTH_MAX_KB)
    }

    /// Checks that memory is bounded, and that the last storm takes no more than the one before.
    pub fn assert(&self, bound: &Bound) {
        let mut broken = Vec::new();
        let most_kb = self.peaks_kb.iter().copied().max().unwrap_or_default();
        if most_kb > self.before_kb + bound.memory_kb {
            broken.push(format!("{most_kb} KB of memory, from {}: {}", self.before_kb, bound.because));
        }
        if self.grew() {
            broken.push(format!("each storm took more than the one before: {:?} KB", self.peaks_kb));
        }
        assert!(broken.is_empty(), "{}: {broken:#?}", self.name);
    }

    /// Checks that bookings meanwhile wait at most three times as long as without the attack, even at the 99th
    /// percentile.
    pub fn assert_bookings(&self) {
        let [calm, storm] = [&self.calm, &self.storm].map(|waits| percentile(&waits.offer, 99));
        let most = (calm * SLOWER_MAX).max(UNNOTICED);
        assert!(storm <= most, "{}: book to offer, 99 %: {storm:?}, {calm:?} in calm", self.name);
    }

    /// Checks that bystanders are served all the while; all failures are reported together.
    pub fn assert_waits(&self) {
        let mut broken = Vec::new();
        type Of = fn(&Waits) -> &Vec<Duration>;
        let kinds: [(&str, Of); 3] =
            [("heartbeat", |w| &w.heartbeat), ("book to offer", |w| &w.offer), ("connect and join", |w| &w.connect)];
        for (kind, of) in kinds {
            for (percent, unnoticed) in [(50, UNNOTICED), (99, UNNOTICED_P99)] {
                let [calm, storm, after] = [&self.calm, &self.storm, &self.after].map(|w| percentile(of(w), percent));
                for (when, wait) in [("in the storm", storm), ("after it", after)] {
                    let enough = percent == 50 || of(&self.calm).len().min(of(&self.storm).len()) >= WAITS_FOR_P99;
                    if enough && wait > (calm * SLOWER_MAX).max(unnoticed) {
                        broken.push(format!("{kind}, {percent} %: {wait:?} {when}, {calm:?} in calm"));
                    }
                }
            }
        }
        assert!(broken.is_empty(), "{}: {broken:#?}", self.name);
    }
}

//! The figures of a run: counts, waits and CPU time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use hdrhistogram::Histogram;

/// The longest wait that a histogram distinguishes, in microseconds; longer ones count as this one.
const LONGEST_US: u64 = 600_000_000;
/// Significant digits of a histogram's values.
const DIGITS: u8 = 3;

/// The figures of a run in progress.
pub(super) struct RunFigures(Mutex<FigureTotals>);

/// The figures as of one moment.
#[derive(Clone)]
pub(super) struct FigureTotals {
    pub(super) waits: Latencies,
    /// Bookings whose session ended, in each second.
    pub(super) per_second: Vec<u64>,
    /// Bookings that ended without a session, by reason.
    pub(super) ended_without: BTreeMap<String, u64>,
    /// Refused pushes, by kind and reason.
    pub(super) refused: BTreeMap<String, u64>,
    /// Clients that met a limit of the server.
    pub(super) limited: BTreeSet<usize>,
    /// The time in which these clients waited, all together, in each second.
    pub(super) stood_still_s: Vec<f64>,
    /// The number of times that missed offers sent an employee offline.
    pub(super) sent_home: u64,
    /// Broken sockets, by error.
    pub(super) lines_lost: BTreeMap<String, u64>,
}

/// The waits of a run, in microseconds.
#[derive(Clone)]
pub(super) struct Latencies {
    pub(super) book_to_offer: Histogram<u64>,
    pub(super) offer_to_assigned: Histogram<u64>,
    pub(super) book_to_assigned: Histogram<u64>,
    pub(super) end_to_idle: Histogram<u64>,
    pub(super) book_to_refused: Histogram<u64>,
    /// The delay of the load itself behind its timetable.
    pub(super) own_delay: Histogram<u64>,
}

impl RunFigures {
    /// Empty figures for a run that counts for `duration`.
    pub(super) fn new(duration: Duration) -> Self {
        let empty = || {
            Histogram::new_with_bounds(1, LONGEST_US, DIGITS).unwrap_or_else(|error| panic!("fixed bounds: {error}"))
        };
        Self(Mutex::new(FigureTotals {
            waits: Latencies {
                book_to_offer: empty(),
                offer_to_assigned: empty(),
                book_to_assigned: empty(),
                end_to_idle: empty(),
                book_to_refused: empty(),
                own_delay: empty(),
            },
            per_second: vec![0; duration.as_secs_f64().ceil() as usize],
            ended_without: BTreeMap::new(),
            refused: BTreeMap::new(),
            limited: BTreeSet::new(),
            stood_still_s: vec![0.0; duration.as_secs_f64().ceil() as usize],
            sent_home: 0,
            lines_lost: BTreeMap::new(),
        }))
    }

    fn counted(&self) -> MutexGuard<'_, FigureTotals> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn read(&self) -> FigureTotals {
        self.counted().clone()
    }

    pub(super) fn book_to_offer(&self, took: Duration) {
        add(&mut self.counted().waits.book_to_offer, took);
    }

    pub(super) fn assigned(&self, from_offer: Option<Duration>, from_book: Option<Duration>) {
        let waits = &mut self.counted().waits;
        from_offer.into_iter().for_each(|took| add(&mut waits.offer_to_assigned, took));
        from_book.into_iter().for_each(|took| add(&mut waits.book_to_assigned, took));
    }

    pub(super) fn end_to_idle(&self, took: Duration) {
        add(&mut self.counted().waits.end_to_idle, took);
    }

    pub(super) fn own_delay(&self, late: Duration) {
        add(&mut self.counted().waits.own_delay, late);
    }

    /// Counts a session that ends now.
    pub(super) fn came_to_its_end(&self, count_from: Instant) {
        if let Some(since) = Instant::now().checked_duration_since(count_from)
            && let Some(count) = self.counted().per_second.get_mut(since.as_secs() as usize)
        {
            *count += 1;
        }
    }

    pub(super) fn ended_without(&self, reason: &str) {
        *self.counted().ended_without.entry(reason.to_owned()).or_default() += 1;
    }

    pub(super) fn book_refused(&self, reason: &str, took: Duration) {
        self.refused("book", reason);
        add(&mut self.counted().waits.book_to_refused, took);
    }

    pub(super) fn refused(&self, what: &str, reason: &str) {
        *self.counted().refused.entry(format!("{what}: {reason}")).or_default() += 1;
    }

    /// Counts a client that waits from now on, because of a limit of the server.
    pub(super) fn stands_still(&self, client: usize, wait: Duration, count_from: Instant) {
        let (now, mut counted) = (Instant::now(), self.counted());
        let since = |at: Instant| at.saturating_duration_since(count_from).as_secs_f64();
        let (begin, end) = (since(now), since(now + wait));
        counted.limited.insert(client);
        for (second, stood) in counted.stood_still_s.iter_mut().enumerate() {
            let second = second as f64;
            // The overlap of the wait with this second.
            *stood += (end.min(second + 1.0) - begin.max(second)).max(0.0);
        }
    }

    pub(super) fn sent_home(&self) {
        self.counted().sent_home += 1;
    }

    pub(super) fn line_lost(&self, how: &str) {
        *self.counted().lines_lost.entry(how.to_owned()).or_default() += 1;
    }

    /// Whole bookings in one second of the run.
    pub(super) fn in_second(&self, second: usize) -> u64 {
        self.counted().per_second.get(second).copied().unwrap_or(0)
    }

    /// The 99th percentile of the waits from `book` to offer so far.
    pub(super) fn offer_p99_ms(&self) -> f64 {
        self.counted().waits.book_to_offer.value_at_quantile(0.99) as f64 / 1000.0
    }
}

fn add(histogram: &mut Histogram<u64>, took: Duration) {
    // Saturating and at least 1, so that no wait is left out for being outside of the histogram's bounds.
    histogram.saturating_record(u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1));
}

/// CPU time of the load and of the server, if its process is known.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cpu {
    pub(super) load_s: f64,
    pub(super) server_s: Option<f64>,
}

impl Cpu {
    pub(super) fn now(server_pid: Option<u32>) -> anyhow::Result<Self> {
        let server_s = match server_pid {
            Some(pid) => Some(cpu_s(&pid.to_string()).with_context(|| format!("cannot read the CPU time of {pid}"))?),
            None => None,
        };
        Ok(Self { load_s: cpu_s("self").unwrap_or(0.0), server_s })
    }

    pub(super) fn since(self, before: &Self) -> Self {
        let server_s = self.server_s.zip(before.server_s).map(|(now, before)| now - before);
        Self { load_s: self.load_s - before.load_s, server_s }
    }
}

/// The user and system time of a process from Linux's `/proc`, which counts in hundredths of a second.
fn cpu_s(process: &str) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // From the last parenthesis, because the process name in parentheses may hold blanks and parentheses. Fields 14 and
    // 15 are user and system time.
    let (_, fields) = stat.rsplit_once(')').context("unknown form")?;
    let ticks = |at: usize| fields.split_whitespace().nth(at).and_then(|ticks| ticks.parse::<f64>().ok());
    let (user, system) = ticks(11).zip(ticks(12)).context("unknown form")?;
    Ok((user + system) / 100.0)
}

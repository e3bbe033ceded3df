//! The report of a run: a table, JSON and a plot.

use std::collections::BTreeMap;
use std::fmt;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::figures::{Cpu, FigureTotals};
use super::ledger::Checked;
use super::{Crowd, Plan, plot};

/// The 99th percentile of the load's own delay above which its own machine was the limit.
const OWN_DELAY_MAX_MS: f64 = 10.0;
/// The share of a second that all clients together must stand still for the second to count as silent.
const SILENT: f64 = 0.99;

/// The figures of a run that is over.
#[derive(Debug, Serialize)]
pub struct LoadReport {
    pub plan: PlanFigures,
    pub arrival: Arrival,
    /// Whole bookings: booked, offered, accepted, assigned and ended.
    pub bookings: u64,
    /// Whole bookings a second, without the seconds in which every client stood still.
    pub bookings_per_s: f64,
    pub stood_still: StoodStill,
    /// Whole bookings in each second.
    pub per_second: Vec<u64>,
    /// Bookings that ended without a session, by reason.
    pub ended_without: BTreeMap<String, u64>,
    /// Refused pushes, by kind and reason.
    pub refused: BTreeMap<String, u64>,
    /// Bookings of an open loop that were due and never began, because every client was still busy.
    pub never_begun: usize,
    /// Bookings that were open when the run was over.
    pub unfinished: usize,
    /// The number of times that missed offers sent an employee offline.
    pub sent_home: u64,
    /// Broken sockets, by error.
    pub lines_lost: BTreeMap<String, u64>,
    pub waits_ms: BTreeMap<&'static str, Wait>,
    /// The checks that no person was booked twice.
    pub checked: Checked,
    pub cpu: CpuFigures,
}

/// A failure of a run, for the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunFault {
    /// The number of contradictions.
    BookedTwice(u64),
    /// The number of broken sockets.
    LinesBroke(u64),
    /// No booking came to its end, so the figures say nothing.
    NothingBooked,
}

impl fmt::Display for RunFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BookedTwice(contradictions) => {
                write!(out, "{contradictions} contradictions: an employee was booked twice")
            }
            Self::LinesBroke(lines) => write!(out, "{lines} connections broke"),
            Self::NothingBooked => out.write_str("no booking was completed"),
        }
    }
}

/// The figures of the time in which all people connected and joined.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Arrival {
    pub people: usize,
    pub seconds: f64,
    /// Handshakes that broke and were tried again.
    pub tried_again: usize,
    /// CPU time of the load.
    pub load_s: f64,
    /// CPU time of the server, if its process is known.
    pub server_s: Option<f64>,
}

/// The plan, for the JSON of a report.
#[derive(Debug, Serialize)]
pub struct PlanFigures {
    pub companies: usize,
    pub employees: usize,
    pub clients: usize,
    pub rate: Option<f64>,
    pub duration_s: f64,
    pub warm_up_s: f64,
    pub accept: f64,
    pub think_s: f64,
    pub session_s: f64,
    pub seed: u64,
}

/// The distribution of one kind of wait, in milliseconds.
#[derive(Clone, Debug, Serialize)]
pub struct Wait {
    pub count: u64,
    pub mean: f64,
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
    pub p999: f64,
    pub max: f64,
    /// Quantiles with their values, for the plot.
    pub spectrum: Vec<(f64, f64)>,
}

/// The waits of clients that met a limit of the server.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct StoodStill {
    pub clients: usize,
    /// The waits of all these clients together.
    pub client_s: f64,
    /// Seconds in which all clients waited, which say nothing about the server.
    pub silent_s: usize,
}

impl StoodStill {
    fn of(counted: &FigureTotals, clients: usize) -> Self {
        let silent_s = counted.stood_still_s.iter().filter(|stood_s| **stood_s >= SILENT * clients as f64).count();
        Self { clients: counted.limited.len(), client_s: counted.stood_still_s.iter().sum(), silent_s }
    }
}

/// CPU time of the load and of the server, if its process is known.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct CpuFigures {
    pub load_s: f64,
    pub server_s: Option<f64>,
    pub server_us_per_booking: Option<f64>,
    pub load_us_per_booking: f64,
}

/// The names of the measured waits, in the order of the table.
const WAITS: [&str; 5] = ["book → offer", "offer → assigned", "book → assigned", "end → idle", "book → refused"];
const OWN_DELAY: &str = "the load's own delay";

impl LoadReport {
    pub(super) fn of(crowd: &Crowd, arrival: Arrival, cpu: Cpu, unfinished: usize) -> Self {
        let (plan, counted) = (&crowd.plan, crowd.figures.read());
        let bookings: u64 = counted.per_second.iter().sum();
        let stood_still = StoodStill::of(&counted, plan.companies * plan.clients);
        let moved_s = plan.duration.as_secs_f64() - stood_still.silent_s as f64;
        let FigureTotals { per_second, ended_without, refused, sent_home, lines_lost, waits, .. } = counted;
        let us_each = |s: f64| s * 1e6 / bookings.max(1) as f64;
        // In the order of `WAITS`.
        let histograms = [
            &waits.book_to_offer,
            &waits.offer_to_assigned,
            &waits.book_to_assigned,
            &waits.end_to_idle,
            &waits.book_to_refused,
        ];
        let measured = WAITS.into_iter().zip(histograms).filter(|(_, histogram)| !histogram.is_empty());
        let mut waits_ms: BTreeMap<_, _> = measured.map(|(name, histogram)| (name, Wait::of(histogram))).collect();
        // A closed loop has no timetable to be late for.
        if plan.rate.is_some() {
            waits_ms.insert(OWN_DELAY, Wait::of(&waits.own_delay));
        }
        Self {
            plan: PlanFigures::of(plan),
            arrival,
            bookings,
            bookings_per_s: if moved_s > 0.0 { bookings as f64 / moved_s } else { 0.0 },
            stood_still,
            per_second,
            ended_without,
            refused,
            never_begun: crowd.never_begun(),
            unfinished,
            sent_home,
            lines_lost,
            waits_ms,
            checked: crowd.ledger.checked(),
            cpu: CpuFigures {
                load_s: cpu.load_s,
                server_s: cpu.server_s,
                server_us_per_booking: cpu.server_s.map(us_each),
                load_us_per_booking: us_each(cpu.load_s),
            },
        }
    }

    /// The gravest failure of the run, if there is one.
    #[must_use]
    pub fn fault(&self) -> Option<RunFault> {
        if self.checked.contradictions > 0 {
            return Some(RunFault::BookedTwice(self.checked.contradictions));
        }
        if !self.lines_lost.is_empty() {
            return Some(RunFault::LinesBroke(self.lines_lost.values().sum::<u64>()));
        }
        (self.bookings == 0).then_some(RunFault::NothingBooked)
    }

    /// Draws the waits and the bookings of every second as SVG.
    pub fn draw(&self) -> anyhow::Result<String> {
        let waits = WAITS.iter().filter_map(|name| {
            let points = self.waits_ms.get(name)?.spectrum.iter();
            // "1 in N", on a logarithmic axis, gives the high percentiles as much room as the low ones.
            let points = points.filter(|(share, _)| *share < 1.0).map(|(share, ms)| (1.0 / (1.0 - share), *ms));
            Some(plot::Series { name: (*name).to_owned(), points: points.collect() })
        });
        let seconds = self.per_second.iter().zip(1..).map(|(count, second)| (f64::from(second), *count as f64));
        plot::lines(&[
            plot::Chart {
                title: format!("{:.0} bookings per second: waits", self.bookings_per_s),
                x: plot::Axis::log("1 in N took longer"),
                y: plot::Axis::log("milliseconds"),
                series: waits.collect(),
            },
            plot::Chart {
                title: "completed bookings per second".to_owned(),
                x: plot::Axis::linear("second"),
                y: plot::Axis::linear("bookings"),
                series: vec![plot::Series { name: "bookings".to_owned(), points: seconds.collect() }],
            },
        ])
    }
}

impl PlanFigures {
    fn of(plan: &Plan) -> Self {
        Self {
            companies: plan.companies,
            employees: plan.employees,
            clients: plan.clients,
            rate: plan.rate,
            duration_s: plan.duration.as_secs_f64(),
            warm_up_s: plan.warm_up.as_secs_f64(),
            accept: plan.accept,
            think_s: plan.think.as_secs_f64(),
            session_s: plan.session.as_secs_f64(),
            seed: plan.seed,
        }
    }
}

impl Wait {
    fn of(histogram: &Histogram<u64>) -> Self {
        let ms = |us: u64| us as f64 / 1000.0;
        let at = |quantile| ms(histogram.value_at_quantile(quantile));
        let spectrum = histogram.iter_quantiles(2).map(|at| (at.quantile(), ms(at.value_iterated_to())));
        Self {
            count: histogram.len(),
            mean: histogram.mean() / 1000.0,
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: ms(histogram.max()),
            spectrum: spectrum.collect(),
        }
    }
}

impl fmt::Display for LoadReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plan = &self.plan;
        let (employees, clients) = (plan.companies * plan.employees, plan.companies * plan.clients);
        let how = plan.rate.map_or_else(|| "closed loop".to_owned(), |rate| format!("{rate} bookings/s requested"));
        writeln!(
            out,
            "{} companies, {employees} employees, {clients} clients, {how}, {} s after {} s of warm-up",
            plan.companies, plan.duration_s, plan.warm_up_s
        )?;
        writeln!(out, "{} people joined within {:.2} s", self.arrival.people, self.arrival.seconds)?;
        writeln!(out, "\n{:.0} completed bookings/s ({} in total)\n", self.bookings_per_s, self.bookings)?;
        writeln!(
            out,
            "{:<22}{:>10}{:>10}{:>10}{:>10}{:>10}",
            "milliseconds", "median", "90 %", "99 %", "99.9 %", "max"
        )?;
        for name in WAITS.into_iter().chain([OWN_DELAY]) {
            let Some(wait) = self.waits_ms.get(name) else { continue };
            write!(out, "{name:<22}")?;
            for ms in [wait.p50, wait.p90, wait.p99, wait.p999, wait.max] {
                write!(out, "{ms:>10.2}")?;
            }
            writeln!(out)?;
        }
        writeln!(out)?;
        self.write_exceptions(out)?;
        let cpu = &self.cpu;
        write!(out, "CPU of the load: {:.1} s, {:.0} us per booking", cpu.load_s, cpu.load_us_per_booking)?;
        if let Some((s, us)) = cpu.server_s.zip(cpu.server_us_per_booking) {
            write!(out, "; of the server: {s:.1} s, {us:.0} us per booking")?;
        }
        let Checked { offers, sessions, contradictions, first } = &self.checked;
        writeln!(out, "\nchecked {offers} offers and {sessions} sessions: {contradictions} contradictions")?;
        first.iter().try_for_each(|contradiction| writeln!(out, "  {contradiction}"))
    }
}

impl LoadReport {
    fn write_exceptions(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tables = [("ended without a session", &self.ended_without), ("refused", &self.refused)];
        for (what, counts) in tables.into_iter().chain([("connections lost", &self.lines_lost)]) {
            for (which, count) in counts {
                writeln!(out, "{what}: {count} ({which})")?;
            }
        }
        let StoodStill { clients, client_s, silent_s } = self.stood_still;
        if clients > 0 {
            let (all, each_s) = (self.plan.companies * self.plan.clients, client_s / clients as f64);
            writeln!(out, "paused by a rate limit: {clients} of {all} clients, {each_s:.1} s each")?;
        }
        if silent_s > 0 {
            let whole_s = self.plan.duration_s;
            writeln!(
                out,
                "  in {silent_s} of {whole_s} s all clients were paused: the bookings/s above exclude this time"
            )?;
        }
        if self.refused.keys().any(|what| what.ends_with("rate_limited")) {
            writeln!(
                out,
                "  a rate limit per person was reached, so this does not measure the server: use more clients, or start \
                 it with `searches_per_client_per_s = 0` and its settings `*_per_person_per_s` at 0"
            )?;
        }
        if self.sent_home > 0 {
            writeln!(out, "set offline for missed offers: {} times", self.sent_home)?;
        }
        if self.arrival.tried_again > 0 {
            writeln!(out, "handshakes that failed and were retried: {}", self.arrival.tried_again)?;
        }
        if self.never_begun > 0 {
            writeln!(
                out,
                "due but never started: {} (all clients were busy until the end; the waits above exclude them)",
                self.never_begun
            )?;
        }
        if self.unfinished > 0 {
            writeln!(out, "unfinished at the end of the run: {}", self.unfinished)?;
        }
        if self.waits_ms.get(OWN_DELAY).is_some_and(|delay| delay.p99 > OWN_DELAY_MAX_MS) {
            writeln!(out, "the load generator was late: this machine is the bottleneck, not the server")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::figures::RunFigures;

    #[test]
    fn silence_is_a_second_in_which_every_client_stands_still() {
        let figures = RunFigures::new(Duration::from_secs(4));
        let count_from = Instant::now() + Duration::from_millis(500);
        // Both clients stand still for nearly all of the first two seconds.
        figures.stands_still(0, Duration::from_secs(10), count_from);
        figures.stands_still(1, Duration::from_millis(2_500), count_from);
        let counted = figures.read();
        assert_eq!(StoodStill::of(&counted, 3).silent_s, 0);
        let StoodStill { clients, client_s, silent_s } = StoodStill::of(&counted, 2);
        assert_eq!((clients, silent_s), (2, 2), "{:?}", counted.stood_still_s);
        assert!((5.9..6.1).contains(&client_s), "{client_s}");
    }
}

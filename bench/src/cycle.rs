//! The cycle that every design runs, and the driver that puts many callers through it.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use hdrhistogram::Histogram;
use tokio::runtime::{Builder, Runtime};

use crate::checker::{Checker, Population};
use crate::rounds::{cores, per_second};

/// The longest cycle that is told apart from longer ones.
const LATENCY_MAX_NS: u64 = 60_000_000_000;

/// A caller, which claims one employee at a time. Each step waits for its answer.
pub trait Caller: Send + Sized + 'static {
    /// Claims the employee who has been idle for longest.
    fn claim(&mut self, company: usize) -> impl Future<Output = Result<Option<u32>>> + Send;

    /// Has the employee accept; returns whether that was possible.
    fn accept(&mut self, company: usize, employee: u32) -> impl Future<Output = Result<bool>> + Send;

    /// Makes the employee idle again, at the end of the line; returns whether that was possible.
    fn release(&mut self, company: usize, employee: u32) -> impl Future<Output = Result<bool>> + Send;

    /// Runs one cycle, or as many as this caller runs together; returns the number.
    fn cycles(&mut self, company: usize, watch: &Watch) -> impl Future<Output = Result<u64>> + Send {
        async move {
            let claimed = self.claim(company).await?;
            let Some(employee) = watch.checker.claimed(company, claimed, watch.is_alone) else { return Ok(1) };
            let done = self.accept(company, employee).await?;
            watch.checker.accepted(company, employee, done);
            watch.checker.releasing(company, employee);
            let done = self.release(company, employee).await?;
            watch.checker.released(done);
            Ok(1)
        }
    }
}

/// State that the callers of one cell share.
#[derive(Debug)]
pub struct Watch {
    pub checker: Arc<Checker>,
    /// Whether there is a single caller, so that the order of the line can be checked.
    pub is_alone: bool,
    case: Population,
    stop: AtomicBool,
    time_every: u64,
}

/// How callers run: on threads where a design blocks, as tasks on a runtime with a worker per core where it awaits.
#[derive(Debug)]
pub enum Callers {
    /// A thread for each caller; these designs wait only for locks.
    Threads,
    /// A task for each caller.
    Tasks(Runtime),
}

impl Callers {
    /// Tasks on a runtime of their own.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn tasks() -> Result<Self> {
        Ok(Self::Tasks(runtime()?))
    }
}

/// A runtime with a worker per core.
///
/// # Errors
/// When the system gives no threads.
pub fn runtime() -> Result<Runtime> {
    Ok(Builder::new_multi_thread().worker_threads(cores()).enable_all().build()?)
}

/// The figures of one cell.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Whole cycles in a second, by all callers together.
    pub cycles_per_s: f64,
    /// Median duration of a cycle.
    pub p50_ns: u64,
    /// 99th percentile of the duration of a cycle.
    pub p99_ns: u64,
}

/// A design that is set up for one case, ready to be measured repeatedly.
pub trait Candidate {
    /// Has so many callers run cycles for so long.
    ///
    /// # Errors
    /// When the design cannot go on.
    fn run(&mut self, callers: usize, lasting: Duration) -> Result<Measured>;

    /// The checker that watched the candidate.
    fn checker(&self) -> &Checker;
}

/// A candidate with callers of one type.
pub struct RunningCandidate<C> {
    callers: Vec<C>,
    checker: Arc<Checker>,
    case: Population,
    time_every: u64,
    is_fresh: bool,
    drivers: Callers,
    _kept: Box<dyn Send>,
}

impl<C: Caller> RunningCandidate<C> {
    /// Takes the callers of a design, and whatever must live as long as they do. One cycle in `time_every` is timed,
    /// because a cycle can be as short as reading the clock.
    pub fn new(
        case: Population,
        drivers: Callers,
        time_every: u64,
        callers: Vec<C>,
        kept: impl Send + 'static,
    ) -> Self {
        let checker = Arc::new(Checker::new(case));
        Self { callers, checker, case, time_every, is_fresh: true, drivers, _kept: Box::new(kept) }
    }

    fn on_threads(&mut self, watch: &Arc<Watch>, lasting: Duration) -> Result<Vec<(C, Result<CycleTally>)>> {
        let callers = std::mem::take(&mut self.callers);
        let working: Vec<_> = callers
            .into_iter()
            .enumerate()
            .map(|(number, caller)| {
                let watch = watch.clone();
                thread::spawn(move || ready(work(caller, number, watch)))
            })
            .collect();
        thread::sleep(lasting);
        watch.stop.store(true, Ordering::Relaxed);
        working.into_iter().map(|thread| thread.join().map_err(|_| anyhow!("a caller panicked"))?).collect()
    }

    fn as_tasks(&mut self, watch: &Arc<Watch>, lasting: Duration) -> Result<Vec<(C, Result<CycleTally>)>> {
        let Callers::Tasks(runtime) = &self.drivers else { bail!("these callers are threads") };
        let callers = std::mem::take(&mut self.callers);
        let numbered = callers.into_iter().enumerate();
        let working: Vec<_> =
            numbered.map(|(number, caller)| runtime.spawn(work(caller, number, watch.clone()))).collect();
        thread::sleep(lasting);
        watch.stop.store(true, Ordering::Relaxed);
        working.into_iter().map(|task| Ok(runtime.block_on(task)?)).collect()
    }
}

impl<C: Caller> Candidate for RunningCandidate<C> {
    fn run(&mut self, callers: usize, lasting: Duration) -> Result<Measured> {
        let is_alone = callers == 1;
        self.checker.begin(self.is_fresh);
        // The order is known from the start only until several callers have claimed.
        self.is_fresh = false;
        let (checker, stop, case) = (self.checker.clone(), AtomicBool::new(false), self.case);
        let watch = Arc::new(Watch { checker, is_alone, case, stop, time_every: self.time_every });
        let resting = self.callers.split_off(callers.min(self.callers.len()));
        let start = Instant::now();
        let done = match self.drivers {
            Callers::Threads => self.on_threads(&watch, lasting)?,
            Callers::Tasks(_) => self.as_tasks(&watch, lasting)?,
        };
        let elapsed = start.elapsed();
        self.checker.end();
        let mut all = CycleTally::new()?;
        for (caller, tally) in done {
            self.callers.push(caller);
            let tally = tally?;
            all.cycles += tally.cycles;
            all.latency.add(tally.latency).map_err(|error| anyhow!("{error}"))?;
        }
        self.callers.extend(resting);
        let at = |quantile| all.latency.value_at_quantile(quantile);
        Ok(Measured { cycles_per_s: per_second(all.cycles, elapsed), p50_ns: at(0.5), p99_ns: at(0.99) })
    }

    fn checker(&self) -> &Checker {
        &self.checker
    }
}

struct CycleTally {
    cycles: u64,
    latency: Histogram<u64>,
}

impl CycleTally {
    fn new() -> Result<Self> {
        Ok(Self { cycles: 0, latency: Histogram::new_with_max(LATENCY_MAX_NS, 2)? })
    }
}

/// Runs a caller, company after company, until the cell ends.
async fn work<C: Caller>(mut caller: C, number: usize, watch: Arc<Watch>) -> (C, Result<CycleTally>) {
    let tally = count(&mut caller, number, &watch).await;
    (caller, tally)
}

async fn count<C: Caller>(caller: &mut C, number: usize, watch: &Watch) -> Result<CycleTally> {
    let mut tally = CycleTally::new()?;
    let mut company = number % watch.case.companies;
    let mut turn = 0;
    // Each caller runs at least one cycle, however late its turn comes.
    loop {
        turn += 1;
        if turn % watch.time_every == 0 {
            let start = Instant::now();
            tally.cycles += caller.cycles(company, watch).await?;
            let ns = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
            tally.latency.saturating_record(ns);
        } else {
            tally.cycles += caller.cycles(company, watch).await?;
        }
        company = (company + 1) % watch.case.companies;
        if watch.stop.load(Ordering::Relaxed) {
            return Ok(tally);
        }
    }
}

/// The result of a future that waits only for locks, so that one poll completes it.
fn ready<T>(work: impl Future<Output = T>) -> Result<T> {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => Ok(done),
        Poll::Pending => bail!("a caller on a thread of its own must not await"),
    }
}

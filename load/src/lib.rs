//! `switchboard load`: people on real sockets book, answer and end sessions, and every wait is measured. The play of
//! `switchboard demo` has two employees and a client of the same kind.

mod plan;

mod client;

mod employee;

mod ledger;

mod figures;

mod report;

mod output;

mod identity;

mod server_url;

pub mod play;

pub mod plot;

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde::Deserialize;
use switchboard_client::{Error, Socket};
use switchboard_core::Party;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;

pub use identity::{Identity, Sign};
pub use output::Output;
pub use plan::Plan;
pub use report::{LoadReport, RunFault};
pub use server_url::ServerUrl;

use client::VirtualClient;
use employee::VirtualEmployee;
use figures::{Cpu, RunFigures};
use ledger::Ledger;
use report::Arrival;

/// The most attempts of one person to connect, and the pause between two.
const TRIES_MAX: u32 = 10;
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// The longest wait for the answer to a handshake or a first join.
const JOIN_MAX: Duration = Duration::from_secs(30);
/// The time between two heartbeats, over which the first heartbeats of all people are spread.
const BEATS_WITHIN_S: u64 = 30;
/// The longest time until all people have connected and joined.
const ARRIVAL_MAX: Duration = Duration::from_secs(300);
/// The longest wait for the answer to a push, after which apps give up too (phoenix.js).
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// The longest wait for the end of open bookings after the run: longer than [`ANSWER_MAX`], so that a client without an
/// answer has given up by then, and its reason is in the figures.
const LAST_MAX: Duration = Duration::from_secs(12);
/// The pause between two looks at open bookings.
const LAST_EVERY: Duration = Duration::from_millis(20);
/// Characters of the progress bar.
const BAR_WIDTH: usize = 24;
/// The lifetime of a token beyond the run.
const TOKEN_SPARE: Duration = Duration::from_secs(3600);

/// The times of a run, known once all people have joined.
#[derive(Clone, Copy, Debug)]
struct Schedule {
    start: Instant,
    /// The end of the warm-up: bookings that begin later are measured.
    count_from: Instant,
    /// The time from which no booking begins.
    end: Instant,
}

/// The state that all people of a run share.
struct Crowd {
    plan: Plan,
    sign: Box<Sign>,
    ledger: Ledger,
    figures: RunFigures,
    /// Handshakes that broke and were tried again.
    tried_again: AtomicUsize,
    /// The next position in the timetable of an open loop.
    next_arrival: AtomicUsize,
    begun: AtomicUsize,
    /// Clients with an open booking or a session.
    busy: AtomicUsize,
}

/// One person of the run.
struct Persona {
    /// Unique within the role.
    number: usize,
    identity: Identity,
}

/// The response of a refused push.
#[derive(Deserialize)]
struct RefusalPayload {
    reason: String,
    retry_in_ms: Option<u64>,
}

/// Runs a plan against a server that accepts the tokens of `sign`. An error means that a person could not join.
pub async fn run(plan: Plan, sign: Box<Sign>) -> anyhow::Result<LoadReport> {
    // Every person takes a file descriptor.
    let _as_many_as_there_may_be = rlimit::increase_nofile_limit(u64::MAX);
    let (go, schedule) = watch::channel(None);
    let crowd = Arc::new(Crowd {
        sign,
        ledger: Ledger::default(),
        figures: RunFigures::new(plan.duration),
        tried_again: AtomicUsize::new(0),
        next_arrival: AtomicUsize::new(0),
        begun: AtomicUsize::new(0),
        busy: AtomicUsize::new(0),
        plan,
    });
    let mut lives = JoinSet::new();
    let (arriving_since, before) = (Instant::now(), Cpu::now(crowd.plan.server_pid)?);
    // Employees first, because a booking is refused while no employee is idle.
    for role in [Party::Employee, Party::Client] {
        let arriving = arrive(&crowd, role, &mut lives, &schedule);
        tokio::time::timeout(ARRIVAL_MAX, arriving).await.context("not all people could join in time")??;
    }
    let start = Instant::now();
    let Cpu { load_s, server_s } = Cpu::now(crowd.plan.server_pid)?.since(&before);
    let seconds = (start - arriving_since).as_secs_f64();
    let tried_again = crowd.tried_again.load(Ordering::Relaxed);
    let arrival = Arrival { people: lives.len(), seconds, tried_again, load_s, server_s };
    let count_from = start + crowd.plan.warm_up;
    let end = count_from + crowd.plan.duration;
    go.send_replace(Some(Schedule { start, count_from, end }));
    tokio::time::sleep_until(count_from.into()).await;
    // Read again, so that the CPU time per booking leaves out arrival and warm-up.
    let before = Cpu::now(crowd.plan.server_pid)?;
    watch_progress(&crowd, count_from).await;
    let cpu = Cpu::now(crowd.plan.server_pid)?.since(&before);
    while crowd.busy.load(Ordering::Acquire) > 0 && Instant::now() < end + LAST_MAX {
        tokio::time::sleep(LAST_EVERY).await;
        // Ended tasks are taken out, so that the wait is over when no person is left.
        while lives.try_join_next().is_some() {}
        if lives.is_empty() {
            break;
        }
    }
    let unfinished = crowd.busy.load(Ordering::Acquire);
    // The people who are left only listen, and would never end by themselves.
    lives.shutdown().await;
    Ok(LoadReport::of(&crowd, arrival, cpu, unfinished))
}

/// Starts all people of a role, and waits until they have joined.
async fn arrive(
    crowd: &Arc<Crowd>,
    role: Party,
    lives: &mut JoinSet<anyhow::Result<()>>,
    schedule: &watch::Receiver<Option<Schedule>>,
) -> anyhow::Result<()> {
    let plan = &crowd.plan;
    let all = plan.companies * if role == Party::Client { plan.clients } else { plan.employees };
    let door = Arc::new(Semaphore::new(plan.handshakes.min(all)));
    let valid_for = plan.warm_up + plan.duration + ARRIVAL_MAX + TOKEN_SPARE;
    let (arrived, mut arrivals) = mpsc::channel(plan.handshakes.min(all));
    for number in 0..all {
        let company = format!("{}-{}", plan.name, number % plan.companies);
        let id = format!("{}-{}", role.word(), number / plan.companies);
        let identity = Identity { role, id, company, name: None, topics: None, valid_for };
        let who = Persona { number, identity };
        lives.spawn(live(crowd.clone(), who, door.clone(), arrived.clone(), schedule.clone()));
    }
    let mut there = 0;
    while there < all {
        tokio::select! {
            _ = arrivals.recv() => {
                there += 1;
                progress(there as f64 / all as f64, &format!("{there} of {all} {}s have joined", role.word()));
            }
            // A person who cannot join ends the run, because figures of an incomplete crowd would mislead.
            Some(ended) = lives.join_next() => {
                if let Err(error) = ended? {
                    bail!("only {there} of {all} {}s could join: {error}", role.word());
                }
            }
        }
    }
    Ok(())
}

/// One person's whole part in the run. A failure before the join is an error, and a later one is a figure.
async fn live(
    crowd: Arc<Crowd>,
    who: Persona,
    door: Arc<Semaphore>,
    arrived: mpsc::Sender<()>,
    mut go: watch::Receiver<Option<Schedule>>,
) -> anyhow::Result<()> {
    // Held until the join, so that no more people are on their way than the plan allows.
    let place = door.acquire_owned().await;
    let socket = crowd.connect(&who).await?;
    let lived = match who.identity.role {
        Party::Employee => {
            let mut employee = VirtualEmployee::join(socket, &who, &crowd).await?;
            drop(place);
            let _counted = arrived.send(()).await;
            // Employees do not wait for the schedule, because they may get an offer at any time.
            employee.work().await
        }
        Party::Client => {
            let mut client = VirtualClient::join(socket, &who, &crowd).await?;
            drop(place);
            let _counted = arrived.send(()).await;
            let schedule = go.wait_for(Option::is_some).await.ok().and_then(|schedule| *schedule);
            match schedule {
                Some(schedule) => client.ask(&schedule).await,
                None => Ok(()),
            }
        }
    };
    if let Err(error) = lived {
        crowd.figures.line_lost(&error.to_string());
    }
    Ok(())
}

impl Crowd {
    async fn connect(&self, who: &Persona) -> anyhow::Result<Socket> {
        let token = (self.sign)(&who.identity)?;
        let mut tries = 1;
        loop {
            match Socket::connect(self.plan.url.address(), &token, JOIN_MAX).await {
                // Heartbeats are spread out, as with people who connected at different times.
                Ok(socket) => {
                    return Ok(socket.with_heartbeats(Duration::from_secs(1 + who.number as u64 % BEATS_WITHIN_S)));
                }
                // The server cuts slow handshakes, and among thousands at once some are slow. Apps try again too.
                Err(Error::Broke(_) | Error::TooLate(_)) if tries < TRIES_MAX => {}
                Err(error) => return Err(error.into()),
            }
            tries += 1;
            self.tried_again.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(TRY_AGAIN_AFTER).await;
        }
    }

    /// Bookings of an open loop that were due and never began, because every client was busy with an earlier one.
    fn never_begun(&self) -> usize {
        // Without this figure a server that is too slow would show only the waits of the bookings that it did answer.
        let Plan { rate, warm_up, duration, .. } = &self.plan;
        let due = rate.map_or(0.0, |rate| (rate * (*warm_up + *duration).as_secs_f64()).ceil());
        (due as usize).saturating_sub(self.begun.load(Ordering::Relaxed))
    }
}

/// Shows the progress every second, until no more bookings begin.
async fn watch_progress(crowd: &Crowd, count_from: Instant) {
    let seconds = u32::try_from(crowd.plan.duration.as_secs()).unwrap_or(u32::MAX);
    for second in 1..=seconds {
        // At absolute times, so that a slow terminal does not shift the seconds.
        tokio::time::sleep_until((count_from + Duration::from_secs(1) * second).into()).await;
        let (bookings, p99_ms) = (crowd.figures.in_second(second as usize - 1), crowd.figures.offer_p99_ms());
        let open = crowd.busy.load(Ordering::Relaxed);
        progress(
            f64::from(second) / f64::from(seconds),
            &format!(
                "{second} of {seconds} s: {bookings} bookings/s, {open} open, 99 % of offers within {p99_ms:.1} ms"
            ),
        );
    }
    tokio::time::sleep_until((count_from + crowd.plan.duration).into()).await;
    on_terminal("");
}

/// Shows a progress bar, filled by `share`, with a text.
fn progress(share: f64, text: &str) {
    let filled = (share * BAR_WIDTH as f64) as usize;
    on_terminal(&format!("[{:<BAR_WIDTH$}] {text}", "#".repeat(filled.min(BAR_WIDTH))));
}

/// Replaces the last line of the terminal, if there is one.
fn on_terminal(text: &str) {
    let mut out = std::io::stderr().lock();
    if out.is_terminal() {
        // A terminal that has gone changes nothing for the run.
        let _shown = write!(out, "\r\x1b[2K{text}").and_then(|()| out.flush());
    }
}

//! `switchboard load`: people on real sockets who book, answer and end sessions, and how long everything took. The play
//! of `switchboard demo` has two employees and a client of the same kind.

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
pub use report::{Fault, Report};
pub use server_url::ServerUrl;

use client::Client;
use employee::Employee;
use figures::{Cpu, Figures};
use ledger::Ledger;
use report::Arrival;

/// How often somebody tries to connect, and how long they wait before they try again.
const TRIES_MAX: u32 = 10;
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// How long the answer to a handshake or a first join may take.
const JOIN_MAX: Duration = Duration::from_secs(30);
/// The first heartbeats are spread over the time between two.
const BEATS_WITHIN_S: u64 = 30;
/// How long everybody may take to connect and join.
const ARRIVAL_MAX: Duration = Duration::from_secs(300);
/// How long the answer to a push may take, whatever else is heard meanwhile: apps give up then (phoenix.js).
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// How long bookings that are open at the end may take to come to theirs: who is not answered has given up by then, and
/// said why.
const LAST_MAX: Duration = Duration::from_secs(12);
/// How often it is looked whether they have.
const LAST_EVERY: Duration = Duration::from_millis(20);
/// Characters of the bar that shows how far a run is.
const BAR_WIDTH: usize = 24;
/// How long a token is good beyond the run.
const TOKEN_SPARE: Duration = Duration::from_secs(3600);

/// When what begins, once everybody is there.
#[derive(Clone, Copy, Debug)]
struct Schedule {
    /// The first booking.
    start: Instant,
    /// What begins from here on counts.
    count_from: Instant,
    /// No booking begins from here on.
    end: Instant,
}

/// What all people of a run share.
struct Crowd {
    plan: Plan,
    sign: Box<Sign>,
    ledger: Ledger,
    figures: Figures,
    /// Handshakes that broke and were tried again.
    tried_again: AtomicUsize,
    /// The next place in the timetable of an open loop.
    next_arrival: AtomicUsize,
    /// Bookings that were begun in an open loop.
    begun: AtomicUsize,
    /// Clients with a booking.
    busy: AtomicUsize,
}

/// Who somebody is.
struct Who {
    /// Tells them from all others of their role.
    number: usize,
    identity: Identity,
}

/// What a refusal says.
#[derive(Deserialize)]
struct Refused {
    reason: String,
    retry_in_ms: Option<u64>,
}

/// Runs the plan against a server that takes tokens of `sign`.
///
/// # Errors
/// When not everybody can connect and join.
pub async fn run(plan: Plan, sign: Box<Sign>) -> anyhow::Result<Report> {
    // Every person is a file descriptor.
    let _as_many_as_there_may_be = rlimit::increase_nofile_limit(u64::MAX);
    let (go, schedule) = watch::channel(None);
    let crowd = Arc::new(Crowd {
        sign,
        ledger: Ledger::default(),
        figures: Figures::new(plan.duration),
        tried_again: AtomicUsize::new(0),
        next_arrival: AtomicUsize::new(0),
        begun: AtomicUsize::new(0),
        busy: AtomicUsize::new(0),
        plan,
    });
    let mut lives = JoinSet::new();
    let (arriving_since, before) = (Instant::now(), Cpu::now(crowd.plan.server_pid)?);
    // Employees first: clients may ask only while somebody is idle.
    for role in [Party::Employee, Party::Client] {
        let arriving = arrive(&crowd, role, &mut lives, &schedule);
        tokio::time::timeout(ARRIVAL_MAX, arriving).await.context("not everybody could join in time")??;
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
    let before = Cpu::now(crowd.plan.server_pid)?;
    watch_progress(&crowd, count_from).await;
    let cpu = Cpu::now(crowd.plan.server_pid)?.since(&before);
    while crowd.busy.load(Ordering::Acquire) > 0 && Instant::now() < end + LAST_MAX {
        tokio::time::sleep(LAST_EVERY).await;
        while lives.try_join_next().is_some() {}
        if lives.is_empty() {
            break;
        }
    }
    let unfinished = crowd.busy.load(Ordering::Acquire);
    lives.shutdown().await;
    Ok(Report::of(&crowd, arrival, cpu, unfinished))
}

/// Has everybody of a role connect and join, and waits for it.
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
        let who = Who { number, identity };
        lives.spawn(live(crowd.clone(), who, door.clone(), arrived.clone(), schedule.clone()));
    }
    let mut there = 0;
    while there < all {
        tokio::select! {
            _ = arrivals.recv() => {
                there += 1;
                progress(there as f64 / all as f64, &format!("{there} of {all} {}s have joined", role.word()));
            }
            Some(ended) = lives.join_next() => {
                if let Err(error) = ended? {
                    bail!("{there} of {all} {}s could join, then: {error}", role.word());
                }
            }
        }
    }
    Ok(())
}

/// Somebody's whole part in the run. An error is why they could not join; what happens later is a figure.
async fn live(
    crowd: Arc<Crowd>,
    who: Who,
    door: Arc<Semaphore>,
    arrived: mpsc::Sender<()>,
    mut go: watch::Receiver<Option<Schedule>>,
) -> anyhow::Result<()> {
    let place = door.acquire_owned().await;
    let socket = crowd.connect(&who).await?;
    let lived = match who.identity.role {
        Party::Employee => {
            let mut employee = Employee::join(socket, &who, &crowd).await?;
            drop(place);
            let _counted = arrived.send(()).await;
            // An employee may be asked as soon as they are there.
            employee.work().await
        }
        Party::Client => {
            let mut client = Client::join(socket, &who, &crowd).await?;
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
    /// Connects, and tries again when the line breaks on the way: a server cuts handshakes that take long, and among
    /// thousands at once some do. Apps try again as well.
    async fn connect(&self, who: &Who) -> anyhow::Result<Socket> {
        let token = (self.sign)(&who.identity)?;
        let mut tries = 1;
        loop {
            match Socket::connect(self.plan.url.address(), &token, JOIN_MAX).await {
                // People who came together beat one after the other, as those do who came at any time.
                Ok(socket) => {
                    return Ok(socket.with_heartbeats(Duration::from_secs(1 + who.number as u64 % BEATS_WITHIN_S)));
                }
                Err(Error::Broke(_) | Error::TooLate(_)) if tries < TRIES_MAX => {}
                Err(error) => return Err(error.into()),
            }
            tries += 1;
            self.tried_again.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(TRY_AGAIN_AFTER).await;
        }
    }

    /// Bookings of an open loop that were due before its end and never began, because every client was busy with an
    /// earlier one. A server that is too slow is seen here, and not only in the waits of those it did answer.
    fn never_begun(&self) -> usize {
        let Plan { rate, warm_up, duration, .. } = &self.plan;
        let due = rate.map_or(0.0, |rate| (rate * (*warm_up + *duration).as_secs_f64()).ceil());
        (due as usize).saturating_sub(self.begun.load(Ordering::Relaxed))
    }
}

/// Tells every second how it goes, until no more bookings begin.
async fn watch_progress(crowd: &Crowd, count_from: Instant) {
    let seconds = u32::try_from(crowd.plan.duration.as_secs()).unwrap_or(u32::MAX);
    for second in 1..=seconds {
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

/// A bar that is filled so far, and what it is about.
fn progress(share: f64, text: &str) {
    let filled = (share * BAR_WIDTH as f64) as usize;
    on_terminal(&format!("[{:<BAR_WIDTH$}] {text}", "#".repeat(filled.min(BAR_WIDTH))));
}

/// One line on a terminal, written over the last.
fn on_terminal(text: &str) {
    let mut out = std::io::stderr().lock();
    if out.is_terminal() {
        // Nobody may be looking any more, which changes nothing for the run.
        let _shown = write!(out, "\r\x1b[2K{text}").and_then(|()| out.flush());
    }
}

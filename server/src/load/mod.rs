//! `switchboard load`: people on real sockets who book, answer and end sessions, and how long everything took.

mod plan;

mod client;

mod employee;

mod line;

mod ledger;

mod figures;

mod report;

pub mod plot;

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;

use crate::auth::{Claims, Keyring, Role};
use crate::clock::Clock;

pub use plan::Plan;
pub use report::Report;

use client::Client;
use employee::Employee;
use figures::{Cpu, Figures};
use ledger::Ledger;
use line::{Line, LineError};
use report::Arrival;

/// Handshakes under way at once: what is measured are bookings, not the way in.
const HANDSHAKES_AT_ONCE: usize = 64;
/// How long everybody may take to connect and join.
const ARRIVAL_MAX: Duration = Duration::from_secs(300);
/// How long bookings that are open at the end may take to come to theirs.
const LAST_MAX: Duration = Duration::from_secs(10);
/// How often it is looked whether they have.
const LAST_EVERY: Duration = Duration::from_millis(20);
/// How long a token is good beyond the run.
const TOKEN_SPARE_S: u64 = 3600;

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
    keyring: Keyring,
    ledger: Ledger,
    figures: Figures,
    /// The next place in the timetable of an open loop.
    next_arrival: AtomicUsize,
    /// Clients with a booking.
    busy: AtomicUsize,
}

/// Who somebody is.
struct Who {
    role: Role,
    /// Tells them from all others of their role.
    number: usize,
    company: String,
    id: String,
}

/// Runs the plan against a server whose tokens are signed with that secret.
///
/// # Errors
/// When not everybody can connect and join.
pub async fn run(plan: Plan, secret: &str) -> anyhow::Result<Report> {
    // Every person is a file descriptor.
    let _as_many_as_there_may_be = rlimit::increase_nofile_limit(u64::MAX);
    let (go, schedule) = watch::channel(None);
    let crowd = Arc::new(Crowd {
        keyring: Keyring::hs256(secret.as_bytes()),
        ledger: Ledger::default(),
        figures: Figures::new(plan.duration),
        next_arrival: AtomicUsize::new(0),
        busy: AtomicUsize::new(0),
        plan,
    });
    let mut lives = JoinSet::new();
    let (arriving_since, before) = (Instant::now(), Cpu::now(crowd.plan.server_pid)?);
    // Employees first: clients may ask only while somebody is idle.
    for role in [Role::Employee, Role::Client] {
        let arriving = arrive(&crowd, role, &mut lives, &schedule);
        tokio::time::timeout(ARRIVAL_MAX, arriving).await.context("not everybody could join in time")??;
    }
    let start = Instant::now();
    let arrival = Arrival {
        people: lives.len(),
        seconds: (start - arriving_since).as_secs_f64(),
        server_s: Cpu::now(crowd.plan.server_pid)?.since(&before).server_s,
    };
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
    role: Role,
    lives: &mut JoinSet<Result<(), LineError>>,
    schedule: &watch::Receiver<Option<Schedule>>,
) -> anyhow::Result<()> {
    let plan = &crowd.plan;
    let all = plan.companies * if role == Role::Client { plan.clients } else { plan.employees };
    let door = Arc::new(Semaphore::new(HANDSHAKES_AT_ONCE));
    let (arrived, mut arrivals) = mpsc::channel(HANDSHAKES_AT_ONCE);
    for number in 0..all {
        let company = format!("{}-{}", plan.name, number % plan.companies);
        let id = format!("{}-{}", role.as_str(), number / plan.companies);
        let who = Who { role, number, company, id };
        lives.spawn(live(crowd.clone(), who, door.clone(), arrived.clone(), schedule.clone()));
    }
    let mut there = 0;
    while there < all {
        tokio::select! {
            _ = arrivals.recv() => {
                there += 1;
                progress(&format!("{there} of {all} {}s have joined", role.as_str()));
            }
            Some(ended) = lives.join_next() => {
                if let Err(error) = ended? {
                    bail!("{there} of {all} {}s could join, then: {error}", role.as_str());
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
) -> Result<(), LineError> {
    let place = door.acquire_owned().await;
    let line = Line::connect(&crowd.plan.url, &crowd.token(&who)?).await?;
    let lived = match who.role {
        Role::Employee => {
            let mut employee = Employee::join(line, &who, &crowd).await?;
            drop(place);
            let _counted = arrived.send(()).await;
            // An employee may be asked as soon as they are there.
            employee.work().await
        }
        Role::Client | Role::Admin => {
            let mut client = Client::join(line, &who, &crowd).await?;
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
    fn token(&self, who: &Who) -> Result<String, LineError> {
        let run_s = (self.plan.warm_up + self.plan.duration + ARRIVAL_MAX).as_secs();
        let claims = Claims {
            subject: who.id.clone(),
            role: who.role,
            company: Some(who.company.clone()),
            name: None,
            topics: None,
            expires_at_s: Clock::start().now().as_ms() / 1000 + run_s + TOKEN_SPARE_S,
        };
        self.keyring.sign(&claims).map_err(|error| LineError::Refused(error.to_string()))
    }
}

/// Tells every second how it goes, until no more bookings begin.
async fn watch_progress(crowd: &Crowd, count_from: Instant) {
    let seconds = u32::try_from(crowd.plan.duration.as_secs()).unwrap_or(u32::MAX);
    for second in 1..=seconds {
        tokio::time::sleep_until((count_from + Duration::from_secs(1) * second).into()).await;
        let (bookings, p99_ms) = (crowd.figures.in_second(second as usize - 1), crowd.figures.offer_p99_ms());
        let open = crowd.busy.load(Ordering::Relaxed);
        progress(&format!(
            "{second} of {seconds} s: {bookings} bookings/s, {open} open, 99 % of offers within {p99_ms:.1} ms"
        ));
    }
    tokio::time::sleep_until((count_from + crowd.plan.duration).into()).await;
    progress("");
}

/// One line on a terminal, written over the last.
fn progress(text: &str) {
    let mut out = std::io::stderr().lock();
    if out.is_terminal() {
        // Nobody may be looking any more, which changes nothing for the run.
        let _shown = write!(out, "\r\x1b[2K{text}").and_then(|()| out.flush());
    }
}

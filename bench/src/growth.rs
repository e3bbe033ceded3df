//! A claim in core among few and many idle employees, and in few and many companies, beside a bare queue of the same
//! size.

use std::collections::VecDeque;
use std::hint::black_box;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use switchboard_core::{
    Actor, BookingId, BookingRequest, ClientId, Command, Company, EmployeeId, Event, OfferId, SessionId, Time, Topic,
};
use switchboard_load::plot::{self, Axis, Chart, Series};

use crate::checker::{Checker, Population};
use crate::exchange_under_test::{Participants, founding, hiring};
use crate::results::{ResultTable, Results, Target, short, time};
use crate::rounds::{Calibration, Effort, Samples};

const IDLE: [usize; 5] = [100, 1_000, 10_000, 100_000, 1_000_000];
const COMPANIES: [usize; 6] = [1, 10, 100, 1_000, 10_000, 100_000];
const QUICK: [usize; 2] = [10, 100];
const EMPLOYEES_OF_EACH: usize = 10;
const CELL: Duration = Duration::from_millis(200);
const QUICK_CELL: Duration = Duration::from_millis(2);
/// Cycles between two readings of the clock.
const AT_ONCE: u64 = 50;
/// Cycles after which a company remembers as many ended bookings as it ever will (16 MB of them).
const FULL_MEMORY: u64 = 30_000;
/// A busy company has a hundred bookings in a millisecond. One of a great many companies has less than one a day, so
/// that it has forgotten each booking when the next one comes.
const BUSY: Pace = Pace { ms: 1, cycles: 100 };
const MORE_THAN_A_DAY_MS: u64 = 25 * 60 * 60 * 1000;
/// The most that the slowest claim cycle may take, as a multiple of a bare queue's cycle.
const OF_FIFO_MAX: f64 = 10.0;
/// The most that a claim cycle among a million may take, as a multiple of one among a hundred.
const FLAT_MAX: f64 = 1.5;

/// The speed at which time passes: so many milliseconds after so many cycles.
#[derive(Clone, Copy)]
struct Pace {
    ms: u64,
    cycles: u64,
}

/// How a command is run.
#[derive(Clone, Copy)]
enum How {
    /// `decide`, then `apply` for each event.
    DecideAndApply,
    /// `Company::take`, which also derives the notices.
    Take,
}

/// Companies that are visited in a shuffled order.
struct Shop {
    companies: Vec<Company>,
    employees: Vec<EmployeeId>,
    order: Vec<usize>,
    client: ClientId,
    topic: Topic,
    pace: Pace,
    cycles: u64,
}

impl Shop {
    fn new(case: Population, pace: Pace) -> Result<Self> {
        let Participants { companies: ids, employees, topic } = Participants::new(case)?;
        let mut companies = Vec::with_capacity(ids.len());
        for id in ids {
            let mut company = Company::new(id);
            for command in std::iter::once(founding()).chain(employees.iter().flat_map(hiring)) {
                let turn = company.take(Time::from_ms(1), &command);
                ensure!(turn.outcome.is_ok(), "{command:?}: {:?}", turn.outcome);
            }
            companies.push(company);
        }
        let order = shuffled(case.companies);
        Ok(Self { companies, employees, order, client: "zoe".parse()?, topic, pace, cycles: 0 })
    }

    /// Runs a command in the company; returns the events.
    fn take(company: &mut Company, now: Time, command: &Command, how: How) -> Option<Vec<Event>> {
        match how {
            How::Take => {
                let turn = company.take(now, command);
                turn.outcome.ok().map(|_| turn.events)
            }
            How::DecideAndApply => {
                let mut events = company.decide(now, command).ok()?;
                events.iter().for_each(|event| company.apply(now, event));
                if let Command::Book(request) = command {
                    events.extend(company.settle(now, request.booking));
                    events.iter().skip(1).for_each(|event| company.apply(now, event));
                }
                Some(events)
            }
        }
    }

    /// Runs one claim cycle in the next company; returns the company and the claimed employee.
    fn cycle(&mut self, how: How) -> Option<(usize, u32)> {
        let turn = usize::try_from(self.cycles).ok()?;
        let at = self.order[turn % self.order.len()];
        let now = Time::from_ms(2 + self.cycles / self.pace.cycles * self.pace.ms);
        self.cycles += 1;
        let company = &mut self.companies[at];
        let (booking, session) = (BookingId::from_u128(self.cycles.into()), SessionId::from_u128(self.cycles.into()));
        let (client, topic) = (self.client.clone(), self.topic.clone());
        let book = Command::Book(BookingRequest::new(booking, client, topic));
        let asked = Self::take(company, now, &book, how)?.iter().find_map(|event| match event {
            Event::OfferMade { employee, .. } => Some(*employee),
            _ => None,
        });
        let no = asked?.0;
        let employee = self.employees[no as usize].clone();
        let accept = Command::Accept { employee, offer: OfferId { booking, attempt: 1 }, session };
        Self::take(company, now, &accept, how)?;
        let end = Command::End { session, by: Actor::Client(self.client.clone()), reason: None };
        Self::take(company, now, &end, how)?;
        Some((at, no))
    }

    /// Goes a little more than once round the line, while the checker watches that the employee idle for longest is
    /// claimed.
    fn check(&mut self, case: Population) -> Result<()> {
        let checker = Checker::new(case);
        checker.begin(true);
        for _ in 0..(case.companies * case.employees).min(10_000) + 10 {
            let (company, employee) = self.cycle(How::Take).context("somebody is idle")?;
            checker.claimed(company, Some(employee), true);
            checker.accepted(company, employee, true);
            checker.releasing(company, employee);
        }
        checker.end();
        ensure!(checker.violations() == 0, "{case}: {}", checker.json());
        Ok(())
    }
}

fn shuffled(count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    fastrand::Rng::with_seed(1).shuffle(&mut order);
    order
}

/// Bare queues of the same size, each behind its lock.
struct Fifos {
    lines: Vec<Mutex<VecDeque<u32>>>,
    order: Vec<usize>,
    cycles: usize,
}

impl Fifos {
    fn new(case: Population) -> Self {
        let employees = u32::try_from(case.employees).unwrap_or(u32::MAX);
        let lines = (0..case.companies).map(|_| Mutex::new((0..employees).collect())).collect();
        Self { lines, order: shuffled(case.companies), cycles: 0 }
    }

    fn cycle(&mut self) -> Option<u32> {
        let line = &self.lines[self.order[self.cycles % self.order.len()]];
        self.cycles += 1;
        let employee = line.lock().unwrap_or_else(PoisonError::into_inner).pop_front()?;
        let employee = black_box(employee);
        line.lock().unwrap_or_else(PoisonError::into_inner).push_back(employee);
        Some(employee)
    }
}

/// Nanoseconds per cycle, measured for so long.
fn ns_per_cycle<T>(lasting: Duration, mut cycle: impl FnMut() -> Option<T>) -> Result<f64> {
    let (start, mut cycles) = (Instant::now(), 0u64);
    while start.elapsed() < lasting {
        for _ in 0..AT_ONCE {
            black_box(cycle()).context("somebody is idle")?;
        }
        cycles += AT_ONCE;
    }
    Ok(start.elapsed().as_secs_f64() * 1e9 / cycles as f64)
}

/// One size, measured with the rules alone, with `Company::take` and with the bare queue.
struct Size {
    case: Population,
    shop: Shop,
    fifos: Fifos,
    rules: Samples,
    take: Samples,
    fifo: Samples,
}

impl Size {
    fn new(case: Population, pace: Pace, warm_up: u64) -> Result<Self> {
        let (mut shop, fifos) = (Shop::new(case, pace)?, Fifos::new(case));
        shop.check(case)?;
        for _ in 0..warm_up {
            shop.cycle(How::Take).context("somebody is idle")?;
        }
        let (rules, take, fifo) = Default::default();
        Ok(Self { case, shop, fifos, rules, take, fifo })
    }

    fn round(&mut self, lasting: Duration) -> Result<()> {
        self.fifo.add(ns_per_cycle(lasting, || self.fifos.cycle())?);
        self.rules.add(ns_per_cycle(lasting, || self.shop.cycle(How::DecideAndApply))?);
        self.take.add(ns_per_cycle(lasting, || self.shop.cycle(How::Take))?);
        Ok(())
    }

    fn json(&self) -> Value {
        json!({
            "companies": self.case.companies,
            "idle_employees_of_each": self.case.employees,
            "decide_and_apply_ns": self.rules.json(),
            "take_ns": self.take.json(),
            "fifo_ns": self.fifo.json(),
            "decide_and_apply_over_fifo": self.rules.over(&self.fifo).json(),
        })
    }
}

/// Measures, prints, writes down and draws.
///
/// # Errors
/// When a claim fails, or the results cannot be written.
pub fn run(effort: Effort, results: &Results) -> Result<()> {
    let (few, lasting) = (effort.pick(0, 1), effort.pick(CELL, QUICK_CELL));
    let full_memory = effort.pick(FULL_MEMORY, 0);
    let by_idle = if few == 1 { &QUICK[..] } else { &IDLE };
    let by_companies = if few == 1 { &QUICK[..] } else { &COMPANIES };
    let mut calibration = Calibration::default();
    let one = |employees: &usize| Size::new(Population { companies: 1, employees: *employees }, BUSY, full_memory);
    let mut idle: Vec<Size> = by_idle.iter().map(one).collect::<Result<_>>()?;
    measure(effort, &mut idle, lasting, &mut calibration)?;
    let many = |companies: &usize| {
        let pace = Pace { ms: MORE_THAN_A_DAY_MS, cycles: *companies as u64 };
        Size::new(Population { companies: *companies, employees: EMPLOYEES_OF_EACH }, pace, *companies as u64)
    };
    let mut companies: Vec<Size> = by_companies.iter().map(many).collect::<Result<_>>()?;
    measure(effort, &mut companies, lasting, &mut calibration)?;
    print("idle employees in one company", &idle, |size| size.case.employees);
    print("companies of ten employees, in a shuffled order", &companies, |size| size.case.companies);
    let targets = targets(&idle);
    targets.iter().for_each(Target::print);
    draw(results, "growth.svg", "Idle employees in one company", &idle, |size| size.case.employees)?;
    let title = "Companies of ten employees, visited in a shuffled order";
    draw(results, "growth-companies.svg", title, &companies, |size| size.case.companies)?;
    let figures = json!({
        "by_idle_employees": idle.iter().map(Size::json).collect::<Vec<_>>(),
        "by_companies": companies.iter().map(Size::json).collect::<Vec<_>>(),
        "targets": targets.iter().map(Target::json).collect::<Vec<_>>(),
    });
    results.write("growth", effort, &calibration, figures)
}

fn measure(effort: Effort, sizes: &mut [Size], lasting: Duration, calibration: &mut Calibration) -> Result<()> {
    for _ in 0..effort.rounds() {
        calibration.round();
        sizes.iter_mut().try_for_each(|size| size.round(lasting))?;
    }
    Ok(())
}

fn targets(idle: &[Size]) -> Vec<Target> {
    let of_fifo = idle.iter().map(|size| size.rules.over(&size.fifo).median()).fold(0.0, f64::max);
    let flat = idle.first().zip(idle.last()).map_or(f64::NAN, |(few, many)| many.rules.over(&few.rules).median());
    let of_fifo_is = "claim cycle in core (decide + apply) over bare FIFO, at the worst size".to_owned();
    let flat_is = "claim cycle among most idle employees over the one among fewest".to_owned();
    vec![
        Target { what: of_fifo_is, measured: of_fifo, bound: OF_FIFO_MAX, at_least: false },
        Target { what: flat_is, measured: flat, bound: FLAT_MAX, at_least: false },
    ]
}

fn print(what: &str, sizes: &[Size], count: impl Fn(&Size) -> usize) {
    println!();
    println!("one claim cycle by {what}: median (min to max)");
    let mut table =
        ResultTable::new(["", "bare FIFO", "decide + apply", "take (with notices)", "decide + apply / FIFO"]);
    let of = |spread: &Samples| format!("{} ({} to {})", time(spread.median()), time(spread.min()), time(spread.max()));
    for size in sizes {
        let over = size.rules.over(&size.fifo).median();
        let count = short(count(size) as f64);
        table.row([count, of(&size.fifo), of(&size.rules), of(&size.take), format!("{over:.1}")]);
    }
    table.print();
}

fn draw(results: &Results, file: &str, title: &str, sizes: &[Size], count: impl Fn(&Size) -> usize) -> Result<()> {
    let line = |name: &str, of: fn(&Size) -> &Samples| {
        let points = sizes.iter().map(|size| (count(size) as f64, of(size).median()));
        Series { name: name.to_owned(), points: points.collect() }
    };
    let series = vec![
        line("core: take (with notices)", |size| &size.take),
        line("core: decide + apply", |size| &size.rules),
        line("bare FIFO behind a lock", |size| &size.fifo),
    ];
    let title = format!("One claim cycle: claim, accept, release. {title}");
    let chart = Chart { title, x: Axis::log("how many"), y: Axis::linear("ns per cycle"), series };
    results.draw(file, &plot::lines(&[chart])?)
}

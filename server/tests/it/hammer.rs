//! One exchange under many threads at once, on a store in memory that is slow and fails at random; no model, no
//! sockets.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use switchboard_core::{
    Booking, BookingRequest, ClientId, Command, Company, CompanyId, CompanySettings, EmployeeId, Intent, Reach,
    SessionId,
};
use switchboard_exchange::clock::Clock;
use switchboard_exchange::outbox::Outbox;
use switchboard_exchange::{Exchange, NotNow, Room, Subscriber, Visit};
use switchboard_journal::{Fate, Journal, JournalItem, ReadBack, Store, StoreError};
use switchboard_wire::phoenix::{Ref, Version};

use crate::chance::Chance;

const THREADS: usize = 8;
const COMPANIES: usize = 5;
const PEOPLE: usize = 40;
const HAMMERED_FOR: Duration = Duration::from_secs(3);
/// One of so many commits fails, and so do the tries after it for a while.
const COMMITS_PER_FAILURE: u64 = 120;
const PLACES: usize = 24;

#[derive(Clone)]
struct Disk(Arc<Mutex<Stored>>);

struct Stored {
    companies: BTreeMap<CompanyId, Company>,
    chance: Chance,
    fails: bool,
    sick: bool,
    failures: u32,
    commits: u32,
    reads: u32,
}

impl Disk {
    fn lock(&self) -> MutexGuard<'_, Stored> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn company(&self, id: &CompanyId) -> Company {
        self.lock().companies.get(id).cloned().unwrap_or_else(|| Company::new(id.clone()))
    }
}

fn well(stored: &Stored) -> Result<(), StoreError> {
    if stored.sick { Err(StoreError::Unreadable("the disk is full".into())) } else { Ok(()) }
}

impl Store for Disk {
    fn commit(&mut self, batch: &mut [JournalItem]) -> Result<(), StoreError> {
        let mut stored = self.lock();
        let stored = &mut *stored;
        if stored.fails && stored.chance.one_in(COMMITS_PER_FAILURE) {
            stored.sick = true;
            stored.failures += 1;
        }
        well(stored)?;
        stored.commits += 1;
        for work in batch {
            let JournalItem::Entry(entry) = work else { continue };
            let new = || Company::new(entry.company.clone());
            let company = stored.companies.entry(entry.company.clone()).or_insert_with(new);
            assert_eq!(entry.first_seq, company.seq() + 1, "no gap and no double in {}", entry.company);
            for event in &entry.events {
                company.apply(entry.at, event);
            }
        }
        Ok(())
    }

    fn probe(&mut self) -> Result<(), StoreError> {
        let mut stored = self.lock();
        stored.sick = stored.fails && stored.chance.one_in(4);
        well(&stored)
    }
}

impl ReadBack for Disk {
    fn read_company(&self, id: &CompanyId) -> BoxFuture<'static, Result<(Company, u64), StoreError>> {
        let (disk, id) = (self.clone(), id.clone());
        Box::pin(async move {
            let wait_us = disk.lock().chance.below(3000);
            tokio::time::sleep(Duration::from_micros(wait_us)).await;
            let company = disk.company(&id);
            disk.lock().reads += 1;
            let events = company.seq();
            Ok((company, events))
        })
    }

    fn companies_with_open_things(&self) -> BoxFuture<'static, Result<Vec<CompanyId>, StoreError>> {
        let companies = self.lock().companies.keys().cloned().collect();
        Box::pin(async move { Ok(companies) })
    }

    fn company_of_session(&self, _id: SessionId) -> BoxFuture<'static, Result<Option<CompanyId>, StoreError>> {
        Box::pin(async { Ok(None) })
    }
}

/// An employee who is renamed repeatedly, comes and goes, and books as a client.
struct Person {
    exchange: Arc<Exchange>,
    disk: Disk,
    inside: Arc<Mutex<BTreeSet<CompanyId>>>,
    company: CompanyId,
    employee: EmployeeId,
    client: ClientId,
    chance: Chance,
    /// The last name that was committed; `None` at first.
    name: Option<u64>,
    device: Option<(Room, u64)>,
}

/// Marks a company as visited as long as this exists, however the visit ends.
struct Inside(Arc<Mutex<BTreeSet<CompanyId>>>, CompanyId);

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

impl Person {
    fn stored_name(&self, company: &Company) -> Option<u64> {
        company.find_employee(&self.employee).map(|(_, found)| found.name.parse().expect("a number"))
    }

    /// Visits the company and waits for the commit. The visit must be the only one, and must not see a lost change.
    async fn visit(&self, work: impl FnOnce(&mut Visit<'_>)) -> Result<Fate, NotNow> {
        let visited = self.exchange.visit(&self.company, |visit| {
            assert!(self.inside.lock().unwrap().insert(self.company.clone()), "two visitors in {}", self.company);
            let _inside = Inside(self.inside.clone(), self.company.clone());
            assert_eq!(self.stored_name(visit.company()), self.name, "what was lost is still there");
            work(visit);
            visit.company().seq()
        });
        let seq = match visited.await?.committed().await {
            Ok(seq) => seq,
            Err(NotNow::Unavailable) => return Ok(Fate::Lost),
            Err(not_now) => unreachable!("everybody who was let in is told: {not_now}"),
        };
        let stored = self.disk.lock().companies.get(&self.company).map_or(0, Company::seq);
        assert!(stored >= seq, "told before it is committed");
        Ok(Fate::Committed)
    }

    async fn rename(&mut self, number: u64) {
        let (employee, name) = (self.employee.clone(), number.to_string().into());
        let command = Command::set_employee(employee, name, vec![]);
        let renamed = self.visit(|visit| {
            visit.take(&command).expect("anybody can be renamed");
        });
        if renamed.await == Ok(Fate::Committed) {
            self.name = Some(number);
        }
        assert_eq!(self.stored_name(&self.disk.company(&self.company)), self.name, "told and stored");
    }

    async fn come_or_go(&mut self) {
        if let Some((room, line)) = self.device.take() {
            return self.exchange.leave(&self.company, &room, line).await;
        }
        let room = Room::Employee(self.employee.clone());
        let (outbox, _unread) = Outbox::new(4, Version::V2);
        let line = self.exchange.next_line();
        let joining = Subscriber { id: line, outbox, topic: "a topic".into(), join_ref: Ref::Null, only: None };
        let idle = Command::set_status(self.employee.clone(), Intent::Idle, false);
        let joined = self.visit(|visit| {
            visit.enter(&room, joining).expect("anybody may enter");
            visit.take(&idle).expect("anybody may be idle");
        });
        if joined.await.is_ok() {
            self.device = Some((room, line));
        }
    }

    async fn book(&self) {
        let booking = self.exchange.clock().fresh_booking();
        let topic = "tax".parse().expect("a topic");
        let command = Command::Book(BookingRequest::new(booking, self.client.clone(), topic));
        let booked = self.visit(|visit| {
            let _nobody_is_idle_or_one_is_open = visit.take(&command);
        });
        let _not_now = booked.await;
    }

    /// Panics in the middle of a visit, as a defect would: the company must be loaded again, without anything of the
    /// visit.
    async fn panic_halfway(&self) {
        let (exchange, company, employee) = (self.exchange.clone(), self.company.clone(), self.employee.clone());
        let inside = self.inside.clone();
        let panicked = tokio::spawn(async move {
            let visited = exchange.visit(&company, |visit| {
                assert!(inside.lock().unwrap().insert(company.clone()), "two visitors in {company}");
                let _inside = Inside(inside.clone(), company.clone());
                let name = u64::MAX.to_string().into();
                visit.take(&Command::set_employee(employee, name, vec![])).expect("anybody can be renamed");
                std::panic::resume_unwind(Box::new("halfway"));
            });
            visited.await.expect_err("nobody comes back from there but who is not let in");
        });
        let _panicked_or_not_let_in = panicked.await;
    }

    async fn live(mut self) -> Self {
        let until = Instant::now() + HAMMERED_FOR;
        let mut number = 0;
        while Instant::now() < until {
            number += 1;
            match self.chance.below(40) {
                0..20 => self.rename(number).await,
                20..30 if self.name.is_some() => self.come_or_go().await,
                30..35 => self.book().await,
                35 => self.panic_halfway().await,
                36 => {
                    self.exchange.wake(&self.company).await;
                }
                _ => tokio::task::yield_now().await,
            }
        }
        if self.device.is_some() {
            self.come_or_go().await;
        }
        self
    }
}

/// Waits until the condition holds for every stored company, and fails if it never does.
async fn in_the_end(disk: &Disk, what: &str, holds: impl Fn(&Company) -> bool) {
    let until = Instant::now() + Duration::from_secs(60);
    while !disk.lock().companies.values().all(&holds) {
        assert!(Instant::now() < until, "in the end {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn quick() -> CompanySettings {
    CompanySettings {
        offer_timeout_ms: 20,
        delivery_timeout_ms: 10,
        booking_deadline_ms: 60,
        max_missed: 0,
        employee_grace_ms: 15,
        client_grace_ms: 30,
        ..CompanySettings::default()
    }
}

fn people(exchange: &Arc<Exchange>, disk: &Disk, companies: &[CompanyId], chance: &mut Chance) -> Vec<Person> {
    let inside: Arc<Mutex<BTreeSet<CompanyId>>> = Arc::default();
    let person = |number: usize| Person {
        exchange: exchange.clone(),
        disk: disk.clone(),
        inside: inside.clone(),
        company: companies[number % companies.len()].clone(),
        employee: format!("e{number}").parse().expect("an id"),
        client: format!("c{number}").parse().expect("an id"),
        chance: chance.fork(),
        name: None,
        device: None,
    };
    (0..PEOPLE).map(person).collect()
}

async fn hammer() {
    let (mut chance, _repeat) = Chance::announced("hammer", "");
    let mut stored = BTreeMap::new();
    for number in 0..COMPANIES {
        let mut company = Company::new(format!("company{number}").parse().expect("an id"));
        let command = Command::SetCompany { name: "A".into(), settings: quick() };
        company.take(Clock::start().now(), &command).outcome.expect("it can be set");
        stored.insert(company.id().clone(), company);
    }
    let companies: Vec<CompanyId> = stored.keys().cloned().collect();
    let fork = chance.fork();
    let stored =
        Stored { companies: stored, chance: fork, fails: true, sick: false, failures: 0, commits: 0, reads: 0 };
    let disk = Disk(Arc::new(Mutex::new(stored)));
    let (journal, thread) = Journal::start(disk.clone(), PLACES).expect("a thread");
    let (snapshots, _nobody_writes_any) = sync_channel(1);
    let exchange = Exchange::open(journal, Arc::new(disk.clone()), snapshots, Clock::start()).await.expect("it opens");
    let lives: Vec<_> = people(&exchange, &disk, &companies, &mut chance)
        .into_iter()
        .map(|person| tokio::spawn(person.live()))
        .collect();
    for life in lives {
        let person = life.await.expect("nothing broke");
        assert_eq!(person.stored_name(&disk.company(&person.company)), person.name, "as it was told last");
    }
    disk.lock().fails = false;
    in_the_end(&disk, "nobody counts as connected", |company| {
        company.employees_after(None).all(|(_, employee)| !matches!(employee.reach, Reach::Connected))
    })
    .await;
    in_the_end(&disk, "no booking is open", |company| !company.bookings().any(Booking::is_open)).await;
    assert!(!thread.is_finished(), "the journal's thread lives");
    let Stored { failures, commits, reads, .. } = &*disk.lock();
    println!("{commits} commits, {failures} failures, {reads} reads");
    assert!(*commits > 5 && *reads > 5, "it was hammered");
}

#[test]
fn an_exchange_under_many_threads_keeps_its_word() {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(THREADS).enable_time().build().expect("threads").block_on(hammer());
}

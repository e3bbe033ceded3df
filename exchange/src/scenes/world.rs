//! A small world around an exchange: a slow and failing disk, and visitors with the checks of the model.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, PoisonError};

use futures_util::future::BoxFuture;
use switchboard_core::{Command, Company, CompanyId, EmployeeId, SessionId, Time};
use switchboard_journal::sync::{Mutex, Notify, step, watch};
use switchboard_journal::{Fate, Journal, JournalItem, JournalThread, ReadBack, Store, StoreError};
use switchboard_memory::MemoryStore;

use super::company::{self, START};
use crate::clock::Clock;
use crate::companies::{Exchange, NotNow, Visit};

/// A store that fails on demand.
#[derive(Clone, Default)]
pub struct SceneDisk {
    store: MemoryStore,
    condition: Arc<Mutex<SceneCondition>>,
    committed: Arc<Notify>,
}

#[derive(Default)]
struct SceneCondition {
    /// The commits that fail, counted from 0.
    failing: BTreeSet<u32>,
    commits: u32,
    sick: bool,
    /// Probes that fail before the disk is well again.
    sick_for: u32,
    recoveries: u32,
    reads: BTreeMap<CompanyId, u32>,
    /// The companies as they were when they were looked at last.
    looked_at: BTreeMap<CompanyId, Company>,
}

impl SceneDisk {
    fn with<R>(&self, look: impl FnOnce(&mut SceneCondition) -> R) -> R {
        look(&mut self.condition.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The committed state of a company.
    pub fn company(&self, id: &CompanyId) -> Company {
        self.with(|disk| {
            let company = disk.looked_at.entry(id.clone()).or_insert_with(|| Company::new(id.clone()));
            // Only the new events are read, because thousands of orders look at a company again and again.
            let more = self.store.ask(|past| {
                past.each_event(id, company.seq(), |at, event| {
                    company.apply(at, event);
                    Ok(ControlFlow::Continue(()))
                })
            });
            more.expect("a company can be read");
            company.clone()
        })
    }

    pub fn companies(&self) -> Vec<CompanyId> {
        self.store.companies()
    }

    /// Waits until the committed state of a company satisfies `holds`.
    pub async fn changes_until(&self, id: &CompanyId, holds: impl Fn(&Company) -> bool) {
        // Without polling, so that the model finds a scene in which nothing happens any more.
        while !holds(&self.company(id)) {
            self.committed.notified().await;
        }
    }

    /// Makes the next commit fail, and then so many probes.
    pub fn fail_next(&self, trials: u32) {
        self.with(|stored| {
            stored.failing = BTreeSet::from([stored.commits]);
            stored.sick_for = trials;
        });
    }

    /// The number of loads of a company.
    pub fn reads(&self, id: &CompanyId) -> u32 {
        self.with(|stored| stored.reads.get(id).copied().unwrap_or_default())
    }

    /// The number of times that the disk got well again.
    pub fn recoveries(&self) -> u32 {
        self.with(|stored| stored.recoveries)
    }

    /// Whether the company has the employee in its committed state.
    pub fn has(&self, company: &CompanyId, employee: &EmployeeId) -> bool {
        self.company(company).find_employee(employee).is_some()
    }

    /// Checks that every entry rests on what is committed, also one without events, which a store lets pass.
    fn must_follow(&self, batch: &[JournalItem]) {
        let mut last_seqs = BTreeMap::new();
        for work in batch {
            let JournalItem::Entry(entry) = work else { continue };
            let last = last_seqs.entry(&entry.company).or_insert_with(|| self.store.last_seq(&entry.company));
            assert_eq!(entry.first_seq, *last + 1, "no gap and no double in {}", entry.company);
            *last += entry.events.len() as u64;
        }
    }
}

impl SceneCondition {
    fn well(&self) -> Result<(), StoreError> {
        if self.sick { Err(StoreError::Unreadable("the disk is full".into())) } else { Ok(()) }
    }
}

impl Store for SceneDisk {
    fn commit(&mut self, batch: &mut [JournalItem]) -> Result<(), StoreError> {
        step();
        self.with(|disk| {
            if disk.failing.remove(&disk.commits) {
                disk.sick = true;
            }
            disk.commits += 1;
            disk.well()
        })?;
        self.must_follow(batch);
        self.store.commit(batch).expect("stored");
        self.committed.notify_one();
        Ok(())
    }

    fn probe(&mut self) -> Result<(), StoreError> {
        step();
        self.with(|disk| {
            if disk.sick_for > 0 {
                disk.sick_for -= 1;
            } else {
                disk.sick = false;
                disk.recoveries += 1;
            }
            disk.well()
        })
    }
}

impl ReadBack for SceneDisk {
    fn read_company(&self, id: &CompanyId) -> BoxFuture<'static, Result<(Company, u64), StoreError>> {
        let (disk, id) = (self.clone(), id.clone());
        Box::pin(async move {
            // A read takes its time: commits may come before it and behind it.
            shuttle::future::yield_now().await;
            let read = disk.store.read_company(&id).await;
            disk.with(|disk| *disk.reads.entry(id).or_default() += 1);
            shuttle::future::yield_now().await;
            read
        })
    }

    fn companies_with_open_things(&self) -> BoxFuture<'static, Result<Vec<CompanyId>, StoreError>> {
        self.store.companies_with_open_things()
    }

    fn company_of_session(&self, id: SessionId) -> BoxFuture<'static, Result<Option<CompanyId>, StoreError>> {
        self.store.company_of_session(id)
    }
}

/// An exchange on a [`SceneDisk`], with the journal's thread.
pub struct SceneWorld {
    pub exchange: Arc<Exchange>,
    pub disk: SceneDisk,
    pub health: watch::Receiver<bool>,
    journal: JournalThread,
    time: Arc<tokio::sync::watch::Sender<Time>>,
    inside: Arc<Mutex<BTreeSet<CompanyId>>>,
}

/// The parts of a world that a task takes along.
#[derive(Clone)]
pub struct Here {
    pub exchange: Arc<Exchange>,
    pub disk: SceneDisk,
    pub time: Arc<tokio::sync::watch::Sender<Time>>,
    inside: Arc<Mutex<BTreeSet<CompanyId>>>,
}

impl SceneWorld {
    /// A world with these companies' entries on the disk, so many places in the journal's queue, and these failing
    /// commits.
    pub fn new(companies: impl IntoIterator<Item = Vec<JournalItem>>, places: usize, failing: &[u32]) -> Self {
        let condition =
            SceneCondition { failing: failing.iter().copied().collect(), sick_for: 1, ..SceneCondition::default() };
        let mut store = MemoryStore::default();
        for mut entries in companies {
            store.commit(&mut entries).expect("stored");
        }
        let disk = SceneDisk { store, condition: Arc::new(Mutex::new(condition)), committed: Arc::default() };
        let (journal, thread) = Journal::start(disk.clone(), places).expect("a thread");
        let health = journal.health();
        let (snapshots, _nobody_writes_any) = sync_channel(1);
        let exchange = Exchange::new(journal, Arc::new(disk.clone()), snapshots, Clock::told(START));
        let time = Arc::new(tokio::sync::watch::Sender::new(START));
        Self { exchange, disk, health, journal: thread, time, inside: Arc::default() }
    }

    pub fn here(&self) -> Here {
        let (exchange, disk) = (self.exchange.clone(), self.disk.clone());
        Here { exchange, disk, time: self.time.clone(), inside: self.inside.clone() }
    }

    /// Ends the world, and checks that memory and disk agree.
    pub async fn end(self) {
        self.well_again().await;
        for id in self.disk.companies() {
            let mut seen = None;
            self.exchange.settle().await;
            let visited = self.here().visit(&id, |visit| seen = Some(visit.company().clone())).await;
            assert_eq!(visited, Ok(Fate::Committed), "the disk is well and the queue empty at the end");
            self.exchange.settle().await;
            assert_eq!(seen.as_ref(), Some(&self.disk.company(&id)), "memory and disk");
        }
        self.close();
    }

    /// Stops all failures, and waits until the disk is well.
    pub async fn well_again(&self) {
        self.disk.with(|stored| stored.failing.clear());
        while self.disk.with(|stored| stored.sick) || !self.exchange.is_healthy() {
            shuttle::future::yield_now().await;
        }
    }

    /// Ends the journal's thread, after all tasks have dropped the exchange.
    pub fn close(self) {
        let Self { exchange, journal, .. } = self;
        assert_eq!(Arc::strong_count(&exchange), 1, "everybody went home");
        drop(exchange);
        journal.join().expect("the journal's thread ends").expect("nothing is lost");
    }
}

impl Here {
    /// Visits a company, and returns the fate of the visit. Checks that no other visitor is inside, that a committed
    /// visit is in the store, and that a visit without a failure since is not lost.
    pub async fn visit(&self, id: &CompanyId, work: impl FnOnce(&mut Visit<'_>)) -> Result<Fate, NotNow> {
        let recoveries = self.disk.recoveries();
        let visited = self.exchange.visit(id, |visit| {
            assert!(
                self.inside.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone()),
                "two visitors in {id}"
            );
            work(visit);
            // Another task may run here, and must not get in.
            step();
            assert!(self.inside.lock().unwrap_or_else(PoisonError::into_inner).remove(id));
            visit.company().seq()
        });
        let fate = match visited.await?.committed().await {
            Ok(seq) => {
                assert!(self.disk.company(id).seq() >= seq, "told before it is committed");
                Fate::Committed
            }
            Err(NotNow::Unavailable) => Fate::Lost,
            Err(not_now) => unreachable!("everybody who was let in is told: {not_now}"),
        };
        let failures_to_come = self.disk.with(|stored| !stored.failing.is_empty() || stored.sick);
        let well_all_the_time = recoveries == self.disk.recoveries() && !failures_to_come;
        assert!(!well_all_the_time || fate == Fate::Committed, "nothing failed since, and still it was lost");
        Ok(fate)
    }

    /// Makes an employee, with retries until that is committed.
    pub async fn hire(&self, company: &CompanyId, employee: &str) {
        let employee: EmployeeId = employee.parse().expect("an id");
        let command = company::set_employee(&employee);
        loop {
            let hired = self.visit(company, |visit| {
                assert!(visit.company().find_employee(&employee).is_none(), "what was lost is still there");
                visit.take(&command).expect("anybody can be hired");
            });
            match hired.await {
                Ok(Fate::Committed) => return assert!(self.disk.has(company, &employee), "told and not there"),
                Ok(Fate::Lost) => assert!(!self.disk.has(company, &employee), "lost and still there"),
                Err(NotNow::Overloaded { .. } | NotNow::Unavailable) => {}
                Err(NotNow::Draining) => unreachable!("nobody drains it"),
            }
            shuttle::future::yield_now().await;
        }
    }

    /// Makes a visit panic after the company has changed, as a mistake in the code could.
    pub fn panic_halfway(&self, company: &CompanyId, command: &Command) {
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let visited = self.exchange.visit(company, |visit| {
                visit.take(command).expect("it is allowed");
                resume_unwind(Box::new("halfway"))
            });
            shuttle::future::block_on(visited).expect("there is a place");
        }));
        panicked.expect_err("it panics");
    }

    /// Has a company take a command, and panics unless that is committed.
    pub async fn take(&self, company: &CompanyId, command: Command) {
        let taken = self.visit(company, |visit| {
            visit.take(&command).unwrap_or_else(|refusal| panic!("{command:?}: {refusal:?}"));
        });
        assert_eq!(taken.await, Ok(Fate::Committed));
    }

    /// Sets the time of the clock, and wakes the sleepers.
    pub fn tell(&self, now: Time) {
        self.exchange.clock().tell(now, 0);
        self.time.send_replace(now);
    }
}

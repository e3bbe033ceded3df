//! The exchange: companies by id, one visitor at a time in each, and the way to the journal.

mod rooms;

mod availability;

mod places;

pub mod telling;

mod outcomes;

mod not_now;

mod ownership;

mod reply;

mod recent_writes;

mod timekeeper;

mod visit;

mod rewriting;

use std::collections::HashMap;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, PoisonError};

use switchboard_core::{Command, Company, CompanyId, SessionId, Status, Time};
use switchboard_journal::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use switchboard_journal::sync::mpsc::Permit;
use switchboard_journal::sync::{AsyncMutex, Mutex, MutexGuard, RwLock, watch};
use switchboard_journal::{DueCheckpoint, Journal, JournalItem, ReadBack, StoreError, Write, Written, base};
use switchboard_metrics::METRICS;
use tokio::sync::oneshot;

use crate::clock::Clock;

pub use availability::Changes;
pub use not_now::NotNow;
pub use reply::{JoinReply, JoinSnapshot, Reply, ReplyTo, Response, Visited};
pub use rooms::{Room, Rooms, Subscriber};
pub use telling::goes_on;
pub use visit::Visit;

use ownership::{Term, shard};
use reply::OnFate;
use timekeeper::Timekeeper;
use visit::LoadedCompany;

/// Events after which a company's snapshot is renewed, so that a load folds few events.
const EVENTS_PER_SNAPSHOT: u64 = 5_000;
/// Events for each employee and each remembered booking, where these make more: a snapshot is as large as all of them
/// and is written beside the bookings, so a large company has one less often, and its snapshots cost less than its
/// events.
const EVENTS_PER_EMPLOYEE: u64 = 4;
const EVENTS_PER_REMEMBERED: u64 = 8;
/// Upper bound of the interval, so that a load takes about a second.
const EVENTS_PER_SNAPSHOT_MAX: u64 = 200_000;
/// The refusal when the journal's queue is full.
const OVERLOADED: NotNow = NotNow::Overloaded { retry_in_ms: 250 };

/// Companies by id, one visitor at a time in each.
pub struct Exchange {
    journal: Journal,
    store: Arc<dyn ReadBack>,
    snapshots: SyncSender<DueCheckpoint>,
    slots: RwLock<HashMap<CompanyId, Arc<CompanySlot>>>,
    sessions: RwLock<HashMap<SessionId, CompanyId>>,
    timekeeper: Timekeeper,
    clock: Clock,
    next_line: AtomicU64,
    /// The number of the latest projection of all companies that began, on behalf of joins of unknown sessions.
    projections: AtomicU64,
    /// The number of the latest such projection that was completed; locked while one runs.
    projecting_all: AsyncMutex<u64>,
    draining: AtomicBool,
}

/// Whether a visitor waits for a place in the journal's queue.
#[derive(Clone, Copy)]
enum Patience {
    /// A request is refused at once, so that its caller can decide what to do.
    None,
    /// A device's departure or silence waits for a place, because neither may be lost.
    Waits,
    /// A wake-up waits for neither a place nor a company that is being rewritten: other companies are due behind it,
    /// and the timekeeper tries again in a moment.
    ComesAgain,
}

/// The place of one company in memory, whether it is loaded or not.
struct CompanySlot {
    id: CompanyId,
    live: Mutex<LoadedCompany>,
    /// Held during a load or a rewrite, so that a company is loaded once, and never half rewritten.
    reading: AsyncMutex<()>,
}

impl CompanySlot {
    fn lock(&self) -> MutexGuard<'_, LoadedCompany> {
        self.live.lock().unwrap_or_else(|poisoned| {
            // A visit panicked halfway and may have left half a change, so the next visit loads the company again.
            self.live.clear_poison();
            let mut live = poisoned.into_inner();
            live.term = None;
            live
        })
    }
}

impl Exchange {
    /// An exchange whose caller keeps the time, with [`Exchange::take_due`] and [`Exchange::wake`].
    #[must_use]
    pub fn new(
        journal: Journal,
        store: Arc<dyn ReadBack>,
        snapshots: SyncSender<DueCheckpoint>,
        clock: Clock,
    ) -> Arc<Self> {
        Arc::new(Self {
            journal,
            store,
            snapshots,
            slots: RwLock::default(),
            sessions: RwLock::default(),
            timekeeper: Timekeeper::default(),
            clock,
            next_line: AtomicU64::new(1),
            projections: AtomicU64::new(0),
            projecting_all: AsyncMutex::new(0),
            draining: AtomicBool::new(false),
        })
    }

    /// An exchange that can be visited at once. Companies with something open are loaded in the background, and earlier
    /// where a visitor comes first, so that a start takes no longer with more companies.
    pub async fn open(
        journal: Journal,
        store: Arc<dyn ReadBack>,
        snapshots: SyncSender<DueCheckpoint>,
        clock: Clock,
    ) -> Result<Arc<Self>, StoreError> {
        let exchange = Self::new(journal, store, snapshots, clock);
        let with_open_things = exchange.store.companies_with_open_things().await?;
        tokio::spawn(Timekeeper::run(exchange.clone()));
        tokio::spawn(exchange.clone().come_back(with_open_things));
        Ok(exchange)
    }

    /// Visits a company: `work` runs under the company's lock and must not wait. Its value comes back as [`Visited`],
    /// which learns whether the visit was committed. After an error nothing was done.
    pub async fn visit<T>(&self, id: &CompanyId, work: impl FnOnce(&mut Visit<'_>) -> T) -> Result<Visited<T>, NotNow> {
        self.let_in(id, |visit| {
            let (visited, tell) = Visited::of(work(visit));
            (visited, OnFate::Visitor(tell))
        })
        .await
    }

    /// Visits a company for a device. The reply that `work` returns is sent with the commit, before the notices of the
    /// same visit. After an error nothing was done.
    pub(crate) async fn visit_and_reply(
        &self,
        id: &CompanyId,
        work: impl FnOnce(&mut Visit<'_>) -> Reply,
    ) -> Result<(), NotNow> {
        self.let_in(id, |visit| ((), OnFate::Device(work(visit)))).await
    }

    async fn let_in<T>(&self, id: &CompanyId, work: impl FnOnce(&mut Visit<'_>) -> (T, OnFate)) -> Result<T, NotNow> {
        let visited = if self.is_draining() {
            Err(NotNow::Draining)
        } else if !self.journal.is_healthy() {
            // Refused here, because a visit would be decided, queued and most likely lost.
            Err(NotNow::Unavailable)
        } else {
            let work = |visit: &mut Visit<'_>| {
                let (value, on_fate) = work(visit);
                (value, Some(on_fate))
            };
            self.enter(id, Patience::None, work).await
        };
        visited.inspect_err(|not_now| {
            METRICS.refused.of(not_now.reason()).inc();
        })
    }

    /// Looks at a company as it is now, and loads the company if needed. That state may be uncommitted, so it serves
    /// for checks and not for answers.
    pub async fn look<R>(&self, id: &CompanyId, look: impl FnOnce(&Company) -> R) -> Result<R, NotNow> {
        self.enter(id, Patience::None, |visit| (look(visit.company()), None)).await
    }

    /// Looks at a company while the store cannot commit: as it is in memory, or else as it is in the tables.
    pub async fn look_behind<R>(&self, id: &CompanyId, look: impl Fn(&Company) -> R) -> Result<R, NotNow> {
        if let Some(seen) = self.peek(id, &look) {
            return Ok(seen);
        }
        let read = self.store.read_company(id).await;
        read.map(|(company, _)| look(&company)).map_err(|error| NotNow::from(&error))
    }

    /// Looks at a company without a load; none if the company is not in memory.
    pub fn peek<R>(&self, id: &CompanyId, look: impl FnOnce(&Company) -> R) -> Option<R> {
        let slot = self.known_slot(id)?;
        let live = slot.lock();
        (live.term.is_some() && !live.retired).then(|| look(&live.company))
    }

    /// The number of the latest event decided here, committed or not; none for a company that this process has not
    /// loaded, whose events are all projected.
    pub fn latest_event(&self, id: &CompanyId) -> Option<u64> {
        let seq = self.known_slot(id)?.lock().company.seq();
        (seq > 0).then_some(seq)
    }

    /// Takes a device that has gone out of its room, also while the store cannot commit.
    pub async fn leave(&self, id: &CompanyId, room: &Room, line: u64) {
        let left = self.journal.is_healthy()
            && self.enter(id, Patience::Waits, |visit| (visit.leave(room, line), None)).await.is_ok();
        if !left {
            self.move_unheard(id, |rooms| rooms.leave(room, line));
        }
    }

    /// Notes whether a device in a room answers pings, also while the store cannot commit. A silent device counts as
    /// gone.
    pub async fn answers(&self, id: &CompanyId, room: &Room, line: u64, answers: bool) {
        let heard = self.journal.is_healthy()
            && self.enter(id, Patience::Waits, |visit| (visit.answers(room, line, answers), None)).await.is_ok();
        if !heard {
            self.move_unheard(id, |rooms| rooms.answers(room, line, answers));
        }
    }

    /// Changes a room alone, without a visit.
    fn move_unheard(&self, id: &CompanyId, moves: impl FnOnce(&mut Rooms) -> bool) {
        if let Some(slot) = self.known_slot(id) {
            let mut live = slot.lock();
            moves(&mut live.rooms);
            // The company does not know of the change, so a new load must tell the company who is there
            // (`Visit::resume`). The timekeeper brings that load about soon.
            live.term = None;
            self.timekeeper.later(id.clone(), self.clock.even());
        }
    }

    /// Has a company handle its passed deadlines. Returns whether it could; otherwise the company is due again shortly.
    pub async fn wake(&self, id: &CompanyId) -> bool {
        let woken = self.journal.is_healthy()
            && self.enter(id, Patience::ComesAgain, |visit| (visit.woken(), None)).await.is_ok();
        if !woken {
            self.timekeeper.later(id.clone(), self.clock.even());
        }
        woken
    }

    /// Runs `work` in a company, after a load if the company is not in memory.
    async fn enter<T>(
        &self,
        id: &CompanyId,
        patience: Patience,
        work: impl FnOnce(&mut Visit<'_>) -> (T, Option<OnFate>),
    ) -> Result<T, NotNow> {
        loop {
            // A place in the queue comes before the decision, so that whatever is decided can be queued.
            let permit = match patience {
                Patience::None if self.journal.is_laden() => return Err(OVERLOADED),
                Patience::None | Patience::ComesAgain => self.journal.try_reserve().ok_or(OVERLOADED)?,
                Patience::Waits => self.journal.reserve().await.ok_or(NotNow::Unavailable)?,
            };
            let slot = self.slot(id);
            {
                let mut live = slot.lock();
                // Another visit has taken the slot out of the map since the lookup, so a new lookup is needed.
                if live.retired {
                    continue;
                }
                let term = self.held(shard(id)).ok_or(NotNow::Unavailable)?;
                if live.is_of(Some(term)) {
                    return Ok(self.work_in(&slot, &mut live, term, permit, work));
                }
                // A load would wait here until the rewrite is over.
                if live.is_rewritten && matches!(patience, Patience::ComesAgain) {
                    return Err(NotNow::Unavailable);
                }
            }
            // A load is slow, and visitors of other companies need the place meanwhile.
            drop(permit);
            self.read_back(&slot).await?;
        }
    }

    /// The visit itself, with everything that belongs under the company's lock.
    fn work_in<T>(
        &self,
        slot: &CompanySlot,
        live: &mut LoadedCompany,
        term: Term,
        permit: Permit<'_, JournalItem>,
        work: impl FnOnce(&mut Visit<'_>) -> (T, Option<OnFate>),
    ) -> T {
        let mut visit = Visit::begin(live, self.clock.read());
        let (value, on_fate) = work(&mut visit);
        self.follow_sessions(slot, &visit);
        if let Some(entry) = visit.finish(term.epoch(), on_fate, &self.journal) {
            // Still under the lock, so that the queue holds the company's entries in their order.
            permit.send(JournalItem::Entry(entry));
        }
        let next = live.next_deadline();
        self.timekeeper.arm(&slot.id, &mut live.armed, next);
        // When the queue of snapshots is full, the counters stay, so that the next visit asks again.
        let enough = events_per_snapshot(&live.company);
        if live.events_since_snapshot >= enough
            && self.snapshots.try_send(DueCheckpoint::Snapshot(slot.id.clone())).is_ok()
        {
            // A snapshot brings a base too, if one is due.
            (live.events_since_snapshot, live.events_since_base) = (0, 0);
        }
        let enough = base::events_between(&live.company);
        if live.events_since_base >= enough && self.snapshots.try_send(DueCheckpoint::Base(slot.id.clone())).is_ok() {
            live.events_since_base = 0;
        }
        // Otherwise requests for made-up ids would fill the memory with empty slots.
        if live.is_nothing() {
            live.retired = true;
            self.slots.write().unwrap_or_else(PoisonError::into_inner).remove(&slot.id);
        }
        value
    }

    fn follow_sessions(&self, slot: &CompanySlot, visit: &Visit<'_>) {
        // Not committed yet: if the visit is lost, `follow_read_back` corrects the map.
        for (session, began) in visit.sessions_moved() {
            let mut sessions = self.sessions.write().unwrap_or_else(PoisonError::into_inner);
            if began {
                sessions.insert(session, slot.id.clone());
            } else {
                sessions.remove(&session);
            }
        }
    }

    /// Forgets sessions whose begin was lost, and notes those that run.
    fn follow_read_back(&self, slot: &CompanySlot, before: &Company, read: &Company) {
        let running = |company: &Company| -> Vec<SessionId> {
            company.sessions().filter(|session| session.is_running()).map(|session| session.id).collect()
        };
        let (before, read) = (running(before), running(read));
        let mut sessions = self.sessions.write().unwrap_or_else(PoisonError::into_inner);
        for session in before {
            sessions.remove(&session);
        }
        sessions.extend(read.into_iter().map(|session| (session, slot.id.clone())));
    }

    /// Loads a company from the store, unless another visitor has just done so.
    async fn read_back(&self, slot: &Arc<CompanySlot>) -> Result<(), NotNow> {
        let _one_at_a_time = slot.reading.lock().await;
        let may_be_queued = {
            let live = slot.lock();
            if live.retired || live.is_of(self.held(shard(&slot.id))) {
                return Ok(());
            }
            live.company.seq() > 0
        };
        // Entries of an epoch that may still be good are projected first, so that the load sees them.
        if may_be_queued {
            self.project(Some(&slot.id)).await?;
        }
        // The term from before the load: if a commit fails meanwhile, the company is loaded once more.
        let term = self.held(shard(&slot.id)).ok_or(NotNow::Unavailable)?;
        let (company, events) = match self.store.read_company(&slot.id).await {
            Ok(read) => read,
            Err(error) => {
                let not_now = NotNow::from(&error);
                if not_now == NotNow::Unavailable {
                    tracing::error!(company = %slot.id, %error, "a company cannot be loaded");
                }
                return Err(not_now);
            }
        };
        // A place is awaited before the lock, because no lock is held over an await.
        let permit = self.journal.reserve().await.ok_or(NotNow::Draining)?;
        let mut live = slot.lock();
        self.follow_read_back(slot, &live.company, &company);
        live.replace(company, term, events, self.clock.read());
        self.work_in_unless_nothing(slot, &mut live, term, permit);
        Ok(())
    }

    fn work_in_unless_nothing(
        &self,
        slot: &CompanySlot,
        live: &mut LoadedCompany,
        term: Term,
        permit: Permit<'_, JournalItem>,
    ) {
        // A company without events would be retired here, and its visitor would load it for ever.
        if live.company.seq() > 0 {
            self.work_in(slot, live, term, permit, |visit| (visit.resume(), None));
        }
    }

    fn slot(&self, id: &CompanyId) -> Arc<CompanySlot> {
        if let Some(slot) = self.known_slot(id) {
            return slot;
        }
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        let new = || {
            let live = Mutex::new(LoadedCompany::unread(id.clone()));
            Arc::new(CompanySlot { id: id.clone(), live, reading: AsyncMutex::new(()) })
        };
        slots.entry(id.clone()).or_insert_with(new).clone()
    }

    fn known_slot(&self, id: &CompanyId) -> Option<Arc<CompanySlot>> {
        self.slots.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// The company of a session: from memory while the session runs, else from the store.
    pub async fn company_of_session(&self, id: SessionId) -> Result<Option<CompanyId>, NotNow> {
        let known = self.sessions.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if known.is_some() {
            return Ok(known);
        }
        let projected = self.store.company_of_session(id).await.map_err(|error| NotNow::from(&error))?;
        if projected.is_some() {
            return Ok(projected);
        }
        // A session that began and ended a moment ago may not be projected yet.
        self.project_together().await?;
        self.store.company_of_session(id).await.map_err(|error| NotNow::from(&error))
    }

    /// Returns once everything queued until now is projected. Concurrent callers share one projection of all companies,
    /// because each is expensive.
    async fn project_together(&self) -> Result<(), NotNow> {
        let asked = self.projections.load(Ordering::Acquire);
        let mut done = self.projecting_all.lock().await;
        // A projection that began after this call covers everything that this caller needs.
        if *done > asked {
            return Ok(());
        }
        let begun = self.projections.fetch_add(1, Ordering::AcqRel) + 1;
        self.project(None).await?;
        *done = begun;
        Ok(())
    }

    /// Returns once everything queued for a company, or for all, is in the tables that history is read from. An error
    /// means that the tables cannot be written now and would be read stale.
    pub async fn project(&self, company: Option<&CompanyId>) -> Result<(), NotNow> {
        if self.journal.projected(company).await { Ok(()) } else { Err(NotNow::Unavailable) }
    }

    /// Writes data beside the companies' events, such as API keys and endpoints, in the order of the journal. After an
    /// error nothing was committed.
    pub async fn write(&self, write: Write) -> Result<Written, NotNow> {
        if !self.journal.is_healthy() {
            return Err(NotNow::Unavailable);
        }
        self.journal.write(write).await.ok_or(NotNow::Unavailable)
    }

    /// Queues such a write without waiting: it is committed before everything that is decided from now on, or is lost
    /// together with all of that. The receiver learns the outcome.
    pub fn write_soon(&self, write: Write) -> Result<oneshot::Receiver<Option<Written>>, NotNow> {
        if !self.journal.is_healthy() {
            return Err(NotNow::Unavailable);
        }
        self.journal.write_soon(write).ok_or(OVERLOADED)
    }

    /// Sets the gauges of the metrics. Each company is locked for a moment, one after another.
    pub fn count(&self) {
        let slots: Vec<Arc<CompanySlot>> =
            self.slots.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        let (mut employees, mut clients) = ([0; 4], 0);
        for slot in &slots {
            let live = slot.lock();
            clients += live.company.open_clients();
            for (sum, here) in employees.iter_mut().zip(live.company.employees_by_status()) {
                *sum += here;
            }
        }
        let gauge = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        for (status, count) in Status::ALL.into_iter().zip(employees) {
            METRICS.employees.of(status.word()).set(gauge(count));
        }
        METRICS.companies.set(gauge(slots.len()));
        METRICS.open_clients.set(gauge(clients));
        let (waiting, most) = self.journal.waiting();
        METRICS.journal_queue.set(gauge(waiting));
        METRICS.journal_queue_max.set(gauge(most));
        METRICS.store_healthy.set(i64::from(self.is_healthy()));
    }

    /// A number that no other line of this run has.
    #[must_use]
    pub fn next_line(&self) -> u64 {
        self.next_line.fetch_add(1, Ordering::Relaxed)
    }

    /// The clock that all visits read.
    #[must_use]
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Takes the companies with a passed deadline, which the caller must wake.
    #[must_use]
    pub fn take_due(&self) -> Vec<CompanyId> {
        self.timekeeper.take_due(self.clock.even())
    }

    /// The earliest deadline of all companies, in even time.
    #[must_use]
    pub fn next_due(&self) -> Option<Time> {
        self.timekeeper.next()
    }

    /// Refuses new requests as `draining` from now on. Accepted ones are still committed and told.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// Returns once all accepted work is committed, told and projected.
    pub async fn settle(&self) {
        self.journal.settle().await;
    }

    /// Whether [`Exchange::drain`] was called.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// Whether the store can commit.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.journal.is_healthy()
    }

    /// A receiver that follows [`Exchange::is_healthy`].
    #[must_use]
    pub fn health(&self) -> watch::Receiver<bool> {
        self.journal.health()
    }
}

fn events_per_snapshot(company: &Company) -> u64 {
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let employees = count(company.employee_count()).saturating_mul(EVENTS_PER_EMPLOYEE);
    let remembered = count(company.remembered()).saturating_mul(EVENTS_PER_REMEMBERED);
    employees.saturating_add(remembered).clamp(EVENTS_PER_SNAPSHOT, EVENTS_PER_SNAPSHOT_MAX)
}

impl Visit<'_> {
    /// Handles the deadlines for which the timekeeper was armed.
    fn woken(&mut self) {
        // The timekeeper has dropped the company's line, so the next deadline must be armed anew, whatever its time.
        self.disarm();
        let _nobody_asked = self.take(&Command::Wake);
    }
}

//! The exchange: companies by id, one visitor at a time in each, and the way to the journal.

mod rooms;

mod availability;

pub mod telling;

mod outcomes;

mod not_now;

mod ownership;

mod reply;

mod stored;

mod timekeeper;

mod visit;

use std::collections::HashMap;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, PoisonError};

use switchboard_core::{Command, Company, CompanyId, SessionId, Status, Time};
use switchboard_journal::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use switchboard_journal::sync::mpsc::Permit;
use switchboard_journal::sync::{AsyncMutex, Mutex, MutexGuard, RwLock, watch};
use switchboard_journal::{Due, Journal, ReadBack, StoreError, Work, Write, Written, base};
use switchboard_metrics::METRICS;
use tokio::sync::oneshot;

use crate::clock::Clock;

pub use availability::Changes;
pub use not_now::NotNow;
pub use reply::{JoinReply, Reply, ReplyTo, Response, Shown, Visited};
pub use rooms::{Line, Room, Rooms};
pub use telling::goes_on;
pub use visit::Visit;

use ownership::{Term, shard};
use reply::OnFate;
use timekeeper::Timekeeper;
use visit::Live;

/// Events of a company after which its state is written down, so that reading it back stays short.
const EVENTS_PER_SNAPSHOT: u64 = 5_000;
/// The same for each employee, and for each booking that is remembered: a snapshot is as large as all of them, and it is
/// read and written beside the bookings. So a large company is written down more seldom, and its snapshots cost less
/// than its events.
const EVENTS_PER_EMPLOYEE: u64 = 4;
const EVENTS_PER_REMEMBERED: u64 = 8;
/// And never more than that, so that reading back stays a matter of a second.
const EVENTS_PER_SNAPSHOT_MAX: u64 = 200_000;
/// What is said when the journal has no room, and when to try again.
const OVERLOADED: NotNow = NotNow::Overloaded { retry_in_ms: 250 };

/// Companies by id, one visitor at a time in each.
pub struct Exchange {
    journal: Journal,
    store: Arc<dyn ReadBack>,
    snapshots: SyncSender<Due>,
    slots: RwLock<HashMap<CompanyId, Arc<Slot>>>,
    sessions: RwLock<HashMap<SessionId, CompanyId>>,
    timekeeper: Timekeeper,
    clock: Clock,
    next_line: AtomicU64,
    /// Which filing of all companies, for who joins a session that is not known, began last, and which was done last.
    filings: AtomicU64,
    filing_all: AsyncMutex<u64>,
    draining: AtomicBool,
}

/// Whether a visitor waits for a place in the journal's queue.
#[derive(Clone, Copy)]
enum Patience {
    /// A wish is refused at once, so that its owner knows.
    None,
    /// What must not be lost waits.
    Waits,
    /// Who comes again in a moment waits for no company that is being rewritten: others are due behind it.
    ComesAgain,
}

/// Where one company is held.
struct Slot {
    id: CompanyId,
    live: Mutex<Live>,
    /// Held while the company is read back, so that it is read once.
    reading: AsyncMutex<()>,
}

impl Slot {
    /// A lock that was poisoned means that a visit panicked halfway: the company is read again before the next one.
    fn lock(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(|poisoned| {
            self.live.clear_poison();
            let mut live = poisoned.into_inner();
            live.term = None;
            live
        })
    }
}

impl Exchange {
    /// An exchange on that journal and store, which somebody else keeps time for: [`Exchange::take_due`] and
    /// [`Exchange::wake`].
    #[must_use]
    pub fn new(journal: Journal, store: Arc<dyn ReadBack>, snapshots: SyncSender<Due>, clock: Clock) -> Arc<Self> {
        Arc::new(Self {
            journal,
            store,
            snapshots,
            slots: RwLock::default(),
            sessions: RwLock::default(),
            timekeeper: Timekeeper::default(),
            clock,
            next_line: AtomicU64::new(1),
            filings: AtomicU64::new(0),
            filing_all: AsyncMutex::new(0),
            draining: AtomicBool::new(false),
        })
    }

    /// An exchange on that journal and store, which can be visited at once. What has something open is read back
    /// meanwhile, and whoever visits one of those companies earlier has it read then: so the wait for a restart does
    /// not grow with the number of companies.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn open(
        journal: Journal,
        store: Arc<dyn ReadBack>,
        snapshots: SyncSender<Due>,
        clock: Clock,
    ) -> Result<Arc<Self>, StoreError> {
        let exchange = Self::new(journal, store, snapshots, clock);
        let with_open_things = exchange.store.companies_with_open_things().await?;
        tokio::spawn(Timekeeper::run(exchange.clone()));
        tokio::spawn(exchange.clone().come_back(with_open_things));
        Ok(exchange)
    }

    /// Visits a company: the work is done under its lock and without waiting for anything. What it returns comes back
    /// with the promise of what becomes of all that was done.
    ///
    /// # Errors
    /// When nothing was done.
    pub async fn visit<T>(&self, id: &CompanyId, work: impl FnOnce(&mut Visit<'_>) -> T) -> Result<Visited<T>, NotNow> {
        self.let_in(id, |visit| {
            let (visited, tell) = Visited::of(work(visit));
            (visited, OnFate::Visitor(tell))
        })
        .await
    }

    /// The same for a device, which is told by the reply that the work returns: with all that is told of the visit, and
    /// before it.
    ///
    /// # Errors
    /// When nothing was done.
    pub async fn visit_and_reply(
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

    /// Looks at a company, as it is now; it is read for that when it is not in memory. What is seen may not be committed
    /// yet, so nobody is told of it.
    ///
    /// # Errors
    /// When it cannot be looked at now.
    pub async fn look<R>(&self, id: &CompanyId, look: impl FnOnce(&Company) -> R) -> Result<R, NotNow> {
        self.enter(id, Patience::None, |visit| (look(visit.company()), None)).await
    }

    /// Looks at a company while the store cannot commit: as it was when it was in memory, or else as it is filed.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn look_behind<R>(&self, id: &CompanyId, look: impl Fn(&Company) -> R) -> Result<R, NotNow> {
        if let Some(seen) = self.peek(id, &look) {
            return Ok(seen);
        }
        let read = self.store.read_company(id).await;
        read.map(|(company, _)| look(&company)).map_err(|error| NotNow::from(&error))
    }

    /// Looks at a company without waiting for anything: none when it is not in memory.
    pub fn peek<R>(&self, id: &CompanyId, look: impl FnOnce(&Company) -> R) -> Option<R> {
        let slot = self.known_slot(id)?;
        let live = slot.lock();
        (live.term.is_some() && !live.retired).then(|| look(&live.company))
    }

    /// A device has gone: it leaves its room, whatever else goes on.
    pub async fn leave(&self, id: &CompanyId, room: &Room, line: u64) {
        let left = self.journal.is_healthy()
            && self.enter(id, Patience::Waits, |visit| (visit.leave(room, line), None)).await.is_ok();
        if !left {
            self.move_unheard(id, |rooms| rooms.leave(room, line));
        }
    }

    /// A device in a room answers, or does not, and counts as gone then; whatever else goes on.
    pub async fn answers(&self, id: &CompanyId, room: &Room, line: u64, answers: bool) {
        let heard = self.journal.is_healthy()
            && self.enter(id, Patience::Waits, |visit| (visit.answers(room, line, answers), None)).await.is_ok();
        if !heard {
            self.move_unheard(id, |rooms| rooms.answers(room, line, answers));
        }
    }

    /// While nothing can be committed a device only comes or goes in the room; the company learns it when it is read
    /// again, which is soon.
    fn move_unheard(&self, id: &CompanyId, moves: impl FnOnce(&mut Rooms) -> bool) {
        if let Some(slot) = self.known_slot(id) {
            let mut live = slot.lock();
            moves(&mut live.rooms);
            live.term = None;
            self.timekeeper.later(id.clone(), self.clock.even());
        }
    }

    /// Has a company do what is due. Says whether it could.
    pub async fn wake(&self, id: &CompanyId) -> bool {
        let woken = self.journal.is_healthy()
            && self.enter(id, Patience::ComesAgain, |visit| (visit.woken(), None)).await.is_ok();
        if !woken {
            self.timekeeper.later(id.clone(), self.clock.even());
        }
        woken
    }

    /// A place in the journal's queue is had before anything is decided, and never held while a company is read.
    async fn enter<T>(
        &self,
        id: &CompanyId,
        patience: Patience,
        work: impl FnOnce(&mut Visit<'_>) -> (T, Option<OnFate>),
    ) -> Result<T, NotNow> {
        loop {
            let permit = match patience {
                Patience::None if self.journal.is_laden() => return Err(OVERLOADED),
                Patience::None | Patience::ComesAgain => self.journal.try_reserve().ok_or(OVERLOADED)?,
                Patience::Waits => self.journal.reserve().await.ok_or(NotNow::Unavailable)?,
            };
            let slot = self.slot(id);
            {
                let mut live = slot.lock();
                if live.retired {
                    continue;
                }
                let term = self.held(shard(id)).ok_or(NotNow::Unavailable)?;
                if live.is_of(Some(term)) {
                    return Ok(self.work_in(&slot, &mut live, term, permit, work));
                }
                if live.is_rewritten && matches!(patience, Patience::ComesAgain) {
                    return Err(NotNow::Unavailable);
                }
            }
            drop(permit);
            self.read_back(&slot).await?;
        }
    }

    /// The visit itself. The entry is queued under the lock, so the queue has a company's entries in their order.
    fn work_in<T>(
        &self,
        slot: &Slot,
        live: &mut Live,
        term: Term,
        permit: Permit<'_, Work>,
        work: impl FnOnce(&mut Visit<'_>) -> (T, Option<OnFate>),
    ) -> T {
        let mut visit = Visit::begin(live, self.clock.read());
        let (value, on_fate) = work(&mut visit);
        self.follow_sessions(slot, &visit);
        if let Some(entry) = visit.finish(term.epoch(), on_fate, &self.journal) {
            permit.send(Work::Entry(entry));
        }
        let next = live.next_deadline();
        self.timekeeper.arm(&slot.id, &mut live.armed, next);
        let enough = events_per_snapshot(&live.company);
        if live.events_since_snapshot >= enough && self.snapshots.try_send(Due::Snapshot(slot.id.clone())).is_ok() {
            // Which brings a base too, if one is due.
            (live.events_since_snapshot, live.events_since_base) = (0, 0);
        }
        let enough = base::events_between(&live.company);
        if live.events_since_base >= enough && self.snapshots.try_send(Due::Base(slot.id.clone())).is_ok() {
            live.events_since_base = 0;
        }
        if live.is_nothing() {
            live.retired = true;
            self.slots.write().unwrap_or_else(PoisonError::into_inner).remove(&slot.id);
        }
        value
    }

    fn follow_sessions(&self, slot: &Slot, visit: &Visit<'_>) {
        for (session, began) in visit.sessions_moved() {
            let mut sessions = self.sessions.write().unwrap_or_else(PoisonError::into_inner);
            if began {
                sessions.insert(session, slot.id.clone());
            } else {
                sessions.remove(&session);
            }
        }
    }

    /// A session that began and was lost is forgotten, and every one that runs is known again.
    fn follow_read_back(&self, slot: &Slot, before: &Company, read: &Company) {
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

    /// Reads a company from the store, if nobody else just did.
    async fn read_back(&self, slot: &Arc<Slot>) -> Result<(), NotNow> {
        let _one_at_a_time = slot.reading.lock().await;
        let may_be_queued = {
            let live = slot.lock();
            if live.retired || live.is_of(self.held(shard(&slot.id))) {
                return Ok(());
            }
            live.company.seq() > 0
        };
        // What was queued before, in an epoch that may still be good, must be in the tables when they are read.
        if may_be_queued {
            self.file(Some(&slot.id)).await?;
        }
        let term = self.held(shard(&slot.id)).ok_or(NotNow::Unavailable)?;
        let (company, events) = match self.store.read_company(&slot.id).await {
            Ok(read) => read,
            Err(error) => {
                let not_now = NotNow::from(&error);
                if not_now == NotNow::Unavailable {
                    tracing::error!(company = %slot.id, %error, "a company cannot be read back");
                }
                return Err(not_now);
            }
        };
        let permit = self.journal.reserve().await.ok_or(NotNow::Draining)?;
        let mut live = slot.lock();
        self.follow_read_back(slot, &live.company, &company);
        live.replace(company, term, events, self.clock.read());
        self.work_in_unless_nothing(slot, &mut live, term, permit);
        Ok(())
    }

    /// Resumes a company that was read; one of which nothing is known yet waits for what its visitor does.
    fn work_in_unless_nothing(&self, slot: &Slot, live: &mut Live, term: Term, permit: Permit<'_, Work>) {
        if live.company.seq() > 0 {
            self.work_in(slot, live, term, permit, |visit| (visit.resume(), None));
        }
    }

    fn slot(&self, id: &CompanyId) -> Arc<Slot> {
        if let Some(slot) = self.known_slot(id) {
            return slot;
        }
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        let new = || {
            let live = Mutex::new(Live::unread(id.clone()));
            Arc::new(Slot { id: id.clone(), live, reading: AsyncMutex::new(()) })
        };
        slots.entry(id.clone()).or_insert_with(new).clone()
    }

    fn known_slot(&self, id: &CompanyId) -> Option<Arc<Slot>> {
        self.slots.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// The company that a session is of: from memory while it runs, else from the store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn company_of_session(&self, id: SessionId) -> Result<Option<CompanyId>, NotNow> {
        let known = self.sessions.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if known.is_some() {
            return Ok(known);
        }
        let filed = self.store.company_of_session(id).await.map_err(|error| NotNow::from(&error))?;
        if filed.is_some() {
            return Ok(filed);
        }
        // One that has just begun and ended is not filed yet.
        self.file_together().await?;
        self.store.company_of_session(id).await.map_err(|error| NotNow::from(&error))
    }

    /// Comes back when all that was told until now is filed. Whoever asks while others wait for it waits for the same:
    /// what costs a filing of all companies is done once for all of them.
    async fn file_together(&self) -> Result<(), NotNow> {
        let asked = self.filings.load(Ordering::Acquire);
        let mut done = self.filing_all.lock().await;
        // One that began after this was asked.
        if *done > asked {
            return Ok(());
        }
        let begun = self.filings.fetch_add(1, Ordering::AcqRel) + 1;
        self.file(None).await?;
        *done = begun;
        Ok(())
    }

    /// Comes back when all that was told of a company, or of all, is in the tables that history is read from.
    ///
    /// # Errors
    /// When they cannot be written now: what they say would be too old.
    pub async fn file(&self, company: Option<&CompanyId>) -> Result<(), NotNow> {
        if self.journal.filed(company).await { Ok(()) } else { Err(NotNow::Unavailable) }
    }

    /// Writes something beside the companies' events, such as keys and endpoints, in the order of the journal.
    ///
    /// # Errors
    /// When it was not committed.
    pub async fn write(&self, write: Write) -> Result<Written, NotNow> {
        if !self.journal.is_healthy() {
            return Err(NotNow::Unavailable);
        }
        self.journal.write(write).await.ok_or(NotNow::Unavailable)
    }

    /// The same without waiting: it is committed before all that is decided from now on. What comes back is told what
    /// came of it: when it is lost, so is all that was decided since, until then.
    ///
    /// # Errors
    /// When nothing can be written now, or the queue is full.
    pub fn write_soon(&self, write: Write) -> Result<oneshot::Receiver<Option<Written>>, NotNow> {
        if !self.journal.is_healthy() {
            return Err(NotNow::Unavailable);
        }
        self.journal.write_soon(write).ok_or(OVERLOADED)
    }

    /// Counts what there is now, for the metrics. Each company is looked at for a moment.
    pub fn count(&self) {
        let slots: Vec<Arc<Slot>> =
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

    /// Has the store's history of a company rewritten by that work, while nobody can be in the company, and has it read
    /// anew after that. It is asked first whether it may. Says whether there was anything of the company.
    ///
    /// # Errors
    /// When nothing was rewritten, or why it may not be.
    pub async fn rewrite<E, F>(
        &self,
        id: &CompanyId,
        may: impl Fn(&Company) -> Result<(), E>,
        work: impl Future<Output = Result<(), F>>,
    ) -> Result<Result<bool, E>, F>
    where
        F: From<NotNow>,
    {
        loop {
            let is_known = self.visit(id, |visit| visit.company().seq() > 0).await?.uncommitted();
            if !is_known {
                return Ok(Ok(false));
            }
            let slot = self.slot(id);
            // Whoever comes now has to read the company, and waits here for it.
            let _nobody_reads = slot.reading.lock().await;
            {
                let mut live = slot.lock();
                if live.retired || !live.is_of(self.held(shard(id))) {
                    continue;
                }
                if let Err(refused) = may(&live.company) {
                    return Ok(Err(refused));
                }
                (live.term, live.is_rewritten) = (None, true);
            }
            let _reads_it_anew = Rewriting { exchange: self, slot: &slot };
            self.file(Some(id)).await?;
            return work.await.map(|()| Ok(true));
        }
    }

    /// A number for a new line.
    #[must_use]
    pub fn next_line(&self) -> u64 {
        self.next_line.fetch_add(1, Ordering::Relaxed)
    }

    /// The time that all visits go by.
    #[must_use]
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The companies in which something is due, which must be woken now.
    #[must_use]
    pub fn take_due(&self) -> Vec<CompanyId> {
        self.timekeeper.take_due(self.clock.even())
    }

    /// When something is due next.
    #[must_use]
    pub fn next_due(&self) -> Option<Time> {
        self.timekeeper.next()
    }

    /// From now on new wishes are refused as `draining`; what was taken is still committed and told.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// Comes back when all that was taken is committed, told and filed.
    pub async fn settle(&self) {
        self.journal.settle().await;
    }

    /// Whether it is draining.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// Whether the store can commit.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.journal.is_healthy()
    }

    /// Follows whether the store can commit.
    #[must_use]
    pub fn health(&self) -> watch::Receiver<bool> {
        self.journal.health()
    }
}

/// While a company's history is rewritten; after it, whatever came of it, the company does what is due.
struct Rewriting<'a> {
    exchange: &'a Exchange,
    slot: &'a Slot,
}

impl Drop for Rewriting<'_> {
    fn drop(&mut self) {
        self.slot.lock().is_rewritten = false;
        self.exchange.timekeeper.later(self.slot.id.clone(), self.exchange.clock.even());
    }
}

fn events_per_snapshot(company: &Company) -> u64 {
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let employees = count(company.employee_count()).saturating_mul(EVENTS_PER_EMPLOYEE);
    let remembered = count(company.remembered()).saturating_mul(EVENTS_PER_REMEMBERED);
    employees.saturating_add(remembered).clamp(EVENTS_PER_SNAPSHOT, EVENTS_PER_SNAPSHOT_MAX)
}

impl Visit<'_> {
    /// The timekeeper has come, as it was armed to.
    fn woken(&mut self) {
        self.disarm();
        let _nobody_asked = self.take(&Command::Wake);
    }
}

//! The committer: it commits batches, keeps the epoch, and releases entries.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use switchboard_core::CompanyId;
use switchboard_metrics::{METRICS, TRACE};

use crate::sync::atomic::{AtomicU64, Ordering};
use crate::sync::watch;
use crate::{Entry, Fate, JournalItem, OnCommit, Projection, Store, StoreError};

/// The store could not project; the server's log has the cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct NotProjected;

/// Commits batches, keeps the epoch, and releases entries. A thread or a test drives the committer.
pub struct Committer<S> {
    store: S,
    epoch: Arc<AtomicU64>,
    healthy: watch::Sender<bool>,
    /// The reason once the store is lost to this server for good.
    lost: Option<StoreError>,
    /// Callers whose projection takes longer than one call, in a queue, so that commits go on in between.
    asked: VecDeque<(Option<CompanyId>, OnCommit)>,
}

impl<S: Store> Committer<S> {
    /// A committer to that store, with its epoch and its health.
    pub fn new(store: S) -> (Self, Arc<AtomicU64>, watch::Receiver<bool>) {
        let epoch = Arc::new(AtomicU64::new(0));
        let (healthy, health) = watch::channel(true);
        (Self { store, epoch: epoch.clone(), healthy, lost: None, asked: VecDeque::new() }, epoch, health)
    }

    /// Commits a batch and releases it. A failure ends the epoch: all entries of that epoch are lost, because they may
    /// rest on the events that were not committed.
    pub fn commit(&mut self, batch: Vec<JournalItem>) {
        let epoch = self.epoch.load(Ordering::Acquire);
        let (mut batch, stale): (Vec<JournalItem>, Vec<JournalItem>) = batch.into_iter().partition(|work| match work {
            JournalItem::Entry(entry) => entry.epoch == epoch,
            JournalItem::Snapshot { .. } | JournalItem::Write { .. } | JournalItem::Project { .. } => true,
        });
        self.release(stale, Fate::Lost);
        let writes = batch.iter().any(|work| match work {
            JournalItem::Entry(entry) => !entry.events.is_empty(),
            JournalItem::Snapshot { .. } | JournalItem::Write { .. } => true,
            JournalItem::Project { .. } => false,
        });
        let committed = if writes { self.measured_commit(&mut batch) } else { self.must_not_be_lost() };
        match committed {
            Ok(()) => self.release(batch, Fate::Committed),
            Err(error) => {
                self.epoch.fetch_add(1, Ordering::AcqRel);
                self.fall_sick(error, "the store cannot commit");
                self.release(batch, Fate::Lost);
            }
        }
    }

    fn must_not_be_lost(&self) -> Result<(), StoreError> {
        if self.lost.is_some() { Err(StoreError::Lost("the store is lost to this server".into())) } else { Ok(()) }
    }

    fn measured_commit(&mut self, batch: &mut [JournalItem]) -> Result<(), StoreError> {
        self.must_not_be_lost()?;
        let began = Instant::now();
        let _span = tracing::debug_span!(target: TRACE, "commit", entries = batch.len()).entered();
        let committed = self.store.commit(batch);
        METRICS.commit.observe(began.elapsed().as_secs_f64());
        METRICS.batch.observe(batch.len() as f64);
        committed
    }

    fn release(&mut self, batch: Vec<JournalItem>, fate: Fate) {
        for work in batch {
            match work {
                JournalItem::Entry(Entry { release, .. }) => release(fate),
                JournalItem::Write { written, release, .. } => release((fate == Fate::Committed).then_some(written)),
                JournalItem::Project { company, release } => self.project_for(company, release),
                JournalItem::Snapshot { .. } => {}
            }
        }
    }

    /// The time at which committed entries should be projected; none while the store cannot write.
    #[must_use]
    pub fn projection_due(&self) -> Option<Instant> {
        let due = if self.asked.is_empty() { self.store.projection_due() } else { Some(Instant::now()) };
        due.filter(|_| self.is_healthy())
    }

    /// Projects entries that have waited long enough, one slice per call, so that commits go on in between.
    pub(crate) fn project_what_is_due(&mut self) {
        if self.projection_due().is_none_or(|due| due > Instant::now()) {
            return;
        }
        match self.asked.pop_front() {
            Some((company, release)) => self.project_for(company, release),
            None => drop(self.project(Projection::Longest)),
        }
    }

    /// The time at which the journal's thread has to act without new work.
    pub(crate) fn due(&self) -> Option<Instant> {
        [self.projection_due(), self.store.look_due().filter(|_| self.lost.is_none())].into_iter().flatten().min()
    }

    /// Checks at intervals that the store is still in its place, because without bookings no commit would notice.
    pub(crate) fn look_if_due(&mut self) {
        if self.lost.is_none()
            && self.store.look_due().is_some_and(|due| due <= Instant::now())
            && let Err(error) = self.store.look()
        {
            self.fall_sick(error, "the store cannot commit");
        }
    }

    /// Projects for a caller that waits. A projection that takes longer than a moment goes on after the next commit.
    fn project_for(&mut self, company: Option<CompanyId>, release: OnCommit) {
        match self.project(company.as_ref().map_or(Projection::All, Projection::Of)) {
            Ok(true) => release(Fate::Committed),
            Ok(false) => self.asked.push_back((company, release)),
            Err(NotProjected) => release(Fate::Lost),
        }
    }

    /// Projects everything and closes the store.
    ///
    /// # Errors
    /// When the store is lost, and perhaps with it entries whose replies were sent.
    pub fn end(mut self) -> Result<(), StoreError> {
        while self.project(Projection::All) == Ok(false) {}
        let fate = if self.is_healthy() { Fate::Committed } else { Fate::Lost };
        self.asked.drain(..).for_each(|(_, release)| release(fate));
        match self.lost {
            Some(lost) => Err(lost),
            None => {
                self.store.end();
                Ok(())
            }
        }
    }

    /// Marks the store as unable to commit, and reports `Lost` to callers that wait for a projection.
    fn fall_sick(&mut self, error: StoreError, what: &str) {
        if error.is_for_good() {
            if self.lost.is_none() {
                tracing::error!(%error, "the store is lost: answering `unavailable` until the end");
                self.lost = Some(error);
            }
        } else {
            tracing::warn!(%error, "{what}: answering `unavailable` until it can");
        }
        self.healthy.send_replace(false);
        self.asked.drain(..).for_each(|(_, release)| release(Fate::Lost));
    }

    /// Projects, and returns whether all that was asked for is projected. A failure loses nothing, but makes the store
    /// unhealthy, because a store without room for its tables has none for further commits either.
    fn project(&mut self, which: Projection<'_>) -> Result<bool, NotProjected> {
        let began = Instant::now();
        let projected = self.must_not_be_lost().and_then(|()| self.store.project(which));
        METRICS.projecting.observe(began.elapsed().as_secs_f64());
        projected.map_err(|error| {
            self.fall_sick(error, "the store cannot write its projections");
            NotProjected
        })
    }

    /// Whether the last attempt of the store succeeded.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        *self.healthy.borrow()
    }

    /// Commits each waiting entry by itself while the store is unhealthy, so that every caller gets an answer, and then
    /// probes the store.
    pub fn try_again(&mut self, waiting: impl IntoIterator<Item = JournalItem>) {
        for work in waiting {
            self.commit(vec![work]);
        }
        self.probe();
    }

    /// Probes whether a store that failed can commit again.
    fn probe(&mut self) {
        match self.must_not_be_lost().and_then(|()| self.store.probe()) {
            Ok(()) => {
                tracing::info!("the store can commit again");
                self.healthy.send_replace(true);
            }
            Err(error) if error.is_for_good() => self.fall_sick(error, "the store cannot commit"),
            Err(_still_sick) => {}
        }
    }
}

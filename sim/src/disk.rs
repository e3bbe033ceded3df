//! The disk, which outlives a crash. The disk can be full, slow to read, or unreadable for a while.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use switchboard_core::{Company, CompanyId, SessionId};
use switchboard_journal::{JournalItem, ReadBack, Store, StoreError};
use switchboard_memory::MemoryStore;

/// Everything stored, shared with the server that runs on it.
#[derive(Clone, Default)]
pub struct Disk {
    store: MemoryStore,
    condition: Arc<Mutex<DiskCondition>>,
}

/// The behaviour of the disk.
#[derive(Default)]
pub struct DiskCondition {
    /// Whether every commit fails.
    pub full: bool,
    /// Number of reads that still fail.
    pub unreadable: u32,
    /// Number of polls that a read takes.
    pub read_takes: u32,
    /// Whether a slow read returns the state at its start instead of the state at its end.
    pub read_sees_the_past: bool,
}

impl Disk {
    /// Locks the disk's condition.
    ///
    /// # Panics
    /// Never: the simulator has one thread, so the lock is free.
    pub fn condition(&self) -> MutexGuard<'_, DiskCondition> {
        self.condition.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The company as a start would load it.
    ///
    /// # Panics
    /// When the stored text cannot be read.
    #[must_use]
    pub fn company(&self, id: &CompanyId) -> Company {
        self.store.company(id).expect("a company can be read").0
    }

    /// The number of the company's last stored event.
    #[must_use]
    pub fn seq(&self, id: &CompanyId) -> u64 {
        self.store.last_seq(id)
    }

    /// Compares the snapshots and the tables with the events.
    ///
    /// # Panics
    /// When a row or a snapshot differs.
    pub fn check(&self) {
        self.store.check();
    }

    /// Reads at the beginning or at the end of a time that the condition tells.
    fn slowly<T: Send + 'static>(
        &self,
        read: impl Fn(&MemoryStore) -> Result<T, StoreError> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, StoreError>> {
        let disk = self.clone();
        Box::pin(async move {
            let (early, takes) = {
                let mut condition = disk.condition();
                if condition.unreadable > 0 {
                    condition.unreadable -= 1;
                    return Err(StoreError::Unreadable("a bad sector".into()));
                }
                (condition.read_sees_the_past.then(|| read(&disk.store)), condition.read_takes)
            };
            for _ in 0..takes {
                asked_once_more().await;
            }
            early.unwrap_or_else(|| read(&disk.store))
        })
    }
}

/// A future that is ready when it is polled for the second time.
async fn asked_once_more() {
    let mut asked = false;
    std::future::poll_fn(|_| {
        if std::mem::replace(&mut asked, true) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}

impl Store for Disk {
    fn commit(&mut self, batch: &mut [JournalItem]) -> Result<(), StoreError> {
        self.probe()?;
        let committed = self.store.commit(batch);
        if let Err(StoreError::OutOfOrder { first, last, .. }) = committed {
            panic!("promise 2: event {first} is written where {} must be", last + 1);
        }
        committed
    }

    fn probe(&mut self) -> Result<(), StoreError> {
        if self.condition().full { Err(StoreError::Unreadable("the disk is full".into())) } else { Ok(()) }
    }
}

impl ReadBack for Disk {
    fn read_company(&self, id: &CompanyId) -> BoxFuture<'static, Result<(Company, u64), StoreError>> {
        let id = id.clone();
        self.slowly(move |store| store.company(&id))
    }

    fn companies_with_open_things(&self) -> BoxFuture<'static, Result<Vec<CompanyId>, StoreError>> {
        self.slowly(|store| store.ask(|past| past.companies_with_open_things()))
    }

    fn company_of_session(&self, id: SessionId) -> BoxFuture<'static, Result<Option<CompanyId>, StoreError>> {
        self.slowly(move |store| store.ask(|past| past.company_of_session(id)))
    }
}

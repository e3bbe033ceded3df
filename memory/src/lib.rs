//! A store in memory, for tests: the shortest code that keeps the contract of a store, and the second opinion on every
//! other one.
//!
//! A committed entry is in the tables at once, so that nothing waits for its projection. The data outlives the writer
//! for as long as one handle is left.

mod check;
mod cut;
mod erasure;
mod gate;
mod past;
mod rewrites;
mod rows;
mod tables;
mod write;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::{BoxFuture, ready};
use switchboard_core::{Company, CompanyId, SessionId};
use switchboard_history::past::HistoryResult;
use switchboard_history::store::{History, PastQuestion, SentQuestion};
use switchboard_journal::api_key::DatedKey;
use switchboard_journal::feed_notifier::FeedNotifier;
use switchboard_journal::{JournalItem, ReadBack, Store, StoreError};

use gate::ReadGate;
use tables::MemoryTables;

/// A handle on a store in memory. Clones share the data.
#[derive(Clone, Default)]
pub struct MemoryStore(Arc<Shared>);

#[derive(Default)]
struct Shared {
    // A reader holds the tables of its moment, so that a commit beside it changes a copy.
    tables: Mutex<Arc<MemoryTables>>,
    gate: ReadGate,
    notifier: Arc<FeedNotifier>,
}

impl MemoryStore {
    /// The store as the next start finds it. This handle and its clones write into another copy from now on.
    #[must_use]
    pub fn reopened(&self) -> Self {
        let mut tables = (*self.now()).clone();
        tables.finish_erasures();
        tables.forget_unknown_logos();
        Self(Arc::new(Shared { tables: Mutex::new(Arc::new(tables)), ..Shared::default() }))
    }

    /// Adds an API key, as the command line does it beside the server.
    pub fn add_key(&self, key: DatedKey) {
        Arc::make_mut(&mut self.lock()).add_key(key);
    }

    /// The company after all its events, and the number of events since its snapshot.
    ///
    /// # Errors
    /// When a stored text cannot be read.
    pub fn company(&self, id: &CompanyId) -> HistoryResult<(Company, u64)> {
        self.ask(|past| past.company(id))
    }

    /// The ids with events.
    #[must_use]
    pub fn companies(&self) -> Vec<CompanyId> {
        let tables = self.now();
        let with_events = tables.companies.iter().filter(|(_, company)| !company.events.is_empty());
        with_events.map(|(id, _)| id.clone()).collect()
    }

    /// The number of the company's last event; 0 when it has none.
    #[must_use]
    pub fn last_seq(&self, id: &CompanyId) -> u64 {
        self.now().last_seq(id)
    }

    /// Asks on this thread: [`History`] without the trait.
    ///
    /// # Errors
    /// As [`History::ask_here`].
    pub fn ask<T>(
        &self,
        question: impl FnOnce(&dyn switchboard_history::Past) -> HistoryResult<T>,
    ) -> HistoryResult<T> {
        (self as &dyn History).ask(question)
    }

    fn lock(&self) -> MutexGuard<'_, Arc<MemoryTables>> {
        self.0.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Arc<MemoryTables> {
        self.lock().clone()
    }
}

impl Store for MemoryStore {
    fn commit(&mut self, batch: &mut [JournalItem]) -> Result<(), StoreError> {
        let mut tables = self.lock();
        // Nothing fails behind this check, so that the batch is written whole or not at all.
        tables.must_fit(batch)?;
        let tables = Arc::make_mut(&mut tables);
        let mut last_seqs = HashMap::new();
        for work in batch {
            match work {
                JournalItem::Entry(entry) => {
                    tables.project(entry);
                    if !entry.events.is_empty() {
                        last_seqs.insert(entry.company.clone(), tables.last_seq(&entry.company));
                    }
                }
                JournalItem::Snapshot { company, seq, data, revision } => {
                    tables.write_snapshot(company, *seq, data, *revision);
                }
                JournalItem::Write { write, written, .. } => *written = tables.write(write),
                JournalItem::Project { .. } => {}
            }
        }
        self.0.notifier.projected(last_seqs.iter().map(|(company, seq)| (company, *seq)));
        Ok(())
    }

    fn probe(&mut self) -> Result<(), StoreError> {
        Ok(())
    }
}

impl History for MemoryStore {
    fn ask_here(&self, question: PastQuestion<'_>) -> HistoryResult<()> {
        let _reading = self.0.gate.enter()?;
        question(&*self.now())
    }

    fn ask_aside(&self, question: SentQuestion) -> BoxFuture<'static, HistoryResult<()>> {
        let store = self.clone();
        Box::pin(async move {
            let asked = tokio::task::spawn_blocking(move || {
                let _reading = store.0.gate.enter()?;
                question(&*store.now())
            });
            asked.await.unwrap_or(Err(StoreError::Stopping))
        })
    }

    fn notifier(&self) -> &Arc<FeedNotifier> {
        &self.0.notifier
    }

    fn close(&self, at_most: Duration) -> bool {
        self.0.gate.close(at_most)
    }
}

impl ReadBack for MemoryStore {
    fn read_company(&self, id: &CompanyId) -> BoxFuture<'static, Result<(Company, u64), StoreError>> {
        Box::pin(ready(self.company(id)))
    }

    fn companies_with_open_things(&self) -> BoxFuture<'static, Result<Vec<CompanyId>, StoreError>> {
        Box::pin(ready(self.ask(|past| past.companies_with_open_things())))
    }

    fn company_of_session(&self, id: SessionId) -> BoxFuture<'static, Result<Option<CompanyId>, StoreError>> {
        Box::pin(ready(self.ask(|past| past.company_of_session(id))))
    }
}

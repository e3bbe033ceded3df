//! The entries that the real journal committed, batch by batch, kept so that other writers can write the same.

use std::collections::HashMap;
use std::mem::take;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use switchboard_core::{CompanyId, Event, Time};
use switchboard_journal::rows::{Row, RowKey};
use switchboard_journal::{JournalItem, Projection, Store, StoreError};

/// The committed part of an entry, without its release.
#[derive(Clone, Debug)]
pub(super) struct KeptEntry {
    pub(super) company: CompanyId,
    pub(super) first_seq: u64,
    pub(super) at: Time,
    pub(super) events: Vec<Event>,
    pub(super) rows: Vec<Row>,
}

impl KeptEntry {
    /// Whether the entry ended a session, which is the last step of a cycle.
    pub(super) fn ends_a_cycle(&self) -> bool {
        self.events.iter().any(|event| matches!(event, Event::SessionEnded { .. }))
    }
}

/// The entries of one transaction.
pub(super) type Batch = Vec<KeptEntry>;

/// All batches so far, and the snapshots written with them.
#[derive(Clone, Debug, Default)]
pub(super) struct WrittenBatches(Arc<Mutex<(Vec<Batch>, Snapshots)>>);

/// Snapshots that were committed among the entries.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Snapshots {
    pub(super) count: usize,
    pub(super) bytes: usize,
}

impl WrittenBatches {
    fn lock(&self) -> MutexGuard<'_, (Vec<Batch>, Snapshots)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Number of batches so far.
    pub(super) fn len(&self) -> usize {
        self.lock().0.len()
    }

    /// Takes everything out, and leaves nothing.
    pub(super) fn take(&self) -> (Vec<Batch>, Snapshots) {
        take(&mut *self.lock())
    }
}

/// A store that keeps a copy of every batch.
pub(super) struct Keeping<S> {
    pub(super) store: S,
    pub(super) kept: WrittenBatches,
}

impl<S: Store> Store for Keeping<S> {
    fn commit(&mut self, batch: &mut [JournalItem]) -> Result<(), StoreError> {
        let entries = batch.iter().filter_map(|work| match work {
            JournalItem::Entry(entry) if !entry.events.is_empty() => Some(KeptEntry {
                company: entry.company.clone(),
                first_seq: entry.first_seq,
                at: entry.at,
                events: entry.events.clone(),
                rows: entry.rows.clone(),
            }),
            JournalItem::Entry(_)
            | JournalItem::Snapshot { .. }
            | JournalItem::Write { .. }
            | JournalItem::Project { .. } => None,
        });
        let entries: Batch = entries.collect();
        self.store.commit(batch)?;
        let mut kept = self.kept.lock();
        if !entries.is_empty() {
            kept.0.push(entries);
        }
        for work in batch {
            if let JournalItem::Snapshot { data, .. } = work {
                kept.1.count += 1;
                kept.1.bytes += data.len();
            }
        }
        Ok(())
    }

    fn projection_due(&self) -> Option<Instant> {
        self.store.projection_due()
    }

    fn project(&mut self, which: Projection<'_>) -> Result<bool, StoreError> {
        self.store.project(which)
    }

    fn probe(&mut self) -> Result<(), StoreError> {
        self.store.probe()
    }

    fn look_due(&self) -> Option<Instant> {
        self.store.look_due()
    }

    fn look(&mut self) -> Result<(), StoreError> {
        self.store.look()
    }

    fn end(&mut self) {
        self.store.end();
    }
}

/// The latest state of each row of a batch, as the journal writes it: once, in the place of its first state.
pub(super) fn latest_rows(batch: &[KeptEntry]) -> Vec<(&CompanyId, &Row)> {
    let mut place_of: HashMap<(&CompanyId, RowKey), usize> = HashMap::new();
    let mut latest: Vec<(&CompanyId, &Row)> = Vec::new();
    for (company, row) in batch.iter().flat_map(|entry| entry.rows.iter().map(|row| (&entry.company, row))) {
        let place = *place_of.entry((company, row.key())).or_insert(latest.len());
        match latest.get_mut(place) {
            Some(earlier) => *earlier = (company, row),
            None => latest.push((company, row)),
        }
    }
    latest
}

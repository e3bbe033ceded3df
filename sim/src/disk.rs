//! The disk, which outlives a crash. The disk can be full, slow to read, or unreadable for a while.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use switchboard_core::{Company, CompanyId, Event, SessionId, Time};
use switchboard_journal::rows::{Row, RowKey, rows_of};
use switchboard_journal::{Entry, JournalItem, ReadBack, Store, StoreError};
use switchboard_wire::view;

/// Everything stored, shared with the server that runs on it.
#[derive(Clone, Default)]
pub struct Disk(Arc<Mutex<DiskState>>);

/// Everything stored, and how the disk behaves.
#[derive(Default)]
pub struct DiskState {
    events: BTreeMap<CompanyId, Vec<DiskEvent>>,
    snapshots: BTreeMap<CompanyId, (u64, String)>,
    rows: BTreeMap<(CompanyId, RowKey), Row>,
    /// Whether every commit fails.
    pub full: bool,
    /// Number of reads that still fail.
    pub unreadable: u32,
    /// Number of polls that a read takes.
    pub read_takes: u32,
    /// Whether a slow read returns the state at its start instead of the state at its end.
    pub read_sees_the_past: bool,
}

struct DiskEvent {
    at: Time,
    data: String,
}

impl Disk {
    /// Locks everything that is stored.
    ///
    /// # Panics
    /// Never: the simulator has one thread, so the lock is free.
    pub fn stored(&self) -> MutexGuard<'_, DiskState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn slowly<T: Send + 'static>(
        &self,
        question: impl Fn(&DiskState) -> Result<T, StoreError> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, StoreError>> {
        let disk = self.clone();
        Box::pin(async move {
            let (early, takes) = {
                let mut stored = disk.stored();
                if stored.unreadable > 0 {
                    stored.unreadable -= 1;
                    return Err(StoreError::Unreadable("a bad sector".into()));
                }
                (stored.read_sees_the_past.then(|| question(&stored)), stored.read_takes)
            };
            for _ in 0..takes {
                asked_once_more().await;
            }
            early.unwrap_or_else(|| question(&disk.stored()))
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
        let mut stored = self.stored();
        for work in batch {
            match work {
                JournalItem::Entry(entry) => stored.keep(entry),
                JournalItem::Snapshot { company, seq, data, .. } => {
                    stored.snapshots.insert(company.clone(), (*seq, data.clone()));
                }
                // This disk has only the tables of companies.
                JournalItem::Write { .. } | JournalItem::Project { .. } => {}
            }
        }
        Ok(())
    }

    fn probe(&mut self) -> Result<(), StoreError> {
        if self.stored().full { Err(StoreError::Unreadable("the disk is full".into())) } else { Ok(()) }
    }
}

impl ReadBack for Disk {
    fn read_company(&self, id: &CompanyId) -> BoxFuture<'static, Result<(Company, u64), StoreError>> {
        let id = id.clone();
        self.slowly(move |stored| Ok(stored.company(&id)))
    }

    fn companies_with_open_things(&self) -> BoxFuture<'static, Result<Vec<CompanyId>, StoreError>> {
        self.slowly(|stored| Ok(stored.with_open_things()))
    }

    fn company_of_session(&self, id: SessionId) -> BoxFuture<'static, Result<Option<CompanyId>, StoreError>> {
        self.slowly(move |stored| Ok(stored.company_of(id)))
    }
}

impl DiskState {
    fn keep(&mut self, entry: &Entry) {
        let events = self.events.entry(entry.company.clone()).or_default();
        if !entry.events.is_empty() {
            let next = events.len() as u64 + 1;
            assert!(entry.first_seq == next, "promise 2: event {} is written where {next} must be", entry.first_seq);
        }
        events.extend(entry.events.iter().map(|event| DiskEvent { at: entry.at, data: view::json(event) }));
        for row in &entry.rows {
            self.put(&entry.company, row.clone());
        }
    }

    fn put(&mut self, company: &CompanyId, row: Row) {
        match row {
            Row::CompanyGone => self.rows.retain(|(of, key), _| {
                of != company || !matches!(key, RowKey::Company | RowKey::CompanyGone | RowKey::Employee(_))
            }),
            Row::EmployeeGone { id } => drop(self.rows.remove(&(company.clone(), RowKey::Employee(id)))),
            row => drop(self.rows.insert((company.clone(), row.key()), row)),
        }
    }

    /// Number of stored events of the company.
    #[must_use]
    pub fn seq(&self, company: &CompanyId) -> u64 {
        self.events.get(company).map_or(0, |events| events.len() as u64)
    }

    /// Loads the company as a start would, from its snapshot and the later events; returns the number of these events
    /// too.
    ///
    /// # Panics
    /// When the stored text cannot be read.
    #[must_use]
    pub fn company(&self, id: &CompanyId) -> (Company, u64) {
        let mut company = match self.snapshots.get(id) {
            Some((_, data)) => {
                let mut company: Company = serde_json::from_str(data).expect("a snapshot can be read");
                company.rebuild();
                company
            }
            None => Company::new(id.clone()),
        };
        let since = usize::try_from(company.seq()).expect("a simulation is short");
        let events = self.events.get(id).map_or(&[][..], |events| &events[since..]);
        for kept in events {
            let event: Event = serde_json::from_str(&kept.data).expect("an event can be read");
            company.apply(kept.at, &event);
        }
        (company, events.len() as u64)
    }

    fn with_open_things(&self) -> Vec<CompanyId> {
        let open = |row: &Row| match row {
            Row::Booking(booking) => booking.state == "offering",
            Row::Session(session) => session.ended_at.is_none(),
            Row::Employee { intent, .. } => intent == "idle",
            _ => false,
        };
        let mut companies: Vec<CompanyId> =
            self.rows.iter().filter(|(_, row)| open(row)).map(|((company, _), _)| company.clone()).collect();
        companies.dedup();
        companies
    }

    fn company_of(&self, session: SessionId) -> Option<CompanyId> {
        let key = RowKey::Session(session);
        self.rows.keys().find(|(_, found)| *found == key).map(|(company, _)| company.clone())
    }

    /// Folds all events again and compares: the snapshots and the tables must agree with the events.
    ///
    /// # Panics
    /// When they differ.
    pub fn check(&self) {
        for (id, events) in &self.events {
            let mut company = Company::new(id.clone());
            let mut anew = Self::default();
            for kept in events {
                let event: Event = serde_json::from_str(&kept.data).expect("an event can be read");
                company.apply(kept.at, &event);
                for row in rows_of(&company, &[event]) {
                    anew.put(id, row);
                }
                if self.snapshots.get(id).is_some_and(|(seq, _)| *seq == company.seq()) {
                    let (_, data) = &self.snapshots[id];
                    assert!(*data == view::json(&company), "the snapshot of {id} is not what its events make");
                }
            }
            let rows = self.rows.iter().filter(|((of, _), _)| of == id);
            let mut anew = anew.rows.iter();
            for (key, row) in rows {
                assert_eq!(anew.next(), Some((key, row)), "the tables are what the events make");
            }
            assert_eq!(anew.next(), None, "the tables are what the events make");
        }
    }
}

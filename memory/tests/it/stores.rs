//! The stores that keep the contract.

use std::cell::RefCell;
use std::sync::Arc;

use switchboard_core::Time;
use switchboard_history::{History, HistoryResult, Past};
use switchboard_journal::api_key::{DatedKey, FreshKey, WantedKey};
use switchboard_journal::audit::AuditEntry;
use switchboard_journal::{JournalItem, Projection, ReadBack, Store, StoreError, Write, Written};
use switchboard_memory::MemoryStore;
use switchboard_sqlite::Sqlite;
use switchboard_sqlite::offline_writer::OfflineWriter;
use switchboard_wire::Scope;

/// A place that keeps a store's data from one start to the next.
pub trait Place {
    /// Starts the store on the data that is there.
    fn open(&self) -> OpenStore;

    /// Makes an API key for these companies beside the running store, as the command line does.
    fn make_key(&self, name: &str, companies: &[&str], now: Time);
}

/// A store between its start and its end.
pub struct OpenStore {
    writer: Box<dyn Store>,
    pub history: Arc<dyn History>,
    pub read_back: Arc<dyn ReadBack>,
}

impl OpenStore {
    pub fn commit(&mut self, mut batch: Vec<JournalItem>) -> Result<(), StoreError> {
        self.writer.commit(&mut batch)
    }

    /// Commits a write, and repeats it until all of its slices are written.
    pub fn write(&mut self, write: impl Fn() -> Write) {
        loop {
            let mut batch = [JournalItem::write(write(), Box::new(|_| {}))];
            self.writer.commit(&mut batch).expect("the store can write");
            let [JournalItem::Write { written, .. }] = batch else { panic!("it is a write") };
            if written == Written::Done {
                break;
            }
        }
    }

    /// Projects everything that is committed.
    pub fn project(&mut self) {
        while !self.writer.project(Projection::All).expect("the tables can be written") {}
        assert!(self.writer.projection_due().is_none(), "nothing waits for its projection");
    }

    pub fn ask<T>(&self, question: impl FnOnce(&dyn Past) -> HistoryResult<T>) -> T {
        self.history.ask(question).expect("an answer")
    }
}

/// A store in memory, whose data outlives the writer.
#[derive(Default)]
pub struct InMemory(RefCell<MemoryStore>);

impl Place for InMemory {
    fn open(&self) -> OpenStore {
        let store = self.0.borrow().reopened();
        self.0.replace(store.clone());
        OpenStore { writer: Box::new(store.clone()), history: Arc::new(store.clone()), read_back: Arc::new(store) }
    }

    fn make_key(&self, name: &str, companies: &[&str], now: Time) {
        with_key(name, companies, |fresh, wanted| {
            let key = switchboard_journal::api_key::ApiKey {
                id: Some(fresh.id.clone()),
                name: wanted.name.to_owned(),
                scope: wanted.scope,
                companies: wanted.companies.cloned(),
                expires_at_ms: wanted.expires_at_ms,
                last_used_at_ms: None,
                digest: fresh.digest,
            };
            self.0.borrow().add_key(DatedKey { key, created_at_ms: now.as_ms(), revoked_at_ms: None });
            let write = Write::AuditRefused(key_entry(name, now), 201);
            let committed = self.0.borrow().clone().commit(&mut [JournalItem::write(write, Box::new(|_| {}))]);
            committed.expect("the store can write");
        });
    }
}

/// A store in SQLite's files.
pub struct InFiles(tempfile::TempDir);

impl Default for InFiles {
    fn default() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }
}

impl Place for InFiles {
    fn open(&self) -> OpenStore {
        let (store, reader) = Sqlite::open(self.0.path()).expect("the store opens");
        OpenStore { writer: Box::new(store), history: Arc::new(reader.clone()), read_back: Arc::new(reader) }
    }

    fn make_key(&self, name: &str, companies: &[&str], now: Time) {
        with_key(name, companies, |fresh, wanted| {
            let mut writer = OfflineWriter::open(self.0.path()).expect("the store opens");
            let made = writer.make_key(fresh, wanted, 1_000, &key_entry(name, now)).expect("the store can write");
            assert!(made.is_ok(), "the name is free");
        });
    }
}

/// Makes a key whose parts are the same in every store.
fn with_key(name: &str, companies: &[&str], make: impl FnOnce(&FreshKey, &WantedKey<'_>)) {
    let companies = companies.iter().map(|&company| company.to_owned()).collect();
    let fresh = FreshKey { id: format!("id-of-{name}"), text: String::new(), digest: [7; 32] };
    let wanted =
        WantedKey { name, scope: Scope::Read, companies: Some(&companies), expires_at_ms: Some(9_999_999_999_999) };
    make(&fresh, &wanted);
}

fn key_entry(name: &str, at: Time) -> AuditEntry {
    AuditEntry {
        id: uuid::Uuid::from_u128(u128::from(at.as_ms()) << 80 | name.len() as u128),
        at,
        key_id: None,
        key_name: "command line".into(),
        company: None,
        method: "COMMAND".into(),
        route: "key create".into(),
        target: name.into(),
        request_id: "none".into(),
        address: None,
    }
}

/// Runs tests, each a function of a [`Place`], on every store.
macro_rules! on_every_store {
    ($($test:ident)+) => {
        mod memory {
            $(#[test]
            fn $test() {
                super::$test(&crate::stores::InMemory::default());
            })+
        }

        mod sqlite {
            $(#[test]
            fn $test() {
                super::$test(&crate::stores::InFiles::default());
            })+
        }
    };
}
pub(crate) use on_every_store;

//! The journal in `SQLite`: one file and one writer.

use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use switchboard_core::CompanyId;

use super::checkpoint::Checkpoints;
use super::filing::{self, Backlog, Slice, Unfiled};
use super::news::News;
use super::reader::Reader;
use super::{Entry, Filing, Store, StoreError, Work, erasure, log, logos, schema, tables};
use crate::owner_alone;

pub(super) const FILE: &str = "switchboard.db";
pub(super) const LOCK: &str = "switchboard.lock";
/// Memory for pages that are written again soon: the ends of the tables of some hundred companies.
const CACHE_KIB: i64 = 32 * 1024;
/// Bytes of the trial write: more than a small change needs, so that a disk with a single free page is still full.
const PROBE_BYTES: i64 = 256 * 1024;

/// Why a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another server has it.
    #[error(
        "another switchboard is running on the data directory `{0}`: stop it, or give this one its own with `--data`"
    )]
    InUse(PathBuf),
    /// It cannot be read or made.
    #[error("the data directory `{0}` cannot be used: {1}")]
    Directory(PathBuf, std::io::Error),
    /// There is nothing to read.
    #[error("there is no `{FILE}` in `{0}`: is this the data directory?")]
    Nothing(PathBuf),
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The writer. While it lives, no other server can have the data directory.
pub struct Sqlite {
    // Its thread ends before the connection is closed.
    checkpoints: Checkpoints,
    connection: Connection,
    backlog: Backlog,
    news: Arc<News>,
    _lock: File,
}

impl Sqlite {
    /// Opens or makes the store in a directory, for this server alone.
    ///
    /// # Errors
    /// When another server has it, or it cannot be used.
    pub fn open(directory: &Path) -> Result<(Self, Reader), OpenError> {
        let lock = lock(directory)?;
        let path = directory.join(FILE);
        let mut connection = connect(&path)?;
        prepare(&mut connection)?;
        filing::file_the_log(&mut connection)?;
        erasure::finish_all(&mut connection)?;
        logos::forget_unknown(&connection)?;
        let checkpoints = Checkpoints::start(&path, &connection)?;
        let reader = Reader::of(path);
        let (backlog, news) = (Backlog::default(), reader.news().clone());
        Ok((Self { checkpoints, connection, backlog, news, _lock: lock }, reader))
    }
}

/// Takes a directory for this process alone, and makes it when there is none.
pub(super) fn lock(directory: &Path) -> Result<File, OpenError> {
    let unusable = |error| OpenError::Directory(directory.to_owned(), error);
    owner_alone::make_directory(directory).map_err(unusable)?;
    let lock = owner_alone::open(&directory.join(LOCK)).map_err(unusable)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(OpenError::InUse(directory.to_owned())),
        Err(TryLockError::Error(error)) => return Err(unusable(error)),
    }
    for said in owner_alone::tighten(directory).map_err(unusable)? {
        tracing::warn!("{said}");
    }
    Ok(lock)
}

/// Opens the store to write, and makes it when there is none: SQLite gives the files beside it the same rights.
pub(super) fn connect(path: &Path) -> Result<Connection, OpenError> {
    let directory = path.parent().unwrap_or(Path::new("."));
    owner_alone::open(path).map_err(|error| OpenError::Directory(directory.to_owned(), error))?;
    Ok(Connection::open(path).map_err(StoreError::from)?)
}

pub(super) fn prepare(connection: &mut Connection) -> Result<(), StoreError> {
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    // What is removed is overwritten where that costs no page more.
    connection.pragma_update(None, "secure_delete", "fast")?;
    connection.set_prepared_statement_cache_capacity(64);
    schema::migrate(connection)
}

impl Sqlite {
    #[cfg(all(test, not(feature = "model")))]
    pub(super) fn wait_for_the_lock(&self, at_most: std::time::Duration) -> Result<(), StoreError> {
        Ok(self.connection.busy_timeout(at_most)?)
    }

    /// An entry's events must have the numbers that come next: another writer's would be somebody else's truth.
    fn must_follow(&self, seqs: &HashMap<CompanyId, u64>, entry: &Entry) -> Result<(), StoreError> {
        let (company, first) = (&entry.company, entry.first_seq);
        let last = match seqs.get(company).copied().or_else(|| self.backlog.last_seq(company)) {
            Some(last) => last,
            None => tables::last_seq(&self.connection, company)?,
        };
        if first == last + 1 { Ok(()) } else { Err(StoreError::OutOfOrder { company: company.clone(), first, last }) }
    }

    /// Files a slice in a transaction of its own. It need not be synced: what is in it is in the log too, and the next
    /// commit syncs all that was written before it.
    fn file_slice(&mut self, slice: Slice) -> Result<(), StoreError> {
        if slice.is_empty() && self.backlog.filed_up_to().is_none() {
            return Ok(());
        }
        let filed = self.write_unsynced(&slice);
        match filed {
            Ok(()) => {
                self.backlog.is_shortened();
                self.backlog.strike_off(&slice);
                self.news.filed(filing::last_seqs(&slice));
                self.checkpoints.look_after(&self.connection);
            }
            Err(_) => self.backlog.put_back(slice, Instant::now()),
        }
        filed
    }

    fn write_unsynced(&mut self, slice: &Slice) -> Result<(), StoreError> {
        self.connection.pragma_update(None, "synchronous", "normal")?;
        let written = (|| {
            let transaction = Transaction::new(&mut self.connection, TransactionBehavior::Immediate)?;
            filing::write(&transaction, slice, self.backlog.filed_up_to())?;
            Ok(transaction.commit()?)
        })();
        self.connection.pragma_update(None, "synchronous", "full")?;
        written
    }
}

impl Store for Sqlite {
    fn commit(&mut self, batch: &mut [Work]) -> Result<(), StoreError> {
        let (mut text, mut entries, mut seqs) = (String::new(), Vec::new(), HashMap::new());
        // Whoever writes beside it, as `switchboard key` does for a moment, is waited for before anything is read.
        let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        for work in batch {
            match work {
                Work::Entry(entry) if entry.events.is_empty() => {}
                Work::Entry(entry) => {
                    self.must_follow(&seqs, entry)?;
                    let unfiled = Unfiled::of(entry);
                    log::add(&mut text, &entry.company, &unfiled);
                    seqs.insert(entry.company.clone(), unfiled.last_seq());
                    entries.extend(unfiled.parts().map(|part| (entry.company.clone(), part)));
                }
                Work::Snapshot { company, seq, data, revision } => {
                    if erasure::is_as_read(&transaction, company, *revision)? {
                        tables::write_snapshot(&transaction, company, *seq, data)?;
                    }
                }
                Work::Write { change, .. } => change(&transaction)?,
                Work::File { .. } => {}
            }
        }
        let number = if text.is_empty() { None } else { Some(log::append(&transaction, &text)?) };
        transaction.commit()?;
        if let Some(number) = number {
            self.backlog.add(number, entries, Instant::now());
        }
        self.checkpoints.look_after(&self.connection);
        Ok(())
    }

    fn filing_due(&self) -> Option<Instant> {
        self.backlog.due()
    }

    fn file(&mut self, which: Filing<'_>) -> Result<bool, StoreError> {
        match which {
            Filing::Longest => loop {
                let slice = self.backlog.take_longest();
                self.file_slice(slice)?;
                if !self.backlog.is_too_long() {
                    return Ok(true);
                }
            },
            Filing::Of(company) => {
                let slice = self.backlog.take(company);
                self.file_slice(slice)?;
                Ok(self.backlog.last_seq(company).is_none())
            }
            Filing::All => loop {
                let slice = self.backlog.take_longest();
                let (is_last, is_enough) = (slice.is_empty(), filing::is_enough(&slice));
                self.file_slice(slice)?;
                if is_last || is_enough {
                    return Ok(is_last);
                }
            },
        }
    }

    fn probe(&mut self) -> Result<(), StoreError> {
        self.connection.pragma_update(None, "synchronous", "full")?;
        // The log may hold the room that is missing: what is in it is copied into the database, and the room given back.
        self.checkpoints.give_room_back(&self.connection);
        let write = "INSERT INTO probe (id, padding) VALUES (1, zeroblob(?1))
                     ON CONFLICT DO UPDATE SET padding = excluded.padding";
        self.connection.execute(write, [PROBE_BYTES])?;
        self.connection.execute("DELETE FROM probe", [])?;
        self.checkpoints.make_room(&self.connection);
        Ok(())
    }
}

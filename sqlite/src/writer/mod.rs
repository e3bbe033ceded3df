//! The writer, which commits every batch in one transaction.

mod checkpoint;
pub(super) mod owner;
mod projection;
pub(super) mod write;

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use switchboard_core::CompanyId;
use switchboard_history::History;
use switchboard_journal::{Entry, JournalItem, Projection, Store, StoreError};

use crate::commit_log::Unprojected;
use crate::directory::{DirectoryLock, LOCK, OpenError, Opened};
use crate::reader::Reader;
use crate::{Error, commit_log, erasure, logos, revision, schema, tables};
use checkpoint::Checkpoints;
use owner::Owner;
pub use projection::UNPROJECTED_MAX_BYTES;
use projection::{Backlog, ProjectionSlice};

/// Bytes of the trial write, which is larger than a small change, so that a disk with a single free page still counts
/// as full.
const PROBE_BYTES: i64 = 256 * 1024;

/// Interval at which the files are checked to be in place, beside the check of every commit.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Time that the end waits for running reads.
const READS_MAX: Duration = Duration::from_secs(1);

/// The writer. While it lives, no other server can take the data directory.
pub struct Sqlite {
    // Declared before the connection, so that its thread ends before the connection is closed.
    checkpoints: Checkpoints,
    connection: Connection,
    backlog: Backlog,
    owner: Owner,
    opened: Opened,
    looked_at: Instant,
    // Declared last, because the reader holds the directory, which must be released last.
    reader: Reader,
}

impl Sqlite {
    /// Opens or makes the store in a directory, for this server alone.
    ///
    /// # Errors
    /// When another server has the directory, or it cannot be used.
    pub fn open(directory: &Path) -> Result<(Self, Reader), OpenError> {
        let mut held = DirectoryLock::take(directory)?;
        let path = held.database()?;
        let mut connection = Connection::open(&path).map_err(Error::from)?;
        if held.is_marked() && schema::of(&connection)? == 0 {
            return Err(OpenError::Gone(path, "without its tables", LOCK));
        }
        schema::prepare(&mut connection)?;
        // Taken before anything is read, because from now on the previous owner writes nothing more.
        let owner = Owner::take(&connection)?;
        held.mark()?;
        projection::project_the_log(&mut connection)?;
        erasure::finish_all(&mut connection)?;
        logos::forget_unknown(&connection)?;
        let opened = held.opened().map_err(|error| OpenError::Directory(directory.to_owned(), error))?;
        opened.must_be_in_place()?;
        let reader = Reader::of(path.clone(), Some(held));
        let checkpoints = Checkpoints::start(&path, &connection, reader.gate().clone())?;
        let (backlog, looked_at) = (Backlog::default(), Instant::now());
        Ok((Self { checkpoints, connection, backlog, owner, opened, looked_at, reader: reader.clone() }, reader))
    }
}

impl Sqlite {
    #[cfg(test)]
    pub(super) fn wait_for_the_lock(&self, at_most: std::time::Duration) -> Result<(), Error> {
        Ok(self.connection.busy_timeout(at_most)?)
    }

    /// Checks that an entry's events continue the company's numbers. Otherwise another writer has decided events that
    /// this server does not know.
    fn must_follow(&self, seqs: &HashMap<CompanyId, u64>, entry: &Entry) -> Result<(), Error> {
        let (company, first) = (&entry.company, entry.first_seq);
        let last = match seqs.get(company).copied().or_else(|| self.backlog.last_seq(company)) {
            Some(last) => last,
            None => tables::last_seq(&self.connection, company)?,
        };
        if first == last + 1 {
            Ok(())
        } else {
            Err(Error::Store(StoreError::OutOfOrder { company: company.clone(), first, last }))
        }
    }

    fn must_be_in_place(&mut self) -> Result<(), Error> {
        self.looked_at = Instant::now();
        self.opened.must_be_in_place()
    }

    /// Projects a slice in a transaction of its own. The transaction need not be synced, because the log still has the
    /// entries, and the next commit syncs all earlier writes.
    fn project_slice(&mut self, slice: ProjectionSlice) -> Result<(), Error> {
        if slice.is_empty() && self.backlog.projected_up_to().is_none() {
            return Ok(());
        }
        let projected = self.write_unsynced(&slice);
        match projected {
            Ok(()) => {
                self.backlog.is_shortened();
                self.backlog.strike_off(&slice);
                self.reader.notifier().projected(projection::last_seqs(&slice));
                self.checkpoints.look_after(&self.connection);
            }
            Err(_) => self.backlog.put_back(slice, Instant::now()),
        }
        projected
    }

    fn write_unsynced(&mut self, slice: &ProjectionSlice) -> Result<(), Error> {
        self.checkpoints.log_must_be_whole(&self.connection)?;
        self.connection.pragma_update(None, "synchronous", "normal")?;
        let written = (|| {
            let transaction = Transaction::new(&mut self.connection, TransactionBehavior::Immediate)?;
            self.owner.must_be(&transaction)?;
            projection::write(&transaction, slice, self.backlog.projected_up_to())?;
            Ok(transaction.commit()?)
        })();
        self.connection.pragma_update(None, "synchronous", "full")?;
        written
    }
}

impl Sqlite {
    fn commit_all(&mut self, batch: &mut [JournalItem]) -> Result<(), Error> {
        self.checkpoints.log_must_be_whole(&self.connection)?;
        let (mut text, mut entries, mut seqs) = (String::new(), Vec::new(), HashMap::new());
        // Waits for another writer, such as `switchboard key`, before anything is read.
        let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        self.owner.must_be(&transaction)?;
        for work in batch {
            match work {
                JournalItem::Entry(entry) if entry.events.is_empty() => {}
                JournalItem::Entry(entry) => {
                    self.must_follow(&seqs, entry)?;
                    let unprojected = Unprojected::of(entry);
                    commit_log::add(&mut text, &entry.company, &unprojected);
                    seqs.insert(entry.company.clone(), unprojected.last_seq());
                    entries.extend(unprojected.parts().map(|part| (entry.company.clone(), part)));
                }
                JournalItem::Snapshot { company, seq, data, revision } => {
                    if revision::is_as_read(&transaction, company, *revision)? {
                        tables::write_snapshot(&transaction, company, *seq, data)?;
                    }
                }
                JournalItem::Write { write, written, .. } => *written = write::write(&transaction, write)?,
                JournalItem::Project { .. } => {}
            }
        }
        let number = if text.is_empty() { None } else { Some(commit_log::append(&transaction, &text)?) };
        transaction.commit()?;
        self.must_be_in_place()?;
        if let Some(number) = number {
            self.backlog.add(number, entries, Instant::now());
        }
        self.checkpoints.look_after(&self.connection);
        Ok(())
    }

    /// Tries a write that is larger than a small change, and takes it back.
    fn try_to_write(&mut self) -> Result<(), Error> {
        self.look()?;
        self.owner.must_be(&self.connection)?;
        self.connection.pragma_update(None, "synchronous", "full")?;
        // SQLite's log may hold the missing space, so its pages are copied into the database and the space is given
        // back.
        self.checkpoints.give_room_back(&self.connection);
        let write = "INSERT INTO probe (id, padding) VALUES (1, zeroblob(?1))
                     ON CONFLICT DO UPDATE SET padding = excluded.padding";
        self.connection.execute(write, [PROBE_BYTES])?;
        self.connection.execute("DELETE FROM probe", [])?;
        self.checkpoints.make_room(&self.connection);
        Ok(())
    }
}

impl Store for Sqlite {
    fn commit(&mut self, batch: &mut [JournalItem]) -> Result<(), StoreError> {
        Ok(self.commit_all(batch)?)
    }

    fn projection_due(&self) -> Option<Instant> {
        self.backlog.due()
    }

    fn project(&mut self, which: Projection<'_>) -> Result<bool, StoreError> {
        match which {
            Projection::Longest => loop {
                let slice = self.backlog.take_longest();
                self.project_slice(slice)?;
                if !self.backlog.is_too_long() {
                    return Ok(true);
                }
            },
            Projection::Of(company) => {
                let slice = self.backlog.take(company);
                self.project_slice(slice)?;
                Ok(self.backlog.last_seq(company).is_none())
            }
            Projection::All => loop {
                let slice = self.backlog.take_longest();
                let (is_last, is_enough) = (slice.is_empty(), projection::is_enough(&slice));
                self.project_slice(slice)?;
                if is_last || is_enough {
                    return Ok(is_last);
                }
            },
        }
    }

    fn look_due(&self) -> Option<Instant> {
        Some(self.looked_at + LOOK_EVERY)
    }

    fn look(&mut self) -> Result<(), StoreError> {
        self.checkpoints.log_must_be_whole(&self.connection)?;
        Ok(self.must_be_in_place()?)
    }

    fn probe(&mut self) -> Result<(), StoreError> {
        Ok(self.try_to_write()?)
    }

    fn end(&mut self) {
        let all_closed = self.reader.close(READS_MAX);
        let is_whole = self.checkpoints.end(&self.connection);
        if !all_closed || !is_whole {
            tracing::warn!("the write-ahead log stays beside `switchboard.db`: copy or move the two files together");
        }
    }
}

//! The journal in `SQLite`: one file and one writer.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};

use super::reader::Reader;
use super::tables::{LatestRows, write_events, write_row};
use super::{Store, StoreError, Work, schema};

pub(super) const FILE: &str = "switchboard.db";
const LOCK: &str = "switchboard.lock";
/// Pages of the write-ahead log before they are copied into the database: about 16 MB.
const CHECKPOINT_PAGES: u32 = 4000;
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
    connection: Connection,
    _lock: File,
}

impl Sqlite {
    /// Opens or makes the store in a directory, for this server alone.
    ///
    /// # Errors
    /// When another server has it, or it cannot be used.
    pub fn open(directory: &Path) -> Result<(Self, Reader), OpenError> {
        let unusable = |error| OpenError::Directory(directory.to_owned(), error);
        std::fs::create_dir_all(directory).map_err(unusable)?;
        let lock = File::create(directory.join(LOCK)).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OpenError::InUse(directory.to_owned())),
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
        }
        let path = directory.join(FILE);
        let mut connection = Connection::open(&path).map_err(StoreError::from)?;
        prepare(&mut connection)?;
        Ok((Self { connection, _lock: lock }, Reader::of(path)))
    }
}

fn prepare(connection: &mut Connection) -> Result<(), StoreError> {
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.set_prepared_statement_cache_capacity(64);
    schema::migrate(connection)
}

impl Store for Sqlite {
    fn commit(&mut self, batch: &[Work]) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        let mut rows = LatestRows::default();
        for work in batch {
            match work {
                Work::Entry(entry) => {
                    write_events(&transaction, entry)?;
                    entry.rows.iter().for_each(|row| rows.put(&entry.company, row));
                }
                Work::Snapshot { company, seq, data } => {
                    let sql = "INSERT INTO snapshots (company_id, seq, data) VALUES (?1, ?2, ?3)
                               ON CONFLICT DO UPDATE SET seq = excluded.seq, data = excluded.data";
                    transaction.prepare_cached(sql)?.execute(params![company.as_str(), seq.cast_signed(), data])?;
                }
                Work::Settle(_) => {}
            }
        }
        for (company, row) in rows.in_order() {
            write_row(&transaction, company, row)?;
        }
        transaction.commit()?;
        Ok(())
    }

    fn probe(&mut self) -> Result<(), StoreError> {
        // The log may hold the room that is missing: what is in it is copied into the database, and the room given back.
        let _busy_or_full = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        let write = "INSERT INTO probe (id, padding) VALUES (1, zeroblob(?1))
                     ON CONFLICT DO UPDATE SET padding = excluded.padding";
        self.connection.execute(write, [PROBE_BYTES])?;
        self.connection.execute("DELETE FROM probe", [])?;
        Ok(())
    }
}

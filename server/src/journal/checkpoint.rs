//! SQLite's write-ahead log: room for it is made at the start, and it is copied into the database beside the writer.
//!
//! A commit that makes a file longer also syncs what the file system knows of the file, so the write-ahead log is as
//! long from the start as it becomes. When it is full, its pages are copied into the database. Done by the writer, as
//! SQLite does by itself, everybody would wait for that, often for tens of milliseconds.

use std::fs::OpenOptions;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, MAIN_DB};

use super::StoreError;

/// Pages of the write-ahead log before they are copied into the database: about 8 MB. The more there are, the more
/// often a page was written by then that is copied once.
const PAGES_MAX: i32 = 2000;
/// Pages that the writer copies itself, in a few milliseconds. The log begins anew only when a writer finds all of it
/// copied, and whoever copies beside it always leaves some that were written meanwhile.
const PAGES_LEFT_MAX: i32 = 256;
/// The log as long as it becomes: so many pages, each with its head, and as many that come while they are copied.
const LOG_BYTES: u64 = 2 * PAGES_MAX as u64 * (4096 + 24);

/// Keeps the write-ahead log from growing. Dropping it ends its thread.
pub(super) struct Checkpoints {
    log: PathBuf,
    wake: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpoints {
    /// Makes room for the log of a store that nobody else writes, and starts the thread that copies it.
    ///
    /// # Errors
    /// When the store cannot be opened once more, or the system gives no thread.
    pub(super) fn start(path: &Path, writer: &Connection) -> Result<Self, StoreError> {
        writer.pragma_update(None, "wal_autocheckpoint", 0)?;
        let beside = Connection::open(path)?;
        // A connection that has read nothing does not know that there is a log.
        beside.pragma_query_value(None, "schema_version", |_| Ok(()))?;
        // Without a place to wait in, it is asked only when it has nothing to do.
        let (wake, woken) = sync_channel(0);
        let copy = move || {
            for () in woken {
                let _copied = pages(&beside, CheckpointMode::PASSIVE);
            }
        };
        let thread = std::thread::Builder::new().name("checkpoint".into()).spawn(copy).map_err(StoreError::Thread)?;
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        let checkpoints = Self { log: log.into(), wake: Some(wake), thread: Some(thread) };
        checkpoints.make_room(writer);
        Ok(checkpoints)
    }

    /// Makes the log as long as a full one, when it can be emptied before. Zeros are no pages to SQLite: it reads a log
    /// up to where they begin.
    pub(super) fn make_room(&self, writer: &Connection) {
        self.give_room_back(writer);
        let made = OpenOptions::new().append(true).open(&self.log).and_then(|mut log| {
            if log.metadata()?.len() > 0 {
                return Ok(());
            }
            let written = io::copy(&mut io::repeat(0).take(LOG_BYTES), &mut log);
            // On a full disk the little room that there is must serve for what is real.
            written.and_then(|_| log.sync_all()).or_else(|_full| log.set_len(0))
        });
        if let Err(error) = made {
            tracing::debug!(%error, "there is no room for a whole write-ahead log");
        }
    }

    /// Copies all of the log into the database, and makes it as short as it can be.
    pub(super) fn give_room_back(&self, writer: &Connection) {
        // On a full disk nothing can be copied, and while somebody reads what was before, not all.
        let _emptied = pages(writer, CheckpointMode::TRUNCATE);
    }

    /// After something was written: has a long log copied, and copies the little that is left.
    pub(super) fn look_after(&self, writer: &Connection) {
        let Some((all, copied)) = pages(writer, CheckpointMode::NOOP) else { return };
        if all < PAGES_MAX || all == copied {
            return;
        }
        if all - copied <= PAGES_LEFT_MAX {
            // What it cannot copy now, because somebody still reads what was before, is tried again.
            let _copied = pages(writer, CheckpointMode::PASSIVE);
        } else if let Some(wake) = &self.wake {
            let _asked_or_busy = wake.try_send(());
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.wake = None;
        // It only copies, and a panic of its own has been told.
        let _ended = self.thread.take().map(JoinHandle::join);
    }
}

/// Pages of the log, and how many of them are copied; none when that cannot be said now.
fn pages(connection: &Connection, mode: CheckpointMode) -> Option<(i32, i32)> {
    let told = connection.wal_checkpoint_v2(Some(MAIN_DB), mode);
    let told = told.inspect_err(|error| tracing::debug!(%error, "the write-ahead log could not be copied")).ok();
    // Negative numbers mean that there is no log.
    told.filter(|(all, copied)| *all >= 0 && *copied >= 0)
}

//! SQLite's write-ahead log: its space is allocated at the start, and its pages are copied into the database beside the
//! writer.
//!
//! A commit that makes a file longer also syncs the file system's record of the file, so the log has its full length
//! from the start. When the log is full, its pages are copied into the database. If the writer copied them, as SQLite
//! does by default, all commits would wait for that, often for tens of milliseconds.
//!
//! SQLite restarts the log only when no reader uses it. If that does not happen by itself, reads are held up for a
//! moment (`gate.rs`).

use std::fs::OpenOptions;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, MAIN_DB};
use switchboard_journal::StoreError;

use crate::reader::gate::Gate;
use crate::{Error, directory};

/// Pages of the log after which they are copied, about 8 MB. With more pages, a page is overwritten more often in the
/// log before it is copied once.
const PAGES_MAX: i32 = 2000;
/// Pages that the writer copies itself, in a few milliseconds. SQLite restarts the log only when a writer finds all of
/// it copied, and a copy beside the writer always leaves pages that were written meanwhile.
const PAGES_LEFT_MAX: i32 = 256;
/// The full length of the log: so many pages with their headers, and as many again that are written while the first are
/// copied.
const LOG_BYTES: u64 = 2 * PAGES_MAX as u64 * (4096 + HEAD_BYTES);
/// The header of a page in the log.
const HEAD_BYTES: u64 = 24;

/// Pages after which reads make room for a log that did not restart by itself, 33 MB. If that fails, because a tool in
/// another process reads, it is tried again after as many more pages.
const PAGES_BOUND: i32 = 4 * PAGES_MAX;
/// Time that a running read may then go on.
const READ_MAX: Duration = Duration::from_millis(250);
/// Time after which the last of these reads has noticed the interrupt.
const CUT_MAX: Duration = Duration::from_secs(2);
/// Number of copies while the gate is shut, each of which leaves fewer pages that were written meanwhile.
const COPIES_MAX: usize = 10;
/// Time that the gate stays shut for the writer, which copies the rest with its next commit.
const REST_MAX: Duration = Duration::from_millis(100);
/// Time that the end waits for a tool that reads.
const END_WAIT_MAX: Duration = Duration::from_millis(500);

/// Keeps the write-ahead log from growing. Dropping the value ends its thread.
pub(super) struct Checkpoints {
    log: PathBuf,
    gate: Arc<Gate>,
    /// The page size, which `VACUUM` may have changed from 4,096.
    page_bytes: u64,
    /// Length of the log, in pages, beyond which reads make room.
    bound: i32,
    wake: Option<SyncSender<CheckpointJob>>,
    thread: Option<JoinHandle<()>>,
}

/// A request to the thread.
enum CheckpointJob {
    /// Copy the pages that can be copied.
    Copy,
    /// Make a moment in which no reader uses the log.
    MakeRoom,
}

impl Checkpoints {
    /// Allocates the log of a store that no other process writes, and starts the thread that copies it.
    ///
    /// # Errors
    /// When the store cannot be opened a second time, or the system refuses a thread.
    pub(super) fn start(path: &Path, writer: &Connection, gate: Arc<Gate>) -> Result<Self, Error> {
        writer.pragma_update(None, "wal_autocheckpoint", 0)?;
        // Space beyond the full length is given back when the log restarts.
        writer.pragma_update(None, "journal_size_limit", LOG_BYTES.cast_signed())?;
        let beside = Connection::open(path)?;
        // A connection that has read nothing does not know that there is a log.
        beside.pragma_query_value(None, "schema_version", |_| Ok(()))?;
        // A channel without capacity takes a request only while the thread is idle.
        let (wake, woken) = sync_channel(0);
        let before = gate.clone();
        let work = move || {
            for wish in woken {
                match wish {
                    CheckpointJob::Copy => drop(pages(&beside, CheckpointMode::PASSIVE)),
                    CheckpointJob::MakeRoom => copy_while_nobody_reads(&beside, &before),
                }
            }
        };
        let thread = std::thread::Builder::new()
            .name("checkpoint".into())
            .spawn(work)
            .map_err(|error| StoreError::Unavailable(format!("a thread cannot be started: {error}").into()))?;
        let log = directory::beside(path, "-wal");
        let page_bytes: i64 = writer.pragma_query_value(None, "page_size", |row| row.get(0))?;
        let page_bytes = page_bytes.unsigned_abs();
        let checkpoints = Self { log, gate, page_bytes, bound: PAGES_BOUND, wake: Some(wake), thread: Some(thread) };
        checkpoints.make_room(writer);
        Ok(checkpoints)
    }

    /// Gives the log its full length, if it can be emptied first. The zeros are harmless, because SQLite reads a log
    /// only up to the first invalid page.
    pub(super) fn make_room(&self, writer: &Connection) {
        self.give_room_back(writer);
        let made = OpenOptions::new().append(true).open(&self.log).and_then(|mut log| {
            if log.metadata()?.len() > 0 {
                return Ok(());
            }
            let written = io::copy(&mut io::repeat(0).take(LOG_BYTES), &mut log);
            // On a full disk the remaining space must serve for real pages.
            written.and_then(|_| log.sync_all()).or_else(|_full| log.set_len(0))
        });
        if let Err(error) = made {
            tracing::debug!(%error, "the disk has no room for a full write-ahead log");
        }
    }

    /// Checks that the log's file has all of its pages. In a shorter file the next commit would leave a hole, which
    /// SQLite would copy into the database without notice.
    ///
    /// # Errors
    /// When another process has shortened the file.
    pub(super) fn log_must_be_whole(&self, writer: &Connection) -> Result<(), Error> {
        let is_whole = || {
            let all = pages(writer, CheckpointMode::NOOP).map_or(0, |(all, _)| u64::from(all.unsigned_abs()));
            self.log.metadata().map_or(true, |log| log.len() >= all * (self.page_bytes + HEAD_BYTES))
        };
        // A tool may have emptied the log between the two readings, as SQLite does regularly.
        if is_whole() || is_whole() { Ok(()) } else { Err(Error::gone(&self.log)) }
    }

    /// Copies the whole log into the database, and makes the log as short as possible.
    pub(super) fn give_room_back(&self, writer: &Connection) {
        // A copy fails on a full disk, and is partial while a reader still uses older pages.
        let _emptied = pages(writer, CheckpointMode::TRUNCATE);
    }

    /// Called after each write: requests a copy of a long log, and copies the little that is left.
    pub(super) fn look_after(&mut self, writer: &Connection) {
        let Some((all, mut copied)) = pages(writer, CheckpointMode::NOOP) else { return };
        if all < PAGES_MAX {
            self.bound = PAGES_BOUND;
            return;
        }
        if all > copied && all - copied <= PAGES_LEFT_MAX {
            // Pages that an older reader still needs are tried again later.
            copied = pages(writer, CheckpointMode::PASSIVE).map_or(copied, |(_, copied)| copied);
        }
        // All pages are copied and no reader uses the log, so that the next commit restarts it, whatever readers there
        // are by then.
        if all == copied && self.gate.open_if_empty() {
            return;
        }
        if all > self.bound {
            if self.ask(CheckpointJob::MakeRoom) {
                self.bound = all.saturating_add(PAGES_BOUND);
            }
        } else if all - copied > PAGES_LEFT_MAX {
            self.ask(CheckpointJob::Copy);
        }
    }

    /// Returns whether the thread has taken the request; it may be busy.
    fn ask(&self, wish: CheckpointJob) -> bool {
        self.wake.as_ref().is_some_and(|wake| wake.try_send(wish).is_ok())
    }

    /// Copies the whole log for the last time, when this process has no more readers. Returns whether the database has
    /// all of it, which fails while a tool in another process reads, or on a full disk.
    pub(super) fn end(&mut self, writer: &Connection) -> bool {
        self.end_thread();
        let is_short = writer.busy_timeout(END_WAIT_MAX).is_ok();
        // An emptied log reports no pages, neither in total nor copied.
        is_short && pages(writer, CheckpointMode::TRUNCATE).is_some_and(|(all, copied)| all == copied)
    }

    fn end_thread(&mut self) {
        self.wake = None;
        // The thread only copies, and the panic handler has reported a panic.
        let _ended = self.thread.take().map(JoinHandle::join);
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.end_thread();
    }
}

/// Makes all reads wait, copies the log, and leaves the rest to the writer.
fn copy_while_nobody_reads(beside: &Connection, gate: &Gate) {
    gate.shut();
    if !gate.empty(READ_MAX, READ_MAX + CUT_MAX) {
        tracing::debug!("a long read could not be interrupted: the write-ahead log keeps growing");
    }
    for _ in 0..COPIES_MAX {
        let _copied = pages(beside, CheckpointMode::PASSIVE);
        if pages(beside, CheckpointMode::NOOP).is_none_or(|(all, copied)| all - copied <= PAGES_LEFT_MAX) {
            break;
        }
    }
    gate.wait_until_open(REST_MAX);
    gate.open();
}

/// The pages of the log, in total and copied; none when SQLite cannot report them now.
fn pages(connection: &Connection, mode: CheckpointMode) -> Option<(i32, i32)> {
    let told = connection.wal_checkpoint_v2(Some(MAIN_DB), mode);
    let told = told.inspect_err(|error| tracing::debug!(%error, "the write-ahead log could not be checkpointed")).ok();
    // Negative numbers mean that there is no log.
    told.filter(|(all, copied)| *all >= 0 && *copied >= 0)
}

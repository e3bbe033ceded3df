//! SQLite's write-ahead log: room for it is made at the start, and it is copied into the database beside the writer.
//!
//! A commit that makes a file longer also syncs what the file system knows of the file, so the write-ahead log is as
//! long from the start as it becomes. When it is full, its pages are copied into the database. Done by the writer, as
//! SQLite does by itself, everybody would wait for that, often for tens of milliseconds.
//!
//! It begins anew only when nobody reads what is in it. When that does not happen by itself, reads are held up for a
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

use crate::gate::Gate;
use crate::{Error, directory};

/// Pages of the write-ahead log before they are copied into the database: about 8 MB. The more there are, the more
/// often a page was written by then that is copied once.
const PAGES_MAX: i32 = 2000;
/// Pages that the writer copies itself, in a few milliseconds. The log begins anew only when a writer finds all of it
/// copied, and whoever copies beside it always leaves some that were written meanwhile.
const PAGES_LEFT_MAX: i32 = 256;
/// The log as long as it becomes: so many pages, each with its head, and as many that come while they are copied.
const LOG_BYTES: u64 = 2 * PAGES_MAX as u64 * (4096 + HEAD_BYTES);
/// The head of a page in the log.
const HEAD_BYTES: u64 = 24;

/// Pages of a log that did not begin anew by itself, 33 MB: now reads make room for it. When that fails, because a tool
/// of another process reads, it is tried again after as many more.
const PAGES_BOUND: i32 = 4 * PAGES_MAX;
/// How long a read that is on its way may go on then.
const READ_MAX: Duration = Duration::from_millis(250);
/// How long may pass until the last of them has heard that it is cut.
const CUT_MAX: Duration = Duration::from_secs(2);
/// How often the log is copied while nobody reads: each time there is less that came meanwhile.
const COPIES_MAX: usize = 10;
/// How long the gate stays shut for the writer to copy the rest. It does that with its next commit.
const REST_MAX: Duration = Duration::from_millis(100);
/// How long the end waits for a tool that reads.
const END_WAIT_MAX: Duration = Duration::from_millis(500);

/// Keeps the write-ahead log from growing. Dropping it ends its thread.
pub(super) struct Checkpoints {
    log: PathBuf,
    gate: Arc<Gate>,
    /// A store that was vacuumed may have others than 4,096.
    page_bytes: u64,
    /// Pages of the log with which reads make room for it.
    bound: i32,
    wake: Option<SyncSender<Wish>>,
    thread: Option<JoinHandle<()>>,
}

/// What the thread is asked for.
enum Wish {
    /// That it copies what can be copied.
    Copy,
    /// That nobody reads what is in the log.
    MakeRoom,
}

impl Checkpoints {
    /// Makes room for the log of a store that nobody else writes, and starts the thread that copies it.
    ///
    /// # Errors
    /// When the store cannot be opened once more, or the system gives no thread.
    pub(super) fn start(path: &Path, writer: &Connection, gate: Arc<Gate>) -> Result<Self, Error> {
        writer.pragma_update(None, "wal_autocheckpoint", 0)?;
        // What a log has grown beyond its room is given back when it begins anew.
        writer.pragma_update(None, "journal_size_limit", LOG_BYTES.cast_signed())?;
        let beside = Connection::open(path)?;
        // A connection that has read nothing does not know that there is a log.
        beside.pragma_query_value(None, "schema_version", |_| Ok(()))?;
        // Without a place to wait in, it is asked only when it has nothing to do.
        let (wake, woken) = sync_channel(0);
        let before = gate.clone();
        let work = move || {
            for wish in woken {
                match wish {
                    Wish::Copy => drop(pages(&beside, CheckpointMode::PASSIVE)),
                    Wish::MakeRoom => copy_while_nobody_reads(&beside, &before),
                }
            }
        };
        let thread = std::thread::Builder::new()
            .name("checkpoint".into())
            .spawn(work)
            .map_err(|error| StoreError::Unavailable(format!("the store needs a thread: {error}").into()))?;
        let log = directory::beside(path, "-wal");
        let page_bytes: i64 = writer.pragma_query_value(None, "page_size", |row| row.get(0))?;
        let page_bytes = page_bytes.unsigned_abs();
        let checkpoints = Self { log, gate, page_bytes, bound: PAGES_BOUND, wake: Some(wake), thread: Some(thread) };
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

    /// Looks whether all pages of the log are in its file. Behind the next commit it would have a hole, which nobody
    /// sees: SQLite copies it into the database.
    ///
    /// # Errors
    /// When somebody made it shorter.
    pub(super) fn log_must_be_whole(&self, writer: &Connection) -> Result<(), Error> {
        let is_whole = || {
            let all = pages(writer, CheckpointMode::NOOP).map_or(0, |(all, _)| u64::from(all.unsigned_abs()));
            self.log.metadata().map_or(true, |log| log.len() >= all * (self.page_bytes + HEAD_BYTES))
        };
        // A tool may have emptied it between the two looks, as SQLite does.
        if is_whole() || is_whole() { Ok(()) } else { Err(Error::gone(&self.log)) }
    }

    /// Copies all of the log into the database, and makes it as short as it can be.
    pub(super) fn give_room_back(&self, writer: &Connection) {
        // On a full disk nothing can be copied, and while somebody reads what was before, not all.
        let _emptied = pages(writer, CheckpointMode::TRUNCATE);
    }

    /// After something was written: has a long log copied, and copies the little that is left.
    pub(super) fn look_after(&mut self, writer: &Connection) {
        let Some((all, mut copied)) = pages(writer, CheckpointMode::NOOP) else { return };
        if all < PAGES_MAX {
            self.bound = PAGES_BOUND;
            return;
        }
        if all > copied && all - copied <= PAGES_LEFT_MAX {
            // What it cannot copy now, because somebody still reads what was before, is tried again.
            copied = pages(writer, CheckpointMode::PASSIVE).map_or(copied, |(_, copied)| copied);
        }
        // All of it is copied and nobody reads what is in it: the next commit begins it anew, whoever reads by then.
        if all == copied && self.gate.open_if_empty() {
            return;
        }
        if all > self.bound {
            if self.ask(Wish::MakeRoom) {
                self.bound = all.saturating_add(PAGES_BOUND);
            }
        } else if all - copied > PAGES_LEFT_MAX {
            self.ask(Wish::Copy);
        }
    }

    /// Says whether it is done now: the thread may have something else to do.
    fn ask(&self, wish: Wish) -> bool {
        self.wake.as_ref().is_some_and(|wake| wake.try_send(wish).is_ok())
    }

    /// Copies all of the log for the last time, when nobody of this process reads any more. Says whether the database
    /// has all of it: not while a tool of another process reads, or on a full disk.
    pub(super) fn end(&mut self, writer: &Connection) -> bool {
        self.end_thread();
        let is_short = writer.busy_timeout(END_WAIT_MAX).is_ok();
        // An empty log has no pages, and none that are left.
        is_short && pages(writer, CheckpointMode::TRUNCATE).is_some_and(|(all, copied)| all == copied)
    }

    fn end_thread(&mut self) {
        self.wake = None;
        // It only copies, and a panic of its own has been told.
        let _ended = self.thread.take().map(JoinHandle::join);
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.end_thread();
    }
}

/// Has all reads wait, copies the log, and leaves the rest to the writer.
fn copy_while_nobody_reads(beside: &Connection, gate: &Gate) {
    gate.shut();
    if !gate.empty(READ_MAX, READ_MAX + CUT_MAX) {
        tracing::debug!("a read could not be cut: SQLite's log goes on growing");
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

/// Pages of the log, and how many of them are copied; none when that cannot be said now.
fn pages(connection: &Connection, mode: CheckpointMode) -> Option<(i32, i32)> {
    let told = connection.wal_checkpoint_v2(Some(MAIN_DB), mode);
    let told = told.inspect_err(|error| tracing::debug!(%error, "the write-ahead log could not be copied")).ok();
    // Negative numbers mean that there is no log.
    told.filter(|(all, copied)| *all >= 0 && *copied >= 0)
}

//! The data directory: it is one process's alone, a store that was in it must be there still, and the files that are
//! open must be those that have the names.
//!
//! No function opens `switchboard.db` but [`Held`], which keeps it open for as long as anybody in the process reads or
//! writes it: when a process closes a file, the system gives back all locks that SQLite has on it.

use std::fs::{File, Metadata, TryLockError};
use std::io::{self, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::{Error, owner_alone};

pub(super) const FILE: &str = "switchboard.db";
pub(super) const LOCK: &str = "switchboard.lock";
/// What SQLite keeps beside the database while it is open, or when it was killed.
pub(super) const SIDES: [&str; 2] = ["-wal", "-shm"];
/// What the lock file says once there is a store.
const MARK: &str = "`switchboard.db` is a store: no server begins anew in this directory as long as this is written.\n";

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
    Directory(PathBuf, io::Error),
    /// There is nothing to read.
    #[error("there is no `{FILE}` in `{0}`: is this the data directory?")]
    Nothing(PathBuf),
    /// There was a store.
    #[error(
        "`{0}` is {1}, and `{2}` beside it says that a store was here: put the file back or restore a backup \
         (`switchboard restore --replace`); to begin anew on purpose, remove `{2}`"
    )]
    Gone(PathBuf, &'static str, &'static str),
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] Error),
}

/// A directory that this process has for itself, until it is dropped.
#[derive(Debug)]
pub(super) struct Held {
    path: PathBuf,
    /// Of older versions, and of systems on which the database itself cannot be locked.
    lock: File,
    /// What is locked is the database: another lock file guards nothing.
    database: Option<File>,
}

impl Held {
    /// Takes a directory for this process alone, and makes it when there is none.
    pub(super) fn take(directory: &Path) -> Result<Self, OpenError> {
        let unusable = |error| OpenError::Directory(directory.to_owned(), error);
        owner_alone::make_directory(directory).map_err(unusable)?;
        let lock = owner_alone::open(&directory.join(LOCK)).map_err(unusable)?;
        lock_alone(&lock, directory)?;
        let mut held = Self { path: directory.to_owned(), lock, database: None };
        if directory.join(FILE).exists() {
            held.take_database()?;
        }
        for said in owner_alone::tighten(directory).map_err(unusable)? {
            tracing::warn!("{said}");
        }
        Ok(held)
    }

    /// The database to open, made when there never was one: SQLite gives the files beside it the same rights.
    pub(super) fn database(&mut self) -> Result<PathBuf, OpenError> {
        is_there(&self.path)?;
        self.take_database()?;
        Ok(self.path.join(FILE))
    }

    fn take_database(&mut self) -> Result<(), OpenError> {
        if self.database.is_none() {
            let opened = owner_alone::open(&self.path.join(FILE));
            let database = opened.map_err(|error| OpenError::Directory(self.path.clone(), error))?;
            // Elsewhere it would lock out SQLite's own locks.
            if cfg!(target_os = "linux") {
                lock_alone(&database, &self.path)?;
            }
            self.database = Some(database);
        }
        Ok(())
    }

    /// Whether a store was here before.
    pub(super) fn is_marked(&self) -> bool {
        self.lock.metadata().is_ok_and(|lock| lock.len() > 0)
    }

    /// Has the directory say that a store is in it.
    pub(super) fn mark(&mut self) -> Result<(), OpenError> {
        if self.lock.metadata().is_ok_and(|lock| lock.len() == MARK.len() as u64) {
            return Ok(());
        }
        let written = (|| {
            self.lock.set_len(0)?;
            self.lock.rewind()?;
            self.lock.write_all(MARK.as_bytes())?;
            self.lock.sync_all()
        })();
        written.map_err(|error| OpenError::Directory(self.path.clone(), error))
    }

    /// The files as they are open now.
    pub(super) fn opened(&self) -> io::Result<Opened> {
        let path = self.path.join(FILE);
        let database = match &self.database {
            Some(database) => database.metadata()?,
            None => path.metadata()?,
        };
        let mut files = vec![(path.clone(), id(&database))];
        for side in SIDES {
            let path = beside(&path, side);
            let file = id(&path.metadata()?);
            files.push((path, file));
        }
        Ok(Opened(files))
    }
}

fn lock_alone(file: &File, directory: &Path) -> Result<(), OpenError> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(directory.to_owned())),
        Err(TryLockError::Error(error)) => Err(OpenError::Directory(directory.to_owned(), error)),
    }
}

/// Whether there is a store in a directory. SQLite must not be asked: it takes an empty file for a new store, and
/// removes the log beside it.
///
/// # Errors
/// When there was one.
pub(super) fn is_there(directory: &Path) -> Result<bool, OpenError> {
    let bytes = |name: &str| directory.join(name).metadata().map_or(0, |file| file.len());
    let log = "switchboard.db-wal";
    match [LOCK, log].into_iter().find(|name| bytes(name) > 0) {
        Some(sign) if bytes(FILE) == 0 => {
            let file = directory.join(FILE);
            let what = if file.exists() { "empty" } else { "missing" };
            Err(OpenError::Gone(file, what, sign))
        }
        _ => Ok(directory.join(FILE).exists()),
    }
}

/// Device and inode.
type FileId = (u64, u64);

fn id(file: &Metadata) -> FileId {
    (file.dev(), file.ino())
}

/// The files of a store that is open.
pub(super) struct Opened(Vec<(PathBuf, FileId)>);

impl Opened {
    /// Looks whether the next start would find what is written into them.
    ///
    /// # Errors
    /// When it would not.
    pub(super) fn must_be_in_place(&self) -> Result<(), Error> {
        let in_place = |(path, opened): &&(PathBuf, FileId)| match path.metadata() {
            // The database is never empty; the log is at times.
            Ok(found) => id(&found) == *opened && (found.len() > 0 || !path.ends_with(FILE)),
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        };
        match self.0.iter().find(|file| !in_place(file)) {
            Some((path, _)) => Err(Error::gone(path)),
            None => Ok(()),
        }
    }
}

/// The same name with something behind it.
pub(super) fn beside(path: &Path, behind: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(behind);
    name.into()
}

//! The data directory: one process alone uses it, a store that was in it must still be there, and the open files must
//! be those that have the names.
//!
//! Beside SQLite only [`DirectoryLock`] opens `switchboard.db`, and keeps the file open for as long as any part of the
//! process reads or writes it, because the system releases all of SQLite's locks on a file when the process closes it.

pub mod owner_alone;

use std::fs::{File, Metadata, TryLockError};
use std::io::{self, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::Error;

pub(super) const FILE: &str = "switchboard.db";
pub(super) const LOCK: &str = "switchboard.lock";
/// Files that SQLite keeps beside the database while it is open, or after a kill.
pub(super) const SIDES: [&str; 2] = ["-wal", "-shm"];
/// The text of the lock file once there is a store.
const MARK: &str = "`switchboard.db` is a store: no server begins anew in this directory as long as this is written.\n";

/// The reason why a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another server runs on the directory.
    #[error("another switchboard is running on the data directory `{0}`: stop that one, or name another with `--data`")]
    InUse(PathBuf),
    /// The directory cannot be read or made.
    #[error("the data directory `{0}` cannot be used: {1}")]
    Directory(PathBuf, io::Error),
    /// The directory has no store to read.
    #[error("there is no `{FILE}` in `{0}`: is this the data directory?")]
    Nothing(PathBuf),
    /// The directory had a store.
    #[error(
        "`{0}` is {1}, and `{2}` beside it says that a store was here: put the file back or restore a backup \
         (`switchboard restore --replace`); to begin anew on purpose, remove `{2}`"
    )]
    Gone(PathBuf, &'static str, &'static str),
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] Error),
}

/// A directory that this process alone uses, until it is dropped.
#[derive(Debug)]
pub(super) struct DirectoryLock {
    path: PathBuf,
    /// The lock for older versions, and for systems on which the database itself cannot be locked.
    lock: File,
    /// The database is locked too, because a replaced lock file guards nothing.
    database: Option<File>,
}

impl DirectoryLock {
    /// Takes a directory for this process alone, and makes it if there is none.
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

    /// The path of the database, which is made if there never was one, with rights for its owner alone, which SQLite
    /// copies to the files beside it.
    pub(super) fn database(&mut self) -> Result<PathBuf, OpenError> {
        is_there(&self.path)?;
        self.take_database()?;
        Ok(self.path.join(FILE))
    }

    fn take_database(&mut self) -> Result<(), OpenError> {
        if self.database.is_none() {
            let opened = owner_alone::open(&self.path.join(FILE));
            let database = opened.map_err(|error| OpenError::Directory(self.path.clone(), error))?;
            // On other systems the lock would conflict with SQLite's own locks.
            if cfg!(target_os = "linux") {
                lock_alone(&database, &self.path)?;
            }
            self.database = Some(database);
        }
        Ok(())
    }

    /// Whether the directory had a store before.
    pub(super) fn is_marked(&self) -> bool {
        self.lock.metadata().is_ok_and(|lock| lock.len() > 0)
    }

    /// Marks the directory as one with a store.
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

/// Whether there is a store in a directory. SQLite must not be asked, because it takes an empty file for a new store,
/// and removes the log beside it.
///
/// # Errors
/// When the directory had a store that is gone.
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

/// Device and inode of a file.
type FileId = (u64, u64);

fn id(file: &Metadata) -> FileId {
    (file.dev(), file.ino())
}

/// The files of an open store.
pub(super) struct Opened(Vec<(PathBuf, FileId)>);

impl Opened {
    /// Checks that the next start would find data that is written into the files.
    ///
    /// # Errors
    /// When a file was removed, replaced or emptied.
    pub(super) fn must_be_in_place(&self) -> Result<(), Error> {
        let in_place = |(path, opened): &&(PathBuf, FileId)| match path.metadata() {
            // The database is never empty, but the log is at times.
            Ok(found) => id(&found) == *opened && (found.len() > 0 || !path.ends_with(FILE)),
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        };
        match self.0.iter().find(|file| !in_place(file)) {
            Some((path, _)) => Err(Error::gone(path)),
            None => Ok(()),
        }
    }
}

/// The path with a text behind its name.
pub(super) fn beside(path: &Path, behind: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(behind);
    name.into()
}

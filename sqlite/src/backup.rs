//! A copy of the store in one file, taken beside a running server, and the restoration of a store from it.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};
use switchboard_journal::StoreError;
use uuid::Uuid;

use crate::directory::{self, DirectoryLock, FILE, OpenError, SIDES, beside};
use crate::{Error, owner_alone, schema};

/// The reason why a backup was not made or not restored. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The target of the backup exists.
    #[error("`{0}` exists: name another file, or move that one away")]
    Exists(PathBuf),
    /// The target of the restoration has a store.
    #[error("`{0}` has a store: `--replace` moves it aside and puts the backup in its place")]
    HasStore(PathBuf),
    /// The file is no backup, or a damaged one.
    #[error("`{0}` is not a usable backup of Switchboard: {1}")]
    Unusable(PathBuf, String),
    /// A file cannot be read or written.
    #[error("`{0}`: {1}")]
    File(PathBuf, std::io::Error),
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] Error),
}

impl From<rusqlite::Error> for BackupError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Copies the store of a directory into a file that must not exist yet. The copy is as of the moment in which it began,
/// even while a server writes. Returns the number of bytes.
///
/// # Errors
/// When there is no store, or the file cannot be written. No part of the file is left then.
pub fn backup(directory: &Path, file: &Path) -> Result<u64, BackupError> {
    let store = directory.join(FILE);
    if !directory::is_there(directory)? {
        return Err(OpenError::Nothing(directory.to_owned()).into());
    }
    // A link counts as a file, wherever it leads.
    if file.symlink_metadata().is_ok() {
        return Err(BackupError::Exists(file.to_owned()));
    }
    let part = part_of(file);
    let copied = copy(&store, OpenFlags::SQLITE_OPEN_READ_WRITE, &part).and_then(|()| put_in_place(&part, file));
    if copied.is_err() {
        // An unfinished copy does no harm, so a failure to remove it is ignored.
        let _gone = std::fs::remove_file(&part);
    }
    copied?;
    let length = std::fs::metadata(file).map_err(|error| BackupError::File(file.to_owned(), error))?.len();
    Ok(length)
}

/// Makes a backup the store of a directory that no server runs on. With `replace`, an existing store is moved aside,
/// and its new name is returned.
///
/// # Errors
/// When the file is no backup, a server runs on the directory, or a store exists and `replace` is not set.
pub fn restore(file: &Path, directory: &Path, replace: bool) -> Result<Option<PathBuf>, BackupError> {
    must_be_whole(file)?;
    let mut held = DirectoryLock::take(directory)?;
    let store = directory.join(FILE);
    // A log without its store counts too, because SQLite would apply it to the backup.
    let has_store = [""].into_iter().chain(SIDES).any(|side| beside(&store, side).exists());
    if has_store && !replace {
        return Err(BackupError::HasStore(directory.to_owned()));
    }
    // The copy is complete before the old store is touched.
    let part = part_of(&store);
    copy(file, OpenFlags::SQLITE_OPEN_READ_ONLY, &part)?;
    let aside = if has_store { Some(move_aside(&store)?) } else { None };
    put_in_place(&part, &store)?;
    held.mark()?;
    Ok(aside)
}

/// Copies the contents of a database into a new one, as of one moment. `VACUUM` is used instead of a copy of pages,
/// because free pages would bring removed rows along. The copy is a new file for its owner alone, because the maker of
/// an existing file could read it.
fn copy(from: &Path, access: OpenFlags, to: &Path) -> Result<(), BackupError> {
    let source = Connection::open_with_flags(from, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    owner_alone::create_new(to).map_err(|error| BackupError::File(to.to_owned(), error))?;
    let name = to.to_str().ok_or_else(|| BackupError::File(to.to_owned(), io::ErrorKind::InvalidFilename.into()))?;
    source.execute("VACUUM INTO ?1", [name])?;
    Ok(())
}

/// Renames a file, and syncs both the file and its directory, so that the name survives a crash.
fn put_in_place(part: &Path, file: &Path) -> Result<(), BackupError> {
    let failed = |error| BackupError::File(file.to_owned(), error);
    File::open(part).and_then(|part| part.sync_all()).map_err(failed)?;
    std::fs::rename(part, file).map_err(failed)?;
    let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(failed)
}

/// Reads the whole backup once, so that damage is found before the backup is needed.
fn must_be_whole(file: &Path) -> Result<(), BackupError> {
    let unusable = |what: String| BackupError::Unusable(file.to_owned(), what);
    let refused = |error: rusqlite::Error| unusable(error.to_string());
    File::open(file).map_err(|error| BackupError::File(file.to_owned(), error))?;
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(refused)?;
    let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(refused)?;
    let known = schema::known();
    if version > known {
        return Err(Error::Store(StoreError::TooNew { found: version, known }).into());
    }
    let tables = "SELECT count(*) FROM sqlite_schema WHERE name IN ('events', 'companies', 'snapshots')";
    let tables: u32 = connection.query_row(tables, [], |row| row.get(0)).map_err(refused)?;
    if version == 0 || tables < 3 {
        return Err(unusable("its tables differ".into()));
    }
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(refused)?;
    if found == "ok" { Ok(()) } else { Err(unusable(found)) }
}

/// Moves a store aside, with the files beside it, to the first free name.
fn move_aside(store: &Path) -> Result<PathBuf, BackupError> {
    let free = (1_u32..).map(|number| beside(store, &format!(".before-restore-{number}"))).find(|path| !path.exists());
    let aside = free.unwrap_or_else(|| beside(store, ".before-restore"));
    for side in [""].into_iter().chain(SIDES) {
        let from = beside(store, side);
        if from.exists() {
            std::fs::rename(&from, beside(&aside, side)).map_err(|error| BackupError::File(from, error))?;
        }
    }
    Ok(aside)
}

/// The name of an unfinished copy, which is random, so that no other file has it.
fn part_of(file: &Path) -> PathBuf {
    beside(file, &format!(".{}.part", Uuid::now_v7().simple()))
}

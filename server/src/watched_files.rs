//! Files that are read again when they change, or when the system asks for it (SIGHUP).

use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Interval of the checks for a change. A check is one system call for each file, and works on every file system.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Files, and their state when they were read.
pub(crate) struct WatchedFiles {
    paths: Vec<PathBuf>,
    seen: Vec<FileStamp>,
    hangup: Signal,
}

/// State of a file: modification time, length and inode; none when the file is missing.
type FileStamp = Option<(SystemTime, u64, u64)>;

impl WatchedFiles {
    /// Watches these files from now on.
    ///
    /// # Errors
    /// When SIGHUP cannot be received.
    pub(crate) fn of(paths: Vec<PathBuf>) -> io::Result<Self> {
        let seen = look(&paths);
        Ok(Self { paths, seen, hangup: signal(SignalKind::hangup())? })
    }

    /// Returns when a file has changed, and on SIGHUP.
    pub(crate) async fn changed(&mut self) {
        loop {
            let is_asked = tokio::select! {
                asked = self.hangup.recv() => asked.is_some(),
                () = tokio::time::sleep(LOOK_EVERY) => false,
            };
            let paths = self.paths.clone();
            // On a thread of its own, so that a hanging disk blocks no socket. Without such a thread the next check
            // tries again.
            let Ok(seen) = tokio::task::spawn_blocking(move || look(&paths)).await else { continue };
            if is_asked || seen != self.seen {
                self.seen = seen;
                return;
            }
        }
    }
}

fn look(paths: &[PathBuf]) -> Vec<FileStamp> {
    use std::os::unix::fs::MetadataExt;
    let look = |path: &PathBuf| {
        let file = std::fs::metadata(path).ok()?;
        Some((file.modified().ok()?, file.len(), file.ino()))
    };
    paths.iter().map(look).collect()
}

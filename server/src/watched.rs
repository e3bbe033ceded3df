//! Files that are read again when they change, or when the system asks for it (SIGHUP).

use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use tokio::signal::unix::{Signal, SignalKind, signal};

/// How often it is looked whether a file has changed. A look is one call to the system, and works on every file system.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Files and how they looked when they were read.
pub struct Watched {
    paths: Vec<PathBuf>,
    seen: Vec<Look>,
    hangup: Signal,
}

/// How a file looks from outside; none when it is not there.
type Look = Option<(SystemTime, u64, u64)>;

impl Watched {
    /// Watches these files from now on.
    ///
    /// # Errors
    /// When the system does not tell of SIGHUP.
    pub fn of(paths: Vec<PathBuf>) -> io::Result<Self> {
        let seen = look(&paths);
        Ok(Self { paths, seen, hangup: signal(SignalKind::hangup())? })
    }

    /// Comes back when one of them has changed, and on SIGHUP.
    pub async fn changed(&mut self) {
        loop {
            let is_asked = tokio::select! {
                asked = self.hangup.recv() => asked.is_some(),
                () = tokio::time::sleep(LOOK_EVERY) => false,
            };
            let paths = self.paths.clone();
            // A disk that hangs keeps no socket waiting. Without a thread to look, it is looked again later.
            let Ok(seen) = tokio::task::spawn_blocking(move || look(&paths)).await else { continue };
            if is_asked || seen != self.seen {
                self.seen = seen;
                return;
            }
        }
    }
}

fn look(paths: &[PathBuf]) -> Vec<Look> {
    use std::os::unix::fs::MetadataExt;
    let look = |path: &PathBuf| {
        let file = std::fs::metadata(path).ok()?;
        Some((file.modified().ok()?, file.len(), file.ino()))
    };
    paths.iter().map(look).collect()
}

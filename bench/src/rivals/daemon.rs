//! Servers that run for the time of a benchmark: each is started in a directory of its own and stopped by its process
//! id.

use std::fs::File;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// The time that a server may take to start or to stop.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// The user that a server runs as: our own, or another one because the server refuses to run as root.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RunAs(Option<(u32, u32)>);

impl RunAs {
    /// The named user if we are root, otherwise our own.
    pub(super) fn unless_root(user: &str) -> Result<Self> {
        // The owner of a process owns its directory in `/proc`.
        if std::fs::metadata("/proc/self").map(|own| own.uid()).unwrap_or(0) != 0 {
            return Ok(Self(None));
        }
        let people = std::fs::read_to_string("/etc/passwd")?;
        let row = people.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|row| row[0] == user);
        let ids = row.and_then(|row| Some((row.get(2)?.parse().ok()?, row.get(3)?.parse().ok()?)));
        Ok(Self(Some(ids.with_context(|| format!("there is no user `{user}`"))?)))
    }

    /// Makes that user the owner of the directory.
    pub(super) fn own(self, directory: &Path) -> Result<()> {
        match self.0 {
            Some((user, group)) => Ok(chown(directory, Some(user), Some(group))?),
            None => Ok(()),
        }
    }

    /// The program as a command that runs as that user, in that directory.
    pub(super) fn command(self, program: &Path, directory: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(directory).stdin(Stdio::null());
        if let Some((user, group)) = self.0 {
            command.uid(user).gid(group);
        }
        command
    }
}

/// A short directory for sockets: their paths may have a hundred characters, and a build may be deep.
#[derive(Debug)]
pub(super) struct Sockets(PathBuf);

impl Sockets {
    pub(super) fn new(name: &str, owner: RunAs) -> Result<Self> {
        let path = std::env::temp_dir().join(format!("bench-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))?;
        owner.own(&path)?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Sockets {
    fn drop(&mut self) {
        let _gone_already = std::fs::remove_dir_all(&self.0);
    }
}

/// A running server, which is stopped when this is dropped.
#[derive(Debug)]
pub(super) struct Daemon {
    child: Child,
    signal: &'static str,
    _sockets: Sockets,
}

impl Daemon {
    /// Starts the server with its output in a file, and waits until it is ready.
    pub(super) fn start(
        mut command: Command,
        signal: &'static str,
        sockets: Sockets,
        log: &Path,
        mut is_ready: impl FnMut() -> bool,
    ) -> Result<Self> {
        let words = File::create(log)?;
        let child = command.stdout(words.try_clone()?).stderr(words).spawn()?;
        let mut daemon = Self { child, signal, _sockets: sockets };
        let until = Instant::now() + PATIENCE;
        while !is_ready() {
            if daemon.child.try_wait()?.is_some() || Instant::now() > until {
                let said = std::fs::read_to_string(log).unwrap_or_default();
                bail!("it does not come up: {}", said.trim());
            }
            thread::sleep(LOOK_AGAIN);
        }
        Ok(daemon)
    }

    fn stop(&mut self) -> Result<()> {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-s", self.signal, &id]).status()?;
        let until = Instant::now() + PATIENCE;
        while self.child.try_wait()?.is_none() {
            if Instant::now() > until {
                self.child.kill()?;
            }
            thread::sleep(LOOK_AGAIN);
        }
        Ok(())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            eprintln!("process {} is left over: {error}", self.child.id());
        }
    }
}

/// Finds a program by name on the path or in one of these directories.
pub(super) fn find(program: &str, also_in: &[PathBuf]) -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = also_in.iter().cloned().chain(std::env::split_paths(&path));
    let found = places.map(|place| place.join(program)).find(|file| file.is_file());
    found.with_context(|| format!("`{program}` is not installed (`make bench-servers` does that on Debian)"))
}

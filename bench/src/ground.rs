//! The ground that stores are measured on: fresh directories on a real disk, cleared before and after.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, ensure};

/// The directory for everything that one run writes; dropping this removes it.
#[derive(Debug)]
pub struct Ground {
    root: PathBuf,
    given: AtomicUsize,
}

impl Ground {
    /// A ground beside the build, which is on a disk and not in memory.
    ///
    /// # Errors
    /// When the directory cannot be written.
    pub fn beside_the_build() -> Result<Self> {
        let own = std::env::current_exe().context("where this program is")?;
        let build = own.parent().and_then(Path::parent).context("this program is in the build")?;
        Self::at(&build.join("bench-ground"))
    }

    /// A ground in a new directory within that one.
    ///
    /// # Errors
    /// When the directory cannot be written.
    pub fn at(directory: &Path) -> Result<Self> {
        // One process may use several grounds, in turn or at the same time.
        static GROUNDS: AtomicUsize = AtomicUsize::new(0);
        let number = GROUNDS.fetch_add(1, Ordering::Relaxed);
        let root = directory.join(format!("{}-{number}", std::process::id()));
        std::fs::create_dir_all(&root).with_context(|| root.display().to_string())?;
        let root = root.canonicalize()?;
        Ok(Self { root, given: AtomicUsize::new(0) })
    }

    /// Makes a fresh directory within the ground.
    ///
    /// # Errors
    /// When the directory cannot be made.
    pub fn fresh(&self, name: &str) -> Result<PathBuf> {
        let number = self.given.fetch_add(1, Ordering::Relaxed);
        let path = self.root.join(format!("{number}-{name}"));
        ensure!(!path.exists(), "{} is new", path.display());
        std::fs::create_dir(&path).with_context(|| path.display().to_string())?;
        Ok(path)
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.root) {
            eprintln!("{} is left over: {error}", self.root.display());
        }
    }
}

//! The ground that stores are measured on: directories of their own on a real disk, cleared before and after.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, ensure};

/// A directory for everything that one run writes; gone when this is.
#[derive(Debug)]
pub struct Ground {
    root: PathBuf,
    given: AtomicUsize,
}

impl Ground {
    /// Beside the build, which is on a disk and not in memory.
    ///
    /// # Errors
    /// When nothing can be written there.
    pub fn beside_the_build() -> Result<Self> {
        let own = std::env::current_exe().context("where this program is")?;
        let build = own.parent().and_then(Path::parent).context("this program is in the build")?;
        Self::at(&build.join("bench-ground"))
    }

    /// In a directory of its own within that one.
    ///
    /// # Errors
    /// When nothing can be written there.
    pub fn at(directory: &Path) -> Result<Self> {
        // One process may have several, one after the other or at the same time.
        static GROUNDS: AtomicUsize = AtomicUsize::new(0);
        let number = GROUNDS.fetch_add(1, Ordering::Relaxed);
        let root = directory.join(format!("{}-{number}", std::process::id()));
        std::fs::create_dir_all(&root).with_context(|| root.display().to_string())?;
        let root = root.canonicalize()?;
        Ok(Self { root, given: AtomicUsize::new(0) })
    }

    /// A fresh directory.
    ///
    /// # Errors
    /// When it cannot be made.
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

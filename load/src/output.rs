//! An output file for the figures of a run, opened before the run so that a bad path costs no run.

use std::fs::OpenOptions;
use std::path::PathBuf;

use anyhow::Context;

/// A file that was writable before the run.
pub struct Output {
    path: PathBuf,
    /// Whether this run made the file and has written nothing.
    is_new: bool,
}

impl Output {
    /// Opens the file, or makes a new one.
    pub fn open(path: PathBuf) -> anyhow::Result<Self> {
        let is_new = !path.exists();
        // Not truncated, so that the figures of an earlier run stay until there are new ones.
        let opened = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
        opened.with_context(|| format!("cannot write `{}`", path.display()))?;
        Ok(Self { path, is_new })
    }

    /// Replaces the content with the figures.
    pub fn write(mut self, text: &str) -> anyhow::Result<()> {
        // From here on the file may hold figures, so a drop must not remove it.
        self.is_new = false;
        std::fs::write(&self.path, text).with_context(|| format!("cannot write `{}`", self.path.display()))
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if self.is_new {
            // An empty file would look like a result. One that cannot be removed does no harm.
            let _gone = std::fs::remove_file(&self.path);
        }
    }
}

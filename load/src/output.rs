//! A file that a run's figures go into: that it cannot be written is found before the run.

use std::fs::OpenOptions;
use std::path::PathBuf;

use anyhow::Context;

/// A file that can be written.
pub struct Output {
    path: PathBuf,
    /// Whether it is there for this run alone, and empty so far.
    is_new: bool,
}

impl Output {
    /// Opens the file, and makes it when there is none; what is in it stays until the figures are there.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn open(path: PathBuf) -> anyhow::Result<Self> {
        let is_new = !path.exists();
        let opened = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
        opened.with_context(|| format!("cannot write `{}`", path.display()))?;
        Ok(Self { path, is_new })
    }

    /// Writes the figures.
    ///
    /// # Errors
    /// When it can be written no more.
    pub fn write(mut self, text: &str) -> anyhow::Result<()> {
        self.is_new = false;
        std::fs::write(&self.path, text).with_context(|| format!("cannot write `{}`", self.path.display()))
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if self.is_new {
            // An empty file of a run that failed says nothing; that it stays harms nobody.
            let _gone = std::fs::remove_file(&self.path);
        }
    }
}

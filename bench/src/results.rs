//! Output of figures: a file of JSON for programs, pictures beside it, and a plain table for people.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::rounds::{Calibration, Effort, cores};

/// The directory of the results.
#[derive(Clone, Debug)]
pub struct Results(PathBuf);

impl Results {
    /// Results in that directory, which is made if missing.
    ///
    /// # Errors
    /// When the directory cannot be made.
    pub fn into(directory: &Path) -> Result<Self> {
        std::fs::create_dir_all(directory).with_context(|| directory.display().to_string())?;
        Ok(Self(directory.to_owned()))
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.join(file)
    }

    /// Writes a picture to a file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn draw(&self, file: &str, picture: &str) -> Result<()> {
        let path = self.path(file);
        std::fs::write(&path, picture).with_context(|| path.display().to_string())
    }

    /// Writes a part's figures with a description of the machine, and prints the file's path.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, part: &str, effort: Effort, calibration: &Calibration, figures: Value) -> Result<()> {
        let all = json!({
            "part": part,
            "quick": effort == Effort::Quick,
            "rounds": effort.rounds(),
            "cores": cores(),
            "calibration": calibration.json(),
            "figures": figures,
        });
        let path = self.path(&format!("{part}.json"));
        let text = serde_json::to_string_pretty(&all)?;
        std::fs::write(&path, text + "\n").with_context(|| path.display().to_string())?;
        match effort {
            Effort::Full => println!("{}", calibration.sentence()),
            Effort::Quick => println!("a quick run: everything works, and the figures say nothing"),
        }
        println!("written to {}", path.display());
        Ok(())
    }
}

/// A table with a head.
#[derive(Clone, Debug)]
pub struct ResultTable {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl ResultTable {
    /// An empty table with that head.
    pub fn new<T: ToString>(head: impl IntoIterator<Item = T>) -> Self {
        Self { head: head.into_iter().map(|cell| cell.to_string()).collect(), rows: Vec::new() }
    }

    /// Adds a row of cells.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Prints the table, with the first column aligned to the left and all others to the right.
    pub fn print(&self) {
        let lines = || std::iter::once(&self.head).chain(&self.rows);
        let width = |column: usize| lines().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
        let widths: Vec<usize> = (0..self.head.len()).map(|column| width(column).unwrap_or(0)).collect();
        for row in lines() {
            let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| match column {
                0 => format!("{cell:<width$}"),
                _ => format!("{cell:>width$}"),
            });
            println!("  {}", cells.collect::<Vec<_>>().join("  "));
        }
    }
}

/// A figure with three significant digits, in thousands or millions.
#[must_use]
pub fn short(figure: f64) -> String {
    let (scaled, unit) = match figure.abs() {
        size if size >= 1e6 => (figure / 1e6, "M"),
        size if size >= 1e3 => (figure / 1e3, "k"),
        _ => (figure, ""),
    };
    let digits = match scaled.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    };
    format!("{scaled:.digits$}{unit}")
}

/// A duration in the unit that suits its size.
#[must_use]
pub fn time(ns: f64) -> String {
    match ns {
        ns if ns >= 1e6 => format!("{} ms", short(ns / 1e6)),
        ns if ns >= 1e3 => format!("{} us", short(ns / 1e3)),
        ns => format!("{ns:.0} ns"),
    }
}

/// A target beside the measured figure.
#[derive(Clone, Debug)]
pub struct Target {
    /// The promise, in words.
    pub what: String,
    pub measured: f64,
    pub bound: f64,
    /// Whether the bound is the least or the most.
    pub at_least: bool,
}

impl Target {
    /// Whether the bound is kept.
    #[must_use]
    pub fn is_reached(&self) -> bool {
        if self.at_least { self.measured >= self.bound } else { self.measured <= self.bound }
    }

    /// Prints the target and the verdict.
    pub fn print(&self) {
        let (verdict, which) =
            (if self.is_reached() { "reached" } else { "MISSED" }, if self.at_least { ">=" } else { "<=" });
        println!("  {verdict:<8} {}: {:.2} (target {which} {})", self.what, self.measured, self.bound);
    }

    /// The target as JSON, for the results file.
    #[must_use]
    pub fn json(&self) -> Value {
        let Self { what, measured, bound, at_least } = self;
        json!({ "what": what, "measured": measured, "bound": bound, "at_least": at_least, "reached": self.is_reached() })
    }
}

//! Mutation test of the simulator: faults are put into a copy of the product, one at a time, and the simulator must
//! find each.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};
use serde::Deserialize;

/// The list of faults, beside this crate's sources.
const LIST: &str = include_str!("../faults.toml");
/// Commands within which a fault must be found.
const COMMANDS: u64 = 1_000_000;
/// Commands that must pass when there is no fault.
const COMMANDS_WITHOUT: u64 = 50_000;

/// A fault to be planted in the product.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    pub name: String,
    /// The planted defect, in words.
    pub what: String,
    /// Path from the workspace's root.
    pub file: PathBuf,
    /// The text to be replaced, which occurs once.
    pub find: String,
    pub replace: String,
}

#[derive(Deserialize)]
struct List {
    fault: Vec<Fault>,
}

impl Fault {
    /// The faults of `faults.toml`.
    ///
    /// # Panics
    /// Never: a test reads the list.
    #[must_use]
    pub(crate) fn all() -> Vec<Self> {
        toml::from_str::<List>(LIST).unwrap_or_else(|error| panic!("faults.toml: {error}")).fault
    }

    /// The text of the fault's file with the fault in it.
    ///
    /// # Errors
    /// When the text to be replaced does not occur exactly once.
    pub(crate) fn put_into(&self, text: &str) -> anyhow::Result<String> {
        let times = text.matches(&self.find).count();
        ensure!(times == 1, "`{}`: what must be replaced is {times} times in {}", self.name, self.file.display());
        Ok(text.replacen(&self.find, &self.replace, 1))
    }
}

/// Tries each fault whose name contains one of the texts in `only`, or every fault when `only` is empty, on a copy of
/// the workspace, and prints each result.
///
/// # Errors
/// When a fault is not found or cannot be built.
pub fn try_all(workspace: &Path, only: &[String]) -> anyhow::Result<()> {
    // Cargo runs in another directory, where a relative path would name another place.
    let workspace = &workspace.canonicalize().with_context(|| workspace.display().to_string())?;
    let copy = workspace.join("target/faults/tree");
    copy_sources(workspace, &copy)?;
    let build = Build { tree: copy, target: workspace.join("target/faults/build") };
    let is_meant = |fault: &Fault| only.is_empty() || only.iter().any(|text| fault.name.contains(text));
    let faults: Vec<Fault> = Fault::all().into_iter().filter(is_meant).collect();
    ensure!(!faults.is_empty(), "no fault has that in its name");
    // All replacements are tried first, so that an outdated fault is reported before anything is built.
    let put_in: Vec<(PathBuf, String, String)> =
        faults.iter().map(|fault| build.with(fault)).collect::<Result<_, _>>()?;
    let sound = build.prove(COMMANDS_WITHOUT)?;
    ensure!(sound.found.is_none(), "something is found without any fault: {}", sound.output);
    let mut missed = Vec::new();
    for (fault, (path, text, with_fault)) in faults.into_iter().zip(put_in) {
        std::fs::write(&path, with_fault)?;
        let tried = build.prove(COMMANDS);
        std::fs::write(&path, text)?;
        let tried = tried.with_context(|| format!("`{}` cannot be tried", fault.name))?;
        match &tried.found {
            Some(found) => println!("{:<32} {found}", fault.name),
            None => {
                println!("{:<32} NOT FOUND: {}", fault.name, fault.what);
                missed.push(fault.name);
            }
        }
    }
    ensure!(missed.is_empty(), "not found: {}", missed.join(", "));
    Ok(())
}

/// Copies the files under version control, with uncommitted changes.
fn copy_sources(from: &Path, to: &Path) -> anyhow::Result<()> {
    let mut listed = Command::new("git");
    listed.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let files = listed.current_dir(from).output().context("git is needed to list the sources")?;
    ensure!(files.status.success(), "git cannot list the sources");
    if to.exists() {
        std::fs::remove_dir_all(to)?;
    }
    for file in String::from_utf8(files.stdout)?.split_terminator('\0') {
        let path = to.join(file);
        std::fs::create_dir_all(path.parent().context("a file is in a folder")?)?;
        if from.join(file).exists() {
            std::fs::copy(from.join(file), path).with_context(|| file.to_owned())?;
        }
    }
    Ok(())
}

struct Build {
    tree: PathBuf,
    target: PathBuf,
}

/// Result of one run of the simulator.
struct Tried {
    found: Option<String>,
    output: String,
}

impl Build {
    /// The path of the fault's file, its text, and its text with the fault.
    fn with(&self, fault: &Fault) -> anyhow::Result<(PathBuf, String, String)> {
        let path = self.tree.join(&fault.file);
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let with_fault = fault.put_into(&text)?;
        Ok((path, text, with_fault))
    }

    fn prove(&self, commands: u64) -> anyhow::Result<Tried> {
        let mut cargo = Command::new("cargo");
        cargo.args(["build", "--quiet", "--profile", "faults", "-p", "switchboard-sim", "--target-dir"]);
        let built = cargo.arg(&self.target).current_dir(&self.tree).output().context("cargo is needed")?;
        if !built.status.success() {
            bail!("it does not build: {}", String::from_utf8_lossy(&built.stderr));
        }
        let mut prove = Command::new(self.target.join("faults/switchboard-sim"));
        prove.args(["prove", "--as-it-is", "--commands"]).arg(commands.to_string());
        let said = prove.output()?;
        let output = String::from_utf8_lossy(&said.stdout).into_owned();
        let found = (!said.status.success()).then(|| {
            let words: String = output.lines().take(2).collect::<Vec<_>>().join("; ");
            words.trim_start_matches("FAILED ").chars().take(220).collect()
        });
        Ok(Tried { found, output })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_can_be_put_into_the_product() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let faults = Fault::all();
        assert!(faults.len() >= 15);
        let mut misplaced = Vec::new();
        for fault in faults {
            let text = std::fs::read_to_string(workspace.join(&fault.file)).expect("the file is there");
            match fault.put_into(&text) {
                Ok(with) => assert_ne!(with, text, "{}", fault.name),
                Err(why) => misplaced.push(why.to_string()),
            }
        }
        assert!(misplaced.is_empty(), "{}", misplaced.join("\n"));
    }
}

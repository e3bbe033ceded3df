//! What is wrong with a setting, and where it was set.

use std::fmt;
use std::path::PathBuf;

/// A setting that the server does not start with: which, from where, and what is expected instead.
///
/// A secret's value is never repeated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{setting}` ({origin}) {problem}")]
pub struct BadSetting {
    /// The setting's name.
    pub setting: String,
    /// Where it was set.
    pub origin: Origin,
    /// What is wrong and what is expected.
    pub problem: String,
}

/// Where a setting was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nowhere, and there is no default.
    Nowhere,
    /// Nowhere; the default counts.
    Default,
    /// In the settings file.
    File {
        /// The file.
        path: PathBuf,
        /// The key in it.
        key: String,
    },
    /// By a variable of the environment.
    Variable(String),
    /// By a flag on the command line.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Nowhere => formatter.write_str("set nowhere"),
            Origin::Default => formatter.write_str("its default"),
            Origin::File { path, key } => {
                write!(formatter, "key `{key}` in `{}`", path.display())
            }
            Origin::Variable(name) => write!(formatter, "variable `{name}`"),
            Origin::Flag(name) => write!(formatter, "flag `{name}`"),
        }
    }
}

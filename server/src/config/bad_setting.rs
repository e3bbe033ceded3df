//! The error for a bad setting, with the place where it was set.

use std::fmt;
use std::path::PathBuf;

/// A setting that the server does not start with. The message never repeats a secret's value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{setting}` ({origin}) {problem}")]
pub struct BadSetting {
    pub setting: String,
    pub origin: Origin,
    /// The mistake and the expected value, as the end of a sentence.
    pub problem: String,
}

/// The place where a setting was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Set nowhere, and without a default.
    Nowhere,
    /// Set nowhere: the default applies.
    Default,
    File {
        path: PathBuf,
        key: String,
    },
    /// The name of an environment variable.
    Variable(String),
    /// A flag, with its two dashes.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Nowhere => formatter.write_str("not set"),
            Origin::Default => formatter.write_str("default"),
            Origin::File { path, key } => {
                write!(formatter, "key `{key}` in `{}`", path.display())
            }
            Origin::Variable(name) => write!(formatter, "variable `{name}`"),
            Origin::Flag(name) => write!(formatter, "flag `{name}`"),
        }
    }
}

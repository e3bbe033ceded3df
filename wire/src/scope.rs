//! Scopes, the rights of an API key or an admin over HTTP: a closed vocabulary.

use std::fmt;
use std::str::FromStr;

/// Rights of a key. Each scope includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    Read,
    /// Change what goes on: set a status, cancel, end.
    Operate,
    /// Everything: make, change and remove, and read the audit list.
    Manage,
}

impl Scope {
    /// All scopes, smallest first.
    pub const ALL: [Self; 3] = [Self::Read, Self::Operate, Self::Manage];

    /// The word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Operate => "operate",
            Self::Manage => "manage",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        Self::ALL.into_iter().find(|scope| scope.word() == text).ok_or(UnknownScope)
    }
}

/// The text names no scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a scope is `read`, `operate` or `manage`")]
pub struct UnknownScope;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scope_has_those_before_it() {
        assert!(Scope::Read < Scope::Operate && Scope::Operate < Scope::Manage);
        for scope in Scope::ALL {
            assert_eq!(scope.word().parse(), Ok(scope));
        }
        assert_eq!("admin".parse::<Scope>(), Err(UnknownScope));
    }
}

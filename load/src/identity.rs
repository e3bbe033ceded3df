//! People as tokens name them. The tokens are signed by the caller, who knows the secret.

use std::time::Duration;

/// A person to sign a token for.
pub struct Identity {
    pub role: Role,
    pub id: String,
    pub company: String,
    pub name: Option<String>,
    /// The topics of an employee; `None` is any.
    pub topics: Option<Vec<String>>,
    /// How long the token is good.
    pub valid_for: Duration,
}

/// The roles that people of a load or a play have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Client,
    Employee,
}

impl Role {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Employee => "employee",
        }
    }
}

/// Signs the token of a person.
pub type Sign = dyn Fn(&Identity) -> anyhow::Result<String> + Send + Sync;

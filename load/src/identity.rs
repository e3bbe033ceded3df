//! People as tokens name them. The tokens are signed by the caller, who knows the secret.

use std::time::Duration;

use switchboard_core::Party;

/// A person to sign a token for.
pub struct Identity {
    pub role: Party,
    pub id: String,
    pub company: String,
    pub name: Option<String>,
    /// The topics of an employee; `None` is any.
    pub topics: Option<Vec<String>>,
    /// How long the token is good.
    pub valid_for: Duration,
}

/// Signs the token of a person.
pub type Sign = dyn Fn(&Identity) -> anyhow::Result<String> + Send + Sync;

//! People as their tokens name them. The caller signs the tokens, because only the caller knows the secret.

use std::time::Duration;

use switchboard_core::Party;

/// The claims of a person's token.
pub struct Identity {
    pub role: Party,
    pub id: String,
    pub company: String,
    pub name: Option<String>,
    /// The topics of an employee; any topic if `None`.
    pub topics: Option<Vec<String>>,
    pub valid_for: Duration,
}

/// A function that signs the token of a person.
pub type Sign = dyn Fn(&Identity) -> anyhow::Result<String> + Send + Sync;

//! Texts that must not be shown.

use std::fmt;

/// Stands in the place of a secret wherever a secret would be shown.
pub const HIDDEN: &str = "***";

/// A secret, which no log line or error shows by accident.
#[derive(Clone, Default)]
pub struct Secret(String);

impl Secret {
    /// Hides a text as a secret.
    pub fn new(secret: String) -> Self {
        Secret(secret)
    }

    /// The text itself, for code that checks or signs with it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(HIDDEN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown() {
        assert_eq!(format!("{:?}", Secret::new("sesame".to_owned())), "***");
    }
}

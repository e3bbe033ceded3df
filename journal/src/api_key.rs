//! The API key by which a back end authenticates itself: its scope and its companies.

use std::collections::BTreeSet;
use std::fmt;

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::{constant_time, digest, rand};
use switchboard_wire::Scope;

/// The prefix of all keys made here, so that a leaked key is recognized.
const PREFIX: &str = "sb_";
const ID_BYTES: usize = 8;
const SECRET_BYTES: usize = 32;

/// An API key, of which only the SHA-256 digest is stored.
///
/// A slow hash is for passwords, which people choose and others guess. A key has 256 random bits, so that no number of
/// guesses finds it.
#[derive(Clone)]
pub struct ApiKey {
    /// The key of the settings has none.
    pub id: Option<String>,
    /// The name that the audit list shows.
    pub name: String,
    pub scope: Scope,
    /// The companies that the key may use; none for all companies.
    pub companies: Option<BTreeSet<String>>,
    /// The end of the key's validity, in milliseconds since 1970.
    pub expires_at_ms: Option<u64>,
    /// The time of the last use, to the hour, in milliseconds since 1970.
    pub last_used_at_ms: Option<u64>,
    /// SHA-256 of the whole key.
    pub digest: [u8; 32],
}

impl ApiKey {
    /// The name of the key of the settings in the audit list.
    pub const OF_SETTINGS: &'static str = "settings";

    /// The key of the settings, which has the scope `manage` in all companies.
    #[must_use]
    pub fn new(key: &str) -> Self {
        Self {
            id: None,
            name: Self::OF_SETTINGS.to_owned(),
            scope: Scope::Manage,
            companies: None,
            expires_at_ms: None,
            last_used_at_ms: None,
            digest: sha256(key),
        }
    }

    /// Whether `presented` is this key.
    ///
    /// The digests are compared in constant time, so that the duration tells a caller nothing about the key or its
    /// length.
    #[must_use]
    pub fn matches(&self, presented: &str) -> bool {
        constant_time::verify_slices_are_equal(&self.digest, &sha256(presented)).is_ok()
    }

    /// Whether the key is valid at that time.
    #[must_use]
    pub fn is_good_at(&self, now_ms: u64) -> bool {
        self.expires_at_ms.is_none_or(|end_ms| now_ms < end_ms)
    }

    /// Whether the key may use that company.
    #[must_use]
    pub fn is_for(&self, company: &str) -> bool {
        self.companies.as_ref().is_none_or(|companies| companies.contains(company))
    }
}

/// A new key, of which only the digest will be stored.
pub struct FreshKey {
    /// The part of the key by which the store finds it.
    pub id: String,
    /// The key itself: `sb_`, the id, `_`, and 256 random bits.
    pub text: String,
    pub digest: [u8; 32],
}

impl FreshKey {
    /// Draws a random key.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn draw() -> Result<Self, Unspecified> {
        let id = random_hex::<ID_BYTES>()?;
        let text = format!("{PREFIX}{id}_{}", random_hex::<SECRET_BYTES>()?);
        let digest = sha256(&text);
        Ok(Self { id, text, digest })
    }
}

/// A key with the times of its creation and revocation.
#[derive(Clone, Debug)]
pub struct DatedKey {
    pub key: ApiKey,
    pub created_at_ms: u64,
    pub revoked_at_ms: Option<u64>,
}

/// The properties of a key that is to be made.
pub struct WantedKey<'a> {
    pub name: &'a str,
    pub scope: Scope,
    pub companies: Option<&'a BTreeSet<String>>,
    pub expires_at_ms: Option<u64>,
}

/// The reason why a key was not made.
pub enum NotMade {
    /// A key in force has this name.
    Taken,
    /// The number of keys has reached its bound.
    TooMany,
}

/// The id within a presented key; none if the text does not have the form of a key.
#[must_use]
pub fn key_id(presented: &str) -> Option<&str> {
    let (id, _secret) = presented.strip_prefix(PREFIX)?.split_once('_')?;
    Some(id)
}

fn random_hex<const BYTES: usize>() -> Result<String, Unspecified> {
    let mut bytes = [0; BYTES];
    rand::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// SHA-256 of a secret with so many random bits that guessing is hopeless.
pub fn sha256(key: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest::digest(&digest::SHA256, key.as_bytes()).as_ref());
    bytes
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ApiKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_itself_matches_and_nothing_else() {
        let key = ApiKey::new("correct horse");
        assert!(key.matches("correct horse"));
        for presented in ["", "correct", "correct horse ", "Correct horse", "battery staple"] {
            assert!(!key.matches(presented), "{presented}");
        }
    }

    #[test]
    fn a_key_is_not_shown() {
        assert_eq!(format!("{:?}", ApiKey::new("correct horse")), "ApiKey(***)");
    }

    #[test]
    fn a_fresh_key_has_its_id_in_it_and_no_two_are_alike() {
        let (one, other) = (FreshKey::draw().unwrap(), FreshKey::draw().unwrap());
        assert_eq!(key_id(&one.text), Some(one.id.as_str()));
        assert_eq!(one.text.len(), "sb_".len() + 16 + "_".len() + 64);
        assert_ne!((&one.id, &one.text), (&other.id, &other.text));
        for text in ["", "sb_", "sb_12", "the key", "SB_12_34"] {
            assert_eq!(key_id(text), None, "{text}");
        }
    }
}

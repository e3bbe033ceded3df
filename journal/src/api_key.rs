//! The API key by which a back end shows itself: what it may do, and in which companies.

use std::collections::BTreeSet;
use std::fmt;

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::{constant_time, digest, rand};
use switchboard_wire::Scope;

/// The prefix of keys that are made here, so that a key which is found is recognized.
const PREFIX: &str = "sb_";
const ID_BYTES: usize = 8;
const SECRET_BYTES: usize = 32;

/// An API key, of which only the SHA-256 digest is kept.
///
/// No slow hash is needed: those are for passwords, which people choose and others guess. Of 256 random bits nobody
/// finds one by trying, however fast each try is.
#[derive(Clone)]
pub struct ApiKey {
    /// Its id; the key of the settings has none.
    pub id: Option<String>,
    /// Its name, for the audit list.
    pub name: String,
    /// What it may do.
    pub scope: Scope,
    /// In which companies; in all when there is no list.
    pub companies: Option<BTreeSet<String>>,
    /// From when on it is good no more, in milliseconds since 1970.
    pub expires_at_ms: Option<u64>,
    /// When it was used last, to the hour, in milliseconds since 1970.
    pub last_used_at_ms: Option<u64>,
    /// SHA-256 of the whole key.
    pub digest: [u8; 32],
}

impl ApiKey {
    /// The name of the key of the settings.
    pub const OF_SETTINGS: &'static str = "settings";

    /// The key of the settings: it may do everything everywhere.
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
    /// Digests are compared, in constant time: how long it takes tells nothing of the key, its length neither.
    #[must_use]
    pub fn matches(&self, presented: &str) -> bool {
        constant_time::verify_slices_are_equal(&self.digest, &sha256(presented)).is_ok()
    }

    /// Whether it is good at that time.
    #[must_use]
    pub fn is_good_at(&self, now_ms: u64) -> bool {
        self.expires_at_ms.is_none_or(|end_ms| now_ms < end_ms)
    }

    /// Whether it is for that company.
    #[must_use]
    pub fn is_for(&self, company: &str) -> bool {
        self.companies.as_ref().is_none_or(|companies| companies.contains(company))
    }
}

/// A new key, before only its digest is left.
pub struct FreshKey {
    /// Its id, by which it is found.
    pub id: String,
    /// The key itself: `sb_`, the id, `_`, and 256 random bits.
    pub text: String,
    /// Its SHA-256.
    pub digest: [u8; 32],
}

impl FreshKey {
    /// Draws one.
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

/// A key with its dates.
pub struct DatedKey {
    pub key: ApiKey,
    pub created_at_ms: u64,
    pub revoked_at_ms: Option<u64>,
}

/// What a new key is to be.
pub struct WantedKey<'a> {
    pub name: &'a str,
    pub scope: Scope,
    pub companies: Option<&'a BTreeSet<String>>,
    pub expires_at_ms: Option<u64>,
}

/// Why no key was made.
pub enum NotMade {
    /// A key in force has the name.
    Taken,
    /// There are as many as may be.
    TooMany,
}

/// The id in a key of the form that keys are made in.
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

/// The digest that is kept of a secret that has too many random bits to be guessed.
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

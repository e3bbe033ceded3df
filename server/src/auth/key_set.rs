//! Parser for sets of public keys: a JWKS (RFC 7517), or public keys in PEM.

use serde::Deserialize;
use serde_json::Value;
use tokio_rustls::rustls::pki_types::SubjectPublicKeyInfoDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

use super::key::{Jwk, VerificationKey};

/// The most keys of one set. An issuer has a few keys, and a few more during a rotation; a token without a `kid` is
/// checked with all of them.
const KEYS_MAX: usize = 64;

/// The usable keys of a set.
pub struct KeySet {
    pub(super) keys: Vec<VerificationKey>,
    /// The other keys, each with the reason why it is unusable.
    pub skipped: Vec<String>,
}

/// The reason for refusing a text as a set of keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadKeySet {
    #[error("the content is neither a JWKS (`{{\"keys\": [...]}}`) nor public keys in PEM")]
    Form,
    #[error("there are more than {KEYS_MAX} keys")]
    TooMany,
    /// The set has no usable key; the text has the reason for each key.
    #[error("there is no usable key: {0}")]
    NoneUsable(String),
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<Value>,
}

impl KeySet {
    /// Parses a set. Keys of unknown kinds are passed over (RFC 7517, section 5).
    ///
    /// # Errors
    /// The text is no set, or no key is left.
    pub fn read(text: &str) -> Result<Self, BadKeySet> {
        let read = if text.trim_start().starts_with("-----BEGIN ") { of_pem(text)? } else { of_jwks(text)? };
        let mut set = Self { keys: Vec::new(), skipped: Vec::new() };
        for (name, key) in read {
            match key {
                Ok(key) => set.keys.push(key),
                Err(why) => set.skipped.push(format!("{name}: {why}")),
            }
        }
        let why = || if set.skipped.is_empty() { "it is empty".to_owned() } else { set.skipped.join("; ") };
        if set.keys.is_empty() { Err(BadKeySet::NoneUsable(why())) } else { Ok(set) }
    }
}

/// Keys, or the reasons why they are unusable, each with a name for messages.
type ParsedKeys = Vec<(String, Result<VerificationKey, &'static str>)>;

fn of_jwks(text: &str) -> Result<ParsedKeys, BadKeySet> {
    let Jwks { keys } = serde_json::from_str(text).map_err(|_| BadKeySet::Form)?;
    if keys.len() > KEYS_MAX {
        return Err(BadKeySet::TooMany);
    }
    let read = |(number, key): (usize, Value)| {
        let jwk: Result<Jwk, _> = serde_json::from_value(key);
        let kid = jwk.as_ref().ok().and_then(|jwk| jwk.kid.clone());
        let name = kid.map_or_else(|| format!("key {}", number + 1), |kid| format!("key {}", kid.escape_debug()));
        (name, jwk.map_err(|_| "it is not a key").and_then(VerificationKey::of_jwk))
    };
    Ok(keys.into_iter().enumerate().map(read).collect())
}

fn of_pem(text: &str) -> Result<ParsedKeys, BadKeySet> {
    let mut read = Vec::new();
    for (number, der) in SubjectPublicKeyInfoDer::pem_slice_iter(text.as_bytes()).enumerate() {
        if number == KEYS_MAX {
            return Err(BadKeySet::TooMany);
        }
        let der = der.map_err(|_| BadKeySet::Form)?;
        read.push((format!("key {}", number + 1), VerificationKey::of_public_key(&der)));
    }
    Ok(read)
}

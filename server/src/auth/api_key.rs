//! The API key by which a back end shows itself.

use std::fmt;

use aws_lc_rs::{constant_time, digest};

/// An API key, of which only the SHA-256 digest is kept.
#[derive(Clone)]
pub struct ApiKey {
    digest: digest::Digest,
}

impl ApiKey {
    /// The key that back ends will have to present.
    pub fn new(key: &str) -> Self {
        ApiKey { digest: sha256(key) }
    }

    /// Whether `presented` is this key.
    ///
    /// Digests are compared, in constant time: how long it takes tells nothing of the key, its length neither.
    pub fn matches(&self, presented: &str) -> bool {
        let presented = sha256(presented);
        constant_time::verify_slices_are_equal(self.digest.as_ref(), presented.as_ref()).is_ok()
    }
}

fn sha256(key: &str) -> digest::Digest {
    digest::digest(&digest::SHA256, key.as_bytes())
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
}

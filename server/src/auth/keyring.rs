//! The keys that tokens are checked with and signed by.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, crypto};

use super::parts::{read_header, read_part};
use super::{Claims, TokenError, claims, install_crypto_provider};

/// The keys whose tokens are taken.
pub struct Keyring {
    keys: Vec<Key>,
}

/// One key, and the only algorithm it is for: a token's header never chooses how a key is used.
struct Key {
    algorithm: Algorithm,
    id: Option<String>,
    verifying: DecodingKey,
    signing: Option<EncodingKey>,
}

impl Keyring {
    /// A ring of one shared secret, for HS256.
    pub fn hs256(secret: &[u8]) -> Self {
        install_crypto_provider();
        let key = Key {
            algorithm: Algorithm::HS256,
            id: None,
            verifying: DecodingKey::from_secret(secret),
            signing: Some(EncodingKey::from_secret(secret)),
        };
        Keyring { keys: vec![key] }
    }

    /// Checks a token at the time `now_ms` (milliseconds since 1970), and says whose it is.
    ///
    /// # Errors
    /// The signature is looked at before any claim, so that a stranger learns nothing by guessing claims.
    pub fn verify(&self, token: &str, now_ms: u64) -> Result<Claims, TokenError> {
        let (message, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (header, payload) = message.split_once('.').ok_or(TokenError::Malformed)?;
        let (algorithm, key_id) = read_header(header)?;
        let mut of_algorithm = self.keys.iter().filter(|key| key.algorithm == algorithm).peekable();
        if of_algorithm.peek().is_none() {
            return Err(TokenError::Algorithm);
        }
        let is_signed = of_algorithm
            .filter(|key| key.may_have_id(key_id.as_deref()))
            .any(|key| crypto::verify(signature, message.as_bytes(), &key.verifying, algorithm).unwrap_or(false));
        if !is_signed {
            return Err(TokenError::Signature);
        }
        let claims = read_part(payload)?;
        claims::check_not_before(&claims, now_ms)?;
        let claims = Claims::read(&claims)?;
        if claims.expires_at_s.saturating_mul(1000) <= now_ms {
            return Err(TokenError::Expired);
        }
        Ok(claims)
    }

    /// Makes a token, with the first key that can sign.
    ///
    /// # Errors
    /// Claims that [`Keyring::verify`] would refuse for their form, or a ring without a key that signs.
    pub fn sign(&self, claims: &Claims) -> Result<String, TokenError> {
        let key = self.keys.iter().find_map(|key| Some((key, key.signing.as_ref()?)));
        let (key, signing) = key.ok_or(TokenError::Signing)?;
        let claims = claims.write();
        Claims::read(&claims)?;
        let mut header = Header::new(key.algorithm);
        header.kid.clone_from(&key.id);
        jsonwebtoken::encode(&header, &claims, signing).map_err(|_| TokenError::Signing)
    }
}

impl Key {
    fn may_have_id(&self, wanted: Option<&str>) -> bool {
        match (&self.id, wanted) {
            (Some(id), Some(wanted)) => id == wanted,
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Role;
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::{Value, json};

    const SECRET: &[u8] = b"an honest secret of 32 bytes....";
    const NOW_MS: u64 = 1_700_000_000_000;

    fn token(header: Value, claims: Value) -> String {
        token_of(header, &claims.to_string())
    }

    fn token_of(header: Value, claims: &str) -> String {
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let message = format!("{}.{}", encode(&header.to_string()), encode(claims));
        let key = EncodingKey::from_secret(SECRET);
        install_crypto_provider();
        let signature = crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
        format!("{message}.{signature}")
    }

    fn verify(claims: Value) -> Result<Claims, TokenError> {
        Keyring::hs256(SECRET).verify(&token(json!({"alg": "HS256"}), claims), NOW_MS)
    }

    fn client() -> Value {
        json!({"sub": "ann", "role": "client", "exp": 1_700_000_060})
    }

    fn client_with(claim: &str, value: Value) -> Value {
        let mut claims = client();
        claims[claim] = value;
        claims
    }

    #[test]
    fn a_token_says_who_comes() {
        let claims = Claims {
            subject: "bo~b.1_@x-y".to_owned(),
            role: Role::Employee,
            company: Some("acme".to_owned()),
            name: Some("Bob \u{1f600}".to_owned()),
            topics: Some(vec!["billing".to_owned()]),
            expires_at_s: 1_700_000_060,
        };
        let ring = Keyring::hs256(SECRET);
        assert_eq!(ring.verify(&ring.sign(&claims).unwrap(), NOW_MS), Ok(claims));
    }

    #[test]
    fn a_token_of_another_library_is_read() {
        // Made with Python: {"sub":"ann","role":"client","exp":4102444800}, secret `an honest secret of 32 bytes....`.
        let token = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbm4iLCJyb2xlIjoiY2xpZW50IiwiZXhwIjo0MTAyNDQ0ODAwfQ.YrwszQdy2IEJN781HTPWdu9KfJsICLh1gzZRKsfKu-8";
        assert_eq!(Keyring::hs256(SECRET).verify(token, NOW_MS).unwrap().subject, "ann");
    }

    #[test]
    fn a_client_may_name_no_company_and_others_must() {
        assert_eq!(verify(client()).unwrap().company, None);
        for role in ["employee", "admin"] {
            assert_eq!(verify(client_with("role", json!(role))), Err(TokenError::NoCompany));
        }
    }

    #[test]
    fn an_unknown_claim_is_no_matter() {
        let mut claims = client_with("aud", json!([1]));
        claims["iss"] = json!({});
        claims["hobby"] = json!("chess");
        assert!(verify(claims).is_ok());
    }

    #[test]
    fn another_secret_or_a_changed_claim_does_not_match() {
        let good = token(json!({"alg": "HS256"}), client());
        assert_eq!(Keyring::hs256(b"other").verify(&good, NOW_MS), Err(TokenError::Signature));
        let other = token(json!({"alg": "HS256"}), client_with("sub", json!("eve")));
        let (message, _) = other.rsplit_once('.').unwrap();
        let (_, signature) = good.rsplit_once('.').unwrap();
        let forged = format!("{message}.{signature}");
        let ring = Keyring::hs256(SECRET);
        assert_eq!(ring.verify(&forged, NOW_MS), Err(TokenError::Signature));
        assert_eq!(ring.verify(&format!("{message}."), NOW_MS), Err(TokenError::Signature));
    }

    #[test]
    fn only_the_algorithm_that_the_key_is_for_is_taken() {
        for algorithm in ["none", "None", "HS384", "HS512", "RS256", "EdDSA", "hs256", ""] {
            let token = token(json!({"alg": algorithm}), client());
            let refused = Keyring::hs256(SECRET).verify(&token, NOW_MS);
            assert_eq!(refused, Err(TokenError::Algorithm), "{algorithm}");
        }
    }

    #[test]
    fn a_critical_extension_is_refused() {
        let token = token(json!({"alg": "HS256", "crit": ["b64"], "b64": false}), client());
        let refused = Keyring::hs256(SECRET).verify(&token, NOW_MS);
        assert_eq!(refused, Err(TokenError::CriticalExtension));
    }

    #[test]
    fn what_is_no_jwt_is_refused() {
        let ring = Keyring::hs256(SECRET);
        let four_parts = format!("{}.x", token(json!({"alg": "HS256"}), client()));
        let array = token_of(json!({"alg": "HS256"}), "[]");
        for text in ["", ".", "..", "a.b.c", "a.b", "é.é.é", "bm8.bm8.bm8", &array] {
            assert_eq!(ring.verify(text, NOW_MS), Err(TokenError::Malformed), "{text}");
        }
        assert!(ring.verify(&four_parts, NOW_MS).is_err());
    }

    #[test]
    fn a_token_ends_at_its_exp_to_the_millisecond() {
        let token = token(json!({"alg": "HS256"}), client());
        let ring = Keyring::hs256(SECRET);
        assert!(ring.verify(&token, 1_700_000_059_999).is_ok());
        assert_eq!(ring.verify(&token, 1_700_000_060_000), Err(TokenError::Expired));
    }

    #[test]
    fn a_token_is_not_taken_before_its_nbf() {
        assert!(verify(client_with("nbf", json!(1_700_000_000))).is_ok());
        assert!(verify(client_with("nbf", Value::Null)).is_ok());
        for nbf in [json!(1_700_000_001), json!(1_700_000_000.5), json!(1e300)] {
            assert_eq!(verify(client_with("nbf", nbf)), Err(TokenError::NotYetValid));
        }
        assert!(matches!(verify(client_with("nbf", json!("soon"))), Err(TokenError::BadClaim { claim: "nbf", .. })));
    }

    #[test]
    fn nothing_is_signed_that_would_be_refused() {
        let mut claims = Claims::read(client().as_object().unwrap()).unwrap();
        claims.role = Role::Admin;
        assert_eq!(Keyring::hs256(SECRET).sign(&claims), Err(TokenError::NoCompany));
    }
}

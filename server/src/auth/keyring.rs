//! The keyring: checks tokens, and signs them with the shared secret.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::key::VerificationKey;
use super::key_source::LiveKeys;
use super::parts::{read_header, read_part};
use super::{Claims, Rules, Signer, TokenError, claims};

/// The keys and rules that tokens are checked with.
pub struct Keyring {
    rules: Rules,
    secret: Option<VerificationKey>,
    signer: Option<Signer>,
    sources: Vec<LiveKeys>,
}

impl Keyring {
    /// An empty ring, which accepts no token.
    pub const fn new(rules: Rules) -> Self {
        Self { rules, secret: None, signer: None, sources: Vec::new() }
    }

    /// A ring of one shared secret, for HS256.
    pub fn hs256(secret: &[u8]) -> Self {
        Self::new(Rules::default()).with_secret(secret)
    }

    /// Adds a shared secret, for HS256.
    #[must_use]
    pub(crate) fn with_secret(mut self, secret: &[u8]) -> Self {
        self.secret = Some(VerificationKey::secret(secret));
        self.signer = Some(Signer::hs256(secret));
        self
    }

    /// Adds a source of public keys; changes of the source take effect at once.
    #[must_use]
    pub fn with_keys(mut self, keys: LiveKeys) -> Self {
        self.sources.push(keys);
        self
    }

    /// Like [`Keyring::verify`], but a token with an unknown key first causes a request for new keys. Such requests are
    /// rare and short.
    ///
    /// # Errors
    /// Those of [`Keyring::verify`].
    pub async fn verify_or_ask(&self, token: &str, now_ms: u64) -> Result<Claims, TokenError> {
        let verified = self.verify(token, now_ms);
        if verified != Err(TokenError::UnknownKey) {
            return verified;
        }
        for source in &self.sources {
            source.ask().await;
        }
        self.verify(token, now_ms)
    }

    /// Checks a token at the time `now_ms` (milliseconds since 1970), and returns its claims.
    ///
    /// # Errors
    /// The signature is checked before any claim, so that a stranger learns nothing by guessing claims.
    pub fn verify(&self, token: &str, now_ms: u64) -> Result<Claims, TokenError> {
        let (message, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (header, payload) = message.split_once('.').ok_or(TokenError::Malformed)?;
        self.must_be_signed(header, message, signature)?;
        let claims = read_part(payload)?;
        let leeway_ms = self.rules.leeway_ms();
        let latest_ms = now_ms.saturating_add(leeway_ms);
        if claims::not_before_ms(&claims)?.is_some_and(|begins_ms| latest_ms < begins_ms) {
            return Err(TokenError::NotYetValid);
        }
        self.rules.check(&claims)?;
        let claims = Claims::read(&claims, latest_ms)?;
        if self.ends_at_ms(&claims) <= now_ms {
            return Err(TokenError::Expired);
        }
        Ok(claims)
    }

    /// Refuses a token that no key has signed. A key is used for its own algorithm only, so a header cannot misuse one.
    fn must_be_signed(&self, header: &str, message: &str, signature: &str) -> Result<(), TokenError> {
        let (algorithm, wanted) = read_header(header)?;
        let wanted = wanted.as_deref();
        let sets: Vec<_> = self.sources.iter().map(LiveKeys::now).collect();
        let all = || self.secret.iter().chain(sets.iter().flat_map(|set| set.iter()));
        let mut of_algorithm = all().filter(|key| key.algorithm == algorithm).peekable();
        let is_learning = !self.sources.is_empty();
        let names_a_key = all().any(|key| wanted.is_none() || key.id.as_deref() == wanted);
        if of_algorithm.peek().is_none() {
            return Err(if is_learning && !names_a_key { TokenError::UnknownKey } else { TokenError::Algorithm });
        }
        let mut named = of_algorithm.filter(|key| key.may_have_id(wanted)).peekable();
        if named.peek().is_none() {
            return Err(if names_a_key { TokenError::Signature } else { TokenError::UnknownKey });
        }
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| TokenError::Signature)?;
        if named.any(|key| key.has_signed(message.as_bytes(), &signature)) {
            Ok(())
        } else {
            Err(TokenError::Signature)
        }
    }

    /// The time when a token expires and its sockets are closed, leeway included. The check of a token uses the same
    /// time, because otherwise a socket could be admitted and closed at once.
    pub const fn ends_at_ms(&self, claims: &Claims) -> u64 {
        claims.expires_at_s.saturating_mul(1000).saturating_add(self.rules.leeway_ms())
    }

    /// Signs a token with the shared secret.
    ///
    /// # Errors
    /// The claims have a form that [`Keyring::verify`] would refuse, or the ring has no secret.
    pub fn sign(&self, claims: &Claims) -> Result<String, TokenError> {
        self.signer.as_ref().ok_or(TokenError::Signing)?.sign(claims, &self.rules)
    }
}

#[cfg(test)]
mod tests {
    use switchboard_wire::Scope;
    use switchboard_wire::claims::{BadClaims, Role};

    use super::*;

    const SECRET: &[u8] = b"an honest secret of 32 bytes....";
    const NOW_MS: u64 = 1_700_000_000_000;

    fn employee() -> Claims {
        Claims {
            subject: "bo~b.1_@x-y".to_owned(),
            role: Role::Employee,
            company: Some("acme".to_owned()),
            name: Some("Bob \u{1f600}".to_owned()),
            topics: Some(vec!["billing".to_owned()]),
            skills: None,
            priority: None,
            scope: None,
            issued_at_ms: Some(1_699_999_999_123),
            expires_at_s: 1_700_000_060,
        }
    }

    #[test]
    fn a_token_says_who_comes() {
        let admin = Claims { role: Role::Admin, ..employee() }.with_scope(Scope::Manage);
        let ring = Keyring::hs256(SECRET);
        for claims in [employee(), admin] {
            assert_eq!(ring.verify(&ring.sign(&claims).unwrap(), NOW_MS), Ok(claims));
        }
    }

    #[test]
    fn a_token_of_another_library_is_read() {
        // Made with Python: {"sub":"ann","role":"client","exp":4102444800}, secret `an honest secret of 32 bytes....`.
        let token = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbm4iLCJyb2xlIjoiY2xpZW50IiwiZXhwIjo0MTAyNDQ0ODAwfQ.YrwszQdy2IEJN781HTPWdu9KfJsICLh1gzZRKsfKu-8";
        assert_eq!(Keyring::hs256(SECRET).verify(token, NOW_MS).unwrap().subject, "ann");
    }

    #[test]
    fn a_token_ends_at_its_exp_to_the_millisecond() {
        let ring = Keyring::hs256(SECRET);
        let token = ring.sign(&employee()).unwrap();
        assert!(ring.verify(&token, 1_700_000_059_999).is_ok());
        assert_eq!(ring.verify(&token, 1_700_000_060_000), Err(TokenError::Expired));
    }

    #[test]
    fn nothing_is_signed_that_would_be_refused() {
        let claims = Claims { company: None, ..employee() };
        assert_eq!(Keyring::hs256(SECRET).sign(&claims), Err(BadClaims::NoCompany.into()));
    }
}

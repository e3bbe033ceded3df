//! A key that tokens are checked with, bound to one algorithm.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

/// The algorithms of signatures that are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    /// HMAC with a shared secret.
    Hs256,
    /// RSA, PKCS #1 v1.5.
    Rs256,
    /// ECDSA on P-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// The algorithm of that name in a header or a key. `EdDSA` has the newer name `Ed25519` (RFC 9864).
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "HS256" => Some(Self::Hs256),
            "RS256" => Some(Self::Rs256),
            "ES256" => Some(Self::Es256),
            "EdDSA" | "Ed25519" => Some(Self::EdDsa),
            _ => None,
        }
    }

    /// The name that a header has.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }
}

/// A key and its one algorithm, so that a token's header never chooses how the key is used.
pub(super) struct VerificationKey {
    pub(super) algorithm: Algorithm,
    pub(super) id: Option<String>,
    verifying: Verifying,
}

enum Verifying {
    Secret(Box<hmac::Key>),
    Public(ParsedPublicKey),
}

impl VerificationKey {
    /// A shared secret, for HS256.
    pub(super) fn secret(secret: &[u8]) -> Self {
        let verifying = Verifying::Secret(Box::new(hmac::Key::new(hmac::HMAC_SHA256, secret)));
        Self { algorithm: Algorithm::Hs256, id: None, verifying }
    }

    /// Whether a token that names that id, or none, may be signed with this key.
    pub(super) fn may_have_id(&self, wanted: Option<&str>) -> bool {
        match (&self.id, wanted) {
            (Some(id), Some(wanted)) => id == wanted,
            _ => true,
        }
    }

    /// Whether this key signed the message. Digests are compared in constant time.
    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.verifying {
            Verifying::Secret(key) => hmac::verify(key, message, signature).is_ok(),
            Verifying::Public(key) => key.verify_sig(message, signature).is_ok(),
        }
    }

    /// A public key in the form of a key set (RFC 7517).
    ///
    /// # Errors
    /// The reason why tokens cannot be checked with this key here.
    pub(super) fn of_jwk(jwk: Jwk) -> Result<Self, &'static str> {
        if jwk.usage.as_deref().is_some_and(|usage| usage != "sig")
            || jwk.key_ops.as_ref().is_some_and(|operations| !operations.iter().any(|operation| operation == "verify"))
        {
            return Err("it is not for signatures (`use`, `key_ops`)");
        }
        let (algorithm, key) = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", None) => (Algorithm::Rs256, rsa(&part(jwk.n)?, &part(jwk.e)?)?),
            ("EC", Some("P-256")) => (Algorithm::Es256, p256(&part(jwk.x)?, &part(jwk.y)?)?),
            ("OKP", Some("Ed25519")) => (Algorithm::EdDsa, ed25519(&part(jwk.x)?)?),
            ("oct", _) => return Err("a shared secret belongs in `jwt_secret`, not in a set of public keys"),
            _ => return Err("its `kty` and `crv` are not RSA, EC with P-256 or OKP with Ed25519"),
        };
        if jwk.alg.is_some_and(|alg| Algorithm::named(&alg) != Some(algorithm)) {
            return Err("its `alg` is not RS256 for RSA, ES256 for P-256 or EdDSA for Ed25519");
        }
        Ok(Self { algorithm, id: jwk.kid, verifying: Verifying::Public(key) })
    }

    /// A public key in DER, of any of the three kinds (RFC 5280, `SubjectPublicKeyInfo`).
    ///
    /// # Errors
    /// The key is of another kind.
    pub(super) fn of_public_key(der: &[u8]) -> Result<Self, &'static str> {
        let public = |algorithm, key| Self { algorithm, id: None, verifying: Verifying::Public(key) };
        if let Ok(key) = ParsedPublicKey::new(&ED25519, der) {
            return Ok(public(Algorithm::EdDsa, key));
        }
        if let Ok(key) = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, der) {
            return Ok(public(Algorithm::Es256, key));
        }
        let key = aws_lc_rs::rsa::PublicKey::from_der(der).map_err(|_| "it is not an RSA, P-256 or Ed25519 key")?;
        let (n, e) = (key.modulus(), key.exponent());
        let key = rsa(n.big_endian_without_leading_zero(), e.big_endian_without_leading_zero())?;
        Ok(public(Algorithm::Rs256, key))
    }
}

/// A key of a set, as JSON (RFC 7517, 7518, 8037). Other fields are ignored.
#[derive(Deserialize)]
pub(super) struct Jwk {
    kty: String,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    pub(super) kid: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

/// Bits of an RSA key: the least of RFC 7518, section 3.3, and the most because checks with longer keys take too long.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

fn part(part: Option<String>) -> Result<Vec<u8>, &'static str> {
    let part = part.ok_or("a part of the key is missing (`n`, `e`, `x` or `y`)")?;
    URL_SAFE_NO_PAD.decode(part).map_err(|_| "a part of the key is not base64url")
}

fn rsa(n: &[u8], e: &[u8]) -> Result<ParsedPublicKey, &'static str> {
    let without_zeros = |number: &[u8]| number.iter().copied().skip_while(|byte| *byte == 0).collect::<Vec<u8>>();
    let (n, e) = (without_zeros(n), without_zeros(e));
    let bits = n.first().map_or(0, |first| n.len() * 8 - first.leading_zeros() as usize);
    if !RSA_BITS.contains(&bits) {
        return Err("an RSA key must have 2048 to 8192 bits");
    }
    let key = RsaPublicKeyComponents { n, e }.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256);
    key.map_err(|_| "it is not an RSA key")
}

fn p256(x: &[u8], y: &[u8]) -> Result<ParsedPublicKey, &'static str> {
    if x.len() != 32 || y.len() != 32 {
        return Err("`x` and `y` of a P-256 key have 32 bytes each");
    }
    let point = [&[4], x, y].concat();
    ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).map_err(|_| "`x` and `y` are not a point on P-256")
}

fn ed25519(x: &[u8]) -> Result<ParsedPublicKey, &'static str> {
    if x.len() != 32 {
        return Err("`x` of an Ed25519 key has 32 bytes");
    }
    ParsedPublicKey::new(&ED25519, x).map_err(|_| "it is not an Ed25519 key")
}

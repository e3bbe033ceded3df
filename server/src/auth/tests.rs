//! Tests of tokens of every algorithm that another library signs, and of the keys that they are checked with.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::*;

const NOW_MS: u64 = 1_700_000_000_000;

/// A key pair in all forms: for the other library, for a key set, and in DER.
pub(super) struct Pair {
    pub(super) algorithm: Algorithm,
    signing: EncodingKey,
    pub(super) jwk: Value,
    pub(super) public_der: Vec<u8>,
    pub(super) private_der: Vec<u8>,
}

fn b64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(super) fn ed25519() -> Pair {
    let private = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    let key = Ed25519KeyPair::from_pkcs8(private.as_ref()).unwrap();
    let public: PublicKeyX509Der<'_> = key.public_key().as_der().unwrap();
    Pair {
        algorithm: Algorithm::EdDSA,
        signing: EncodingKey::from_ed_der(private.as_ref()),
        jwk: json!({"kty": "OKP", "crv": "Ed25519", "x": b64(key.public_key().as_ref())}),
        public_der: public.as_ref().to_vec(),
        private_der: private.as_ref().to_vec(),
    }
}

pub(super) fn p256() -> Pair {
    let private = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, private.as_ref()).unwrap();
    let public: PublicKeyX509Der<'_> = key.public_key().as_der().unwrap();
    let (x, y) = key.public_key().as_ref()[1..].split_at(32);
    Pair {
        algorithm: Algorithm::ES256,
        signing: EncodingKey::from_ec_der(private.as_ref()),
        jwk: json!({"kty": "EC", "crv": "P-256", "x": b64(x), "y": b64(y)}),
        public_der: public.as_ref().to_vec(),
        private_der: private.as_ref().to_vec(),
    }
}

pub(super) fn rsa(size: KeySize) -> Pair {
    let key = RsaKeyPair::generate(size).unwrap();
    let private: Pkcs8V1Der<'_> = key.as_der().unwrap();
    let public: PublicKeyX509Der<'_> = key.public_key().as_der().unwrap();
    let (n, e) = (key.public_key().modulus(), key.public_key().exponent());
    // The other library expects the key without the 26 bytes of the PKCS #8 header.
    let bare = &private.as_ref()[26..];
    Pair {
        algorithm: Algorithm::RS256,
        signing: EncodingKey::from_rsa_der(bare),
        jwk: json!({
            "kty": "RSA", "n": b64(n.big_endian_without_leading_zero()), "e": b64(e.big_endian_without_leading_zero())
        }),
        public_der: public.as_ref().to_vec(),
        private_der: private.as_ref().to_vec(),
    }
}

pub(super) fn all() -> [Pair; 3] {
    [ed25519(), p256(), rsa(KeySize::Rsa2048)]
}

impl Pair {
    pub(super) fn named(&self, kid: &str) -> Value {
        let mut jwk = self.jwk.clone();
        jwk["kid"] = json!(kid);
        jwk
    }

    fn token(&self, kid: Option<&str>) -> String {
        self.token_of(kid, &json!({"sub": "ann", "role": "client", "exp": 1_700_000_060}))
    }

    fn token_of(&self, kid: Option<&str>, claims: &Value) -> String {
        let _installed = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
        let mut header = Header::new(self.algorithm);
        header.kid = kid.map(str::to_owned);
        jsonwebtoken::encode(&header, claims, &self.signing).unwrap()
    }
}

pub(super) fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

fn set(keys: &[Value]) -> KeySet {
    KeySet::read(&json!({ "keys": keys }).to_string()).unwrap()
}

pub(super) fn ring(keys: &[Value]) -> Keyring {
    let live = LiveKeys::default();
    live.replace(set(keys));
    Keyring::new(Rules::default()).with_keys(live)
}

#[test]
fn a_token_of_every_algorithm_is_read() {
    for pair in all() {
        let ring = ring(&[pair.named("k")]);
        for kid in [None, Some("k")] {
            assert_eq!(ring.verify(&pair.token(kid), NOW_MS).unwrap().subject, "ann", "{:?}", pair.algorithm);
        }
        let live = LiveKeys::default();
        live.replace(KeySet::read(&pem("PUBLIC KEY", &pair.public_der)).unwrap());
        let of_pem = Keyring::new(Rules::default()).with_keys(live);
        assert!(of_pem.verify(&pair.token(Some("any")), NOW_MS).is_ok(), "{:?} in PEM", pair.algorithm);
    }
}

#[test]
fn what_a_private_key_signs_here_is_read_here() {
    let rules = Rules { audience: Some("board".into()), issuer: Some("us".into()), leeway_s: 0 };
    for pair in all() {
        let claims = ring(std::slice::from_ref(&pair.jwk)).verify(&pair.token(None), NOW_MS).unwrap();
        let signer = Signer::of_pem(&pem("PRIVATE KEY", &pair.private_der), Some("k".into())).unwrap();
        let token = signer.sign(&claims, &rules).unwrap();
        let live = LiveKeys::default();
        live.replace(set(&[pair.named("k")]));
        let ring = Keyring::new(rules.clone()).with_keys(live);
        assert_eq!(ring.verify(&token, NOW_MS), Ok(claims), "{:?}", pair.algorithm);
    }
    assert!(Signer::of_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", None).is_err());
}

#[test]
fn several_keys_are_good_at_once_and_each_for_its_own_tokens() {
    let (one, other, stranger) = (ed25519(), ed25519(), ed25519());
    let ring = ring(&[one.named("one"), other.named("other"), p256().named("third")]);
    assert!(ring.verify(&one.token(Some("one")), NOW_MS).is_ok());
    assert!(ring.verify(&other.token(Some("other")), NOW_MS).is_ok());
    assert!(ring.verify(&other.token(None), NOW_MS).is_ok(), "without an id every key of the algorithm is tried");
    assert_eq!(ring.verify(&one.token(Some("other")), NOW_MS), Err(TokenError::Signature));
    assert_eq!(ring.verify(&one.token(Some("third")), NOW_MS), Err(TokenError::Signature));
    assert_eq!(ring.verify(&one.token(Some("fourth")), NOW_MS), Err(TokenError::UnknownKey));
    assert_eq!(ring.verify(&stranger.token(None), NOW_MS), Err(TokenError::Signature));
    assert_eq!(ring.verify(&stranger.token(Some("one")), NOW_MS), Err(TokenError::Signature));
}

#[test]
fn a_key_that_is_weak_or_for_something_else_is_passed_over() {
    let p384 = EcdsaKeyPair::from_pkcs8(
        &ECDSA_P384_SHA384_FIXED_SIGNING,
        EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &SystemRandom::new()).unwrap().as_ref(),
    )
    .unwrap();
    let (x, y) = p384.public_key().as_ref()[1..].split_at(48);
    let with = |pair: &Pair, field: &str, value: Value| {
        let mut jwk = pair.jwk.clone();
        jwk[field] = value;
        jwk
    };
    let (ed, ec, big) = (ed25519(), p256(), rsa(KeySize::Rsa2048));
    let weak = b64(&[0xff; 128]);
    for bad in [
        json!({"kty": "EC", "crv": "P-384", "x": b64(x), "y": b64(y)}),
        json!({"kty": "EC", "crv": "P-256", "x": b64(x), "y": b64(y)}),
        json!({"kty": "oct", "k": b64(b"an honest secret of 32 bytes....")}),
        json!({"kty": "RSA", "n": weak, "e": "AQAB"}),
        with(&ec, "x", json!(b64(&[1; 32]))),
        with(&ec, "crv", json!("Ed25519")),
        with(&ec, "alg", json!("HS256")),
        with(&ec, "use", json!("enc")),
        with(&ed, "crv", json!("Ed448")),
        with(&ed, "alg", json!("ES256")),
        with(&ed, "key_ops", json!(["sign"])),
        with(&ed, "x", json!("AAAA")),
        with(&big, "alg", json!("RS512")),
        with(&big, "e", Value::Null),
        json!("no key"),
    ] {
        let refused = KeySet::read(&json!({ "keys": [bad] }).to_string());
        assert!(matches!(refused, Err(BadKeySet::NoneUsable(_))), "{bad}");
        let beside = set(&[bad.clone(), ed.jwk.clone()]);
        assert_eq!((beside.keys.len(), beside.skipped.len()), (1, 1), "{bad}");
    }
    for text in ["", "{}", "[]", "-----BEGIN PUBLIC KEY-----\n!\n-----END PUBLIC KEY-----\n"] {
        assert!(KeySet::read(text).is_err(), "{text}");
    }
    let many = json!({ "keys": vec![ed.jwk.clone(); 65] }).to_string();
    assert_eq!(KeySet::read(&many).err(), Some(BadKeySet::TooMany));
}

#[test]
fn a_key_that_was_taken_from_the_set_is_good_no_more() {
    let (old, new) = (ed25519(), ed25519());
    let live = LiveKeys::default();
    live.replace(set(&[old.named("old"), new.named("new")]));
    let ring = Keyring::new(Rules::default()).with_keys(live.clone());
    assert!(ring.verify(&old.token(Some("old")), NOW_MS).is_ok());
    live.replace(set(&[new.named("new")]));
    assert_eq!(ring.verify(&old.token(Some("old")), NOW_MS), Err(TokenError::UnknownKey));
    assert_eq!(ring.verify(&old.token(None), NOW_MS), Err(TokenError::Signature));
    assert!(ring.verify(&new.token(Some("new")), NOW_MS).is_ok());
}

#[test]
fn the_leeway_counts_at_both_ends() {
    let pair = ed25519();
    let live = LiveKeys::default();
    live.replace(set(std::slice::from_ref(&pair.jwk)));
    let ring = Keyring::new(Rules { leeway_s: 5, ..Rules::default() }).with_keys(live);
    let claims = json!({"sub": "ann", "role": "client", "nbf": 1_700_000_000, "exp": 1_700_000_060});
    let token = pair.token_of(None, &claims);
    assert_eq!(ring.verify(&token, NOW_MS - 5_001), Err(TokenError::NotYetValid));
    let taken = ring.verify(&token, NOW_MS - 5_000).unwrap();
    assert_eq!(ring.ends_at_ms(&taken), NOW_MS + 65_000);
    assert!(ring.verify(&token, NOW_MS + 64_999).is_ok());
    assert_eq!(ring.verify(&token, NOW_MS + 65_000), Err(TokenError::Expired));
}

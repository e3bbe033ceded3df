//! Tests of signatures made without the key, or with the key in a way that its one algorithm does not allow.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256,
    RsaEncoding, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::odd_tokens::{CLAIMS, answer, b64, sealed};
use super::tests::{Pair, all, ed25519, p256, pem, ring, rsa};
use super::*;

/// Orders of the groups: P-256 in big-endian, Ed25519 in little-endian order of bytes.
const P256_ORDER: &str = "_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE";
const ED25519_ORDER: &str = "7dP1XBpjEljWnPei3vneFAAAAAAAAAAAAAAAAAAAABA";

fn message(header: &Value) -> String {
    format!("{}.{}", b64(header.to_string()), b64(CLAIMS))
}

fn token(header: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let message = message(header);
    let signature = sign(message.as_bytes());
    format!("{message}.{}", b64(signature))
}

/// Forges a signature from the two halves of an honest one.
type Bend<'a> = &'a dyn Fn(&[u8], &[u8]) -> Vec<u8>;

fn with_halves(header: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>, bend: Bend<'_>) -> String {
    token(header, |message| {
        let signature = sign(message);
        let (r, s) = signature.split_at(32);
        bend(r, s)
    })
}

impl Pair {
    fn sign_ed(&self, message: &[u8]) -> Vec<u8> {
        Ed25519KeyPair::from_pkcs8(&self.private_der).unwrap().sign(message).as_ref().to_vec()
    }

    fn sign_ec(&self, algorithm: &'static EcdsaSigningAlgorithm, message: &[u8]) -> Vec<u8> {
        let key = EcdsaKeyPair::from_pkcs8(algorithm, &self.private_der).unwrap();
        key.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
    }

    fn sign_rsa(&self, encoding: &'static dyn RsaEncoding, message: &[u8]) -> Vec<u8> {
        let key = RsaKeyPair::from_pkcs8(&self.private_der).unwrap();
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(encoding, &SystemRandom::new(), message, &mut signature).unwrap();
        signature
    }
}

fn assert_answers(ring: &Keyring, rows: impl IntoIterator<Item = (&'static str, String, &'static str)>) {
    for (name, token, expected) in rows {
        assert_eq!(answer(ring, &token), expected, "{name}: {token}");
    }
}

/// The sum of two numbers of one length in little-endian order; a carry out of the highest byte is dropped.
fn plus(number: &[u8], more: &[u8]) -> Vec<u8> {
    let mut carry = 0;
    let digits = number.iter().zip(more).map(|(one, other)| {
        let sum = u16::from(*one) + u16::from(*other) + carry;
        carry = sum >> 8;
        sum as u8
    });
    digits.collect()
}

/// `whole` minus the number, both of 32 bytes in big-endian order.
fn rest_of(whole: &[u8], number: &[u8]) -> Vec<u8> {
    let mut negative = number.iter().rev().map(|byte| !byte).collect::<Vec<_>>();
    negative = plus(&negative, &[&[1], [0; 31].as_slice()].concat());
    let whole = whole.iter().rev().copied().collect::<Vec<_>>();
    plus(&negative, &whole).into_iter().rev().collect()
}

#[test]
fn a_signature_of_ed25519_is_64_bytes_that_nobody_can_bend() {
    let (key, stranger) = (ed25519(), ed25519());
    let ring = ring(std::slice::from_ref(&key.jwk));
    let order = URL_SAFE_NO_PAD.decode(ED25519_ORDER).unwrap();
    let neutral = [&[1], [0; 31].as_slice()].concat();
    let header = json!({"alg": "EdDSA"});
    let sign = |message: &[u8]| key.sign_ed(message);
    let bent = |bend: Bend<'_>| with_halves(&header, sign, bend);
    assert_answers(
        &ring,
        [
            ("as it should be", token(&header, sign), "client ann"),
            ("by the newer name", token(&json!({"alg": "Ed25519"}), sign), "client ann"),
            ("by another name", token(&json!({"alg": "Ed448"}), sign), "Algorithm"),
            ("as it is, larger by the order", bent(&|r, s| [r, &plus(s, &order)].concat()), "Signature"),
            ("the order alone", bent(&|r, _| [r, &order].concat()), "Signature"),
            ("from the neutral point", bent(&|_, s| [&neutral, s].concat()), "Signature"),
            ("the neutral point and nothing", bent(&|_, _| [neutral.as_slice(), &[0; 32]].concat()), "Signature"),
            ("its halves swapped", bent(&|r, s| [s, r].concat()), "Signature"),
            ("without its end", bent(&|r, s| [r, &s[..31]].concat()), "Signature"),
            ("with a byte more", bent(&|r, s| [r, s, &[0]].concat()), "Signature"),
            ("empty", bent(&|_, _| vec![]), "Signature"),
            ("zeros", bent(&|_, _| vec![0; 64]), "Signature"),
            ("ones", bent(&|_, _| vec![0xff; 64]), "Signature"),
            ("of a stranger", token(&header, |message| stranger.sign_ed(message)), "Signature"),
        ],
    );
}

#[test]
fn a_signature_of_p256_is_two_numbers_of_32_bytes() {
    let (key, stranger) = (p256(), p256());
    let ring = ring(std::slice::from_ref(&key.jwk));
    let order = URL_SAFE_NO_PAD.decode(P256_ORDER).unwrap();
    let header = json!({"alg": "ES256"});
    let fixed = |message: &[u8]| key.sign_ec(&ECDSA_P256_SHA256_FIXED_SIGNING, message);
    let bent = |bend: Bend<'_>| with_halves(&header, fixed, bend);
    let p384 = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
    let longer = |message: &[u8]| p384.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec();
    assert_answers(
        &ring,
        [
            ("as it should be", token(&header, fixed), "client ann"),
            // FIPS 186 allows either second number, and RFC 7518 prefers none. The claims are the same.
            ("with the other second number", bent(&|r, s| [r, &rest_of(&order, s)].concat()), "client ann"),
            ("in DER", token(&header, |text| key.sign_ec(&ECDSA_P256_SHA256_ASN1_SIGNING, text)), "Signature"),
            ("zeros", bent(&|_, _| vec![0; 64]), "Signature"),
            ("a first number of zero", bent(&|_, s| [&[0; 32], s].concat()), "Signature"),
            ("a second number of zero", bent(&|r, _| [r, &[0; 32]].concat()), "Signature"),
            ("the order twice", bent(&|_, _| [order.as_slice(), &order].concat()), "Signature"),
            ("the order as its end", bent(&|r, _| [r, &order].concat()), "Signature"),
            ("its halves swapped", bent(&|r, s| [s, r].concat()), "Signature"),
            ("without its end", bent(&|r, s| [r, &s[..31]].concat()), "Signature"),
            ("with a zero before each number", bent(&|r, s| [&[0], r, &[0], s].concat()), "Signature"),
            ("with a byte more", bent(&|r, s| [r, s, &[0]].concat()), "Signature"),
            ("empty", bent(&|_, _| vec![]), "Signature"),
            ("of a longer curve", token(&header, longer), "Signature"),
            ("of a longer curve, named", token(&json!({"alg": "ES384"}), longer), "Algorithm"),
            ("by another curve's name", token(&json!({"alg": "ES256K"}), fixed), "Algorithm"),
            (
                "of a stranger",
                token(&header, |text| stranger.sign_ec(&ECDSA_P256_SHA256_FIXED_SIGNING, text)),
                "Signature",
            ),
        ],
    );
}

#[test]
fn a_signature_of_rsa_is_padded_in_one_way_and_as_long_as_the_key() {
    let (key, stranger) = (rsa(KeySize::Rsa2048), rsa(KeySize::Rsa2048));
    let ring = ring(std::slice::from_ref(&key.jwk));
    let modulus = URL_SAFE_NO_PAD.decode(key.jwk["n"].as_str().unwrap()).unwrap();
    let header = json!({"alg": "RS256"});
    let named = |alg: &str, encoding| token(&json!({ "alg": alg }), |message| key.sign_rsa(encoding, message));
    let bent =
        |bend: &dyn Fn(Vec<u8>) -> Vec<u8>| token(&header, |message| bend(key.sign_rsa(&RSA_PKCS1_SHA256, message)));
    assert_answers(
        &ring,
        [
            ("as it should be", named("RS256", &RSA_PKCS1_SHA256), "client ann"),
            ("of a longer digest", named("RS256", &RSA_PKCS1_SHA384), "Signature"),
            ("of a longer digest, named", named("RS384", &RSA_PKCS1_SHA384), "Algorithm"),
            ("of the longest digest, named", named("RS512", &RSA_PKCS1_SHA512), "Algorithm"),
            ("padded in the other way", named("RS256", &RSA_PSS_SHA256), "Signature"),
            ("padded in the other way, named", named("PS256", &RSA_PSS_SHA256), "Algorithm"),
            ("by the other way's name", named("PS256", &RSA_PKCS1_SHA256), "Algorithm"),
            ("with a zero before it", bent(&|signature| [&[0], signature.as_slice()].concat()), "Signature"),
            ("with a zero behind it", bent(&|signature| [signature.as_slice(), &[0]].concat()), "Signature"),
            ("without its end", bent(&|signature| signature[..255].to_vec()), "Signature"),
            ("empty", bent(&|_| vec![]), "Signature"),
            ("zero", bent(&|_| vec![0; 256]), "Signature"),
            ("one", bent(&|_| [[0; 255].as_slice(), &[1]].concat()), "Signature"),
            ("the modulus", bent(&|_| modulus.clone()), "Signature"),
            ("larger than the modulus", bent(&|_| vec![0xff; 256]), "Signature"),
            ("of a stranger", token(&header, |message| stranger.sign_rsa(&RSA_PKCS1_SHA256, message)), "Signature"),
        ],
    );
}

#[test]
fn a_public_key_is_no_secret_to_sign_with() {
    for pair in all() {
        let public = ring(&[pair.named("k")]);
        let with_secret = ring(&[pair.named("k")]).with_secret(b"an honest secret of 32 bytes....");
        let pem = pem("PUBLIC KEY", &pair.public_der);
        let bytes = ["n", "x"].into_iter().find_map(|part| pair.jwk[part].as_str()).unwrap();
        for secret in [
            pair.public_der.clone(),
            pem.trim().into(),
            pem.into(),
            STANDARD.encode(&pair.public_der).into(),
            pair.jwk.to_string().into(),
            bytes.into(),
            URL_SAFE_NO_PAD.decode(bytes).unwrap(),
            vec![],
        ] {
            for header in [json!({"alg": "HS256"}), json!({"alg": "HS256", "kid": "k"})] {
                let forged = sealed(&secret, &message(&header));
                assert_eq!(answer(&public, &forged), "Algorithm", "{:?} {header}", pair.algorithm);
                assert_eq!(answer(&with_secret, &forged), "Signature", "{:?} {header}", pair.algorithm);
            }
        }
    }
}

#[test]
fn a_header_chooses_among_our_keys_and_brings_none() {
    let (ed, ec, stranger) = (ed25519(), p256(), ed25519());
    let ring = ring(&[ed.named("ed"), ec.named("ec")]);
    let of = |pair: &Pair, header: &str| {
        let message = format!("{}.{}", b64(header), b64(CLAIMS));
        format!("{message}.{}", b64(pair.sign_ed(message.as_bytes())))
    };
    let text = |header: &str| of(&ed, header);
    assert_answers(
        &ring,
        [
            ("without an id", text(r#"{"alg":"EdDSA"}"#), "client ann"),
            ("its id", text(r#"{"alg":"EdDSA","kid":"ed"}"#), "client ann"),
            ("the other's id", text(r#"{"alg":"EdDSA","kid":"ec"}"#), "Signature"),
            ("nobody's id", text(r#"{"alg":"EdDSA","kid":"k"}"#), "UnknownKey"),
            ("an empty id", text(r#"{"alg":"EdDSA","kid":""}"#), "UnknownKey"),
            ("its id in capitals", text(r#"{"alg":"EdDSA","kid":"ED"}"#), "UnknownKey"),
            ("its id and a blank", text(r#"{"alg":"EdDSA","kid":"ed "}"#), "UnknownKey"),
            ("its id and a zero", text(r#"{"alg":"EdDSA","kid":"ed\u0000"}"#), "UnknownKey"),
            ("its id last", text(r#"{"alg":"EdDSA","kid":"k","kid":"ed"}"#), "client ann"),
            ("its id first", text(r#"{"alg":"EdDSA","kid":"ed","kid":"k"}"#), "UnknownKey"),
            ("an id that is no text", text(r#"{"alg":"EdDSA","kid":7}"#), "client ann"),
            ("a list of ids", text(r#"{"alg":"EdDSA","kid":["ec"]}"#), "client ann"),
            ("another key's algorithm", text(r#"{"alg":"ES256"}"#), "Signature"),
            ("another key's algorithm and id", text(r#"{"alg":"ES256","kid":"ec"}"#), "Signature"),
            ("another key's algorithm and its id", text(r#"{"alg":"ES256","kid":"ed"}"#), "Signature"),
            ("no key's algorithm", text(r#"{"alg":"RS256","kid":"ed"}"#), "Algorithm"),
            ("no key's algorithm, nobody's id", text(r#"{"alg":"RS256","kid":"k"}"#), "UnknownKey"),
            ("none", text(r#"{"alg":"none","kid":"ed"}"#), "Algorithm"),
            ("none and no signature", format!("{}.", message(&json!({"alg": "none"}))), "Algorithm"),
            ("a stranger's key", of(&stranger, &json!({"alg": "EdDSA", "jwk": stranger.jwk}).to_string()), "Signature"),
            ("a stranger's keys", of(&stranger, r#"{"alg":"EdDSA","jku":"http://127.0.0.1:1/keys"}"#), "Signature"),
            ("where a certificate is", of(&stranger, r#"{"alg":"EdDSA","x5u":"http://127.0.0.1:1/"}"#), "Signature"),
            (
                "a certificate",
                of(&stranger, &json!({"alg": "EdDSA", "x5c": [STANDARD.encode(&stranger.public_der)]}).to_string()),
                "Signature",
            ),
        ],
    );
}

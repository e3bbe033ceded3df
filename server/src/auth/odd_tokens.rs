//! Tests of tokens that attackers and careless issuers write, each with its exact answer.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::*;

const SECRET: &[u8] = b"an honest secret of 32 bytes....";
pub(super) const NOW_MS: u64 = 1_700_000_000_000;
const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;
pub(super) const CLAIMS: &str = r#"{"sub":"ann","role":"client","exp":1700000060}"#;

pub(super) fn b64(text: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// A token with this header and these claims, signed with the secret.
fn signed(header: impl AsRef<[u8]>, claims: impl AsRef<[u8]>) -> String {
    sealed(SECRET, &format!("{}.{}", b64(header), b64(claims)))
}

pub(super) fn sealed(secret: &[u8], message: &str) -> String {
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
    format!("{message}.{}", b64(signature.as_ref()))
}

/// The person that a token lets in, or the reason for its refusal.
pub(super) fn answer(ring: &Keyring, token: &str) -> String {
    match ring.verify(token, NOW_MS) {
        Ok(Claims { role, subject, company, scope, .. }) => {
            let company = company.map(|company| format!(" of {company}")).unwrap_or_default();
            let scope = scope.map(|scope| format!(" to {}", scope.word())).unwrap_or_default();
            format!("{role} {subject}{company}{scope}")
        }
        Err(TokenError::Claims(BadClaims::Form { claim, .. })) => format!("bad {claim}"),
        Err(TokenError::Claims(BadClaims::Missing(claim))) => format!("no {claim}"),
        Err(TokenError::Claims(BadClaims::NoCompany)) => "NoCompany".to_owned(),
        Err(other) => format!("{other:?}"),
    }
}

/// Good claims, with these claims merged in.
fn with(others: &str) -> String {
    let mut claims: Map<String, Value> = serde_json::from_str(CLAIMS).unwrap();
    claims.extend(serde_json::from_str::<Map<_, _>>(others).unwrap());
    Value::Object(claims).to_string()
}

#[test]
fn every_token_of_the_table_has_its_answer() {
    let ring = Keyring::hs256(SECRET);
    let late = Keyring::new(Rules { leeway_s: 5, ..Rules::default() }).with_secret(SECRET);
    let rules = Rules { audience: Some("board".into()), issuer: Some("https://issuer".into()), leeway_s: 0 };
    let ours = Keyring::new(rules).with_secret(SECRET);
    for line in include_str!("odd_tokens.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (kind, row) = line.split_once("  ").unwrap();
        let (text, expected) = row.rsplit_once("  ").unwrap();
        let text = text.trim();
        let found = match kind {
            "header" => answer(&ring, &signed(text, CLAIMS)),
            "claims" => answer(&ring, &signed(HEADER, text)),
            "with" => answer(&ring, &signed(HEADER, with(text))),
            "late" => answer(&late, &signed(HEADER, with(text))),
            "ours" => answer(&ours, &signed(HEADER, with(text))),
            _ => panic!("{line}"),
        };
        assert_eq!(found, expected, "{line}");
    }
}

#[test]
fn no_header_counts_without_a_signature() {
    let ring = Keyring::hs256(SECRET);
    for header in include_str!("odd_tokens.txt").lines().filter_map(|line| line.strip_prefix("header ")) {
        let (header, expected) = header.rsplit_once("  ").unwrap();
        let expected = if expected == "client ann" { "Signature" } else { expected };
        let message = format!("{}.{}", b64(header.trim()), b64(CLAIMS));
        for signature in [String::new(), b64([0; 32])] {
            assert_eq!(answer(&ring, &format!("{message}.{signature}")), expected, "{header}");
        }
        assert_eq!(answer(&ring, &message), "Malformed", "{header}");
    }
}

#[test]
fn a_token_has_three_parts_each_written_in_one_way() {
    let ring = Keyring::hs256(SECRET);
    let good = signed(HEADER, CLAIMS);
    let [header, claims, signature] = good.split('.').collect::<Vec<_>>()[..] else { panic!("{good}") };
    let raw = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let ends_in = |signature: &str| format!("{header}.{claims}.{signature}");
    for token in ["", ".", "..", "...", "....", "a", "a.b", "a.b.c", "é.é.é", "Bearer", "null", "{}"] {
        assert_eq!(answer(&ring, token), "Malformed", "{token:?}");
    }
    for (token, expected) in [
        (good.clone(), "client ann"),
        (format!("{header}.{claims}"), "Malformed"),
        (format!("{header}..{signature}"), "Signature"),
        (format!(".{claims}.{signature}"), "Malformed"),
        (format!("{claims}.{header}.{signature}"), "Malformed"),
        (format!("{header}.{header}.{claims}.{signature}"), "Signature"),
        (format!("{good}."), "Signature"),
        (format!(".{good}"), "Malformed"),
        (format!("{good}.{signature}"), "Signature"),
        (format!("{good}.."), "Signature"),
        (format!("{good} "), "Signature"),
        (format!(" {good}"), "Malformed"),
        (format!("{good}\n"), "Signature"),
        (format!("{good}\0"), "Signature"),
        (format!("Bearer {good}"), "Malformed"),
        (good.replace('.', ". "), "Signature"),
        (good.replace('.', ".."), "Signature"),
        (good.to_uppercase(), "Malformed"),
        (ends_in(""), "Signature"),
        (format!("{header}.{}.{signature}", b64(with(r#"{"sub":"eve"}"#))), "Signature"),
        (sealed(b"another secret", &format!("{header}.{claims}")), "Signature"),
        (ends_in(&format!("{signature}=")), "Signature"),
        (ends_in(&URL_SAFE.encode(&raw)), "Signature"),
        (ends_in(&signature[..42]), "Signature"),
        (ends_in(&b64(&raw[..16])), "Signature"),
        (ends_in(&b64(&raw[..31])), "Signature"),
        (ends_in(&b64([raw.as_slice(), b"x"].concat())), "Signature"),
        (ends_in(&b64(raw.iter().rev().copied().collect::<Vec<_>>())), "Signature"),
        (sealed(SECRET, &format!("{header}=.{claims}")), "Malformed"),
        (sealed(SECRET, &format!("{header}.{claims}=")), "Malformed"),
        (sealed(SECRET, &format!("{header}.{claims}\n")), "Malformed"),
        (sealed(SECRET, &format!("{header}.")), "Malformed"),
        (sealed(SECRET, &format!(".{claims}")), "Malformed"),
        (sealed(SECRET, &format!("{header}.{}", STANDARD.encode(with(r#"{"x":"?????>"}"#)))), "Malformed"),
        (sealed(SECRET, &format!("{}.{header}.{claims}", b64("{}"))), "Malformed"),
        (sealed(SECRET, &format!("{header}.{claims}.{}", b64("{}"))), "Malformed"),
        (sealed(SECRET, &format!("{header}.{}.{}.{}", b64("key"), b64("iv"), b64("text"))), "Malformed"),
        (signed(HEADER, &good), "Malformed"),
        (signed(HEADER, ""), "Malformed"),
        (signed("", CLAIMS), "Malformed"),
        (format!(r#"{{"protected":"{header}","payload":"{claims}","signature":"{signature}"}}"#), "Malformed"),
    ] {
        assert_eq!(answer(&ring, &token), expected, "{token:?}");
    }
    // The unused bits of a signature's last letter must be zero, because otherwise one token would have several texts.
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let place = alphabet.find(&signature[42..]).unwrap();
    for other in 1..4 {
        let letter = &alphabet[place ^ other..=place ^ other];
        assert_eq!(answer(&ring, &ends_in(&format!("{}{letter}", &signature[..42]))), "Signature", "{letter}");
    }
}

#[test]
fn a_text_that_is_not_utf_8_or_very_large_is_read_as_json_says() {
    let ring = Keyring::hs256(SECRET);
    let long = |claim: &str, letters| signed(HEADER, with(&format!(r#"{{"{claim}":"{}"}}"#, "a".repeat(letters))));
    let long_kid = HEADER.replace('}', &format!(r#","kid":"{}"}}"#, "k".repeat(100_000)));
    let deep = with(r#"{"x":[]}"#).replace("[]", &["[".repeat(100_000), "]".repeat(100_000)].concat());
    let bytes = CLAIMS.replace("ann", "\u{ff}").chars().map(|letter| letter as u8).collect::<Vec<_>>();
    let utf_16 = CLAIMS.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    for (name, token, expected) in [
        ("a byte order mark before the header", signed(format!("\u{feff}{HEADER}"), CLAIMS), "Malformed"),
        ("a byte order mark before the claims", signed(HEADER, format!("\u{feff}{CLAIMS}")), "Malformed"),
        ("a byte that is no UTF-8", signed(HEADER, bytes), "Malformed"),
        ("UTF-16", signed(HEADER, utf_16), "Malformed"),
        ("too deep", signed(HEADER, deep), "Malformed"),
        ("a key's id of 100 KB", signed(long_kid, CLAIMS), "client ann"),
        ("a claim of a megabyte", long("x", 1 << 20), "client ann"),
        ("an id of 129 letters", long("sub", 129), "bad sub"),
        ("a company of 129 letters", long("company", 129), "bad company"),
    ] {
        assert_eq!(answer(&ring, &token), expected, "{name}");
    }
}

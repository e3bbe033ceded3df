//! Tokens: guessed, signed with arbitrary contents, and hidden in a list of subprotocols.

use std::sync::LazyLock;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::Value;
use switchboard::auth::{Keyring, TokenError, subprotocol_token};
use switchboard_core::spelling::spelled;
use switchboard_journal::api_key::ApiKey;
use switchboard_wire::claims::{Claims, Role};

const SECRET: &[u8] = b"the secret that the fuzzer holds";
/// 2023-11-14, so that the seeds' tokens, which end in 2100, are valid.
const NOW_MS: u64 = 1_700_000_000_000;

static RING: LazyLock<Keyring> = LazyLock::new(|| Keyring::hs256(SECRET));
static OTHER_RING: LazyLock<Keyring> = LazyLock::new(|| Keyring::hs256(b"another secret, of somebody else"));
static KEY: LazyLock<hmac::Key> = LazyLock::new(|| hmac::Key::new(hmac::HMAC_SHA256, SECRET));

/// The first letter names the kind of the rest: `t` a token as it came, `c` a header and claims (one on each line) that
/// are signed with the right key, `p` a list of subprotocols, `k` an API key.
pub fn tokens(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut letters = text.chars();
    let kind = letters.next();
    match kind {
        Some('t') => guessed(letters.as_str()),
        Some('c') => signed(letters.as_str()),
        Some('p') => hidden(letters.as_str()),
        Some('k') => {
            assert_eq!(ApiKey::new("the key").matches(letters.as_str()), letters.as_str() == "the key");
        }
        _ => {}
    }
}

fn guessed(token: &str) {
    assert!(OTHER_RING.verify(token, NOW_MS).is_err(), "the fuzzer does not hold this key");
    match RING.verify(token, NOW_MS) {
        Ok(claims) => {
            assert!(is_signed(token), "only what was signed with the key is taken");
            good(&claims);
        }
        // Errors consist of fixed words, so that an error cannot repeat the input.
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Checks the signature again, in another way than the server.
fn is_signed(token: &str) -> bool {
    let Some((message, signature)) = token.rsplit_once('.') else { return false };
    let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
    hmac::verify(&KEY, message.as_bytes(), &signature).is_ok()
}

fn signed(text: &str) {
    let (header, claims) = crate::first_line(text);
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = hmac::sign(&KEY, message.as_bytes());
    let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()));
    let verified = RING.verify(&token, NOW_MS);
    assert_ne!(verified, Err(TokenError::Signature), "it was signed");
    if let Ok(taken) = &verified {
        let header: Value = serde_json::from_str(header).unwrap_or_default();
        assert!(header["alg"] == "HS256" && header.get("crit").is_none(), "{header}");
        stand(taken, claims);
        good(taken);
        let earlier = RING.verify(&token, 0);
        assert!(matches!(earlier, Ok(_) | Err(TokenError::NotYetValid)), "{earlier:?}");
        let end_ms = taken.expires_at_s.saturating_mul(1000);
        assert!(RING.verify(&token, end_ms).is_err(), "a token ends at its `exp`");
        forged(&token);
    }
}

/// Checks that a token with a changed bit in the signature, or with another key, is refused.
fn forged(token: &str) {
    assert!(OTHER_RING.verify(token, NOW_MS).is_err());
    let Some((message, signature)) = token.rsplit_once('.') else { return };
    let Ok(mut bytes) = URL_SAFE_NO_PAD.decode(signature) else { return };
    if let Some(byte) = bytes.get_mut(message.len() % 32) {
        *byte ^= 1;
    }
    let forged = format!("{message}.{}", URL_SAFE_NO_PAD.encode(&bytes));
    assert_eq!(RING.verify(&forged, NOW_MS), Err(TokenError::Signature));
    let without = RING.verify(&format!("{message}."), NOW_MS);
    assert_eq!(without, Err(TokenError::Signature));
}

/// Checks that all accepted values occur in the claims, and a name in its one spelling.
fn stand(taken: &Claims, claims: &str) {
    let claims: Value = serde_json::from_str(claims).unwrap_or_default();
    assert_eq!(claims["sub"], taken.subject.as_str());
    assert_eq!(claims["role"], taken.role.as_str());
    assert_eq!(claims.get("company").and_then(Value::as_str), taken.company.as_deref());
    let name = claims.get("name").and_then(Value::as_str).and_then(|name| spelled(name, usize::MAX));
    assert_eq!(taken.name.as_deref(), name.as_deref());
}

/// Checks the form that all later code relies on, and that a token can be made of the claims again.
fn good(claims: &Claims) {
    let is_id = |id: &str| id.parse::<switchboard_core::CompanyId>().is_ok();
    assert!(is_id(&claims.subject) && claims.company.as_deref().is_none_or(is_id), "{claims:?}");
    assert!(claims.company.is_some() || claims.role == Role::Client, "{claims:?}");
    assert!(claims.expires_at_s > NOW_MS / 1000, "{claims:?}");
    assert!(claims.name.as_ref().is_none_or(|name| name.chars().count() <= 256), "{claims:?}");
    assert!(claims.topics.as_ref().is_none_or(|topics| topics.len() <= 64), "{claims:?}");
    let token = RING.sign(claims).unwrap_or_else(|error| panic!("{claims:?}: {error}"));
    assert_eq!(RING.verify(&token, NOW_MS).as_ref(), Ok(claims));
}

fn hidden(header: &str) {
    if let Some(token) = subprotocol_token(header) {
        assert!(header.contains("base64url.bearer.phx."), "{header}");
        guessed(&token);
    }
    for encoded in [STANDARD_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(header)] {
        for entry in [encoded.clone(), format!("{encoded}==")] {
            let list = format!("phoenix, base64url.bearer.phx.{entry}");
            assert_eq!(subprotocol_token(&list).as_deref(), Some(header));
        }
    }
}

//! Secrets of endpoints, and signatures as the Standard Webhooks specification defines them.

use aws_lc_rs::{hmac, rand};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use switchboard_wire::Secret;

const PREFIX: &str = "whsec_";
const SECRET_BYTES: usize = 32;

/// A random secret of 256 bits.
///
/// # Errors
/// When the system has no randomness.
pub(crate) fn fresh_secret() -> Result<Secret, aws_lc_rs::error::Unspecified> {
    let mut bytes = [0; SECRET_BYTES];
    rand::fill(&mut bytes)?;
    Ok(Secret::new(format!("{PREFIX}{}", STANDARD.encode(bytes))))
}

/// Value of `webhook-signature`: one signature for each secret, so that receivers may hold the old or the new one.
#[must_use]
pub fn sign<'a>(secrets: impl IntoIterator<Item = &'a Secret>, id: &str, at_s: u64, body: &str) -> String {
    let signed = secrets.into_iter().filter_map(|secret| {
        let text = secret.expose();
        let key = STANDARD.decode(text.strip_prefix(PREFIX).unwrap_or(text)).ok()?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let tag = hmac::sign(&key, format!("{id}.{at_s}.{body}").as_bytes());
        Some(format!("v1,{}", STANDARD.encode(tag)))
    });
    signed.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    #[test]
    fn the_example_of_the_reference_library_gets_its_signature() {
        let secret = secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let signature = sign([&secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn while_two_secrets_count_there_are_two_signatures_and_the_new_one_is_first() {
        let (new, old) = (fresh_secret().expect("randomness"), fresh_secret().expect("randomness"));
        assert_ne!(new.expose(), old.expose());
        let (both, alone) = (sign([&new, &old], "a:1", 7, "{}"), sign([&new], "a:1", 7, "{}"));
        assert_eq!(both.split(' ').count(), 2);
        assert_eq!(both.split(' ').next(), Some(alone.as_str()));
    }
}

//! Warnings about secrets that are easy to guess, the same for `serve` and for `config check`.

use std::collections::BTreeSet;

use switchboard_wire::Secret;

/// The least length of a secret, and how a shorter one is guessed.
struct Rule {
    name: &'static str,
    least_bytes: usize,
    how: &'static str,
}

const RULES: [Rule; 3] = [
    // RFC 7518, section 3.2: a key for HS256 is at least as long as its digest.
    Rule { name: "jwt_secret", least_bytes: 32, how: "a single token is enough to guess it" },
    // Sixteen hexadecimal digits are 64 bits, which is plenty because each address may present few bad keys.
    Rule { name: "api_key", least_bytes: 16, how: "it can be found by brute force, and it grants all rights" },
    // RFC 2104, section 3: a key is at least as long as the digest, of SHA-1 here.
    Rule { name: "turn_secret", least_bytes: 20, how: "a single credential is enough to guess it" },
];
/// The least number of different bytes. One in 100,000 sequences of 16 random digits has fewer.
const DIFFERENT_LEAST: usize = 5;

/// Warnings about secrets that are easy to guess. No warning repeats a secret.
pub(super) fn guessable(secret: impl Fn(&str) -> Option<Secret>) -> Vec<String> {
    let mut said = Vec::new();
    for Rule { name, least_bytes, how } in RULES {
        let Some(secret) = secret(name) else { continue };
        let why = if secret.expose().len() < least_bytes {
            format!("is shorter than {least_bytes} bytes")
        } else if is_monotonous(secret.expose().as_bytes(), least_bytes) {
            "is repetitive or sequential".to_owned()
        } else {
            continue;
        };
        said.push(format!("`{name}` {why}: {how}; `openssl rand -hex 32` generates a strong one"));
    }
    said
}

/// Whether a secret has little entropy for its length.
fn is_monotonous(secret: &[u8], least_bytes: usize) -> bool {
    let different: BTreeSet<u8> = secret.iter().copied().collect();
    let repeats_after = |period: usize| secret.iter().zip(secret.iter().skip(period)).all(|(a, b)| a == b);
    // Of random digits, three in sixteen equal their neighbour or differ from it by one.
    let steps = secret.windows(2).filter(|pair| matches!(pair, [a, b] if a.abs_diff(*b) <= 1)).count();
    let period_end = least_bytes.min(secret.len() / 2 + 1);
    different.len() < DIFFERENT_LEAST || (1..period_end).any(repeats_after) || steps * 2 > secret.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said_of(name: &str, secret: &str) -> Vec<String> {
        guessable(|asked| (asked == name).then(|| Secret::new(secret.to_owned())))
    }

    #[test]
    fn what_is_random_is_good() {
        for secret in
            ["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "Zq3v9-Tk_77xw0LmPe2R-uYc1bNd5aHs"]
        {
            for name in ["jwt_secret", "api_key", "turn_secret"] {
                assert_eq!(said_of(name, secret), [""; 0], "{name}");
            }
        }
        assert_eq!(said_of("api_key", "4c7d659a2feaa0c5"), [""; 0]);
    }

    #[test]
    fn what_is_short_repeats_itself_or_counts_is_named_and_not_shown() {
        for (name, secret, why) in [
            ("jwt_secret", "short", "is shorter than 32 bytes"),
            ("api_key", "k", "is shorter than 16 bytes"),
            ("turn_secret", "brief", "is shorter than 20 bytes"),
            ("jwt_secret", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "is repetitive or sequential"),
            ("jwt_secret", "changeme-changeme-changeme-changeme-changeme", "is repetitive or sequential"),
            ("jwt_secret", "0123456789012345678901234567890123456789", "is repetitive or sequential"),
            ("api_key", "abcdefghijklmnopqrstuvwxyz", "is repetitive or sequential"),
        ] {
            let said = said_of(name, secret);
            assert!(said.len() == 1 && said[0].starts_with(&format!("`{name}` {why}: ")), "{said:?}");
            assert!(!said[0].contains(&format!("`{secret}`")), "{said:?}");
        }
    }
}

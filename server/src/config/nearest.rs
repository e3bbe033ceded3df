//! The nearest setting to an unknown name, for "did you mean".

use super::rows::ROWS;

/// Names of other programs for a setting, with our name.
const CALLED_ELSEWHERE: [(&str, &str); 9] = [
    ("address", "listen"),
    ("bind", "listen"),
    ("host", "listen"),
    ("port", "listen"),
    ("database", "data"),
    ("directory", "data"),
    ("level", "log"),
    ("secret", "jwt_secret"),
    ("cert", "tls_certificate"),
];

/// The setting nearest to a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NearestSetting {
    pub(super) name: &'static str,
    /// Whether the name is so close that a typing error is the only likely explanation.
    pub(super) is_misspelt: bool,
}

/// The setting nearest to this name, however its words are joined; `None` when no setting is near.
pub(super) fn nearest(word: &str) -> Option<NearestSetting> {
    let word = word.to_lowercase().replace('-', "_");
    let joined = word.replace('_', "");
    let apart = |name: &str| strsim::damerau_levenshtein(&joined, &name.replace('_', ""));
    let by_letters = ROWS.iter().map(|row| (apart(row.name), row.name)).min();
    if let Some((distance, name)) = by_letters.filter(|(distance, _)| *distance <= slips_max(joined.len())) {
        // One slip in a short word and two in a long one, because two slips turn a short word into another word.
        return Some(NearestSetting { name, is_misspelt: distance <= 1 + joined.len() / 10 });
    }
    let elsewhere = CALLED_ELSEWHERE.iter().find(|(called, _)| apart(called) <= slips_max(called.len()).min(1));
    let begins = |long: &str, short: &str| long.strip_prefix(short).is_some_and(|rest| rest.starts_with('_'));
    let by_words = || ROWS.iter().map(|row| row.name).find(|name| begins(name, &word) || begins(&word, name));
    let name = elsewhere.map(|(_, name)| *name).or_else(by_words)?;
    Some(NearestSetting { name, is_misspelt: false })
}

/// The most letters that may be missing, added, swapped or replaced in a word of that length.
const fn slips_max(letters: usize) -> usize {
    match letters {
        0..=2 => 0,
        3..=4 => 1,
        5..=9 => 2,
        _ => 3,
    }
}

/// The flag of the setting nearest to an unknown flag.
#[must_use]
pub fn nearest_flag(flag: &str) -> Option<String> {
    let near = nearest(flag.trim_start_matches('-'))?;
    // A secret has no flag.
    super::table().into_iter().find(|setting| setting.name == near.name)?.flag
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_misspelt_is_found_however_its_words_are_joined() {
        for (word, meant) in [
            ("lisen", "listen"),
            ("listne", "listen"),
            ("LISSTEN", "listen"),
            ("JWTSECRET", "jwt_secret"),
            ("max_socket", "max_sockets"),
            ("maxSockets", "max_sockets"),
            ("dve", "dev"),
            ("LOGS", "log"),
            ("allowed-origin", "allowed_origins"),
            ("socket_idel_timeout", "socket_idle_timeout_ms"),
        ] {
            let near = nearest(word);
            let is_sure = word != "socket_idel_timeout";
            assert_eq!(near.map(|near| near.name), Some(meant), "{word}");
            assert_eq!(near.map(|near| near.is_misspelt), Some(is_sure), "{word}");
        }
    }

    #[test]
    fn what_has_another_name_elsewhere_or_half_of_ours_is_a_guess() {
        for (word, meant) in [
            ("port", "listen"),
            ("prot", "listen"),
            ("HOST", "listen"),
            ("API", "api_key"),
            ("data_dir", "data"),
            ("log_level", "log"),
            ("listen-address", "listen"),
            ("WS_URL", "jwks_url"),
        ] {
            assert_eq!(nearest(word), Some(NearestSetting { name: meant, is_misspelt: false }), "{word}");
        }
    }

    #[test]
    fn what_is_like_nothing_has_nothing_near() {
        for word in ["URL", "API_URL", "TOKEN", "TENANT", "ENV", "BIN", "x", "", "metrics"] {
            let near = nearest(word);
            assert!(near.is_none_or(|near| !near.is_misspelt), "{word}: {near:?}");
        }
        for word in ["URL", "TENANT", "ENV", "x", ""] {
            assert_eq!(nearest(word), None, "{word}");
        }
    }

    #[test]
    fn a_flag_is_told_the_one_that_was_meant() {
        assert_eq!(nearest_flag("--prot").as_deref(), Some("--listen"));
        assert_eq!(nearest_flag("--dve").as_deref(), Some("--dev"));
        assert_eq!(nearest_flag("--max-socket").as_deref(), Some("--max-sockets"));
        assert_eq!(nearest_flag("--jwt-secret"), None, "a secret has no flag");
        assert_eq!(nearest_flag("--tenant"), None);
    }
}

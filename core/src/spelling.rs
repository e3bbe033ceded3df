//! One spelling for what people write, so that the same word is the same text from every keyboard.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// A line of text in its one spelling: in NFC (Unicode's composed form) and without blanks around it. None if nothing
/// is left of the text, or if it has control characters or more than `max_chars` characters.
#[must_use]
pub fn spelled(text: &str, max_chars: usize) -> Option<Cow<'_, str>> {
    if is_plain(text) {
        return (text.len() <= max_chars).then_some(Cow::Borrowed(text));
    }
    if text.chars().any(char::is_control) {
        return None;
    }
    let trimmed = text.trim();
    let spelled = match is_nfc_quick(trimmed.chars()) {
        IsNormalized::Yes => Cow::Borrowed(trimmed),
        IsNormalized::No | IsNormalized::Maybe => Cow::Owned(trimmed.nfc().collect()),
    };
    (!spelled.is_empty() && spelled.chars().count() <= max_chars).then_some(spelled)
}

/// Whether the text is printable ASCII without blanks around it, as nearly all topics are, so that nothing of it can
/// change. The fold has no early exit, so that the processor looks at sixteen bytes at once.
fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let ends = |byte: Option<&u8>| byte.is_some_and(|byte| *byte != b' ');
    ends(bytes.first()) && ends(bytes.last()) && bytes.iter().fold(true, |plain, b| plain & (*b >= b' ') & (*b < 0x7f))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_word_has_one_spelling() {
        for (written, spelling) in [
            ("tax", "tax"),
            (" tax ", "tax"),
            ("\u{a0}tax\u{3000}", "tax"),
            ("tax law", "tax law"),
            ("tax  law", "tax  law"),
            ("u\u{308}bung", "übung"),
            ("\u{212b}", "Å"),
            ("\u{1112}\u{1161}\u{11ab}", "한"),
        ] {
            assert_eq!(spelled(written, 128).as_deref(), Some(spelling), "{written:?}");
            assert_eq!(spelled(spelling, 128).as_deref(), Some(spelling), "what is spelled so stays so");
        }
    }

    #[test]
    fn what_nobody_could_read_is_no_word() {
        for text in ["", " ", "\u{a0}\u{2003}", "a\nb", "a\n", "\ta", "\u{85}", "\u{7f}", "a\u{9f}"] {
            assert_eq!(spelled(text, 128), None, "{text:?}");
        }
    }

    #[test]
    fn it_is_bounded_in_the_characters_that_are_kept() {
        assert!(spelled(&"x".repeat(4), 4).is_some() && spelled(&"x".repeat(5), 4).is_none());
        assert_eq!(spelled("  üüüü  ", 4).as_deref(), Some("üüüü"));
        assert_eq!(spelled(&"u\u{308}".repeat(4), 4).as_deref(), Some("üüüü"));
        // In composed form this character becomes two.
        assert_eq!(spelled("\u{958}", 1), None);
    }
}

//! Strings and refs written as JSON into a frame.

use super::Ref;

/// Appends `text` as a JSON string.
pub(super) fn string(out: &mut String, text: &str) {
    out.push('"');
    let mut written = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        // All that needs an escape is one byte long, so `at` and `at + 1` are character boundaries.
        out.push_str(&text[written..at]);
        written = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            control => out.push_str(&format!("\\u{control:04x}")),
        }
    }
    out.push_str(&text[written..]);
    out.push('"');
}

/// Appends a ref with the type it came with.
pub(super) fn reference(out: &mut String, reference: &Ref) {
    match reference {
        Ref::Null => out.push_str("null"),
        Ref::Number(number) => out.push_str(&number.to_string()),
        Ref::Text(text) => string(out, text),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn any_text_is_read_back_as_it_was() {
        for text in ["", "plain", "a\"b\\c", "\u{0}\n\t\u{1f}", "日本\"é\u{7f}\u{2028}", "\""] {
            let mut out = String::new();
            super::string(&mut out, text);
            assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
        }
    }
}

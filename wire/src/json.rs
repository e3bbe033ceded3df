//! JSON written straight into a text, for objects that are sent many times for each booking.
//!
//! Serde stays the general way. Objects that are sent often also write themselves, in less than a third of the
//! instructions, because field names are constants that are copied with all that surrounds them, ids and times need no
//! escape, and most texts need none either. The bytes are those of `serde_json`, which a test in `view` holds.

use std::borrow::Cow;

use serde_json::value::RawValue;
use switchboard_core::{BookingId, MessageId, OfferId, SessionId};
use uuid::Uuid;
use uuid::fmt::Hyphenated;

/// Bytes with room for a booking in a session, the largest of the objects that are sent often.
pub const USUAL_BYTES: usize = 768;

/// A value that writes itself as JSON.
pub trait Json {
    fn write_to(&self, out: &mut String);
}

/// JSON text of a value.
#[must_use]
pub fn text(value: &impl Json) -> String {
    let mut out = String::with_capacity(USUAL_BYTES);
    value.write_to(&mut out);
    out
}

/// Implements [`Json`](crate::json::Json) for a struct as an object of its fields, in this order. Fields after a `;` are
/// options, and are written only where they have a value. A field that is left out does not compile.
#[macro_export]
macro_rules! object {
    ($object:ty { $first:ident $(, $field:ident)* $(; $($option:ident),+)? }) => {
        impl $crate::json::Json for $object {
            fn write_to(&self, out: &mut String) {
                let Self { $first $(, $field)* $(, $($option),+)? } = self;
                out.push_str(concat!("{\"", stringify!($first), "\":"));
                $first.write_to(out);
                $(
                    out.push_str(concat!(",\"", stringify!($field), "\":"));
                    $field.write_to(out);
                )*
                $($(
                    if let Some(value) = $option {
                        out.push_str(concat!(",\"", stringify!($option), "\":"));
                        value.write_to(out);
                    }
                )+)?
                out.push('}');
            }
        }
    };
}
pub use crate::object;

impl Json for str {
    // Inlined, so that the speed does not depend on how the compiler cuts the crate into units.
    #[inline]
    fn write_to(&self, out: &mut String) {
        if is_plain(self) {
            out.push('"');
            out.push_str(self);
            out.push('"');
        } else {
            out.push_str(&serde_json::Value::from(self).to_string());
        }
    }
}

/// Whether a text is the same in JSON, apart from the quotes. The fold has no early exit, so that the processor looks
/// at sixteen bytes at once.
#[inline]
pub fn is_plain(text: &str) -> bool {
    text.bytes().fold(true, |plain, byte| plain & is_plain_byte(byte))
}

/// Bytes that a text takes in JSON.
pub fn text_bytes(text: &str) -> usize {
    let escape = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0C => 1,
        0..0x20 => 5,
        _ => 0,
    };
    let escapes = if is_plain(text) { 0 } else { text.bytes().map(escape).sum() };
    "\"\"".len() + text.len() + escapes
}

/// Whether a byte needs no escape in JSON. Bytes beyond ASCII need none.
pub(crate) const fn is_plain_byte(byte: u8) -> bool {
    (byte >= b' ') & (byte != b'"') & (byte != b'\\')
}

impl<T: Json + ?Sized> Json for &T {
    fn write_to(&self, out: &mut String) {
        (**self).write_to(out);
    }
}

impl Json for Cow<'_, str> {
    fn write_to(&self, out: &mut String) {
        str::write_to(self, out);
    }
}

impl<T: Json> Json for Option<T> {
    fn write_to(&self, out: &mut String) {
        match self {
            Some(value) => value.write_to(out),
            None => out.push_str("null"),
        }
    }
}

impl<T: Json> Json for Vec<T> {
    fn write_to(&self, out: &mut String) {
        out.push('[');
        for (at, value) in self.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            value.write_to(out);
        }
        out.push(']');
    }
}

impl Json for RawValue {
    fn write_to(&self, out: &mut String) {
        out.push_str(self.get());
    }
}

impl Json for bool {
    fn write_to(&self, out: &mut String) {
        out.push_str(if *self { "true" } else { "false" });
    }
}

macro_rules! number {
    ($($number:ty)*) => {
        $(impl Json for $number {
            fn write_to(&self, out: &mut String) {
                out.push_str(itoa::Buffer::new().format(*self));
            }
        })*
    };
}
number!(u8 u32 u64 i64 usize);

macro_rules! id {
    ($($id:ty)*) => {
        $(impl Json for $id {
            fn write_to(&self, out: &mut String) {
                out.push('"');
                push_uuid(out, self.as_u128());
                out.push('"');
            }
        })*
    };
}
id!(BookingId SessionId MessageId);

impl Json for OfferId {
    fn write_to(&self, out: &mut String) {
        out.push('"');
        push_offer(out, *self);
        out.push('"');
    }
}

/// Appends an offer's id as text.
pub fn push_offer(out: &mut String, offer: OfferId) {
    push_uuid(out, offer.booking.as_u128());
    out.push('.');
    offer.attempt.write_to(out);
}

/// Appends an id as text.
pub fn push_uuid(out: &mut String, bits: u128) {
    let mut digits = [0; Hyphenated::LENGTH];
    out.push_str(Uuid::from_u128(bits).hyphenated().encode_lower(&mut digits));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_is_written_as_serde_writes_it() {
        for text in [
            "",
            "plain",
            "a\"b\\c",
            "\u{0}\n\t\u{1f}",
            "\r\u{8}\u{c}\u{b}",
            "日本\"é\u{7f}\u{2028}",
            "\"",
            "a text of over sixteen \\",
        ] {
            assert_eq!(super::text(&text), serde_json::to_string(text).unwrap());
            assert_eq!(text_bytes(text), super::text(&text).len(), "{text:?}");
        }
    }

    #[test]
    fn ids_and_numbers_are_written_as_serde_writes_them() {
        for bits in [0, 1, 0x0190_f3a2_0000_7abc_8def_0123_4567_89ab, u128::MAX] {
            let booking = BookingId::from_u128(bits);
            let offer = OfferId { booking, attempt: u32::MAX };
            assert_eq!(text(&booking), serde_json::to_string(&booking).unwrap());
            assert_eq!(text(&offer), serde_json::to_string(&offer).unwrap());
        }
        assert_eq!(text(&vec![Some(0), None, Some(u64::MAX)]), "[0,null,18446744073709551615]");
        assert_eq!((text(&i64::MIN), text(&true)), ("-9223372036854775808".to_owned(), "true".to_owned()));
    }
}

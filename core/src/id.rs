//! Ids of people and things: newtypes, so that the id of a booking cannot stand where that of a session belongs.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;
use std::sync::Arc;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::limits::{DEVICE_KIND_MAX_CHARS, ID_MAX_CHARS, KEY_MAX_CHARS, TOPIC_MAX_CHARS};
use crate::spelling::spelled;

/// Why a text cannot be an id, a topic or a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadId {
    #[error("an id is 1 to {ID_MAX_CHARS} characters of `A-Z a-z 0-9 . _ ~ @ -`")]
    Id,
    /// Dots have another meaning in a path.
    #[error("an id cannot consist of dots alone, because a URL could not name it")]
    Dots,
    #[error("a topic is 1 to {TOPIC_MAX_CHARS} characters, not only blanks, without control characters")]
    Topic,
    #[error("a skill is 1 to {TOPIC_MAX_CHARS} characters, not only blanks, without control characters")]
    Skill,
    #[error("a word is 1 to {KEY_MAX_CHARS} characters, not only blanks, without control characters")]
    Word,
    #[error("a key is 1 to {KEY_MAX_CHARS} characters without control characters")]
    Key,
    #[error("a device kind is 1 to {DEVICE_KIND_MAX_CHARS} characters of `a-z 0-9 _ -`")]
    DeviceKind,
    #[error("expected a UUID")]
    Uuid,
    #[error("a colour is `#` and six hexadecimal digits")]
    Colour,
    #[error("a logo's id is {LOGO_ID_CHARS} hexadecimal digits")]
    Logo,
    #[error("expected an offer's id")]
    Offer,
}

/// A text in its one spelling. Texts from outside are checked by the present rules, stored ones by those of old.
type IdText<'a> = Result<Cow<'a, str>, BadId>;

fn id_of_old(text: &str) -> IdText<'_> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'~' | b'@' | b'-');
    let good = !text.is_empty() && text.len() <= ID_MAX_CHARS && text.bytes().all(allowed);
    if good { Ok(text.into()) } else { Err(BadId::Id) }
}

fn id(text: &str) -> IdText<'_> {
    if text.starts_with('.') && text.bytes().all(|byte| byte == b'.') { Err(BadId::Dots) } else { id_of_old(text) }
}

fn within(text: &str, max_chars: usize) -> bool {
    !text.is_empty() && text.chars().count() <= max_chars && !text.chars().any(char::is_control)
}

fn topic(text: &str) -> IdText<'_> {
    spelled(text, TOPIC_MAX_CHARS).ok_or(BadId::Topic)
}

/// Like [`topic`], but a topic of blanks alone stays as it was, because without it the employee would take any topic.
fn topic_of_old(text: &str) -> IdText<'_> {
    topic(text).or_else(|bad| if within(text, TOPIC_MAX_CHARS) { Ok(text.into()) } else { Err(bad) })
}

fn skill(text: &str) -> IdText<'_> {
    spelled(text, TOPIC_MAX_CHARS).ok_or(BadId::Skill)
}

fn word(text: &str) -> IdText<'_> {
    spelled(text, KEY_MAX_CHARS).ok_or(BadId::Word)
}

fn key(text: &str) -> IdText<'_> {
    if within(text, KEY_MAX_CHARS) { Ok(text.into()) } else { Err(BadId::Key) }
}

/// Half of a SHA-256 in lower-case hexadecimal digits.
const LOGO_ID_CHARS: usize = 32;

fn logo(text: &str) -> IdText<'_> {
    let allowed = |b: u8| b.is_ascii_digit() || matches!(b, b'a'..=b'f');
    if text.len() == LOGO_ID_CHARS && text.bytes().all(allowed) { Ok(text.into()) } else { Err(BadId::Logo) }
}

fn device_kind(text: &str) -> IdText<'_> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-');
    let good = !text.is_empty() && text.len() <= DEVICE_KIND_MAX_CHARS && text.bytes().all(allowed);
    if good { Ok(text.into()) } else { Err(BadId::DeviceKind) }
}

/// A value that is stored as text. Texts that were stored under an earlier rule are still read.
pub trait StoredAsText: Sized {
    /// Reads a stored text, unless the text was never valid.
    fn from_stored(text: &str) -> Result<Self, BadId>;
}

/// Implements `Deserialize` without a copy of the stored text.
macro_rules! stored_as_text {
    ($name:ident) => {
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(stored: D) -> Result<Self, D::Error> {
                stored.deserialize_str($crate::id::StoredId(std::marker::PhantomData))
            }
        }
    };
}
pub(crate) use stored_as_text;

/// Visitor that reads an id from a borrowed text.
pub(crate) struct StoredId<T>(pub(crate) PhantomData<T>);

impl<T: StoredAsText> Visitor<'_> for StoredId<T> {
    type Value = T;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        T::from_stored(text).map_err(E::custom)
    }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $read:ident, $read_old:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                $read(text).map(|text| Self(text.as_ref().into()))
            }
        }

        impl StoredAsText for $name {
            fn from_stored(text: &str) -> Result<Self, BadId> {
                $read_old(text).map(|text| Self(text.as_ref().into()))
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.as_ref().to_owned()
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
                out.serialize_str(&self.0)
            }
        }

        stored_as_text!($name);

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }
    };
}

text_id!(
    /// A company that clients may ask.
    CompanyId, id, id_of_old
);
text_id!(
    /// A person who works for a company.
    EmployeeId, id, id_of_old
);
text_id!(
    /// A person who asks a company for a session.
    ClientId, id, id_of_old
);
text_id!(
    /// Subject of a session.
    Topic, topic, topic_of_old
);
text_id!(
    /// Something that an employee can do, such as a language. A skill that is spelled as a topic says how well they take
    /// that topic.
    Skill, skill, skill
);
text_id!(
    /// A word of a company's own, such as the reason of a pause.
    Word, word, word
);
text_id!(
    /// Idempotency key of a client: the same key never makes a second thing.
    Key, key, key
);

text_id!(
    /// Device kind as reported by the app, such as `ios`, `android` or `web`.
    DeviceKind, device_kind, device_kind
);

text_id!(
    /// Id of a company's logo, made from its bytes.
    LogoId, logo, logo
);

/// Sorts an employee's topics and removes doubles.
#[must_use]
pub fn in_order(mut topics: Vec<Topic>) -> Vec<Topic> {
    topics.sort_unstable();
    topics.dedup();
    topics
}

/// Reads stored topics. Two that were stored in different spellings may be one now.
pub fn stored_topics<'de, D: Deserializer<'de>>(stored: D) -> Result<Vec<Topic>, D::Error> {
    Vec::deserialize(stored).map(in_order)
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name {
            // Two halves, the greater first: a `u128` would pad everything that holds an id to 16 bytes.
            high: u64,
            low: u64,
        }

        impl $name {
            /// The id with these 128 bits; the caller hands in a fresh UUIDv7.
            #[must_use]
            pub const fn from_u128(bits: u128) -> Self {
                Self { high: (bits >> 64) as u64, low: bits as u64 }
            }

            /// The id as 128 bits.
            #[must_use]
            pub const fn as_u128(self) -> u128 {
                (self.high as u128) << 64 | self.low as u128
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                parse_uuid(text).map(Self::from_u128)
            }
        }

        impl StoredAsText for $name {
            fn from_stored(text: &str) -> Result<Self, BadId> {
                text.parse()
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
                out.serialize_str(hyphenated(self.as_u128()).as_str())
            }
        }

        stored_as_text!($name);

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(hyphenated(self.as_u128()).as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, out)
            }
        }
    };
}

uuid_id!(
    /// One client's search for an employee.
    BookingId
);
uuid_id!(
    /// One consultation of a client with an employee.
    SessionId
);
uuid_id!(
    /// One message in a session.
    MessageId
);

/// RFC 9562's text form: 8-4-4-4-12 lower-case hex digits.
struct Hyphenated([u8; 36]);

impl Hyphenated {
    fn as_str(&self) -> &str {
        // Digits and hyphens are UTF-8.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

fn hyphenated(bits: u128) -> Hyphenated {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [b'-'; 36];
    let mut at = 36;
    let mut rest = bits;
    while at > 0 {
        at -= 1;
        if matches!(at, 8 | 13 | 18 | 23) {
            continue;
        }
        text[at] = DIGITS[(rest & 0xf) as usize];
        rest >>= 4;
    }
    Hyphenated(text)
}

fn parse_uuid(text: &str) -> Result<u128, BadId> {
    if text.len() != 36 {
        return Err(BadId::Uuid);
    }
    let mut bits = 0u128;
    for (at, byte) in text.bytes().enumerate() {
        if matches!(at, 8 | 13 | 18 | 23) {
            if byte != b'-' {
                return Err(BadId::Uuid);
            }
            continue;
        }
        let digit = char::from(byte).to_digit(16).ok_or(BadId::Uuid)?;
        bits = bits << 4 | u128::from(digit);
    }
    Ok(bits)
}

/// Number of an employee in the company's roster, which is never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EmployeeNo(pub u32);

/// Id of an offer: the booking and the attempt. The text form is `{booking}.{attempt}`, so that an offer's id leads to
/// its booking without an index.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OfferId {
    pub booking: BookingId,
    /// 1 for the first employee asked.
    pub attempt: u32,
}

impl Serialize for OfferId {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

stored_as_text!(OfferId);

impl StoredAsText for OfferId {
    fn from_stored(text: &str) -> Result<Self, BadId> {
        text.parse()
    }
}

impl fmt::Display for OfferId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}", self.booking, self.attempt)
    }
}

impl fmt::Debug for OfferId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl FromStr for OfferId {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        let (booking, attempt) = text.split_once('.').ok_or(BadId::Offer)?;
        let booking = booking.parse().map_err(|_| BadId::Offer)?;
        let attempt = attempt.parse().map_err(|_| BadId::Offer)?;
        Ok(Self { booking, attempt })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_reads_back_as_it_was_written() {
        let id = BookingId::from_u128(0x0190_f3a2_0000_7abc_8def_0123_4567_89ab);
        assert_eq!(id.to_string(), "0190f3a2-0000-7abc-8def-0123456789ab");
        assert_eq!(id.to_string().parse(), Ok(id));
        let offer = OfferId { booking: id, attempt: 12 };
        assert_eq!(offer.to_string().parse(), Ok(offer));
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in ["", "a b", "ä", "a/b", "a\n", &"x".repeat(129)] {
            assert_eq!(text.parse::<CompanyId>(), Err(BadId::Id), "{text}");
        }
        for text in ["a", "A.b_c~d@e-9", &"x".repeat(128)] {
            assert_eq!(text.parse::<CompanyId>().map(String::from), Ok(text.to_owned()));
        }
    }

    #[test]
    fn an_id_of_dots_is_refused_and_a_store_that_has_one_is_still_read() {
        for text in [".", "..", "...", &".".repeat(128)] {
            assert_eq!(text.parse::<CompanyId>(), Err(BadId::Dots), "{text}");
            assert_eq!(text.parse::<EmployeeId>(), Err(BadId::Dots), "{text}");
            assert_eq!(text.parse::<ClientId>(), Err(BadId::Dots), "{text}");
            assert_eq!(ClientId::from_stored(text).map(String::from), Ok(text.to_owned()));
        }
        assert_eq!(".".repeat(129).parse::<CompanyId>(), Err(BadId::Dots));
        for text in [".a", "a.", "..-", "a..b"] {
            assert!(text.parse::<CompanyId>().is_ok(), "{text}");
        }
    }

    #[test]
    fn a_topic_has_one_spelling_also_where_a_store_has_another() {
        for text in [" tax", "tax ", "\u{a0}tax"] {
            assert_eq!(text.parse::<Topic>(), "tax".parse(), "{text}");
            assert_eq!(Topic::from_stored(text), "tax".parse(), "{text}");
        }
        for text in [" ", "\u{3000}"] {
            assert_eq!(text.parse::<Topic>(), Err(BadId::Topic), "{text}");
            assert_eq!(Topic::from_stored(text).map(String::from), Ok(text.to_owned()));
        }
        assert_eq!(Topic::from_stored("a\nb"), Err(BadId::Topic));
        let mut json = serde_json::Deserializer::from_str(r#"["tax", " law", "law", "tax "]"#);
        let topics = stored_topics(&mut json).unwrap();
        assert_eq!(topics, ["law", "tax"].map(|topic| topic.parse().unwrap()), "each once, in order");
    }

    #[test]
    fn a_topic_and_a_key_are_bounded_in_characters_and_hold_no_control_characters() {
        for text in ["", "a\nb", "\u{7f}", &"ü".repeat(129)] {
            assert_eq!(text.parse::<Topic>(), Err(BadId::Topic), "{text}");
        }
        for text in ["", "a\tb", &"ü".repeat(65)] {
            assert_eq!(text.parse::<Key>(), Err(BadId::Key), "{text}");
        }
        assert!("tax law, ünïcode".parse::<Topic>().is_ok());
        assert!("ü".repeat(128).parse::<Topic>().is_ok());
        assert!("ü".repeat(64).parse::<Key>().is_ok());
    }

    #[test]
    fn what_is_no_uuid_is_refused_wherever_the_fault_is() {
        let good = "0190f3a2-0000-7abc-8def-0123456789ab";
        assert_eq!(good.to_uppercase().parse::<SessionId>(), good.parse());
        let digits = good.replace('-', "");
        for text in ["", "é", &good[1..], &format!("{good}0"), &digits, &format!("{digits}0000")] {
            assert_eq!(text.parse::<SessionId>(), Err(BadId::Uuid), "{text}");
        }
        for at in 0..good.len() {
            let mut text = good.to_owned();
            text.replace_range(at..=at, "x");
            assert_eq!(text.parse::<SessionId>(), Err(BadId::Uuid), "{text}");
            let wrong = if &good[at..=at] == "-" { "0" } else { "-" };
            text.replace_range(at..=at, wrong);
            assert_eq!(text.parse::<SessionId>(), Err(BadId::Uuid), "{text}");
        }
    }

    #[test]
    fn what_is_no_id_of_an_offer_is_refused() {
        let booking = BookingId::from_u128(7);
        for text in ["", ".1", &format!("{booking}"), &format!("{booking}."), &format!("{booking}.-1"), "7.1"] {
            assert_eq!(text.parse::<OfferId>(), Err(BadId::Offer), "{text}");
        }
    }

    #[test]
    fn what_is_stored_is_checked_when_it_is_read() {
        let offer = OfferId { booking: BookingId::from_u128(7), attempt: 2 };
        let stored = serde_json::to_string(&offer).unwrap();
        assert_eq!(stored, "\"00000000-0000-0000-0000-000000000007.2\"");
        assert_eq!(serde_json::from_str::<OfferId>(&stored).unwrap(), offer);
        let company: CompanyId = "acme".parse().unwrap();
        assert_eq!(serde_json::from_str::<CompanyId>(&serde_json::to_string(&company).unwrap()).unwrap(), company);
        let refused = serde_json::from_str::<CompanyId>("\"a b\"").unwrap_err().to_string();
        assert!(refused.starts_with("an id is 1 to 128 characters"), "{refused}");
        assert!(serde_json::from_str::<OfferId>("\"7.2\"").is_err());
        assert!(serde_json::from_str::<MessageId>("\"7\"").is_err());
    }

    #[test]
    fn in_a_message_for_a_developer_an_id_reads_as_on_the_wire() {
        let offer = OfferId { booking: BookingId::from_u128(7), attempt: 2 };
        assert_eq!(format!("{offer:?}"), offer.to_string());
        assert_eq!(format!("{:?}", offer.booking), offer.booking.to_string());
        assert_eq!(format!("{:?}", "acme".parse::<CompanyId>().unwrap()), "acme");
    }
}

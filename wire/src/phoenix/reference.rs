//! Refs by which an app tells its pushes and joins apart.

use std::fmt;
use std::sync::Arc;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};

use crate::json::Json;

/// A ref exactly as the app sent it, because the app drops an answer whose ref has another type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Ref {
    /// No ref: `null`, or missing in a V1 frame.
    #[default]
    Null,
    Number(i64),
    /// Shared, because each answer and each join keeps the text.
    Text(Arc<str>),
}

impl Ref {
    pub(super) fn text_bytes(&self) -> usize {
        match self {
            Ref::Null | Ref::Number(_) => 0,
            Ref::Text(text) => text.len(),
        }
    }

    /// Length of the ref as JSON. A number counts as the longest one, and a text as one without escapes.
    pub(super) fn json_bytes(&self) -> usize {
        match self {
            Ref::Null => "null".len(),
            Ref::Number(_) => 20,
            Ref::Text(text) => text.len() + 2,
        }
    }
}

impl Json for Ref {
    fn write_to(&self, out: &mut String) {
        match self {
            Ref::Null => out.push_str("null"),
            Ref::Number(number) => number.write_to(out),
            Ref::Text(text) => text.as_ref().write_to(out),
        }
    }
}

impl Serialize for Ref {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Ref::Null => serializer.serialize_unit(),
            Ref::Number(number) => serializer.serialize_i64(*number),
            Ref::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for Ref {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RefVisitor)
    }
}

struct RefVisitor;

impl Visitor<'_> for RefVisitor {
    type Value = Ref;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a ref (string, integer or null)")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Ref, E> {
        Ok(Ref::Null)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Ref, E> {
        Ok(Ref::Number(number))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Ref, E> {
        let number = i64::try_from(number).map_err(|_| E::custom("a ref is out of range"))?;
        Ok(Ref::Number(number))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Ref, E> {
        Ok(Ref::Text(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ref_is_written_as_it_was_read() {
        for json in ["null", "7", "-7", r#""7""#, r#""a \"b\"""#, "9223372036854775807"] {
            let reference: Ref = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_string(&reference).unwrap(), json);
            assert_eq!(crate::json::text(&reference), json);
        }
    }

    #[test]
    fn a_ref_is_a_string_an_integer_or_null() {
        for json in ["1.5", "true", "[]", "{}", "9223372036854775808"] {
            assert!(serde_json::from_str::<Ref>(json).is_err(), "{json}");
        }
    }
}

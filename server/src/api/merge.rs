//! Merge patches (RFC 7396): what is not named stays, and what is null goes back to its default.

use serde::{Deserialize, Deserializer};

/// What a patch says of one field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Patched<T> {
    /// Nothing.
    #[default]
    Kept,
    /// Null: the default again.
    Reset,
    /// This.
    Set(T),
}

impl<T> Patched<T> {
    /// What the field is then.
    pub fn over(self, kept: impl FnOnce() -> T, default: impl FnOnce() -> T) -> T {
        match self {
            Self::Kept => kept(),
            Self::Reset => default(),
            Self::Set(value) => value,
        }
    }

    /// The same of something else.
    ///
    /// # Errors
    /// What `read` finds wrong.
    pub fn try_map<U, E>(self, read: impl FnOnce(T) -> Result<U, E>) -> Result<Patched<U>, E> {
        Ok(match self {
            Self::Kept => Patched::Kept,
            Self::Reset => Patched::Reset,
            Self::Set(value) => Patched::Set(read(value)?),
        })
    }
}

/// A field that is there; one that is missing is the default of its struct.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patched<T> {
    fn deserialize<D: Deserializer<'de>>(field: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(field)?.map_or(Self::Reset, Self::Set))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields, default)]
    struct Patch {
        name: Patched<String>,
    }

    #[test]
    fn a_field_stays_is_reset_or_is_set() {
        let read = |text: &str| serde_json::from_str::<Patch>(text).unwrap().name;
        assert_eq!(read("{}"), Patched::Kept);
        assert_eq!(read(r#"{"name":null}"#), Patched::Reset);
        assert_eq!(read(r#"{"name":"Ann"}"#), Patched::Set("Ann".to_owned()));
        let after = |patched: Patched<String>| patched.over(|| "kept".into(), || "default".into());
        assert_eq!([read("{}"), read(r#"{"name":null}"#), read(r#"{"name":""}"#)].map(after), ["kept", "default", ""]);
    }
}

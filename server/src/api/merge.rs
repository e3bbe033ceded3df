//! Merge patches (RFC 7396): a field that is not named stays, and null resets a field to its default.

use serde::{Deserialize, Deserializer};

/// Change of one field by a patch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Patched<T> {
    /// The field is not named, and stays.
    #[default]
    Kept,
    /// The field is null, and gets its default again.
    Reset,
    /// The field gets this value.
    Set(T),
}

impl<T> Patched<T> {
    /// Value of the field after the patch.
    pub(crate) fn over(self, kept: impl FnOnce() -> T, default: impl FnOnce() -> T) -> T {
        match self {
            Self::Kept => kept(),
            Self::Reset => default(),
            Self::Set(value) => value,
        }
    }

    /// The same change with its value read as another type.
    ///
    /// # Errors
    /// The error of `read`.
    pub(crate) fn try_map<U, E>(self, read: impl FnOnce(T) -> Result<U, E>) -> Result<Patched<U>, E> {
        Ok(match self {
            Self::Kept => Patched::Kept,
            Self::Reset => Patched::Reset,
            Self::Set(value) => Patched::Set(read(value)?),
        })
    }
}

/// A field that is present; for a missing one the struct has the default.
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

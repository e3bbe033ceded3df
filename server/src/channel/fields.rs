//! Reading a push's payload field by field, so that an error names the field.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use serde_json::value::RawValue;
use switchboard_core::Refusal;

/// The fields of a payload. Fields that nobody asks for are ignored: an app may be newer than the server.
#[derive(Debug)]
pub struct Fields<'a>(BTreeMap<Cow<'a, str>, &'a RawValue>);

impl<'a> Fields<'a> {
    /// The fields of a JSON object; none of anything else.
    #[must_use]
    pub fn of(payload: &'a RawValue) -> Self {
        Self(serde_json::from_str(payload.get()).unwrap_or_default())
    }

    fn get(&self, field: &str) -> Option<&'a RawValue> {
        self.0.get(field).copied().filter(|value| value.get() != "null")
    }

    /// A field that must be there.
    ///
    /// # Errors
    /// When it is not, or is not what it must be.
    pub fn required<T>(&self, field: &'static str) -> Result<T, Refusal>
    where
        T: FromStr<Err: ToString>,
    {
        self.optional(field)?.ok_or_else(|| invalid(field, "is missing"))
    }

    /// A field that may be missing or null.
    ///
    /// # Errors
    /// When it is not what it must be.
    pub fn optional<T>(&self, field: &'static str) -> Result<Option<T>, Refusal>
    where
        T: FromStr<Err: ToString>,
    {
        let Some(value) = self.get(field) else { return Ok(None) };
        let text: String = serde_json::from_str(value.get()).map_err(|_| invalid(field, "must be a string"))?;
        text.parse().map(Some).map_err(|error: T::Err| invalid(field, &format!("is not valid: {}", error.to_string())))
    }

    /// A text of at most that many characters.
    ///
    /// # Errors
    /// When it is longer, or not a text.
    pub fn optional_text(&self, field: &'static str, max_chars: usize) -> Result<Option<Arc<str>>, Refusal> {
        let text: Option<String> = self.optional(field)?;
        match text {
            Some(text) if text.chars().count() > max_chars => {
                Err(invalid(field, &format!("has at most {max_chars} characters")))
            }
            other => Ok(other.map(Into::into)),
        }
    }

    /// Any JSON of at most that many bytes.
    ///
    /// # Errors
    /// When it is longer.
    pub fn optional_json(&self, field: &'static str, max_bytes: usize) -> Result<Option<Arc<str>>, Refusal> {
        match self.get(field) {
            Some(value) if value.get().len() > max_bytes => {
                Err(invalid(field, &format!("has at most {max_bytes} bytes as JSON")))
            }
            Some(value) => readable(field, value).map(|value| Some(value.get().into())),
            None => Ok(None),
        }
    }

    /// Any JSON, as it came.
    ///
    /// # Errors
    /// When it is missing.
    pub fn required_json(&self, field: &'static str) -> Result<&'a RawValue, Refusal> {
        let value = self.0.get(field).copied().ok_or_else(|| invalid(field, "is missing"))?;
        readable(field, value)
    }
}

/// JSON that others will have to read: a number out of range, half a character or a nesting without end is well formed
/// and still nothing that an app can take.
fn readable<'a>(field: &'static str, value: &'a RawValue) -> Result<&'a RawValue, Refusal> {
    match serde_json::from_str::<serde_json::Value>(value.get()) {
        Ok(_) => Ok(value),
        Err(error) => Err(invalid(field, &format!("cannot be read as JSON: {error}"))),
    }
}

/// A field that is not what it must be.
#[must_use]
pub fn invalid(field: &'static str, problem: &str) -> Refusal {
    Refusal::Invalid { field, problem: problem.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use switchboard_core::{Key, Topic};

    fn with<T>(payload: &str, read: impl FnOnce(Fields<'_>) -> T) -> T {
        read(Fields::of(&RawValue::from_string(payload.to_owned()).unwrap_or_else(|e| panic!("{e}"))))
    }

    #[test]
    fn an_error_names_the_field() {
        let problem = |payload: &str| with(payload, |f| f.required::<Topic>("topic")).map_err(|e| e.to_string());
        assert_eq!(problem("{}"), Err("`topic` is missing".into()));
        assert_eq!(problem(r#"{"topic":7}"#), Err("`topic` must be a string".into()));
        assert!(problem(r#"{"topic":""}"#).is_err_and(|text| text.starts_with("`topic` is not valid")));
        assert!(problem(r#"{"topic":"tax"}"#).is_ok());
    }

    #[test]
    fn json_that_nobody_can_read_is_refused() {
        let nested = format!("{}{}", "[".repeat(200), "]".repeat(200));
        for note in ["1e999", r#""\ud800""#, &nested] {
            let payload = format!(r#"{{"note":{note},"data":{note}}}"#);
            assert!(with(&payload, |f| f.optional_json("note", 4096)).is_err(), "{note}");
            assert!(with(&payload, |f| f.required_json("data").map(|_| ())).is_err(), "{note}");
        }
    }

    #[test]
    fn null_counts_as_missing_and_a_long_note_is_refused() {
        assert_eq!(with(r#"{"key":null}"#, |f| f.optional::<Key>("key")), Ok(None));
        assert!(with(r#"{"note":"12345"}"#, |f| f.optional_json("note", 6)).is_err());
        assert_eq!(with(r#"{"note":"1234"}"#, |f| f.optional_json("note", 6)), Ok(Some(r#""1234""#.into())));
    }
}

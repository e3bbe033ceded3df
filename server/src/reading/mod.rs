//! Reading of JSON and of queries, with errors in the words of the contract rather than in those of a parser.

mod given;

use std::fmt;

use axum::extract::Query;
use axum::http::Uri;
use serde::de::{Deserialize, DeserializeOwned, Expected, Unexpected};
use serde_json::Value;

use given::Given;

/// Characters of a name that are repeated to its sender.
const SHOWN_CHARS: usize = 64;

/// Error of a value that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The field, such as `settings.wrap_up_ms` or `topics[0]`; empty for the whole.
    pub field: String,
    /// The rule that is broken, such as `must be a list`.
    pub what: String,
}

impl Unreadable {
    /// The error as a sentence, with `whole` as the name of the whole.
    #[must_use]
    pub fn said_of(&self, whole: &str) -> String {
        let Self { field, what } = self;
        if field.is_empty() { format!("{whole} {what}") } else { format!("`{field}` {what}") }
    }

    /// The same error, when the whole is itself a field.
    #[must_use]
    pub fn inside(self, field: &str) -> Self {
        self.under(field)
    }

    fn of(field: &str, what: impl Into<String>) -> Self {
        Self { field: shown(field), what: what.into() }
    }

    fn under(mut self, step: &str) -> Self {
        let joint = if self.field.is_empty() || self.field.starts_with('[') { "" } else { "." };
        self.field = format!("{step}{joint}{}", self.field);
        self
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.said_of("it"))
    }
}

impl std::error::Error for Unreadable {}

/// Reads JSON. The error names a field that occurs twice, unknown, missing or of a wrong type.
///
/// # Errors
/// The first error.
pub fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Unreadable> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let given = Given::deserialize(&mut json).and_then(|given| json.end().map(|()| given));
    T::deserialize(given.map_err(|error| Unreadable::of("", no_json(&error)))?)
}

/// Reads a value that is parsed already.
///
/// # Errors
/// The first error.
pub fn value<T: DeserializeOwned>(value: Value) -> Result<T, Unreadable> {
    let given = Given::deserialize(value).map_err(|error| Unreadable::of("", no_json(&error)))?;
    T::deserialize(given)
}

/// Reads the fields of a query.
///
/// # Errors
/// The first error.
pub fn query<T: DeserializeOwned>(uri: &Uri) -> Result<T, Unreadable> {
    let words = pairs(uri).into_iter().map(|(name, word)| (name, Given::Word(word)));
    T::deserialize(Given::Object(words.collect()))
}

/// The fields of a query as they came, in their order.
#[must_use]
pub fn pairs(uri: &Uri) -> Vec<(String, String)> {
    // Every text is a list of pairs, so this cannot fail.
    Query::try_from_uri(uri).map(|Query(pairs)| pairs).unwrap_or_default()
}

/// The parser's message without its position, which is added in our own form.
fn no_json(error: &serde_json::Error) -> String {
    if error.is_eof() {
        return "is incomplete: its JSON ends too early".to_owned();
    }
    let said = error.to_string();
    let why = said.rsplit_once(" at line ").map_or(said.as_str(), |(why, _)| why);
    let why = if why == "recursion limit exceeded" { "it is nested too deeply" } else { why };
    format!("is not valid JSON: {why} in line {}, column {}", error.line(), error.column())
}

impl serde::de::Error for Unreadable {
    fn custom<T: fmt::Display>(what: T) -> Self {
        Self::of("", format!("is not valid: {what}"))
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::of("", format!("must be {}", in_words(expected)))
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        match unexpected {
            Unexpected::Unsigned(_) => Self::of("", "is too large"),
            Unexpected::Signed(_) | Unexpected::Float(_) => {
                Self::of("", format!("must be {}, 0 or more", in_words(expected)))
            }
            _ => Self::invalid_type(unexpected, expected),
        }
    }

    fn invalid_length(entries: usize, _: &dyn Expected) -> Self {
        Self::of("", format!("must not have {entries} entries"))
    }

    fn unknown_variant(_: &str, known: &'static [&'static str]) -> Self {
        Self::of("", format!("must be one of `{}`", known.join("`, `")))
    }

    fn unknown_field(field: &str, known: &'static [&'static str]) -> Self {
        match known {
            [] => Self::of(field, "is not a field here: there are no fields"),
            known => Self::of(field, format!("is not a field here: the fields are `{}`", known.join("`, `"))),
        }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::of(field, "is missing")
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::of(field, "occurs twice")
    }
}

/// Name of the type that serde expects, in words that say nothing of the programming language.
fn in_words(expected: &dyn Expected) -> String {
    let said = expected.to_string();
    match said.as_str() {
        "u8" | "u16" | "u32" | "u64" | "usize" | "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a boolean" => "`true` or `false`".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a string" | "a character" => "a string".to_owned(),
        "a map" => "an object".to_owned(),
        _ if said.starts_with("struct ") => "a JSON object".to_owned(),
        _ if said.contains("variant") || said.starts_with("enum ") => "one of the known words".to_owned(),
        _ if said.starts_with("a tuple") => "a list".to_owned(),
        _ => said,
    }
}

fn shown(name: &str) -> String {
    let mut shown: String = name.chars().take(SHOWN_CHARS).filter(|c| !c.is_control()).collect();
    if name.chars().count() > SHOWN_CHARS {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests;

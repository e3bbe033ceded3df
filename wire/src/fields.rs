//! Fields of a push's payload, read one by one, so that an error names the field.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use switchboard_core::{Level, Refusal, Skill, Skills};

use crate::json::is_plain;

/// Initial room for the fields of a push, of which no push of the contract has more.
const FIELDS_USUAL: usize = 4;

/// The fields of a payload. Fields that are not asked for are ignored, because an app may be newer than the server.
#[derive(Debug, Default)]
pub struct Fields<'a>(Vec<(Name<'a>, &'a RawValue)>);

#[derive(Debug, serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> Fields<'a> {
    /// The fields of a JSON object; none for any other JSON.
    #[must_use]
    pub fn of(payload: &'a RawValue) -> Self {
        serde_json::from_str(payload.get()).unwrap_or_default()
    }

    fn get(&self, field: &str) -> Option<&'a RawValue> {
        self.find(field).filter(|value| value.get() != "null")
    }

    /// The last of two fields with one name counts, as in JavaScript.
    fn find(&self, field: &str) -> Option<&'a RawValue> {
        self.0.iter().rev().find(|(name, _)| name.0 == field).map(|(_, value)| *value)
    }

    /// A field that must be present and valid.
    pub fn required<T>(&self, field: &'static str) -> Result<T, Refusal>
    where
        T: FromStr<Err: ToString>,
    {
        self.optional(field)?.ok_or_else(|| invalid(field, "is missing"))
    }

    /// A field that may be missing or null.
    pub fn optional<T>(&self, field: &'static str) -> Result<Option<T>, Refusal>
    where
        T: FromStr<Err: ToString>,
    {
        let Some(value) = self.get(field) else { return Ok(None) };
        let text = text_of(value).ok_or_else(|| invalid(field, "must be a string"))?;
        text.parse().map(Some).map_err(|error: T::Err| invalid(field, &format!("is not valid: {}", error.to_string())))
    }

    /// A list of at most `max` texts, each of them valid.
    pub fn optional_list<T>(&self, field: &'static str, max: usize) -> Result<Option<Vec<T>>, Refusal>
    where
        T: FromStr<Err: ToString>,
    {
        let Some(value) = self.get(field) else { return Ok(None) };
        let must_be = || invalid(field, &format!("must be a list of at most {max} strings"));
        let texts: Vec<Name<'_>> = serde_json::from_str(value.get()).map_err(|_| must_be())?;
        if texts.len() > max {
            return Err(must_be());
        }
        let bad =
            |at, error: T::Err| invalid(field, &format!("has an invalid entry at index {at}: {}", error.to_string()));
        let read = |(at, text): (usize, &Name<'_>)| text.0.parse().map_err(|error| bad(at, error));
        texts.iter().enumerate().map(read).collect::<Result<_, _>>().map(Some)
    }

    /// A whole number that must be present.
    pub fn required_number(&self, field: &'static str) -> Result<u64, Refusal> {
        self.optional_number(field)?.ok_or_else(|| invalid(field, "is missing"))
    }

    /// A whole number that may be missing or null.
    pub fn optional_number(&self, field: &'static str) -> Result<Option<u64>, Refusal> {
        let Some(value) = self.get(field) else { return Ok(None) };
        whole(value).map(Some).ok_or_else(|| invalid(field, "must be a whole number, 0 or more"))
    }

    /// Whether a flag is set; a field that is missing or null is not.
    pub fn flag(&self, field: &'static str) -> Result<bool, Refusal> {
        match self.get(field).map(RawValue::get) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(invalid(field, "must be true or false")),
        }
    }

    /// At most `max` skills, each with a level.
    pub fn optional_skills(&self, field: &'static str, max: usize) -> Result<Option<Skills>, Refusal> {
        let Some(value) = self.get(field) else { return Ok(None) };
        let must_be =
            || invalid(field, &format!("must be an object of at most {max} skills, each with a level from 1 to 10"));
        let Self(given) = serde_json::from_str(value.get()).map_err(|_| must_be())?;
        if given.len() > max {
            return Err(must_be());
        }
        let read = |(name, level): &(Name<'_>, &RawValue)| -> Result<(Skill, Level), Refusal> {
            let skill = name.0.parse().map_err(|error: switchboard_core::id::BadId| {
                invalid(field, &format!("names a skill that is not valid: {error}"))
            })?;
            let level = whole(level).and_then(|level| u8::try_from(level).ok()?.try_into().ok());
            Ok((skill, level.ok_or_else(must_be)?))
        };
        given.iter().map(read).collect::<Result<_, _>>().map(Some)
    }

    /// A text of at most that many characters.
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
    pub fn optional_json(&self, field: &'static str, max_bytes: usize) -> Result<Option<Arc<str>>, Refusal> {
        match self.get(field) {
            Some(value) if value.get().len() > max_bytes => {
                Err(invalid(field, &format!("has at most {max_bytes} bytes as JSON")))
            }
            Some(value) => readable(field, value).map(|value| Some(value.get().into())),
            None => Ok(None),
        }
    }

    /// Any JSON, unchanged, which must be present.
    pub fn required_json(&self, field: &'static str) -> Result<&'a RawValue, Refusal> {
        let value = self.find(field).ok_or_else(|| invalid(field, "is missing"))?;
        readable(field, value)
    }
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Fields<'de>, M::Error> {
        let mut fields = Vec::with_capacity(FIELDS_USUAL);
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Fields(fields))
    }
}

/// The whole number that the JSON is. JSON has one kind of number: `7.0`, as some languages write it, is as whole as `7`.
fn whole(value: &RawValue) -> Option<u64> {
    let number: serde_json::Number = serde_json::from_str(value.get()).ok()?;
    let whole = |number: f64| (number.fract() == 0.0 && number >= 0.0).then_some(number as u64);
    number.as_u64().or_else(|| number.as_f64().filter(|_| number.is_f64()).and_then(whole))
}

/// The text of a JSON string; none for any other JSON. Without an escape, the text is borrowed from between the quotes.
fn text_of(value: &RawValue) -> Option<Cow<'_, str>> {
    let between = value.get().strip_prefix('"')?.strip_suffix('"')?;
    if is_plain(between) { Some(between.into()) } else { serde_json::from_str(value.get()).ok().map(Cow::Owned) }
}

/// Refuses JSON that is well formed, but that no app can read: a number out of range, half a surrogate pair, or endless
/// nesting.
fn readable<'a>(field: &'static str, value: &'a RawValue) -> Result<&'a RawValue, Refusal> {
    match serde_json::from_str::<Looked>(value.get()) {
        Ok(Looked) => Ok(value),
        Err(error) => Err(invalid(field, &format!("cannot be read as JSON: {error}"))),
    }
}

/// Any JSON, of which every number and character is read and none is kept.
struct Looked;

impl<'de> Deserialize<'de> for Looked {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(LookedVisitor)
    }
}

struct LookedVisitor;

impl<'de> Visitor<'de> for LookedVisitor {
    type Value = Looked;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("any JSON")
    }

    fn visit_unit<E>(self) -> Result<Looked, E> {
        Ok(Looked)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Looked, E> {
        Ok(Looked)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Looked, E> {
        Ok(Looked)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Looked, E> {
        Ok(Looked)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Looked, E> {
        Ok(Looked)
    }

    fn visit_str<E>(self, _: &str) -> Result<Looked, E> {
        Ok(Looked)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut items: S) -> Result<Looked, S::Error> {
        while let Some(Looked) = items.next_element()? {}
        Ok(Looked)
    }

    fn visit_map<M: MapAccess<'de>>(self, mut fields: M) -> Result<Looked, M::Error> {
        while let Some((Looked, Looked)) = fields.next_entry()? {}
        Ok(Looked)
    }
}

/// Refusal of a field that is not what it must be.
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
    fn of_a_field_twice_the_last_counts_and_escapes_are_read() {
        let payload = r#"{"body":"first","b\u006fdy":"\"second\" \u00e9"}"#;
        assert_eq!(with(payload, |f| f.required::<String>("body")), Ok("\"second\" é".into()));
        for body in [r#""\ud800""#, "7", "[\"a\"]", "true"] {
            let payload = format!(r#"{{"body":{body}}}"#);
            assert_eq!(with(&payload, |f| f.required::<String>("body")), Err(invalid("body", "must be a string")));
        }
    }

    #[test]
    fn json_that_serde_reads_can_be_read() {
        for note in [r#"{"a":[1,-1,0.5,1e300,true,null,"\ud83d\ude00"],"":{}}"#, "[]", "18446744073709551616"] {
            let payload = format!(r#"{{"note":{note}}}"#);
            assert_eq!(with(&payload, |f| f.optional_json("note", 4096)), Ok(Some(note.into())));
        }
    }

    #[test]
    fn a_number_is_whole_and_not_negative() {
        for (number, read) in
            [("7", Some(7)), ("7.0", Some(7)), ("0", Some(0)), ("18446744073709551615", Some(u64::MAX)), ("null", None)]
        {
            assert_eq!(
                with(&format!(r#"{{"for_ms":{number}}}"#), |f| f.optional_number("for_ms")),
                Ok(read),
                "{number}"
            );
        }
        for number in ["-1", "1.5", "\"7\"", "[]", "true"] {
            let problem = with(&format!(r#"{{"for_ms":{number}}}"#), |f| f.required_number("for_ms"));
            assert_eq!(problem, Err(invalid("for_ms", "must be a whole number, 0 or more")), "{number}");
        }
        assert_eq!(with("{}", |f| f.required_number("for_ms")), Err(invalid("for_ms", "is missing")));
    }

    #[test]
    fn a_flag_is_true_or_false() {
        let read = |flag: &str| with(&format!(r#"{{"only":{flag}}}"#), |f| f.flag("only"));
        assert_eq!([read("true"), read("false"), read("null")], [Ok(true), Ok(false), Ok(false)]);
        assert_eq!(with("{}", |f| f.flag("only")), Ok(false));
        for flag in ["1", "\"true\"", "[]", "{}"] {
            assert_eq!(read(flag), Err(invalid("only", "must be true or false")), "{flag}");
        }
    }

    #[test]
    fn skills_are_few_words_each_with_a_level() {
        let read = |skills: &str| with(&format!(r#"{{"skills":{skills}}}"#), |f| f.optional_skills("skills", 2));
        let known = |levels: &[(&str, u8)]| -> Skills {
            levels.iter().map(|(skill, level)| (skill.parse().unwrap(), (*level).try_into().unwrap())).collect()
        };
        assert_eq!(read(r#"{" de":5,"f\u0072":10}"#), Ok(Some(known(&[("de", 5), ("fr", 10)]))));
        assert_eq!((read("{}"), read("null")), (Ok(Some(Skills::new())), Ok(None)));
        for skills in [
            "[]",
            "\"de\"",
            "7",
            r#"{"a":1,"b":1,"c":1}"#,
            r#"{"de":0}"#,
            r#"{"de":11}"#,
            r#"{"de":"5"}"#,
            r#"{"de":null}"#,
            r#"{"":1}"#,
        ] {
            let refused = read(skills).unwrap_err();
            assert!(matches!(&refused, Refusal::Invalid { field: "skills", .. }), "{skills}: {refused}");
        }
    }

    #[test]
    fn null_counts_as_missing_and_a_long_note_is_refused() {
        assert_eq!(with(r#"{"key":null}"#, |f| f.optional::<Key>("key")), Ok(None));
        assert!(with(r#"{"note":"12345"}"#, |f| f.optional_json("note", 6)).is_err());
        assert_eq!(with(r#"{"note":"1234"}"#, |f| f.optional_json("note", 6)), Ok(Some(r#""1234""#.into())));
    }
}

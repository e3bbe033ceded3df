//! Values as they were sent, before a type is demanded of them.

use std::fmt;

use serde::de::value::StringDeserializer;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Number;

use super::{Unreadable, shown};

/// JSON, or the fields of a query.
pub(super) enum Given {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    /// A text of a query, which may stand for a number.
    Word(String),
    List(Vec<Given>),
    /// Fields as they came. A name that occurs twice is found by the type that knows the names.
    Object(Vec<(String, Given)>),
}

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(Gathering)
    }
}

struct Gathering;

impl<'de> Visitor<'de> for Gathering {
    type Value = Given;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("any JSON")
    }

    fn visit_unit<E>(self) -> Result<Given, E> {
        Ok(Given::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Given, E> {
        Ok(Given::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Given, E> {
        Ok(Given::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Given, E> {
        Ok(Given::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Given, E> {
        // JSON has neither NaN nor infinity.
        Ok(Number::from_f64(value).map_or(Given::Null, Given::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Given, E> {
        Ok(Given::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Given, E> {
        Ok(Given::Text(value))
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut items: S) -> Result<Given, S::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Given::List(list))
    }

    fn visit_map<M: MapAccess<'de>>(self, mut fields: M) -> Result<Given, M::Error> {
        let mut object = Vec::new();
        while let Some(field) = fields.next_entry()? {
            object.push(field);
        }
        Ok(Given::Object(object))
    }
}

impl Given {
    fn unexpected(&self) -> Unexpected<'_> {
        match self {
            Self::Null => Unexpected::Unit,
            Self::Bool(value) => Unexpected::Bool(*value),
            Self::Number(value) => Unexpected::Float(value.as_f64().unwrap_or_default()),
            Self::Text(value) | Self::Word(value) => Unexpected::Str(value),
            Self::List(_) => Unexpected::Seq,
            Self::Object(_) => Unexpected::Map,
        }
    }

    /// The number that the value stands for. JSON has one kind of number: `7.0`, as some languages write it, is as
    /// whole as `7`.
    fn number(self) -> Self {
        match self {
            Self::Number(number) => Self::Number(match number.as_f64() {
                Some(value) if number.is_f64() && value.fract() == 0.0 && value >= 0.0 => Number::from(value as u64),
                _ => number,
            }),
            Self::Word(word) => {
                let whole = word.parse::<u64>().map(Number::from).or_else(|_| word.parse::<i64>().map(Number::from));
                let number = whole.ok().or_else(|| Number::from_f64(word.parse().ok()?));
                number.map_or(Self::Word(word), Self::Number)
            }
            other => other,
        }
    }
}

macro_rules! numbers {
    ($($method:ident)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
            self.number().deserialize_any(visitor)
        })+
    };
}

impl<'de> Deserializer<'de> for Given {
    type Error = Unreadable;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self {
            Self::Null => visitor.visit_unit(),
            Self::Bool(value) => visitor.visit_bool(value),
            Self::Number(value) => match (value.as_u64(), value.as_i64(), value.as_f64()) {
                (Some(value), _, _) => visitor.visit_u64(value),
                (None, Some(value), _) => visitor.visit_i64(value),
                (None, None, value) => visitor.visit_f64(value.unwrap_or_default()),
            },
            Self::Text(value) | Self::Word(value) => visitor.visit_string(value),
            Self::List(items) => visitor.visit_seq(Items(items.into_iter().enumerate())),
            Self::Object(fields) => visitor.visit_map(ObjectFields { left: fields.into_iter(), at: None }),
        }
    }

    numbers!(deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16
        deserialize_u32 deserialize_u64 deserialize_f32 deserialize_f64);

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self {
            Self::Word(word) if word == "true" => visitor.visit_bool(true),
            Self::Word(word) if word == "false" => visitor.visit_bool(false),
            other => other.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        if matches!(self, Self::Null) { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_newtype_struct(self)
    }

    /// Takes fields by name alone, because serde would also take a list for the fields in their order.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        match self {
            Self::Object(_) => self.deserialize_any(visitor),
            other => Err(Unreadable::invalid_type(other.unexpected(), &"a JSON object")),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        match self {
            Self::Text(word) | Self::Word(word) => visitor.visit_enum(StringDeserializer::new(word)),
            _ => Err(Unreadable::unknown_variant("", variants)),
        }
    }

    forward_to_deserialize_any! {
        i128 u128 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

/// The entries of a list; an error names the entry.
struct Items(std::iter::Enumerate<std::vec::IntoIter<Given>>);

impl<'de> SeqAccess<'de> for Items {
    type Error = Unreadable;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Unreadable> {
        let Some((at, given)) = self.0.next() else { return Ok(None) };
        seed.deserialize(given).map(Some).map_err(|error| error.under(&format!("[{at}]")))
    }
}

/// The fields of an object; an error names the field.
struct ObjectFields {
    left: std::vec::IntoIter<(String, Given)>,
    /// The field whose name was read last.
    at: Option<(String, Given)>,
}

impl<'de> MapAccess<'de> for ObjectFields {
    type Error = Unreadable;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Unreadable> {
        self.at = self.left.next();
        let Some((name, _)) = &self.at else { return Ok(None) };
        seed.deserialize(StringDeserializer::new(name.clone())).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Unreadable> {
        let (name, given) = self.at.take().ok_or_else(|| Unreadable::custom("a value without a name"))?;
        seed.deserialize(given).map_err(|error| error.under(&shown(&name)))
    }
}

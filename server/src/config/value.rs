//! Conversions of a setting's text into the types of fields.

use std::net::SocketAddr;

use switchboard_wire::Secret;
use tracing_subscriber::EnvFilter;

use super::layers::Layers;
use super::rows::Kind;
use super::{BadSetting, LogFormat};

/// A type of field that a setting's text is read as.
pub(super) trait Value: Sized {
    fn read(layers: &Layers, name: &str) -> Result<Self, BadSetting>;
}

impl Layers {
    /// Reads a setting as a value of type `T`.
    pub(super) fn value<T: Value>(&self, name: &str) -> Result<T, BadSetting> {
        T::read(self, name)
    }
}

impl Value for SocketAddr {
    fn read(layers: &Layers, name: &str) -> Result<Self, BadSetting> {
        layers.read(name, |text, _| text.parse().ok())
    }
}

/// `None` is an empty text.
impl Value for Option<SocketAddr> {
    fn read(layers: &Layers, name: &str) -> Result<Self, BadSetting> {
        layers.read(name, |text, _| if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) })
    }
}

impl Value for bool {
    fn read(layers: &Layers, name: &str) -> Result<Self, BadSetting> {
        layers.read(name, |text, _| match text {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        })
    }
}

impl Value for String {
    fn read(layers: &Layers, name: &str) -> Result<Self, BadSetting> {
        layers.read(name, |text, kind| {
            let is_filter = || !text.trim().is_empty() && EnvFilter::builder().parse(text).is_ok();
            (!matches!(kind, Kind::LogFilter) || is_filter()).then(|| text.to_owned())
        })
    }
}

impl Value for LogFormat {
    fn read(layers: &Layers, name: &str) -> Result<Self, BadSetting> {
        layers.read(name, |text, _| {
            let at = Self::WORDS.iter().position(|word| *word == text)?;
            Self::ALL.get(at).copied()
        })
    }
}

/// A missing secret is made or refused later, because `dev` decides which.
impl Value for Option<Secret> {
    fn read(layers: &Layers, name: &str) -> Result<Self, BadSetting> {
        Ok(layers.secret(name))
    }
}

macro_rules! whole_numbers {
    ($($number:ty)+) => {$(
        impl Value for $number {
            fn read(layers: &Layers, name: &str) -> Result<Self, BadSetting> {
                layers.read(name, |text, kind| {
                    let number: u64 = text.parse().ok()?;
                    match kind {
                        Kind::Whole(least, most) if (least..=most).contains(&number) => number.try_into().ok(),
                        _ => None,
                    }
                })
            }
        }
    )+};
}

whole_numbers!(u64 i64 usize u32);

//! Brand of a company: its colour and its logo.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::{BadId, LogoId, StoredAsText, stored_as_text};

/// A company's colour and logo. A part that is not set has the look of the pages themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brand {
    /// Colour of the company's pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colour: Option<Colour>,
    /// Id of the logo, whose bytes are kept beside the events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<LogoId>,
}

impl Brand {
    /// Whether nothing is set.
    #[must_use]
    pub const fn is_plain(&self) -> bool {
        self.colour.is_none() && self.logo.is_none()
    }
}

/// A colour: red, green and blue.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Colour([u8; 3]);

stored_as_text!(Colour);

impl StoredAsText for Colour {
    fn from_stored(text: &str) -> Result<Self, BadId> {
        text.parse()
    }
}

impl FromStr for Colour {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6).ok_or(BadId::Colour)?;
        let mut parts = [0; 3];
        for (part, pair) in parts.iter_mut().zip(digits.as_bytes().chunks(2)) {
            for digit in pair {
                let digit = char::from(*digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                *part = *part << 4 | digit.ok_or(BadId::Colour)?;
            }
        }
        Ok(Self(parts))
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(out, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl fmt::Debug for Colour {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Serialize for Colour {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_six_hexadecimal_digits_and_is_told_in_small_letters() {
        for (text, told) in [("#1A2b3C", "#1a2b3c"), ("#000000", "#000000"), ("#ffffff", "#ffffff")] {
            let colour: Colour = text.parse().unwrap();
            assert_eq!(colour.to_string(), told);
            assert_eq!(serde_json::from_str::<Colour>(&serde_json::to_string(&colour).unwrap()).unwrap(), colour);
        }
        for text in ["", "#", "1a2b3c", "#1a2b3", "#1a2b3c4", "#fff", "red", "#1a2b3g", "#é2b3c", "#1a2b3c;x"] {
            assert_eq!(text.parse::<Colour>(), Err(BadId::Colour), "{text}");
        }
    }
}

//! Skills, each with a level.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::Skill;

/// Skills, each with its level.
pub type Skills = BTreeMap<Skill, Level>;

/// How well an employee has a skill, or how well they must have it: 1 to 10.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Level(u8);

/// A number that is no level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a level is 1 to 10")]
pub struct BadLevel;

impl Level {
    /// The least level of all.
    pub const LEAST: Self = Self(1);
    /// The highest level of all.
    pub const MOST: Self = Self(10);
    /// All levels, from the least.
    pub const ALL: [Self; 10] =
        [Self(1), Self(2), Self(3), Self(4), Self(5), Self(6), Self(7), Self(8), Self(9), Self(10)];

    /// The level as a number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Position of the level among [`Self::ALL`].
    pub(crate) const fn index(self) -> usize {
        self.0 as usize - 1
    }
}

impl Default for Level {
    fn default() -> Self {
        Self::LEAST
    }
}

impl TryFrom<u8> for Level {
    type Error = BadLevel;
    fn try_from(number: u8) -> Result<Self, BadLevel> {
        if (Self::LEAST.0..=Self::MOST.0).contains(&number) { Ok(Self(number)) } else { Err(BadLevel) }
    }
}

impl From<Level> for u8 {
    fn from(level: Level) -> Self {
        level.0
    }
}

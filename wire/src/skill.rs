//! A skill with its level as one text, such as `de:4`, for tables and the command line.

use std::str::FromStr;

use switchboard_core::{Level, Skill};

/// A skill, a colon and a level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeveledSkill(pub Skill, pub Level);

/// The text is no skill with a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a skill, a colon and a level from 1 to 10, such as `de:4`")]
pub struct NoLeveledSkill;

impl FromStr for LeveledSkill {
    type Err = NoLeveledSkill;

    fn from_str(text: &str) -> Result<Self, NoLeveledSkill> {
        let (skill, level) = text.rsplit_once(':').ok_or(NoLeveledSkill)?;
        let level: u8 = level.trim().parse().map_err(|_| NoLeveledSkill)?;
        let skill = skill.parse().map_err(|_| NoLeveledSkill)?;
        Ok(Self(skill, level.try_into().map_err(|_| NoLeveledSkill)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skill_ends_at_the_last_colon_and_the_rest_is_its_level() {
        let leveled = |skill: &str, level: u8| Ok(LeveledSkill(skill.parse().unwrap(), level.try_into().unwrap()));
        assert_eq!("de:4".parse(), leveled("de", 4));
        assert_eq!(" tax law : 10 ".parse(), leveled("tax law", 10));
        assert_eq!("team:north:1".parse(), leveled("team:north", 1));
        for text in ["", "de", "de:", ":4", " :4", "de:0", "de:11", "de:x", "de:-1", "d\ne:4"] {
            assert_eq!(text.parse::<LeveledSkill>(), Err(NoLeveledSkill), "{text:?}");
        }
    }
}

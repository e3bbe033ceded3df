//! The settings as documents show them.

use std::borrow::Cow;

use super::rows::{ROWS, SettingSpec};

/// One setting, as documents show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingDoc {
    /// The name, which is the key in the settings file too.
    pub name: &'static str,
    pub variable: String,
    /// `None` for a secret.
    pub flag: Option<String>,
    /// `None` when the setting must be set.
    pub default: Option<&'static str>,
    /// Description of good values, with the bounds.
    pub expected: Cow<'static, str>,
    /// The words of `--help`.
    pub what: &'static str,
}

/// All settings, in the order of the documentation.
pub fn table() -> Vec<SettingDoc> {
    let document = |row: &SettingSpec| SettingDoc {
        name: row.name,
        variable: row.variable(),
        flag: row.has_flag().then(|| row.flag()),
        default: row.default,
        expected: row.kind.expected(),
        what: row.help,
    };
    ROWS.iter().map(document).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Flags;
    use crate::config::rows::Kind;

    #[test]
    fn every_setting_says_what_it_does() {
        for setting in table() {
            assert!(!setting.what.is_empty(), "{}", setting.name);
        }
    }

    #[test]
    fn the_secrets_have_no_flag_and_all_others_have_one() {
        let command = <Flags as clap::Args>::augment_args(clap::Command::new("switchboard"));
        let flags: Vec<_> = command.get_arguments().map(|flag| flag.get_id().as_str()).collect();
        for (row, setting) in ROWS.iter().zip(table()) {
            let is_secret = matches!(row.kind, Kind::Secret);
            assert_eq!(setting.flag.is_none(), is_secret, "{}", row.name);
            assert_eq!(!flags.contains(&row.name), is_secret, "{}", row.name);
        }
    }
}

//! The row of a setting: the kinds of values, and the names in each place that a setting comes from.

use std::borrow::Cow;

use switchboard_wire::HIDDEN;

use super::settings::ROWS;
use crate::shown_url::without_password;

/// What a setting's value must be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Address,
    Directory,
    /// A file; none when it is empty.
    File,
    Switch,
    Secret,
    /// Any text; none when it is empty.
    Text,
    /// Texts with commas between, or an array of them in the settings file.
    List,
    /// A URL; none when it is empty.
    Url,
    LogFilter,
    /// One of a few words.
    OneOf(&'static [&'static str]),
    /// An address, or nothing.
    AddressOrNone,
    /// A whole number within bounds, both included.
    Whole(u64, u64),
}

impl Kind {
    pub(super) fn expected(self) -> Cow<'static, str> {
        match self {
            Kind::Address => "an address and port such as `127.0.0.1:4000`".into(),
            Kind::Directory => "a directory".into(),
            Kind::File => "a file".into(),
            Kind::Switch => "`true` or `false`".into(),
            Kind::Secret | Kind::Text => "a text".into(),
            Kind::List => "texts with commas between".into(),
            Kind::Url => "a URL".into(),
            Kind::LogFilter => "a log filter such as `info` or `warn,switchboard=debug`".into(),
            Kind::OneOf(words) => format!("one of `{}`", words.join("`, `")).into(),
            Kind::AddressOrNone => "an address and port such as `127.0.0.1:4001`, or nothing".into(),
            Kind::Whole(least, most) => format!("a whole number from {least} to {most}").into(),
        }
    }
}

impl Kind {
    /// A value of it as it may be shown.
    pub(super) fn shown(self, value: &str) -> Cow<'_, str> {
        match self {
            Kind::Secret if !value.is_empty() => HIDDEN.into(),
            Kind::Url => without_password(value),
            Kind::List => value.split(',').map(without_password).collect::<Vec<_>>().join(",").into(),
            _ => value.into(),
        }
    }
}

/// One setting. The same name everywhere: `max_sockets`, `SWITCHBOARD_MAX_SOCKETS`, `--max-sockets`.
pub(super) struct Row {
    pub(super) name: &'static str,
    /// Purpose, as `--help` and the documents show it.
    pub(super) help: &'static str,
    pub(super) kind: Kind,
    /// Unit of the value, as `--help` shows it behind the flag.
    pub(super) unit: &'static str,
    pub(super) default: Option<&'static str>,
}

impl Row {
    pub(super) fn named(name: &str) -> Option<&'static Row> {
        ROWS.iter().find(|row| row.name == name)
    }

    pub(super) fn variable(&self) -> String {
        format!("SWITCHBOARD_{}", self.name.to_uppercase())
    }

    /// Whether a flag can set it. No flag can set a secret, because a command line is shown to everyone on the machine.
    pub(super) fn has_flag(&self) -> bool {
        !matches!(self.kind, Kind::Secret)
    }

    pub(super) fn flag(&self) -> String {
        format!("--{}", self.name.replace('_', "-"))
    }
}

/// One setting, as documents show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingDoc {
    /// Its name, which is its key in the settings file.
    pub name: &'static str,
    /// Its variable.
    pub variable: String,
    /// Its flag; a secret has none.
    pub flag: Option<String>,
    /// Its default as text; `None` when it must be set.
    pub default: Option<&'static str>,
    /// What its value must be, bounds included.
    pub expected: Cow<'static, str>,
    /// What it does; the same words as in `--help`.
    pub what: &'static str,
}

/// All settings in the order that documents show them in.
pub fn table() -> Vec<SettingDoc> {
    let document = |row: &Row| SettingDoc {
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

//! The layers of settings: defaults, then the file, then variables, then flags; a later layer wins.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use switchboard_wire::Secret;

use super::foreign::Variable;
use super::nearest::nearest;
use super::rows::{Kind, ROWS, SettingSpec};
use super::{BadSetting, CONFIG_VARIABLE, Flags, Origin, PREFIX};

/// The environment variables of this process that have the prefix of settings.
///
/// A value that is not UTF-8 gets replacement characters, so that the refusal can name the variable.
pub fn process_variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok()?;
        name.starts_with(PREFIX).then(|| (name, value.to_string_lossy().into_owned()))
    })
}

/// The value of every setting that has one, with the place that it comes from.
pub(super) struct Layers {
    given: BTreeMap<&'static str, GivenSetting>,
    /// Path of `--data`, which need not be UTF-8.
    data: Option<PathBuf>,
}

struct GivenSetting {
    row: &'static SettingSpec,
    text: String,
    origin: Origin,
}

impl Layers {
    pub(super) fn gather(flags: &Flags, env: impl Iterator<Item = (String, String)>) -> Result<Self, BadSetting> {
        let (layers, bad) = Self::gather_all(flags, env);
        bad.into_iter().next().map_or(Ok(layers), Err)
    }

    /// The settings that could be read, and the errors of the others.
    pub(super) fn gather_all(flags: &Flags, env: impl Iterator<Item = (String, String)>) -> (Self, Vec<BadSetting>) {
        let mut variables: Vec<_> = env.filter(|(name, _)| name.starts_with(PREFIX)).collect();
        variables.sort();
        let (mut layers, mut bad) = (Layers { given: BTreeMap::new(), data: flags.data.clone() }, Vec::new());
        for row in ROWS {
            if let Some(default) = row.default {
                layers.set(row, default.to_owned(), Origin::Default);
            }
        }
        if let Some((path, origin)) = config_path(flags, &variables) {
            bad.extend(layers.set_from_file(&path, origin));
        }
        bad.extend(layers.set_from_variables(variables));
        for (row, text) in flags.given() {
            layers.set(row, text.to_owned(), Origin::Flag(row.flag()));
        }
        (layers, bad)
    }

    fn set(&mut self, row: &'static SettingSpec, text: String, origin: Origin) {
        self.given.insert(row.name, GivenSetting { row, text, origin });
    }

    fn set_from_file(&mut self, path: &Path, config: Origin) -> Vec<BadSetting> {
        let bad_file = |problem| BadSetting { setting: "config".to_owned(), origin: config, problem };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                return vec![bad_file(format!("names `{}`, which cannot be read: {error}", path.display()))];
            }
        };
        let table: toml::Table = match text.parse() {
            Ok(table) => table,
            Err(error) => return vec![bad_file(not_toml(path, &text, &error))],
        };
        let mut bad = Vec::new();
        for (key, value) in table {
            let origin = Origin::File { path: path.to_owned(), key: key.clone() };
            let Some(row) = SettingSpec::named(&key) else {
                let problem = unknown_key(&key, &value);
                bad.push(BadSetting { setting: key, origin, problem });
                continue;
            };
            match text_of(row.kind, value) {
                Some(text) => self.set(row, text, origin),
                None => {
                    let problem = format!("has the wrong type: expected {}", of_toml(row.kind));
                    bad.push(BadSetting { setting: key, origin, problem });
                }
            }
        }
        bad
    }

    fn set_from_variables(&mut self, variables: Vec<(String, String)>) -> Vec<BadSetting> {
        let mut bad = Vec::new();
        for (variable, text) in variables {
            match Variable::of(&variable, &text) {
                Variable::Setting(row) => self.set(row, text, Origin::Variable(variable)),
                Variable::Misspelt(name) => {
                    let meant = SettingSpec::named(name).map(SettingSpec::variable).unwrap_or_default();
                    let problem = format!("is not a setting: did you mean `{meant}`?");
                    bad.push(BadSetting { setting: variable.clone(), origin: Origin::Variable(variable), problem });
                }
                // Variables of other programs; `foreign_variables` warns about them.
                Variable::Config | Variable::Foreign(_) | Variable::Link => {}
            }
        }
        bad
    }

    /// The places that settings come from, for the log: a count for the file, names for variables and flags.
    pub(super) fn places(&self) -> String {
        let (mut in_file, mut others) = (BTreeMap::<&Path, usize>::new(), Vec::new());
        for given in self.given.values() {
            match &given.origin {
                Origin::File { path, .. } => *in_file.entry(path).or_default() += 1,
                Origin::Variable(name) | Origin::Flag(name) => others.push(name.as_str()),
                Origin::Nowhere | Origin::Default => {}
            }
        }
        others.sort_unstable();
        let files = in_file.iter().map(|(path, count)| format!("{count} of {}", path.display()));
        let all: Vec<_> = files.chain(others.into_iter().map(str::to_owned)).collect();
        if all.is_empty() { "defaults".to_owned() } else { all.join(", ") }
    }

    pub(super) fn origin(&self, name: &str) -> Origin {
        self.given.get(name).map_or(Origin::Nowhere, |given| given.origin.clone())
    }

    pub(super) fn data(&self) -> Result<PathBuf, BadSetting> {
        let data = self.read("data", |text, _| (!text.is_empty()).then(|| PathBuf::from(text)))?;
        Ok(self.data.clone().unwrap_or(data))
    }

    /// A setting's text; `None` when it is empty.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.given.get(name).map(|given| given.text.clone()).filter(|text| !text.is_empty())
    }

    /// A setting's list, whose text has commas between the parts.
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        let text = self.text(name).unwrap_or_default();
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    /// A setting's secret; `None` when it is empty.
    pub(super) fn secret(&self, name: &str) -> Option<Secret> {
        let given = self.given.get(name).filter(|given| !given.text.is_empty())?;
        Some(Secret::new(given.text.clone()))
    }

    /// Parses a setting's text, or refuses the text.
    pub(super) fn read<T>(&self, name: &str, parse: impl FnOnce(&str, Kind) -> Option<T>) -> Result<T, BadSetting> {
        let given = self.given.get(name).ok_or_else(|| self.missing(name, ""))?;
        parse(&given.text, given.row.kind).ok_or_else(|| self.bad(name, &given.row.kind.expected()))
    }

    /// The error for a bad value, which never shows a secret.
    pub(super) fn bad(&self, name: &str, expected: &str) -> BadSetting {
        let Some(given) = self.given.get(name) else {
            return self.missing(name, "");
        };
        let problem = match given.row.kind {
            Kind::Secret => format!("is not usable: expected {expected}"),
            kind => format!("is `{}`: expected {expected}", kind.shown(&given.text)),
        };
        BadSetting { setting: name.to_owned(), origin: given.origin.clone(), problem }
    }

    /// The error for a setting that is missing or empty and has no default.
    pub(super) fn missing(&self, name: &str, or: &str) -> BadSetting {
        let origin = self.given.get(name).map_or(Origin::Nowhere, |given| given.origin.clone());
        let variable = SettingSpec::named(name).map(SettingSpec::variable).unwrap_or_default();
        let problem =
            format!("must not be empty: set the variable `{variable}` or the key `{name}` in the settings file{or}");
        BadSetting { setting: name.to_owned(), origin, problem }
    }
}

fn config_path(flags: &Flags, variables: &[(String, String)]) -> Option<(PathBuf, Origin)> {
    if let Some(path) = &flags.config {
        return Some((path.clone(), Origin::Flag("--config".to_owned())));
    }
    let (name, path) = variables.iter().find(|(name, _)| name == CONFIG_VARIABLE)?;
    Some((PathBuf::from(path), Origin::Variable(name.clone())))
}

fn unknown_key(key: &str, value: &toml::Value) -> String {
    match nearest(key) {
        Some(near) => format!("is not a setting: did you mean `{}`?", near.name),
        None if value.is_table() => {
            "is not a setting: all settings belong at the top level of the file, outside any table".to_owned()
        }
        None => "is not a setting: `switchboard config print` lists all settings".to_owned(),
    }
}

/// The problem with a file that is not TOML: the parser's message and the number of the line. The parser's full text
/// would quote the line, which may hold a secret.
fn not_toml(path: &Path, text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.as_bytes().get(..span.start));
    let line = before.unwrap_or_default().iter().filter(|byte| **byte == b'\n').count();
    let why = match text.lines().nth(line).and_then(lacks_quotes) {
        Some(SettingSpec { name, kind: Kind::List, .. }) => {
            format!("`{name}` is a list of quoted strings: `{name} = [\"…\", \"…\"]`")
        }
        Some(SettingSpec { name, default, .. }) => {
            let example = default.filter(|default| !default.is_empty()).unwrap_or("…");
            format!("the value of `{name}` must be in quotes, as in `{name} = \"{example}\"`")
        }
        None => error.message().to_owned(),
    };
    format!("names `{}`, which is not valid TOML in line {}: {why}", path.display(), line + 1)
}

/// The setting whose text lacks its quotes in this line.
fn lacks_quotes(line: &str) -> Option<&'static SettingSpec> {
    let (key, value) = line.split_once('=')?;
    let row = SettingSpec::named(key.trim()).filter(|row| !matches!(row.kind, Kind::Switch | Kind::Whole(..)))?;
    (!value.trim_start().starts_with(['"', '\'', '['])).then_some(row)
}

fn text_of(kind: Kind, value: toml::Value) -> Option<String> {
    match (kind, value) {
        (Kind::Switch, toml::Value::Boolean(value)) => Some(value.to_string()),
        (Kind::Whole(..), toml::Value::Integer(value)) => Some(value.to_string()),
        (Kind::Switch | Kind::Whole(..), _) => None,
        (Kind::List, toml::Value::Array(values)) => {
            let texts: Option<Vec<_>> = values.iter().map(toml::Value::as_str).collect();
            texts.map(|texts| texts.join(","))
        }
        (_, toml::Value::String(value)) => Some(value),
        _ => None,
    }
}

fn of_toml(kind: Kind) -> String {
    match kind {
        Kind::Switch | Kind::Whole(..) => format!("{}, without quotes", kind.expected()),
        _ => format!("{}, in quotes", kind.expected()),
    }
}

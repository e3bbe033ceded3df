//! The places that settings come from, laid one over the other.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tracing_subscriber::EnvFilter;

use super::table::{Kind, ROWS, Row};
use super::{BadSetting, Flags, Origin, Secret};

const PREFIX: &str = "SWITCHBOARD_";
const CONFIG_VARIABLE: &str = "SWITCHBOARD_CONFIG";

/// The variables of this process that are Switchboard's.
///
/// A value that is not UTF-8 is passed on with replacement characters, to be refused with its name.
pub fn process_variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok()?;
        name.starts_with(PREFIX).then(|| (name, value.to_string_lossy().into_owned()))
    })
}

/// What was set, with the place that won.
pub(super) struct Layers(BTreeMap<&'static str, Given>);

struct Given {
    row: &'static Row,
    text: String,
    origin: Origin,
}

impl Layers {
    pub(super) fn gather(flags: &Flags, env: impl Iterator<Item = (String, String)>) -> Result<Self, BadSetting> {
        let (layers, bad) = Self::gather_all(flags, env);
        bad.into_iter().next().map_or(Ok(layers), Err)
    }

    /// All that could be read, and all that could not.
    pub(super) fn gather_all(flags: &Flags, env: impl Iterator<Item = (String, String)>) -> (Self, Vec<BadSetting>) {
        let mut variables: Vec<_> = env.filter(|(name, _)| name.starts_with(PREFIX)).collect();
        variables.sort();
        let (mut layers, mut bad) = (Layers(BTreeMap::new()), Vec::new());
        for row in &ROWS {
            if let Some(default) = row.default {
                layers.set(row, default.to_owned(), Origin::Default);
            }
        }
        if let Some((path, origin)) = config_path(flags, &variables) {
            bad.extend(layers.set_from_file(&path, origin));
        }
        bad.extend(layers.set_from_variables(variables));
        for (name, text) in flags.given() {
            if let Some(row) = Row::named(name) {
                layers.set(row, text, Origin::Flag(row.flag()));
            }
        }
        (layers, bad)
    }

    fn set(&mut self, row: &'static Row, text: String, origin: Origin) {
        self.0.insert(row.name, Given { row, text, origin });
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
            let Some(row) = Row::named(&key) else {
                bad.push(unknown(key, origin));
                continue;
            };
            match text_of(row.kind, value) {
                Some(text) => self.set(row, text, origin),
                None => {
                    let problem = format!("is of a wrong type: expected {}", of_toml(row.kind));
                    bad.push(BadSetting { setting: key, origin, problem });
                }
            }
        }
        bad
    }

    fn set_from_variables(&mut self, variables: Vec<(String, String)>) -> Vec<BadSetting> {
        let mut bad = Vec::new();
        for (variable, text) in variables {
            if variable == CONFIG_VARIABLE || is_service_link(&variable, &text) {
                continue;
            }
            match ROWS.iter().find(|row| row.variable() == variable) {
                Some(row) => self.set(row, text, Origin::Variable(variable)),
                None => bad.push(unknown(variable.clone(), Origin::Variable(variable))),
            }
        }
        bad
    }

    /// Where a setting was set.
    pub(super) fn origin(&self, name: &str) -> Origin {
        self.0.get(name).map_or(Origin::Nowhere, |given| given.origin.clone())
    }

    pub(super) fn address(&self, name: &str) -> Result<SocketAddr, BadSetting> {
        self.read(name, |text, _| text.parse().ok())
    }

    /// The data directory: a flag's path as it came, for it need not be UTF-8.
    pub(super) fn data(&self, flags: &Flags) -> Result<PathBuf, BadSetting> {
        let data = self.read("data", |text, _| (!text.is_empty()).then(|| PathBuf::from(text)))?;
        Ok(flags.data.clone().unwrap_or(data))
    }

    pub(super) fn switch(&self, name: &str) -> Result<bool, BadSetting> {
        self.read(name, |text, _| match text {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        })
    }

    pub(super) fn log_filter(&self, name: &str) -> Result<String, BadSetting> {
        self.read(name, |text, _| {
            let is_filter = !text.trim().is_empty() && EnvFilter::builder().parse(text).is_ok();
            is_filter.then(|| text.to_owned())
        })
    }

    /// One of a few words; which of them it is.
    pub(super) fn one_of(&self, name: &str) -> Result<usize, BadSetting> {
        self.read(name, |text, kind| match kind {
            Kind::OneOf(words) => words.iter().position(|word| *word == text),
            _ => None,
        })
    }

    pub(super) fn address_or_none(&self, name: &str) -> Result<Option<SocketAddr>, BadSetting> {
        self.read(name, |text, _| if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) })
    }

    pub(super) fn whole(&self, name: &str) -> Result<u64, BadSetting> {
        self.read(name, |text, kind| {
            let number = text.parse().ok()?;
            match kind {
                Kind::Whole(least, most) => (least..=most).contains(&number).then_some(number),
                _ => None,
            }
        })
    }

    pub(super) fn count(&self, name: &str) -> Result<usize, BadSetting> {
        usize::try_from(self.whole(name)?).map_err(|_| self.bad(name, "a smaller number"))
    }

    /// A text; an empty one counts as not given.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.0.get(name).map(|given| given.text.clone()).filter(|text| !text.is_empty())
    }

    /// A list; its text has commas between.
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        let text = self.text(name).unwrap_or_default();
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    /// A secret; an empty one counts as not given.
    pub(super) fn secret(&self, name: &str) -> Option<Secret> {
        let given = self.0.get(name).filter(|given| !given.text.is_empty())?;
        Some(Secret::new(given.text.clone()))
    }

    fn read<T>(&self, name: &str, parse: impl FnOnce(&str, Kind) -> Option<T>) -> Result<T, BadSetting> {
        let given = self.0.get(name).ok_or_else(|| self.missing(name, ""))?;
        parse(&given.text, given.row.kind).ok_or_else(|| self.bad(name, &given.row.kind.expected()))
    }

    /// The error for a value that is not as it should be.
    pub(super) fn bad(&self, name: &str, expected: &str) -> BadSetting {
        let Some(given) = self.0.get(name) else {
            return self.missing(name, "");
        };
        let problem = match given.row.kind {
            Kind::Secret => format!("is not usable: expected {expected}"),
            _ => format!("is `{}`: expected {expected}", given.text),
        };
        BadSetting { setting: name.to_owned(), origin: given.origin.clone(), problem }
    }

    /// The error for a setting that nobody gave, or gave empty, and that has no default.
    pub(super) fn missing(&self, name: &str, or: &str) -> BadSetting {
        let origin = self.0.get(name).map_or(Origin::Nowhere, |given| given.origin.clone());
        let variable = Row::named(name).map(Row::variable).unwrap_or_default();
        let problem = format!(
            "must be set and not empty: use the variable `{variable}` or the key `{name}` of the settings file {or}"
        );
        BadSetting { setting: name.to_owned(), origin, problem: problem.trim_end().to_owned() }
    }
}

fn config_path(flags: &Flags, variables: &[(String, String)]) -> Option<(PathBuf, Origin)> {
    if let Some(path) = &flags.config {
        return Some((path.clone(), Origin::Flag("--config".to_owned())));
    }
    let (name, path) = variables.iter().find(|(name, _)| name == CONFIG_VARIABLE)?;
    Some((PathBuf::from(path), Origin::Variable(name.clone())))
}

fn unknown(setting: String, origin: Origin) -> BadSetting {
    let names: Vec<_> = ROWS.iter().map(|row| row.name).collect();
    let problem = format!("is not a setting; the settings are {}", names.join(", "));
    BadSetting { setting, origin, problem }
}

/// Only the parser's message and the line's number: its full text quotes the line, which may hold a secret.
fn not_toml(path: &Path, text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.as_bytes().get(..span.start));
    let line = before.unwrap_or_default().iter().filter(|byte| **byte == b'\n').count() + 1;
    format!("names `{}`, which is not TOML in line {line}: {}", path.display(), error.message())
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

/// Kubernetes and Docker links set such variables in every container beside a service named `switchboard`. They
/// are not settings, and refusing them would keep the server from starting there.
fn is_service_link(variable: &str, value: &str) -> bool {
    let rest = variable.strip_prefix(PREFIX).unwrap_or_default();
    let of_port = |port: &str| {
        let number = port.split('_').next().unwrap_or_default();
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    };
    match rest {
        "SERVICE_HOST" | "SERVICE_PORT" => true,
        "PORT" => value.contains("://"),
        _ if rest.starts_with("SERVICE_PORT_") => true,
        _ => rest.strip_prefix("PORT_").is_some_and(of_port),
    }
}

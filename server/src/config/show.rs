//! `switchboard config`: prints the settings without their secrets, and lists all errors in them at once.

use std::fmt::Write;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::guessable::guessable;
use super::layers::Layers;
use super::rows::{Kind, ROWS, SettingSpec};
use super::{BadSetting, Flags, SettingDoc, Settings, table};

impl Settings {
    /// Every setting with its value and its origin, a line each.
    ///
    /// # Errors
    /// Settings that cannot be read.
    pub fn print(flags: &Flags, env: impl Iterator<Item = (String, String)>) -> Result<String, BadSetting> {
        let layers = Layers::gather(flags, env)?;
        let mut lines = String::new();
        for row in ROWS {
            let value = layers.text(row.name).map(|text| row.kind.shown(&text).into_owned()).unwrap_or_default();
            let origin = layers.origin(row.name);
            // Writing to a `String` cannot fail.
            let _written = writeln!(lines, "{} = {value} ({origin})", row.name);
        }
        Ok(lines)
    }

    /// Every setting, as a settings file in which unset settings and secrets are comments.
    ///
    /// # Errors
    /// Settings that cannot be read.
    pub fn print_toml(flags: &Flags, env: impl Iterator<Item = (String, String)>) -> Result<String, BadSetting> {
        let layers = Layers::gather(flags, env)?;
        let mut lines = String::new();
        for row in ROWS {
            let value = layers.text(row.name);
            let shown = value.as_deref().map(|value| row.kind.shown(value)).unwrap_or_default();
            let is_comment = value.as_deref() != Some(&*shown);
            let value = in_toml(row.kind, &shown);
            let comment = if is_comment { "# " } else { "" };
            let _written = writeln!(lines, "# {}\n{comment}{} = {value}\n", row.help, row.name);
        }
        Ok(lines)
    }

    /// All settings with their defaults, as a table for documents.
    #[must_use]
    pub fn print_markdown() -> String {
        let mut lines = "| setting | default | description | expected value |\n|---|---|---|---|\n".to_owned();
        for SettingDoc { name, default, what, expected, .. } in table() {
            let default = match default {
                None | Some("") => "none".to_owned(),
                Some(default) => format!("`{default}`"),
            };
            let _written = writeln!(lines, "| `{name}` | {default} | {what} | {expected} |");
        }
        lines
    }

    /// All errors in the settings. No file is created, not even a secret of `dev`.
    pub fn problems(flags: &Flags, env: impl Iterator<Item = (String, String)>) -> Vec<BadSetting> {
        let (layers, mut problems) = Layers::gather_all(flags, env);
        let is_read = problems.iter().all(|problem| problem.setting != "config");
        problems.extend(ROWS.iter().filter_map(|row| layers.problem(row)));
        problems.extend(Self::proxies(&layers).err());
        problems.extend(Self::away_from_home(&layers).err());
        // A setting that needs another one may have it in the file that could not be read.
        let checks = Self::CHECKS.iter().filter(|(field, _)| is_read || !matches!(*field, "door" | "ice"));
        problems.extend(checks.filter_map(|(_, check)| check(&layers)));
        if is_read && !layers.value("dev").unwrap_or(false) {
            problems.extend(Self::no_token_key(&layers));
        }
        let mut seen: Vec<BadSetting> = Vec::new();
        problems.retain(|problem| {
            let is_new = !seen.contains(problem);
            seen.push(problem.clone());
            is_new
        });
        problems
    }

    /// Warnings about settings that are allowed but unwise, in the words that `serve` logs at its start.
    ///
    /// # Errors
    /// Settings that cannot be read.
    pub fn unwise(flags: &Flags, env: impl Iterator<Item = (String, String)>) -> Result<Vec<String>, BadSetting> {
        let layers = Layers::gather(flags, env)?;
        Ok(guessable(|name| layers.secret(name)))
    }

    /// The data directory that must hold an API key; `None` when the settings have a key or `dev` makes one.
    ///
    /// # Errors
    /// Settings that cannot be read.
    pub fn needs_stored_key(
        flags: &Flags,
        env: impl Iterator<Item = (String, String)>,
    ) -> Result<Option<PathBuf>, BadSetting> {
        let layers = Layers::gather(flags, env)?;
        let has_its_own = layers.secret("api_key").is_some() || layers.value("dev")?;
        if has_its_own { Ok(None) } else { layers.data().map(Some) }
    }
}

impl Layers {
    /// The error in a value, without a look at other settings.
    fn problem(&self, row: &SettingSpec) -> Option<BadSetting> {
        match row.kind {
            Kind::Address => self.value::<SocketAddr>(row.name).err(),
            Kind::Switch => self.value::<bool>(row.name).err(),
            Kind::LogFilter => self.value::<String>(row.name).err(),
            Kind::Whole(..) => self.value::<u64>(row.name).err(),
            Kind::OneOf(words) => self.read(row.name, |text, _| words.contains(&text).then_some(())).err(),
            Kind::AddressOrNone => self.value::<Option<SocketAddr>>(row.name).err(),
            Kind::Directory => self.data().err(),
            Kind::File | Kind::Secret | Kind::Text | Kind::List | Kind::Url => None,
        }
    }
}

fn in_toml(kind: Kind, text: &str) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    match kind {
        Kind::Switch | Kind::Whole(..) => text.to_owned(),
        Kind::List => {
            let parts: Vec<_> = text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(quoted).collect();
            format!("[{}]", parts.join(", "))
        }
        Kind::Address
        | Kind::AddressOrNone
        | Kind::OneOf(_)
        | Kind::Directory
        | Kind::File
        | Kind::Secret
        | Kind::Text
        | Kind::Url
        | Kind::LogFilter => quoted(text),
    }
}

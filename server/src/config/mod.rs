//! The settings of the server: from a file, then from variables, then from flags.

mod bad_setting;
mod dev_secret;
mod door;
mod flags;
mod foreign;
mod guessable;
mod ice;
mod layers;
mod limits;
mod nearest;
mod rows;
mod settings;
mod show;
pub mod shown_url;
mod table;
mod tokens;
mod value;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

pub use self::bad_setting::{BadSetting, Origin};
pub use self::dev_secret::{DEV_API_KEY_FILE, DEV_JWT_SECRET_FILE, dev_secret};
pub use self::door::DoorSettings;
pub use self::flags::Flags;
pub use self::layers::process_variables;
pub use self::nearest::nearest_flag;
pub use self::settings::Settings;
pub use self::table::{SettingDoc, table};
pub use self::tokens::Tokens;

use reqwest::Url;
use switchboard_wire::Secret;

use self::layers::Layers;
use crate::auth::Rules;
use shown_url::PrivateUrl;

/// Prefix of the variables that are settings.
const PREFIX: &str = "SWITCHBOARD_";
/// The variable that names the settings file.
const CONFIG_VARIABLE: &str = "SWITCHBOARD_CONFIG";

impl Settings {
    /// Reads the settings: the file of `--config` (or `SWITCHBOARD_CONFIG`), then `SWITCHBOARD_*` of `env`, then the
    /// flags; the later wins.
    ///
    /// With `dev`, missing secrets are generated and kept under the data directory.
    ///
    /// # Errors
    /// The first bad setting, with its origin.
    pub fn load(flags: Flags, env: impl Iterator<Item = (String, String)>) -> Result<Settings, BadSetting> {
        let variables: Vec<_> = env.collect();
        let layers = Layers::gather(&flags, variables.iter().cloned())?;
        Self::away_from_home(&layers)?;
        // An empty path is named before a bad address, although the address is the first row.
        layers.data()?;
        let mut settings = Self::read(&layers, Self::foreign_variables(variables.into_iter()))?;
        settings.auto_provision |= settings.dev;
        // Last, so that settings which are refused leave no files behind.
        settings.tokens.secret = settings.secret(&layers, "jwt_secret", DEV_JWT_SECRET_FILE)?;
        if let Some(missing) = Self::no_token_key(&layers).filter(|_| !settings.dev) {
            return Err(missing);
        }
        settings.api_key = settings.secret(&layers, "api_key", DEV_API_KEY_FILE)?;
        Ok(settings)
    }

    /// The secret to sign a token with: from the settings file, from the variable, or else from the file that an
    /// earlier `serve --dev` has left under the data directory.
    ///
    /// # Errors
    /// No secret in any of these places, or settings that cannot be read.
    pub fn load_for_token(flags: Flags, env: impl Iterator<Item = (String, String)>) -> Result<Secret, BadSetting> {
        let layers = Layers::gather(&flags, env)?;
        if let Some(secret) = layers.secret("jwt_secret") {
            return Ok(secret);
        }
        let data = layers.data()?;
        match dev_secret::existing(&data, DEV_JWT_SECRET_FILE) {
            Ok(Some(secret)) => Ok(Secret::new(secret)),
            Ok(None) => Err(layers.missing(
                "jwt_secret",
                &format!(
                    ", or start `switchboard serve --dev` once, which creates `{}`",
                    data.join(DEV_JWT_SECRET_FILE).display()
                ),
            )),
            Err(error) => Err(unusable_dev_secret(&layers, &data, DEV_JWT_SECRET_FILE, &error)),
        }
    }

    /// The rules that tokens must keep, for a command that makes tokens.
    ///
    /// # Errors
    /// Settings that cannot be read.
    pub fn load_token_rules(flags: &Flags, env: impl Iterator<Item = (String, String)>) -> Result<Rules, BadSetting> {
        Self::rules(&Layers::gather(flags, env)?)
    }

    /// Keys and rules that tokens are checked with, for a command that checks a token.
    ///
    /// # Errors
    /// Settings that cannot be read, or no key.
    pub fn load_tokens(flags: &Flags, env: impl Iterator<Item = (String, String)>) -> Result<Tokens, BadSetting> {
        let variables: Vec<_> = env.collect();
        let layers = Layers::gather(flags, variables.iter().cloned())?;
        let mut tokens = Self::tokens(&layers)?;
        if tokens.keys.is_none() && tokens.url.is_none() || layers.text("jwt_secret").is_some() {
            tokens.secret = Some(Self::load_for_token(flags.clone(), variables.into_iter())?);
        }
        Ok(tokens)
    }

    /// Format of log lines, also while other settings are bad.
    pub fn log_format(flags: &Flags, env: impl Iterator<Item = (String, String)>) -> LogFormat {
        let (layers, _bad) = Layers::gather_all(flags, env);
        layers.value("log_format").unwrap_or(LogFormat::Text)
    }

    /// The data directory alone, for commands that work on the store.
    ///
    /// # Errors
    /// Settings that cannot be read.
    pub fn load_data(flags: &Flags, env: impl Iterator<Item = (String, String)>) -> Result<PathBuf, BadSetting> {
        Layers::gather(flags, env)?.data()
    }

    /// Warnings about settings that are allowed but unwise, in sentences for the log.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = guessable::guessable(|name| match name {
            "jwt_secret" => self.tokens.secret.clone(),
            "api_key" => self.api_key.clone(),
            _ => self.ice.turn.as_ref().map(|turn| turn.secret.clone()),
        });
        warnings.extend(self.foreign.iter().cloned());
        warnings
    }

    fn secret(&self, layers: &Layers, name: &'static str, file: &str) -> Result<Option<Secret>, BadSetting> {
        match layers.secret(name) {
            Some(secret) => Ok(Some(secret)),
            None if self.dev => dev_secret(&self.data, file)
                .map(|secret| Some(Secret::new(secret)))
                .map_err(|error| unusable_dev_secret(layers, &self.data, file, &error)),
            None => Ok(None),
        }
    }

    /// Refuses `dev` on an address that other machines can reach.
    fn away_from_home(layers: &Layers) -> Result<(), BadSetting> {
        if layers.value("dev")? && !layers.value::<SocketAddr>("listen")?.ip().to_canonical().is_loopback() {
            let expected = "a loopback address such as `127.0.0.1:4000`, because `dev` is on";
            return Err(layers.bad("listen", expected));
        }
        Ok(())
    }

    /// The refusal to serve without any key for tokens.
    fn no_token_key(layers: &Layers) -> Option<BadSetting> {
        let is_any = ["jwt_secret", "jwt_keys", "jwks_url"].iter().any(|name| layers.text(name).is_some());
        let or = ", or set `jwt_keys` or `jwks_url`, or run with `--dev`";
        (!is_any).then(|| layers.missing("jwt_secret", or))
    }

    /// The refusal to serve without any API key, neither a set one nor a stored one.
    #[must_use]
    pub(crate) fn no_api_key() -> BadSetting {
        let problem = "must be set, unless `switchboard key create` has created a valid key: set the variable \
                       `SWITCHBOARD_API_KEY` or the key `api_key` in the settings file, or run with `--dev`";
        BadSetting { setting: "api_key".to_owned(), origin: Origin::Nowhere, problem: problem.to_owned() }
    }
}

/// Format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    /// One JSON object a line.
    Json,
}

impl LogFormat {
    const ALL: [Self; 2] = [Self::Text, Self::Json];
    /// The words for [`Self::ALL`], in the same order.
    const WORDS: [&str; 2] = ["text", "json"];
}

fn sign_in_url(layers: &Layers) -> Result<Option<PrivateUrl<Url>>, BadSetting> {
    let Some(text) = layers.text("sign_in_url") else { return Ok(None) };
    let url = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    url.map(|url| Some(PrivateUrl::new(url)))
        .ok_or_else(|| layers.bad("sign_in_url", "a URL such as `https://app.example/sign-in`"))
}

fn otlp_endpoint(layers: &Layers) -> Result<Option<PrivateUrl<String>>, BadSetting> {
    let endpoint = layers.text("otlp_endpoint");
    match &endpoint {
        Some(_) if !cfg!(feature = "otlp") => {
            Err(layers.bad("otlp_endpoint", "no value, because this binary was built without the feature `otlp`"))
        }
        // The exporter parses the URL as `Uri` does, and its error would repeat the password in the URL.
        Some(url)
            if !Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
                || url.parse::<axum::http::Uri>().is_err() =>
        {
            Err(layers.bad("otlp_endpoint", "a URL such as `http://127.0.0.1:4318`"))
        }
        Some(_) | None => Ok(endpoint.map(PrivateUrl::new)),
    }
}

fn unusable_dev_secret(layers: &Layers, data: &Path, file: &str, error: &std::io::Error) -> BadSetting {
    let path = data.join(file);
    layers.bad("data", &format!("a directory where `{}` can be stored ({error})", path.display()))
}

#[cfg(test)]
mod tests;

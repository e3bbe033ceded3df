//! The server's settings: a file and variables with arbitrary contents.

use std::path::PathBuf;
use std::sync::LazyLock;

use switchboard::config::{BadSetting, Flags, Origin, Settings};
use tempfile::TempDir;

/// Shorter secrets may occur in an error by chance.
const SECRET_LEAST_BYTES: usize = 8;

static PLACE: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap_or_else(|error| panic!("{error}")));

/// Loads settings from variables, one on each line, then a line `---`, then a file in TOML.
pub fn settings(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (variables, file) = text.split_once("---\n").unwrap_or(("", text));
    let variables = || variables.lines().filter_map(|line| line.split_once('=')).map(owned);
    let path = PLACE.path().join(format!("{:?}.toml", std::thread::current().id()));
    std::fs::write(&path, file).unwrap_or_else(|error| panic!("{error}"));
    // Flags give the directory and the file, so that nothing outside the trial's own place is read or made.
    let data = PLACE.path().join("data");
    let flags = Flags::of(["--config".into(), path.into(), "--data".into(), data.clone().into()]);
    let flags = flags.unwrap_or_else(|error| panic!("{error}"));
    let secrets = secrets(text, variables().collect());
    let loaded = Settings::load(flags.clone(), variables());
    match &loaded {
        Ok(settings) => {
            in_bounds(settings);
            the_later_wins(settings, variables());
            hides(&format!("{settings:?} {:?}", settings.warnings()), &secrets);
        }
        Err(bad) => named(bad, &secrets),
    }
    if let Err(bad) = Settings::load_for_token(flags.clone(), variables()) {
        named(&bad, &secrets);
    }
    if let Ok(loaded_data) = Settings::load_data(&flags, variables()) {
        assert_eq!(loaded_data, data);
    } else {
        assert!(loaded.is_err());
    }
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn in_bounds(settings: &Settings) {
    assert!((1..=1_000_000).contains(&settings.max_sockets));
    assert!((60_000..=3_600_000).contains(&settings.socket_idle_timeout_ms));
    assert!((64..=1_048_576).contains(&settings.journal_queue));
    assert!((16..=65_536).contains(&settings.outbox_frames));
    assert!(settings.drain_timeout_ms <= 9_000);
    assert!((8_192..=1_073_741_824).contains(&settings.message_bytes_per_session));
    let tokens = &settings.tokens;
    assert!(tokens.secret.is_some() || tokens.keys.is_some() || tokens.url.is_some());
    assert!(tokens.secret.iter().chain(&settings.api_key).all(|secret| !secret.expose().is_empty()));
    assert!(!settings.dev || (settings.auto_provision && settings.listen.ip().to_canonical().is_loopback()));
    assert!(!settings.log.trim().is_empty());
    assert_eq!(settings.data, PLACE.path().join("data"));
}

fn the_later_wins(settings: &Settings, variables: impl Iterator<Item = (String, String)>) {
    // If a name occurs twice, which no process has, either value may win.
    let given: Vec<String> = variables.filter(|(name, _)| name == "SWITCHBOARD_MAX_SOCKETS").map(|(_, v)| v).collect();
    if let [given] = given.as_slice() {
        assert_eq!(given.parse(), Ok(settings.max_sockets));
    }
}

fn named(bad: &BadSetting, secrets: &[String]) {
    let said = bad.to_string();
    assert!(said.contains(&bad.setting), "{said}");
    match &bad.origin {
        Origin::File { path, key } => {
            assert!(said.contains(key) && said.contains(&path.display().to_string()), "{said}");
        }
        Origin::Variable(name) | Origin::Flag(name) => assert!(said.contains(name), "{said}"),
        Origin::Nowhere | Origin::Default => {}
    }
    hides(&said, secrets);
}

fn hides(said: &str, secrets: &[String]) {
    for secret in secrets {
        assert!(!said.contains(secret), "a secret is shown: {said}");
    }
}

/// Secrets that occur in the input once, and not as another value that may be shown.
fn secrets(text: &str, variables: Vec<(String, String)>) -> Vec<String> {
    let of_variable = |(name, value): (String, String)| {
        matches!(name.as_str(), "SWITCHBOARD_JWT_SECRET" | "SWITCHBOARD_API_KEY" | "SWITCHBOARD_TURN_SECRET")
            .then_some(value)
    };
    let in_file = text.lines().filter_map(|line| {
        let (key, value) = line.split_once('=')?;
        let value = value.trim().strip_prefix('"')?.strip_suffix('"')?;
        matches!(key.trim(), "jwt_secret" | "api_key" | "turn_secret").then(|| value.to_owned())
    });
    let all = variables.into_iter().filter_map(of_variable).chain(in_file);
    let place = PathBuf::from(PLACE.path()).display().to_string();
    let alone = |secret: &String| {
        secret.len() >= SECRET_LEAST_BYTES
            && text.matches(secret.as_str()).count() == 1
            && !WORDS_OF_ERRORS.iter().any(|words| words.contains(secret.as_str()))
            && !place.contains(secret.as_str())
    };
    all.filter(alone).collect()
}

/// The words of every error; a secret made of these cannot be told from them.
static WORDS_OF_ERRORS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let documented = switchboard::config::table();
    let words = documented.iter().flat_map(|row| [row.name.to_owned(), row.variable.clone(), row.expected.to_string()]);
    words.collect()
});

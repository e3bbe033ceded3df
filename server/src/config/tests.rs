//! Tests of reading settings, and of the secrets that `dev` adds.

use std::fs;

use tempfile::TempDir;

use super::rows::{Kind, ROWS, SettingSpec};
use super::*;

mod refused;

/// The secrets that a server needs without `dev`.
const SECRETS: [(&str, &str); 2] = [
    ("SWITCHBOARD_JWT_SECRET", "an honest secret of 32 bytes...."),
    ("SWITCHBOARD_API_KEY", "an honest key for tests"),
];

fn flags(line: &str) -> Flags {
    Flags::of(line.split_whitespace().map(Into::into)).unwrap()
}

fn variables(list: &[(&str, &str)]) -> impl Iterator<Item = (String, String)> {
    let list: Vec<_> = list.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    list.into_iter()
}

fn load(line: &str, list: &[(&str, &str)]) -> Result<Settings, BadSetting> {
    Settings::load(flags(line), variables(&[&SECRETS, list].concat()))
}

fn refused(line: &str, list: &[(&str, &str)]) -> String {
    load(line, list).unwrap_err().to_string()
}

/// A settings file in a directory of its own, and the flag that names it.
fn file(text: &str) -> (TempDir, String) {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("switchboard.toml");
    fs::write(&path, text).unwrap();
    let flag = format!("--config {}", path.display());
    (place, flag)
}

/// All values, without the places that they come from.
fn shown(settings: Settings) -> String {
    format!("{:?}", Settings { given: String::new(), ..settings })
}

#[test]
fn where_settings_come_from_is_said_without_their_values() {
    assert_eq!(
        Settings::load(flags(""), variables(&SECRETS)).unwrap().given,
        "SWITCHBOARD_API_KEY, SWITCHBOARD_JWT_SECRET"
    );
    let (_place, config) = file("max_sockets = 1\nlog = 'warn'");
    let given = load(&format!("{config} --outbox-frames 20"), &[]).unwrap().given;
    assert!(
        given.starts_with("2 of /") && given.ends_with("--outbox-frames, SWITCHBOARD_API_KEY, SWITCHBOARD_JWT_SECRET")
    );
}

#[test]
fn what_is_not_set_has_its_default() {
    let settings = load("", &[]).unwrap();
    assert_eq!(settings.listen.to_string(), "127.0.0.1:4000");
    assert_eq!(settings.data, Path::new("data"));
    assert!(!settings.dev && !settings.auto_provision && settings.console);
    assert_eq!(settings.log, "info");
    assert_eq!((settings.max_sockets, settings.journal_queue, settings.outbox_frames), (50_000, 65_536, 256));
    assert_eq!((settings.socket_idle_timeout_ms, settings.drain_timeout_ms), (90_000, 8_000));
    assert_eq!(settings.api_key.unwrap().expose(), "an honest key for tests");
    assert_eq!(settings.tokens.rules, Rules { leeway_s: 5, ..Rules::default() });
    assert!(settings.tokens.keys.is_none() && settings.tokens.url.is_none());
    let limits = settings.limits;
    assert!(limits.trust_loopback);
    assert_eq!((limits.sockets_per_address, limits.sockets_per_person), (2048, 256));
    assert_eq!((limits.handshakes_per_address_per_s, limits.failures_per_address_per_s), (200, 3));
    assert_eq!((limits.joins_per_person_per_s, limits.changes_per_person_per_s), (30, 100));
    assert_eq!((limits.messages_per_person_per_s, limits.signals_per_person_per_s), (50, 100));
    assert_eq!(limits.searches_per_client_per_s, 1);
    assert_eq!(settings.message_bytes_per_session, 16 * 1024 * 1024);
    assert_eq!((settings.webhooks_allow_private, settings.webhooks_attempts), (false, 10));
}

#[test]
fn a_variable_wins_over_the_file_and_a_flag_over_both() {
    let (_place, config) = file("max_sockets = 1\noutbox_frames = 17\nlog = 'warn'\nauto_provision = true");
    let list = [("SWITCHBOARD_OUTBOX_FRAMES", "18"), ("SWITCHBOARD_LOG", "error")];
    let settings = load(&format!("{config} --log debug"), &list).unwrap();
    assert_eq!(settings.max_sockets, 1);
    assert_eq!(settings.outbox_frames, 18);
    assert_eq!(settings.log, "debug");
    assert!(settings.auto_provision);
    assert!(!load(&format!("{config} --auto-provision=false"), &[]).unwrap().auto_provision);
}

/// A good value that is not the default, where there is one that needs nothing beside it.
fn example(row: &SettingSpec) -> String {
    let text = match (row.name, row.kind) {
        ("otlp_endpoint" | "turn_urls" | "turn_secret", _) => "",
        ("forwarded_header", _) => "forwarded",
        ("trusted_proxies", _) => "10.0.0.7,10.1.0.0/16",
        ("allowed_origins", _) => "https://a.example,https://b.example",
        (_, Kind::Address | Kind::AddressOrNone) => "127.0.0.1:1",
        (_, Kind::Directory) => "d",
        (_, Kind::File) => "",
        (_, Kind::Switch) => ["true", "false"][usize::from(row.default == Some("true"))],
        (_, Kind::Secret | Kind::Text) => "some-text",
        (_, Kind::List) => "stun:a.example,stun:b.example:3478",
        (_, Kind::Url) => "https://a.example/path",
        (_, Kind::LogFilter) => "warn",
        (_, Kind::OneOf(words)) => words.iter().copied().find(|word| row.default != Some(word)).unwrap(),
        (_, Kind::Whole(least, most)) => {
            let number = if row.default == Some(&least.to_string()) { most } else { least };
            return number.to_string();
        }
    };
    text.to_owned()
}

#[test]
fn every_setting_can_be_set_by_flag_variable_and_key() {
    let by_default = shown(load("", &[]).unwrap());
    for row in ROWS {
        let value = example(row);
        let in_toml = match row.kind {
            Kind::Switch | Kind::Whole(..) => value.clone(),
            Kind::List => format!("['{}']", value.replace(',', "', '")),
            _ => format!("'{value}'"),
        };
        let (_place, config) = file(&format!("{} = {in_toml}", row.name));
        let by_key = shown(load(&config, &[]).unwrap());
        let by_variable = shown(load("", &[(&row.variable(), &value)]).unwrap());
        assert_eq!(by_key, by_variable, "{}", row.name);
        // A secret is hidden in this text, and an empty value is the default.
        let is_shown = !matches!(row.kind, Kind::Secret) && !value.is_empty();
        assert_eq!(by_key != by_default, is_shown, "{}", row.name);
        if row.has_flag() {
            let by_flag = shown(load(&format!("{}={value}", row.flag()), &[]).unwrap());
            assert_eq!(by_flag, by_variable, "{}", row.name);
        }
    }
}

#[test]
fn the_file_can_be_named_by_a_variable_and_must_be_there() {
    let (place, _) = file("max_sockets = 7");
    let path = place.path().join("switchboard.toml");
    let list = [("SWITCHBOARD_CONFIG", path.to_str().unwrap())];
    assert_eq!(load("", &list).unwrap().max_sockets, 7);
    let text = refused("", &[("SWITCHBOARD_CONFIG", "/no/such/file")]);
    assert!(text.starts_with("`config` (variable `SWITCHBOARD_CONFIG`) names `/no/such/file`"), "{text}");
}

#[test]
fn tokens_must_have_a_key_of_any_kind() {
    let (api_key, empty) = (SECRETS[1], ("SWITCHBOARD_JWT_SECRET", ""));
    let error = Settings::load(flags(""), variables(&[empty, api_key])).unwrap_err();
    let origin = Origin::Variable("SWITCHBOARD_JWT_SECRET".to_owned());
    assert_eq!((error.setting.as_str(), &error.origin), ("jwt_secret", &origin));
    let error = Settings::load(flags(""), variables(&[api_key])).unwrap_err();
    assert_eq!((error.setting.as_str(), &error.origin), ("jwt_secret", &Origin::Nowhere));
    for named in ["SWITCHBOARD_JWT_SECRET", "jwt_keys", "jwks_url", "--dev"] {
        assert!(error.to_string().contains(named), "{error}");
    }
    let url = ("SWITCHBOARD_JWKS_URL", "https://issuer.example/keys");
    assert!(Settings::load(flags(""), variables(&[api_key, url])).unwrap().tokens.secret.is_none());
}

#[test]
fn keys_come_encrypted_or_from_this_machine() {
    for url in ["https://issuer.example/keys", "http://127.0.0.1:1/keys", "http://localhost/", "http://[::1]:1/"] {
        assert!(load("", &[("SWITCHBOARD_JWKS_URL", url)]).is_ok(), "{url}");
    }
    for url in ["http://issuer.example/keys", "ftp://127.0.0.1/", "file:///keys", "keys.json", "https://"] {
        assert!(refused("", &[("SWITCHBOARD_JWKS_URL", url)]).contains("`jwks_url`"), "{url}");
    }
}

#[test]
fn a_turn_server_and_its_secret_need_each_other() {
    let (urls, secret) =
        (("SWITCHBOARD_TURN_URLS", "turn:a.example"), ("SWITCHBOARD_TURN_SECRET", "sesame of 20 bytes..."));
    let ice = load("", &[urls, secret]).unwrap().ice;
    assert_eq!(
        ice.turn.map(|turn| (turn.urls, turn.secret.expose().len())),
        Some((vec!["turn:a.example".to_owned()], 21))
    );
    assert!(load("", &[]).unwrap().ice.turn.is_none());
    let text = refused("", &[urls]);
    assert!(text.starts_with("`turn_secret` (not set)") && text.ends_with(", because `turn_urls` is set"), "{text}");
    let text = refused("", &[secret]);
    assert!(text.starts_with("`turn_urls` (default)") && text.ends_with(", because `turn_secret` is set"), "{text}");
    assert!(!text.contains("sesame"), "{text}");
}

#[test]
fn a_server_for_calls_that_no_browser_would_take_is_named() {
    let (_place, config) = file("stun_urls = ['stun:a.example', 'https://b.example']");
    let text = refused(&config, &[]);
    assert!(text.starts_with("`stun_urls` (key `stun_urls` in"), "{text}");
    assert!(text.contains("expected comma-separated URLs such as `stun:stun.example.com:3478`"), "{text}");
    let list = [("SWITCHBOARD_TURN_URLS", "turn:a.example?transport=sctp"), ("SWITCHBOARD_TURN_SECRET", "sesame")];
    let text = refused("", &list);
    assert!(text.starts_with("`turn_urls` (variable `SWITCHBOARD_TURN_URLS`)") && !text.contains("sesame"), "{text}");
}

#[test]
fn a_file_without_keys_is_refused_with_the_reason() {
    for (text, why) in [("{}", "neither a JWKS"), (r#"{"keys": []}"#, "it is empty")] {
        let (place, _) = file(text);
        let path = place.path().join("switchboard.toml");
        let text = refused(&format!("--jwt-keys {}", path.display()), &[]);
        assert!(text.starts_with("`jwt_keys` (flag `--jwt-keys`)") && text.contains(why), "{text}");
    }
    assert!(refused("--jwt-keys /no/such/file", &[]).contains("cannot be read"));
}

fn secret(settings: &Settings) -> &str {
    settings.tokens.secret.as_ref().unwrap().expose()
}

#[test]
fn a_trial_run_makes_its_secrets_and_provisions() {
    let place = tempfile::tempdir().unwrap();
    let line = format!("--dev --data {}", place.path().join("data").display());
    let first = Settings::load(flags(&line), variables(&[])).unwrap();
    assert!(first.dev && first.auto_provision);
    assert_eq!(secret(&first).len(), 64);
    assert_ne!(secret(&first), first.api_key.as_ref().unwrap().expose());
    assert!(first.warnings().is_empty());
    let again = Settings::load(flags(&line), variables(&[])).unwrap();
    assert_eq!(secret(&again), secret(&first));
    assert_eq!(load(&line, &[]).unwrap().api_key.unwrap().expose(), "an honest key for tests", "a given secret counts");
    let for_token = Settings::load_for_token(flags(&line), variables(&[])).unwrap();
    assert_eq!(for_token.expose(), secret(&first));
}

#[test]
fn a_token_needs_its_secret_only() {
    let list = [("SWITCHBOARD_JWT_SECRET", "s"), ("SWITCHBOARD_MAX_SOCKETS", "0")];
    assert_eq!(Settings::load_for_token(flags(""), variables(&list)).unwrap().expose(), "s");
    let place = tempfile::tempdir().unwrap();
    let line = format!("--data {}", place.path().display());
    let error = Settings::load_for_token(flags(&line), variables(&[])).unwrap_err().to_string();
    assert!(error.contains("SWITCHBOARD_JWT_SECRET") && error.contains("serve --dev"), "{error}");
}

#[test]
fn a_short_secret_is_taken_with_a_warning() {
    let settings = load("", &[("SWITCHBOARD_JWT_SECRET", "short")]).unwrap();
    assert_eq!(settings.warnings().len(), 1);
    assert!(settings.warnings()[0].contains("jwt_secret"));
    assert!(!settings.warnings()[0].contains("`short`"));
    assert!(load("", &[("SWITCHBOARD_API_KEY", "k")]).unwrap().warnings()[0].contains("`api_key`"));
    let turn = [("SWITCHBOARD_TURN_URLS", "turn:a.example"), ("SWITCHBOARD_TURN_SECRET", "brief")];
    let warnings = load("", &turn).unwrap().warnings();
    assert!(
        warnings.len() == 1 && warnings[0].contains("turn_secret") && !warnings[0].contains("brief"),
        "{warnings:?}"
    );
    assert!(load("", &[]).unwrap().warnings().is_empty());
}

#[test]
fn a_look_at_the_settings_says_of_secrets_what_serve_says() {
    let list = [("SWITCHBOARD_JWT_SECRET", "short"), ("SWITCHBOARD_API_KEY", "k")];
    let turn = [("SWITCHBOARD_TURN_URLS", "turn:a.example"), ("SWITCHBOARD_TURN_SECRET", "brief")];
    let list = [&list[..], &turn].concat();
    let served = Settings::load(flags(""), variables(&list)).unwrap().warnings();
    assert_eq!(served.len(), 3, "{served:?}");
    assert_eq!(Settings::unwise(&flags(""), variables(&list)).unwrap(), served);
    assert!(Settings::unwise(&flags(""), variables(&SECRETS)).unwrap().is_empty());
}

#[test]
fn what_is_printed_as_a_file_can_be_read_again_and_has_no_secret() {
    let list = [("SWITCHBOARD_MAX_SOCKETS", "7"), ("SWITCHBOARD_TRUSTED_PROXIES", "10.0.0.1,10.0.0.2")];
    let list = [&SECRETS[..], &list].concat();
    let printed = Settings::print_toml(&flags(""), variables(&list)).unwrap();
    let (_place, config) = file(&printed);
    assert_eq!(shown(load(&config, &[]).unwrap()), shown(load("", &list).unwrap()));
    let lines = Settings::print(&flags("--outbox-frames 20"), variables(&list)).unwrap();
    assert!(lines.contains("outbox_frames = 20 (flag `--outbox-frames`)\n"), "{lines}");
    assert!(lines.contains("max_sockets = 7 (variable `SWITCHBOARD_MAX_SOCKETS`)\n"), "{lines}");
    assert!(lines.contains("api_key = *** (variable `SWITCHBOARD_API_KEY`)\n"), "{lines}");
    assert!(!lines.contains("honest") && !printed.contains("honest"));
}

#[test]
fn settings_and_flags_are_shown_without_a_secret_and_without_a_password_in_a_url() {
    let (mut given, mut line) =
        (vec![("SWITCHBOARD_TURN_URLS".to_owned(), "turn:turn.example".to_owned())], String::new());
    let (mut hidden, mut hidden_flags) = (0, 0);
    for row in ROWS {
        let value = match row.kind {
            Kind::Secret => "sesame, and as long as a good secret is",
            Kind::Url | Kind::List => "https://ann:sesame@host.example/keys",
            _ => continue,
        };
        if !matches!(row.kind, Kind::Secret) {
            line += &format!("{} {value} ", row.flag());
            hidden_flags += 1;
        }
        // A list with a password is refused, and so is an address for traces without the feature.
        if !matches!(row.kind, Kind::List) && (row.name != "otlp_endpoint" || cfg!(feature = "otlp")) {
            given.push((row.variable(), value.to_owned()));
            hidden += 1;
        }
    }
    let shown = format!("{:?}", Settings::load(flags(""), given.into_iter()).unwrap());
    assert!(!shown.contains("sesame") && shown.matches("***").count() == hidden, "{shown}");
    let shown = format!("{:?}", flags(&line));
    assert!(!shown.contains("sesame") && shown.matches("***").count() == hidden_flags, "{shown}");
}

#[test]
fn a_password_in_a_url_is_shown_nowhere() {
    let urls = [
        ("SWITCHBOARD_JWKS_URL", "https://ann:sesame@issuer.example/keys"),
        ("SWITCHBOARD_SIGN_IN_URL", "https://ann:sesame@app.example/sign-in"),
    ];
    let list = [&SECRETS[..], &urls].concat();
    let printed = Settings::print(&flags(""), variables(&list)).unwrap();
    assert!(printed.contains("jwks_url = https://***@issuer.example/keys (variable"), "{printed}");
    let as_file = Settings::print_toml(&flags(""), variables(&list)).unwrap();
    assert!(as_file.contains("\n# jwks_url = \"https://***@issuer.example/keys\"\n"), "{as_file}");
    assert!(!printed.contains("sesame") && !as_file.contains("sesame"));
    for (variable, bad) in [
        ("SWITCHBOARD_JWKS_URL", "http://ann:sesame@issuer.example/keys"),
        ("SWITCHBOARD_JWKS_URL", "ann:sesame@issuer.example/keys"),
        ("SWITCHBOARD_SIGN_IN_URL", "ftp://ann:sesame@app.example/"),
        ("SWITCHBOARD_OTLP_ENDPOINT", "ann:sesame@collector.example:4318"),
        ("SWITCHBOARD_OTLP_ENDPOINT", "http://ann:sesame@collector.example/a b"),
        ("SWITCHBOARD_STUN_URLS", "stun:a.example,stun:ann:sesame@b.example"),
        ("SWITCHBOARD_TURN_URLS", "turn:ann:sesame@a.example"),
        ("SWITCHBOARD_ALLOWED_ORIGINS", "https://ann:sesame@app.example"),
        ("SWITCHBOARD_TRUSTED_PROXIES", "http://ann:sesame@10.0.0.1"),
    ] {
        let said = refused("", &[(variable, bad)]);
        let problems = format!("{:?}", Settings::problems(&flags(""), variables(&[(variable, bad)])));
        assert!(said.contains("***@") && !said.contains("sesame") && !problems.contains("sesame"), "{said}");
    }
}

#[test]
fn whatever_a_start_refuses_a_check_names_too() {
    let mut refused = 0;
    for (row, variable) in ROWS.iter().map(|row| (row, row.variable())) {
        for bad in ["", "?", "-1", "ftp://a.example", "http://", "turn:a.example", "/nowhere/at/all", "99999999999999"]
        {
            let list = [&SECRETS[..], &[(variable.as_str(), bad)]].concat();
            let Err(error) = Settings::load(flags(""), variables(&list)) else { continue };
            let problems = Settings::problems(&flags(""), variables(&list));
            assert!(problems.contains(&error), "{} = `{bad}`: {error}; {problems:?}", row.name);
            refused += 1;
        }
    }
    assert!(refused > ROWS.len(), "{refused} of them are bad");
}

//! Tests of the errors for bad settings.

use super::*;

#[test]
fn a_bad_value_is_named_with_its_place() {
    assert_eq!(
        refused("--listen localhost", &[]),
        "`listen` (flag `--listen`) is `localhost`: expected an address and port such as `127.0.0.1:4000`"
    );
    assert_eq!(
        refused("", &[("SWITCHBOARD_MAX_SOCKETS", "0")]),
        "`max_sockets` (variable `SWITCHBOARD_MAX_SOCKETS`) is `0`: expected a whole number from 1 to 1000000"
    );
    let (place, config) = file("drain_timeout_ms = 9001");
    let path = place.path().join("switchboard.toml");
    assert_eq!(
        refused(&config, &[]),
        format!(
            "`drain_timeout_ms` (key `drain_timeout_ms` in `{}`) is `9001`: expected a whole number from 0 to 9000",
            path.display()
        )
    );
}

#[test]
fn every_bound_is_kept() {
    for (flag, least, most) in [
        ("--max-sockets", 1, 1_000_000),
        ("--socket-idle-timeout-ms", 60_000, 3_600_000),
        ("--journal-queue", 64, 1_048_576),
        ("--outbox-frames", 16, 65_536),
        ("--drain-timeout-ms", 0, 9_000),
    ] {
        assert!(load(&format!("{flag}={least}"), &[]).is_ok(), "{flag}");
        assert!(load(&format!("{flag}={most}"), &[]).is_ok(), "{flag}");
        for value in [least - 1, most + 1] {
            assert!(refused(&format!("{flag}={value}"), &[]).contains(flag), "{flag}={value}");
        }
    }
}

#[test]
fn values_of_no_sense_are_refused() {
    for list in [
        ("SWITCHBOARD_DEV", "yes"),
        ("SWITCHBOARD_DATA", ""),
        ("SWITCHBOARD_LOG", ""),
        ("SWITCHBOARD_LOG", "a=b=c"),
        ("SWITCHBOARD_JOURNAL_QUEUE", "65536.0"),
    ] {
        assert!(refused("", &[list]).contains(list.0), "{list:?}");
    }
}

#[test]
fn an_unknown_key_is_named_with_the_one_that_is_nearest() {
    let (_place, config) = file("lissten = '127.0.0.1:1'");
    let text = refused(&config, &[]);
    assert!(text.starts_with("`lissten` (key `lissten` in `"), "{text}");
    assert!(text.ends_with("is not a setting: did you mean `listen`?"), "{text}");
    for (file_text, meant) in [("port = 4000", "`listen`"), ("[server]\nlisten = 'x'", "outside any table")] {
        let (_place, config) = file(file_text);
        assert!(refused(&config, &[]).contains(meant), "{file_text}");
    }
    let (_place, config) = file("tenant = 'x'");
    let text = refused(&config, &[]);
    assert!(text.ends_with("is not a setting: `switchboard config print` lists all settings"), "{text}");
}

#[test]
fn a_misspelt_variable_is_refused_with_the_one_that_was_meant() {
    for (variable, meant) in [
        ("SWITCHBOARD_LISSTEN", "SWITCHBOARD_LISTEN"),
        ("SWITCHBOARD_JWTSECRET", "SWITCHBOARD_JWT_SECRET"),
        ("SWITCHBOARD_ALLOWED_ORIGIN", "SWITCHBOARD_ALLOWED_ORIGINS"),
    ] {
        let text = refused("", &[(variable, "sesame")]);
        assert_eq!(text, format!("`{variable}` (variable `{variable}`) is not a setting: did you mean `{meant}`?"));
    }
    assert!(load("", &[("OTHERBOARD_LISTEN", "x")]).is_ok());
}

/// Variables of an app, and of Kubernetes beside services `switchboard` and `switchboard-metrics`.
const FOREIGN: [(&str, &str); 12] = [
    ("SWITCHBOARD_URL", "ws://127.0.0.1:4000/socket"),
    ("SWITCHBOARD_API", "http://127.0.0.1:4000/v1"),
    ("SWITCHBOARD_TENANT", "sesame"),
    ("SWITCHBOARD_PORT", "tcp://10.0.0.1:4000"),
    ("SWITCHBOARD_PORT_4000_TCP_ADDR", "10.0.0.1"),
    ("SWITCHBOARD_SERVICE_HOST", "10.0.0.1"),
    ("SWITCHBOARD_SERVICE_PORT", "4000"),
    ("SWITCHBOARD_SERVICE_PORT_HTTP", "4000"),
    ("SWITCHBOARD_METRICS_SERVICE_HOST", "10.0.0.2"),
    ("SWITCHBOARD_METRICS_SERVICE_PORT_HTTP", "4001"),
    ("SWITCHBOARD_METRICS_PORT", "tcp://10.0.0.2:4001"),
    ("SWITCHBOARD_METRICS_PORT_4001_TCP_PROTO", "tcp"),
];

#[test]
fn somebody_elses_variables_stop_nothing_and_are_warned_of() {
    let settings = load("", &FOREIGN).unwrap();
    let said = settings.warnings();
    assert_eq!(
        said,
        [
            "the variable `SWITCHBOARD_API` is not a setting and is ignored: did you mean `SWITCHBOARD_API_KEY`?",
            "the variable `SWITCHBOARD_TENANT` is not a setting and is ignored",
            "the variable `SWITCHBOARD_URL` is not a setting and is ignored",
            "the variables `SWITCHBOARD_METRICS_PORT`, `SWITCHBOARD_METRICS_PORT_4001_TCP_PROTO`, \
             `SWITCHBOARD_METRICS_SERVICE_HOST` and 6 more are not settings and are ignored: Kubernetes or Docker \
             sets them for a service",
        ]
    );
    assert_eq!(Settings::problems(&flags(""), variables(&[&SECRETS[..], &FOREIGN].concat())), []);
    assert!(Settings::load_for_token(flags(""), variables(&[&SECRETS[..], &FOREIGN].concat())).is_ok());
    let said = load("", &[("SWITCHBOARD_PORT", "4000")]).unwrap().warnings();
    assert!(said.len() == 1 && said[0].ends_with("did you mean `SWITCHBOARD_LISTEN`?"), "{said:?}");
}

#[test]
fn a_text_without_quotes_is_told_to_have_some_and_is_not_shown() {
    for (text, expected) in [
        (
            "log = 'info'\nlisten = 127.0.0.1:4650",
            "in line 2: the value of `listen` must be in quotes, as in `listen = \"127.0.0.1:4000\"`",
        ),
        ("jwt_secret = sesame", "in line 1: the value of `jwt_secret` must be in quotes, as in `jwt_secret = \"…\"`"),
        ("stun_urls = stun:a.example", "in line 1: `stun_urls` is a list of quoted strings"),
    ] {
        let (_place, config) = file(text);
        let said = refused(&config, &[]);
        assert!(said.contains(expected) && !said.contains("sesame"), "{said}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_all_that_is_named() {
    let (_place, broken) = file("listen = 127.0.0.1:4650");
    for config in ["--config /no/such/file", &broken] {
        let problems = Settings::problems(&flags(config), variables(&[("SWITCHBOARD_TURN_URLS", "turn:a.example")]));
        let named: Vec<_> = problems.iter().map(|problem| problem.setting.as_str()).collect();
        assert_eq!(named, ["config"], "{problems:?}");
    }
}

#[test]
fn a_broken_file_is_named_with_its_line_and_shows_no_secret() {
    for text in ["max_sockets = 7\njwt_secret = 'sesame", "\napi_key = sesame"] {
        let (_place, config) = file(text);
        let error = load(&config, &[]).unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
        assert!(!format!("{error} {error:?}").contains("sesame"), "{error}");
    }
}

#[test]
fn a_key_of_a_wrong_type_is_named() {
    for text in ["max_sockets = '7'", "dev = 'true'", "log = 1", "listen = ['a']", "jwt_secret = 12345"] {
        let (_place, config) = file(text);
        let refused = refused(&config, &[]);
        assert!(refused.contains("has the wrong type: expected"), "{refused}");
        assert!(!refused.contains("12345"), "{refused}");
    }
}

#[test]
fn a_trial_run_listens_to_its_own_machine_only() {
    let place = tempfile::tempdir().unwrap();
    let line = format!("--dev --data {}", place.path().display());
    for address in ["0.0.0.0:4000", "[::]:4000", "192.168.0.1:1"] {
        let text = refused(&line, &[("SWITCHBOARD_LISTEN", address)]);
        assert!(text.starts_with("`listen` (variable `SWITCHBOARD_LISTEN`)"), "{text}");
        assert!(text.contains("because `dev` is on"), "{text}");
    }
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0, "nothing was made");
    for address in ["127.0.0.2:4000", "[::1]:4000"] {
        assert!(load(&line, &[("SWITCHBOARD_LISTEN", address)]).is_ok());
    }
}

#[test]
fn all_problems_are_named_at_once_and_nothing_is_made() {
    let (place, config) =
        file("max_sockets = 0\nlissten = 'x'\noutbox_frames = '9'\ntls_key = 'key.pem'\nstun_urls = 'x'");
    let line = format!("{config} --listen nowhere --data {}/data", place.path().display());
    let list = [("SWITCHBOARD_LOGS", "x"), ("SWITCHBOARD_TRUSTED_PROXIES", "everybody")];
    let problems = Settings::problems(&flags(&line), variables(&list));
    let mut named: Vec<_> = problems.iter().map(|problem| problem.setting.as_str()).collect();
    named.sort_unstable();
    let expected = [
        "SWITCHBOARD_LOGS",
        "jwt_secret",
        "lissten",
        "listen",
        "max_sockets",
        "outbox_frames",
        "stun_urls",
        "tls_certificate",
        "trusted_proxies",
    ];
    assert_eq!(named, expected, "{problems:?}");
    let line = format!("--dev --data {}/data", place.path().display());
    assert_eq!(Settings::problems(&flags(&line), variables(&[])), []);
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "nothing was made");
}

#[test]
fn a_data_directory_that_cannot_be_made_is_named() {
    let (place, _) = file("");
    let line = format!("--dev --data {}", place.path().join("switchboard.toml/data").display());
    let error = Settings::load(flags(&line), variables(&[])).unwrap_err();
    assert!(error.to_string().starts_with("`data` (flag `--data`)"), "{error}");
}

//! How a bad setting is named.

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
fn an_unknown_key_or_variable_is_named() {
    let (_place, config) = file("lissten = '127.0.0.1:1'");
    let text = refused(&config, &[]);
    assert!(text.starts_with("`lissten` (key `lissten` in `"), "{text}");
    assert!(text.contains("is not a setting; the settings are listen, data,"), "{text}");
    let text = refused("", &[("SWITCHBOARD_LISSTEN", "x")]);
    assert!(text.starts_with("`SWITCHBOARD_LISSTEN` (variable"), "{text}");
    assert!(load("", &[("OTHERBOARD_LISTEN", "x")]).is_ok());
}

#[test]
fn the_variables_that_kubernetes_sets_for_a_service_are_no_settings() {
    let list = [
        ("SWITCHBOARD_SERVICE_HOST", "10.0.0.1"),
        ("SWITCHBOARD_SERVICE_PORT", "4000"),
        ("SWITCHBOARD_SERVICE_PORT_HTTP", "4000"),
        ("SWITCHBOARD_PORT", "tcp://10.0.0.1:4000"),
        ("SWITCHBOARD_PORT_4000_TCP_ADDR", "10.0.0.1"),
    ];
    assert!(load("", &list).is_ok());
    assert!(load("", &[("SWITCHBOARD_PORT", "4000")]).is_err());
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
        assert!(refused.contains("is of a wrong type: expected"), "{refused}");
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

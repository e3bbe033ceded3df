//! Output and exit codes of the binary: settings, a second server, old and tampered stores, and a stop under load.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::compare::compare;
use crate::people::{Closed, Device, Pair, Person};
use crate::record::Record;
use crate::server::{Ended, Plan, SECRET, Server, assert_whole, check, run, switchboard};

const EXIT_BAD_SETTING: Option<i32> = Some(2);

#[test]
fn a_second_server_on_the_same_data_is_refused_and_the_first_goes_on() {
    let place = tempfile::tempdir().unwrap();
    let first = Plan::new(place.path()).start();
    let second = run(&mut Plan::new(place.path()).command());
    assert_eq!(second.code, Some(1), "{second:?}");
    assert!(second.err.contains("another switchboard is running on the data directory"), "{second:?}");
    assert!(second.err.contains(&place.path().display().to_string()), "{second:?}");
    assert!(first.is_ready());
    first.set_company("acme", &json!({}));
}

#[test]
fn a_store_of_a_newer_version_is_refused() {
    let place = tempfile::tempdir().unwrap();
    Plan::new(place.path()).start().stop();
    store(place.path()).pragma_update(None, "user_version", 99).unwrap();
    let refused = run(&mut Plan::new(place.path()).command());
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.err.contains("the store has schema 99"), "{refused:?}");
}

#[test]
fn an_address_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let place = tempfile::tempdir().unwrap();
    let mut plan = Plan::new(place.path());
    plan.listen = taken.local_addr().unwrap().to_string();
    let refused = run(&mut plan.command());
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.err.contains(&plan.listen) && refused.err.contains("--listen 127.0.0.1:"), "{refused:?}");
}

fn assert_bad_setting(command: &mut Command, named: &[&str]) {
    let refused = run(command);
    assert_eq!(refused.code, EXIT_BAD_SETTING, "{refused:?}");
    for name in named {
        assert!(refused.err.contains(name), "`{name}` is not named: {refused:?}");
    }
}

#[test]
fn a_wrong_setting_is_named_with_the_place_it_comes_from() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let file = place.path().join("switchboard.toml");
    let path = file.display().to_string();
    let serve = || Plan::new(&data).command();
    assert_bad_setting(serve().env("SWITCHBOARD_MAX_SOCKETS", "0"), &["max_sockets", "SWITCHBOARD_MAX_SOCKETS", "`0`"]);
    assert_bad_setting(
        serve().env("SWITCHBOARD_MAXSOCKETS", "9"),
        &["SWITCHBOARD_MAXSOCKETS", "did you mean `SWITCHBOARD_MAX_SOCKETS`?"],
    );
    assert_bad_setting(serve().args(["--outbox-frames", "1"]), &["outbox_frames", "--outbox-frames", "`1`"]);
    assert_bad_setting(serve().args(["--config", &path]), &["config", "--config", &path]);
    std::fs::write(&file, "drain_timeout_ms = 99999\n").unwrap();
    assert_bad_setting(serve().args(["--config", &path]), &["drain_timeout_ms", &path, "99999"]);
    std::fs::write(&file, "listne = \"127.0.0.1:0\"\n").unwrap();
    assert_bad_setting(serve().args(["--config", &path]), &["listne", &path, "did you mean `listen`?"]);
    std::fs::write(&file, "log = \"info\"\nlisten = 4000\n").unwrap();
    assert_bad_setting(serve().args(["--config", &path]), &["listen", &path]);
    let mut nowhere = Plan::new(&data);
    nowhere.listen = "nowhere".to_owned();
    assert_bad_setting(&mut nowhere.command(), &["listen", "--listen", "`nowhere`"]);
    assert!(!data.exists(), "a refused start leaves nothing behind");
}

#[test]
fn somebody_elses_variables_stop_no_command_and_are_warned_of() {
    let place = tempfile::tempdir().unwrap();
    let foreign = [
        ("SWITCHBOARD_URL", "ws://127.0.0.1:4000/socket"),
        ("SWITCHBOARD_API", "http://127.0.0.1:4000/v1"),
        ("SWITCHBOARD_METRICS_PORT", "tcp://10.0.0.2:4001"),
    ];
    let named =
        ["`SWITCHBOARD_URL` is not a setting", "did you mean `SWITCHBOARD_API_KEY`?", "`SWITCHBOARD_METRICS_PORT`"];
    let plan = Plan::new(place.path());
    let mut token = switchboard(&["token", "--role", "client", "--sub", "alice"]);
    let printed = run(token.envs(plan.settings.clone()).envs(foreign));
    assert_eq!((printed.code, printed.out.trim().split('.').count()), (Some(0), 3), "{printed:?}");
    assert!(named.iter().all(|name| printed.err.contains(name)), "{printed:?}");
    let server = Server::start(plan.clone(), plan.command().envs(foreign));
    assert!(server.is_ready());
    let said = server.killed_having_said();
    assert!(named.iter().all(|name| said.contains(name)) && said.contains(" WARN "), "{said}");
}

#[test]
fn a_flag_that_is_misspelt_is_told_the_one_that_was_meant() {
    for (flag, meant) in [("--prot", "--listen"), ("--dve", "--dev"), ("--max-socket", "--max-sockets")] {
        let refused = run(&mut switchboard(&["serve", flag, "1"]));
        assert!(refused.code == EXIT_BAD_SETTING && refused.err.contains(&format!("'{meant}'")), "{refused:?}");
    }
}

#[test]
fn the_help_of_a_command_has_its_own_flags_and_that_of_serve_all_settings() {
    let token = run(&mut switchboard(&["token", "--help"]));
    assert!(token.out.contains("--role") && !token.out.contains("--outbox-frames"), "{token:?}");
    let serve = run(&mut switchboard(&["serve", "--help"]));
    for named in ["--outbox-frames", "default: 256", "SWITCHBOARD_OUTBOX_FRAMES", "SWITCHBOARD_JWT_SECRET"] {
        assert!(serve.out.contains(named), "{named}: {serve:?}");
    }
}

#[test]
fn all_that_is_wrong_is_named_before_a_start_and_what_is_set_is_shown() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let config = |command: &[&str], settings: &[(&str, &str)]| {
        let mut config = switchboard(&[&["config", "--data", data.to_str().unwrap()], command].concat());
        run(config.envs(Plan::new(&data).settings).envs(settings.iter().copied()))
    };
    let bad =
        [("SWITCHBOARD_MAX_SOCKETS", "0"), ("SWITCHBOARD_LISTEN", "nowhere"), ("SWITCHBOARD_JWKS_URL", "ftp://x")];
    let checked = config(&["check"], &bad);
    assert_eq!(checked.code, EXIT_BAD_SETTING, "{checked:?}");
    for named in ["`max_sockets`", "`listen`", "`jwks_url`"] {
        assert!(checked.err.contains(named), "{named}: {checked:?}");
    }
    let good = config(&["check"], &[]);
    assert!(good.code == Some(0) && good.out.contains("the settings are valid") && good.err.is_empty(), "{good:?}");
    let unwise = config(&["check"], &[("SWITCHBOARD_JWT_SECRET", "short"), ("SWITCHBOARD_API_KEY", "k")]);
    assert!(unwise.code == Some(0) && !unwise.out.contains("are valid\n"), "{unwise:?}");
    for named in ["warning: `jwt_secret` is shorter than 32 bytes", "warning: `api_key` is shorter than 16 bytes"] {
        assert!(unwise.err.contains(named), "{named}: {unwise:?}");
    }
    let printed = config(&["print"], &[("SWITCHBOARD_MAX_SOCKETS", "9")]);
    assert!(printed.out.contains("max_sockets = 9 (variable `SWITCHBOARD_MAX_SOCKETS`)"), "{printed:?}");
    assert!(printed.out.contains("api_key = ***") && !printed.out.contains(crate::server::API_KEY), "{printed:?}");
    assert!(!data.exists(), "looking makes nothing");
}

#[test]
fn a_secret_that_is_not_given_is_asked_for_by_name() {
    let place = tempfile::tempdir().unwrap();
    for (missing, variable) in [("jwt_secret", "SWITCHBOARD_JWT_SECRET"), ("api_key", "SWITCHBOARD_API_KEY")] {
        let mut command = Plan::new(place.path()).command();
        assert_bad_setting(command.env_remove(variable), &[missing, variable, "--dev"]);
    }
}

#[test]
fn dev_is_for_this_machine_only() {
    let place = tempfile::tempdir().unwrap();
    for address in ["0.0.0.0:0", "[::]:0"] {
        let mut serve = switchboard(&["serve", "--dev", "--listen", address, "--data"]);
        assert_bad_setting(serve.arg(place.path()), &["listen", "--listen", "loopback", "dev"]);
    }
}

#[test]
fn check_says_so_where_no_store_is() {
    let place = tempfile::tempdir().unwrap();
    let checked = check(place.path());
    assert_eq!(checked.code, Some(3), "{checked:?}");
    assert!(checked.err.contains("there is no `switchboard.db`"), "{checked:?}");
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0, "looking leaves nothing behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn check_names_the_row_that_was_tampered_with() {
    let place = tempfile::tempdir().unwrap();
    let mut server = Plan::new(place.path()).start();
    let record = Arc::new(Record::default());
    let pair = talking_pair(&server, "acme", 1, &record).await;
    server.stop();
    assert_whole(place.path());
    let session = pair.session;
    let tamperings = [
        (format!("UPDATE sessions SET client_id = 'mallory' WHERE id = '{session}'"), session.clone()),
        (format!("UPDATE bookings SET client_name = 'mallory' WHERE session_id = '{session}'"), pair.booking.clone()),
        ("UPDATE employees SET intent = 'offline' WHERE id = 'e1'".to_owned(), "e1".to_owned()),
        (format!("DELETE FROM bookings WHERE session_id = '{session}'"), pair.booking),
    ];
    for (tampering, named) in tamperings {
        let copy = tempfile::tempdir().unwrap();
        std::fs::copy(place.path().join("switchboard.db"), copy.path().join("switchboard.db")).unwrap();
        assert_eq!(store(copy.path()).execute(&tampering, []).unwrap(), 1, "{tampering}");
        let Ended { code, out, .. } = check(copy.path());
        assert_eq!(code, Some(1), "{tampering}: {out}");
        assert!(out.contains(&named) && out.contains("acme") && out.contains("1 difference"), "{tampering}: {out}");
    }
}

#[test]
fn the_demo_plays_to_its_end_against_a_server_in_dev() {
    let place = tempfile::tempdir().unwrap();
    let plan = Plan { data: place.path().to_owned(), listen: "127.0.0.1:0".to_owned(), settings: Vec::new() };
    let mut server = Server::start(plan.clone(), plan.command().arg("--dev"));
    let url = format!("http://{}", server.address);
    let played = run(switchboard(&["demo", "--url", &url, "--data"]).arg(place.path()));
    assert_eq!(played.code, Some(0), "{played:?}");
    assert!(played.out.contains("All six steps succeeded"), "{played:?}");
    server.stop();
    assert_whole(place.path());
}

#[test]
fn a_token_is_looked_at_as_the_server_would() {
    let said = |arguments: &[&str], secret: &str| {
        run(switchboard(&[&["token"], arguments].concat()).env("SWITCHBOARD_JWT_SECRET", secret))
    };
    let made = said(
        &[
            "--role",
            "employee",
            "--sub",
            "ann",
            "--company",
            "acme",
            "--topics",
            " tax , law",
            "--skills",
            "de:4, law : 2",
        ],
        SECRET,
    );
    let token = made.out.trim();
    let good = said(&["--check", token], SECRET);
    assert_eq!(good.code, Some(0), "{good:?}");
    assert!(good.out.starts_with("the token is valid: employee `ann` of `acme`, until 2"), "{good:?}");
    for (token, secret, why) in [
        (token, "another secret of 32 bytes and more", "the token's signature does not match"),
        ("nonsense", SECRET, "the token is not a JWT"),
    ] {
        let refused = said(&["--check", token], secret);
        assert_eq!((refused.code, refused.out), (Some(1), format!("the token is refused: {why}\n")));
    }
    for (arguments, why) in [
        (&["--role", "client"][..], "--sub"),
        (&["--role", "client", "--sub", "a", "--ttl-s", "0"], "0 is not in 1.."),
        (&["--check", "x", "--role", "client"], "cannot be used with"),
        (&["--role", "employee", "--sub", "a", "--skills", "de:4,fr"], "a level from 1 to 10"),
    ] {
        let refused = said(arguments, SECRET);
        assert!(refused.code == EXIT_BAD_SETTING && refused.err.contains(why), "{refused:?}");
    }
    for (flag, value) in [("--topics", "tax"), ("--skills", "de:4")] {
        let client = said(&["--role", "client", "--sub", "a", flag, value], SECRET);
        let why = format!("`{flag}` is only for the token of an employee");
        assert!(client.code == Some(1) && client.err.contains(&why), "{client:?}");
    }
}

#[test]
fn a_printed_token_opens_a_socket() {
    let place = tempfile::tempdir().unwrap();
    let server = Plan::new(place.path()).start();
    let mut command = switchboard(&["token", "--role", "client", "--sub", "alice", "--company", "acme"]);
    let printed = run(command.env("SWITCHBOARD_JWT_SECRET", crate::server::SECRET));
    assert_eq!(printed.code, Some(0), "{printed:?}");
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
    let opened = |token: &str| {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(server.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let path = format!("/socket/websocket?vsn=2.0.0&token={token}");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: switchboard\r\n{upgrade}\r\n\r\n").unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).unwrap();
        String::from_utf8_lossy(&status).into_owned()
    };
    assert_eq!(opened(printed.out.trim()), "HTTP/1.1 101");
    assert_eq!(opened("nonsense"), "HTTP/1.1 401");
}

fn store(data: &Path) -> Connection {
    Connection::open(data.join("switchboard.db")).unwrap()
}

/// A client and an employee who have both joined their session.
async fn talking_pair(server: &Server, company: &str, number: usize, record: &Arc<Record>) -> Pair {
    let client = Person::client(company, &format!("c{number}"), record);
    let employee = Person::employee(company, &format!("e{number}"), record);
    let mut pair = Pair::meet(server.address, &client, &employee).await;
    pair.join().await;
    pair
}

const PAIRS: usize = 100;
/// The contract's time for a stopping server.
const STOP_WITHIN: Duration = Duration::from_secs(10);
const RESTART: u16 = 1012;

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_under_load_answers_then_closes_every_socket_and_loses_nothing() {
    let place = tempfile::tempdir().unwrap();
    // Half of the default, so that a busy machine does not exceed the rest.
    let mut server = Plan::new(place.path()).with("SWITCHBOARD_DRAIN_TIMEOUT_MS", "4000").start();
    let record = Arc::new(Record::default());
    let mut talks = tokio::task::JoinSet::new();
    let mut pairs = Vec::new();
    for number in 0..PAIRS {
        pairs.push(talking_pair(&server, "acme", number, &record).await);
    }
    for (number, Pair { client, employee, session, .. }) in pairs.into_iter().enumerate() {
        talks.spawn(talk(client, session.clone(), format!("c{number}")));
        talks.spawn(talk(employee, session, format!("e{number}")));
    }
    record.reaches(record.promises() + 4 * PAIRS).await;
    let asked = Instant::now();
    server.ask_to_stop();
    let code = tokio::task::spawn_blocking(move || server.wait(STOP_WITHIN)).await.unwrap();
    let took = asked.elapsed();
    assert_eq!(code, Some(0));
    let closed: Vec<Closed> = talks.join_all().await;
    assert_whole(place.path());
    let found = compare(&record, place.path());
    let unanswered: Vec<&Value> = closed.iter().flat_map(|closed| &closed.unanswered).collect();
    let taken = unanswered.iter().filter(|push| is_stored(place.path(), push["body"].as_str().unwrap())).count();
    println!(
        "{} sockets, stopped in {took:?}, {} promises, {} objects compared, {} lost, \
         {} pushes unanswered and {taken} of them taken",
        closed.len(),
        record.promises(),
        found.checked,
        found.lost.len(),
        unanswered.len(),
    );
    found.assert_nothing_found("after the stop");
    assert_eq!(taken, 0, "what was taken was not answered");
    assert_eq!(closed.len(), 2 * PAIRS);
    for closed in closed {
        assert_eq!((closed.code, closed.frame_after), (Some(RESTART), false), "{closed:?}");
    }
    assert!(took < STOP_WITHIN, "{took:?}");
}

fn is_stored(data: &Path, body: &str) -> bool {
    store(data).query_row("SELECT count(*) FROM messages WHERE body = ?1", [body], |row| row.get(0)) == Ok(1)
}

/// Sends messages until the server drains; returns how the connection ended.
async fn talk(mut device: Device, session: String, who: String) -> Closed {
    let room = format!("session:{session}");
    for number in 0.. {
        let words = json!({ "body": format!("{who} says {number}") });
        match device.push(&room, "message", words).await {
            Ok(answer) if answer.is_ok => {}
            Ok(answer) => {
                assert_eq!(answer.reason(), "draining");
                break;
            }
            Err(_lost) => break,
        }
    }
    device.closed().await
}

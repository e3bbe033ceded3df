//! `switchboard load` as its user runs it: its measurements, its output, and when it fails.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{self, Message};

use crate::server::{Plan, SECRET, Server, assert_whole, run, switchboard, wait_until};

fn load(server: &Server, flags: &[&str]) -> Command {
    load_at(&server.address.to_string(), flags)
}

fn load_at(address: &str, flags: &[&str]) -> Command {
    let mut command =
        switchboard(&["load", "--warm-up", "0s", "--companies", "2", "--employees", "3", "--clients", "4"]);
    if !flags.contains(&"--url") {
        command.args(["--url", &format!("http://{address}")]);
    }
    command.args(flags).env("SWITCHBOARD_JWT_SECRET", SECRET);
    command
}

/// A proxy to the server that cuts the first few connections at once.
fn way_that_cuts_the_first(few: usize, server: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for person in listener.incoming().skip(few) {
            let (person, server) = (person.unwrap(), TcpStream::connect(&server).unwrap());
            let there = (person.try_clone().unwrap(), server.try_clone().unwrap());
            for (mut from, mut to) in [there, (server, person)] {
                std::thread::spawn(move || std::io::copy(&mut from, &mut to));
            }
        }
    });
    address
}

/// A server that accepts all people and answers no `book`, while a client keeps hearing that an employee is idle.
fn server_that_answers_no_book() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for person in listener.incoming() {
            let mut line = tungstenite::accept(person.unwrap()).unwrap();
            std::thread::spawn(move || {
                while let Ok(Message::Text(text)) = line.read() {
                    let [join_ref, reference, topic, event, _]: [Value; 5] = serde_json::from_str(&text).unwrap();
                    if event == "book" {
                        let told = json!([join_ref, null, topic, "availability", { "available": true }]).to_string();
                        while line.send(Message::text(told.clone())).is_ok() {
                            std::thread::sleep(Duration::from_millis(100));
                        }
                    }
                    let reply = json!({ "status": "ok", "response": {} });
                    let reply = json!([join_ref, reference, topic, "phx_reply", reply]).to_string();
                    let _answered_or_gone = line.send(Message::text(reply));
                }
            });
        }
    });
    address
}

fn figures(file: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

#[test]
fn people_book_reject_accept_and_end_and_nobody_is_booked_twice() {
    let place = tempfile::tempdir().unwrap();
    let mut server = Plan::new(&place.path().join("data")).start();
    let (json, plot) = (place.path().join("load.json"), place.path().join("load.svg"));
    let mut command = load(&server, &["--duration", "1500ms", "--accept", "0.7", "--think", "2ms", "--session", "3ms"]);
    command.args(["--server-pid", &server.id().to_string(), "--json"]).arg(&json).arg("--plot").arg(&plot);
    let ended = run(&mut command);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.out.contains("0 contradictions") && ended.out.contains("book → offer"), "{ended:?}");
    let report = figures(&json);
    let count = |path: &str| report.pointer(path).and_then(Value::as_u64).unwrap_or_else(|| panic!("{path}: {report}"));
    assert!(count("/bookings") > 0 && count("/checked/offers") > count("/checked/sessions"), "{report}");
    assert_eq!(count("/unfinished"), 0);
    let booked_to_assigned = &report["waits_ms"]["book → assigned"];
    assert!(booked_to_assigned["p50"].as_f64() <= booked_to_assigned["p99"].as_f64(), "{report}");
    assert!(report["cpu"]["server_s"].as_f64() > Some(0.0), "{report}");
    let drawn = std::fs::read_to_string(&plot).unwrap();
    assert!(drawn.starts_with("<svg") && drawn.contains("completed bookings per second"), "{drawn}");
    server.stop();
    assert_whole(&place.path().join("data"));
}

/// Each client has a burst of 20 searches or joins and then one a second, so that only a load that goes on gets
/// further.
#[test]
fn a_load_that_meets_a_limit_says_so_and_goes_on() {
    for (limit, refused) in [
        ("SWITCHBOARD_SEARCHES_PER_CLIENT_PER_S", "book: rate_limited"),
        ("SWITCHBOARD_JOINS_PER_PERSON_PER_S", "join: rate_limited"),
    ] {
        let place = tempfile::tempdir().unwrap();
        let server = Plan::new(&place.path().join("data")).with(limit, "1").start();
        let json = place.path().join("load.json");
        let mut command = switchboard(&["load", "--companies", "1", "--employees", "2", "--clients", "1"]);
        command.args(["--url", &format!("http://{}", server.address), "--warm-up", "0s", "--duration", "5s"]);
        command.args(["--think", "0s", "--session", "0s", "--json"]).arg(&json);
        let ended = run(command.env("SWITCHBOARD_JWT_SECRET", SECRET));
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.out.contains("searches_per_client_per_s") && ended.out.contains(refused), "{ended:?}");
        let report = figures(&json);
        assert!(report["bookings"].as_u64() > Some(20), "{report}");
        assert!(ended.out.contains("paused by a rate limit: 1 of 1 clients"), "{ended:?}");
        let stood_s = report["stood_still"]["client_s"].as_f64().unwrap();
        assert!((1.0..=5.0).contains(&stood_s), "{report}");
        assert_eq!(report["unfinished"], 0, "{report}");
    }
}

#[test]
fn in_an_open_loop_as_many_begin_as_were_asked_for() {
    let place = tempfile::tempdir().unwrap();
    let server = Plan::new(&place.path().join("data")).start();
    let json = place.path().join("load.json");
    let ended = run(load(&server, &["--rate", "20", "--duration", "2s", "--json"]).arg(&json));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let report = figures(&json);
    let refused: u64 = report["refused"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    assert_eq!(report["waits_ms"]["book → offer"]["count"].as_u64().unwrap() + refused, 40, "{report}");
}

#[test]
fn bookings_that_were_due_while_every_client_was_busy_are_counted_as_never_begun() {
    let place = tempfile::tempdir().unwrap();
    let server = Plan::new(&place.path().join("data")).start();
    let json = place.path().join("load.json");
    let mut command =
        switchboard(&["load", "--companies", "1", "--employees", "3", "--clients", "3", "--warm-up", "0s"]);
    command.args(["--url", &format!("http://{}", server.address), "--session", "500ms"]);
    command.args(["--rate", "200", "--duration", "1s", "--json"]).arg(&json).env("SWITCHBOARD_JWT_SECRET", SECRET);
    let ended = run(&mut command);
    assert!(ended.code == Some(0) && ended.out.contains("due but never started"), "{ended:?}");
    let report = figures(&json);
    let refused: u64 = report["refused"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    let begun = report["waits_ms"]["book → offer"]["count"].as_u64().unwrap() + refused;
    let never = report["never_begun"].as_u64().unwrap();
    assert!(never > 0 && begun + never == 200, "{report}");
}

#[test]
fn the_address_that_apps_have_is_understood_and_a_run_that_fails_leaves_no_file() {
    let place = tempfile::tempdir().unwrap();
    let mut server = Plan::new(&place.path().join("data")).start();
    let socket = format!("ws://{}/socket", server.address);
    let ended = run(&mut load(&server, &["--duration", "300ms", "--url", &socket]));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    server.stop();
    let plot = place.path().join("load.svg");
    let nobody = run(load(&server, &["--plot"]).arg(&plot));
    assert!(nobody.code == Some(3) && !plot.exists(), "{nobody:?}");
}

#[test]
fn all_may_come_at_once() {
    let place = tempfile::tempdir().unwrap();
    let server = Plan::new(&place.path().join("data")).start();
    let ended = run(&mut load(&server, &["--handshakes", "1000", "--duration", "300ms"]));
    assert!(ended.code == Some(0) && ended.out.contains("14 people joined"), "{ended:?}");
}

#[test]
fn who_is_cut_on_the_way_in_tries_again_and_is_counted() {
    let place = tempfile::tempdir().unwrap();
    let server = Plan::new(&place.path().join("data")).start();
    let way = way_that_cuts_the_first(3, server.address.to_string());
    let ended = run(&mut load_at(&way, &["--duration", "300ms"]));
    assert!(ended.code == Some(0) && ended.out.contains("failed and were retried: 3"), "{ended:?}");
}

#[test]
fn who_is_not_answered_gives_up_and_the_report_says_what_was_not() {
    let ended = run(&mut load_at(&server_that_answers_no_book(), &["--duration", "300ms"]));
    assert_eq!(ended.code, Some(4), "{ended:?}");
    assert!(ended.out.contains("connections lost: 8 (the server did not answer `book` in time)"), "{ended:?}");
}

#[test]
fn what_cannot_be_run_says_why() {
    let place = tempfile::tempdir().unwrap();
    let mut server = Plan::new(place.path()).start();
    for (flags, code, words) in [
        (&["--accept", "1.5"][..], 2, "from 0 to 1"),
        (&["--duration", "5"], 2, "with a unit"),
        (&["--rate", "5", "--loop"], 2, "cannot be used with"),
        (&["--server-pid", "0"], 3, "CPU time of 0"),
        (&["--url", "https://localhost"], 2, "does not support TLS"),
        (&["--url", "http://localhost:4000/app"], 2, "use the form `http://127.0.0.1:4000`"),
        (&["--plot", "/no/such/directory/load.svg"], 3, "cannot write `/no/such/directory/load.svg`"),
        (&["--json", "/no/such/directory/load.json"], 3, "cannot write `/no/such/directory/load.json`"),
    ] {
        let ended = run(&mut load(&server, flags));
        assert!(ended.code == Some(code) && ended.err.contains(words), "{flags:?}: {ended:?}");
        assert!(!ended.out.contains("completed bookings"), "nothing was run: {flags:?}: {ended:?}");
    }
    let empty = run(&mut switchboard(&["load", "--companies", "0"]));
    assert!(empty.code == Some(2) && empty.err.contains("at least 1"), "{empty:?}");
    let stranger = run(load(&server, &[]).env("SWITCHBOARD_JWT_SECRET", "another secret, of 32 bytes and more"));
    assert!(stranger.code == Some(3) && stranger.err.contains("401"), "{stranger:?}");
    server.stop();
    let nobody = run(&mut load(&server, &[]));
    assert!(nobody.code == Some(3) && nobody.err.contains("is the server running?"), "{nobody:?}");
}

#[test]
fn a_server_that_goes_away_is_a_failure() {
    let place = tempfile::tempdir().unwrap();
    let mut server = Plan::new(place.path()).start();
    let mut command = load(&server, &["--duration", "30s"]);
    let loading = std::thread::spawn(move || run(&mut command));
    wait_until("the first booking", || {
        let (status, bookings) = server.ask("GET", "/v1/companies/load-0/bookings", "");
        status == 200 && bookings.contains("\"id\"")
    });
    server.killer()();
    let ended = loading.join().unwrap();
    server.kill();
    assert!(ended.code == Some(4) && ended.out.contains("connections lost"), "{ended:?}");
}

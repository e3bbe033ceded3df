//! A store that disappears under a running server, and a store after a clean stop.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;

use crate::server::{API_KEY, Plan, assert_whole, check, run, switchboard, wait_until};

/// Number of stops while other callers send requests.
const STOPS: usize = 5;

fn plan(data: &Path) -> Plan {
    Plan::new(data).with("SWITCHBOARD_LOG", "info")
}

#[test]
fn a_store_that_is_removed_is_noticed_and_neither_the_stop_nor_the_next_start_is_silent() {
    for gone in ["switchboard.db", "switchboard.db-wal"] {
        let (place, backups) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (data, copy) = (place.path(), backups.path().join("copy.db"));
        let server = plan(data).start();
        server.set_company("acme", &json!({}));
        assert_eq!(run(switchboard(&["backup", "--data"]).arg(data).arg(&copy)).code, Some(0));
        assert!(server.is_ready());
        std::fs::remove_file(data.join(gone)).unwrap();
        wait_until("a server that nobody asks anything to notice", || !server.is_ready());
        let (status, body) = server.ask("PUT", "/v1/companies/another", "{}");
        assert!(status == 503 && body.contains("unavailable"), "{status} {body}");
        let (code, said) = server.stopped_having_said();
        assert_eq!(code, Some(1), "{said}");
        for words in ["the store is lost", gone, "restore a backup", "the last answers may not be stored"] {
            assert!(said.contains(words), "{words}: {said}");
        }
        assert!(!said.contains("every answer is stored"), "{said}");
        if gone == "switchboard.db" {
            let again = run(&mut plan(data).command());
            assert!(again.code == Some(1) && again.err.contains("is missing"), "{again:?}");
            let checked = check(data);
            assert!(checked.code == Some(3) && checked.err.contains("is missing"), "{checked:?}");
            let restored = run(switchboard(&["restore", "--replace", "--data"]).arg(data).arg(&copy));
            assert_eq!(restored.code, Some(0), "{restored:?}");
        }
        let mut server = plan(data).start();
        assert_eq!(server.ask("GET", "/v1/companies/acme", "").0, 200);
        server.stop();
        assert_whole(data);
    }
}

#[test]
fn a_store_that_is_emptied_is_noticed_and_the_stop_is_not_silent() {
    for emptied in ["switchboard.db", "switchboard.db-wal"] {
        let place = tempfile::tempdir().unwrap();
        let data = place.path();
        let server = plan(data).start();
        server.set_company("acme", &json!({}));
        assert!(server.is_ready());
        std::fs::File::create(data.join(emptied)).unwrap();
        wait_until("a server that nobody asks anything to notice", || !server.is_ready());
        let (code, said) = server.stopped_having_said();
        assert_eq!(code, Some(1), "{said}");
        for words in ["the store is lost", emptied, "restore a backup"] {
            assert!(said.contains(words), "{words}: {said}");
        }
        assert!(!said.contains("every answer is stored"), "{said}");
        if emptied == "switchboard.db" {
            let again = run(&mut plan(data).command());
            assert_eq!(again.code, Some(1), "{again:?}");
        }
    }
}

#[test]
fn a_log_that_is_cut_under_commits_is_noticed_by_the_next() {
    let place = tempfile::tempdir().unwrap();
    let server = plan(place.path()).start();
    server.set_company("acme", &json!({}));
    // A list waits until the commit is projected, so that no projection writes into the log, and lets it grow again,
    // while it is cut.
    assert_eq!(server.ask("GET", "/v1/companies/acme/bookings", "").0, 200);
    let log = std::fs::OpenOptions::new().write(true).open(place.path().join("switchboard.db-wal")).unwrap();
    log.set_len(4096).unwrap();
    // The second request at the latest fails; the first one may have been on its way.
    let put = || server.ask("PUT", "/v1/companies/another", "{}").0;
    assert!([put(), put()].contains(&503));
    assert!(!server.is_ready());
    assert_eq!(server.stopped_having_said().0, Some(1));
}

fn asks(address: SocketAddr, path: &str) -> std::io::Result<usize> {
    let mut line = TcpStream::connect(address)?;
    line.set_read_timeout(Some(Duration::from_secs(1)))?;
    let head = format!("host: here\r\nauthorization: Bearer {API_KEY}\r\nconnection: close");
    write!(line, "GET /v1/companies/acme/{path} HTTP/1.1\r\n{head}\r\n\r\n")?;
    line.read_to_end(&mut Vec::new())
}

#[test]
fn a_clean_stop_leaves_one_whole_file_whoever_asks_meanwhile() {
    let place = tempfile::tempdir().unwrap();
    let mut server = plan(place.path()).start();
    let hook = json!({ "url": "https://example.org/" }).to_string();
    server.set_company("acme", &json!({}));
    assert_eq!(server.ask("POST", "/v1/companies/acme/webhooks", &hook).0, 201);
    for stop in 0..STOPS {
        if stop > 0 {
            server.restart();
        }
        let go = AtomicBool::new(true);
        std::thread::scope(|asking| {
            for path in ["statistics", "bookings", "events?wait_ms=1"] {
                let (address, go) = (server.address, &go);
                asking.spawn(move || {
                    while go.load(Ordering::Relaxed) {
                        let _refused_once_it_stops = asks(address, path);
                    }
                });
            }
            server.set_company(&format!("company-{stop}"), &json!({}));
            server.ask_to_stop();
            std::thread::sleep(Duration::from_millis(50));
            go.store(false, Ordering::Relaxed);
        });
        assert_eq!(server.wait(Duration::from_secs(30)), Some(0));
        assert!(!place.path().join("switchboard.db-wal").exists(), "after stop {stop}");
        let alone = tempfile::tempdir().unwrap();
        std::fs::copy(place.path().join("switchboard.db"), alone.path().join("switchboard.db")).unwrap();
        let checked = check(alone.path());
        let companies = format!("checked {} companies", stop + 2);
        assert!(checked.code == Some(0) && checked.out.contains(&companies), "{checked:?}");
    }
}

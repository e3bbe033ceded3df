//! The feed when old history was removed, and its cost for other callers.

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::server::{Plan, Server};

fn asked(server: &Server, path: &str) -> (u16, Value) {
    let (status, answer) = server.ask("GET", &format!("/v1/companies/acme/events{path}"), "");
    (status, serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{path}: {status} {answer}")))
}

#[test]
fn what_is_not_kept_any_more_is_gone_and_the_oldest_is_named() {
    let place = tempfile::tempdir().unwrap();
    let server = Plan::new(place.path()).start();
    server.set_company("acme", &json!({}));
    for employee in ["ann", "bob", "eve"] {
        assert_eq!(server.ask("PUT", &format!("/v1/companies/acme/employees/{employee}"), "").0, 201);
    }
    let (_, whole) = asked(&server, "");
    let seqs: Vec<u64> =
        whole["items"].as_array().unwrap().iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs.len(), 4);
    let store = Connection::open(place.path().join("switchboard.db")).unwrap();
    store.execute("DELETE FROM events WHERE seq <= ?1", [seqs[1].cast_signed()]).unwrap();
    let (status, gone) = asked(&server, "?after=0");
    assert_eq!((status, &gone["reason"], &gone["oldest"]), (410, &json!("gone"), &json!(seqs[2])));
    for path in ["".to_owned(), format!("?after={}", seqs[1])] {
        let (status, rest) = asked(&server, &path);
        assert_eq!((status, rest["items"].as_array().unwrap().len()), (200, 2), "{path}: {rest}");
        assert_eq!(rest["next"], json!(seqs[3]));
    }
}

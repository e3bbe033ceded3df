//! A store that an earlier version wrote opens in this one, with all of its data.

use std::path::Path;

use serde_json::Value;

use crate::server::{Plan, Server, assert_whole};

/// A store as an earlier version left it, from a dump of SQLite's.
fn stored(dump: &str, data: &Path) {
    std::fs::create_dir_all(data).unwrap();
    let store = rusqlite::Connection::open(data.join("switchboard.db")).unwrap();
    store.execute_batch(dump).unwrap();
    store.pragma_update(None, "journal_mode", "wal").unwrap();
}

fn shown(server: &Server, path: &str) -> Value {
    let (status, answer) = server.ask("GET", path, "");
    assert_eq!(status, 200, "{path}: {answer}");
    serde_json::from_str(&answer).unwrap()
}

#[test]
fn what_a_server_of_schema_2_left_behind_when_it_was_killed_goes_on_here() {
    let place = tempfile::tempdir().unwrap();
    stored(include_str!("stores/schema-2.sql"), place.path());
    let mut server = Plan::new(place.path()).start();
    let companies = shown(&server, "/v1/companies");
    let names: Vec<&str> = companies["items"].as_array().unwrap().iter().filter_map(|c| c["name"].as_str()).collect();
    assert_eq!(names, ["Acme & Co", "Demo", "Written last"]);
    let acme = shown(&server, "/v1/companies/acme");
    assert_eq!(acme["settings"]["offer_timeout_ms"], 60_000);
    let ann = shown(&server, "/v1/companies/acme/employees/ann");
    assert_eq!((&ann["name"], &ann["status"]), (&"Änn".into(), &"busy".into()));
    assert_eq!(ann["topics"], serde_json::json!(["law", "tax"]));
    // A running session goes on, and can be ended.
    let running = shown(&server, "/v1/companies/acme/sessions?state=running");
    let session = &running["items"][0];
    assert_eq!((&session["client_id"], &session["employee_id"]), (&"carl".into(), &"ann".into()));
    assert_eq!(session.get("client_name"), Some(&Value::Null), "nobody knew it then");
    let path = format!("/v1/companies/acme/sessions/{}", session["id"].as_str().unwrap());
    assert_eq!(shown(&server, &format!("{path}/notes")), serde_json::json!({ "body": "", "at": null }));
    assert_eq!(server.ask("POST", &format!("{path}/end"), "{}").0, 200);
    // The ended bookings are in the history.
    let over = shown(&server, "/v1/companies/demo/bookings");
    let booking = &over["items"][0];
    assert_eq!((&booking["state"], &booking["offers"]), (&"assigned".into(), &2.into()));
    let detail = shown(&server, &format!("/v1/companies/demo/bookings/{}", booking["id"].as_str().unwrap()));
    assert_eq!(detail["offers"][0]["outcome"], "rejected");
    server.stop();
    assert_whole(place.path());
}

/// A clock that is far ahead looks the same, so that nothing is removed until there was time to correct it.
#[test]
fn a_start_long_after_the_last_event_says_so_with_both_times() {
    let place = tempfile::tempdir().unwrap();
    stored(include_str!("stores/schema-2.sql"), place.path());
    let (code, said) = Plan::new(place.path()).start().stopped_having_said();
    assert_eq!(code, Some(0), "{said}");
    let doubts: Vec<&str> = said.lines().filter(|line| line.contains("more than a day ahead")).collect();
    let [doubt] = doubts.as_slice() else { panic!("it is said once: {said}") };
    for words in ["WARN", "written=2026-11-24T11:15:19.053Z", "clock=20"] {
        assert!(doubt.contains(words), "{words}: {doubt}");
    }
}

/// Before topics had one spelling, ` law`, `law ` and `tax ` were three others than `law` and `tax`, and dots were an
/// id.
#[test]
fn topics_that_were_stored_in_other_spellings_are_one_topic_and_nothing_differs_from_its_events() {
    let place = tempfile::tempdir().unwrap();
    let dump = include_str!("stores/schema-2.sql")
        .replace(r#"["law","tax"]"#, r#"[" law","law ","tax "]"#)
        .replace(r#""topic":"tax""#, r#""topic":" tax""#)
        .replace("'demo'", "'..'")
        .replace(r#""company":"demo""#, r#""company":"..""#);
    assert!(dump.contains(r#"[" law","law ","tax "]"#) && dump.contains(r#""topic":" tax""#));
    stored(&dump, place.path());
    let mut server = Plan::new(place.path()).start();
    let ann = shown(&server, "/v1/companies/acme/employees/ann");
    assert_eq!(ann["topics"], serde_json::json!(["law", "tax"]));
    let asked = shown(&server, "/v1/companies/acme/employees?topic=%20law%20");
    assert!(asked["items"].as_array().unwrap().iter().any(|employee| employee["id"] == "ann"), "{asked}");
    let companies = shown(&server, "/v1/companies");
    assert!(companies["items"].as_array().unwrap().iter().any(|company| company["id"] == ".."), "{companies}");
    assert_eq!(server.ask("GET", "/v1/companies/..", "").0, 422, "no new one is named so");
    assert_eq!(server.ask("DELETE", "/v1/companies/..", "").0, 204, "and an old one can be removed");
    server.stop();
    assert_whole(place.path());
}

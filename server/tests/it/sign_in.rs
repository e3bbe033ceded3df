//! Sign-in codes on the built server: which callers get one, and how often it is valid.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::people::Person;
use crate::server::{API_KEY, Plan, Server};

const CODES: &str = "/v1/companies/acme/sign-in-codes";

fn server() -> (tempfile::TempDir, Server) {
    let place = tempfile::tempdir().unwrap();
    let server = Plan::new(place.path()).start();
    server.set_company("acme", &json!({}));
    (place, server)
}

fn make(server: &Server, key: &str, token: &str) -> (u16, Value) {
    let (status, answer) = server.ask_with(key, "POST", CODES, &json!({ "token": token }).to_string());
    (status, serde_json::from_str(&answer).unwrap())
}

/// Presents a code as a page does, without a key; returns the head of the answer, and its body.
fn take(server: &Server, body: &str) -> (String, Value) {
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let length = body.len();
    write!(
        stream,
        "POST /sign-in HTTP/1.1\r\nHost: switchboard\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_lowercase(), serde_json::from_str(body).unwrap())
}

fn shown(code: &Value) -> String {
    json!({ "code": code }).to_string()
}

#[test]
fn a_code_gives_the_token_that_it_was_made_for_and_gives_it_once() {
    let (_place, mut server) = server();
    let ann = Person::employee("acme", "ann", &Arc::default()).token();
    let (status, made) = make(&server, API_KEY, &ann);
    assert_eq!(status, 201, "{made}");
    let (head, taken) = take(&server, &shown(&made["code"]));
    assert!(head.starts_with("http/1.1 200") && head.contains("cache-control: no-store"), "{head}");
    assert_eq!(taken, json!({ "token": ann }));
    let (head, again) = take(&server, &shown(&made["code"]));
    assert!(head.starts_with("http/1.1 401"), "{head}");
    assert_eq!(again["reason"], "unauthorized");
    assert!(!head.contains("access-control"), "no page of a stranger reads it");
    let (_, made) = make(&server, API_KEY, &ann);
    server.stop();
    server.restart();
    assert!(take(&server, &shown(&made["code"])).0.starts_with("http/1.1 401"), "a restart ends a code");
}

#[test]
fn a_code_is_made_for_a_good_token_of_the_company_alone_and_by_a_caller_of_its_own() {
    let (_place, server) = server();
    let record = Arc::default();
    let [ann, stranger] = ["acme", "globex"].map(|company| Person::employee(company, "ann", &record).token());
    let admin = Person { role: switchboard_wire::claims::Role::Admin, ..Person::employee("globex", "olga", &record) };
    for (token, why) in [
        ("x", "not a JWT"),
        (&*format!("{ann}x"), "signature"),
        (&stranger, "another company"),
        (&"x".repeat(8193), "8192 bytes"),
    ] {
        let (status, problem) = make(&server, API_KEY, token);
        assert_eq!((status, &problem["reason"]), (422, &json!("invalid")), "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains(why), "{problem}");
    }
    for caller in ["nobody", &ann, &admin.token()] {
        assert!(matches!(make(&server, caller, &ann).0, 401 | 403), "{caller}");
    }
    assert_eq!(server.ask("POST", "/v1/companies/acme/employees/ann/revoke", "").0, 200);
    let (status, problem) = make(&server, API_KEY, &ann);
    assert_eq!(status, 422);
    assert!(problem["detail"].as_str().unwrap().contains("revoked"), "{problem}");
}

#[test]
fn whatever_else_is_shown_as_a_code_is_refused_in_words() {
    let (_place, server) = server();
    for (body, status) in [
        ("", "422"),
        ("{}", "422"),
        ("[]", "422"),
        (r#"{"code":1}"#, "422"),
        (r#"{"code":""}"#, "401"),
        (r#"{"code":"x","more":1}"#, "422"),
        (&*shown(&json!("x".repeat(2000))), "413"),
    ] {
        let (head, problem) = take(&server, body);
        assert!(head.starts_with(&format!("http/1.1 {status}")), "{body}: {head}");
        assert!(head.contains("application/problem+json") && problem["detail"].is_string(), "{body}: {head}");
    }
}

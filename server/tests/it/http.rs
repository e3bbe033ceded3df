//! Refusals of the HTTP API: always a problem document that explains the error, never a text of the framework's.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use switchboard_client::Socket;

use crate::server::{API_KEY, Plan, SECRET, Server};

fn server() -> (tempfile::TempDir, Server) {
    let place = tempfile::tempdir().unwrap();
    let server = Plan::new(place.path()).start();
    server.set_company("acme", &json!({}));
    (place, server)
}

fn problem(server: &Server, method: &str, path: &str, body: &str) -> (u16, Value) {
    let (status, answer) = server.ask(method, path, body);
    let problem: Value = serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{method} {path}: {status} {answer}"));
    assert_eq!(problem["status"], status, "{method} {path}: {problem}");
    assert_eq!(problem["type"], "about:blank", "{method} {path}: {problem}");
    (status, problem)
}

fn assert_invalid(server: &Server, method: &str, path: &str, body: &str) {
    let (status, problem) = problem(server, method, path, body);
    assert_eq!((status, &problem["reason"]), (422, &json!("invalid")), "{method} {path} {body}: {problem}");
}

#[test]
fn a_path_that_is_not_utf_8_is_refused_as_a_bad_id_is() {
    let (_place, server) = server();
    for path in ["%ff", "acme/availability%ff", "acme/employees/%C3%28", "acme/bookings/%80", "acme/sessions/%ff"] {
        let path = format!("/v1/companies/{path}");
        let (status, problem) = problem(&server, "GET", &path, "");
        assert!(matches!(status, 404 | 422), "{path}: {problem}");
    }
    assert_invalid(&server, "GET", "/v1/companies/%ff", "");
    assert_invalid(&server, "DELETE", "/v1/companies/acme/employees/%ff", "");
}

#[test]
fn a_body_that_is_too_long_is_a_problem_as_every_other() {
    let (_place, server) = server();
    let longest = 256 * 1024;
    let fits = format!("{}{}", json!({ "name": "Acme" }), " ".repeat(longest - 15));
    assert_eq!(fits.len(), longest);
    assert_eq!(server.ask("PUT", "/v1/companies/acme", &fits).0, 200);
    let mut stream = TcpStream::connect(server.address).unwrap();
    write!(
        stream,
        "PUT /v1/companies/acme HTTP/1.1\r\nHost: switchboard\r\nAuthorization: Bearer {API_KEY}\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{fits} ",
        longest + 1
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 413") && head.contains("application/problem+json"), "{head}");
    let problem: Value = serde_json::from_str(body).unwrap();
    assert_eq!((&problem["status"], &problem["reason"]), (&json!(413), &json!("too_large")));
}

/// Sends a whole request before the answer is read, as most clients do, and then another one on the same connection.
#[test]
fn a_refusal_reaches_a_client_that_is_still_sending() {
    let (_place, server) = server();
    let body = vec![b' '; 40 * 1024 * 1024];
    for (method, path, key, refused) in [
        ("PUT", "/v1/companies/acme", API_KEY, "413"),
        ("PUT", "/v1/companies/acme", "none", "401"),
        ("PUT", "/v1/companies/acme/logo", API_KEY, "4"),
        ("POST", "/v1/companies/acme/employees/import", API_KEY, "4"),
        ("POST", "/nowhere", API_KEY, "404"),
        ("DELETE", "/v1/companies/acme/events", API_KEY, "405"),
    ] {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let (head, length) = (format!("Host: switchboard\r\nAuthorization: Bearer {key}\r\n"), body.len());
        let first = format!("{method} {path} HTTP/1.1\r\n{head}Content-Length: {length}\r\n\r\n");
        stream.write_all(first.as_bytes()).unwrap();
        stream.write_all(&body).unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        write!(stream, "GET /healthz HTTP/1.1\r\n{head}Connection: close\r\n\r\n").unwrap();
        let mut answers = String::new();
        stream.read_to_string(&mut answers).unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        assert!(answers.starts_with(&format!("HTTP/1.1 {refused}")), "{method} {path}: {answers}");
        assert!(answers.contains("HTTP/1.1 200"), "{method} {path}: {answers}");
    }
}

#[test]
fn who_waits_before_the_body_is_refused_without_it() {
    let (_place, server) = server();
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(
        stream,
        "PUT /v1/companies/acme HTTP/1.1\r\nHost: switchboard\r\nExpect: 100-continue\r\n\
         Content-Length: 40000000\r\n\r\n"
    )
    .unwrap();
    let (mut answer, asked) = (String::new(), Instant::now());
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 401"), "no body is asked for: {answer}");
    assert!(asked.elapsed() < Duration::from_secs(4), "nor waited for: {:?}", asked.elapsed());
}

#[test]
fn who_sends_the_rest_of_a_refused_body_for_ever_is_cut() {
    let (_place, server) = server();
    let mut stream = TcpStream::connect(server.address).unwrap();
    write!(stream, "PUT /v1/companies/acme HTTP/1.1\r\nHost: switchboard\r\nContent-Length: 40000000\r\n\r\n").unwrap();
    let began = Instant::now();
    while stream.write_all(b" ").is_ok() {
        assert!(began.elapsed() < Duration::from_secs(20), "the connection goes on");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(began.elapsed() > Duration::from_secs(3), "cut after {:?}, without a time to end", began.elapsed());
}

#[test]
fn a_body_is_one_json_object_and_nothing_after_it() {
    let (_place, server) = server();
    assert_eq!(server.ask("PUT", "/v1/companies/acme/employees/ann", "").0, 201);
    for (method, path, body) in [
        ("PUT", "acme", "{} {}"),
        ("PUT", "acme", "{}x"),
        ("PUT", "acme", "[]"),
        ("PUT", "acme", r#"["Acme"]"#),
        ("PUT", "acme", "null"),
        ("PUT", "acme", r#"{"settings":[1,2,3]}"#),
        ("PATCH", "acme", r#"{"settings":[1,2,3]}"#),
        ("PATCH", "acme", r#"["Other"]"#),
        ("PUT", "acme/employees/ann", r#"["Ann",["tax"]]"#),
        ("POST", "acme/employees/ann/status", r#"["idle"]"#),
    ] {
        assert_invalid(&server, method, &format!("/v1/companies/{path}"), body);
    }
    let (_, shown) = server.ask("GET", "/v1/companies/acme/employees/ann", "");
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!((&shown["name"], &shown["intent"]), (&json!("ann"), &json!("offline")), "nothing of it was done");
}

#[test]
fn a_wrong_setting_is_named_wherever_it_stands() {
    let (_place, server) = server();
    for method in ["PUT", "PATCH"] {
        for (settings, named) in [
            (json!({ "wrap_up_ms": "7" }), "settings.wrap_up_ms"),
            (json!({ "wrap_up_ms": -1 }), "settings.wrap_up_ms"),
            (json!({ "offer_timeout_ms": 0 }), "settings.offer_timeout_ms"),
            (json!({ "wrap_up_ms": 7.5 }), "settings.wrap_up_ms"),
            (json!({ "wrap_up_ms": -7.0 }), "settings.wrap_up_ms"),
            (json!({ "wrap_up_ms": 1e300 }), "settings.wrap_up_ms"),
            (json!({ "wrapup": 7 }), "wrapup"),
        ] {
            let body = json!({ "settings": settings }).to_string();
            assert_invalid(&server, method, "/v1/companies/acme", &body);
            let (_, problem) = problem(&server, method, "/v1/companies/acme", &body);
            assert!(problem["detail"].as_str().unwrap().contains(named), "{method} {body}: {problem}");
        }
    }
}

#[test]
fn a_whole_number_is_one_however_it_is_written() {
    let (_place, server) = server();
    for (number, ms) in [("7.0", 7), ("0.0", 0), ("8.64e7", 86_400_000)] {
        for method in ["PUT", "PATCH"] {
            let body = format!(r#"{{"settings":{{"wrap_up_ms":{number}}}}}"#);
            let (status, shown) = server.ask(method, "/v1/companies/acme", &body);
            let shown: Value = serde_json::from_str(&shown).unwrap();
            assert_eq!((status, &shown["settings"]["wrap_up_ms"]), (200, &json!(ms)), "{method} {body}");
        }
    }
}

#[test]
fn a_method_that_is_not_for_an_address_is_a_problem() {
    let (_place, server) = server();
    let (status, problem) = problem(&server, "POST", "/v1/companies/acme", "");
    assert_eq!((status, &problem["reason"]), (405, &json!("unknown_method")));
}

#[test]
fn a_patch_of_a_webhook_keeps_what_it_does_not_name_and_resets_what_is_null() {
    let (_place, server) = server();
    let webhooks = "/v1/companies/acme/webhooks";
    let body = json!({ "url": "https://crm.example/", "description": "wakes phones", "types": ["offer.made"] });
    let (status, made) = server.ask("POST", webhooks, &body.to_string());
    let made: Value = serde_json::from_str(&made).unwrap();
    assert_eq!(status, 201, "{made}");
    let path = format!("{webhooks}/{}", made["id"].as_str().unwrap());
    for (patch, description, types) in [
        ("{}", "wakes phones", json!(["offer.made"])),
        (r#"{"types":null}"#, "wakes phones", json!([])),
        (r#"{"description":null,"types":["offer.closed"]}"#, "", json!(["offer.closed"])),
    ] {
        let (status, shown) = server.ask("PATCH", &path, patch);
        let shown: Value = serde_json::from_str(&shown).unwrap();
        let expected = (200, &json!(description), &types);
        assert_eq!((status, &shown["description"], &shown["types"]), expected, "{patch}");
    }
    assert_eq!(server.ask("POST", &format!("{path}/rotate"), r#"{"keep_old_for_s":60.0}"#).0, 200);
    assert_invalid(&server, "POST", &format!("{path}/rotate"), r#"{"keep_old_for_s":0.5}"#);
    assert_invalid(&server, "POST", webhooks, "{}");
    assert_invalid(&server, "POST", webhooks, r#"{"url":"https://crm.example/","state":"off"}"#);
    let (status, problem) = problem(&server, "DELETE", &format!("{webhooks}/nothing"), "");
    assert_eq!((status, &problem["reason"]), (404, &json!("unknown_webhook")));
    assert_eq!([server.ask("DELETE", &path, "").0, server.ask("DELETE", &path, "").0], [204, 204]);
}

/// The head of an answer; the names of headers are in lower case.
fn head(server: &Server, method: &str, path: &str, more: &str) -> String {
    let mut stream = TcpStream::connect(server.address).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: switchboard\r\nAuthorization: Bearer {API_KEY}\r\n{more}Content-Length: 0\r\n\
         Connection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    String::from_utf8_lossy(&answer[..end]).into_owned()
}

#[test]
fn no_cache_keeps_what_is_told_of_people_and_all_may_keep_what_is_public() {
    let (_place, server) = server();
    assert_eq!(server.ask("PUT", "/v1/companies/acme/employees/ann", "").0, 201);
    let seen = head(&server, "GET", "/v1/companies/acme/employees/ann", "");
    let tag = seen.split("\r\netag: ").nth(1).unwrap().lines().next().unwrap();
    let unless_seen = format!("If-None-Match: {tag}\r\n");
    for (method, path, more, status) in [
        ("GET", "/v1/companies", "", "200"),
        ("GET", "/v1/companies/acme", "", "200"),
        ("GET", "/v1/companies/acme/employees/ann", "", "200"),
        ("GET", "/v1/companies/acme/employees/ann", &unless_seen, "304"),
        ("GET", "/v1/companies/acme/bookings", "", "200"),
        ("GET", "/v1/companies/acme/export", "", "200"),
        ("GET", "/v1/companies/acme/statistics?format=csv", "", "200"),
        ("GET", "/v1/companies/acme/events", "", "200"),
        ("GET", "/v1/audit", "", "200"),
        ("PUT", "/v1/companies/acme", "", "200"),
        ("DELETE", "/v1/companies/acme/employees/ann", "", "204"),
        ("GET", "/v1/companies/acme/employees/ann", "", "404"),
        ("GET", "/v1/companies?limit=0", "", "422"),
        ("POST", "/v1/companies/acme", "", "405"),
        ("GET", "/v1/nowhere", "", "404"),
        ("GET", "/nowhere", "", "404"),
        ("GET", "/socket/websocket", "", "401"),
        ("GET", "/v1/companies", "X-Two: \r\nHost: other\r\n", "400"),
    ] {
        let head = head(&server, method, path, more);
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{method} {path}: {head}");
        for kept in ["cache-control: no-store", "x-content-type-options: nosniff"] {
            assert!(head.contains(kept), "{method} {path}: {head}");
        }
        assert_eq!(head.matches("cache-control").count(), 1, "{method} {path}: {head}");
    }
    let open = head(&server, "GET", "/docs", "");
    assert!(open.contains("cache-control: no-cache"), "{open}");
}

#[test]
fn a_token_names_people_by_the_rules_by_which_a_request_does() {
    let (_place, server) = server();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for (at, name) in
        ["", "  ", "Zoe\u{7}", "Zoe\nMiller", "\u{85}", "\u{202e}evil", " Zoe\u{308} "].into_iter().enumerate()
    {
        let id = format!("ann-{at}");
        let path = format!("/v1/companies/acme/employees/{id}");
        let by_request = server.ask("PUT", &path, &json!({ "name": name }).to_string());
        assert_eq!(server.ask("DELETE", &path, "").0, 204);
        let shown = runtime.block_on(joined(&server, &id, name));
        match by_request.0 {
            201 => assert!(by_request.1.contains(&json!(shown).to_string()), "{name:?}: {shown}, {by_request:?}"),
            status => assert_eq!((status, shown), (422, id), "{name:?}: a name that is none counts as none"),
        }
    }
}

/// The display name of an employee who connects with a token of that name.
async fn joined(server: &Server, id: &str, name: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let claims = json!({
        "sub": id, "role": "employee", "company": "acme", "name": name, "exp": now.as_secs() + 60,
        // Later than the removal of the former employee with that id.
        "iat": now.as_secs_f64(),
    });
    let _installed = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
    let token = jsonwebtoken::encode(
        &jsonwebtoken::Header::default(),
        &claims,
        &jsonwebtoken::EncodingKey::from_secret(SECRET.as_bytes()),
    );
    let patience = Duration::from_secs(30);
    let mut socket = Socket::connect(&server.address.to_string(), &token.unwrap(), patience).await.unwrap();
    socket.join(&format!("employee:acme:{id}")).await.unwrap();
    let shown: Value =
        serde_json::from_str(&server.ask("GET", &format!("/v1/companies/acme/employees/{id}"), "").1).unwrap();
    shown["name"].as_str().unwrap().to_owned()
}

//! The built server behind a proxy, and the rights of pages in browsers.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::server::{API_KEY, Plan, Server, run, switchboard, wait_until};

/// The head of an answer, in lower case.
fn head(server: &Server, request: &str) -> String {
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        assert_eq!(stream.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&head));
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap().to_lowercase()
}

fn put(server: &Server, company: &str, header: &str) {
    let request = format!(
        "PUT /v1/companies/{company} HTTP/1.1\r\nHost: switchboard\r\nAuthorization: Bearer {API_KEY}\r\n{header}\r\n\
         Content-Length: 0\r\nConnection: close\r\n\r\n"
    );
    assert!(head(server, &request).starts_with("http/1.1 201"));
}

fn addresses(server: &Server) -> Vec<Value> {
    let audit: Value = serde_json::from_str(&server.ask("GET", "/v1/audit", "").1).unwrap();
    audit["items"].as_array().unwrap().iter().rev().map(|item| item["address"].clone()).collect()
}

#[test]
fn a_trusted_proxy_says_whom_it_speaks_for_and_nobody_else_does() {
    let place = tempfile::tempdir().unwrap();
    let server = Plan::new(place.path()).start();
    put(&server, "a", "X-Forwarded-For: 198.51.100.7");
    assert_eq!(addresses(&server), ["127.0.0.1"], "it is not trusted");
    let place = tempfile::tempdir().unwrap();
    let trusts = Plan::new(place.path()).with("SWITCHBOARD_TRUSTED_PROXIES", "127.0.0.0/8, 10.0.0.0/8");
    let server = trusts.start();
    put(&server, "a", "X-Forwarded-For: 203.0.113.9, 198.51.100.7, 10.0.0.2");
    put(&server, "b", "Forwarded: for=198.51.100.7");
    assert_eq!(addresses(&server), ["198.51.100.7", "127.0.0.1"]);
}

#[test]
fn whoever_guesses_keys_behind_a_proxy_must_wait_and_the_others_need_not() {
    let place = tempfile::tempdir().unwrap();
    let server = Plan::new(place.path()).with("SWITCHBOARD_TRUSTED_PROXIES", "127.0.0.1").start();
    let ask = |from: &str, key: &str| {
        let request = format!(
            "GET /v1/companies HTTP/1.1\r\nHost: s\r\nAuthorization: Bearer {key}\r\nX-Forwarded-For: {from}\r\n\
             Connection: close\r\n\r\n"
        );
        head(&server, &request)[9..12].to_owned()
    };
    let guesses: Vec<_> = (0..200).map(|_| ask("1.2.3.4, 198.51.100.7", "guess")).collect();
    assert!(guesses.iter().any(|status| status == "429"), "{guesses:?}");
    assert_eq!(ask("1.2.3.5, 198.51.100.7", API_KEY), "429", "what stands before the nearest address is no matter");
    assert_eq!(ask("198.51.100.8", API_KEY), "200");
}

fn upgrade(server: &Server, origin: &str) -> String {
    let token = run(switchboard(&["token", "--role", "client", "--sub", "ann"])
        .env("SWITCHBOARD_JWT_SECRET", crate::server::SECRET));
    let request = format!(
        "GET /socket/websocket?vsn=2.0.0&token={} HTTP/1.1\r\nHost: switchboard\r\nConnection: Upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{origin}\r\n",
        token.out.trim()
    );
    head(server, &request)[9..12].to_owned()
}

#[test]
fn pages_come_from_allowed_origins_alone_and_apps_from_anywhere() {
    let place = tempfile::tempdir().unwrap();
    let server = Plan::new(place.path()).start();
    let preflight = |server: &Server, origin: &str| {
        let request = format!(
            "OPTIONS /v1/companies/acme HTTP/1.1\r\nHost: switchboard\r\nOrigin: {origin}\r\n\
             Access-Control-Request-Method: PUT\r\nConnection: close\r\n\r\n"
        );
        head(server, &request)
    };
    assert_eq!(upgrade(&server, "Origin: https://anywhere.example\r\n"), "101", "as long as nothing is set");
    assert!(!preflight(&server, "https://app.example").contains("access-control"));
    let place = tempfile::tempdir().unwrap();
    let allows =
        Plan::new(place.path()).with("SWITCHBOARD_ALLOWED_ORIGINS", "https://app.example,https://b.example:8443");
    let server = allows.start();
    assert_eq!(upgrade(&server, ""), "101");
    for (origin, status) in [
        ("https://app.example", "101"),
        ("https://b.example:8443", "101"),
        ("https://app.example.evil", "403"),
        ("http://app.example", "403"),
        ("null", "403"),
        // The server's own pages, behind a proxy with or without TLS.
        ("https://switchboard", "101"),
        ("http://Switchboard:80", "101"),
        ("https://switchboard:8443", "403"),
    ] {
        assert_eq!(upgrade(&server, &format!("Origin: {origin}\r\n")), status, "{origin}");
    }
    let asked = preflight(&server, "https://app.example");
    assert!(asked.starts_with("http/1.1 204"), "{asked}");
    for said in ["access-control-allow-origin: https://app.example\r\n", "vary: origin", "authorization", "delete"] {
        assert!(asked.contains(said), "{said}: {asked}");
    }
    assert!(preflight(&server, "https://evil.example").starts_with("http/1.1 401"));
    let get = |origin: &str| {
        let request = format!(
            "GET /v1/companies HTTP/1.1\r\nHost: s\r\nAuthorization: Bearer {API_KEY}\r\nOrigin: {origin}\r\n\
             Connection: close\r\n\r\n"
        );
        head(&server, &request)
    };
    assert!(get("https://app.example").contains("access-control-allow-origin: https://app.example\r\n"));
    let evil = get("https://evil.example");
    assert!(evil.starts_with("http/1.1 200") && !evil.contains("access-control") && evil.contains("vary: origin"));
    server.set_company("acme", &json!({}));
}

#[test]
fn a_head_is_as_long_as_any_token_needs_and_no_longer() {
    const HEAD_MAX_BYTES: usize = 32 * 1024;
    let place = tempfile::tempdir().unwrap();
    let server = Plan::new(place.path()).start();
    let topics: Vec<String> = (0..64).map(|n| format!("{n:02}{}", "topic".repeat(25))).collect();
    let token = run(switchboard(&["token", "--role", "employee", "--sub", "ann", "--company", "acme", "--topics"])
        .arg(topics.join(","))
        .env("SWITCHBOARD_JWT_SECRET", crate::server::SECRET));
    let path = format!("/socket/websocket?vsn=2.0.0&token={}", token.out.trim());
    assert!(path.len() > HEAD_MAX_BYTES / 3, "{}", path.len());
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: switchboard\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    assert!(head(&server, &request).starts_with("http/1.1 101"));
    let begun = "GET /healthz HTTP/1.1\r\nHost: s\r\nX: ";
    let filled = |bytes: usize| format!("{begun}{}", "x".repeat(bytes - begun.len()));
    assert!(head(&server, &(filled(HEAD_MAX_BYTES - 5) + "\r\n\r\n")).starts_with("http/1.1 200"));
    // The head is refused before its end, because unread bytes could make the answer get lost.
    assert!(head(&server, &filled(HEAD_MAX_BYTES)).starts_with("http/1.1 431"));
}

#[test]
fn of_one_address_so_many_long_heads_are_on_their_way_and_short_ones_are_taken_as_before() {
    const LONG_OF_ADDRESS_MAX: usize = 128;
    let place = tempfile::tempdir().unwrap();
    let server = Plan::new(place.path()).with("SWITCHBOARD_TRUST_LOOPBACK", "false").start();
    let begin = |bytes: usize| {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.write_all(format!("GET /healthz HTTP/1.1\r\nHost: s\r\nX: {}", "x".repeat(bytes)).as_bytes()).unwrap();
        stream
    };
    let is_cut = |stream: &TcpStream| {
        stream.set_nonblocking(true).unwrap();
        match stream.peek(&mut [0]) {
            Ok(read) => read == 0,
            Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
        }
    };
    let is_taken = |mut stream: TcpStream| {
        let mut answer = [0; 12];
        let answered = stream.write_all(b"\r\n\r\n").and_then(|()| stream.read_exact(&mut answer));
        answered.is_ok() && answer == *b"HTTP/1.1 200"
    };
    let long: Vec<TcpStream> = (0..=LONG_OF_ADDRESS_MAX).map(|_| begin(10_000)).collect();
    // The server reads the connections in an order of its own.
    wait_until("one too many is cut", || long.iter().filter(|stream| is_cut(stream)).count() == 1);
    assert!(is_taken(begin(1000)));
    assert!(server.is_ready());
    drop(long);
    wait_until("there is room again", || is_taken(begin(10_000)));
}

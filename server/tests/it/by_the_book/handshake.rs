//! Handshakes: the accepted ones, and the one form in which all others are refused.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use super::{server, somebody};
use crate::server::Server;

/// The key of RFC 6455, and the server's answer to it.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pplmbitxaq9kygzzhzrbk+xoo=";

/// Headers by name, of which a case changes some.
const HEADERS: [(&str, &str); 5] = [
    ("Host", "switchboard"),
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", KEY),
];

/// A request line, and replacements for some headers; an empty value leaves the header out.
struct Handshake {
    line: String,
    changes: Vec<(&'static str, &'static str)>,
}

fn path() -> String {
    somebody().path()
}

fn with(changes: &[(&'static str, &'static str)]) -> Handshake {
    Handshake { line: format!("GET {} HTTP/1.1", path()), changes: changes.to_vec() }
}

fn line(line: String) -> Handshake {
    Handshake { line, changes: Vec::new() }
}

/// The status, the head of the answer in lower case, and its body.
fn answer(server: &Server, handshake: &Handshake) -> (u16, String, String) {
    let Handshake { line, changes } = handshake;
    let mut request = format!("{line}\r\n");
    let mut added: Vec<_> = changes.iter().filter(|(name, value)| !value.is_empty() && !name.is_empty()).collect();
    for (name, value) in HEADERS {
        if changes.iter().any(|(changed, _)| *changed == name) {
            continue;
        }
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    for (name, value) in added.drain(..) {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let (mut heard, mut bytes) = (Vec::new(), [0; 4096]);
    let head_ends = |heard: &[u8]| heard.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4);
    while head_ends(&heard).is_none() {
        let count = stream.read(&mut bytes).unwrap();
        assert!(count > 0, "{request}: {}", String::from_utf8_lossy(&heard));
        heard.extend_from_slice(&bytes[..count]);
    }
    let body = heard.split_off(head_ends(&heard).unwrap());
    let head = String::from_utf8(heard).unwrap().to_lowercase();
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next()?.parse().ok());
    let mut body = body;
    let length = if line.starts_with("HEAD") { 0 } else { length.unwrap_or(0) };
    while body.len() < length {
        let count = stream.read(&mut bytes).unwrap();
        assert!(count > 0, "{request}: {head}");
        body.extend_from_slice(&bytes[..count]);
    }
    (head[9..12].parse().unwrap(), head, String::from_utf8_lossy(&body).into_owned())
}

#[test]
fn a_handshake_is_taken_however_its_headers_are_written() {
    let (_place, server) = server();
    let taken: &[(&str, &[(&str, &str)])] = &[
        ("as it is", &[]),
        ("words in capitals", &[("Connection", "UPGRADE"), ("Upgrade", "WebSocket")]),
        ("among others", &[("Connection", "keep-alive, Upgrade")]),
        (
            "an extension, which is not taken",
            &[("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits")],
        ),
        ("the protocol of Phoenix", &[("Sec-WebSocket-Protocol", "phoenix")]),
        ("protocols that nobody knows", &[("Sec-WebSocket-Protocol", "graphql-ws, mqtt")]),
        ("a key that others would not draw", &[("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")]),
    ];
    for (name, changes) in taken {
        let (status, head, body) = answer(&server, &with(changes));
        assert_eq!((status, body.as_str()), (101, ""), "{name}: {head}");
        assert!(!head.contains("sec-websocket-extensions"), "{name}: {head}");
        let is_phoenix = changes.contains(&("Sec-WebSocket-Protocol", "phoenix"));
        assert_eq!(head.contains("sec-websocket-protocol: phoenix\r\n"), is_phoenix, "{name}: {head}");
        if changes.iter().all(|(header, _)| *header != "Sec-WebSocket-Key") {
            assert!(head.contains(&format!("sec-websocket-accept: {ACCEPT}\r\n")), "{name}: {head}");
        }
    }
}

#[test]
fn every_refusal_of_a_handshake_has_one_form() {
    let (_place, server) = server();
    let path = path();
    let in_query = |more: &str| line(format!("GET {path}&{more} HTTP/1.1"));
    let by = |method: &str| line(format!("{method} {path} HTTP/1.1"));
    let at = |path: &str| line(format!("GET /socket/websocket{path} HTTP/1.1"));
    let refused: Vec<(&str, Handshake, u16, &str)> = vec![
        ("no `Host`", with(&[("Host", "")]), 400, "invalid"),
        ("two of them", with(&[("Host", "a"), ("Host", "b")]), 400, "invalid"),
        ("a `Host` that is none", with(&[("Host", "a b")]), 400, "invalid"),
        ("no upgrade", with(&[("Connection", ""), ("Upgrade", "")]), 400, "invalid"),
        ("no `Connection`", with(&[("Connection", "")]), 400, "invalid"),
        ("another `Connection`", with(&[("Connection", "keep-alive")]), 400, "invalid"),
        ("no `Upgrade`", with(&[("Upgrade", "")]), 400, "invalid"),
        ("another `Upgrade`", with(&[("Upgrade", "h2c")]), 400, "invalid"),
        ("no key", with(&[("Sec-WebSocket-Key", "")]), 400, "invalid"),
        ("a key that is too short", with(&[("Sec-WebSocket-Key", "abc")]), 400, "invalid"),
        ("a key of 15 bytes", with(&[("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAA")]), 400, "invalid"),
        ("a key of 17 bytes", with(&[("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAAA=")]), 400, "invalid"),
        ("a key that is no base64", with(&[("Sec-WebSocket-Key", "!!!!!!!!!!!!!!!!!!!!!!!!")]), 400, "invalid"),
        ("two keys", with(&[("Sec-WebSocket-Key", KEY), ("Sec-WebSocket-Key", KEY)]), 400, "invalid"),
        ("no version", with(&[("Sec-WebSocket-Version", "")]), 426, "invalid"),
        ("an older version", with(&[("Sec-WebSocket-Version", "8")]), 426, "invalid"),
        ("a version to come", with(&[("Sec-WebSocket-Version", "14")]), 426, "invalid"),
        ("an older HTTP", line(format!("GET {path} HTTP/1.0")), 400, "invalid"),
        ("`POST`", by("POST"), 405, "unknown_method"),
        ("`PUT`", by("PUT"), 405, "unknown_method"),
        ("`DELETE`", by("DELETE"), 405, "unknown_method"),
        ("`OPTIONS`", by("OPTIONS"), 405, "unknown_method"),
        ("a method that there is not", by("CONNECTED"), 405, "unknown_method"),
        ("a token twice", in_query("token=x"), 400, "invalid"),
        ("`vsn` twice", in_query("vsn=2.0.0"), 400, "invalid"),
        ("a device twice", in_query("device=ios&device=ios"), 400, "invalid"),
        ("a device that is none", in_query("device=i%20os"), 403, "invalid"),
        ("another `vsn`", line(format!("GET {} HTTP/1.1", path.replace("vsn=2.0.0", "vsn=3.0.0"))), 403, "invalid"),
        ("no token", at("?vsn=2.0.0"), 401, "unauthorized"),
        ("a bad token", at("?vsn=2.0.0&token=a.b.c"), 401, "unauthorized"),
        ("nothing at all", at(""), 401, "unauthorized"),
    ];
    for (name, handshake, status, reason) in &refused {
        let (found, head, body) = answer(&server, handshake);
        assert_eq!(found, *status, "{name}: {head}{body}");
        let said: Value = serde_json::from_str(&body).unwrap_or_else(|_| panic!("{name}: {head}{body}"));
        let fields: Vec<_> = said.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!((fields, &said["reason"]), (vec!["message", "reason"], &Value::from(*reason)), "{name}: {body}");
        assert!(head.contains("content-type: application/json\r\n"), "{name}: {head}");
        match status {
            405 => assert!(head.contains("allow: get\r\n"), "{name}: {head}"),
            426 => assert!(head.contains("sec-websocket-version: 13\r\n"), "{name}: {head}"),
            _ => {}
        }
    }
    let (status, head, body) = answer(&server, &by("HEAD"));
    assert_eq!((status, body.as_str(), head.contains("allow: get\r\n")), (405, "", true), "{head}");
}

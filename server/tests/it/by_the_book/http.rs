//! Requests of every shape: the required answers, and where a connection must end, so that no proxy and no server can
//! see another request in the same bytes.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;

use super::server;
use crate::server::{API_KEY, Server};

/// The request that follows each shape on the same connection.
const PROBE: &str = "GET /readyz HTTP/1.1\r\nHost: switchboard\r\nConnection: close\r\n\r\n";

/// A request, and the statuses of all answers; the probe's is among them if the connection goes on.
struct Shape {
    name: &'static str,
    sent: String,
    statuses: &'static [u16],
}

fn shape(name: &'static str, sent: impl Into<String>, statuses: &'static [u16]) -> Shape {
    Shape { name, sent: sent.into(), statuses }
}

/// A change with those headers, and with that body.
fn put(headers: &str, body: &str) -> String {
    format!(
        "PUT /v1/companies/acme HTTP/1.1\r\nHost: switchboard\r\nAuthorization: Bearer {API_KEY}\r\n{headers}\r\n{body}"
    )
}

fn get(headers: &str) -> String {
    format!("GET /healthz HTTP/1.1\r\n{headers}\r\n")
}

/// All answers, as far as they come; a cut ends them.
fn answers(server: &Server, sent: &str) -> String {
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let _sent_or_cut = stream.write_all(sent.as_bytes()).and_then(|()| stream.write_all(PROBE.as_bytes()));
    let (mut heard, mut bytes) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut bytes) {
            Ok(0) => break,
            Ok(count) => heard.extend_from_slice(&bytes[..count]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
            Err(error) => panic!("{sent:?}: {error}"),
        }
    }
    String::from_utf8_lossy(&heard).into_owned()
}

fn statuses(answers: &str) -> Vec<u16> {
    answers.split("HTTP/1.").skip(1).map(|answer| answer[2..5].parse().unwrap()).collect()
}

fn check(shapes: Vec<Shape>) {
    let (_place, server) = server();
    server.set_company("acme", &json!({}));
    let count = shapes.len();
    let wrong: Vec<_> = shapes
        .into_iter()
        .filter_map(|Shape { name, sent, statuses: expected }| {
            let said = answers(&server, &sent);
            let found = statuses(&said);
            (found != expected).then(|| format!("{name}: expected {expected:?}, came {found:?}: {said:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_end_of_a_body_is_read_in_one_way_or_the_connection_ends() {
    check(vec![
        shape("a length", put("Content-Length: 2\r\n", "{}"), &[200, 200]),
        shape("no length", put("", ""), &[200, 200]),
        shape("chunks", put("Transfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"), &[200, 200]),
        shape(
            "a length, then chunks: chunks count",
            put("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"),
            &[200],
        ),
        shape(
            "chunks, then a length: chunks count",
            put("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "2\r\n{}\r\n0\r\n\r\n"),
            &[200],
        ),
        shape("two lengths", put("Content-Length: 2\r\nContent-Length: 3\r\n", "{} "), &[400]),
        shape("one length twice", put("Content-Length: 2\r\nContent-Length: 2\r\n", "{}"), &[200, 200]),
        shape("a list of lengths", put("Content-Length: 2, 2\r\n", "{}"), &[400]),
        shape("a list of two lengths", put("Content-Length: 2, 3\r\n", "{} "), &[400]),
        shape("a sign before a length", put("Content-Length: +2\r\n", "{}"), &[400]),
        shape("a length below nothing", put("Content-Length: -2\r\n", "{}"), &[400]),
        shape("a length in hexadecimal digits", put("Content-Length: 0x2\r\n", "{}"), &[400]),
        shape("a length in letters", put("Content-Length: two\r\n", "{}"), &[400]),
        shape("a length with a fraction", put("Content-Length: 2.0\r\n", "{}"), &[400]),
        shape("an empty length", put("Content-Length: \r\n", "{}"), &[400]),
        shape("a length beyond all bounds", put("Content-Length: 99999999999999999999\r\n", "{}"), &[400]),
        shape("a coding in capitals", put("Transfer-Encoding: CHUNKED\r\n", "2\r\n{}\r\n0\r\n\r\n"), &[200, 200]),
        shape("another coding", put("Transfer-Encoding: gzip\r\n", "{}"), &[400]),
        shape("another coding before", put("Transfer-Encoding: gzip, chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"), &[400]),
        shape("another coding behind", put("Transfer-Encoding: chunked, gzip\r\n", "2\r\n{}\r\n0\r\n\r\n"), &[400]),
        shape(
            "another coding in a line before",
            put("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"),
            &[400],
        ),
        shape(
            "another coding in a line behind",
            put("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "2\r\n{}\r\n0\r\n\r\n"),
            &[400],
        ),
        shape("chunks twice", put("Transfer-Encoding: chunked, chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"), &[400]),
        shape(
            "chunks in two lines",
            put("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"),
            &[400],
        ),
        shape("a coding that looks like it", put("Transfer-Encoding: xchunked\r\n", "2\r\n{}\r\n0\r\n\r\n"), &[400]),
        shape("a coding in quotes", put("Transfer-Encoding: \"chunked\"\r\n", "2\r\n{}\r\n0\r\n\r\n"), &[400]),
        shape("an empty coding", put("Transfer-Encoding: \r\n", "2\r\n{}\r\n0\r\n\r\n"), &[400]),
        shape("a blank before the colon", put("Transfer-Encoding : chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"), &[400]),
        shape(
            "a blank before the coding's name",
            put(" Transfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"),
            &[400],
        ),
    ]);
}

#[test]
fn a_body_in_chunks_is_read_to_its_end_or_the_connection_ends() {
    let chunks = |body: &str| put("Transfer-Encoding: chunked\r\n", body);
    check(vec![
        shape("chunks", chunks("2\r\n{}\r\n0\r\n\r\n"), &[200, 200]),
        shape("an extension of a chunk", chunks("2;a=b\r\n{}\r\n0;c\r\n\r\n"), &[200, 200]),
        shape("zeros before a size", chunks("0002\r\n{}\r\n000\r\n\r\n"), &[200, 200]),
        shape("a trailer", chunks("2\r\n{}\r\n0\r\nX-More: 1\r\n\r\n"), &[200, 200]),
        shape("a size with a sign", chunks("+2\r\n{}\r\n0\r\n\r\n"), &[422]),
        shape("a size below nothing", chunks("-2\r\n{}\r\n0\r\n\r\n"), &[422]),
        shape("a size with 0x", chunks("0x2\r\n{}\r\n0\r\n\r\n"), &[422]),
        shape("no size", chunks("\r\n{}\r\n0\r\n\r\n"), &[422]),
        shape("a size beyond all bounds", chunks("FFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n"), &[422]),
        shape("a chunk that is longer than said", chunks("1\r\n{}\r\n0\r\n\r\n"), &[422]),
        shape("a size that ends with a line feed alone", chunks("2\n{}\r\n0\r\n\r\n"), &[422]),
        shape("a chunk that ends with a line feed alone", chunks("2\r\n{}\n0\r\n\r\n"), &[422]),
        shape("a body for `GET`", "GET /healthz HTTP/1.1\r\nHost: s\r\nContent-Length: 5\r\n\r\nhello", &[200, 200]),
        shape(
            "a body that nobody reads",
            format!("GET /healthz HTTP/1.1\r\nHost: s\r\nContent-Length: {}\r\n\r\n{}", PROBE.len(), PROBE),
            &[200, 200],
        ),
        shape("a request within a body", put(&format!("Content-Length: {}\r\n", PROBE.len()), PROBE), &[422, 200]),
    ]);
}

#[test]
fn a_head_is_written_as_the_standard_has_it_or_refused() {
    check(vec![
        shape("as it is", get("Host: switchboard\r\n"), &[200, 200]),
        shape("no `Host`", get(""), &[400]),
        shape("two of them", get("Host: a\r\nHost: b\r\n"), &[400]),
        shape("the same twice", get("Host: a\r\nHost: a\r\n"), &[400]),
        shape("a host with a blank", get("Host: a b\r\n"), &[400]),
        shape("a host with a name before", get("Host: ann@a\r\n"), &[400]),
        shape("a host with a path", get("Host: a/b\r\n"), &[400]),
        shape("a host with two ports", get("Host: a:1:2\r\n"), &[400]),
        shape("a host in brackets", get("Host: [::1]:4000\r\n"), &[200, 200]),
        shape("an empty host", get("Host: \r\n"), &[200, 200]),
        shape("no `Host` for an address that has one", "GET http://a/healthz HTTP/1.1\r\n\r\n", &[400]),
        shape("an address with a host", "GET http://a/healthz HTTP/1.1\r\nHost: b\r\n\r\n", &[200, 200]),
        shape("a folded line", get("Host: switchboard\r\nX-Long: a\r\n b\r\n"), &[400]),
        shape("a fold before all", get(" Host: switchboard\r\n"), &[400]),
        shape("a carriage return within", get("Host: switchboard\r\nX: a\rb\r\n"), &[400]),
        shape("a NUL within", get("Host: switchboard\r\nX: a\0b\r\n"), &[400]),
        shape("a NUL in a name", get("Host: switchboard\r\nX\0: a\r\n"), &[400]),
        shape("a name that is none", get("Host: switchboard\r\nX Y: a\r\n"), &[400]),
        shape("a name without a colon", get("Host: switchboard\r\nX\r\n"), &[400]),
        shape("no name", get("Host: switchboard\r\n: a\r\n"), &[400]),
        shape("line feeds alone", "GET /healthz HTTP/1.1\nHost: switchboard\n\n", &[200, 200]),
        shape("empty lines before", format!("\r\n\r\n{}", get("Host: switchboard\r\n")), &[200, 200]),
        shape("a blank before", format!(" {}", get("Host: switchboard\r\n")), &[400]),
        shape("two blanks in the first line", "GET  /healthz HTTP/1.1\r\nHost: s\r\n\r\n", &[400]),
        shape("a tab in the first line", "GET\t/healthz HTTP/1.1\r\nHost: s\r\n\r\n", &[400]),
        shape("a blank in the address", "GET /health z HTTP/1.1\r\nHost: s\r\n\r\n", &[400]),
        shape("no version", "GET /healthz\r\nHost: s\r\n\r\n", &[400]),
        shape("HTTP/0.9", "GET /healthz HTTP/0.9\r\nHost: s\r\n\r\n", &[400]),
        shape("HTTP/1.0 without `Host`", "GET /healthz HTTP/1.0\r\n\r\n", &[200]),
        shape("HTTP/1.0 with two", "GET /healthz HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", &[400]),
        shape("HTTP/1.2", "GET /healthz HTTP/1.2\r\nHost: s\r\n\r\n", &[400]),
        shape("HTTP/2, which is not spoken", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &[]),
        shape("small letters", "get /healthz http/1.1\r\nHost: s\r\n\r\n", &[400]),
        shape("a method in small letters", "get /healthz HTTP/1.1\r\nHost: s\r\n\r\n", &[405, 200]),
        shape("a method that there is not", "FETCH /healthz HTTP/1.1\r\nHost: s\r\n\r\n", &[405, 200]),
        shape("`OPTIONS` of all", "OPTIONS * HTTP/1.1\r\nHost: s\r\n\r\n", &[404, 200]),
        shape("`TRACE`", "TRACE /healthz HTTP/1.1\r\nHost: s\r\n\r\n", &[405, 200]),
        shape("`CONNECT`", "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", &[404, 200]),
        shape("a host in the place of an address", "GET a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", &[404, 200]),
        shape("an address that is none", "GET healthz HTTP/1.1\r\nHost: s\r\n\r\n", &[404, 200]),
        shape("`HEAD`", "HEAD /healthz HTTP/1.1\r\nHost: s\r\n\r\n", &[200, 200]),
        shape("a head without an end", "GET /healthz HTTP/1.1\r\nHost: switchboard\r\nX: ", &[400]),
        shape("a hundred headers and more", get(&format!("Host: s\r\n{}", "X: a\r\n".repeat(120))), &[431]),
        shape("a long head", get(&format!("Host: s\r\nX: {}\r\n", "a".repeat(600_000))), &[431]),
        shape("a long address", format!("GET /{} HTTP/1.1\r\nHost: s\r\n\r\n", "a".repeat(600_000)), &[431]),
        shape("junk", "\x16\x03\x01\x02\0\x01\0\x01\u{fc}\x03\x03", &[400]),
    ]);
}

#[test]
fn a_head_that_cannot_be_read_is_answered_with_a_status_alone_and_the_line_ends() {
    let (_place, server) = server();
    for (sent, status) in [
        (" GET /healthz HTTP/1.1\r\nHost: s\r\n\r\n".to_owned(), "400 Bad Request"),
        (get("Host: s\r\nX Y: a\r\n"), "400 Bad Request"),
        ("GET /healthz HTTP/1.2\r\nHost: s\r\n\r\n".to_owned(), "400 Bad Request"),
        (get(&format!("Host: s\r\nX: {}\r\n", "a".repeat(600_000))), "431 Request Header Fields Too Large"),
        (get(&format!("Host: s\r\n{}", "X: a\r\n".repeat(120))), "431 Request Header Fields Too Large"),
    ] {
        // The probe follows, and gets no answer.
        let said = answers(&server, &sent).to_lowercase();
        let (head, body) = said.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with(&format!("http/1.1 {status}\r\n").to_lowercase()), "{said}");
        assert!(head.contains("content-length: 0") && head.contains("connection: close"), "{said}");
        assert_eq!(body, "", "{said}");
    }
}

#[test]
fn requests_in_a_row_are_answered_in_their_order() {
    let (_place, server) = server();
    let many = get("Host: s\r\n").repeat(500);
    let said = answers(&server, &many);
    assert_eq!(statuses(&said), vec![200; 501]);
    let mixed =
        [get("Host: s\r\n"), put("Content-Length: 2\r\n", "{}"), put("Content-Length: 1\r\n", "x"), get("Host: s\r\n")];
    assert_eq!(statuses(&answers(&server, &mixed.concat())), [200, 201, 422, 200, 200]);
    assert_eq!(statuses(&answers(&server, &[get("Host: s\r\n"), get("")].concat())), [200, 400], "the connection ends");
}

#[test]
fn who_asks_before_a_body_is_answered_before_it() {
    let (_place, server) = server();
    let asks = "Expect: 100-continue\r\nContent-Length: 2\r\n";
    assert_eq!(statuses(&answers(&server, &put(asks, "{}"))), [100, 201, 200]);
    let stranger = put(asks, "{}").replace(API_KEY, "nobody");
    let found = statuses(&answers(&server, &stranger));
    assert_eq!(found[0], 401, "nobody's body is asked for: {found:?}");
}

#[test]
fn what_is_wrong_with_a_head_is_said_in_the_form_of_every_error() {
    let (_place, server) = server();
    for (sent, named) in [
        (get(""), "`Host` is missing"),
        (get("Host: a\r\nHost: b\r\n"), "`Host` occurs twice"),
        (put("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), "`Transfer-Encoding`"),
    ] {
        let said = answers(&server, &sent).to_lowercase();
        assert!(said.contains("content-type: application/problem+json\r\n"), "{said}");
        assert!(said.contains("connection: close\r\n") && said.contains(&named.to_lowercase()), "{said}");
        assert!(said.contains(r#""reason":"invalid""#) && said.contains(r#""status":400"#), "{said}");
    }
}

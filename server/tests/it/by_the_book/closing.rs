//! The end of a connection: a device's close is answered with its own code, and an invalid one with 1002 or 1007.

use super::peer::{CLOSE, Case, Heard, PING, TEXT, case, frame, heartbeat_with, play, reply};
use super::server;

fn payload(code: u16, reason: impl AsRef<[u8]>) -> Vec<u8> {
    [&code.to_be_bytes(), reason.as_ref()].concat()
}

fn answered(code: u16) -> [Heard; 1] {
    [Heard::Close(Some(code))]
}

#[test]
fn a_close_is_answered_with_its_code() {
    let (_place, server) = server();
    let codes = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 3000, 3999, 4000, 4999];
    let mut cases: Vec<Case> = codes
        .into_iter()
        .map(|code| case(format!("code {code}"), [frame(CLOSE, payload(code, "bye"))], answered(code)))
        .collect();
    cases.extend([
        case("nothing", [frame(CLOSE, "")], [Heard::Close(None)]),
        case("nothing", [frame(CLOSE, "")], [Heard::Close(None)]).chopped(1),
        case("a code alone", [frame(CLOSE, payload(1000, ""))], answered(1000)),
        case("a code and a reason", [frame(CLOSE, payload(1000, "κόσμε"))], answered(1000)).chopped(1),
        case("the longest reason", [frame(CLOSE, payload(1000, [b'*'; 123]))], answered(1000)),
    ]);
    play(&server, &cases);
}

#[test]
fn a_close_that_is_not_allowed_is_answered_with_what_is_wrong() {
    let (_place, server) = server();
    let codes = [0, 999, 1004, 1005, 1006, 1014, 1015, 1016, 1100, 2000, 2999, 5000, 65_535];
    let mut cases: Vec<Case> = codes
        .into_iter()
        .map(|code| case(format!("code {code}"), [frame(CLOSE, payload(code, ""))], answered(1002)))
        .collect();
    cases.extend([
        case("half a code", [frame(CLOSE, [3])], answered(1002)),
        case("a reason that is too long", [frame(CLOSE, payload(1000, [b'*'; 124]))], answered(1002)),
        case("a reason that is not UTF-8", [frame(CLOSE, payload(1000, b"\xce\xba\xed\xa0\x80"))], answered(1007)),
        case("a reason that is cut within a character", [frame(CLOSE, payload(1000, b"\xce"))], answered(1007)),
    ]);
    play(&server, &cases);
}

#[test]
fn what_came_before_a_close_is_answered_and_what_comes_behind_it_is_not() {
    let (_place, server) = server();
    let (good, bye) = (|| frame(TEXT, heartbeat_with("")), || frame(CLOSE, payload(1000, "bye")));
    let closed = Heard::Close(Some(1000));
    play(
        &server,
        &[
            case("a message before", [good(), bye()], [reply(), closed.clone()]),
            case("a ping before", [frame(PING, "x"), bye()], [Heard::Pong(b"x".to_vec()), closed.clone()]),
            case("a message behind", [bye(), good()], [closed.clone()]),
            case("a ping behind", [bye(), frame(PING, "x")], [closed.clone()]),
            case("a second close", [bye(), frame(CLOSE, payload(1001, ""))], [closed.clone()]),
            case("junk behind", [bye(), frame(7, "junk").reserved(7)], [closed]),
        ],
    );
}

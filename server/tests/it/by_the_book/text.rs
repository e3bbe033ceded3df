//! Texts are UTF-8, however they are cut into fragments.

use super::peer::{CONTINUATION, Case, Frame, Heard, TEXT, case, frame, heartbeat_with, play, reply};
use super::server;

/// The first and the last character of every length, the neighbours of the surrogate range, and noncharacters, which
/// are well-formed all the same.
const WELL_FORMED: &[&str] = &[
    "Hello-µ@ßöäüàá-UTF-8!!",
    "κόσμε",
    "\u{7f}",
    "\u{80}",
    "\u{7ff}",
    "\u{800}",
    "\u{d7ff}",
    "\u{e000}",
    "\u{fffd}",
    "\u{fffe}",
    "\u{ffff}",
    "\u{fdd0}",
    "\u{10000}",
    "\u{1fffe}",
    "\u{1f600}",
    "\u{10ffff}",
];

/// Overlong forms, surrogates, values beyond the last one, bytes that never occur, and truncated sequences.
const ILL_FORMED: &[&[u8]] = &[
    b"\x80",
    b"\xbf",
    b"\x80\xbf\x80\xbf",
    b"\xc0\xaf",
    b"\xc1\xbf",
    b"\xe0\x80\xaf",
    b"\xe0\x9f\xbf",
    b"\xf0\x80\x80\xaf",
    b"\xf0\x8f\xbf\xbf",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\xed\xaf\xbf",
    b"\xed\xb0\x80",
    b"\xed\xbf\xbf",
    b"\xed\xa0\x80\xed\xb0\x80",
    b"\xf4\x90\x80\x80",
    b"\xf8\x88\x80\x80\x80",
    b"\xfc\x84\x80\x80\x80\x80",
    b"\xfe",
    b"\xff",
    b"\xc2",
    b"\xe1\x80",
    b"\xf1\x80\x80",
    b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80\x65\x64\x69\x74\x65\x64",
];

/// A fragment for every byte.
fn bytewise(text: &[u8]) -> Vec<Frame> {
    let last = text.len() - 1;
    let piece = |(at, byte): (usize, &u8)| {
        let piece = frame(if at == 0 { TEXT } else { CONTINUATION }, [*byte]);
        if at == last { piece } else { piece.and_more() }
    };
    text.iter().enumerate().map(piece).collect()
}

/// Two fragments, of which the second begins at byte `at` of `inner` within the text.
fn split(text: &[u8], inner: &[u8], at: usize) -> [Frame; 2] {
    let start = text.windows(inner.len()).position(|window| window == inner).unwrap();
    let (first, second) = text.split_at(start + at);
    [frame(TEXT, first).and_more(), frame(CONTINUATION, second)]
}

#[test]
fn a_text_that_is_well_formed_is_read_whole_in_fragments_and_bytewise() {
    let (_place, server) = server();
    let mut cases: Vec<Case> = Vec::new();
    for text in WELL_FORMED {
        let (whole, inner) = (heartbeat_with(text), text.as_bytes());
        cases.push(case(format!("{text:?}"), [frame(TEXT, &whole)], [reply()]));
        cases.push(case(format!("{text:?} bytewise"), bytewise(&whole), [reply()]));
        for at in (1..inner.len()).take(4) {
            cases.push(case(format!("{text:?} cut at {at}"), split(&whole, inner, at), [reply()]));
        }
    }
    play(&server, &cases);
}

#[test]
fn a_text_that_is_ill_formed_ends_the_line_whole_in_fragments_and_bytewise() {
    let (_place, server) = server();
    let ended = || [Heard::Close(Some(1007))];
    let mut cases: Vec<Case> = Vec::new();
    for bytes in ILL_FORMED {
        let mut whole = heartbeat_with("");
        let place = whole.windows(2).rposition(|window| window == b"\"\"").unwrap() + 1;
        whole.splice(place..place, bytes.iter().copied());
        cases.push(case(format!("{bytes:x?}"), [frame(TEXT, &whole)], ended()));
        cases.push(case(format!("{bytes:x?}"), [frame(TEXT, &whole)], ended()).chopped(7));
        cases.push(case(format!("{bytes:x?} bytewise"), bytewise(&whole), ended()));
        cases.push(case(format!("{bytes:x?} cut behind"), split(&whole, bytes, bytes.len()), ended()));
        cases.push(case(format!("{bytes:x?} alone"), [frame(TEXT, bytes)], ended()));
    }
    play(&server, &cases);
}

//! Frames of every length, with reserved bits and opcodes, masked or not, in fragments and in pieces.

use super::peer::{
    BINARY, CLOSE, CONTINUATION, Case, Heard, Length, PING, PONG, TEXT, case, frame, heartbeat_of, heartbeat_with,
    play, reply,
};
use super::server;

/// The longest frame that is accepted.
const LONGEST: usize = 64 * 1024;

fn close(code: u16) -> [Heard; 1] {
    [Heard::Close(Some(code))]
}

fn pong(payload: &[u8]) -> Heard {
    Heard::Pong(payload.to_vec())
}

#[test]
fn a_message_of_any_length_is_answered_or_refused_by_its_length() {
    let (_place, server) = server();
    let text = |bytes| frame(TEXT, heartbeat_of(bytes));
    let mut cases: Vec<Case> = [125, 126, 127, 128, 1000, 65_535, LONGEST]
        .into_iter()
        .map(|bytes| case(format!("text of {bytes} bytes"), [text(bytes)], [reply()]))
        .collect();
    cases.extend([100, 126, LONGEST].map(|bytes| {
        let chop = if bytes == LONGEST { 997 } else { 1 };
        case(format!("text of {bytes} bytes"), [text(bytes)], [reply()]).chopped(chop)
    }));
    cases.extend([
        case("text of no bytes", [frame(TEXT, "")], close(1007)),
        case("a text that is too long", [text(LONGEST + 1)], close(1009)),
        case("a text of two pieces that is too long", split(&heartbeat_of(LONGEST + 1), LONGEST / 2), close(1009)),
        case("a text that nobody would read to its end", [frame(TEXT, vec![b'x'; 300 * 1024])], close(1009)),
        case("a length in two bytes that fits in one", [text(100).length(Length::InTwoBytes)], [reply()]),
        case("a length in eight bytes that fits in one", [text(100).length(Length::InEightBytes)], [reply()]),
        case("a length with its first bit", [text(100).length(Length::Said(1 << 63))], close(1009)),
        case("the greatest length that there is", [text(100).length(Length::Said(u64::MAX))], close(1009)),
    ]);
    cases.extend(
        [0, 1, 125, 126, LONGEST]
            .map(|bytes| case(format!("binary of {bytes} bytes"), [frame(BINARY, vec![b'1'; bytes])], close(1007))),
    );
    cases.push(case("binary that is too long", [frame(BINARY, vec![b'1'; LONGEST + 1])], close(1009)));
    play(&server, &cases);
}

/// A text in two fragments.
fn split(text: &[u8], at: usize) -> [super::peer::Frame; 2] {
    [frame(TEXT, &text[..at]).and_more(), frame(CONTINUATION, &text[at..])]
}

#[test]
fn a_ping_is_answered_with_what_it_carries_and_a_pong_with_nothing() {
    let (_place, server) = server();
    let long = [0xFE; 125];
    let many: Vec<_> = (0..10_u8).map(|n| frame(PING, [n])).collect();
    play(
        &server,
        &[
            case("a ping of nothing", [frame(PING, "")], [pong(b"")]),
            case("a ping of a text", [frame(PING, "there?")], [pong(b"there?")]),
            case(
                "a ping of bytes that are no text",
                [frame(PING, [0, 0xFF, 0xFE, 0xFD])],
                [pong(&[0, 0xFF, 0xFE, 0xFD])],
            ),
            case("the longest ping", [frame(PING, long)], [pong(&long)]),
            case("the longest ping", [frame(PING, long)], [pong(&long)]).chopped(1),
            case("a ping that is too long", [frame(PING, [0xFE; 126])], close(1002)),
            case("a pong of nothing", [frame(PONG, "")], []),
            case("a pong that nobody asked for", [frame(PONG, "here")], []),
            case("a pong and a ping", [frame(PONG, "here"), frame(PING, "there?")], [pong(b"there?")]),
            case("a pong that is too long", [frame(PONG, [0; 126])], close(1002)),
            case("ten pings", many.clone(), (0..10_u8).map(|n| pong(&[n])).collect::<Vec<_>>()),
            case("ten pings", many, (0..10_u8).map(|n| pong(&[n])).collect::<Vec<_>>()).chopped(1),
        ],
    );
}

#[test]
fn a_bit_or_an_opcode_that_means_nothing_ends_the_line() {
    let (_place, server) = server();
    let good = || frame(TEXT, heartbeat_with(""));
    let mut cases = Vec::new();
    for bits in 1..8 {
        cases.push(case(format!("reserved bits {bits} in a text"), [good().reserved(bits)], close(1002)));
    }
    for (name, opcode) in [("binary", BINARY), ("ping", PING), ("pong", PONG), ("close", CLOSE)] {
        cases.push(case(format!("a reserved bit in a {name}"), [frame(opcode, "").reserved(4)], close(1002)));
    }
    let [first, second] = split(&heartbeat_with(""), 10);
    cases.push(case("a reserved bit in the second fragment", [first, second.reserved(1)], close(1002)));
    cases.push(case(
        "a reserved bit behind a message",
        [good(), good().reserved(2)],
        [reply(), Heard::Close(Some(1002))],
    ));
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        cases.push(case(format!("opcode {opcode}"), [frame(opcode, "")], close(1002)));
        cases.push(case(format!("opcode {opcode} with a payload"), [frame(opcode, "unknown")], close(1002)));
        cases.push(case(format!("opcode {opcode} with a payload"), [frame(opcode, "unknown")], close(1002)).chopped(1));
    }
    cases.push(case("an opcode behind a message", [good(), frame(5, "")], [reply(), Heard::Close(Some(1002))]));
    play(&server, &cases);
}

#[test]
fn what_is_not_masked_ends_the_line_and_any_mask_will_do() {
    let (_place, server) = server();
    let good = || frame(TEXT, heartbeat_with("κόσμε"));
    let mut cases: Vec<Case> = [(TEXT, "text"), (PING, "ping"), (PONG, "pong"), (CLOSE, "close"), (BINARY, "binary")]
        .into_iter()
        .map(|(opcode, name)| case(format!("a {name} without a mask"), [frame(opcode, "").masked(None)], close(1002)))
        .collect();
    cases.push(case("a message without a mask", [good().masked(None)], close(1002)));
    for mask in [[0; 4], [0xFF; 4], [1, 2, 3, 4], *b"\r\n\r\n"] {
        cases.push(case(format!("the mask {mask:?}"), [good().masked(Some(mask))], [reply()]));
    }
    play(&server, &cases);
}

#[test]
fn a_message_comes_in_fragments_with_others_between_and_in_no_other_way() {
    let (_place, server) = server();
    let text = heartbeat_with("in pieces");
    let [first, second] = split(&text, 10);
    let (empty, end) = (frame(CONTINUATION, "").and_more(), frame(CONTINUATION, ""));
    let ping = || frame(PING, "between");
    let bytewise = || {
        let rest = text[1..].iter().map(|byte| frame(CONTINUATION, [*byte]).and_more());
        std::iter::once(frame(TEXT, &text[..1]).and_more()).chain(rest).chain([frame(CONTINUATION, "")])
    };
    let with_pings = bytewise().take(8).flat_map(|piece| [piece, ping()]).chain(bytewise().skip(8));
    let pongs = || vec![pong(b"between"); 8];
    let mut cases = vec![
        case("two fragments", [first.clone(), second.clone()], [reply()]),
        case("two fragments", [first.clone(), second.clone()], [reply()]).chopped(1),
        case(
            "two messages of fragments",
            [first.clone(), second.clone(), first.clone(), second.clone()],
            [reply(), reply()],
        ),
        case(
            "empty fragments around",
            [frame(TEXT, "").and_more(), empty.clone(), frame(CONTINUATION, &text).and_more(), end.clone()],
            [reply()],
        ),
        case("nothing but empty fragments", [frame(TEXT, "").and_more(), empty.clone(), end.clone()], close(1007)),
        case("a fragment for every byte", bytewise(), [reply()]),
        case("a fragment for every byte", bytewise(), [reply()]).chopped(3),
        case("a ping between", [first.clone(), ping(), second.clone()], [pong(b"between"), reply()]),
        case("a ping between", [first.clone(), ping(), second.clone()], [pong(b"between"), reply()]).chopped(1),
        case("a pong between", [first.clone(), frame(PONG, "between"), second.clone()], [reply()]),
        case("pings between all", with_pings, [pongs(), vec![reply()]].concat()),
        case("a binary in fragments", [frame(BINARY, "1").and_more(), end.clone()], close(1007)),
        case("a continuation of nothing", [frame(CONTINUATION, &text)], close(1002)),
        case("a continuation of nothing, and more", [frame(CONTINUATION, &text).and_more()], close(1002)),
        case("a continuation behind a message", [frame(TEXT, &text), end.clone()], [reply(), Heard::Close(Some(1002))]),
        case(
            "a continuation behind fragments",
            [first.clone(), second.clone(), end.clone()],
            [reply(), Heard::Close(Some(1002))],
        ),
        case("a text within a text", [first.clone(), frame(TEXT, &text)], close(1002)),
        case("a text that begins within a text", [first.clone(), first.clone()], close(1002)),
        case("a binary within a text", [first.clone(), frame(BINARY, "1")], close(1002)),
        case("a text within a binary", [frame(BINARY, "1").and_more(), frame(TEXT, &text)], close(1002)),
        case("an opcode that there is not between", [first.clone(), frame(3, "")], close(1002)),
        case("a close between", [first.clone(), frame(CLOSE, 1000_u16.to_be_bytes()), second.clone()], close(1000)),
    ];
    for (name, opcode) in [("ping", PING), ("pong", PONG), ("close", CLOSE)] {
        cases.push(case(format!("a {name} in fragments"), [frame(opcode, "").and_more(), end.clone()], close(1002)));
    }
    let long = heartbeat_of(LONGEST);
    let pieces = |bytes: usize| {
        let last = long.len().div_ceil(bytes) - 1;
        let piece = move |(at, piece): (usize, &[u8])| {
            let piece = frame(if at == 0 { TEXT } else { CONTINUATION }, piece);
            if at == last { piece } else { piece.and_more() }
        };
        long.chunks(bytes).enumerate().map(piece).collect::<Vec<_>>()
    };
    for bytes in [64, 256, 1_300, 16 * 1024, LONGEST - 1] {
        cases.push(case(format!("the longest message in fragments of {bytes} bytes"), pieces(bytes), [reply()]));
    }
    play(&server, &cases);
}

//! The other end of a WebSocket, by hand: it can send frames that no correct peer sends.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

use super::somebody;
use crate::server::Server;

pub const CONTINUATION: u8 = 0;
pub const TEXT: u8 = 1;
pub const BINARY: u8 = 2;
pub const CLOSE: u8 = 8;
pub const PING: u8 = 9;
pub const PONG: u8 = 10;

const PATIENCE: Duration = Duration::from_secs(30);

/// A frame to be sent.
#[derive(Clone, Debug)]
pub struct Frame {
    pub is_last: bool,
    /// The three reserved bits as a number.
    pub reserved: u8,
    pub opcode: u8,
    pub mask: Option<[u8; 4]>,
    pub length: Length,
    pub payload: Vec<u8>,
}

/// How the frame's length is written.
#[derive(Clone, Copy, Debug)]
pub enum Length {
    Shortest,
    InTwoBytes,
    InEightBytes,
    /// This wrong length, in eight bytes.
    Said(u64),
}

pub fn frame(opcode: u8, payload: impl AsRef<[u8]>) -> Frame {
    let payload = payload.as_ref().to_vec();
    Frame {
        is_last: true,
        reserved: 0,
        opcode,
        mask: Some([0x1b, 0xad, 0xb0, 0x02]),
        length: Length::Shortest,
        payload,
    }
}

impl Frame {
    /// Marks the frame as not the last of its message.
    pub fn and_more(mut self) -> Self {
        self.is_last = false;
        self
    }

    pub fn reserved(mut self, bits: u8) -> Self {
        self.reserved = bits;
        self
    }

    pub fn masked(mut self, mask: Option<[u8; 4]>) -> Self {
        self.mask = mask;
        self
    }

    pub fn length(mut self, length: Length) -> Self {
        self.length = length;
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![u8::from(self.is_last) << 7 | self.reserved << 4 | self.opcode];
        let is_masked = u8::from(self.mask.is_some()) << 7;
        let count = self.payload.len();
        match (self.length, count) {
            (Length::Shortest, 0..=125) => bytes.push(is_masked | u8::try_from(count).unwrap()),
            (Length::Shortest, 126..=0xFFFF) | (Length::InTwoBytes, _) => {
                bytes.push(is_masked | 126);
                bytes.extend(u16::try_from(count).unwrap().to_be_bytes());
            }
            (length, _) => {
                let said = if let Length::Said(said) = length { said } else { count as u64 };
                bytes.push(is_masked | 127);
                bytes.extend(said.to_be_bytes());
            }
        }
        bytes.extend(self.mask.iter().flatten());
        let mask = self.mask.unwrap_or_default();
        bytes.extend(self.payload.iter().enumerate().map(|(at, byte)| byte ^ mask[at % 4]));
        bytes
    }
}

/// A heartbeat, which the server answers at once.
pub fn heartbeat(reference: &str) -> String {
    json!([null, reference, "phoenix", "heartbeat", {}]).to_string()
}

/// A heartbeat with that text in its payload.
pub fn heartbeat_with(text: &str) -> Vec<u8> {
    json!([null, "x", "phoenix", "heartbeat", { "text": text }]).to_string().into_bytes()
}

/// A heartbeat of exactly so many bytes.
pub fn heartbeat_of(bytes: usize) -> Vec<u8> {
    let bare = heartbeat_with("").len();
    heartbeat_with(&"x".repeat(bytes - bare))
}

/// A frame from the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A reply to the request with that ref.
    Reply(String),
    Pong(Vec<u8>),
    /// A close frame with that code, or without one.
    Close(Option<u16>),
    /// Any other frame, with its opcode and payload.
    Other(u8, Vec<u8>),
}

pub fn reply() -> Heard {
    Heard::Reply("x".to_owned())
}

/// The bytes of a case, and the expected frames.
pub struct Case {
    pub name: String,
    /// Each part is written separately.
    pub sent: Vec<Vec<u8>>,
    pub heard: Vec<Heard>,
}

pub fn case(name: impl Into<String>, sent: impl IntoIterator<Item = Frame>, heard: impl Into<Vec<Heard>>) -> Case {
    let sent = vec![sent.into_iter().flat_map(|frame| frame.bytes()).collect()];
    Case { name: name.into(), sent, heard: heard.into() }
}

impl Case {
    /// The same case, in pieces of so many bytes.
    pub fn chopped(mut self, bytes: usize) -> Self {
        self.name.push_str(", chopped");
        self.sent = self.sent.concat().chunks(bytes).map(<[u8]>::to_vec).collect();
        self
    }
}

/// Runs each case on a connection of its own. A case without a close frame at the end must leave the connection usable.
pub fn play(server: &Server, cases: &[Case]) {
    let mut wrong = Vec::new();
    for Case { name, sent, heard } in cases {
        let mut peer = Peer::connect(server);
        for bytes in sent {
            // If the connection was cut, `hear` below notices.
            let _sent_or_cut = peer.stream.write_all(bytes);
        }
        let expected = match heard.last() {
            Some(Heard::Close(_)) => heard.clone(),
            _ => {
                let _sent_or_cut = peer.stream.write_all(&frame(TEXT, heartbeat("end")).bytes());
                [heard.as_slice(), &[Heard::Reply("end".to_owned())]].concat()
            }
        };
        let found = peer.hear(&expected);
        if found != expected {
            wrong.push(format!("{name}: expected {expected:?}, heard {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

struct Peer {
    stream: TcpStream,
    heard: Vec<u8>,
}

impl Peer {
    fn connect(server: &Server) -> Self {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let path = somebody().path();
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: switchboard\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut peer = Self { stream, heard: Vec::new() };
        while !peer.heard.windows(4).any(|window| window == b"\r\n\r\n") {
            assert!(peer.read(), "a handshake is answered");
        }
        assert!(peer.heard.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&peer.heard));
        let end = peer.heard.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        peer.heard.drain(..end + 4);
        peer
    }

    /// Reads as many frames as expected; on a connection that must close, all up to its end.
    fn hear(&mut self, expected: &[Heard]) -> Vec<Heard> {
        let closes = matches!(expected.last(), Some(Heard::Close(_)));
        let mut found = Vec::new();
        loop {
            while let Some(heard) = self.take() {
                if matches!(heard, Heard::Close(_)) {
                    // A close frame as the standard requires, after which the server closes the connection.
                    let _gone = self.stream.write_all(&frame(CLOSE, 1000_u16.to_be_bytes()).bytes());
                }
                found.push(heard);
            }
            if (!closes && found.len() >= expected.len()) || !self.read() {
                let _gone = self.stream.shutdown(Shutdown::Both);
                return found;
            }
        }
    }

    fn read(&mut self) -> bool {
        let mut bytes = [0; 16 * 1024];
        match self.stream.read(&mut bytes) {
            Ok(0) => false,
            Ok(count) => {
                self.heard.extend_from_slice(&bytes[..count]);
                true
            }
            // Bytes sent after the end were not read.
            Err(error) if error.kind() == ErrorKind::ConnectionReset => false,
            Err(error) => panic!("the line neither answers nor ends: {error}"),
        }
    }

    fn take(&mut self) -> Option<Heard> {
        let (first, second) = (*self.heard.first()?, *self.heard.get(1)?);
        let (head, length) = match second {
            126 => (4, usize::from(u16::from_be_bytes(self.heard.get(2..4)?.try_into().unwrap()))),
            127 => (10, usize::try_from(u64::from_be_bytes(self.heard.get(2..10)?.try_into().unwrap())).unwrap()),
            length => (2, usize::from(length)),
        };
        let payload = self.heard.get(head..head + length)?.to_vec();
        self.heard.drain(..head + length);
        Some(match (first, payload.as_slice()) {
            (0x8A, _) => Heard::Pong(payload),
            (0x88, []) => Heard::Close(None),
            (0x88, [high, low, reason @ ..]) if std::str::from_utf8(reason).is_ok() => {
                Heard::Close(Some(u16::from_be_bytes([*high, *low])))
            }
            (0x81, text) => match serde_json::from_slice::<Value>(text) {
                Ok(said) if said[3] == "phx_reply" && said[4]["status"] == "ok" => {
                    Heard::Reply(said[1].as_str().unwrap_or_default().to_owned())
                }
                Ok(_) | Err(_) => Heard::Other(first, payload),
            },
            _ => Heard::Other(first, payload),
        })
    }
}

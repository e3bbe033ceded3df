//! A lean device for storms: one plain socket, with frames written and read by hand, so that making load costs little.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(30);
const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// A device with a socket.
pub struct Raw {
    pub stream: TcpStream,
    heard: Vec<u8>,
}

/// The connection is gone.
#[derive(Debug)]
pub struct Gone;

impl Raw {
    /// Makes the handshake; the error is the status, if it is not 101.
    pub fn connect(address: SocketAddr, path: &str) -> Result<Self, u16> {
        let mut stream = TcpStream::connect(address).map_err(|_| 0_u16)?;
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let head = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
        let request = format!("GET {path} HTTP/1.1\r\nHost: switchboard\r\n{head}\r\n\r\n");
        stream.write_all(request.as_bytes()).map_err(|_| 0_u16)?;
        let mut raw = Self { stream, heard: Vec::new() };
        loop {
            let end = raw.heard.windows(4).position(|window| window == b"\r\n\r\n");
            if let Some(end) = end {
                let status = String::from_utf8_lossy(&raw.heard[9..12]).parse().unwrap_or(0);
                raw.heard.drain(..end + 4);
                return if status == 101 { Ok(raw) } else { Err(status) };
            }
            raw.read().map_err(|Gone| 0_u16)?;
        }
    }

    fn read(&mut self) -> Result<(), Gone> {
        let mut bytes = [0; 16 * 1024];
        match self.stream.read(&mut bytes) {
            Ok(0) | Err(_) => Err(Gone),
            Ok(count) => {
                self.heard.extend_from_slice(&bytes[..count]);
                Ok(())
            }
        }
    }

    /// Sends a text frame.
    pub fn send(&mut self, text: &str) -> Result<(), Gone> {
        self.stream.write_all(&frame(TEXT, text.as_bytes())).map_err(|_| Gone)
    }

    /// The next text; pings are answered on the way.
    pub fn next(&mut self) -> Result<String, Gone> {
        loop {
            if let Some((kind, payload)) = self.take() {
                match kind {
                    TEXT => return Ok(String::from_utf8(payload).expect("texts are UTF-8")),
                    PING => self.stream.write_all(&frame(PONG, &payload)).map_err(|_| Gone)?,
                    CLOSE => return Err(Gone),
                    _ => {}
                }
            } else {
                self.read()?;
            }
        }
    }

    /// Takes a whole frame from the bytes read so far.
    fn take(&mut self) -> Option<(u8, Vec<u8>)> {
        let heard = &self.heard;
        let (head, length) = match *heard.get(1)? & 0x7F {
            126 => (4, usize::from(u16::from_be_bytes(heard.get(2..4)?.try_into().ok()?))),
            127 => (10, usize::try_from(u64::from_be_bytes(heard.get(2..10)?.try_into().ok()?)).ok()?),
            length => (2, usize::from(length)),
        };
        let payload = heard.get(head..head + length)?.to_vec();
        let kind = heard[0] & 0x0F;
        self.heard.drain(..head + length);
        Some((kind, payload))
    }

    /// The reply to that ref; events are skipped.
    pub fn reply(&mut self, reference: &str) -> Result<Value, Gone> {
        loop {
            let text = self.next()?;
            if text.contains("\"phx_reply\"") {
                let mut frame: Value = serde_json::from_str(&text).expect("frames are JSON");
                if frame[1] == reference {
                    return Ok(frame[4].take());
                }
            }
        }
    }

    pub fn ask(&mut self, topic: &str, event: &str, payload: &str) -> Result<Value, Gone> {
        self.send(&pushed("r", topic, event, payload))?;
        self.reply("r")
    }

    /// Sends a push or join that must succeed.
    pub fn must(&mut self, topic: &str, event: &str, payload: &str) -> Value {
        let mut reply = self.ask(topic, event, payload).expect("the line holds");
        assert_eq!(reply["status"], "ok", "{reply}");
        reply["response"].take()
    }

    /// The next event of that name.
    pub fn event(&mut self, name: &str) -> Result<Value, Gone> {
        let name = format!("\"{name}\"");
        loop {
            let text = self.next()?;
            if text.contains(&name) {
                let mut frame: Value = serde_json::from_str(&text).expect("frames are JSON");
                return Ok(frame[4].take());
            }
        }
    }

    /// Discards arrived bytes without waiting; returns whether the connection is still open.
    pub fn discard(&mut self, room: &mut [u8]) -> bool {
        loop {
            match self.stream.read(room) {
                Ok(0) => return false,
                Ok(count) if count == room.len() => {}
                Ok(_) => return true,
                Err(error) => return error.kind() == ErrorKind::WouldBlock,
            }
        }
    }
}

/// A push in the second form of frames, for a join whose ref is `r`.
pub fn pushed(reference: &str, topic: &str, event: &str, payload: &str) -> String {
    format!(r#"["r","{reference}","{topic}","{event}",{payload}]"#)
}

/// A frame of a client. Its mask is zero, so that the payload needs no masking.
pub fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x80 | kind];
    match payload.len() {
        length @ 0..=125 => bytes.push(0x80 | u8::try_from(length).unwrap()),
        length @ 126..=0xFFFF => {
            bytes.push(0x80 | 126);
            bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
        length => {
            bytes.push(0x80 | 127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    bytes.extend([0; 4]);
    bytes.extend_from_slice(payload);
    bytes
}

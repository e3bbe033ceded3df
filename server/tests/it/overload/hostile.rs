//! Storms of a malicious person: floods on many sockets, handshakes that never end, bad tokens, giant frames.

use std::io::{ErrorKind, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::crowd::session;
use super::figures::Stage;
use super::raw::{Raw, frame, pushed};

const TEXT: u8 = 1;
const PING: u8 = 9;
const PONG: u8 = 10;
/// Frames that are sent with one write.
const FRAMES_AT_ONCE: usize = 64;
/// A rest for this machine when no socket is ready.
const REST: Duration = Duration::from_millis(1);
const GIANT_BYTES: usize = 1024 * 1024;

/// A frame that is sent repeatedly.
pub struct Flood {
    pub name: &'static str,
    /// Whether the topic is the session's, and otherwise the company's.
    in_session: bool,
    event: &'static str,
    payload: &'static str,
    kind: u8,
}

/// Control frames, which need no answer of the application.
pub const OF_CONTROL: &[Flood] = &[
    Flood { name: "pongs", in_session: false, event: "heartbeat", payload: "{}", kind: PONG },
    Flood { name: "pings", in_session: false, event: "heartbeat", payload: "{}", kind: PING },
];

pub const FLOODS: &[Flood] = &[
    Flood { name: "bookings", in_session: false, event: "book", payload: r#"{"topic":"tax"}"#, kind: TEXT },
    Flood { name: "messages", in_session: true, event: "message", payload: r#"{"body":"I am here"}"#, kind: TEXT },
    Flood { name: "joins", in_session: true, event: "phx_join", payload: "{}", kind: TEXT },
    Flood { name: "heartbeats", in_session: false, event: "heartbeat", payload: "{}", kind: TEXT },
];

/// One person, on that many sockets, sends as fast as the server reads, and reads the answers.
pub fn flood(address: SocketAddr, flood: &Flood, sockets: usize, stage: &Stage) -> String {
    let company = format!("hostile-{}", super::crowd::unique());
    let (mut first, room, _) = session(address, &company);
    let person = crate::people::Person::client(&company, "alice", &std::sync::Arc::default());
    let topic = match (flood.event, flood.in_session) {
        ("heartbeat", _) => "phoenix".to_owned(),
        (_, true) => room,
        (_, false) => person.desk(),
    };
    let one = match flood.kind {
        TEXT => frame(TEXT, pushed("r", &topic, flood.event, flood.payload).as_bytes()),
        control => frame(control, b"nobody asked"),
    };
    let many = one.repeat(FRAMES_AT_ONCE);
    let join = |device: &mut Raw| {
        if topic != "phoenix" {
            device.must(&topic, "phx_join", "{}");
        }
        device.stream.set_nonblocking(true).unwrap();
    };
    join(&mut first);
    let mut devices = vec![first];
    while devices.len() < sockets {
        let mut device = Raw::connect(address, &person.path()).expect("who comes is let in");
        join(&mut device);
        devices.push(device);
    }
    stage.rage();
    let (began, mut sent, mut cut) = (Instant::now(), 0, 0);
    // The rest of the frames for each device, because a frame is always sent whole.
    let mut pending: Vec<usize> = vec![0; devices.len()];
    let mut bin = vec![0; 256 * 1024];
    while !stage.is_over() {
        let mut idle = true;
        for (device, at) in devices.iter_mut().zip(&mut pending) {
            device.discard(&mut bin);
            match device.stream.write(&many[*at..]) {
                Ok(written) => {
                    sent += written;
                    *at = (*at + written) % many.len();
                    idle = false;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_cut) => {
                    cut += 1;
                    *at = 0;
                    if let Ok(mut new) = Raw::connect(address, &person.path()) {
                        new.stream.set_nonblocking(true).unwrap();
                        std::mem::swap(device, &mut new);
                    }
                }
            }
        }
        if idle {
            std::thread::sleep(REST);
        }
    }
    let per_s = sent as f64 / one.len() as f64 / began.elapsed().as_secs_f64();
    format!("{per_s:.0} frames/s written, {cut} cut")
}

/// Connections that never finish their handshake: every other one is silent, the rest send a byte a second.
pub fn half_handshakes(address: SocketAddr, count: usize, stage: &Stage) -> String {
    let words = b"GET /socket/websocket?vsn=2.0.0 HTTP/1.1\r\nHost: switchboard\r\n";
    let connect = || TcpStream::connect(address).expect("the server listens");
    let mut halves: Vec<TcpStream> = (0..count).map(|_| connect()).collect();
    stage.rage();
    let (mut second, mut cut) = (0, 0);
    while !stage.is_over() {
        for half in halves.iter_mut().step_by(2) {
            if half.write_all(&[words[second % words.len()]]).is_err() {
                cut += 1;
                *half = connect();
            }
        }
        second += 1;
        let until = Instant::now() + Duration::from_secs(1);
        while !stage.is_over() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    format!("{cut} of the dribbling half were cut")
}

/// Bad tokens and oversized frames, one after the other.
pub fn knock(address: SocketAddr, stage: &Stage) -> String {
    let person = crate::people::Person::client("giants", "mallory", &std::sync::Arc::default());
    let path = person.path();
    let giant = frame(TEXT, &vec![b'x'; GIANT_BYTES]);
    stage.rage();
    let (began, mut bad, mut giants) = (Instant::now(), 0, 0);
    while !stage.is_over() {
        for _ in 0..20 {
            let refused = Raw::connect(address, "/socket/websocket?vsn=2.0.0&token=nonsense").err();
            assert_eq!(refused, Some(401), "this address is not counted");
            bad += 1;
        }
        let mut device = Raw::connect(address, &path).expect("who comes is let in");
        // The server cuts the frame while it is still being sent.
        let _cut = device.stream.write_all(&giant);
        giants += 1;
    }
    let per_s = f64::from(bad + giants) / began.elapsed().as_secs_f64();
    format!("{per_s:.0} knocks/s, {giants} giant frames")
}

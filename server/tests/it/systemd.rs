//! The built server as systemd starts it: with an open socket, and with notifications of its state.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::server::{Plan, Server};

/// The next notification to systemd.
fn told(socket: &UnixDatagram) -> String {
    let mut word = [0; 64];
    let bytes = socket.recv(&mut word).expect("a word in time");
    String::from_utf8_lossy(&word[..bytes]).into_owned()
}

#[test]
fn systemd_hears_when_it_serves_and_when_it_stops() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("notify");
    let notify = UnixDatagram::bind(&path).unwrap();
    notify.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let plan = Plan::new(&place.path().join("data")).with("NOTIFY_SOCKET", path.to_str().unwrap());
    let mut server = plan.start();
    assert_eq!(told(&notify), "READY=1");
    assert!(server.is_ready());
    server.stop();
    assert_eq!(told(&notify), "STOPPING=1");
}

#[test]
fn a_socket_that_is_handed_over_is_served_and_who_waited_there_is_answered() {
    let place = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut early = TcpStream::connect(address).unwrap();
    early.write_all(b"GET /healthz HTTP/1.1\r\nHost: switchboard\r\nConnection: close\r\n\r\n").unwrap();
    let plan = Plan::new(place.path());
    // As systemd does: the socket is the first descriptor after the three standard ones, and variables tell the process
    // so by its id.
    let script = r#"exec 3<&0 0</dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec "$@""#;
    let mut command = Command::new("sh");
    command.args(["-c", script, "sh", env!("CARGO_BIN_EXE_switchboard"), "serve", "--listen", "127.0.0.1:1", "--data"]);
    command.arg(place.path()).envs(plan.settings.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::from(OwnedFd::from(listener)));
    let mut server = Server::start(plan, &mut command);
    assert_eq!(server.address, address, "not the address of the settings");
    assert!(server.is_ready());
    let mut answer = String::new();
    early.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    server.stop();
}

#[test]
fn the_unit_is_one_that_systemd_knows() {
    let units = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/systemd");
    let service = std::fs::read_to_string(units.join("switchboard.service")).unwrap();
    let place = tempfile::tempdir().unwrap();
    let binary = env!("CARGO_BIN_EXE_switchboard");
    assert!(service.contains("/usr/bin/switchboard "));
    let service = service.replace("/usr/bin/switchboard ", &format!("{binary} "));
    std::fs::write(place.path().join("switchboard.service"), service).unwrap();
    std::fs::copy(units.join("switchboard.socket"), place.path().join("switchboard.socket")).unwrap();
    let mut verify = Command::new("systemd-analyze");
    verify.arg("verify").arg(place.path().join("switchboard.service")).arg(place.path().join("switchboard.socket"));
    let Ok(verified) = verify.output() else {
        println!("NOT HELD: there is no systemd-analyze on this machine");
        return;
    };
    let said = String::from_utf8_lossy(&verified.stderr);
    let ours: Vec<_> = said.lines().filter(|line| line.contains("switchboard")).collect();
    assert!(ours.is_empty(), "{said}");
}

//! Keys for tokens on the built server: a file that changes, and a URL that is requested and fails.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use switchboard::auth::{Rules, Signer};
use switchboard_wire::claims::{Claims, Role};

use crate::server::{Plan, Server, run, switchboard, wait_until};

/// A key with an id: its public part for a key set, and its private part for signing.
struct Named {
    jwk: Value,
    pem: String,
    kid: String,
}

impl Named {
    fn new(kid: &str) -> Self {
        let private = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let key = Ed25519KeyPair::from_pkcs8(private.as_ref()).unwrap();
        let x = URL_SAFE_NO_PAD.encode(key.public_key().as_ref());
        let body = STANDARD.encode(private.as_ref());
        Self {
            jwk: json!({"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": x}),
            pem: format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"),
            kid: kid.to_owned(),
        }
    }

    fn token(&self) -> String {
        let claims = Claims {
            subject: "ann".to_owned(),
            role: Role::Client,
            company: None,
            name: None,
            topics: None,
            skills: None,
            priority: None,
            scope: None,
            issued_at_ms: Some(1_700_000_000_000),
            expires_at_s: 4_102_444_800,
        };
        Signer::of_pem(&self.pem, Some(self.kid.clone())).unwrap().sign(&claims, &Rules::default()).unwrap()
    }
}

fn set(keys: &[&Named]) -> String {
    json!({ "keys": keys.iter().map(|key| &key.jwk).collect::<Vec<_>>() }).to_string()
}

/// The status of a handshake with that token.
fn handshake(server: &Server, token: &str) -> u16 {
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    write!(
        stream,
        "GET /socket/websocket?vsn=2.0.0&token={token} HTTP/1.1\r\nHost: switchboard\r\nConnection: Upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    .unwrap();
    let mut status = [0; 12];
    stream.read_exact(&mut status).unwrap();
    String::from_utf8_lossy(&status)[9..].parse().unwrap()
}

fn without_secret(data: &Path) -> Plan {
    let mut plan = Plan::new(data);
    plan.settings.retain(|(name, _)| *name != "SWITCHBOARD_JWT_SECRET");
    plan
}

#[test]
fn a_file_of_keys_is_read_again_when_it_changes_and_keeps_its_keys_when_it_breaks() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("keys.json");
    let (old, new) = (Named::new("old"), Named::new("new"));
    std::fs::write(&file, set(&[&old])).unwrap();
    let plan = without_secret(place.path()).with("SWITCHBOARD_JWT_KEYS", file.to_str().unwrap());
    let mut server = plan.start();
    assert_eq!((handshake(&server, &old.token()), handshake(&server, &new.token())), (101, 401));
    std::fs::write(&file, set(&[&old, &new])).unwrap();
    wait_until("the new key", || handshake(&server, &new.token()) == 101);
    assert_eq!(handshake(&server, &old.token()), 101, "both are good");
    std::fs::write(&file, "{").unwrap();
    hang_up(&server);
    assert_eq!(handshake(&server, &new.token()), 101, "a broken file changes nothing");
    std::fs::write(&file, set(&[&new])).unwrap();
    hang_up(&server);
    wait_until("the end of the old key", || handshake(&server, &old.token()) == 401);
    assert_eq!(handshake(&server, &new.token()), 101);
    server.stop();
}

fn hang_up(server: &Server) {
    assert!(Command::new("kill").args(["-HUP", &server.id().to_string()]).status().unwrap().success());
}

#[test]
fn a_hangup_ends_no_server() {
    let place = tempfile::tempdir().unwrap();
    let mut server = Plan::new(place.path()).start();
    hang_up(&server);
    assert!(server.is_ready());
    server.stop();
}

/// An issuer of tokens: serves its keys, or an error, and counts the requests.
struct Issuer {
    address: SocketAddr,
    said: Arc<Mutex<(u16, String, usize)>>,
}

impl Issuer {
    fn start(keys: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let said = Arc::new(Mutex::new((200, keys, 0)));
        let says = said.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read > 0) {
                    head.push(byte[0]);
                }
                let mut says = says.lock().unwrap();
                says.2 += 1;
                let (status, keys) = (says.0, &says.1);
                let length = keys.len();
                // The server may have hung up.
                let _written = write!(
                    stream,
                    "HTTP/1.1 {status} So\r\nContent-Type: application/json\r\nCache-Control: max-age=3600\r\n\
                     Content-Length: {length}\r\nConnection: close\r\n\r\n{keys}"
                );
            }
        });
        Self { address, said }
    }

    fn says(&self, status: u16, keys: String) {
        let mut said = self.said.lock().unwrap();
        (said.0, said.1) = (status, keys);
    }

    fn asked(&self) -> usize {
        self.said.lock().unwrap().2
    }
}

#[test]
fn an_unknown_key_is_asked_for_at_once_but_not_again_and_again() {
    let place = tempfile::tempdir().unwrap();
    let (old, new, stranger) = (Named::new("old"), Named::new("new"), Named::new("stranger"));
    let issuer = Issuer::start(set(&[&old]));
    let url = format!("http://{}/keys", issuer.address);
    let mut server = without_secret(place.path()).with("SWITCHBOARD_JWKS_URL", &url).start();
    assert_eq!((handshake(&server, &old.token()), issuer.asked()), (101, 1));
    issuer.says(200, set(&[&old, &new]));
    wait_until("the new key", || handshake(&server, &new.token()) == 101);
    assert_eq!(issuer.asked(), 2);
    let began = Instant::now();
    for _ in 0..20 {
        assert_eq!(handshake(&server, &stranger.token()), 401);
    }
    assert!(began.elapsed() > Duration::from_secs(9) || issuer.asked() == 2, "{}", issuer.asked());
    issuer.says(500, "{}".to_owned());
    wait_until("an answer without keys", || {
        assert_eq!(handshake(&server, &stranger.token()), 401);
        issuer.asked() > 2
    });
    assert_eq!((handshake(&server, &old.token()), handshake(&server, &new.token())), (101, 101), "the keys stay");
    server.stop();
}

#[test]
fn a_server_whose_issuer_is_away_starts_and_takes_tokens_when_it_is_back() {
    let place = tempfile::tempdir().unwrap();
    let key = Named::new("k");
    let issuer = Issuer::start(set(&[&key]));
    issuer.says(503, "{}".to_owned());
    let url = format!("http://{}/keys", issuer.address);
    let mut server = without_secret(place.path()).with("SWITCHBOARD_JWKS_URL", &url).start();
    assert_eq!(handshake(&server, &key.token()), 401);
    issuer.says(200, set(&[&key]));
    wait_until("the first keys", || handshake(&server, &key.token()) == 101);
    server.stop();
}

#[test]
fn the_command_signs_with_a_private_key_for_the_audience_and_the_issuer_of_the_settings() {
    let place = tempfile::tempdir().unwrap();
    let key = Named::new("k");
    let (public, private) = (place.path().join("keys.json"), place.path().join("private.pem"));
    std::fs::write(&public, set(&[&key])).unwrap();
    std::fs::write(&private, &key.pem).unwrap();
    let plan = without_secret(place.path())
        .with("SWITCHBOARD_JWT_KEYS", public.to_str().unwrap())
        .with("SWITCHBOARD_JWT_AUDIENCE", "board")
        .with("SWITCHBOARD_JWT_ISSUER", "us");
    let server = plan.start();
    let print = |settings: &[(&str, &str)]| {
        let private = private.to_str().unwrap();
        let mut command = switchboard(&["token", "--role", "client", "--sub", "ann", "--key", private, "--kid", "k"]);
        let printed = run(command.envs(settings.iter().copied()));
        assert_eq!(printed.code, Some(0), "{printed:?}");
        printed.out.trim().to_owned()
    };
    let settings = [("SWITCHBOARD_JWT_AUDIENCE", "board"), ("SWITCHBOARD_JWT_ISSUER", "us")];
    assert_eq!(handshake(&server, &print(&settings)), 101);
    assert_eq!(handshake(&server, &print(&settings[..1])), 401);
    assert_eq!(handshake(&server, &print(&[])), 401);
}

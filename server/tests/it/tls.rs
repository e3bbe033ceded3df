//! The built server with TLS, and a certificate that is replaced while sockets are open.

use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use switchboard_client::Socket;
use switchboard_wire::phoenix::{PHOENIX_TOPIC, event};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::server::{Plan, Server, run, switchboard};

/// Writes a self-signed certificate for `localhost` where the server looks for it.
fn write_certificate(place: &Path) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    // The key comes first: a reader between the two writes finds that they do not match, and keeps the former pair.
    std::fs::write(place.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    std::fs::write(place.join("certificate.pem"), made.cert.pem()).unwrap();
    made.cert.der().clone()
}

fn start(place: &Path) -> Server {
    let file = |name: &str| place.join(name).display().to_string();
    let plan = Plan::new(&place.join("data"))
        .with("SWITCHBOARD_TLS_CERTIFICATE", &file("certificate.pem"))
        .with("SWITCHBOARD_TLS_KEY", &file("key.pem"));
    plan.start()
}

async fn connect(
    address: SocketAddr,
    trusted: &CertificateDer<'static>,
) -> std::io::Result<TlsStream<tokio::net::TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let stream = tokio::net::TcpStream::connect(address).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), stream).await
}

/// The longest wait for an answer on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

type TlsSocket = Socket<TlsStream<tokio::net::TcpStream>>;

async fn socket(address: SocketAddr, trusted: &CertificateDer<'static>) -> TlsSocket {
    let token = run(switchboard(&["token", "--role", "client", "--sub", "ann"])
        .env("SWITCHBOARD_JWT_SECRET", crate::server::SECRET));
    let stream = connect(address, trusted).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    Socket::over(stream, "localhost", token.out.trim(), PATIENCE).await.unwrap()
}

async fn beat(socket: &mut TlsSocket) {
    socket.ask(PHOENIX_TOPIC, event::HEARTBEAT, "{}").await.unwrap();
}

/// Connects until that works, or no longer does.
async fn until(works: bool, address: SocketAddr, trusted: &CertificateDer<'static>) {
    let began = Instant::now();
    while connect(address, trusted).await.is_ok() != works {
        assert!(began.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_exchanged_while_a_socket_is_open_and_a_bad_one_changes_nothing() {
    let place = tempfile::tempdir().unwrap();
    let first = write_certificate(place.path());
    let mut server = start(place.path());
    let mut open = socket(server.address, &first).await;
    beat(&mut open).await;
    let second = write_certificate(place.path());
    until(true, server.address, &second).await;
    assert!(connect(server.address, &first).await.is_err(), "new connections get the new one");
    beat(&mut open).await;
    std::fs::write(place.path().join("certificate.pem"), "nonsense").unwrap();
    let hung_up = std::process::Command::new("kill").args(["-HUP", &server.id().to_string()]).status();
    assert!(hung_up.unwrap().success());
    beat(&mut socket(server.address, &second).await).await;
    let third = write_certificate(place.path());
    until(true, server.address, &third).await;
    beat(&mut open).await;
    tokio::task::spawn_blocking(move || server.stop()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_speak_keeps_nobody_from_being_heard() {
    let place = tempfile::tempdir().unwrap();
    let trusted = write_certificate(place.path());
    let server = start(place.path());
    let silent: Vec<_> = (0..100).map(|_| TcpStream::connect(server.address).unwrap()).collect();
    let plain = server.address;
    let answered = tokio::task::spawn_blocking(move || {
        use std::io::{Read, Write};
        let mut stream = TcpStream::connect(plain).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: switchboard\r\n\r\n").unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        // The connection is cut, with a TLS alert or without.
        let _cut = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).contains("HTTP")
    });
    assert!(!answered.await.unwrap(), "nothing is said in plain words");
    let began = Instant::now();
    beat(&mut socket(server.address, &trusted).await).await;
    // Silent connections are given up after 10 s, and no other connection waited for that.
    assert!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
    drop(silent);
}

#[test]
fn a_certificate_that_cannot_be_used_is_named() {
    let place = tempfile::tempdir().unwrap();
    write_certificate(place.path());
    let path = |name: &str| place.path().join(name).display().to_string();
    let serve = |certificate: &str, key: &str| {
        let plan = Plan::new(&place.path().join("data"))
            .with("SWITCHBOARD_TLS_CERTIFICATE", certificate)
            .with("SWITCHBOARD_TLS_KEY", key);
        let refused = run(&mut plan.command());
        assert_eq!(refused.code, Some(2), "{refused:?}");
        refused.err
    };
    assert!(serve(&path("certificate.pem"), "").contains("`tls_key`"));
    assert!(serve(&path("none.pem"), &path("key.pem")).contains("`tls_certificate`"));
    assert!(serve(&path("certificate.pem"), &path("certificate.pem")).contains("`tls_key`"));
    let other = tempfile::tempdir().unwrap();
    write_certificate(other.path());
    assert!(serve(&path("certificate.pem"), &other.path().join("key.pem").display().to_string()).contains("together"));
}

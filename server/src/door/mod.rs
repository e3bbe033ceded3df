//! The door: accepts connections, serves each in its own task, and limits how long each may last.

mod counted;
mod rest;

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use counted::CountedStream;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rest::BodyToItsEnd;
use switchboard_exchange::admission::{Admission, Entrance, Peer, Unfinished};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

use crate::config::Settings;
use crate::systemd;
use crate::tls::Tls;
use crate::unread::TakenOrCut;

/// The most bytes of a request's head: room for the longest accepted address with a token in it, and for the headers
/// of browsers and proxies. A longer head is answered with 431.
pub const HEAD_MAX_BYTES: usize = 32 * 1024;
/// The longest that a request's head may take, so that a client that sends single bytes soon loses its place.
const HEAD_MAX: Duration = Duration::from_secs(10);
/// The longest that a connection may last without becoming a socket. A client that sends a body in single bytes, or
/// reads no answers, would otherwise hold a place for ever.
const CONNECTION_MAX: Duration = Duration::from_secs(300);
/// The longest that the client may take nothing of the bytes to be written. The limit of a socket's write is shorter,
/// so sockets meet that one first.
const TAKEN_MAX: Duration = Duration::from_secs(15);
/// Pause after an error of the listener, such as a lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The listener: the socket that systemd hands over, or else the address of the settings.
///
/// # Errors
/// The socket from systemd is no listening socket, or the address cannot be bound.
pub async fn listener(settings: &Settings) -> anyhow::Result<TcpListener> {
    let handed =
        systemd::handed_over().context("the file descriptor passed in `LISTEN_FDS` is not a listening socket")?;
    if let Some(handed) = handed {
        handed.set_nonblocking(true)?;
        return Ok(TcpListener::from_std(handed)?);
    }
    listen(settings.listen, "listen").await
}

/// Listens on the address of that setting.
///
/// # Errors
/// The address cannot be bound.
pub async fn listen(address: SocketAddr, setting: &str) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    let in_use = listener.as_ref().is_err_and(|error| error.kind() == ErrorKind::AddrInUse);
    let advice = if in_use {
        let other = SocketAddr::new(address.ip(), address.port().checked_add(1).unwrap_or(4000));
        format!(
            "; another program uses it: stop that program, or choose another address, such as `--{} {other}`",
            setting.replace('_', "-")
        )
    } else {
        String::new()
    };
    listener.with_context(|| format!("cannot listen on {address} (setting `{setting}`){advice}"))
}

/// The parts that every connection needs.
#[derive(Clone)]
pub struct Door {
    pub app: Router,
    pub admission: Arc<Admission>,
    /// `None` means plain HTTP.
    pub tls: Option<Tls>,
    /// Turns true when each connection is to answer the requests that it has begun, and end.
    pub ending: watch::Receiver<bool>,
}

/// Accepts connections until the task is aborted or `places` is closed.
pub async fn accept(listener: TcpListener, door: Door, places: Arc<Semaphore>) {
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, address)) => {
                let peer = Peer(address.ip());
                let Some(entrance) = door.admission.connect(peer, place) else {
                    tracing::debug!(%address, "a connection was closed: its address has too many");
                    continue;
                };
                let door = door.clone();
                tokio::spawn(connection(stream, peer, entrance, door));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, peer: Peer, entrance: Entrance, door: Door) {
    // Frames are small, and Nagle's algorithm would delay them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection was lost before it was accepted");
        return;
    }
    let Some(tls) = &door.tls else { return speak(stream, peer, entrance, door).await };
    // The TLS handshake runs in this connection's task, so that a slow client delays no other one.
    match timeout(HEAD_MAX, tls.acceptor().accept(stream)).await {
        Ok(Ok(encrypted)) => Box::pin(speak(encrypted, peer, entrance, door)).await,
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_late) => tracing::debug!("a TLS handshake timed out"),
    }
}

/// Speaks HTTP on a connection until it ends, or becomes a socket.
async fn speak<S>(stream: S, peer: Peer, entrance: Entrance, door: Door)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Door { app, admission, mut ending, .. } = door;
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_MAX).max_buf_size(HEAD_MAX_BYTES);
    let app = TowerToHyperService::new(app);
    let unfinished = Unfinished::of(admission.clone(), peer);
    let stream = CountedStream { stream, unfinished: unfinished.clone() };
    let service = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        unfinished.is_whole();
        let client = admission.client(peer, request.headers());
        request.extensions_mut().insert(client);
        request.extensions_mut().insert(entrance.clone());
        request.extensions_mut().insert(unfinished.clone());
        let (head, body) = request.into_parts();
        let body = BodyToItsEnd::of(head.version, &head.headers, body, unfinished.clone());
        let (answered, unfinished) = (app.call(hyper::Request::from_parts(head, body)), unfinished.clone());
        async move {
            let answer = answered.await;
            unfinished.is_whole();
            answer
        }
    });
    let served = http.serve_connection(TokioIo::new(TakenOrCut::new(stream, TAKEN_MAX)), service).with_upgrades();
    tokio::pin!(served);
    let ended = async { ending.wait_for(|ending| *ending).await.map(drop) };
    let early = tokio::select! {
        result = served.as_mut() => Some(result),
        _ = ended => None,
        () = tokio::time::sleep(CONNECTION_MAX) => None,
    };
    let result = match early {
        Some(result) => result,
        None => {
            served.as_mut().graceful_shutdown();
            // A client that does not read its answers must not hold the place.
            let Ok(result) = timeout(HEAD_MAX, served).await else { return };
            result
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "a connection ended early");
    }
}

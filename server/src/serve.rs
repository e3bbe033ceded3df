//! `switchboard serve`: everything put together, from an open store to a clean stop.

use std::future::Future;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use std::time::Duration;

use anyhow::Context;
use axum::Router;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, timeout, timeout_at};

use crate::admission::{Admission, Entrance, Peer};
use crate::api_keys::ApiKeys;
use crate::auth::Keyring;
use crate::clock::Clock;
use crate::config::{Secret, Settings, Tokens};
use crate::exchange::Exchange;
use crate::hub::Hub;
use crate::journal::reader::Reader;
use crate::journal::sqlite::Sqlite;
use crate::journal::{Journal, snapshot};
use crate::sync::thread::JoinHandle;
use crate::tls::Tls;
use crate::webhooks::{Options, Webhooks};
use crate::{api, audit, auth, demo, retention, systemd};

/// How long a request's head may take: who sends it a byte at a time does not hold a place for long.
const HEAD_MAX: Duration = Duration::from_secs(10);
/// The longest that a connection may go on without becoming a socket: it is asked to come again. So whoever sends a body
/// a byte at a time, or reads no answers, does not hold a place for ever.
const CONNECTION_MAX: Duration = Duration::from_secs(300);
/// Connections beyond the sockets that are allowed: for the API and for probes.
const CONNECTIONS_BESIDE_SOCKETS: usize = 1024;
/// Connections for metrics and probes at once.
const PROBES_AT_ONCE: usize = 64;
/// From the wish to stop until the end, at most: orchestrators kill after 10 s.
const STOP_MAX: Duration = Duration::from_millis(9500);
/// How long what was taken may need to be committed before the sockets are closed.
const SETTLE_MAX: Duration = Duration::from_secs(2);
/// What is kept back of the time to stop for the last commits and HTTP answers.
const LAST_MAX: Duration = Duration::from_secs(1);
/// How long the store may take to be closed at the end.
const LAST_WRITES_MAX: Duration = Duration::from_secs(1);
/// A pause after the listener had an error, such as no more file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How often it is looked whether all sockets, or the store, are closed.
const CLOSED_EVERY: Duration = Duration::from_millis(10);

/// Serves until the system asks to stop. What is left is to be waited for when no task runs any more.
///
/// # Errors
/// When the store or the address cannot be had.
pub async fn serve(settings: Settings) -> anyhow::Result<LastWrites> {
    let keyring = keyring(&settings.tokens).await?;
    let tls = settings.door.tls.clone().map(|(certificate, key)| Tls::follow(certificate, key)).transpose()?;
    // Without a key of the settings there must be one in the store, so there must be a store.
    if settings.api_key.is_none() && Reader::open(&settings.data).is_err() {
        return Err(Settings::no_api_key().into());
    }
    let (store, reader) = Sqlite::open(&settings.data)?;
    let (journal, writer) = Journal::start(store, settings.journal_queue)?;
    let snapshots = snapshot::start(reader.clone(), journal.queue())?;
    let exchange = Exchange::open(journal, Arc::new(reader.clone()), snapshots, Clock::start()).await?;
    let api_keys = Arc::new(ApiKeys::of_settings(settings.api_key.as_ref().map(Secret::expose)));
    api_keys.read(&reader).await?;
    if !api_keys.are_any(exchange.clock().now()) {
        return Err(Settings::no_api_key().into());
    }
    let (close, closing) = watch::channel(None);
    let admission = Arc::new(Admission::new(&settings.limits));
    let hub = Arc::new(Hub {
        exchange: exchange.clone(),
        keyring,
        admission: admission.clone(),
        api_keys: api_keys.clone(),
        allowed_origins: settings.door.allowed_origins.clone(),
        auto_provision: settings.auto_provision,
        outbox_frames: settings.outbox_frames,
        socket_idle_timeout_ms: settings.socket_idle_timeout_ms,
        max_sockets: settings.max_sockets,
        closing,
        dev: settings.dev,
        sockets: AtomicUsize::new(0),
    });
    tokio::spawn(api_keys.follow(reader.clone(), exchange.clone()));
    tokio::spawn(audit::trim(exchange.clone(), settings.audit_rows));
    if settings.dev {
        demo::seed(&hub).await?;
    }
    let listener = listener(&settings).await?;
    let probes = match settings.metrics_listen {
        Some(address) => Some(listen(address, "metrics_listen").await?),
        None => None,
    };
    let stop = stop_signal()?;
    announce(listener.local_addr()?, &settings)?;
    systemd::tell(systemd::News::Ready);
    let options = Options { allow_private: settings.webhooks_allow_private, attempts: settings.webhooks_attempts };
    let webhooks = Webhooks::new(exchange.clone(), reader.clone(), options, hub.closing.clone())?;
    webhooks.start().await?;
    tokio::spawn(retention::run(exchange.clone(), reader.clone(), Arc::new(|_| None)));
    let app = api::router(hub.clone(), reader, webhooks);
    let (end, ending) = watch::channel(false);
    let connections = settings.max_sockets + CONNECTIONS_BESIDE_SOCKETS;
    let places = Arc::new(Semaphore::new(connections));
    if let Some(probes) = probes {
        tracing::info!(address = %probes.local_addr()?, "metrics and probes are served");
        let door =
            Door { app: api::probes(hub.clone()), admission: admission.clone(), tls: None, ending: ending.clone() };
        // Probes are answered until the end, so that whoever asks learns that this server is draining.
        tokio::spawn(accept(probes, door, Arc::new(Semaphore::new(PROBES_AT_ONCE))));
    }
    let accepting = tokio::spawn(accept(listener, Door { app, admission, tls, ending }, places.clone()));
    stop.await;
    let stop_by = Instant::now() + STOP_MAX;
    systemd::tell(systemd::News::Stopping);
    tracing::info!("stopping: new sockets are refused");
    exchange.drain();
    drain(&hub, &close, settings.drain_timeout_ms, stop_by).await;
    // Until here `/readyz` says that this server is draining; answers that are on their way are still written.
    accepting.abort();
    end.send_replace(true);
    let all = u32::try_from(connections).unwrap_or(u32::MAX);
    let _answered_or_late = timeout_at(stop_by, places.acquire_many(all)).await;
    tracing::info!("stopped: everything that was answered is stored");
    Ok(LastWrites(writer))
}

/// What is listened on: the socket that systemd hands over, or else the address of the settings.
async fn listener(settings: &Settings) -> anyhow::Result<TcpListener> {
    let handed = systemd::handed_over().context("what was handed over (`LISTEN_FDS`) is no listening socket")?;
    if let Some(handed) = handed {
        handed.set_nonblocking(true)?;
        return Ok(TcpListener::from_std(handed)?);
    }
    let listener = TcpListener::bind(settings.listen).await;
    listener.with_context(|| format!("cannot listen on {} (setting `listen`)", settings.listen))
}

/// The keys that tokens are checked with, of all that the settings name.
async fn keyring(tokens: &Tokens) -> anyhow::Result<Keyring> {
    let mut keyring = Keyring::new(tokens.rules.clone());
    if let Some(secret) = &tokens.secret {
        keyring = keyring.with_secret(secret.expose().as_bytes());
    }
    if let Some(file) = &tokens.keys {
        let keys = auth::follow_file(file.clone());
        keyring = keyring.with_keys(keys.with_context(|| format!("`jwt_keys`, `{}`", file.display()))?);
    }
    if let Some(url) = &tokens.url {
        keyring = keyring.with_keys(auth::follow_url(url.clone()).await.context("`jwks_url`")?);
    }
    Ok(keyring)
}

/// The journal's thread, which ends with the last task that could still write: it closes the store, so that one file
/// has everything.
pub struct LastWrites(JoinHandle<()>);

impl LastWrites {
    /// Waits for it, but not for ever: nothing is lost without it.
    ///
    /// # Errors
    /// When it has panicked.
    pub fn wait(self) -> anyhow::Result<()> {
        let by = Instant::now() + LAST_WRITES_MAX;
        while !self.0.is_finished() {
            if Instant::now() >= by {
                tracing::warn!("the store was not closed in time; the next start reads its log");
                return Ok(());
            }
            std::thread::sleep(CLOSED_EVERY);
        }
        self.0.join().map_err(|_| anyhow::anyhow!("the journal's thread has panicked"))
    }
}

async fn listen(address: SocketAddr, setting: &str) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    listener.with_context(|| format!("cannot listen on {address} (setting `{setting}`)"))
}

/// Says where it listens: one line that a program can wait for, and in dev what to do next.
fn announce(address: SocketAddr, settings: &Settings) -> std::io::Result<()> {
    for warning in settings.warnings() {
        tracing::warn!("{warning}");
    }
    let mut out = std::io::stdout().lock();
    if settings.dev {
        write!(out, "{}", demo::next_steps(address, settings))?;
    }
    let scheme = if settings.door.tls.is_some() { "https" } else { "http" };
    writeln!(out, "switchboard: listening on {scheme}://{address}")?;
    out.flush()
}

fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    // Who reads files again listens for it too; without anybody it would end the process.
    let hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        drop(hangup);
    })
}

/// What was taken is committed and told, then the sockets are closed, spread over the time there is.
async fn drain(hub: &Hub, close: &watch::Sender<Option<u64>>, drain_timeout_ms: u64, stop_by: Instant) {
    let _settled_or_late = timeout(SETTLE_MAX, hub.exchange.settle()).await;
    let sockets = hub.sockets.load(Ordering::Acquire);
    let left = (stop_by - LAST_MAX).saturating_duration_since(Instant::now());
    let left_ms = u64::try_from(left.as_millis()).unwrap_or(u64::MAX).min(drain_timeout_ms);
    // A millisecond each: a few are closed at once, many are spread.
    close.send_replace(Some(u64::try_from(sockets).unwrap_or(u64::MAX).min(left_ms / 2)));
    let closed = async {
        while hub.sockets.load(Ordering::Acquire) > 0 {
            tokio::time::sleep(CLOSED_EVERY).await;
        }
    };
    if timeout(left, closed).await.is_err() {
        tracing::warn!(sockets = hub.sockets.load(Ordering::Acquire), "some sockets did not close in time");
    }
    let _settled_or_late = timeout_at(stop_by, hub.exchange.settle()).await;
}

/// What every connection needs.
#[derive(Clone)]
struct Door {
    app: Router,
    admission: Arc<Admission>,
    tls: Option<Tls>,
    ending: watch::Receiver<bool>,
}

async fn accept(listener: TcpListener, door: Door, places: Arc<Semaphore>) {
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, address)) => {
                let peer = Peer(address.ip());
                let Some(entrance) = door.admission.connect(peer, place) else {
                    tracing::debug!(%address, "a connection was cut: its address has too many");
                    continue;
                };
                let door = door.clone();
                tokio::spawn(connection(stream, peer, entrance, door));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, peer: Peer, entrance: Entrance, door: Door) {
    // Frames are small and should not wait for each other.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection was gone before it began");
        return;
    }
    let Some(tls) = &door.tls else { return speak(stream, peer, entrance, door).await };
    // In its own task: whoever takes their time keeps nobody else waiting.
    match timeout(HEAD_MAX, tls.acceptor().accept(stream)).await {
        Ok(Ok(encrypted)) => Box::pin(speak(encrypted, peer, entrance, door)).await,
        Ok(Err(error)) => tracing::debug!(%error, "a connection could not be encrypted"),
        Err(_late) => tracing::debug!("a connection was not encrypted in time"),
    }
}

/// Speaks HTTP on a connection until it ends, or becomes a socket.
async fn speak<S>(stream: S, peer: Peer, entrance: Entrance, door: Door)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Door { app, admission, mut ending, .. } = door;
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_MAX);
    let app = TowerToHyperService::new(app);
    let service = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        let client = admission.client(peer, request.headers());
        request.extensions_mut().insert(client);
        request.extensions_mut().insert(entrance.clone());
        app.call(request)
    });
    let served = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
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
            // Who does not read their answers does not hold the place for it.
            let Ok(result) = timeout(HEAD_MAX, served).await else { return };
            result
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "a connection ended early");
    }
}

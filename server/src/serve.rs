//! `switchboard serve`: assembles the server, from opening the store to a clean stop.

use std::future::Future;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use switchboard_exchange::Exchange;
use switchboard_exchange::admission::Admission;
use switchboard_exchange::channel::DeviceContext;
use switchboard_exchange::channel::board::PAGE_MAX_ROWS;
use switchboard_exchange::clock::Clock;
use switchboard_history::{History, snapshot};
use switchboard_journal::{Journal, JournalThread};
use switchboard_sqlite::{Reader, Sqlite};
use switchboard_wire::Secret;
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, timeout, timeout_at};

use crate::api::history_reader::HistoryReader;
use crate::api::{self, ApiState, Pages};
use crate::api_keys::ApiKeys;
use crate::auth::{self, Keyring, SignInCodes};
use crate::config::{Settings, Tokens};
use crate::door::{self, Door};
use crate::origins::Origins;
use crate::retention::{self, Trust};
use crate::shutdown::{self, Shutdown, Stop};
use crate::socket::{self, SocketContext, SocketLimits};
use crate::telemetry::{self, summary};
use crate::tls::Tls;
use crate::webhooks::{Options, Webhooks};
use crate::{audit, demo, systemd};

/// Connections beyond the allowed sockets: for the API and for probes.
pub const CONNECTIONS_BESIDE_SOCKETS: usize = 1024;
/// Connections for metrics and probes at once.
const PROBES_AT_ONCE: usize = 64;
/// The longest stop: orchestrators kill after 10 s.
const STOP_MAX: Duration = Duration::from_millis(9500);
/// Time in which accepted work is committed before the sockets are closed.
const SETTLE_MAX: Duration = Duration::from_secs(2);
/// Part of the stop that is kept for the last commits and HTTP answers.
const LAST_MAX: Duration = Duration::from_secs(1);
/// Least time for closing the store, even when the time for the stop is over.
const LAST_WRITES_MIN: Duration = Duration::from_secs(1);
/// Time in which the last reads must notice that they are cut.
const LAST_READS_MAX: Duration = Duration::from_secs(1);
/// Interval of the checks whether all sockets, or the store, are closed.
const CLOSED_EVERY: Duration = Duration::from_millis(10);

/// Serves until the system asks for a stop. The caller waits for the returned writes once no task runs any more.
///
/// # Errors
/// When the store or the address cannot be opened.
pub async fn serve(settings: Settings) -> anyhow::Result<LastWrites> {
    let (version, data) = (env!("CARGO_PKG_VERSION"), settings.data.display());
    tracing::info!(version, %data, settings = settings.given, "switchboard starts");
    settings.warnings().iter().for_each(|warning| tracing::warn!("{warning}"));
    let keyring = keyring(&settings.tokens).await?;
    let tls = settings.door.tls.clone().map(|(certificate, key)| Tls::follow(certificate, key)).transpose()?;
    // Without a key in the settings there must be one in the store, so the store must exist; opening it for writing
    // would make an empty one.
    if settings.api_key.is_none() && Reader::open(&settings.data).is_err() {
        return Err(Settings::no_api_key().into());
    }
    let (store, reader) = Sqlite::open(&settings.data)?;
    let clock = Clock::start();
    // Decided before the first write, because later writes have the time of a clock that may be wrong.
    let trust = Trust::at_start(reader.ask(|past| past.latest())?, clock.read());
    let (journal, writer) = Journal::start(store, settings.journal_queue)?;
    let reader = Arc::new(reader);
    let history: Arc<dyn History> = reader.clone();
    let snapshots = snapshot::start(history.clone(), journal.queue())?;
    let exchange = Exchange::open(journal, reader, snapshots, clock).await?;
    let api_keys = Arc::new(ApiKeys::of_settings(settings.api_key.as_ref().map(Secret::expose)));
    api_keys.read(&*history).await?;
    let api_key_count = api_keys.count(exchange.clock().now());
    if api_key_count == 0 {
        return Err(Settings::no_api_key().into());
    }
    let (stop_all, shutdown) = shutdown::channel();
    tokio::spawn(api_keys.clone().follow(history.clone(), exchange.clone()));
    tokio::spawn(audit::trim(exchange.clone(), settings.audit_rows));
    let options = Options { allow_private: settings.webhooks_allow_private, attempts: settings.webhooks_attempts };
    let webhooks = Webhooks::new(exchange.clone(), history.clone(), options, shutdown.clone())?;
    webhooks.start().await?;
    let needed = retention::needed_by_webhooks();
    tokio::spawn(retention::run(exchange.clone(), history.clone(), needed, trust));
    if settings.dev {
        demo::seed(&exchange).await?;
    }
    let listener = door::listener(&settings).await?;
    let probes = match settings.metrics_listen {
        Some(address) => Some(door::listen(address, "metrics_listen").await?),
        None => None,
    };
    let stop = stop_signal()?;
    announce(listener.local_addr()?, &settings, api_key_count)?;
    systemd::tell(systemd::ServiceState::Ready);
    let (end, ending) = watch::channel(false);
    let summary = tokio::spawn(summary::every_minute(ending.clone()));
    let connections = settings.max_sockets + CONNECTIONS_BESIDE_SOCKETS;
    let places = Arc::new(Semaphore::new(connections));
    let sockets = sockets(&settings, devices(&settings, exchange.clone()), Arc::new(keyring), shutdown);
    let admission = sockets.devices.admission.clone();
    let api = api_state(&settings, &sockets, history.clone(), api_keys, webhooks);
    if let Some(probes) = probes {
        tracing::info!(address = %probes.local_addr()?, "metrics and probes are served");
        // Probes are answered until the end, so that an orchestrator learns that this server is draining.
        let app = api::heads::checked(api::probes(api.clone()));
        let door = Door { app, admission: admission.clone(), tls: None, ending: ending.clone() };
        tokio::spawn(door::accept(probes, door, Arc::new(Semaphore::new(PROBES_AT_ONCE))));
    }
    let app = api::heads::checked(api::router(api, socket::route(sockets.clone())));
    let accepting = tokio::spawn(door::accept(listener, Door { app, admission, tls, ending }, places.clone()));
    stop.await;
    let stop_by = Instant::now() + STOP_MAX;
    systemd::tell(systemd::ServiceState::Stopping);
    tracing::info!("stopping: new sockets are refused");
    exchange.drain();
    drain(&exchange, &sockets.limits, &stop_all, settings.drain_timeout_ms, stop_by).await;
    // Not earlier, so that `/readyz` has said until now that this server is draining. Answers in flight are still
    // written.
    accepting.abort();
    end.send_replace(true);
    let all = u32::try_from(connections).unwrap_or(u32::MAX);
    let _answered_or_late = timeout_at(stop_by, places.acquire_many(all)).await;
    let _said_or_late = timeout_at(stop_by, summary).await;
    Ok(LastWrites { writer, history, stop_by })
}

/// The part of the server that devices use.
fn devices(settings: &Settings, exchange: Arc<Exchange>) -> Arc<DeviceContext> {
    Arc::new(DeviceContext {
        exchange,
        admission: Arc::new(Admission::new(&settings.limits)),
        ice: settings.ice.clone(),
        auto_provision: settings.auto_provision,
        message_bytes_per_session: settings.message_bytes_per_session,
        board_page_rows: PAGE_MAX_ROWS,
        outbox_frames: settings.outbox_frames,
        outboxes: Arc::default(),
    })
}

/// The part of the server that sockets share.
fn sockets(
    settings: &Settings,
    devices: Arc<DeviceContext>,
    keyring: Arc<Keyring>,
    shutdown: Shutdown,
) -> Arc<SocketContext> {
    let idle_timeout = Duration::from_millis(settings.socket_idle_timeout_ms);
    Arc::new(SocketContext {
        devices,
        keyring,
        origins: Arc::new(Origins::new(settings.door.allowed_origins.clone())),
        limits: Arc::new(SocketLimits::new(settings.max_sockets, idle_timeout)),
        shutdown,
    })
}

/// The part of the server that the API uses; the sockets share much of it.
fn api_state(
    settings: &Settings,
    sockets: &SocketContext,
    history: Arc<dyn History>,
    api_keys: Arc<ApiKeys>,
    webhooks: Arc<Webhooks>,
) -> Arc<ApiState> {
    let DeviceContext { exchange, admission, .. } = &*sockets.devices;
    Arc::new(ApiState {
        exchange: exchange.clone(),
        admission: admission.clone(),
        past: HistoryReader::new(exchange.clone(), admission.clone(), history),
        webhooks,
        keyring: sockets.keyring.clone(),
        api_keys,
        sign_in_codes: SignInCodes::default(),
        origins: sockets.origins.clone(),
        pages: Pages {
            console: settings.console,
            sign_in_url: settings.sign_in_url.as_ref().map(|url| url.expose().clone()),
            dev: settings.dev,
        },
        sockets: sockets.limits.clone(),
        shutdown: sockets.shutdown.clone(),
    })
}

/// Loads the keys that tokens are checked with, from all sources that the settings name.
///
/// # Errors
/// When a file or a URL has no usable key.
pub async fn keyring(tokens: &Tokens) -> anyhow::Result<Keyring> {
    let mut keyring = Keyring::new(tokens.rules.clone());
    if let Some(secret) = &tokens.secret {
        keyring = keyring.with_secret(secret.expose().as_bytes());
    }
    if let Some(file) = &tokens.keys {
        let keys = auth::follow_file(file.clone());
        keyring = keyring.with_keys(keys.with_context(|| format!("`jwt_keys`, `{}`", file.display()))?);
    }
    if let Some(url) = &tokens.url {
        keyring = keyring.with_keys(auth::follow_url(url.expose().clone()).await.context("`jwks_url`")?);
    }
    Ok(keyring)
}

/// The journal's thread, which ends with the last task that could still write. At its end the thread closes the store,
/// so that one file holds everything.
pub struct LastWrites {
    writer: JournalThread,
    history: Arc<dyn History>,
    stop_by: Instant,
}

impl LastWrites {
    /// Waits for the thread, for a limited time: without its end nothing is lost, because the next start reads the log.
    ///
    /// # Errors
    /// When answered changes may not be stored, or the thread has panicked.
    pub fn wait(self) -> anyhow::Result<()> {
        // Requests are over, so open reads serve no one; an open read would keep the thread from closing, and the log
        // from being merged.
        self.history.close(LAST_READS_MAX);
        let by = self.stop_by.max(Instant::now() + LAST_WRITES_MIN);
        while !self.writer.is_finished() {
            if Instant::now() >= by {
                tracing::warn!("the store was not closed in time; the next start recovers from its write-ahead log");
                return Ok(());
            }
            std::thread::sleep(CLOSED_EVERY);
        }
        let ended = self.writer.join().map_err(|_| anyhow::anyhow!("the journal's thread has panicked"))?;
        ended.context("stopped, but the last answers may not be stored")?;
        tracing::info!("stopped: every answer is stored");
        Ok(())
    }
}

/// Announces the address and the kind of server: in the log, in a line that programs can wait for, and in dev with the
/// next steps.
fn announce(address: SocketAddr, settings: &Settings, api_keys: usize) -> std::io::Result<()> {
    let scheme = if settings.door.tls.is_some() { "https" } else { "http" };
    let url = format!("{scheme}://{address}");
    let Tokens { secret, keys, url: jwks, .. } = &settings.tokens;
    let sources = [("jwt_secret", secret.is_some()), ("jwt_keys", keys.is_some()), ("jwks_url", jwks.is_some())];
    let token_keys: Vec<_> = sources.into_iter().filter_map(|(name, is_there)| is_there.then_some(name)).collect();
    let (tls, dev) = (settings.door.tls.is_some(), settings.dev);
    tracing::info!(url, tls, dev, api_keys, token_keys = token_keys.join(", "), "switchboard serves");
    let mut out = std::io::stdout().lock();
    if settings.dev {
        write!(out, "{}", demo::next_steps(address, settings))?;
    }
    writeln!(out, "{}", telemetry::listening(settings.log_format, &url))?;
    out.flush()
}

fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    // SIGHUP would end a process without a listener; the files that are read again have listeners of their own.
    let hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        drop(hangup);
    })
}

/// Commits and announces accepted work, then closes the sockets, spread over the remaining time.
async fn drain(exchange: &Exchange, sockets: &SocketLimits, stop: &Stop, drain_timeout_ms: u64, stop_by: Instant) {
    let _settled_or_late = timeout(SETTLE_MAX, exchange.settle()).await;
    let left = (stop_by - LAST_MAX).saturating_duration_since(Instant::now());
    let left_ms = u64::try_from(left.as_millis()).unwrap_or(u64::MAX).min(drain_timeout_ms);
    // A millisecond for each socket: few sockets close at once, many over a longer time.
    stop.begin(u64::try_from(sockets.open()).unwrap_or(u64::MAX).min(left_ms / 2));
    let closed = async {
        while sockets.open() > 0 {
            tokio::time::sleep(CLOSED_EVERY).await;
        }
    };
    if timeout(left, closed).await.is_err() {
        tracing::warn!(sockets = sockets.open(), "some sockets did not close in time");
    }
    let _settled_or_late = timeout_at(stop_by, exchange.settle()).await;
}

//! The limit of the sockets: a server that only relays. For each booking it has the same library, the same sockets and
//! the same frames in and out as Switchboard, but no rule and no store.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use axum::Router;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;
use futures_util::SinkExt;
use switchboard::auth::Keyring;
use switchboard_exchange::clock::Clock;
use switchboard_wire::claims::{Claims, Role};
use tokio::sync::mpsc;

use super::frames::{BOOK, Frames, Names, ScriptStep};
use crate::servers::Writes;

/// The same values as in the server.
const READ_BUFFER_BYTES: usize = 1024;
const WRITE_BUFFER_BYTES: usize = 4096;
const FRAMES_PER_FLUSH: usize = 32;
const OUTBOX_FRAMES: usize = 256;

/// The options of the relay's process.
#[derive(clap::Args, Debug)]
pub struct RelayFlags {
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:4001")]
    listen: SocketAddr,
    /// How it writes
    #[arg(long, value_enum, default_value = "together")]
    writes: Writes,
    /// Gives every employee each offer twice, so that the load's checker has something to find
    #[arg(long)]
    lie: bool,
}

struct Relay {
    keyring: Keyring,
    clock: Clock,
    writes: Writes,
    lie: bool,
    /// Pairs by company and number: the client and the employee who have the same number.
    pairs: Mutex<HashMap<String, Arc<Mutex<RelayedPair>>>>,
    frames: Frames,
}

/// A client, the employee opposite, and the booking between the two.
#[derive(Default)]
struct RelayedPair {
    client: Option<mpsc::Sender<RelayedFrame>>,
    employee: Option<mpsc::Sender<RelayedFrame>>,
    names: Names,
}

enum RelayedFrame {
    Frame(Utf8Bytes),
    Ping(Utf8Bytes),
}

/// Serves until the process is ended.
pub async fn serve(flags: &RelayFlags, secret: &str) -> anyhow::Result<()> {
    let relay = Arc::new(Relay {
        keyring: Keyring::hs256(secret.as_bytes()),
        clock: Clock::start(),
        writes: flags.writes,
        lie: flags.lie,
        pairs: Mutex::default(),
        frames: Frames::read(),
    });
    let app = Router::new().route("/socket/websocket", axum::routing::get(upgrade)).with_state(relay);
    let listener = tokio::net::TcpListener::bind(flags.listen).await;
    let listener = listener.with_context(|| format!("cannot listen on {}", flags.listen))?;
    println!("relay: listening on http://{}", listener.local_addr()?);
    let listener = listener.tap_io(|stream| {
        // A socket without `TCP_NODELAY` only waits longer, which the figures would show.
        let _set = stream.set_nodelay(true);
    });
    axum::serve(listener, app).await.context("the relay ended")
}

#[derive(serde::Deserialize)]
struct RelayQuery {
    token: String,
}

async fn upgrade(
    State(relay): State<Arc<Relay>>,
    Query(address): Query<RelayQuery>,
    upgrade: WebSocketUpgrade,
) -> Response {
    match relay.keyring.verify(&address.token, relay.clock.now().as_ms()) {
        Ok(claims) => upgrade
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(if relay.writes == Writes::Each { 0 } else { WRITE_BUFFER_BYTES })
            .on_upgrade(move |socket| async move { relay.device(socket, claims).await }),
        Err(error) => (axum::http::StatusCode::UNAUTHORIZED, error.to_string()).into_response(),
    }
}

impl Relay {
    async fn device(&self, mut socket: WebSocket, claims: Claims) {
        let (outbox, mut waiting) = mpsc::channel(OUTBOX_FRAMES);
        let pair = self.pair(&claims, &outbox);
        let mut ready = Vec::new();
        loop {
            let went_on = tokio::select! {
                message = socket.recv() => match message {
                    Some(Ok(Message::Text(text))) => self.hear(&text, claims.role, &pair, &outbox),
                    Some(Ok(_)) => true,
                    None | Some(Err(_)) => false,
                },
                _ = waiting.recv_many(&mut ready, FRAMES_PER_FLUSH) => self.write(&mut socket, &mut ready).await,
            };
            if !went_on {
                return;
            }
        }
    }

    fn pair(&self, claims: &Claims, outbox: &mpsc::Sender<RelayedFrame>) -> Arc<Mutex<RelayedPair>> {
        let company = claims.company.clone().unwrap_or_default();
        let number = claims.subject.rsplit('-').next().unwrap_or_default();
        let mut pairs = self.pairs.lock().unwrap_or_else(PoisonError::into_inner);
        let pair = pairs.entry(format!("{company}/{number}")).or_default().clone();
        let mut both = pair.lock().unwrap_or_else(PoisonError::into_inner);
        both.names.company = company;
        match claims.role {
            Role::Employee => {
                both.names.employee.clone_from(&claims.subject);
                both.employee = Some(outbox.clone());
            }
            Role::Client | Role::Admin => {
                both.names.client.clone_from(&claims.subject);
                both.client = Some(outbox.clone());
            }
        }
        drop(both);
        pair
    }

    /// Handles a frame; returns whether the connection goes on.
    fn hear(&self, text: &str, role: Role, pair: &Mutex<RelayedPair>, own: &mpsc::Sender<RelayedFrame>) -> bool {
        let Some((join_ref, reference, event)) = head(text) else { return false };
        let mut pair = pair.lock().unwrap_or_else(PoisonError::into_inner);
        if event == BOOK {
            pair.names.booking = self.clock.fresh_booking().to_string();
            pair.names.session = self.clock.fresh_session().to_string();
        }
        let Some(step) = ScriptStep::of(role, event, text) else { return true };
        pair.names.join_ref = join_ref.to_owned();
        pair.names.reference = reference.to_owned();
        let repeats = if self.lie && event == BOOK { 2 } else { 1 };
        for (to, frame) in self.frames.after(step) {
            let frame: Utf8Bytes = frame.fill(&pair.names).into();
            let line = if *to == role {
                Some(own)
            } else if role == Role::Client {
                pair.employee.as_ref()
            } else {
                pair.client.as_ref()
            };
            let Some(line) = line else { continue };
            for _ in 0..if *to == Role::Employee { repeats } else { 1 } {
                if line.try_send(RelayedFrame::Frame(frame.clone())).is_err() {
                    return false;
                }
            }
        }
        if event == BOOK
            && let Some(employee) = &pair.employee
        {
            // The ping for the proof of delivery, as the server sends one.
            return employee.try_send(RelayedFrame::Ping(format!("{}.1", pair.names.booking).into())).is_ok();
        }
        true
    }

    async fn write(&self, socket: &mut WebSocket, ready: &mut Vec<RelayedFrame>) -> bool {
        for outgoing in ready.drain(..) {
            let message = match outgoing {
                RelayedFrame::Frame(frame) => Message::Text(frame),
                RelayedFrame::Ping(proof) => Message::Ping(proof.into()),
            };
            if socket.feed(message).await.is_err() {
                return false;
            }
        }
        socket.flush().await.is_ok()
    }
}

/// The refs and the event of a frame that the load sends: `[1,2,"topic","event",{}]`.
fn head(text: &str) -> Option<(&str, &str, &str)> {
    let (join_ref, rest) = text.strip_prefix('[')?.split_once(',')?;
    let (reference, rest) = rest.split_once(",\"")?;
    let (_topic, rest) = rest.split_once("\",\"")?;
    let (event, _payload) = rest.split_once('"')?;
    Some((join_ref, reference, event))
}

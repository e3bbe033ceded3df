//! One socket: frames in and out, with at most one write for each wait.

use std::collections::HashMap;
use std::future::poll_fn;
use std::task::Poll;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use switchboard_wire::phoenix::{self, Ref, Version};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout_at;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message, Utf8Bytes};

use crate::error::Error;
use crate::frame::{PushReply, ServerFrame, understood};

/// The pause between two heartbeats, as in phoenix.js.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(30);
/// Bytes of each of a socket's two buffers, small because thousands of sockets should fit into one process.
const BUFFER_BYTES: usize = 4096;
/// The longest frame from the server, which closes the socket instead of sending a longer one.
const FRAME_MAX_BYTES: usize = 48 * 1024 * 1024;

/// The socket of one person. A drop cuts the connection without a close frame.
#[derive(Debug)]
pub struct Socket<S = TcpStream> {
    stream: WebSocketStream<S>,
    wait_max: Duration,
    next_ref: i64,
    /// The join ref of each joined topic.
    joins: HashMap<String, i64>,
    heartbeat_at: Option<Instant>,
    /// The error of a failed write, which the next push returns.
    failed: Option<tungstenite::Error>,
}

impl Socket {
    /// Opens a socket at a host and port with a token. The handshake, and later each awaited reply, may take
    /// `wait_max`.
    pub async fn connect(address: &str, token: &str, wait_max: Duration) -> Result<Self, Error> {
        let unreachable = |error| Error::NoConnection(address.to_owned(), error);
        let connecting = tokio::time::timeout(wait_max, TcpStream::connect(address)).await;
        let stream = connecting.map_err(|_late| too_late("a connection"))?.map_err(unreachable)?;
        // Frames leave at once: `next` already gathers those of one burst.
        stream.set_nodelay(true).map_err(unreachable)?;
        Self::over(stream, address, token, wait_max).await
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    /// Opens a socket over a stream of the caller, such as one with TLS.
    pub async fn over(stream: S, host: &str, token: &str, wait_max: Duration) -> Result<Self, Error> {
        let url = format!("ws://{host}/socket/websocket?vsn=2.0.0&token={token}");
        let config = WebSocketConfig::default()
            .read_buffer_size(BUFFER_BYTES)
            .write_buffer_size(BUFFER_BYTES)
            .max_message_size(Some(FRAME_MAX_BYTES))
            .max_frame_size(Some(FRAME_MAX_BYTES));
        let handshake = tokio_tungstenite::client_async_with_config(url, stream, Some(config));
        match tokio::time::timeout(wait_max, handshake).await {
            Err(_late) => Err(too_late("a handshake")),
            Ok(Err(tungstenite::Error::Http(response))) => Err(Error::NoSocket(response)),
            Ok(Err(error)) => Err(error.into()),
            Ok(Ok((stream, _))) => {
                Ok(Self { stream, wait_max, next_ref: 1, joins: HashMap::new(), heartbeat_at: None, failed: None })
            }
        }
    }

    /// Has [`Self::hear`] send heartbeats while it waits: the first after `first`, and then one every 30 s.
    #[must_use]
    pub fn with_heartbeats(mut self, first: Duration) -> Self {
        self.heartbeat_at = Some(Instant::now() + first);
        self
    }

    /// The WebSocket itself, for a test that sends frames which no app sends.
    pub fn into_stream(self) -> WebSocketStream<S> {
        self.stream
    }

    /// Joins a topic and returns the response of the reply.
    pub async fn join(&mut self, topic: &str) -> Result<Value, Error> {
        self.ask(topic, phoenix::event::JOIN, "{}").await
    }

    /// Pushes an event and returns the response of the reply. Events before the reply are skipped.
    pub async fn ask(&mut self, topic: &str, event: &str, payload: &str) -> Result<Value, Error> {
        let (reference, latest) = (self.push(topic, event, payload).await?, Instant::now() + self.wait_max);
        while let Some(text) = self.hear(latest).await? {
            match ServerFrame::read(&text)?.reply_to(reference)? {
                None => {}
                Some(PushReply::Ok(response)) => return understood(response),
                Some(PushReply::Refused(response)) => return Err(Error::Refused(understood(response)?)),
            }
        }
        Err(too_late(&format!("`{event}`")))
    }

    /// The payload of the next event with that name that `wanted` accepts. Other frames are skipped.
    pub async fn event(&mut self, name: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value, Error> {
        let latest = Instant::now() + self.wait_max;
        while let Some(text) = self.hear(latest).await? {
            let frame = ServerFrame::read(&text)?;
            if frame.event() == name {
                let payload = frame.payload()?;
                if wanted(&payload) {
                    return Ok(payload);
                }
            }
        }
        Err(too_late(&format!("with `{name}`")))
    }

    /// Pushes an event, which is written during the next wait, and returns its ref.
    pub async fn push(&mut self, topic: &str, event: &str, payload: &str) -> Result<i64, Error> {
        if let Some(error) = self.failed.take() {
            return Err(error.into());
        }
        let reference = self.next_ref;
        self.next_ref += 1;
        if event == phoenix::event::JOIN {
            self.joins.insert(topic.to_owned(), reference);
        }
        let join_ref = self.joins.get(topic).map_or(Ref::Null, |join| Ref::Number(*join));
        // After the join ref is looked up, because the leave itself carries one.
        if event == phoenix::event::LEAVE {
            self.joins.remove(topic);
        }
        let frame = phoenix::push(Version::V2, &join_ref, &Ref::Number(reference), topic, event, payload);
        self.stream.feed(Message::text(frame)).await?;
        Ok(reference)
    }

    /// The text of the next frame, for [`ServerFrame::read`]; `None` if no frame comes before `until`.
    pub async fn hear(&mut self, until: Instant) -> Result<Option<Utf8Bytes>, Error> {
        loop {
            let wake = self.heartbeat_at.map_or(until, |beat| beat.min(until));
            let Ok(message) = timeout_at(wake.into(), self.next()).await else {
                if wake == until {
                    return Ok(None);
                }
                // From the planned time, so that late wake-ups do not add up.
                self.heartbeat_at = Some(wake + HEARTBEAT_EVERY);
                self.push(phoenix::PHOENIX_TOPIC, phoenix::event::HEARTBEAT, "{}").await?;
                continue;
            };
            match message {
                // The connection ended without a close frame.
                None => return Err(Error::Closed { code: None, reason: String::new() }),
                Some(Ok(Message::Text(text))) => return Ok(Some(text)),
                Some(Ok(Message::Close(frame))) => {
                    let (code, reason) = frame.map(|frame| (frame.code.into(), frame.reason.to_string())).unzip();
                    return Err(Error::Closed { code, reason: reason.unwrap_or_default() });
                }
                // The library answers pings during the next wait.
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
            }
        }
    }

    /// The next message; pushed frames are written during the wait.
    async fn next(&mut self) -> Option<tungstenite::Result<Message>> {
        poll_fn(|context| {
            let read = self.stream.poll_next_unpin(context);
            // Written only with nothing left to read, so that a burst of frames is answered with one write. Reading
            // goes on after a failed write, because the server may have sent the reason.
            if read.is_pending()
                && self.failed.is_none()
                && let Poll::Ready(Err(error)) = self.stream.poll_flush_unpin(context)
            {
                self.failed = Some(error);
            }
            read
        })
        .await
    }
}

fn too_late(what: &str) -> Error {
    Error::TooLate(what.to_owned())
}

#[cfg(test)]
mod tests;

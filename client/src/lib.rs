//! One person's socket: frames in and out, with as few writes as there are waits.

use std::time::{Duration, Instant};

use futures_util::future::poll_immediate;
use futures_util::{SinkExt, StreamExt};
use switchboard_wire::phoenix::{self, Ref, Version};
use tokio::net::TcpStream;
use tokio::time::timeout_at;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message, Utf8Bytes};

/// Apps send a heartbeat every 30 s.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(30);
/// How long the answer to a handshake or a join may take.
const JOIN_MAX: Duration = Duration::from_secs(30);
/// Bytes of a socket's buffers: thousands of people should fit into one process.
const BUFFER_BYTES: usize = 4096;

/// Why a line ended or never came about.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// No connection.
    #[error("cannot connect to http://{0}: {1}; is the server there?")]
    NoConnection(String, std::io::Error),
    /// The WebSocket broke.
    #[error("the line broke: {0}")]
    Broke(#[from] tungstenite::Error),
    /// The server closed it.
    #[error("the server closed the line: {0}")]
    Closed(String),
    /// The server said no.
    #[error("the server refused: {0}")]
    Refused(String),
    /// Nothing came of that.
    #[error("the server did not answer {0} in time")]
    TooLate(&'static str),
    /// What came cannot be understood.
    #[error("the server sent what cannot be understood: {0}")]
    Nonsense(String),
}

/// A person's line.
pub struct Line {
    socket: WebSocketStream<TcpStream>,
    next_ref: i64,
    heartbeat_at: Instant,
}

impl Line {
    /// Connects with a token. People who came together beat one after the other, as those do who came at any time: the
    /// number says who in which second.
    pub async fn connect(address: &str, token: &str, number: usize) -> Result<Self, LineError> {
        let unreachable = |error| LineError::NoConnection(address.to_owned(), error);
        let url = format!("ws://{address}/socket/websocket?vsn=2.0.0&token={token}");
        let stream = TcpStream::connect(address).await.map_err(unreachable)?;
        stream.set_nodelay(true).map_err(unreachable)?;
        let config = WebSocketConfig::default().read_buffer_size(BUFFER_BYTES).write_buffer_size(BUFFER_BYTES);
        let handshake = tokio_tungstenite::client_async_with_config(url, stream, Some(config));
        let socket = match tokio::time::timeout(JOIN_MAX, handshake).await {
            Err(_late) => return Err(LineError::TooLate("a handshake")),
            Ok(Ok((socket, _))) => socket,
            Ok(Err(tungstenite::Error::Http(answer))) => {
                let body = answer.body().as_deref().map(String::from_utf8_lossy).unwrap_or_default();
                return Err(LineError::Refused(format!("{} {body}", answer.status())));
            }
            Ok(Err(error)) => return Err(error.into()),
        };
        let first_beat = Duration::from_secs(1 + number as u64 % HEARTBEAT_EVERY.as_secs());
        Ok(Self { socket, next_ref: 1, heartbeat_at: Instant::now() + first_beat })
    }

    /// Joins a topic and waits for the answer, whatever else comes. Gives the join's ref.
    pub async fn join(&mut self, topic: &str) -> Result<i64, LineError> {
        let reference = self.push_join(topic).await?;
        let latest = Instant::now() + JOIN_MAX;
        while let Some(text) = self.hear(latest).await? {
            let frame = Frame::read(&text)?;
            if let Some(reply) = frame.reply_to(reference)? {
                return match reply {
                    Reply::Ok(_) => Ok(reference),
                    Reply::Error(error) => Err(LineError::Refused(format!("{}: {}", error.reason, error.message))),
                };
            }
        }
        Err(LineError::TooLate("a join"))
    }

    /// Asks to join a topic. Gives the join's ref.
    pub async fn push_join(&mut self, topic: &str) -> Result<i64, LineError> {
        self.push(self.next_ref, topic, phoenix::event::JOIN, "{}").await
    }

    /// Pushes an event, which leaves before the next wait. Gives its ref.
    pub async fn push(&mut self, join_ref: i64, topic: &str, event: &str, payload: &str) -> Result<i64, LineError> {
        let reference = self.next_ref;
        self.next_ref += 1;
        let join_ref = if topic == phoenix::PHOENIX_TOPIC { Ref::Null } else { Ref::Number(join_ref) };
        let frame = phoenix::push(Version::V2, &join_ref, &Ref::Number(reference), topic, event, payload);
        self.socket.feed(Message::text(frame)).await?;
        Ok(reference)
    }

    /// The next frame; nothing when the time has come before it.
    pub async fn hear(&mut self, until: Instant) -> Result<Option<Utf8Bytes>, LineError> {
        loop {
            let message = match poll_immediate(self.socket.next()).await {
                Some(message) => message,
                None => {
                    self.socket.flush().await?;
                    let wake = until.min(self.heartbeat_at);
                    match timeout_at(wake.into(), self.socket.next()).await {
                        Ok(message) => message,
                        Err(_) if wake == until => return Ok(None),
                        Err(_) => {
                            self.heartbeat_at = wake + HEARTBEAT_EVERY;
                            self.push(0, phoenix::PHOENIX_TOPIC, phoenix::event::HEARTBEAT, "{}").await?;
                            continue;
                        }
                    }
                }
            };
            match message {
                None => return Err(LineError::Closed("without a word".into())),
                Some(Ok(Message::Text(text))) => return Ok(Some(text)),
                Some(Ok(Message::Close(frame))) => {
                    let reason = frame.map_or_else(String::new, |frame| format!("{} {}", frame.code, frame.reason));
                    return Err(LineError::Closed(reason));
                }
                // A ping is answered by the library when the next frame is waited for.
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
            }
        }
    }
}

/// A frame that was heard.
pub struct Frame<'a>(phoenix::Incoming<'a>);

/// How the server answered.
pub enum Reply<'a> {
    /// Done.
    Ok(&'a str),
    /// Refused.
    Error(Refused),
}

/// What a refusal says.
#[derive(Debug, serde::Deserialize)]
pub struct Refused {
    pub reason: String,
    pub message: String,
    pub retry_in_ms: Option<u64>,
}

impl<'a> Frame<'a> {
    pub fn read(text: &'a str) -> Result<Self, LineError> {
        phoenix::parse(Version::V2, text).map(Self).map_err(|error| LineError::Nonsense(error.to_string()))
    }

    /// Its event.
    pub fn event(&self) -> &str {
        &self.0.event
    }

    /// Its payload.
    pub fn payload<T: serde::Deserialize<'a>>(&self) -> Result<T, LineError> {
        understood(self.0.payload.get())
    }

    /// What it says, if it is the reply to that push.
    pub fn reply_to(&self, reference: i64) -> Result<Option<Reply<'a>>, LineError> {
        #[derive(serde::Deserialize)]
        struct Payload<'a> {
            status: &'a str,
            #[serde(borrow)]
            response: &'a serde_json::value::RawValue,
        }
        if self.0.event != phoenix::event::REPLY || self.0.reference != Ref::Number(reference) {
            return Ok(None);
        }
        let Payload { status, response } = self.payload()?;
        Ok(Some(if status == "ok" { Reply::Ok(response.get()) } else { Reply::Error(understood(response.get())?) }))
    }
}

/// JSON of the server's.
pub fn understood<'a, T: serde::Deserialize<'a>>(json: &'a str) -> Result<T, LineError> {
    serde_json::from_str(json).map_err(|error| LineError::Nonsense(error.to_string()))
}

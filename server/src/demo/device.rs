//! A device of the play: a real socket that speaks Phoenix frames and tells what it sees.

use std::time::Duration;

use anyhow::{Context, bail};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::server_url::ServerUrl;

/// How long a device waits for what must come.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// A person's device, on one topic.
pub(super) struct Device {
    who: &'static str,
    topic: String,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    next_ref: u64,
}

impl Device {
    /// Connects and joins; gives the join's reply.
    pub(super) async fn join(
        url: &ServerUrl,
        token: &str,
        who: &'static str,
        topic: &str,
    ) -> anyhow::Result<(Self, Value)> {
        let connected = tokio::time::timeout(WAIT_MAX, connect_async(url.socket(token))).await;
        let (socket, _) = match connected.with_context(|| format!("{url} does not answer"))? {
            Ok(connected) => connected,
            Err(tungstenite::Error::Http(answer)) => bail!(refused(url, &answer)),
            Err(error) => {
                return Err(error)
                    .with_context(|| format!("cannot connect to {url}: does `switchboard serve --dev` run there?"));
            }
        };
        let mut device = Self { who, topic: topic.to_owned(), socket, next_ref: 1 };
        let snapshot = device.push("phx_join", json!({})).await?;
        Ok((device, snapshot))
    }

    /// Pushes, and gives the response of the reply; an error's response too.
    pub(super) async fn push(&mut self, event: &str, payload: Value) -> anyhow::Result<Value> {
        let reference = self.next_ref.to_string();
        self.next_ref += 1;
        if event != "phx_join" {
            self.say(&format!("-> {event} {}", brief(&payload)));
        }
        let frame = json!(["1", reference, self.topic, event, payload]).to_string();
        self.socket.send(Message::text(frame)).await?;
        let reply = self.wait_for(|frame| frame[1] == json!(reference) && frame[3] == "phx_reply").await?;
        let response = reply[4]["response"].clone();
        if event != "phx_join" {
            let status = reply[4]["status"].as_str().unwrap_or("?");
            self.say(&format!("<- {status} {}", brief(&response)));
        } else if reply[4]["status"] != "ok" {
            bail!("{} may not join {}: {response}", self.who, self.topic);
        }
        Ok(response)
    }

    /// Waits for an event, and tells it.
    pub(super) async fn hear(&mut self, event: &str, which: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
        let frame = self.wait_for(|frame| frame[3] == event && which(&frame[4])).await?;
        self.say(&format!("<- {event} {}", brief(&frame[4])));
        Ok(frame[4].clone())
    }

    async fn wait_for(&mut self, wanted: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
        let waiting = async {
            loop {
                let message = self.socket.next().await.context("the server closed the line")??;
                if let Message::Text(text) = message {
                    let frame: Value = serde_json::from_str(&text)?;
                    if wanted(&frame) {
                        return Ok(frame);
                    }
                }
            }
        };
        tokio::time::timeout(WAIT_MAX, waiting).await.with_context(|| format!("{} heard nothing", self.who))?
    }

    fn say(&self, what: &str) {
        println!("   {:<7} {what}", self.who);
    }
}

/// Why a server that is there lets nobody in.
fn refused(url: &ServerUrl, answer: &tungstenite::http::Response<Option<Vec<u8>>>) -> String {
    let body = answer.body().as_deref().unwrap_or_default();
    let said = serde_json::from_slice::<Value>(body).ok().and_then(|body| Some(body["message"].as_str()?.to_owned()));
    let said = said.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned());
    let status = answer.status();
    let hint = match status.as_u16() {
        401 => ": give the same `--data` or `jwt_secret` as the server has",
        404 => ": is it Switchboard?",
        _ => "",
    };
    format!("the server at {url} refuses ({status}{hint}): {said}")
}

/// What a person wants to see of a payload: the words, not the ids.
fn brief(payload: &Value) -> String {
    const SHOWN: &[&str] = &[
        "topic",
        "note",
        "status",
        "cause",
        "reason",
        "message",
        "state",
        "attempt",
        "expires_in_ms",
        "outcome",
        "available",
        "idle",
        "body",
        "from",
        "online",
        "ended_by",
        "offers",
        "name",
        "data",
    ];
    match payload {
        Value::Object(fields) => {
            let shown = fields.iter().filter(|(name, value)| {
                !value.is_null() && (SHOWN.contains(&name.as_str()) || value.is_object() && name.as_str() != "topics")
            });
            let parts: Vec<String> = shown.map(|(name, value)| format!("{name}: {}", brief(value))).collect();
            format!("{{{}}}", parts.join(", "))
        }
        other => other.to_string(),
    }
}

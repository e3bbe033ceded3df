//! A device of the play: a real socket that prints its frames.

use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::Value;
use switchboard_client::{Error, Response, Socket};

use crate::server_url::ServerUrl;

/// The longest wait for a frame that must come.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// A person's device on one topic.
pub(super) struct DemoDevice {
    who: &'static str,
    topic: String,
    socket: Socket,
}

impl DemoDevice {
    pub(super) async fn join(url: &ServerUrl, token: &str, who: &'static str, topic: &str) -> anyhow::Result<Self> {
        let mut socket = match Socket::connect(url.address(), token, WAIT_MAX).await {
            Ok(socket) => socket,
            Err(Error::NoSocket(response)) => bail!(refused(url, &response)),
            Err(Error::TooLate(_)) => bail!("{url} does not answer"),
            Err(error) => {
                return Err(error)
                    .with_context(|| format!("cannot connect to {url}: is `switchboard serve --dev` running there?"));
            }
        };
        socket.join(topic).await.with_context(|| format!("{who} may not join {topic}"))?;
        Ok(Self { who, topic: topic.to_owned(), socket })
    }

    /// Pushes an event, and returns the response of the reply, whether the push was granted or refused.
    pub(super) async fn push(&mut self, event: &str, payload: Value) -> anyhow::Result<Value> {
        self.say(&format!("-> {event} {}", brief(&payload)));
        let (status, response) = match self.socket.ask(&self.topic, event, &payload.to_string()).await {
            Ok(response) => ("ok", response),
            // A refusal is part of the play, which begins with one.
            Err(Error::Refused(response)) => ("error", response),
            Err(error) => return Err(error).context(self.who),
        };
        self.say(&format!("<- {status} {}", brief(&response)));
        Ok(response)
    }

    /// Waits for an event, and prints its payload.
    pub(super) async fn hear(&mut self, event: &str, which: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
        let payload = self.socket.event(event, which).await.context(self.who)?;
        self.say(&format!("<- {event} {}", brief(&payload)));
        Ok(payload)
    }

    fn say(&self, what: &str) {
        println!("   {:<7} {what}", self.who);
    }
}

/// The message for a handshake that the server refused, with a hint at the cause.
fn refused(url: &ServerUrl, answer: &Response) -> String {
    let body = answer.body().as_deref().unwrap_or_default();
    let said = serde_json::from_slice::<Value>(body).ok().and_then(|body| Some(body["message"].as_str()?.to_owned()));
    let said = said.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned());
    let status = answer.status();
    let hint = match status.as_u16() {
        401 => ": use the same `--data` or `jwt_secret` as the server",
        404 => ": is it Switchboard?",
        _ => "",
    };
    format!("the server at {url} refused the connection ({status}{hint}): {said}")
}

/// A payload for reading: its words without its ids.
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

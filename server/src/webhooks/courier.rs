//! The courier: one request to a receiver, bounded in time, size and address.

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, StatusCode, redirect};

use super::address::{Resolver, read_url};

/// Time that a receiver has for its answer: a receiver with longer work should answer first.
const ANSWER_MAX: Duration = Duration::from_secs(15);
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// Bytes that are read of an answer: enough to reuse the connection.
const ANSWER_MAX_BYTES: usize = 16 * 1024;
/// Time for which an idle connection is kept for the next event.
const CONNECTION_KEPT: Duration = Duration::from_secs(30);
/// Characters of an error that are kept.
const ERROR_MAX_CHARS: usize = 200;

/// Event as a request to one receiver.
pub(super) struct Parcel {
    pub(super) url: String,
    pub(super) id: String,
    pub(super) at_s: u64,
    pub(super) signature: String,
    pub(super) body: String,
}

/// Outcome of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DeliveryResult {
    /// The receiver has accepted the event.
    Taken,
    /// The event may be tried again.
    Failed {
        /// Reason, for a person.
        error: String,
        /// The pause that the receiver asks for.
        asked_ms: Option<u64>,
    },
    /// The receiver wants no further events: HTTP 410.
    Gone,
}

/// Sender of events to receivers.
#[derive(Debug)]
pub(super) struct Courier {
    allow_private: bool,
    /// Made on first use, because a server without webhooks needs no certificates.
    client: OnceLock<Result<Client, String>>,
}

impl Courier {
    pub(super) const fn new(allow_private: bool) -> Self {
        Self { allow_private, client: OnceLock::new() }
    }

    /// Tries the delivery once.
    pub(super) async fn bring(&self, parcel: Parcel) -> DeliveryResult {
        match self.ask(parcel).await {
            Ok(answer) => answer,
            Err(error) => {
                DeliveryResult::Failed { error: error.chars().take(ERROR_MAX_CHARS).collect(), asked_ms: None }
            }
        }
    }

    async fn ask(&self, parcel: Parcel) -> Result<DeliveryResult, String> {
        // Checked again, because `allow_private` may have changed since the address was set, and because a literal
        // address needs no resolver, which would check it.
        let url = read_url(&parcel.url, self.allow_private).map_err(|wrong| format!("the address {wrong}"))?;
        let client = self.client.get_or_init(|| client(self.allow_private)).as_ref().map_err(Clone::clone)?;
        let request = client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", parcel.id)
            .header("webhook-timestamp", parcel.at_s)
            .header("webhook-signature", parcel.signature)
            .body(parcel.body);
        let mut response = request.send().await.map_err(|error| in_words(&error))?;
        let status = response.status();
        let asked_ms = response.headers().get(RETRY_AFTER).and_then(|value| asked_ms(value.to_str().ok()?));
        let mut left = ANSWER_MAX_BYTES;
        while let Ok(Some(chunk)) = response.chunk().await
            && chunk.len() < left
        {
            left -= chunk.len();
        }
        Ok(if status.is_success() {
            DeliveryResult::Taken
        } else if status == StatusCode::GONE {
            DeliveryResult::Gone
        } else {
            DeliveryResult::Failed { error: format!("the receiver answered {}", status.as_u16()), asked_ms }
        })
    }
}

fn client(allow_private: bool) -> Result<Client, String> {
    let builder = Client::builder()
        .user_agent(concat!("Switchboard/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        // No proxy, because a proxy would resolve names by itself, past the resolver's check.
        .no_proxy()
        .dns_resolver(Resolver::new(allow_private))
        .timeout(ANSWER_MAX)
        .connect_timeout(CONNECT_MAX)
        .pool_max_idle_per_host(1)
        .pool_idle_timeout(CONNECTION_KEPT);
    builder.build().map_err(|error| format!("the request cannot be built: {}", in_words(&error)))
}

/// The innermost cause, which is the useful part; never the address, which may hold a secret.
fn in_words(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer before the timeout".to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    if std::ptr::addr_eq(cause, error) { "the request failed".to_owned() } else { cause.to_string() }
}

/// Reads `Retry-After` in seconds. A date is ignored, so that the schedule applies.
fn asked_ms(value: &str) -> Option<u64> {
    value.trim().parse::<u64>().ok().map(|seconds| seconds.saturating_mul(1000))
}

//! The feed over HTTP: page by page, waiting for more, or as a stream of server-sent events.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use switchboard_core::CompanyId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, timeout_at};

use super::ask::{self, Answered, InPath, shown};
use super::past::Past;
use super::problem::Problem;
use crate::exchange::NotNow;
use crate::feed::{self, Slice, Told, Wanted};
use crate::hub::{Hub, closed};
use crate::journal::news::Follower;

/// How long an answer may wait for something to tell: less than most proxies do.
const WAIT_MAX_MS: u64 = 60_000;
/// Followers at once, waiting or streaming: half of the connections that there are beside the sockets.
const FOLLOWERS_MAX: usize = 512;
/// Events that are read for a stream at once: what one stream may hold in memory, about 100 KB.
const STREAM_SLICE: usize = 64;
/// A stream ends after that long, and the client comes back with what it had last: no connection lives for ever.
const STREAM_MAX: Duration = Duration::from_secs(240);
/// A comment now and then, so that what lies between notices a dead line.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// When a client comes back.
const COME_BACK: Duration = Duration::from_secs(1);

/// Places for those who follow.
#[derive(Clone, Debug)]
pub struct Followers(Arc<Semaphore>);

impl Default for Followers {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(FOLLOWERS_MAX)))
    }
}

impl Followers {
    fn place(&self) -> Result<OwnedSemaphorePermit, Problem> {
        self.0.clone().try_acquire_owned().map_err(|_| Problem::from(NotNow::Overloaded { retry_in_ms: 1_000 }))
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EventsQuery {
    after: Option<String>,
    limit: Option<u32>,
    wait_ms: Option<u64>,
    types: Option<String>,
}

/// Events and the number to go on after.
#[derive(Debug, Serialize)]
struct Listed {
    items: Vec<Box<RawValue>>,
    next: u64,
}

/// `GET /v1/companies/{company}/events`
///
/// # Errors
/// `unknown_company`, `gone` when what is asked for is not kept any more, or a bad query.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/events",
    tag = "events",
    summary = "What happened, in the order of the commits",
    description = "With `Accept: text/event-stream` it is a stream that goes on.",
    params(
        ("company" = String, Path, description = "The company's id"),
        ("after" = Option<String>, Query, description = "The `next` of the page before, or `latest`; without it from the oldest that is kept"),
        ("limit" = Option<u32>, Query, description = "1 to 500, default 50"),
        ("wait_ms" = Option<u64>, Query, description = "How long to wait for something to tell, at most 60000"),
        ("types" = Option<String>, Query, description = "Only these types, with commas between them"),
        ("Last-Event-ID" = Option<String>, Header, description = "Where a stream goes on; it counts before `after`"),
    ),
    responses(
        (status = 200, description = "Events, and the number to go on after", body = serde_json::Value, example = json!({
            "items": [{"id": "acme:17", "type": "offer.made", "timestamp": "2026-11-24T09:30:00.000Z",
                "company_id": "acme", "seq": 17, "data": {"offer_id": "0193…b1.1", "employee_id": "ann"}}],
            "next": 17
        })),
        (status = 401, description = "No key, or a wrong one"),
        (status = 404, description = "`unknown_company`"),
        (status = 410, description = "`gone`: it is not kept any more; `oldest` is"),
        (status = 422, description = "`invalid`"),
        (status = 503, description = "`draining`, `unavailable`, or `overloaded` when too many follow"),
    ),
)]
pub async fn list(
    State(hub): State<Arc<Hub>>,
    State(past): State<Past>,
    State(followers): State<Followers>,
    InPath(company): InPath<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Answered {
    let company: CompanyId = ask::id("company", &company)?;
    let EventsQuery { after, limit, wait_ms, types } = ask::query(&uri)?;
    let types = types.as_deref().unwrap_or_default().split(',').filter(|word| !word.is_empty());
    let wanted = Wanted::read(types)
        .map_err(|word| Problem::invalid(format!("`types`: there is no `{word}`: see docs/webhooks.md")))?;
    let limit = ask::page(limit, None)?.limit as usize;
    let wait_ms = wait_ms.unwrap_or(0);
    if wait_ms > WAIT_MAX_MS {
        return Err(Problem::invalid(format!("`wait_ms` is at most {WAIT_MAX_MS}")));
    }
    let streams =
        header_text(&headers, header::ACCEPT.as_str()).is_some_and(|kinds| kinds.contains("text/event-stream"));
    let last = header_text(&headers, "last-event-id").filter(|_| streams);
    let place = if streams || wait_ms > 0 { Some(followers.place()?) } else { None };
    // Before anything is read: so nothing can be filed unnoticed in between.
    let follower = past.follow(&company);
    let after = start(&hub, &past, &company, last.or(after.as_deref())).await?;
    let mut reading = Reading { past, company, follower, after, wanted, closing: hub.closing.clone() };
    if streams {
        return Ok(stream_of(reading, place));
    }
    let until = Instant::now() + Duration::from_millis(wait_ms);
    let slice = reading.slice(limit, until).await?;
    let items = slice.events.into_iter().filter_map(|told| RawValue::from_string(told.json).ok()).collect();
    Ok(shown(StatusCode::OK, &Listed { items, next: slice.next }))
}

fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// After which number to read. What a company has told before is filed first: whoever was told of it finds it.
async fn start(hub: &Hub, past: &Past, company: &CompanyId, after: Option<&str>) -> Result<u64, Problem> {
    let kept = past.of(company, |reader, company| reader.ask(|connection| feed::kept(connection, company))).await?;
    let Some((oldest, latest)) = kept else {
        ask::known_company(hub, company).await?;
        return Ok(0);
    };
    let after = match after {
        None => return Ok(oldest - 1),
        Some("latest") => return Ok(latest),
        Some(number) => number,
    };
    let bad = || Problem::invalid(format!("`after` must be `latest` or a number up to {latest}, the latest event's"));
    let after = after.parse().ok().filter(|after| *after <= latest).ok_or_else(bad)?;
    if after + 1 < oldest {
        let detail = format!("the events after {after} are not kept any more; the oldest is {oldest}");
        return Err(Problem::new(StatusCode::GONE, "gone", detail).with("oldest", oldest));
    }
    Ok(after)
}

/// One who reads a company's feed on.
struct Reading {
    past: Past,
    company: CompanyId,
    follower: Follower,
    after: u64,
    wanted: Wanted,
    closing: watch::Receiver<Option<u64>>,
}

impl Reading {
    /// The next events. When there are none it waits for some until then, or until the server stops.
    async fn slice(&mut self, limit: usize, until: Instant) -> Result<Slice, Problem> {
        loop {
            let (company, after, wanted) = (self.company.clone(), self.after, self.wanted.clone());
            let read = self.past.as_filed(move |reader| {
                reader.ask(|connection| feed::read(connection, &company, after, limit, &wanted))
            });
            let slice = read.await?;
            self.after = slice.next;
            if !slice.events.is_empty() || Instant::now() >= until {
                return Ok(slice);
            }
            if slice.is_all {
                let more = async {
                    tokio::select! {
                        () = self.follower.more() => true,
                        () = closed(&mut self.closing) => false,
                    }
                };
                if !matches!(timeout_at(until, more).await, Ok(true)) {
                    return Ok(slice);
                }
            }
        }
    }
}

/// A stream that is read as fast as the client takes it: one that takes nothing holds a slice, and no more.
fn stream_of(reading: Reading, place: Option<OwnedSemaphorePermit>) -> Response {
    let streaming = Streaming { reading, ready: VecDeque::new(), begun: false, until: Instant::now() + STREAM_MAX };
    let events = stream::unfold((streaming, place), |(mut streaming, place)| async move {
        streaming.next().await.map(|event| (Ok(event), (streaming, place)))
    });
    sse(events)
}

fn sse(events: impl Stream<Item = Result<Event, Infallible>> + Send + 'static) -> Response {
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response();
    // Proxies that collect an answer before they pass it on would hold events back.
    response.headers_mut().insert("x-accel-buffering", header::HeaderValue::from_static("no"));
    response
}

struct Streaming {
    reading: Reading,
    ready: VecDeque<Told>,
    begun: bool,
    until: Instant,
}

impl Streaming {
    /// The next event of the stream; none when it ends.
    async fn next(&mut self) -> Option<Event> {
        if !self.begun {
            self.begun = true;
            return Some(Event::default().retry(COME_BACK).id(self.reading.after.to_string()));
        }
        if self.ready.is_empty() {
            let before = self.reading.after;
            let slice = self.reading.slice(STREAM_SLICE, self.until).await.ok()?;
            if slice.events.is_empty() && slice.next == before {
                return None;
            }
            self.ready = slice.events.into();
        }
        let event = Event::default();
        Some(match self.ready.pop_front() {
            Some(told) => event.id(told.seq.to_string()).event(told.kind.word()).data(told.json),
            // Only of types that are not wanted: the client comes back behind them.
            None => event.id(self.reading.after.to_string()),
        })
    }
}

//! The feed over HTTP: page by page, waiting for more, or as a stream of server-sent events.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use switchboard_core::{CompanyId, Refusal};
use switchboard_exchange::admission::shares::SharePermit;
use switchboard_history::feed::{FeedEvent, FeedSlice};
use switchboard_journal::Wanted;
use switchboard_journal::feed_notifier::Follower;
use switchboard_wire::shape::{self, examples};
use tokio::time::{Instant, timeout_at};
use utoipa::{IntoParams, ToSchema};

use super::ApiState;
use super::ask::{self, ApiResult, InPath, shown};
use super::history_reader::HistoryReader;
use super::in_path::OfCompany;
use super::principal::Principal;
use super::problem::Problem;
use crate::shutdown::Shutdown;

/// The longest wait of an answer for an event: less than the timeouts of most proxies.
const WAIT_MAX_MS: u64 = 60_000;
/// Events that a stream reads at once, which bounds the memory of one stream to about 100 KB.
const STREAM_SLICE: usize = 64;
/// Duration of a stream, after which the client reconnects with its last id, so that no connection lives for ever.
const STREAM_MAX: Duration = Duration::from_secs(240);
/// Interval of comments in a stream, so that proxies notice a dead connection.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Pause before a client reconnects.
const COME_BACK: Duration = Duration::from_secs(1);

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct EventsQuery {
    /// The `next` of the previous page, or `latest`; default: the oldest event that is kept.
    #[param(pattern = "^(latest|[0-9]{1,18})$", example = "0")]
    after: Option<String>,
    /// Maximum number of items.
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: Option<u32>,
    /// Maximum time to wait for a new event.
    #[param(minimum = 0, maximum = 60_000, default = 0, example = 1)]
    wait_ms: Option<u64>,
    /// Only these event types, comma-separated.
    #[param(
        value_type = Vec<shape::KindOfEvent>, required = false, style = Form, explode = false,
        example = json!(["booking.opened", "offer.made"])
    )]
    types: Option<String>,
}

/// What a stream says beside its query.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only described: it is read from the head")]
struct Last {
    /// The last `id` of an interrupted stream, to continue after it; takes precedence over `after`.
    #[param(rename = "Last-Event-ID", value_type = String, required = false)]
    last_event_id: Option<String>,
}

/// An event of a company.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event, examples(examples::event))]
struct AnEvent {
    /// Permanent, globally unique id of the event.
    id: String,
    #[schema(value_type = shape::KindOfEvent)]
    r#type: String,
    #[schema(value_type = shape::Moment)]
    timestamp: String,
    #[schema(value_type = shape::Id)]
    company_id: String,
    /// Sequence number of the event in its company; numbers increase, with gaps.
    #[schema(minimum = 1)]
    seq: u64,
    /// Fields of the event's type, as described in docs/webhooks.md.
    #[schema(value_type = Object)]
    data: (),
}

/// Events and the position to continue from.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Events, examples(examples::events))]
struct EventList {
    #[schema(value_type = Vec<AnEvent>)]
    items: Vec<Box<RawValue>>,
    /// Position to continue from, present even without new events.
    next: u64,
}

/// Lists events, in commit order.
///
/// With `Accept: text/event-stream` the answer is a stream that lasts some minutes: each event has its `seq` as `id`,
/// its type as `event` and the whole event as `data`.
///
/// # Errors
/// `unknown_company`, `gone` when what is asked for is not kept any more, or a bad query.
#[utoipa::path(
    get, path = "/companies/{company}/events", operation_id = "listEvents", tag = "events",
    security(("key" = ["read"])),
    params(OfCompany, EventsQuery, Last),
    responses(
        (status = 200, description = "Events, and the position to continue from", content(
            (EventList = "application/json"),
            (String = "text/event-stream", example = json!(examples::event_stream())),
        )),
        (status = 404, description = "`unknown_company`"),
        (status = 410, description = "`gone`"),
    )
)]
pub async fn list(
    State(api): State<Arc<ApiState>>,
    State(past): State<HistoryReader>,
    Extension(caller): Extension<Principal>,
    InPath(company): InPath<String>,
    headers: HeaderMap,
    uri: Uri,
) -> ApiResult {
    let company: CompanyId = ask::id("company", &company)?;
    let EventsQuery { after, limit, wait_ms, types } = ask::query(&uri)?;
    let types = types.as_deref().unwrap_or_default().split(',').filter(|word| !word.is_empty());
    let wanted = Wanted::read(types)
        .map_err(|word| Problem::invalid(format!("`types`: `{word}` is not an event type: see docs/webhooks.md")))?;
    let limit = ask::limit(limit)? as usize;
    let wait_ms = wait_ms.unwrap_or(0);
    if wait_ms > WAIT_MAX_MS {
        return Err(Problem::invalid(format!("`wait_ms` is at most {WAIT_MAX_MS}")));
    }
    let streams =
        header_text(&headers, header::ACCEPT.as_str()).is_some_and(|kinds| kinds.contains("text/event-stream"));
    let last = header_text(&headers, "last-event-id").filter(|_| streams);
    let place = match streams || wait_ms > 0 {
        true => Some(caller.part_of(&api.admission.shares.feeds, Some(&company)).await?),
        false => None,
    };
    // Follow before the read, so that no event can be projected unnoticed between the two.
    let follower = past.follow(&company);
    let removed = past.of(&company, |reader, company| reader.removed_last(company)).await?;
    let after = start(&past, &company, last.or(after.as_deref())).await?;
    let mut reading =
        FeedStream { past, caller, company, removed, follower, after, wanted, shutdown: api.shutdown.clone() };
    if streams {
        return Ok(stream_of(reading, place));
    }
    let until = Instant::now() + Duration::from_millis(wait_ms);
    let slice = reading.slice(limit, until).await?;
    let items = slice.events.into_iter().filter_map(|told| RawValue::from_string(told.json).ok()).collect();
    Ok(shown(StatusCode::OK, &EventList { items, next: slice.next }))
}

fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Number after which to read. Earlier events of the company are projected first, so that a caller who was told of an
/// event finds it.
async fn start(past: &HistoryReader, company: &CompanyId, after: Option<&str>) -> Result<u64, Problem> {
    let kept = past.of(company, |reader, company| {
        let kept = reader.feed_kept(company)?;
        Ok((kept, kept.is_some() || reader.is_known(company)?))
    });
    let (kept, is_known) = kept.await?;
    let Some((oldest, latest)) = kept else {
        return if is_known { Ok(0) } else { Err(ask::unknown_company()) };
    };
    let after = match after {
        None => return Ok(oldest - 1),
        Some("latest") => return Ok(latest),
        Some(number) => number,
    };
    let bad =
        || Problem::invalid(format!("`after` must be `latest` or a number up to {latest}, that of the latest event"));
    let after = after.parse().ok().filter(|after| *after <= latest).ok_or_else(bad)?;
    if after + 1 < oldest {
        let detail = format!("the events after {after} are no longer kept; the oldest is {oldest}");
        return Err(Problem::new(StatusCode::GONE, "gone", detail).with("oldest", oldest));
    }
    Ok(after)
}

/// A reader of a company's feed.
struct FeedStream {
    past: HistoryReader,
    caller: Principal,
    company: CompanyId,
    /// The event by which the last company of that id was removed, as of the beginning.
    removed: Option<u64>,
    follower: Follower,
    after: u64,
    wanted: Wanted,
    shutdown: Shutdown,
}

impl FeedStream {
    /// The next events, until the company is removed: later events belong to the next company with that id. Without
    /// events the answer waits for some until that moment, or until the server stops.
    async fn slice(&mut self, limit: usize, until: Instant) -> Result<FeedSlice, Problem> {
        loop {
            let (company, after, wanted) = (self.company.clone(), self.after, self.wanted.clone());
            let read = self.past.slice_as_projected(&self.caller, &self.company, move |reader| {
                reader.feed(&company, after, limit, &wanted)
            });
            let (mut slice, removed) = read.await?;
            if let Some(removed) = removed.filter(|_| removed != self.removed) {
                slice.events.retain(|told| told.seq <= removed);
                slice.next = slice.next.min(removed);
                if slice.events.is_empty() {
                    return Err(Problem::from(&Refusal::UnknownCompany));
                }
            }
            self.after = slice.next;
            if !slice.events.is_empty() || Instant::now() >= until {
                return Ok(slice);
            }
            if slice.is_all {
                let more = async {
                    tokio::select! {
                        () = self.follower.more() => true,
                        _window_ms = self.shutdown.begun() => false,
                    }
                };
                if !matches!(timeout_at(until, more).await, Ok(true)) {
                    return Ok(slice);
                }
            }
        }
    }
}

/// A stream that is read as fast as the client takes it: a client that takes nothing holds one slice at most.
fn stream_of(reading: FeedStream, place: Option<SharePermit>) -> Response {
    let streaming = Streaming { reading, ready: VecDeque::new(), begun: false, until: Instant::now() + STREAM_MAX };
    let events = stream::unfold((streaming, place), |(mut streaming, place)| async move {
        streaming.next().await.map(|event| (Ok(event), (streaming, place)))
    });
    sse(events)
}

fn sse(events: impl Stream<Item = Result<Event, Infallible>> + Send + 'static) -> Response {
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response();
    // Proxies that buffer an answer would hold events back.
    response.headers_mut().insert("x-accel-buffering", header::HeaderValue::from_static("no"));
    // The same as other answers with data, in place of the framework's `no-cache`.
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}

struct Streaming {
    reading: FeedStream,
    ready: VecDeque<FeedEvent>,
    begun: bool,
    until: Instant,
}

impl Streaming {
    /// The next event of the stream; none when the stream ends.
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
            // All events of the slice were of other types: the client goes on after them.
            None => event.id(self.reading.after.to_string()),
        })
    }
}

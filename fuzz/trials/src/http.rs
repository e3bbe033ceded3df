//! The HTTP API: requests to the router of a server that is assembled in the process, on a store of its own.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, Uri, header};
use serde_json::Value;
use switchboard::api::history_reader::HistoryReader;
use switchboard::api::{self, ApiState, Pages};
use switchboard::api_keys::ApiKeys;
use switchboard::auth::{Keyring, SignInCodes};
use switchboard::shutdown;
use switchboard::socket::SocketLimits;
use switchboard::webhooks::{Options, Webhooks};
use switchboard_core::{BookingRequest, Command, Intent, OfferId};
use switchboard_exchange::Exchange;
use switchboard_exchange::admission::{Admission, Limits};
use switchboard_exchange::clock::Clock;
use switchboard_history::{History, snapshot};
use switchboard_journal::Journal;
use switchboard_sqlite::check::check;
use switchboard_sqlite::{Reader, Sqlite};
use tower::ServiceExt;

const KEY: &str = "the key of the trials";
/// The most requests of one input, because more of them find nothing new.
const REQUESTS_MAX: usize = 20;
/// The longest answer: a page of 500 companies with long names.
const ANSWER_MAX_BYTES: usize = 4 * 1024 * 1024;
const JOURNAL_QUEUE: usize = 64;

/// The reasons that an error of the API may have.
const REASONS: [&str; 20] = [
    "unauthorized",
    "unknown_company",
    "unknown_employee",
    "unknown_booking",
    "unknown_session",
    "unknown_route",
    "unknown_method",
    "invalid",
    "too_large",
    "booking_closed",
    "session_ended",
    "already_booked",
    "no_idle_employee",
    "offer_closed",
    "unknown_offer",
    "forbidden",
    "gone",
    "unknown_webhook",
    "unknown_delivery",
    "too_many",
];

/// Sends requests, one on each line: `METHOD /path?query body`. `BOOKING`, `OPEN` and `SESSION` in a path stand for a
/// booking that led to a session, one that still searches, and the session. A line that begins with `!` is sent without
/// the key.
pub fn http(data: &[u8]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.unwrap_or_else(|error| panic!("{error}"));
    let place = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    runtime.block_on(async {
        let trial = HttpTrial::start(place.path()).await;
        for line in data.split(|byte| *byte == b'\n').take(REQUESTS_MAX) {
            trial.request(line).await;
        }
        trial.exchange.settle().await;
    });
    drop(runtime);
    // The store is whole after the requests: the tables agree with the events.
    let report = Reader::open(place.path()).map(|reader| check(&reader));
    let report = report.unwrap_or_else(|error| panic!("{error}")).unwrap_or_else(|error| panic!("{error}"));
    assert!(report.differences.is_empty(), "{:?}", report.differences);
}

struct HttpTrial {
    exchange: Arc<Exchange>,
    app: Router,
    names: [(&'static str, String); 3],
}

impl HttpTrial {
    async fn start(place: &std::path::Path) -> Self {
        let api = api(place).await.unwrap_or_else(|error| panic!("{error}"));
        let (exchange, names) = (api.exchange.clone(), seed(&api.exchange).await);
        Self { app: api::router(api, Router::new()), exchange, names }
    }

    async fn request(&self, line: &[u8]) {
        let (keyless, line) = line.strip_prefix(b"!").map_or((false, line), |rest| (true, rest));
        let mut parts = line.splitn(3, |byte| *byte == b' ');
        let (method, target) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let body = parts.next().unwrap_or_default().to_vec();
        let Ok(mut target) = String::from_utf8(target.to_vec()) else { return };
        for (name, id) in &self.names {
            target = target.replace(name, id);
        }
        // The router receives only requests that hyper can parse.
        let (Ok(method), Ok(uri)) = (Method::from_bytes(method), target.parse::<Uri>()) else { return };
        if !target.starts_with('/') || method == Method::CONNECT {
            return;
        }
        let mut request = Request::builder().method(method.clone()).uri(uri);
        if !keyless {
            request = request.header(header::AUTHORIZATION, format!("Bearer {KEY}"));
        }
        let Ok(request) = request.body(Body::from(body.clone())) else { return };
        let response = self.app.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
        let (status, is_head) = (response.status(), method == Method::HEAD);
        let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or_default().to_owned();
        let answer = to_bytes(response.into_body(), ANSWER_MAX_BYTES).await.unwrap_or_else(|error| panic!("{error}"));
        let path = target.split('?').next().unwrap_or_default();
        if path.starts_with("/v1/") && !is_head {
            answered(status, &kind, &answer);
            let is_refused = status.is_client_error() || !reads_body(&method, path) || is_object(&body);
            assert!(is_refused, "{target} took a body that is no object: {status}");
            assert!(!keyless || status == StatusCode::UNAUTHORIZED, "{target} without a key: {status}");
        }
        assert!(!status.is_server_error(), "{target}: {status}");
    }
}

fn reads_body(method: &Method, path: &str) -> bool {
    let reads_none = path.ends_with("/cancel") || path.ends_with("/redeliver");
    *method == Method::PUT || *method == Method::PATCH || (*method == Method::POST && !reads_none)
}

/// Whether the body is a JSON object; an empty body counts as `{}`.
fn is_object(body: &[u8]) -> bool {
    body.is_empty() || serde_json::from_slice::<serde_json::Map<String, Value>>(body).is_ok()
}

/// Checks that an answer of the API is JSON, or nothing, and that an error is a problem with one of the contract's
/// reasons.
fn answered(status: StatusCode, kind: &str, body: &[u8]) {
    if status == StatusCode::NO_CONTENT {
        assert!(body.is_empty());
        return;
    }
    let json: Value = serde_json::from_slice(body).unwrap_or_else(|error| panic!("{status} {kind} {body:?}: {error}"));
    if status.is_success() {
        assert_eq!(kind, "application/json", "{status}");
        assert!(json.is_object(), "{json}");
        return;
    }
    assert_eq!(kind, "application/problem+json", "{status}");
    assert_eq!(json["status"], status.as_u16());
    assert!(json["type"].is_string() && json["title"].is_string() && json["detail"].is_string(), "{json}");
    assert!(json["reason"].as_str().is_some_and(|reason| REASONS.contains(&reason)), "{json}");
}

async fn api(place: &std::path::Path) -> Result<Arc<ApiState>, Box<dyn std::error::Error>> {
    let (store, reader) = Sqlite::open(place)?;
    let (journal, _thread) = Journal::start(store, JOURNAL_QUEUE)?;
    let reader = Arc::new(reader);
    let history: Arc<dyn History> = reader.clone();
    let snapshots = snapshot::start(history.clone(), journal.queue())?;
    let exchange = Exchange::open(journal, reader, snapshots, Clock::start()).await?;
    let admission = Arc::new(Admission::new(&Limits::default()));
    // The stop has begun already, so that no request waits for an event, and no webhook is ever sent.
    let (stop, shutdown) = shutdown::channel();
    stop.begin(0);
    Ok(Arc::new(ApiState {
        past: HistoryReader::new(exchange.clone(), admission.clone(), history.clone()),
        webhooks: Webhooks::new(exchange.clone(), history, Options::default(), shutdown.clone())?,
        exchange,
        admission,
        keyring: Arc::new(Keyring::hs256(b"a secret that no request here needs")),
        api_keys: Arc::new(ApiKeys::of_settings(Some(KEY))),
        sign_in_codes: SignInCodes::default(),
        origins: Arc::default(),
        pages: Pages { console: true, ..Pages::default() },
        sockets: Arc::new(SocketLimits::new(0, Duration::ZERO)),
        shutdown,
    }))
}

/// A company with two connected employees: one in a session, one with an offer.
async fn seed(exchange: &Exchange) -> [(&'static str, String); 3] {
    let clock = exchange.clock();
    let (booking, open, session) = (clock.fresh_booking(), clock.fresh_booking(), clock.fresh_session());
    let (ann, bob) = (id("ann"), id("bob"));
    let book = |booking, client| Command::Book(BookingRequest::new(booking, client, id("tax")));
    let mut commands = vec![Command::SetCompany { name: "Acme".into(), settings: patient() }];
    for employee in [&ann, &bob] {
        let employee: &switchboard_core::EmployeeId = employee;
        let (name, topics) = (employee.as_str().into(), vec![id("tax")]);
        commands.push(Command::set_employee(employee.clone(), name, topics));
        commands.push(Command::EmployeeConnected { employee: employee.clone() });
        commands.push(Command::set_status(employee.clone(), Intent::Idle, true));
    }
    commands.push(book(booking, id("alice")));
    commands.push(Command::Accept { employee: ann, offer: OfferId { booking, attempt: 1 }, session });
    let (by, body) = (switchboard_core::Actor::Client(id("alice")), "hello".into());
    let message = clock.fresh_message();
    commands.push(Command::Send { session, message, by, body, key: None, session_max_bytes: u64::MAX });
    commands.push(book(open, id("carol")));
    let acme = id("acme");
    let visited = exchange.visit(&acme, |visit| {
        for command in &commands {
            visit.take(command).unwrap_or_else(|refusal| panic!("{command:?}: {refusal}"));
        }
    });
    let visited = visited.await.unwrap_or_else(|not_now| panic!("{not_now}"));
    visited.committed().await.unwrap_or_else(|not_now| panic!("{not_now}"));
    [("BOOKING", booking.to_string()), ("OPEN", open.to_string()), ("SESSION", session.to_string())]
}

/// Timeouts that no trial reaches, so that the same input does the same each time.
fn patient() -> switchboard_core::CompanySettings {
    let day = switchboard_core::limits::TIMEOUT_MAX_MS;
    switchboard_core::CompanySettings {
        offer_timeout_ms: day,
        delivery_timeout_ms: 0,
        booking_deadline_ms: day,
        session_grace_ms: day,
        client_grace_ms: day,
        ..switchboard_core::CompanySettings::default()
    }
}

fn id<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> T {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

//! Shares of resources over HTTP: a caller who takes as much as possible takes nothing from other callers.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum::response::Response;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use serde_json::{Value, json};
use switchboard::api::history_reader::HistoryReader;
use switchboard::api::{self, ApiState, Pages};
use switchboard::api_keys::ApiKeys;
use switchboard::auth::{Keyring, Rules, SignInCodes, Signer};
use switchboard::shutdown::{self, Stop};
use switchboard::socket::SocketLimits;
use switchboard::webhooks::{Options, Webhooks};
use switchboard_core::{Command, CompanyId, CompanySettings, SessionId};
use switchboard_exchange::Exchange;
use switchboard_exchange::admission::shares::By;
use switchboard_exchange::admission::{Admission, Limits, Peer};
use switchboard_exchange::clock::Clock;
use switchboard_journal::picture::{Kind, LOGO_MAX_BYTES, name_of};
use switchboard_journal::{Journal, JournalItem, Store, StoreError, logos};
use switchboard_memory::MemoryStore;
use switchboard_sqlite::Sqlite;
use switchboard_wire::claims::{Claims, Role};

use crate::keys::made;
use crate::people::{Pair, Person};
use crate::record::Record;
use crate::server::{API_KEY, Plan, SECRET, Server, wait_until};
use crate::world::World;

/// A request whose answer is not read yet.
struct Asked(TcpStream);

impl Asked {
    fn new(server: &Server, key: &str, method: &str, path: &str, head: &str, body: &str) -> Self {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: switchboard\r\nAuthorization: Bearer {key}\r\n{head}\
             Connection: close\r\n\r\n{body}"
        )
        .unwrap();
        Self(stream)
    }

    fn get(server: &Server, key: &str, path: &str) -> Self {
        Self::new(server, key, "GET", path, "", "")
    }

    fn answer(mut self) -> (u16, String) {
        let mut answer = String::new();
        self.0.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap();
        (status, answer)
    }

    fn has_answer(&self) -> bool {
        self.0.set_nonblocking(true).unwrap();
        let seen = self.0.peek(&mut [0]);
        self.0.set_nonblocking(false).unwrap();
        seen.is_ok()
    }

    /// Checks that the answer has a reason in its body, and a time to retry in its head; returns the status and the
    /// reason.
    fn refused(self) -> (u16, String) {
        let (status, answer) = self.answer();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.to_lowercase().contains("retry-after: "), "{answer}");
        let problem: Value = serde_json::from_str(body).unwrap();
        (status, problem["reason"].as_str().unwrap().to_owned())
    }
}

fn claims(role: Role, subject: &str, company: &str) -> Claims {
    Claims {
        subject: subject.to_owned(),
        role,
        company: Some(company.to_owned()),
        name: None,
        topics: None,
        skills: None,
        priority: None,
        scope: None,
        issued_at_ms: None,
        expires_at_s: 9_999_999_999,
    }
}

fn token(role: Role, subject: &str, company: &str) -> String {
    Signer::hs256(SECRET.as_bytes()).sign(&claims(role, subject, company), &Rules::default()).unwrap()
}

/// The routes of a server in this process, for cases that cannot be held up from outside; `acme` exists with Erika.
struct Inside {
    world: World,
    api: Arc<ApiState>,
    app: Router,
    _stop: Stop,
}

impl Inside {
    async fn new() -> Self {
        let world = World::founded(CompanySettings::default()).await;
        let exchange = world.exchange.clone();
        let admission = Arc::new(Admission::new(&Limits { sockets_per_address: 1, ..Limits::default() }));
        let (stop, shutdown) = shutdown::channel();
        let webhooks = Webhooks::new(exchange.clone(), world.reader.clone(), Options::default(), shutdown.clone());
        let api = Arc::new(ApiState {
            past: HistoryReader::new(exchange.clone(), admission.clone(), world.reader.clone()),
            webhooks: webhooks.unwrap(),
            exchange,
            admission,
            keyring: Arc::new(Keyring::hs256(SECRET.as_bytes())),
            api_keys: Arc::new(ApiKeys::of_settings(Some(API_KEY))),
            sign_in_codes: SignInCodes::default(),
            origins: Arc::default(),
            pages: Pages::default(),
            sockets: Arc::new(SocketLimits::new(0, Duration::ZERO)),
            shutdown,
        });
        let app = api::router(api.clone(), Router::new());
        Self { world, api, app, _stop: stop }
    }

    /// Sends a request from that address with that key or token.
    fn asks(&self, address: &str, shown: &str, method: &str, path: &str) -> impl Future<Output = Response> + use<> {
        let request = Request::builder().method(method).uri(path).extension(Peer(address.parse().unwrap()));
        let request = request.header("authorization", format!("Bearer {shown}")).body(Body::empty()).unwrap();
        let answer = TowerToHyperService::new(self.app.clone()).call(request);
        async { answer.await.unwrap() }
    }
}

async fn reason(answer: Response) -> (u16, Value) {
    let status = answer.status().as_u16();
    let body = to_bytes(answer.into_body(), 64 * 1024).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

/// Two companies, each with a key of full scope.
fn two_companies(data: &Path) -> (Server, String, String) {
    let server = Plan::new(data).start();
    server.set_company("acme", &json!({}));
    server.set_company("globex", &json!({}));
    let (ours, theirs) = ("acme", "globex");
    let keys = [ours, theirs].map(|company| made(data, company, "manage", &["--company", company]));
    wait_until("the keys", || server.ask_with(&keys[1], "GET", "/v1/companies/globex", "").0 == 200);
    let [ours, theirs] = keys;
    (server, ours, theirs)
}

const OVERLOADED: (u16, &str) = (503, "overloaded");
const LIMITED: (u16, &str) = (429, "rate_limited");

fn is(refused: &(u16, String), expected: (u16, &str)) -> bool {
    (refused.0, refused.1.as_str()) == expected
}

/// Sends some more requests than fit: waits until so many of them are refused, and returns the refusals and the
/// requests that hold a place.
fn hold(asked: Vec<Asked>, too_many: usize) -> (Vec<(u16, String)>, Vec<Asked>) {
    wait_until("the refusals", || asked.iter().filter(|asked| asked.has_answer()).count() >= too_many);
    let (answered, held): (Vec<_>, Vec<_>) = asked.into_iter().partition(Asked::has_answer);
    (answered.into_iter().map(Asked::refused).collect(), held)
}

#[test]
fn one_company_s_key_and_its_people_do_not_take_all_feeds() {
    let place = tempfile::tempdir().unwrap();
    let (server, ours, theirs) = two_companies(place.path());
    let feed = |company: &str| format!("/v1/companies/{company}/events?after=latest&wait_ms=60000");
    let quick = |company: &str| format!("/v1/companies/{company}/events?after=latest&wait_ms=1");
    let admin = token(Role::Admin, "olga", "acme");
    let (refused, of_admin) = hold((0..19).map(|_| Asked::get(&server, &admin, &feed("acme"))).collect(), 3);
    assert!(refused.iter().all(|refused| is(refused, LIMITED)) && of_admin.len() == 16, "{refused:?}");
    let (refused, of_key) = hold((0..51).map(|_| Asked::get(&server, &ours, &feed("acme"))).collect(), 3);
    assert!(refused.iter().all(|refused| is(refused, OVERLOADED)) && of_key.len() == 48, "{refused:?}");
    assert_eq!(Asked::get(&server, &theirs, &quick("globex")).answer().0, 200);
    let (status, page) = Asked::get(&server, &ours, "/v1/companies/acme/events").answer();
    assert_eq!(status, 200, "who does not wait needs no place: {page}");
    drop((of_admin, of_key));
    wait_until("the places to be free", || Asked::get(&server, &ours, &quick("acme")).answer().0 == 200);
}

#[tokio::test]
async fn an_address_has_so_many_logos_on_their_way_and_takes_none_from_others() {
    let inside = Inside::new().await;
    let picture = vec![7; LOGO_MAX_BYTES];
    let name = name_of(&picture).unwrap();
    let path = format!("/logo/acme/{}", name.as_str());
    let kept = logos::keep(inside.world.company.clone(), name, Kind::Png, picture, None);
    inside.world.exchange.write(kept).await.unwrap();
    let logo = |address: &str| inside.asks(address, "nothing", "GET", &path);
    let mut unread = Vec::new();
    for _ in 0..128 {
        let answer = logo("2001:db8::1").await;
        assert_eq!(answer.status(), 200);
        unread.push(answer);
    }
    let (status, problem) = reason(logo("2001:db8::2").await).await;
    assert_eq!((status, &problem["reason"]), (429, &json!("rate_limited")), "the same network: {problem}");
    assert_eq!(logo("192.0.2.1").await.status(), 200);
    let missing = inside.asks("192.0.2.1", "nothing", "GET", "/logo/acme/00000000000000000000000000000000");
    assert_eq!(missing.await.status(), 404);
    let read = to_bytes(unread.pop().unwrap().into_body(), LOGO_MAX_BYTES).await.unwrap();
    assert_eq!(read.len(), LOGO_MAX_BYTES);
    assert_eq!(logo("2001:db8::2").await.status(), 200, "what is read is on its way no more");
}

#[tokio::test]
async fn who_is_shut_out_does_not_wait_for_their_turn_any_more() {
    let inside = Inside::new().await;
    let erika = claims(Role::Employee, "erika", "acme");
    let _turn = inside.api.admission.shares.long_reads.take(By::Person(&erika), Some("acme")).await.unwrap();
    let path = "/v1/companies/acme/employees/erika";
    let own = token(Role::Employee, "erika", "acme");
    let waits = tokio::spawn(inside.asks("192.0.2.1", &own, "GET", &format!("{path}/statistics")));
    // The request is admitted by then.
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!waits.is_finished());
    let revoked = inside.asks("192.0.2.1", API_KEY, "POST", &format!("{path}/revoke")).await;
    assert_eq!(revoked.status(), 200);
    let (status, problem) = reason(waits.await.unwrap()).await;
    assert_eq!((status, &problem["reason"]), (401, &json!("unauthorized")), "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("meanwhile"), "{problem}");
}

#[test]
fn one_company_sends_one_file_at_a_time_and_not_for_ever() {
    let place = tempfile::tempdir().unwrap();
    let (server, ours, theirs) = two_companies(place.path());
    let path = |company: &str| format!("/v1/companies/{company}/employees/import");
    let head = |length: usize| format!("Content-Type: text/csv\r\nContent-Length: {length}\r\n");
    let dripped = || Asked::new(&server, &ours, "POST", &path("acme"), &head(1000), "id\n");
    let (refused, mut held) = hold(vec![dripped(), dripped()], 1);
    assert!(is(&refused[0], OVERLOADED) && held.len() == 1, "{refused:?}");
    let other = Asked::new(&server, &theirs, "POST", &path("globex"), &head(5), "id\nx\n");
    assert_eq!(other.answer().0, 200);
    let (status, slow) = held.remove(0).answer();
    assert!(status == 408 && slow.contains("too_slow"), "it came slower than anybody's line: {slow}");
    assert_eq!(Asked::new(&server, &ours, "POST", &path("acme"), &head(5), "id\nx\n").answer().0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_large_items_ends_early_and_the_pages_have_all() {
    let place = tempfile::tempdir().unwrap();
    let server = Plan::new(place.path()).with("SWITCHBOARD_MESSAGES_PER_PERSON_PER_S", "0").start();
    server.set_company("acme", &json!({}));
    let record = Arc::<Record>::default();
    let people = (Person::client("acme", "alice", &record), Person::employee("acme", "erika", &record));
    let mut pair = Pair::meet(server.address, &people.0, &people.1).await;
    pair.join().await;
    let room = pair.room();
    // Each message is 48 KiB as JSON.
    let body = "\u{1}".repeat(8192);
    for _ in 0..50 {
        pair.client.push(&room, "message", json!({ "body": body })).await.unwrap().ok();
    }
    let path = format!("/v1/companies/acme/sessions/{}/messages", pair.session);
    let (mut found, mut after, mut pages) = (0, String::new(), 0);
    loop {
        let (status, page) = server.ask("GET", &format!("{path}?limit=500{after}"), "");
        assert!(status == 200 && page.len() < 1_200_000, "{status}: {} bytes", page.len());
        let page: Value = serde_json::from_str(&page).unwrap();
        found += page["items"].as_array().unwrap().len();
        pages += 1;
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!((found, pages), (50, 3));
}

#[test]
fn own_statistics_250_times_keep_nobody_from_theirs() {
    let place = tempfile::tempdir().unwrap();
    let (server, _, theirs) = two_companies(place.path());
    assert_eq!(server.ask_with(API_KEY, "PUT", "/v1/companies/acme/employees/erika", "").0, 201);
    let erika = token(Role::Employee, "erika", "acme");
    let path = "/v1/companies/acme/employees/erika/statistics";
    let asked: Vec<Asked> = (0..250).map(|_| Asked::get(&server, &erika, path)).collect();
    assert_eq!(Asked::get(&server, &theirs, "/v1/companies/globex/bookings").answer().0, 200);
    let (mut answered, mut limited) = (0, 0);
    for asked in asked {
        match asked.answer() {
            (200, _) => answered += 1,
            (429, refused) if refused.contains("rate_limited") => limited += 1,
            other => panic!("{other:?}"),
        }
    }
    // After a rest 2,000 requests are possible, or 200 of this kind.
    assert!((1..=200 + 60).contains(&answered), "{answered} answered, {limited} limited");
    assert_eq!(answered + limited, 250);
}

/// A store that projects slowly, and counts how often.
struct CountingStore<S> {
    store: S,
    projected: Arc<AtomicUsize>,
}

impl<S: Store> Store for CountingStore<S> {
    fn commit(&mut self, batch: &mut [JournalItem]) -> Result<(), StoreError> {
        self.store.commit(batch)
    }

    fn project(&mut self, which: switchboard_journal::Projection<'_>) -> Result<bool, StoreError> {
        std::thread::sleep(Duration::from_millis(5));
        self.projected.fetch_add(1, Ordering::Relaxed);
        self.store.project(which)
    }

    fn probe(&mut self) -> Result<(), StoreError> {
        self.store.probe()
    }
}

#[tokio::test]
async fn sessions_that_nobody_knows_have_everything_projected_once_for_all_who_ask() {
    let (store, projected) = (MemoryStore::default(), Arc::<AtomicUsize>::default());
    let counting = CountingStore { store: store.clone(), projected: projected.clone() };
    let (journal, _thread) = Journal::start(counting, 1024).unwrap();
    let (snapshots, _nobody_writes_any) = sync_channel(1);
    let exchange = Exchange::new(journal, Arc::new(store), snapshots, Clock::start());
    let asked: Vec<_> = (0..500)
        .map(|n| {
            let exchange = exchange.clone();
            tokio::spawn(async move { exchange.company_of_session(SessionId::from_u128(n)).await })
        })
        .collect();
    for asked in asked {
        assert_eq!(asked.await.unwrap(), Ok(None));
    }
    let projections = projected.load(Ordering::Relaxed);
    assert!((1..=10).contains(&projections), "{projections} projections of all companies for 500 joins");
}

#[tokio::test]
async fn only_a_read_that_would_miss_something_waits_for_the_writer() {
    let place = tempfile::tempdir().unwrap();
    let (store, reader) = Sqlite::open(place.path()).unwrap();
    let (reader, projected) = (Arc::new(reader), Arc::<AtomicUsize>::default());
    let (journal, _thread) = Journal::start(CountingStore { store, projected: projected.clone() }, 1024).unwrap();
    let (snapshots, _nobody_writes_any) = sync_channel(1);
    let exchange = Exchange::new(journal, reader.clone(), snapshots, Clock::start());
    let admission = Arc::new(Admission::new(&Limits::default()));
    let past = HistoryReader::new(exchange.clone(), admission, reader);
    let [acme, globex]: [CompanyId; 2] = ["acme", "globex"].map(|id| id.parse().unwrap());
    let is_known = async |company: &CompanyId| past.of(company, |past, company| past.is_known(company)).await.ok();

    assert_eq!(is_known(&acme).await, Some(false));
    assert_eq!(projected.load(Ordering::Relaxed), 0, "of a company that nobody made");
    for company in [&acme, &globex] {
        let found = Command::SetCompany { name: "Any".into(), settings: CompanySettings::default() };
        let made = exchange.visit(company, |visit| visit.take(&found).is_ok()).await.unwrap();
        assert_eq!(made.committed().await, Ok(true));
        assert_eq!(is_known(company).await, Some(true), "a caller reads what it wrote");
    }
    assert_eq!(projected.load(Ordering::Relaxed), 2, "once for each company");
    for company in [&acme, &globex, &acme] {
        assert_eq!(is_known(company).await, Some(true));
    }
    assert_eq!(projected.load(Ordering::Relaxed), 2, "and not again while nothing new is committed");
}

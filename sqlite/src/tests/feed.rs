//! The rendering of each stored event for the feed, which is the same at every reading.

use std::collections::BTreeSet;

use serde_json::Value;
use switchboard_core::routing::{ClientWishes, WrapUpRules};
use switchboard_core::{
    Actor, BookingId, BookingRequest, Command, Company, CompanyId, CompanySettings, Intent, Level, MessageId, OfferId,
    PauseRequest, Profile, Routing, SessionId, Skills, Time, Wishes,
};
use switchboard_history::feed::FeedSlice;
use switchboard_history::{HistoryResult, Past};
use switchboard_journal::{Entry, JournalItem, Projection, Store, Wanted};
use switchboard_wire::Kind;

use crate::Sqlite;
use crate::reader::Reader;

const BOOKING: BookingId = BookingId::from_u128(7);
const SESSION: SessionId = SessionId::from_u128(8);

/// A company in a store of its own.
struct House {
    _place: tempfile::TempDir,
    store: Sqlite,
    reader: Reader,
    company: Company,
}

impl House {
    fn new() -> Self {
        let place = tempfile::tempdir().expect("a directory");
        let (store, reader) = Sqlite::open(place.path()).expect("a store");
        let company = Company::new("ac.me".parse().expect("an id"));
        Self { _place: place, store, reader, company }
    }

    fn lives(&mut self, command: &Command) {
        let turn = self.company.take(Time::from_ms((self.company.seq() + 1) * 1000), command);
        turn.outcome.unwrap_or_else(|refusal| panic!("{command:?}: {refusal}"));
        let entry = Entry::untold(&self.company, turn.at, turn.events);
        self.store.commit(&mut [JournalItem::Entry(entry)]).expect("stored");
        self.store.project(Projection::All).expect("projected");
    }

    fn hires(&mut self, employee: &str) {
        let name = employee.to_uppercase().into();
        self.lives(&Command::set_employee(id(employee), name, vec![id("tax")]));
        self.lives(&Command::EmployeeConnected { employee: id(employee) });
        self.lives(&Command::set_status(id(employee), Intent::Idle, false));
    }

    fn founds(&mut self) {
        self.lives(&Command::SetCompany { name: "Acme".into(), settings: CompanySettings::default() });
    }

    fn books(&mut self, booking: BookingId, client: &str) {
        let (topic, note) = (id("tax"), Some(r#"{"n":1.50}"#.into()));
        let client_name = Some("Alice Miller".into());
        let request = BookingRequest { client_name, note, ..BookingRequest::new(booking, id(client), topic) };
        self.lives(&Command::Book(request));
    }

    fn ask<T>(&self, question: impl FnOnce(&dyn Past) -> HistoryResult<T>) -> T {
        self.reader.ask(question).expect("it is read")
    }

    fn read(&self, after: u64, limit: usize, wanted: &Wanted) -> FeedSlice {
        self.ask(|past| past.feed(self.company.id(), after, limit, wanted)).0
    }

    fn all(&self) -> Vec<Value> {
        let all = self.read(0, 1000, &Wanted::default());
        all.events.iter().map(|told| serde_json::from_str(&told.json).expect("JSON")).collect()
    }

    /// Sets a routing, and does what only a company with one does.
    fn is_routed(&mut self) {
        let routing = Box::new(Routing {
            wrap_up: WrapUpRules { codes: vec![id("done")], ..WrapUpRules::default() },
            clients: ClientWishes { skills: german().into_keys().collect(), employee: false },
            ..Routing::default()
        });
        self.lives(&Command::SetRouting { routing });
        let profile = Profile { skills: german(), share: 3, ..Profile::default() };
        self.lives(&Command::SetEmployee { employee: id("ann"), name: "ANN".into(), topics: vec![], profile });
        self.lives(&Command::Code { employee: id("bob"), session: SESSION, code: id("done") });
        let pause = PauseRequest { reason: Some(id("lunch")), for_ms: Some(60_000) };
        self.lives(&Command::SetStatus { employee: id("bob"), intent: Intent::Offline, by_admin: false, pause });
    }

    /// A company to which everything happens that the feed tells.
    fn a_full_life() -> Self {
        let mut house = Self::new();
        house.founds();
        house.hires("ann");
        house.hires("bob");
        house.books(BOOKING, "alice");
        let (first, second) = (OfferId { booking: BOOKING, attempt: 1 }, OfferId { booking: BOOKING, attempt: 2 });
        house.lives(&Command::OfferDelivered { employee: id("ann"), offer: first, device: None });
        house.lives(&Command::Reject { employee: id("ann"), offer: first, reason: Some("lunch".into()) });
        house.lives(&Command::Accept { employee: id("bob"), offer: second, session: SESSION });
        let (message, by) = (MessageId::from_u128(9), Actor::Client(id("alice")));
        let (body, session_max_bytes) = ("my secret".into(), u64::MAX);
        house.lives(&Command::Send { session: SESSION, message, by, body, key: None, session_max_bytes });
        house.lives(&Command::End { session: SESSION, by: Actor::Admin, reason: None });
        house.is_routed();
        let open = BookingId::from_u128(10);
        let wishes = Some(Box::new(Wishes { skills: german(), ..Wishes::default() }));
        let request = BookingRequest { wishes, ..BookingRequest::new(open, id("carol"), id("tax")) };
        house.lives(&Command::Book(request));
        house.lives(&Command::Cancel { booking: open, by: Actor::Admin });
        house.lives(&Command::RemoveEmployee { employee: id("ann"), revoke_before: Time::from_ms(1) });
        house.lives(&Command::RemoveCompany { revoke_before: Time::from_ms(1) });
        house
    }
}

fn german() -> Skills {
    Skills::from([(id("de"), Level::LEAST)])
}

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("an id")
}

fn types(told: &[Value]) -> Vec<&str> {
    told.iter().filter_map(|event| event["type"].as_str()).collect()
}

#[test]
fn each_type_of_event_is_told_with_the_fields_that_are_documented() {
    let told = House::a_full_life().all();
    let happened: BTreeSet<&str> = types(&told).into_iter().collect();
    assert_eq!(happened, Kind::ALL.into_iter().map(Kind::word).collect(), "all types have happened");
    let (mut applied, mut may_apply) = (BTreeSet::new(), BTreeSet::new());
    for event in &told {
        let kind = Kind::of(event["type"].as_str().expect("a type")).expect("a known type");
        let fields: BTreeSet<&str> = event["data"].as_object().expect("data").keys().map(String::as_str).collect();
        let always: BTreeSet<&str> = kind.fields().iter().copied().collect();
        let more: BTreeSet<&str> = kind.fields_where_they_apply().iter().copied().collect();
        assert!(always.is_subset(&fields), "{event}");
        applied.extend(fields.difference(&always).map(|field| (kind.word(), *field)));
        may_apply.extend(more.into_iter().map(|field| (kind.word(), field)));
    }
    assert_eq!(applied, may_apply, "fields that are left out where they do not apply");
    let plain = |kind: Kind| {
        let fields = |event: &&Value| event["data"].as_object().expect("data").len();
        told.iter().filter(|event| event["type"] == kind.word()).map(|event| fields(&event)).min()
    };
    for kind in Kind::ALL {
        assert_eq!(plain(kind), Some(kind.fields().len()), "{kind:?}");
    }
}

#[test]
fn a_routing_a_pause_and_a_code_are_told_as_they_were_set() {
    let told = House::a_full_life().all();
    let data = |kind: Kind| told.iter().rfind(|event| event["type"] == kind.word()).map(|event| &event["data"]);
    let routing = data(Kind::RoutingSet).expect("a routing");
    assert_eq!(routing["routing"]["wrap_up"]["codes"], serde_json::json!(["done"]));
    assert_eq!(
        data(Kind::SessionCoded),
        Some(&serde_json::json!({
            "session_id": SESSION.to_string(), "booking_id": BOOKING.to_string(), "employee_id": "bob", "code": "done",
        }))
    );
    let set = data(Kind::EmployeeSet).expect("an employee");
    assert_eq!((&set["skills"], &set["share"]), (&serde_json::json!({"de": 1}), &3.into()));
    let pause = data(Kind::EmployeeIntent).expect("a pause");
    assert_eq!((&pause["reason"], &pause["until"]), (&"lunch".into(), &"1970-01-01T00:01:19.000Z".into()));
    assert_eq!(data(Kind::BookingOpened).expect("a booking")["skills"], serde_json::json!({"de": 1}));
}

#[test]
fn what_an_event_is_about_is_known_without_what_it_says() {
    let house = House::a_full_life();
    for wanted in [Wanted::default(), Wanted::read(["session.ended", "employee.intent"]).expect("types")] {
        let (told, company) = (house.read(0, 1000, &wanted), house.company.id());
        let lanes = house.ask(|past| past.lanes(company, 0, 1000, &wanted));
        let of_told: Vec<(u64, String)> = told.events.into_iter().map(|told| (told.seq, told.lane)).collect();
        assert_eq!((lanes.events, lanes.next, lanes.is_all), (of_told, told.next, told.is_all));
    }
}

#[test]
fn an_offer_carries_what_wakes_a_phone() {
    let house = House::a_full_life();
    let told = house.read(0, 1000, &Wanted::read(["offer.made"]).expect("a type"));
    let event = &told.events[0];
    let expected = format!(
        r#"{{"id":"ac:me:{seq}","type":"offer.made","timestamp":"1970-01-01T00:00:0{s}.000Z","company_id":"ac.me","seq":{seq},"data":{{"offer_id":"{BOOKING}.1","booking_id":"{BOOKING}","attempt":1,"employee_id":"ann","employee_name":null,"client_id":"alice","client_name":"Alice Miller","topic":"tax","note":{{"n":1.50}},"made_at":"1970-01-01T00:00:0{s}.000Z","expires_at":"1970-01-01T00:00:{e}.000Z"}}}}"#,
        seq = event.seq,
        s = 8,
        e = 23,
    );
    assert_eq!(event.json, expected, "a name is the one of today: she has been removed");
    assert_eq!(event.lane, BOOKING.to_string());
}

#[test]
fn an_event_is_told_in_the_same_way_alone_in_pages_and_again() {
    let house = House::a_full_life();
    let whole = house.read(0, 1000, &Wanted::default());
    assert!(whole.is_all && whole.next == house.company.seq());
    let (mut paged, mut after) = (Vec::new(), 0);
    loop {
        let page = house.read(after, 2, &Wanted::default());
        after = page.next;
        paged.extend(page.events.into_iter().map(|told| told.json));
        if page.is_all {
            break;
        }
    }
    let jsons: Vec<String> = whole.events.iter().map(|told| told.json.clone()).collect();
    assert_eq!(paged, jsons);
    for told in whole.events {
        let company = house.company.id();
        let again = house.ask(|past| past.told(company, told.seq));
        assert_eq!(again.map(|again| again.json), Some(told.json));
    }
}

#[test]
fn all_events_of_a_booking_and_its_session_have_one_lane() {
    let house = House::a_full_life();
    let all = house.read(0, 1000, &Wanted::default());
    let lane = BOOKING.to_string();
    let of_booking: Vec<&str> = all.events.iter().filter(|t| t.lane == lane).map(|t| t.kind.word()).collect();
    let expected = [
        "booking.opened",
        "offer.made",
        "offer.delivered",
        "offer.closed",
        "offer.made",
        "session.started",
        "message.sent",
        "session.ended",
        "session.coded",
    ];
    assert_eq!(of_booking, expected);
}

#[test]
fn what_is_said_in_a_session_is_not_told() {
    let told = House::a_full_life().all();
    assert!(!told.iter().any(|event| event.to_string().contains("my secret")));
}

#[test]
fn a_number_that_was_given_anew_names_who_has_it_and_the_company_before_is_not_told() {
    let named = |house: &House| -> Vec<String> {
        let all = house.all().into_iter().filter(|event| event["type"] == "employee.intent");
        all.filter_map(|event| event["data"]["employee_id"].as_str().map(str::to_owned)).collect()
    };
    let mut house = House::new();
    house.founds();
    house.hires("ann");
    house.lives(&Command::RemoveCompany { revoke_before: Time::from_ms(1) });
    assert_eq!(named(&house), ["ann"]);
    let removed_at = house.company.seq();
    house.founds();
    house.hires("bob");
    assert_eq!(named(&house), ["bob"]);
    let company: &CompanyId = house.company.id();
    let oldest = house.ask(|past| past.feed_kept(company));
    assert_eq!(oldest, Some((removed_at + 1, house.company.seq())));
}

#[test]
fn a_type_that_is_not_known_is_named() {
    assert_eq!(Wanted::read(["offer.made", "offer.lost"]), Err("offer.lost".to_owned()));
}

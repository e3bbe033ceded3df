//! The past of a company with a routing: timelines name the step that asked each employee, lists and exports have skills
//! and codes, and statistics count them.

use serde_json::{Value, json};
use switchboard_core::routing::{Order, Prefer, Rest, Route, RouteStep, Routing, WrapUpRules};
use switchboard_core::{
    Actor, BookingId, BookingRequest, Command, CompanySettings, EmployeeId, Intent, Level, OfferId, PauseRequest,
    Profile, SessionId, Time,
};
use switchboard_history::paging::Page;
use switchboard_history::statistics::Question;
use switchboard_history::{ForWhom, HistoryFilter, Range, days};
use switchboard_journal::Write;

use crate::life::{Life, START_MS, Visited, company_id};
use crate::stores::{OpenStore, Place, on_every_store};
use crate::writes::count_day;

on_every_store! {
    each_offer_names_its_step_and_who_was_passed_over
    a_booking_without_a_routing_has_no_word_of_one
    a_code_stands_where_it_was_given
    lists_and_exports_have_what_routing_knows
    statistics_count_what_only_a_routing_brings
    statistics_without_a_routing_have_no_word_of_one
}

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("an id")
}

fn level(level: u8) -> Level {
    Level::try_from(level).expect("a level")
}

/// A company whose visits are kept until they are committed together.
struct House {
    life: Life,
    visits: Vec<Visited>,
}

impl House {
    fn new() -> Self {
        let mut life = Life::new("acme");
        let settings = CompanySettings {
            wrap_up_ms: 0,
            offer_timeout_ms: 60_000,
            delivery_timeout_ms: 0,
            ..CompanySettings::default()
        };
        let founded = life.does(&Command::SetCompany { name: "Acme".into(), settings });
        Self { life, visits: vec![founded] }
    }

    fn does(&mut self, command: &Command) {
        self.life.waits(1_000);
        let visited = self.life.does(command);
        self.visits.push(visited);
    }

    /// Sets a routing whose first step asks the best experts, and whose second asks two at once.
    fn is_routed(&mut self) {
        let steps = vec![
            RouteStep { level: level(5), prefer: Prefer::Best, ..RouteStep::default() },
            RouteStep {
                after_ms: 600_000,
                order: Order::RoundRobin,
                at_once: 2,
                skills: [(id("de"), level(1))].into(),
                ..RouteStep::default()
            },
            RouteStep { after_ms: 900_000, topic: Some(id("*")), at_once: 2, ..RouteStep::default() },
        ];
        let routing = Box::new(Routing {
            routes: vec![std::sync::Arc::new(Route { steps, ..Route::default() })],
            rest: Rest { rejected_ms: 100_000, missed_ms: 0 },
            wrap_up: WrapUpRules { codes: vec![id("done"), id("again")], ..WrapUpRules::default() },
            ..Routing::default()
        });
        self.does(&Command::SetRouting { routing });
    }

    fn hires(&mut self, employee: &str, topics: &[&str], skills: &[(&str, u8)]) {
        let skills = skills.iter().map(|(skill, of)| (id(skill), level(*of))).collect();
        let topics = topics.iter().map(|topic| id(topic)).collect();
        let profile = Profile { skills, ..Profile::default() };
        self.does(&Command::SetEmployee { employee: id(employee), name: employee.into(), topics, profile });
        self.does(&Command::EmployeeConnected { employee: id(employee) });
        self.does(&Command::set_status(id(employee), Intent::Idle, false));
    }

    fn books(&mut self, number: u128) -> BookingId {
        let booking = BookingId::from_u128(u128::from(self.life.now.as_ms()) << 80 | 7 << 76 | number);
        self.does(&Command::Book(BookingRequest::new(booking, id(&format!("client{number}")), id("tax"))));
        booking
    }

    fn offer(&self, booking: BookingId, attempt: u32) -> (OfferId, EmployeeId) {
        let offer = self.life.company.booking(booking).and_then(|booking| booking.offer(attempt)).expect("an offer");
        (OfferId { booking, attempt }, offer.employee_id.clone())
    }

    fn rejects(&mut self, booking: BookingId, attempt: u32) {
        let (offer, employee) = self.offer(booking, attempt);
        self.does(&Command::Reject { employee, offer, reason: None });
    }

    fn accepts(&mut self, booking: BookingId, attempt: u32) -> SessionId {
        let (offer, employee) = self.offer(booking, attempt);
        let session = SessionId::from_u128(u128::from(self.life.now.as_ms()) << 80 | 7 << 76 | 99);
        self.does(&Command::Accept { employee, offer, session });
        session
    }

    fn committed(&mut self, place: &dyn Place) -> OpenStore {
        let mut store = place.open();
        store.commit(self.visits.iter().map(Visited::entry).collect()).expect("committed");
        store.project();
        store
    }
}

fn timeline(store: &OpenStore, booking: BookingId) -> Vec<Value> {
    let found = store.ask(|past| past.timeline(&company_id("acme"), booking));
    let told = serde_json::to_value(found.expect("a booking")).expect("JSON");
    told["steps"].as_array().expect("steps").clone()
}

/// The employees who were passed over, with their reasons, in no order.
fn passed_over(step: &Value) -> Vec<String> {
    let not_asked = step["passed_over"]["employees"].as_array().into_iter().flatten();
    let mut told: Vec<_> = not_asked
        .map(|not| format!("{} {}", not["employee_id"].as_str().expect("an id"), not["why"].as_str().expect("a word")))
        .collect();
    told.sort_unstable();
    told
}

fn words(steps: &[Value]) -> Vec<&str> {
    steps.iter().filter_map(|step| step["what"].as_str()).collect()
}

fn each_offer_names_its_step_and_who_was_passed_over(place: &dyn Place) {
    let mut house = House::new();
    house.is_routed();
    house.hires("law", &["law"], &[("tax", 9)]);
    house.hires("novice", &["tax"], &[]);
    house.hires("fritz", &["tax"], &[("tax", 2), ("de", 3)]);
    house.hires("five", &["tax"], &[("tax", 5)]);
    house.hires("nine", &["tax"], &[("tax", 9)]);
    house.hires("lunch", &["tax"], &[("tax", 9)]);
    let pause = PauseRequest { reason: Some(id("lunch")), for_ms: None };
    house.does(&Command::SetStatus { employee: id("lunch"), intent: Intent::Offline, by_admin: false, pause });
    house.hires("away", &["tax"], &[("tax", 9)]);
    house.does(&Command::EmployeeDisconnected { employee: id("away") });
    let other = house.books(1);
    house.rejects(other, 1);
    let booking = house.books(2);
    house.rejects(booking, 1);
    let store = house.committed(place);
    let steps = timeline(&store, booking);
    // Five is asked by the first booking: the second begins with its second step, for which only Fritz has the skill.
    assert_eq!(words(&steps), ["opened", "step_opened", "offered", "closed", "step_opened", "offered", "offered"]);
    let (early, fritz) = (&steps[1], &steps[2]);
    assert_eq!((&early["step"], &early["early"]), (&json!(2), &json!(true)));
    let of = |step: &Value, fields: &[&str]| fields.iter().map(|field| step[*field].clone()).collect::<Vec<_>>();
    let fields = ["employee_id", "step", "order", "prefer", "level", "key", "at_once", "behind"];
    assert_eq!(
        of(fritz, &fields),
        [json!("fritz"), json!(2), json!("round_robin"), json!("any"), json!(2), json!(0), Value::Null, json!(0)]
    );
    assert_eq!(
        passed_over(fritz),
        ["away unreachable", "five busy", "law later_step", "lunch paused", "nine resting", "novice later_step"]
    );
    let (law, novice) = (&steps[5], &steps[6]);
    assert_eq!(
        of(law, &fields),
        [json!("law"), json!(3), json!("longest_idle"), json!("any"), json!(1), Value::Null, Value::Null, json!(1)]
    );
    assert_eq!(
        of(novice, &["employee_id", "step", "at_once", "behind"]),
        [json!("novice"), json!(3), json!(1), json!(0)]
    );
    assert!(passed_over(law).contains(&"fritz already_asked".to_owned()), "{law}");
    let first = timeline(&store, other);
    assert_eq!(words(&first), ["opened", "offered", "closed", "offered"]);
    let nine = &first[1];
    assert_eq!(
        of(nine, &fields),
        [json!("nine"), json!(1), json!("longest_idle"), json!("best"), json!(9), Value::Null, Value::Null, json!(1)]
    );
    assert_eq!(
        passed_over(nine),
        ["away unreachable", "fritz later_step", "law later_step", "lunch paused", "novice later_step"]
    );
    assert_eq!(
        passed_over(&first[3]),
        [
            "away unreachable",
            "fritz later_step",
            "law later_step",
            "lunch paused",
            "nine already_asked",
            "novice later_step"
        ]
    );
}

fn a_booking_without_a_routing_has_no_word_of_one(place: &dyn Place) {
    let mut house = House::new();
    house.hires("law", &["law"], &[]);
    house.hires("ann", &["tax"], &[]);
    let booking = house.books(1);
    let session = house.accepts(booking, 1);
    let store = house.committed(place);
    let steps = timeline(&store, booking);
    let fields: Vec<&str> = steps[1].as_object().expect("a step").keys().map(String::as_str).collect();
    let mut expected =
        ["what", "at", "attempt", "employee_id", "idle_since", "topics", "behind", "passed_over", "expires_at"];
    expected.sort_unstable();
    let mut found = fields;
    found.sort_unstable();
    assert_eq!(found, expected);
    assert_eq!(
        (words(&steps), passed_over(&steps[1])),
        (vec!["opened", "offered", "assigned"], vec!["law wrong_topic".to_owned()])
    );
    assert_eq!(steps[2]["session_id"], session.to_string());
}

fn a_code_stands_where_it_was_given(place: &dyn Place) {
    let mut house = House::new();
    house.is_routed();
    house.hires("ann", &["tax"], &[("tax", 9)]);
    let first = house.books(1);
    let session = house.accepts(first, 1);
    let code = |code: &str, session| Command::Code { employee: id("ann"), session, code: id(code) };
    house.does(&code("done", session));
    let end = |session| Command::End { session, by: Actor::Admin, reason: None };
    house.does(&end(session));
    let second = house.books(2);
    let session = house.accepts(second, 1);
    house.does(&end(session));
    house.does(&code("done", session));
    house.does(&code("again", session));
    let third = house.books(3);
    let session = house.accepts(third, 1);
    house.does(&end(session));
    let store = house.committed(place);
    let told = |booking| {
        let steps = timeline(&store, booking);
        let behind: Vec<_> = steps
            .into_iter()
            .skip(2)
            .map(|step| {
                let code = step["code"].as_str().unwrap_or_default();
                format!("{} {code}", step["what"].as_str().expect("a word")).trim_end().to_owned()
            })
            .collect();
        behind
    };
    assert_eq!(told(first), ["assigned", "coded done", "session_ended"]);
    assert_eq!(told(second), ["assigned", "session_ended", "coded again"], "the last code counts");
    assert_eq!(told(third), ["assigned", "session_ended"]);
}

fn lists_and_exports_have_what_routing_knows(place: &dyn Place) {
    let mut acme = Life::new("acme");
    let mut visits = vec![acme.is_founded()];
    visits.extend(acme.hires("ann"));
    visits.extend(acme.consults("carl"));
    visits.extend(acme.is_routed());
    visits.extend(acme.learns("ann", 7));
    visits.extend(acme.consults("dora"));
    visits.extend(acme.codes("done"));
    let mut store = place.open();
    store.commit(visits.iter().map(Visited::entry).collect()).expect("committed");
    store.project();
    let (filter, page) = (HistoryFilter::default(), Page { limit: 9, after: None });
    let of = |listed: serde_json::Result<Value>| listed.expect("JSON")["items"].as_array().expect("items").clone();
    let id = company_id("acme");
    let bookings = of(serde_json::to_value(store.ask(|past| past.list_bookings(&id, &filter, &page))));
    let skills: Vec<_> = bookings.iter().map(|booking| booking.get("skills")).collect();
    assert_eq!(skills, [Some(&json!({ "de": 2 })), None], "the newest first");
    let sessions = of(serde_json::to_value(store.ask(|past| past.list_sessions(&id, &filter, &page, ForWhom::Admin))));
    let codes: Vec<_> = sessions.iter().map(|session| session.get("code")).collect();
    assert_eq!(codes, [Some(&json!("done")), None]);
    let newest = bookings[0]["id"].as_str().expect("an id").parse().expect("an id");
    let shown = serde_json::to_value(store.ask(|past| past.show_booking(&id, newest))).expect("JSON");
    assert_eq!((&shown["skills"], &shown["session"]["code"]), (&json!({ "de": 2 }), &json!("done")));
    let mut lines = String::new();
    let exported = store.history.export(&id, false, |piece| {
        lines.push_str(&piece);
        true
    });
    exported.expect("exported");
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let of_kind = |kind: &str| lines.iter().filter(|line| line["kind"] == kind).collect::<Vec<_>>();
    assert_eq!(of_kind("company")[0]["routing"]["wrap_up"]["codes"], json!(["done", "again"]));
    assert_eq!((&of_kind("employee")[0]["skills"], &of_kind("employee")[0]["share"]), (&json!({ "de": 7 }), &json!(7)));
    assert_eq!(of_kind("booking")[1]["skills"], json!({ "de": 2 }));
    assert_eq!(of_kind("session")[1]["code"], json!("done"));
}

/// Statistics of the company, and of its first employee, over the three days from the beginning.
fn statistics(store: &OpenStore, now: Time) -> (Value, Value) {
    let from = Time::from_ms(START_MS);
    let question = Question { range: Range { from, to: from.plus_ms(3 * DAY_MS) }, within_s: 20, now };
    let (id, page) = (company_id("acme"), Page { limit: 1, after: None });
    let company = serde_json::to_value(store.ask(|past| past.statistics(&id, question))).expect("JSON");
    let all = serde_json::to_value(store.ask(|past| past.statistics_of_employees(&id, question, &page))).expect("JSON");
    (company, all["items"][0].clone())
}

fn statistics_count_what_only_a_routing_brings(place: &dyn Place) {
    let mut house = House::new();
    let steps = vec![RouteStep { at_once: 2, ..RouteStep::default() }];
    let routing = Box::new(Routing {
        routes: vec![std::sync::Arc::new(Route { steps, ..Route::default() })],
        rest: Rest { rejected_ms: 3_600_000, missed_ms: 0 },
        wrap_up: WrapUpRules { codes: vec![id("done"), id("again")], ..WrapUpRules::default() },
        ..Routing::default()
    });
    house.does(&Command::SetRouting { routing });
    house.hires("ann", &[], &[]);
    house.hires("bob", &[], &[]);
    // Ann is faster than Bob, twice, and then says no. Bob has kept his place, and is asked first by the second booking.
    for (number, attempt) in [(1, 1), (2, 2)] {
        let booking = house.books(number);
        let session = house.accepts(booking, attempt);
        house.does(&Command::End { session, by: Actor::Admin, reason: None });
        if number == 1 {
            let code = id("done");
            house.does(&Command::Code { employee: id("ann"), session, code });
        }
    }
    let first_day = house.life.now.day();
    house.life.waits(DAY_MS);
    let booking = house.books(3);
    let of_ann = 1 + u32::from(house.offer(booking, 1).1.as_str() != "ann");
    house.rejects(booking, of_ann);
    let of_bob = 3 - of_ann;
    house.accepts(booking, of_bob);
    let pause = PauseRequest { reason: None, for_ms: Some(60_000) };
    house.hires("cem", &["law"], &[]);
    house.does(&Command::SetStatus { employee: id("cem"), intent: Intent::Offline, by_admin: false, pause });
    house.hires("dan", &["law"], &[]);
    let pause = PauseRequest { reason: Some(id("lunch")), for_ms: None };
    house.does(&Command::SetStatus { employee: id("dan"), intent: Intent::Offline, by_admin: false, pause });
    let mut store = house.committed(place);
    let now = house.life.now;
    let (company, ann) = statistics(&store, now);
    assert_eq!((&company["now"]["paused"], &company["now"]["resting"]), (&json!({ "": 1, "lunch": 1 }), &json!(1)));
    assert_eq!(
        (&company["offers"]["made"], &company["offers"]["taken"], &company["offers"]["at_once"]),
        (&json!(6), &json!(2), &json!(6))
    );
    assert_eq!(company["codes"], json!({ "given": { "done": 1 }, "without": 2 }));
    assert_eq!((&ann["id"], &ann["turns"], &ann["offers"]["made"]), (&json!("ann"), &json!(3), &json!(3)));
    // A day that is kept says the same, also of a code that was given later.
    for part in store.ask(|past| count_day(past, &company_id("acme"), first_day)) {
        store.write(|| Write::Day(part.clone()));
    }
    assert_eq!(store.ask(|past| past.days(&company_id("acme"), 0, u64::MAX)), [first_day]);
    assert_eq!(statistics(&store, now), (company, ann));
    house.visits.clear();
    let session = house.life.company.sessions().next().expect("a session").id;
    house.does(&Command::Code { employee: id("ann"), session, code: id("again") });
    store.commit(house.visits.iter().map(Visited::entry).collect()).expect("committed");
    store.project();
    assert_eq!(statistics(&store, now).0["codes"], json!({ "given": { "again": 1 }, "without": 2 }));
    assert_eq!(store.ask(|past| days::differences(past, &company_id("acme"))), Vec::<String>::new());
}

fn statistics_without_a_routing_have_no_word_of_one(place: &dyn Place) {
    let mut house = House::new();
    house.hires("ann", &[], &[]);
    house.hires("bob", &[], &[]);
    let booking = house.books(1);
    house.rejects(booking, 1);
    house.accepts(booking, 2);
    let store = house.committed(place);
    let (company, ann) = statistics(&store, house.life.now);
    let said = format!("{company} {ann}");
    for word in ["paused", "resting", "taken", "at_once", "codes", "turns"] {
        assert!(!said.contains(word), "{word}: {said}");
    }
}

//! A timeline of a booking with a routing names the step that asked each employee, and why others were passed over.

use serde_json::{Value, json};
use switchboard_core::routing::{Order, Prefer, Rest, Route, Routing, Step, WrapUpRules};
use switchboard_core::{
    BookingId, BookingRequest, Command, CompanySettings, EmployeeId, Intent, Level, OfferId, PauseRequest, Profile,
    SessionId,
};

use crate::life::{Life, Visited, company_id};
use crate::stores::{OpenStore, Place, on_every_store};

on_every_store! {
    each_offer_names_its_step_and_who_was_passed_over
    a_booking_without_a_routing_has_no_word_of_one
    a_code_stands_where_it_was_given
}

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
            Step { level: level(5), prefer: Prefer::Best, ..Step::default() },
            Step {
                after_ms: 600_000,
                order: Order::RoundRobin,
                at_once: 2,
                skills: [(id("de"), level(1))].into(),
                ..Step::default()
            },
            Step { after_ms: 900_000, topic: Some(id("*")), at_once: 2, ..Step::default() },
        ];
        let routing = Box::new(Routing {
            routes: vec![std::sync::Arc::new(Route { topics: None, steps })],
            rest: Rest { rejected_ms: 100_000, missed_ms: 0 },
            wrap_up: WrapUpRules { codes: vec![id("done"), id("again")], ..WrapUpRules::default() },
            ..Routing::default()
        });
        self.does(&Command::SetRouting { routing });
    }

    fn hires(&mut self, employee: &str, topics: &[&str], skills: &[(&str, u8)]) {
        let skills = skills.iter().map(|(skill, of)| (id(skill), level(*of))).collect();
        let topics = topics.iter().map(|topic| id(topic)).collect();
        let profile = Profile { skills, share: 1 };
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
    let end = |session| Command::End { session, by: switchboard_core::Actor::Admin, reason: None };
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

//! The preview of a routing: who would be asked now about a topic, in which order, and why.

use std::collections::BTreeMap;

use serde::Serialize;
use switchboard_core::routing::Routed;
use switchboard_core::{Employee, EmployeeId, Intent, Level, Routing, StepPosition, Topic, Wishes};
use switchboard_wire::shape::{self, examples};
use switchboard_wire::view::Moment;
use utoipa::ToSchema;

use crate::reasons::{NotAsked, PassedOver, Why};

/// Candidates who are named, of all steps together; the others are counted.
const CANDIDATES_MAX: usize = 50;
/// Employees who are named for each reason; the others are counted.
const PASSED_OVER_MAX: usize = 50;

/// Employees who would be asked now, step by step.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RoutingPreview, examples(examples::preview))]
pub struct PreviewView {
    /// All steps of the route, as if all were open.
    steps: Vec<StepView>,
    passed_over: PassedOver,
}

/// A step of the route, and those who are asked by it first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PreviewStep)]
struct StepView {
    /// Number of the step, from 1.
    #[schema(minimum = 1)]
    step: usize,
    after_ms: u64,
    #[schema(value_type = shape::Order)]
    order: &'static str,
    #[schema(value_type = shape::Prefer)]
    prefer: &'static str,
    at_once: u8,
    /// Employees who can be asked, in the order in which they would be. An employee stands in the first step that they
    /// fit.
    candidates: Vec<NamedCandidate>,
    /// Number of further candidates.
    #[schema(value_type = u32)]
    more: usize,
}

#[derive(Debug, Serialize, ToSchema)]
struct NamedCandidate {
    #[schema(value_type = shape::Id)]
    employee_id: String,
    #[schema(value_type = shape::Name)]
    name: String,
    /// Level in the topic of the step.
    #[schema(minimum = 1, maximum = 10)]
    level: u8,
    /// Key by which the order compares, the smallest first; absent where the order is `longest_idle`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u64, required = false)]
    key: Option<u64>,
    #[schema(value_type = shape::Moment)]
    idle_since: Moment,
}

/// A preview while the employees are looked at, one after the other and in any order.
#[derive(Debug)]
pub struct Preview {
    routed: Routed,
    /// One for each step.
    steps: Vec<Candidates>,
    passed_over: BTreeMap<Why, Vec<NotAsked>>,
    /// Employees who were passed over and are not named.
    more: usize,
}

/// The first candidates of a step.
#[derive(Debug, Default)]
struct Candidates {
    first: BTreeMap<(StepPosition, EmployeeId), NamedCandidate>,
    all: usize,
}

impl Preview {
    /// The preview for a booking about the topic, before any employee was looked at.
    #[must_use]
    pub fn new(routing: &Routing, topic: &Topic, wishes: Wishes) -> Self {
        let routed = Routed::with_all_steps(routing, topic, wishes);
        let steps = (0..routed.open_steps()).map(|_| Candidates::default()).collect();
        Self { routed, steps, passed_over: BTreeMap::new(), more: 0 }
    }

    /// Adds an employee, once.
    pub fn look(&mut self, employee: &Employee) {
        match (Why::or_step(self.routed.fit(employee)), Why::absent(employee)) {
            (Ok(_), Some(why)) => self.pass_over(employee, why),
            (Ok((step, level)), None) if employee.can_be_asked() => self.add(employee, step, level),
            (Err(why), _) if employee.intent == Intent::Idle => self.pass_over(employee, why),
            (Ok(_) | Err(_), _) => {}
        }
    }

    fn add(&mut self, employee: &Employee, step: u8, level: Level) {
        let Some(position) = self.routed.position(step, level, employee) else { return };
        let has_keys = self.routed.step(step).is_some_and(|step| step.has_keys());
        let Some(candidates) = self.steps.get_mut(usize::from(step).saturating_sub(1)) else { return };
        candidates.all += 1;
        let place = (position, employee.id.clone());
        let is_behind_all = || candidates.first.last_key_value().is_some_and(|(last, _)| *last < place);
        if candidates.first.len() == CANDIDATES_MAX && is_behind_all() {
            return;
        }
        let candidate = NamedCandidate {
            employee_id: employee.id.to_string(),
            name: employee.name.to_string(),
            level: level.number(),
            key: has_keys.then_some(position.key),
            idle_since: Moment(employee.since),
        };
        candidates.first.insert(place, candidate);
        if candidates.first.len() > CANDIDATES_MAX {
            candidates.first.pop_last();
        }
    }

    fn pass_over(&mut self, employee: &Employee, why: Why) {
        let named = self.passed_over.entry(why).or_default();
        if named.len() < PASSED_OVER_MAX {
            named.push(NotAsked::new(employee, why));
        } else {
            self.more += 1;
        }
    }

    /// The preview of all who were looked at.
    #[must_use]
    pub fn shown(self) -> PreviewView {
        let Self { routed, steps, passed_over, more } = self;
        let mut room = CANDIDATES_MAX;
        let show = |(number, Candidates { first, all }): (u8, Candidates)| {
            let step = routed.step(number)?;
            let candidates: Vec<_> = first.into_values().take(room).collect();
            room -= candidates.len();
            Some(StepView {
                step: number.into(),
                after_ms: step.after_ms,
                order: step.order.word(),
                prefer: step.prefer.word(),
                at_once: step.at_once,
                more: all - candidates.len(),
                candidates,
            })
        };
        let steps = (1..).zip(steps).filter_map(show).collect();
        PreviewView {
            steps,
            passed_over: PassedOver { employees: passed_over.into_values().flatten().collect(), more },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};
    use switchboard_core::routing::{Order, Prefer, Route, RouteStep};
    use switchboard_core::{
        BookingId, BookingRequest, Command, Company, CompanySettings, Event, PauseRequest, Profile, SessionId, Skills,
    };

    use super::*;

    fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
        text.parse().unwrap()
    }

    fn skills(skills: &[(&str, u8)]) -> Skills {
        skills.iter().map(|(skill, level)| (id(skill), Level::try_from(*level).unwrap())).collect()
    }

    /// A company whose time goes on by a second with each command.
    struct House(Company);

    impl House {
        fn new(steps: Vec<RouteStep>) -> Self {
            let mut house = Self(Company::new(id("acme")));
            let settings = CompanySettings { wrap_up_ms: 0, ..CompanySettings::default() };
            house.does(&Command::SetCompany { name: "Acme".into(), settings });
            let clients = switchboard_core::routing::ClientWishes { skills: [id("de")].into(), employee: false };
            let routes = vec![Arc::new(Route { steps, ..Route::default() })];
            let routing = Box::new(Routing { routes, clients, ..Routing::default() });
            house.does(&Command::SetRouting { routing });
            house
        }

        fn does(&mut self, command: &Command) -> Vec<Event> {
            let turn = self.0.take(self.0.clock().plus_ms(1_000), command);
            turn.outcome.unwrap_or_else(|refusal| panic!("{command:?}: {refusal}"));
            turn.events
        }

        fn hires(&mut self, employee: &str, topics: &[&str], has: &[(&str, u8)]) {
            let profile = Profile { skills: skills(has), ..Profile::default() };
            let topics = topics.iter().map(|topic| id(topic)).collect();
            self.does(&Command::SetEmployee { employee: id(employee), name: employee.into(), topics, profile });
            self.does(&Command::EmployeeConnected { employee: id(employee) });
            self.does(&Command::set_status(id(employee), Intent::Idle, false));
        }

        fn previews(&self, wished: &[(&str, u8)]) -> Value {
            let mut preview =
                Preview::new(self.0.routing(), &id("tax"), Wishes { skills: skills(wished), ..Wishes::default() });
            // The order in which employees are looked at says nothing.
            let mut all: Vec<_> = self.0.employees_after(None).map(|(_, employee)| employee).collect();
            all.reverse();
            all.into_iter().for_each(|employee| preview.look(employee));
            serde_json::to_value(preview.shown()).unwrap()
        }
    }

    fn named(preview: &Value) -> Vec<&str> {
        let steps = preview["steps"].as_array().unwrap().iter();
        steps
            .flat_map(|step| step["candidates"].as_array().unwrap())
            .map(|c| c["employee_id"].as_str().unwrap())
            .collect()
    }

    #[test]
    fn the_employees_are_asked_in_the_order_of_the_preview() {
        for (order, prefer) in Order::ALL.into_iter().flat_map(|order| Prefer::ALL.map(|prefer| (order, prefer))) {
            let steps = vec![
                RouteStep { level: Level::try_from(3).unwrap(), order, prefer, ..RouteStep::default() },
                RouteStep { after_ms: 1_000, drop: [id("de")].into(), order, prefer, ..RouteStep::default() },
                RouteStep { after_ms: 2_000, topic: Some(id("*")), order, prefer, ..RouteStep::default() },
            ];
            let mut house = House::new(steps);
            for (n, employee) in ["ann", "bob", "cem", "dan", "eva", "fay", "gus", "hal"].into_iter().enumerate() {
                let level = u8::try_from(n % 5 + 1).unwrap();
                let topics = [&["tax"][..], &[], &["law"]][n % 3];
                let has = [("tax", level), ("de", level)];
                house.hires(employee, topics, if n % 4 == 0 { &has[..1] } else { &has });
            }
            // Some have had turns.
            for (n, client) in (1..).zip(["carl", "dora", "erna", "fritz"]) {
                let events =
                    house.does(&Command::Book(BookingRequest::new(BookingId::from_u128(n), id(client), id("tax"))));
                let Some(Event::OfferMade { offer, employee, .. }) = events.last() else { panic!("{events:?}") };
                let employee = house.0.employee_no(*employee).unwrap().id.clone();
                let (offer, session) = (*offer, SessionId::from_u128(n));
                house.does(&Command::Accept { employee: employee.clone(), offer, session });
                house.does(&Command::End { session, by: switchboard_core::Actor::Admin, reason: None });
            }
            let preview = house.previews(&[("de", 2)]);
            let wishes = Some(Box::new(Wishes { skills: skills(&[("de", 2)]), ..Wishes::default() }));
            let request = BookingRequest::new(BookingId::from_u128(99), id("zoe"), id("tax"));
            let mut events = house.does(&Command::Book(BookingRequest { wishes, ..request }));
            let mut asked = vec![];
            while let Some(Event::OfferMade { offer, employee, .. }) = events.last() {
                let employee = house.0.employee_no(*employee).unwrap().id.clone();
                asked.push(employee.to_string());
                events = house.does(&Command::Reject { employee, offer: *offer, reason: None });
            }
            assert!(asked.len() > 5);
            assert_eq!(named(&preview), asked, "{order:?} {prefer:?}");
        }
    }

    #[test]
    fn an_employee_who_is_not_asked_has_a_reason() {
        let first = RouteStep {
            level: Level::try_from(3).unwrap(),
            order: Order::RoundRobin,
            at_once: 2,
            ..RouteStep::default()
        };
        let mut house = House::new(vec![first]);
        let fits = [("tax", 3), ("de", 1)];
        for (employee, topics, has) in [
            ("able", &["tax"][..], &fits[..]),
            ("gone", &["tax"], &fits),
            ("paused", &["tax"], &fits),
            ("pausedelsewhere", &["law"], &fits),
            ("offline", &["tax"], &fits),
            ("elsewhere", &["law"], &fits),
            ("novice", &["tax"], &[("tax", 2), ("de", 1)]),
            ("foreign", &["tax"], &[("tax", 4)]),
        ] {
            house.hires(employee, topics, has);
        }
        house.does(&Command::EmployeeDisconnected { employee: id("gone") });
        let pause = PauseRequest { reason: Some(id("lunch")), for_ms: None };
        for employee in ["paused", "pausedelsewhere"] {
            let (employee, pause) = (id(employee), pause.clone());
            house.does(&Command::SetStatus { employee, intent: Intent::Offline, by_admin: false, pause });
        }
        house.does(&Command::set_status(id("offline"), Intent::Offline, false));
        let shown = house.previews(&[("de", 1)]);
        let step = &shown["steps"][0];
        assert_eq!((&step["order"], &step["at_once"], &step["more"]), (&json!("round_robin"), &json!(2), &json!(0)));
        assert_eq!(
            step["candidates"],
            json!([{
                "employee_id": "able", "name": "able", "level": 3, "key": 0, "idle_since": "1970-01-01T00:00:05.000Z",
            }])
        );
        let why = |not: &Value| format!("{} {}", not["employee_id"].as_str().unwrap(), not["why"].as_str().unwrap());
        let passed_over: Vec<_> = shown["passed_over"]["employees"].as_array().unwrap().iter().map(why).collect();
        assert_eq!(
            passed_over,
            [
                "elsewhere wrong_topic",
                "novice level_too_low",
                "foreign lacks_skill",
                "gone unreachable",
                "paused paused"
            ]
        );
    }

    #[test]
    fn the_first_fifty_are_named_and_the_others_are_counted() {
        let steps = vec![
            RouteStep { level: Level::try_from(2).unwrap(), ..RouteStep::default() },
            RouteStep { after_ms: 1, ..RouteStep::default() },
        ];
        let mut house = House::new(steps);
        for n in 0..30 {
            house.hires(&format!("expert{n}"), &["tax"], &[("tax", 2)]);
            house.hires(&format!("novice{n}"), &["tax"], &[]);
            house.hires(&format!("lawyer{n}"), &["law"], &[]);
            house.hires(&format!("notary{n}"), &["law"], &[]);
        }
        let shown = house.previews(&[]);
        let expected: Vec<String> =
            (0..30).map(|n| format!("expert{n}")).chain((0..20).map(|n| format!("novice{n}"))).collect();
        assert_eq!(named(&shown), expected);
        let more: Vec<_> = shown["steps"].as_array().unwrap().iter().map(|step| step["more"].as_u64()).collect();
        assert_eq!(more, [Some(0), Some(10)]);
        let passed_over = &shown["passed_over"];
        assert_eq!((passed_over["employees"].as_array().unwrap().len(), &passed_over["more"]), (50, &json!(10)));
    }
}

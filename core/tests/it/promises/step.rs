//! Steps of a random walk, in small numbers that the walk maps to the things that exist by then.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use switchboard_core::routing::{
    ClientWishes, EVERYBODY, EVERYTHING, Order, Prefer, Rest, Route, RouteStep as RoutingStep, WrapUpRules,
};
use switchboard_core::{CompanySettings, Level, Profile, Routing};

/// Numbers mean people, bookings and sessions, modulo how many there are; things count from the newest.
#[derive(Clone, Debug)]
pub enum Step {
    /// Time passes, and every deadline on the way is kept.
    Wait(u64),
    /// Time passes while the company does not look at the clock.
    Late(u64),
    /// The clock is turned back.
    Back(u64),
    Book {
        client: usize,
        topic: usize,
        key: Option<usize>,
        /// Bits of skills; each is asked for at its least level, or at two.
        wishes: usize,
    },
    Cancel {
        thing: usize,
        by: Who,
    },
    Deliver {
        thing: usize,
    },
    Answer {
        thing: usize,
        yes: bool,
    },
    /// A person answers an offer that may be old, or of another employee.
    Meddle {
        thing: usize,
        attempt: u32,
        employee: usize,
        yes: bool,
    },
    Enter {
        thing: usize,
        client: bool,
        enters: bool,
    },
    Send {
        thing: usize,
        by: Who,
        key: Option<usize>,
    },
    Notes {
        thing: usize,
        by: Who,
        body: usize,
    },
    End {
        thing: usize,
        by: Who,
    },
    Employee {
        employee: usize,
        connects: bool,
    },
    Client {
        client: usize,
        connects: bool,
    },
    Status {
        employee: usize,
        idle: bool,
        by_admin: bool,
    },
    Hire {
        employee: usize,
        topics: usize,
        profile: Profile,
    },
    Fire {
        employee: usize,
    },
    Settings(CompanySettings),
    Routing(Box<Routing>),
    /// An employee goes offline for a reason, or for a time.
    Pause {
        employee: usize,
        reason: Option<usize>,
        for_ms: Option<u64>,
    },
    /// The employee of a session, or another, says something of their own work.
    Finish {
        thing: usize,
        employee: Option<usize>,
        all: bool,
    },
    Extend {
        thing: usize,
        employee: Option<usize>,
        for_ms: u64,
    },
    Code {
        thing: usize,
        employee: Option<usize>,
        code: usize,
    },
    Dissolve,
    /// An earlier command is repeated.
    Repeat(usize),
    /// The server goes down and comes up again.
    Restart,
    /// The company is read again from its snapshot.
    Reread,
}

/// Kind of person who acts.
#[derive(Clone, Copy, Debug)]
pub enum Who {
    Client,
    Employee,
    Admin,
    OtherClient(usize),
    OtherEmployee(usize),
}

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    vec(step(), 1..150)
}

/// Steps in a company that has rules of who is asked.
pub fn routed_steps() -> impl Strategy<Value = Vec<Step>> {
    vec(prop_oneof![5 => step(), 1 => rules()], 1..150)
}

fn rules() -> impl Strategy<Value = Step> {
    let (thing, other) = (0..3usize, || option::weighted(0.2, 0..6usize));
    let pause = (0..6usize, option::of(0..2usize), option::of(few(&[1, 20, 60])));
    prop_oneof![
        2 => routing().prop_map(|routing| Step::Routing(Box::new(routing))),
        2 => (0..6usize, 0..8usize, profile())
            .prop_map(|(employee, topics, profile)| Step::Hire { employee, topics, profile }),
        2 => pause.prop_map(|(employee, reason, for_ms)| Step::Pause { employee, reason, for_ms }),
        2 => (thing.clone(), other(), any::<bool>())
            .prop_map(|(thing, employee, all)| Step::Finish { thing, employee, all }),
        2 => (thing.clone(), other(), few(&[0, 5, 30, 100]))
            .prop_map(|(thing, employee, for_ms)| Step::Extend { thing, employee, for_ms }),
        2 => (thing, other(), 0..2usize).prop_map(|(thing, employee, code)| Step::Code { thing, employee, code }),
    ]
}

fn few(ms: &'static [u64]) -> impl Strategy<Value = u64> {
    prop::sample::select(ms)
}

/// Rules of who is asked, with routes of one to four steps.
pub fn routing() -> impl Strategy<Value = Routing> {
    let rest = (few(&[0, 0, 20]), few(&[0, 0, 20]));
    let wrap_up = (few(&[0, 40]), any::<bool>(), any::<bool>());
    let clients = prop::collection::btree_set(prop::sample::select(&SKILLS[..]), 0..=2);
    (vec(route(), 0..3), rest, wrap_up, any::<bool>(), clients).prop_map(
        |(routes, rest, wrap_up, any_reason, wished)| {
            let codes = if wrap_up.1 { vec![parsed("good")] } else { vec![] };
            let wrap_up = WrapUpRules { max_ms: wrap_up.0, code_required: wrap_up.2 && !codes.is_empty(), codes };
            let routing = Routing {
                routes: routes.into_iter().map(Arc::new).collect(),
                rest: Rest { rejected_ms: rest.0, missed_ms: rest.1 },
                wrap_up,
                pause_reasons: if any_reason { vec![] } else { vec![parsed("lunch")] },
                clients: ClientWishes { skills: wished.into_iter().map(parsed).collect(), employee: false },
                ..Routing::default()
            };
            assert_eq!(routing.check(), Ok(()));
            routing
        },
    )
}

fn route() -> impl Strategy<Value = Route> {
    let topics = option::of(prop::collection::btree_set(prop::sample::select(&["law", "tax"][..]), 1..=2));
    (topics, vec((1..40u64, a_step()), 1..=4)).prop_map(|(topics, steps)| {
        let mut after_ms = 0;
        let steps = steps.into_iter().enumerate().map(|(n, (later_ms, step))| {
            after_ms += if n == 0 { 0 } else { later_ms };
            RoutingStep { after_ms, ..step }
        });
        let topics = topics.map(|topics| topics.into_iter().map(parsed).collect());
        Route { topics, steps: steps.collect(), ..Route::default() }
    })
}

/// A step of every preference and order, which employees nearly always fit.
fn a_step() -> impl Strategy<Value = RoutingStep> {
    let topic = prop::sample::select(&[None, None, None, Some(EVERYBODY), Some("law")][..]);
    let least = prop::sample::select(&[1u8, 1, 1, 2, 3][..]);
    let skills = option::weighted(0.2, 1..=2u8);
    let dropped = prop::sample::select(&[None, None, Some("de"), Some(EVERYTHING)][..]);
    let order = (prop::sample::select(&Prefer::ALL[..]), prop::sample::select(&Order::ALL[..]));
    (topic, least, skills, dropped, order, 1..=4u8).prop_map(|(topic, least, skill, dropped, order, at_once)| {
        let least = if topic == Some(EVERYBODY) { 1 } else { least };
        RoutingStep {
            after_ms: 0,
            topic: topic.map(parsed),
            level: level(least),
            skills: skill.map(|least| (parsed("de"), level(least))).into_iter().collect(),
            drop: dropped.map(parsed).into_iter().collect(),
            prefer: order.0,
            order: order.1,
            at_once,
        }
    })
}

/// Skills of an employee, most of them with a low level, and a share.
pub fn profile() -> impl Strategy<Value = Profile> {
    let words = prop::sample::select(&["de", "fr", "law", "tax"][..]);
    (prop::collection::btree_map(words, 1..=3u8, 0..=4), 1..=3u8).prop_map(|(skills, share)| Profile {
        skills: skills.into_iter().map(|(word, number)| (parsed(word), level(number))).collect(),
        share,
        ..Profile::default()
    })
}

/// Skills that clients ask for.
pub const SKILLS: [&str; 2] = ["de", "fr"];

fn level(number: u8) -> Level {
    number.try_into().unwrap()
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

/// Tiny times, so that deadlines are met and missed, and often fall on the same moment.
pub fn settings() -> impl Strategy<Value = CompanySettings> {
    let offers = (few(&[1, 20, 40]), few(&[0, 5, 20]), few(&[20, 60, 200]), 0..=3u32);
    let absences = (few(&[0, 20]), few(&[0, 10, 100]), few(&[0, 20]), few(&[0, 20]), few(&[0, 20]));
    (offers, absences).prop_map(|(offers, absences)| CompanySettings {
        offer_timeout_ms: offers.0,
        delivery_timeout_ms: offers.1,
        booking_deadline_ms: offers.2,
        max_missed: offers.3,
        employee_grace_ms: absences.0,
        intent_lapse_ms: absences.1,
        client_grace_ms: absences.2,
        session_grace_ms: absences.3,
        wrap_up_ms: absences.4,
        ..CompanySettings::default()
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => clock(),
        40 => search(),
        15 => talk(),
        25 => people(),
        3 => company(),
        8 => (0..40usize).prop_map(Step::Repeat),
    ]
}

fn clock() -> impl Strategy<Value = Step> {
    let ms = || prop_oneof![Just(5), Just(20), 0..70u64];
    prop_oneof![6 => ms().prop_map(Step::Wait), 3 => ms().prop_map(Step::Late), 1 => ms().prop_map(Step::Back)]
}

fn search() -> impl Strategy<Value = Step> {
    let key = || option::of(0..3usize);
    let thing = 0..4usize;
    prop_oneof![
        6 => (0..3usize, 0..4usize, key(), prop::sample::select(&[0usize, 0, 0, 1, 2, 3, 5][..]))
            .prop_map(|(client, topic, key, wishes)| Step::Book { client, topic, key, wishes }),
        2 => (thing.clone(), who()).prop_map(|(thing, by)| Step::Cancel { thing, by }),
        3 => thing.clone().prop_map(|thing| Step::Deliver { thing }),
        6 => (thing.clone(), any::<bool>()).prop_map(|(thing, yes)| Step::Answer { thing, yes }),
        2 => (thing, 0..4u32, 0..6usize, any::<bool>())
            .prop_map(|(thing, attempt, employee, yes)| Step::Meddle { thing, attempt, employee, yes }),
    ]
}

fn talk() -> impl Strategy<Value = Step> {
    let thing = 0..3usize;
    prop_oneof![
        3 => (thing.clone(), any::<bool>(), any::<bool>())
            .prop_map(|(thing, client, enters)| Step::Enter { thing, client, enters }),
        2 => (thing.clone(), who(), option::of(0..3usize)).prop_map(|(thing, by, key)| Step::Send { thing, by, key }),
        2 => (thing.clone(), who(), 0..3usize).prop_map(|(thing, by, body)| Step::Notes { thing, by, body }),
        3 => (thing, who()).prop_map(|(thing, by)| Step::End { thing, by }),
    ]
}

fn people() -> impl Strategy<Value = Step> {
    let employee = 0..6usize;
    prop_oneof![
        6 => (employee.clone(), prop::bool::weighted(0.6))
            .prop_map(|(employee, connects)| Step::Employee { employee, connects }),
        3 => (0..3usize, any::<bool>()).prop_map(|(client, connects)| Step::Client { client, connects }),
        8 => (employee.clone(), prop::bool::weighted(0.7), any::<bool>())
            .prop_map(|(employee, idle, by_admin)| Step::Status { employee, idle, by_admin }),
        2 => (employee.clone(), 0..8usize, profile())
            .prop_map(|(employee, topics, profile)| Step::Hire { employee, topics, profile }),
        1 => employee.prop_map(|employee| Step::Fire { employee }),
    ]
}

fn company() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Restart),
        4 => Just(Step::Reread),
        3 => settings().prop_map(Step::Settings),
        1 => Just(Step::Dissolve),
    ]
}

fn who() -> impl Strategy<Value = Who> {
    prop_oneof![
        4 => Just(Who::Client),
        4 => Just(Who::Employee),
        1 => Just(Who::Admin),
        1 => (0..3usize).prop_map(Who::OtherClient),
        1 => (0..6usize).prop_map(Who::OtherEmployee),
    ]
}

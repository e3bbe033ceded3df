//! Steps of a random walk, in small numbers that the walk maps to the things that exist by then.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use switchboard_core::CompanySettings;

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
    },
    Fire {
        employee: usize,
    },
    Settings(CompanySettings),
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

/// Tiny times, so that deadlines are met and missed, and often fall on the same moment.
pub fn settings() -> impl Strategy<Value = CompanySettings> {
    let few = |ms: &'static [u64]| prop::sample::select(ms);
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
        6 => (0..3usize, 0..4usize, key()).prop_map(|(client, topic, key)| Step::Book { client, topic, key }),
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
        2 => (employee.clone(), 0..8usize).prop_map(|(employee, topics)| Step::Hire { employee, topics }),
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

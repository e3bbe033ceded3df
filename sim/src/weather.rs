//! The weather of one simulation: how often things happen, and how fast everything is.

use std::collections::BTreeSet;
use std::sync::Arc;

use fastrand::Rng;
use switchboard_core::routing::{
    ClientWishes, EVERYBODY, EVERYTHING, Order, Prefer, Rest, Route, RouteStep, WrapUpRules,
};
use switchboard_core::{CompanySettings, Level, Profile, Routing, Skill, Skills, Topic, Word};

/// Topics that people name.
const TOPICS: [&str; 3] = ["law", "tax", "cars"];
/// Skills beside the levels in topics.
const SKILLS: [&str; 3] = ["de", "fr", "senior"];
const CODES: [&str; 2] = ["solved", "open"];
const REASONS: [&str; 2] = ["lunch", "meeting"];

/// Rates and bounds of a simulation. Chances are shares of 256, weights are shares of their sum.
#[derive(Clone, Debug)]
pub struct Weather {
    /// The most entries in the journal's queue.
    pub queue: usize,
    /// Chance that a pong is lost.
    pub pongs_lost: u8,
    /// Chance that a person answers at once.
    pub eager: u8,
    /// Chance that an employee accepts.
    pub willing: u8,
    /// The most bytes of messages in a session.
    pub session_max_bytes: u64,
    /// Messages that follow each message a person sends.
    pub more_words: usize,
    /// Whether companies have rules of who is asked.
    pub routes: bool,
    pub weights: Weights,
    brisk: bool,
}

/// Weights of the things that a throw can do.
#[derive(Clone, Copy, Debug)]
pub struct Weights {
    /// A person does something.
    pub act: u32,
    /// The network delivers a frame to the server.
    pub up: u32,
    /// The network delivers a frame to a person.
    pub down: u32,
    pub commit: u32,
    /// A little time passes.
    pub time: u32,
    /// Time passes until the next deadline.
    pub due: u32,
    /// Much time passes at once.
    pub jump: u32,
    /// The wall clock is set, ahead or back.
    pub step: u32,
    /// The timekeeper wakes due companies.
    pub wake: u32,
    /// A device's connection breaks.
    pub cut: u32,
    /// A client's device stops answering.
    pub hush: u32,
    /// The disk becomes full, or has room again.
    pub disk: u32,
    /// The disk cannot be read, or is slow.
    pub reads: u32,
    /// The server is killed.
    pub kill: u32,
    /// An admin does something.
    pub admin: u32,
    /// A snapshot is written.
    pub snapshot: u32,
    /// The server is stopped in an orderly way.
    pub stop: u32,
}

impl Weather {
    /// The weather of a simulation. Message volume and routing have dice of their own, so that they change nothing else of
    /// a seed.
    #[must_use]
    pub fn throw(dice: &mut Rng, of_words: &mut Rng, of_routing: &mut Rng) -> Self {
        let calm = Weights {
            act: 26,
            up: 40,
            down: 40,
            commit: 30,
            time: 8,
            due: 3,
            jump: 0,
            step: 0,
            wake: 8,
            cut: 1,
            hush: 1,
            disk: 0,
            reads: 0,
            kill: 0,
            admin: 1,
            snapshot: 1,
            stop: 0,
        };
        let weights = match dice.u8(0..8) {
            0 => calm,
            1 => Weights { cut: 8, hush: 4, due: 5, jump: 1, step: 1, ..calm },
            2 => Weights { kill: 3, cut: 2, reads: 1, snapshot: 2, ..calm },
            3 => Weights { disk: 4, reads: 2, ..calm },
            4 => Weights { commit: 6, act: 40, up: 60, ..calm },
            5 => Weights { due: 12, jump: 3, step: 2, admin: 3, cut: 3, ..calm },
            6 => Weights { admin: 8, jump: 1, step: 1, stop: 1, ..calm },
            _ => Weights { cut: 4, disk: 2, reads: 2, kill: 2, admin: 4, jump: 1, step: 1, due: 6, stop: 1, ..calm },
        };
        let weather = Self {
            queue: if dice.u8(0..5) == 0 { dice.usize(2..12) } else { 4096 },
            pongs_lost: *dice.choice(&[0, 0, 20, 120]).unwrap_or(&0),
            eager: *dice.choice(&[40, 160, 230]).unwrap_or(&160),
            willing: *dice.choice(&[60, 150, 230]).unwrap_or(&150),
            weights,
            session_max_bytes: 16 * 1024 * 1024,
            more_words: 0,
            routes: false,
            brisk: dice.bool(),
        };
        let weather = if of_routing.bool() { weather.with_rules(of_routing) } else { weather };
        // Most sessions can never be full. A message is some nine bytes, so that some sessions are full after a few
        // messages, and others only after more than a session keeps at hand.
        match of_words.u8(0..16) {
            0 | 1 => Self { session_max_bytes: of_words.u64(8..64), more_words: of_words.usize(1..6), ..weather },
            2 => weather.wordy(of_words),
            _ => weather,
        }
    }

    /// Admins who change the rules of who is asked more often than they do anything else.
    fn with_rules(self, dice: &mut Rng) -> Self {
        let weights = Weights { admin: self.weights.admin + dice.u32(2..12), ..self.weights };
        Self { routes: true, weights, ..self }
    }

    /// People who find each other soon and have much to say, on a server that is seldom killed.
    fn wordy(self, dice: &mut Rng) -> Self {
        let Weights { act, up, down, kill, .. } = self.weights;
        Self {
            session_max_bytes: dice.u64(900..1600),
            more_words: dice.usize(30..90),
            eager: 230,
            willing: 230,
            brisk: false,
            weights: Weights { act: act + 100, up: up + 100, down: down + 50, kill: kill.min(1), ..self.weights },
            ..self
        }
    }

    /// The rules of time of a company.
    #[must_use]
    pub fn settings(&self, dice: &mut Rng) -> CompanySettings {
        let mut settings = CompanySettings::default();
        if self.brisk {
            settings.offer_timeout_ms = dice.u64(1..3000);
            settings.delivery_timeout_ms = dice.u64(0..1000);
            settings.booking_deadline_ms = dice.u64(1..8000);
            settings.max_missed = dice.u32(0..4);
            settings.employee_grace_ms = dice.u64(0..2000);
            settings.intent_lapse_ms = dice.u64(0..10_000);
            settings.client_grace_ms = dice.u64(0..2000);
            settings.session_grace_ms = dice.u64(0..4000);
            settings.wrap_up_ms = dice.u64(0..1500);
        } else if dice.bool() {
            settings.wrap_up_ms = 5000;
        }
        settings
    }

    /// The topics that an employee takes.
    #[must_use]
    pub fn topics(&self, dice: &mut Rng) -> Vec<String> {
        if dice.u8(0..3) == 0 {
            return vec![];
        }
        let many = dice.usize(1..=2);
        (0..many).map(|_| TOPICS[dice.usize(0..TOPICS.len())].to_owned()).collect()
    }

    /// The skills and the share of an employee.
    #[must_use]
    pub fn profile(&self, dice: &mut Rng) -> Profile {
        if !self.routes {
            return Profile::default();
        }
        let mut skills = some_skills(dice, &SKILLS, 6);
        skills.extend(some_skills(dice, &TOPICS, 10));
        Profile { skills, share: if dice.bool() { 1 } else { dice.u8(1..=5) }, ..Profile::default() }
    }

    /// Wishes of a booking: skills, which some companies do not let clients ask for.
    #[must_use]
    pub fn wishes(&self, dice: &mut Rng) -> Skills {
        if dice.u8(0..3) == 0 { Skills::new() } else { some_skills(dice, &SKILLS, 3) }
    }

    /// A code of a session, which some companies do not know.
    #[must_use]
    pub fn code(&self, dice: &mut Rng) -> Word {
        word(dice, &CODES)
    }

    /// A reason of a pause, which some companies do not know.
    #[must_use]
    pub fn reason(&self, dice: &mut Rng) -> Option<Word> {
        dice.bool().then(|| word(dice, &REASONS))
    }

    /// How long a pause lasts.
    #[must_use]
    pub fn pause_ms(&self, dice: &mut Rng) -> Option<u64> {
        (dice.u8(0..3) > 0).then(|| self.ms(dice))
    }

    /// A time that is met and missed in this weather.
    fn ms(&self, dice: &mut Rng) -> u64 {
        dice.u64(1..if self.brisk { 2000 } else { 20_000 })
    }

    /// The rules of who is asked.
    ///
    /// # Panics
    /// When they are not in their ranges.
    #[must_use]
    pub fn routing(&self, dice: &mut Rng) -> Routing {
        if dice.u8(0..8) == 0 {
            return Routing::default();
        }
        let sometimes = |dice: &mut Rng| if dice.bool() { self.ms(dice) } else { 0 };
        let rest = Rest { rejected_ms: sometimes(dice), missed_ms: sometimes(dice) };
        let codes = if dice.bool() { words(&CODES) } else { vec![] };
        let code_required = !codes.is_empty() && dice.bool();
        let wrap_up = WrapUpRules { max_ms: sometimes(dice), codes, code_required };
        let pause_reasons = if dice.bool() { vec![] } else { words(&REASONS[..1]) };
        let wished = SKILLS.iter().filter(|_| dice.u8(0..4) > 0).map(|skill| skill.parse().expect("a skill"));
        let clients = ClientWishes { skills: wished.collect(), employee: false };
        let routes = (0..dice.u8(0..3)).map(|_| Arc::new(self.route(dice))).collect();
        let routing = Routing { routes, rest, wrap_up, pause_reasons, clients, ..Routing::default() };
        assert_eq!(routing.check(), Ok(()));
        routing
    }

    fn route(&self, dice: &mut Rng) -> Route {
        let topics: BTreeSet<Topic> = TOPICS
            .iter()
            .chain(&["else"])
            .filter(|_| dice.bool())
            .map(|topic| topic.parse().expect("a topic"))
            .collect();
        let mut after_ms = 0;
        let mut steps = Vec::new();
        for n in 0..dice.u8(1..=4) {
            after_ms += if n == 0 { 0 } else { self.ms(dice) };
            steps.push(step(after_ms, dice));
        }
        Route { topics: Some(topics).filter(|topics| !topics.is_empty()), steps, ..Route::default() }
    }
}

/// A step of any kind.
fn step(after_ms: u64, dice: &mut Rng) -> RouteStep {
    let topic = match dice.u8(0..8) {
        0 => Some(EVERYBODY),
        1 => Some(TOPICS[dice.usize(0..TOPICS.len())]),
        _ => None,
    };
    let least = if topic == Some(EVERYBODY) || dice.u8(0..3) > 0 { 1 } else { dice.u8(1..=8) };
    let dropped = match dice.u8(0..4) {
        0 => vec![EVERYTHING],
        1 => vec![SKILLS[dice.usize(0..SKILLS.len())]],
        _ => vec![],
    };
    let dropped: BTreeSet<Skill> = dropped.iter().map(|skill| skill.parse().expect("a skill")).collect();
    RouteStep {
        after_ms,
        topic: topic.map(|topic| topic.parse().expect("a topic")),
        level: level(least),
        skills: if dice.u8(0..4) == 0 { some_skills(dice, &SKILLS[..1], 3) } else { Skills::new() },
        drop: dropped,
        prefer: Prefer::ALL[dice.usize(0..Prefer::ALL.len())],
        order: Order::ALL[dice.usize(0..Order::ALL.len())],
        at_once: if dice.u8(0..3) == 0 { 1 } else { dice.u8(1..=4) },
    }
}

fn some_skills(dice: &mut Rng, all: &[&str], most: u8) -> Skills {
    let mut skills = Skills::new();
    for skill in all {
        if dice.bool() {
            skills.insert(skill.parse().expect("a skill"), level(dice.u8(1..=most)));
        }
    }
    skills
}

fn level(number: u8) -> Level {
    number.try_into().expect("a level")
}

fn word(dice: &mut Rng, all: &[&str]) -> Word {
    all[dice.usize(0..all.len())].parse().expect("a word")
}

fn words(all: &[&str]) -> Vec<Word> {
    all.iter().map(|word| word.parse().expect("a word")).collect()
}

//! The weather of one simulation: how often things happen, and how fast everything is.

use fastrand::Rng;
use switchboard_core::CompanySettings;

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
    /// The weather of a simulation. Message volume has dice of its own, so that it changes nothing else of a seed.
    #[must_use]
    pub fn throw(dice: &mut Rng, of_words: &mut Rng) -> Self {
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
            brisk: dice.bool(),
        };
        // Most sessions can never be full. A message is some nine bytes, so that some sessions are full after a few
        // messages, and others only after more than a session keeps at hand.
        match of_words.u8(0..16) {
            0 | 1 => Self { session_max_bytes: of_words.u64(8..64), more_words: of_words.usize(1..6), ..weather },
            2 => weather.wordy(of_words),
            _ => weather,
        }
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
        let all = ["law", "tax", "cars"];
        if dice.u8(0..3) == 0 {
            return vec![];
        }
        let many = dice.usize(1..=2);
        (0..many).map(|_| all[dice.usize(0..all.len())].to_owned()).collect()
    }
}

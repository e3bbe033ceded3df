//! Seeded randomness: the same seed draws the same numbers, and the seed of a run is printed.

use std::time::{SystemTime, UNIX_EPOCH};

/// A source of numbers (splitmix64).
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// A source from `CRASH_SEED`, or from the clock; a failure prints the seed.
    pub fn announced(test: &str, settings: &str) -> (Self, Repeat) {
        let given = std::env::var("CRASH_SEED").ok().and_then(|seed| seed.parse().ok());
        let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
        let seed = given.unwrap_or_else(|| now().into());
        println!("seed: CRASH_SEED={seed}");
        let test = format!("cargo test --package switchboard --test it {test} -- --nocapture");
        (Self(seed), Repeat(format!("{settings} CRASH_SEED={seed} {test}").trim_start().to_owned()))
    }

    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.draw() % bound
    }

    /// A random index below `many`.
    pub fn index(&mut self, many: usize) -> usize {
        usize::try_from(self.below(many as u64)).unwrap()
    }

    pub fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// A source of its own for another user.
    pub fn fork(&mut self) -> Self {
        Self(self.draw())
    }
}

/// The command that repeats the random draws, printed at the end of a failing test. The order in which the threads of
/// people, network and server run is not repeated.
pub struct Repeat(String);

impl Drop for Repeat {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("repeat it with: {}", self.0);
        }
    }
}

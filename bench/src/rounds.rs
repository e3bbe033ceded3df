//! The method of all measurements: each candidate once in every round, beside a loop whose time should not change.

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Rounds of a full run: the median of five ignores two rounds that other work disturbed.
pub const ROUNDS: usize = 5;
/// The slowest calibration over the fastest, above which a machine is too noisy to tell small differences.
pub const NOISY_ABOVE: f64 = 1.25;
/// Steps of the calibration loop, which take about 20 ms.
const CALIBRATION_STEPS: u64 = 8_000_000;

/// How thoroughly a part is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// Figures that can be compared.
    Full,
    /// Every candidate once, for milliseconds, which shows only that the candidates work.
    Quick,
}

impl Effort {
    /// Number of rounds to measure.
    #[must_use]
    pub const fn rounds(self) -> usize {
        self.pick(ROUNDS, 1)
    }

    /// One value for a full run, another for a quick one.
    #[must_use]
    pub const fn pick<T: Copy>(self, full: T, quick: T) -> T {
        match self {
            Self::Full => full,
            Self::Quick => quick,
        }
    }
}

/// One figure over all rounds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Samples(Vec<f64>);

impl Samples {
    /// Adds a round's figure.
    pub fn add(&mut self, figure: f64) {
        self.0.push(figure);
    }

    /// The figures round by round.
    #[must_use]
    pub fn rounds(&self) -> &[f64] {
        &self.0
    }

    /// The median; the lower of the middle two.
    #[must_use]
    pub fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
    }

    /// The smallest of the figures.
    #[must_use]
    pub fn min(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// The largest of the figures.
    #[must_use]
    pub fn max(&self) -> f64 {
        self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }

    /// The ratio of this figure to another, round by round, because a disturbed round slowed both.
    #[must_use]
    pub fn over(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(this, that)| this / that).collect())
    }

    /// The figure as JSON, for the results file.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({ "median": self.median(), "min": self.min(), "max": self.max() })
    }
}

impl FromIterator<f64> for Samples {
    fn from_iter<I: IntoIterator<Item = f64>>(figures: I) -> Self {
        Self(figures.into_iter().collect())
    }
}

/// The state of the machine itself: the same loop, timed in every round.
#[derive(Clone, Debug, Default)]
pub struct Calibration(Samples);

impl Calibration {
    /// Times the loop on all cores at once, as most candidates use them.
    pub fn round(&mut self) {
        let start = Instant::now();
        thread::scope(|scope| {
            for core in 0..cores() {
                scope.spawn(move || black_box(spin(core as u64)));
            }
        });
        self.0.add(start.elapsed().as_secs_f64() * 1e3);
    }

    /// The slowest loop over the fastest.
    #[must_use]
    pub fn spread(&self) -> f64 {
        self.0.max() / self.0.min()
    }

    /// Whether other work on the machine may explain a small difference.
    #[must_use]
    pub fn is_noisy(&self) -> bool {
        self.spread() > NOISY_ABOVE
    }

    /// A sentence to stand under a table.
    #[must_use]
    pub fn sentence(&self) -> String {
        let (spread, rounds) = (self.spread(), self.0.rounds().len());
        if self.is_noisy() {
            return format!(
                "TOO NOISY TO TELL small differences: the same loop took up to {spread:.2} times as long in one of \
                 {rounds} rounds as in another (at most {NOISY_ABOVE} on a quiet machine)"
            );
        }
        format!("a quiet machine: the same loop took at most {spread:.2} times as long in one of {rounds} rounds")
    }

    /// The calibration as JSON, for the results file.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "loop_ms": self.0.json(),
            "slowest_over_fastest": self.spread(),
            "too_noisy_to_tell": self.is_noisy(),
            "noisy_above": NOISY_ABOVE,
        })
    }
}

/// Number of cores that this process may use.
#[must_use]
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn spin(seed: u64) -> u64 {
    (0..CALIBRATION_STEPS).fold(seed, |x, step| (x ^ step).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17))
}

/// Cycles per second, of so many cycles in so much time.
#[must_use]
pub fn per_second(cycles: u64, elapsed: Duration) -> f64 {
    cycles as f64 / elapsed.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figure_in_the_middle_counts_and_a_ratio_is_of_the_same_round() {
        let one: Samples = [5.0, 1.0, 90.0, 4.0, 6.0].into_iter().collect();
        assert_eq!((one.median(), one.min(), one.max()), (5.0, 1.0, 90.0));
        let other: Samples = [10.0, 2.0, 180.0, 8.0, 12.0].into_iter().collect();
        assert_eq!(other.over(&one).rounds(), [2.0; 5]);
        assert!(Samples::default().median().is_nan());
    }

    #[test]
    fn a_loop_that_takes_longer_in_one_round_says_that_the_machine_is_noisy() {
        let quiet = Calibration([20.0, 21.0].into_iter().collect());
        assert!(!quiet.is_noisy() && quiet.sentence().starts_with("a quiet machine"));
        let noisy = Calibration([20.0, 40.0].into_iter().collect());
        assert!(noisy.is_noisy() && noisy.sentence().starts_with("TOO NOISY"));
    }
}

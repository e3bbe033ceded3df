//! How often something may be done: the Generic Cell Rate Algorithm, for many keys in bounded memory.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use switchboard_core::Time;

/// After a rest so many milliseconds' worth may come at once. The same for every rate, so that it is said in one
/// sentence; and after so long a rest every key may be forgotten, because it may do all that a new one may.
pub const BURST_MS: u64 = 20_000;
/// Keys in each of the two generations. A key takes about 40 bytes, so a rate never takes more than some 5 MB.
const KEYS_MAX: usize = 65_536;
const US_PER_MS: u64 = 1000;
const US_PER_S: u64 = 1_000_000;

/// How often each key may do something.
///
/// Generic Cell Rate Algorithm in its form as virtual scheduling (ATM Forum, Traffic Management Specification 4.1,
/// section 4.4.2): a key is one number, the time at which its next wish would come in theory if it kept exactly to the
/// rate. A wish that comes before that by more than the burst is refused, and changes nothing.
///
/// Keys are kept in two generations. Every [`BURST_MS`] the older one is dropped at once, without looking at any key:
/// nobody in it has been here since, so all of them could do everything again. Nothing is ever searched. Once a
/// generation has [`KEYS_MAX`] keys it ends early; who is forgotten by that may do more than the rate, and nobody
/// less.
#[derive(Debug)]
pub struct Rate {
    /// Microseconds between two wishes; none when there is no limit.
    interval_us: Option<u64>,
    keys_max: usize,
    generations: Mutex<Generations>,
}

#[derive(Debug, Default)]
struct Generations {
    began_us: u64,
    young: HashMap<u64, u64>,
    old: HashMap<u64, u64>,
}

impl Rate {
    /// That many a second for each key; 0 is no limit.
    #[must_use]
    pub fn per_s(count: u64) -> Self {
        Self::with_keys(count, KEYS_MAX)
    }

    fn with_keys(count: u64, keys_max: usize) -> Self {
        let interval_us = US_PER_S.checked_div(count).map(|interval_us| interval_us.max(1));
        Self { interval_us, keys_max, generations: Mutex::default() }
    }

    /// Does it once for that key.
    ///
    /// # Errors
    /// When it is too early: in how many milliseconds it is not.
    pub fn take(&self, key: u64, now: Time) -> Result<(), u64> {
        self.take_many(key, 1, now)
    }

    /// Does it so many times at once, or not at all: what costs as much as that many.
    ///
    /// # Errors
    /// When it is too early: in how many milliseconds it is not.
    pub fn take_many(&self, key: u64, many: u64, now: Time) -> Result<(), u64> {
        self.spend(key, many, now, too_early)
    }

    /// It was done by that key, and turned out to cost as much as that many more: what comes next waits for it.
    pub fn charge(&self, key: u64, many: u64, now: Time) {
        if many > 0 {
            let _never_too_early = self.spend(key, many, now, |_, _, _| Ok(()));
        }
    }

    /// Puts the key's next wish off by what so many cost, if that may be.
    fn spend(
        &self,
        key: u64,
        many: u64,
        now: Time,
        may: impl FnOnce(u64, u64, u64) -> Result<(), u64>,
    ) -> Result<(), u64> {
        let Some(interval_us) = self.interval_us else { return Ok(()) };
        let cost_us = interval_us.saturating_mul(many);
        let now_us = now.as_ms().saturating_mul(US_PER_MS);
        let mut generations = self.lock();
        generations.age(now_us, self.keys_max);
        let next_us = generations.next_of(key).max(now_us);
        may(next_us, now_us, cost_us)?;
        generations.young.insert(key, next_us.saturating_add(cost_us));
        Ok(())
    }

    /// Whether that key could do it now, without doing it.
    ///
    /// # Errors
    /// When it is too early: in how many milliseconds it is not.
    pub fn look(&self, key: u64, now: Time) -> Result<(), u64> {
        let Some(interval_us) = self.interval_us else { return Ok(()) };
        let now_us = now.as_ms().saturating_mul(US_PER_MS);
        let next_us = self.lock().next_of(key).max(now_us);
        too_early(next_us, now_us, interval_us)
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        // Nothing that is done under the lock can leave it half done.
        self.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn too_early(next_us: u64, now_us: u64, cost_us: u64) -> Result<(), u64> {
    let burst_us = (BURST_MS * US_PER_MS).saturating_sub(cost_us);
    let early_us = next_us.saturating_sub(now_us).saturating_sub(burst_us);
    if early_us == 0 { Ok(()) } else { Err(early_us.div_ceil(US_PER_MS)) }
}

impl Generations {
    fn next_of(&self, key: u64) -> u64 {
        self.young.get(&key).or_else(|| self.old.get(&key)).copied().unwrap_or_default()
    }

    fn age(&mut self, now_us: u64, keys_max: usize) {
        let age_us = now_us.saturating_sub(self.began_us);
        if age_us >= BURST_MS * US_PER_MS || self.young.len() >= keys_max {
            let young = std::mem::take(&mut self.young);
            // A generation that is old twice over holds nobody who was here of late.
            self.old = if age_us >= 2 * BURST_MS * US_PER_MS { HashMap::new() } else { young };
            self.began_us = now_us;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Time {
        Time::from_ms(1_700_000_000_000 + ms)
    }

    /// How many wishes of a key are granted at once.
    fn granted(rate: &Rate, key: u64, ms: u64) -> usize {
        (0..1_000_000).take_while(|_| rate.take(key, at(ms)).is_ok()).count()
    }

    #[test]
    fn twenty_seconds_worth_come_at_once_and_then_the_rate_holds() {
        let rate = Rate::per_s(50);
        assert_eq!(granted(&rate, 1, 0), 1000);
        assert_eq!(rate.take(1, at(0)), Err(20));
        assert_eq!(rate.take(1, at(19)), Err(1));
        assert_eq!(rate.take(1, at(20)), Ok(()));
        assert_eq!(granted(&rate, 1, 1020), 50);
        assert_eq!(granted(&rate, 1, 60_000), 1000);
    }

    #[test]
    fn what_costs_as_much_as_many_is_granted_as_seldom() {
        let rate = Rate::per_s(50);
        let many = |ms| (0..1_000_000).take_while(|_| rate.take_many(1, 10, at(ms)).is_ok()).count();
        assert_eq!((many(0), granted(&rate, 1, 0)), (100, 0));
        assert_eq!(rate.take_many(1, 10, at(0)), Err(200));
        assert_eq!((many(200), many(1200)), (1, 5));
        assert_eq!(granted(&rate, 1, 1220), 1);
    }

    #[test]
    fn a_refused_wish_costs_nothing_and_comes_true_when_it_was_said_to() {
        for per_s in [1, 3, 7, 30, 999] {
            let rate = Rate::per_s(per_s);
            let mut now = 0;
            for _ in 0..10 {
                granted(&rate, 1, now);
                let retry_in_ms = rate.take(1, at(now)).unwrap_err();
                assert_eq!(rate.look(1, at(now)), Err(retry_in_ms));
                assert_eq!(rate.look(1, at(now + retry_in_ms - 1)), Err(1));
                now += retry_in_ms;
                assert_eq!(rate.look(1, at(now)), Ok(()));
                assert_eq!(rate.take(1, at(now)), Ok(()), "{per_s} a second");
            }
        }
    }

    #[test]
    fn what_has_a_price_counts_so_many_times_and_is_paid_off() {
        let rate = Rate::per_s(50);
        assert_eq!(
            (0..100).take_while(|_| rate.take(1, at(0)).map(|()| rate.charge(1, 99, at(0))).is_ok()).count(),
            10
        );
        assert_eq!(rate.take(1, at(0)), Err(20));
        assert_eq!(rate.take(1, at(20)), Ok(()), "whatever it costs, it is had when once is");
        rate.charge(1, 1999, at(20));
        assert_eq!(rate.take(1, at(20)), Err(40_000));
        rate.charge(2, 50, at(0));
        assert_eq!(granted(&rate, 2, 0), 950);
        rate.charge(2, 50, at(0));
        assert_eq!(rate.look(2, at(0)), Err(1020));
    }

    #[test]
    fn nobody_pays_for_somebody_else() {
        let rate = Rate::per_s(1);
        assert_eq!(granted(&rate, 1, 0), 20);
        assert_eq!(granted(&rate, 2, 0), 20);
    }

    #[test]
    fn a_rate_of_nothing_is_no_limit() {
        let rate = Rate::per_s(0);
        assert!((0..10_000).all(|_| rate.take(1, at(0)).is_ok()));
        assert!(rate.lock().young.is_empty());
    }

    #[test]
    fn keys_that_could_do_everything_again_are_forgotten_and_others_are_not() {
        let rate = Rate::per_s(1);
        for key in 0..100 {
            assert_eq!(granted(&rate, key, 0), 20);
        }
        // Into the second generation and on, one key comes all the time.
        for second in 1..=60 {
            assert_eq!(granted(&rate, 0, second * 1000), 1, "after {second} s");
        }
        let generations = rate.lock();
        assert_eq!((generations.young.len(), generations.old.len()), (1, 1));
        drop(generations);
        assert_eq!(granted(&rate, 1, 61_000), 20);
    }

    #[test]
    fn a_generation_that_is_full_ends_early_and_memory_stays_bounded() {
        let rate = Rate::with_keys(1, 100);
        assert_eq!(granted(&rate, 7, 0), 20);
        for key in 1000..1099 {
            rate.take(key, at(1)).unwrap();
        }
        assert_eq!(granted(&rate, 7, 2), 0, "it is remembered while others come");
        for key in 2000..4000 {
            rate.take(key, at(3)).unwrap();
            let generations = rate.lock();
            assert!(generations.young.len() + generations.old.len() <= 200);
        }
        assert_eq!(granted(&rate, 7, 4), 20, "who is forgotten may do more, never less");
    }

    #[test]
    fn a_clock_that_goes_back_does_no_harm() {
        let rate = Rate::per_s(1);
        assert_eq!(granted(&rate, 1, 50_000), 20);
        assert_eq!(granted(&rate, 1, 0), 0);
        assert_eq!(granted(&rate, 1, 51_000), 1);
    }
}

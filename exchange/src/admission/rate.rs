//! Rate limits by the Generic Cell Rate Algorithm, for many keys in bounded memory.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use switchboard_core::Time;

/// The burst after a rest, in milliseconds of the rate. The burst is the same for every rate, so that the contract
/// needs one sentence for it. After a rest of this length a key is as good as new, and may be forgotten.
pub(crate) const BURST_MS: u64 = 20_000;
/// Keys in each of the two generations. A key takes about 40 bytes, so a rate takes at most some 5 MB.
const KEYS_MAX: usize = 65_536;
const US_PER_MS: u64 = 1000;
const US_PER_S: u64 = 1_000_000;

/// A rate limit per key.
///
/// The Generic Cell Rate Algorithm in its form as virtual scheduling (ATM Forum, Traffic Management Specification 4.1,
/// section 4.4.2): each key has one number, the theoretical time of its next request at exactly the rate. A request
/// that comes earlier by more than the burst is refused, and changes nothing.
///
/// Keys are kept in two generations. Every [`BURST_MS`] the older generation is dropped as a whole, without a look at
/// any key, because each of its keys has rested for so long that its full burst is available again. A generation with
/// [`KEYS_MAX`] keys ends early; a key that is forgotten early may do more than the rate, and never less.
#[derive(Debug)]
pub(super) struct Rate {
    /// Microseconds between two requests; none for no limit.
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
    /// A limit of so many requests a second for each key; 0 is no limit.
    #[must_use]
    pub(super) fn per_s(count: u64) -> Self {
        Self::with_keys(count, KEYS_MAX)
    }

    fn with_keys(count: u64, keys_max: usize) -> Self {
        // At least 1, because an interval of 0 would be no limit at all.
        let interval_us = US_PER_S.checked_div(count).map(|interval_us| interval_us.max(1));
        Self { interval_us, keys_max, generations: Mutex::default() }
    }

    /// Counts one request of a key. If that is too early, the error is the wait in milliseconds, and nothing is
    /// counted.
    pub(super) fn take(&self, key: u64, now: Time) -> Result<(), u64> {
        self.take_many(key, 1, now)
    }

    /// Counts a request that costs as much as `many`, or nothing, as [`Rate::take`] does.
    pub(super) fn take_many(&self, key: u64, many: u64, now: Time) -> Result<(), u64> {
        self.spend(key, many, now, too_early)
    }

    /// Counts `many` more requests for one that was granted before its cost was known. Later requests wait for them.
    pub(crate) fn charge(&self, key: u64, many: u64, now: Time) {
        if many > 0 {
            let _never_too_early = self.spend(key, many, now, |_, _, _| Ok(()));
        }
    }

    /// Postpones a key's next request by the cost of `many`, if `may` agrees.
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

    /// Whether a request of a key would be granted now; nothing is counted.
    pub(super) fn look(&self, key: u64, now: Time) -> Result<(), u64> {
        let Some(interval_us) = self.interval_us else { return Ok(()) };
        let now_us = now.as_ms().saturating_mul(US_PER_MS);
        let next_us = self.lock().next_of(key).max(now_us);
        too_early(next_us, now_us, interval_us)
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        // No step under the lock can leave half a change, so the state is good even after a panic.
        self.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn too_early(next_us: u64, now_us: u64, cost_us: u64) -> Result<(), u64> {
    // The burst less the cost, because a burst holds this request too.
    let burst_us = (BURST_MS * US_PER_MS).saturating_sub(cost_us);
    let early_us = next_us.saturating_sub(now_us).saturating_sub(burst_us);
    if early_us == 0 { Ok(()) } else { Err(early_us.div_ceil(US_PER_MS)) }
}

impl Generations {
    fn next_of(&self, key: u64) -> u64 {
        // The young generation first: an entry in the old one may be outdated.
        self.young.get(&key).or_else(|| self.old.get(&key)).copied().unwrap_or_default()
    }

    fn age(&mut self, now_us: u64, keys_max: usize) {
        let age_us = now_us.saturating_sub(self.began_us);
        if age_us >= BURST_MS * US_PER_MS || self.young.len() >= keys_max {
            let young = std::mem::take(&mut self.young);
            // After the time of two bursts the young keys have rested long enough too.
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

    /// The number of requests of a key that are granted at once.
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
        // One key makes requests throughout, over several generations.
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

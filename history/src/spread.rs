//! The distribution of durations: exact up to a number, and with three significant digits beyond it and in kept days.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Durations that are held one by one, in 800 kB at most.
const EXACT_MAX: usize = 100_000;

/// Durations while they are counted, in milliseconds.
#[derive(Debug, Default)]
pub(super) struct Spread {
    one_by_one: Vec<u64>,
    /// All durations, once they are too many to hold one by one.
    histogram: Option<Histogram<u64>>,
    sum: u64,
    longest: u64,
}

/// A distribution as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredSpread {
    sum: u64,
    longest: u64,
    /// Pairs of numbers: the difference to the previous duration, with three significant digits, and the number of
    /// occurrences.
    steps: Vec<u64>,
}

/// Distribution of durations. Without durations, only the count is present.
#[derive(Debug, Serialize, ToSchema)]
pub struct Durations {
    count: u64,
    #[schema(required)]
    mean_ms: Option<u64>,
    #[schema(required)]
    p50_ms: Option<u64>,
    #[schema(required)]
    p90_ms: Option<u64>,
    #[schema(required)]
    p99_ms: Option<u64>,
    #[schema(required)]
    max_ms: Option<u64>,
}

impl Spread {
    pub(super) fn add(&mut self, ms: u64) {
        self.sum = self.sum.saturating_add(ms);
        self.longest = self.longest.max(ms);
        self.count(ms, 1);
    }

    /// Adds the durations of a kept distribution.
    pub(super) fn add_kept(&mut self, kept: &StoredSpread) {
        self.sum = self.sum.saturating_add(kept.sum);
        self.longest = self.longest.max(kept.longest);
        let mut ms: u64 = 0;
        let (steps, _) = kept.steps.as_chunks();
        for [step, times] in steps {
            ms = ms.saturating_add(*step);
            self.count(ms, *times);
        }
    }

    /// The distribution as it is kept.
    pub(super) fn kept(mut self) -> StoredSpread {
        self.begin_to_count();
        let (mut steps, mut before) = (Vec::new(), 0);
        for step in self.histogram.iter().flat_map(Histogram::iter_recorded) {
            let ms = step.value_iterated_to();
            steps.extend([ms - before, step.count_at_value()]);
            before = ms;
        }
        StoredSpread { sum: self.sum, longest: self.longest, steps }
    }

    fn count(&mut self, ms: u64, times: u64) {
        let room = EXACT_MAX.saturating_sub(self.one_by_one.len());
        match usize::try_from(times) {
            Ok(times) if times <= room && self.histogram.is_none() => {
                self.one_by_one.extend(std::iter::repeat_n(ms, times));
            }
            _ => {
                if let Some(histogram) = self.begin_to_count() {
                    let _grows_as_it_must = histogram.record_n(ms, times);
                }
            }
        }
    }

    fn begin_to_count(&mut self) -> Option<&mut Histogram<u64>> {
        if self.histogram.is_none() {
            // The histogram resizes itself, so that no duration is too long.
            let mut histogram = Histogram::new(3).ok()?;
            for ms in self.one_by_one.drain(..) {
                let _grows_as_it_must = histogram.record(ms);
            }
            self.histogram = Some(histogram);
        }
        self.histogram.as_mut()
    }

    pub(super) fn durations(mut self) -> Durations {
        self.one_by_one.sort_unstable();
        let count = self.histogram.as_ref().map_or(self.one_by_one.len() as u64, Histogram::len);
        Durations {
            count,
            mean_ms: self.sum.checked_div(count),
            p50_ms: self.at(50),
            p90_ms: self.at(90),
            p99_ms: self.at(99),
            max_ms: (count > 0).then_some(self.longest),
        }
    }

    /// The least duration that so many percent of all durations do not exceed.
    fn at(&self, percent: usize) -> Option<u64> {
        let found = match &self.histogram {
            Some(histogram) => (!histogram.is_empty()).then(|| histogram.value_at_quantile(percent as f64 / 100.0)),
            None => self.one_by_one.get((self.one_by_one.len() * percent).div_ceil(100).checked_sub(1)?).copied(),
        };
        // A value with three digits may exceed the longest duration.
        found.map(|ms| ms.min(self.longest))
    }
}

impl StoredSpread {
    /// Number of the kept durations.
    pub(super) fn count(&self) -> u64 {
        let (steps, _) = self.steps.as_chunks();
        steps.iter().map(|[_, times]| times).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(durations: impl IntoIterator<Item = u64>) -> Durations {
        let mut spread = Spread::default();
        durations.into_iter().for_each(|ms| spread.add(ms));
        spread.durations()
    }

    #[test]
    fn a_percentile_is_a_duration_that_was_there() {
        let four = of([400, 100, 300, 200]);
        assert_eq!((four.count, four.mean_ms, four.max_ms), (4, Some(250), Some(400)));
        assert_eq!((four.p50_ms, four.p90_ms), (Some(200), Some(400)));
        let hundred = of(1..=100);
        assert_eq!((hundred.p50_ms, hundred.p90_ms, hundred.p99_ms), (Some(50), Some(90), Some(99)));
        let none = of([]);
        assert_eq!((none.count, none.mean_ms, none.p50_ms), (0, None, None));
    }

    #[test]
    fn with_too_many_to_keep_the_first_three_digits_are_right() {
        let many = of((1..=200_000).rev());
        assert_eq!((many.count, many.mean_ms), (200_000, Some(100_000)));
        let near = |found: Option<u64>, exact: u64| found.is_some_and(|ms| ms.abs_diff(exact) <= exact / 1000);
        assert!(near(many.p50_ms, 100_000) && near(many.p90_ms, 180_000) && near(many.max_ms, 200_000), "{many:?}");
    }

    #[test]
    fn what_was_kept_day_by_day_is_what_came_in_to_three_digits() {
        let of_day = |day: u64| (0..3_000).map(move |no: u64| no * no % 90_000 + day);
        let (mut all, mut days) = (Spread::default(), Spread::default());
        for day in 0..40 {
            let mut one = Spread::default();
            of_day(day).for_each(|ms| one.add(ms));
            of_day(day).for_each(|ms| all.add(ms));
            let stored = switchboard_wire::view::json(&one.kept());
            days.add_kept(&serde_json::from_str(&stored).expect("it was written"));
        }
        let (all, days) = (all.durations(), days.durations());
        assert_eq!((days.count, days.mean_ms, days.max_ms), (all.count, all.mean_ms, all.max_ms));
        for (of_days, of_all) in [(days.p50_ms, all.p50_ms), (days.p90_ms, all.p90_ms), (days.p99_ms, all.p99_ms)] {
            assert!(of_days >= of_all && of_days <= of_all.map(|ms| ms + ms / 1000), "{of_days:?}, {of_all:?}");
        }
        let mut few = Spread::default();
        few.add_kept(&Spread::default().kept());
        assert_eq!(few.durations().p50_ms, None);
        let (mut one, mut few) = (Spread::default(), Spread::default());
        one.add(61_000);
        few.add_kept(&one.kept());
        let few = few.durations();
        assert_eq!((few.p50_ms, few.p99_ms, few.max_ms), (Some(61_000), Some(61_000), Some(61_000)));
        let mut few = Spread::default();
        [700, 1_900, 1_900].into_iter().for_each(|ms| few.add(ms));
        assert_eq!(few.kept().steps, [700, 1, 1_200, 2]);
    }
}

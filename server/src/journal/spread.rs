//! How durations are spread: exact while they are few enough to keep, to three digits beyond.

use hdrhistogram::Histogram;
use serde::Serialize;
use utoipa::ToSchema;

/// Durations that are kept one by one; 800 kB.
const EXACT_MAX: usize = 100_000;

/// Durations as they come in, in milliseconds.
#[derive(Debug, Default)]
pub(super) struct Spread {
    kept: Vec<u64>,
    /// All of them, once they are too many to keep.
    histogram: Option<Histogram<u64>>,
    sum: u64,
}

/// How durations are spread. Without any, only the count is there.
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
        if self.histogram.is_none() && self.kept.len() == EXACT_MAX {
            // It grows by itself: no duration is too long for it.
            self.histogram = Histogram::new(3).ok();
            let kept = std::mem::take(&mut self.kept);
            kept.into_iter().for_each(|ms| self.count_in(ms));
        }
        if self.histogram.is_some() {
            self.count_in(ms);
        } else {
            self.kept.push(ms);
        }
    }

    fn count_in(&mut self, ms: u64) {
        if let Some(histogram) = &mut self.histogram {
            let _grows_as_it_must = histogram.record(ms);
        }
    }

    pub(super) fn durations(mut self) -> Durations {
        self.kept.sort_unstable();
        let count = self.histogram.as_ref().map_or(self.kept.len() as u64, Histogram::len);
        Durations {
            count,
            mean_ms: self.sum.checked_div(count),
            p50_ms: self.at(50),
            p90_ms: self.at(90),
            p99_ms: self.at(99),
            max_ms: self.at(100),
        }
    }

    /// The least duration that so many percent of all do not exceed.
    fn at(&self, percent: usize) -> Option<u64> {
        match &self.histogram {
            Some(histogram) => Some(histogram.value_at_quantile(percent as f64 / 100.0)),
            None => self.kept.get((self.kept.len() * percent).div_ceil(100).checked_sub(1)?).copied(),
        }
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
}

//! Health of an endpoint: whether the endpoint is down, how long the server pauses, and when the endpoint is turned
//! off.

use switchboard_core::Time;

/// Failures in a row after which an endpoint is down.
const DOWN_AFTER: u32 = 5;
/// The first pause between two tries of an endpoint that is down; each further failure doubles the pause.
const PAUSE_MS: u64 = 1_000;
const PAUSE_MAX_MS: u64 = 60_000;
/// Time of failures alone after which an endpoint is turned off: longer than an event is tried.
const FAILING_MAX_MS: u64 = 5 * 24 * 3_600_000;

/// Failures of an endpoint, and the pause that follows from them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Health {
    failures: u32,
    not_before: Time,
    /// Moment of the first failure since the last success.
    pub(super) failing_since: Option<Time>,
}

impl Health {
    pub(super) fn new(failing_since: Option<Time>) -> Self {
        Self { failing_since, ..Self::default() }
    }

    /// Whether the endpoint failed so often that single events only probe whether the endpoint is back.
    pub(super) const fn is_down(&self) -> bool {
        self.failures >= DOWN_AFTER
    }

    /// Moment before which no event goes to the endpoint.
    pub(super) const fn not_before(&self) -> Time {
        self.not_before
    }

    /// Ends the pause, because an admin or a back end has looked after the endpoint.
    pub(super) const fn may_be_tried(&mut self) {
        self.not_before = Time::from_ms(0);
    }

    /// Notes a delivered event. Says whether the endpoint is back from being down.
    pub(super) fn succeeded(&mut self) -> bool {
        let is_back = self.is_down();
        *self = Self::default();
        is_back
    }

    /// Notes a failure, with the pause that the receiver may have asked for.
    pub(super) fn failed(&mut self, now: Time, asked_ms: Option<u64>) {
        self.failures = self.failures.saturating_add(1);
        self.failing_since.get_or_insert(now);
        let doubled = self.failures.saturating_sub(DOWN_AFTER).min(16);
        let pause_ms = if self.is_down() { (PAUSE_MS << doubled).min(PAUSE_MAX_MS) } else { 0 };
        let asked_ms = asked_ms.unwrap_or(0).min(PAUSE_MAX_MS);
        self.not_before = self.not_before.max(now.plus_ms(pause_ms.max(asked_ms)));
    }

    /// Whether the endpoint has failed for too long.
    pub(super) fn is_hopeless(&self, now: Time) -> bool {
        self.failing_since.is_some_and(|since| since.ms_until(now) >= FAILING_MAX_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_ms(1_000_000);

    #[test]
    fn after_five_failures_an_endpoint_is_left_alone_for_longer_and_longer() {
        let mut health = Health::default();
        (1..DOWN_AFTER).for_each(|_| health.failed(NOW, None));
        assert!(!health.is_down() && health.not_before() == NOW);
        let pauses = [1, 2, 4, 8, 16, 32, 60, 60].map(|seconds| {
            health.failed(NOW, None);
            (seconds * 1000, NOW.ms_until(health.not_before()))
        });
        pauses.iter().for_each(|(expected, pause)| assert_eq!(expected, pause));
        assert!(health.is_down());
        health.may_be_tried();
        assert!(health.not_before() < NOW);
        assert!(health.succeeded(), "it is back");
        assert_eq!(health, Health::default());
        assert!(!health.succeeded());
    }

    #[test]
    fn an_endpoint_that_only_failed_for_five_days_is_given_up() {
        let mut health = Health::new(Some(NOW));
        let end = NOW.plus_ms(FAILING_MAX_MS);
        health.failed(end, None);
        assert!(health.is_hopeless(end) && !health.is_hopeless(Time::from_ms(end.as_ms() - 1)));
        health.succeeded();
        health.failed(end, None);
        assert!(!health.is_hopeless(end), "it counts from the first failure after a success");
    }

    #[test]
    fn a_receiver_that_asks_for_a_pause_gets_it() {
        let mut health = Health::default();
        health.failed(NOW, Some(7_000));
        assert_eq!(health.not_before(), NOW.plus_ms(7_000));
    }
}

//! Schedule of the tries of an event: the one that the Standard Webhooks specification proposes, about three days.

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// The pause after each failure, in milliseconds; the first try is immediate.
const PAUSES_MS: [u64; 9] =
    [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
/// The longest pause that a receiver may ask for with `Retry-After`.
const ASKED_MAX_MS: u64 = 24 * HOUR;
/// Default number of tries of an event.
pub(crate) const ATTEMPTS: u32 = 10;

/// Milliseconds to wait after that many failed tries. Each pause is up to a tenth shorter or longer, so that events
/// that failed together do not return together; `chance` is any number.
#[must_use]
pub(crate) fn pause_ms(attempts: u32, asked_ms: Option<u64>, chance: u16) -> u64 {
    let place = (attempts.max(1) as usize - 1).min(PAUSES_MS.len() - 1);
    let tenths = 900 + u64::from(chance) % 201;
    (PAUSES_MS[place] * tenths / 1000).max(asked_ms.unwrap_or(0).min(ASKED_MAX_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_tries_of_an_event_take_about_three_days() {
        let all = |chance| (1..ATTEMPTS).map(|attempts| pause_ms(attempts, None, chance)).sum::<u64>();
        assert_eq!(all(100), 75 * HOUR + 35 * MINUTE + 5 * SECOND);
        assert_eq!((pause_ms(1, None, 0), pause_ms(1, None, 200)), (4_500, 5_500));
        assert_eq!(pause_ms(99, None, 100), 24 * HOUR, "with more tries than the schedule has it stays at the last");
    }

    #[test]
    fn a_receiver_may_ask_for_more_time_but_not_for_ever() {
        assert_eq!(pause_ms(1, Some(60_000), 100), 60_000);
        assert_eq!(pause_ms(2, Some(60_000), 100), 5 * MINUTE, "never sooner than the schedule");
        assert_eq!(pause_ms(1, Some(u64::MAX), 100), 24 * HOUR);
    }
}

//! Rate limit for log lines that strangers can cause: a burst, then a rate, and a count of omitted lines.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Lines of a burst, so that the errors of a start are logged whole.
const IN_A_ROW: f64 = 20.0;
/// Lines a second after the burst.
const PER_SECOND: f64 = 1.0;

/// One kind of line with a rate limit.
pub(super) struct LineLimiter(Mutex<State>);

struct State {
    left: f64,
    asked: Option<Instant>,
    left_out: u64,
}

impl LineLimiter {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(State { left: IN_A_ROW, asked: None, left_out: 0 }))
    }

    /// The number of lines omitted since the last one, if a line may be written now.
    pub(super) fn take(&self, now: Instant) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let since = state.asked.replace(now).map_or(0.0, |asked| now.saturating_duration_since(asked).as_secs_f64());
        state.left = since.mul_add(PER_SECOND, state.left).min(IN_A_ROW);
        if state.left < 1.0 {
            state.left_out += 1;
            return None;
        }
        state.left -= 1.0;
        Some(std::mem::take(&mut state.left_out))
    }

    /// Takes the number of lines omitted since the last one.
    pub(super) fn take_left_out(&self) -> u64 {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).left_out)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_flood_has_a_few_lines_and_what_was_left_out_is_told_with_the_next() {
        let (limited, start) = (LineLimiter::new(), Instant::now());
        let lines = (0..1000).filter(|_| limited.take(start).is_some()).count();
        assert_eq!(lines, 20);
        assert_eq!(limited.take(start + Duration::from_secs(2)), Some(980));
        assert_eq!(limited.take(start + Duration::from_secs(2)), Some(0));
        assert_eq!(limited.take(start + Duration::from_secs(2)), None);
        assert_eq!(limited.take_left_out(), 1);
        assert_eq!(limited.take(start + Duration::from_secs(600)), Some(0));
    }
}

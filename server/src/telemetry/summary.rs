//! Summary of the server's activity, as one line of the log: each minute with any activity, and at the end.

use std::time::Duration;

use switchboard_metrics::{ASSIGNED, METRICS};
use tokio::sync::watch;

use super::refusals;

/// Interval of the lines.
const EVERY: Duration = Duration::from_secs(60);

/// Counters since the start of the process, or between two lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct SummaryCounts {
    /// Bookings that found an employee.
    assigned: u64,
    /// Bookings that ended without an employee.
    without: u64,
    offers: u64,
    sessions_ended: u64,
    sockets_opened: u64,
    /// Requests that were refused because of overload.
    refused: u64,
    /// Lines of the log that were dropped because its reader was too slow.
    lines_lost: u64,
}

impl SummaryCounts {
    fn now() -> Self {
        let assigned = METRICS.bookings.of(ASSIGNED).get();
        Self {
            assigned,
            without: METRICS.bookings.total().saturating_sub(assigned),
            offers: METRICS.offers.total(),
            sessions_ended: METRICS.sessions.total(),
            sockets_opened: METRICS.sockets_opened.get(),
            refused: METRICS.refused.total(),
            lines_lost: METRICS.log_lines_lost.get(),
        }
    }

    /// Growth of the counters since an earlier moment.
    const fn since(self, before: Self) -> Self {
        Self {
            assigned: self.assigned.saturating_sub(before.assigned),
            without: self.without.saturating_sub(before.without),
            offers: self.offers.saturating_sub(before.offers),
            sessions_ended: self.sessions_ended.saturating_sub(before.sessions_ended),
            sockets_opened: self.sockets_opened.saturating_sub(before.sockets_opened),
            refused: self.refused.saturating_sub(before.refused),
            lines_lost: self.lines_lost.saturating_sub(before.lines_lost),
        }
    }
}

/// Writes a summary at intervals, until the server ends.
pub(crate) async fn every_minute(mut ending: watch::Receiver<bool>) {
    let mut before = SummaryCounts::now();
    loop {
        let ends = tokio::time::timeout(EVERY, ending.wait_for(|ends| *ends)).await.is_ok();
        let now = SummaryCounts::now();
        say(now.since(before), refusals::take_left_out());
        before = now;
        if ends {
            return;
        }
    }
}

fn say(counts: SummaryCounts, lines_left_out: u64) {
    if counts == SummaryCounts::default() && lines_left_out == 0 {
        return;
    }
    let SummaryCounts { assigned, without, offers, sessions_ended, sockets_opened, refused, lines_lost } = counts;
    tracing::info!(
        assigned,
        without,
        offers,
        sessions_ended,
        sockets_opened,
        refused,
        lines_left_out,
        lines_lost,
        "what went on since the last such line"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_what_has_come_since() {
        let before = SummaryCounts { assigned: 3, offers: 7, ..SummaryCounts::default() };
        let now = SummaryCounts { assigned: 5, offers: 7, sockets_opened: 1, ..SummaryCounts::default() };
        assert_eq!(now.since(before), SummaryCounts { assigned: 2, sockets_opened: 1, ..SummaryCounts::default() });
        assert_eq!(now.since(now), SummaryCounts::default());
    }
}

//! Presence of a client's device while its search runs: the device is pinged at intervals, and must answer.

use std::time::Duration;

use switchboard_exchange::outbox::{GoesOn, SearchProgress};
use tokio::time::Instant;

/// Interval of the pings to a device.
const ASKED_EVERY: Duration = Duration::from_secs(2);

/// The pings to one device. Only a device with a running search has them.
#[derive(Debug)]
pub(crate) struct Attention {
    lines: Vec<WatchedLine>,
    ask_at: Instant,
    /// Moment of the first unanswered ping.
    asked: Option<Instant>,
}

/// Line of the device on which a search is announced.
#[derive(Debug)]
struct WatchedLine {
    line: u64,
    patience: Duration,
    /// End of the search; none once it is over. The line is kept for as long as it counts as gone.
    until: Option<Instant>,
    is_gone: bool,
}

/// Work that is due.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct DueChecks {
    /// The device must be pinged.
    pub ask: bool,
    /// Lines that count as gone from now on.
    pub gone: Vec<u64>,
}

impl Attention {
    /// Follows the news of a search that go to the device.
    pub(super) fn follow(attention: &mut Option<Box<Self>>, search: SearchProgress, now: Instant) {
        let Some(GoesOn { patience_ms, ends_in_ms }) = search.goes_on else {
            if let Some(watching) = attention {
                watching.lines.iter_mut().filter(|watched| watched.line == search.line).for_each(|w| w.until = None);
                Self::rest(attention);
            }
            return;
        };
        let (patience, until) = (Duration::from_millis(patience_ms), now + Duration::from_millis(ends_in_ms));
        let new = || Box::new(Self { lines: Vec::with_capacity(1), ask_at: now + ASKED_EVERY, asked: None });
        let watching = attention.get_or_insert_with(new);
        match watching.lines.iter_mut().find(|watched| watched.line == search.line) {
            Some(watched) => (watched.patience, watched.until) = (patience, Some(until)),
            None => {
                watching.lines.push(WatchedLine { line: search.line, patience, until: Some(until), is_gone: false });
            }
        }
    }

    /// Ends the watch when no search runs and no line counts as gone.
    fn rest(attention: &mut Option<Box<Self>>) {
        if let Some(watching) = attention {
            watching.lines.retain(|watched| watched.until.is_some() || watched.is_gone);
            if watching.lines.is_empty() {
                *attention = None;
            }
        }
    }

    /// Notes a sign of life of the device. Returns the lines that count again.
    pub(super) fn heard(attention: &mut Option<Box<Self>>) -> Vec<u64> {
        let Some(watching) = attention else { return Vec::new() };
        watching.asked = None;
        let gone = watching.lines.iter_mut().filter(|watched| watched.is_gone);
        let back = gone.map(|watched| {
            watched.is_gone = false;
            watched.line
        });
        let back = back.collect();
        Self::rest(attention);
        back
    }

    /// Moment of the next work.
    #[must_use]
    pub(super) fn next(&self) -> Option<Instant> {
        let searches = self.lines.iter().any(|watched| watched.until.is_some());
        searches.then(|| self.overdue_at().into_iter().fold(self.ask_at, Instant::min))
    }

    /// Moment at which the first line counts as gone if the device stays silent.
    fn overdue_at(&self) -> Option<Instant> {
        let asked = self.asked?;
        let there = self.lines.iter().filter(|watched| watched.until.is_some() && !watched.is_gone);
        there.map(|watched| asked + watched.patience).min()
    }

    /// Finds the work that is due; `is_joined` says whether the device still has a line.
    pub(super) fn look(attention: &mut Option<Box<Self>>, now: Instant, is_joined: impl Fn(u64) -> bool) -> DueChecks {
        let mut due = DueChecks::default();
        let Some(watching) = attention else { return due };
        watching.lines.retain(|watched| is_joined(watched.line));
        for watched in &mut watching.lines {
            watched.until = watched.until.filter(|until| *until > now);
            let is_overdue = watching.asked.is_some_and(|asked| asked + watched.patience <= now);
            if is_overdue && watched.until.is_some() && !watched.is_gone {
                watched.is_gone = true;
                due.gone.push(watched.line);
            }
        }
        due.ask = watching.ask_at <= now && watching.lines.iter().any(|watched| watched.until.is_some());
        if due.ask {
            watching.ask_at = now + ASKED_EVERY;
            watching.asked.get_or_insert(now);
        }
        Self::rest(attention);
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(line: u64) -> SearchProgress {
        SearchProgress { line, goes_on: Some(GoesOn { patience_ms: 3000, ends_in_ms: 60_000 }) }
    }

    fn over(line: u64) -> SearchProgress {
        SearchProgress { line, goes_on: None }
    }

    /// A device that is told of a search at moment 0.
    struct Device {
        attention: Option<Box<Attention>>,
        began: Instant,
    }

    impl Device {
        fn new(search: SearchProgress) -> Self {
            let mut device = Self { attention: None, began: Instant::now() };
            device.told(0, search);
            device
        }

        fn told(&mut self, ms: u64, search: SearchProgress) {
            Attention::follow(&mut self.attention, search, self.began + Duration::from_millis(ms));
        }

        fn look(&mut self, ms: u64) -> (bool, Vec<u64>) {
            let due = Attention::look(&mut self.attention, self.began + Duration::from_millis(ms), |line| line < 100);
            (due.ask, due.gone)
        }

        fn next_ms(&self) -> Option<u128> {
            Some((self.attention.as_ref()?.next()? - self.began).as_millis())
        }
    }

    #[test]
    fn a_device_that_does_not_answer_in_its_time_counts_as_gone_until_something_is_heard() {
        let mut device = Device::new(runs(7));
        assert_eq!((device.look(1999), device.next_ms()), ((false, vec![]), Some(2000)));
        assert_eq!(device.look(2000), (true, vec![]));
        assert_eq!(device.look(4000), (true, vec![]), "asked again, and the first question counts");
        assert_eq!(device.next_ms(), Some(5000));
        assert_eq!(device.look(5000), (false, vec![7]));
        assert_eq!(device.look(6000), (true, vec![]), "it is asked on, and counts as gone once");
        assert_eq!(Attention::heard(&mut device.attention), [7]);
        assert_eq!(Attention::heard(&mut device.attention), [0; 0]);
        assert_eq!(device.look(8000), (true, vec![]));
    }

    #[test]
    fn a_device_that_answers_is_never_gone() {
        let mut device = Device::new(runs(7));
        for second in 1..30 {
            assert_eq!(device.look(second * 1000), (second % 2 == 0, vec![]));
            assert_eq!(Attention::heard(&mut device.attention), [0; 0]);
        }
    }

    #[test]
    fn without_a_search_nothing_is_watched() {
        let mut device = Device::new(over(7));
        assert!(device.attention.is_none());
        device.told(0, runs(7));
        device.told(0, runs(8));
        device.told(0, over(7));
        assert_eq!(device.next_ms(), Some(2000));
        device.told(0, over(8));
        assert!(device.attention.is_none());
        device.told(0, SearchProgress { line: 7, goes_on: Some(GoesOn { patience_ms: 1, ends_in_ms: 1000 }) });
        assert_eq!(device.look(2000), (false, vec![]), "a search ends by its deadline though nobody said so");
        assert!(device.attention.is_none());
        device.told(0, runs(100));
        assert_eq!(device.look(2000), (false, vec![]), "the device has left the topic");
        assert!(device.attention.is_none());
    }

    #[test]
    fn who_counts_as_gone_when_the_search_ends_counts_again_when_something_is_heard() {
        let mut device = Device::new(runs(7));
        assert_eq!((device.look(2000), device.look(5000)), ((true, vec![]), (true, vec![7])));
        device.told(5000, over(7));
        assert_eq!((device.next_ms(), device.look(8000)), (None, (false, vec![])), "and is asked no more");
        assert_eq!(Attention::heard(&mut device.attention), [7]);
        assert!(device.attention.is_none());
    }
}

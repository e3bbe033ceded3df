//! Queue of one endpoint: the events that wait, and the order in which they go. The events of a booking go one after
//! the other, bookings go concurrently.
//!
//! The queue has no clock and no store: the caller stores the [`Progress`] that the queue reports.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use switchboard_core::Time;
use switchboard_journal::endpoint::{Progress, QueuedDelivery};

/// Events that wait for an endpoint, in memory and in the store. A full queue reads no further, and later events stay
/// in the table of events.
pub(super) const WAITING_MAX: usize = 1_000;
/// Events that are read ahead of those in flight.
const FRESH_MAX: usize = 64;

#[derive(Debug)]
struct WaitingDelivery {
    row: QueuedDelivery,
    is_on_its_way: bool,
    /// Whether the store has a row of the event, and whether that row is up to date.
    is_kept: bool,
    is_as_kept: bool,
}

/// Events that wait for one endpoint.
#[derive(Debug)]
pub(super) struct DeliveryQueue {
    waiting: BTreeMap<u64, WaitingDelivery>,
    read_up_to: u64,
    dead: Vec<QueuedDelivery>,
    brought: Vec<u64>,
    /// Dead events beyond the cursor, which must not be taken in again.
    passed: BTreeSet<u64>,
    kept_cursor: u64,
}

/// A look at the queue, in the order of its events.
#[derive(Debug, Default)]
struct QueueSummary {
    /// The first event that may go now.
    next: Option<u64>,
    /// Moment at which the next event may go that may not go now.
    due: Option<Time>,
    /// Events that neither failed nor stand behind a failed event, and the first of these.
    fresh: usize,
    first_fresh: Option<u64>,
    /// Events of which the store must have a row.
    stuck: Vec<u64>,
}

impl DeliveryQueue {
    /// The queue as the store has it.
    pub(super) fn new(cursor: u64, waiting: Vec<QueuedDelivery>, dead: impl IntoIterator<Item = u64>) -> Self {
        let keep = |row: QueuedDelivery| {
            (row.seq, WaitingDelivery { row, is_on_its_way: false, is_kept: true, is_as_kept: true })
        };
        Self {
            waiting: waiting.into_iter().map(keep).collect(),
            read_up_to: cursor,
            dead: Vec::new(),
            brought: Vec::new(),
            passed: dead.into_iter().filter(|seq| *seq > cursor).collect(),
            kept_cursor: cursor,
        }
    }

    pub(super) const fn read_up_to(&self) -> u64 {
        self.read_up_to
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Number of further events that may be read. A receiver that is down gets one event at most, and only when no
    /// other may go.
    pub(super) fn room(&self, now: Time, is_down: bool) -> usize {
        let look = self.look(now);
        let room = FRESH_MAX.saturating_sub(look.fresh).min(WAITING_MAX.saturating_sub(self.waiting.len()));
        match is_down {
            true if look.next.is_some() || look.fresh > 0 => 0,
            true => room.min(1),
            false => room,
        }
    }

    /// Takes in the events that were read, and notes how far the reading went.
    pub(super) fn take_in(&mut self, events: impl IntoIterator<Item = (u64, String)>, read_up_to: u64, now: Time) {
        for (seq, lane) in events {
            if self.passed.contains(&seq) || self.waiting.contains_key(&seq) {
                continue;
            }
            let row = QueuedDelivery { seq, lane, attempts: 0, due: now, error: None };
            let waiting = WaitingDelivery { row, is_on_its_way: false, is_kept: false, is_as_kept: false };
            self.waiting.insert(seq, waiting);
        }
        self.read_up_to = self.read_up_to.max(read_up_to);
    }

    /// Begins anew with an event that was dead or waits, because a redelivery was asked for.
    pub(super) fn bring_again(&mut self, row: QueuedDelivery) {
        let is_on_its_way = self.waiting.get(&row.seq).is_some_and(|waiting| waiting.is_on_its_way);
        if !is_on_its_way {
            self.passed.remove(&row.seq);
            self.waiting.insert(row.seq, WaitingDelivery { row, is_on_its_way, is_kept: true, is_as_kept: true });
        }
    }

    /// Whether the store's row says something that this queue does not know.
    pub(super) fn differs(&self, row: &QueuedDelivery) -> bool {
        self.waiting.get(&row.seq).is_none_or(|waiting| row.due < waiting.row.due)
    }

    /// The next event to go, which is then in flight.
    pub(super) fn next(&mut self, now: Time) -> Option<u64> {
        let next = self.look(now).next?;
        if let Some(waiting) = self.waiting.get_mut(&next) {
            waiting.is_on_its_way = true;
        }
        Some(next)
    }

    /// Moment at which the next event may go, if none may go now.
    pub(super) fn due(&self, now: Time) -> Option<Time> {
        self.look(now).due
    }

    /// Failed tries of an event.
    pub(super) fn attempts(&self, seq: u64) -> u32 {
        self.waiting.get(&seq).map_or(0, |waiting| waiting.row.attempts)
    }

    /// Removes a delivered event.
    pub(super) fn brought(&mut self, seq: u64) {
        if self.waiting.remove(&seq).is_some_and(|waiting| waiting.is_kept) {
            self.brought.push(seq);
        }
    }

    /// Puts off an event that was not sent at all, without counting a failure.
    pub(super) fn not_sent(&mut self, seq: u64, due: Time) {
        if let Some(waiting) = self.waiting.get_mut(&seq) {
            waiting.row.due = due;
            waiting.is_on_its_way = false;
        }
    }

    /// Counts a failed try of an event, which is tried again later.
    pub(super) fn failed(&mut self, seq: u64, error: String, due: Time) {
        if let Some(waiting) = self.waiting.get_mut(&seq) {
            waiting.row.attempts += 1;
            waiting.row.due = due;
            waiting.row.error = Some(error);
            waiting.is_on_its_way = false;
            waiting.is_as_kept = false;
        }
    }

    /// Dead letter: delivery failed, and there are no further automatic retries.
    pub(super) fn died(&mut self, seq: u64, error: String) {
        if let Some(WaitingDelivery { mut row, .. }) = self.waiting.remove(&seq) {
            row.attempts += 1;
            row.error = Some(error);
            self.passed.insert(seq);
            self.dead.push(row);
        }
    }

    /// Makes all waiting events due, because the receiver is back or has a new address.
    pub(super) fn all_are_due(&mut self, now: Time) {
        for waiting in self.waiting.values_mut().filter(|waiting| waiting.row.due > now) {
            waiting.row.due = now;
            waiting.is_as_kept = false;
        }
    }

    /// Changes that the store must have, if there are any.
    pub(super) fn progress(&self) -> Option<Progress> {
        // With the moment 0 no event is due; `stuck` and `first_fresh` do not depend on the moment.
        let look = self.look(Time::from_ms(0));
        let cursor = look.first_fresh.map_or(self.read_up_to, |first| first - 1).max(self.kept_cursor);
        let changed = |seq: &u64| self.waiting.get(seq).filter(|waiting| !waiting.is_as_kept);
        let waiting: Vec<QueuedDelivery> =
            look.stuck.iter().filter_map(changed).map(|waiting| waiting.row.clone()).collect();
        let progress = Progress { cursor, waiting, dead: self.dead.clone(), brought: self.brought.clone() };
        let is_new = cursor > self.kept_cursor
            || !progress.waiting.is_empty()
            || !progress.dead.is_empty()
            || !progress.brought.is_empty();
        is_new.then_some(progress)
    }

    /// Notes that the store has this progress.
    pub(super) fn kept(&mut self, progress: &Progress) {
        for row in &progress.waiting {
            if let Some(waiting) = self.waiting.get_mut(&row.seq) {
                waiting.is_kept = true;
                waiting.is_as_kept = waiting.row == *row;
            }
        }
        self.dead.clear();
        self.brought.clear();
        self.kept_cursor = progress.cursor;
        self.passed.retain(|seq| *seq > progress.cursor);
    }

    fn look(&self, now: Time) -> QueueSummary {
        let mut look = QueueSummary::default();
        // For each lane, whether an earlier event has failed.
        let mut before: HashMap<&str, bool> = HashMap::new();
        for (seq, waiting) in &self.waiting {
            let row = &waiting.row;
            let first_in_lane = !before.contains_key(row.lane.as_str());
            let is_stuck = before.get(row.lane.as_str()).copied().unwrap_or(row.attempts > 0) || waiting.is_kept;
            before.entry(&row.lane).or_insert(is_stuck);
            if is_stuck {
                look.stuck.push(*seq);
            } else {
                look.fresh += 1;
                look.first_fresh.get_or_insert(*seq);
            }
            if first_in_lane && !waiting.is_on_its_way {
                if row.due <= now {
                    look.next.get_or_insert(*seq);
                } else if look.due.is_none_or(|due| row.due < due) {
                    look.due = Some(row.due);
                }
            }
        }
        look
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_ms(1_000);
    const LATER: Time = Time::from_ms(9_000);

    fn queue(events: &[(u64, &str)]) -> DeliveryQueue {
        let mut queue = DeliveryQueue::new(0, Vec::new(), []);
        let last = events.last().map_or(0, |(seq, _)| *seq);
        queue.take_in(events.iter().map(|(seq, lane)| (*seq, (*lane).to_owned())), last, NOW);
        queue
    }

    fn write(queue: &mut DeliveryQueue) -> Progress {
        let progress = queue.progress().expect("something is new");
        queue.kept(&progress);
        assert_eq!(queue.progress(), None, "the store knows it");
        progress
    }

    #[test]
    fn bookings_go_beside_each_other_and_the_events_of_one_after_each_other() {
        let mut queue = queue(&[(1, "a"), (2, "a"), (3, "b"), (4, "a")]);
        assert_eq!((queue.next(NOW), queue.next(NOW), queue.next(NOW)), (Some(1), Some(3), None));
        queue.brought(1);
        assert_eq!((queue.next(NOW), queue.next(NOW)), (Some(2), None));
    }

    #[test]
    fn what_stands_behind_a_failure_waits_for_it_and_others_go_on() {
        let mut queue = queue(&[(1, "a"), (2, "a"), (3, "b")]);
        assert_eq!(queue.next(NOW), Some(1));
        queue.failed(1, "no".to_owned(), LATER);
        assert_eq!((queue.next(NOW), queue.next(NOW), queue.due(NOW)), (Some(3), None, Some(LATER)));
        queue.brought(3);
        assert_eq!(queue.next(LATER), Some(1));
        queue.brought(1);
        assert_eq!(queue.next(LATER), Some(2));
    }

    #[test]
    fn what_was_not_sent_goes_later_and_no_try_is_counted() {
        let mut queue = queue(&[(1, "a")]);
        assert_eq!(queue.next(NOW), Some(1));
        queue.not_sent(1, LATER);
        assert_eq!((queue.next(NOW), queue.next(LATER), queue.attempts(1)), (None, Some(1), 0));
    }

    #[test]
    fn the_cursor_passes_what_has_a_row_and_nothing_else() {
        let mut queue = queue(&[(1, "a"), (2, "a"), (3, "b"), (4, "c")]);
        while queue.next(NOW).is_some() {}
        assert_eq!(queue.progress(), None, "all of it is read again after a crash");
        queue.failed(1, "no".to_owned(), LATER);
        let progress = write(&mut queue);
        let rows: Vec<(u64, u32)> = progress.waiting.iter().map(|row| (row.seq, row.attempts)).collect();
        assert_eq!((progress.cursor, rows), (2, vec![(1, 1), (2, 0)]));
        queue.brought(4);
        assert_eq!(queue.progress(), None);
        queue.brought(3);
        assert_eq!(write(&mut queue), Progress { cursor: 4, ..Progress::default() });
        assert_eq!(queue.next(LATER), Some(1));
        queue.brought(1);
        assert_eq!(write(&mut queue), Progress { cursor: 4, brought: vec![1], ..Progress::default() });
    }

    #[test]
    fn after_a_crash_everything_that_was_not_brought_comes_and_nothing_dead() {
        let mut before = queue(&[(1, "a"), (2, "b"), (3, "a"), (4, "c")]);
        while before.next(NOW).is_some() {}
        before.failed(1, "no".to_owned(), LATER);
        before.died(4, "no".to_owned());
        let Progress { cursor, waiting, dead, .. } = write(&mut before);
        assert_eq!(cursor, 1, "the second is on its way");
        let mut after = DeliveryQueue::new(cursor, waiting, dead.iter().map(|row| row.seq));
        let read = [(2, "b"), (3, "a"), (4, "c")].map(|(seq, lane)| (seq, lane.to_owned()));
        after.take_in(read, 4, NOW);
        assert_eq!((after.next(NOW), after.next(NOW)), (Some(2), None));
        assert_eq!((after.next(LATER), after.len()), (Some(1), 3));
    }

    #[test]
    fn a_receiver_that_is_down_is_asked_with_one_event_at_a_time() {
        let mut queue = queue(&[(1, "a")]);
        assert_eq!((queue.room(NOW, false), queue.room(NOW, true)), (FRESH_MAX - 1, 0));
        assert_eq!(queue.next(NOW), Some(1));
        assert_eq!(queue.room(NOW, true), 0);
        queue.failed(1, "no".to_owned(), LATER);
        assert_eq!((queue.room(NOW, true), queue.room(LATER, true)), (1, 0), "it is its turn again later");
        queue.all_are_due(NOW);
        assert_eq!(queue.next(NOW), Some(1));
    }

    #[test]
    fn only_so_many_wait() {
        let mut queue = DeliveryQueue::new(0, Vec::new(), []);
        let mut seq = 0;
        while queue.room(NOW, false) > 0 {
            seq += 1;
            queue.take_in([(seq, seq.to_string())], seq, NOW);
            assert_eq!(queue.next(NOW), Some(seq));
            queue.failed(seq, "no".to_owned(), LATER);
        }
        assert_eq!(queue.len(), WAITING_MAX);
        queue.died(1, "no".to_owned());
        assert_eq!(queue.room(NOW, false), 1);
    }

    #[test]
    fn a_dead_one_that_is_wanted_again_goes_again() {
        let mut queue = queue(&[(1, "a")]);
        assert_eq!(queue.next(NOW), Some(1));
        queue.died(1, "no".to_owned());
        let mut row = write(&mut queue).dead.remove(0);
        row.attempts = 0;
        row.due = NOW;
        assert!(queue.differs(&row));
        queue.bring_again(row);
        assert_eq!((queue.next(NOW), queue.attempts(1)), (Some(1), 0));
    }
}

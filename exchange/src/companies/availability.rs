//! The availability that a company's clients were told last, and the changes since then.

use switchboard_core::{Availability, Company, Time, Topic, TopicAvailability};

/// The shortest time between two announcements of counts, in milliseconds; a changed `available` is announced at once.
const COUNTS_EVERY_MS: u64 = 250;

/// Changes since the last announcement.
#[derive(Debug, PartialEq, Eq)]
pub struct Changes {
    /// Whether a booking can succeed now.
    pub available: bool,
    /// Employees who can be asked now.
    pub idle: usize,
    /// Clients who wait in the line.
    pub waiting: usize,
    /// Whether one of these changed.
    pub in_all: bool,
    /// The changed topics in their order; none for a topic that no employee names any more.
    pub topics: Vec<(Topic, Option<TopicAvailability>)>,
    /// Whether more than counts changed.
    flipped: bool,
}

/// The last announcement, and the next one if it is postponed.
#[derive(Debug, Default)]
pub(super) struct LastAvailability {
    heard: Option<AnnouncedCounts>,
    /// The time of the last announcement, in even time like `due`.
    at: Time,
    /// The company's counters of changes as of the last comparison, so that most visits compare no lists.
    marks: Option<(u64, u64)>,
    /// The time until which changed counts wait.
    due: Option<Time>,
}

/// The values that all clients know.
#[derive(Debug)]
struct AnnouncedCounts {
    in_all: Seen,
    topics: Vec<(Topic, Seen)>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    available: bool,
    /// Employees who can be asked, and clients who wait; none if clients know different counts.
    counts: Option<(usize, usize)>,
}

impl Seen {
    const fn is(self, now: TopicAvailability) -> bool {
        let known = matches!(self.counts, Some((idle, waiting)) if idle == now.idle && waiting == now.waiting);
        self.available == now.available && known
    }
}

impl From<TopicAvailability> for Seen {
    fn from(TopicAvailability { available, idle, waiting }: TopicAvailability) -> Self {
        Self { available, counts: Some((idle, waiting)) }
    }
}

impl LastAvailability {
    /// The time by which postponed counts must be announced.
    pub(super) const fn due(&self) -> Option<Time> {
        self.due
    }

    /// The state after a load.
    pub(super) fn read_back(company: &Company) -> Self {
        let mut heard = AnnouncedCounts::of(&company.availability());
        // The last announcement may have been lost with its visit, so no count is known and all are announced again.
        for seen in [&mut heard.in_all].into_iter().chain(heard.topics.iter_mut().map(|(_, seen)| seen)) {
            seen.counts = None;
        }
        Self { heard: Some(heard), ..Self::default() }
    }

    /// Notes that one more client is shown the current availability.
    pub(super) fn shown(&mut self, company: &Company, now: &Availability, is_first: bool) {
        let marks = company.availability_marks();
        if is_first {
            *self = Self { heard: Some(AnnouncedCounts::of(now)), marks: Some(marks), ..Self::default() };
        } else if self.marks != Some(marks)
            && let Some(heard) = &mut self.heard
        {
            heard.is_shown_to_one(now);
        }
    }

    /// The changes to announce now: all of them if an `available` changed, otherwise counts from time to time.
    pub(super) fn news(&mut self, company: &Company, at: Time, nobody_listens: bool) -> Option<Changes> {
        let marks = company.availability_marks();
        if self.marks == Some(marks) {
            return None;
        }
        // The next client to join is the first, and is shown everything.
        if nobody_listens {
            *self = Self { marks: Some(marks), ..Self::default() };
            return None;
        }
        let may_have_flipped = self.marks.is_none_or(|(flips, _)| flips != marks.0);
        let due = self.at.plus_ms(COUNTS_EVERY_MS);
        // Decided by the counters alone, before the lists are made.
        if at < due && !may_have_flipped {
            self.due = Some(due);
            return None;
        }
        let now = company.availability();
        let changes = self.heard.as_ref().map_or_else(|| Changes::all(&now), |heard| heard.changes(&now));
        if at < due && !changes.flipped {
            self.due = Some(due);
            return None;
        }
        // Counts that moved and came back cause no announcement, so the next one is not postponed either.
        let told_at = if changes.is_nothing() { self.at } else { at };
        *self = Self { heard: Some(AnnouncedCounts::of(&now)), at: told_at, marks: Some(marks), due: None };
        (!changes.is_nothing()).then_some(changes)
    }
}

impl AnnouncedCounts {
    fn of(now: &Availability) -> Self {
        let topics = now.topics.iter().map(|(topic, here)| (topic.clone(), (*here).into())).collect();
        Self { in_all: in_all(now).into(), topics }
    }

    /// Marks the counts that one client is shown before they are announced to the others.
    fn is_shown_to_one(&mut self, now: &Availability) {
        // If such a count returns to its announced value, that client still needs an announcement.
        if !self.in_all.is(in_all(now)) {
            self.in_all.counts = None;
        }
        // Both lists are in order, so one pass over both compares them.
        let mut here = now.topics.iter().peekable();
        for (topic, seen) in &mut self.topics {
            while here.next_if(|(other, _)| other < topic).is_some() {}
            if here.next_if(|(other, here)| other == topic && !seen.is(*here)).is_some() {
                seen.counts = None;
            }
        }
    }

    fn changes(&self, now: &Availability) -> Changes {
        let all = in_all(now);
        let mut changes = Changes {
            available: all.available,
            idle: all.idle,
            waiting: all.waiting,
            in_all: !self.in_all.is(all),
            topics: Vec::new(),
            flipped: self.in_all.available != all.available,
        };
        let mut before = self.topics.iter().peekable();
        for (topic, here) in &now.topics {
            while let Some((gone, _)) = before.next_if(|(other, _)| other < topic) {
                changes.add(gone, None, true);
            }
            match before.next_if(|(other, _)| other == topic) {
                Some((_, seen)) if seen.is(*here) => {}
                Some((_, seen)) => changes.add(topic, Some(*here), seen.available != here.available),
                None => changes.add(topic, Some(*here), true),
            }
        }
        before.for_each(|(gone, _)| changes.add(gone, None, true));
        changes
    }
}

impl Changes {
    /// All values as changes, for clients whose knowledge is unknown.
    fn all(now: &Availability) -> Self {
        let topics = now.topics.iter().map(|(topic, here)| (topic.clone(), Some(*here))).collect();
        let all = in_all(now);
        let (available, idle, waiting) = (all.available, all.idle, all.waiting);
        Self { available, idle, waiting, in_all: true, topics, flipped: true }
    }

    fn add(&mut self, topic: &Topic, now: Option<TopicAvailability>, flipped: bool) {
        self.topics.push((topic.clone(), now));
        self.flipped |= flipped;
    }

    const fn is_nothing(&self) -> bool {
        !self.in_all && self.topics.is_empty()
    }

    /// The positions, among the changed topics, of the topics that a client named. Both lists are in order.
    pub(super) fn places_of(&self, wanted: &[Topic]) -> Vec<usize> {
        // The shorter list is walked and the longer one searched: a client may name one topic of 2,000, or 64 of which
        // one has changed.
        if wanted.len() < self.topics.len() {
            let place = |topic| self.topics.binary_search_by(|(changed, _)| changed.cmp(topic)).ok();
            wanted.iter().filter_map(place).collect()
        } else {
            let is_wanted = |(_, (topic, _)): &(usize, &(Topic, _))| wanted.binary_search(topic).is_ok();
            self.topics.iter().enumerate().filter(is_wanted).map(|(at, _)| at).collect()
        }
    }
}

fn in_all(now: &Availability) -> TopicAvailability {
    TopicAvailability { available: now.available, idle: now.idle, waiting: now.waiting }
}

#[cfg(test)]
mod tests {
    use switchboard_core::{Command, Intent};

    use super::*;

    struct Desk {
        company: Company,
        told: LastAvailability,
        now_ms: u64,
    }

    impl Desk {
        fn new() -> Self {
            let mut desk = Self {
                company: Company::new("acme".parse().unwrap()),
                told: LastAvailability::default(),
                now_ms: 1_000,
            };
            desk.take(&Command::SetCompany { name: "Acme".into(), settings: Default::default() });
            desk
        }

        fn take(&mut self, command: &Command) {
            self.company.take(Time::from_ms(self.now_ms), command).outcome.unwrap();
        }

        fn hire(&mut self, id: &str, topics: &[&str]) {
            let topics = topics.iter().map(|topic| topic.parse().unwrap()).collect();
            self.take(&Command::set_employee(id.parse().unwrap(), id.into(), topics));
            self.take(&Command::EmployeeConnected { employee: id.parse().unwrap() });
            self.goes(id, Intent::Idle);
        }

        fn goes(&mut self, id: &str, intent: Intent) {
            self.take(&Command::set_status(id.parse().unwrap(), intent, false));
        }

        fn joins(&mut self, is_first: bool) -> Availability {
            let now = self.company.availability();
            self.told.shown(&self.company, &now, is_first);
            now
        }

        /// The announcement after so many milliseconds: the total if it changed, and each topic with its count.
        fn news(&mut self, after_ms: u64) -> Option<(Option<usize>, Vec<String>)> {
            self.now_ms += after_ms;
            let changes = self.told.news(&self.company, Time::from_ms(self.now_ms), false)?;
            let topic = |(topic, here): &(Topic, Option<TopicAvailability>)| match here {
                Some(here) => format!("{topic} {}", here.idle),
                None => format!("{topic} gone"),
            };
            Some((changes.in_all.then_some(changes.idle), changes.topics.iter().map(topic).collect()))
        }
    }

    fn told(in_all: Option<usize>, topics: &[&str]) -> Option<(Option<usize>, Vec<String>)> {
        Some((in_all, topics.iter().map(ToString::to_string).collect()))
    }

    #[test]
    fn only_what_changed_is_told_and_what_is_gone_is_told_as_gone() {
        let mut desk = Desk::new();
        desk.hire("ann", &["law", "tax"]);
        desk.hire("bob", &["fun"]);
        desk.joins(true);
        assert_eq!(desk.news(0), None);
        desk.goes("ann", Intent::Offline);
        assert_eq!(desk.news(0), told(Some(1), &["law 0", "tax 0"]));
        assert_eq!(desk.news(1_000), None);
        desk.take(&Command::RemoveEmployee { employee: "ann".parse().unwrap(), revoke_before: Time::from_ms(1) });
        desk.hire("cay", &["art"]);
        assert_eq!(desk.news(0), told(Some(2), &["art 1", "law gone", "tax gone"]));
        desk.hire("bob", &["zoo"]);
        assert_eq!(desk.news(0), told(None, &["fun gone", "zoo 1"]));
    }

    #[test]
    fn counts_wait_and_come_back_without_a_word_to_who_never_heard_of_them() {
        let mut desk = Desk::new();
        desk.hire("ann", &["tax"]);
        desk.hire("bob", &["tax"]);
        desk.joins(true);
        desk.hire("cay", &["tax"]);
        assert_eq!(desk.news(0), told(Some(3), &["tax 3"]));
        desk.goes("cay", Intent::Offline);
        assert_eq!(desk.news(10), None);
        assert_eq!(desk.told.due(), Some(Time::from_ms(1_250)));
        desk.goes("cay", Intent::Idle);
        assert_eq!(desk.news(500), None);
        assert_eq!(desk.told.due(), None);
    }

    #[test]
    fn who_joins_while_counts_wait_hears_when_they_come_back() {
        let mut desk = Desk::new();
        desk.hire("ann", &["tax"]);
        desk.hire("bob", &["tax", "law"]);
        desk.joins(true);
        desk.hire("cay", &["tax"]);
        assert_eq!(desk.news(0), told(Some(3), &["tax 3"]));
        desk.goes("cay", Intent::Offline);
        assert_eq!(desk.news(10), None);
        let shown = desk.joins(false);
        assert_eq!(shown.idle, 2);
        desk.goes("cay", Intent::Idle);
        assert_eq!(desk.news(500), told(Some(3), &["tax 3"]), "and no word of `law`");
    }

    #[test]
    fn after_the_company_was_read_back_all_is_told_again_and_what_went_meanwhile_too() {
        let mut desk = Desk::new();
        desk.hire("ann", &["law", "tax"]);
        desk.joins(true);
        desk.told = LastAvailability::read_back(&desk.company);
        desk.hire("ann", &["tax"]);
        assert_eq!(desk.news(0), told(Some(1), &["law gone", "tax 1"]));
    }

    #[test]
    fn a_narrowed_client_hears_of_its_topics_whichever_list_is_longer() {
        let topic = |text: &str| -> Topic { text.parse().unwrap() };
        let here = Some(TopicAvailability { available: true, idle: 1, waiting: 0 });
        let topics = ["art", "law", "tax"].map(|text| (topic(text), here)).to_vec();
        let changes = Changes { available: true, idle: 1, waiting: 0, in_all: false, topics, flipped: false };
        assert_eq!(changes.places_of(&[topic("tax")]), [2]);
        assert_eq!(changes.places_of(&["art", "fun", "law", "zoo"].map(topic)), [0, 1]);
        assert_eq!(changes.places_of(&[topic("zoo")]), [] as [usize; 0]);
        assert_eq!(changes.places_of(&[]), [] as [usize; 0]);
    }
}

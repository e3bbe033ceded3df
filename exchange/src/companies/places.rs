//! The places and estimates that waiting clients were told last, and those that changed since then.

use std::collections::HashMap;

use switchboard_core::routing::Estimate;
use switchboard_core::{BookingId, Company, Notice, Time};

use super::rooms::{Room, Rooms};

/// The shortest time between two frames that tell a client nothing but a new place or estimate, and between two walks
/// of a company's line, in milliseconds.
const PLACES_EVERY_MS: u64 = 5_000;
/// Bookings that one visit looks at. A walk of a long line goes on in later visits, so that none holds the company's
/// lock for more than some milliseconds.
const LOOKED_AT_MAX: usize = 500;
/// The time between two parts of a walk, in milliseconds: the longest line takes a second.
const PARTS_EVERY_MS: u64 = 50;

/// The last place of each client, and the walk that looks for changes.
#[derive(Debug, Default)]
pub(super) struct LastPlaces {
    told: HashMap<BookingId, ToldPlace>,
    /// Bookings that the present walk has still to look at, the last of the line first.
    rest: Vec<BookingId>,
    /// Number of the company's latest event when the latest walk began; none if another walk is needed in any case.
    walked_seq: Option<u64>,
    /// The time at which the latest walk began, in even time like all times here.
    walked_at: Time,
    /// The time of the next walk, or of the next part of one.
    due: Option<Time>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ToldPlace {
    place: u32,
    estimate: Option<Estimate>,
    at: Time,
}

impl LastPlaces {
    /// The time of the next wake-up for a walk.
    pub(super) const fn due(&self) -> Option<Time> {
        self.due
    }

    /// Notes the bookings that a visit tells their clients for another reason, with their places.
    pub(super) fn heard(&mut self, company: &Company, notices: &[Notice], at: Time) {
        if company.waiting_count() == 0 {
            return;
        }
        for notice in notices {
            if let Notice::Booking { booking, .. } = notice
                && let Some(now) = place_of(company, *booking, at)
            {
                self.told.insert(*booking, now);
            }
        }
    }

    /// Notes that a device is shown the booking. Other devices of the client may know another place, and then all are
    /// told soon.
    pub(super) fn shown(&mut self, company: &Company, booking: BookingId, is_only_device: bool, at: Time) {
        let Some(now) = place_of(company, booking, at) else { return };
        if is_only_device {
            self.told.insert(booking, now);
        } else if self.told.get(&booking).is_none_or(|told| (told.place, told.estimate) != (now.place, now.estimate)) {
            self.told.remove(&booking);
            self.walked_seq = None;
        }
    }

    /// The bookings whose clients are to be told a new place or estimate now, a part of a walk at a time.
    pub(super) fn news(&mut self, company: &Company, rooms: &Rooms, at: Time) -> Vec<Notice> {
        if company.waiting_count() == 0 {
            // Most companies have no line, and pay for this comparison alone.
            if self.due.is_some() || !self.told.is_empty() {
                *self = Self { walked_at: self.walked_at, ..Self::default() };
            }
            return vec![];
        }
        if self.rest.is_empty() {
            if self.walked_seq == Some(company.seq()) {
                self.due = None;
                return vec![];
            }
            let due = self.walked_at.plus_ms(PLACES_EVERY_MS);
            if at < due {
                self.due = Some(due);
                return vec![];
            }
            self.begin(company, at);
        } else if self.due.is_some_and(|due| at < due) {
            return vec![];
        }
        let mut notices = Vec::new();
        let part = self.rest.len().saturating_sub(LOOKED_AT_MAX);
        for id in self.rest.split_off(part).into_iter().rev() {
            notices.extend(self.look_at(company, rooms, id, at));
        }
        self.due = match (self.rest.is_empty(), self.walked_seq) {
            (false, _) => Some(at.plus_ms(PARTS_EVERY_MS)),
            (true, Some(seq)) if seq == company.seq() => None,
            (true, _) => Some(self.walked_at.plus_ms(PLACES_EVERY_MS)),
        };
        notices
    }

    fn begin(&mut self, company: &Company, at: Time) {
        self.rest = company.waiting_line(None);
        self.rest.reverse();
        (self.walked_seq, self.walked_at) = (Some(company.seq()), at);
        // Bookings that no longer wait are forgotten, so that the map is no longer than the line.
        let waits = |id: &BookingId| company.booking(*id).is_some_and(|booking| booking.is_in_line());
        self.told.retain(|id, _| waits(id));
    }

    /// The notice for a client whose place or estimate changed, if a device of theirs listens.
    fn look_at(&mut self, company: &Company, rooms: &Rooms, id: BookingId, at: Time) -> Option<Notice> {
        let client = &company.booking(id)?.client;
        if rooms.in_room(&Room::Client(client.clone())).is_empty() {
            return None;
        }
        let now = place_of(company, id, at)?;
        let before = self.told.get(&id);
        if before.is_some_and(|told| (told.place, told.estimate) == (now.place, now.estimate)) {
            return None;
        }
        if before.is_some_and(|told| at < told.at.plus_ms(PLACES_EVERY_MS)) {
            // Another event told this client something a moment ago, so the next walk looks again.
            self.walked_seq = None;
            return None;
        }
        self.told.insert(id, now);
        Some(Notice::Booking { client: client.clone(), booking: id })
    }
}

fn place_of(company: &Company, id: BookingId, at: Time) -> Option<ToldPlace> {
    let line = company.waiting(company.clock(), company.booking(id)?)?;
    Some(ToldPlace { place: line.place, estimate: line.estimate, at })
}

#[cfg(all(test, not(feature = "model")))]
mod tests {
    use switchboard_core::{BookingRequest, ClientId, Command, Intent, Routing};
    use switchboard_wire::phoenix::{Ref, Version};

    use super::*;
    use crate::companies::Subscriber;
    use crate::outbox::Outbox;

    struct Line {
        company: Company,
        rooms: Rooms,
        told: LastPlaces,
        now: Time,
    }

    impl Line {
        /// A company with one busy employee and a line of so many clients, each with a device.
        fn of(clients: usize) -> Self {
            let company = Company::new("acme".parse().unwrap());
            let now = Time::from_ms(1_000_000);
            let mut line = Self { company, rooms: Rooms::default(), told: LastPlaces::default(), now };
            line.take(&Command::SetCompany { name: "Acme".into(), settings: Default::default() });
            let routing = r#"{"routes":[{"steps":[{}],"wait":{"max_ms":86400000,"max_length":10000,"empty":true}}]}"#;
            let routing: Routing = serde_json::from_str(routing).unwrap();
            line.take(&Command::SetRouting { routing: Box::new(routing) });
            for n in 0..clients {
                line.book(n);
            }
            line
        }

        fn take(&mut self, command: &Command) {
            let turn = self.company.take(self.now, command);
            turn.outcome.unwrap();
            self.told.heard(&self.company, &turn.notices, self.now);
        }

        fn book(&mut self, n: usize) {
            let client: ClientId = format!("client-{n}").parse().unwrap();
            let (outbox, _unread) = Outbox::new(1, Version::V2);
            let topic = "company:acme".into();
            let line = Subscriber { id: n as u64, outbox, topic, join_ref: Ref::Null, only: None };
            self.rooms.enter(Room::Client(client.clone()), line);
            self.take(&Command::ClientConnected { client: client.clone() });
            self.take(&Command::Book(BookingRequest::new(booking(n), client, "tax".parse().unwrap())));
        }

        fn cancel(&mut self, n: usize) {
            let by = switchboard_core::Actor::Client(format!("client-{n}").parse().unwrap());
            self.take(&Command::Cancel { booking: booking(n), by });
        }

        /// The clients who are told something after so long, by number.
        fn news(&mut self, after_ms: u64) -> Vec<usize> {
            self.now = self.now.plus_ms(after_ms);
            let told = self.told.news(&self.company, &self.rooms, self.now);
            let number = |notice: &Notice| match notice {
                Notice::Booking { booking, .. } => usize::try_from(booking.as_u128()).unwrap() - 1,
                other => panic!("{other:?}"),
            };
            told.iter().map(number).collect()
        }
    }

    fn booking(n: usize) -> BookingId {
        BookingId::from_u128(n as u128 + 1)
    }

    #[test]
    fn a_company_without_a_line_has_nothing_to_tell_and_no_timer() {
        let mut line = Line::of(0);
        assert_eq!((line.news(0), line.news(60_000)), (vec![], vec![]));
        assert_eq!(line.told.due(), None);
    }

    #[test]
    fn only_those_whose_place_changed_are_told_and_not_before_the_time_is_over() {
        let mut line = Line::of(4);
        assert_eq!(line.news(0), [] as [usize; 0], "everybody was told with the booking");
        line.cancel(1);
        assert_eq!(line.news(1_000), [] as [usize; 0]);
        assert_eq!(line.told.due(), Some(line.now.plus_ms(4_000)));
        assert_eq!(line.news(4_000), [2, 3]);
        assert_eq!((line.told.due(), line.news(5_000)), (None, vec![]), "nothing changes, and no timer runs");
        line.cancel(0);
        line.cancel(2);
        assert_eq!(line.news(0), [3]);
        line.cancel(3);
        assert_eq!((line.news(5_000), line.told.due()), (vec![], None));
        assert!(line.told.told.is_empty());
    }

    #[test]
    fn who_heard_of_a_place_a_moment_ago_waits_for_the_next_one() {
        let mut line = Line::of(2);
        line.news(0);
        line.now = line.now.plus_ms(3_000);
        line.book(2);
        line.cancel(0);
        assert_eq!(line.news(2_000), [1], "the third was told two seconds ago");
        assert_eq!(line.told.due(), Some(line.now.plus_ms(5_000)));
        assert_eq!(line.news(5_000), [2]);
    }

    #[test]
    fn who_does_not_listen_is_not_told_and_one_device_more_makes_all_be_told() {
        let mut line = Line::of(3);
        line.news(0);
        line.rooms.leave(&Room::Client("client-2".parse().unwrap()), 2);
        line.cancel(0);
        assert_eq!(line.news(5_000), [1]);
        line.told.shown(&line.company, booking(1), false, line.now);
        assert_eq!(line.news(5_000), [] as [usize; 0], "the other devices know the same");
        line.cancel(1);
        line.book(3);
        line.told.shown(&line.company, booking(3), false, line.now);
        assert_eq!(line.news(5_000), [] as [usize; 0]);
        line.cancel(2);
        line.told.shown(&line.company, booking(3), false, line.now);
        assert_eq!(line.news(5_000), [3], "another device may know the place of before");
        line.told.shown(&line.company, booking(3), true, line.now);
        assert_eq!((line.news(5_000), line.told.due()), (vec![], None));
    }

    #[test]
    fn a_long_line_is_walked_in_parts() {
        let mut line = Line::of(2 * LOOKED_AT_MAX + 1);
        assert_eq!(line.news(0), [] as [usize; 0]);
        for _ in 0..2 {
            line.news(PARTS_EVERY_MS);
        }
        line.cancel(0);
        let first = line.news(PLACES_EVERY_MS);
        assert_eq!(first.len(), LOOKED_AT_MAX);
        assert_eq!(line.news(PARTS_EVERY_MS - 1), [] as [usize; 0]);
        assert_eq!(line.news(1).len(), LOOKED_AT_MAX);
        assert_eq!(line.news(PARTS_EVERY_MS), [] as [usize; 0]);
        assert_eq!((first.first(), line.told.due()), (Some(&1), None));
    }

    /// The price of a part, to be looked at with `--nocapture`.
    #[test]
    fn a_part_of_the_longest_line_is_soon_over() {
        let mut line = Line::of(10_000);
        line.take(&Command::set_employee("ann".parse().unwrap(), "Ann".into(), vec![]));
        line.take(&Command::EmployeeConnected { employee: "ann".parse().unwrap() });
        line.cancel(0);
        line.now = line.now.plus_ms(PLACES_EVERY_MS);
        line.take(&Command::set_status("ann".parse().unwrap(), Intent::Offline, false));
        let (mut slowest, mut told) = (std::time::Duration::ZERO, 0);
        loop {
            let began = std::time::Instant::now();
            told += line.news(PARTS_EVERY_MS).len();
            slowest = slowest.max(began.elapsed());
            if line.told.rest.is_empty() {
                break;
            }
        }
        println!("the slowest part of 20 took {slowest:?}");
        assert_eq!(told, 9_999);
        assert!(slowest < std::time::Duration::from_millis(500), "{slowest:?}");
    }
}

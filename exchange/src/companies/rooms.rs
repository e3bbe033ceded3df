//! The rooms of a company: every joined device, by topic and by person.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use switchboard_core::{ClientId, EmployeeId, Party, SessionId, Topic};
use switchboard_wire::phoenix::Ref;

use crate::outbox::Outbox;

/// One joined device on one topic.
#[derive(Clone, Debug)]
pub struct Subscriber {
    /// Unique among all lines of this run.
    pub id: u64,
    pub outbox: Outbox,
    pub topic: Arc<str>,
    pub join_ref: Ref,
    /// The topics to which a client has narrowed the availability, in order; all of them if none.
    pub only: Option<Arc<[Topic]>>,
}

/// The devices of one person on one topic, or all boards together. Clients are first in the order, so that
/// [`Rooms::clients`] need not look at other rooms.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Room {
    Client(ClientId),
    Employee(EmployeeId),
    Session(SessionId, Party),
    Board,
}

impl Room {
    /// The word with which the room's topic begins.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Client(_) => "company",
            Self::Employee(_) => "employee",
            Self::Session(..) => "session",
            Self::Board => "board",
        }
    }
}

/// All rooms of a company.
#[derive(Debug, Default)]
pub struct Rooms {
    lines: BTreeMap<Room, Vec<Subscriber>>,
    /// Lines of devices that do not answer. Such a device counts as gone and still gets all frames.
    silent: BTreeSet<u64>,
    /// Lines with a closed topic. Such a device gets no more frames, and counts as before until its socket has
    /// forgotten the topic.
    closed: BTreeMap<Room, Vec<Closed>>,
}

#[derive(Debug)]
struct Closed {
    line: Subscriber,
    /// The last event of the visit that closed the topic.
    seq: u64,
}

impl Rooms {
    /// Adds a line to a room.
    pub fn enter(&mut self, room: Room, line: Subscriber) {
        // Capacity for one line, because most people have one device.
        self.lines.entry(room).or_insert_with(|| Vec::with_capacity(1)).push(line);
    }

    /// Takes a line out of a room. Returns whether the room's person is absent now and was present before.
    pub fn leave(&mut self, room: &Room, line: u64) -> bool {
        let was_there = self.is_there(room);
        remove(&mut self.lines, room, |known| known.id == line);
        remove(&mut self.closed, room, |closed| closed.line.id == line);
        self.silent.remove(&line);
        was_there && !self.is_there(room)
    }

    /// Notes whether a device answers. Returns whether that made the room's person present or absent.
    pub fn answers(&mut self, room: &Room, line: u64, answers: bool) -> bool {
        let was_there = self.is_there(room);
        if answers {
            self.silent.remove(&line);
        } else if self.devices_in(room).any(|known| known.id == line) {
            // Only for a line in the room, because nothing would remove the note of a line that has left.
            self.silent.insert(line);
        }
        was_there != self.is_there(room)
    }

    /// Closes the topics of some rooms, in a visit whose last event is `seq`. Returns the lines that were open.
    pub fn close(&mut self, seq: u64, is_closed: impl Fn(&Room) -> bool) -> Vec<Subscriber> {
        let rooms: Vec<Room> = self.lines.keys().filter(|room| is_closed(room)).cloned().collect();
        let mut shut_out = Vec::new();
        for room in rooms {
            let lines = self.lines.remove(&room).unwrap_or_default();
            shut_out.extend(lines.iter().cloned());
            let closed = lines.into_iter().map(|line| Closed { line, seq });
            self.closed.entry(room).or_default().extend(closed);
        }
        shut_out
    }

    /// Reopens the topics that were closed after the event `seq`, up to which the company was loaded, because those
    /// closes were lost.
    pub(crate) fn reopen_after(&mut self, seq: u64) {
        for (room, closed) in std::mem::take(&mut self.closed) {
            for Closed { line, seq: closed_at } in closed {
                if closed_at > seq {
                    self.enter(room.clone(), line);
                } else {
                    self.closed.entry(room.clone()).or_default().push(Closed { line, seq: closed_at });
                }
            }
        }
    }

    /// Whether the room has a device that does not count as gone.
    #[must_use]
    pub fn is_there(&self, room: &Room) -> bool {
        self.devices_in(room).any(|line| !self.silent.contains(&line.id))
    }

    /// The lines of a room, including those with a closed topic.
    fn devices_in(&self, room: &Room) -> impl Iterator<Item = &Subscriber> {
        let closed = self.closed.get(room).into_iter().flatten();
        self.in_room(room).iter().chain(closed.map(|closed| &closed.line))
    }

    /// The lines of a room that get frames.
    #[must_use]
    pub(crate) fn in_room(&self, room: &Room) -> &[Subscriber] {
        self.lines.get(room).map_or(&[], Vec::as_slice)
    }

    /// The lines of all clients.
    pub fn clients(&self) -> impl Iterator<Item = &Subscriber> {
        let clients = self.lines.iter().take_while(|(room, _)| matches!(room, Room::Client(_)));
        clients.flat_map(|(_, lines)| lines)
    }

    /// Whether no client gets frames.
    #[must_use]
    pub(crate) fn has_no_clients(&self) -> bool {
        self.clients().next().is_none()
    }

    /// All rooms with a device in them.
    pub(crate) fn occupied(&self) -> impl Iterator<Item = &Room> {
        // A room in both maps would otherwise come twice.
        let closed = self.closed.keys().filter(|room| !self.lines.contains_key(room));
        self.lines.keys().chain(closed)
    }

    /// Whether no room has a device.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.closed.is_empty()
    }
}

fn remove<T>(rooms: &mut BTreeMap<Room, Vec<T>>, room: &Room, is_it: impl Fn(&T) -> bool) {
    if let Some(lines) = rooms.get_mut(room) {
        lines.retain(|line| !is_it(line));
        if lines.is_empty() {
            rooms.remove(room);
        }
    }
}

#[cfg(all(test, not(feature = "model")))]
mod tests {
    use switchboard_wire::phoenix::Version;

    use super::*;

    fn room() -> Room {
        Room::Client("zoe".parse().unwrap())
    }

    fn with_lines(ids: &[u64]) -> Rooms {
        let mut rooms = Rooms::default();
        for id in ids {
            let (outbox, _unread) = Outbox::new(1, Version::V2);
            rooms.enter(
                room(),
                Subscriber { id: *id, outbox, topic: "a topic".into(), join_ref: Ref::Null, only: None },
            );
        }
        rooms
    }

    #[test]
    fn whose_only_device_does_not_answer_is_gone_and_is_told_all_the_same() {
        let mut rooms = with_lines(&[1]);
        assert!(rooms.answers(&room(), 1, false) && !rooms.is_there(&room()));
        assert!(!rooms.answers(&room(), 1, false), "it says so once");
        assert_eq!(rooms.in_room(&room()).len(), 1);
        assert!(rooms.answers(&room(), 1, true) && rooms.is_there(&room()));
        assert!(!rooms.answers(&room(), 1, true));
    }

    #[test]
    fn a_device_that_answers_stands_for_one_that_does_not() {
        let mut rooms = with_lines(&[1, 2]);
        assert!(!rooms.answers(&room(), 1, false));
        assert!(rooms.leave(&room(), 2), "the last that answered has gone");
        assert!(!rooms.leave(&room(), 1), "whoever was gone goes unnoticed");
        assert!(rooms.is_empty() && rooms.silent.is_empty());
        assert!(!rooms.answers(&room(), 1, false) && rooms.silent.is_empty(), "who has left says nothing");
    }

    #[test]
    fn whose_topic_is_closed_hears_nothing_more_unless_the_close_was_lost() {
        let mut rooms = with_lines(&[1]);
        let hear = |rooms: &Rooms| -> Vec<u64> { rooms.clients().map(|line| line.id).collect() };
        assert_eq!(rooms.close(7, |closed| *closed == room()).len(), 1);
        assert!(rooms.close(8, |_| true).is_empty(), "a topic closes once");
        assert!(rooms.has_no_clients() && rooms.in_room(&room()).is_empty());
        assert!(
            rooms.is_there(&room()) && rooms.occupied().eq([&room()]),
            "as long as the device has not forgotten it"
        );
        rooms.reopen_after(7);
        assert!(rooms.has_no_clients());
        rooms.reopen_after(6);
        assert_eq!(hear(&rooms), [1]);
        rooms.close(7, |_| true);
        assert!(!rooms.is_empty() && rooms.leave(&room(), 1) && rooms.is_empty());
    }
}

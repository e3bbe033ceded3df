//! Who listens to a company: every joined device by topic, and which person it belongs to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use switchboard_core::{ClientId, EmployeeId, Party, SessionId, Topic};

use crate::outbox::Outbox;
use crate::phoenix::Ref;

/// One joined device on one topic.
#[derive(Clone, Debug)]
pub struct Line {
    /// Tells it from all others of this run.
    pub id: u64,
    /// Its way out.
    pub outbox: Outbox,
    /// The topic that it joined.
    pub topic: Arc<str>,
    /// The ref of its join.
    pub join_ref: Ref,
    /// The only topics of which a client asked to hear, in order.
    pub only: Option<Arc<[Topic]>>,
}

/// A place where devices of one person listen. The order counts: clients come first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Room {
    /// A client on the company's topic.
    Client(ClientId),
    /// An employee on their own topic.
    Employee(EmployeeId),
    /// One side of a session.
    Session(SessionId, Party),
    /// Whoever runs the company.
    Board,
}

impl Room {
    /// The word that its topic begins with.
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
    lines: BTreeMap<Room, Vec<Line>>,
    /// Devices that do not answer: they count as gone, and are told all the same.
    silent: BTreeSet<u64>,
    /// Lines whose topic is closed, each with the company's last event then. Until its device has gone such a line counts
    /// as there, and hears nothing more.
    closed: BTreeMap<u64, u64>,
}

impl Rooms {
    /// Adds a line.
    pub fn enter(&mut self, room: Room, line: Line) {
        // Room for one: most people have one device.
        self.lines.entry(room).or_insert_with(|| Vec::with_capacity(1)).push(line);
    }

    /// Takes a line out; says whether it was the last in its room that counted as there.
    pub fn leave(&mut self, room: &Room, line: u64) -> bool {
        let was_there = self.is_there(room);
        let Some(lines) = self.lines.get_mut(room) else { return false };
        self.closed.remove(&line);
        lines.retain(|known| known.id != line);
        if lines.is_empty() {
            self.lines.remove(room);
        }
        self.silent.remove(&line);
        was_there && !self.is_there(room)
    }

    /// A line's device answers, or does not; says whether the room's person is there or gone since, and was not before.
    pub fn answers(&mut self, room: &Room, line: u64, answers: bool) -> bool {
        let was_there = self.is_there(room);
        if answers {
            self.silent.remove(&line);
        } else if self.devices_in(room).iter().any(|known| known.id == line) {
            self.silent.insert(line);
        }
        was_there != self.is_there(room)
    }

    /// Whether somebody is in the room who does not count as gone.
    #[must_use]
    pub fn is_there(&self, room: &Room) -> bool {
        self.devices_in(room).iter().any(|line| !self.silent.contains(&line.id))
    }

    /// Whoever is in the room, also on a topic that is closed.
    fn devices_in(&self, room: &Room) -> &[Line] {
        self.lines.get(room).map_or(&[], Vec::as_slice)
    }

    /// Closes the topics of these lines, in a visit after which that is the company's last event.
    pub fn close(&mut self, lines: impl IntoIterator<Item = u64>, seq: u64) {
        self.closed.extend(lines.into_iter().map(|line| (line, seq)));
    }

    /// The company was read back up to that event: topics that were closed later are open, for that was lost.
    pub fn reopen_after(&mut self, seq: u64) {
        self.closed.retain(|_, closed_at| *closed_at <= seq);
    }

    fn hears(&self, line: &Line) -> bool {
        !self.closed.contains_key(&line.id)
    }

    /// The lines of one room that hear what is told.
    pub fn in_room(&self, room: &Room) -> impl Iterator<Item = &Line> {
        self.devices_in(room).iter().filter(|line| self.hears(line))
    }

    /// The lines of all clients that hear. Their rooms come first in the order, so nobody else is looked at.
    pub fn clients(&self) -> impl Iterator<Item = &Line> {
        let clients = self.lines.iter().take_while(|(room, _)| matches!(room, Room::Client(_)));
        clients.flat_map(|(_, lines)| lines).filter(|line| self.hears(line))
    }

    /// Whether no client listens.
    #[must_use]
    pub fn has_no_clients(&self) -> bool {
        self.clients().next().is_none()
    }

    /// The lines of a person that hear: on their own topic, and on their side of those sessions that are said to be theirs.
    pub fn of_person(&self, own: &Room, party: Party, is_theirs: impl Fn(SessionId) -> bool) -> Vec<&Line> {
        let rooms = self.lines.iter().filter(|(room, _)| match room {
            Room::Session(session, side) => *side == party && is_theirs(*session),
            Room::Client(_) | Room::Employee(_) | Room::Board => *room == own,
        });
        rooms.flat_map(|(_, lines)| lines).filter(|line| self.hears(line)).collect()
    }

    /// All lines of all rooms that hear.
    pub fn all(&self) -> impl Iterator<Item = &Line> {
        self.lines.values().flatten().filter(|line| self.hears(line))
    }

    /// All rooms with somebody in them.
    pub fn occupied(&self) -> impl Iterator<Item = &Room> {
        self.lines.keys()
    }

    /// Whether nobody listens.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}

#[cfg(all(test, not(feature = "model")))]
mod tests {
    use super::*;
    use crate::phoenix::Version;

    fn room() -> Room {
        Room::Client("zoe".parse().unwrap())
    }

    fn with_lines(ids: &[u64]) -> Rooms {
        let mut rooms = Rooms::default();
        for id in ids {
            let (outbox, _unread) = Outbox::new(1, Version::V2);
            rooms.enter(room(), Line { id: *id, outbox, topic: "a topic".into(), join_ref: Ref::Null, only: None });
        }
        rooms
    }

    #[test]
    fn whose_only_device_does_not_answer_is_gone_and_is_told_all_the_same() {
        let mut rooms = with_lines(&[1]);
        assert!(rooms.answers(&room(), 1, false) && !rooms.is_there(&room()));
        assert!(!rooms.answers(&room(), 1, false), "it says so once");
        assert_eq!(rooms.in_room(&room()).count(), 1);
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
        let mut rooms = with_lines(&[1, 2]);
        let hear = |rooms: &Rooms| -> Vec<u64> { rooms.clients().map(|line| line.id).collect() };
        rooms.close([1], 7);
        assert_eq!(hear(&rooms), [2]);
        rooms.close([2], 9);
        assert!(rooms.has_no_clients() && rooms.in_room(&room()).next().is_none() && rooms.all().next().is_none());
        assert!(rooms.is_there(&room()), "as long as the device has not gone");
        rooms.reopen_after(8);
        assert_eq!(hear(&rooms), [2]);
        assert!(!rooms.leave(&room(), 1) && rooms.leave(&room(), 2));
        assert!(rooms.is_empty() && rooms.closed.is_empty());
    }
}

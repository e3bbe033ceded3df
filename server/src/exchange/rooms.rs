//! Who listens to a company: every joined device by topic, and which person it belongs to.

use std::collections::BTreeMap;
use std::sync::Arc;

use switchboard_core::{ClientId, EmployeeId, Party, SessionId};

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
}

impl Rooms {
    /// Adds a line.
    pub fn enter(&mut self, room: Room, line: Line) {
        // Room for one: most people have one device.
        self.lines.entry(room).or_insert_with(|| Vec::with_capacity(1)).push(line);
    }

    /// Takes a line out; says whether it was there and the last in its room.
    pub fn leave(&mut self, room: &Room, line: u64) -> bool {
        let Some(lines) = self.lines.get_mut(room) else { return false };
        let before = lines.len();
        lines.retain(|known| known.id != line);
        let emptied = before > 0 && lines.is_empty();
        if emptied {
            self.lines.remove(room);
        }
        emptied
    }

    /// The lines of one room.
    #[must_use]
    pub fn in_room(&self, room: &Room) -> &[Line] {
        self.lines.get(room).map_or(&[], Vec::as_slice)
    }

    /// The lines of all clients. Their rooms come first in the order, so nobody else is looked at.
    pub fn clients(&self) -> impl Iterator<Item = &Line> {
        let clients = self.lines.iter().take_while(|(room, _)| matches!(room, Room::Client(_)));
        clients.flat_map(|(_, lines)| lines)
    }

    /// Whether no client listens.
    #[must_use]
    pub fn has_no_clients(&self) -> bool {
        self.clients().next().is_none()
    }

    /// All lines of all rooms.
    pub fn all(&self) -> impl Iterator<Item = &Line> {
        self.lines.values().flatten()
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

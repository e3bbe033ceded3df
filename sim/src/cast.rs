//! Who and what there is in the world: companies, people, their devices, and where these listen.

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;
use switchboard_core::{
    BookingId, ClientId, Company, CompanyId, DeviceKind, EmployeeId, OfferId, Party, SessionId, Whose,
};
use switchboard_exchange::device::Device;
use switchboard_exchange::outbox::Outgoing;
use switchboard_wire::claims::Role;

use crate::merged::Board;
use crate::model::{Model, Shown, Told};
use crate::wire::Frame;

/// When every simulation begins: a Monday.
pub const BEGIN_MS: u64 = 1_795_424_400_000;
/// Things of each kind that a person remembers.
const REMEMBERED: usize = 6;

/// A company, as it was decided and as it is stored.
pub struct Office {
    /// Its id.
    pub id: CompanyId,
    /// After all that was decided.
    pub ahead: Model,
    /// After all that was committed.
    pub stored: Model,
    /// What core makes of the events that were decided.
    pub shadow: Company,
    /// How far its time was ahead of even time at the last decision; none since it was read.
    pub goes_ahead_ms: Option<i64>,
    /// In which epoch of which server it was read last.
    pub epoch: Option<u64>,
    /// Which devices listen in which room.
    pub rooms: BTreeMap<Place, Vec<Listener>>,
}

/// A room of a company.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A client's.
    Client(ClientId),
    /// An employee's.
    Employee(EmployeeId),
    /// One side of a session.
    Session(SessionId, Party),
    /// Of whoever runs the company.
    Board,
}

/// A device in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// Which device.
    pub phone: usize,
    /// The number of its line.
    pub line: u64,
    /// What it has joined.
    pub topic: String,
    /// It does not answer, and counts as gone.
    pub silent: bool,
    /// Whether it hears what is told.
    pub ears: Ears,
}

/// Whether a line hears what is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ears {
    /// It does.
    Open,
    /// It does not, if what closed its topic is committed.
    Closing,
    /// It does not.
    Closed,
}

/// Somebody.
pub struct Person {
    /// Their role.
    pub role: Role,
    /// Their company; a client may have none.
    pub office: Option<usize>,
    /// Their id.
    pub id: String,
    /// When their token was made out, in milliseconds; some do not say it.
    pub issued_ms: Option<u64>,
    /// The devices that are switched on.
    pub phones: Vec<usize>,
    /// What they have been told, and what they wait for.
    pub memory: Memory,
}

/// A device, at both ends of its line.
pub struct Phone {
    /// Whose.
    pub person: usize,
    /// What it has shown at the door.
    pub shown: Shown,
    /// The server's end, while nothing is under way in it.
    pub device: Option<Device>,
    /// What the token on it calls the person.
    pub name: Option<String>,
    /// Whether the line holds.
    pub is_up: bool,
    /// Whether the server closed it because the person is shut out: what is on its way behind that is never written.
    pub is_shut_out: bool,
    /// On their way to the server.
    pub up: VecDeque<Sent>,
    /// On their way to the person.
    pub down: VecDeque<Outgoing>,
    /// What the server must do with the device before it hears another frame.
    pub chores: VecDeque<Chore>,
    /// What it has joined, at the server's end.
    pub seats: BTreeMap<String, Seat>,
    /// What it has joined, as the person believes.
    pub joined: BTreeMap<String, u64>,
    /// The number of the latest frame.
    pub references: u64,
    /// What can be booked, put together of all that was told, by topic.
    pub availability: BTreeMap<String, Value>,
    /// Boards, put together of all that was told, by topic.
    pub boards: BTreeMap<String, Board>,
    /// Requests that were heard by the server and not answered yet.
    pub unanswered: BTreeMap<u64, Frame>,
}

/// Something on its way to the server.
#[derive(Clone, Debug)]
pub enum Sent {
    /// A frame.
    Frame(Frame),
    /// The proof that an offer arrived.
    Pong(Vec<u8>),
}

/// Something that the server does with a device by itself.
#[derive(Clone, Debug)]
pub enum Chore {
    /// A channel was closed from its side.
    Forget(String, u64),
    /// On that line the device answers again, or does not.
    Answers(String, u64, bool),
    /// The line is gone.
    Leave,
}

/// What a device has joined.
#[derive(Clone, Debug)]
pub struct Seat {
    /// In which company.
    pub office: usize,
    /// In which room.
    pub place: Place,
    /// As which line.
    pub line: u64,
    /// With which join.
    pub join_ref: u64,
}

/// What the app on a device calls it: two kinds, and those that say nothing.
pub fn kind_of(phone: usize) -> Option<DeviceKind> {
    let word = [None, Some("ios"), Some("web")][phone % 3];
    word.and_then(|word| word.parse().ok())
}

impl Office {
    /// Before anything has happened.
    #[must_use]
    pub fn new(id: &str, session_max_bytes: u64) -> Self {
        let id: CompanyId = id.parse().expect("an id");
        Self {
            ahead: Model::new(id.as_str(), session_max_bytes),
            stored: Model::new(id.as_str(), session_max_bytes),
            shadow: Company::new(id.clone()),
            goes_ahead_ms: None,
            id,
            epoch: None,
            rooms: BTreeMap::new(),
        }
    }
}

impl Person {
    /// Somebody who has not been told anything.
    #[must_use]
    pub fn new(role: Role, office: Option<usize>, id: String) -> Self {
        Self { role, office, id, issued_ms: Some(BEGIN_MS), phones: Vec::new(), memory: Memory::default() }
    }
}

/// What a person has been told, and what they wait for.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// Bookings, the latest last.
    pub bookings: Vec<BookingId>,
    /// Offers, the latest last.
    pub offers: Vec<OfferId>,
    /// Sessions, the latest last.
    pub sessions: Vec<SessionId>,
    /// Whether the latest booking still searches.
    pub searches: bool,
    /// Whether the latest session goes on.
    pub talks: bool,
    /// Whether an employee wants to be asked.
    pub willing: bool,
    /// Sent and not answered, by device and number.
    pub waiting: BTreeMap<(usize, u64), Frame>,
    /// Sent on a line that was lost: may be sent again.
    pub unsure: Vec<Frame>,
}

impl Memory {
    /// What was not answered on that line may or may not have been done.
    pub fn line_is_lost(&mut self, phone: usize) {
        let lost: Vec<(usize, u64)> = self.waiting.keys().filter(|(of, _)| *of == phone).copied().collect();
        for key in lost {
            let frame = self.waiting.remove(&key);
            self.unsure.extend(frame.filter(Frame::can_be_repeated));
        }
        self.unsure.truncate(REMEMBERED);
    }
}

/// Puts a thing last, and forgets the first of too many.
pub fn keep<T: PartialEq + Copy>(list: &mut Vec<T>, thing: T) {
    list.retain(|known| *known != thing);
    list.push(thing);
    if list.len() > REMEMBERED {
        list.remove(0);
    }
}

/// Whether whoever listens there is removed or shut out.
pub fn is_shut_out(told: &Told, model: &Model, place: &Place) -> bool {
    let talk = |session: &SessionId| model.talk(*session);
    told.company_gone
        || told.shut_out.iter().any(|whose| match (whose, place) {
            (Whose::Client(id), Place::Client(client)) => id == client,
            (Whose::Employee(id), Place::Employee(employee)) => id == employee,
            (Whose::Client(id), Place::Session(session, Party::Client)) => {
                talk(session).is_some_and(|t| t.client == *id)
            }
            (Whose::Employee(id), Place::Session(session, Party::Employee)) => {
                talk(session).is_some_and(|t| t.who == *id)
            }
            _ => false,
        })
}

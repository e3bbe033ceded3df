//! The cast of the world: companies, people, their devices, and the topics that devices have joined.

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;
use switchboard_core::{
    BookingId, ClientId, Company, CompanyId, DeviceKind, EmployeeId, OfferId, Party, SessionId, Time, Whose,
};
use switchboard_exchange::device::Device;
use switchboard_exchange::outbox::Outgoing;
use switchboard_wire::claims::Role;

use crate::merged::Board;
use crate::plain::PlainModel;
use crate::reference::{ExpectedAnswer, ExpectedNotices, Model, ModelStep, ShownToken};
use crate::wire::DeviceFrame;

/// The start of every simulation: a Monday.
pub(crate) const BEGIN_MS: u64 = 1_795_424_400_000;
/// The most things of each kind that a person remembers.
const REMEMBERED: usize = 6;

/// A company, as it was decided and as it is stored.
pub struct Office {
    pub id: CompanyId,
    /// The model after everything that was decided.
    pub ahead: Model,
    /// The model after everything that was committed.
    pub stored: Model,
    /// The model without routing after everything that was decided; `None` in a company that has a routing.
    pub plain: Option<PlainModel>,
    /// The model without routing after everything that was committed.
    plain_stored: Option<PlainModel>,
    /// Core's company, folded from the events that were decided.
    pub shadow: Company,
    /// How far the company's time was ahead of even time at its last decision; `None` since the company was last
    /// loaded.
    pub goes_ahead_ms: Option<i64>,
    /// The epoch in which the company was last loaded.
    pub epoch: Option<u64>,
    /// The devices that listen in each room.
    pub rooms: BTreeMap<RoomName, Vec<Listener>>,
}

/// A room of a company.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoomName {
    Client(ClientId),
    Employee(EmployeeId),
    /// One party's devices in a session.
    Session(SessionId, Party),
    /// The board, which admins watch.
    Board,
}

/// A device in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    pub phone: usize,
    /// Number of the joined line, which is unique within the server.
    pub line: u64,
    pub topic: String,
    /// The device does not answer and counts as gone.
    pub silent: bool,
    pub ears: Ears,
}

/// Whether a line receives events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ears {
    Open,
    /// The line receives no more events if the commit that closes its topic succeeds.
    Closing,
    Closed,
}

/// A client, an employee or an admin.
pub struct SimulatedPerson {
    pub role: Role,
    /// Index of the company that the person's token names; a client's token may name none.
    pub office: Option<usize>,
    pub id: String,
    /// When the person's token was issued; some tokens do not say it.
    pub issued_ms: Option<u64>,
    /// Devices that are switched on.
    pub phones: Vec<usize>,
    pub memory: Memory,
}

/// A device, at both ends of its connection.
pub struct Phone {
    /// Index of the person who holds the device.
    pub person: usize,
    /// The token that the device presented when it connected.
    pub shown: ShownToken,
    /// The server's end; `None` while a task works with it.
    pub device: Option<Device>,
    /// The person's name in the device's token.
    pub name: Option<String>,
    pub is_up: bool,
    /// Whether the server closed the connection because the person is shut out; frames queued behind that are never
    /// written.
    pub is_shut_out: bool,
    /// Frames on their way to the server.
    pub up: VecDeque<InFlight>,
    /// Frames on their way to the person.
    pub down: VecDeque<Outgoing>,
    /// Work to finish with the device before the server hears another of its frames.
    pub chores: VecDeque<Chore>,
    /// Joined topics, as the server knows them.
    pub seats: BTreeMap<String, JoinedRoom>,
    /// Joined topics, as the person believes, with the `join_ref` of each.
    pub joined: BTreeMap<String, u64>,
    /// The `ref` of the latest frame.
    pub references: u64,
    /// Availability by topic, merged from the snapshot and the later events.
    pub availability: BTreeMap<String, Value>,
    /// Boards by topic, merged from their pages and the later events.
    pub boards: BTreeMap<String, Board>,
    /// Requests that the server has heard and not answered yet, by `ref`.
    pub unanswered: BTreeMap<u64, DeviceFrame>,
}

/// Something on its way to the server.
#[derive(Clone, Debug)]
pub enum InFlight {
    Frame(DeviceFrame),
    /// The WebSocket pong that proves that an offer arrived.
    Pong(Vec<u8>),
}

/// Work that the server does for a device on its own.
#[derive(Clone, Debug)]
pub enum Chore {
    /// Leaves a channel that was closed from its side.
    Forget(String, u64),
    /// Notes whether the device answers on that line.
    Answers(String, u64, bool),
    /// Leaves all topics, since the connection is gone.
    Leave,
}

/// A topic that a device has joined.
#[derive(Clone, Debug)]
pub struct JoinedRoom {
    pub office: usize,
    pub place: RoomName,
    pub line: u64,
    pub join_ref: u64,
}

/// The device kind that the app reports. By number, devices report one of two kinds or none.
pub fn kind_of(phone: usize) -> Option<DeviceKind> {
    let word = [None, Some("ios"), Some("web")][phone % 3];
    word.and_then(|word| word.parse().ok())
}

impl Office {
    /// A company to which nothing has happened yet.
    #[must_use]
    pub fn new(id: &str, session_max_bytes: u64, has_routes: bool) -> Self {
        let id: CompanyId = id.parse().expect("an id");
        let plain = (!has_routes).then(|| PlainModel::new(id.as_str(), session_max_bytes));
        Self {
            plain_stored: plain.clone(),
            plain,
            ahead: Model::new(id.as_str(), session_max_bytes),
            stored: Model::new(id.as_str(), session_max_bytes),
            shadow: Company::new(id.clone()),
            goes_ahead_ms: None,
            id,
            epoch: None,
            rooms: BTreeMap::new(),
        }
    }

    /// Takes a decided step: both models must tell the same.
    pub fn decide(&mut self, at: Time, step: &ModelStep, fresh: u128) -> (ExpectedAnswer, ExpectedNotices) {
        let said = self.ahead.step(at, step, fresh);
        agree(self.plain.as_mut(), &said, at, step, fresh);
        said
    }

    /// Takes a committed step.
    pub fn keep(&mut self, at: Time, step: &ModelStep, fresh: u128) -> (ExpectedAnswer, ExpectedNotices) {
        let said = self.stored.step(at, step, fresh);
        agree(self.plain_stored.as_mut(), &said, at, step, fresh);
        said
    }

    /// The company followed the clock before the next decision.
    pub fn put_off(&mut self, by_ms: u64) {
        self.ahead.put_off(by_ms);
        self.plain.iter_mut().for_each(|plain| plain.put_off(by_ms));
    }

    /// The company followed the clock before the next commit.
    pub fn put_off_stored(&mut self, by_ms: u64) {
        self.stored.put_off(by_ms);
        self.plain_stored.iter_mut().for_each(|plain| plain.put_off(by_ms));
    }

    /// Goes back to what is stored.
    pub fn forget_what_was_lost(&mut self) {
        self.ahead = self.stored.clone();
        self.plain.clone_from(&self.plain_stored);
    }

    /// Compares both models with core's company.
    ///
    /// # Errors
    /// The first difference, in words.
    pub fn compare(&self) -> Result<(), String> {
        self.ahead.compare(&self.shadow)?;
        self.plain.as_ref().map_or(Ok(()), |plain| plain.compare(&self.shadow))
    }
}

/// The model without routing must say the same.
fn agree(
    plain: Option<&mut PlainModel>,
    (answer, told): &(ExpectedAnswer, ExpectedNotices),
    at: Time,
    step: &ModelStep,
    fresh: u128,
) {
    let Some(plain) = plain else { return };
    let (plain_answer, plain_told) = plain.step(at, step, fresh);
    assert_eq!(plain_answer, *answer, "without routing the answer is another, to {step:?}");
    let (before, now) = (plain_told.in_order(), told.clone().in_order());
    assert_eq!(before, now, "without routing something else is told, after {step:?}");
}

impl SimulatedPerson {
    /// A person who has been told nothing yet.
    #[must_use]
    pub fn new(role: Role, office: Option<usize>, id: String) -> Self {
        Self { role, office, id, issued_ms: Some(BEGIN_MS), phones: Vec::new(), memory: Memory::default() }
    }
}

/// A person's knowledge from earlier frames, and their open requests.
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
    /// Requests sent and not answered, by device and `ref`.
    pub waiting: BTreeMap<(usize, u64), DeviceFrame>,
    /// Requests whose connection was lost before the answer: these may be sent again.
    pub unsure: Vec<DeviceFrame>,
}

impl Memory {
    /// Moves unanswered requests of that device to `unsure`: the server may or may not have done them.
    pub(crate) fn line_is_lost(&mut self, phone: usize) {
        let lost: Vec<(usize, u64)> = self.waiting.keys().filter(|(of, _)| *of == phone).copied().collect();
        for key in lost {
            let frame = self.waiting.remove(&key);
            self.unsure.extend(frame.filter(DeviceFrame::can_be_repeated));
        }
        self.unsure.truncate(REMEMBERED);
    }
}

/// Puts a thing last, and forgets the oldest of too many.
pub fn keep<T: PartialEq + Copy>(list: &mut Vec<T>, thing: T) {
    list.retain(|known| *known != thing);
    list.push(thing);
    if list.len() > REMEMBERED {
        list.remove(0);
    }
}

/// Whether the devices in that room belong to a person or company that is removed or shut out.
pub fn is_shut_out(told: &ExpectedNotices, model: &Model, place: &RoomName) -> bool {
    let talk = |session: &SessionId| model.talk(*session);
    told.company_gone
        || told.shut_out.iter().any(|whose| match (whose, place) {
            (Whose::Client(id), RoomName::Client(client)) => id == client,
            (Whose::Employee(id), RoomName::Employee(employee)) => id == employee,
            (Whose::Client(id), RoomName::Session(session, Party::Client)) => {
                talk(session).is_some_and(|t| t.client == *id)
            }
            (Whose::Employee(id), RoomName::Session(session, Party::Employee)) => {
                talk(session).is_some_and(|t| t.who == *id)
            }
            _ => false,
        })
}

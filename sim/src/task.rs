//! Tasks in the server, and how they end.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use switchboard_core::{BookingId, BookingRequest, Command, CompanyId, Intent, PauseRequest, Wishes};
use switchboard_exchange::device::{Device, Disconnect};

use crate::cast::JoinedRoom;
use crate::reference::ModelStep;
use crate::wire::DeviceFrame;

/// A task in the server.
pub struct Task {
    pub what: What,
    /// The line that a join made.
    pub line: Option<u64>,
    /// The seat that a join replaces.
    pub old: Option<JoinedRoom>,
    /// Whether the request has come into a company's turn.
    pub taken: bool,
    /// Whether the join was closed at once, because nothing can be done now.
    pub refused: bool,
    pub future: Pin<Box<dyn Future<Output = TaskResult>>>,
}

/// The kind of a task.
#[derive(Clone, Debug)]
pub enum What {
    Hear(usize, DeviceFrame),
    Pong(usize, Vec<u8>),
    Forget(usize, String, u64),
    /// A device answers again on a line, or stops answering.
    Answers(usize, String, u64, bool),
    /// A company handles its passed deadlines.
    Wake(usize),
    /// An admin's request over HTTP.
    Admin(usize, ModelStep),
    /// A start reads which companies have something open.
    Open,
}

/// Result of a task.
pub enum TaskResult {
    /// The device is free again.
    Device(Box<Device>, Option<Disconnect>),
    /// Whether the company could be woken.
    Woken(bool),
    /// Whether the admin's request was taken.
    Admin(bool),
    /// The companies with something open; `None` when the start failed.
    Open(Option<Vec<CompanyId>>),
}

impl What {
    /// The device that the task works with.
    ///
    /// # Panics
    /// When the task works with no device.
    #[must_use]
    pub fn phone(&self) -> usize {
        match self {
            Self::Hear(phone, _) | Self::Pong(phone, _) | Self::Forget(phone, _, _) | Self::Answers(phone, _, _, _) => {
                *phone
            }
            Self::Wake(_) | Self::Admin(..) | Self::Open => panic!("{self:?} is about no device"),
        }
    }
}

/// The command that a back end sends over HTTP for the step, with the id of a new booking. The words of
/// an employee on their own work, and a booking with wishes, come by this way too.
///
/// # Panics
/// When a back end cannot send the step over HTTP.
#[must_use]
pub(crate) fn admin_command(step: &ModelStep, fresh: BookingId) -> Command {
    match step.clone() {
        ModelStep::SetCompany(settings) => Command::SetCompany { name: "A company".into(), settings },
        ModelStep::SetBrand(brand) => Command::SetBrand { brand },
        ModelStep::RemoveCompany(revoke_before) => Command::RemoveCompany { revoke_before },
        ModelStep::SetEmployee(employee, name, topics, profile) => Command::SetEmployee {
            employee,
            name: Arc::from(name),
            topics: topics.iter().map(|topic| topic.parse().expect("a topic")).collect(),
            profile,
        },
        ModelStep::SetRouting(routing) => Command::SetRouting { routing },
        ModelStep::Pause(employee, by_admin, reason, for_ms) => {
            let pause = PauseRequest { reason, for_ms };
            Command::SetStatus { employee, intent: Intent::Offline, by_admin, pause }
        }
        ModelStep::Finish(employee, session) => Command::Finish { employee, session },
        ModelStep::Extend(employee, session, for_ms) => Command::Extend { employee, session, for_ms },
        ModelStep::Code(employee, session, code) => Command::Code { employee, session, code },
        ModelStep::Book(client, inquiry) => {
            let wishes = Wishes { skills: inquiry.skills, ..Wishes::default() };
            Command::Book(BookingRequest {
                wishes: (!wishes.is_empty()).then(|| Box::new(wishes)),
                ..BookingRequest::new(fresh, client, inquiry.topic.parse().expect("a topic"))
            })
        }
        ModelStep::RemoveEmployee(employee, revoke_before) => Command::RemoveEmployee { employee, revoke_before },
        ModelStep::Revoke(whose, before) => Command::Revoke { whose, before },
        ModelStep::SetStatus(employee, willing, by_admin) => {
            Command::set_status(employee, if willing { Intent::Idle } else { Intent::Offline }, by_admin)
        }
        ModelStep::Cancel(booking, by) => Command::Cancel { booking, by },
        ModelStep::End(session, by, reason) => Command::End { session, by, reason: reason.map(Arc::from) },
        step => panic!("{step:?} is nothing that a back end asks for"),
    }
}

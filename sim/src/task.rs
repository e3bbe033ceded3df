//! Tasks in the server, and how they end.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use switchboard_core::{Command, CompanyId, Intent};
use switchboard_exchange::device::{Device, End};

use crate::cast::Seat;
use crate::model::Step;
use crate::wire::Frame;

/// A task in the server.
pub struct Task {
    pub what: What,
    /// The line that a join made.
    pub line: Option<u64>,
    /// The seat that a join replaces.
    pub old: Option<Seat>,
    /// Whether the request has come into a company's turn.
    pub taken: bool,
    /// Whether the join was closed at once, because nothing can be done now.
    pub refused: bool,
    pub future: Pin<Box<dyn Future<Output = Done>>>,
}

/// The kind of a task.
#[derive(Clone, Debug)]
pub enum What {
    Hear(usize, Frame),
    Pong(usize, Vec<u8>),
    Forget(usize, String, u64),
    /// A device answers again on a line, or stops answering.
    Answers(usize, String, u64, bool),
    /// A company handles its passed deadlines.
    Wake(usize),
    /// An admin's request over HTTP.
    Admin(usize, Step),
    /// A start reads which companies have something open.
    Open,
}

/// Result of a task.
pub enum Done {
    /// The device is free again.
    Device(Box<Device>, Option<End>),
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

/// The command that a back end sends over HTTP for the step.
///
/// # Panics
/// When a back end cannot send the step over HTTP.
#[must_use]
pub fn admin_command(step: &Step) -> Command {
    match step.clone() {
        Step::SetCompany(settings) => Command::SetCompany { name: "A company".into(), settings },
        Step::SetBrand(brand) => Command::SetBrand { brand },
        Step::RemoveCompany(revoke_before) => Command::RemoveCompany { revoke_before },
        Step::SetEmployee(employee, name, topics) => Command::SetEmployee {
            employee,
            name: Arc::from(name),
            topics: topics.iter().map(|topic| topic.parse().expect("a topic")).collect(),
        },
        Step::RemoveEmployee(employee, revoke_before) => Command::RemoveEmployee { employee, revoke_before },
        Step::Revoke(whose, before) => Command::Revoke { whose, before },
        Step::SetStatus(employee, willing, by_admin) => {
            Command::SetStatus { employee, intent: if willing { Intent::Idle } else { Intent::Offline }, by_admin }
        }
        Step::Cancel(booking, by) => Command::Cancel { booking, by },
        Step::End(session, by, reason) => Command::End { session, by, reason: reason.map(Arc::from) },
        step => panic!("{step:?} is nothing that a back end asks for"),
    }
}

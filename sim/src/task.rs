//! What is under way in the server, and how it ends.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use switchboard_core::{Command, CompanyId, Intent};
use switchboard_exchange::device::{Device, End};

use crate::cast::Seat;
use crate::model::Step;
use crate::wire::Frame;

/// Something that is under way in the server.
pub struct Task {
    /// What.
    pub what: What,
    /// The number of the line that it made.
    pub line: Option<u64>,
    /// The seat that a join gives up.
    pub old: Option<Seat>,
    /// Whether its wish has come into a company's turn.
    pub taken: bool,
    /// Whether it was told that nothing can be done now.
    pub refused: bool,
    pub future: Pin<Box<dyn Future<Output = Done>>>,
}

/// What is under way.
#[derive(Clone, Debug)]
pub enum What {
    /// A device's frame is heard.
    Hear(usize, Frame),
    /// A device's pong is heard.
    Pong(usize, Vec<u8>),
    /// A device forgets a channel.
    Forget(usize, String, u64),
    /// A device answers again on a line, or does not.
    Answers(usize, String, u64, bool),
    /// A company does what is due.
    Wake(usize),
    /// An admin's request over HTTP.
    Admin(usize, Step),
    /// A start reads which companies have something open.
    Open,
}

/// How it ended.
pub enum Done {
    /// The device is free again.
    Device(Box<Device>, Option<End>),
    /// The company was woken, or not.
    Woken(bool),
    /// The admin's request was taken, or not.
    Admin(bool),
    /// These have something open; or the start failed.
    Open(Option<Vec<CompanyId>>),
}

impl What {
    /// The device that it is about.
    ///
    /// # Panics
    /// When it is about none.
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

/// What a back end asks for over HTTP.
///
/// # Panics
/// When it is nothing that a back end asks for.
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

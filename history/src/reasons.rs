//! Reasons why employees get no offer, in the words of timelines and previews.

use serde::Serialize;
use switchboard_core::{Duty, Employee, Fit, Intent, Level, Misfit, Reach};
use switchboard_wire::shape;
use switchboard_wire::view::Moment;
use utoipa::ToSchema;

/// Employees who got no offer although they were ahead in the queue or want to work, with reasons.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct PassedOver {
    pub(crate) employees: Vec<NotAsked>,
    /// Number of further employees.
    #[schema(value_type = u32)]
    pub(crate) more: usize,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NotAsked {
    #[schema(value_type = shape::Id)]
    employee_id: String,
    why: Why,
    /// Time since which the employee had this status.
    #[schema(value_type = shape::Moment)]
    since: Moment,
}

/// Reason why an employee got no offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Why {
    /// One booking never asks the same employee twice.
    AlreadyAsked,
    /// None of their topics is the booking's.
    WrongTopic,
    /// Their level in the topic is less than every open step asks for.
    LevelTooLow,
    /// They do not have the skills, or not with the level, that the open steps and the client ask for.
    LacksSkill,
    /// They fit a step that was not open yet.
    LaterStep,
    /// They want to work, and have no device.
    Unreachable,
    /// They were being asked, in a session, or finishing after one.
    Busy,
    /// They rested after an offer that they declined or missed.
    Resting,
    /// They were offline for a reason or for a time.
    Paused,
}

impl NotAsked {
    pub(crate) fn new(employee: &Employee, why: Why) -> Self {
        Self { employee_id: employee.id.to_string(), why, since: Moment(employee.since) }
    }
}

impl Why {
    /// The open step that the employee fits, with their level, or why there is none.
    pub(crate) const fn or_step(fit: Fit) -> Result<(u8, Level), Self> {
        match fit {
            Fit::Now { step, level } => Ok((step, level)),
            Fit::Later { .. } => Err(Self::LaterStep),
            Fit::Never(Misfit::WrongTopic) => Err(Self::WrongTopic),
            Fit::Never(Misfit::LevelTooLow) => Err(Self::LevelTooLow),
            Fit::Never(Misfit::LacksSkill) => Err(Self::LacksSkill),
        }
    }

    /// Why an employee who wants to work, or has said when they do again, could not be asked by anybody.
    pub(crate) fn absent(employee: &Employee) -> Option<Self> {
        match (employee.intent, employee.load.duty(), employee.reach) {
            (Intent::Offline, _, _) if employee.pause.is_some() => Some(Self::Paused),
            (Intent::Offline, _, _) => None,
            (Intent::Idle, Duty::Asked(_) | Duty::InSession(_) | Duty::WrapUp(_), _) => Some(Self::Busy),
            (Intent::Idle, Duty::Free, Reach::Grace { .. } | Reach::Gone { .. }) => Some(Self::Unreachable),
            (Intent::Idle, Duty::Free, Reach::Connected) if employee.resting_until.is_some() => Some(Self::Resting),
            (Intent::Idle, Duty::Free, Reach::Connected) => None,
        }
    }
}

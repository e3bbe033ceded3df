//! An employee's load: the offers and sessions in hand, and the time to wrap them up.

use serde::{Deserialize, Serialize};

use crate::id::{BookingId, SessionId};
use crate::time::Time;

/// All that an employee has in hand. There is room for one thing, so new work replaces the earlier. The stored form is
/// that of [`Duty`], which is as old as the first store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Duty", into = "Duty")]
pub struct Load(Option<Work>);

/// One thing that an employee has in hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Being asked to take this booking.
    Offer(BookingId),
    Session(SessionId),
    /// Finishing after a session.
    WrapUp(WrapUp),
}

/// The time after a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrapUp {
    pub until: Time,
    /// The session, where the company has a routing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// Latest end, if the wrap-up can be extended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longest: Option<Time>,
}

/// Occupation of an employee, from which the statuses that apps see follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duty {
    Free,
    /// Being asked to take this booking.
    Asked(BookingId),
    InSession(SessionId),
    /// Finishing after a session.
    WrapUp(WrapUp),
}

impl Load {
    /// Work in hand, in the order in which it was taken up.
    pub fn works(&self) -> impl Iterator<Item = Work> {
        self.0.into_iter()
    }

    /// The occupation that follows from the load.
    #[must_use]
    pub const fn duty(&self) -> Duty {
        match self.0 {
            None => Duty::Free,
            Some(Work::Offer(booking)) => Duty::Asked(booking),
            Some(Work::Session(session)) => Duty::InSession(session),
            Some(Work::WrapUp(wrap_up)) => Duty::WrapUp(wrap_up),
        }
    }

    pub(crate) fn take_up(&mut self, work: Work) {
        self.0 = Some(work);
    }

    /// Puts down the work that fits, and keeps the rest.
    pub(crate) fn put_down(&mut self, fits: impl Fn(&Work) -> bool) {
        if self.0.as_ref().is_some_and(fits) {
            self.0 = None;
        }
    }

    pub(crate) fn wrap_ups_mut(&mut self) -> impl Iterator<Item = &mut WrapUp> {
        self.0.iter_mut().filter_map(|work| match work {
            Work::WrapUp(wrap_up) => Some(wrap_up),
            Work::Offer(_) | Work::Session(_) => None,
        })
    }

    /// Wrap-ups in hand.
    pub fn wrap_ups(&self) -> impl Iterator<Item = WrapUp> {
        self.works().filter_map(|work| match work {
            Work::WrapUp(wrap_up) => Some(wrap_up),
            Work::Offer(_) | Work::Session(_) => None,
        })
    }
}

impl From<Duty> for Load {
    fn from(duty: Duty) -> Self {
        Self(match duty {
            Duty::Free => None,
            Duty::Asked(booking) => Some(Work::Offer(booking)),
            Duty::InSession(session) => Some(Work::Session(session)),
            Duty::WrapUp(wrap_up) => Some(Work::WrapUp(wrap_up)),
        })
    }
}

impl From<Load> for Duty {
    fn from(load: Load) -> Self {
        load.duty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_hand_is_stored_as_it_was_before_it_was_a_list() {
        let id = "\"00000000-0000-0000-0000-000000000001\"";
        for (work, stored) in [
            (None, "\"free\"".to_owned()),
            (Some(Work::Offer(BookingId::from_u128(1))), format!("{{\"asked\":{id}}}")),
            (Some(Work::Session(SessionId::from_u128(1))), format!("{{\"in_session\":{id}}}")),
            (
                Some(Work::WrapUp(WrapUp { until: Time::from_ms(5), session: None, longest: None })),
                "{\"wrap_up\":{\"until\":5}}".to_owned(),
            ),
        ] {
            assert_eq!(serde_json::to_string(&Load(work)).unwrap(), stored);
            assert_eq!(serde_json::from_str::<Load>(&stored).unwrap(), Load(work));
        }
    }

    #[test]
    fn only_what_is_in_hand_is_put_down() {
        let (offer, session) = (Work::Offer(BookingId::from_u128(1)), Work::Session(SessionId::from_u128(1)));
        let mut load = Load::default();
        load.take_up(session);
        load.put_down(|work| *work == offer);
        assert!(load.works().eq([session]));
        load.put_down(|work| *work == session);
        assert_eq!(load, Load::default());
    }
}

//! An employee's load: the offers and sessions in hand, and the time to wrap them up.

use serde::{Deserialize, Serialize};

use crate::id::{BookingId, SessionId};
use crate::time::Time;

/// All that an employee has in hand, in the order in which it was taken up. A load of one thing of weight 1 has the
/// stored form of [`Duty`], which is as old as the first store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredLoad", into = "StoredLoad")]
pub struct Load {
    // Most employees have at most one thing in hand, so that the list is empty and takes no memory of its own.
    first: Option<Held>,
    more: Vec<Held>,
}

/// One thing in hand, with the room that it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Held {
    work: Duty,
    weight: u8,
}

/// The stored forms of a load.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum StoredLoad {
    One(Duty),
    Several(Vec<Held>),
}

/// One thing that an employee has in hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    /// Being asked to take this booking.
    Offer(BookingId),
    Session(SessionId),
    /// Finishing after a session.
    WrapUp(WrapUp),
}

/// The time after a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
    pub fn works(&self) -> impl DoubleEndedIterator<Item = Work> {
        self.first.iter().chain(&self.more).filter_map(|held| held.work.work())
    }

    /// The occupation that follows from the load: an open offer before all else, then the latest session, then a
    /// wrap-up.
    #[must_use]
    pub fn duty(&self) -> Duty {
        let Some(first) = &self.first else { return Duty::Free };
        if self.more.is_empty() {
            return first.work;
        }
        let rank = |duty: &Duty| match duty {
            Duty::Asked(_) => 3,
            Duty::InSession(_) => 2,
            Duty::WrapUp(_) => 1,
            Duty::Free => 0,
        };
        // Of equals the last counts, which was taken up latest.
        self.more.iter().chain([first]).map(|held| held.work).max_by_key(rank).unwrap_or(Duty::Free)
    }

    /// Sessions in hand, in the order in which they began.
    pub fn sessions(&self) -> impl DoubleEndedIterator<Item = SessionId> {
        self.works().filter_map(|work| match work {
            Work::Session(session) => Some(session),
            Work::Offer(_) | Work::WrapUp(_) => None,
        })
    }

    /// Wrap-ups in hand.
    pub fn wrap_ups(&self) -> impl Iterator<Item = WrapUp> {
        self.works().filter_map(|work| match work {
            Work::WrapUp(wrap_up) => Some(wrap_up),
            Work::Offer(_) | Work::Session(_) => None,
        })
    }

    /// Whether nothing is in hand.
    pub(crate) const fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// Whether an offer is open.
    pub(crate) fn has_offer(&self) -> bool {
        self.first.iter().chain(&self.more).any(|held| matches!(held.work, Duty::Asked(_)))
    }

    /// Room that sessions and wrap-ups take. An open offer takes none, because nobody has two.
    #[must_use]
    pub fn used(&self) -> u32 {
        let takes_room = |held: &&Held| !matches!(held.work, Duty::Asked(_));
        self.first.iter().chain(&self.more).filter(takes_room).map(|held| u32::from(held.weight)).sum()
    }

    pub(crate) fn take_up(&mut self, work: Work, weight: u8) {
        let held = Held { work: work.into(), weight };
        if self.first.is_none() {
            self.first = Some(held);
        } else {
            self.more.push(held);
        }
    }

    /// Puts down the work that fits, and keeps the rest. Returns the weight of the last thing that was put down.
    pub(crate) fn put_down(&mut self, fits: impl Fn(&Work) -> bool) -> Option<u8> {
        let mut weight = None;
        let mut goes = |held: &Held| {
            let goes = held.work.work().as_ref().is_some_and(&fits);
            if goes {
                weight = Some(held.weight);
            }
            goes
        };
        self.more.retain(|held| !goes(held));
        if self.first.as_ref().is_some_and(goes) {
            self.first = if self.more.is_empty() { None } else { Some(self.more.remove(0)) };
        }
        weight
    }

    pub(crate) fn wrap_ups_mut(&mut self) -> impl Iterator<Item = &mut WrapUp> {
        self.first.iter_mut().chain(&mut self.more).filter_map(|held| match &mut held.work {
            Duty::WrapUp(wrap_up) => Some(wrap_up),
            Duty::Free | Duty::Asked(_) | Duty::InSession(_) => None,
        })
    }
}

impl Duty {
    const fn work(self) -> Option<Work> {
        match self {
            Self::Free => None,
            Self::Asked(booking) => Some(Work::Offer(booking)),
            Self::InSession(session) => Some(Work::Session(session)),
            Self::WrapUp(wrap_up) => Some(Work::WrapUp(wrap_up)),
        }
    }
}

impl From<Work> for Duty {
    fn from(work: Work) -> Self {
        match work {
            Work::Offer(booking) => Self::Asked(booking),
            Work::Session(session) => Self::InSession(session),
            Work::WrapUp(wrap_up) => Self::WrapUp(wrap_up),
        }
    }
}

impl From<StoredLoad> for Load {
    fn from(stored: StoredLoad) -> Self {
        let mut load = Self::default();
        let held = match stored {
            StoredLoad::One(duty) => vec![Held { work: duty, weight: 1 }],
            StoredLoad::Several(held) => held,
        };
        for Held { work, weight } in held {
            work.work().into_iter().for_each(|work| load.take_up(work, weight));
        }
        load
    }
}

impl From<Load> for StoredLoad {
    fn from(load: Load) -> Self {
        match load.first {
            None => Self::One(Duty::Free),
            Some(Held { work, weight: 1 }) if load.more.is_empty() => Self::One(work),
            Some(first) => Self::Several([first].into_iter().chain(load.more).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(works: &[(Work, u8)]) -> Load {
        let mut load = Load::default();
        works.iter().for_each(|(work, weight)| load.take_up(*work, *weight));
        load
    }

    #[test]
    fn what_is_in_hand_is_stored_as_it_was_before_it_was_a_list() {
        let id = "\"00000000-0000-0000-0000-000000000001\"";
        let wrap_up = WrapUp { until: Time::from_ms(5), session: None, longest: None };
        for (work, stored) in [
            (None, "\"free\"".to_owned()),
            (Some(Work::Offer(BookingId::from_u128(1))), format!("{{\"asked\":{id}}}")),
            (Some(Work::Session(SessionId::from_u128(1))), format!("{{\"in_session\":{id}}}")),
            (Some(Work::WrapUp(wrap_up)), "{\"wrap_up\":{\"until\":5}}".to_owned()),
        ] {
            let load = of(&work.map(|work| (work, 1)).into_iter().collect::<Vec<_>>());
            assert_eq!(serde_json::to_string(&load).unwrap(), stored);
            assert_eq!(serde_json::from_str::<Load>(&stored).unwrap(), load);
        }
    }

    #[test]
    fn several_things_are_stored_with_their_weights() {
        let (one, two) = (Work::Session(SessionId::from_u128(1)), Work::Session(SessionId::from_u128(2)));
        for load in [of(&[(one, 1), (two, 3)]), of(&[(two, 3)])] {
            let stored = serde_json::to_string(&load).unwrap();
            assert_eq!(serde_json::from_str::<Load>(&stored).unwrap(), load);
        }
        assert_eq!(of(&[(one, 1), (two, 3)]).used(), 4);
    }

    #[test]
    fn an_open_offer_is_what_shows_then_the_latest_session_then_a_wrap_up() {
        let (offer, one) = (Work::Offer(BookingId::from_u128(1)), Work::Session(SessionId::from_u128(1)));
        let two = Work::Session(SessionId::from_u128(2));
        let wrap_up = Work::WrapUp(WrapUp { until: Time::from_ms(5), session: None, longest: None });
        let mut load = of(&[(wrap_up, 1), (one, 1), (two, 1), (offer, 1)]);
        assert_eq!((load.duty(), load.used()), (offer.into(), 3));
        load.put_down(|work| *work == offer);
        assert_eq!(load.duty(), two.into());
        load.put_down(|work| *work == two);
        assert_eq!(load.duty(), one.into());
        load.put_down(|work| *work == one);
        assert_eq!(load.duty(), wrap_up.into());
        assert!(!load.is_empty() && !load.has_offer());
    }

    #[test]
    fn only_what_is_in_hand_is_put_down() {
        let (offer, session) = (Work::Offer(BookingId::from_u128(1)), Work::Session(SessionId::from_u128(1)));
        let mut load = of(&[(session, 2)]);
        assert_eq!(load.put_down(|work| *work == offer), None);
        assert!(load.works().eq([session]));
        assert_eq!(load.put_down(|work| *work == session), Some(2));
        assert_eq!(load, Load::default());
    }
}

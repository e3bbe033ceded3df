//! An employee's load: the offers and sessions in hand, and the time to wrap them up.

use serde::{Deserialize, Serialize};

use crate::id::{BookingId, SessionId};
use crate::time::Time;

/// All that an employee has in hand, in the order in which it was taken up. A load of one plain thing has the stored
/// form of [`Duty`], which is as old as the first store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredLoad", into = "StoredLoad")]
pub struct Load(Hands);

/// Boxed, because a list within every employee would make all of them larger.
type Several = Box<Vec<Held>>;

/// Most employees have at most one thing in hand, of weight 1: only others pay for a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Hands {
    #[default]
    Free,
    Asked(BookingId),
    InSession(SessionId),
    WrapUp(Time),
    /// Never empty, and never one thing that another variant holds.
    Several(Several),
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

impl Hands {
    const fn one(&self) -> Option<Duty> {
        match self {
            Self::Free | Self::Several(_) => None,
            Self::Asked(booking) => Some(Duty::Asked(*booking)),
            Self::InSession(session) => Some(Duty::InSession(*session)),
            Self::WrapUp(until) => Some(Duty::WrapUp(WrapUp { until: *until, session: None, longest: None })),
        }
    }

    fn list(&self) -> &[Held] {
        if let Self::Several(held) = self { held } else { &[] }
    }

    /// The form for one thing, if it is plain.
    const fn of_one(work: Duty, weight: u8) -> Option<Self> {
        match (work, weight) {
            (Duty::Asked(booking), 1) => Some(Self::Asked(booking)),
            (Duty::InSession(session), 1) => Some(Self::InSession(session)),
            (Duty::WrapUp(WrapUp { until, session: None, longest: None }), 1) => Some(Self::WrapUp(until)),
            (Duty::Free | Duty::Asked(_) | Duty::InSession(_) | Duty::WrapUp(_), _) => None,
        }
    }

    fn of_list(held: Vec<Held>) -> Self {
        match held.as_slice() {
            [] => Self::Free,
            [Held { work, weight }] => Self::of_one(*work, *weight).unwrap_or_else(|| Self::Several(Box::new(held))),
            _more => Self::Several(Box::new(held)),
        }
    }
}

impl Load {
    fn held(&self) -> impl DoubleEndedIterator<Item = Held> {
        let one = self.0.one().map(|work| Held { work, weight: 1 });
        one.into_iter().chain(self.0.list().iter().copied())
    }

    /// Work in hand, in the order in which it was taken up.
    pub fn works(&self) -> impl DoubleEndedIterator<Item = Work> {
        self.held().filter_map(|held| held.work.work())
    }

    /// The occupation that follows from the load: an open offer before all else, then the latest session, then a
    /// wrap-up.
    #[must_use]
    pub fn duty(&self) -> Duty {
        let Hands::Several(held) = &self.0 else { return self.0.one().unwrap_or(Duty::Free) };
        let rank = |duty: &Duty| match duty {
            Duty::Asked(_) => 3,
            Duty::InSession(_) => 2,
            Duty::WrapUp(_) => 1,
            Duty::Free => 0,
        };
        // Of equals the last counts, which was taken up latest.
        held.iter().map(|held| held.work).max_by_key(rank).unwrap_or(Duty::Free)
    }

    /// Sessions in hand, in the order in which they began.
    pub fn sessions(&self) -> impl DoubleEndedIterator<Item = SessionId> {
        self.works().filter_map(|work| match work {
            Work::Session(session) => Some(session),
            Work::Offer(_) | Work::WrapUp(_) => None,
        })
    }

    /// Wrap-ups that are in hand.
    pub fn wrap_ups(&self) -> impl Iterator<Item = WrapUp> {
        self.works().filter_map(|work| match work {
            Work::WrapUp(wrap_up) => Some(wrap_up),
            Work::Offer(_) | Work::Session(_) => None,
        })
    }

    /// Whether nothing is in hand.
    pub(crate) const fn is_empty(&self) -> bool {
        matches!(self.0, Hands::Free)
    }

    /// Whether an offer is open.
    pub(crate) fn has_offer(&self) -> bool {
        match &self.0 {
            Hands::Asked(_) => true,
            Hands::Free | Hands::InSession(_) | Hands::WrapUp(_) => false,
            Hands::Several(held) => held.iter().any(|held| matches!(held.work, Duty::Asked(_))),
        }
    }

    /// Room that sessions and wrap-ups take. An open offer takes none, because no employee has two.
    #[must_use]
    pub fn used(&self) -> u32 {
        match &self.0 {
            Hands::Free | Hands::Asked(_) => 0,
            Hands::InSession(_) | Hands::WrapUp(_) => 1,
            Hands::Several(held) => {
                let takes_room = |held: &&Held| !matches!(held.work, Duty::Asked(_));
                held.iter().filter(takes_room).map(|held| u32::from(held.weight)).sum()
            }
        }
    }

    pub(crate) fn take_up(&mut self, work: Work, weight: u8) {
        if self.is_empty()
            && let Some(one) = Hands::of_one(work.into(), weight)
        {
            self.0 = one;
            return;
        }
        let mut held: Vec<Held> = self.held().collect();
        held.push(Held { work: work.into(), weight });
        self.0 = Hands::of_list(held);
    }

    /// Puts down the work that fits, and keeps the rest. Returns the weight of the last thing that was put down.
    pub(crate) fn put_down(&mut self, fits: impl Fn(&Work) -> bool) -> Option<u8> {
        let goes = |work: Duty| work.work().as_ref().is_some_and(&fits);
        let Hands::Several(held) = &mut self.0 else {
            let goes = self.0.one().is_some_and(goes);
            if goes {
                self.0 = Hands::Free;
            }
            return goes.then_some(1);
        };
        let weight = held.iter().rev().find(|held| goes(held.work)).map(|held| held.weight);
        held.retain(|held| !goes(held.work));
        self.0 = Hands::of_list(std::mem::take(&mut **held));
        weight
    }

    /// Moves the ends of all wrap-ups.
    pub(crate) fn put_off_wrap_ups(&mut self, later: impl Fn(&mut Time)) {
        if let Hands::WrapUp(until) = &mut self.0 {
            later(until);
        }
        for wrap_up in self.listed_wrap_ups_mut() {
            later(&mut wrap_up.until);
            wrap_up.longest.iter_mut().for_each(&later);
        }
    }

    /// Sets the end of the wrap-up of a session.
    pub(crate) fn extend_wrap_up(&mut self, session: SessionId, until: Time) {
        let extended = self.listed_wrap_ups_mut().find(|wrap_up| wrap_up.session == Some(session));
        extended.into_iter().for_each(|wrap_up| wrap_up.until = until);
    }

    fn listed_wrap_ups_mut(&mut self) -> impl Iterator<Item = &mut WrapUp> {
        let held = if let Hands::Several(held) = &mut self.0 { held.as_mut_slice() } else { &mut [] };
        held.iter_mut().filter_map(|held| match &mut held.work {
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
        Self(match stored {
            StoredLoad::One(work) => Hands::of_one(work, 1).unwrap_or_else(|| match work {
                Duty::Free => Hands::Free,
                Duty::Asked(_) | Duty::InSession(_) | Duty::WrapUp(_) => Hands::of_list(vec![Held { work, weight: 1 }]),
            }),
            StoredLoad::Several(held) => Hands::of_list(held),
        })
    }
}

impl From<Load> for StoredLoad {
    fn from(load: Load) -> Self {
        match load.0 {
            Hands::Several(held) => Self::Several(*held),
            one => Self::One(one.one().unwrap_or(Duty::Free)),
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

//! The employees with which clients spoke last about a topic.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::id::{ClientId, EmployeeNo, Topic};
use crate::limits::{PARTNERS_MAX, PARTNERS_MAX_MS};
use crate::time::Time;

/// Employees of last time. Only the sessions are stored, because the latest of each client follows from them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "VecDeque<Spoke>", into = "VecDeque<Spoke>")]
pub(super) struct Partners {
    spoke: VecDeque<Spoke>,
    latest: BTreeMap<(ClientId, Topic), (Time, EmployeeNo)>,
}

/// A session that began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Spoke {
    at: Time,
    client: ClientId,
    topic: Topic,
    employee: EmployeeNo,
}

impl Partners {
    pub(super) fn is_empty(&self) -> bool {
        self.spoke.is_empty()
    }

    pub(super) fn add(&mut self, at: Time, client: &ClientId, topic: &Topic, employee: EmployeeNo) {
        self.push(Spoke { at, client: client.clone(), topic: topic.clone(), employee });
        let is_too_old = |spoke: &Spoke| spoke.at.plus_ms(PARTNERS_MAX_MS) <= at;
        while self.spoke.len() > PARTNERS_MAX || self.spoke.front().is_some_and(is_too_old) {
            let Some(Spoke { at, client, topic, .. }) = self.spoke.pop_front() else { break };
            let key = (client, topic);
            if self.latest.get(&key).is_some_and(|(latest, _)| *latest == at) {
                self.latest.remove(&key);
            }
        }
    }

    /// The employee of last time, within the time that the company remembers.
    pub(super) fn of(&self, now: Time, client: &ClientId, topic: &Topic) -> Option<EmployeeNo> {
        let (at, employee) = self.latest.get(&(client.clone(), topic.clone()))?;
        (at.plus_ms(PARTNERS_MAX_MS) > now).then_some(*employee)
    }

    pub(super) fn rename(&mut self, client: &ClientId, alias: &ClientId) {
        for mut spoke in std::mem::take(self).spoke {
            if spoke.client == *client {
                spoke.client = alias.clone();
            }
            self.push(spoke);
        }
    }

    fn push(&mut self, spoke: Spoke) {
        self.latest.insert((spoke.client.clone(), spoke.topic.clone()), (spoke.at, spoke.employee));
        self.spoke.push_back(spoke);
    }
}

impl From<VecDeque<Spoke>> for Partners {
    fn from(spoke: VecDeque<Spoke>) -> Self {
        let mut partners = Self::default();
        spoke.into_iter().for_each(|spoke| partners.push(spoke));
        partners
    }
}

impl From<Partners> for VecDeque<Spoke> {
    fn from(partners: Partners) -> Self {
        partners.spoke
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> (ClientId, Topic) {
        ("zoe".parse().unwrap(), "tax".parse().unwrap())
    }

    #[test]
    fn the_latest_of_a_client_about_a_topic_is_known_for_thirty_days() {
        let ((zoe, tax), mut partners) = (key(), Partners::default());
        let (then, later) = (Time::from_ms(5), Time::from_ms(9));
        partners.add(then, &zoe, &tax, EmployeeNo(1));
        partners.add(later, &zoe, &tax, EmployeeNo(2));
        partners.add(later, &zoe, &"law".parse().unwrap(), EmployeeNo(3));
        assert_eq!(partners.of(later, &zoe, &tax), Some(EmployeeNo(2)));
        assert_eq!(partners.of(later.plus_ms(PARTNERS_MAX_MS), &zoe, &tax), None);
        let stored = serde_json::to_string(&partners).unwrap();
        assert_eq!(serde_json::from_str::<Partners>(&stored).unwrap(), partners);
        partners.add(then.plus_ms(PARTNERS_MAX_MS), &"yan".parse().unwrap(), &tax, EmployeeNo(1));
        assert_eq!(partners.of(later, &zoe, &tax), Some(EmployeeNo(2)), "the older session goes, and not the latest");
    }

    #[test]
    fn so_many_are_remembered_and_the_oldest_goes_first() {
        let ((zoe, tax), mut partners) = (key(), Partners::default());
        partners.add(Time::from_ms(0), &zoe, &tax, EmployeeNo(1));
        for n in 0..PARTNERS_MAX {
            partners.add(Time::from_ms(1), &format!("client-{n}").parse().unwrap(), &tax, EmployeeNo(1));
        }
        assert_eq!(partners.of(Time::from_ms(1), &zoe, &tax), None);
        assert_eq!(partners.spoke.len(), PARTNERS_MAX);
    }

    #[test]
    fn a_client_who_is_erased_is_remembered_by_the_alias_alone() {
        let ((zoe, tax), mut partners) = (key(), Partners::default());
        partners.add(Time::from_ms(0), &zoe, &tax, EmployeeNo(1));
        let alias: ClientId = "erased-1".parse().unwrap();
        partners.rename(&zoe, &alias);
        assert_eq!(partners.of(Time::from_ms(0), &zoe, &tax), None);
        assert_eq!(partners.of(Time::from_ms(0), &alias, &tax), Some(EmployeeNo(1)));
    }
}

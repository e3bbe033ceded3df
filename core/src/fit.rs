//! How one employee stands to the steps of a booking: for timelines and previews, which say why an employee was asked.

use std::cmp::Reverse;

use crate::employee::Employee;
use crate::id::Topic;
use crate::routing::{Level, Need, Order, Prefer, RouteStep, RouteTable, Routed, Routing, Wishes, has_all};
use crate::time::Time;

/// How an employee stands to the steps of a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// The employee fits an open step.
    Now {
        /// The first such step, from 1.
        step: u8,
        /// Level in the topic of the step.
        level: Level,
    },
    /// The employee fits no step that is open, but one that opens later.
    Later {
        /// The first such step, from 1.
        step: u8,
    },
    /// The employee fits no step; the reason is that of the open step that comes closest.
    Never(Misfit),
}

/// Why an employee does not fit a step. A later reason is closer to a fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Misfit {
    /// The employee does not take the topic.
    WrongTopic,
    /// The level in the topic is too low.
    LevelTooLow,
    /// A skill is missing, or its level is too low.
    LacksSkill,
}

/// Place of an employee among all who fit the same step and can be asked: the smallest is asked first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StepPosition {
    preferred: Preferred,
    /// Load in thousandths of the capacity.
    pub load: u32,
    /// Key by which the order of the step compares; always 0 for the longest idle.
    pub key: u64,
    place: u64,
}

/// Key by which a preference compares; within one step there is one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Preferred {
    Any,
    Best(Reverse<Level>),
    Least(Level),
}

impl StepPosition {
    fn of(step: &RouteStep, level: Level, employee: &Employee) -> Self {
        let preferred = match step.prefer {
            Prefer::Any => Preferred::Any,
            Prefer::Best => Preferred::Best(Reverse(level)),
            Prefer::Least => Preferred::Least(level),
        };
        let load = employee.load_milli();
        Self { preferred, load, key: employee.turns.key(step.order), place: employee.place }
    }
}

impl RouteStep {
    /// Whether the order compares something beside the time since when an employee is idle.
    #[must_use]
    pub fn has_keys(&self) -> bool {
        self.order != Order::LongestIdle
    }
}

impl Routed {
    /// How a booking about the topic would be routed once all its steps are open.
    #[must_use]
    pub fn with_all_steps(routing: &Routing, topic: &Topic, wishes: Wishes) -> Self {
        let route = RouteTable::from(routing.clone()).route(topic, wishes.channel.as_ref()).clone();
        let steps = u8::try_from(route.1.steps.len()).unwrap_or(u8::MAX);
        let mut routed = Self::new(routing, route, wishes, topic, (0, Time::default()));
        routed.open(Time::default(), steps);
        routed
    }

    /// How the employee stands to the steps.
    #[must_use]
    pub fn fit(&self, employee: &Employee) -> Fit {
        let open = self.needs().len();
        let mut closest = Misfit::WrongTopic;
        for (n, need) in self.all_needs().iter().enumerate() {
            let step = u8::try_from(n + 1).unwrap_or(u8::MAX);
            match need.fit(employee) {
                Ok(level) if n < open => return Fit::Now { step, level },
                Ok(_) => return Fit::Later { step },
                Err(misfit) if n < open => closest = closest.max(misfit),
                Err(_) => {}
            }
        }
        Fit::Never(closest)
    }

    /// The place of an employee with that level among all who fit the step with that number.
    #[must_use]
    pub fn position(&self, step: u8, level: Level, employee: &Employee) -> Option<StepPosition> {
        Some(StepPosition::of(self.step(step)?, level, employee))
    }

    /// The open step with that number, from 1.
    #[must_use]
    pub fn step(&self, number: u8) -> Option<&RouteStep> {
        self.steps().get(usize::from(number).checked_sub(1)?)
    }

    /// Whether the next step opens before its time at that moment.
    #[must_use]
    pub fn opens_early(&self, now: Time) -> bool {
        self.next_step_at().is_some_and(|at| now < at)
    }
}

impl Need {
    /// The level with which the employee fits, or the reason why they do not.
    fn fit(&self, employee: &Employee) -> Result<Level, Misfit> {
        let (topics, skills) = (&employee.topics, &employee.profile.skills);
        let level = self.keys.iter().find_map(|key| key.of.level_of(topics, skills)).or(
            // A need of a higher level has no set of those who name no topics, but they take every topic with level 1.
            topics.is_empty().then_some(Level::LEAST),
        );
        let level = level.ok_or(Misfit::WrongTopic)?;
        if level < self.least {
            return Err(Misfit::LevelTooLow);
        }
        let has_skills = self.keys.iter().all(|key| has_all(skills, &key.skills));
        if has_skills { Ok(level) } else { Err(Misfit::LacksSkill) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::employee::{Intent, Meter, Reach, Turns};
    use crate::load::Load;
    use crate::routing::{Profile, Route, Skills};

    fn skills(skills: &[(&str, u8)]) -> Skills {
        skills.iter().map(|(skill, level)| (skill.parse().unwrap(), Level::try_from(*level).unwrap())).collect()
    }

    fn employee(topics: &[&str], has: &[(&str, u8)]) -> Employee {
        let at = Time::default();
        Employee {
            id: "ann".parse().unwrap(),
            name: "ann".into(),
            topics: topics.iter().map(|topic| topic.parse().unwrap()).collect(),
            intent: Intent::Idle,
            intent_since: at,
            reach: Reach::Connected,
            load: Load::default(),
            missed: 0,
            since: at,
            place: 0,
            lapse_due: None,
            meter: Meter::default(),
            profile: Profile { skills: skills(has), ..Profile::default() },
            turns: Turns::default(),
            pause: None,
            resting_until: None,
        }
    }

    fn routed(steps: Vec<RouteStep>, open: u8) -> Routed {
        let wishes = Wishes { skills: skills(&[("de", 2)]), ..Wishes::default() };
        let mut routed = Routed::new(
            &Routing::default(),
            (0, Arc::new(Route { steps, ..Route::default() })),
            wishes,
            &"tax".parse().unwrap(),
            (0, Time::default()),
        );
        routed.open(Time::default(), open);
        routed
    }

    #[test]
    fn an_employee_fits_the_first_open_step_that_asks_for_them_or_is_told_what_is_missing() {
        let level = |level: u8| Level::try_from(level).unwrap();
        let steps = || {
            vec![
                RouteStep { level: level(5), ..RouteStep::default() },
                RouteStep { after_ms: 1_000, drop: ["de".parse().unwrap()].into(), ..RouteStep::default() },
                RouteStep {
                    after_ms: 2_000,
                    topic: Some("*".parse().unwrap()),
                    skills: skills(&[("senior", 1)]),
                    ..RouteStep::default()
                },
            ]
        };
        for (open, topics, has, fit) in [
            (1, vec!["tax"], vec![("tax", 5), ("de", 2)], Fit::Now { step: 1, level: level(5) }),
            (1, vec!["tax"], vec![("tax", 5), ("de", 1)], Fit::Later { step: 2 }),
            (2, vec!["tax"], vec![("tax", 5), ("de", 1)], Fit::Now { step: 2, level: level(5) }),
            (2, vec!["tax"], vec![], Fit::Now { step: 2, level: level(1) }),
            (1, vec![], vec![("tax", 9), ("de", 2)], Fit::Later { step: 2 }),
            (1, vec!["law"], vec![], Fit::Never(Misfit::WrongTopic)),
            (2, vec!["law"], vec![("senior", 1), ("de", 2)], Fit::Later { step: 3 }),
            (3, vec!["law"], vec![("de", 2)], Fit::Never(Misfit::LacksSkill)),
        ] {
            assert_eq!(routed(steps(), open).fit(&employee(&topics, &has)), fit, "{open} {topics:?} {has:?}");
        }
        let only_first = || routed(vec![steps().remove(0)], 1);
        assert_eq!(only_first().fit(&employee(&["tax"], &[("tax", 4)])), Fit::Never(Misfit::LevelTooLow));
        assert_eq!(only_first().fit(&employee(&[], &[("tax", 9)])), Fit::Never(Misfit::LevelTooLow));
        assert_eq!(only_first().fit(&employee(&["tax"], &[("tax", 6)])), Fit::Never(Misfit::LacksSkill));
    }

    #[test]
    fn an_employee_fits_exactly_the_needs_in_whose_pools_they_stand() {
        let steps = vec![
            RouteStep { level: Level::try_from(3).unwrap(), ..RouteStep::default() },
            RouteStep { topic: Some("law".parse().unwrap()), skills: skills(&[("senior", 4)]), ..RouteStep::default() },
            RouteStep {
                topic: Some("*".parse().unwrap()),
                drop: ["*".parse().unwrap()].into(),
                ..RouteStep::default()
            },
        ];
        let routed = routed(steps, 3);
        for topics in [vec![], vec!["tax"], vec!["law", "tax"], vec!["visa"]] {
            for has in
                [vec![], vec![("tax", 3), ("de", 2)], vec![("senior", 4), ("de", 9)], vec![("tax", 2), ("de", 3)]]
            {
                let employee = employee(&topics, &has);
                for need in routed.all_needs() {
                    let level = need.level_of(&employee.topics, &employee.profile.skills);
                    assert_eq!(need.fit(&employee).ok(), level, "{topics:?} {has:?} {need:?}");
                }
            }
        }
    }

    #[test]
    fn a_position_compares_the_preference_then_the_key_then_the_place() {
        let at = |step: &RouteStep, level: u8, latest: u64, place: u64| {
            let turns = Turns { latest, ..Turns::default() };
            let employee = Employee { turns, place, ..employee(&[], &[]) };
            StepPosition::of(step, Level::try_from(level).unwrap(), &employee)
        };
        let any = RouteStep { order: Order::RoundRobin, ..RouteStep::default() };
        assert!(at(&any, 1, 3, 9) < at(&any, 9, 4, 1) && at(&any, 1, 3, 1) < at(&any, 1, 3, 2));
        let best = RouteStep { prefer: Prefer::Best, ..any.clone() };
        assert!(at(&best, 9, 4, 9) < at(&best, 8, 3, 1) && at(&best, 9, 3, 9) < at(&best, 9, 4, 1));
        let least = RouteStep { prefer: Prefer::Least, ..any };
        assert!(at(&least, 2, 4, 9) < at(&least, 3, 3, 1));
        let plain = RouteStep::default();
        assert!(at(&plain, 1, 9, 1) < at(&plain, 1, 0, 2) && !plain.has_keys());
    }
}

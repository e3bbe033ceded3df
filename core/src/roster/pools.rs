//! Pools: the employees who fit one set of skills, by their level in the topic, in one order.

use std::collections::{BTreeMap, BTreeSet};

use crate::employee::{Employee, Turns};
use crate::id::EmployeeNo;
use crate::limits::POOLS_MAX;
use crate::routing::{Level, Need, Of, Order, PoolKey, Prefer, Skills, has_all};
use crate::time::Time;

/// Key that orders the employees of one level: the load, the key of the order, then the place in the line.
type Position = (u32, u64, u64);

/// All employees, as often as they are needed.
type Everyone<'a> = dyn Iterator<Item = (EmployeeNo, &'a Employee)> + 'a;

/// Where an employee stands in the pools that they fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stand {
    /// The employee can be asked.
    Idle {
        load: u32,
        room: u8,
        turns: Turns,
        place: u64,
    },
    /// The employee may come back to be asked.
    Awaited {
        until: Time,
        room: u8,
    },
    Nowhere,
}

impl Stand {
    pub(crate) fn of(employee: &Employee) -> Self {
        if employee.can_be_asked() {
            let (load, room) = (employee.load_milli(), employee.room());
            Self::Idle { load, room, turns: employee.turns, place: employee.place }
        } else if let Some(until) = employee.awaited_until() {
            Self::Awaited { until, room: employee.room() }
        } else {
            Self::Nowhere
        }
    }
}

/// Pools in use, beside the plain queues of the topics. They follow from the employees and are made when they are first
/// needed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pools {
    pools: BTreeMap<PoolKey, Pool>,
    uses: u64,
    /// How often a level of a pool became empty, or was empty no more.
    flips: u64,
    duty_flips: u64,
}

/// Which pools are there is no part of the state: [`Pools::are_made_of`] compares those that are.
impl PartialEq for Pools {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl Eq for Pools {}

/// Employees who fit a [`PoolKey`], by their level in the topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Pool {
    levels: [OfLevel; Level::ALL.len()],
    latest_use: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct OfLevel {
    idle: BTreeMap<Position, EmployeeNo>,
    /// Idle employees without a device, by the end of the wait for them.
    awaited: BTreeSet<(Time, EmployeeNo)>,
    on_duty: u32,
    /// Bookings that those on duty could have at once.
    seats: u32,
}

impl Pools {
    pub(crate) fn is_empty(&self) -> bool {
        self.pools.is_empty()
    }

    /// Whether all pools of the need are there.
    pub(crate) fn has(&self, need: &Need) -> bool {
        need.keys.iter().all(|key| self.pools.contains_key(key))
    }

    /// Makes the pools of the need that are not there, of all employees. Of too many, the pool that was used longest ago
    /// goes.
    pub(crate) fn make<'a>(&mut self, need: &Need, all: impl Fn() -> Box<Everyone<'a>>) {
        for key in &need.keys {
            self.uses += 1;
            if let Some(pool) = self.pools.get_mut(key) {
                pool.latest_use = self.uses;
                continue;
            }
            if self.pools.len() >= POOLS_MAX
                && let Some(oldest) =
                    self.pools.iter().min_by_key(|(_, pool)| pool.latest_use).map(|(key, _)| key.clone())
            {
                self.pools.remove(&oldest);
            }
            self.pools.insert(key.clone(), Pool::of(key, self.uses, all()));
        }
    }

    pub(crate) const fn flips(&self) -> u64 {
        self.flips
    }

    pub(crate) const fn duty_flips(&self) -> u64 {
        self.duty_flips
    }

    /// Counts an employee who comes on duty or goes off.
    pub(crate) fn count_duty(&mut self, employee: &Employee, comes: bool) {
        let mut flips = 0;
        self.each_of(employee, |key, level| {
            let was_deserted = level.on_duty == 0;
            let seats = seats(employee, key.weight);
            (level.on_duty, level.seats) = match comes {
                true => (level.on_duty + 1, level.seats + seats),
                false => (level.on_duty.saturating_sub(1), level.seats.saturating_sub(seats)),
            };
            flips += u64::from((level.on_duty == 0) != was_deserted);
        });
        self.duty_flips += flips;
    }

    /// Number of employees on duty who fit the need.
    pub(crate) fn on_duty(&self, need: &Need) -> usize {
        self.groups(need).iter().flatten().map(|level| level.on_duty as usize).sum()
    }

    /// Number of bookings that those on duty who fit the need could have at once.
    pub(crate) fn seats(&self, need: &Need) -> usize {
        self.groups(need).iter().flatten().map(|level| level.seats as usize).sum()
    }

    /// Moves an employee in the pools that they fit.
    pub(crate) fn change(&mut self, no: EmployeeNo, employee: &Employee, was: Stand, is: Stand) {
        let mut flips = 0;
        self.each_of(employee, |key, level| {
            let was_empty = level.idle.is_empty();
            level.leave(key, no, was);
            level.join(key, no, is);
            flips += u64::from(level.idle.is_empty() != was_empty);
        });
        self.flips += flips;
    }

    /// The pools of an employee are those of their topics, or of no topics, and those of everybody.
    fn each_of(&mut self, employee: &Employee, mut visit: impl FnMut(&PoolKey, &mut OfLevel)) {
        let mut of = |of: Of| {
            for (key, pool) in self.pools.range_mut(first_of(of.clone())..).take_while(|(key, _)| key.of == of) {
                if let Some(level) = level_in(key, employee) {
                    visit(key, &mut pool.levels[level.index()]);
                }
            }
        };
        of(Of::Everybody);
        if employee.topics.is_empty() {
            of(Of::NoTopics);
        }
        for topic in &employee.topics {
            of(Of::Topic(topic.clone()));
        }
    }

    /// Employees who can be asked and fit the need, in its order: a look at each level for the first, and the same for
    /// each that follows.
    pub(crate) fn candidates<'a>(&'a self, need: &'a Need) -> impl Iterator<Item = EmployeeNo> + 'a {
        self.groups(need).into_iter().flat_map(|group| {
            let mut queues: Vec<_> = group.iter().map(|level| level.idle.iter().peekable()).collect();
            std::iter::from_fn(move || {
                let heads = queues.iter_mut().enumerate().filter_map(|(n, queue)| Some((*queue.peek()?.0, n)));
                let (_, first) = heads.min()?;
                queues[first].next().map(|(_, no)| *no)
            })
        })
    }

    /// The latest time until which an employee who fits the need may come back, of those who are not skipped.
    pub(crate) fn awaited_until(&self, need: &Need, is_awaited: impl Fn(EmployeeNo) -> bool) -> Option<Time> {
        let latest =
            |level: &&OfLevel| level.awaited.iter().rev().find(|(_, no)| is_awaited(*no)).map(|(until, _)| *until);
        self.groups(need).iter().flatten().filter_map(latest).max()
    }

    /// Levels of the need's pools that go one after the other; within a group, the position decides.
    fn groups(&self, need: &Need) -> Vec<Vec<&OfLevel>> {
        let at = |level: Level| need.keys.iter().filter_map(move |key| self.pools.get(key)?.levels.get(level.index()));
        let enough = || Level::ALL.into_iter().filter(|level| *level >= need.least);
        match need.prefer {
            Prefer::Any => vec![enough().flat_map(at).collect()],
            Prefer::Best => enough().rev().map(|level| at(level).collect()).collect(),
            Prefer::Least => enough().map(|level| at(level).collect()).collect(),
        }
    }

    /// Whether all these pools are those that would be made of these employees.
    pub(crate) fn are_made_of<'a>(&self, all: impl Fn() -> Box<Everyone<'a>>) -> bool {
        self.pools.iter().all(|(key, pool)| Pool::of(key, pool.latest_use, all()) == *pool)
    }
}

impl Pool {
    fn of(key: &PoolKey, latest_use: u64, all: Box<Everyone<'_>>) -> Self {
        let mut pool = Self { latest_use, ..Self::default() };
        for (no, employee) in all {
            if let Some(level) = level_in(key, employee) {
                let level = &mut pool.levels[level.index()];
                level.join(key, no, Stand::of(employee));
                if employee.is_on_duty() {
                    level.on_duty += 1;
                    level.seats += seats(employee, key.weight);
                }
            }
        }
        pool
    }
}

impl OfLevel {
    fn join(&mut self, key: &PoolKey, no: EmployeeNo, stand: Stand) {
        match stand {
            Stand::Idle { load, room, turns, place } if room >= key.weight => {
                self.idle.insert((load, turns.key(key.order), place), no);
            }
            Stand::Awaited { until, room } if room >= key.weight => drop(self.awaited.insert((until, no))),
            Stand::Idle { .. } | Stand::Awaited { .. } | Stand::Nowhere => {}
        }
    }

    fn leave(&mut self, key: &PoolKey, no: EmployeeNo, stand: Stand) {
        match stand {
            Stand::Idle { load, turns, place, .. } => drop(self.idle.remove(&(load, turns.key(key.order), place))),
            Stand::Awaited { until, .. } => drop(self.awaited.remove(&(until, no))),
            Stand::Nowhere => {}
        }
    }
}

/// Bookings of that weight that the employee could have at once.
pub(super) fn seats(employee: &Employee, weight: u8) -> u32 {
    u32::from((employee.profile.capacity / weight.max(1)).max(1))
}

/// The first key of these employees in the order of keys.
fn first_of(of: Of) -> PoolKey {
    PoolKey { of, order: Order::LongestIdle, skills: Skills::new(), weight: 0 }
}

fn level_in(key: &PoolKey, employee: &Employee) -> Option<Level> {
    let level = key.of.level_of(&employee.topics, &employee.profile.skills)?;
    has_all(&employee.profile.skills, &key.skills).then_some(level)
}

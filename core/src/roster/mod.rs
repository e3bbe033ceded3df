//! A company's employees, and the line of those who can be asked, per topic.

mod chunked_queue;

mod pools;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::availability::{Availability, TopicAvailability};
use crate::employee::{Employee, Reach, Status};
use crate::id::{EmployeeId, EmployeeNo, Topic};
use crate::limits::TOPICS_PER_COMPANY_MAX;
use crate::refusal::NamedBy;
use crate::routing::{Need, Plain, Profile};
use crate::time::Time;
use chunked_queue::{ChunkedQueue, Place};
use pools::{Pools, Stand};

/// All employees of a company by number. Only the employees are stored, because everything else follows from them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Roster {
    employees: Vec<Option<Employee>>,
    next_place: u64,
    /// Turns of all employees, while the company has a routing.
    #[serde(default, skip_serializing_if = "is_zero")]
    turns: u64,
    /// The largest pass that an employee had just before a turn.
    #[serde(default, skip_serializing_if = "is_zero")]
    pass: u64,
    #[serde(skip)]
    by_id: BTreeMap<EmployeeId, EmployeeNo>,
    #[serde(skip)]
    line: IdleQueue,
    #[serde(skip)]
    pools: Pools,
    /// Number of employees in each status, in the order of [`Status::ALL`].
    #[serde(skip)]
    statuses: [usize; 4],
}

impl Roster {
    pub(crate) fn get(&self, no: EmployeeNo) -> Option<&Employee> {
        self.employees.get(no.0 as usize)?.as_ref()
    }

    pub(crate) fn find(&self, id: &EmployeeId) -> Option<(EmployeeNo, &Employee)> {
        let no = *self.by_id.get(id)?;
        Some((no, self.get(no)?))
    }

    pub(crate) fn has(&self, id: &str) -> bool {
        self.by_id.contains_key(id)
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = &EmployeeId> {
        self.by_id.keys()
    }

    /// Employees in the order of their ids, after `after`.
    pub(crate) fn by_id_after(&self, after: Option<&str>) -> impl Iterator<Item = (EmployeeNo, &Employee)> {
        use std::ops::Bound::{Excluded, Unbounded};
        let from = after.map_or(Unbounded, Excluded);
        self.by_id.range::<str, _>((from, Unbounded)).filter_map(|(_, no)| Some((*no, self.get(*no)?)))
    }

    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Number of employees in each status, in the order of [`Status::ALL`].
    pub(crate) const fn statuses(&self) -> [usize; 4] {
        self.statuses
    }

    /// The number of the next new employee.
    pub(crate) fn next_no(&self) -> EmployeeNo {
        EmployeeNo(u32::try_from(self.employees.len()).unwrap_or(u32::MAX))
    }

    /// Employees who can be asked about the topic, in the order of their [`Place`]: O(log n) for the first, and one step
    /// for each that follows.
    pub(crate) fn candidates(&self, topic: &Topic) -> impl Iterator<Item = EmployeeNo> {
        self.line.in_order(topic)
    }

    /// Employees who can be asked and fit the need, in its order. Without the pools of the need, this looks at all who
    /// can be asked about the topic.
    pub(crate) fn candidates_for<'a>(&'a self, need: &'a Need) -> Box<dyn Iterator<Item = EmployeeNo> + 'a> {
        match &need.plain {
            Some(Plain::Topic(topic)) => Box::new(self.candidates(topic)),
            Some(Plain::NoTopics) => Box::new(self.line.any_topic.iter().map(|(_, no)| no)),
            None if self.pools.has(need) => Box::new(self.pools.candidates(need)),
            None => {
                let mut pools = Pools::default();
                pools.make(need, || self.everyone());
                Box::new(pools.candidates(need).collect::<Vec<_>>().into_iter())
            }
        }
    }

    /// Whether anybody can be asked who fits the need.
    pub(crate) fn has_candidate_for(&self, need: &Need) -> bool {
        if need.plain.is_some() || self.pools.has(need) {
            return self.candidates_for(need).next().is_some();
        }
        let fits = |(_, employee): (_, &Employee)| {
            employee.can_be_asked_for(need.weight())
                && need.level_of(&employee.topics, &employee.profile.skills).is_some()
        };
        self.everyone().any(fits)
    }

    /// Number of employees on duty who fit the need, whatever they do.
    pub(crate) fn on_duty(&self, need: &Need) -> usize {
        match &need.plain {
            Some(Plain::NoTopics) => self.line.any_topic.on_duty as usize,
            Some(Plain::Topic(topic)) => {
                let named = self.line.by_topic.get(topic).map_or(0, |line| line.on_duty);
                (self.line.any_topic.on_duty + named) as usize
            }
            None if self.pools.has(need) => self.pools.on_duty(need),
            None => {
                let fits = |(_, employee): &(EmployeeNo, &Employee)| {
                    employee.is_on_duty() && need.level_of(&employee.topics, &employee.profile.skills).is_some()
                };
                self.everyone().filter(fits).count()
            }
        }
    }

    /// Number of bookings that those on duty who fit the need could have at once.
    pub(crate) fn seats(&self, need: &Need) -> usize {
        match &need.plain {
            Some(Plain::NoTopics) => self.line.any_topic.seats as usize,
            Some(Plain::Topic(topic)) => {
                let named = self.line.by_topic.get(topic).map_or(0, |line| line.seats);
                (self.line.any_topic.seats + named) as usize
            }
            None if self.pools.has(need) => self.pools.seats(need),
            None => {
                let fits = |(_, employee): &(EmployeeNo, &Employee)| {
                    employee.is_on_duty() && need.level_of(&employee.topics, &employee.profile.skills).is_some()
                };
                let seats = self.everyone().filter(fits).map(|(_, employee)| pools::seats(employee, need.weight()));
                seats.sum::<u32>() as usize
            }
        }
    }

    /// How often a line had its first employee on duty, or lost its last.
    pub(crate) const fn duty_flips(&self) -> u64 {
        self.line.duty_flips + self.pools.duty_flips()
    }

    /// Topics that employees name.
    pub(crate) fn named_topics(&self) -> Vec<Topic> {
        self.line.by_topic.keys().cloned().collect()
    }

    /// Counts a change of what is available that no employee has made: neither mark is less than these from now on.
    pub(crate) fn flip(&mut self, flips: u64, moves: u64) {
        self.line.flips = self.line.flips.max(flips);
        self.line.moves = self.line.moves.max(moves);
    }

    /// Makes the pools of a need, unless the plain queue of the topic will do.
    pub(crate) fn make_pools(&mut self, need: &Need) {
        if need.plain.is_none() {
            let mut pools = std::mem::take(&mut self.pools);
            pools.make(need, || self.everyone());
            self.pools = pools;
        }
    }

    fn everyone(&self) -> Box<dyn Iterator<Item = (EmployeeNo, &Employee)> + '_> {
        Box::new(self.numbers().filter_map(|no| Some((no, self.get(no)?))))
    }

    /// The latest time until which an employee who fits the need may come back, of those who are not skipped.
    pub(crate) fn awaited_for(&self, need: &Need, skip: impl Fn(&EmployeeId) -> bool) -> Option<Time> {
        let is_awaited = |no: EmployeeNo| self.get(no).is_some_and(|employee| !skip(&employee.id));
        match &need.plain {
            Some(Plain::Topic(topic)) => self.awaited_until(topic, skip),
            Some(Plain::NoTopics) => {
                let awaited = self.line.any_topic.awaited.iter().rev();
                awaited.clone().find(|(_, no)| is_awaited(*no)).map(|(until, _)| *until)
            }
            None if self.pools.has(need) => self.pools.awaited_until(need, is_awaited),
            None => {
                let mut pools = Pools::default();
                pools.make(need, || self.everyone());
                pools.awaited_until(need, is_awaited)
            }
        }
    }

    /// Turns of all employees, while the company has a routing.
    pub(crate) const fn turns(&self) -> u64 {
        self.turns
    }

    /// Counts a turn of an employee who is in no line, because they have just been asked.
    pub(crate) fn take_turn(&mut self, no: EmployeeNo, at: Time) {
        self.turns = self.turns.saturating_add(1);
        let Some(employee) = self.employees.get_mut(no.0 as usize).and_then(Option::as_mut) else { return };
        self.pass = self.pass.max(employee.turns.pass);
        employee.turns.add(self.turns, at.day(), employee.profile.share);
    }

    /// Whether any employee can be asked about the topic.
    pub(crate) fn has_somebody_for(&self, topic: &Topic) -> bool {
        let named = || self.line.by_topic.get(topic).is_some_and(|line| !line.is_empty());
        !self.line.any_topic.is_empty() || named()
    }

    /// The latest time until which an idle employee without a device may come back, of those who take the topic and are
    /// not skipped: O(log n), plus one step for each who is skipped.
    pub(crate) fn awaited_until(&self, topic: &Topic, skip: impl Fn(&EmployeeId) -> bool) -> Option<Time> {
        let is_awaited = |no: EmployeeNo| self.get(no).is_some_and(|employee| !skip(&employee.id));
        let named = self.line.by_topic.get(topic).map(|line| &line.awaited);
        let last = |of: &Awaited| of.iter().rev().find(|(_, no)| is_awaited(*no)).map(|(until, _)| *until);
        last(&self.line.any_topic.awaited).max(named.and_then(last))
    }

    /// Whether employees name the topic.
    pub(crate) fn named_by(&self, topic: &Topic) -> NamedBy {
        match self.line.by_topic.contains_key(topic) {
            true => NamedBy::Somebody,
            false if self.line.any_topic.named_by > 0 => NamedBy::Nobody,
            false => NamedBy::NobodyWhoCouldTakeIt,
        }
    }

    /// Whether all employees would name too many topics at any time, if these employees, each once, were given those
    /// topics one after the other. Fewer topics than before are never too many, because a company may be older than the
    /// bound.
    pub(crate) fn would_name_too_many<'a>(
        &self,
        given: impl IntoIterator<Item = (&'a EmployeeId, &'a [Topic])>,
    ) -> bool {
        let named_by = |topic: &Topic| self.line.by_topic.get(topic).map_or(0, |line| i64::from(line.named_by));
        let mut more: BTreeMap<Topic, i64> = BTreeMap::new();
        let mut count = self.line.by_topic.len();
        for (id, after) in given {
            let before = self.find(id).map_or(&[] as &[Topic], |(_, employee)| &employee.topics);
            let was = count;
            for topic in after.iter().filter(|topic| before.binary_search(topic).is_err()) {
                let more = more.entry(topic.clone()).or_default();
                count += usize::from(named_by(topic) + *more == 0);
                *more += 1;
            }
            for topic in before.iter().filter(|topic| after.binary_search(topic).is_err()) {
                let more = more.entry(topic.clone()).or_default();
                *more -= 1;
                count -= usize::from(named_by(topic) + *more == 0);
            }
            if count > was && count > TOPICS_PER_COMPANY_MAX {
                return true;
            }
        }
        false
    }

    /// Employees who can be asked about the topic, in the order in which they would be.
    pub(crate) fn in_line(&self, topic: Option<&Topic>) -> Vec<EmployeeNo> {
        match topic {
            Some(topic) => self.candidates(topic).collect(),
            None => self.line.everyone(),
        }
    }

    /// Numbers are given one after the other. A number beyond the next one comes of a damaged store and is ignored,
    /// because the room up to it may be more than there is.
    pub(crate) fn put(&mut self, no: EmployeeNo, employee: Employee) {
        if no == self.next_no() {
            self.employees.push(None);
        }
        if (no.0 as usize) < self.employees.len() {
            self.index(no, &employee);
            self.employees[no.0 as usize] = Some(employee);
        }
    }

    pub(crate) fn remove(&mut self, no: EmployeeNo) -> Option<Employee> {
        let employee = self.employees.get_mut(no.0 as usize)?.take()?;
        self.by_id.remove(&employee.id);
        self.statuses[employee.status() as usize] -= 1;
        self.line.update(no, &employee, &Sight::of(&employee), &Sight::NOWHERE);
        self.line.remove_topics(&employee.topics);
        if employee.is_on_duty() {
            self.pools.count_duty(&employee, false);
        }
        if !self.pools.is_empty() {
            self.pools.change(no, &employee, Stand::of(&employee), Stand::Nowhere);
        }
        Some(employee)
    }

    /// Replaces the topics and the profile; the place in the line stays.
    pub(crate) fn set_fit(&mut self, no: EmployeeNo, topics: Vec<Topic>, profile: Profile) {
        if let Some(mut employee) = self.remove(no) {
            (employee.topics, employee.profile) = (topics, profile);
            self.put(no, employee);
        }
    }

    /// Changes an employee, updates the status' time and the line, and returns the changed employee.
    pub(crate) fn change(&mut self, no: EmployeeNo, at: Time, change: impl FnOnce(&mut Employee)) -> Option<&Employee> {
        self.change_with(no, at, false, change)
    }

    /// Like [`Self::change`], but an employee who becomes idle has the place that they had before.
    pub(crate) fn change_in_place(
        &mut self,
        no: EmployeeNo,
        at: Time,
        change: impl FnOnce(&mut Employee),
    ) -> Option<&Employee> {
        self.change_with(no, at, true, change)
    }

    fn change_with(
        &mut self,
        no: EmployeeNo,
        at: Time,
        keeps_place: bool,
        change: impl FnOnce(&mut Employee),
    ) -> Option<&Employee> {
        let employee = self.employees.get_mut(no.0 as usize)?.as_mut()?;
        let (was, seen) = (employee.status(), Sight::of(employee));
        let stood = (!self.pools.is_empty()).then(|| Stand::of(employee));
        let had_sessions = if employee.profile.capacity > 1 { employee.load.sessions().count() } else { 0 };
        change(employee);
        let is = employee.status();
        if employee.is_on_duty() && !seen.is_on_duty {
            // An absence earns no turns afterwards.
            employee.turns.pass = employee.turns.pass.max(self.pass);
        }
        if is != was {
            self.statuses[was as usize] -= 1;
            self.statuses[is as usize] += 1;
            employee.meter.add(was, employee.since.ms_until(at));
            employee.since = at;
        }
        let is_new_in_line = is == Status::Idle && is != was
            || employee.profile.capacity > 1 && moves(had_sessions, employee, (was, is));
        if is_new_in_line && !keeps_place {
            employee.place = self.next_place;
            self.next_place = self.next_place.saturating_add(1);
        }
        let is_seen = Sight::of(employee);
        if is_seen != seen {
            self.line.update(no, employee, &seen, &is_seen);
        }
        if let Some(stood) = stood {
            if is_seen.is_on_duty != seen.is_on_duty {
                self.pools.count_duty(employee, is_seen.is_on_duty);
            }
            let stands = Stand::of(employee);
            if stands != stood {
                self.pools.change(no, employee, stood, stands);
            }
        }
        Some(employee)
    }

    pub(crate) fn numbers(&self) -> impl Iterator<Item = EmployeeNo> + use<> {
        (0..u32::try_from(self.employees.len()).unwrap_or(u32::MAX)).map(EmployeeNo)
    }

    /// Removes all employees; numbers are not given again.
    pub(crate) fn clear(&mut self) {
        for no in self.numbers() {
            self.remove(no);
        }
    }

    /// Rebuilds everything that follows from the employees, after they were read from a snapshot.
    pub(crate) fn rebuild(&mut self) {
        self.by_id.clear();
        self.line = IdleQueue::default();
        self.pools = Pools::default();
        self.statuses = [0; 4];
        let numbers = self.numbers();
        let employees = std::mem::take(&mut self.employees);
        for (no, employee) in numbers.zip(&employees) {
            if let Some(employee) = employee {
                self.index(no, employee);
            }
        }
        self.employees = employees;
    }

    pub(crate) fn availability(&self) -> Availability {
        self.line.availability()
    }

    /// How often an `available` changed, and how often a count did. The numbers are only compared with earlier ones.
    pub(crate) const fn availability_marks(&self) -> (u64, u64) {
        (self.line.flips + self.pools.flips(), self.line.moves)
    }

    /// Whether both have the same employees in the same line, however often it moved.
    pub(crate) fn same_line(&self, other: &Self) -> bool {
        let still = |line: &IdleQueue| IdleQueue { flips: 0, moves: 0, duty_flips: 0, ..line.clone() };
        self.pools.are_made_of(|| self.everyone())
            && other.pools.are_made_of(|| other.everyone())
            && self.by_id == other.by_id
            && self.statuses == other.statuses
            && still(&self.line) == still(&other.line)
    }

    fn index(&mut self, no: EmployeeNo, employee: &Employee) {
        self.by_id.insert(employee.id.clone(), no);
        self.statuses[employee.status() as usize] += 1;
        self.line.name(&employee.topics);
        self.line.update(no, employee, &Sight::NOWHERE, &Sight::of(employee));
        if employee.is_on_duty() {
            self.pools.count_duty(employee, true);
        }
        if !self.pools.is_empty() {
            self.pools.change(no, employee, Stand::Nowhere, Stand::of(employee));
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Whether an employee with room for several sessions goes to the end of the line: after an offer, and when a session
/// begins or ends.
fn moves(had_sessions: usize, employee: &Employee, (was, is): (Status, Status)) -> bool {
    is != Status::Init && (was == Status::Init || employee.load.sessions().count() != had_sessions)
}

/// Idle employees without a device, by the end of the wait for them.
type Awaited = BTreeSet<(Time, EmployeeNo)>;

/// Employees who can be asked, by rank: those without topics, and those who name each topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct IdleQueue {
    idle: usize,
    /// Employees without topics, who take any.
    any_topic: TopicQueue,
    by_topic: BTreeMap<Topic, TopicQueue>,
    flips: u64,
    moves: u64,
    /// How often a line had its first employee on duty, or no longer had any.
    duty_flips: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct TopicQueue {
    /// Employees of this line, whether they can be asked or not.
    named_by: u32,
    /// Employees who can be asked and have nothing in hand.
    idle: ChunkedQueue,
    /// Employees who can be asked beside what they have in hand, the least loaded first.
    loaded: BTreeMap<Loaded, EmployeeNo>,
    awaited: Awaited,
    on_duty: u32,
    /// Bookings of weight 1 that those on duty could have at once.
    seats: u32,
}

/// Load in thousandths of the capacity, and the place in the line.
type Loaded = (u32, u64);

/// Where an employee stands who can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Spot {
    Free(Place),
    Loaded(Loaded),
}

/// All that the lines know of an employee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sight {
    /// None if the employee cannot be asked.
    spot: Option<Spot>,
    awaited_until: Option<Time>,
    is_on_duty: bool,
}

impl Sight {
    const NOWHERE: Self = Self { spot: None, awaited_until: None, is_on_duty: false };

    #[inline]
    fn of(employee: &Employee) -> Self {
        if !employee.is_on_duty() {
            return Self::NOWHERE;
        }
        let mut seen = Self { is_on_duty: true, ..Self::NOWHERE };
        if employee.would_be_asked(1) {
            match employee.reach {
                Reach::Connected => seen.spot = Some(Spot::of(employee)),
                Reach::Grace { until } => seen.awaited_until = Some(until),
                Reach::Gone { .. } => {}
            }
        }
        seen
    }
}

impl Spot {
    fn of(employee: &Employee) -> Self {
        if employee.load.is_empty() {
            Self::Free(Place::of(employee))
        } else {
            Self::Loaded((employee.load_milli(), employee.place))
        }
    }
}

impl TopicQueue {
    fn len(&self) -> usize {
        self.idle.len() + self.loaded.len()
    }

    fn is_empty(&self) -> bool {
        self.idle.is_empty() && self.loaded.is_empty()
    }

    /// Moves an employee. Returns 1 if employees are on duty now and none was before, or the other way round, else 0.
    #[inline]
    fn update(&mut self, no: EmployeeNo, employee: &Employee, was: &Sight, is: &Sight) -> u64 {
        if was.spot != is.spot {
            match was.spot {
                Some(Spot::Free(place)) => self.idle.leave(place),
                Some(Spot::Loaded(loaded)) => drop(self.loaded.remove(&loaded)),
                None => {}
            }
            match is.spot {
                Some(Spot::Free(place)) => self.idle.join(place, no),
                Some(Spot::Loaded(loaded)) => drop(self.loaded.insert(loaded, no)),
                None => {}
            }
        }
        if was.awaited_until != is.awaited_until {
            if let Some(until) = was.awaited_until {
                self.awaited.remove(&(until, no));
            }
            self.awaited.extend(is.awaited_until.map(|until| (until, no)));
        }
        if was.is_on_duty == is.is_on_duty {
            return 0;
        }
        let (was_deserted, capacity) = (self.on_duty == 0, u32::from(employee.profile.capacity));
        (self.on_duty, self.seats) = match is.is_on_duty {
            true => (self.on_duty + 1, self.seats + capacity),
            false => (self.on_duty.saturating_sub(1), self.seats.saturating_sub(capacity)),
        };
        u64::from((self.on_duty == 0) != was_deserted)
    }

    /// Employees who can be asked, in the order in which they would be.
    fn iter(&self) -> impl Iterator<Item = (Spot, EmployeeNo)> {
        let free = self.idle.iter().map(|(place, no)| (Spot::Free(place), no));
        free.chain(self.loaded.iter().map(|(loaded, no)| (Spot::Loaded(*loaded), *no)))
    }
}

impl IdleQueue {
    /// Moves an employee in the lines of their topics, and counts each `available` that is another afterwards. Every
    /// employee is in `any_topic` or in a topic's line, so `available` in all flips with one of these.
    fn update(&mut self, no: EmployeeNo, employee: &Employee, was: &Sight, is: &Sight) {
        if was.spot != is.spot {
            self.moves += u64::from(was.spot.is_some()) + u64::from(is.spot.is_some());
            self.idle = self.idle + usize::from(is.spot.is_some()) - usize::from(was.spot.is_some());
        }
        if employee.topics.is_empty() {
            let was_empty = self.any_topic.is_empty();
            self.duty_flips += self.any_topic.update(no, employee, was, is);
            self.flips += u64::from(self.any_topic.is_empty() != was_empty);
        }
        for topic in &employee.topics {
            if let Some(line) = self.by_topic.get_mut(topic) {
                let was_empty = line.is_empty();
                self.duty_flips += line.update(no, employee, was, is);
                self.flips += u64::from(line.is_empty() != was_empty && self.any_topic.is_empty());
            }
        }
    }

    fn name(&mut self, topics: &[Topic]) {
        let named = self.by_topic.len();
        self.any_topic.named_by += u32::from(topics.is_empty());
        for topic in topics {
            self.by_topic.entry(topic.clone()).or_default().named_by += 1;
        }
        // A topic that is new in the list may be available at once.
        self.flips += u64::from(self.by_topic.len() != named);
    }

    fn remove_topics(&mut self, topics: &[Topic]) {
        let named = self.by_topic.len();
        self.any_topic.named_by -= u32::from(topics.is_empty());
        for topic in topics {
            if let Some(line) = self.by_topic.get_mut(topic) {
                line.named_by -= 1;
                if line.named_by == 0 {
                    self.by_topic.remove(topic);
                }
            }
        }
        self.flips += u64::from(self.by_topic.len() != named);
    }

    /// Merges two lines: employees who take any topic, and employees who name this one. Those with nothing in hand go
    /// first, so that the others are looked at only when no such employee is left.
    fn in_order(&self, topic: &Topic) -> impl Iterator<Item = EmployeeNo> {
        let line = self.by_topic.get(topic);
        let mut any = self.any_topic.idle.iter().peekable();
        let mut named = line.into_iter().flat_map(|line| line.idle.iter()).peekable();
        let mut loaded = None;
        std::iter::from_fn(move || {
            let next = match (any.peek(), named.peek()) {
                (Some((a, _)), Some((n, _))) if a > n => named.next(),
                (Some(_), _) => any.next(),
                (None, _) => named.next(),
            };
            if let Some((_, no)) = next {
                return Some(no);
            }
            let (any, named) = loaded.get_or_insert_with(|| {
                let of_topic = line.into_iter().flat_map(|line| &line.loaded);
                (self.any_topic.loaded.iter().peekable(), of_topic.peekable())
            });
            let next = match (any.peek(), named.peek()) {
                (Some((a, _)), Some((n, _))) if a > n => named.next(),
                (Some(_), _) => any.next(),
                (None, _) => named.next(),
            };
            next.map(|(_, no)| *no)
        })
    }

    fn availability(&self) -> Availability {
        let any = self.any_topic.len();
        let topics = self.by_topic.iter().map(|(topic, line)| {
            let idle = any + line.len();
            (topic.clone(), TopicAvailability { available: idle > 0, idle, waiting: 0 })
        });
        Availability { available: self.idle > 0, idle: self.idle, waiting: 0, topics: topics.collect() }
    }

    /// All employees in order. An employee who names several topics is in several lines.
    fn everyone(&self) -> Vec<EmployeeNo> {
        let named = self.by_topic.values().flat_map(|line| line.iter());
        let mut all: Vec<(Spot, EmployeeNo)> = self.any_topic.iter().chain(named).collect();
        all.sort_unstable();
        all.dedup();
        all.into_iter().map(|(_, no)| no).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::employee::{Intent, Meter, Turns};
    use crate::load::Load;

    fn idle(id: &str, place: u64) -> Employee {
        let at = Time::default();
        Employee {
            id: id.parse().unwrap(),
            name: id.into(),
            topics: vec![],
            intent: Intent::Idle,
            intent_since: at,
            reach: Reach::Connected,
            load: Load::default(),
            missed: 0,
            since: at,
            place,
            lapse_due: None,
            meter: Meter::default(),
            profile: Profile::default(),
            turns: Turns::default(),
            pause: None,
            resting_until: None,
        }
    }

    fn two() -> Roster {
        let mut roster = Roster::default();
        roster.put(EmployeeNo(0), idle("ann", 0));
        roster.put(EmployeeNo(1), idle("bob", 1));
        roster
    }

    #[test]
    fn who_is_removed_counts_no_more_and_their_number_is_not_given_again() {
        let mut roster = two();
        assert_eq!((roster.len(), roster.next_no()), (2, EmployeeNo(2)));
        roster.remove(EmployeeNo(1));
        assert_eq!((roster.len(), roster.next_no()), (1, EmployeeNo(2)));
        roster.put(EmployeeNo(2), idle("bob", 2));
        assert_eq!((roster.len(), roster.next_no()), (2, EmployeeNo(3)));
        roster.clear();
        assert_eq!((roster.len(), roster.next_no()), (0, EmployeeNo(3)));
    }

    #[test]
    fn everybody_counts_in_the_status_that_they_have() {
        let mut roster = two();
        assert_eq!(roster.statuses(), [0, 2, 0, 0]);
        roster.change(EmployeeNo(0), Time::default(), |e| e.intent = Intent::Offline);
        assert_eq!(roster.statuses(), [1, 1, 0, 0]);
        roster.set_fit(EmployeeNo(1), vec!["tax".parse().unwrap()], Profile::default());
        roster.remove(EmployeeNo(0));
        assert_eq!(roster.statuses(), [0, 1, 0, 0]);
        let counted = roster.clone();
        roster.rebuild();
        assert_eq!(roster.statuses(), counted.statuses());
    }

    #[test]
    fn the_same_people_in_the_same_line_are_the_same_however_often_it_moved() {
        let mut moved = two();
        moved.change(EmployeeNo(1), Time::default(), |e| e.reach = Reach::Grace { until: Time::default() });
        moved.change(EmployeeNo(1), Time::default(), |e| e.reach = Reach::Connected);
        assert_ne!(moved.availability_marks(), two().availability_marks());
        assert!(moved.same_line(&two()));
        let mut flipped = two();
        flipped.line.flips += 1;
        assert!(flipped.same_line(&two()));
        let mut without_an_id = two();
        without_an_id.by_id.clear();
        assert!(!without_an_id.same_line(&two()));
        let mut without_a_line = two();
        without_a_line.line = IdleQueue::default();
        assert!(!without_a_line.same_line(&two()));
    }
}

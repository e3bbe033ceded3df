//! Designs that share memory between callers: a bare queue, ordered maps behind locks, and a lock-free skip list.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use crossbeam_skiplist::SkipMap;

use crate::checker::Population;
use crate::cycle::{Caller, Callers, Candidate, RunningCandidate};

/// One cycle in so many is timed.
pub(super) const TIME_EVERY: u64 = 16;
const SHARDS: usize = 64;

pub(super) fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sets up a design whose callers are clones of one handle.
fn shared<C: Caller + Clone>(case: Population, callers: usize, handle: C) -> Box<dyn Candidate> {
    Box::new(RunningCandidate::new(case, Callers::Threads, TIME_EVERY, vec![handle; callers], ()))
}

/// The limit: a queue per company, each behind its lock, with no state of employees.
#[derive(Clone)]
struct Fifo(Arc<[Mutex<VecDeque<u32>>]>);

pub(super) fn fifo(case: Population, callers: usize) -> Box<dyn Candidate> {
    let lines = (0..case.companies).map(|_| Mutex::new((0..people(case)).collect()));
    shared(case, callers, Fifo(lines.collect()))
}

fn people(case: Population) -> u32 {
    u32::try_from(case.employees).unwrap_or(u32::MAX)
}

impl Caller for Fifo {
    async fn claim(&mut self, company: usize) -> Result<Option<u32>> {
        Ok(locked(&self.0[company]).pop_front())
    }

    async fn accept(&mut self, _company: usize, _employee: u32) -> Result<bool> {
        Ok(true)
    }

    async fn release(&mut self, company: usize, employee: u32) -> Result<bool> {
        locked(&self.0[company]).push_back(employee);
        Ok(true)
    }
}

/// An employee's state, in the designs that keep one.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum State {
    Idle,
    Asked,
    Busy,
}

/// The idle employees as an ordered map, `{company, since} -> employee`, and the state of each employee.
struct Ordered {
    idle: BTreeMap<(usize, u64), u32>,
    states: Vec<State>,
    next_place: u64,
}

impl Ordered {
    /// The companies that belong to this shard, of so many shards.
    fn new(case: Population, shard: usize, shards: usize) -> Self {
        let mine = (0..case.companies).filter(|company| shard_of(*company, shards) == shard);
        let idle = mine.flat_map(|company| (0..people(case)).map(move |no| ((company, u64::from(no)), no)));
        let states = vec![State::Idle; case.companies * case.employees];
        Self { idle: idle.collect(), states, next_place: u64::from(people(case)) }
    }

    fn claim(&mut self, company: usize, employees: usize) -> Option<u32> {
        let (place, employee) = self.idle.range((company, 0)..=(company, u64::MAX)).next()?;
        let (place, employee) = (*place, *employee);
        self.idle.remove(&place);
        self.states[company * employees + employee as usize] = State::Asked;
        Some(employee)
    }

    fn accept(&mut self, who: usize) -> bool {
        let was = std::mem::replace(&mut self.states[who], State::Busy);
        was == State::Asked
    }

    fn release(&mut self, company: usize, employee: u32, who: usize) -> bool {
        let was = std::mem::replace(&mut self.states[who], State::Idle);
        self.idle.insert((company, self.next_place), employee);
        self.next_place += 1;
        was == State::Busy
    }
}

/// Fibonacci hashing: neighbours go to different shards.
fn shard_of(company: usize, shards: usize) -> usize {
    (company.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) % shards
}

/// Ordered maps, each behind one lock.
#[derive(Clone)]
struct Shards {
    shards: Arc<[Mutex<Ordered>]>,
    employees: usize,
}

impl Shards {
    fn of(&self, company: usize) -> MutexGuard<'_, Ordered> {
        locked(&self.shards[shard_of(company, self.shards.len())])
    }
}

fn ordered(case: Population, callers: usize, shards: usize) -> Box<dyn Candidate> {
    let of = |shard| Mutex::new(Ordered::new(case, shard, shards));
    shared(case, callers, Shards { shards: (0..shards).map(of).collect(), employees: case.employees })
}

pub(super) fn one_map(case: Population, callers: usize) -> Box<dyn Candidate> {
    ordered(case, callers, 1)
}

pub(super) fn sharded_map(case: Population, callers: usize) -> Box<dyn Candidate> {
    ordered(case, callers, SHARDS)
}

impl Caller for Shards {
    async fn claim(&mut self, company: usize) -> Result<Option<u32>> {
        Ok(self.of(company).claim(company, self.employees))
    }

    async fn accept(&mut self, company: usize, employee: u32) -> Result<bool> {
        Ok(self.of(company).accept(company * self.employees + employee as usize))
    }

    async fn release(&mut self, company: usize, employee: u32) -> Result<bool> {
        Ok(self.of(company).release(company, employee, company * self.employees + employee as usize))
    }
}

/// A skip list per company from which callers remove the front, without a lock.
struct SkipLine {
    idle: SkipMap<u64, u32>,
    states: Vec<AtomicU8>,
    next_place: AtomicU64,
}

#[derive(Clone)]
struct SkipLines(Arc<[SkipLine]>);

pub(super) fn skip_list(case: Population, callers: usize) -> Box<dyn Candidate> {
    let line = |_| SkipLine {
        idle: (0..people(case)).map(|no| (u64::from(no), no)).collect(),
        states: (0..case.employees).map(|_| AtomicU8::new(State::Idle as u8)).collect(),
        next_place: AtomicU64::new(case.employees as u64),
    };
    shared(case, callers, SkipLines((0..case.companies).map(line).collect()))
}

impl SkipLine {
    fn moves(&self, employee: u32, from: State, to: State) -> bool {
        let state = &self.states[employee as usize];
        state.compare_exchange(from as u8, to as u8, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

impl Caller for SkipLines {
    async fn claim(&mut self, company: usize) -> Result<Option<u32>> {
        let line = &self.0[company];
        let Some(employee) = line.idle.pop_front().map(|front| *front.value()) else { return Ok(None) };
        // Only the caller that removed the front holds the employee.
        Ok(line.moves(employee, State::Idle, State::Asked).then_some(employee))
    }

    async fn accept(&mut self, company: usize, employee: u32) -> Result<bool> {
        Ok(self.0[company].moves(employee, State::Asked, State::Busy))
    }

    async fn release(&mut self, company: usize, employee: u32) -> Result<bool> {
        let line = &self.0[company];
        let done = line.moves(employee, State::Busy, State::Idle);
        line.idle.insert(line.next_place.fetch_add(1, Ordering::Relaxed), employee);
        Ok(done)
    }
}

//! Our own design: core alone behind a lock per company, and the exchange with its journal.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, ensure};
use switchboard_core::{
    Actor, Answer, BookingRequest, ClientId, Command, Company, CompanyId, Notice, OfferId, SessionId, Turn,
};
use switchboard_exchange::clock::Clock;

use super::memory::locked;
use crate::checker::Population;
use crate::cycle::{Caller, Callers, Candidate, RunningCandidate, runtime};
use crate::exchange_under_test::{ExchangeUnderTest, Participants, founding, hiring};
use crate::ground::Ground;

/// One cycle in so many is timed.
const TIME_EVERY: u64 = 8;

pub(super) fn exchange(case: Population, callers: usize, ground: &Ground) -> Result<Box<dyn Candidate>> {
    let runtime = runtime()?;
    let under_test = ExchangeUnderTest::open(case, &ground.fresh("exchange")?, &runtime, |store| store)?;
    let visitors = (0..callers).map(|number| under_test.visitor(number)).collect::<Result<_>>()?;
    Ok(Box::new(RunningCandidate::new(case, Callers::Tasks(runtime), 1, visitors, under_test.close())))
}

/// A client together with the asked employee, in companies that are not stored.
struct MemoryCaller {
    companies: Arc<HashMap<CompanyId, Mutex<Company>>>,
    people: Arc<Participants>,
    clock: Clock,
    id: ClientId,
    open: Option<(OfferId, SessionId)>,
}

pub(super) fn core(case: Population, callers: usize) -> Result<Box<dyn Candidate>> {
    let (people, clock) = (Arc::new(Participants::new(case)?), Clock::start());
    let mut companies = HashMap::new();
    for id in &people.companies {
        let mut company = Company::new(id.clone());
        for command in std::iter::once(founding()).chain(people.employees.iter().flat_map(hiring)) {
            let turn = company.take(clock.now(), &command);
            ensure!(turn.outcome.is_ok(), "{command:?}: {:?}", turn.outcome);
        }
        companies.insert(id.clone(), Mutex::new(company));
    }
    let companies = Arc::new(companies);
    let client = |number: usize| {
        let (companies, people, clock) = (companies.clone(), people.clone(), clock.clone());
        Ok(MemoryCaller { companies, people, clock, id: format!("client-{number}").parse()?, open: None })
    };
    let clients = (0..callers).map(client).collect::<Result<_>>()?;
    Ok(Box::new(RunningCandidate::new(case, Callers::Threads, TIME_EVERY, clients, ())))
}

impl MemoryCaller {
    fn take(&self, company: usize, command: &Command) -> Result<Turn> {
        let company = self.companies.get(&self.people.companies[company]).context("a company of the case")?;
        Ok(locked(company).take(self.clock.now(), command))
    }
}

impl Caller for MemoryCaller {
    async fn claim(&mut self, company: usize) -> Result<Option<u32>> {
        let (client, topic) = (self.id.clone(), self.people.topic.clone());
        let booking = self.clock.fresh_booking();
        let turn = self.take(company, &Command::Book(BookingRequest::new(booking, client, topic)))?;
        let asked = turn.notices.iter().find_map(|notice| match notice {
            Notice::Offer { employee, offer } => Some((*employee, *offer)),
            _ => None,
        });
        self.open = asked.map(|(_, offer)| (offer, self.clock.fresh_session()));
        Ok(asked.map(|(employee, _)| employee.0))
    }

    async fn accept(&mut self, company: usize, employee: u32) -> Result<bool> {
        let Some((offer, session)) = self.open else { return Ok(false) };
        let employee = self.people.employees[employee as usize].clone();
        let turn = self.take(company, &Command::Accept { employee, offer, session })?;
        Ok(turn.outcome == Ok(Answer::Session(session)))
    }

    async fn release(&mut self, company: usize, _employee: u32) -> Result<bool> {
        let Some((_, session)) = self.open.take() else { return Ok(false) };
        let by = Actor::Client(self.id.clone());
        Ok(self.take(company, &Command::End { session, by, reason: None })?.outcome.is_ok())
    }
}

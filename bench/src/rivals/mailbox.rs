//! Designs in which a task owns the state and receives messages: one task for all companies, or one for each.

use std::collections::VecDeque;

use anyhow::{Context, Result};
use tokio::sync::{mpsc, oneshot};

use super::memory::State;
use crate::checker::Population;
use crate::cycle::{Caller, Callers, Candidate, RunningCandidate, runtime};

/// One cycle in so many is timed.
const TIME_EVERY: u64 = 4;
/// The most messages that wait: more than there are callers, so that no caller waits to ask.
const MAILBOX: usize = 1024;

/// A request to a task, with the channel for its reply.
enum TaskRequest {
    Claim { company: usize, reply: oneshot::Sender<Option<u32>> },
    Accept { company: usize, employee: u32, reply: oneshot::Sender<bool> },
    Release { company: usize, employee: u32, reply: oneshot::Sender<bool> },
}

/// The companies that one task owns; their numbers start at `first`.
struct Owned {
    first: usize,
    lines: Vec<Mailbox>,
}

struct Mailbox {
    idle: VecDeque<u32>,
    states: Vec<State>,
}

impl Mailbox {
    fn new(employees: usize) -> Self {
        let idle = (0..u32::try_from(employees).unwrap_or(u32::MAX)).collect();
        Self { idle, states: vec![State::Idle; employees] }
    }

    fn moves(&mut self, employee: u32, from: State, to: State) -> bool {
        let was = std::mem::replace(&mut self.states[employee as usize], to);
        was == from
    }
}

impl Owned {
    async fn serve(mut self, mut mailbox: mpsc::Receiver<TaskRequest>) {
        while let Some(ask) = mailbox.recv().await {
            // A caller that no longer waits for the answer has stopped together with the benchmark.
            let _nobody_waits = match ask {
                TaskRequest::Claim { company, reply } => {
                    let line = &mut self.lines[company - self.first];
                    let front = line.idle.pop_front();
                    if let Some(employee) = front {
                        line.moves(employee, State::Idle, State::Asked);
                    }
                    reply.send(front).is_err()
                }
                TaskRequest::Accept { company, employee, reply } => {
                    let done = self.lines[company - self.first].moves(employee, State::Asked, State::Busy);
                    reply.send(done).is_err()
                }
                TaskRequest::Release { company, employee, reply } => {
                    let line = &mut self.lines[company - self.first];
                    line.idle.push_back(employee);
                    reply.send(line.moves(employee, State::Busy, State::Idle)).is_err()
                }
            };
        }
    }
}

/// A caller: the mailboxes of the tasks, one for each company or the same for all.
#[derive(Clone)]
struct MailboxCaller(Vec<mpsc::Sender<TaskRequest>>);

pub(super) fn one_task(case: Population, callers: usize) -> Result<Box<dyn Candidate>> {
    mailboxes(case, callers, case.companies)
}

pub(super) fn task_per_company(case: Population, callers: usize) -> Result<Box<dyn Candidate>> {
    mailboxes(case, callers, 1)
}

fn mailboxes(case: Population, callers: usize, companies_per_task: usize) -> Result<Box<dyn Candidate>> {
    let runtime = runtime()?;
    let tasks = (0..case.companies).step_by(companies_per_task);
    let asking = MailboxCaller(
        tasks
            .map(|first| {
                let (sender, mailbox) = mpsc::channel(MAILBOX);
                let lines = (0..companies_per_task).map(|_| Mailbox::new(case.employees)).collect();
                runtime.spawn(Owned { first, lines }.serve(mailbox));
                sender
            })
            .collect(),
    );
    Ok(Box::new(RunningCandidate::new(case, Callers::Tasks(runtime), TIME_EVERY, vec![asking; callers], ())))
}

impl MailboxCaller {
    async fn ask<T>(&self, company: usize, ask: impl FnOnce(oneshot::Sender<T>) -> TaskRequest) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        let mailbox = self.0.get(company).or(self.0.first()).context("there is a task")?;
        mailbox.send(ask(reply)).await.ok().context("the task has ended")?;
        answer.await.context("the task has ended")
    }
}

impl Caller for MailboxCaller {
    async fn claim(&mut self, company: usize) -> Result<Option<u32>> {
        self.ask(company, |reply| TaskRequest::Claim { company, reply }).await
    }

    async fn accept(&mut self, company: usize, employee: u32) -> Result<bool> {
        self.ask(company, |reply| TaskRequest::Accept { company, employee, reply }).await
    }

    async fn release(&mut self, company: usize, employee: u32) -> Result<bool> {
        self.ask(company, |reply| TaskRequest::Release { company, employee, reply }).await
    }
}

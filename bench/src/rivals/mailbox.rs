//! Designs in which a task owns the state and receives messages: one task for all companies, or one for each.

use std::collections::VecDeque;

use anyhow::{Context, Result};
use tokio::sync::{mpsc, oneshot};

use super::memory::State;
use crate::checker::Case;
use crate::cycle::{Caller, Callers, Candidate, Running, runtime};

/// One cycle in so many is timed.
const TIME_EVERY: u64 = 4;
/// The most messages that wait: more than there are callers, so that no caller waits to ask.
const MAILBOX: usize = 1024;

/// A request to a task, with the channel for its reply.
enum Ask {
    Claim { company: usize, reply: oneshot::Sender<Option<u32>> },
    Accept { company: usize, employee: u32, reply: oneshot::Sender<bool> },
    Release { company: usize, employee: u32, reply: oneshot::Sender<bool> },
}

/// The companies that one task owns; their numbers start at `first`.
struct Owned {
    first: usize,
    lines: Vec<Line>,
}

struct Line {
    idle: VecDeque<u32>,
    states: Vec<State>,
}

impl Line {
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
    async fn serve(mut self, mut mailbox: mpsc::Receiver<Ask>) {
        while let Some(ask) = mailbox.recv().await {
            // A caller that no longer waits for the answer has stopped together with the benchmark.
            let _nobody_waits = match ask {
                Ask::Claim { company, reply } => {
                    let line = &mut self.lines[company - self.first];
                    let front = line.idle.pop_front();
                    if let Some(employee) = front {
                        line.moves(employee, State::Idle, State::Asked);
                    }
                    reply.send(front).is_err()
                }
                Ask::Accept { company, employee, reply } => {
                    let done = self.lines[company - self.first].moves(employee, State::Asked, State::Busy);
                    reply.send(done).is_err()
                }
                Ask::Release { company, employee, reply } => {
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
struct Asking(Vec<mpsc::Sender<Ask>>);

pub(super) fn one_task(case: Case, callers: usize) -> Result<Box<dyn Candidate>> {
    mailboxes(case, callers, case.companies)
}

pub(super) fn task_per_company(case: Case, callers: usize) -> Result<Box<dyn Candidate>> {
    mailboxes(case, callers, 1)
}

fn mailboxes(case: Case, callers: usize, companies_per_task: usize) -> Result<Box<dyn Candidate>> {
    let runtime = runtime()?;
    let tasks = (0..case.companies).step_by(companies_per_task);
    let asking = Asking(
        tasks
            .map(|first| {
                let (sender, mailbox) = mpsc::channel(MAILBOX);
                let lines = (0..companies_per_task).map(|_| Line::new(case.employees)).collect();
                runtime.spawn(Owned { first, lines }.serve(mailbox));
                sender
            })
            .collect(),
    );
    Ok(Box::new(Running::new(case, Callers::Tasks(runtime), TIME_EVERY, vec![asking; callers], ())))
}

impl Asking {
    async fn ask<T>(&self, company: usize, ask: impl FnOnce(oneshot::Sender<T>) -> Ask) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        let mailbox = self.0.get(company).or(self.0.first()).context("there is a task")?;
        mailbox.send(ask(reply)).await.ok().context("the task has ended")?;
        answer.await.context("the task has ended")
    }
}

impl Caller for Asking {
    async fn claim(&mut self, company: usize) -> Result<Option<u32>> {
        self.ask(company, |reply| Ask::Claim { company, reply }).await
    }

    async fn accept(&mut self, company: usize, employee: u32) -> Result<bool> {
        self.ask(company, |reply| Ask::Accept { company, employee, reply }).await
    }

    async fn release(&mut self, company: usize, employee: u32) -> Result<bool> {
        self.ask(company, |reply| Ask::Release { company, employee, reply }).await
    }
}

//! The real server without sockets: the exchange on its journal in SQLite, with all employees connected and idle.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use futures_util::{TryStreamExt, stream};
use switchboard_core::{
    Actor, Answer, BookingId, BookingRequest, ClientId, Command, CompanyId, CompanySettings, EmployeeId, Intent,
    OfferId, SessionId, Topic,
};
use switchboard_exchange::clock::Clock;
use switchboard_exchange::{Exchange, Visit};
use switchboard_history::snapshot;
use switchboard_journal::{Journal, JournalThread, Store};
use switchboard_sqlite::Sqlite;
use tokio::runtime::Runtime;

use crate::checker::Population;
use crate::cycle::Caller;

/// Places in the journal's queue: the server's default.
const QUEUE: usize = 65_536;
/// Employees that are hired, or bookings that are opened, in one visit.
const AT_ONCE: usize = 200;
/// Companies that are filled at the same time, so that their entries share commits.
const COMPANIES_AT_ONCE: usize = 64;
/// No deadline passes while something is measured.
const A_DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// The ids of all people in a case, by number.
#[derive(Debug)]
pub struct Participants {
    pub companies: Vec<CompanyId>,
    /// The ids of the employees, which are the same in each company.
    pub employees: Vec<EmployeeId>,
    /// The topic of every booking.
    pub topic: Topic,
}

impl Participants {
    /// Makes up the ids.
    ///
    /// # Errors
    /// Never, unless the rules for ids have changed.
    pub fn new(case: Population) -> Result<Self> {
        Self::of("company", case)
    }

    /// Makes up the ids; those of the companies begin with `name`.
    ///
    /// # Errors
    /// Never, unless the rules for ids have changed.
    pub fn of(name: &str, case: Population) -> Result<Self> {
        let companies = (0..case.companies).map(|number| format!("{name}-{number}").parse());
        let employees = (0..case.employees).map(|number| format!("employee-{number}").parse());
        Ok(Self {
            companies: companies.collect::<Result<_, _>>()?,
            employees: employees.collect::<Result<_, _>>()?,
            topic: "tax".parse()?,
        })
    }
}

/// The command that creates a company. No device is present to acknowledge an offer, so the delivery timeout is off.
/// The other timeouts last a day, so that no booking ends while it is measured.
#[must_use]
pub fn founding() -> Command {
    let settings = CompanySettings {
        delivery_timeout_ms: 0,
        offer_timeout_ms: A_DAY_MS,
        booking_deadline_ms: A_DAY_MS,
        employee_grace_ms: A_DAY_MS,
        intent_lapse_ms: A_DAY_MS,
        client_grace_ms: A_DAY_MS,
        session_grace_ms: A_DAY_MS,
        ..CompanySettings::default()
    };
    Command::SetCompany { name: "Acme".into(), settings }
}

/// The commands that make an employee idle.
#[must_use]
pub fn hiring(employee: &EmployeeId) -> [Command; 3] {
    let employee = || employee.clone();
    [
        Command::set_employee(employee(), "Somebody".into(), vec![]),
        Command::EmployeeConnected { employee: employee() },
        Command::set_status(employee(), Intent::Idle, false),
    ]
}

/// An employee's answer to an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfferAnswer {
    /// The employee accepts at once.
    Yes,
    /// The employee does not answer, so that the booking stays open.
    Nothing,
}

/// An exchange with all employees idle.
pub struct ExchangeUnderTest {
    exchange: Arc<Exchange>,
    people: Arc<Participants>,
    journal: JournalThread,
}

/// Waits, when dropped, until every queued entry is written and the store is closed. The runtime and all visitors must
/// be gone by then.
pub struct Closing(Option<JournalThread>);

impl Drop for Closing {
    fn drop(&mut self) {
        match self.0.take().map(JournalThread::join) {
            Some(Err(_)) => eprintln!("the journal's thread has panicked"),
            Some(Ok(Err(lost))) => eprintln!("{lost}"),
            Some(Ok(Ok(()))) | None => {}
        }
    }
}

impl ExchangeUnderTest {
    /// Opens the store in that directory and hires everybody; `between` may wrap the store before the journal gets it.
    ///
    /// # Errors
    /// When the store cannot be opened, or an employee cannot be hired.
    pub fn open<S: Store + 'static>(
        case: Population,
        directory: &Path,
        runtime: &Runtime,
        between: impl FnOnce(Sqlite) -> S,
    ) -> Result<Self> {
        let mut under_test = Self::empty(directory, runtime, between)?;
        under_test.hire(runtime, Participants::new(case)?)?;
        Ok(under_test)
    }

    /// Opens the store in that directory, without companies.
    ///
    /// # Errors
    /// When the store cannot be opened.
    pub fn empty<S: Store + 'static>(
        directory: &Path,
        runtime: &Runtime,
        between: impl FnOnce(Sqlite) -> S,
    ) -> Result<Self> {
        let (store, reader) = Sqlite::open(directory)?;
        let (journal, thread) = Journal::start(between(store), QUEUE)?;
        let snapshots = snapshot::start(Arc::new(reader.clone()), journal.queue())?;
        let opening = Exchange::open(journal, Arc::new(reader), snapshots, Clock::start());
        let nobody = Participants::new(Population { companies: 0, employees: 0 })?;
        Ok(Self { exchange: runtime.block_on(opening)?, people: Arc::new(nobody), journal: thread })
    }

    /// Creates the companies of these people, with all employees connected and idle. Later calls refer to these people.
    ///
    /// # Errors
    /// When an employee cannot be hired.
    pub fn hire(&mut self, runtime: &Runtime, people: Participants) -> Result<()> {
        self.people = Arc::new(people);
        runtime.block_on(self.in_each_company(async |company| {
            visit(&self.exchange, company, |visit| take_all(visit, &[founding()])).await??;
            for some in self.people.employees.chunks(AT_ONCE) {
                let commands: Vec<Command> = some.iter().flat_map(hiring).collect();
                visit(&self.exchange, company, |visit| take_all(visit, &commands)).await??;
            }
            Ok(())
        }))
    }

    /// Has so many clients book in each company; the asked employees accept, or do not answer.
    ///
    /// # Errors
    /// When no employee is idle.
    pub fn book(&self, runtime: &Runtime, in_each: usize, answer: OfferAnswer) -> Result<()> {
        runtime.block_on(self.in_each_company(async |company| {
            for first in (0..in_each).step_by(AT_ONCE) {
                let mut guests = first..in_each.min(first + AT_ONCE);
                let book = |visit: &mut Visit<'_>| guests.try_for_each(|guest| self.book_one(visit, guest, answer));
                visit(&self.exchange, company, book).await??;
            }
            Ok(())
        }))
    }

    fn book_one(&self, visit: &mut Visit<'_>, guest: usize, answer: OfferAnswer) -> Result<()> {
        let (booking, session) = (self.exchange.clock().fresh_booking(), self.exchange.clock().fresh_session());
        let (client, topic) = (format!("guest-{guest}").parse()?, self.people.topic.clone());
        take_all(visit, &[Command::Book(BookingRequest::new(booking, client, topic))])?;
        let (offer, employee) = offer_of(visit, booking).context("nobody is idle")?;
        match answer {
            OfferAnswer::Nothing => Ok(()),
            OfferAnswer::Yes => {
                let employee = self.people.employees[employee as usize].clone();
                take_all(visit, &[Command::Accept { employee, offer, session }])
            }
        }
    }

    /// Does the work in every company, and waits until all of it is committed.
    async fn in_each_company(&self, work: impl AsyncFn(&CompanyId) -> Result<()>) -> Result<()> {
        let companies = stream::iter(self.people.companies.iter().map(Ok));
        companies.try_for_each_concurrent(COMPANIES_AT_ONCE, |company| work(company)).await?;
        self.exchange.settle().await;
        Ok(())
    }

    /// Closes the house; drop the returned value last.
    #[must_use]
    pub fn close(self) -> Closing {
        Closing(Some(self.journal))
    }

    /// The caller with that number.
    ///
    /// # Errors
    /// Never, unless the rules for ids have changed.
    pub fn visitor(&self, number: usize) -> Result<Visitor> {
        let (exchange, people) = (self.exchange.clone(), self.people.clone());
        Ok(Visitor { exchange, people, client: format!("client-{number}").parse()?, open: None })
    }
}

fn take_all(visit: &mut Visit<'_>, commands: &[Command]) -> Result<()> {
    for command in commands {
        if let Err(refusal) = visit.take(command) {
            bail!("{command:?}: {refusal:?}");
        }
    }
    Ok(())
}

/// Visits the company, and waits for the commit, as a socket does before it answers.
async fn visit<T>(exchange: &Exchange, company: &CompanyId, work: impl FnOnce(&mut Visit<'_>) -> T) -> Result<T> {
    Ok(exchange.visit(company, work).await?.committed().await?)
}

/// A client together with the asked employee: books, accepts, and ends the session.
pub struct Visitor {
    exchange: Arc<Exchange>,
    people: Arc<Participants>,
    client: ClientId,
    open: Option<(OfferId, SessionId)>,
}

impl Visitor {
    async fn visit<T>(&self, company: usize, work: impl FnOnce(&mut Visit<'_>) -> T) -> Result<T> {
        visit(&self.exchange, &self.people.companies[company], work).await
    }
}

/// The offer that the booking just led to, and the number of the asked employee.
fn offer_of(visit: &Visit<'_>, booking: BookingId) -> Option<(OfferId, u32)> {
    let (id, offer) = visit.company().booking(booking)?.open_offers().next()?;
    Some((id, offer.employee.0))
}

impl Caller for Visitor {
    async fn claim(&mut self, company: usize) -> Result<Option<u32>> {
        let (clock, client, topic) = (self.exchange.clock(), self.client.clone(), self.people.topic.clone());
        let (booking, session) = (clock.fresh_booking(), clock.fresh_session());
        let book = Command::Book(BookingRequest::new(booking, client, topic));
        let offer = self.visit(company, |visit| visit.take(&book).ok().and_then(|_| offer_of(visit, booking)));
        let Some((offer, employee)) = offer.await? else { return Ok(None) };
        self.open = Some((offer, session));
        Ok(Some(employee))
    }

    async fn accept(&mut self, company: usize, employee: u32) -> Result<bool> {
        let Some((offer, session)) = self.open else { return Ok(false) };
        let employee = self.people.employees[employee as usize].clone();
        let accept = Command::Accept { employee, offer, session };
        let answer = self.visit(company, |visit| visit.take(&accept)).await?;
        Ok(answer == Ok(Answer::Session(session)))
    }

    async fn release(&mut self, company: usize, _employee: u32) -> Result<bool> {
        let Some((_, session)) = self.open.take() else { return Ok(false) };
        let end = Command::End { session, by: Actor::Client(self.client.clone()), reason: None };
        Ok(self.visit(company, |visit| visit.take(&end)).await?.is_ok())
    }
}

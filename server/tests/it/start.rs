//! A start with something open in the store: no visitor waits for other companies, and all due work is done.

use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use futures_util::future::BoxFuture;
use switchboard_core::{
    BookingId, BookingRequest, Command, Company, CompanyId, CompanySettings, Event, Intent, SessionId, Time,
};
use switchboard_exchange::Exchange;
use switchboard_exchange::clock::Clock;
use switchboard_journal::{Entry, Journal, JournalItem, ReadBack, Store, StoreError};
use switchboard_memory::MemoryStore;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

/// The longest wait; nothing here takes long, so that a longer wait means failure.
const PATIENCE: Duration = Duration::from_secs(60);

/// A store of two companies with an open booking each, whose deadline has passed; one of them cannot be read before the
/// test allows it.
#[derive(Clone)]
struct TwoCompanies {
    store: MemoryStore,
    may_read: watch::Receiver<bool>,
    told: mpsc::UnboundedSender<(CompanyId, Event)>,
}

impl TwoCompanies {
    fn new(may_read: watch::Receiver<bool>, told: mpsc::UnboundedSender<(CompanyId, Event)>) -> Self {
        let mut store = MemoryStore::default();
        for id in [quick(), slow()] {
            store.commit(&mut with_an_open_booking(id)).expect("stored");
        }
        Self { store, may_read, told }
    }
}

fn quick() -> CompanyId {
    "quick".parse().expect("an id")
}

fn slow() -> CompanyId {
    "slow".parse().expect("an id")
}

/// The entries of a company with an open booking.
fn with_an_open_booking(id: CompanyId) -> Vec<JournalItem> {
    let mut company = Company::new(id);
    let employee = || "ann".parse().expect("an id");
    let (client, topic) = ("zoe".parse().expect("an id"), "tax".parse().expect("a topic"));
    let booking = BookingId::from_u128(u128::from(company.id().as_str().as_bytes()[0]));
    let commands = [
        Command::SetCompany { name: "Acme".into(), settings: CompanySettings::default() },
        Command::set_employee(employee(), "Ann".into(), vec![]),
        Command::EmployeeConnected { employee: employee() },
        Command::set_status(employee(), Intent::Idle, false),
        Command::Book(BookingRequest::new(booking, client, topic)),
    ];
    let entries = commands.iter().map(|command| {
        let turn = company.take(Time::from_ms(1), command);
        turn.outcome.expect("it can be done");
        JournalItem::Entry(Entry::untold(&company, turn.at, turn.events))
    });
    entries.collect()
}

impl Store for TwoCompanies {
    fn commit(&mut self, batch: &mut [JournalItem]) -> Result<(), StoreError> {
        self.store.commit(batch)?;
        for work in batch {
            let JournalItem::Entry(entry) = work else { continue };
            for event in &entry.events {
                let _nobody_listens_any_more = self.told.send((entry.company.clone(), event.clone()));
            }
        }
        Ok(())
    }

    fn probe(&mut self) -> Result<(), StoreError> {
        self.store.probe()
    }
}

impl ReadBack for TwoCompanies {
    fn read_company(&self, id: &CompanyId) -> BoxFuture<'static, Result<(Company, u64), StoreError>> {
        let (mut may_read, store, id) = (self.may_read.clone(), self.store.clone(), id.clone());
        Box::pin(async move {
            if id == slow() {
                may_read.wait_for(|may| *may).await.map_err(|_| StoreError::Stopping)?;
            }
            store.read_company(&id).await
        })
    }

    fn companies_with_open_things(&self) -> BoxFuture<'static, Result<Vec<CompanyId>, StoreError>> {
        self.store.companies_with_open_things()
    }

    fn company_of_session(&self, id: SessionId) -> BoxFuture<'static, Result<Option<CompanyId>, StoreError>> {
        self.store.company_of_session(id)
    }
}

/// Visits the company, and returns when the visit is committed.
async fn visit(exchange: &Exchange, id: CompanyId) {
    let visited = exchange.visit(&id, |visit| {
        assert!(visit.company().exists(), "it was read before the visit");
        assert!(!visit.company().bookings().any(|booking| booking.is_open()), "and has done what was due");
    });
    let visited = visited.await.expect("it can be visited");
    assert_eq!(visited.committed().await, Ok(()));
}

#[tokio::test]
async fn nobody_waits_for_a_company_that_is_still_read_back_and_in_the_end_all_have_done_what_was_due() {
    let (let_read, may_read) = watch::channel(false);
    let (told, mut events) = mpsc::unbounded_channel();
    let store = TwoCompanies::new(may_read, told);
    let (journal, _thread) = Journal::start(store.clone(), 64).expect("a thread");
    let (snapshots, _nobody_writes_any) = sync_channel(1);
    let opening = Exchange::open(journal, Arc::new(store), snapshots, Clock::start());
    let exchange = timeout(PATIENCE, opening).await.expect("it does not wait").expect("it opens");
    timeout(PATIENCE, visit(&exchange, quick())).await.expect("one is served while the other is read");
    let visitor = tokio::spawn({
        let exchange = exchange.clone();
        async move { visit(&exchange, slow()).await }
    });
    let_read.send_replace(true);
    timeout(PATIENCE, visitor).await.expect("the other is served when it is read").expect("as it should be");
    let mut ended = Vec::new();
    while ended.len() < 2 {
        let (company, event) = timeout(PATIENCE, events.recv()).await.expect("both end their search").expect("a store");
        if matches!(event, Event::BookingEnded { .. }) {
            ended.push(company);
        }
    }
    ended.sort();
    assert_eq!(ended, [quick(), slow()], "each once");
}

#[tokio::test]
async fn what_is_due_is_done_though_nobody_comes() {
    let (_let_read, may_read) = watch::channel(true);
    let (told, mut events) = mpsc::unbounded_channel();
    let store = TwoCompanies::new(may_read, told);
    let (journal, _thread) = Journal::start(store.clone(), 64).expect("a thread");
    let (snapshots, _nobody_writes_any) = sync_channel(1);
    let _exchange = Exchange::open(journal, Arc::new(store), snapshots, Clock::start()).await.expect("it opens");
    let mut open = 2;
    while open > 0 {
        let (_, event) = timeout(PATIENCE, events.recv()).await.expect("both end their search").expect("a store");
        open -= usize::from(matches!(event, Event::BookingEnded { .. }));
    }
}

//! The contract of a journal: told only what is committed, in order, and nothing that rests on what was lost.

use std::sync::{Arc, Mutex};

use switchboard_core::{Command, Company, Event, Settings, Time};

use super::rows::rows_of;
use super::sqlite::Sqlite;
use super::*;

/// A store that fails when it is told to.
#[derive(Clone, Default)]
struct Fickle {
    fails: Arc<Mutex<bool>>,
    committed: Arc<Mutex<Vec<u64>>>,
}

impl Store for Fickle {
    fn commit(&mut self, batch: &[Work]) -> Result<(), StoreError> {
        self.probe()?;
        for work in batch {
            if let Work::Entry(entry) = work {
                self.committed.lock().expect("one thread").push(entry.first_seq);
            }
        }
        Ok(())
    }

    fn probe(&mut self) -> Result<(), StoreError> {
        if *self.fails.lock().expect("one thread") {
            Err(StoreError::Unreadable("the disk is full".into()))
        } else {
            Ok(())
        }
    }
}

type Told = Arc<Mutex<Vec<(u64, Fate)>>>;

fn entry(seq: u64, epoch: u64, events: Vec<Event>, told: &Told) -> Work {
    let told = told.clone();
    Work::Entry(Entry {
        company: "acme".parse().expect("an id"),
        epoch,
        first_seq: seq,
        at: Time::from_ms(seq),
        events,
        rows: Vec::new(),
        release: Box::new(move |fate| told.lock().expect("one thread").push((seq, fate))),
    })
}

#[test]
fn what_is_committed_is_told_in_order_and_an_answer_without_events_needs_no_commit() {
    let (store, told) = (Fickle::default(), Told::default());
    let (mut committer, ..) = Committer::new(store.clone());
    committer.commit(vec![entry(1, 0, vec![], &told)]);
    assert!(store.committed.lock().expect("one thread").is_empty(), "nothing was written");
    committer.commit(vec![entry(1, 0, vec![Event::Resumed], &told), entry(2, 0, vec![], &told)]);
    let all = [(1, Fate::Committed), (1, Fate::Committed), (2, Fate::Committed)];
    assert_eq!(*told.lock().expect("one thread"), all);
}

#[test]
fn after_a_failure_nothing_that_rests_on_it_is_told_until_it_is_read_again() {
    let (store, told) = (Fickle::default(), Told::default());
    let (mut committer, epoch, health) = Committer::new(store.clone());
    *store.fails.lock().expect("one thread") = true;
    committer.commit(vec![entry(1, 0, vec![Event::Resumed], &told), entry(2, 0, vec![], &told)]);
    assert!(!*health.borrow());
    *store.fails.lock().expect("one thread") = false;
    committer.probe();
    assert!(*health.borrow(), "it recovers by itself");
    // Decided before the failure was known: it rests on the first, which is lost.
    committer.commit(vec![entry(3, 0, vec![Event::Resumed], &told)]);
    let now = epoch.load(Ordering::Acquire);
    committer.commit(vec![entry(1, now, vec![Event::Resumed], &told)]);
    let all = [(1, Fate::Lost), (2, Fate::Lost), (3, Fate::Lost), (1, Fate::Committed)];
    assert_eq!(*told.lock().expect("one thread"), all);
    assert_eq!(*store.committed.lock().expect("one thread"), [1]);
}

#[test]
fn a_company_read_back_is_the_same_byte_for_byte_with_and_without_a_snapshot() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut store, reader) = Sqlite::open(directory.path()).expect("a store");
    let id: CompanyId = "acme".parse().expect("an id");
    let mut company = Company::new(id.clone());
    let mut commit = |company: &mut Company, command: Command| {
        let first_seq = company.seq() + 1;
        let turn = company.take(Time::from_ms(first_seq * 10), &command);
        let rows = rows_of(company, &turn.events);
        let release: Release = Box::new(|_| {});
        let (at, events, company) = (turn.at, turn.events, company.id().clone());
        store.commit(&[Work::Entry(Entry { company, epoch: 0, first_seq, at, events, rows, release })])
    };
    commit(&mut company, Command::SetCompany { name: "Acme".into(), settings: Settings::default() }).expect("stored");
    for employee in ["ann", "bob"] {
        let employee = employee.parse().expect("an id");
        let topics = vec!["tax".parse().expect("a topic")];
        commit(&mut company, Command::SetEmployee { employee, name: "A".into(), topics }).expect("stored");
    }
    let same = |company: &Company| {
        let (read, since) = reader.company(&id).expect("it can be read");
        assert_eq!(crate::view::json(&read), crate::view::json(company));
        assert_eq!(read, *company, "also what is not stored");
        since
    };
    assert_eq!(same(&company), 3);
    let snapshot = Work::Snapshot { company: id.clone(), seq: company.seq(), data: crate::view::json(&company) };
    store.commit(&[snapshot]).expect("stored");
    assert_eq!(same(&company), 0, "the snapshot has them all");
    let report = check::check(&reader).expect("it can be read");
    assert_eq!((report.companies, report.events, report.differences), (1, 3, vec![]));
}

#[test]
fn two_writers_of_one_event_number_cannot_both_be_right() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut store, _reader) = Sqlite::open(directory.path()).expect("a store");
    let told = Told::default();
    store.commit(&[entry(1, 0, vec![Event::Resumed], &told)]).expect("the first is stored");
    let second = store.commit(&[entry(1, 0, vec![Event::CompanyRemoved], &told)]);
    assert!(second.is_err(), "the number is taken");
    store.commit(&[entry(2, 0, vec![Event::Resumed], &told)]).expect("the store goes on");
}

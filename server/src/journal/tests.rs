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
    fn commit(&mut self, batch: &mut [Work]) -> Result<(), StoreError> {
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
        store.commit(&mut [Work::Entry(Entry { company, epoch: 0, first_seq, at, events, rows, release })])?;
        store.file(Filing::Of(&id))
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
    let snapshot = Work::snapshot(&company, 0);
    store.commit(&mut [snapshot]).expect("stored");
    assert_eq!(same(&company), 0, "the snapshot has them all");
    let report = check::check(&reader).expect("it can be read");
    assert_eq!((report.companies, report.events, report.differences), (1, 3, vec![]));
}

#[test]
fn two_writers_of_one_event_number_cannot_both_be_right() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut store, _reader) = Sqlite::open(directory.path()).expect("a store");
    let told = Told::default();
    let commit = |store: &mut Sqlite, seq, events| store.commit(&mut [entry(seq, 0, events, &told)]);
    commit(&mut store, 1, vec![Event::Resumed]).expect("the first is stored");
    for is_filed in [false, true] {
        let second = commit(&mut store, 1, vec![Event::CompanyRemoved]);
        assert!(second.is_err(), "the number is taken, filed or not: {is_filed}");
        assert!(commit(&mut store, 3, vec![Event::CompanyRemoved]).is_err(), "and none is left out");
        store.file(Filing::All).expect("filed");
    }
    commit(&mut store, 2, vec![Event::Resumed]).expect("the store goes on");
    let both = &mut [entry(3, 0, vec![Event::Resumed], &told), entry(3, 0, vec![Event::Resumed], &told)];
    assert!(store.commit(both).is_err(), "nor twice in one batch");
}

/// What a company has been through, as entries.
struct Life(Company);

impl Life {
    fn new(id: &str) -> Self {
        Self(Company::new(id.parse().expect("an id")))
    }

    fn lives(&mut self, command: &Command) -> Work {
        let first_seq = self.0.seq() + 1;
        let turn = self.0.take(Time::from_ms(first_seq * 10), command);
        turn.outcome.expect("it is allowed");
        let (company, rows) = (self.0.id().clone(), rows_of(&self.0, &turn.events));
        Work::Entry(Entry {
            company,
            epoch: 0,
            first_seq,
            at: turn.at,
            events: turn.events,
            rows,
            release: Box::new(|_| {}),
        })
    }

    fn is_founded(&mut self) -> Work {
        self.lives(&Command::SetCompany { name: "Acme".into(), settings: Settings::default() })
    }

    fn hires(&mut self, employee: &str) -> Work {
        let employee = employee.parse().expect("an id");
        self.lives(&Command::SetEmployee { employee, name: "A".into(), topics: vec!["tax".parse().expect("a topic")] })
    }
}

/// Rows of a table.
fn count(directory: &std::path::Path, table: &str) -> u32 {
    let connection = rusqlite::Connection::open(directory.join("switchboard.db")).expect("a store");
    let count = connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0));
    count.expect("a table")
}

#[test]
fn what_is_committed_is_filed_later_and_leaves_the_log_then() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut store, reader) = Sqlite::open(directory.path()).expect("a store");
    assert!(store.filing_due().is_none());
    let (mut acme, mut bolt) = (Life::new("acme"), Life::new("bolt"));
    store.commit(&mut [acme.is_founded(), bolt.is_founded(), acme.hires("ann")]).expect("stored");
    store.commit(&mut [bolt.hires("bob")]).expect("stored");
    assert!(store.filing_due().is_some_and(|due| due > Instant::now()));
    assert_eq!((count(directory.path(), "log"), count(directory.path(), "events")), (2, 0));
    let checked = check::check(&reader).expect("it can be read");
    assert_eq!((checked.companies, checked.events, checked.differences), (2, 4, vec![]), "the log is checked too");
    store.file(Filing::Of(acme.0.id())).expect("filed");
    assert_eq!((count(directory.path(), "events"), count(directory.path(), "employees")), (2, 1));
    assert_eq!(count(directory.path(), "log"), 2, "both have what is not filed");
    store.file(Filing::All).expect("filed");
    assert_eq!((count(directory.path(), "events"), count(directory.path(), "log")), (4, 0));
    assert!(store.filing_due().is_none());
    assert_eq!(reader.company(bolt.0.id()).expect("it can be read").0, bolt.0);
}

#[test]
fn what_a_killed_server_had_not_filed_is_filed_at_the_next_start() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut acme, mut bolt) = (Life::new("acme"), Life::new("bolt"));
    for round in 0..3 {
        let (mut store, reader) = Sqlite::open(directory.path()).expect("a store");
        assert_eq!(count(directory.path(), "log"), 0, "round {round}");
        for life in [&acme, &bolt] {
            let (read, _) = reader.company(life.0.id()).expect("it can be read");
            assert_eq!(read, life.0, "round {round}");
        }
        let first =
            if round == 0 { [acme.is_founded(), bolt.is_founded()] } else { [acme.hires("x"), bolt.hires("x")] };
        store.commit(&mut { first }).expect("stored");
        // One of them is filed halfway, and the server is killed.
        store.file(Filing::Of(acme.0.id())).expect("filed");
        store.commit(&mut [acme.hires(&format!("ann-{round}")), bolt.hires(&format!("bob-{round}"))]).expect("stored");
    }
    let (_store, reader) = Sqlite::open(directory.path()).expect("a store");
    let checked = check::check(&reader).expect("it can be read");
    assert_eq!((checked.companies, checked.differences), (2, vec![]));
    assert_eq!(count(directory.path(), "employees"), 8);
}

#[test]
fn a_slice_takes_who_has_waited_longest_and_goes_back_to_the_front_when_it_cannot_be_filed() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut store, reader) = Sqlite::open(directory.path()).expect("a store");
    let (mut acme, mut bolt) = (Life::new("acme"), Life::new("bolt"));
    store.commit(&mut [acme.is_founded()]).expect("stored");
    store.commit(&mut [bolt.is_founded()]).expect("stored");
    for number in 0..400 {
        store.commit(&mut [acme.hires(&format!("ann-{number}"))]).expect("stored");
    }
    let holder = rusqlite::Connection::open(directory.path().join("switchboard.db")).expect("a store");
    holder.execute_batch("BEGIN IMMEDIATE").expect("the lock");
    store.wait_for_the_lock(Duration::ZERO).expect("set");
    assert!(store.file(Filing::All).is_err(), "somebody else writes");
    holder.execute_batch("ROLLBACK").expect("given back");
    store.commit(&mut [acme.hires("zoe")]).expect("stored behind what went back");
    // Each is an entry, an event and a row.
    store.file(Filing::Longest).expect("filed");
    assert_eq!((count(directory.path(), "events"), count(directory.path(), "companies")), (342, 1));
    store.file(Filing::All).expect("filed");
    assert_eq!(count(directory.path(), "events"), 403);
    assert_eq!(reader.company(acme.0.id()).expect("it can be read").0, acme.0);
    assert_eq!(check::check(&reader).expect("it can be read").differences, Vec::<String>::new());
}

#[test]
fn the_write_ahead_log_is_copied_and_begins_anew() {
    let directory = tempfile::tempdir().expect("a directory");
    let bytes = |file: &str| std::fs::metadata(directory.path().join(file)).expect("a file").len();
    let (mut store, _reader) = Sqlite::open(directory.path()).expect("a store");
    let room = bytes("switchboard.db-wal");
    assert!(room > 0, "it has its length from the start");
    let mut acme = Life::new("acme");
    store.commit(&mut [acme.is_founded()]).expect("stored");
    // Pages enough for the log to be full some times over, and nobody waits for who copies it.
    const COMMITS: u64 = 4_000;
    let note = "x".repeat(60_000);
    for number in 0..COMMITS {
        let (seq, data) = (acme.0.seq(), format!("{note}{number}"));
        let snapshot = Work::Snapshot { company: acme.0.id().clone(), seq, data, revision: 0 };
        store.commit(&mut [snapshot]).expect("stored");
    }
    let log = bytes("switchboard.db-wal");
    assert!(log < 6 * room, "{log} bytes of log, with room for {room}, after {} that were written", COMMITS * 60_000);
}

#[test]
fn what_is_written_beside_the_events_is_there_when_it_is_told() {
    let directory = tempfile::tempdir().expect("a directory");
    let (store, reader) = Sqlite::open(directory.path()).expect("a store");
    let (journal, thread) = Journal::start(store, 4).expect("a thread");
    let write = |sql: &'static str| journal.write(Box::new(move |connection| Ok(connection.execute_batch(sql)?)));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    assert!(runtime.block_on(write("CREATE TABLE beside (id INTEGER); INSERT INTO beside VALUES (7)")));
    let read = reader.ask(|tables| Ok(tables.query_row("SELECT id FROM beside", [], |row| row.get::<_, i64>(0))?));
    assert_eq!(read.expect("it is there"), 7);
    assert!(
        !runtime.block_on(write("INSERT INTO nowhere VALUES (8)")),
        "what cannot be written is not told as written"
    );
    drop(journal);
    thread.join().expect("it ends");
}

#[test]
fn a_large_entry_is_filed_a_part_at_a_time_and_the_next_start_files_what_a_kill_left_of_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let id: CompanyId = "acme".parse().expect("an id");
    let mut company = Company::new(id.clone());
    let (mut store, _) = Sqlite::open(directory.path()).expect("a store");
    let mut events = Vec::new();
    let set = Command::SetCompany { name: "Acme".into(), settings: Settings::default() };
    let hire = (0..3000).map(|number| Command::SetEmployee {
        employee: format!("e{number}").parse().expect("an id"),
        name: "A".into(),
        topics: vec![],
    });
    for command in std::iter::once(set).chain(hire) {
        events.extend(company.take(Time::from_ms(10), &command).events);
    }
    let rows = rows_of(&company, &events);
    let (release, at): (Release, Time) = (Box::new(|_| {}), Time::from_ms(10));
    let entry = Entry { company: id.clone(), epoch: 0, first_seq: 1, at, events, rows, release };
    store.commit(&mut [Work::Entry(entry)]).expect("committed");
    // First the rows, and then some of the events.
    let parts = 3001_u32.div_ceil(512);
    for _ in 0..parts {
        assert!(!store.file(Filing::Of(&id)).expect("filed"), "a moment is too short for all of it");
    }
    drop(store);
    let (mut store, reader) = Sqlite::open(directory.path()).expect("a store");
    assert_eq!(reader.company(&id).expect("it can be read").0, company);
    let checked = super::check::check(&reader).expect("it can be checked");
    assert!(checked.differences.is_empty(), "{:?}", checked.differences);
    assert_eq!((checked.events, store.file(Filing::Of(&id)).expect("nothing to file")), (3001, true));
}

#[test]
fn commits_go_on_while_somebody_waits_for_much_to_be_filed() {
    /// Files in three moments, and commits at once.
    struct Slow(Arc<Mutex<Vec<&'static str>>>);
    impl Store for Slow {
        fn commit(&mut self, _: &mut [Work]) -> Result<(), StoreError> {
            self.0.lock().expect("one thread").push("committed");
            Ok(())
        }

        fn file(&mut self, _: Filing<'_>) -> Result<bool, StoreError> {
            let mut done = self.0.lock().expect("one thread");
            done.push("filed some");
            Ok(done.iter().filter(|what| **what == "filed some").count() == 3)
        }

        fn probe(&mut self) -> Result<(), StoreError> {
            Ok(())
        }
    }
    let (done, told) = (Arc::default(), Told::default());
    let (mut committer, ..) = Committer::new(Slow(Arc::clone(&done)));
    let waiting = done.clone();
    let release: Release = Box::new(move |fate| {
        assert_eq!(fate, Fate::Committed);
        waiting.lock().expect("one thread").push("told");
    });
    committer.commit(vec![Work::File { company: None, release }]);
    for seq in 1..=3 {
        committer.commit(vec![entry(seq, 0, vec![Event::Resumed], &told)]);
        committer.file_what_is_due();
    }
    let order = ["filed some", "committed", "filed some", "committed", "filed some", "told", "committed"];
    assert_eq!(*done.lock().expect("one thread"), order);
}

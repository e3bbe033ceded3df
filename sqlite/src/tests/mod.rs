//! The store in files: committed entries are found again, by one server at a time.

mod feed;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use switchboard_core::routing::{ClientWishes, WrapUpRules};
use switchboard_core::{
    Actor, BookingId, BookingRequest, Command, Company, CompanyId, CompanySettings, Event, Intent, Level, OfferId,
    Profile, Routing, SessionId, Skills, Time, Wishes,
};
use switchboard_history::HistoryResult;
use switchboard_journal::audit::AuditEntry;
use switchboard_journal::{Committer, Entry, Fate, Journal, JournalItem, Projection, Store, StoreError, Write};

use crate::*;

type Told = Arc<Mutex<Vec<(u64, Fate)>>>;

fn entry(seq: u64, epoch: u64, events: Vec<Event>, told: &Told) -> JournalItem {
    let told = told.clone();
    JournalItem::Entry(Entry {
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
fn a_company_read_back_is_the_same_byte_for_byte_with_and_without_a_snapshot() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut store, reader) = Sqlite::open(directory.path()).expect("a store");
    let id: CompanyId = "acme".parse().expect("an id");
    let mut company = Company::new(id.clone());
    let mut commit = |company: &mut Company, command: Command| {
        let turn = company.take(Time::from_ms((company.seq() + 1) * 10), &command);
        store.commit(&mut [JournalItem::Entry(Entry::untold(company, turn.at, turn.events))])?;
        store.project(Projection::Of(&id))
    };
    commit(&mut company, Command::SetCompany { name: "Acme".into(), settings: CompanySettings::default() })
        .expect("stored");
    for employee in ["ann", "bob"] {
        let employee = employee.parse().expect("an id");
        let topics = vec!["tax".parse().expect("a topic")];
        commit(&mut company, Command::set_employee(employee, "A".into(), topics)).expect("stored");
    }
    let same = |company: &Company| {
        let (read, since) = read_back(&reader, &id).expect("it can be read");
        assert_eq!(switchboard_wire::view::json(&read), switchboard_wire::view::json(company));
        assert_eq!(read, *company, "also what is not stored");
        since
    };
    assert_eq!(same(&company), 3);
    let snapshot = JournalItem::snapshot(&company, 0);
    store.commit(&mut [snapshot]).expect("stored");
    assert_eq!(same(&company), 0, "the snapshot has them all");
    let report = check::check(&reader).expect("it can be read");
    assert_eq!((report.companies, report.events, report.differences), (1, 3, vec![]));
}

/// The history of a company, as entries.
struct Life(Company);

impl Life {
    fn new(id: &str) -> Self {
        Self(Company::new(id.parse().expect("an id")))
    }

    fn lives(&mut self, command: &Command) -> JournalItem {
        let turn = self.0.take(Time::from_ms((self.0.seq() + 1) * 10), command);
        turn.outcome.expect("it is allowed");
        JournalItem::Entry(Entry::untold(&self.0, turn.at, turn.events))
    }

    fn is_founded(&mut self) -> JournalItem {
        self.lives(&Command::SetCompany { name: "Acme".into(), settings: CompanySettings::default() })
    }

    fn hires(&mut self, employee: &str) -> JournalItem {
        let employee = employee.parse().expect("an id");
        self.lives(&Command::set_employee(employee, "A".into(), vec!["tax".parse().expect("a topic")]))
    }
}

#[test]
fn what_routing_adds_to_the_rows_is_checked() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut store, reader) = Sqlite::open(directory.path()).expect("a store");
    let mut acme = Life::new("acme");
    let (ann, carl) = (|| "ann".parse().expect("an id"), || "carl".parse().expect("an id"));
    let (booking, session) = (BookingId::from_u128(1), SessionId::from_u128(2));
    let code = || "done".parse().expect("a word");
    let skills: Skills = [("de".parse().expect("a skill"), Level::LEAST)].into();
    let routing = Box::new(Routing {
        wrap_up: WrapUpRules { codes: vec![code()], ..WrapUpRules::default() },
        clients: ClientWishes { skills: skills.keys().cloned().collect(), employee: false },
        ..Routing::default()
    });
    let wishes = Some(Box::new(Wishes { skills: skills.clone(), ..Wishes::default() }));
    let offer = OfferId { booking, attempt: 1 };
    let mut entries = vec![acme.is_founded()];
    for command in [
        Command::SetRouting { routing },
        Command::SetEmployee {
            employee: ann(),
            name: "A".into(),
            topics: vec![],
            profile: Profile { skills, share: 3, capacity: 2 },
        },
        Command::EmployeeConnected { employee: ann() },
        Command::set_status(ann(), Intent::Idle, false),
        Command::Book(BookingRequest {
            wishes,
            ..BookingRequest::new(booking, carl(), "tax".parse().expect("a topic"))
        }),
        Command::Accept { employee: ann(), offer, session },
        Command::End { session, by: Actor::Client(carl()), reason: None },
        Command::Code { employee: ann(), session, code: code() },
    ] {
        entries.push(acme.lives(&command));
    }
    store.commit(&mut entries).expect("stored");
    store.project(Projection::All).expect("projected");
    let differences = || check::check(&reader).expect("it can be read").differences;
    assert_eq!(differences(), Vec::<String>::new());
    let connection = rusqlite::Connection::open(directory.path().join("switchboard.db")).expect("a store");
    for (change, back) in [
        ("UPDATE companies SET routing = NULL", None),
        ("UPDATE employees SET skills = NULL", Some(r#"UPDATE employees SET skills = '{"de":1}'"#)),
        ("UPDATE employees SET share = 1", Some("UPDATE employees SET share = 3")),
        ("UPDATE bookings SET skills = NULL", Some(r#"UPDATE bookings SET skills = '{"de":1}'"#)),
        ("UPDATE bookings SET step = 2", Some("UPDATE bookings SET step = 1")),
        ("UPDATE sessions SET code = NULL", Some("UPDATE sessions SET code = 'done'")),
    ]
    .into_iter()
    .rev()
    {
        connection.execute_batch(change).expect("changed");
        assert_eq!(differences().len(), 1, "{change}");
        if let Some(back) = back {
            connection.execute_batch(back).expect("changed");
            assert_eq!(differences().len(), 0, "{back}");
        }
    }
}

/// An entry of the audit list for a refused request.
fn audit_entry() -> Write {
    let text = || "x".to_owned();
    let (key_name, method, route, target, request_id) = (text(), text(), text(), text(), text());
    let (id, at) = (uuid::Uuid::from_u128(1), Time::from_ms(1));
    let entry =
        AuditEntry { id, at, key_id: None, key_name, company: None, method, route, target, request_id, address: None };
    Write::AuditRefused(entry, 404)
}

/// Number of rows in a table.
fn count(directory: &std::path::Path, table: &str) -> u32 {
    let connection = rusqlite::Connection::open(directory.join("switchboard.db")).expect("a store");
    let count = connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0));
    count.expect("a table")
}

#[test]
fn what_is_committed_is_projected_later_and_leaves_the_log_then() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut store, reader) = Sqlite::open(directory.path()).expect("a store");
    assert!(store.projection_due().is_none());
    let (mut acme, mut bolt) = (Life::new("acme"), Life::new("bolt"));
    store.commit(&mut [acme.is_founded(), bolt.is_founded(), acme.hires("ann")]).expect("stored");
    store.commit(&mut [bolt.hires("bob")]).expect("stored");
    assert!(store.projection_due().is_some_and(|due| due > Instant::now()));
    assert_eq!((count(directory.path(), "log"), count(directory.path(), "events")), (2, 0));
    let checked = check::check(&reader).expect("it can be read");
    assert_eq!((checked.companies, checked.events, checked.differences), (2, 4, vec![]), "the log is checked too");
    store.project(Projection::Of(acme.0.id())).expect("projected");
    assert_eq!((count(directory.path(), "events"), count(directory.path(), "employees")), (2, 1));
    assert_eq!(count(directory.path(), "log"), 2, "both have what is not projected");
    store.project(Projection::All).expect("projected");
    assert_eq!((count(directory.path(), "events"), count(directory.path(), "log")), (4, 0));
    assert!(store.projection_due().is_none());
    assert_eq!(read_back(&reader, bolt.0.id()).expect("it can be read").0, bolt.0);
}

#[test]
fn what_a_killed_server_had_not_projected_is_projected_at_the_next_start() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut acme, mut bolt) = (Life::new("acme"), Life::new("bolt"));
    for round in 0..3 {
        let (mut store, reader) = Sqlite::open(directory.path()).expect("a store");
        assert_eq!(count(directory.path(), "log"), 0, "round {round}");
        for life in [&acme, &bolt] {
            let (read, _) = read_back(&reader, life.0.id()).expect("it can be read");
            assert_eq!(read, life.0, "round {round}");
        }
        let first =
            if round == 0 { [acme.is_founded(), bolt.is_founded()] } else { [acme.hires("x"), bolt.hires("x")] };
        store.commit(&mut { first }).expect("stored");
        // One of them is projected halfway before the server is killed.
        store.project(Projection::Of(acme.0.id())).expect("projected");
        store.commit(&mut [acme.hires(&format!("ann-{round}")), bolt.hires(&format!("bob-{round}"))]).expect("stored");
    }
    let (_store, reader) = Sqlite::open(directory.path()).expect("a store");
    let checked = check::check(&reader).expect("it can be read");
    assert_eq!((checked.companies, checked.differences), (2, vec![]));
    assert_eq!(count(directory.path(), "employees"), 8);
}

#[test]
fn a_slice_takes_who_has_waited_longest_and_goes_back_to_the_front_when_it_cannot_be_projected() {
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
    assert!(store.project(Projection::All).is_err(), "somebody else writes");
    holder.execute_batch("ROLLBACK").expect("given back");
    store.commit(&mut [acme.hires("zoe")]).expect("stored behind what went back");
    // Each entry counts as an entry, an event and a row.
    store.project(Projection::Longest).expect("projected");
    assert_eq!((count(directory.path(), "events"), count(directory.path(), "companies")), (342, 1));
    store.project(Projection::All).expect("projected");
    assert_eq!(count(directory.path(), "events"), 403);
    assert_eq!(read_back(&reader, acme.0.id()).expect("it can be read").0, acme.0);
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
    // The pages fill the log several times, and no commit waits for their copy.
    const COMMITS: u64 = 4_000;
    let note = "x".repeat(60_000);
    for number in 0..COMMITS {
        let (seq, data) = (acme.0.seq(), format!("{note}{number}"));
        let snapshot = JournalItem::Snapshot { company: acme.0.id().clone(), seq, data, revision: 0 };
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
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    assert!(runtime.block_on(journal.write(audit_entry())).is_some());
    let read = reader.read(|tables| Ok(tables.query_row("SELECT status FROM audit", [], |row| row.get::<_, u16>(0))?));
    assert_eq!(read.expect("it is there"), 404);
    let another = rusqlite::Connection::open(directory.path().join("switchboard.db")).expect("a store");
    another.execute("DROP TABLE audit", []).expect("dropped");
    let lost = runtime.block_on(journal.write(audit_entry()));
    assert!(lost.is_none(), "what cannot be written is not told as written");
    drop(journal);
    thread.join().expect("it ends").expect("all is stored");
}

#[test]
fn a_large_entry_is_projected_a_part_at_a_time_and_the_next_start_files_what_a_kill_left_of_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let id: CompanyId = "acme".parse().expect("an id");
    let mut company = Company::new(id.clone());
    let (mut store, _) = Sqlite::open(directory.path()).expect("a store");
    let mut events = Vec::new();
    let set = Command::SetCompany { name: "Acme".into(), settings: CompanySettings::default() };
    let hire =
        (0..3000).map(|number| Command::set_employee(format!("e{number}").parse().expect("an id"), "A".into(), vec![]));
    for command in std::iter::once(set).chain(hire) {
        events.extend(company.take(Time::from_ms(10), &command).events);
    }
    let entry = Entry::untold(&company, Time::from_ms(10), events);
    store.commit(&mut [JournalItem::Entry(entry)]).expect("committed");
    // The rows come first, and some of the events after them.
    let parts = 3001_u32.div_ceil(512);
    for _ in 0..parts {
        assert!(!store.project(Projection::Of(&id)).expect("projected"), "a moment is too short for all of it");
    }
    drop(store);
    let (mut store, reader) = Sqlite::open(directory.path()).expect("a store");
    assert_eq!(read_back(&reader, &id).expect("it can be read").0, company);
    let checked = check::check(&reader).expect("it can be checked");
    assert!(checked.differences.is_empty(), "{:?}", checked.differences);
    assert_eq!((checked.events, store.project(Projection::Of(&id)).expect("nothing to file")), (3001, true));
}

/// The name of a file of the directory in the error of a store that can no longer be used.
fn refusal(committed: Result<(), StoreError>) -> String {
    let error = committed.expect_err("nothing is answered");
    assert!(error.is_for_good(), "{error}");
    error.to_string()
}

#[test]
fn nothing_is_answered_from_files_that_were_removed_or_replaced() {
    for (gone, is_replaced) in [
        ("switchboard.db", false),
        ("switchboard.db", true),
        ("switchboard.db-wal", false),
        ("switchboard.db-shm", false),
    ] {
        let directory = tempfile::tempdir().expect("a directory");
        let (mut store, _reader) = Sqlite::open(directory.path()).expect("a store");
        let mut acme = Life::new("acme");
        store.commit(&mut [acme.is_founded()]).expect("stored");
        store.look().expect("all is in place");
        let file = directory.path().join(gone);
        let copy = directory.path().join("copy");
        if is_replaced {
            std::fs::copy(&file, &copy).expect("a copy");
            std::fs::rename(&copy, &file).expect("put in its place");
        } else {
            std::fs::remove_file(&file).expect("removed");
        }
        assert!(store.look_due().is_some_and(|due| due <= Instant::now() + Duration::from_secs(1)));
        assert!(refusal(store.look()).contains(gone));
        assert!(refusal(store.commit(&mut [acme.hires("ann")])).contains(gone), "{is_replaced}");
        assert!(store.probe().is_err(), "and it does not get well by itself");
    }
}

#[test]
fn a_lost_store_is_sick_until_the_end_and_the_end_says_so() {
    let directory = tempfile::tempdir().expect("a directory");
    let (store, _reader) = Sqlite::open(directory.path()).expect("a store");
    let (journal, thread) = Journal::start(store, 4).expect("a thread");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (file, away) = (directory.path().join("switchboard.db"), directory.path().join("away"));
    std::fs::rename(&file, &away).expect("moved away");
    let mut health = journal.health();
    // The health is announced anew after each failed probe.
    let mut is_sick_again = || {
        let said = async { tokio::time::timeout(Duration::from_secs(5), health.changed()).await };
        runtime.block_on(said).expect("nobody writes, and it is noticed").expect("the thread goes on");
        !*health.borrow()
    };
    assert!(is_sick_again());
    // Another process may have written into the file meanwhile.
    std::fs::rename(&away, &file).expect("put back");
    assert!((0..3).all(|_| is_sick_again()));
    assert!(runtime.block_on(journal.write(Write::AuditTrimmed(1))).is_none() && !journal.is_healthy());
    assert!(!runtime.block_on(journal.projected(None)), "nor is anything said to be projected");
    drop(journal);
    let lost = thread.join().expect("it ends").expect_err("it does not say that all is stored");
    let StoreError::Lost(why) = lost else { panic!("{lost}") };
    assert!(why.downcast_ref::<Gone>().is_some_and(|gone| gone.0 == file), "{why}");
}

#[test]
fn a_second_server_is_refused_also_without_the_lock_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut store, _reader) = Sqlite::open(directory.path()).expect("a store");
    let lock = directory.path().join("switchboard.lock");
    for _ in 0..2 {
        assert!(matches!(Sqlite::open(directory.path()), Err(OpenError::InUse(_))));
        let _gone = std::fs::remove_file(&lock);
    }
    store.commit(&mut [Life::new("acme").is_founded()]).expect("the first goes on");
}

#[test]
fn who_is_not_the_owner_any_more_writes_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut store, reader) = Sqlite::open(directory.path()).expect("a store");
    let mut acme = Life::new("acme");
    store.commit(&mut [acme.is_founded()]).expect("stored");
    let another = rusqlite::Connection::open(directory.path().join("switchboard.db")).expect("a store");
    writer::owner::Owner::take(&another).expect("where locks do not hold, it can be taken");
    let told = Told::default();
    let (mut committer, _, health) = Committer::new(store);
    committer.commit(vec![entry(2, 0, vec![Event::Resumed], &told)]);
    committer.commit(vec![entry(2, 1, vec![], &told)]);
    assert_eq!(*told.lock().expect("one thread"), [(2, Fate::Lost), (2, Fate::Lost)], "also not that nothing happened");
    committer.try_again([]);
    assert!(!*health.borrow());
    assert!(matches!(committer.end(), Err(StoreError::Taken)));
    let projected =
        |table: &str| another.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, u32>(0));
    assert_eq!((projected("log"), projected("events")), (Ok(1), Ok(0)), "what it had committed is the other's to file");
    drop((another, reader));
    Sqlite::open(directory.path()).expect("and a start takes it");
}

#[test]
fn numbers_that_were_given_twice_are_damage() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut store, reader) = Sqlite::open(directory.path()).expect("a store");
    let (mut acme, mut other) = (Life::new("acme"), Life::new("acme"));
    store.commit(&mut [acme.is_founded(), acme.hires("ann")]).expect("stored");
    store.project(Projection::All).expect("projected");
    // A second server's entry, decided from the company after its first event.
    let (_, theirs) = (other.is_founded(), other.hires("zoe"));
    let JournalItem::Entry(mut theirs) = theirs else { panic!("an entry") };
    let write = |theirs: &mut Entry| {
        let mut text = String::new();
        let company = theirs.company.clone();
        commit_log::add(&mut text, &company, &commit_log::Unprojected::of(theirs));
        let connection = rusqlite::Connection::open(directory.path().join("switchboard.db")).expect("a store");
        connection.execute("DELETE FROM log", []).expect("emptied");
        commit_log::append(&connection, &text).expect("written");
    };
    write(&mut theirs);
    let said = "acme: event 2 is in the commit log, another event 2 is projected";
    assert_eq!(check::check(&reader).expect("it can be read").differences, [said]);
    drop((store, reader));
    let refused = Sqlite::open(directory.path()).err().expect("nothing is guessed").to_string();
    assert!(refused.contains(said) && refused.contains("restore a backup"), "{refused}");
    // The same numbers with the same events mean a batch that was projected in part.
    let JournalItem::Entry(mut ours) = Life(Company::new("acme".parse().expect("an id"))).is_founded() else {
        panic!("an entry")
    };
    write(&mut ours);
    let (_store, reader) = Sqlite::open(directory.path()).expect("it is as it was");
    assert_eq!(read_back(&reader, acme.0.id()).expect("it can be read").0, acme.0);
}

#[test]
fn a_store_that_was_there_is_not_begun_anew() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = |name: &str| directory.path().join(name);
    let (store, reader) = Sqlite::open(directory.path()).expect("a first start");
    drop((store, reader));
    let whole = std::fs::read(file("switchboard.db")).expect("a store");
    let refused = |what: &str| {
        let writer = Sqlite::open(directory.path()).err().expect("a start is refused").to_string();
        let reader = reader::Reader::open(directory.path()).expect_err("and a look").to_string();
        let tool = offline_writer::OfflineWriter::open(directory.path()).err().expect("and a tool").to_string();
        let backup = backup::backup(directory.path(), &file("backup.db")).expect_err("and a backup").to_string();
        for said in [writer, reader, tool, backup] {
            assert!(said.contains(what) && said.contains("restore a backup"), "{said}");
        }
    };
    for _ in 0..2 {
        std::fs::write(file("switchboard.db"), "").expect("emptied");
        refused("empty");
        std::fs::remove_file(file("switchboard.db")).expect("removed");
        refused("missing");
        assert!(!file("switchboard.db").exists(), "nothing is made either");
        // The second time, the log shows that there was a store.
        std::fs::remove_file(file("switchboard.lock")).expect("removed");
        std::fs::write(file("switchboard.db-wal"), "what was not copied").expect("written");
    }
    assert_eq!(std::fs::read(file("switchboard.db-wal")).expect("a log"), b"what was not copied");
    std::fs::remove_file(file("switchboard.db-wal")).expect("removed");
    drop(Sqlite::open(directory.path()).expect("on purpose it begins anew"));
    let connection = rusqlite::Connection::open(file("switchboard.db")).expect("a store");
    connection.execute_batch("PRAGMA journal_mode = delete; PRAGMA user_version = 0").expect("set");
    drop(connection);
    assert!(Sqlite::open(directory.path()).err().expect("refused").to_string().contains("without its tables"));
    std::fs::write(file("switchboard.db"), whole).expect("put back");
    drop(Sqlite::open(directory.path()).expect("what was put back is taken"));
}

#[test]
fn a_clean_end_leaves_one_file_whoever_reads() {
    let directory = tempfile::tempdir().expect("a directory");
    let (store, reader) = Sqlite::open(directory.path()).expect("a store");
    let (journal, thread) = Journal::start(store, 4).expect("a thread");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    assert!(runtime.block_on(journal.write(audit_entry())).is_some());
    let (begun, begins) = std::sync::mpsc::channel();
    let slow = std::thread::spawn({
        let reader = reader.clone();
        move || {
            reader.read(|tables| {
                begun.send(()).expect("somebody waits");
                let endless =
                    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n, audit";
                Ok(tables.query_row(endless, [], |row| row.get::<_, i64>(0))?)
            })
        }
    });
    begins.recv().expect("it reads");
    drop(journal);
    thread.join().expect("it ends").expect("all is stored");
    // The reader is not dropped yet, as at the end of the process.
    assert_eq!(std::fs::metadata(directory.path().join("switchboard.db-wal")).map_or(0, |log| log.len()), 0);
    let copy = directory.path().join("copy.db");
    std::fs::copy(directory.path().join("switchboard.db"), &copy).expect("a copy");
    let copy = rusqlite::Connection::open(&copy).expect("a store");
    assert_eq!(
        copy.query_row("SELECT status FROM audit", [], |row| row.get::<_, u16>(0)),
        Ok(404),
        "one file has it all"
    );
    let cut = slow.join().expect("no panic").map_err(StoreError::from);
    assert!(matches!(cut, Err(StoreError::AskAgain)), "who read on was cut");
    assert!(matches!(reader.read(|_| Ok(())), Err(Error::Store(StoreError::Stopping))), "and nobody reads any more");
}

#[test]
fn the_write_ahead_log_begins_anew_although_reads_overlap() {
    let directory = tempfile::tempdir().expect("a directory");
    let bytes = || std::fs::metadata(directory.path().join("switchboard.db-wal")).expect("a log").len();
    let (mut store, reader) = Sqlite::open(directory.path()).expect("a store");
    let room = bytes();
    let mut acme = Life::new("acme");
    store.commit(&mut [acme.is_founded()]).expect("stored");
    let go = Arc::new(AtomicBool::new(true));
    let begun = Arc::new(AtomicU64::new(0));
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let (reader, go, begun) = (reader.clone(), go.clone(), begun.clone());
            std::thread::spawn(move || {
                let (mut read, mut cut) = (0, 0);
                while go.load(Ordering::Relaxed) {
                    let asked = reader.read(|tables| {
                        let mut query = tables.prepare("SELECT id FROM companies")?;
                        let mut rows = query.query([])?;
                        rows.next()?;
                        // A read ends only after others have begun, so that there is never a moment without a reader.
                        let enough = begun.fetch_add(1, Ordering::Relaxed) + 2;
                        while begun.load(Ordering::Relaxed) < enough && go.load(Ordering::Relaxed) {
                            tables.query_row("SELECT count(*) FROM snapshots", [], |row| row.get::<_, i64>(0))?;
                            std::thread::sleep(Duration::from_millis(1));
                        }
                        Ok(())
                    });
                    match asked {
                        Ok(()) => read += 1,
                        Err(Error::Store(StoreError::AskAgain)) => cut += 1,
                        Err(error) => panic!("{error}"),
                    }
                }
                (read, cut)
            })
        })
        .collect();
    let note = "x".repeat(60_000);
    let mut longest = 0;
    const COMMITS: u64 = 4_000;
    for number in 0..COMMITS {
        let (seq, data) = (acme.0.seq(), format!("{note}{number}"));
        let snapshot = JournalItem::Snapshot { company: acme.0.id().clone(), seq, data, revision: 0 };
        store.commit(&mut [snapshot]).expect("stored");
        longest = longest.max(bytes());
        if number % 8 == 0 {
            std::thread::sleep(Duration::from_millis(8));
        }
    }
    go.store(false, Ordering::Relaxed);
    let read: i32 = readers.into_iter().map(|reader| reader.join().expect("no panic").0).sum();
    assert!(read > 10, "short reads go on: {read}");
    assert!(longest < 6 * room, "{longest} bytes of log, with room for {room}, after {} written", COMMITS * 60_000);
}

fn read_back(reader: &Reader, id: &CompanyId) -> HistoryResult<(Company, u64)> {
    reader.ask(|past| past.company(id))
}

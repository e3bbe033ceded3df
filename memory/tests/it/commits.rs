//! A batch is committed in order and as a whole, is found again by the next start, and wakes those who follow.

use switchboard_core::{Command, CompanySettings};
use switchboard_history::Past;
use switchboard_journal::feed_notifier::Follower;
use switchboard_journal::{JournalItem, StoreError};
use switchboard_wire::view::json;

use crate::life::{Life, company_id};
use crate::questions::all;
use crate::stores::{OpenStore, Place, on_every_store};

on_every_store! {
    a_company_is_read_back_with_and_without_a_snapshot
    numbers_have_no_gap_and_no_double
    a_batch_that_is_refused_leaves_nothing
    the_next_start_finds_what_was_committed_and_not_projected
    an_entry_without_events_leaves_nothing
    a_follower_is_woken_once_the_entry_is_in_the_tables
    after_the_end_of_reads_nobody_reads
}

/// The stored state of a company as JSON, and the number of events since its snapshot.
fn read_back(store: &OpenStore, id: &str) -> (String, u64) {
    let (company, events) = store.ask(|past| past.company(&company_id(id)));
    (json(&company), events)
}

fn a_company_is_read_back_with_and_without_a_snapshot(place: &dyn Place) {
    let mut store = place.open();
    let mut acme = Life::new("acme");
    assert_eq!(read_back(&store, "acme"), (json(&acme.company), 0), "a company without events is new");
    store.commit(vec![acme.is_founded().entry()]).expect("committed");
    for visited in acme.hires("ann").into_iter().chain(acme.consults("carl")) {
        store.commit(vec![visited.entry()]).expect("committed");
    }
    store.project();
    assert_eq!(read_back(&store, "acme"), (json(&acme.company), acme.company.seq()));
    store.commit(vec![JournalItem::snapshot(&acme.company, 0)]).expect("committed");
    assert_eq!(read_back(&store, "acme"), (json(&acme.company), 0), "the snapshot has all events");
    let more = acme.consults("dora");
    let events = acme.company.seq();
    let seq_before = events - more.iter().map(|visited| visited.events()).sum::<u64>();
    store.commit(more.iter().map(|visited| visited.entry()).collect()).expect("committed");
    store.project();
    assert_eq!(read_back(&store, "acme"), (json(&acme.company), events - seq_before));
    let asked = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let (company, _) = asked.block_on(store.read_back.read_company(acme.company.id())).expect("read");
    assert_eq!(json(&company), json(&acme.company), "by the port of recovery too");
}

fn numbers_have_no_gap_and_no_double(place: &dyn Place) {
    let mut store = place.open();
    let mut acme = Life::new("acme");
    let (founded, hired) = (acme.is_founded(), acme.hires("ann"));
    let refused = |store: &mut OpenStore, batch: Vec<JournalItem>| {
        let error = store.commit(batch).expect_err("it is refused");
        let StoreError::OutOfOrder { company, first, last } = error else { panic!("{error}") };
        assert_eq!(company, company_id("acme"));
        (first, last)
    };
    assert_eq!(refused(&mut store, vec![hired[0].entry()]), (2, 0), "a number is left out");
    store.commit(vec![founded.entry()]).expect("committed");
    for is_projected in [false, true] {
        assert_eq!(refused(&mut store, vec![founded.entry()]), (1, 1), "projected: {is_projected}");
        assert_eq!(refused(&mut store, vec![hired[1].entry()]), (3, 1), "projected: {is_projected}");
        store.project();
    }
    assert_eq!(refused(&mut store, vec![hired[0].entry(), hired[0].entry()]), (2, 2), "within one batch");
    store.commit(hired.iter().map(|visited| visited.entry()).collect()).expect("in order it is taken");
    drop(store);
    let mut store = place.open();
    assert_eq!(refused(&mut store, vec![hired[0].entry()]), (2, acme.company.seq()), "by the next start");
}

fn a_batch_that_is_refused_leaves_nothing(place: &dyn Place) {
    let mut store = place.open();
    let (mut acme, mut bolt) = (Life::new("acme"), Life::new("bolt"));
    let (founded, bolt_founded) = (acme.is_founded(), bolt.is_founded());
    let late = acme.hires("ann").pop().expect("a visit");
    let write = || crate::writes::audit_refused(1, "acme");
    let batch =
        vec![founded.entry(), bolt_founded.entry(), JournalItem::write(write(), Box::new(|_| {})), late.entry()];
    store.commit(batch).expect_err("the last entry leaves a number out");
    let nothing = |past: &dyn Past| {
        let known = past.is_known(&company_id("acme"))? || past.is_known(&company_id("bolt"))?;
        let mut entries = 0;
        past.audit_after("acme", 0, 9, &mut |_, _, _| entries += 1)?;
        Ok(!known && entries == 0 && past.latest()?.is_none())
    };
    store.project();
    assert!(store.ask(nothing));
    store.commit(vec![founded.entry(), bolt_founded.entry()]).expect("the same numbers are free");
    store.project();
    assert!(!store.ask(nothing));
}

fn the_next_start_finds_what_was_committed_and_not_projected(place: &dyn Place) {
    let (mut acme, mut bolt) = (Life::new("acme"), Life::new("bolt"));
    let mut store = place.open();
    store.commit(vec![acme.is_founded().entry(), bolt.is_founded().entry()]).expect("committed");
    for round in 0..3 {
        let visits = [acme.hires(&format!("ann-{round}")), acme.consults("carl"), bolt.hires(&format!("bob-{round}"))];
        for visited in visits.iter().flatten() {
            store.commit(vec![visited.entry()]).expect("committed");
        }
        // The writer ends without a projection, as when the server is killed.
        drop(store);
        store = place.open();
        for life in [&acme, &bolt] {
            assert_eq!(read_back(&store, life.company.id().as_str()).0, json(&life.company), "round {round}");
        }
        let employees = store.ask(|past| all(|each| past.employees(&company_id("acme"), "", each))).len();
        assert_eq!(employees, round + 1);
    }
}

fn an_entry_without_events_leaves_nothing(place: &dyn Place) {
    let mut store = place.open();
    let mut acme = Life::new("acme");
    let founded = acme.is_founded();
    let only_read = || {
        let JournalItem::Entry(mut entry) = founded.entry() else { panic!("it is an entry") };
        // A reply that rests on earlier events has the number that is next.
        entry.first_seq = 2;
        (entry.events, entry.rows) = (Vec::new(), Vec::new());
        JournalItem::Entry(entry)
    };
    store.commit(vec![founded.entry(), only_read(), only_read()]).expect("committed");
    store.project();
    let mut follower = store.history.notifier().follow(&company_id("acme"));
    store.commit(vec![only_read()]).expect("committed");
    store.project();
    assert!(!is_woken(&mut follower), "nothing is new");
    assert_eq!(store.ask(|past| past.events_kept(&company_id("acme"))), Some((1, acme.company.seq())));
    let set = Command::SetCompany { name: "Other".into(), settings: CompanySettings::default() };
    store.commit(vec![acme.does(&set).entry()]).expect("and the next number is the same as before");
}

fn is_woken(follower: &mut Follower) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let soon = std::time::Duration::from_millis(10);
    runtime.block_on(async { tokio::time::timeout(soon, follower.more()).await.is_ok() })
}

fn a_follower_is_woken_once_the_entry_is_in_the_tables(place: &dyn Place) {
    let mut store = place.open();
    let (mut acme, mut bolt) = (Life::new("acme"), Life::new("bolt"));
    let mut follower = store.history.notifier().follow(&company_id("acme"));
    store.commit(vec![bolt.is_founded().entry()]).expect("committed");
    store.project();
    assert!(!is_woken(&mut follower), "another company's entry wakes nobody here");
    store.commit(vec![acme.is_founded().entry()]).expect("committed");
    store.project();
    assert!(is_woken(&mut follower) && !is_woken(&mut follower), "once for each change");
    assert!(store.ask(|past| past.is_known(&company_id("acme"))));
}

fn after_the_end_of_reads_nobody_reads(place: &dyn Place) {
    let store = place.open();
    assert!(store.history.close(std::time::Duration::ZERO), "nobody reads");
    let refused = store.history.ask(|past| past.latest());
    assert!(matches!(refused, Err(StoreError::Stopping)));
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let refused = runtime.block_on(store.history.off_runtime(|past| past.latest()));
    assert!(matches!(refused, Err(StoreError::Stopping)));
}

//! The contract of a journal: only committed entries are released, in order, and none that rests on a lost entry.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use switchboard_core::{Event, Time};

use crate::{Committer, Entry, Fate, JournalItem, OnCommit, Projection, Store, StoreError};

/// A store that fails on demand.
#[derive(Clone, Default)]
struct Fickle {
    fails: Arc<Mutex<bool>>,
    committed: Arc<Mutex<Vec<u64>>>,
}

impl Store for Fickle {
    fn commit(&mut self, batch: &mut [JournalItem]) -> Result<(), StoreError> {
        self.probe()?;
        for work in batch {
            if let JournalItem::Entry(entry) = work {
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
    committer.try_again([]);
    assert!(*health.borrow(), "it recovers by itself");
    // This entry was decided before the failure was known, and rests on the first, which is lost.
    committer.commit(vec![entry(3, 0, vec![Event::Resumed], &told)]);
    let now = epoch.load(Ordering::Acquire);
    committer.commit(vec![entry(1, now, vec![Event::Resumed], &told)]);
    let all = [(1, Fate::Lost), (2, Fate::Lost), (3, Fate::Lost), (1, Fate::Committed)];
    assert_eq!(*told.lock().expect("one thread"), all);
    assert_eq!(*store.committed.lock().expect("one thread"), [1]);
}

#[test]
fn commits_go_on_while_somebody_waits_for_much_to_be_projected() {
    /// Projects in three calls, and commits at once.
    struct Slow(Arc<Mutex<Vec<&'static str>>>);
    impl Store for Slow {
        fn commit(&mut self, _: &mut [JournalItem]) -> Result<(), StoreError> {
            self.0.lock().expect("one thread").push("committed");
            Ok(())
        }

        fn project(&mut self, _: Projection<'_>) -> Result<bool, StoreError> {
            let mut done = self.0.lock().expect("one thread");
            done.push("projected some");
            Ok(done.iter().filter(|what| **what == "projected some").count() == 3)
        }

        fn probe(&mut self) -> Result<(), StoreError> {
            Ok(())
        }
    }
    let (done, told) = (Arc::default(), Told::default());
    let (mut committer, ..) = Committer::new(Slow(Arc::clone(&done)));
    let waiting = done.clone();
    let release: OnCommit = Box::new(move |fate| {
        assert_eq!(fate, Fate::Committed);
        waiting.lock().expect("one thread").push("told");
    });
    committer.commit(vec![JournalItem::Project { company: None, release }]);
    for seq in 1..=3 {
        committer.commit(vec![entry(seq, 0, vec![Event::Resumed], &told)]);
        committer.project_what_is_due();
    }
    let order = ["projected some", "committed", "projected some", "committed", "projected some", "told", "committed"];
    assert_eq!(*done.lock().expect("one thread"), order);
}

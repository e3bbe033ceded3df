//! Scenes of visitors who come at the same time.

use shuttle::future::{block_on, spawn};
use shuttle::rand::{Rng, thread_rng};
use switchboard_core::Refusal;
use switchboard_journal::Fate;
use switchboard_journal::sync::step;
use switchboard_wire::phoenix::{Ref, Version};

use super::company::{after, ann, id, set_company, set_employee};
use super::explore;
use super::world::{Here, SceneWorld};
use crate::companies::{Reply, ReplyTo};
use crate::outbox::{Outbox, Outgoing};

/// Hires in several tasks at the same time, each with its own employees.
async fn hire_at_once(here: &Here, plans: &'static [(&'static str, &'static [&'static str])]) {
    let mut hiring = Vec::new();
    for (company, employees) in plans {
        let here = here.clone();
        hiring.push(spawn(async move {
            for employee in *employees {
                here.hire(&id(company), employee).await;
            }
        }));
    }
    for hired in hiring {
        hired.await.expect("it ends");
    }
}

#[test]
fn visitors_never_meet_and_their_entries_are_in_order() {
    explore(|| {
        let world = SceneWorld::new([after("acme", &[]), after("brix", &[])], 4, &[]);
        block_on(async {
            hire_at_once(&world.here(), &[("acme", &["a1", "a2"]), ("acme", &["b1", "b2"]), ("brix", &["c1"])]).await;
            world.end().await;
        });
    });
}

#[test]
fn a_queue_with_one_place_refuses_and_loses_nothing() {
    explore(|| {
        let world = SceneWorld::new([after("acme", &[])], 1, &[]);
        block_on(async {
            hire_at_once(&world.here(), &[("acme", &["a1"]), ("acme", &["b1"]), ("acme", &["c1"])]).await;
            world.end().await;
        });
    });
}

#[test]
fn a_company_is_read_once_though_many_come() {
    explore(|| {
        let world = SceneWorld::new([after("acme", &[])], 8, &[]);
        block_on(async {
            hire_at_once(&world.here(), &[("acme", &["a1"]), ("acme", &["b1"]), ("acme", &["c1"])]).await;
            assert_eq!(world.disk.reads(&id("acme")), 1);
            world.end().await;
        });
    });
}

#[test]
fn nothing_is_left_of_a_visit_that_panics_and_nothing_else_is_lost() {
    explore(|| {
        let world = SceneWorld::new([after("acme", &[])], 8, &[]);
        block_on(async {
            let here = world.here();
            let panicking = shuttle::thread::spawn(move || {
                here.panic_halfway(&id("acme"), &set_employee(&ann()));
            });
            hire_at_once(&world.here(), &[("acme", &["a1", "a2"]), ("acme", &["b1"])]).await;
            panicking.join().expect("the panic was caught");
            assert!(!world.disk.has(&id("acme"), &ann()), "halfway is not there");
            world.end().await;
        });
    });
}

#[test]
fn what_comes_of_a_company_that_was_let_go_is_not_lost() {
    explore(|| {
        let world = SceneWorld::new([], 8, &[]);
        let acme = id("acme");
        block_on(async {
            // A look at a company without events makes a slot and retires the slot again.
            let mut asking = Vec::new();
            for _ in 0..2 {
                let (here, acme) = (world.here(), acme.clone());
                asking.push(spawn(async move {
                    let mut found = Ok(());
                    let asked = here.visit(&acme, |visit| {
                        let command = set_employee(&ann());
                        found = visit.take(&command).map(|_| ());
                    });
                    assert_eq!(asked.await, Ok(Fate::Committed));
                    assert!(matches!(found, Ok(()) | Err(Refusal::UnknownCompany)));
                }));
            }
            let (here, of) = (world.here(), acme.clone());
            let making = spawn(async move {
                here.take(&of, set_company()).await;
                here.hire(&of, "bob").await;
            });
            for asked in asking {
                asked.await.expect("it ends");
            }
            making.await.expect("it ends");
            world.end().await;
        });
    });
}

#[test]
fn after_a_settle_all_that_was_decided_before_is_told() {
    explore(|| {
        let world = SceneWorld::new([after("acme", &[]), after("brix", &[])], 3, &[]);
        let decided = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let (outbox, unread) = Outbox::new(16, Version::V2);
        block_on(async {
            let mut asking = Vec::new();
            for (number, company) in ["acme", "acme", "brix"].into_iter().enumerate() {
                let (exchange, decided, outbox) = (world.exchange.clone(), decided.clone(), outbox.clone());
                asking.push(spawn(async move {
                    let company = id(company);
                    let asked = exchange.visit_and_reply(&company, |visit| {
                        visit.take(&set_company()).expect("it can be set");
                        decided.lock().expect("no panic").push(number);
                        step();
                        let (join_ref, reference, topic) = (Ref::Null, Ref::Null, "a topic".into());
                        Reply::Leave { to: ReplyTo { outbox, join_ref, reference, topic }, closed: number.to_string() }
                    });
                    let _refused_when_it_drains = asked.await;
                }));
            }
            for _ in 0..thread_rng().gen_range(0..20) {
                shuttle::future::yield_now().await;
            }
            world.exchange.drain();
            let before = decided.lock().expect("no panic").clone();
            world.exchange.settle().await;
            let frames = std::iter::from_fn(|| unread.take());
            let told: Vec<usize> = frames.filter_map(|told| told.frame()?.parse().ok()).collect();
            assert!(before.iter().all(|number| told.contains(number)), "{before:?} decided, {told:?} told");
            for asked in asking {
                asked.await.expect("it ends");
            }
            world.close();
        });
    });
}

#[test]
fn the_overflow_of_an_outbox_is_never_missed() {
    super::exhaust(|| {
        let (outbox, unread) = Outbox::new(1, Version::V2);
        // A device holds one as long as its socket. Without this clone the last sender's end would wake the reader too.
        let stays = outbox.clone();
        let watching = spawn(async move { unread.overflowed().await });
        let pushing = spawn(async move {
            outbox.push(Outgoing::Frame("read".into()));
            outbox.push(Outgoing::Frame("too many".into()));
        });
        block_on(async {
            watching.await.expect("it comes back");
            pushing.await.expect("it never waits");
        });
        drop(stays);
    });
}

//! Scenes with a disk that fails while people come and go.

use shuttle::future::{block_on, spawn};
use shuttle::rand::{Rng, thread_rng};
use switchboard_core::{Employee, EmployeeNo, Intent, Reach};
use switchboard_journal::Fate;

use super::company::{after, ann, carl, id, set_employee};
use super::explore;
use super::people::ann_at_acme;
use super::timekeeping::Timekeeping;
use super::world::SceneWorld;
use crate::companies::{NotNow, Room};

/// The numbers of the commits that fail: one of the first, or two in a row. A scene may end before they come.
pub fn some_failures() -> Vec<u32> {
    let first = thread_rng().gen_range(0..4);
    let second = if thread_rng().gen_bool(0.3) { first + 1 } else { first };
    vec![first, second]
}

fn is_absent((_, employee): (EmployeeNo, &Employee)) -> bool {
    !matches!(employee.reach, Reach::Connected)
}

#[test]
fn what_was_lost_is_told_to_nobody_and_nothing_rests_on_it() {
    explore(|| {
        let world = SceneWorld::new([after("acme", &[]), after("brix", &[])], 4, &some_failures());
        block_on(async {
            let mut hiring = Vec::new();
            for (company, employees) in [("acme", ["a1", "a2"]), ("acme", ["b1", "b2"]), ("brix", ["c1", "c2"])] {
                let here = world.here();
                hiring.push(spawn(async move {
                    for employee in employees {
                        here.hire(&id(company), employee).await;
                    }
                }));
            }
            for hired in hiring {
                hired.await.expect("it ends");
            }
            world.end().await;
        });
    });
}

#[test]
fn devices_hear_of_bookings_that_are_stored_and_of_no_others() {
    explore(|| {
        block_on(async {
            let (world, acme, here, at_ann) = ann_at_acme(&some_failures()).await;
            let at_carl = here.join(&acme, Room::Client(carl())).await;
            let (other, of) = (world.here(), acme.clone());
            let hiring = spawn(async move { other.hire(&of, "bob").await });
            here.book(&acme).await;
            hiring.await.expect("it ends");
            world.well_again().await;
            for device in [&at_ann, &at_carl] {
                world.exchange.leave(&acme, &device.room, device.line).await;
            }
            drop(here);
            world.end().await;
            at_ann.reading.await.expect("all she heard is so");
            at_carl.reading.await.expect("all he heard is so");
        });
    });
}

#[test]
fn who_leaves_while_the_disk_fails_is_absent_when_it_is_well() {
    explore(|| {
        block_on(async {
            let (world, acme, here, at_ann) = ann_at_acme(&[thread_rng().gen_range(1..4)]).await;
            let timekeeping = Timekeeping::begin(&world);
            let (other, of) = (world.here(), acme.clone());
            let hiring = spawn(async move {
                other.hire(&of, "bob").await;
                other.hire(&of, "bea").await;
            });
            let (exchange, of) = (world.exchange.clone(), acme.clone());
            let leaving = spawn(async move { exchange.leave(&of, &at_ann.room, at_ann.line).await });
            leaving.await.expect("it ends");
            hiring.await.expect("it ends");
            here.wait_until(&acme, |company| company.find_employee(&ann()).is_some_and(is_absent)).await;
            at_ann.reading.await.expect("nobody can send to her any more");
            timekeeping.end(&world).await;
            drop(here);
            world.end().await;
        });
    });
}

#[test]
fn who_leaves_while_the_disk_recovers_is_absent() {
    explore(|| {
        block_on(async {
            let (world, acme, here, at_ann) = ann_at_acme(&[]).await;
            let timekeeping = Timekeeping::begin(&world);
            world.disk.fail_next(thread_rng().gen_range(0..20));
            let lost = here.visit(&acme, |visit| {
                visit.take(&set_employee(&"bob".parse().expect("an id"))).expect("anybody can be hired");
            });
            assert_eq!(lost.await, Ok(Fate::Lost));
            let (exchange, of, room) = (world.exchange.clone(), acme.clone(), at_ann.room.clone());
            let leaving = spawn(async move { exchange.leave(&of, &room, at_ann.line).await });
            let (other, of) = (world.here(), acme.clone());
            let hiring = spawn(async move { other.hire(&of, "bob").await });
            leaving.await.expect("it ends");
            hiring.await.expect("it ends");
            here.wait_until(&acme, |company| company.find_employee(&ann()).is_some_and(is_absent)).await;
            timekeeping.end(&world).await;
            drop(here);
            world.end().await;
        });
    });
}

#[test]
fn an_employee_who_stays_while_the_disk_fails_is_still_asked() {
    explore(|| {
        block_on(async {
            let (world, acme, here, at_ann) = ann_at_acme(&some_failures()).await;
            here.hire(&acme, "bob").await;
            here.hire(&acme, "bea").await;
            here.book(&acme).await;
            let asked = world.disk.company(&acme);
            let (_, found) = asked.find_employee(&ann()).expect("she is there");
            assert_eq!((found.reach, found.intent), (Reach::Connected, Intent::Idle));
            world.well_again().await;
            world.exchange.leave(&acme, &at_ann.room, at_ann.line).await;
            drop(here);
            world.end().await;
        });
    });
}

#[test]
fn a_settle_comes_back_also_while_the_disk_fails() {
    explore(|| {
        let world = SceneWorld::new([after("acme", &[])], 2, &[0, 1]);
        block_on(async {
            let exchange = world.exchange.clone();
            let asking = spawn(async move {
                let acme = id("acme");
                let asked = exchange.visit(&acme, |visit| {
                    visit.take(&set_employee(&ann())).expect("she can be hired");
                });
                assert!(matches!(asked.await, Ok(_) | Err(NotNow::Unavailable)));
            });
            world.exchange.settle().await;
            asking.await.expect("it ends");
            world.close();
        });
    });
}

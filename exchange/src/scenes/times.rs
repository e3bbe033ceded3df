//! Scenes of deadlines: the timekeeper sleeps until the next one while visitors move that deadline.

use shuttle::future::{block_on, spawn};
use switchboard_core::{Booking, Company, CompanyId};

use super::company::{START, after, ann, id, idle_ann};
use super::explore;
use super::failures::some_failures;
use super::timekeeping::Timekeeping;
use super::world::SceneWorld;
use crate::companies::Room;

/// Ann gets an offer and never answers, so the booking must end at its deadlines.
async fn book_in_vain(world: &SceneWorld, acme: &CompanyId) {
    let here = world.here();
    let at_ann = here.join(acme, Room::Employee(ann())).await;
    let booking = here.book(acme).await;
    let mut hiring = Vec::new();
    for employees in [["a1", "a2"], ["b1", "b2"]] {
        // In another company, because a visit to acme would handle its deadlines without the timekeeper.
        let other = world.here();
        hiring.push(spawn(async move {
            for employee in employees {
                other.hire(&id("brix"), employee).await;
            }
        }));
    }
    here.tell(START.plus_ms(200_000));
    let is_over = |company: &Company| company.booking(booking).is_none_or(|booking| !booking.is_open());
    here.wait_until(acme, is_over).await;
    for hired in hiring {
        hired.await.expect("it ends");
    }
    here.exchange.leave(acme, &at_ann.room, at_ann.line).await;
}

#[test]
fn a_deadline_that_was_armed_while_the_timekeeper_slept_is_kept() {
    explore(|| {
        let world = SceneWorld::new([after("acme", &idle_ann())], 8, &[]);
        let acme = id("acme");
        block_on(async {
            let timekeeping = Timekeeping::begin(&world);
            let here = world.here();
            let at_ann = here.join(&acme, Room::Employee(ann())).await;
            let (other, of) = (world.here(), acme.clone());
            let hiring = spawn(async move { other.hire(&of, "bob").await });
            let booking = here.book(&acme).await;
            // The time leaps once, so a sleeper that misses the notification sleeps for ever, and the model finds that.
            here.tell(START.plus_ms(200_000));
            world.disk.changes_until(&acme, |company| !company.booking(booking).is_some_and(Booking::is_open)).await;
            hiring.await.expect("it ends");
            world.exchange.leave(&acme, &at_ann.room, at_ann.line).await;
            timekeeping.end(&world).await;
            drop(here);
            world.end().await;
            at_ann.reading.await.expect("it ends");
        });
    });
}

#[test]
fn a_deadline_is_kept_though_there_is_no_place_in_the_queue() {
    explore(|| {
        let world = SceneWorld::new([after("acme", &idle_ann()), after("brix", &[])], 1, &[]);
        block_on(async {
            let timekeeping = Timekeeping::begin(&world);
            book_in_vain(&world, &id("acme")).await;
            timekeeping.end(&world).await;
            world.end().await;
        });
    });
}

#[test]
fn a_deadline_is_kept_though_the_disk_fails() {
    explore(|| {
        let world = SceneWorld::new([after("acme", &idle_ann()), after("brix", &[])], 4, &some_failures());
        block_on(async {
            let timekeeping = Timekeeping::begin(&world);
            book_in_vain(&world, &id("acme")).await;
            timekeeping.end(&world).await;
            world.end().await;
        });
    });
}

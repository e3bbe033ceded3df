//! Scenes of the lookup of a session's company, which every join of a session needs.

use shuttle::future::{block_on, spawn};
use switchboard_core::{Actor, Command, CompanyId, OfferId, SessionId};
use switchboard_journal::Fate;

use super::company::ann;
use super::explore;
use super::failures::some_failures;
use super::people::ann_at_acme;
use super::world::Here;

/// Accepts the offer for Ann, with retries until one is committed. Returns the session, and the ids that were lost.
async fn accept(here: &Here, acme: &CompanyId, offer: OfferId) -> (SessionId, Vec<SessionId>) {
    let mut lost = Vec::new();
    loop {
        let session = here.exchange.clock().fresh_session();
        let command = Command::Accept { employee: ann(), offer, session };
        let accepted = here.visit(acme, |visit| {
            visit.take(&command).expect("the offer is open");
        });
        match accepted.await {
            Ok(Fate::Committed) => return (session, lost),
            Ok(Fate::Lost) => lost.push(session),
            Err(_not_now) => {}
        }
        shuttle::future::yield_now().await;
    }
}

#[test]
fn a_session_is_found_while_it_runs_and_one_that_was_lost_is_not() {
    explore(|| {
        block_on(async {
            let (world, acme, here, at_ann) = ann_at_acme(&some_failures()).await;
            let booking = here.book(&acme).await;
            let (session, lost) = accept(&here, &acme, OfferId { booking, attempt: 1 }).await;
            let (other, of) = (world.here(), acme.clone());
            let hiring = spawn(async move { other.hire(&of, "bob").await });
            for _ in 0..3 {
                assert_eq!(here.exchange.company_of_session(session).await, Ok(Some(acme.clone())));
                shuttle::future::yield_now().await;
            }
            for lost in lost {
                assert_eq!(here.exchange.company_of_session(lost).await, Ok(None), "it never began");
            }
            hiring.await.expect("it ends");
            world.well_again().await;
            here.take(&acme, Command::End { session, by: Actor::Admin, reason: None }).await;
            assert_eq!(here.exchange.company_of_session(session).await, Ok(Some(acme.clone())), "as the disk knows it");
            here.exchange.leave(&acme, &at_ann.room, at_ann.line).await;
            drop(here);
            world.end().await;
        });
    });
}

//! The promises of the contract, held over random walks: any acts of people, clocks and restarts, in any order.
//!
//! `PROPTEST_CASES` raises the number of walks.

mod ledger;

mod candidates;

mod step;

mod walk;

mod heal;

use proptest::prelude::*;
use proptest::test_runner::Config;

use step::{Step, routed_steps, routing, settings, steps};
use walk::Walk;

/// Walks without `PROPTEST_CASES`: about ten seconds in a debug build.
const WALKS: u32 = 300;

fn config() -> Config {
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { Config::default().cases } else { WALKS };
    Config { cases, failure_persistence: None, ..Config::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_walk_keeps_every_promise_and_heals(
        settings in settings(),
        clients in 2..=3usize,
        employees in 1..=6usize,
        steps in steps(),
        prefix in 0..150usize,
    ) {
        let mut walk = Walk::new(clients, employees, settings.clone(), false);
        for (count, step) in steps.iter().enumerate() {
            walk.step(step);
            if count == prefix {
                walk.remember_this_moment();
            }
        }
        walk.fold_again();
        walk.heal(&settings);
        walk.fold_again();
    }

    #[test]
    fn every_walk_by_a_routing_keeps_every_promise_and_heals(
        settings in settings(),
        routing in routing(),
        clients in 2..=4usize,
        employees in 2..=6usize,
        steps in routed_steps(),
        prefix in 0..150usize,
    ) {
        let mut walk = Walk::new(clients, employees, settings.clone(), true);
        walk.step(&Step::Routing(Box::new(routing)));
        for (count, step) in steps.iter().enumerate() {
            walk.step(step);
            if count == prefix {
                walk.remember_this_moment();
            }
        }
        walk.fold_again();
        walk.heal(&settings);
        walk.fold_again();
    }

    #[test]
    fn a_second_wake_or_a_clock_turned_back_moves_nothing(
        settings in settings(),
        steps in steps(),
    ) {
        let mut walk = Walk::new(2, 4, settings, false);
        for step in &steps {
            walk.step(step);
            walk.wake();
            let seq = walk.seq();
            walk.wake();
            walk.step(&Step::Back(7));
            walk.wake();
            prop_assert_eq!(walk.seq(), seq);
            walk.step(&Step::Late(7));
        }
    }
}

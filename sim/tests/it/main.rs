//! Tests of the simulator: the same case twice gives the same digest, and cases that once failed pass.

use switchboard_sim::case::Case;
use switchboard_sim::prove::run;

/// Cases that once failed, one per line, each followed by `#` and what it had found.
const CASES: &str = include_str!("../../cases.txt");
/// Seeds that are run beside the kept cases; `make prove` runs many more.
const SEEDS: std::ops::Range<u64> = 0..24;

fn passes(case: &Case) -> u64 {
    match run(case) {
        Ok(outcome) => outcome.digest,
        Err(failure) => panic!("{}: {}", failure.case, failure.what),
    }
}

#[test]
fn what_once_failed_does_not_fail_again() {
    for line in CASES.lines().filter(|line| !line.trim().is_empty()) {
        let (case, found) = line.split_once('#').expect("a case says what it found");
        println!("{found}");
        passes(&case.trim().parse().expect("a case"));
    }
}

#[test]
fn the_same_seed_twice_gives_the_same_bytes() {
    let mut digests = std::collections::BTreeSet::new();
    for seed in SEEDS {
        let case = Case::of_seed(seed);
        let digest = passes(&case);
        assert_eq!(digest, passes(&case), "{case}");
        digests.insert(digest);
    }
    assert_eq!(digests.len(), SEEDS.count(), "another seed gives other bytes");
}

#[test]
fn a_case_is_what_it_is_written_as() {
    for case in [Case::of_seed(7), Case { only: Some(vec![1, 5, 9]), ..Case::of_seed(8) }] {
        assert_eq!(case.to_string().parse::<Case>().expect("a case"), case);
    }
    assert!("7:1".parse::<Case>().is_err());
}

//! Marks of availability: a reader compares two counters and looks only when one moved, so every change must move them.

use switchboard_core::{Availability, TopicAvailability};

use crate::desk::company_after;

/// Effect of one more line of script.
#[derive(Debug, PartialEq, Eq)]
struct Change {
    /// Topics, or whether one of them or the company can be booked.
    available: bool,
    /// Numbers of employees who can be asked.
    counts: bool,
    /// The counter of changes of the first kind moved.
    flips: bool,
    /// The counter of changes of the second kind moved.
    moves: bool,
}

const NOTHING: Change = Change { available: false, counts: false, flips: false, moves: false };
const A_COUNT: Change = Change { counts: true, moves: true, ..NOTHING };
const ALL: Change = Change { available: true, counts: true, flips: true, moves: true };

fn change(before: &str, line: &str) -> Change {
    let (before, after) = (company_after(before), company_after(&format!("{before}\n{line}")));
    let (was, is) = (before.availability(), after.availability());
    let (old, new) = (before.availability_marks(), after.availability_marks());
    Change { available: !is.says_the_same_as(&was), counts: is != was, flips: new.0 != old.0, moves: new.1 != old.1 }
}

#[test]
fn the_first_who_takes_anything_makes_all_available_and_the_last_takes_it_away() {
    assert_eq!(change("open ann\nann goes offline", "ann goes idle"), ALL);
    assert_eq!(change("open ann", "ann goes offline"), ALL);
    assert_eq!(change("open ann bob\nbob goes offline", "bob goes idle"), A_COUNT);
    assert_eq!(change("open ann bob", "bob goes offline"), A_COUNT);
}

#[test]
fn the_first_on_a_topic_makes_it_available_and_the_last_takes_it_away() {
    assert_eq!(change("open ann:tax bob:law\nbob goes offline", "bob goes idle"), ALL);
    assert_eq!(change("open ann:tax bob:law", "bob goes offline"), ALL);
    assert_eq!(change("open ann:tax bob:tax\nbob goes offline", "bob goes idle"), A_COUNT);
    assert_eq!(change("open ann:tax bob:tax", "bob goes offline"), A_COUNT);
}

#[test]
fn a_topic_that_somebody_takes_anyway_only_has_another_count() {
    assert_eq!(change("open ann bob:tax\nbob goes offline", "bob goes idle"), A_COUNT);
    assert_eq!(change("open ann bob:tax", "bob goes offline"), A_COUNT);
}

#[test]
fn who_takes_anything_makes_the_topics_available_that_others_only_name() {
    assert_eq!(change("open ann bob:tax cay:law\nann goes offline\nbob goes offline", "ann goes idle"), ALL);
    assert_eq!(change("open ann bob:tax cay:law\nbob goes offline", "ann goes offline"), ALL);
}

#[test]
fn a_topic_that_is_named_first_or_no_longer_is_news() {
    let hired = change("open ann", "admin hires bob tax");
    assert!(hired.available && hired.flips, "{hired:?}");
    let changed = change("open ann bob:tax\nbob goes offline", "admin hires bob law");
    assert!(changed.available && changed.flips, "{changed:?}");
    let removed = change("open ann bob:tax", "admin removes bob");
    assert!(removed.available && removed.flips, "{removed:?}");
    let again = change("open ann bob:tax", "admin hires cay tax");
    assert!(!again.available && !again.counts && !again.flips, "{again:?}");
    let still_named = change("open ann bob:tax cay:tax", "admin removes bob");
    assert!(!still_named.available && still_named.counts && !still_named.flips && still_named.moves, "{still_named:?}");
}

#[test]
fn who_takes_fewer_topics_than_before_is_missing_in_the_others() {
    let all_named = "open ann bob cay:fun,law,tax dan:fun,law,tax";
    assert_eq!(change(all_named, "admin hires ann law tax"), A_COUNT);
    assert_eq!(change(&format!("{all_named}\nadmin hires ann law tax"), "admin hires ann"), A_COUNT);
}

#[test]
fn who_takes_other_topics_makes_those_available_and_the_old_ones_not() {
    let all_named = "open ann:tax bob:tax cay:law\nbob goes offline\ncay goes offline";
    assert_eq!(change(all_named, "admin hires ann law"), ALL);
    assert_eq!(change(all_named, "admin hires ann"), ALL);
    let any = format!("{all_named}\nadmin hires ann");
    assert_eq!(change(&any, "admin hires ann law"), ALL);
}

#[test]
fn who_is_away_for_a_moment_is_missing_as_long() {
    assert_eq!(change("open ann", "ann drops"), ALL);
    assert_eq!(change("open ann\nann drops", "ann connects"), ALL);
    assert_eq!(change("open ann", "zoe connects"), NOTHING);
}

#[test]
fn the_same_is_said_when_only_counts_differ() {
    let seen = |available, idle, topics: &[(&str, bool, usize)]| Availability {
        available,
        idle,
        waiting: 0,
        topics: topics
            .iter()
            .map(|(topic, available, idle)| {
                (topic.parse().unwrap(), TopicAvailability { available: *available, idle: *idle, waiting: 0 })
            })
            .collect(),
    };
    let one = seen(true, 1, &[("law", false, 0), ("tax", true, 1)]);
    assert!(one.says_the_same_as(&one));
    assert!(one.says_the_same_as(&seen(true, 9, &[("law", false, 0), ("tax", true, 9)])));
    assert!(!one.says_the_same_as(&seen(false, 1, &[("law", false, 0), ("tax", true, 1)])));
    assert!(!one.says_the_same_as(&seen(true, 1, &[("law", true, 0), ("tax", true, 1)])));
    assert!(!one.says_the_same_as(&seen(true, 1, &[("fun", false, 0), ("tax", true, 1)])));
    assert!(!one.says_the_same_as(&seen(true, 1, &[("law", false, 0)])));
    assert!(!one.says_the_same_as(&seen(true, 1, &[])));
    assert!(!seen(true, 1, &[]).says_the_same_as(&one));
}

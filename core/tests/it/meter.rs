//! Time of an employee in each status, read at any moment from one running count.

use switchboard_core::{Meter, Time};

use crate::desk::company_after;

fn meter(script: &str, moment_ms: u64) -> Meter {
    let company = company_after(script);
    let (_, ann) = company.find_employee(&"ann".parse().unwrap()).unwrap();
    ann.spent_until(Time::from_ms(moment_ms))
}

#[test]
fn every_millisecond_is_counted_in_one_status() {
    let day = "
        open wrap_up_ms=50 ann
        wait 1000
        zoe books tax
        wait 200
        ann accepts b1.1
        wait 3000
        ann ends s1
        wait 50
        wait 10
        ann goes offline
    ";
    let expected = Meter { offline_ms: 740, idle_ms: 1010, init_ms: 200, busy_ms: 3050 };
    assert_eq!(meter(day, 5000), expected);
    let later = Meter { offline_ms: 1740, ..expected };
    assert_eq!(meter(day, 6000), later);
    assert_eq!(later.since(expected), Meter { offline_ms: 1000, ..Meter::default() });
}

#[test]
fn a_change_that_leaves_the_status_as_it_is_starts_no_new_count() {
    let reconnects = "
        open ann
        wait 100
        ann drops
        wait 100
        ann connects
    ";
    assert_eq!(meter(reconnects, 300), Meter { idle_ms: 300, ..Meter::default() });
}

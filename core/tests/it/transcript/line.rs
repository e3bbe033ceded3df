//! The line of idle employees: places, devices and intents.

use expect_test::expect;

use crate::desk::story;

#[test]
fn who_has_been_idle_longest_is_asked_first() {
    story(
        "
        open ann bob cay
        line
        zoe books tax
        ann rejects b1.1
        line
        zoe cancels b1
        line
        ",
        expect![[r#"
            [0] line: ann, bob, cay
            [0] zoe books tax
                yes: b1 offering
                + booking_opened b1 zoe tax
                + offer_made b1.1 ann until 15000
                > ann: offer b1.1
                > zoe: booking b1 offering
                > ann: status ann init, wants idle, cause offer
                > board: b1, ann
                ann is init since 0, wants idle, connected
            [0] ann rejects b1.1
                yes: ann idle, wants idle
                + offer_closed b1.1 rejected
                + offer_made b1.2 bob until 15000
                > ann: offer_closed b1.1 rejected
                > bob: offer b1.2
                > zoe: booking b1 offering
                > ann: status ann idle, wants idle, cause declined
                > bob: status bob init, wants idle, cause offer
                > board: b1, ann, bob
                ann is idle since 0 at place 3, wants idle, connected
                bob is init since 0, wants idle, connected
            [0] line: cay, ann
            [0] zoe cancels b1
                yes: b1 cancelled client_cancelled
                + offer_closed b1.2 client_cancelled
                + booking_ended b1 client_cancelled
                > bob: offer_closed b1.2 client_cancelled
                > zoe: booking b1 cancelled client_cancelled
                > bob: status bob idle, wants idle, cause offer
                > board: b1, bob
                bob is idle since 0 at place 4, wants idle, connected
            [0] line: cay, ann, bob
        "#]],
    );
}

#[test]
fn a_new_employee_is_offline_until_they_want_to_be_idle() {
    story(
        "
        open
        admin hires ann
        ann connects
        line
        ann goes idle
        ann goes idle
        line
        ",
        expect![[r#"
            [0] admin hires ann
                yes: ann offline, wants offline
                + employee_set ann `ANN` []
                > board: ann
                ann is offline since 0, wants offline, gone since 0
            [0] ann connects
                yes
                + employee_connected ann
                ann is offline since 0, wants offline, connected
            [0] line: 
            [0] ann goes idle
                yes: ann idle, wants idle
                + intent_set ann idle by employee
                > ann: status ann idle, wants idle, cause set_by_employee
                > board: ann
                ann is idle since 0 at place 0, wants idle, connected
            [0] ann goes idle
                yes: ann idle, wants idle
            [0] line: ann
        "#]],
    );
}

#[test]
fn idle_without_a_device_is_offline_until_one_connects() {
    story(
        "
        open
        quietly admin hires ann
        ann goes idle
        availability
        ann connects
        availability
        ",
        expect![[r#"
            [0] ann goes idle
                yes: ann offline, wants idle
                + intent_set ann idle by employee
                > ann: status ann offline, wants idle, cause set_by_employee
                > board: ann
                ann is offline since 0, wants idle, gone since 0, lapses at 1800000
            [0] availability: false (0)
            [0] ann connects
                yes
                + employee_connected ann
                > ann: status ann idle, wants idle, cause reconnected
                > board: ann
                ann is idle since 0 at place 0, wants idle, connected
            [0] availability: true (1)
        "#]],
    );
}

#[test]
fn who_drops_is_not_asked_but_keeps_the_place_when_back_in_time() {
    story(
        "
        open ann bob delivery_timeout_ms=0
        ann drops
        ann drops
        line
        zoe books tax
        wait 9999
        ann connects
        quietly zoe cancels b1
        line
        ",
        expect![[r#"
            [0] ann drops
                yes
                + employee_disconnected ann
                ann is idle since 0 at place 0, wants idle, away, may be back by 10000, lapses at 1800000
            [0] ann drops
                yes
            [0] line: bob
            [0] zoe books tax
                yes: b1 offering
                + booking_opened b1 zoe tax
                + offer_made b1.1 bob until 15000
                > bob: offer b1.1
                > zoe: booking b1 offering
                > bob: status bob init, wants idle, cause offer
                > board: b1, bob
                bob is init since 0, wants idle, connected
            [9999] nothing happens
            [9999] ann connects
                yes
                + employee_connected ann
                ann is idle since 0 at place 0, wants idle, connected
            [9999] line: ann, bob
        "#]],
    );
}

#[test]
fn who_drops_and_is_back_in_time_stands_before_who_was_behind() {
    story(
        "
        open ann bob
        ann drops
        wait 9999
        ann connects
        line
        ",
        expect![[r#"
            [0] ann drops
                yes
                + employee_disconnected ann
                ann is idle since 0 at place 0, wants idle, away, may be back by 10000, lapses at 1800000
            [9999] nothing happens
            [9999] ann connects
                yes
                + employee_connected ann
                ann is idle since 0 at place 0, wants idle, connected
            [9999] line: ann, bob
        "#]],
    );
}

#[test]
fn grace_over_is_offline_and_a_reconnect_gives_a_new_place() {
    story(
        "
        open ann bob
        ann drops
        wait 10000
        wait 1000
        ann connects
        line
        ",
        expect![[r#"
            [0] ann drops
                yes
                + employee_disconnected ann
                ann is idle since 0 at place 0, wants idle, away, may be back by 10000, lapses at 1800000
            [10000] time passes
                yes
                + employee_unreachable ann
                > ann: status ann offline, wants idle, cause connection_lost
                > board: ann
                ann is offline since 10000, wants idle, gone since 10000, lapses at 1800000
            [11000] nothing happens
            [11000] ann connects
                yes
                + employee_connected ann
                > ann: status ann idle, wants idle, cause reconnected
                > board: ann
                ann is idle since 11000 at place 2, wants idle, connected
            [11000] line: bob, ann
        "#]],
    );
}

#[test]
fn a_grace_of_zero_is_offline_at_once() {
    story(
        "
        open ann employee_grace_ms=0
        ann drops
        wait 0
        ann connects
        ",
        expect![[r#"
            [0] ann drops
                yes
                + employee_disconnected ann
                ann is idle since 0 at place 0, wants idle, away, may be back by 0, lapses at 1800000
            [0] time passes
                yes
                + employee_unreachable ann
                > ann: status ann offline, wants idle, cause connection_lost
                > board: ann
                ann is offline since 0, wants idle, gone since 0, lapses at 1800000
            [0] ann connects
                yes
                + employee_connected ann
                > ann: status ann idle, wants idle, cause reconnected
                > board: ann
                ann is idle since 0 at place 1, wants idle, connected
        "#]],
    );
}

#[test]
fn an_intent_lapses_when_nobody_comes_back() {
    story(
        "
        open ann
        ann drops
        wait 1799999
        wait 1
        ann connects
        ann goes idle
        ",
        expect![[r#"
            [0] ann drops
                yes
                + employee_disconnected ann
                ann is idle since 0 at place 0, wants idle, away, may be back by 10000, lapses at 1800000
            [10000] time passes
                yes
                + employee_unreachable ann
                > ann: status ann offline, wants idle, cause connection_lost
                > board: ann
                ann is offline since 10000, wants idle, gone since 10000, lapses at 1800000
            [1800000] time passes
                yes
                + intent_set ann offline by lapsed
                > ann: status ann offline, wants offline, cause connection_lost
                > board: ann
                ann is offline since 10000, wants offline, gone since 10000
            [1800000] ann connects
                yes
                + employee_connected ann
                ann is offline since 10000, wants offline, connected
            [1800000] ann goes idle
                yes: ann idle, wants idle
                + intent_set ann idle by employee
                > ann: status ann idle, wants idle, cause set_by_employee
                > board: ann
                ann is idle since 1800000 at place 1, wants idle, connected
        "#]],
    );
}

#[test]
fn an_intent_set_without_a_device_lapses_too() {
    story(
        "
        open
        quietly admin hires ann
        ann goes idle
        wait 1800000
        ",
        expect![[r#"
            [0] ann goes idle
                yes: ann offline, wants idle
                + intent_set ann idle by employee
                > ann: status ann offline, wants idle, cause set_by_employee
                > board: ann
                ann is offline since 0, wants idle, gone since 0, lapses at 1800000
            [1800000] time passes
                yes
                + intent_set ann offline by lapsed
                > ann: status ann offline, wants offline, cause connection_lost
                > board: ann
                ann is offline since 0, wants offline, gone since 0
        "#]],
    );
}

#[test]
fn an_intent_that_lapses_during_an_offer_declines_it() {
    story(
        "
        open ann delivery_timeout_ms=0 intent_lapse_ms=1000
        zoe books tax
        ann drops
        wait 1000
        ",
        expect![[r#"
            [0] zoe books tax
                yes: b1 offering
                + booking_opened b1 zoe tax
                + offer_made b1.1 ann until 15000
                > ann: offer b1.1
                > zoe: booking b1 offering
                > ann: status ann init, wants idle, cause offer
                > board: b1, ann
                ann is init since 0, wants idle, connected
            [0] ann drops
                yes
                + employee_disconnected ann
                ann is init since 0, wants idle, away, may be back by 10000, lapses at 1000
            [1000] time passes
                yes
                + intent_set ann offline by lapsed
                + offer_closed b1.1 went_offline
                + booking_ended b1 everyone_declined
                > ann: offer_closed b1.1 went_offline
                > zoe: booking b1 unanswered everyone_declined
                > ann: status ann offline, wants offline, cause connection_lost
                > board: b1, ann
                ann is offline since 1000, wants offline, away, may be back by 10000
        "#]],
    );
}

#[test]
fn offline_within_grace_stays_offline() {
    story(
        "
        open ann
        ann drops
        ann goes offline
        wait 10000
        ann connects
        line
        ",
        expect![[r#"
            [0] ann drops
                yes
                + employee_disconnected ann
                ann is idle since 0 at place 0, wants idle, away, may be back by 10000, lapses at 1800000
            [0] ann goes offline
                yes: ann offline, wants offline
                + intent_set ann offline by employee
                > ann: status ann offline, wants offline, cause set_by_employee
                > board: ann
                ann is offline since 0, wants offline, away, may be back by 10000
            [10000] time passes
                yes
                + employee_unreachable ann
                ann is offline since 0, wants offline, gone since 10000
            [10000] ann connects
                yes
                + employee_connected ann
                ann is offline since 0, wants offline, connected
            [10000] line: 
        "#]],
    );
}

#[test]
fn an_employee_goes_offline_and_idle_again_to_the_end_of_the_line() {
    story(
        "
        open ann bob
        ann goes offline
        ann goes offline
        wait 5
        ann goes idle
        line
        ",
        expect![[r#"
            [0] ann goes offline
                yes: ann offline, wants offline
                + intent_set ann offline by employee
                > ann: status ann offline, wants offline, cause set_by_employee
                > board: ann
                ann is offline since 0, wants offline, connected
            [0] ann goes offline
                yes: ann offline, wants offline
            [5] nothing happens
            [5] ann goes idle
                yes: ann idle, wants idle
                + intent_set ann idle by employee
                > ann: status ann idle, wants idle, cause set_by_employee
                > board: ann
                ann is idle since 5 at place 2, wants idle, connected
            [5] line: bob, ann
        "#]],
    );
}

#[test]
fn an_admin_sets_a_status() {
    story(
        "
        open ann bob
        admin sets ann offline
        admin sets ann offline
        admin sets ann idle
        line
        ",
        expect![[r#"
            [0] admin sets ann offline
                yes: ann offline, wants offline
                + intent_set ann offline by admin
                > ann: status ann offline, wants offline, cause set_by_admin
                > board: ann
                ann is offline since 0, wants offline, connected
            [0] admin sets ann offline
                yes: ann offline, wants offline
            [0] admin sets ann idle
                yes: ann idle, wants idle
                + intent_set ann idle by admin
                > ann: status ann idle, wants idle, cause set_by_admin
                > board: ann
                ann is idle since 0 at place 2, wants idle, connected
            [0] line: bob, ann
        "#]],
    );
}

#[test]
fn who_drops_while_asked_is_not_idle_after() {
    story(
        "
        open ann
        zoe books tax
        ann drops
        wait 1000
        zoe cancels b1
        line
        wait 9000
        ",
        expect![[r#"
            [0] zoe books tax
                yes: b1 offering
                + booking_opened b1 zoe tax
                + offer_made b1.1 ann until 15000
                > ann: offer b1.1
                > zoe: booking b1 offering
                > ann: status ann init, wants idle, cause offer
                > board: b1, ann
                ann is init since 0, wants idle, connected
            [0] ann drops
                yes
                + employee_disconnected ann
                ann is init since 0, wants idle, away, may be back by 10000, lapses at 1800000
            [1000] nothing happens
            [1000] zoe cancels b1
                yes: b1 cancelled client_cancelled
                + offer_closed b1.1 client_cancelled
                + booking_ended b1 client_cancelled
                > ann: offer_closed b1.1 client_cancelled
                > zoe: booking b1 cancelled client_cancelled
                > ann: status ann idle, wants idle, cause offer
                > board: b1, ann
                ann is idle since 1000 at place 1, wants idle, away, may be back by 10000, lapses at 1800000
            [1000] line: 
            [10000] time passes
                yes
                + employee_unreachable ann
                > ann: status ann offline, wants idle, cause connection_lost
                > board: ann
                ann is offline since 10000, wants idle, gone since 10000, lapses at 1800000
        "#]],
    );
}

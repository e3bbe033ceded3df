//! Rules on the steps of a route.

use expect_test::expect;

use crate::desk::story;

#[test]
fn each_step_opens_at_its_time_and_stays_open() {
    story(
        r#"
        open ann:tax(5) bob:tax(3) cay:tax max_missed=0 delivery_timeout_ms=0
        quietly admin routes {"routes": [{"steps": [{"level": 5}, {"after_ms": 5000, "level": 3}, {"after_ms": 10000}]}]}
        zoe books tax
        wait 5000
        wait 10000
        "#,
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
            [5000] time passes
                yes
                + step_opened b1 step 2
            [10000] time passes
                yes
                + step_opened b1 step 3
            [15000] time passes
                yes
                + offer_closed b1.1 timed_out
                + offer_made b1.2 bob until 30000
                > ann: offer_closed b1.1 timed_out
                > bob: offer b1.2
                > zoe: booking b1 offering
                > ann: status ann idle, wants idle, cause missed
                > bob: status bob init, wants idle, cause offer
                > board: b1, ann, bob
                ann is idle since 15000 at place 3, wants idle, connected, missed 1
                bob is init since 15000, wants idle, connected
        "#]],
    );
}

#[test]
fn a_step_that_is_open_goes_before_one_that_opened_later() {
    story(
        r#"
        open ann:tax(1) bob:tax(5) delivery_timeout_ms=0
        quietly admin hires cay tax skills=tax:5
        quietly admin routes {"routes": [{"steps": [{"level": 5}, {"after_ms": 1000}]}]}
        zoe books tax
        wait 1000
        quietly cay connects
        quietly cay goes idle
        bob rejects b1.1
        "#,
        expect![[r#"
            [0] zoe books tax
                yes: b1 offering
                + booking_opened b1 zoe tax
                + offer_made b1.1 bob until 15000
                > bob: offer b1.1
                > zoe: booking b1 offering
                > bob: status bob init, wants idle, cause offer
                > board: b1, bob
                bob is init since 0, wants idle, connected
            [1000] time passes
                yes
                + step_opened b1 step 2
            [1000] bob rejects b1.1
                yes: bob idle, wants idle
                + offer_closed b1.1 rejected
                + offer_made b1.2 cay until 16000
                > bob: offer_closed b1.1 rejected
                > cay: offer b1.2
                > zoe: booking b1 offering
                > bob: status bob idle, wants idle, cause declined
                > cay: status cay init, wants idle, cause offer
                > board: b1, bob, cay
                bob is idle since 1000 at place 3, wants idle, connected
                cay is init since 1000, wants idle, connected
        "#]],
    );
}

#[test]
fn without_a_line_the_steps_are_a_list_to_go_down_at_once() {
    story(
        r#"
        open ann:tax(1) delivery_timeout_ms=0
        quietly admin routes {"routes": [{"steps": [{"level": 9}, {"after_ms": 5000, "level": 5}, {"after_ms": 60000}]}]}
        zoe books tax
        ann rejects b1.1
        "#,
        expect![[r#"
            [0] zoe books tax
                yes: b1 offering
                + booking_opened b1 zoe tax
                + step_opened b1 step 2
                + step_opened b1 step 3
                + offer_made b1.1 ann until 15000
                > ann: offer b1.1
                > zoe: booking b1 offering
                > ann: status ann init, wants idle, cause offer
                > board: b1, ann
                ann is init since 0, wants idle, connected
            [0] ann rejects b1.1
                yes: ann idle, wants idle
                + offer_closed b1.1 rejected
                + booking_ended b1 everyone_declined
                > ann: offer_closed b1.1 rejected
                > zoe: booking b1 unanswered everyone_declined
                > ann: status ann idle, wants idle, cause declined
                > board: b1, ann
                ann is idle since 0 at place 1, wants idle, connected
        "#]],
    );
}

#[test]
fn a_step_that_opened_early_shifts_no_other() {
    story(
        r#"
        open ann:tax(5) bob:tax(3) cay:tax max_missed=0 offer_timeout_ms=60000 booking_deadline_ms=100000 delivery_timeout_ms=0
        quietly admin routes {"routes": [{"steps": [{"level": 5}, {"after_ms": 20000, "level": 3}, {"after_ms": 30000, "at_once": 2}]}]}
        zoe books tax
        wait 2000
        ann rejects b1.1
        wait 28000
        "#,
        expect![[r#"
            [0] zoe books tax
                yes: b1 offering
                + booking_opened b1 zoe tax
                + offer_made b1.1 ann until 60000
                > ann: offer b1.1
                > zoe: booking b1 offering
                > ann: status ann init, wants idle, cause offer
                > board: b1, ann
                ann is init since 0, wants idle, connected
            [2000] nothing happens
            [2000] ann rejects b1.1
                yes: ann idle, wants idle
                + offer_closed b1.1 rejected
                + step_opened b1 step 2
                + offer_made b1.2 bob until 62000
                > ann: offer_closed b1.1 rejected
                > bob: offer b1.2
                > zoe: booking b1 offering
                > ann: status ann idle, wants idle, cause declined
                > bob: status bob init, wants idle, cause offer
                > board: b1, ann, bob
                ann is idle since 2000 at place 3, wants idle, connected
                bob is init since 2000, wants idle, connected
            [30000] time passes
                yes
                + step_opened b1 step 3
                + offer_made b1.3 cay until 90000
                > cay: offer b1.3
                > zoe: booking b1 offering
                > cay: status cay init, wants idle, cause offer
                > board: b1, cay
                cay is init since 30000, wants idle, connected
        "#]],
    );
}

#[test]
fn an_employee_who_was_asked_in_one_step_is_not_asked_again_in_another() {
    story(
        r#"
        open ann:tax(5) bob:tax delivery_timeout_ms=0
        quietly admin routes {"routes": [{"steps": [{"level": 5}, {"after_ms": 1000}]}]}
        zoe books tax
        ann rejects b1.1
        bob rejects b1.2
        "#,
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
            [0] ann rejects b1.1
                yes: ann idle, wants idle
                + offer_closed b1.1 rejected
                + step_opened b1 step 2
                + offer_made b1.2 bob until 15000
                > ann: offer_closed b1.1 rejected
                > bob: offer b1.2
                > zoe: booking b1 offering
                > ann: status ann idle, wants idle, cause declined
                > bob: status bob init, wants idle, cause offer
                > board: b1, ann, bob
                ann is idle since 0 at place 2, wants idle, connected
                bob is init since 0, wants idle, connected
            [0] bob rejects b1.2
                yes: bob idle, wants idle
                + offer_closed b1.2 rejected
                + booking_ended b1 everyone_declined
                > bob: offer_closed b1.2 rejected
                > zoe: booking b1 unanswered everyone_declined
                > bob: status bob idle, wants idle, cause declined
                > board: b1, bob
                bob is idle since 0 at place 3, wants idle, connected
        "#]],
    );
}

#[test]
fn a_booking_keeps_the_routing_that_there_was_when_it_opened() {
    story(
        r#"
        open ann:tax(5) bob:tax delivery_timeout_ms=0
        quietly admin routes {"routes": [{"steps": [{"level": 5}, {"after_ms": 1000}]}]}
        quietly zoe books tax
        admin routes {"routes": [{"steps": [{"level": 5}]}]}
        wait 1000
        ann rejects b1.1
        bob rejects b1.2
        zoe books tax
        ann rejects b2.1
        "#,
        expect![[r#"
            [0] admin routes {"routes": [{"steps": [{"level": 5}]}]}
                yes: company Acme
                + routing_set
            [1000] time passes
                yes
                + step_opened b1 step 2
            [1000] ann rejects b1.1
                yes: ann idle, wants idle
                + offer_closed b1.1 rejected
                + offer_made b1.2 bob until 16000
                > ann: offer_closed b1.1 rejected
                > bob: offer b1.2
                > zoe: booking b1 offering
                > ann: status ann idle, wants idle, cause declined
                > bob: status bob init, wants idle, cause offer
                > board: b1, ann, bob
                ann is idle since 1000 at place 2, wants idle, connected
                bob is init since 1000, wants idle, connected
            [1000] bob rejects b1.2
                yes: bob idle, wants idle
                + offer_closed b1.2 rejected
                + booking_ended b1 everyone_declined
                > bob: offer_closed b1.2 rejected
                > zoe: booking b1 unanswered everyone_declined
                > bob: status bob idle, wants idle, cause declined
                > board: b1, bob
                bob is idle since 1000 at place 3, wants idle, connected
            [1000] zoe books tax
                yes: b2 offering
                + booking_opened b2 zoe tax
                + offer_made b2.1 ann until 16000
                > ann: offer b2.1
                > zoe: booking b2 offering
                > ann: status ann init, wants idle, cause offer
                > board: b2, ann
                ann is init since 1000, wants idle, connected
            [1000] ann rejects b2.1
                yes: ann idle, wants idle
                + offer_closed b2.1 rejected
                + booking_ended b2 everyone_declined
                > ann: offer_closed b2.1 rejected
                > zoe: booking b2 unanswered everyone_declined
                > ann: status ann idle, wants idle, cause declined
                > board: b2, ann
                ann is idle since 1000 at place 4, wants idle, connected
        "#]],
    );
}

#[test]
fn after_a_restart_the_same_steps_are_open_and_the_others_keep_their_times() {
    story(
        r#"
        open ann:tax(5) bob:tax(3) cay:tax offer_timeout_ms=60000 delivery_timeout_ms=0
        quietly admin routes {"routes": [{"steps": [{"level": 5}, {"after_ms": 5000, "level": 3, "at_once": 2}, {"after_ms": 10000, "at_once": 3}]}]}
        zoe books tax
        wait 6000
        server resumes ann bob cay zoe
        wait 4000
        "#,
        expect![[r#"
            [0] zoe books tax
                yes: b1 offering
                + booking_opened b1 zoe tax
                + offer_made b1.1 ann until 60000
                > ann: offer b1.1
                > zoe: booking b1 offering
                > ann: status ann init, wants idle, cause offer
                > board: b1, ann
                ann is init since 0, wants idle, connected
            [5000] time passes
                yes
                + step_opened b1 step 2
                + offer_made b1.2 bob until 65000
                > bob: offer b1.2
                > zoe: booking b1 offering
                > bob: status bob init, wants idle, cause offer
                > board: b1, bob
                bob is init since 5000, wants idle, connected
            [6000] server resumes ann bob cay zoe
                yes
                + resumed
                + employee_connected ann
                + employee_connected bob
                + employee_connected cay
                + client_connected zoe
            [10000] time passes
                yes
                + step_opened b1 step 3
                + offer_made b1.3 cay until 70000
                > cay: offer b1.3
                > zoe: booking b1 offering
                > cay: status cay init, wants idle, cause offer
                > board: b1, cay
                cay is init since 10000, wants idle, connected
        "#]],
    );
}

#[test]
fn a_search_waits_for_people_of_any_step_who_may_come_back() {
    story(
        r#"
        open ann:tax(5) bob:tax delivery_timeout_ms=0
        quietly admin routes {"routes": [{"steps": [{"level": 5}, {"after_ms": 60000}]}]}
        quietly bob drops
        zoe books tax
        ann rejects b1.1
        bob connects
        "#,
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
            [0] ann rejects b1.1
                yes: ann idle, wants idle
                + offer_closed b1.1 rejected
                + step_opened b1 step 2
                + search_waits b1 until 10000
                > ann: offer_closed b1.1 rejected
                > ann: status ann idle, wants idle, cause declined
                > board: ann
                ann is idle since 0 at place 2, wants idle, connected
            [0] bob connects
                yes
                + employee_connected bob
                + offer_made b1.2 bob until 15000
                > bob: offer b1.2
                > zoe: booking b1 offering
                > bob: status bob init, wants idle, cause offer
                > board: b1, bob
                bob is init since 0, wants idle, connected
        "#]],
    );
}

#[test]
fn routing_that_is_set_again_the_same_changes_nothing_and_the_default_takes_it_back() {
    story(
        r#"
        open ann delivery_timeout_ms=0
        admin routes {"routes": [{"steps": [{"level": 2}]}]}
        admin routes {"routes": [{"steps": [{"level": 2}]}]}
        admin routes {}
        zoe books tax
        "#,
        expect![[r#"
            [0] admin routes {"routes": [{"steps": [{"level": 2}]}]}
                yes: company Acme
                + routing_set
            [0] admin routes {"routes": [{"steps": [{"level": 2}]}]}
                yes: company Acme
            [0] admin routes {}
                yes: company Acme
                + routing_set
            [0] zoe books tax
                yes: b1 offering
                + booking_opened b1 zoe tax
                + offer_made b1.1 ann until 15000
                > ann: offer b1.1
                > zoe: booking b1 offering
                > ann: status ann init, wants idle, cause offer
                > board: b1, ann
                ann is init since 0, wants idle, connected
        "#]],
    );
}

//! Rules on lines over time: restarts, changes midway and the ends of waits.

use expect_test::expect;

use crate::desk::story;

#[test]
fn the_time_of_the_first_wait_does_not_change_with_offers_in_between() {
    story(
        r#"
        open ann bob delivery_timeout_ms=0
        quietly admin routes {"routes": [{"steps": [{}], "wait": {"max_ms": 60000}}]}
        quietly xia books tax
        quietly ann accepts b1.1
        quietly yan books tax
        quietly bob accepts b2.1
        wait 1000
        quietly zoe books tax
        see b3
        wait 1000
        quietly yan ends s2
        see b3
        bob rejects b3.1
        see b3
        "#,
        expect![[r#"
            [1000] nothing happens
            [1000] see b3: b3 waiting at 1 since 1000 until 61000, 2 on duty, step 1
            [2000] nothing happens
            [2000] see b3: b3 offering
            [2000] bob rejects b3.1
                yes: bob idle, wants idle
                + offer_closed b3.1 rejected
                + booking_waits b3 place 1
                > bob: offer_closed b3.1 rejected
                > zoe: booking b3 waiting at 1 since 1000 until 61000, 2 on duty, step 1
                > bob: status bob idle, wants idle, cause declined
                > board: b3, bob
                bob is idle since 2000 at place 3, wants idle, connected
            [2000] see b3: b3 waiting at 1 since 1000 until 61000, 2 on duty, step 1
        "#]],
    );
}

#[test]
fn a_client_may_wait_for_less_and_not_at_all() {
    story(
        r#"
        open ann delivery_timeout_ms=0
        quietly admin routes {"routes": [{"steps": [{}], "wait": {"max_ms": 60000}}]}
        quietly xia books tax
        quietly ann accepts b1.1
        yan books tax wait=5000
        zoe books tax wait=0
        wait 5000
        "#,
        expect![[r#"
            [0] yan books tax wait=5000
                yes: b2 waiting at 1 since 0 until 5000, 1 on duty, step 1
                + booking_opened b2 yan tax wait 5000
                + booking_waits b2 place 1
                > yan: booking b2 waiting at 1 since 0 until 5000, 1 on duty, step 1
                > board: b2
            [0] zoe books tax wait=0
                no: no_idle_employee named by nobody
            [5000] time passes
                yes
                + booking_ended b2 waited_too_long
                > yan: booking b2 expired waited_too_long
                > board: b2
        "#]],
    );
}

#[test]
fn a_step_opens_early_in_a_line_when_nobody_on_duty_fits_those_before() {
    story(
        r#"
        open ann:tax(5) bob:tax delivery_timeout_ms=0 employee_grace_ms=1000
        quietly admin routes {"routes": [{"steps": [{"level": 5}, {"after_ms": 50000}], "wait": {"max_ms": 100000}}]}
        quietly bob goes offline
        quietly xia books tax
        quietly ann accepts b1.1
        quietly bob goes idle
        yan books tax
        ann goes offline
        "#,
        expect![[r#"
            [0] yan books tax
                yes: b2 waiting at 1 since 0 until 100000, 1 on duty, step 1
                + booking_opened b2 yan tax
                + booking_waits b2 place 1
                > yan: booking b2 waiting at 1 since 0 until 100000, 1 on duty, step 1
                > board: b2
            [0] ann goes offline
                yes: ann busy, wants offline
                + intent_set ann offline by employee
                + step_opened b2 step 2
                + offer_made b2.1 bob until 15000
                > ann: status ann busy, wants offline, cause set_by_employee
                > bob: offer b2.1
                > yan: booking b2 offering
                > bob: status bob init, wants idle, cause offer
                > board: ann, b2, bob
                ann is busy since 0, wants offline, connected
                bob is init since 0, wants idle, connected
        "#]],
    );
}

#[test]
fn after_a_restart_those_who_wait_wait_in_the_same_order_and_the_first_in_line_is_asked_first() {
    story(
        r#"
        open ann bob delivery_timeout_ms=0
        quietly admin routes {"routes": [{"steps": [{}], "wait": {"max_ms": 600000}}]}
        quietly xia books tax
        quietly ann accepts b1.1
        quietly xun books tax
        quietly bob accepts b2.1
        quietly yan books tax
        quietly zoe books tax
        quietly ann drops
        quietly xia ends s1
        server resumes ann zoe bob yan xun
        see b3
        see b4
        server restarts
        wait 5000
        zoe connects
        ann connects
        yan connects
        bob connects
        xun ends s2
        "#,
        expect![[r#"
            [0] server resumes ann zoe bob yan xun
                yes
                + resumed
                + employee_connected ann
                + client_connected zoe
                + employee_connected bob
                + client_connected yan
                + client_connected xun
                + offer_made b3.1 ann until 15000
                > ann: offer b3.1
                > yan: booking b3 offering
                > ann: status ann init, wants idle, cause offer
                > board: b3, ann
                ann is init since 0, wants idle, connected
            [0] see b3: b3 offering
            [0] see b4: b4 waiting at 1 since 0 until 600000, 2 on duty, step 1
            [0] server restarts
                yes
                + resumed
                ann is init since 0, wants idle, away, may be back by 10000, lapses at 1800000
                bob is busy since 0, wants idle, away, may be back by 10000, lapses at 1800000
            [5000] nothing happens
            [5000] zoe connects
                yes
                + client_connected zoe
            [5000] ann connects
                yes
                + employee_connected ann
                ann is init since 0, wants idle, connected
            [5000] yan connects
                yes
                + client_connected yan
            [5000] bob connects
                yes
                + employee_connected bob
                bob is busy since 0, wants idle, connected
            [5000] xun ends s2
                yes: s2 ended by client
                + session_ended s2 client
                + offer_made b4.1 bob until 20000
                > s2: ended s2 ended by client
                > bob: session s2 ended by client
                > xun: booking b2 assigned s2
                > bob: status bob init, wants idle, cause session_ended
                > bob: offer b4.1
                > zoe: booking b4 offering
                > bob: status bob init, wants idle, cause offer
                > board: s2, b2, b4, bob
                bob is init since 5000, wants idle, connected
        "#]],
    );
}

#[test]
fn a_changed_fit_enters_the_line_at_once() {
    story(
        r#"
        open ann:tax bob:law delivery_timeout_ms=0
        quietly admin routes {"routes": [{"steps": [{"level": 3}], "wait": {"max_ms": 600000, "empty": true}}]}
        yan books tax
        zoe books tax
        admin hires ann tax(3)
        admin hires bob tax(2)
        admin hires bob tax(5) law
        "#,
        expect![[r#"
            [0] yan books tax
                yes: b1 waiting at 1 since 0 until 600000, 0 on duty, step 1
                + booking_opened b1 yan tax
                + booking_waits b1 place 1
                > yan: booking b1 waiting at 1 since 0 until 600000, 0 on duty, step 1
                > board: b1
            [0] zoe books tax
                yes: b2 waiting at 2 since 0 until 600000, 0 on duty, step 1
                + booking_opened b2 zoe tax
                + booking_waits b2 place 2
                > zoe: booking b2 waiting at 2 since 0 until 600000, 0 on duty, step 1
                > board: b2
            [0] admin hires ann tax(3)
                yes: ann init, wants idle
                + employee_set ann `ANN` [tax] {tax: Level(3)}
                + offer_made b1.1 ann until 15000
                > ann: offer b1.1
                > yan: booking b1 offering
                > ann: status ann init, wants idle, cause offer
                > board: b1, ann
                ann is init since 0, wants idle, connected
            [0] admin hires bob tax(2)
                yes: bob idle, wants idle
                + employee_set bob `BOB` [tax] {tax: Level(2)}
                > board: bob
            [0] admin hires bob tax(5) law
                yes: bob init, wants idle
                + employee_set bob `BOB` [law, tax] {tax: Level(5)}
                + offer_made b2.1 bob until 15000
                > bob: offer b2.1
                > zoe: booking b2 offering
                > bob: status bob init, wants idle, cause offer
                > board: b2, bob
                bob is init since 0, wants idle, connected
        "#]],
    );
}

#[test]
fn a_removed_company_ends_all_that_waits() {
    story(
        r#"
        open ann delivery_timeout_ms=0
        quietly admin routes {"routes": [{"steps": [{}], "wait": {"max_ms": 600000}}]}
        quietly xia books tax
        quietly yan books tax
        admin removes company
        "#,
        expect![[r#"
            [0] admin removes company
                yes
                + offer_closed b1.1 withdrawn_by_admin
                + booking_ended b1 closed_by_admin
                + booking_ended b2 closed_by_admin
                + access_revoked everybody before 0
                + company_removed
                > ann: offer_closed b1.1 withdrawn_by_admin
                > xia: booking b1 cancelled closed_by_admin
                > yan: booking b2 cancelled closed_by_admin
                > everybody: company gone
                > board: b1, b2
        "#]],
    );
}

#[test]
fn routing_that_is_replaced_leaves_those_who_wait_and_both_stand_in_one_order() {
    story(
        r#"
        open ann:tax(2) delivery_timeout_ms=0
        quietly admin routes {"routes": [{"steps": [{"level": 2}], "wait": {"max_ms": 600000}}]}
        quietly xia books tax
        quietly ann accepts b1.1
        yan books tax
        quietly admin routes {"routes": [{"steps": [{}], "wait": {"max_ms": 30000}}]}
        zoe books tax
        xia ends s1
        quietly admin routes {}
        wait 15000
        "#,
        expect![[r#"
            [0] yan books tax
                yes: b2 waiting at 1 since 0 until 600000, 1 on duty, step 1
                + booking_opened b2 yan tax
                + booking_waits b2 place 1
                > yan: booking b2 waiting at 1 since 0 until 600000, 1 on duty, step 1
                > board: b2
            [0] zoe books tax
                yes: b3 waiting at 2 since 0 until 30000, 1 on duty, step 1
                + booking_opened b3 zoe tax
                + booking_waits b3 place 2
                > zoe: booking b3 waiting at 2 since 0 until 30000, 1 on duty, step 1
                > board: b3
            [0] xia ends s1
                yes: s1 ended by client
                + session_ended s1 client
                + offer_made b2.1 ann until 15000
                > s1: ended s1 ended by client
                > ann: session s1 ended by client
                > xia: booking b1 assigned s1
                > ann: status ann init, wants idle, cause session_ended
                > ann: offer b2.1
                > yan: booking b2 offering
                > ann: status ann init, wants idle, cause offer
                > board: s1, b1, b2, ann
                ann is init since 0, wants idle, connected
            [15000] time passes
                yes
                + offer_closed b2.1 timed_out
                + booking_ended b2 nobody_left
                + offer_made b3.1 ann until 30000
                > ann: offer_closed b2.1 timed_out
                > yan: booking b2 unanswered nobody_left
                > ann: status ann init, wants idle, cause missed
                > ann: offer b3.1
                > zoe: booking b3 offering
                > ann: status ann init, wants idle, cause offer
                > board: b2, b3, ann
                ann is init since 15000, wants idle, connected, missed 1
        "#]],
    );
}

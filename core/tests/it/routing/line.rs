//! Rules on clients who wait in the line.

use expect_test::expect;

use crate::desk::story;

#[test]
fn a_line_as_it_is_told() {
    story(
        r#"
        open ann:tax(5) bob:tax delivery_timeout_ms=0 max_missed=0
        quietly admin routes {"routes": [{"steps": [{"level": 5}, {"after_ms": 20000}], "wait": {"max_ms": 600000}}]}
        quietly bob goes offline
        quietly yan books tax
        quietly ann accepts b1.1
        quietly bob goes idle
        wait 1000
        zoe books tax
        wait 20000
        wait 500
        bob rejects b2.1
        wait 3500
        xia books tax
        wait 5000
        yan ends s1
        wait 15000
        "#,
        expect![[r#"
            [1000] nothing happens
            [1000] zoe books tax
                yes: b2 waiting at 1 since 1000 until 601000, 1 on duty, step 1
                + booking_opened b2 zoe tax
                + booking_waits b2 place 1
                > zoe: booking b2 waiting at 1 since 1000 until 601000, 1 on duty, step 1
                > board: b2
            [21000] time passes
                yes
                + step_opened b2 step 2
                + offer_made b2.1 bob until 36000
                > bob: offer b2.1
                > zoe: booking b2 offering
                > bob: status bob init, wants idle, cause offer
                > board: b2, bob
                bob is init since 21000, wants idle, connected
            [21500] nothing happens
            [21500] bob rejects b2.1
                yes: bob idle, wants idle
                + offer_closed b2.1 rejected
                + booking_waits b2 place 1
                > bob: offer_closed b2.1 rejected
                > zoe: booking b2 waiting at 1 since 1000 until 601000, 2 on duty, step 2
                > bob: status bob idle, wants idle, cause declined
                > board: b2, bob
                bob is idle since 21500 at place 3, wants idle, connected
            [25000] nothing happens
            [25000] xia books tax
                yes: b3 waiting at 2 since 25000 until 625000, 1 on duty, step 1
                + booking_opened b3 xia tax
                + booking_waits b3 place 2
                > xia: booking b3 waiting at 2 since 25000 until 625000, 1 on duty, step 1
                > board: b3
            [30000] nothing happens
            [30000] yan ends s1
                yes: s1 ended by client
                + session_ended s1 client
                + offer_made b2.2 ann until 45000
                > s1: ended s1 ended by client
                > ann: session s1 ended by client
                > yan: booking b1 assigned s1
                > ann: status ann init, wants idle, cause session_ended
                > ann: offer b2.2
                > zoe: booking b2 offering
                > ann: status ann init, wants idle, cause offer
                > board: s1, b1, b2, ann
                ann is init since 30000, wants idle, connected
            [45000] time passes
                yes
                + offer_closed b2.2 timed_out
                + booking_ended b2 nobody_left
                + offer_made b3.1 ann until 60000
                + step_opened b3 step 2
                > ann: offer_closed b2.2 timed_out
                > zoe: booking b2 unanswered nobody_left
                > ann: status ann init, wants idle, cause missed
                > ann: offer b3.1
                > xia: booking b3 offering
                > ann: status ann init, wants idle, cause offer
                > board: b2, b3, ann
                ann is init since 45000, wants idle, connected, missed 1
        "#]],
    );
}

#[test]
fn without_a_line_a_booking_that_nobody_can_take_is_refused() {
    story(
        r#"
        open ann delivery_timeout_ms=0
        quietly admin routes {"routes": [{"topics": ["law"], "steps": [{}], "wait": {"max_ms": 60000}}]}
        quietly zoe books tax
        yan books tax
        yan books law
        "#,
        expect![[r#"
            [0] yan books tax
                no: no_idle_employee named by nobody
            [0] yan books law
                yes: b2 waiting at 1 since 0 until 60000, 1 on duty, step 1
                + booking_opened b2 yan law
                + booking_waits b2 place 1
                > yan: booking b2 waiting at 1 since 0 until 60000, 1 on duty, step 1
                > board: b2
        "#]],
    );
}

#[test]
fn a_full_line_refuses_and_so_does_a_line_without_anybody_on_duty_unless_it_may_be_empty() {
    story(
        r#"
        open ann delivery_timeout_ms=0
        quietly admin routes {"routes": [{"topics": ["tax"], "steps": [{}], "wait": {"max_ms": 60000, "max_length": 1}}, {"topics": ["law"], "steps": [{}], "wait": {"max_ms": 60000, "empty": true}}]}
        quietly zoe books tax
        availability
        yan books tax
        availability
        xia books tax
        quietly yan cancels b2
        quietly zoe cancels b1
        ann goes offline
        yan books tax
        yan books law
        "#,
        expect![[r#"
            [0] availability: false (0)
            [0] yan books tax
                yes: b2 waiting at 1 since 0 until 60000, 1 on duty, step 1
                + booking_opened b2 yan tax
                + booking_waits b2 place 1
                > yan: booking b2 waiting at 1 since 0 until 60000, 1 on duty, step 1
                > board: b2
            [0] availability: false (0, 1 wait)
            [0] xia books tax
                no: line_full 1
            [0] ann goes offline
                yes: ann offline, wants offline
                + intent_set ann offline by employee
                > ann: status ann offline, wants offline, cause set_by_employee
                > board: ann
                ann is offline since 0, wants offline, connected
            [0] yan books tax
                no: no_idle_employee named by nobody
            [0] yan books law
                yes: b3 waiting at 1 since 0 until 60000, 0 on duty, step 1
                + booking_opened b3 yan law
                + booking_waits b3 place 1
                > yan: booking b3 waiting at 1 since 0 until 60000, 0 on duty, step 1
                > board: b3
        "#]],
    );
}

#[test]
fn a_wait_that_is_too_long_ends_as_such_and_an_offer_that_is_open_goes_on() {
    story(
        r#"
        open ann bob delivery_timeout_ms=0 offer_timeout_ms=20000
        quietly admin routes {"routes": [{"steps": [{}], "wait": {"max_ms": 30000}}]}
        quietly xia books tax
        quietly ann accepts b1.1
        quietly yan books tax
        quietly bob accepts b2.1
        quietly zoe books tax
        wait 20000
        quietly xia ends s1
        see b3
        wait 10000
        ann accepts b3.1
        quietly zia books tax
        wait 30000
        "#,
        expect![[r#"
            [20000] nothing happens
            [20000] see b3: b3 offering
            [30000] nothing happens
            [30000] ann accepts b3.1
                yes: s3 running, client out, employee out
                + offer_accepted b3.1 s3
                > ann: offer_closed b3.1 accepted
                > zoe: booking b3 assigned s3
                > ann: session s3 running, client out, employee out
                > ann: status ann busy, wants idle, cause session_started
                > board: b3, s3, ann
                ann is busy since 30000, wants idle, connected
            [60000] time passes
                yes
                + booking_ended b4 waited_too_long
                > zia: booking b4 expired waited_too_long
                > board: b4
        "#]],
    );
}

#[test]
fn a_decline_keeps_the_rank_and_when_everybody_on_duty_said_no_it_ends() {
    story(
        r#"
        open ann bob delivery_timeout_ms=0
        quietly admin routes {"routes": [{"steps": [{}], "wait": {"max_ms": 60000}}]}
        quietly xia books tax
        quietly ann accepts b1.1
        quietly yan books tax
        quietly zoe books tax
        wait 100
        bob rejects b2.1
        quietly wait 100
        quietly bob rejects b3.1
        see b2
        see b3
        xia ends s1
        ann rejects b2.2
        "#,
        expect![[r#"
            [100] nothing happens
            [100] bob rejects b2.1
                yes: bob init, wants idle
                + offer_closed b2.1 rejected
                + booking_waits b2 place 1
                + offer_made b3.1 bob until 15100
                > bob: offer_closed b2.1 rejected
                > yan: booking b2 waiting at 1 since 100 until 60000, 2 on duty, step 1
                > bob: status bob init, wants idle, cause declined
                > bob: offer b3.1
                > zoe: booking b3 offering
                > bob: status bob init, wants idle, cause offer
                > board: b2, b3, bob
                bob is init since 100, wants idle, connected
            [200] see b2: b2 waiting at 1 since 100 until 60000, 2 on duty, step 1
            [200] see b3: b3 waiting at 2 since 0 until 60000, 2 on duty, step 1
            [200] xia ends s1
                yes: s1 ended by client
                + session_ended s1 client
                + offer_made b2.2 ann until 15200
                > s1: ended s1 ended by client
                > ann: session s1 ended by client
                > xia: booking b1 assigned s1
                > ann: status ann init, wants idle, cause session_ended
                > ann: offer b2.2
                > yan: booking b2 offering
                > ann: status ann init, wants idle, cause offer
                > board: s1, b1, b2, ann
                ann is init since 200, wants idle, connected
            [200] ann rejects b2.2
                yes: ann init, wants idle
                + offer_closed b2.2 rejected
                + booking_ended b2 everyone_declined
                + offer_made b3.2 ann until 15200
                > ann: offer_closed b2.2 rejected
                > yan: booking b2 unanswered everyone_declined
                > ann: status ann init, wants idle, cause declined
                > ann: offer b3.2
                > zoe: booking b3 offering
                > ann: status ann init, wants idle, cause offer
                > board: b2, b3, ann
        "#]],
    );
}

#[test]
fn an_employee_asks_the_first_in_rank_whom_they_can_take_and_passes_over_the_others() {
    story(
        r#"
        open ann:tax delivery_timeout_ms=0
        quietly admin hires ann tax law
        quietly admin hires bob fin
        quietly bob connects
        quietly bob goes idle
        quietly admin routes {"routes": [{"steps": [{}], "wait": {"max_ms": 60000}}]}
        quietly xia books law
        quietly ann accepts b1.1
        quietly yan books fin
        quietly bob accepts b2.1
        yun books fin
        zoe books tax
        xia ends s1
        "#,
        expect![[r#"
            [0] yun books fin
                yes: b3 waiting at 1 since 0 until 60000, 1 on duty, step 1
                + booking_opened b3 yun fin
                + booking_waits b3 place 1
                > yun: booking b3 waiting at 1 since 0 until 60000, 1 on duty, step 1
                > board: b3
            [0] zoe books tax
                yes: b4 waiting at 1 since 0 until 60000, 1 on duty, step 1
                + booking_opened b4 zoe tax
                + booking_waits b4 place 1
                > zoe: booking b4 waiting at 1 since 0 until 60000, 1 on duty, step 1
                > board: b4
            [0] xia ends s1
                yes: s1 ended by client
                + session_ended s1 client
                + offer_made b4.1 ann until 15000
                > s1: ended s1 ended by client
                > ann: session s1 ended by client
                > xia: booking b1 assigned s1
                > ann: status ann init, wants idle, cause session_ended
                > ann: offer b4.1
                > zoe: booking b4 offering
                > ann: status ann init, wants idle, cause offer
                > board: s1, b1, b4, ann
                ann is init since 0, wants idle, connected
        "#]],
    );
}

#[test]
fn the_only_employee_who_said_no_is_asked_again_after_the_time_and_not_before() {
    story(
        r#"
        open ann delivery_timeout_ms=0
        quietly admin routes {"ask_again_ms": 60000, "routes": [{"steps": [{}], "wait": {"max_ms": 600000}}]}
        quietly zoe books tax
        ann rejects b1.1
        quietly ann goes offline
        quietly ann goes idle
        wait 60000
        ann rejects b1.2
        quietly ann goes offline
        wait 60000
        ann goes idle
        "#,
        expect![[r#"
            [0] ann rejects b1.1
                yes: ann idle, wants idle
                + offer_closed b1.1 rejected
                + booking_waits b1 place 1
                > ann: offer_closed b1.1 rejected
                > zoe: booking b1 waiting at 1 since 0 until 600000, 1 on duty, step 1
                > ann: status ann idle, wants idle, cause declined
                > board: b1, ann
                ann is idle since 0 at place 1, wants idle, connected
            [60000] time passes
                yes
                + ask_again_due b1
                + offer_made b1.2 ann until 75000
                > ann: offer b1.2
                > zoe: booking b1 offering
                > ann: status ann init, wants idle, cause offer
                > board: b1, ann
                ann is init since 60000, wants idle, connected
            [60000] ann rejects b1.2
                yes: ann idle, wants idle
                + offer_closed b1.2 rejected
                + booking_waits b1 place 1
                > ann: offer_closed b1.2 rejected
                > zoe: booking b1 waiting at 1 since 0 until 600000, 1 on duty, step 1
                > ann: status ann idle, wants idle, cause declined
                > board: b1, ann
                ann is idle since 60000 at place 3, wants idle, connected
            [120000] time passes
                yes
                + ask_again_due b1
            [120000] ann goes idle
                yes: ann init, wants idle
                + intent_set ann idle by employee
                + offer_made b1.3 ann until 135000
                > ann: status ann init, wants idle, cause set_by_employee
                > ann: offer b1.3
                > zoe: booking b1 offering
                > ann: status ann init, wants idle, cause offer
                > board: b1, ann
                ann is init since 120000, wants idle, connected
        "#]],
    );
}

#[test]
fn when_the_last_on_duty_goes_those_who_wait_go_on_waiting_until_their_time() {
    story(
        r#"
        open ann bob:law delivery_timeout_ms=0 employee_grace_ms=1000
        quietly admin routes {"routes": [{"steps": [{}], "wait": {"max_ms": 30000}}]}
        quietly xia books tax
        quietly ann accepts b1.1
        quietly yan books tax
        ann goes offline
        see b2
        xia ends s1
        wait 30000
        "#,
        expect![[r#"
            [0] ann goes offline
                yes: ann busy, wants offline
                + intent_set ann offline by employee
                > ann: status ann busy, wants offline, cause set_by_employee
                > board: ann
                ann is busy since 0, wants offline, connected
            [0] see b2: b2 waiting at 1 since 0 until 30000, 0 on duty, step 1
            [0] xia ends s1
                yes: s1 ended by client
                + session_ended s1 client
                > s1: ended s1 ended by client
                > ann: session s1 ended by client
                > xia: booking b1 assigned s1
                > ann: status ann offline, wants offline, cause session_ended
                > board: s1, b1, ann
                ann is offline since 0, wants offline, connected
            [30000] time passes
                yes
                + booking_ended b2 waited_too_long
                > yan: booking b2 expired waited_too_long
                > board: b2
        "#]],
    );
}

#[test]
fn a_client_who_is_gone_keeps_the_rank_and_is_not_asked_for() {
    story(
        r#"
        open ann delivery_timeout_ms=0
        quietly admin routes {"routes": [{"steps": [{}], "wait": {"max_ms": 60000}}]}
        quietly xia books tax
        quietly ann accepts b1.1
        quietly yan books tax
        quietly zoe books tax
        yan drops
        see b2
        xia ends s1
        quietly ann rejects b3.1
        yan connects
        yan drops
        ann rejects b2.1
        wait 15000
        "#,
        expect![[r#"
            [0] yan drops
                yes
                + client_disconnected yan
            [0] see b2: b2 waiting at 1 since 0 until 60000, 1 on duty, step 1
            [0] xia ends s1
                yes: s1 ended by client
                + session_ended s1 client
                + offer_made b3.1 ann until 15000
                > s1: ended s1 ended by client
                > ann: session s1 ended by client
                > xia: booking b1 assigned s1
                > ann: status ann init, wants idle, cause session_ended
                > ann: offer b3.1
                > zoe: booking b3 offering
                > ann: status ann init, wants idle, cause offer
                > board: s1, b1, b3, ann
                ann is init since 0, wants idle, connected
            [0] yan connects
                yes
                + client_connected yan
                + offer_made b2.1 ann until 15000
                > ann: offer b2.1
                > yan: booking b2 offering
                > ann: status ann init, wants idle, cause offer
                > board: b2, ann
                ann is init since 0, wants idle, connected
            [0] yan drops
                yes
                + client_disconnected yan
            [0] ann rejects b2.1
                yes: ann idle, wants idle
                + offer_closed b2.1 rejected
                + booking_ended b2 everyone_declined
                > ann: offer_closed b2.1 rejected
                > yan: booking b2 unanswered everyone_declined
                > ann: status ann idle, wants idle, cause declined
                > board: b2, ann
                ann is idle since 0 at place 3, wants idle, connected
            [15000] nothing happens
        "#]],
    );
}

#[test]
fn a_cancel_while_it_waits_ends_it_and_an_admin_s_too() {
    story(
        r#"
        open ann delivery_timeout_ms=0
        quietly admin routes {"routes": [{"steps": [{}], "wait": {"max_ms": 60000}}]}
        quietly xia books tax
        quietly ann accepts b1.1
        quietly yan books tax
        quietly zoe books tax
        yan cancels b2
        see b3
        admin cancels b3
        see today
        "#,
        expect![[r#"
            [0] yan cancels b2
                yes: b2 cancelled client_cancelled
                + booking_ended b2 client_cancelled
                > yan: booking b2 cancelled client_cancelled
                > board: b2
            [0] see b3: b3 waiting at 1 since 0 until 60000, 1 on duty, step 1
            [0] admin cancels b3
                yes: b3 cancelled closed_by_admin
                + booking_ended b3 closed_by_admin
                > zoe: booking b3 cancelled closed_by_admin
                > board: b3
            [0] see today: day 0, 3 booked, 1 assigned, 0 unanswered, 2 cancelled, 0 expired, 0 ended
        "#]],
    );
}

#[test]
fn the_same_key_again_while_it_waits_is_the_same_booking_and_after_a_refusal_a_new_try() {
    story(
        r#"
        open ann delivery_timeout_ms=0
        quietly admin routes {"routes": [{"steps": [{}], "wait": {"max_ms": 60000, "max_length": 1}}]}
        quietly xia books tax
        quietly ann accepts b1.1
        yan books tax key=k1
        zoe books tax key=k2
        yan books tax key=k1
        quietly yan cancels b2
        zoe books tax key=k2
        "#,
        expect![[r#"
            [0] yan books tax key=k1
                yes: b2 waiting at 1 since 0 until 60000, 1 on duty, step 1
                + booking_opened b2 yan tax key k1
                + booking_waits b2 place 1
                > yan: booking b2 waiting at 1 since 0 until 60000, 1 on duty, step 1
                > board: b2
            [0] zoe books tax key=k2
                no: line_full 1
            [0] yan books tax key=k1
                yes: b2 waiting at 1 since 0 until 60000, 1 on duty, step 1
            [0] zoe books tax key=k2
                yes: b3 waiting at 1 since 0 until 60000, 1 on duty, step 1
                + booking_opened b3 zoe tax key k2
                + booking_waits b3 place 1
                > zoe: booking b3 waiting at 1 since 0 until 60000, 1 on duty, step 1
                > board: b3
        "#]],
    );
}

//! Rules on the priority of bookings.

use expect_test::expect;

use crate::desk::story;

#[test]
fn two_points_of_priority_stand_where_a_booking_stands_that_came_two_minutes_earlier() {
    story(
        r#"
        open ann delivery_timeout_ms=0 booking_deadline_ms=10000000
        quietly admin routes {"routes": [{"steps": [{}], "wait": {"max_ms": 6000000}}]}
        quietly xia books tax
        quietly ann accepts b1.1
        quietly yan books tax
        wait 119999
        zoe books tax priority=2
        wait 2
        zia books tax priority=2
        see b2
        see b3
        see b4
        xia ends s1
        "#,
        expect![[r#"
            [119999] nothing happens
            [119999] zoe books tax priority=2
                yes: b3 waiting at 1 since 119999 until 6119999, 1 on duty, step 1
                + booking_opened b3 zoe tax priority 2
                + booking_waits b3 place 1
                > zoe: booking b3 waiting at 1 since 119999 until 6119999, 1 on duty, step 1
                > board: b3
            [120001] nothing happens
            [120001] zia books tax priority=2
                yes: b4 waiting at 3 since 120001 until 6120001, 1 on duty, step 1
                + booking_opened b4 zia tax priority 2
                + booking_waits b4 place 3
                > zia: booking b4 waiting at 3 since 120001 until 6120001, 1 on duty, step 1
                > board: b4
            [120001] see b2: b2 waiting at 2 since 0 until 6000000, 1 on duty, step 1
            [120001] see b3: b3 waiting at 1 since 119999 until 6119999, 1 on duty, step 1
            [120001] see b4: b4 waiting at 3 since 120001 until 6120001, 1 on duty, step 1
            [120001] xia ends s1
                yes: s1 ended by client
                + session_ended s1 client
                + offer_made b3.1 ann until 135001
                > s1: ended s1 ended by client
                > ann: session s1 ended by client
                > xia: booking b1 assigned s1
                > ann: status ann init, wants idle, cause session_ended
                > ann: offer b3.1
                > zoe: booking b3 offering
                > ann: status ann init, wants idle, cause offer
                > board: s1, b1, b3, ann
                ann is init since 120001, wants idle, connected
        "#]],
    );
}

#[test]
fn whoever_waited_longer_than_ten_points_are_worth_is_passed_by_nobody() {
    story(
        r#"
        open ann delivery_timeout_ms=0 booking_deadline_ms=10000000
        quietly admin routes {"priority_ms": 1000, "routes": [{"steps": [{}], "wait": {"max_ms": 6000000}}]}
        quietly xia books tax
        quietly ann accepts b1.1
        quietly yan books tax
        quietly wait 10001
        zoe books tax priority=10
        see b2
        "#,
        expect![[r#"
            [10001] zoe books tax priority=10
                yes: b3 waiting at 2 since 10001 until 6010001, 1 on duty, step 1
                + booking_opened b3 zoe tax priority 10
                + booking_waits b3 place 2
                > zoe: booking b3 waiting at 2 since 10001 until 6010001, 1 on duty, step 1
                > board: b3
            [10001] see b2: b2 waiting at 1 since 0 until 6000000, 1 on duty, step 1
        "#]],
    );
}

#[test]
fn without_a_head_start_priority_does_nothing() {
    story(
        r#"
        open ann delivery_timeout_ms=0
        quietly admin routes {"priority_ms": 0, "routes": [{"steps": [{}], "priority": 3, "wait": {"max_ms": 600000}}]}
        quietly xia books tax
        quietly ann accepts b1.1
        quietly yan books tax
        zoe books tax priority=10
        "#,
        expect![[r#"
            [0] zoe books tax priority=10
                yes: b3 waiting at 2 since 0 until 600000, 1 on duty, step 1
                + booking_opened b3 zoe tax priority 10
                + booking_waits b3 place 2
                > zoe: booking b3 waiting at 2 since 0 until 600000, 1 on duty, step 1
                > board: b3
        "#]],
    );
}

#[test]
fn the_priority_is_the_route_s_where_the_token_has_none() {
    story(
        r#"
        open ann delivery_timeout_ms=0
        quietly admin routes {"routes": [{"topics": ["law"], "priority": 3, "steps": [{}], "wait": {"max_ms": 600000}}, {"steps": [{}], "wait": {"max_ms": 600000}}]}
        quietly xia books tax
        quietly ann accepts b1.1
        quietly wait 1000
        quietly yan books tax
        quietly zoe books law
        quietly zia books law priority=0
        xia ends s1
        "#,
        expect![[r#"
            [1000] xia ends s1
                yes: s1 ended by client
                + session_ended s1 client
                + offer_made b3.1 ann until 16000
                > s1: ended s1 ended by client
                > ann: session s1 ended by client
                > xia: booking b1 assigned s1
                > ann: status ann init, wants idle, cause session_ended
                > ann: offer b3.1
                > zoe: booking b3 offering
                > ann: status ann init, wants idle, cause offer
                > board: s1, b1, b3, ann
                ann is init since 1000, wants idle, connected
        "#]],
    );
}

#[test]
fn a_changed_priority_ranks_by_the_arrival_and_zero_takes_it_back() {
    story(
        r#"
        open ann delivery_timeout_ms=0
        quietly admin routes {"routes": [{"steps": [{}], "wait": {"max_ms": 600000}}]}
        quietly xia books tax
        quietly ann accepts b1.1
        quietly yan books tax
        quietly wait 1000
        quietly zoe books tax
        admin ranks b3 1
        see b2
        admin ranks b3 1
        admin ranks b3 0
        see b3
        admin ranks b1 1
        quietly admin routes {}
        "#,
        expect![[r#"
            [1000] admin ranks b3 1
                yes: b3 waiting at 1 since 1000 until 601000, 1 on duty, step 1
                + booking_changed b3 priority 1
                > zoe: booking b3 waiting at 1 since 1000 until 601000, 1 on duty, step 1
                > board: b3
            [1000] see b2: b2 waiting at 2 since 0 until 600000, 1 on duty, step 1
            [1000] admin ranks b3 1
                yes: b3 waiting at 1 since 1000 until 601000, 1 on duty, step 1
            [1000] admin ranks b3 0
                yes: b3 waiting at 2 since 1000 until 601000, 1 on duty, step 1
                + booking_changed b3 priority 0
                > zoe: booking b3 waiting at 2 since 1000 until 601000, 1 on duty, step 1
                > board: b3
            [1000] see b3: b3 waiting at 2 since 1000 until 601000, 1 on duty, step 1
            [1000] admin ranks b1 1
                no: booking_closed b1
        "#]],
    );
}

#[test]
fn two_of_the_same_rank_go_in_the_order_in_which_they_were_opened() {
    story(
        r#"
        open ann delivery_timeout_ms=0
        quietly admin routes {"routes": [{"steps": [{}], "wait": {"max_ms": 600000}}]}
        quietly xia books tax
        quietly ann accepts b1.1
        quietly zoe books tax
        quietly yan books tax
        see b2
        see b3
        xia ends s1
        "#,
        expect![[r#"
            [0] see b2: b2 waiting at 1 since 0 until 600000, 1 on duty, step 1
            [0] see b3: b3 waiting at 2 since 0 until 600000, 1 on duty, step 1
            [0] xia ends s1
                yes: s1 ended by client
                + session_ended s1 client
                + offer_made b2.1 ann until 15000
                > s1: ended s1 ended by client
                > ann: session s1 ended by client
                > xia: booking b1 assigned s1
                > ann: status ann init, wants idle, cause session_ended
                > ann: offer b2.1
                > zoe: booking b2 offering
                > ann: status ann init, wants idle, cause offer
                > board: s1, b1, b2, ann
                ann is init since 0, wants idle, connected
        "#]],
    );
}

#[test]
fn priority_takes_no_offer_away() {
    story(
        r#"
        open ann delivery_timeout_ms=0
        quietly admin routes {"routes": [{"steps": [{}], "wait": {"max_ms": 600000}}]}
        quietly xia books tax
        zoe books tax priority=10
        ann accepts b1.1
        "#,
        expect![[r#"
            [0] zoe books tax priority=10
                yes: b2 waiting at 1 since 0 until 600000, 1 on duty, step 1
                + booking_opened b2 zoe tax priority 10
                + booking_waits b2 place 1
                > zoe: booking b2 waiting at 1 since 0 until 600000, 1 on duty, step 1
                > board: b2
            [0] ann accepts b1.1
                yes: s1 running, client out, employee out
                + offer_accepted b1.1 s1
                > ann: offer_closed b1.1 accepted
                > xia: booking b1 assigned s1
                > ann: session s1 running, client out, employee out
                > ann: status ann busy, wants idle, cause session_started
                > board: b1, s1, ann
                ann is busy since 0, wants idle, connected
        "#]],
    );
}

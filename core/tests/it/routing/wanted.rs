//! Rules on employees that a client wants.

use expect_test::expect;

use crate::desk::story;

#[test]
fn an_employee_who_is_wanted_is_asked_first_and_without_a_hold_the_others_follow_at_once() {
    story(
        r#"
        open ann bob cay delivery_timeout_ms=0
        quietly admin routes {"clients": {"employee": true}}
        zoe books tax wants=cay
        cay rejects b1.1
        "#,
        expect![[r#"
            [0] zoe books tax wants=cay
                yes: b1 offering
                + booking_opened b1 zoe tax wants cay
                + offer_made b1.1 cay until 15000
                > cay: offer b1.1
                > zoe: booking b1 offering
                > cay: status cay init, wants idle, cause offer
                > board: b1, cay
                cay is init since 0, wants idle, connected
            [0] cay rejects b1.1
                yes: cay idle, wants idle
                + offer_closed b1.1 rejected
                + offer_made b1.2 ann until 15000
                > cay: offer_closed b1.1 rejected
                > ann: offer b1.2
                > zoe: booking b1 offering
                > ann: status ann init, wants idle, cause offer
                > cay: status cay idle, wants idle, cause declined
                > board: b1, ann, cay
                ann is init since 0, wants idle, connected
                cay is idle since 0 at place 3, wants idle, connected
        "#]],
    );
}

#[test]
fn during_a_hold_the_others_are_not_asked_and_are_free_for_other_bookings() {
    story(
        r#"
        open ann bob delivery_timeout_ms=0
        quietly admin routes {"hold_ms": 30000, "clients": {"employee": true}}
        quietly xia books tax wants=bob
        quietly bob accepts b1.1
        zoe books tax wants=bob
        yan books tax
        quietly yan cancels b3
        wait 30000
        "#,
        expect![[r#"
            [0] zoe books tax wants=bob
                yes: b2 waiting at 1 since 0 until 30000, 1 on duty, step 0
                + booking_opened b2 zoe tax wants bob
                + booking_waits b2 place 1
                > zoe: booking b2 waiting at 1 since 0 until 30000, 1 on duty, step 0
                > board: b2
            [0] yan books tax
                yes: b3 offering
                + booking_opened b3 yan tax
                + offer_made b3.1 ann until 15000
                > ann: offer b3.1
                > yan: booking b3 offering
                > ann: status ann init, wants idle, cause offer
                > board: b3, ann
                ann is init since 0, wants idle, connected
            [30000] time passes
                yes
                + step_opened b2 step 1
                + offer_made b2.1 ann until 45000
                > ann: offer b2.1
                > zoe: booking b2 offering
                > ann: status ann init, wants idle, cause offer
                > board: b2, ann
                ann is init since 30000, wants idle, connected
        "#]],
    );
}

#[test]
fn a_hold_ends_as_soon_as_none_of_them_is_on_duty_or_all_were_asked() {
    story(
        r#"
        open ann bob delivery_timeout_ms=0
        quietly admin routes {"hold_ms": 30000, "clients": {"employee": true}}
        quietly xia books tax wants=bob
        quietly bob accepts b1.1
        quietly zoe books tax wants=bob
        bob goes offline
        quietly ann rejects b2.1
        quietly bob goes idle
        quietly xia ends s1
        zoe books tax wants=bob
        bob rejects b3.1
        "#,
        expect![[r#"
            [0] bob goes offline
                yes: bob busy, wants offline
                + intent_set bob offline by employee
                + step_opened b2 step 1
                + offer_made b2.1 ann until 15000
                > bob: status bob busy, wants offline, cause set_by_employee
                > ann: offer b2.1
                > zoe: booking b2 offering
                > ann: status ann init, wants idle, cause offer
                > board: bob, b2, ann
                ann is init since 0, wants idle, connected
                bob is busy since 0, wants offline, connected
            [0] zoe books tax wants=bob
                yes: b3 offering
                + booking_opened b3 zoe tax wants bob
                + offer_made b3.1 bob until 15000
                > bob: offer b3.1
                > zoe: booking b3 offering
                > bob: status bob init, wants idle, cause offer
                > board: b3, bob
                bob is init since 0, wants idle, connected
            [0] bob rejects b3.1
                yes: bob idle, wants idle
                + offer_closed b3.1 rejected
                + step_opened b3 step 1
                + offer_made b3.2 ann until 15000
                > bob: offer_closed b3.1 rejected
                > ann: offer b3.2
                > zoe: booking b3 offering
                > ann: status ann init, wants idle, cause offer
                > bob: status bob idle, wants idle, cause declined
                > board: b3, ann, bob
                ann is init since 0, wants idle, connected
                bob is idle since 0 at place 4, wants idle, connected
        "#]],
    );
}

#[test]
fn after_the_hold_a_wanted_employee_is_still_asked_before_the_others() {
    story(
        r#"
        open ann bob cay delivery_timeout_ms=0
        quietly admin routes {"hold_ms": 10000, "clients": {"employee": true}, "routes": [{"steps": [{}], "wait": {"max_ms": 60000}}]}
        quietly cay goes offline
        quietly xia books tax wants=bob
        quietly bob accepts b1.1
        quietly yan books tax
        quietly ann accepts b2.1
        quietly zoe books tax wants=bob
        wait 10000
        cay goes idle
        quietly xia ends s1
        cay rejects b3.1
        "#,
        expect![[r#"
            [10000] time passes
                yes
                + step_opened b3 step 1
            [10000] cay goes idle
                yes: cay init, wants idle
                + intent_set cay idle by employee
                + offer_made b3.1 cay until 25000
                > cay: status cay init, wants idle, cause set_by_employee
                > cay: offer b3.1
                > zoe: booking b3 offering
                > cay: status cay init, wants idle, cause offer
                > board: b3, cay
                cay is init since 10000, wants idle, connected
            [10000] cay rejects b3.1
                yes: cay idle, wants idle
                + offer_closed b3.1 rejected
                + offer_made b3.2 bob until 25000
                > cay: offer_closed b3.1 rejected
                > bob: offer b3.2
                > zoe: booking b3 offering
                > bob: status bob init, wants idle, cause offer
                > cay: status cay idle, wants idle, cause declined
                > board: b3, bob, cay
                bob is init since 10000, wants idle, connected
                cay is idle since 10000 at place 5, wants idle, connected
        "#]],
    );
}

#[test]
fn nobody_is_kept_for_a_booking_that_wants_them() {
    story(
        r#"
        open ann delivery_timeout_ms=0
        quietly admin routes {"hold_ms": 30000, "clients": {"employee": true}, "routes": [{"steps": [{}], "wait": {"max_ms": 60000}}]}
        quietly xia books tax
        quietly ann accepts b1.1
        quietly yan books tax
        quietly zoe books tax wants=ann
        xia ends s1
        "#,
        expect![[r#"
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
        "#]],
    );
}

#[test]
fn a_wish_for_an_employee_is_refused_where_the_company_does_not_allow_it_or_it_makes_no_sense() {
    story(
        r#"
        open ann:tax bob:law delivery_timeout_ms=0
        zoe books tax wants=ann
        quietly admin routes {"clients": {"employee": true}}
        zoe books tax wants=dan
        zoe books tax wants=bob
        zoe books tax only
        zoe books tax again only
        zoe books tax again
        "#,
        expect![[r#"
            [0] zoe books tax wants=ann
                no: forbidden
            [0] zoe books tax wants=dan
                no: unknown_employee
            [0] zoe books tax wants=bob
                no: invalid employee does not take this topic
            [0] zoe books tax only
                no: invalid only needs `employee` or `again`
            [0] zoe books tax again only
                no: no_idle_employee
            [0] zoe books tax again
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

#[test]
fn again_is_the_employee_of_last_time_about_this_topic() {
    story(
        r#"
        open ann bob delivery_timeout_ms=0
        quietly admin routes {"clients": {"employee": true}}
        quietly zoe books tax
        quietly ann rejects b1.1
        quietly bob accepts b1.2
        quietly zoe ends s1
        zoe books law again
        quietly zoe cancels b2
        zoe books tax again
        quietly zoe cancels b3
        quietly admin removes bob
        zoe books tax again
        "#,
        expect![[r#"
            [0] zoe books law again
                yes: b2 offering
                + booking_opened b2 zoe law
                + offer_made b2.1 ann until 15000
                > ann: offer b2.1
                > zoe: booking b2 offering
                > ann: status ann init, wants idle, cause offer
                > board: b2, ann
                ann is init since 0, wants idle, connected
            [0] zoe books tax again
                yes: b3 offering
                + booking_opened b3 zoe tax wants bob
                + offer_made b3.1 bob until 15000
                > bob: offer b3.1
                > zoe: booking b3 offering
                > bob: status bob init, wants idle, cause offer
                > board: b3, bob
                bob is init since 0, wants idle, connected
            [0] zoe books tax again
                yes: b4 offering
                + booking_opened b4 zoe tax
                + offer_made b4.1 ann until 15000
                > ann: offer b4.1
                > zoe: booking b4 offering
                > ann: status ann init, wants idle, cause offer
                > board: b4, ann
                ann is init since 0, wants idle, connected
        "#]],
    );
}

#[test]
fn with_only_nobody_else_is_asked_and_it_waits_as_long_as_a_hold_or_the_line_lasts() {
    story(
        r#"
        open ann bob delivery_timeout_ms=0
        quietly admin routes {"hold_ms": 5000, "clients": {"employee": true}}
        zoe books tax wants=bob only
        bob rejects b1.1
        quietly xia books tax wants=bob
        quietly bob accepts b2.1
        zoe books tax wants=bob only
        wait 5000
        quietly admin routes {"clients": {"employee": true}, "routes": [{"steps": [{}], "wait": {"max_ms": 60000}}]}
        zoe books tax wants=bob only
        xia ends s2
        "#,
        expect![[r#"
            [0] zoe books tax wants=bob only
                yes: b1 offering
                + booking_opened b1 zoe tax wants bob only
                + offer_made b1.1 bob until 15000
                > bob: offer b1.1
                > zoe: booking b1 offering
                > bob: status bob init, wants idle, cause offer
                > board: b1, bob
                bob is init since 0, wants idle, connected
            [0] bob rejects b1.1
                yes: bob idle, wants idle
                + offer_closed b1.1 rejected
                + booking_ended b1 everyone_declined
                > bob: offer_closed b1.1 rejected
                > zoe: booking b1 unanswered everyone_declined
                > bob: status bob idle, wants idle, cause declined
                > board: b1, bob
                bob is idle since 0 at place 2, wants idle, connected
            [0] zoe books tax wants=bob only
                yes: b3 waiting at 1 since 0 until 5000, 1 on duty, step 0
                + booking_opened b3 zoe tax wants bob only
                + booking_waits b3 place 1
                > zoe: booking b3 waiting at 1 since 0 until 5000, 1 on duty, step 0
                > board: b3
            [5000] time passes
                yes
                + booking_ended b3 waited_too_long
                > zoe: booking b3 expired waited_too_long
                > board: b3
            [5000] zoe books tax wants=bob only
                yes: b4 waiting at 1 since 5000 until 65000, 1 on duty, step 0
                + booking_opened b4 zoe tax wants bob only
                + booking_waits b4 place 1
                > zoe: booking b4 waiting at 1 since 5000 until 65000, 1 on duty, step 0
                > board: b4
            [5000] xia ends s2
                no: unknown_session
        "#]],
    );
}

#[test]
fn a_client_may_hold_for_less_than_the_company_and_not_for_more() {
    story(
        r#"
        open ann bob delivery_timeout_ms=0
        quietly admin routes {"hold_ms": 5000, "clients": {"employee": true}}
        quietly xia books tax wants=bob
        quietly bob accepts b1.1
        quietly yan books tax wants=bob hold=1000
        see b2
        quietly zoe books tax wants=bob hold=60000
        see b3
        wait 1000
        quietly yan cancels b2
        wait 4000
        "#,
        expect![[r#"
            [0] see b2: b2 waiting at 1 since 0 until 1000, 1 on duty, step 0
            [0] see b3: b3 waiting at 2 since 0 until 5000, 1 on duty, step 0
            [1000] time passes
                yes
                + step_opened b2 step 1
                + offer_made b2.1 ann until 16000
                > ann: offer b2.1
                > yan: booking b2 offering
                > ann: status ann init, wants idle, cause offer
                > board: b2, ann
                ann is init since 1000, wants idle, connected
            [5000] time passes
                yes
                + step_opened b3 step 1
                + offer_made b3.1 ann until 20000
                > ann: offer b3.1
                > zoe: booking b3 offering
                > ann: status ann init, wants idle, cause offer
                > board: b3, ann
                ann is init since 5000, wants idle, connected
        "#]],
    );
}

#[test]
fn a_wanted_employee_who_is_removed_is_wanted_no_more() {
    story(
        r#"
        open ann bob delivery_timeout_ms=0
        quietly admin routes {"hold_ms": 5000, "clients": {"employee": true}}
        quietly xia books tax wants=bob
        quietly bob accepts b1.1
        quietly zoe books tax wants=bob
        quietly yan books tax wants=bob only
        admin removes bob
        wait 5000
        "#,
        expect![[r#"
            [0] admin removes bob
                yes
                + session_ended s1 admin
                + access_revoked bob before 0
                + employee_removed bob
                + booking_ended b3 nobody_left
                + step_opened b2 step 1
                + offer_made b2.1 ann until 15000
                > s1: ended s1 ended by admin
                > bob: session s1 ended by admin
                > xia: booking b1 assigned s1
                > bob: shut out
                > bob: gone
                > yan: booking b3 unanswered nobody_left
                > ann: offer b2.1
                > zoe: booking b2 offering
                > ann: status ann init, wants idle, cause offer
                > board: s1, b1, b3, b2, ann
                ann is init since 0, wants idle, connected
            [5000] nothing happens
        "#]],
    );
}

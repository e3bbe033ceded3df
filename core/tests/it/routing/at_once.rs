//! Rules on several offers of one booking at once.

use expect_test::expect;

use crate::desk::story;

#[test]
fn the_first_yes_wins_and_whoever_lost_is_idle_at_the_place_of_before() {
    story(
        r#"
        open ann bob cay delivery_timeout_ms=0
        quietly admin routes {"routes": [{"steps": [{"at_once": 2}]}]}
        zoe books tax
        wait 100
        yan books tax
        wait 100
        bob accepts b1.2
        ann accepts b1.1
        bob accepts b1.2
        "#,
        expect![[r#"
            [0] zoe books tax
                yes: b1 offering
                + booking_opened b1 zoe tax
                + offer_made b1.1 ann until 15000
                + offer_made b1.2 bob until 15000
                > ann: offer b1.1
                > ann: status ann init, wants idle, cause offer
                > bob: offer b1.2
                > zoe: booking b1 offering
                > bob: status bob init, wants idle, cause offer
                > board: ann, b1, bob
                ann is init since 0, wants idle, connected
                bob is init since 0, wants idle, connected
            [100] nothing happens
            [100] yan books tax
                yes: b2 offering
                + booking_opened b2 yan tax
                + offer_made b2.1 cay until 15100
                > cay: offer b2.1
                > yan: booking b2 offering
                > cay: status cay init, wants idle, cause offer
                > board: b2, cay
                cay is init since 100, wants idle, connected
            [200] nothing happens
            [200] bob accepts b1.2
                yes: s1 running, client out, employee out
                + offer_accepted b1.2 s1
                + offer_closed b1.1 taken
                + offer_made b2.2 ann until 15200
                > bob: offer_closed b1.2 accepted
                > zoe: booking b1 assigned s1
                > bob: session s1 running, client out, employee out
                > ann: offer_closed b1.1 taken
                > bob: status bob busy, wants idle, cause session_started
                > ann: offer b2.2
                > yan: booking b2 offering
                > ann: status ann init, wants idle, cause offer
                > board: b1, s1, bob, b2, ann
                ann is init since 200, wants idle, connected
                bob is busy since 200, wants idle, connected
            [200] ann accepts b1.1
                no: offer_closed taken
            [200] bob accepts b1.2
                yes: s1 running, client out, employee out
        "#]],
    );
}

#[test]
fn the_loser_keeps_place_misses_and_turns_and_does_not_rest() {
    story(
        r#"
        open ann bob cay delivery_timeout_ms=0
        quietly admin routes {"rest": {"rejected_ms": 5000, "missed_ms": 5000}, "routes": [{"steps": [{"at_once": 2}]}]}
        quietly zoe books tax
        quietly wait 100
        quietly bob accepts b1.2
        line
        xia books tax
        "#,
        expect![[r#"
            [100] line: ann, cay
            [100] xia books tax
                yes: b2 offering
                + booking_opened b2 xia tax
                + offer_made b2.1 ann until 15100
                + offer_made b2.2 cay until 15100
                > ann: offer b2.1
                > ann: status ann init, wants idle, cause offer
                > cay: offer b2.2
                > xia: booking b2 offering
                > cay: status cay init, wants idle, cause offer
                > board: ann, b2, cay
                ann is init since 100, wants idle, connected
                cay is init since 100, wants idle, connected
        "#]],
    );
}

#[test]
fn when_one_of_several_says_no_the_next_is_asked_at_once() {
    story(
        r#"
        open ann bob cay delivery_timeout_ms=0
        quietly admin routes {"routes": [{"steps": [{"at_once": 2}]}]}
        quietly zoe books tax
        ann rejects b1.1
        wait 15000
        "#,
        expect![[r#"
            [0] ann rejects b1.1
                yes: ann idle, wants idle
                + offer_closed b1.1 rejected
                + offer_made b1.3 cay until 15000
                > ann: offer_closed b1.1 rejected
                > ann: status ann idle, wants idle, cause declined
                > cay: offer b1.3
                > zoe: booking b1 offering
                > cay: status cay init, wants idle, cause offer
                > board: ann, b1, cay
                ann is idle since 0 at place 3, wants idle, connected
                cay is init since 0, wants idle, connected
            [15000] time passes
                yes
                + offer_closed b1.2 timed_out
                + offer_closed b1.3 timed_out
                + booking_ended b1 nobody_left
                > bob: offer_closed b1.2 timed_out
                > cay: offer_closed b1.3 timed_out
                > zoe: booking b1 unanswered nobody_left
                > bob: status bob idle, wants idle, cause missed
                > cay: status cay idle, wants idle, cause missed
                > board: b1, bob, cay
                bob is idle since 15000 at place 4, wants idle, connected, missed 1
                cay is idle since 15000 at place 5, wants idle, connected, missed 1
        "#]],
    );
}

#[test]
fn everybody_declined_counts_all_and_one_time_out_makes_it_nobody_left() {
    story(
        r#"
        open ann bob delivery_timeout_ms=0
        quietly admin routes {"routes": [{"steps": [{"at_once": 2}]}]}
        quietly zoe books tax
        ann rejects b1.1
        bob rejects b1.2
        quietly zoe books tax
        ann rejects b2.1
        wait 15000
        "#,
        expect![[r#"
            [0] ann rejects b1.1
                yes: ann idle, wants idle
                + offer_closed b1.1 rejected
                > ann: offer_closed b1.1 rejected
                > ann: status ann idle, wants idle, cause declined
                > board: ann
                ann is idle since 0 at place 2, wants idle, connected
            [0] bob rejects b1.2
                yes: bob idle, wants idle
                + offer_closed b1.2 rejected
                + booking_ended b1 everyone_declined
                > bob: offer_closed b1.2 rejected
                > zoe: booking b1 unanswered everyone_declined
                > bob: status bob idle, wants idle, cause declined
                > board: b1, bob
                bob is idle since 0 at place 3, wants idle, connected
            [0] ann rejects b2.1
                yes: ann idle, wants idle
                + offer_closed b2.1 rejected
                > ann: offer_closed b2.1 rejected
                > ann: status ann idle, wants idle, cause declined
                > board: ann
                ann is idle since 0 at place 4, wants idle, connected
            [15000] time passes
                yes
                + offer_closed b2.2 timed_out
                + booking_ended b2 nobody_left
                > bob: offer_closed b2.2 timed_out
                > zoe: booking b2 unanswered nobody_left
                > bob: status bob idle, wants idle, cause missed
                > board: b2, bob
                bob is idle since 15000 at place 5, wants idle, connected, missed 1
        "#]],
    );
}

#[test]
fn a_second_offer_is_made_only_when_no_booking_without_one_could_ask_the_same_employee() {
    story(
        r#"
        open ann:law bob:tax cay delivery_timeout_ms=0
        quietly admin routes {"routes": [{"topics": ["law"], "steps": [{"at_once": 3}]}]}
        quietly cay drops
        quietly xia books law
        quietly yan books tax
        bob rejects b2.1
        cay connects
        "#,
        expect![[r#"
            [0] bob rejects b2.1
                yes: bob idle, wants idle
                + offer_closed b2.1 rejected
                + search_waits b2 until 10000
                > bob: offer_closed b2.1 rejected
                > bob: status bob idle, wants idle, cause declined
                > board: bob
                bob is idle since 0 at place 3, wants idle, connected
            [0] cay connects
                yes
                + employee_connected cay
                + offer_made b2.2 cay until 15000
                > cay: offer b2.2
                > yan: booking b2 offering
                > cay: status cay init, wants idle, cause offer
                > board: b2, cay
                cay is init since 0, wants idle, connected
        "#]],
    );
}

#[test]
fn the_client_s_cancel_and_the_deadline_close_all_open_offers() {
    story(
        r#"
        open ann bob cay booking_deadline_ms=20000 offer_timeout_ms=20000 delivery_timeout_ms=0
        quietly admin routes {"routes": [{"steps": [{"at_once": 3}]}]}
        quietly zoe books tax
        zoe cancels b1
        quietly zoe books tax
        wait 20000
        "#,
        expect![[r#"
            [0] zoe cancels b1
                yes: b1 cancelled client_cancelled
                + offer_closed b1.1 client_cancelled
                + offer_closed b1.2 client_cancelled
                + offer_closed b1.3 client_cancelled
                + booking_ended b1 client_cancelled
                > ann: offer_closed b1.1 client_cancelled
                > bob: offer_closed b1.2 client_cancelled
                > cay: offer_closed b1.3 client_cancelled
                > zoe: booking b1 cancelled client_cancelled
                > ann: status ann idle, wants idle, cause offer
                > bob: status bob idle, wants idle, cause offer
                > cay: status cay idle, wants idle, cause offer
                > board: b1, ann, bob, cay
                ann is idle since 0 at place 3, wants idle, connected
                bob is idle since 0 at place 4, wants idle, connected
                cay is idle since 0 at place 5, wants idle, connected
            [20000] time passes
                yes
                + offer_closed b2.1 booking_expired (missed)
                + offer_closed b2.2 booking_expired (missed)
                + offer_closed b2.3 booking_expired (missed)
                + booking_ended b2 deadline
                > ann: offer_closed b2.1 booking_expired
                > bob: offer_closed b2.2 booking_expired
                > cay: offer_closed b2.3 booking_expired
                > zoe: booking b2 expired deadline
                > ann: status ann idle, wants idle, cause missed
                > bob: status bob idle, wants idle, cause missed
                > cay: status cay idle, wants idle, cause missed
                > board: b2, ann, bob, cay
                ann is idle since 20000 at place 6, wants idle, connected, missed 1
                bob is idle since 20000 at place 7, wants idle, connected, missed 1
                cay is idle since 20000 at place 8, wants idle, connected, missed 1
        "#]],
    );
}

#[test]
fn an_employee_who_goes_offline_or_is_removed_loses_their_offer_and_the_others_stay() {
    story(
        r#"
        open ann bob cay delivery_timeout_ms=0
        quietly admin routes {"routes": [{"steps": [{"at_once": 3}]}]}
        quietly zoe books tax
        ann goes offline
        admin removes bob
        see b1
        cay accepts b1.3
        "#,
        expect![[r#"
            [0] ann goes offline
                yes: ann offline, wants offline
                + intent_set ann offline by employee
                + offer_closed b1.1 went_offline
                > ann: offer_closed b1.1 went_offline
                > ann: status ann offline, wants offline, cause set_by_employee
                > board: ann
                ann is offline since 0, wants offline, connected
            [0] admin removes bob
                yes
                + offer_closed b1.2 withdrawn_by_admin
                + access_revoked bob before 0
                + employee_removed bob
                > bob: offer_closed b1.2 withdrawn_by_admin
                > bob: shut out
                > bob: gone
            [0] see b1: b1 offering
            [0] cay accepts b1.3
                yes: s1 running, client out, employee out
                + offer_accepted b1.3 s1
                > cay: offer_closed b1.3 accepted
                > zoe: booking b1 assigned s1
                > cay: session s1 running, client out, employee out
                > cay: status cay busy, wants idle, cause session_started
                > board: b1, s1, cay
                cay is busy since 0, wants idle, connected
        "#]],
    );
}

#[test]
fn a_wider_step_asks_more_while_the_first_still_rings() {
    story(
        r#"
        open ann bob cay delivery_timeout_ms=0
        quietly admin routes {"routes": [{"steps": [{}, {"after_ms": 10000, "at_once": 2}, {"after_ms": 12000, "at_once": 3}]}]}
        zoe books tax
        wait 10000
        wait 2000
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
            [10000] time passes
                yes
                + step_opened b1 step 2
                + offer_made b1.2 bob until 25000
                > bob: offer b1.2
                > zoe: booking b1 offering
                > bob: status bob init, wants idle, cause offer
                > board: b1, bob
                bob is init since 10000, wants idle, connected
            [12000] time passes
                yes
                + step_opened b1 step 3
                + offer_made b1.3 cay until 27000
                > cay: offer b1.3
                > zoe: booking b1 offering
                > cay: status cay init, wants idle, cause offer
                > board: b1, cay
                cay is init since 12000, wants idle, connected
        "#]],
    );
}

#[test]
fn two_who_miss_the_last_offer_at_once_go_offline_before_either_is_idle() {
    story(
        r#"
        open ann bob max_missed=1 delivery_timeout_ms=0
        quietly admin routes {"routes": [{"steps": [{"at_once": 2}]}]}
        quietly zoe books tax
        quietly ann has b1.1
        quietly bob has b1.2
        wait 15000
        "#,
        expect![[r#"
            [15000] time passes
                yes
                + intent_set ann offline by missed (missed)
                + intent_set bob offline by missed (missed)
                + offer_closed b1.1 timed_out
                + offer_closed b1.2 timed_out
                + booking_ended b1 nobody_left
                > ann: offer_closed b1.1 timed_out
                > bob: offer_closed b1.2 timed_out
                > zoe: booking b1 unanswered nobody_left
                > ann: status ann offline, wants offline, cause missed
                > bob: status bob offline, wants offline, cause missed
                > board: b1, ann, bob
                ann is offline since 15000, wants offline, connected, missed 1, pauses (missed)
                bob is offline since 15000, wants offline, connected, missed 1, pauses (missed)
        "#]],
    );
}

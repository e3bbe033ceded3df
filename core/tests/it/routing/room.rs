//! Rules on capacity and channels.

use expect_test::expect;

use crate::desk::story;

#[test]
fn three_bookings_of_a_capacity_of_three_are_offered_one_after_the_other_and_the_fourth_finds_nobody() {
    story(
        r#"
        open ann delivery_timeout_ms=0
        quietly admin hires ann capacity=3
        xen books tax
        xia books tax
        ann accepts b1.1
        xia books tax
        ann accepts b2.1
        yan books tax
        ann accepts b3.1
        zoe books tax
        availability
        quietly xia ends s2
        availability
        zoe books tax
        "#,
        expect![[r#"
            [0] xen books tax
                yes: b1 offering
                + booking_opened b1 xen tax
                + offer_made b1.1 ann until 15000
                > ann: offer b1.1
                > xen: booking b1 offering
                > ann: status ann init, wants idle, cause offer
                > board: b1, ann
                ann is init since 0, wants idle, connected, uses 0 of 3
            [0] xia books tax
                no: no_idle_employee named by nobody
            [0] ann accepts b1.1
                yes: s1 running, client out, employee out
                + offer_accepted b1.1 s1
                > ann: offer_closed b1.1 accepted
                > xen: booking b1 assigned s1
                > ann: session s1 running, client out, employee out
                > ann: status ann busy, wants idle, cause session_started
                > board: b1, s1, ann
                ann is busy since 0 at place 1, wants idle, connected, uses 1 of 3
            [0] xia books tax
                yes: b2 offering
                + booking_opened b2 xia tax
                + offer_made b2.1 ann until 15000
                > ann: offer b2.1
                > xia: booking b2 offering
                > ann: status ann init, wants idle, cause offer
                > board: b2, ann
                ann is init since 0, wants idle, connected, uses 1 of 3
            [0] ann accepts b2.1
                yes: s2 running, client out, employee out
                + offer_accepted b2.1 s2
                > ann: offer_closed b2.1 accepted
                > xia: booking b2 assigned s2
                > ann: session s2 running, client out, employee out
                > ann: status ann busy, wants idle, cause session_started
                > board: b2, s2, ann
                ann is busy since 0 at place 2, wants idle, connected, uses 2 of 3
            [0] yan books tax
                yes: b3 offering
                + booking_opened b3 yan tax
                + offer_made b3.1 ann until 15000
                > ann: offer b3.1
                > yan: booking b3 offering
                > ann: status ann init, wants idle, cause offer
                > board: b3, ann
                ann is init since 0, wants idle, connected, uses 2 of 3
            [0] ann accepts b3.1
                yes: s3 running, client out, employee out
                + offer_accepted b3.1 s3
                > ann: offer_closed b3.1 accepted
                > yan: booking b3 assigned s3
                > ann: session s3 running, client out, employee out
                > ann: status ann busy, wants idle, cause session_started
                > board: b3, s3, ann
                ann is busy since 0, wants idle, connected, uses 3 of 3
            [0] zoe books tax
                no: no_idle_employee named by nobody
            [0] availability: false (0)
            [0] availability: true (1)
            [0] zoe books tax
                yes: b4 offering
                + booking_opened b4 zoe tax
                + offer_made b4.1 ann until 15000
                > ann: offer b4.1
                > zoe: booking b4 offering
                > ann: status ann init, wants idle, cause offer
                > board: b4, ann
                ann is init since 0, wants idle, connected, uses 2 of 3
        "#]],
    );
}

#[test]
fn an_employee_in_less_proportion_busy_goes_first_in_every_order() {
    story(
        r#"
        open ann bob delivery_timeout_ms=0
        quietly admin hires ann capacity=4
        quietly admin hires bob capacity=2
        quietly xia books tax
        quietly ann accepts b1.1
        quietly xun books tax
        quietly bob accepts b2.1
        line
        zoe books tax
        ann accepts b3.1
        line
        yan books tax
        "#,
        expect![[r#"
            [0] line: ann, bob
            [0] zoe books tax
                yes: b3 offering
                + booking_opened b3 zoe tax
                + offer_made b3.1 ann until 15000
                > ann: offer b3.1
                > zoe: booking b3 offering
                > ann: status ann init, wants idle, cause offer
                > board: b3, ann
                ann is init since 0, wants idle, connected, uses 1 of 4
            [0] ann accepts b3.1
                yes: s3 running, client out, employee out
                + offer_accepted b3.1 s3
                > ann: offer_closed b3.1 accepted
                > zoe: booking b3 assigned s3
                > ann: session s3 running, client out, employee out
                > ann: status ann busy, wants idle, cause session_started
                > board: b3, s3, ann
                ann is busy since 0 at place 4, wants idle, connected, uses 2 of 4
            [0] line: bob, ann
            [0] yan books tax
                yes: b4 offering
                + booking_opened b4 yan tax
                + offer_made b4.1 bob until 15000
                > bob: offer b4.1
                > yan: booking b4 offering
                > bob: status bob init, wants idle, cause offer
                > board: b4, bob
                bob is init since 0, wants idle, connected, uses 1 of 2
        "#]],
    );
}

#[test]
fn a_heavy_booking_is_offered_only_where_it_fits_or_to_one_with_nothing_in_hand() {
    story(
        r#"
        open ann bob delivery_timeout_ms=0
        quietly admin hires ann capacity=4
        quietly admin hires bob capacity=2
        quietly admin routes {"channels": {"chat": {}, "call": {"weight": 3}}}
        quietly xia books tax channel=chat
        quietly ann accepts b1.1
        quietly xun books tax channel=chat
        quietly bob rejects b2.1
        quietly ann accepts b2.2
        zoe books tax channel=call
        bob accepts b3.1
        yan books tax channel=chat
        quietly yan cancels b4
        yan books tax channel=call
        quietly xia ends s1
        yan books tax channel=call
        "#,
        expect![[r#"
            [0] zoe books tax channel=call
                yes: b3 offering
                + booking_opened b3 zoe tax by call
                + offer_made b3.1 bob until 15000
                > bob: offer b3.1
                > zoe: booking b3 offering
                > bob: status bob init, wants idle, cause offer
                > board: b3, bob
                bob is init since 0, wants idle, connected, uses 0 of 2
            [0] bob accepts b3.1
                yes: s3 running, client out, employee out
                + offer_accepted b3.1 s3
                > bob: offer_closed b3.1 accepted
                > zoe: booking b3 assigned s3
                > bob: session s3 running, client out, employee out
                > bob: status bob busy, wants idle, cause session_started
                > board: b3, s3, bob
                bob is busy since 0, wants idle, connected, uses 2 of 2
            [0] yan books tax channel=chat
                yes: b4 offering
                + booking_opened b4 yan tax by chat
                + offer_made b4.1 ann until 15000
                > ann: offer b4.1
                > yan: booking b4 offering
                > ann: status ann init, wants idle, cause offer
                > board: b4, ann
                ann is init since 0, wants idle, connected, uses 2 of 4
            [0] yan books tax channel=call
                no: no_idle_employee named by nobody
            [0] yan books tax channel=call
                yes: b5 offering
                + booking_opened b5 yan tax by call
                + offer_made b5.1 ann until 15000
                > ann: offer b5.1
                > yan: booking b5 offering
                > ann: status ann init, wants idle, cause offer
                > board: b5, ann
                ann is init since 0, wants idle, connected, uses 1 of 4
        "#]],
    );
}

#[test]
fn a_wrap_up_keeps_the_room_of_its_session_and_the_others_go_on() {
    story(
        r#"
        open ann delivery_timeout_ms=0 wrap_up_ms=10000
        quietly admin hires ann capacity=4
        quietly admin routes {"channels": {"chat": {}, "call": {"weight": 3}}}
        quietly xia books tax channel=call
        quietly ann accepts b1.1
        quietly yan books tax channel=chat
        quietly ann accepts b2.1
        yan ends s2
        zoe books tax channel=chat
        xia ends s1
        wait 5000
        ann finishes s1
        zoe books tax channel=call
        wait 5000
        "#,
        expect![[r#"
            [0] yan ends s2
                yes: s2 ended by client
                + session_ended s2 client
                > s2: ended s2 ended by client
                > ann: session s2 ended by client
                > yan: booking b2 assigned s2
                > board: s2, b2
                ann is busy since 0, wants idle, connected, uses 4 of 4, wraps s2 up until 10000
            [0] zoe books tax channel=chat
                no: no_idle_employee named by nobody
            [0] xia ends s1
                yes: s1 ended by client
                + session_ended s1 client
                > s1: ended s1 ended by client
                > ann: session s1 ended by client
                > xia: booking b1 assigned s1
                > board: s1, b1
                ann is busy since 0, wants idle, connected, uses 4 of 4, wraps s2 up until 10000, wraps s1 up until 10000
            [5000] nothing happens
            [5000] ann finishes s1
                yes: ann busy, wants idle
                + wrap_up_ended ann s1
                > ann: status ann busy, wants idle, cause session_ended
                > board: ann
                ann is busy since 0 at place 4, wants idle, connected, uses 1 of 4, wraps s2 up until 10000
            [5000] zoe books tax channel=call
                yes: b3 offering
                + booking_opened b3 zoe tax by call
                + offer_made b3.1 ann until 20000
                > ann: offer b3.1
                > zoe: booking b3 offering
                > ann: status ann init, wants idle, cause offer
                > board: b3, ann
                ann is init since 5000, wants idle, connected, uses 1 of 4, wraps s2 up until 10000
            [10000] time passes
                yes
                + wrap_up_ended ann
                > ann: status ann init, wants idle, cause session_ended
                > board: ann
                ann is init since 5000, wants idle, connected, uses 0 of 4
        "#]],
    );
}

#[test]
fn a_capacity_set_below_what_is_used_takes_nothing_away_and_a_raised_one_counts_at_once() {
    story(
        r#"
        open ann delivery_timeout_ms=0
        quietly admin hires ann capacity=2
        quietly admin routes {"routes": [{"steps": [{}], "wait": {"max_ms": 60000}}]}
        quietly xia books tax
        quietly ann accepts b1.1
        quietly xun books tax
        quietly ann accepts b2.1
        admin hires ann
        yan books tax
        xia ends s1
        admin hires ann capacity=2
        "#,
        expect![[r#"
            [0] admin hires ann
                yes: ann busy, wants idle
                + employee_set ann `ANN` []
                > board: ann
                ann is busy since 0, wants idle, connected
            [0] yan books tax
                yes: b3 waiting at 1 since 0 until 60000, 1 on duty, step 1
                + booking_opened b3 yan tax
                + booking_waits b3 place 1
                > yan: booking b3 waiting at 1 since 0 until 60000, 1 on duty, step 1
                > board: b3
            [0] xia ends s1
                yes: s1 ended by client
                + session_ended s1 client
                > s1: ended s1 ended by client
                > ann: session s1 ended by client
                > xia: booking b1 assigned s1
                > board: s1, b1
            [0] admin hires ann capacity=2
                yes: ann init, wants idle
                + employee_set ann `ANN` [] capacity 2
                + offer_made b3.1 ann until 15000
                > ann: offer b3.1
                > yan: booking b3 offering
                > ann: status ann init, wants idle, cause offer
                > board: b3, ann
                ann is init since 0, wants idle, connected, uses 1 of 2
        "#]],
    );
}

#[test]
fn a_channel_that_the_company_does_not_have_is_invalid_and_its_skills_are_asked_for() {
    story(
        r#"
        open ann bob delivery_timeout_ms=0
        quietly admin hires bob skills=video:1
        zoe books tax channel=chat
        quietly admin routes {"channels": {"call": {"skills": {"video": 1}}}}
        zoe books tax channel=chat
        zoe books tax channel=call
        yan books tax
        "#,
        expect![[r#"
            [0] zoe books tax channel=chat
                no: invalid channel is not one of the company's `channels`
            [0] zoe books tax channel=chat
                no: invalid channel is not one of the company's `channels`
            [0] zoe books tax channel=call
                yes: b1 offering
                + booking_opened b1 zoe tax by call
                + offer_made b1.1 bob until 15000
                > bob: offer b1.1
                > zoe: booking b1 offering
                > bob: status bob init, wants idle, cause offer
                > board: b1, bob
                bob is init since 0, wants idle, connected
            [0] yan books tax
                yes: b2 offering
                + booking_opened b2 yan tax
                + offer_made b2.1 ann until 15000
                > ann: offer b2.1
                > yan: booking b2 offering
                > ann: status ann init, wants idle, cause offer
                > board: b2, ann
                ann is init since 0, wants idle, connected
        "#]],
    );
}

#[test]
fn a_route_of_a_channel_is_that_of_its_bookings_alone() {
    story(
        r#"
        open ann:tax(5) bob:tax delivery_timeout_ms=0
        quietly admin routes {"channels": {"call": {}}, "routes": [{"topics": ["tax"], "channel": "call", "steps": [{"prefer": "least"}]}, {"topics": ["tax"], "steps": [{"level": 5}]}]}
        zoe books tax channel=call
        yan books tax
        "#,
        expect![[r#"
            [0] zoe books tax channel=call
                yes: b1 offering
                + booking_opened b1 zoe tax by call
                + offer_made b1.1 bob until 15000
                > bob: offer b1.1
                > zoe: booking b1 offering
                > bob: status bob init, wants idle, cause offer
                > board: b1, bob
                bob is init since 0, wants idle, connected
            [0] yan books tax
                yes: b2 offering
                + booking_opened b2 yan tax
                + offer_made b2.1 ann until 15000
                > ann: offer b2.1
                > yan: booking b2 offering
                > ann: status ann init, wants idle, cause offer
                > board: b2, ann
                ann is init since 0, wants idle, connected
        "#]],
    );
}

#[test]
fn a_session_keeps_its_weight_whatever_the_channel_becomes() {
    story(
        r#"
        open ann delivery_timeout_ms=0
        quietly admin hires ann capacity=3
        quietly admin routes {"channels": {"call": {"weight": 2}}}
        quietly xia books tax channel=call
        quietly ann accepts b1.1
        quietly admin routes {"channels": {"call": {"weight": 1}}}
        yan books tax channel=call
        ann accepts b2.1
        zoe books tax channel=call
        "#,
        expect![[r#"
            [0] yan books tax channel=call
                yes: b2 offering
                + booking_opened b2 yan tax by call
                + offer_made b2.1 ann until 15000
                > ann: offer b2.1
                > yan: booking b2 offering
                > ann: status ann init, wants idle, cause offer
                > board: b2, ann
                ann is init since 0, wants idle, connected, uses 2 of 3
            [0] ann accepts b2.1
                yes: s2 running, client out, employee out
                + offer_accepted b2.1 s2
                > ann: offer_closed b2.1 accepted
                > yan: booking b2 assigned s2
                > ann: session s2 running, client out, employee out
                > ann: status ann busy, wants idle, cause session_started
                > board: b2, s2, ann
                ann is busy since 0, wants idle, connected, uses 3 of 3
            [0] zoe books tax channel=call
                no: no_idle_employee named by nobody
        "#]],
    );
}

#[test]
fn an_employee_who_goes_offline_with_two_sessions_is_offline_when_the_last_is_over() {
    story(
        r#"
        open ann delivery_timeout_ms=0
        quietly admin hires ann capacity=3
        quietly xia books tax
        quietly ann accepts b1.1
        quietly yan books tax
        quietly ann accepts b2.1
        ann goes offline
        zoe books tax
        xia ends s1
        yan ends s2
        "#,
        expect![[r#"
            [0] ann goes offline
                yes: ann busy, wants offline
                + intent_set ann offline by employee
                > ann: status ann busy, wants offline, cause set_by_employee
                > board: ann
                ann is busy since 0, wants offline, connected, uses 2 of 3
            [0] zoe books tax
                no: no_idle_employee named by nobody
            [0] xia ends s1
                yes: s1 ended by client
                + session_ended s1 client
                > s1: ended s1 ended by client
                > ann: session s1 ended by client
                > xia: booking b1 assigned s1
                > board: s1, b1
                ann is busy since 0, wants offline, connected, uses 1 of 3
            [0] yan ends s2
                yes: s2 ended by client
                + session_ended s2 client
                > s2: ended s2 ended by client
                > ann: session s2 ended by client
                > yan: booking b2 assigned s2
                > ann: status ann offline, wants offline, cause session_ended
                > board: s2, b2, ann
                ann is offline since 0, wants offline, connected, uses 0 of 3
        "#]],
    );
}

#[test]
fn each_session_of_an_employee_has_an_absence_of_its_own() {
    story(
        r#"
        open ann delivery_timeout_ms=0 session_grace_ms=5000
        quietly admin hires ann capacity=2
        quietly xia books tax
        quietly ann accepts b1.1
        quietly yan books tax
        quietly ann accepts b2.1
        quietly ann enters s1
        ann drops
        wait 5000
        "#,
        expect![[r#"
            [0] ann drops
                yes
                + employee_disconnected ann
                ann is busy since 0, wants idle, away, may be back by 10000, lapses at 1800000, uses 2 of 2
            [5000] time passes
                yes
                + session_ended s2 lost
                > s2: ended s2 ended by lost
                > ann: session s2 ended by lost
                > yan: booking b2 assigned s2
                > board: s2, b2
                ann is busy since 0, wants idle, away, may be back by 10000, lapses at 1800000, uses 1 of 2
        "#]],
    );
}

#[test]
fn several_ring_with_room_for_more_and_one_offer_at_a_time() {
    story(
        r#"
        open ann bob delivery_timeout_ms=0
        quietly admin hires ann capacity=2
        quietly admin routes {"routes": [{"steps": [{"at_once": 2}], "wait": {"max_ms": 60000}}]}
        zoe books tax
        yan books tax
        ann accepts b1.1
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
                ann is init since 0, wants idle, connected, uses 0 of 2
                bob is init since 0, wants idle, connected
            [0] yan books tax
                yes: b2 waiting at 1 since 0 until 60000, 2 on duty, step 1
                + booking_opened b2 yan tax
                + booking_waits b2 place 1
                > yan: booking b2 waiting at 1 since 0 until 60000, 2 on duty, step 1
                > board: b2
            [0] ann accepts b1.1
                yes: s1 running, client out, employee out
                + offer_accepted b1.1 s1
                + offer_closed b1.2 taken
                + offer_made b2.1 bob until 15000
                + offer_made b2.2 ann until 15000
                > ann: offer_closed b1.1 accepted
                > zoe: booking b1 assigned s1
                > ann: session s1 running, client out, employee out
                > bob: offer_closed b1.2 taken
                > ann: status ann init, wants idle, cause session_started
                > bob: offer b2.1
                > bob: status bob init, wants idle, cause offer
                > ann: offer b2.2
                > yan: booking b2 offering
                > ann: status ann init, wants idle, cause offer
                > board: b1, s1, bob, b2, ann
                ann is init since 0, wants idle, connected, uses 1 of 2
        "#]],
    );
}

#[test]
fn after_a_restart_all_sessions_and_wrap_ups_are_in_hand() {
    story(
        r#"
        open ann delivery_timeout_ms=0 wrap_up_ms=10000
        quietly admin hires ann capacity=3
        quietly xia books tax
        quietly ann accepts b1.1
        quietly yan books tax
        quietly ann accepts b2.1
        quietly xia ends s1
        server resumes ann yan
        wait 10000
        zoe books tax
        "#,
        expect![[r#"
            [0] server resumes ann yan
                yes
                + resumed
                + employee_connected ann
                + client_connected yan
            [10000] time passes
                yes
                + wrap_up_ended ann
                > ann: status ann busy, wants idle, cause session_ended
                > board: ann
                ann is busy since 0 at place 3, wants idle, connected, uses 1 of 3
            [10000] zoe books tax
                yes: b3 offering
                + booking_opened b3 zoe tax
                + offer_made b3.1 ann until 25000
                > ann: offer b3.1
                > zoe: booking b3 offering
                > ann: status ann init, wants idle, cause offer
                > board: b3, ann
                ann is init since 10000, wants idle, connected, uses 1 of 3
        "#]],
    );
}

#[test]
fn an_employee_of_a_pool_leaves_it_when_there_is_no_more_room() {
    story(
        r#"
        open ann:tax(5) bob:tax(3) delivery_timeout_ms=0
        quietly admin hires ann tax(5) capacity=2
        quietly admin routes {"routes": [{"steps": [{"prefer": "best"}]}]}
        quietly xia books tax
        quietly ann accepts b1.1
        zoe books tax
        ann accepts b2.1
        yan books tax
        "#,
        expect![[r#"
            [0] zoe books tax
                yes: b2 offering
                + booking_opened b2 zoe tax
                + offer_made b2.1 ann until 15000
                > ann: offer b2.1
                > zoe: booking b2 offering
                > ann: status ann init, wants idle, cause offer
                > board: b2, ann
                ann is init since 0, wants idle, connected, uses 1 of 2
            [0] ann accepts b2.1
                yes: s2 running, client out, employee out
                + offer_accepted b2.1 s2
                > ann: offer_closed b2.1 accepted
                > zoe: booking b2 assigned s2
                > ann: session s2 running, client out, employee out
                > ann: status ann busy, wants idle, cause session_started
                > board: b2, s2, ann
                ann is busy since 0, wants idle, connected, uses 2 of 2
            [0] yan books tax
                yes: b3 offering
                + booking_opened b3 yan tax
                + offer_made b3.1 bob until 15000
                > bob: offer b3.1
                > yan: booking b3 offering
                > bob: status bob init, wants idle, cause offer
                > board: b3, bob
                bob is init since 0, wants idle, connected
        "#]],
    );
}

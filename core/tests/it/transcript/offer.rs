//! Paths of one offer to one employee.

use expect_test::expect;

use crate::desk::story;

#[test]
fn an_offer_that_no_device_has_is_undelivered_and_the_next_is_asked() {
    story(
        "
        open ann bob
        zoe books tax
        wait 3000
        bob has b1.2
        ann accepts b1.1
        bob accepts b1.2
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
            [3000] time passes
                yes
                + offer_closed b1.1 undelivered
                + offer_made b1.2 bob until 18000
                > ann: offer_closed b1.1 undelivered
                > bob: offer b1.2
                > zoe: booking b1 offering
                > ann: status ann idle, wants idle, cause missed
                > bob: status bob init, wants idle, cause offer
                > board: b1, ann, bob
                ann is idle since 3000 at place 2, wants idle, connected, missed 1
                bob is init since 3000, wants idle, connected
            [3000] bob has b1.2
                yes
                + offer_delivered b1.2
            [3000] ann accepts b1.1
                no: offer_closed undelivered
            [3000] bob accepts b1.2
                yes: s1 running, client out, employee out
                + offer_accepted b1.2 s1
                > bob: offer_closed b1.2 accepted
                > zoe: booking b1 assigned s1
                > bob: session s1 running, client out, employee out
                > bob: status bob busy, wants idle, cause session_started
                > board: b1, s1, bob
                bob is busy since 3000, wants idle, connected
        "#]],
    );
}

#[test]
fn a_device_that_says_its_kind_is_named_with_the_proof() {
    story(
        "
        open ann
        zoe books tax
        ann has b1.1 on=ios
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
            [0] ann has b1.1 on=ios
                yes
                + offer_delivered b1.1 on ios
        "#]],
    );
}

#[test]
fn a_device_that_has_the_offer_gives_it_its_whole_time() {
    story(
        "
        open ann
        zoe books tax
        wait 2999
        ann has b1.1
        ann has b1.1
        wait 12000
        wait 1
        ann has b1.1
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
            [2999] nothing happens
            [2999] ann has b1.1
                yes
                + offer_delivered b1.1
            [2999] ann has b1.1
                yes
            [14999] nothing happens
            [15000] time passes
                yes
                + offer_closed b1.1 timed_out
                + booking_ended b1 nobody_left
                > ann: offer_closed b1.1 timed_out
                > zoe: booking b1 unanswered nobody_left
                > ann: status ann idle, wants idle, cause missed
                > board: b1, ann
                ann is idle since 15000 at place 1, wants idle, connected, missed 1
            [15000] ann has b1.1
                yes
        "#]],
    );
}

#[test]
fn an_offer_whose_last_device_is_gone_is_undelivered() {
    story(
        "
        open ann bob
        zoe books tax
        ann has b1.1
        wait 1000
        ann drops
        wait 3000
        line
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
            [0] ann has b1.1
                yes
                + offer_delivered b1.1
            [1000] nothing happens
            [1000] ann drops
                yes
                + employee_disconnected ann
                ann is init since 0, wants idle, away, may be back by 11000, lapses at 1801000
            [4000] time passes
                yes
                + offer_closed b1.1 undelivered (not missed)
                + offer_made b1.2 bob until 19000
                > ann: offer_closed b1.1 undelivered
                > bob: offer b1.2
                > zoe: booking b1 offering
                > ann: status ann idle, wants idle, cause missed
                > bob: status bob init, wants idle, cause offer
                > board: b1, ann, bob
                ann is idle since 4000 at place 2, wants idle, away, may be back by 11000, lapses at 1801000
                bob is init since 4000, wants idle, connected
            [4000] line: 
        "#]],
    );
}

#[test]
fn a_proof_that_comes_after_the_last_device_has_gone_proves_nothing() {
    story(
        "
        open ann bob
        quietly zoe books tax
        ann drops
        ann has b1.1
        wait 3000
        ",
        expect![[r#"
            [0] ann drops
                yes
                + employee_disconnected ann
                ann is init since 0, wants idle, away, may be back by 10000, lapses at 1800000
            [0] ann has b1.1
                yes
            [3000] time passes
                yes
                + offer_closed b1.1 undelivered (not missed)
                + offer_made b1.2 bob until 18000
                > ann: offer_closed b1.1 undelivered
                > bob: offer b1.2
                > zoe: booking b1 offering
                > ann: status ann idle, wants idle, cause missed
                > bob: status bob init, wants idle, cause offer
                > board: b1, ann, bob
                ann is idle since 3000 at place 2, wants idle, away, may be back by 10000, lapses at 1800000
                bob is init since 3000, wants idle, connected
        "#]],
    );
}

#[test]
fn a_device_back_in_time_keeps_a_delivered_offer() {
    story(
        "
        open ann
        zoe books tax
        ann has b1.1
        ann drops
        wait 2999
        ann connects
        wait 3000
        ann accepts b1.1
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
            [0] ann has b1.1
                yes
                + offer_delivered b1.1
            [0] ann drops
                yes
                + employee_disconnected ann
                ann is init since 0, wants idle, away, may be back by 10000, lapses at 1800000
            [2999] nothing happens
            [2999] ann connects
                yes
                + employee_connected ann
                ann is init since 0, wants idle, connected
            [5999] nothing happens
            [5999] ann accepts b1.1
                yes: s1 running, client out, employee out
                + offer_accepted b1.1 s1
                > ann: offer_closed b1.1 accepted
                > zoe: booking b1 assigned s1
                > ann: session s1 running, client out, employee out
                > ann: status ann busy, wants idle, cause session_started
                > board: b1, s1, ann
                ann is busy since 5999, wants idle, connected
        "#]],
    );
}

#[test]
fn a_device_back_in_time_must_prove_that_it_has_an_offer_not_delivered_before() {
    story(
        "
        open ann
        zoe books tax
        wait 2000
        ann drops
        wait 2000
        ann connects
        wait 2999
        wait 1
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
            [2000] nothing happens
            [2000] ann drops
                yes
                + employee_disconnected ann
                ann is init since 0, wants idle, away, may be back by 12000, lapses at 1802000
            [4000] nothing happens
            [4000] ann connects
                yes
                + employee_connected ann
                ann is init since 0, wants idle, connected
            [6999] nothing happens
            [7000] time passes
                yes
                + offer_closed b1.1 undelivered
                + booking_ended b1 nobody_left
                > ann: offer_closed b1.1 undelivered
                > zoe: booking b1 unanswered nobody_left
                > ann: status ann idle, wants idle, cause missed
                > board: b1, ann
                ann is idle since 7000 at place 1, wants idle, connected, missed 1
        "#]],
    );
}

#[test]
fn without_a_delivery_time_out_only_the_answer_counts() {
    story(
        "
        open ann delivery_timeout_ms=0
        zoe books tax
        ann drops
        wait 14999
        ann accepts b1.1
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
            [10000] time passes
                yes
                + employee_unreachable ann
                ann is init since 0, wants idle, gone since 10000, lapses at 1800000
            [14999] ann accepts b1.1
                yes: s1 running, client out, employee out back by 74999
                + offer_accepted b1.1 s1
                > ann: offer_closed b1.1 accepted
                > zoe: booking b1 assigned s1
                > ann: session s1 running, client out, employee out back by 74999
                > ann: status ann busy, wants idle, cause session_started
                > board: b1, s1, ann
                ann is busy since 14999, wants idle, gone since 10000, lapses at 1800000
        "#]],
    );
}

#[test]
fn a_late_yes_is_refused_with_the_outcome() {
    story(
        "
        open ann bob delivery_timeout_ms=0
        zoe books tax
        wait 15000
        ann accepts b1.1
        ann accepts b1.1
        ann rejects b1.1
        bob rejects b1.2
        bob accepts b1.2
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
                ann is idle since 15000 at place 2, wants idle, connected, missed 1
                bob is init since 15000, wants idle, connected
            [15000] ann accepts b1.1
                no: offer_closed timed_out
            [15000] ann accepts b1.1
                no: offer_closed timed_out
            [15000] ann rejects b1.1
                no: offer_closed timed_out
            [15000] bob rejects b1.2
                yes: bob idle, wants idle
                + offer_closed b1.2 rejected
                + booking_ended b1 nobody_left
                > bob: offer_closed b1.2 rejected
                > zoe: booking b1 unanswered nobody_left
                > bob: status bob idle, wants idle, cause declined
                > board: b1, bob
                bob is idle since 15000 at place 3, wants idle, connected
            [15000] bob accepts b1.2
                no: offer_closed rejected
        "#]],
    );
}

#[test]
fn a_yes_at_the_very_moment_of_the_time_out_is_late() {
    story(
        "
        open ann delivery_timeout_ms=0
        zoe books tax
        clock +14999
        clock +1
        ann accepts b1.1
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
            [0] clock +14999
            [14999] clock +1
            [15000] ann accepts b1.1
                no: offer_closed timed_out
                + offer_closed b1.1 timed_out
                + booking_ended b1 nobody_left
                > ann: offer_closed b1.1 timed_out
                > zoe: booking b1 unanswered nobody_left
                > ann: status ann idle, wants idle, cause missed
                > board: b1, ann
                ann is idle since 15000 at place 1, wants idle, connected, missed 1
        "#]],
    );
}

#[test]
fn a_repeated_yes_gives_the_same_session_also_when_it_is_over() {
    story(
        "
        open ann
        zoe books tax
        ann accepts b1.1
        ann accepts b1.1
        ann rejects b1.1
        zoe ends s1
        ann accepts b1.1
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
            [0] ann accepts b1.1
                yes: s1 running, client out, employee out
                + offer_accepted b1.1 s1
                > ann: offer_closed b1.1 accepted
                > zoe: booking b1 assigned s1
                > ann: session s1 running, client out, employee out
                > ann: status ann busy, wants idle, cause session_started
                > board: b1, s1, ann
                ann is busy since 0, wants idle, connected
            [0] ann accepts b1.1
                yes: s1 running, client out, employee out
            [0] ann rejects b1.1
                no: offer_closed accepted
            [0] zoe ends s1
                yes: s1 ended by client
                + session_ended s1 client
                > s1: ended s1 ended by client
                > ann: session s1 ended by client
                > zoe: booking b1 assigned s1
                > ann: status ann idle, wants idle, cause session_ended
                > board: s1, b1, ann
                ann is idle since 0 at place 1, wants idle, connected
            [0] ann accepts b1.1
                yes: s1 ended by client
        "#]],
    );
}

#[test]
fn a_repeated_no_gives_the_same_answer_also_during_the_next_offer() {
    story(
        "
        open ann bob
        zoe books tax
        ann rejects b1.1 lunch
        ann rejects b1.1
        ann accepts b1.1
        bob rejects b1.2
        ann rejects b1.1 other
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
            [0] ann rejects b1.1 lunch
                yes: ann idle, wants idle
                + offer_closed b1.1 rejected (lunch)
                + offer_made b1.2 bob until 15000
                > ann: offer_closed b1.1 rejected
                > bob: offer b1.2
                > zoe: booking b1 offering
                > ann: status ann idle, wants idle, cause declined
                > bob: status bob init, wants idle, cause offer
                > board: b1, ann, bob
                ann is idle since 0 at place 2, wants idle, connected
                bob is init since 0, wants idle, connected
            [0] ann rejects b1.1
                yes: ann idle, wants idle
            [0] ann accepts b1.1
                no: offer_closed rejected
            [0] bob rejects b1.2
                yes: bob idle, wants idle
                + offer_closed b1.2 rejected
                + booking_ended b1 everyone_declined
                > bob: offer_closed b1.2 rejected
                > zoe: booking b1 unanswered everyone_declined
                > bob: status bob idle, wants idle, cause declined
                > board: b1, bob
                bob is idle since 0 at place 3, wants idle, connected
            [0] ann rejects b1.1 other
                yes: ann idle, wants idle
        "#]],
    );
}

#[test]
fn an_offer_to_another_is_unknown() {
    story(
        "
        open ann bob
        zoe books tax
        bob accepts b1.1
        bob rejects b1.1
        bob has b1.1
        ann accepts b1.2
        ann accepts b2.1
        ann rejects b1.0
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
            [0] bob accepts b1.1
                no: unknown_offer
            [0] bob rejects b1.1
                no: unknown_offer
            [0] bob has b1.1
                yes
            [0] ann accepts b1.2
                no: unknown_offer
            [0] ann accepts b2.1
                no: unknown_offer
            [0] ann rejects b1.0
                no: unknown_offer
        "#]],
    );
}

#[test]
fn offline_during_an_offer_declines_it() {
    story(
        "
        open ann bob
        zoe books tax
        ann goes offline
        ann accepts b1.1
        ann rejects b1.1
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
            [0] ann goes offline
                yes: ann offline, wants offline
                + intent_set ann offline by employee
                + offer_closed b1.1 went_offline
                + offer_made b1.2 bob until 15000
                > ann: offer_closed b1.1 went_offline
                > bob: offer b1.2
                > zoe: booking b1 offering
                > ann: status ann offline, wants offline, cause set_by_employee
                > bob: status bob init, wants idle, cause offer
                > board: b1, ann, bob
                ann is offline since 0, wants offline, connected
                bob is init since 0, wants idle, connected
            [0] ann accepts b1.1
                no: offer_closed went_offline
            [0] ann rejects b1.1
                no: offer_closed went_offline
        "#]],
    );
}

#[test]
fn an_admin_sets_an_asked_employee_offline() {
    story(
        "
        open ann
        zoe books tax
        admin sets ann offline
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
            [0] admin sets ann offline
                yes: ann offline, wants offline
                + intent_set ann offline by admin
                + offer_closed b1.1 went_offline
                + booking_ended b1 everyone_declined
                > ann: offer_closed b1.1 went_offline
                > zoe: booking b1 unanswered everyone_declined
                > ann: status ann offline, wants offline, cause set_by_admin
                > board: b1, ann
                ann is offline since 0, wants offline, connected
        "#]],
    );
}

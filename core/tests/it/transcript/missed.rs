//! Employees who do not answer an offer.

use expect_test::expect;

use crate::desk::story;

#[test]
fn too_many_missed_in_a_row_turn_the_intent_to_offline() {
    story(
        "
        open ann delivery_timeout_ms=0
        quietly zoe books tax
        wait 15000
        zoe books tax
        wait 15000
        zoe books tax
        ann goes idle
        quietly zoe books tax
        wait 15000
        ",
        expect![[r#"
            [15000] time passes
                yes
                + offer_closed b1.1 timed_out
                + booking_ended b1 nobody_left
                > ann: offer_closed b1.1 timed_out
                > zoe: booking b1 unanswered nobody_left
                > ann: status ann idle, wants idle, cause missed
                > board: b1, ann
                ann is idle since 15000 at place 1, wants idle, connected, missed 1
            [15000] zoe books tax
                yes: b2 offering
                + booking_opened b2 zoe tax
                + offer_made b2.1 ann until 30000
                > ann: offer b2.1
                > zoe: booking b2 offering
                > ann: status ann init, wants idle, cause offer
                > board: b2, ann
                ann is init since 15000, wants idle, connected, missed 1
            [30000] time passes
                yes
                + intent_set ann offline by missed
                + offer_closed b2.1 timed_out
                + booking_ended b2 nobody_left
                > ann: offer_closed b2.1 timed_out
                > zoe: booking b2 unanswered nobody_left
                > ann: status ann offline, wants offline, cause missed
                > board: b2, ann
                ann is offline since 30000, wants offline, connected, missed 1
            [30000] zoe books tax
                no: no_idle_employee named by nobody
            [30000] ann goes idle
                yes: ann idle, wants idle
                + intent_set ann idle by employee
                > ann: status ann idle, wants idle, cause set_by_employee
                > board: ann
                ann is idle since 30000 at place 2, wants idle, connected
            [45000] time passes
                yes
                + offer_closed b3.1 timed_out
                + booking_ended b3 nobody_left
                > ann: offer_closed b3.1 timed_out
                > zoe: booking b3 unanswered nobody_left
                > ann: status ann idle, wants idle, cause missed
                > board: b3, ann
                ann is idle since 45000 at place 3, wants idle, connected, missed 1
        "#]],
    );
}

#[test]
fn undelivered_offers_count_as_missed() {
    story(
        "
        open ann max_missed=1
        zoe books tax
        wait 3000
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
                + intent_set ann offline by missed
                + offer_closed b1.1 undelivered
                + booking_ended b1 nobody_left
                > ann: offer_closed b1.1 undelivered
                > zoe: booking b1 unanswered nobody_left
                > ann: status ann offline, wants offline, cause missed
                > board: b1, ann
                ann is offline since 3000, wants offline, connected, missed 1
        "#]],
    );
}

#[test]
fn a_yes_resets_what_was_missed() {
    story(
        "
        open ann delivery_timeout_ms=0
        quietly zoe books tax
        wait 15000
        zoe books tax
        ann accepts b2.1
        quietly zoe ends s1
        quietly zoe books tax
        wait 15000
        ",
        expect![[r#"
            [15000] time passes
                yes
                + offer_closed b1.1 timed_out
                + booking_ended b1 nobody_left
                > ann: offer_closed b1.1 timed_out
                > zoe: booking b1 unanswered nobody_left
                > ann: status ann idle, wants idle, cause missed
                > board: b1, ann
                ann is idle since 15000 at place 1, wants idle, connected, missed 1
            [15000] zoe books tax
                yes: b2 offering
                + booking_opened b2 zoe tax
                + offer_made b2.1 ann until 30000
                > ann: offer b2.1
                > zoe: booking b2 offering
                > ann: status ann init, wants idle, cause offer
                > board: b2, ann
                ann is init since 15000, wants idle, connected, missed 1
            [15000] ann accepts b2.1
                yes: s1 running, client out, employee out
                + offer_accepted b2.1 s1
                > ann: offer_closed b2.1 accepted
                > zoe: booking b2 assigned s1
                > ann: session s1 running, client out, employee out
                > ann: status ann busy, wants idle, cause session_started
                > board: b2, s1, ann
                ann is busy since 15000, wants idle, connected
            [30000] time passes
                yes
                + offer_closed b3.1 timed_out
                + booking_ended b3 nobody_left
                > ann: offer_closed b3.1 timed_out
                > zoe: booking b3 unanswered nobody_left
                > ann: status ann idle, wants idle, cause missed
                > board: b3, ann
                ann is idle since 30000 at place 3, wants idle, connected, missed 1
        "#]],
    );
}

#[test]
fn a_no_resets_what_was_missed() {
    story(
        "
        open ann delivery_timeout_ms=0
        quietly zoe books tax
        wait 15000
        quietly zoe books tax
        ann rejects b2.1
        ",
        expect![[r#"
            [15000] time passes
                yes
                + offer_closed b1.1 timed_out
                + booking_ended b1 nobody_left
                > ann: offer_closed b1.1 timed_out
                > zoe: booking b1 unanswered nobody_left
                > ann: status ann idle, wants idle, cause missed
                > board: b1, ann
                ann is idle since 15000 at place 1, wants idle, connected, missed 1
            [15000] ann rejects b2.1
                yes: ann idle, wants idle
                + offer_closed b2.1 rejected
                + booking_ended b2 everyone_declined
                > ann: offer_closed b2.1 rejected
                > zoe: booking b2 unanswered everyone_declined
                > ann: status ann idle, wants idle, cause declined
                > board: b2, ann
                ann is idle since 15000 at place 2, wants idle, connected
        "#]],
    );
}

#[test]
fn a_max_missed_of_zero_never_turns_the_intent() {
    story(
        "
        open ann delivery_timeout_ms=0 max_missed=0
        quietly zoe books tax
        quietly wait 15000
        quietly zoe books tax
        quietly wait 15000
        zoe books tax
        wait 15000
        ",
        expect![[r#"
            [30000] zoe books tax
                yes: b3 offering
                + booking_opened b3 zoe tax
                + offer_made b3.1 ann until 45000
                > ann: offer b3.1
                > zoe: booking b3 offering
                > ann: status ann init, wants idle, cause offer
                > board: b3, ann
                ann is init since 30000, wants idle, connected, missed 2
            [45000] time passes
                yes
                + offer_closed b3.1 timed_out
                + booking_ended b3 nobody_left
                > ann: offer_closed b3.1 timed_out
                > zoe: booking b3 unanswered nobody_left
                > ann: status ann idle, wants idle, cause missed
                > board: b3, ann
                ann is idle since 45000 at place 3, wants idle, connected, missed 3
        "#]],
    );
}

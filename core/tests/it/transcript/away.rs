//! Routed searches whose employees are away.

use expect_test::expect;

use crate::desk::story;

#[test]
fn of_several_offers_the_one_of_who_is_away_ends_and_the_others_stay() {
    story(
        r#"
        quietly open ann bob
        quietly admin routes {"routes":[{"steps":[{"at_once":2}]}]}
        quietly zoe books tax
        quietly bob has b1.2
        ann drops
        wait 3000
        wait 8000
        bob accepts b1.2
        "#,
        expect![[r#"
            [0] ann drops
                yes
                + employee_disconnected ann
                ann is init since 0, wants idle, away, may be back by 10000, lapses at 1800000
            [3000] time passes
                yes
                + offer_closed b1.1 undelivered (not missed)
                > ann: offer_closed b1.1 undelivered
                > ann: status ann idle, wants idle, cause missed
                > board: ann
                ann is idle since 3000 at place 2, wants idle, away, may be back by 10000, lapses at 1800000
            [10000] time passes
                yes
                + employee_unreachable ann
                > ann: status ann offline, wants idle, cause connection_lost
                > board: ann
                ann is offline since 10000, wants idle, gone since 10000, lapses at 1800000
            [11000] bob accepts b1.2
                yes: s1 running, client out, employee out
                + offer_accepted b1.2 s1
                > bob: offer_closed b1.2 accepted
                > zoe: booking b1 assigned s1
                > bob: session s1 running, client out, employee out
                > bob: status bob busy, wants idle, cause session_started
                > board: b1, s1, bob
                bob is busy since 11000, wants idle, connected
        "#]],
    );
}

#[test]
fn a_step_that_opens_asks_in_place_of_who_is_away() {
    story(
        r#"
        quietly open ann:tax bob:law
        quietly admin routes {"routes":[{"steps":[{},{"after_ms":5000,"topic":"*"}]}]}
        quietly zoe books tax
        quietly ann drops
        wait 3000
        wait 2000
        "#,
        expect![[r#"
            [3000] time passes
                yes
                + search_waits b1 until 10000
            [5000] time passes
                yes
                + step_opened b1 step 2
                + offer_closed b1.1 undelivered (not missed)
                + offer_made b1.2 bob until 20000
                > ann: offer_closed b1.1 undelivered
                > bob: offer b1.2
                > zoe: booking b1 offering
                > ann: status ann idle, wants idle, cause missed
                > bob: status bob init, wants idle, cause offer
                > board: b1, ann, bob
                ann is idle since 5000 at place 2, wants idle, away, may be back by 10000, lapses at 1800000
                bob is init since 5000, wants idle, connected
        "#]],
    );
}

#[test]
fn a_search_without_an_offer_goes_before_an_earlier_one_that_wants_another() {
    story(
        r#"
        quietly open ann:tax bob:law cay dan
        quietly dan goes offline
        quietly cay drops
        quietly admin routes {"routes":[{"steps":[{"at_once":2}]}]}
        zoe books tax
        wait 10
        yan books law
        bob rejects b2.1
        dan goes idle
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
            [10] nothing happens
            [10] yan books law
                yes: b2 offering
                + booking_opened b2 yan law
                + offer_made b2.1 bob until 15010
                > bob: offer b2.1
                > yan: booking b2 offering
                > bob: status bob init, wants idle, cause offer
                > board: b2, bob
                bob is init since 10, wants idle, connected
            [10] bob rejects b2.1
                yes: bob idle, wants idle
                + offer_closed b2.1 rejected
                + search_waits b2 until 10000
                > bob: offer_closed b2.1 rejected
                > bob: status bob idle, wants idle, cause declined
                > board: bob
                bob is idle since 10 at place 4, wants idle, connected
            [10] dan goes idle
                yes: dan init, wants idle
                + intent_set dan idle by employee
                + offer_made b2.2 dan until 15010
                > dan: status dan init, wants idle, cause set_by_employee
                > dan: offer b2.2
                > yan: booking b2 offering
                > dan: status dan init, wants idle, cause offer
                > board: b2, dan
                dan is init since 10, wants idle, connected
        "#]],
    );
}

//! Rules on the order in which employees are asked.

use expect_test::expect;

use crate::desk::story;

#[test]
fn the_highest_level_goes_first_and_among_equals_the_longest_idle() {
    story(
        r#"
        open ann:tax(2) bob:tax(7) cay:tax(7) dan delivery_timeout_ms=0
        quietly admin routes {"routes": [{"steps": [{"prefer": "best"}]}]}
        zoe books tax
        bob rejects b1.1
        cay rejects b1.2
        ann rejects b1.3
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
            [0] bob rejects b1.1
                yes: bob idle, wants idle
                + offer_closed b1.1 rejected
                + offer_made b1.2 cay until 15000
                > bob: offer_closed b1.1 rejected
                > cay: offer b1.2
                > zoe: booking b1 offering
                > bob: status bob idle, wants idle, cause declined
                > cay: status cay init, wants idle, cause offer
                > board: b1, bob, cay
                bob is idle since 0 at place 4, wants idle, connected
                cay is init since 0, wants idle, connected
            [0] cay rejects b1.2
                yes: cay idle, wants idle
                + offer_closed b1.2 rejected
                + offer_made b1.3 ann until 15000
                > cay: offer_closed b1.2 rejected
                > ann: offer b1.3
                > zoe: booking b1 offering
                > ann: status ann init, wants idle, cause offer
                > cay: status cay idle, wants idle, cause declined
                > board: b1, ann, cay
                ann is init since 0, wants idle, connected
                cay is idle since 0 at place 5, wants idle, connected
            [0] ann rejects b1.3
                yes: ann idle, wants idle
                + offer_closed b1.3 rejected
                + offer_made b1.4 dan until 15000
                > ann: offer_closed b1.3 rejected
                > dan: offer b1.4
                > zoe: booking b1 offering
                > ann: status ann idle, wants idle, cause declined
                > dan: status dan init, wants idle, cause offer
                > board: b1, ann, dan
                ann is idle since 0 at place 6, wants idle, connected
                dan is init since 0, wants idle, connected
        "#]],
    );
}

#[test]
fn the_lowest_level_that_is_enough_goes_first_which_spares_the_experts() {
    story(
        r#"
        open ann:tax(9) bob:tax(3) cay:tax(2) delivery_timeout_ms=0
        quietly admin routes {"routes": [{"steps": [{"level": 3, "prefer": "least"}]}]}
        zoe books tax
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
            [0] bob rejects b1.1
                yes: bob idle, wants idle
                + offer_closed b1.1 rejected
                + offer_made b1.2 ann until 15000
                > bob: offer_closed b1.1 rejected
                > ann: offer b1.2
                > zoe: booking b1 offering
                > ann: status ann init, wants idle, cause offer
                > bob: status bob idle, wants idle, cause declined
                > board: b1, ann, bob
                ann is init since 0, wants idle, connected
                bob is idle since 0 at place 3, wants idle, connected
        "#]],
    );
}

#[test]
fn in_turn_the_one_whose_latest_turn_is_longest_ago_goes_first() {
    story(
        r#"
        open ann bob delivery_timeout_ms=0
        quietly admin routes {"routes": [{"steps": [{"order": "round_robin"}]}]}
        quietly zoe books tax
        quietly ann accepts b1.1
        quietly yan books tax
        quietly bob accepts b2.1
        quietly zoe ends s1
        quietly yan ends s2
        quietly ann goes offline
        quietly ann goes idle
        line
        xia books tax
        "#,
        expect![[r#"
            [0] line: bob, ann
            [0] xia books tax
                yes: b3 offering
                + booking_opened b3 xia tax
                + offer_made b3.1 ann until 15000
                > ann: offer b3.1
                > xia: booking b3 offering
                > ann: status ann init, wants idle, cause offer
                > board: b3, ann
                ann is init since 0, wants idle, connected
        "#]],
    );
}

#[test]
fn the_one_with_the_fewest_turns_of_the_day_goes_first_and_yesterday_counts_less_than_today() {
    story(
        r#"
        open ann bob delivery_timeout_ms=0
        quietly admin routes {"routes": [{"steps": [{"order": "fewest"}]}]}
        quietly zoe books tax
        quietly ann rejects b1.1
        quietly zoe cancels b1
        quietly zoe books tax
        quietly bob rejects b2.1
        quietly ann rejects b2.2
        zoe books tax
        quietly zoe cancels b3
        wait 86400000
        yan books tax
        quietly bob rejects b4.1
        quietly yan cancels b4
        zoe books tax
        "#,
        expect![[r#"
            [0] zoe books tax
                yes: b3 offering
                + booking_opened b3 zoe tax
                + offer_made b3.1 bob until 15000
                > bob: offer b3.1
                > zoe: booking b3 offering
                > bob: status bob init, wants idle, cause offer
                > board: b3, bob
                bob is init since 0, wants idle, connected
            [86400000] nothing happens
            [86400000] yan books tax
                yes: b4 offering
                + booking_opened b4 yan tax
                + offer_made b4.1 bob until 86415000
                > bob: offer b4.1
                > yan: booking b4 offering
                > bob: status bob init, wants idle, cause offer
                > board: b4, bob
                bob is init since 86400000, wants idle, connected
            [86400000] zoe books tax
                yes: b5 offering
                + booking_opened b5 zoe tax
                + offer_made b5.1 ann until 86415000
                > ann: offer b5.1
                > zoe: booking b5 offering
                > ann: status ann init, wants idle, cause offer
                > board: b5, ann
                ann is init since 86400000, wants idle, connected
        "#]],
    );
}

#[test]
fn with_shares_1_and_3_three_of_four_turns_are_the_second_s() {
    story(
        r#"
        open ann bob delivery_timeout_ms=0
        quietly admin hires bob share=3
        quietly admin routes {"routes": [{"steps": [{"order": "share"}]}]}
        quietly zoe books tax
        quietly ann accepts b1.1
        quietly zoe ends s1
        zoe books tax
        quietly bob accepts b2.1
        quietly zoe ends s2
        zoe books tax
        quietly bob accepts b3.1
        quietly zoe ends s3
        zoe books tax
        quietly bob accepts b4.1
        quietly zoe ends s4
        zoe books tax
        "#,
        expect![[r#"
            [0] zoe books tax
                yes: b2 offering
                + booking_opened b2 zoe tax
                + offer_made b2.1 bob until 15000
                > bob: offer b2.1
                > zoe: booking b2 offering
                > bob: status bob init, wants idle, cause offer
                > board: b2, bob
                bob is init since 0, wants idle, connected
            [0] zoe books tax
                yes: b3 offering
                + booking_opened b3 zoe tax
                + offer_made b3.1 bob until 15000
                > bob: offer b3.1
                > zoe: booking b3 offering
                > bob: status bob init, wants idle, cause offer
                > board: b3, bob
                bob is init since 0, wants idle, connected
            [0] zoe books tax
                yes: b4 offering
                + booking_opened b4 zoe tax
                + offer_made b4.1 bob until 15000
                > bob: offer b4.1
                > zoe: booking b4 offering
                > bob: status bob init, wants idle, cause offer
                > board: b4, bob
                bob is init since 0, wants idle, connected
            [0] zoe books tax
                yes: b5 offering
                + booking_opened b5 zoe tax
                + offer_made b5.1 bob until 15000
                > bob: offer b5.1
                > zoe: booking b5 offering
                > bob: status bob init, wants idle, cause offer
                > board: b5, bob
                bob is init since 0, wants idle, connected
        "#]],
    );
}

#[test]
fn an_absence_earns_no_turns_afterwards() {
    story(
        r#"
        open ann bob delivery_timeout_ms=0
        quietly admin routes {"routes": [{"steps": [{"order": "share"}]}]}
        quietly bob goes offline
        quietly zoe books tax
        quietly ann accepts b1.1
        quietly zoe ends s1
        quietly zoe books tax
        quietly ann accepts b2.1
        quietly zoe ends s2
        quietly zoe books tax
        quietly ann accepts b3.1
        quietly zoe ends s3
        quietly bob goes idle
        zoe books tax
        quietly bob accepts b4.1
        quietly zoe ends s4
        zoe books tax
        quietly zoe cancels b5
        "#,
        expect![[r#"
            [0] zoe books tax
                yes: b4 offering
                + booking_opened b4 zoe tax
                + offer_made b4.1 bob until 15000
                > bob: offer b4.1
                > zoe: booking b4 offering
                > bob: status bob init, wants idle, cause offer
                > board: b4, bob
                bob is init since 0, wants idle, connected
            [0] zoe books tax
                yes: b5 offering
                + booking_opened b5 zoe tax
                + offer_made b5.1 ann until 15000
                > ann: offer b5.1
                > zoe: booking b5 offering
                > ann: status ann init, wants idle, cause offer
                > board: b5, ann
                ann is init since 0, wants idle, connected
        "#]],
    );
}

#[test]
fn a_declined_offer_is_a_turn_and_one_that_was_taken_away_is_none() {
    story(
        r#"
        open ann bob delivery_timeout_ms=0
        quietly admin routes {"routes": [{"steps": [{"order": "round_robin"}]}]}
        quietly zoe books tax
        quietly ann rejects b1.1
        quietly zoe cancels b1
        quietly bob goes offline
        quietly bob goes idle
        line
        zoe books tax
        "#,
        expect![[r#"
            [0] line: ann, bob
            [0] zoe books tax
                yes: b2 offering
                + booking_opened b2 zoe tax
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
fn two_routes_order_the_same_people_differently_at_the_same_time() {
    story(
        r#"
        open ann:tax(1),law(1) bob:tax(5),law(5) delivery_timeout_ms=0
        quietly admin routes {"routes": [{"topics": ["tax"], "steps": [{"prefer": "best"}]}, {"topics": ["law"], "steps": [{"prefer": "least"}]}]}
        zoe books tax
        quietly zoe cancels b1
        zoe books law
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
            [0] zoe books law
                yes: b2 offering
                + booking_opened b2 zoe law
                + offer_made b2.1 ann until 15000
                > ann: offer b2.1
                > zoe: booking b2 offering
                > ann: status ann init, wants idle, cause offer
                > board: b2, ann
                ann is init since 0, wants idle, connected
        "#]],
    );
}

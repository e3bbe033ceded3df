//! The wall clock is set ahead: no person has less time by that.

use expect_test::expect;

use crate::desk::story;

#[test]
fn every_deadline_has_the_time_left_that_it_had_when_the_clock_went_ahead() {
    story(
        r#"
        open ann bob
        zoe books tax
        ann has b1.1
        wait 4000
        zoe drops
        clock +7200000
        company follows 7200000
        see b1
        wait 10999
        wait 1
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
            [0] ann has b1.1
                yes
                + offer_delivered b1.1
            [4000] nothing happens
            [4000] zoe drops
                yes
                + client_disconnected zoe
            [4000] clock +7200000
            [7204000] company follows 7200000
                yes
                + clock_followed by 7200000
            [7204000] see b1: b1 offering
            [7214999] nothing happens
            [7215000] time passes
                yes
                + offer_closed b1.1 timed_out
                + offer_made b1.2 bob until 7230000
                > ann: offer_closed b1.1 timed_out
                > bob: offer b1.2
                > zoe: booking b1 offering
                > ann: status ann idle, wants idle, cause missed
                > bob: status bob init, wants idle, cause offer
                > board: b1, ann, bob
                ann is idle since 7215000 at place 2, wants idle, connected, missed 1
                bob is init since 7215000, wants idle, connected
        "#]],
    );
}

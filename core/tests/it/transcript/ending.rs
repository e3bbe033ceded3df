//! Ends of a search: by the client, by an admin, by absence or by its deadline.

use expect_test::expect;

use crate::desk::story;

#[test]
fn a_client_cancels_and_may_book_again() {
    story(
        "
        open ann bob
        zoe books tax
        zoe cancels b1
        zoe cancels b1
        admin cancels b1
        ann accepts b1.1
        zoe books tax
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
            [0] zoe cancels b1
                yes: b1 cancelled client_cancelled
                + offer_closed b1.1 client_cancelled
                + booking_ended b1 client_cancelled
                > ann: offer_closed b1.1 client_cancelled
                > zoe: booking b1 cancelled client_cancelled
                > ann: status ann idle, wants idle, cause offer
                > board: b1, ann
                ann is idle since 0 at place 2, wants idle, connected
            [0] zoe cancels b1
                yes: b1 cancelled client_cancelled
            [0] admin cancels b1
                no: booking_closed b1
            [0] ann accepts b1.1
                no: offer_closed client_cancelled
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
fn whoever_runs_the_company_cancels() {
    story(
        "
        open ann
        zoe books tax
        admin cancels b1
        admin cancels b1
        zoe cancels b1
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
            [0] admin cancels b1
                yes: b1 cancelled closed_by_admin
                + offer_closed b1.1 withdrawn_by_admin
                + booking_ended b1 closed_by_admin
                > ann: offer_closed b1.1 withdrawn_by_admin
                > zoe: booking b1 cancelled closed_by_admin
                > ann: status ann idle, wants idle, cause offer
                > board: b1, ann
                ann is idle since 0 at place 1, wants idle, connected
            [0] admin cancels b1
                yes: b1 cancelled closed_by_admin
            [0] zoe cancels b1
                no: booking_closed b1
            [0] ann rejects b1.1
                no: offer_closed withdrawn_by_admin
        "#]],
    );
}

#[test]
fn a_stranger_cannot_cancel() {
    story(
        "
        open ann
        zoe books tax
        yan cancels b1
        ann cancels b1
        zoe cancels b2
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
            [0] yan cancels b1
                no: forbidden
            [0] ann cancels b1
                no: forbidden
            [0] zoe cancels b2
                no: unknown_booking
        "#]],
    );
}

#[test]
fn an_assigned_booking_is_closed_to_cancel() {
    story(
        "
        open ann
        quietly zoe books tax
        quietly ann accepts b1.1
        zoe cancels b1
        admin cancels b1
        zoe ends s1
        zoe cancels b1
        ",
        expect![[r#"
            [0] zoe cancels b1
                no: booking_closed b1
            [0] admin cancels b1
                no: booking_closed b1
            [0] zoe ends s1
                yes: s1 ended by client
                + session_ended s1 client
                > s1: ended s1 ended by client
                > ann: session s1 ended by client
                > zoe: booking b1 assigned s1
                > ann: status ann idle, wants idle, cause session_ended
                > board: s1, b1, ann
                ann is idle since 0 at place 1, wants idle, connected
            [0] zoe cancels b1
                no: booking_closed b1
        "#]],
    );
}

#[test]
fn a_search_ends_at_its_deadline_and_closes_the_offer() {
    story(
        "
        open ann bob delivery_timeout_ms=0 booking_deadline_ms=20000
        zoe books tax
        wait 15000
        wait 5000
        bob accepts b1.2
        zoe cancels b1
        zoe books tax
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
                + offer_made b1.2 bob until 20000
                > ann: offer_closed b1.1 timed_out
                > bob: offer b1.2
                > zoe: booking b1 offering
                > ann: status ann idle, wants idle, cause missed
                > bob: status bob init, wants idle, cause offer
                > board: b1, ann, bob
                ann is idle since 15000 at place 2, wants idle, connected, missed 1
                bob is init since 15000, wants idle, connected
            [20000] time passes
                yes
                + offer_closed b1.2 booking_expired (missed)
                + booking_ended b1 deadline
                > bob: offer_closed b1.2 booking_expired
                > zoe: booking b1 expired deadline
                > bob: status bob idle, wants idle, cause missed
                > board: b1, bob
                bob is idle since 20000 at place 3, wants idle, connected, missed 1
            [20000] bob accepts b1.2
                no: offer_closed booking_expired
            [20000] zoe cancels b1
                no: booking_closed b1
            [20000] zoe books tax
                yes: b2 offering
                + booking_opened b2 zoe tax
                + offer_made b2.1 ann until 35000
                > ann: offer b2.1
                > zoe: booking b2 offering
                > ann: status ann init, wants idle, cause offer
                > board: b2, ann
                ann is init since 20000, wants idle, connected, missed 1
        "#]],
    );
}

#[test]
fn an_offer_that_would_time_out_at_the_deadline_is_booking_expired_and_missed() {
    story(
        "
        open ann max_missed=1 delivery_timeout_ms=0 booking_deadline_ms=15000
        zoe books tax
        wait 15000
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
                + intent_set ann offline by missed
                + offer_closed b1.1 booking_expired (missed)
                + booking_ended b1 deadline
                > ann: offer_closed b1.1 booking_expired
                > zoe: booking b1 expired deadline
                > ann: status ann offline, wants offline, cause missed
                > board: b1, ann
                ann is offline since 15000, wants offline, connected, missed 1
        "#]],
    );
}

#[test]
fn nobody_is_asked_after_the_deadline_when_the_clock_is_read_late() {
    story(
        "
        open ann bob delivery_timeout_ms=0 booking_deadline_ms=20000
        zoe books tax
        clock +20001
        wake
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
            [0] clock +20001
            [20001] wake
                yes
                + offer_closed b1.1 timed_out
                + booking_ended b1 deadline
                > ann: offer_closed b1.1 timed_out
                > zoe: booking b1 expired deadline
                > ann: status ann idle, wants idle, cause missed
                > board: b1, ann
                ann is idle since 20001 at place 2, wants idle, connected, missed 1
            [20001] line: bob, ann
        "#]],
    );
}

#[test]
fn a_client_who_stays_away_is_lost() {
    story(
        "
        open ann delivery_timeout_ms=0 offer_timeout_ms=30000
        zoe books tax
        wait 1000
        zoe drops
        wait 14999
        wait 1
        ann rejects b1.1
        zoe books tax
        ",
        expect![[r#"
            [0] zoe books tax
                yes: b1 offering
                + booking_opened b1 zoe tax
                + offer_made b1.1 ann until 30000
                > ann: offer b1.1
                > zoe: booking b1 offering
                > ann: status ann init, wants idle, cause offer
                > board: b1, ann
                ann is init since 0, wants idle, connected
            [1000] nothing happens
            [1000] zoe drops
                yes
                + client_disconnected zoe
            [15999] nothing happens
            [16000] time passes
                yes
                + offer_closed b1.1 client_lost
                + booking_ended b1 client_lost
                > ann: offer_closed b1.1 client_lost
                > zoe: booking b1 cancelled client_lost
                > ann: status ann idle, wants idle, cause offer
                > board: b1, ann
                ann is idle since 16000 at place 1, wants idle, connected
            [16000] ann rejects b1.1
                no: offer_closed client_lost
            [16000] zoe books tax
                yes: b2 offering
                + booking_opened b2 zoe tax
                + offer_made b2.1 ann until 46000
                > ann: offer b2.1
                > zoe: booking b2 offering
                > ann: status ann init, wants idle, cause offer
                > board: b2, ann
                ann is init since 16000, wants idle, connected
        "#]],
    );
}

#[test]
fn a_client_lost_at_the_moment_of_the_time_out_is_client_lost() {
    story(
        "
        open ann delivery_timeout_ms=0
        zoe books tax
        zoe drops
        wait 15000
        ann accepts b1.1
        zoe connects
        zoe cancels b1
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
            [0] zoe drops
                yes
                + client_disconnected zoe
            [15000] time passes
                yes
                + offer_closed b1.1 client_lost
                + booking_ended b1 client_lost
                > ann: offer_closed b1.1 client_lost
                > zoe: booking b1 cancelled client_lost
                > ann: status ann idle, wants idle, cause offer
                > board: b1, ann
                ann is idle since 15000 at place 1, wants idle, connected
            [15000] ann accepts b1.1
                no: offer_closed client_lost
            [15000] zoe connects
                yes
            [15000] zoe cancels b1
                no: booking_closed b1
        "#]],
    );
}

#[test]
fn a_client_back_in_time_searches_on() {
    story(
        "
        open ann bob delivery_timeout_ms=0 offer_timeout_ms=30000
        zoe books tax
        zoe drops
        zoe drops
        wait 14999
        zoe connects
        zoe connects
        wait 14999
        ann accepts b1.1
        ",
        expect![[r#"
            [0] zoe books tax
                yes: b1 offering
                + booking_opened b1 zoe tax
                + offer_made b1.1 ann until 30000
                > ann: offer b1.1
                > zoe: booking b1 offering
                > ann: status ann init, wants idle, cause offer
                > board: b1, ann
                ann is init since 0, wants idle, connected
            [0] zoe drops
                yes
                + client_disconnected zoe
            [0] zoe drops
                yes
            [14999] nothing happens
            [14999] zoe connects
                yes
                + client_connected zoe
            [14999] zoe connects
                yes
            [29998] nothing happens
            [29998] ann accepts b1.1
                yes: s1 running, client out, employee out
                + offer_accepted b1.1 s1
                > ann: offer_closed b1.1 accepted
                > zoe: booking b1 assigned s1
                > ann: session s1 running, client out, employee out
                > ann: status ann busy, wants idle, cause session_started
                > board: b1, s1, ann
                ann is busy since 29998, wants idle, connected
        "#]],
    );
}

#[test]
fn a_client_with_nothing_open_comes_and_goes_unseen() {
    story(
        "
        open ann
        zoe connects
        zoe drops
        wait 100000
        ",
        expect![[r#"
            [0] zoe connects
                yes
            [0] zoe drops
                yes
            [100000] nothing happens
        "#]],
    );
}

//! Searches from the first offer to an acceptance, a rejection by all, or the end of the line.

use expect_test::expect;

use crate::desk::story;

#[test]
fn a_client_books_and_the_one_who_says_yes_talks_with_them_until_one_ends_it() {
    story(
        r#"
        open ann bob
        zoe books tax note={"age":30}
        ann has b1.1
        wait 4000
        ann accepts b1.1
        zoe enters s1
        ann enters s1
        zoe says s1 hello
        ann says s1 good-day
        zoe leaves s1
        zoe ends s1 thanks
        "#,
        expect![[r#"
            [0] zoe books tax note={"age":30}
                yes: b1 offering
                + booking_opened b1 zoe tax note {"age":30}
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
            [4000] ann accepts b1.1
                yes: s1 running, client out, employee out
                + offer_accepted b1.1 s1
                > ann: offer_closed b1.1 accepted
                > zoe: booking b1 assigned s1
                > ann: session s1 running, client out, employee out
                > ann: status ann busy, wants idle, cause session_started
                > board: b1, s1, ann
                ann is busy since 4000, wants idle, connected
            [4000] zoe enters s1
                yes: s1 running, client in, employee out
                + party_entered s1 client
                > s1 employee: peer online
            [4000] ann enters s1
                yes: s1 running, client in, employee in
                + party_entered s1 employee
                > s1 client: peer online
            [4000] zoe says s1 hello
                yes: m1 in s1
                + message_sent s1 m1 client: hello
                > s1: message m1 client: hello
            [4000] ann says s1 good-day
                yes: m2 in s1
                + message_sent s1 m2 employee: good-day
                > s1: message m2 employee: good-day
            [4000] zoe leaves s1
                yes
                + party_left s1 client
                > s1 employee: peer offline
            [4000] zoe ends s1 thanks
                yes: s1 ended by client (thanks), 2 messages m1 to m2
                + session_ended s1 client (thanks)
                > s1: ended s1 ended by client (thanks), 2 messages m1 to m2
                > ann: session s1 ended by client (thanks), 2 messages m1 to m2
                > zoe: booking b1 assigned s1
                > ann: status ann idle, wants idle, cause session_ended
                > board: s1, b1, ann
                ann is idle since 4000 at place 2, wants idle, connected
        "#]],
    );
}

#[test]
fn a_no_asks_the_next_at_once() {
    story(
        "
        open ann bob
        zoe books tax
        wait 1000
        ann rejects b1.1 lunch
        bob accepts b1.2
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
            [1000] nothing happens
            [1000] ann rejects b1.1 lunch
                yes: ann idle, wants idle
                + offer_closed b1.1 rejected (lunch)
                + offer_made b1.2 bob until 16000
                > ann: offer_closed b1.1 rejected
                > bob: offer b1.2
                > zoe: booking b1 offering
                > ann: status ann idle, wants idle, cause declined
                > bob: status bob init, wants idle, cause offer
                > board: b1, ann, bob
                ann is idle since 1000 at place 2, wants idle, connected
                bob is init since 1000, wants idle, connected
            [1000] bob accepts b1.2
                yes: s1 running, client out, employee out
                + offer_accepted b1.2 s1
                > bob: offer_closed b1.2 accepted
                > zoe: booking b1 assigned s1
                > bob: session s1 running, client out, employee out
                > bob: status bob busy, wants idle, cause session_started
                > board: b1, s1, bob
                bob is busy since 1000, wants idle, connected
            [1000] line: ann
        "#]],
    );
}

#[test]
fn when_everyone_declines_the_booking_says_so() {
    story(
        "
        open ann bob
        zoe books tax
        ann rejects b1.1
        bob rejects b1.2
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
            [0] ann rejects b1.1
                yes: ann idle, wants idle
                + offer_closed b1.1 rejected
                + offer_made b1.2 bob until 15000
                > ann: offer_closed b1.1 rejected
                > bob: offer b1.2
                > zoe: booking b1 offering
                > ann: status ann idle, wants idle, cause declined
                > bob: status bob init, wants idle, cause offer
                > board: b1, ann, bob
                ann is idle since 0 at place 2, wants idle, connected
                bob is init since 0, wants idle, connected
            [0] bob rejects b1.2
                yes: bob idle, wants idle
                + offer_closed b1.2 rejected
                + booking_ended b1 everyone_declined
                > bob: offer_closed b1.2 rejected
                > zoe: booking b1 unanswered everyone_declined
                > bob: status bob idle, wants idle, cause declined
                > board: b1, bob
                bob is idle since 0 at place 3, wants idle, connected
            [0] zoe books tax
                yes: b2 offering
                + booking_opened b2 zoe tax
                + offer_made b2.1 ann until 15000
                > ann: offer b2.1
                > zoe: booking b2 offering
                > ann: status ann init, wants idle, cause offer
                > board: b2, ann
                ann is init since 0, wants idle, connected
        "#]],
    );
}

#[test]
fn going_offline_counts_as_a_no_of_everyone() {
    story(
        "
        open ann bob
        zoe books tax
        ann goes offline
        bob rejects b1.2
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
            [0] bob rejects b1.2
                yes: bob idle, wants idle
                + offer_closed b1.2 rejected
                + booking_ended b1 everyone_declined
                > bob: offer_closed b1.2 rejected
                > zoe: booking b1 unanswered everyone_declined
                > bob: status bob idle, wants idle, cause declined
                > board: b1, bob
                bob is idle since 0 at place 2, wants idle, connected
        "#]],
    );
}

#[test]
fn nobody_is_left_when_the_last_one_does_not_answer() {
    story(
        "
        open ann bob delivery_timeout_ms=0
        zoe books tax
        ann rejects b1.1
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
            [0] ann rejects b1.1
                yes: ann idle, wants idle
                + offer_closed b1.1 rejected
                + offer_made b1.2 bob until 15000
                > ann: offer_closed b1.1 rejected
                > bob: offer b1.2
                > zoe: booking b1 offering
                > ann: status ann idle, wants idle, cause declined
                > bob: status bob init, wants idle, cause offer
                > board: b1, ann, bob
                ann is idle since 0 at place 2, wants idle, connected
                bob is init since 0, wants idle, connected
            [15000] time passes
                yes
                + offer_closed b1.2 timed_out
                + booking_ended b1 nobody_left
                > bob: offer_closed b1.2 timed_out
                > zoe: booking b1 unanswered nobody_left
                > bob: status bob idle, wants idle, cause missed
                > board: b1, bob
                bob is idle since 15000 at place 3, wants idle, connected, missed 1
        "#]],
    );
}

#[test]
fn nobody_is_left_when_an_earlier_one_did_not_answer_and_the_last_says_no() {
    story(
        "
        open ann bob delivery_timeout_ms=0
        zoe books tax
        wait 15000
        bob rejects b1.2
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
            [15000] bob rejects b1.2
                yes: bob idle, wants idle
                + offer_closed b1.2 rejected
                + booking_ended b1 nobody_left
                > bob: offer_closed b1.2 rejected
                > zoe: booking b1 unanswered nobody_left
                > bob: status bob idle, wants idle, cause declined
                > board: b1, bob
                bob is idle since 15000 at place 3, wants idle, connected
        "#]],
    );
}

#[test]
fn one_booking_never_asks_the_same_employee_twice() {
    story(
        "
        open ann
        zoe books tax
        ann rejects b1.1
        yan books tax
        ann accepts b2.1
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
            [0] ann rejects b1.1
                yes: ann idle, wants idle
                + offer_closed b1.1 rejected
                + booking_ended b1 everyone_declined
                > ann: offer_closed b1.1 rejected
                > zoe: booking b1 unanswered everyone_declined
                > ann: status ann idle, wants idle, cause declined
                > board: b1, ann
                ann is idle since 0 at place 1, wants idle, connected
            [0] yan books tax
                yes: b2 offering
                + booking_opened b2 yan tax
                + offer_made b2.1 ann until 15000
                > ann: offer b2.1
                > yan: booking b2 offering
                > ann: status ann init, wants idle, cause offer
                > board: b2, ann
                ann is init since 0, wants idle, connected
            [0] ann accepts b2.1
                yes: s1 running, client out, employee out
                + offer_accepted b2.1 s1
                > ann: offer_closed b2.1 accepted
                > yan: booking b2 assigned s1
                > ann: session s1 running, client out, employee out
                > ann: status ann busy, wants idle, cause session_started
                > board: b2, s1, ann
                ann is busy since 0, wants idle, connected
        "#]],
    );
}

#[test]
fn who_becomes_idle_during_a_search_is_asked_by_it() {
    story(
        "
        open ann bob
        quietly bob goes offline
        zoe books tax
        bob goes idle
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
            [0] bob goes idle
                yes: bob idle, wants idle
                + intent_set bob idle by employee
                > bob: status bob idle, wants idle, cause set_by_employee
                > board: bob
                bob is idle since 0 at place 2, wants idle, connected
            [0] ann rejects b1.1
                yes: ann idle, wants idle
                + offer_closed b1.1 rejected
                + offer_made b1.2 bob until 15000
                > ann: offer_closed b1.1 rejected
                > bob: offer b1.2
                > zoe: booking b1 offering
                > ann: status ann idle, wants idle, cause declined
                > bob: status bob init, wants idle, cause offer
                > board: b1, ann, bob
                ann is idle since 0 at place 3, wants idle, connected
                bob is init since 0, wants idle, connected
        "#]],
    );
}

#[test]
fn two_searches_ask_two_employees() {
    story(
        "
        open ann bob
        zoe books tax
        yan books tax
        xia books tax
        bob rejects b2.1
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
            [0] yan books tax
                yes: b2 offering
                + booking_opened b2 yan tax
                + offer_made b2.1 bob until 15000
                > bob: offer b2.1
                > yan: booking b2 offering
                > bob: status bob init, wants idle, cause offer
                > board: b2, bob
                bob is init since 0, wants idle, connected
            [0] xia books tax
                no: no_idle_employee named by nobody
            [0] bob rejects b2.1
                yes: bob idle, wants idle
                + offer_closed b2.1 rejected
                + booking_ended b2 everyone_declined
                > bob: offer_closed b2.1 rejected
                > yan: booking b2 unanswered everyone_declined
                > bob: status bob idle, wants idle, cause declined
                > board: b2, bob
                bob is idle since 0 at place 2, wants idle, connected
            [0] ann rejects b1.1
                yes: ann idle, wants idle
                + offer_closed b1.1 rejected
                + offer_made b1.2 bob until 15000
                > ann: offer_closed b1.1 rejected
                > bob: offer b1.2
                > zoe: booking b1 offering
                > ann: status ann idle, wants idle, cause declined
                > bob: status bob init, wants idle, cause offer
                > board: b1, ann, bob
                ann is idle since 0 at place 3, wants idle, connected
                bob is init since 0, wants idle, connected
        "#]],
    );
}

#[test]
fn nobody_idle_is_refused_and_makes_no_booking() {
    story(
        "
        open ann
        availability
        quietly ann goes offline
        zoe books tax
        see b1
        availability
        ",
        expect![[r#"
            [0] availability: true (1)
            [0] zoe books tax
                no: no_idle_employee named by nobody
            [0] see b1: b1 is forgotten
            [0] availability: false (0)
        "#]],
    );
}

#[test]
fn a_client_has_one_open_booking_or_session() {
    story(
        "
        open ann bob
        zoe books tax
        zoe books tax
        zoe books law key=k1
        ann accepts b1.1
        zoe books tax
        zoe ends s1
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
            [0] zoe books tax
                no: already_booked b1
            [0] zoe books law key=k1
                no: already_booked b1
            [0] ann accepts b1.1
                yes: s1 running, client out, employee out
                + offer_accepted b1.1 s1
                > ann: offer_closed b1.1 accepted
                > zoe: booking b1 assigned s1
                > ann: session s1 running, client out, employee out
                > ann: status ann busy, wants idle, cause session_started
                > board: b1, s1, ann
                ann is busy since 0, wants idle, connected
            [0] zoe books tax
                no: already_booked b1
            [0] zoe ends s1
                yes: s1 ended by client
                + session_ended s1 client
                > s1: ended s1 ended by client
                > ann: session s1 ended by client
                > zoe: booking b1 assigned s1
                > ann: status ann idle, wants idle, cause session_ended
                > board: s1, b1, ann
                ann is idle since 0 at place 2, wants idle, connected
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
fn the_same_key_gives_the_same_booking() {
    story(
        "
        open ann bob
        zoe books tax key=k1
        zoe books tax key=k1
        zoe books law key=k2
        yan books tax key=k1
        quietly ann accepts b1.1
        zoe books tax key=k1
        zoe ends s1
        zoe books tax key=k1
        zoe books tax key=k2
        zoe books tax key=k1
        ",
        expect![[r#"
            [0] zoe books tax key=k1
                yes: b1 offering
                + booking_opened b1 zoe tax key k1
                + offer_made b1.1 ann until 15000
                > ann: offer b1.1
                > zoe: booking b1 offering
                > ann: status ann init, wants idle, cause offer
                > board: b1, ann
                ann is init since 0, wants idle, connected
            [0] zoe books tax key=k1
                yes: b1 offering
            [0] zoe books law key=k2
                no: already_booked b1
            [0] yan books tax key=k1
                yes: b2 offering
                + booking_opened b2 yan tax key k1
                + offer_made b2.1 bob until 15000
                > bob: offer b2.1
                > yan: booking b2 offering
                > bob: status bob init, wants idle, cause offer
                > board: b2, bob
                bob is init since 0, wants idle, connected
            [0] zoe books tax key=k1
                yes: b1 assigned s1
            [0] zoe ends s1
                yes: s1 ended by client
                + session_ended s1 client
                > s1: ended s1 ended by client
                > ann: session s1 ended by client
                > zoe: booking b1 assigned s1
                > ann: status ann idle, wants idle, cause session_ended
                > board: s1, b1, ann
                ann is idle since 0 at place 2, wants idle, connected
            [0] zoe books tax key=k1
                yes: b1 assigned s1
            [0] zoe books tax key=k2
                yes: b3 offering
                + booking_opened b3 zoe tax key k2
                + offer_made b3.1 ann until 15000
                > ann: offer b3.1
                > zoe: booking b3 offering
                > ann: status ann init, wants idle, cause offer
                > board: b3, ann
                ann is init since 0, wants idle, connected
            [0] zoe books tax key=k1
                yes: b1 assigned s1
        "#]],
    );
}

#[test]
fn a_key_is_forgotten_a_day_after_its_booking() {
    story(
        "
        open ann
        quietly zoe books tax key=k1
        quietly ann rejects b1.1
        clock +86399999
        quietly yan books tax
        quietly yan cancels b2
        zoe books tax key=k1
        clock +1
        quietly yan books tax
        quietly yan cancels b3
        zoe books tax key=k1
        ann rejects b1.1
        zoe cancels b1
        ",
        expect![[r#"
            [0] clock +86399999
            [86399999] zoe books tax key=k1
                yes: b1 unanswered everyone_declined
            [86399999] clock +1
            [86400000] zoe books tax key=k1
                yes: b4 offering
                + booking_opened b4 zoe tax key k1
                + offer_made b4.1 ann until 86415000
                > ann: offer b4.1
                > zoe: booking b4 offering
                > ann: status ann init, wants idle, cause offer
                > board: b4, ann
                ann is init since 86400000, wants idle, connected
            [86400000] ann rejects b1.1
                no: unknown_offer
            [86400000] zoe cancels b1
                no: unknown_booking
        "#]],
    );
}

//! Searches that wait, because all who could take them lost their connection for a moment.

use expect_test::expect;

use crate::desk::story;

#[test]
fn a_search_waits_for_who_lost_their_line_and_asks_them_when_they_are_back() {
    story(
        "
        open ann bob
        bob drops
        zoe books tax
        ann rejects b1.1
        wait 5000
        bob connects
        ",
        expect![[r#"
            [0] bob drops
                yes
                + employee_disconnected bob
                bob is idle since 0 at place 1, wants idle, away, may be back by 10000, lapses at 1800000
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
                + search_waits b1 until 10000
                > ann: offer_closed b1.1 rejected
                > ann: status ann idle, wants idle, cause declined
                > board: ann
                ann is idle since 0 at place 2, wants idle, connected
            [5000] nothing happens
            [5000] bob connects
                yes
                + employee_connected bob
                + offer_made b1.2 bob until 20000
                > bob: offer b1.2
                > zoe: booking b1 offering
                > bob: status bob init, wants idle, cause offer
                > board: b1, bob
                bob is init since 5000, wants idle, connected
        "#]],
    );
}

#[test]
fn those_who_do_not_come_back_are_waited_for_no_longer_than_their_grace_time() {
    story(
        "
        open ann bob cay
        quietly bob drops
        quietly wait 2000
        quietly cay drops
        quietly zoe books tax
        quietly ann rejects b1.1
        wait 20000
        ",
        expect![[r#"
            [10000] time passes
                yes
                + employee_unreachable bob
                > bob: status bob offline, wants idle, cause connection_lost
                > board: bob
                bob is offline since 10000, wants idle, gone since 10000, lapses at 1800000
            [12000] time passes
                yes
                + employee_unreachable cay
                + booking_ended b1 everyone_declined
                > cay: status cay offline, wants idle, cause connection_lost
                > zoe: booking b1 unanswered everyone_declined
                > board: cay, b1
                cay is offline since 12000, wants idle, gone since 12000, lapses at 1802000
        "#]],
    );
}

#[test]
fn whoever_becomes_idle_meanwhile_is_asked_at_once() {
    story(
        "
        open ann bob cay
        quietly cay goes offline
        quietly bob drops
        quietly zoe books tax
        quietly ann rejects b1.1
        cay goes idle
        ",
        expect![[r#"
            [0] cay goes idle
                yes: cay init, wants idle
                + intent_set cay idle by employee
                + offer_made b1.2 cay until 15000
                > cay: status cay init, wants idle, cause set_by_employee
                > cay: offer b1.2
                > zoe: booking b1 offering
                > cay: status cay init, wants idle, cause offer
                > board: b1, cay
                cay is init since 0, wants idle, connected
        "#]],
    );
}

#[test]
fn the_oldest_search_is_served_first_and_the_next_by_who_comes_next() {
    story(
        "
        open ann bob cay dan
        quietly cay drops
        quietly dan drops
        quietly zoe books tax
        quietly wait 10
        quietly yan books tax
        quietly bob rejects b2.1
        quietly ann rejects b1.1
        quietly bob rejects b1.2
        quietly ann rejects b2.2
        line tax
        cay connects
        dan connects
        ",
        expect![[r#"
            [10] line tax: bob, ann
            [10] cay connects
                yes
                + employee_connected cay
                + offer_made b1.3 cay until 15010
                > cay: offer b1.3
                > zoe: booking b1 offering
                > cay: status cay init, wants idle, cause offer
                > board: b1, cay
                cay is init since 10, wants idle, connected
            [10] dan connects
                yes
                + employee_connected dan
                + offer_made b2.3 dan until 15010
                > dan: offer b2.3
                > yan: booking b2 offering
                > dan: status dan init, wants idle, cause offer
                > board: b2, dan
                dan is init since 10, wants idle, connected
        "#]],
    );
}

#[test]
fn who_cannot_take_the_topic_or_was_asked_is_not_waited_for() {
    story(
        "
        open ann bob:law cay
        quietly zoe books tax
        quietly cay drops
        quietly ann rejects b1.1
        quietly cay connects
        quietly bob drops
        cay rejects b1.2
        ",
        expect![[r#"
            [0] cay rejects b1.2
                yes: cay idle, wants idle
                + offer_closed b1.2 rejected
                + booking_ended b1 everyone_declined
                > cay: offer_closed b1.2 rejected
                > zoe: booking b1 unanswered everyone_declined
                > cay: status cay idle, wants idle, cause declined
                > board: b1, cay
                cay is idle since 0 at place 4, wants idle, connected
        "#]],
    );
}

#[test]
fn other_topics_that_fit_end_the_waiting() {
    story(
        "
        open ann bob:law cay
        quietly cay drops
        quietly zoe books tax
        quietly ann rejects b1.1
        admin hires bob tax
        ",
        expect![[r#"
            [0] admin hires bob tax
                yes: bob init, wants idle
                + employee_set bob `BOB` [tax]
                + offer_made b1.2 bob until 15000
                > bob: offer b1.2
                > zoe: booking b1 offering
                > bob: status bob init, wants idle, cause offer
                > board: b1, bob
                bob is init since 0, wants idle, connected
        "#]],
    );
}

#[test]
fn a_search_that_waits_can_be_called_off_and_expires() {
    story(
        "
        open ann bob booking_deadline_ms=5000 offer_timeout_ms=5000
        quietly bob drops
        quietly zoe books tax
        quietly ann rejects b1.1
        zoe cancels b1
        zoe books tax
        quietly bob connects
        quietly bob drops
        quietly zoe books tax
        quietly ann rejects b2.1
        wait 5000
        ",
        expect![[r#"
            [0] zoe cancels b1
                yes: b1 cancelled client_cancelled
                + booking_ended b1 client_cancelled
                > zoe: booking b1 cancelled client_cancelled
                > board: b1
            [0] zoe books tax
                yes: b2 offering
                + booking_opened b2 zoe tax
                + offer_made b2.1 ann until 5000
                > ann: offer b2.1
                > zoe: booking b2 offering
                > ann: status ann init, wants idle, cause offer
                > board: b2, ann
                ann is init since 0, wants idle, connected
            [5000] time passes
                yes
                + booking_ended b2 deadline
                > zoe: booking b2 expired deadline
                > board: b2
        "#]],
    );
}

#[test]
fn a_new_search_is_refused_while_others_wait() {
    story(
        "
        open ann bob
        quietly bob drops
        quietly zoe books tax
        quietly ann rejects b1.1
        quietly ann goes offline
        yan books tax
        ",
        expect![[r#"
            [0] yan books tax
                no: no_idle_employee named by nobody
        "#]],
    );
}

#[test]
fn an_offer_stays_with_who_lost_their_line_while_nobody_else_can_be_asked() {
    story(
        "
        open ann max_missed=1
        zoe books tax
        ann drops
        wait 4000
        ann connects
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
            [3000] time passes
                yes
                + search_waits b1 until 10000
            [4000] ann connects
                yes
                + employee_connected ann
                ann is init since 0, wants idle, connected
            [4000] ann accepts b1.1
                yes: s1 running, client out, employee out
                + offer_accepted b1.1 s1
                > ann: offer_closed b1.1 accepted
                > zoe: booking b1 assigned s1
                > ann: session s1 running, client out, employee out
                > ann: status ann busy, wants idle, cause session_started
                > board: b1, s1, ann
                ann is busy since 4000, wants idle, connected
        "#]],
    );
}

#[test]
fn an_offer_that_stayed_goes_to_who_becomes_idle() {
    story(
        "
        open ann bob
        quietly bob goes offline
        quietly zoe books tax
        quietly ann drops
        wait 4000
        bob goes idle
        ",
        expect![[r#"
            [3000] time passes
                yes
                + search_waits b1 until 10000
            [4000] bob goes idle
                yes: bob init, wants idle
                + intent_set bob idle by employee
                + offer_closed b1.1 undelivered (not missed)
                + offer_made b1.2 bob until 19000
                > bob: status bob init, wants idle, cause set_by_employee
                > ann: offer_closed b1.1 undelivered
                > bob: offer b1.2
                > zoe: booking b1 offering
                > ann: status ann idle, wants idle, cause missed
                > bob: status bob init, wants idle, cause offer
                > board: b1, ann, bob
                ann is idle since 4000 at place 3, wants idle, away, may be back by 10000, lapses at 1800000
                bob is init since 4000, wants idle, connected
        "#]],
    );
}

#[test]
fn an_offer_that_stayed_is_undelivered_when_the_grace_time_is_over_and_not_missed() {
    story(
        "
        open ann max_missed=1
        quietly zoe books tax
        quietly ann drops
        wait 20000
        ",
        expect![[r#"
            [3000] time passes
                yes
                + search_waits b1 until 10000
            [10000] time passes
                yes
                + employee_unreachable ann
                + offer_closed b1.1 undelivered (not missed)
                + booking_ended b1 nobody_left
                > ann: offer_closed b1.1 undelivered
                > zoe: booking b1 unanswered nobody_left
                > ann: status ann offline, wants idle, cause missed
                > board: b1, ann
                ann is offline since 10000, wants idle, gone since 10000, lapses at 1800000
        "#]],
    );
}

#[test]
fn a_search_that_waits_goes_on_waiting_after_a_restart() {
    story(
        "
        open ann bob
        quietly bob drops
        quietly zoe books tax
        quietly ann rejects b1.1
        quietly wait 9000
        server restarts
        zoe connects
        wait 5000
        bob connects
        ",
        expect![[r#"
            [9000] server restarts
                yes
                + resumed
                ann is idle since 0 at place 2, wants idle, away, may be back by 19000, lapses at 1809000
                bob is idle since 0 at place 1, wants idle, away, may be back by 19000, lapses at 1809000
            [9000] zoe connects
                yes
                + client_connected zoe
            [10000] time passes
                yes
                + search_waits b1 until 19000
            [14000] bob connects
                yes
                + employee_connected bob
                + offer_made b1.2 bob until 29000
                > bob: offer b1.2
                > zoe: booking b1 offering
                > bob: status bob init, wants idle, cause offer
                > board: b1, bob
                bob is init since 14000, wants idle, connected
        "#]],
    );
}

#[test]
fn when_all_lines_break_all_searches_find_somebody_who_comes_back() {
    story(
        "
        open ann bob cay dan
        quietly zoe books tax
        quietly yan books tax
        quietly ann drops
        quietly bob drops
        quietly cay drops
        quietly dan drops
        wait 4000
        dan connects
        ann connects
        ann accepts b1.1
        ",
        expect![[r#"
            [3000] time passes
                yes
                + search_waits b1 until 10000
                + search_waits b2 until 10000
            [4000] dan connects
                yes
                + employee_connected dan
                + offer_closed b1.1 undelivered (not missed)
                + offer_made b1.2 dan until 19000
                > ann: offer_closed b1.1 undelivered
                > dan: offer b1.2
                > zoe: booking b1 offering
                > ann: status ann idle, wants idle, cause missed
                > dan: status dan init, wants idle, cause offer
                > board: b1, ann, dan
                ann is idle since 4000 at place 4, wants idle, away, may be back by 10000, lapses at 1800000
                dan is init since 4000, wants idle, connected
            [4000] ann connects
                yes
                + employee_connected ann
                + offer_closed b2.1 undelivered (not missed)
                + offer_made b2.2 ann until 19000
                > bob: offer_closed b2.1 undelivered
                > ann: offer b2.2
                > yan: booking b2 offering
                > ann: status ann init, wants idle, cause offer
                > bob: status bob idle, wants idle, cause missed
                > board: b2, ann, bob
                ann is init since 4000, wants idle, connected
                bob is idle since 4000 at place 5, wants idle, away, may be back by 10000, lapses at 1800000
            [4000] ann accepts b1.1
                no: offer_closed undelivered
        "#]],
    );
}

//! Restarts in each phase: no person counts as connected, and each has time to come back.

use expect_test::expect;

use crate::desk::story;

#[test]
fn the_idle_keep_their_places_when_they_are_back_in_time() {
    story(
        "
        open ann bob
        wait 1000
        server restarts
        line
        bob connects
        line
        ann connects
        line
        wait 10000
        ",
        expect![[r#"
            [1000] nothing happens
            [1000] server restarts
                yes
                + resumed
                ann is idle since 0 at place 0, wants idle, away, may be back by 11000, lapses at 1801000
                bob is idle since 0 at place 1, wants idle, away, may be back by 11000, lapses at 1801000
            [1000] line: 
            [1000] bob connects
                yes
                + employee_connected bob
                bob is idle since 0 at place 1, wants idle, connected
            [1000] line: bob
            [1000] ann connects
                yes
                + employee_connected ann
                ann is idle since 0 at place 0, wants idle, connected
            [1000] line: ann, bob
            [11000] nothing happens
        "#]],
    );
}

#[test]
fn the_idle_who_do_not_come_back_are_offline_and_lapse() {
    story(
        "
        open ann
        server restarts
        wait 10000
        wait 1790000
        ",
        expect![[r#"
            [0] server restarts
                yes
                + resumed
                ann is idle since 0 at place 0, wants idle, away, may be back by 10000, lapses at 1800000
            [10000] time passes
                yes
                + employee_unreachable ann
                > ann: status ann offline, wants idle, cause connection_lost
                > board: ann
                ann is offline since 10000, wants idle, gone since 10000, lapses at 1800000
            [1800000] time passes
                yes
                + intent_set ann offline by lapsed
                > ann: status ann offline, wants offline, cause connection_lost
                > board: ann
                ann is offline since 10000, wants offline, gone since 10000
        "#]],
    );
}

#[test]
fn who_was_in_grace_has_the_whole_grace_again() {
    story(
        "
        open ann
        ann drops
        wait 9000
        server restarts
        wait 9999
        ann connects
        line
        ",
        expect![[r#"
            [0] ann drops
                yes
                + employee_disconnected ann
                ann is idle since 0 at place 0, wants idle, away, may be back by 10000, lapses at 1800000
            [9000] nothing happens
            [9000] server restarts
                yes
                + resumed
                ann is idle since 0 at place 0, wants idle, away, may be back by 19000, lapses at 1809000
            [18999] nothing happens
            [18999] ann connects
                yes
                + employee_connected ann
                ann is idle since 0 at place 0, wants idle, connected
            [18999] line: ann
        "#]],
    );
}

#[test]
fn an_outage_longer_than_the_lapse_takes_no_intent() {
    story(
        "
        open ann bob cay
        quietly bob drops
        wait 15000
        quietly cay drops
        clock +3600000
        server restarts
        wake
        ann connects
        bob connects
        cay connects
        line
        ",
        expect![[r#"
            [10000] time passes
                yes
                + employee_unreachable bob
                > bob: status bob offline, wants idle, cause connection_lost
                > board: bob
                bob is offline since 10000, wants idle, gone since 10000, lapses at 1800000
            [15000] clock +3600000
            [3615000] server restarts
                yes
                + resumed
                ann is idle since 0 at place 0, wants idle, away, may be back by 3625000, lapses at 5415000
                bob is offline since 10000, wants idle, gone since 10000, lapses at 5415000
                cay is idle since 0 at place 2, wants idle, away, may be back by 3625000, lapses at 5415000
            [3615000] wake
                yes
            [3615000] ann connects
                yes
                + employee_connected ann
                ann is idle since 0 at place 0, wants idle, connected
            [3615000] bob connects
                yes
                + employee_connected bob
                > bob: status bob idle, wants idle, cause reconnected
                > board: bob
                bob is idle since 3615000 at place 3, wants idle, connected
            [3615000] cay connects
                yes
                + employee_connected cay
                cay is idle since 0 at place 2, wants idle, connected
            [3615000] line: ann, cay, bob
        "#]],
    );
}

#[test]
fn an_offer_goes_on_and_must_be_delivered_again() {
    story(
        "
        open ann
        zoe books tax
        ann has b1.1
        wait 2000
        server restarts
        zoe connects
        ann connects
        wait 12999
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
            [2000] nothing happens
            [2000] server restarts
                yes
                + resumed
                + delivery_put_off b1.1 until 12000
                ann is init since 0, wants idle, away, may be back by 12000, lapses at 1802000
            [2000] zoe connects
                yes
                + client_connected zoe
            [2000] ann connects
                yes
                + employee_connected ann
                ann is init since 0, wants idle, connected
            [14999] nothing happens
            [14999] ann accepts b1.1
                yes: s1 running, client out, employee out
                + offer_accepted b1.1 s1
                > ann: offer_closed b1.1 accepted
                > zoe: booking b1 assigned s1
                > ann: session s1 running, client out, employee out
                > ann: status ann busy, wants idle, cause session_started
                > board: b1, s1, ann
                ann is busy since 14999, wants idle, connected
        "#]],
    );
}

#[test]
fn an_asked_employee_who_was_away_has_the_whole_time_to_come_back() {
    story(
        "
        open ann bob
        quietly zoe books tax
        quietly ann has b1.1
        ann drops
        wait 2000
        server restarts
        zoe connects
        wait 2000
        ann connects
        ann accepts b1.1
        ",
        expect![[r#"
            [0] ann drops
                yes
                + employee_disconnected ann
                ann is init since 0, wants idle, away, may be back by 10000, lapses at 1800000
            [2000] nothing happens
            [2000] server restarts
                yes
                + resumed
                + delivery_put_off b1.1 until 12000
                ann is init since 0, wants idle, away, may be back by 12000, lapses at 1802000
                bob is idle since 0 at place 1, wants idle, away, may be back by 12000, lapses at 1802000
            [2000] zoe connects
                yes
                + client_connected zoe
            [4000] nothing happens
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
fn an_asked_employee_who_does_not_come_back_is_skipped() {
    story(
        "
        open ann bob
        quietly zoe books tax
        server restarts
        zoe connects
        bob connects
        wait 3000
        ",
        expect![[r#"
            [0] server restarts
                yes
                + resumed
                + delivery_put_off b1.1 until 10000
                ann is init since 0, wants idle, away, may be back by 10000, lapses at 1800000
                bob is idle since 0 at place 1, wants idle, away, may be back by 10000, lapses at 1800000
            [0] zoe connects
                yes
                + client_connected zoe
            [0] bob connects
                yes
                + employee_connected bob
                bob is idle since 0 at place 1, wants idle, connected
            [3000] nothing happens
        "#]],
    );
}

#[test]
fn an_offer_that_ran_out_during_the_outage_is_timed_out() {
    story(
        "
        open ann delivery_timeout_ms=0
        quietly zoe books tax
        clock +20000
        server restarts
        wake
        ",
        expect![[r#"
            [0] clock +20000
            [20000] server restarts
                yes
                + resumed
                ann is init since 0, wants idle, away, may be back by 30000, lapses at 1820000
            [20000] wake
                yes
                + offer_closed b1.1 timed_out (not missed)
                + booking_ended b1 nobody_left
                > ann: offer_closed b1.1 timed_out
                > zoe: booking b1 unanswered nobody_left
                > ann: status ann idle, wants idle, cause missed
                > board: b1, ann
                ann is idle since 20000 at place 1, wants idle, away, may be back by 30000, lapses at 1820000
        "#]],
    );
}

#[test]
fn a_searching_client_must_come_back() {
    story(
        "
        open ann delivery_timeout_ms=0 offer_timeout_ms=60000
        quietly zoe books tax
        wait 5000
        server restarts
        ann connects
        wait 15000
        ",
        expect![[r#"
            [5000] nothing happens
            [5000] server restarts
                yes
                + resumed
                ann is init since 0, wants idle, away, may be back by 15000, lapses at 1805000
            [5000] ann connects
                yes
                + employee_connected ann
                ann is init since 0, wants idle, connected
            [20000] time passes
                yes
                + offer_closed b1.1 client_lost
                + booking_ended b1 client_lost
                > ann: offer_closed b1.1 client_lost
                > zoe: booking b1 cancelled client_lost
                > ann: status ann idle, wants idle, cause offer
                > board: b1, ann
                ann is idle since 20000 at place 1, wants idle, connected
        "#]],
    );
}

#[test]
fn a_searching_client_who_was_away_has_the_whole_time_again() {
    story(
        "
        open ann delivery_timeout_ms=0 offer_timeout_ms=60000
        quietly zoe books tax
        zoe drops
        wait 10000
        server restarts
        wait 14999
        zoe connects
        wait 15000
        ",
        expect![[r#"
            [0] zoe drops
                yes
                + client_disconnected zoe
            [10000] nothing happens
            [10000] server restarts
                yes
                + resumed
                ann is init since 0, wants idle, away, may be back by 20000, lapses at 1810000
            [20000] time passes
                yes
                + employee_unreachable ann
                ann is init since 0, wants idle, gone since 20000, lapses at 1810000
            [24999] zoe connects
                yes
                + client_connected zoe
            [39999] nothing happens
        "#]],
    );
}

#[test]
fn a_session_goes_on_when_both_come_back() {
    story(
        "
        open ann
        quietly zoe books tax
        quietly ann accepts b1.1
        quietly zoe enters s1
        quietly ann enters s1
        server restarts
        see s1
        wait 59999
        zoe connects
        ann enters s1
        see s1
        wait 1000000
        ",
        expect![[r#"
            [0] server restarts
                yes
                + resumed
                ann is busy since 0, wants idle, away, may be back by 10000, lapses at 1800000
            [0] see s1: s1 running, client out back by 60000, employee out back by 60000
            [10000] time passes
                yes
                + employee_unreachable ann
                ann is busy since 0, wants idle, gone since 10000, lapses at 1800000
            [59999] zoe connects
                yes
                + client_connected zoe
            [59999] ann enters s1
                yes: s1 running, client out, employee in
                + party_entered s1 employee
                > s1 client: peer online
            [59999] see s1: s1 running, client out, employee in
            [1059999] nothing happens
        "#]],
    );
}

#[test]
fn a_session_that_nobody_comes_back_to_is_lost() {
    story(
        "
        open ann
        quietly zoe books tax
        quietly ann accepts b1.1
        quietly zoe drops
        wait 30000
        server restarts
        wait 60000
        ",
        expect![[r#"
            [30000] nothing happens
            [30000] server restarts
                yes
                + resumed
                ann is busy since 0, wants idle, away, may be back by 40000, lapses at 1830000
            [40000] time passes
                yes
                + employee_unreachable ann
                ann is busy since 0, wants idle, gone since 40000, lapses at 1830000
            [90000] time passes
                yes
                + session_ended s1 lost
                > s1: ended s1 ended by lost
                > ann: session s1 ended by lost
                > zoe: booking b1 assigned s1
                > ann: status ann offline, wants idle, cause session_ended
                > board: s1, b1, ann
                ann is offline since 90000, wants idle, gone since 40000, lapses at 1830000
        "#]],
    );
}

#[test]
fn wrap_up_goes_on() {
    story(
        "
        open ann wrap_up_ms=5000
        quietly zoe books tax
        quietly ann accepts b1.1
        quietly zoe ends s1
        wait 1000
        server restarts
        ann connects
        wait 4000
        ",
        expect![[r#"
            [1000] nothing happens
            [1000] server restarts
                yes
                + resumed
                ann is busy since 0, wants idle, away, may be back by 11000, lapses at 1801000
            [1000] ann connects
                yes
                + employee_connected ann
                ann is busy since 0, wants idle, connected
            [5000] time passes
                yes
                + wrap_up_ended ann
                > ann: status ann idle, wants idle, cause session_ended
                > board: ann
                ann is idle since 5000 at place 1, wants idle, connected
        "#]],
    );
}

#[test]
fn repeats_after_a_restart_give_the_same_answers() {
    story(
        "
        open ann bob
        quietly zoe books tax key=k1
        quietly ann rejects b1.1
        quietly bob accepts b1.2
        quietly zoe says s1 hello key=k1
        server restarts
        zoe books tax key=k1
        ann rejects b1.1
        bob accepts b1.2
        zoe says s1 hello key=k1
        zoe ends s1
        server restarts
        zoe ends s1
        bob accepts b1.2
        zoe books tax key=k1
        ",
        expect![[r#"
            [0] server restarts
                yes
                + resumed
                ann is idle since 0 at place 2, wants idle, away, may be back by 10000, lapses at 1800000
                bob is busy since 0, wants idle, away, may be back by 10000, lapses at 1800000
            [0] zoe books tax key=k1
                yes: b1 assigned s1
            [0] ann rejects b1.1
                yes: ann idle, wants idle
            [0] bob accepts b1.2
                yes: s1 running, client out back by 60000, employee out back by 60000, 1 messages m1 to m1
            [0] zoe says s1 hello key=k1
                yes: m1 in s1
            [0] zoe ends s1
                yes: s1 ended by client, 1 messages m1 to m1
                + session_ended s1 client
                > s1: ended s1 ended by client, 1 messages m1 to m1
                > bob: session s1 ended by client, 1 messages m1 to m1
                > zoe: booking b1 assigned s1
                > bob: status bob idle, wants idle, cause session_ended
                > board: s1, b1, bob
                bob is idle since 0 at place 3, wants idle, away, may be back by 10000, lapses at 1800000
            [0] server restarts
                yes
                + resumed
            [0] zoe ends s1
                yes: s1 ended by client, 1 messages m1 to m1
            [0] bob accepts b1.2
                yes: s1 ended by client, 1 messages m1 to m1
            [0] zoe books tax key=k1
                yes: b1 assigned s1
        "#]],
    );
}

#[test]
fn who_is_there_when_the_company_is_read_again_loses_nothing() {
    story(
        "
        open ann bob client_grace_ms=1000 employee_grace_ms=1000 delivery_timeout_ms=0 offer_timeout_ms=60000
        quietly zoe books tax
        quietly zoe drops
        quietly bob drops
        clock +30000
        server resumes ann bob zoe nobody
        line
        see b1
        ann accepts b1.1
        ",
        expect![[r#"
            [0] clock +30000
            [30000] server resumes ann bob zoe nobody
                yes
                + resumed
                + employee_connected ann
                + employee_connected bob
                + client_connected zoe
                bob is idle since 0 at place 1, wants idle, connected
            [30000] line: bob
            [30000] see b1: b1 offering
            [30000] ann accepts b1.1
                yes: s1 running, client out, employee out
                + offer_accepted b1.1 s1
                > ann: offer_closed b1.1 accepted
                > zoe: booking b1 assigned s1
                > ann: session s1 running, client out, employee out
                > ann: status ann busy, wants idle, cause session_started
                > board: b1, s1, ann
                ann is busy since 30000, wants idle, connected
        "#]],
    );
}

#[test]
fn what_ran_out_before_the_company_was_read_again_is_answered_in_the_same_turn() {
    story(
        "
        open ann bob delivery_timeout_ms=0
        quietly zoe books tax
        clock +20000
        server resumes zoe bob
        wait 9999
        wait 1
        ",
        expect![[r#"
            [0] clock +20000
            [20000] server resumes zoe bob
                yes
                + resumed
                + client_connected zoe
                + employee_connected bob
                + offer_closed b1.1 timed_out (not missed)
                + offer_made b1.2 bob until 35000
                > ann: offer_closed b1.1 timed_out
                > bob: offer b1.2
                > zoe: booking b1 offering
                > ann: status ann idle, wants idle, cause missed
                > bob: status bob init, wants idle, cause offer
                > board: b1, ann, bob
                ann is idle since 20000 at place 2, wants idle, away, may be back by 30000, lapses at 1820000
                bob is init since 20000, wants idle, connected
            [29999] nothing happens
            [30000] time passes
                yes
                + employee_unreachable ann
                > ann: status ann offline, wants idle, cause connection_lost
                > board: ann
                ann is offline since 30000, wants idle, gone since 30000, lapses at 1820000
        "#]],
    );
}

//! Course of a session: messages, its end, and the effects of absence.

use expect_test::expect;

use crate::desk::story;

#[test]
fn each_party_hears_of_the_other_and_a_repeat_is_no_news() {
    story(
        "
        open ann
        quietly zoe books tax
        quietly ann accepts b1.1
        zoe enters s1
        zoe enters s1
        ann enters s1
        ann leaves s1
        ann leaves s1
        see s1
        ",
        expect![[r#"
            [0] zoe enters s1
                yes: s1 running, client in, employee out
                + party_entered s1 client
                > s1 employee: peer online
            [0] zoe enters s1
                yes: s1 running, client in, employee out
            [0] ann enters s1
                yes: s1 running, client in, employee in
                + party_entered s1 employee
                > s1 client: peer online
            [0] ann leaves s1
                yes
                + party_left s1 employee
                > s1 client: peer offline
            [0] ann leaves s1
                yes
            [0] see s1: s1 running, client in, employee out
        "#]],
    );
}

#[test]
fn who_ended_it_gets_the_same_answer_and_the_other_session_ended() {
    story(
        "
        open ann
        quietly zoe books tax
        quietly ann accepts b1.1
        ann ends s1 done
        ann ends s1 again
        zoe ends s1
        admin ends s1
        zoe enters s1
        zoe leaves s1
        zoe says s1 hello
        ",
        expect![[r#"
            [0] ann ends s1 done
                yes: s1 ended by employee (done)
                + session_ended s1 employee (done)
                > s1: ended s1 ended by employee (done)
                > ann: session s1 ended by employee (done)
                > zoe: booking b1 assigned s1
                > ann: status ann idle, wants idle, cause session_ended
                > board: s1, b1, ann
                ann is idle since 0 at place 1, wants idle, connected
            [0] ann ends s1 again
                yes: s1 ended by employee (done)
            [0] zoe ends s1
                no: session_ended
            [0] admin ends s1
                no: session_ended
            [0] zoe enters s1
                yes: s1 ended by employee (done)
            [0] zoe leaves s1
                yes
            [0] zoe says s1 hello
                no: session_ended
        "#]],
    );
}

#[test]
fn whoever_runs_the_company_ends_it() {
    story(
        "
        open ann
        quietly zoe books tax
        quietly ann accepts b1.1
        admin ends s1
        admin ends s1
        ann ends s1
        ",
        expect![[r#"
            [0] admin ends s1
                yes: s1 ended by admin
                + session_ended s1 admin
                > s1: ended s1 ended by admin
                > ann: session s1 ended by admin
                > zoe: booking b1 assigned s1
                > ann: status ann idle, wants idle, cause session_ended
                > board: s1, b1, ann
                ann is idle since 0 at place 1, wants idle, connected
            [0] admin ends s1
                yes: s1 ended by admin
            [0] ann ends s1
                no: session_ended
        "#]],
    );
}

#[test]
fn a_stranger_can_do_nothing_in_it() {
    story(
        "
        open ann bob
        quietly zoe books tax
        quietly ann accepts b1.1
        yan ends s1
        bob ends s1
        yan says s1 hello
        admin says s1 hello
        ",
        expect![[r#"
            [0] yan ends s1
                no: forbidden
            [0] bob ends s1
                no: forbidden
            [0] yan says s1 hello
                no: forbidden
            [0] admin says s1 hello
                no: forbidden
        "#]],
    );
}

#[test]
fn wrap_up_keeps_the_employee_busy() {
    story(
        "
        open ann wrap_up_ms=5000
        quietly zoe books tax
        quietly ann accepts b1.1
        zoe ends s1
        yan books tax
        wait 5000
        line
        ",
        expect![[r#"
            [0] zoe ends s1
                yes: s1 ended by client
                + session_ended s1 client
                > s1: ended s1 ended by client
                > ann: session s1 ended by client
                > zoe: booking b1 assigned s1
                > board: s1, b1
            [0] yan books tax
                no: no_idle_employee named by nobody
            [5000] time passes
                yes
                + wrap_up_ended ann
                > ann: status ann idle, wants idle, cause session_ended
                > board: ann
                ann is idle since 5000 at place 1, wants idle, connected
            [5000] line: ann
        "#]],
    );
}

#[test]
fn an_intent_set_during_wrap_up_takes_effect_after_it() {
    story(
        "
        open ann wrap_up_ms=5000
        quietly zoe books tax
        quietly ann accepts b1.1
        quietly zoe ends s1
        ann goes offline
        wait 5000
        ",
        expect![[r#"
            [0] ann goes offline
                yes: ann busy, wants offline
                + intent_set ann offline by employee
                > ann: status ann busy, wants offline, cause set_by_employee
                > board: ann
                ann is busy since 0, wants offline, connected
            [5000] time passes
                yes
                + wrap_up_ended ann
                > ann: status ann offline, wants offline, cause session_ended
                > board: ann
                ann is offline since 5000, wants offline, connected
        "#]],
    );
}

#[test]
fn an_intent_set_while_busy_takes_effect_after() {
    story(
        "
        open ann
        quietly zoe books tax
        quietly ann accepts b1.1
        ann goes offline
        zoe ends s1
        ",
        expect![[r#"
            [0] ann goes offline
                yes: ann busy, wants offline
                + intent_set ann offline by employee
                > ann: status ann busy, wants offline, cause set_by_employee
                > board: ann
                ann is busy since 0, wants offline, connected
            [0] zoe ends s1
                yes: s1 ended by client
                + session_ended s1 client
                > s1: ended s1 ended by client
                > ann: session s1 ended by client
                > zoe: booking b1 assigned s1
                > ann: status ann offline, wants offline, cause session_ended
                > board: s1, b1, ann
                ann is offline since 0, wants offline, connected
        "#]],
    );
}

#[test]
fn an_intent_set_back_while_busy_is_as_if_it_never_changed() {
    story(
        "
        open ann
        quietly zoe books tax
        quietly ann accepts b1.1
        admin sets ann offline
        ann goes idle
        zoe ends s1
        line
        ",
        expect![[r#"
            [0] admin sets ann offline
                yes: ann busy, wants offline
                + intent_set ann offline by admin
                > ann: status ann busy, wants offline, cause set_by_admin
                > board: ann
                ann is busy since 0, wants offline, connected
            [0] ann goes idle
                yes: ann busy, wants idle
                + intent_set ann idle by employee
                > ann: status ann busy, wants idle, cause set_by_employee
                > board: ann
                ann is busy since 0, wants idle, connected
            [0] zoe ends s1
                yes: s1 ended by client
                + session_ended s1 client
                > s1: ended s1 ended by client
                > ann: session s1 ended by client
                > zoe: booking b1 assigned s1
                > ann: status ann idle, wants idle, cause session_ended
                > board: s1, b1, ann
                ann is idle since 0 at place 1, wants idle, connected
            [0] line: ann
        "#]],
    );
}

#[test]
fn a_party_who_stays_away_ends_it_as_lost() {
    story(
        "
        open ann
        quietly zoe books tax
        quietly ann accepts b1.1
        zoe enters s1
        ann enters s1
        zoe drops
        see s1
        zoe leaves s1
        see s1
        wait 60000
        zoe ends s1
        ann ends s1
        ",
        expect![[r#"
            [0] zoe enters s1
                yes: s1 running, client in, employee out
                + party_entered s1 client
                > s1 employee: peer online
            [0] ann enters s1
                yes: s1 running, client in, employee in
                + party_entered s1 employee
                > s1 client: peer online
            [0] zoe drops
                yes
                + client_disconnected zoe
            [0] see s1: s1 running, client in, employee in
            [0] zoe leaves s1
                yes
                + party_left s1 client
                > s1 employee: peer offline
            [0] see s1: s1 running, client out back by 60000, employee in
            [60000] time passes
                yes
                + session_ended s1 lost
                > s1: ended s1 ended by lost
                > ann: session s1 ended by lost
                > zoe: booking b1 assigned s1
                > ann: status ann idle, wants idle, cause session_ended
                > board: s1, b1, ann
                ann is idle since 60000 at place 1, wants idle, connected
            [60000] zoe ends s1
                no: session_ended
            [60000] ann ends s1
                no: session_ended
        "#]],
    );
}

#[test]
fn an_employee_who_stays_away_ends_it_as_lost_and_is_offline() {
    story(
        "
        open ann
        quietly zoe books tax
        quietly ann accepts b1.1
        ann drops
        see s1
        wait 60000
        ",
        expect![[r#"
            [0] ann drops
                yes
                + employee_disconnected ann
                ann is busy since 0, wants idle, away, may be back by 10000, lapses at 1800000
            [0] see s1: s1 running, client out, employee out back by 60000
            [10000] time passes
                yes
                + employee_unreachable ann
                ann is busy since 0, wants idle, gone since 10000, lapses at 1800000
            [60000] time passes
                yes
                + session_ended s1 lost
                > s1: ended s1 ended by lost
                > ann: session s1 ended by lost
                > zoe: booking b1 assigned s1
                > ann: status ann offline, wants idle, cause session_ended
                > board: s1, b1, ann
                ann is offline since 60000, wants idle, gone since 10000, lapses at 1800000
        "#]],
    );
}

#[test]
fn a_party_back_in_time_goes_on() {
    story(
        "
        open ann
        quietly zoe books tax
        quietly ann accepts b1.1
        zoe drops
        ann drops
        see s1
        wait 59999
        zoe connects
        ann enters s1
        see s1
        wait 1000000
        ",
        expect![[r#"
            [0] zoe drops
                yes
                + client_disconnected zoe
            [0] ann drops
                yes
                + employee_disconnected ann
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
fn a_party_with_only_their_own_topic_connected_is_not_lost() {
    story(
        "
        open ann
        quietly zoe books tax
        quietly ann accepts b1.1
        zoe enters s1
        zoe leaves s1
        see s1
        wait 1000000
        ",
        expect![[r#"
            [0] zoe enters s1
                yes: s1 running, client in, employee out
                + party_entered s1 client
                > s1 employee: peer online
            [0] zoe leaves s1
                yes
                + party_left s1 client
                > s1 employee: peer offline
            [0] see s1: s1 running, client out, employee out
            [1000000] nothing happens
        "#]],
    );
}

#[test]
fn a_party_with_only_a_device_in_the_session_is_not_lost() {
    story(
        "
        open ann
        quietly zoe books tax
        quietly ann accepts b1.1
        zoe enters s1
        ann enters s1
        zoe drops
        ann drops
        see s1
        wait 1000000
        zoe ends s1
        ",
        expect![[r#"
            [0] zoe enters s1
                yes: s1 running, client in, employee out
                + party_entered s1 client
                > s1 employee: peer online
            [0] ann enters s1
                yes: s1 running, client in, employee in
                + party_entered s1 employee
                > s1 client: peer online
            [0] zoe drops
                yes
                + client_disconnected zoe
            [0] ann drops
                yes
                + employee_disconnected ann
                ann is busy since 0, wants idle, away, may be back by 10000, lapses at 1800000
            [0] see s1: s1 running, client in, employee in
            [10000] time passes
                yes
                + employee_unreachable ann
                ann is busy since 0, wants idle, gone since 10000, lapses at 1800000
            [1000000] zoe ends s1
                yes: s1 ended by client
                + session_ended s1 client
                > s1: ended s1 ended by client
                > ann: session s1 ended by client
                > zoe: booking b1 assigned s1
                > ann: status ann offline, wants idle, cause session_ended
                > board: s1, b1, ann
                ann is offline since 1000000, wants idle, gone since 10000, lapses at 1800000
        "#]],
    );
}

#[test]
fn the_time_to_come_back_is_not_prolonged_by_a_second_leaving() {
    story(
        "
        open ann
        quietly zoe books tax
        quietly ann accepts b1.1
        zoe drops
        wait 30000
        zoe drops
        zoe leaves s1
        see s1
        wait 30000
        ",
        expect![[r#"
            [0] zoe drops
                yes
                + client_disconnected zoe
            [30000] nothing happens
            [30000] zoe drops
                yes
            [30000] zoe leaves s1
                yes
            [30000] see s1: s1 running, client out back by 60000, employee out
            [60000] time passes
                yes
                + session_ended s1 lost
                > s1: ended s1 ended by lost
                > ann: session s1 ended by lost
                > zoe: booking b1 assigned s1
                > ann: status ann idle, wants idle, cause session_ended
                > board: s1, b1, ann
                ann is idle since 60000 at place 1, wants idle, connected
        "#]],
    );
}

#[test]
fn a_client_who_is_away_when_it_begins_has_the_time_of_a_session() {
    story(
        "
        open ann
        quietly zoe books tax
        zoe drops
        ann accepts b1.1
        see s1
        wait 60000
        ",
        expect![[r#"
            [0] zoe drops
                yes
                + client_disconnected zoe
            [0] ann accepts b1.1
                yes: s1 running, client out back by 60000, employee out
                + offer_accepted b1.1 s1
                > ann: offer_closed b1.1 accepted
                > zoe: booking b1 assigned s1
                > ann: session s1 running, client out back by 60000, employee out
                > ann: status ann busy, wants idle, cause session_started
                > board: b1, s1, ann
                ann is busy since 0, wants idle, connected
            [0] see s1: s1 running, client out back by 60000, employee out
            [60000] time passes
                yes
                + session_ended s1 lost
                > s1: ended s1 ended by lost
                > ann: session s1 ended by lost
                > zoe: booking b1 assigned s1
                > ann: status ann idle, wants idle, cause session_ended
                > board: s1, b1, ann
                ann is idle since 60000 at place 1, wants idle, connected
        "#]],
    );
}

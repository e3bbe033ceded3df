//! Rules on rests, pauses and wrap-ups.

use expect_test::expect;

use crate::desk::story;

#[test]
fn after_a_no_an_employee_rests_at_the_place_of_when_the_rest_began() {
    story(
        r#"
        open ann bob delivery_timeout_ms=0
        quietly admin routes {"rest": {"rejected_ms": 5000}}
        quietly zoe books tax
        ann rejects b1.1
        zoe cancels b1
        line
        zoe books tax
        zoe cancels b2
        wait 5000
        line
        "#,
        expect![[r#"
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
                ann is idle since 0 at place 2, wants idle, connected, rests until 5000
                bob is init since 0, wants idle, connected
            [0] zoe cancels b1
                yes: b1 cancelled client_cancelled
                + offer_closed b1.2 client_cancelled
                + booking_ended b1 client_cancelled
                > bob: offer_closed b1.2 client_cancelled
                > zoe: booking b1 cancelled client_cancelled
                > bob: status bob idle, wants idle, cause offer
                > board: b1, bob
                bob is idle since 0 at place 3, wants idle, connected
            [0] line: bob
            [0] zoe books tax
                yes: b2 offering
                + booking_opened b2 zoe tax
                + offer_made b2.1 bob until 15000
                > bob: offer b2.1
                > zoe: booking b2 offering
                > bob: status bob init, wants idle, cause offer
                > board: b2, bob
                bob is init since 0, wants idle, connected
            [0] zoe cancels b2
                yes: b2 cancelled client_cancelled
                + offer_closed b2.1 client_cancelled
                + booking_ended b2 client_cancelled
                > bob: offer_closed b2.1 client_cancelled
                > zoe: booking b2 cancelled client_cancelled
                > bob: status bob idle, wants idle, cause offer
                > board: b2, bob
                bob is idle since 0 at place 4, wants idle, connected
            [5000] time passes
                yes
                + rest_ended ann
                > ann: status ann idle, wants idle, cause rest_over
                > board: ann
                ann is idle since 0 at place 2, wants idle, connected
            [5000] line: ann, bob
        "#]],
    );
}

#[test]
fn a_rest_ends_when_the_employee_says_so_or_by_a_change_of_the_intent() {
    story(
        r#"
        open ann delivery_timeout_ms=0
        quietly admin routes {"rest": {"rejected_ms": 5000}}
        quietly zoe books tax
        quietly ann rejects b1.1
        ann finishes
        quietly zoe books tax
        quietly ann rejects b2.1
        quietly ann goes offline
        ann goes idle
        "#,
        expect![[r#"
            [0] ann finishes
                yes: ann idle, wants idle
                + rest_ended ann
                > ann: status ann idle, wants idle, cause rest_over
                > board: ann
                ann is idle since 0 at place 1, wants idle, connected
            [0] ann goes idle
                yes: ann idle, wants idle
                + intent_set ann idle by employee
                > ann: status ann idle, wants idle, cause set_by_employee
                > board: ann
                ann is idle since 0 at place 3, wants idle, connected
        "#]],
    );
}

#[test]
fn a_rest_does_not_end_with_a_reconnect() {
    story(
        r#"
        open ann delivery_timeout_ms=0
        quietly admin routes {"rest": {"rejected_ms": 5000}}
        quietly zoe books tax
        quietly ann rejects b1.1
        ann drops
        ann connects
        wait 5000
        "#,
        expect![[r#"
            [0] ann drops
                yes
                + employee_disconnected ann
                ann is idle since 0 at place 1, wants idle, away, may be back by 10000, lapses at 1800000, rests until 5000
            [0] ann connects
                yes
                + employee_connected ann
                ann is idle since 0 at place 1, wants idle, connected, rests until 5000
            [5000] time passes
                yes
                + rest_ended ann
                > ann: status ann idle, wants idle, cause rest_over
                > board: ann
                ann is idle since 0 at place 1, wants idle, connected
        "#]],
    );
}

#[test]
fn where_a_miss_turns_the_intent_off_there_is_no_rest() {
    story(
        r#"
        open ann bob max_missed=2 delivery_timeout_ms=0
        quietly admin routes {"rest": {"missed_ms": 1000}}
        quietly zoe books tax
        wait 15000
        quietly zoe cancels b1
        quietly zoe books tax
        wait 15000
        "#,
        expect![[r#"
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
                ann is idle since 15000 at place 2, wants idle, connected, missed 1, rests until 16000
                bob is init since 15000, wants idle, connected
            [16000] time passes
                yes
                + rest_ended ann
                > ann: status ann idle, wants idle, cause rest_over
                > board: ann
                ann is idle since 15000 at place 2, wants idle, connected, missed 1
            [30000] time passes
                yes
                + offer_closed b2.1 timed_out
                + offer_made b2.2 ann until 45000
                > bob: offer_closed b2.1 timed_out
                > ann: offer b2.2
                > zoe: booking b2 offering
                > ann: status ann init, wants idle, cause offer
                > bob: status bob idle, wants idle, cause missed
                > board: b2, ann, bob
                ann is init since 30000, wants idle, connected, missed 1
                bob is idle since 30000 at place 4, wants idle, connected, missed 1, rests until 31000
        "#]],
    );
}

#[test]
fn a_pause_ends_by_itself_if_a_device_is_there() {
    story(
        r#"
        open ann bob delivery_timeout_ms=0
        quietly admin routes {"pause_reasons": ["lunch", "call"]}
        ann pauses for=lunch ms=60000
        bob pauses for=walk
        bob pauses for=call ms=60000
        bob drops
        wait 60000
        bob connects
        "#,
        expect![[r#"
            [0] ann pauses for=lunch ms=60000
                yes: ann offline, wants offline
                + intent_set ann offline by employee (lunch) until 60000
                > ann: status ann offline, wants offline, cause set_by_employee
                > board: ann
                ann is offline since 0, wants offline, connected, pauses (lunch) until 60000
            [0] bob pauses for=walk
                no: invalid reason must be one of the company's `pause_reasons`: `lunch`, `call`
            [0] bob pauses for=call ms=60000
                yes: bob offline, wants offline
                + intent_set bob offline by employee (call) until 60000
                > bob: status bob offline, wants offline, cause set_by_employee
                > board: bob
                bob is offline since 0, wants offline, connected, pauses (call) until 60000
            [0] bob drops
                yes
                + employee_disconnected bob
                bob is offline since 0, wants offline, away, may be back by 10000, pauses (call) until 60000
            [10000] time passes
                yes
                + employee_unreachable bob
                bob is offline since 0, wants offline, gone since 10000, pauses (call) until 60000
            [60000] time passes
                yes
                + intent_set ann idle by pause_over
                + intent_set bob offline by pause_over (call)
                > ann: status ann idle, wants idle, cause pause_over
                > bob: status bob offline, wants offline, cause pause_over
                > board: ann, bob
                ann is idle since 60000 at place 2, wants idle, connected
                bob is offline since 0, wants offline, gone since 10000, pauses (call)
            [60000] bob connects
                yes
                + employee_connected bob
                bob is offline since 0, wants offline, connected, pauses (call)
        "#]],
    );
}

#[test]
fn a_pause_that_is_set_again_replaces_reason_and_end() {
    story(
        r#"
        open ann delivery_timeout_ms=0
        quietly admin routes {"pause_reasons": ["lunch", "call"]}
        quietly ann pauses for=lunch ms=60000
        ann pauses for=call
        ann pauses for=call
        ann goes offline
        ann goes idle
        ann pauses ms=0
        "#,
        expect![[r#"
            [0] ann pauses for=call
                yes: ann offline, wants offline
                + intent_set ann offline by employee (call)
                > ann: status ann offline, wants offline, cause set_by_employee
                > board: ann
                ann is offline since 0, wants offline, connected, pauses (call)
            [0] ann pauses for=call
                yes: ann offline, wants offline
            [0] ann goes offline
                yes: ann offline, wants offline
                + intent_set ann offline by employee
                > ann: status ann offline, wants offline, cause set_by_employee
                > board: ann
                ann is offline since 0, wants offline, connected
            [0] ann goes idle
                yes: ann idle, wants idle
                + intent_set ann idle by employee
                > ann: status ann idle, wants idle, cause set_by_employee
                > board: ann
                ann is idle since 0 at place 1, wants idle, connected
            [0] ann pauses ms=0
                no: invalid for_ms must be 1 to 86400000
        "#]],
    );
}

#[test]
fn a_pause_that_is_set_in_a_session_counts_from_then_and_is_offline_after_it() {
    story(
        r#"
        open ann delivery_timeout_ms=0
        quietly admin routes {"pause_reasons": ["lunch"]}
        quietly zoe books tax
        quietly ann accepts b1.1
        ann pauses for=lunch ms=60000
        wait 30000
        zoe ends s1
        wait 30000
        "#,
        expect![[r#"
            [0] ann pauses for=lunch ms=60000
                yes: ann busy, wants offline
                + intent_set ann offline by employee (lunch) until 60000
                > ann: status ann busy, wants offline, cause set_by_employee
                > board: ann
                ann is busy since 0, wants offline, connected, pauses (lunch) until 60000
            [30000] nothing happens
            [30000] zoe ends s1
                yes: s1 ended by client
                + session_ended s1 client
                > s1: ended s1 ended by client
                > ann: session s1 ended by client
                > zoe: booking b1 assigned s1
                > ann: status ann offline, wants offline, cause session_ended
                > board: s1, b1, ann
                ann is offline since 30000, wants offline, connected, pauses (lunch) until 60000
            [60000] time passes
                yes
                + intent_set ann idle by pause_over
                > ann: status ann idle, wants idle, cause pause_over
                > board: ann
                ann is idle since 60000 at place 1, wants idle, connected
        "#]],
    );
}

#[test]
fn a_miss_and_a_lapse_say_so_as_the_reason_of_being_offline() {
    story(
        r#"
        open ann bob max_missed=1 intent_lapse_ms=20000 delivery_timeout_ms=0
        quietly admin routes {"pause_reasons": ["lunch"]}
        quietly bob drops
        quietly zoe books tax
        quietly ann has b1.1
        wait 15000
        wait 5000
        "#,
        expect![[r#"
            [10000] time passes
                yes
                + employee_unreachable bob
                > bob: status bob offline, wants idle, cause connection_lost
                > board: bob
                bob is offline since 10000, wants idle, gone since 10000, lapses at 20000
            [15000] time passes
                yes
                + intent_set ann offline by missed (missed)
                + offer_closed b1.1 timed_out
                + booking_ended b1 nobody_left
                > ann: offer_closed b1.1 timed_out
                > zoe: booking b1 unanswered nobody_left
                > ann: status ann offline, wants offline, cause missed
                > board: b1, ann
                ann is offline since 15000, wants offline, connected, missed 1, pauses (missed)
            [20000] time passes
                yes
                + intent_set bob offline by lapsed (lapsed)
                > bob: status bob offline, wants offline, cause connection_lost
                > board: bob
                bob is offline since 10000, wants offline, gone since 10000, pauses (lapsed)
        "#]],
    );
}

#[test]
fn a_wrap_up_is_ended_early_and_extended_up_to_its_longest() {
    story(
        r#"
        open ann wrap_up_ms=10000 delivery_timeout_ms=0
        quietly admin routes {"wrap_up": {"max_ms": 30000}}
        quietly zoe books tax
        quietly ann accepts b1.1
        zoe ends s1
        wait 5000
        ann extends s1 26000
        ann extends s1 25000
        wait 5000
        ann finishes s1
        ann extends s1 1000
        "#,
        expect![[r#"
            [0] zoe ends s1
                yes: s1 ended by client
                + session_ended s1 client
                > s1: ended s1 ended by client
                > ann: session s1 ended by client
                > zoe: booking b1 assigned s1
                > board: s1, b1
                ann is busy since 0, wants idle, connected, wraps s1 up until 10000
            [5000] nothing happens
            [5000] ann extends s1 26000
                no: invalid for_ms must be 1 to 25000: the company's `wrap_up.max_ms` counts from the end of the session
            [5000] ann extends s1 25000
                yes: s1 ended by client
                + wrap_up_set ann s1 until 30000
                > ann: session s1 ended by client
                > board: s1
                ann is busy since 0, wants idle, connected, wraps s1 up until 30000
            [10000] nothing happens
            [10000] ann finishes s1
                yes: ann idle, wants idle
                + wrap_up_ended ann s1
                > ann: status ann idle, wants idle, cause session_ended
                > board: ann
                ann is idle since 10000 at place 1, wants idle, connected
            [10000] ann extends s1 1000
                no: invalid session_id has no wrap-up that can be extended
        "#]],
    );
}

#[test]
fn with_a_required_code_a_wrap_up_goes_on_until_the_code_or_its_longest() {
    story(
        r#"
        open ann wrap_up_ms=10000 delivery_timeout_ms=0
        quietly admin routes {"wrap_up": {"max_ms": 30000, "codes": ["sold", "lost"], "code_required": true}}
        quietly zoe books tax
        quietly ann accepts b1.1
        zoe ends s1
        wait 20000
        ann codes s1 other
        ann codes s1 sold
        ann codes s1 sold
        ann codes s1 lost
        zoe books tax
        quietly ann accepts b2.1
        zoe ends s2
        wait 30000
        "#,
        expect![[r#"
            [0] zoe ends s1
                yes: s1 ended by client
                + session_ended s1 client
                > s1: ended s1 ended by client
                > ann: session s1 ended by client
                > zoe: booking b1 assigned s1
                > board: s1, b1
                ann is busy since 0, wants idle, connected, wraps s1 up until 30000
            [20000] nothing happens
            [20000] ann codes s1 other
                no: invalid code must be one of the company's `wrap_up.codes`: `sold`, `lost`
            [20000] ann codes s1 sold
                yes: s1 ended by client, code sold
                + session_coded s1: sold
                + wrap_up_ended ann s1
                > ann: session s1 ended by client, code sold
                > ann: status ann idle, wants idle, cause session_ended
                > board: s1, ann
                ann is idle since 20000 at place 1, wants idle, connected
            [20000] ann codes s1 sold
                yes: s1 ended by client, code sold
            [20000] ann codes s1 lost
                yes: s1 ended by client, code lost
                + session_coded s1: lost
                > ann: session s1 ended by client, code lost
                > board: s1
            [20000] zoe books tax
                yes: b2 offering
                + booking_opened b2 zoe tax
                + offer_made b2.1 ann until 35000
                > ann: offer b2.1
                > zoe: booking b2 offering
                > ann: status ann init, wants idle, cause offer
                > board: b2, ann
                ann is init since 20000, wants idle, connected
            [20000] zoe ends s2
                yes: s2 ended by client
                + session_ended s2 client
                > s2: ended s2 ended by client
                > ann: session s2 ended by client
                > zoe: booking b2 assigned s2
                > board: s2, b2
                ann is busy since 20000, wants idle, connected, wraps s2 up until 50000
            [50000] time passes
                yes
                + wrap_up_ended ann
                > ann: status ann idle, wants idle, cause session_ended
                > board: ann
                ann is idle since 50000 at place 2, wants idle, connected
        "#]],
    );
}

#[test]
fn an_employee_who_is_gone_wraps_up_as_if_they_were_there() {
    story(
        r#"
        open ann wrap_up_ms=10000 delivery_timeout_ms=0
        quietly admin routes {"wrap_up": {"max_ms": 30000}}
        quietly zoe books tax
        quietly ann accepts b1.1
        quietly zoe ends s1
        ann drops
        wait 10000
        "#,
        expect![[r#"
            [0] ann drops
                yes
                + employee_disconnected ann
                ann is busy since 0, wants idle, away, may be back by 10000, lapses at 1800000, wraps s1 up until 10000
            [10000] time passes
                yes
                + wrap_up_ended ann
                + employee_unreachable ann
                > ann: status ann offline, wants idle, cause session_ended
                > ann: status ann offline, wants idle, cause connection_lost
                > board: ann
                ann is offline since 10000, wants idle, gone since 10000, lapses at 1800000
        "#]],
    );
}

#[test]
fn a_code_of_another_employee_s_session_is_forbidden() {
    story(
        r#"
        open ann bob delivery_timeout_ms=0
        quietly admin routes {"wrap_up": {"codes": ["sold"]}}
        quietly zoe books tax
        quietly ann accepts b1.1
        bob codes s1 sold
        ann codes s1 sold
        see s1
        "#,
        expect![[r#"
            [0] bob codes s1 sold
                no: forbidden
            [0] ann codes s1 sold
                yes: s1 running, client out, employee out, code sold
                + session_coded s1: sold
                > ann: session s1 running, client out, employee out, code sold
                > board: s1
            [0] see s1: s1 running, client out, employee out, code sold
        "#]],
    );
}

#[test]
fn after_a_restart_rests_pauses_and_wrap_ups_go_on_and_what_came_due_is_done() {
    story(
        r#"
        open ann bob cay wrap_up_ms=10000 delivery_timeout_ms=0
        quietly admin routes {"rest": {"rejected_ms": 8000}, "wrap_up": {"max_ms": 30000}}
        quietly zoe books tax
        quietly ann rejects b1.1
        quietly bob accepts b1.2
        quietly zoe ends s1
        quietly cay pauses for=lunch ms=9000
        server resumes ann bob cay
        clock +8500
        server resumes ann bob cay
        wait 1500
        "#,
        expect![[r#"
            [0] server resumes ann bob cay
                yes
                + resumed
                + employee_connected ann
                + employee_connected bob
                + employee_connected cay
            [0] clock +8500
            [8500] server resumes ann bob cay
                yes
                + resumed
                + employee_connected ann
                + employee_connected bob
                + employee_connected cay
                + rest_ended ann
                > ann: status ann idle, wants idle, cause rest_over
                > board: ann
                ann is idle since 0 at place 3, wants idle, connected
            [9000] time passes
                yes
                + intent_set cay idle by pause_over
                > cay: status cay idle, wants idle, cause pause_over
                > board: cay
                cay is idle since 9000 at place 4, wants idle, connected
            [10000] time passes
                yes
                + wrap_up_ended bob
                > bob: status bob idle, wants idle, cause session_ended
                > board: bob
                bob is idle since 10000 at place 5, wants idle, connected
        "#]],
    );
}

//! A company is made, removed and made again; and unknown things are refused.

use expect_test::expect;

use crate::desk::story;

#[test]
fn set_again_with_the_same_is_no_change_and_other_settings_count_from_then() {
    story(
        "
        open ann offer_timeout_ms=1000 delivery_timeout_ms=0
        admin sets company offer_timeout_ms=1000 delivery_timeout_ms=0
        zoe books tax
        admin sets company offer_timeout_ms=2000 delivery_timeout_ms=0
        wait 1000
        zoe books tax
        ",
        expect![[r#"
            [0] admin sets company offer_timeout_ms=1000 delivery_timeout_ms=0
                yes: company Acme
            [0] zoe books tax
                yes: b1 offering
                + booking_opened b1 zoe tax
                + offer_made b1.1 ann until 1000
                > ann: offer b1.1
                > zoe: booking b1 offering
                > ann: status ann init, wants idle, cause offer
                > board: b1, ann
                ann is init since 0, wants idle, connected
            [0] admin sets company offer_timeout_ms=2000 delivery_timeout_ms=0
                yes: company Acme
                + company_set Acme
            [1000] time passes
                yes
                + offer_closed b1.1 timed_out
                + booking_ended b1 nobody_left
                > ann: offer_closed b1.1 timed_out
                > zoe: booking b1 unanswered nobody_left
                > ann: status ann idle, wants idle, cause missed
                > board: b1, ann
                ann is idle since 1000 at place 1, wants idle, connected, missed 1
            [1000] zoe books tax
                yes: b2 offering
                + booking_opened b2 zoe tax
                + offer_made b2.1 ann until 3000
                > ann: offer b2.1
                > zoe: booking b2 offering
                > ann: status ann init, wants idle, cause offer
                > board: b2, ann
                ann is init since 1000, wants idle, connected, missed 1
        "#]],
    );
}

#[test]
fn removed_with_open_things_it_ends_them_all() {
    story(
        "
        open ann bob cay
        quietly zoe books tax
        quietly ann accepts b1.1
        quietly yan books tax
        cay drops
        admin removes company
        admin removes company
        wait 10000000
        zoe books tax
        bob accepts b2.1
        ann ends s1
        ",
        expect![[r#"
            [0] cay drops
                yes
                + employee_disconnected cay
                cay is idle since 0 at place 2, wants idle, away, may be back by 10000, lapses at 1800000
            [0] admin removes company
                yes
                + offer_closed b2.1 withdrawn_by_admin
                + booking_ended b2 closed_by_admin
                + session_ended s1 admin
                + access_revoked everybody before 0
                + company_removed
                > bob: offer_closed b2.1 withdrawn_by_admin
                > yan: booking b2 cancelled closed_by_admin
                > s1: ended s1 ended by admin
                > ann: session s1 ended by admin
                > zoe: booking b1 assigned s1
                > everybody: company gone
                > board: b2, s1, b1
            [0] admin removes company
                yes
            [10000000] nothing happens
            [10000000] zoe books tax
                no: unknown_company
            [10000000] bob accepts b2.1
                no: unknown_company
            [10000000] ann ends s1
                no: unknown_company
        "#]],
    );
}

#[test]
fn set_again_after_it_was_removed_it_has_nobody_and_remembers_nothing() {
    story(
        "
        open ann
        quietly zoe books tax key=k1
        quietly ann accepts b1.1
        quietly admin removes company
        admin sets company
        availability
        ann connects
        zoe books tax key=k1
        admin ends s1
        quietly admin hires ann
        ann connects
        ann goes idle
        ann accepts b1.1
        zoe books tax
        ",
        expect![[r#"
            [0] admin sets company
                yes: company Acme
                + company_set Acme
            [0] availability: false (0)
            [0] ann connects
                no: unknown_employee
            [0] zoe books tax key=k1
                no: no_idle_employee named by nobody, and for nobody
            [0] admin ends s1
                no: unknown_session
            [0] ann connects
                yes
                + employee_connected ann
                ann is offline since 0, wants offline, connected
            [0] ann goes idle
                yes: ann idle, wants idle
                + intent_set ann idle by employee
                > ann: status ann idle, wants idle, cause set_by_employee
                > board: ann
                ann is idle since 0 at place 2, wants idle, connected
            [0] ann accepts b1.1
                no: unknown_offer
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
fn without_a_company_all_but_leaving_is_unknown_company() {
    story(
        "
        admin hires ann
        admin removes ann
        ann goes idle
        ann connects
        zoe connects
        zoe books tax
        zoe cancels b1
        ann has b1.1
        ann accepts b1.1
        ann rejects b1.1
        zoe enters s1
        zoe says s1 hello
        zoe ends s1
        ann drops
        zoe drops
        zoe leaves s1
        admin removes company
        server restarts
        wake
        ",
        expect![[r#"
            [0] admin hires ann
                no: unknown_company
            [0] admin removes ann
                no: unknown_company
            [0] ann goes idle
                no: unknown_company
            [0] ann connects
                no: unknown_company
            [0] zoe connects
                no: unknown_company
            [0] zoe books tax
                no: unknown_company
            [0] zoe cancels b1
                no: unknown_company
            [0] ann has b1.1
                no: unknown_company
            [0] ann accepts b1.1
                no: unknown_company
            [0] ann rejects b1.1
                no: unknown_company
            [0] zoe enters s1
                no: unknown_company
            [0] zoe says s1 hello
                no: unknown_company
            [0] zoe ends s1
                no: unknown_company
            [0] ann drops
                yes
            [0] zoe drops
                yes
            [0] zoe leaves s1
                yes
            [0] admin removes company
                yes
            [0] server restarts
                yes
            [0] wake
                yes
        "#]],
    );
}

#[test]
fn what_is_unknown_is_refused_by_its_kind() {
    story(
        "
        open
        ann goes idle
        ann connects
        ann drops
        ann accepts b1.1
        ann rejects b1.1
        ann has b1.1
        zoe cancels b1
        zoe enters s1
        zoe leaves s1
        zoe says s1 hello
        zoe ends s1
        admin removes ann
        ",
        expect![[r#"
            [0] ann goes idle
                no: unknown_employee
            [0] ann connects
                no: unknown_employee
            [0] ann drops
                yes
            [0] ann accepts b1.1
                no: unknown_offer
            [0] ann rejects b1.1
                no: unknown_offer
            [0] ann has b1.1
                yes
            [0] zoe cancels b1
                no: unknown_booking
            [0] zoe enters s1
                no: unknown_session
            [0] zoe leaves s1
                no: unknown_session
            [0] zoe says s1 hello
                no: unknown_session
            [0] zoe ends s1
                no: unknown_session
            [0] admin removes ann
                yes
        "#]],
    );
}

#[test]
fn a_wake_with_nothing_due_does_nothing() {
    story(
        "
        open ann
        wake
        zoe books tax
        wake
        wait 2999
        ",
        expect![[r#"
            [0] wake
                yes
            [0] zoe books tax
                yes: b1 offering
                + booking_opened b1 zoe tax
                + offer_made b1.1 ann until 15000
                > ann: offer b1.1
                > zoe: booking b1 offering
                > ann: status ann init, wants idle, cause offer
                > board: b1, ann
                ann is init since 0, wants idle, connected
            [0] wake
                yes
            [2999] nothing happens
        "#]],
    );
}

#[test]
fn a_command_after_a_deadline_finds_it_kept() {
    story(
        "
        open ann bob
        zoe books tax
        clock +3000
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
            [0] clock +3000
            [3000] zoe cancels b1
                yes: b1 cancelled client_cancelled
                + offer_closed b1.1 undelivered
                + offer_made b1.2 bob until 18000
                + offer_closed b1.2 client_cancelled
                + booking_ended b1 client_cancelled
                > ann: offer_closed b1.1 undelivered
                > ann: status ann idle, wants idle, cause missed
                > zoe: booking b1 cancelled client_cancelled
                > bob: status bob idle, wants idle, cause offer
                > board: ann, b1, bob
                ann is idle since 3000 at place 2, wants idle, connected, missed 1
                bob is idle since 3000 at place 3, wants idle, connected
        "#]],
    );
}

#[test]
fn a_clock_that_goes_backwards_stands_still() {
    story(
        "
        open ann
        clock +10000
        zoe books tax
        clock -5000
        ann has b1.1
        ann accepts b1.1
        clock +5000
        zoe ends s1
        ",
        expect![[r#"
            [0] clock +10000
            [10000] zoe books tax
                yes: b1 offering
                + booking_opened b1 zoe tax
                + offer_made b1.1 ann until 25000
                > ann: offer b1.1
                > zoe: booking b1 offering
                > ann: status ann init, wants idle, cause offer
                > board: b1, ann
                ann is init since 10000, wants idle, connected
            [10000] clock -5000
            [5000, taken as 10000] ann has b1.1
                yes
                + offer_delivered b1.1
            [5000, taken as 10000] ann accepts b1.1
                yes: s1 running, client out, employee out
                + offer_accepted b1.1 s1
                > ann: offer_closed b1.1 accepted
                > zoe: booking b1 assigned s1
                > ann: session s1 running, client out, employee out
                > ann: status ann busy, wants idle, cause session_started
                > board: b1, s1, ann
                ann is busy since 10000, wants idle, connected
            [5000] clock +5000
            [10000] zoe ends s1
                yes: s1 ended by client
                + session_ended s1 client
                > s1: ended s1 ended by client
                > ann: session s1 ended by client
                > zoe: booking b1 assigned s1
                > ann: status ann idle, wants idle, cause session_ended
                > board: s1, b1, ann
                ann is idle since 10000 at place 1, wants idle, connected
        "#]],
    );
}

#[test]
fn many_deadlines_that_have_passed_are_kept_in_one_turn() {
    story(
        "
        open ann bob cay
        zoe books tax
        yan books tax
        cay drops
        clock +1800000
        wake
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
            [0] cay drops
                yes
                + employee_disconnected cay
                cay is idle since 0 at place 2, wants idle, away, may be back by 10000, lapses at 1800000
            [0] clock +1800000
            [1800000] wake
                yes
                + offer_closed b1.1 undelivered
                + booking_ended b1 deadline
                + offer_closed b2.1 undelivered
                + booking_ended b2 deadline
                + employee_unreachable cay
                + intent_set cay offline by lapsed
                > ann: offer_closed b1.1 undelivered
                > zoe: booking b1 expired deadline
                > ann: status ann idle, wants idle, cause missed
                > bob: offer_closed b2.1 undelivered
                > yan: booking b2 expired deadline
                > bob: status bob idle, wants idle, cause missed
                > cay: status cay offline, wants offline, cause connection_lost
                > board: b1, ann, b2, bob, cay
                ann is idle since 1800000 at place 3, wants idle, connected, missed 1
                bob is idle since 1800000 at place 4, wants idle, connected, missed 1
                cay is offline since 1800000, wants offline, gone since 1800000
        "#]],
    );
}

#[test]
fn what_is_told_again_in_one_turn_is_told_once_and_last_however_much_is_told_between() {
    let people = 1..=7;
    let opened: String = people.clone().map(|n| format!(" a{n}")).collect();
    let talks: String = people
        .map(|n| {
            format!("quietly z{n} books tax\nquietly a{n} accepts b{n}.1\nquietly a{n} drops\nquietly a{n} ends s{n}\n")
        })
        .collect();
    story(
        &format!("open wrap_up_ms=1000 employee_grace_ms=2000 {opened}\n{talks}\nclock +3000\nwake"),
        expect![[r#"
        [0] clock +3000
        [3000] wake
            yes
            + wrap_up_ended a1
            + wrap_up_ended a2
            + wrap_up_ended a3
            + wrap_up_ended a4
            + wrap_up_ended a5
            + wrap_up_ended a6
            + wrap_up_ended a7
            + employee_unreachable a1
            + employee_unreachable a2
            + employee_unreachable a3
            + employee_unreachable a4
            + employee_unreachable a5
            + employee_unreachable a6
            + employee_unreachable a7
            > a1: status a1 offline, wants idle, cause session_ended
            > a2: status a2 offline, wants idle, cause session_ended
            > a3: status a3 offline, wants idle, cause session_ended
            > a4: status a4 offline, wants idle, cause session_ended
            > a5: status a5 offline, wants idle, cause session_ended
            > a6: status a6 offline, wants idle, cause session_ended
            > a7: status a7 offline, wants idle, cause session_ended
            > a1: status a1 offline, wants idle, cause connection_lost
            > a2: status a2 offline, wants idle, cause connection_lost
            > a3: status a3 offline, wants idle, cause connection_lost
            > a4: status a4 offline, wants idle, cause connection_lost
            > a5: status a5 offline, wants idle, cause connection_lost
            > a6: status a6 offline, wants idle, cause connection_lost
            > a7: status a7 offline, wants idle, cause connection_lost
            > board: a1, a2, a3, a4, a5, a6, a7
            a1 is offline since 3000, wants idle, gone since 3000, lapses at 1800000
            a2 is offline since 3000, wants idle, gone since 3000, lapses at 1800000
            a3 is offline since 3000, wants idle, gone since 3000, lapses at 1800000
            a4 is offline since 3000, wants idle, gone since 3000, lapses at 1800000
            a5 is offline since 3000, wants idle, gone since 3000, lapses at 1800000
            a6 is offline since 3000, wants idle, gone since 3000, lapses at 1800000
            a7 is offline since 3000, wants idle, gone since 3000, lapses at 1800000
    "#]],
    );
}

#[test]
fn who_is_removed_and_made_again_is_not_asked_again_for_the_same_booking() {
    story(
        "
        open ann bob
        zoe books tax
        admin removes ann
        admin hires ann
        ann connects
        ann goes idle
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
            [0] admin removes ann
                yes
                + offer_closed b1.1 withdrawn_by_admin
                + offer_made b1.2 bob until 15000
                + access_revoked ann before 0
                + employee_removed ann
                > ann: offer_closed b1.1 withdrawn_by_admin
                > bob: offer b1.2
                > zoe: booking b1 offering
                > ann: shut out
                > ann: gone
                > bob: status bob init, wants idle, cause offer
                > board: b1, bob
                bob is init since 0, wants idle, connected
            [0] admin hires ann
                yes: ann offline, wants offline
                + employee_set ann `ANN` []
                > board: ann
                ann is offline since 0, wants offline, gone since 0
            [0] ann connects
                yes
                + employee_connected ann
                ann is offline since 0, wants offline, connected
            [0] ann goes idle
                yes: ann idle, wants idle
                + intent_set ann idle by employee
                > ann: status ann idle, wants idle, cause set_by_employee
                > board: ann
                ann is idle since 0 at place 3, wants idle, connected
            [0] bob rejects b1.2
                yes: bob idle, wants idle
                + offer_closed b1.2 rejected
                + booking_ended b1 nobody_left
                > bob: offer_closed b1.2 rejected
                > zoe: booking b1 unanswered nobody_left
                > bob: status bob idle, wants idle, cause declined
                > board: b1, bob
                bob is idle since 0 at place 4, wants idle, connected
        "#]],
    );
}

#[test]
fn the_counts_of_a_day_say_how_each_booking_ended_and_begin_anew_at_midnight() {
    story(
        "
        open ann delivery_timeout_ms=0 booking_deadline_ms=20000
        see today
        quietly zoe books tax
        quietly ann accepts b1.1
        see today
        quietly zoe ends s1
        quietly zoe books tax
        quietly ann accepts b2.1
        quietly zoe ends s2
        quietly zoe books tax
        quietly zoe cancels b3
        quietly zoe books tax
        quietly admin cancels b4
        quietly zoe books tax
        quietly ann rejects b5.1
        quietly zoe books tax
        quietly ann rejects b6.1
        quietly admin sets company offer_timeout_ms=30000 booking_deadline_ms=20000 delivery_timeout_ms=0
        quietly zoe books tax
        quietly wait 20000
        quietly zoe books tax
        quietly wait 20000
        see today
        clock +86359999
        see today
        clock +1
        see today
        quietly ann goes idle
        quietly zoe books tax
        see today
        ",
        expect![[r#"
            [0] see today: day 0, 0 booked, 0 assigned, 0 unanswered, 0 cancelled, 0 expired, 0 ended
            [0] see today: day 0, 1 booked, 1 assigned, 0 unanswered, 0 cancelled, 0 expired, 0 ended
            [40000] see today: day 0, 8 booked, 2 assigned, 2 unanswered, 2 cancelled, 2 expired, 2 ended
            [40000] clock +86359999
            [86399999] see today: day 0, 8 booked, 2 assigned, 2 unanswered, 2 cancelled, 2 expired, 2 ended
            [86399999] clock +1
            [86400000] see today: day 1, 0 booked, 0 assigned, 0 unanswered, 0 cancelled, 0 expired, 0 ended
            [86400000] see today: day 1, 1 booked, 0 assigned, 0 unanswered, 0 cancelled, 0 expired, 0 ended
        "#]],
    );
}

#[test]
fn the_time_when_a_company_was_made_stays_until_it_is_made_anew() {
    story(
        "
        see company
        clock +5
        admin sets company
        clock +5
        admin sets company wrap_up_ms=1
        see company
        clock +5
        quietly admin hires ann
        see company
        clock +5
        admin removes company
        see company
        clock +5
        admin sets company
        see company
        ",
        expect![[r#"
            [0] see company: none, 0 events until 0, 0 bookings, 0 sessions, 0 of them over
            [0] clock +5
            [5] admin sets company
                yes: company Acme
                + company_set Acme
            [5] clock +5
            [10] admin sets company wrap_up_ms=1
                yes: company Acme
                + company_set Acme
            [10] see company: Acme of 5, 2 events until 10, 0 bookings, 0 sessions, 0 of them over
            [10] clock +5
            [15] see company: Acme of 5, 3 events until 15, 0 bookings, 0 sessions, 0 of them over
            [15] clock +5
            [20] admin removes company
                yes
                + access_revoked everybody before 20
                + company_removed
                > everybody: company gone
            [20] see company: none, 5 events until 20, 0 bookings, 0 sessions, 0 of them over
            [20] clock +5
            [25] admin sets company
                yes: company Acme
                + company_set Acme
            [25] see company: Acme of 25, 6 events until 25, 0 bookings, 0 sessions, 0 of them over
        "#]],
    );
}

#[test]
fn a_company_has_the_look_that_was_set_last_and_one_made_anew_has_none() {
    story(
        r#"
        admin paints company colour=#0b7a75
        open ann
        admin paints company colour=#0B7A75 logo=0123456789abcdef0123456789abcdef
        admin paints company colour=#0b7a75 logo=0123456789abcdef0123456789abcdef
        admin removes company
        admin sets company
        admin paints company
        "#,
        expect![[r#"
            [0] admin paints company colour=#0b7a75
                no: unknown_company
            [0] admin paints company colour=#0B7A75 logo=0123456789abcdef0123456789abcdef
                yes: company Acme
                + brand_set Some(#0b7a75) Some(0123456789abcdef0123456789abcdef)
            [0] admin paints company colour=#0b7a75 logo=0123456789abcdef0123456789abcdef
                yes: company Acme
            [0] admin removes company
                yes
                + access_revoked everybody before 0
                + company_removed
                > everybody: company gone
            [0] admin sets company
                yes: company Acme
                + company_set Acme
            [0] admin paints company
                yes: company Acme
        "#]],
    );
}

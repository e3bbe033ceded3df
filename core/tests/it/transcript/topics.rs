//! Topics that employees can be asked about.

use expect_test::expect;

use crate::desk::story;

#[test]
fn an_employee_is_asked_about_their_topics_only() {
    story(
        "
        open ann:tax
        zoe books law
        zoe books tax
        ",
        expect![[r#"
            [0] zoe books law
                no: no_idle_employee named by nobody, and for nobody
            [0] zoe books tax
                yes: b1 offering
                + booking_opened b1 zoe tax
                + offer_made b1.1 ann until 15000
                > ann: offer b1.1
                > zoe: booking b1 offering
                > ann: status ann init, wants idle, cause offer
                > board: b1, ann
                ann is init since 0, wants idle, connected
        "#]],
    );
}

#[test]
fn who_names_no_topics_takes_any() {
    story(
        "
        open ann
        zoe books anything
        ",
        expect![[r#"
            [0] zoe books anything
                yes: b1 offering
                + booking_opened b1 zoe anything
                + offer_made b1.1 ann until 15000
                > ann: offer b1.1
                > zoe: booking b1 offering
                > ann: status ann init, wants idle, cause offer
                > board: b1, ann
                ann is init since 0, wants idle, connected
        "#]],
    );
}

#[test]
fn the_longest_idle_of_both_lines_is_asked() {
    story(
        "
        open ann:tax bob cay:tax,law dan
        line
        line tax
        line law
        line none
        zoe books tax
        ann rejects b1.1
        bob rejects b1.2
        quietly cay rejects b1.3
        quietly dan rejects b1.4
        line tax
        yan books law
        ",
        expect![[r#"
            [0] line: ann, bob, cay, dan
            [0] line tax: ann, bob, cay, dan
            [0] line law: bob, cay, dan
            [0] line none: bob, dan
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
                ann is idle since 0 at place 4, wants idle, connected
                bob is init since 0, wants idle, connected
            [0] bob rejects b1.2
                yes: bob idle, wants idle
                + offer_closed b1.2 rejected
                + offer_made b1.3 cay until 15000
                > bob: offer_closed b1.2 rejected
                > cay: offer b1.3
                > zoe: booking b1 offering
                > bob: status bob idle, wants idle, cause declined
                > cay: status cay init, wants idle, cause offer
                > board: b1, bob, cay
                bob is idle since 0 at place 5, wants idle, connected
                cay is init since 0, wants idle, connected
            [0] line tax: ann, bob, cay, dan
            [0] yan books law
                yes: b2 offering
                + booking_opened b2 yan law
                + offer_made b2.1 bob until 15000
                > bob: offer b2.1
                > yan: booking b2 offering
                > bob: status bob init, wants idle, cause offer
                > board: b2, bob
                bob is init since 0, wants idle, connected
        "#]],
    );
}

#[test]
fn availability_counts_per_topic() {
    story(
        "
        open ann:tax bob:tax,law
        availability
        zoe books law
        availability
        yan books tax
        availability
        admin hires cay fun
        availability
        ",
        expect![[r#"
            [0] availability: true (2), law true (1), tax true (2)
            [0] zoe books law
                yes: b1 offering
                + booking_opened b1 zoe law
                + offer_made b1.1 bob until 15000
                > bob: offer b1.1
                > zoe: booking b1 offering
                > bob: status bob init, wants idle, cause offer
                > board: b1, bob
                bob is init since 0, wants idle, connected
            [0] availability: true (1), law false (0), tax true (1)
            [0] yan books tax
                yes: b2 offering
                + booking_opened b2 yan tax
                + offer_made b2.1 ann until 15000
                > ann: offer b2.1
                > yan: booking b2 offering
                > ann: status ann init, wants idle, cause offer
                > board: b2, ann
                ann is init since 0, wants idle, connected
            [0] availability: false (0), law false (0), tax false (0)
            [0] admin hires cay fun
                yes: cay offline, wants offline
                + employee_set cay `CAY` [fun]
                > board: cay
                cay is offline since 0, wants offline, gone since 0
            [0] availability: false (0), fun false (0), law false (0), tax false (0)
        "#]],
    );
}

#[test]
fn other_topics_keep_the_place() {
    story(
        "
        open ann:tax bob
        line
        admin hires ann law fun law
        admin hires ann fun law
        line
        line tax
        line law
        ",
        expect![[r#"
            [0] line: ann, bob
            [0] admin hires ann law fun law
                yes: ann idle, wants idle
                + employee_set ann `ANN` [fun, law]
                > board: ann
            [0] admin hires ann fun law
                yes: ann idle, wants idle
            [0] line: ann, bob
            [0] line tax: bob
            [0] line law: ann, bob
        "#]],
    );
}

#[test]
fn an_asked_employee_gets_other_topics_and_the_offer_stands() {
    story(
        "
        open ann:tax
        zoe books tax
        admin hires ann law
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
            [0] admin hires ann law
                yes: ann init, wants idle
                + employee_set ann `ANN` [law]
                > board: ann
            [0] ann accepts b1.1
                yes: s1 running, client out, employee out
                + offer_accepted b1.1 s1
                > ann: offer_closed b1.1 accepted
                > zoe: booking b1 assigned s1
                > ann: session s1 running, client out, employee out
                > ann: status ann busy, wants idle, cause session_started
                > board: b1, s1, ann
                ann is busy since 0, wants idle, connected
        "#]],
    );
}

#[test]
fn an_idle_employee_is_removed_from_the_line() {
    story(
        "
        open ann bob
        admin removes ann
        admin removes ann
        line
        admin hires ann
        ",
        expect![[r#"
            [0] admin removes ann
                yes
                + access_revoked ann before 0
                + employee_removed ann
                > ann: shut out
                > ann: gone
            [0] admin removes ann
                yes
            [0] line: bob
            [0] admin hires ann
                yes: ann offline, wants offline
                + employee_set ann `ANN` []
                > board: ann
                ann is offline since 0, wants offline, gone since 0
        "#]],
    );
}

#[test]
fn an_asked_employee_is_removed_and_the_next_is_asked() {
    story(
        "
        open ann bob
        zoe books tax
        admin removes ann
        ann accepts b1.1
        ann goes idle
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
            [0] ann accepts b1.1
                no: unknown_offer
            [0] ann goes idle
                no: unknown_employee
        "#]],
    );
}

#[test]
fn the_last_asked_employee_is_removed_and_nobody_is_left() {
    story(
        "
        open ann
        zoe books tax
        admin removes ann
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
                + booking_ended b1 nobody_left
                + access_revoked ann before 0
                + employee_removed ann
                > ann: offer_closed b1.1 withdrawn_by_admin
                > zoe: booking b1 unanswered nobody_left
                > ann: shut out
                > ann: gone
                > board: b1
        "#]],
    );
}

#[test]
fn an_employee_in_session_is_removed_and_the_session_ends() {
    story(
        "
        open ann
        quietly zoe books tax
        quietly ann accepts b1.1
        admin removes ann
        ann ends s1
        zoe ends s1
        wait 100000
        ",
        expect![[r#"
            [0] admin removes ann
                yes
                + session_ended s1 admin
                + access_revoked ann before 0
                + employee_removed ann
                > s1: ended s1 ended by admin
                > ann: session s1 ended by admin
                > zoe: booking b1 assigned s1
                > ann: shut out
                > ann: gone
                > board: s1, b1
            [0] ann ends s1
                no: forbidden
            [0] zoe ends s1
                no: session_ended
            [100000] nothing happens
        "#]],
    );
}

//! Rules on employees who fit a step: levels, skills and wishes.

use expect_test::expect;

use crate::desk::story;

#[test]
fn a_step_asks_only_employees_whose_level_in_the_topic_is_enough() {
    story(
        r#"
        open ann:tax(4) bob:tax(5) cay delivery_timeout_ms=0
        quietly admin routes {"routes": [{"steps": [{"level": 5}]}]}
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
                + booking_ended b1 everyone_declined
                > bob: offer_closed b1.1 rejected
                > zoe: booking b1 unanswered everyone_declined
                > bob: status bob idle, wants idle, cause declined
                > board: b1, bob
                bob is idle since 0 at place 3, wants idle, connected
        "#]],
    );
}

#[test]
fn an_employee_who_names_a_topic_without_a_level_has_level_1_and_so_has_one_who_names_none() {
    story(
        r#"
        open ann:tax bob delivery_timeout_ms=0
        quietly admin hires bob skills=tax:9
        quietly admin routes {"routes": [{"steps": [{}]}, {"topics": ["law"], "steps": [{"level": 2}]}]}
        quietly admin routes {"routes": [{"topics": ["law"], "steps": [{"level": 2}]}, {"topics": ["tax"], "steps": [{"prefer": "best"}]}]}
        zoe books law
        zoe books tax
        ann rejects b1.1
        "#,
        expect![[r#"
            [0] zoe books law
                no: no_idle_employee named by nobody
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
        "#]],
    );
}

#[test]
fn a_wish_is_asked_for_in_every_step_that_does_not_drop_it() {
    story(
        r#"
        open ann:tax bob:tax cay:tax delivery_timeout_ms=0
        quietly admin hires ann tax skills=de:1
        quietly admin hires cay tax skills=de:2
        quietly admin routes {"clients": {"skills": ["de"]}, "routes": [{"steps": [{}, {"after_ms": 5000, "drop": ["*"]}]}]}
        zoe books tax skills=de:2
        cay rejects b1.1
        ann rejects b1.2
        "#,
        expect![[r#"
            [0] zoe books tax skills=de:2
                yes: b1 offering
                + booking_opened b1 zoe tax wishes {de: Level(2)}
                + offer_made b1.1 cay until 15000
                > cay: offer b1.1
                > zoe: booking b1 offering
                > cay: status cay init, wants idle, cause offer
                > board: b1, cay
                cay is init since 0, wants idle, connected
            [0] cay rejects b1.1
                yes: cay idle, wants idle
                + offer_closed b1.1 rejected
                + step_opened b1 step 2
                + offer_made b1.2 ann until 15000
                > cay: offer_closed b1.1 rejected
                > ann: offer b1.2
                > zoe: booking b1 offering
                > ann: status ann init, wants idle, cause offer
                > cay: status cay idle, wants idle, cause declined
                > board: b1, ann, cay
                ann is init since 0, wants idle, connected
                cay is idle since 0 at place 3, wants idle, connected
            [0] ann rejects b1.2
                yes: ann idle, wants idle
                + offer_closed b1.2 rejected
                + offer_made b1.3 bob until 15000
                > ann: offer_closed b1.2 rejected
                > bob: offer b1.3
                > zoe: booking b1 offering
                > ann: status ann idle, wants idle, cause declined
                > bob: status bob init, wants idle, cause offer
                > board: b1, ann, bob
                ann is idle since 0 at place 4, wants idle, connected
                bob is init since 0, wants idle, connected
        "#]],
    );
}

#[test]
fn the_skills_of_a_step_count_beside_the_wishes_and_the_higher_level_counts() {
    story(
        r#"
        open ann:tax bob:tax cay:tax delivery_timeout_ms=0
        quietly admin hires ann tax skills=de:2,senior:1
        quietly admin hires bob tax skills=de:3
        quietly admin hires cay tax skills=de:3,senior:1
        quietly admin routes {"clients": {"skills": ["de"]}, "routes": [{"steps": [{"skills": {"senior": 1, "de": 1}}]}]}
        zoe books tax skills=de:3
        cay rejects b1.1
        "#,
        expect![[r#"
            [0] zoe books tax skills=de:3
                yes: b1 offering
                + booking_opened b1 zoe tax wishes {de: Level(3)}
                + offer_made b1.1 cay until 15000
                > cay: offer b1.1
                > zoe: booking b1 offering
                > cay: status cay init, wants idle, cause offer
                > board: b1, cay
                cay is init since 0, wants idle, connected
            [0] cay rejects b1.1
                yes: cay idle, wants idle
                + offer_closed b1.1 rejected
                + booking_ended b1 everyone_declined
                > cay: offer_closed b1.1 rejected
                > zoe: booking b1 unanswered everyone_declined
                > cay: status cay idle, wants idle, cause declined
                > board: b1, cay
                cay is idle since 0 at place 3, wants idle, connected
        "#]],
    );
}

#[test]
fn a_step_of_everybody_asks_whatever_topics_and_still_asks_for_skills() {
    story(
        r#"
        open ann:tax bob:law cay:law delivery_timeout_ms=0
        quietly admin hires cay law skills=de:1
        quietly admin routes {"routes": [{"steps": [{"topic": "*", "skills": {"de": 1}}, {"after_ms": 1, "topic": "*"}]}]}
        zoe books tax
        cay rejects b1.1
        ann rejects b1.2
        bob accepts b1.3
        "#,
        expect![[r#"
            [0] zoe books tax
                yes: b1 offering
                + booking_opened b1 zoe tax
                + offer_made b1.1 cay until 15000
                > cay: offer b1.1
                > zoe: booking b1 offering
                > cay: status cay init, wants idle, cause offer
                > board: b1, cay
                cay is init since 0, wants idle, connected
            [0] cay rejects b1.1
                yes: cay idle, wants idle
                + offer_closed b1.1 rejected
                + step_opened b1 step 2
                + offer_made b1.2 ann until 15000
                > cay: offer_closed b1.1 rejected
                > ann: offer b1.2
                > zoe: booking b1 offering
                > ann: status ann init, wants idle, cause offer
                > cay: status cay idle, wants idle, cause declined
                > board: b1, ann, cay
                ann is init since 0, wants idle, connected
                cay is idle since 0 at place 3, wants idle, connected
            [0] ann rejects b1.2
                yes: ann idle, wants idle
                + offer_closed b1.2 rejected
                + offer_made b1.3 bob until 15000
                > ann: offer_closed b1.2 rejected
                > bob: offer b1.3
                > zoe: booking b1 offering
                > ann: status ann idle, wants idle, cause declined
                > bob: status bob init, wants idle, cause offer
                > board: b1, ann, bob
                ann is idle since 0 at place 4, wants idle, connected
                bob is init since 0, wants idle, connected
            [0] bob accepts b1.3
                yes: s1 running, client out, employee out
                + offer_accepted b1.3 s1
                > bob: offer_closed b1.3 accepted
                > zoe: booking b1 assigned s1
                > bob: session s1 running, client out, employee out
                > bob: status bob busy, wants idle, cause session_started
                > board: b1, s1, bob
                bob is busy since 0, wants idle, connected
        "#]],
    );
}

#[test]
fn a_step_with_another_topic_asks_those_who_take_that_and_the_booking_keeps_its_own() {
    story(
        r#"
        open ann:tax bob:law delivery_timeout_ms=0
        quietly admin routes {"routes": [{"topics": ["tax"], "steps": [{"topic": "law"}]}]}
        zoe books tax
        bob accepts b1.1
        see b1
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
            [0] bob accepts b1.1
                yes: s1 running, client out, employee out
                + offer_accepted b1.1 s1
                > bob: offer_closed b1.1 accepted
                > zoe: booking b1 assigned s1
                > bob: session s1 running, client out, employee out
                > bob: status bob busy, wants idle, cause session_started
                > board: b1, s1, bob
                bob is busy since 0, wants idle, connected
            [0] see b1: b1 assigned s1
        "#]],
    );
}

#[test]
fn a_wish_that_the_company_does_not_allow_is_forbidden_and_one_that_nobody_has_finds_nobody() {
    story(
        r#"
        open ann:tax delivery_timeout_ms=0
        zoe books tax skills=de:1
        quietly admin routes {"clients": {"skills": ["de"]}}
        zoe books tax skills=fr:1
        zoe books tax skills=de:1
        zoe books tax
        "#,
        expect![[r#"
            [0] zoe books tax skills=de:1
                no: forbidden
            [0] zoe books tax skills=fr:1
                no: forbidden
            [0] zoe books tax skills=de:1
                no: no_idle_employee
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
fn changed_skills_count_at_once() {
    story(
        r#"
        open ann:tax bob:tax delivery_timeout_ms=0
        quietly admin routes {"routes": [{"steps": [{"level": 5}]}]}
        zoe books tax
        availability
        admin hires bob tax(5)
        availability
        zoe books tax
        quietly admin hires bob tax
        bob rejects b1.1
        yan books tax
        "#,
        expect![[r#"
            [0] zoe books tax
                no: no_idle_employee
            [0] availability: false (2), tax false (2)
            [0] admin hires bob tax(5)
                yes: bob idle, wants idle
                + employee_set bob `BOB` [tax] {tax: Level(5)}
                > board: bob
            [0] availability: true (2), tax true (2)
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
                + booking_ended b1 everyone_declined
                > bob: offer_closed b1.1 rejected
                > zoe: booking b1 unanswered everyone_declined
                > bob: status bob idle, wants idle, cause declined
                > board: b1, bob
                bob is idle since 0 at place 2, wants idle, connected
            [0] yan books tax
                no: no_idle_employee
        "#]],
    );
}

//! Notes of an employee on a session: for the employee's own devices, during the session and after it.

use expect_test::expect;
use switchboard_core::erasure::Erasure;
use switchboard_core::{Company, Session};

use crate::desk::{company_after, story};

#[test]
fn a_client_never_sees_notes() {
    story(
        "
        open ann bob
        quietly zoe books tax
        quietly ann accepts b1.1
        quietly zoe enters s1
        quietly ann enters s1
        ann notes s1 wants a refund
        zoe notes s1 mine
        yan notes s1 mine
        bob notes s1 mine
        admin notes s1 mine
        ann notes s2 of another
        see s1
        ",
        expect![[r#"
            [0] ann notes s1 wants a refund
                yes: s1 running, client in, employee in, notes of 0: wants a refund
                + notes_written s1: wants a refund
                > s1 employee: notes of 0: wants a refund
            [0] zoe notes s1 mine
                no: forbidden
            [0] yan notes s1 mine
                no: forbidden
            [0] bob notes s1 mine
                no: forbidden
            [0] admin notes s1 mine
                no: forbidden
            [0] ann notes s2 of another
                no: unknown_session
            [0] see s1: s1 running, client in, employee in, notes of 0: wants a refund
        "#]],
    );
}

#[test]
fn the_same_notes_again_change_nothing_and_none_clears_them() {
    story(
        "
        open ann
        quietly zoe books tax
        quietly ann accepts b1.1
        ann notes s1 first
        clock +1000
        ann notes s1 first
        ann notes s1 second
        clock +1000
        ann notes s1
        clock +1000
        ann notes s1
        see s1
        ",
        expect![[r#"
            [0] ann notes s1 first
                yes: s1 running, client out, employee out, notes of 0: first
                + notes_written s1: first
                > s1 employee: notes of 0: first
            [0] clock +1000
            [1000] ann notes s1 first
                yes: s1 running, client out, employee out, notes of 0: first
            [1000] ann notes s1 second
                yes: s1 running, client out, employee out, notes of 1000: second
                + notes_written s1: second
                > s1 employee: notes of 1000: second
            [1000] clock +1000
            [2000] ann notes s1
                yes: s1 running, client out, employee out, notes of 2000 cleared
                + notes_written s1:
                > s1 employee: notes of 2000 cleared
            [2000] clock +1000
            [3000] ann notes s1
                yes: s1 running, client out, employee out, notes of 2000 cleared
            [3000] see s1: s1 running, client out, employee out, notes of 2000 cleared
        "#]],
    );
}

#[test]
fn notes_are_finished_after_the_end_as_long_as_the_session_is_remembered() {
    story(
        "
        open ann
        quietly zoe books tax
        quietly ann accepts b1.1
        quietly zoe ends s1
        wait 1000
        ann notes s1 called back
        zoe notes s1 called back
        server restarts
        see s1
        quietly ann connects
        wait 86399000
        quietly yan books tax
        quietly ann accepts b2.1
        quietly yan ends s2
        ann notes s1 too late
        quietly admin removes company
        ann notes s2 too late
        ",
        expect![[r#"
            [1000] nothing happens
            [1000] ann notes s1 called back
                yes: s1 ended by client, notes of 1000: called back
                + notes_written s1: called back
                > s1 employee: notes of 1000: called back
            [1000] zoe notes s1 called back
                no: forbidden
            [1000] server restarts
                yes
                + resumed
                ann is idle since 0 at place 1, wants idle, away, may be back by 11000, lapses at 1801000
            [1000] see s1: s1 ended by client, notes of 1000: called back
            [86400000] nothing happens
            [86400000] ann notes s1 too late
                no: unknown_session
            [86400000] ann notes s2 too late
                no: unknown_company
        "#]],
    );
}

const NOTED: &str = "
    open ann
    quietly zoe books tax
    quietly ann accepts b1.1
    ann notes s1 wants a refund
";

fn the_session(company: &Company) -> &Session {
    company.sessions().next().expect("there is one")
}

#[test]
fn notes_go_with_the_client_whom_they_are_about_and_with_the_employee_who_wrote_them() {
    let client = Erasure::of_client("zoe".parse().unwrap(), "erased-1".parse().unwrap());
    let employee = Erasure::of_employee("ann".parse().unwrap(), "erased-1".parse().unwrap());
    let stranger = Erasure::of_client("yan".parse().unwrap(), "erased-1".parse().unwrap());
    for (mut erasure, is_left) in [(client, false), (employee, false), (stranger, true)] {
        let erased = company_after(NOTED).without(&mut erasure);
        let notes = the_session(&erased).notes.as_ref().expect("that there were any is no secret");
        assert_eq!(!notes.body.is_empty(), is_left);
    }
}

#[test]
fn a_snapshot_of_before_has_no_notes_and_a_session_without_any_is_written_as_before() {
    let company = company_after("open ann\n quietly zoe books tax\n quietly ann accepts b1.1");
    let written = serde_json::to_string(&company).unwrap();
    assert!(!written.contains("notes"));
    let read: Company = serde_json::from_str(&written).unwrap();
    assert_eq!(the_session(&read).notes, None);
}

const NAMED: &str = "
    open ann bob
    quietly zoe books tax as=Zoe-Miller
    quietly ann accepts b1.1
";

#[test]
fn a_session_has_the_name_that_its_client_asked_with_and_an_erased_client_has_none() {
    let company = company_after(NAMED);
    let names = |company: &Company| {
        let booking = company.bookings().next().and_then(|booking| booking.client_name.clone());
        (booking, the_session(company).client_name.clone())
    };
    let name = Some("Zoe-Miller".into());
    assert_eq!(names(&company), (name.clone(), name));
    let read: Company = serde_json::from_str(&serde_json::to_string(&company).unwrap()).unwrap();
    assert_eq!(names(&read), names(&company));
    let mut erasure = Erasure::of_client("zoe".parse().unwrap(), "erased-1".parse().unwrap());
    assert_eq!(names(&company.without(&mut erasure)), (None, None));
}

#[test]
fn what_has_no_name_is_written_as_before() {
    let company = company_after("open ann\n quietly zoe books tax\n quietly ann accepts b1.1");
    assert!(!serde_json::to_string(&company).unwrap().contains("client_name"));
}

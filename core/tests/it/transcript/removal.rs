//! Removed and shut-out people lose what was theirs, and a later person with the same id gets nothing of it.

use expect_test::expect;
use switchboard_core::erasure::Erasure;
use switchboard_core::{Bearer, Company, Time, Token};

use crate::desk::{company_after, story};

#[test]
fn a_new_employee_with_the_id_of_a_removed_one_is_no_party_to_what_was_theirs() {
    story(
        "
        open ann bob
        quietly zoe books tax
        quietly ann rejects b1.1
        quietly bob accepts b1.2
        quietly bob notes s1 a diagnosis
        admin removes bob
        admin hires bob
        bob says s1 hello
        bob notes s1
        bob ends s1
        bob accepts b1.2
        bob rejects b1.2
        see s1
        ",
        expect![[r#"
            [0] admin removes bob
                yes
                + session_ended s1 admin
                + access_revoked bob before 0
                + employee_removed bob
                > s1: ended s1 ended by admin, notes of 0: a diagnosis
                > bob: session s1 ended by admin, notes of 0: a diagnosis
                > zoe: booking b1 assigned s1
                > bob: shut out
                > bob: gone
                > board: s1, b1
            [0] admin hires bob
                yes: bob offline, wants offline
                + employee_set bob `BOB` []
                > board: bob
                bob is offline since 0, wants offline, gone since 0
            [0] bob says s1 hello
                no: forbidden
            [0] bob notes s1
                no: forbidden
            [0] bob ends s1
                no: forbidden
            [0] bob accepts b1.2
                no: unknown_offer
            [0] bob rejects b1.2
                no: unknown_offer
            [0] see s1: s1 ended by admin, notes of 0: a diagnosis
        "#]],
    );
}

#[test]
fn a_revoke_is_told_to_whom_it_shuts_out_and_takes_nothing_else() {
    story(
        "
        open ann
        quietly zoe books tax
        clock +5
        admin revokes zoe
        admin revokes ann
        admin revokes bob
        admin removes company
        admin revokes zoe
        ",
        expect![[r#"
            [0] clock +5
            [5] admin revokes zoe
                yes
                + access_revoked zoe before 5
                > zoe: shut out
            [5] admin revokes ann
                yes
                + access_revoked ann before 5
                > ann: shut out
            [5] admin revokes bob
                yes
                + access_revoked bob before 5
                > bob: shut out
            [5] admin removes company
                yes
                + offer_closed b1.1 withdrawn_by_admin
                + booking_ended b1 closed_by_admin
                + access_revoked everybody before 5
                + company_removed
                > ann: offer_closed b1.1 withdrawn_by_admin
                > zoe: booking b1 cancelled closed_by_admin
                > everybody: company gone
                > board: b1
            [5] admin revokes zoe
                no: unknown_company
        "#]],
    );
}

fn shuts_out(company: &Company, bearer: Bearer<'_>, issued_at_ms: Option<u64>) -> bool {
    let issued_at = issued_at_ms.map(Time::from_ms);
    company.shuts_out(Token { bearer, is_for_company: true, issued_at })
}

#[test]
fn the_token_of_a_removed_employee_is_none_of_who_is_made_with_the_id() {
    let company = company_after("open ann bob\n clock +5\n admin removes ann\n admin hires ann");
    let ann = Bearer::Employee("ann");
    assert!(shuts_out(&company, ann, None) && shuts_out(&company, ann, Some(4)));
    assert!(!shuts_out(&company, ann, Some(5)));
    assert!(!shuts_out(&company, Bearer::Employee("bob"), None), "others go on");
}

#[test]
fn a_company_made_again_takes_no_token_of_the_one_before() {
    let company = company_after("open ann\n clock +5\n admin removes company\n admin sets company\n admin hires eve");
    for bearer in [Bearer::Admin, Bearer::Client("zoe"), Bearer::Employee("ann"), Bearer::Employee("bob")] {
        assert!(shuts_out(&company, bearer, None) && shuts_out(&company, bearer, Some(4)), "{bearer:?}");
        assert!(!shuts_out(&company, bearer, Some(5)), "{bearer:?}");
    }
    assert!(!shuts_out(&company, Bearer::Employee("eve"), None));
}

#[test]
fn a_revoke_goes_with_the_person_and_is_in_every_snapshot() {
    let company = company_after("open ann\n clock +5\n admin revokes zoe\n admin removes ann");
    for written in [serde_json::to_string(&company), serde_json::to_string(&company.without_past())] {
        let mut read: Company = serde_json::from_str(&written.unwrap()).unwrap();
        read.rebuild();
        assert!(shuts_out(&read, Bearer::Client("zoe"), None) && shuts_out(&read, Bearer::Employee("ann"), None));
    }
    let of_client = Erasure::of_client("zoe".parse().unwrap(), "erased-1".parse().unwrap());
    let of_employee = Erasure::of_employee("ann".parse().unwrap(), "erased-2".parse().unwrap());
    let erased =
        [of_client, of_employee].into_iter().fold(company, |company, mut erasure| company.without(&mut erasure));
    let left = serde_json::to_string(&erased).unwrap();
    assert!(!left.contains("zoe") && !left.contains("ann"), "{left}");
    let untouched = serde_json::to_string(&company_after("open ann")).unwrap();
    assert!(!untouched.contains("revocations"), "who shuts nobody out has snapshots as before");
}

//! Messages of a session: kept in one order, once, and the last hundred in memory.

use expect_test::expect;
use switchboard_core::erasure::Erasure;
use switchboard_core::{Actor, Command, Company, MessageId, Refusal, Time};

use crate::desk::{company_after, story};

#[test]
fn a_message_goes_to_both_in_one_order() {
    story(
        "
        open ann
        quietly zoe books tax
        quietly ann accepts b1.1
        zoe says s1 one
        ann says s1 two
        zoe says s1 one
        see s1
        ",
        expect![[r#"
            [0] zoe says s1 one
                yes: m1 in s1
                + message_sent s1 m1 client: one
                > s1: message m1 client: one
            [0] ann says s1 two
                yes: m2 in s1
                + message_sent s1 m2 employee: two
                > s1: message m2 employee: two
            [0] zoe says s1 one
                yes: m3 in s1
                + message_sent s1 m3 client: one
                > s1: message m3 client: one
            [0] see s1: s1 running, client out, employee out, 3 messages m1 to m3
        "#]],
    );
}

#[test]
fn the_same_key_is_the_same_message() {
    story(
        "
        open ann
        quietly zoe books tax
        quietly ann accepts b1.1
        zoe says s1 hello key=k1
        zoe says s1 hello key=k1
        zoe says s1 other key=k1
        ann says s1 hello key=k1
        zoe ends s1
        zoe says s1 hello key=k1
        zoe says s1 hello key=k2
        ",
        expect![[r#"
            [0] zoe says s1 hello key=k1
                yes: m1 in s1
                + message_sent s1 m1 client: hello key k1
                > s1: message m1 client: hello
            [0] zoe says s1 hello key=k1
                yes: m1 in s1
            [0] zoe says s1 other key=k1
                yes: m1 in s1
            [0] ann says s1 hello key=k1
                yes: m2 in s1
                + message_sent s1 m2 employee: hello key k1
                > s1: message m2 employee: hello
            [0] zoe ends s1
                yes: s1 ended by client, 2 messages m1 to m2
                + session_ended s1 client
                > s1: ended s1 ended by client, 2 messages m1 to m2
                > ann: session s1 ended by client, 2 messages m1 to m2
                > zoe: booking b1 assigned s1
                > ann: status ann idle, wants idle, cause session_ended
                > board: s1, b1, ann
                ann is idle since 0 at place 1, wants idle, connected
            [0] zoe says s1 hello key=k1
                yes: m1 in s1
            [0] zoe says s1 hello key=k2
                no: session_ended
        "#]],
    );
}

#[test]
fn the_last_hundred_are_at_hand_and_a_key_is_known_as_long_as_its_message() {
    let a_hundred = says(100);
    let script = format!(
        "
        open ann
        quietly zoe books tax
        quietly ann accepts b1.1
        {a_hundred}
        see s1
        zoe says s1 words key=k1
        ann says s1 words
        see s1
        zoe says s1 words key=k1
        zoe says s1 words key=k3
        "
    );
    story(
        &script,
        expect![[r#"
            [0] see s1: s1 running, client out, employee out, 100 messages m1 to m100
            [0] zoe says s1 words key=k1
                yes: m1 in s1
            [0] ann says s1 words
                yes: m101 in s1
                + message_sent s1 m101 employee: words
                > s1: message m101 employee: words
            [0] see s1: s1 running, client out, employee out, 100 messages m2 to m101
            [0] zoe says s1 words key=k1
                yes: m102 in s1
                + message_sent s1 m102 client: words key k1
                > s1: message m102 client: words
            [0] zoe says s1 words key=k3
                yes: m3 in s1
        "#]],
    );
}

#[test]
fn a_session_has_room_for_so_many_bytes_with_those_that_are_not_at_hand_and_says_when_it_is_full() {
    let hundred_and_one = says(101);
    let script = format!(
        "
        open ann
        quietly zoe books tax
        quietly ann accepts b1.1
        {hundred_and_one}
        see s1
        ann says s1 thats-it
        ann says s1 exactly
        ann says s1 x
        zoe says s1 other key=k50
        ann ends s1
        zoe says s1 x
        zoe says s1 other key=k50
        "
    );
    story(
        &script,
        expect![[r#"
            [0] see s1: s1 running, client out, employee out, 100 messages m2 to m101
            [0] ann says s1 thats-it
                no: session_full
            [0] ann says s1 exactly
                yes: m102 in s1
                + message_sent s1 m102 employee: exactly
                > s1: message m102 employee: exactly
            [0] ann says s1 x
                no: session_full
            [0] zoe says s1 other key=k50
                yes: m50 in s1
            [0] ann ends s1
                yes: s1 ended by employee, 100 messages m3 to m102
                + session_ended s1 employee
                > s1: ended s1 ended by employee, 100 messages m3 to m102
                > ann: session s1 ended by employee, 100 messages m3 to m102
                > zoe: booking b1 assigned s1
                > ann: status ann idle, wants idle, cause session_ended
                > board: s1, b1, ann
                ann is idle since 0 at place 1, wants idle, connected
            [0] zoe says s1 x
                no: session_ended
            [0] zoe says s1 other key=k50
                yes: m50 in s1
        "#]],
    );
}

#[test]
fn what_was_said_counts_also_in_a_company_that_was_read_again_or_had_its_past_or_another_person_taken_out() {
    let company = company_after(&format!("open ann\nzoe books tax\nann accepts b1.1\n{}", says(102)));
    let mut read: Company = serde_json::from_str(&serde_json::to_string(&company).unwrap()).unwrap();
    read.rebuild();
    let stranger = |company: Company| {
        let (of, alias) = ("yan".parse().unwrap(), "erased-1".parse().unwrap());
        company.without(&mut Erasure::of_client(of, alias))
    };
    let light = company.without_past();
    for mut company in [company, read, light.clone(), stranger(light)] {
        let session = company.sessions().next().expect("it runs");
        assert_eq!((session.messages.len(), session.message_bytes()), (100, 510));
        let (session, by) = (session.id, Actor::Client("zoe".parse().unwrap()));
        let (message, body) = (MessageId::from_u128(1000), "xxx".into());
        let send = Command::Send { session, message, by, body, key: None, session_max_bytes: 512 };
        assert_eq!(company.take(Time::from_ms(1), &send).outcome, Err(Refusal::SessionFull));
    }
}

#[test]
fn nothing_is_counted_of_what_was_erased() {
    let company = company_after(&format!("open ann\nzoe books tax\nann accepts b1.1\n{}", says(102)));
    let mut erasure = Erasure::of_client("zoe".parse().unwrap(), "erased-1".parse().unwrap());
    let erased = company.without(&mut erasure);
    assert_eq!(erased.sessions().next().expect("it is there").message_bytes(), 0);
}

/// Messages of five bytes each, with keys.
fn says(many: usize) -> String {
    (1..=many).map(|n| format!("quietly zoe says s1 words key=k{n}\n")).collect()
}

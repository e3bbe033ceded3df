//! What is said in a session: kept in one order, once, and the last hundred at hand.

use expect_test::expect;

use crate::desk::story;

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
    let a_hundred: String = (1..=100).map(|n| format!("quietly zoe says s1 words key=k{n}\n")).collect();
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

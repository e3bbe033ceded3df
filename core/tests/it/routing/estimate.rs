//! Rules on places and estimates.

use expect_test::expect;

use crate::desk::story;

#[test]
fn a_place_is_told_and_an_estimate_once_there_is_an_honest_one() {
    story(
        r#"
        open ann bob delivery_timeout_ms=0 wrap_up_ms=0 booking_deadline_ms=10000000 client_grace_ms=86400000
        quietly admin routes {"routes": [{"steps": [{}], "wait": {"max_ms": 6000000}}]}
        quietly xa books tax
        quietly ann accepts b1.1
        quietly xb books tax
        quietly bob accepts b2.1
        quietly ya books tax
        quietly wait 100000
        quietly xa ends s1
        quietly ann accepts b3.1
        quietly wait 100000
        quietly ya ends s3
        quietly xb ends s2
        quietly xa books tax
        quietly ann accepts b4.1
        quietly xb books tax
        quietly bob accepts b5.1
        quietly ya books tax
        quietly wait 100000
        quietly xa ends s4
        quietly ann accepts b6.1
        quietly wait 100000
        quietly ya ends s6
        quietly xb ends s5
        quietly xa books tax
        quietly ann accepts b7.1
        quietly xb books tax
        quietly bob accepts b8.1
        quietly ya books tax
        quietly wait 100000
        quietly xa ends s7
        quietly ann accepts b9.1
        quietly wait 100000
        quietly ya ends s9
        quietly xb ends s8
        quietly xa books tax
        quietly ann accepts b10.1
        quietly xb books tax
        quietly bob accepts b11.1
        quietly ya books tax
        quietly wait 100000
        quietly xa ends s10
        quietly ann accepts b12.1
        quietly wait 100000
        quietly ya ends s12
        quietly xb ends s11
        quietly xa books tax
        quietly ann accepts b13.1
        quietly xb books tax
        quietly bob accepts b14.1
        quietly ya books tax
        quietly wait 100000
        quietly xa ends s13
        quietly ann accepts b15.1
        quietly wait 100000
        quietly ya ends s15
        quietly xb ends s14
        quietly xa books tax
        quietly ann accepts b16.1
        quietly xb books tax
        quietly bob accepts b17.1
        quietly ya books tax
        quietly wait 100000
        quietly xa ends s16
        quietly ann accepts b18.1
        quietly wait 100000
        quietly ya ends s18
        quietly xb ends s17
        quietly xa books tax
        quietly ann accepts b19.1
        quietly xb books tax
        quietly bob accepts b20.1
        quietly ya books tax
        quietly wait 100000
        quietly xa ends s19
        quietly ann accepts b21.1
        quietly wait 100000
        quietly ya ends s21
        quietly xb ends s20
        quietly xa books tax
        quietly ann accepts b22.1
        quietly xb books tax
        quietly bob accepts b23.1
        quietly ya books tax
        quietly wait 100000
        quietly xa ends s22
        quietly ann accepts b24.1
        quietly wait 100000
        quietly ya ends s24
        quietly xb ends s23
        
        quietly xa books tax
        quietly xb books tax
        quietly ann accepts b25.1
        quietly bob accepts b26.1
        zoe books tax
        yan books tax
        see b27
        see b28
        zoe drops
        see b27
        zoe cancels b27
        see b28
        "#,
        expect![[r#"
            [1600000] zoe books tax
                yes: b27 waiting at 1 since 1600000 until 7600000, 2 on duty, step 1, 105000 to 105000 ms
                + booking_opened b27 zoe tax
                + booking_waits b27 place 1, 105000 to 105000 ms
                > zoe: booking b27 waiting at 1 since 1600000 until 7600000, 2 on duty, step 1, 105000 to 105000 ms
                > board: b27
            [1600000] yan books tax
                yes: b28 waiting at 2 since 1600000 until 7600000, 2 on duty, step 1, 240000 to 240000 ms
                + booking_opened b28 yan tax
                + booking_waits b28 place 2, 240000 to 240000 ms
                > yan: booking b28 waiting at 2 since 1600000 until 7600000, 2 on duty, step 1, 240000 to 240000 ms
                > board: b28
            [1600000] see b27: b27 waiting at 1 since 1600000 until 7600000, 2 on duty, step 1, 105000 to 105000 ms
            [1600000] see b28: b28 waiting at 2 since 1600000 until 7600000, 2 on duty, step 1, 240000 to 240000 ms
            [1600000] zoe drops
                yes
                + client_disconnected zoe
            [1600000] see b27: b27 waiting at 1 since 1600000 until 7600000, 2 on duty, step 1
            [1600000] zoe cancels b27
                yes: b27 cancelled client_cancelled
                + booking_ended b27 client_cancelled
                > zoe: booking b27 cancelled client_cancelled
                > board: b27
            [1600000] see b28: b28 waiting at 1 since 1600000 until 7600000, 2 on duty, step 1, 105000 to 105000 ms
        "#]],
    );
}

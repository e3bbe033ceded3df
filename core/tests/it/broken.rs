//! States that break a promise are found and named. `invariants` watches every other test, and this file watches
//! `invariants`.

use serde_json::{Value, json};
use switchboard_core::{Company, invariants};

use crate::desk::company_after;

/// Ann is asked by zoe, bob talks with yan, and xia's booking with cay is over.
const A_BUSY_MOMENT: &str = "
    open ann bob cay
    quietly zoe books tax
    quietly yan books tax
    quietly bob accepts b2.1
    quietly xia books tax key=k1
    quietly cay rejects b3.1
";

/// The finding of the invariants about that moment after a change of its snapshot.
fn after(change: impl FnOnce(&mut Value)) -> String {
    of(A_BUSY_MOMENT, change)
}

fn of(script: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut state = serde_json::to_value(company_after(script)).unwrap();
    change(&mut state);
    let mut company: Company = serde_json::from_value(state).unwrap();
    company.rebuild();
    said_of(&company)
}

fn said_of(company: &Company) -> String {
    invariants::check(company).err().map_or("all is well".to_owned(), |broken| broken.to_string())
}

fn employee(state: &mut Value, no: usize) -> &mut Value {
    &mut state["roster"]["employees"][no]
}

fn booking(state: &mut Value, number: u32) -> &mut Value {
    &mut state["bookings"][id(number)]
}

fn session(state: &mut Value) -> &mut Value {
    &mut state["sessions"][id(1)]
}

fn id(number: u32) -> String {
    format!("00000000-0000-0000-0000-{number:012}")
}

#[test]
fn a_state_that_was_only_read_again_is_whole() {
    assert_eq!(after(|_| {}), "all is well");
}

#[test]
fn a_search_that_neither_asks_one_employee_nor_waits_is_found() {
    let found = format!("a searching booking has an open offer or waits, any other has none: {}", id(1));
    assert_eq!(after(|state| booking(state, 1)["state"] = json!("assigned")), found);
    assert_eq!(after(|state| booking(state, 1)["offers"][0]["outcome"] = json!("rejected")), found);
    let ask_twice_at_once = |state: &mut Value| {
        let offers = booking(state, 1)["offers"].as_array_mut().unwrap();
        offers.push(offers[0].clone());
    };
    let too_many = format!("a booking has at most as many open offers as its steps say: {}", id(1));
    assert_eq!(after(ask_twice_at_once), too_many);
}

#[test]
fn a_search_that_waits_beside_somebody_who_is_free_is_found() {
    let script = "
        open ann bob
        quietly bob drops
        quietly zoe books tax
        quietly ann rejects b1.1
    ";
    let found = of(script, |state| employee(state, 1)["reach"] = json!("connected"));
    assert_eq!(found, format!("no search waits while somebody can be asked: {}", id(1)));
}

#[test]
fn an_employee_who_holds_two_things_is_found() {
    let ask_ann_for_both = |state: &mut Value| {
        booking(state, 3)["state"] = json!("offering");
        booking(state, 3)["offers"][0]["outcome"] = json!(null);
        booking(state, 3)["offers"][0]["employee"] = json!(0);
    };
    assert_eq!(after(ask_ann_for_both), "an employee has one open offer: EmployeeNo(0)");
    assert_eq!(
        after(|state| session(state)["employee"] = json!(0)),
        "what an employee does is what is open with them: EmployeeNo(0)"
    );
}

#[test]
fn an_employee_who_does_not_know_what_they_hold_is_found() {
    let free = json!("free");
    let found = "what an employee does is what is open with them";
    assert_eq!(after(|state| employee(state, 0)["duty"] = free.clone()), format!("{found}: EmployeeNo(0)"));
    assert_eq!(after(|state| employee(state, 1)["duty"] = free.clone()), format!("{found}: EmployeeNo(1)"));
    let wrongly_asked = |state: &mut Value| employee(state, 2)["duty"] = json!({ "asked": id(1) });
    assert_eq!(after(wrongly_asked), format!("{found}: EmployeeNo(2)"));
    let in_another_session = |state: &mut Value| employee(state, 1)["duty"] = json!({ "in_session": id(2) });
    assert_eq!(after(in_another_session), format!("{found}: EmployeeNo(1)"));
    assert_eq!(after(|state| *employee(state, 0) = json!(null)), "what is open has its employee: EmployeeNo(0)");
}

#[test]
fn a_client_with_two_open_things_or_an_unknown_one_is_found() {
    assert_eq!(after(|state| session(state)["client"] = json!("zoe")), "a client has one open thing: zoe");
    assert_eq!(after(|state| booking(state, 1)["client"] = json!("yan")), "a client has one open thing: yan");
    let forgotten = |state: &mut Value| drop(state["clients"].as_object_mut().unwrap().remove("zoe"));
    assert_eq!(after(forgotten), "a client has one open thing: zoe");
}

#[test]
fn a_booking_that_would_not_end_or_ended_without_one_reason_is_found() {
    let endless = format!("an open booking ends by its deadline: {}", id(1));
    assert_eq!(after(|state| booking(state, 1)["offers"][0]["expires_at"] = json!(120_001)), endless);
    assert_eq!(after(|state| booking(state, 1)["reason"] = json!("deadline")), endless);
    let closed = "a closed booking has a session or one reason";
    assert_eq!(after(|state| booking(state, 3)["reason"] = json!(null)), format!("{closed}: {}", id(3)));
    assert_eq!(after(|state| booking(state, 3)["session"] = json!(id(1))), format!("{closed}: {}", id(3)));
    assert_eq!(after(|state| booking(state, 2)["reason"] = json!("deadline")), format!("{closed}: {}", id(2)));
}

#[test]
fn an_employee_who_would_stay_idle_without_a_device_is_found() {
    let away = json!({ "grace": { "until": 10_000 } });
    let found = "an idle employee without a device falls offline: EmployeeNo(2)";
    assert_eq!(after(|state| employee(state, 2)["reach"] = away.clone()), found);
    let lapses = |state: &mut Value| {
        employee(state, 2)["reach"] = away.clone();
        employee(state, 2)["lapse_due"] = json!(1_800_000);
    };
    assert_eq!(after(lapses), "all is well");
}

#[test]
fn who_was_asked_twice_is_found() {
    let asked_again = |state: &mut Value| {
        let offers = booking(state, 3)["offers"].as_array_mut().unwrap();
        offers.push(offers[0].clone());
    };
    assert_eq!(after(asked_again), format!("nobody is asked twice: {}", id(3)));
}

/// Bob and cay are asked at once, and ann wraps up.
const A_ROUTED_MOMENT: &str = r#"
    open ann bob cay
    quietly admin sets company wrap_up_ms=5000
    quietly admin routes {"routes":[{"steps":[{"at_once":2}]}],"wrap_up":{"max_ms":60000}}
    quietly zoe books tax
    quietly ann accepts b1.1
    quietly ann ends s1
    quietly yan books tax
"#;

#[test]
fn more_open_offers_than_a_step_says_are_found() {
    assert_eq!(of(A_ROUTED_MOMENT, |_| {}), "all is well");
    let one_at_once = |state: &mut Value| booking(state, 2)["routed"]["route"]["steps"][0]["at_once"] = json!(1);
    let found = format!("a booking has at most as many open offers as its steps say: {}", id(2));
    assert_eq!(of(A_ROUTED_MOMENT, one_at_once), found);
    let waits = |state: &mut Value| booking(state, 2)["waits_until"] = json!(100_000);
    assert_eq!(of(A_ROUTED_MOMENT, waits), format!("a search that waits has one open offer at most: {}", id(2)));
}

#[test]
fn a_step_beside_somebody_who_is_free_is_found() {
    let three_at_once = |state: &mut Value| booking(state, 2)["routed"]["route"]["steps"][0]["at_once"] = json!(3);
    let ann_is_free = |state: &mut Value| {
        three_at_once(state);
        employee(state, 0)["duty"] = json!("free");
    };
    assert_eq!(of(A_ROUTED_MOMENT, three_at_once), "all is well");
    let found = format!("no search waits while somebody can be asked: {}", id(2));
    assert_eq!(of(A_ROUTED_MOMENT, ann_is_free), found);
    let only_experts = |state: &mut Value| {
        ann_is_free(state);
        booking(state, 2)["routed"]["route"]["steps"][0]["skills"] = json!({ "de": 1 });
    };
    assert_eq!(of(A_ROUTED_MOMENT, only_experts), "all is well");
}

#[test]
fn a_wrap_up_a_rest_or_a_pause_that_goes_on_too_long_is_found() {
    let longer = |state: &mut Value| employee(state, 0)["duty"][0]["work"]["wrap_up"]["until"] = json!(60_001);
    assert_eq!(of(A_ROUTED_MOMENT, longer), "a wrap-up is not longer than it may be: EmployeeNo(0)");
    let of_another = |state: &mut Value| session(state)["employee"] = json!(1);
    let found = "an employee wraps up a session of their own that is over: EmployeeNo(0)";
    assert_eq!(of(A_ROUTED_MOMENT, of_another), found);
    let pauses = |state: &mut Value| employee(state, 2)["pause"] = json!({ "reason": "lunch" });
    assert_eq!(after(pauses), "an employee who pauses wants to be offline: EmployeeNo(2)");
    let rests = |state: &mut Value| {
        employee(state, 2)["intent"] = json!("offline");
        employee(state, 2)["resting_until"] = json!(100_000);
    };
    assert_eq!(after(rests), "an employee who rests wants to be idle: EmployeeNo(2)");
}

#[test]
fn what_is_remembered_with_another_weight_is_found() {
    let found = "what is remembered is there and has its weight";
    assert_eq!(after(|state| state["past"]["queue"][0][2] = json!(7)), format!("{found}: {}", id(3)));
    assert_eq!(after(|state| state["past"]["queue"][0][1] = json!(id(4))), format!("{found}: {}", id(4)));
    let too_light = after(|state| state["past"]["bytes"] = json!(7));
    assert_eq!(too_light, "all that is remembered has the weight of its parts: 7");
}

#[test]
fn a_line_that_does_not_follow_or_is_out_of_order_is_found() {
    let state = serde_json::to_value(company_after("open ann")).unwrap();
    let not_rebuilt: Company = serde_json::from_value(state).unwrap();
    assert_eq!(said_of(&not_rebuilt), "indexes follow from the state: acme");
    let at_one_place = of("open ann bob", |state| employee(state, 0)["place"] = json!(1));
    assert_eq!(at_one_place, "the counts equal the state: acme");
}

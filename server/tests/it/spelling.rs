//! An id in capitals, as Swift writes UUIDs, is the same id: in the name of a topic, a payload, a path and a cursor.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::people::{Device, Pair, Person};
use crate::record::Record;
use crate::server::{Plan, Server};

fn asked(server: &Server, path: &str) -> Value {
    let (status, answer) = server.ask("GET", &format!("/v1/companies/acme/{path}"), "");
    assert_eq!(status, 200, "{path}: {answer}");
    serde_json::from_str(&answer).unwrap()
}

async fn says(device: &mut Device, room: &str, body: &str) {
    device.push(room, "message", json!({ "body": body })).await.unwrap().ok();
}

/// The topic of the next event of that name.
async fn topic_of(device: &mut Device, name: &str) -> String {
    loop {
        let event = device.next().await.unwrap();
        if event.name == name {
            return event.topic;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_in_capitals_is_the_same_session_and_tells_all_under_the_name_that_was_joined() {
    let place = tempfile::tempdir().unwrap();
    let server = Plan::new(place.path()).start();
    let record = Arc::new(Record::default());
    let (alice, erika) = (Person::client("acme", "alice", &record), Person::employee("acme", "erika", &record));
    let mut pair = Pair::meet(server.address, &alice, &erika).await;
    let (usual, capitals) = (pair.room(), format!("session:{}", pair.session.to_uppercase()));
    let joined = pair.client.join(&capitals).await.unwrap().ok();
    assert_eq!(joined["session"]["id"], pair.session, "an id that is answered is in small letters");
    pair.employee.join(&usual).await.unwrap().ok();
    assert_eq!(topic_of(&mut pair.client, "peer").await, capitals);
    says(&mut pair.employee, &usual, "hello").await;
    assert_eq!(topic_of(&mut pair.client, "message").await, capitals);
    assert_eq!(topic_of(&mut pair.employee, "message").await, usual, "each under their own");
    pair.client.push(&capitals, "signal", json!({ "data": 1 })).await.unwrap().ok();
    assert_eq!(topic_of(&mut pair.employee, "signal").await, usual);
    pair.employee.push(&usual, "signal", json!({ "data": 2 })).await.unwrap().ok();
    assert_eq!(topic_of(&mut pair.client, "signal").await, capitals);

    // The other spelling is the same topic: the first join ends under its own spelling.
    pair.client.join(&usual).await.unwrap().ok();
    assert_eq!(topic_of(&mut pair.client, "phx_close").await, capitals);
    says(&mut pair.employee, &usual, "once").await;
    assert_eq!(topic_of(&mut pair.client, "message").await, usual);
    says(&mut pair.employee, &usual, "and once more").await;
    let heard = pair.client.next().await.unwrap();
    assert_eq!((heard.payload["body"].as_str(), heard.topic), (Some("and once more"), usual.clone()), "and not twice");

    pair.client.leave(&usual).await.unwrap().ok();
    pair.client.join(&capitals).await.unwrap().ok();
    pair.employee.push(&usual, "end", json!({})).await.unwrap().ok();
    assert_eq!(topic_of(&mut pair.client, "ended").await, capitals);
    for name in ["Session", "SESSION"] {
        let refused = pair.client.join(&format!("{name}:{}", pair.session)).await.unwrap();
        assert_eq!(refused.reason(), "unknown_topic", "only the id may be in capitals");
    }
    let refused = pair.client.join("company:ACME").await.unwrap();
    assert_eq!(refused.reason(), "forbidden", "ids of companies and people keep their case");
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_in_capitals_are_found_by_payloads_paths_and_cursors() {
    let place = tempfile::tempdir().unwrap();
    let server = Plan::new(place.path()).start();
    let record = Arc::new(Record::default());
    let (alice, erika) = (Person::client("acme", "alice", &record), Person::employee("acme", "erika", &record));
    let mut pair = Pair::meet(server.address, &alice, &erika).await;
    pair.join().await;
    let (room, booking) = (pair.room(), pair.booking.to_uppercase());
    for body in ["one", "two"] {
        says(&mut pair.client, &room, body).await;
    }
    let refused = pair.client.push("company:acme", "cancel", json!({ "booking_id": booking })).await.unwrap();
    assert_eq!(refused.reason(), "booking_closed", "{refused:?}");
    let offer = json!({ "offer_id": format!("{booking}.1") });
    pair.employee.push(&erika.desk(), "accept", offer).await.unwrap().ok();
    let session = pair.session.to_uppercase();
    assert_eq!(asked(&server, &format!("bookings/{booking}"))["id"], pair.booking);
    assert_eq!(asked(&server, &format!("bookings/{booking}/timeline"))["booking_id"], pair.booking);
    assert_eq!(asked(&server, &format!("sessions/{session}"))["id"], pair.session);
    assert_eq!(asked(&server, &format!("sessions/{session}/notes"))["body"], "");
    let messages = format!("sessions/{session}/messages");
    let first = asked(&server, &format!("{messages}?limit=1"));
    let next = first["next"].as_str().unwrap().to_uppercase();
    assert_eq!(asked(&server, &format!("{messages}?after={next}"))["items"][0]["body"], "two");
    let (status, ended) = server.ask("POST", &format!("/v1/companies/acme/sessions/{session}/end"), "");
    assert_eq!(status, 200, "{ended}");
    pair.client.push("company:acme", "book", json!({ "topic": "tax" })).await.unwrap().ok();
    let first = asked(&server, "bookings?limit=1");
    let next = first["next"].as_str().unwrap().to_uppercase();
    assert_eq!(asked(&server, &format!("bookings?after={next}"))["items"][0]["id"], pair.booking);

    let (_, made) = server.ask("POST", "/v1/companies/acme/webhooks", r#"{"url":"https://crm.example/"}"#);
    let made: Value = serde_json::from_str(&made).unwrap();
    let webhook = made["id"].as_str().unwrap().to_uppercase();
    assert_eq!(asked(&server, &format!("webhooks/{webhook}"))["id"], made["id"]);
    assert_eq!(asked(&server, &format!("webhooks/{webhook}/deliveries"))["items"], json!([]));
    let path = format!("/v1/companies/acme/webhooks/{webhook}");
    let turned = server.ask("PATCH", &path, r#"{"state":"off"}"#);
    assert!(turned.0 == 200 && turned.1.contains(r#""state":"off""#), "{turned:?}");
    assert_eq!((server.ask("DELETE", &path, "").0, server.ask("GET", &path, "").0), (204, 404));
}

#[test]
fn a_cursor_that_no_page_can_have_ended_with_is_refused_in_every_list() {
    let place = tempfile::tempdir().unwrap();
    let server = Plan::new(place.path()).start();
    server.set_company("acme", &json!({}));
    let (_, made) = server.ask("POST", "/v1/companies/acme/webhooks", r#"{"url":"https://crm.example/"}"#);
    let made: Value = serde_json::from_str(&made).unwrap();
    let uuid = "01a2c128-0000-7000-8000-000000000000";
    let deliveries = format!("companies/acme/webhooks/{}/deliveries", made["id"].as_str().unwrap());
    let lists = [
        ("companies", "acme", "a%20b"),
        ("companies/acme/employees", "ann", "a%2Fb"),
        ("companies/acme/statistics/employees", "ann", "a:b"),
        ("companies/acme/bookings", uuid, "zzz"),
        ("companies/acme/sessions", uuid, "01a2c12800007000800000000000000"),
        ("companies/acme/webhooks", uuid, "%7B01a2c128-0000-7000-8000-000000000000%7D"),
        (&deliveries, "1", "one"),
        ("companies/acme/availability", "1", "-1"),
        ("companies/acme/events", "0", "first"),
        ("audit", "1", "1.0"),
    ];
    for (list, good, bad) in lists {
        let (status, answer) = server.ask("GET", &format!("/v1/{list}?after={good}"), "");
        assert_eq!(status, 200, "{list}: {answer}");
        for bad in [bad, "", "%00", "%C3%A9", &"9".repeat(200)] {
            let (status, answer) = server.ask("GET", &format!("/v1/{list}?after={bad}"), "");
            let said: Value = serde_json::from_str(&answer).unwrap();
            assert_eq!((status, &said["reason"]), (422, &json!("invalid")), "{list}?after={bad}: {answer}");
            assert!(said["detail"].as_str().unwrap().contains("`after`"), "{list}?after={bad}: {answer}");
        }
    }
    let (status, answer) = server.ask("GET", &format!("/v1/companies/acme/sessions/{uuid}/messages?after=zzz"), "");
    assert!(status == 422 && answer.contains("`after`"), "{answer}");
    // An id of an earlier version may be the last of a page.
    assert_eq!(server.ask("GET", "/v1/companies?after=..", "").0, 200);
}

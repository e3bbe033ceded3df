//! The preview of a routing shows who would be asked, and leaves no trace.

use serde_json::{Value, json};

use crate::server::{Plan, Server};

const PREVIEW: &str = "/v1/companies/acme/routing/preview";

fn shown(server: &Server, body: &Value) -> Value {
    let (status, answer) = server.ask("POST", PREVIEW, &body.to_string());
    assert_eq!(status, 200, "{answer}");
    serde_json::from_str(&answer).unwrap()
}

fn refused(server: &Server, body: &Value) -> String {
    let (status, answer) = server.ask("POST", PREVIEW, &body.to_string());
    let problem: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!((status, &problem["reason"]), (422, &json!("invalid")), "{answer}");
    problem["detail"].as_str().unwrap().to_owned()
}

fn listed(server: &Server, path: &str) -> Value {
    let (status, answer) = server.ask("GET", path, "");
    assert_eq!(status, 200, "{answer}");
    serde_json::from_str(&answer).unwrap()
}

#[test]
fn a_routing_is_tried_without_being_saved() {
    let place = tempfile::tempdir().unwrap();
    let server = Plan::new(place.path()).start();
    server.set_company("acme", &json!({}));
    for (employee, topic) in [("ann", "tax"), ("ben", "law"), ("cem", "tax")] {
        let path = format!("/v1/companies/acme/employees/{employee}");
        assert_eq!(server.ask("PUT", &path, &json!({ "topics": [topic] }).to_string()).0, 201);
        let idle = json!({ "status": "idle" }).to_string();
        let answer = server.ask(
            "POST",
            &format!("{path}/status"),
            &if employee == "cem" { "{\"status\":\"offline\"}".into() } else { idle },
        );
        assert_eq!(answer.0, 200, "{}", answer.1);
    }
    let traces = || {
        let events = listed(&server, "/v1/companies/acme/events?limit=500");
        (events["next"].clone(), listed(&server, "/v1/audit?limit=500")["items"].as_array().unwrap().len())
    };
    let before = traces();
    let why = |preview: &Value| -> Vec<String> {
        let employees = preview["passed_over"]["employees"].as_array().unwrap().iter();
        employees.map(|e| format!("{} {}", e["employee_id"].as_str().unwrap(), e["why"].as_str().unwrap())).collect()
    };
    let plain = shown(&server, &json!({ "topic": "tax" }));
    let step = json!({
        "step": 1, "after_ms": 0, "order": "longest_idle", "prefer": "any", "at_once": 1, "candidates": [], "more": 0,
    });
    assert_eq!(plain["steps"], json!([step]), "a company without a routing has one step");
    assert_eq!(why(&plain), ["ben wrong_topic", "ann unreachable"]);
    let routing = json!({
        "routes": [
            { "topics": ["tax"], "steps": [{ "level": 5, "skills": { "de": 1 } }, { "after_ms": 9, "skills": { "de": 1 }, "at_once": 3 }] },
        ],
        "clients": { "skills": ["fr"] },
    });
    let tried = shown(&server, &json!({ "topic": "tax", "skills": { "fr": 2 }, "routing": routing }));
    assert_eq!(tried["steps"].as_array().unwrap().len(), 2);
    assert_eq!((&tried["steps"][1]["after_ms"], &tried["steps"][1]["at_once"]), (&json!(9), &json!(3)));
    assert_eq!(why(&tried), ["ben wrong_topic", "ann lacks_skill"]);
    assert_eq!(shown(&server, &json!({ "topic": "law", "routing": routing }))["steps"], json!([step]), "another route");
    assert_eq!(traces(), before, "no event, and no line in the audit list");
    for (body, field) in [
        (json!({}), "`topic`"),
        (json!({ "topic": "tax", "skill": {} }), "`skill`"),
        (json!({ "topic": "tax", "skills": { "de": 11 } }), "`skills"),
        (json!({ "topic": "tax", "skills": { "de": 1 } }), "`skills`: `de` is not in the routing's `clients.skills`"),
        (json!({ "topic": "tax", "routing": { "routes": [{}] } }), "`routing.routes[0].steps`"),
        (
            json!({ "topic": "tax", "routing": { "routes": [{ "steps": [{ "after_ms": 7 }] }] } }),
            "`routing.routes[0].steps[0].after_ms`",
        ),
        (
            json!({ "topic": "tax", "routing": { "routes": [{ "steps": [{ "levels": 7 }] }] } }),
            "`routing.routes[0].steps[0].levels`",
        ),
    ] {
        let detail = refused(&server, &body);
        assert!(detail.starts_with(field), "{body}: {detail}");
    }
    let (status, answer) = server.ask("POST", &PREVIEW.replace("acme", "nobody"), r#"{"topic":"tax"}"#);
    assert!(status == 404 && answer.contains("unknown_company"), "{status} {answer}");
}

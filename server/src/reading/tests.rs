//! Tests of the sentences about values that cannot be read.

use serde::Deserialize;
use serde_json::{Map, json};

use super::*;

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Body {
    name: Option<String>,
    topics: Option<Vec<String>>,
    #[serde(default)]
    settings: Map<String, Value>,
    rules: Option<Rules>,
    on: Option<bool>,
    scope: Option<Scope>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Rules {
    wait_ms: u32,
    share: Option<f64>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Scope {
    Read,
    Manage,
}

/// Asserts that a sentence has no words of the programming language or of a parser.
fn assert_plain(said: &str) {
    let foreign = [
        "u8",
        "u32",
        "u64",
        "i64",
        "f64",
        "sequence",
        "struct",
        "invalid type",
        "invalid value",
        "invalid digit",
        "expected a",
        "variant",
        "unknown field",
        "missing field",
        "eserialize",
        "`?`",
        "Some(",
        "None",
    ];
    for word in foreign {
        assert!(!said.contains(word), "`{word}` in: {said}");
    }
}

#[test]
fn a_bad_body_is_told_in_plain_words_what_is_wrong_and_where() {
    for (text, said) in [
        (r#"{"topics":"tax"}"#, "`topics` must be a list"),
        (r#"{"topics":["tax",7]}"#, "`topics[1]` must be a string"),
        (r#"{"topics":{"a":1}}"#, "`topics` must be a list"),
        (r#"{"name":7}"#, "`name` must be a string"),
        (r#"{"name":["Ann"]}"#, "`name` must be a string"),
        (r#"{"name":"a","name":"b"}"#, "`name` occurs twice"),
        (
            r#"{"colour":"red"}"#,
            "`colour` is not a field here: the fields are `name`, `topics`, `settings`, `rules`, `on`, `scope`",
        ),
        (r#"{"settings":7}"#, "`settings` must be an object"),
        (r#"{"rules":{}}"#, "`rules.wait_ms` is missing"),
        (r#"{"rules":{"wait_ms":"soon"}}"#, "`rules.wait_ms` must be a whole number"),
        (r#"{"rules":{"wait_ms":1.5}}"#, "`rules.wait_ms` must be a whole number"),
        (r#"{"rules":{"wait_ms":-1}}"#, "`rules.wait_ms` must be a whole number, 0 or more"),
        (r#"{"rules":{"wait_ms":5000000000}}"#, "`rules.wait_ms` is too large"),
        (r#"{"rules":{"wait_ms":1,"share":"x"}}"#, "`rules.share` must be a number"),
        (r#"{"rules":{"wait_ms":1,"x":1}}"#, "`rules.x` is not a field here: the fields are `wait_ms`, `share`"),
        (r#"{"rules":[1,2]}"#, "`rules` must be a JSON object"),
        (r#"{"on":"yes"}"#, "`on` must be `true` or `false`"),
        (r#"{"scope":"all"}"#, "`scope` must be one of `read`, `manage`"),
        (r#"{"scope":7}"#, "`scope` must be one of `read`, `manage`"),
        ("[]", "the body must be a JSON object"),
        ("7", "the body must be a JSON object"),
        ("null", "the body must be a JSON object"),
        ("", "the body is incomplete: its JSON ends too early"),
        (r#"{"name":"Ann""#, "the body is incomplete: its JSON ends too early"),
        (r#"{"name":"Ann",}"#, "the body is not valid JSON: trailing comma in line 1, column 15"),
        ("{}{}", "the body is not valid JSON: trailing characters in line 1, column 3"),
        ("name=Ann", "the body is not valid JSON: expected ident in line 1, column 2"),
    ] {
        let error = json::<Body>(text.as_bytes()).expect_err(text).said_of("the body");
        assert_eq!(error, said, "{text}");
        assert_plain(&error);
    }
    let nested = format!(r#"{{"settings":{}{}}}"#, "[".repeat(200), "]".repeat(200));
    let error = json::<Body>(nested.as_bytes()).expect_err("nested").said_of("the body");
    assert!(error.starts_with("the body is not valid JSON: it is nested too deeply in line 1"), "{error}");
    for bytes in [&b"{\"name\":\"\xff\"}"[..], b"\xff", br#"{"name":"\ud800"}"#, br#"{"settings":{"a":1e999}}"#] {
        assert_plain(&json::<Body>(bytes).expect_err("no JSON").said_of("the body"));
    }
    let long = format!(r#"{{"{}":1}}"#, "x".repeat(5000));
    assert!(json::<Body>(long.as_bytes()).expect_err("long").said_of("the body").len() < 300);
}

#[test]
fn what_is_right_is_read_as_it_is() {
    let text = r#"{"name":null,"topics":["a","ä\u00e4"],"settings":{"a":[1,-2,0.5,true,null,{"b":"c"}]},
        "rules":{"wait_ms":7.0,"share":1},"on":true,"scope":"manage"}"#;
    let body: Body = json(text.as_bytes()).unwrap();
    assert_eq!(body.topics, Some(vec!["a".to_owned(), "ää".to_owned()]));
    assert_eq!(Value::Object(body.settings), json!({ "a": [1, -2, 0.5, true, null, { "b": "c" }] }));
    assert_eq!(body.rules, Some(Rules { wait_ms: 7, share: Some(1.0) }));
    assert_eq!((body.name, body.on, body.scope), (None, Some(true), Some(Scope::Manage)));
    assert_eq!(json::<Body>(b" {} ").unwrap(), Body::default());
    assert_eq!(value::<Rules>(json!({ "wait_ms": 3 })).unwrap(), Rules { wait_ms: 3, share: None });
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Asked {
    limit: Option<u32>,
    after: Option<String>,
    on: Option<bool>,
}

#[test]
fn a_query_is_read_by_its_names_and_a_bad_one_is_told_the_same() {
    let read = |text: &str| query::<Asked>(&format!("/v1/companies?{text}").parse().unwrap());
    let good = read("limit=7&after=7&on=true").unwrap();
    assert_eq!(good, Asked { limit: Some(7), after: Some("7".to_owned()), on: Some(true) });
    assert_eq!(query::<Asked>(&"/v1".parse().unwrap()).unwrap(), Asked { limit: None, after: None, on: None });
    for (text, said) in [
        ("limit=many", "`limit` must be a whole number"),
        ("limit=", "`limit` must be a whole number"),
        ("limit=-1", "`limit` must be a whole number, 0 or more"),
        ("limit=5000000000", "`limit` is too large"),
        ("limit=1&limit=2", "`limit` occurs twice"),
        ("limits=1", "`limits` is not a field here: the fields are `limit`, `after`, `on`"),
        ("on=1", "`on` must be `true` or `false`"),
    ] {
        let error = read(text).expect_err(text).said_of("the query");
        assert_eq!(error, said, "{text}");
        assert_plain(&error);
    }
    assert_eq!(
        pairs(&"/?a=1&b&a=%C3%A4".parse().unwrap()),
        [("a", "1"), ("b", ""), ("a", "ä")].map(|(a, b)| (a.into(), b.into()))
    );
}

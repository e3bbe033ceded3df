//! The API's document (OpenAPI 3.1): the parts of the handlers, with the rules that hold for all of them.

mod reasons;

use std::fmt::Write;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use utoipa::OpenApi;

use reasons::{Reason, WITH_A_KEY};
use switchboard_wire::shape::examples;

/// What the document says before any handler has spoken.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Switchboard",
        description = "Books on-demand consultations: a client books with a company, and the employee who has been \
            idle longest gets the offer. This API is for back ends; apps use Phoenix Channels, as docs/protocol.md \
            describes.\n\nEvery error is `application/problem+json` (RFC 9457) with a stable `reason`. Lists answer \
            `{items, next}`, and `?after=` takes the `next` of the previous page. A change is answered after it was \
            committed.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    servers((url = "/", description = "The server of this document")),
    tags(
        (name = "companies", description = "Companies, their settings, and the employees who can get an offer"),
        (name = "employees", description = "Employees and their status"),
        (name = "bookings", description = "Bookings of clients, and their offers"),
        (name = "sessions", description = "Sessions, with their messages and notes"),
        (name = "statistics", description = "Statistics, as JSON or CSV"),
        (name = "events", description = "Events, as a list or as a stream"),
        (name = "webhooks", description = "Endpoints that receive events, and deliveries that failed"),
        (name = "data", description = "Export of a company, and erasure of a person"),
        (name = "sign-in", description = "Codes for links that sign a person in without containing a token"),
        (name = "audit", description = "Changes and their authors"),
        (name = "server", description = "Health and metrics of the server"),
    ),
    security(("key" = []), ("token" = []))
)]
struct DocumentFrame;

/// The document without its operations.
pub(super) fn frame() -> utoipa::openapi::OpenApi {
    DocumentFrame::openapi()
}

/// The document as JSON, made once.
#[must_use]
pub fn text() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let mut text = String::new();
        // Writing to a `String` does not fail.
        let _ = writeln!(text, "{:#}", document());
        text
    });
    &TEXT
}

/// The document: all operations, each with its errors and examples.
///
/// # Panics
/// When an operation names an unknown reason: a mistake of ours, which a test finds.
#[must_use]
pub fn document() -> Value {
    let derived = super::open().merge(super::metrics()).nest("/v1", super::v1()).into_openapi();
    let mut document = serde_json::to_value(derived).unwrap_or_else(|error| panic!("the document is JSON: {error}"));
    let schemas = schemas(&mut document);
    let mut responses = Map::new();
    let_people_in(&mut document);
    for operation in operations(&mut document) {
        describe(operation);
        name_common_errors(operation);
        show_errors(operation, &mut responses);
        show_examples(operation, &schemas);
        let may_lack_body = may_lack_body(operation, &schemas);
        if may_lack_body {
            operation["requestBody"]["required"] = json!(false);
        }
    }
    document["components"]["responses"] = Value::Object(responses);
    document["components"]["securitySchemes"] = json!({
        "key": {
            "type": "http", "scheme": "bearer",
            "description": "An API key, as `Authorization: Bearer <key>`. Each key has the scope `read`, `operate` or `manage`, \
                which includes the scopes before it",
        },
        "token": {
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "A person's token, the same as for their socket, as `Authorization: Bearer <token>`. An admin \
                has in their own company the scope of the claim `scope` (`read`, `operate` or `manage`; default: `operate`), \
                an employee may read their own data where an operation names `employee`, and a client has no access",
        },
    });
    document
}

/// Adds admins: an admin may do in the own company what a key with the same scope may. Metrics belong to the server.
fn let_people_in(document: &mut Value) {
    for (path, item) in document["paths"].as_object_mut().into_iter().flatten() {
        for operation in item.as_object_mut().into_iter().flat_map(Map::values_mut) {
            let scope = operation["security"][0]["key"][0].as_str().filter(|_| path.starts_with("/v1/"));
            if let Some(admin) = scope.map(|scope| json!({ "token": [scope] }))
                && let Some(ways) = operation["security"].as_array_mut()
            {
                ways.insert(1, admin);
            }
        }
    }
}

/// The schemas by name, with that of a problem among them.
fn schemas(document: &mut Value) -> Map<String, Value> {
    let schemas = &mut document["components"]["schemas"];
    schemas["Problem"] = reasons::problem();
    for (name, schema) in schemas.as_object_mut().into_iter().flatten() {
        // A page refers to the schema of its items, and does not repeat it.
        if let Some(listed) = name.strip_prefix("Page_") {
            schema["properties"]["items"]["items"] = json!({ "$ref": format!("#/components/schemas/{listed}") });
        }
    }
    schemas.as_object().cloned().unwrap_or_default()
}

fn operations(document: &mut Value) -> impl Iterator<Item = &mut Map<String, Value>> {
    let paths = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    paths.filter_map(Value::as_object_mut).flat_map(Map::values_mut).filter_map(Value::as_object_mut)
}

/// Removes `# Errors` from a description, because the document has the errors among the answers.
fn describe(operation: &mut Map<String, Value>) {
    let said = operation.get("description").and_then(Value::as_str).unwrap_or_default();
    let before = said.split("# Errors").next().unwrap_or_default().trim().to_owned();
    if before.is_empty() {
        operation.remove("description");
    } else {
        operation.insert("description".into(), before.into());
    }
}

/// Whether an operation has a scope: an operation that needs no key has an empty `security`.
fn needs_a_key(operation: &Map<String, Value>) -> bool {
    operation.get("security").and_then(|ways| ways[0]["key"][0].as_str()).is_some()
}

/// Adds the errors of every operation that needs a key, has fields or takes a body.
fn name_common_errors(operation: &mut Map<String, Value>) {
    let mut common: Vec<Reason> = Vec::new();
    if needs_a_key(operation) {
        common.extend(WITH_A_KEY.iter().filter_map(|word| Reason::named(word)));
    }
    let takes_body = operation.contains_key("requestBody");
    if takes_body || operation.contains_key("parameters") {
        common.extend(Reason::named("invalid"));
    }
    if takes_body {
        common.extend(Reason::named("too_large"));
    }
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    for reason in common {
        let named = responses.entry(reason.status.to_string()).or_insert_with(|| json!({ "description": "" }));
        let mut words = named["description"].as_str().unwrap_or_default().to_owned();
        if !words.contains(&format!("`{}`", reason.word)) {
            let comma = if words.is_empty() { "" } else { ", " };
            let _ = write!(words, "{comma}`{}`", reason.word);
            named["description"] = words.into();
        }
    }
}

/// Replaces an error that only names its reasons by a problem with these reasons, shared by all operations with the
/// same ones.
fn show_errors(operation: &mut Map<String, Value>, shown: &mut Map<String, Value>) {
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    for (status, response) in responses {
        if !status.starts_with(['4', '5']) || response.get("content").is_some() {
            continue;
        }
        let said = response["description"].as_str().unwrap_or_default();
        let words: Vec<&str> = said.split('`').skip(1).step_by(2).collect();
        let named = words.iter().map(|word| {
            let reason = Reason::named(word).filter(|reason| reason.status.to_string() == *status);
            reason.unwrap_or_else(|| panic!("`{word}` must be in the table of reasons, with the status {status}"))
        });
        let key = words.join(".");
        shown.entry(key.clone()).or_insert_with(|| reasons::response(&named.collect::<Vec<_>>()));
        *response = json!({ "$ref": format!("#/components/responses/{key}") });
    }
}

/// Copies the example of each schema to the places where the schema stands.
fn show_examples(operation: &mut Map<String, Value>, schemas: &Map<String, Value>) {
    for (part, value) in operation {
        match part.as_str() {
            "requestBody" => show_example(value, schemas),
            "responses" => {
                let answers = value.as_object_mut().into_iter().flat_map(Map::values_mut);
                answers.for_each(|answer| show_example(answer, schemas));
            }
            _ => {}
        }
    }
}

fn show_example(body: &mut Value, schemas: &Map<String, Value>) {
    for media in body.get_mut("content").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut) {
        if media.get("example").is_none()
            && media.get("examples").is_none()
            && let Some(example) = example_of(&media["schema"], schemas)
        {
            media["example"] = example;
        }
    }
}

/// Whether a missing body is enough: it counts as `{}`, which suffices where no field is required.
fn may_lack_body(operation: &Map<String, Value>, schemas: &Map<String, Value>) -> bool {
    let content = operation.get("requestBody").and_then(|body| body["content"].as_object());
    content.is_some_and(|content| {
        content.values().all(|media| {
            let name = media["schema"]["$ref"].as_str().and_then(|reference| reference.rsplit('/').next());
            name.and_then(|name| schemas.get(name)).is_some_and(|schema| schema.get("required").is_none())
        })
    })
}

/// The example of a named schema; a page holds the example of its items.
fn example_of(schema: &Value, schemas: &Map<String, Value>) -> Option<Value> {
    let name = schema["$ref"].as_str()?.rsplit('/').next()?;
    let schema = schemas.get(name)?;
    if let Some(example) = schema["examples"].get(0) {
        return Some(example.clone());
    }
    example_of(&schema["properties"]["items"]["items"], schemas).map(|item| examples::page(&item))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The kept document; `UPDATE_EXPECT=1` renews it.
    const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");

    #[test]
    fn the_kept_document_is_the_derived_one() {
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(KEPT, text()).unwrap();
        }
        let kept = std::fs::read_to_string(KEPT).unwrap_or_default();
        let advice = "docs/openapi.json is not what the program says: look at the difference of \
            `UPDATE_EXPECT=1 cargo test -p switchboard --lib document`";
        assert!(kept == text(), "{advice}");
    }

    #[test]
    fn every_operation_says_what_it_does_and_gives_an_example_of_all_it_takes_and_answers() {
        let mut document = document();
        let mut names = std::collections::BTreeSet::new();
        for operation in operations(&mut document) {
            let name = operation["operationId"].as_str().unwrap().to_owned();
            assert!(operation["summary"].as_str().is_some_and(|said| said.ends_with('.')), "{name}: a sentence");
            assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{name}: one tag");
            for parameter in operation.get("parameters").and_then(Value::as_array).into_iter().flatten() {
                let required = parameter["required"].as_bool().unwrap_or_default();
                assert!(parameter.get("description").is_some(), "{name}: {parameter}");
                assert!(!required || parameter.get("example").is_some(), "{name}: an example of {parameter}");
            }
            let answers = operation["responses"].as_object().unwrap().values();
            for body in operation.get("requestBody").into_iter().chain(answers) {
                for media in body.get("content").and_then(Value::as_object).into_iter().flat_map(Map::values) {
                    assert!(media.get("example").or_else(|| media.get("examples")).is_some(), "{name}: {media}");
                }
            }
            assert!(names.insert(name.clone()), "{name} is there twice");
        }
        assert!(names.len() >= 20, "{names:?}");
    }

    /// Generators of types take a field with a default for one that is always present, and refuse a call without it.
    #[test]
    fn no_field_that_may_be_left_out_of_a_body_has_a_default() {
        fn look(schema: &Value, document: &Value, at: &str, seen: &mut usize) {
            if let Some(reference) = schema["$ref"].as_str() {
                let name = reference.trim_start_matches('#');
                return look(document.pointer(name).unwrap(), document, name, seen);
            }
            let required = |name: &str| schema["required"].as_array().is_some_and(|all| all.contains(&json!(name)));
            for (name, property) in schema["properties"].as_object().into_iter().flatten() {
                assert!(required(name) || property.get("default").is_none(), "{name} of {at}");
                *seen += 1;
                look(property, document, name, seen);
            }
            let parts = ["oneOf", "anyOf", "allOf"].iter().filter_map(|part| schema[part].as_array()).flatten();
            parts.chain(schema.get("items")).for_each(|part| look(part, document, at, seen));
        }
        let mut document = document();
        let whole = document.clone();
        let mut seen = 0;
        for operation in operations(&mut document) {
            let bodies = operation.get("requestBody").and_then(|body| body["content"].as_object());
            for media in bodies.into_iter().flat_map(Map::values) {
                look(&media["schema"], &whole, &operation["operationId"].to_string(), &mut seen);
            }
        }
        assert!(seen > 40, "{seen} fields");
    }

    #[test]
    fn a_body_may_be_missing_where_no_field_must_be_there() {
        let document = document();
        for (path, method, required) in [
            ("/v1/companies/{company}", "put", false),
            ("/v1/companies/{company}/webhooks", "post", true),
            ("/v1/companies/{company}/employees/{employee}/status", "post", true),
            ("/v1/companies/{company}/employees/import", "post", true),
        ] {
            assert_eq!(document["paths"][path][method]["requestBody"]["required"], required, "{method} {path}");
        }
    }

    /// The import takes the place of an employee's id, which the router of the document cannot express.
    #[test]
    fn what_is_routed_beside_the_document_is_a_file_or_nothing_of_the_api() {
        let mut found = Vec::new();
        for source in [include_str!("mod.rs"), include_str!("docs.rs"), include_str!("console.rs")] {
            let routes = source.split(".route(").skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"'));
            found.extend(routes.filter_map(|rest| rest.split('"').next()));
        }
        let of_probes = ["/metrics", "/healthz", "/readyz"];
        let of_docs = ["/openapi.json", "/docs", "/docs/", "/docs/page.js", "/docs/page.css"];
        let of_people = ["/", "/dev/people", "/sign-in"];
        let file = "/companies/{company}/employees/{employee}";
        found.sort_unstable();
        found.dedup();
        let mut known = [&of_probes[..], &of_docs[..], &of_people[..], &[file]].concat();
        known.sort_unstable();
        assert_eq!(found, known, "what is new goes through `routes!`, so that the document has it");
    }

    #[test]
    fn every_reference_leads_somewhere() {
        fn follow(value: &Value, document: &Value) {
            match value {
                Value::Object(fields) => {
                    if let Some(Value::String(reference)) = fields.get("$ref") {
                        let pointer = reference.trim_start_matches('#');
                        assert!(document.pointer(pointer).is_some(), "{reference}");
                    }
                    fields.values().for_each(|value| follow(value, document));
                }
                Value::Array(items) => items.iter().for_each(|value| follow(value, document)),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            }
        }
        let document = document();
        follow(&document, &document);
    }

    #[test]
    fn every_reason_is_in_the_contract_with_its_status() {
        let protocol = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/protocol.md")).unwrap();
        for reason in reasons::all() {
            let row = format!("| `{}` | {} |", reason.word, reason.status);
            assert!(protocol.contains(&row), "docs/protocol.md has a row that begins {row}");
        }
    }
}

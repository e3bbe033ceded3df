//! Every reason of an error of the HTTP API, as the document shows it.

use serde_json::{Map, Value, json};

/// A reason, the status that it comes with, and an example of its sentence.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reason {
    pub(super) word: &'static str,
    pub(super) status: u16,
    detail: &'static str,
}

/// Reasons that every operation may answer that needs a key.
pub(super) const WITH_A_KEY: &[&str] =
    &["unauthorized", "forbidden", "rate_limited", "overloaded", "draining", "unavailable"];

const REASONS: &[(&str, u16, &str)] = &[
    ("unauthorized", 401, "send an API key, or a person's token, as `Authorization: Bearer <key>`"),
    ("forbidden", 403, "this needs a key with the scope `manage`; `crm` has `read`"),
    ("unknown_company", 404, "there is no such company"),
    ("unknown_employee", 404, "there is no such employee in this company"),
    ("unknown_booking", 404, "there is no such booking in this company"),
    ("unknown_session", 404, "there is no such session in this company"),
    ("unknown_logo", 404, "this company has no logo"),
    ("unknown_webhook", 404, "there is no such webhook"),
    ("unknown_delivery", 404, "no delivery of this event is pending or dead"),
    ("unknown_route", 404, "there is nothing at `/v2`"),
    ("unknown_method", 405, "`PUT` is not supported at this path"),
    ("too_slow", 408, "less than 16 KiB of the file arrived in 10 seconds; send it again"),
    ("booking_closed", 409, "this booking is no longer searching"),
    ("session_ended", 409, "this session is over"),
    ("too_many", 409, "a company has at most 16 webhooks: remove one"),
    ("still_open", 409, "the client has an open booking or a running session: end it first"),
    ("gone", 410, "the events after 3 are no longer kept; the oldest is 120"),
    ("changed", 412, "the resource does not meet the condition: read it again and repeat the change"),
    ("too_large", 413, "a body has at most 262144 bytes"),
    ("unknown_type", 415, "send the file as `application/x-ndjson` or `text/csv`"),
    ("invalid", 422, "`limit` must be 1 to 500"),
    ("too_far_back", 422, "this is too far back: more than 1000000 events would have to be read"),
    ("rate_limited", 429, "too many requests; try again in 500 ms"),
    ("overloaded", 503, "the server is overloaded; try again in 250 ms"),
    ("draining", 503, "the server is restarting; reconnect in a moment"),
    ("unavailable", 503, "the store cannot commit at present; nothing was changed, try again later"),
];

/// All reasons, in the order of their status.
pub(super) fn all() -> impl Iterator<Item = Reason> {
    REASONS.iter().map(|&(word, status, detail)| Reason { word, status, detail })
}

impl Reason {
    /// The reason with that word.
    pub(super) fn named(word: &str) -> Option<Self> {
        all().find(|reason| reason.word == word)
    }

    fn title(self) -> &'static str {
        let status = axum::http::StatusCode::from_u16(self.status).ok();
        status.and_then(|status| status.canonical_reason()).unwrap_or_default()
    }

    fn example(self) -> Value {
        let mut problem = json!({
            "type": "about:blank", "title": self.title(), "status": self.status, "reason": self.word,
            "detail": self.detail,
        });
        match self.word {
            "rate_limited" => problem["retry_in_ms"] = json!(500),
            "gone" => problem["oldest"] = json!(120),
            "booking_closed" => problem["booking"] = switchboard_wire::shape::examples::booking(),
            _ => {}
        }
        problem
    }
}

/// An answer with one of these reasons.
pub(super) fn response(reasons: &[Reason]) -> Value {
    let titles = reasons.first().map_or("", |reason| reason.title());
    let words: Vec<String> = reasons.iter().map(|reason| format!("`{}`", reason.word)).collect();
    let examples: Map<String, Value> =
        reasons.iter().map(|reason| (reason.word.to_owned(), json!({ "value": reason.example() }))).collect();
    let mut response = json!({
        "description": format!("{titles}: {}", words.join(", ")),
        "content": {
            "application/problem+json": {
                "schema": { "$ref": "#/components/schemas/Problem" },
                "examples": examples,
            },
        },
    });
    let header = match reasons.first().map_or(0, |reason| reason.status) {
        412 => Some(("ETag", "Current entity tag of the resource")),
        401 => Some(("WWW-Authenticate", "`Bearer`, with `error=\"invalid_token\"` if the credentials are invalid")),
        429 | 503 => Some(("Retry-After", "Seconds to wait before a retry")),
        _ => None,
    };
    if let Some((name, said)) = header {
        response["headers"] = json!({ name: { "description": said, "schema": { "type": "string" } } });
    }
    response
}

/// The schema of every error.
pub(super) fn problem() -> Value {
    let words: Vec<&str> = all().map(|reason| reason.word).collect();
    json!({
        "type": "object",
        "description": "An error (RFC 9457), with further fields depending on its reason.",
        "required": ["type", "title", "status", "reason", "detail"],
        "properties": {
            "type": { "type": "string" },
            "title": { "type": "string", "description": "Reason phrase of the status" },
            "status": { "type": "integer", "minimum": 400, "maximum": 599 },
            "reason": { "type": "string", "enum": words, "description": "A stable word for programs" },
            "detail": { "type": "string", "description": "A sentence for people, which names the field" },
            "booking": { "$ref": "#/components/schemas/Booking" },
            "lines": {
                "type": "array",
                "description": "The first 100 invalid lines of a file",
                "items": {
                    "type": "object",
                    "required": ["line", "field", "problem"],
                    "properties": {
                        "line": { "type": "integer", "minimum": 1 },
                        "field": { "type": ["string", "null"], "description": "Null if the whole line is invalid" },
                        "problem": { "type": "string" },
                    },
                },
            },
            "bad_lines": { "type": "integer", "minimum": 1, "description": "Number of invalid lines in a file" },
            "oldest": { "type": "integer", "minimum": 1, "description": "Number (`seq`) of the oldest kept event" },
            "retry_in_ms": { "type": "integer", "minimum": 0, "description": "Milliseconds to wait before a retry" },
        },
    })
}

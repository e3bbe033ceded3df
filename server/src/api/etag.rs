//! Tags of states that can be changed (`ETag`), and the conditions that keep two admins from overwriting each other.

use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::FromRequestParts;
use axum::http::header::{self, HeaderName};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::json;
use switchboard_core::{Company, Employee, Routing};
use switchboard_wire::view;
use utoipa::IntoParams;

use super::ask::shown;
use super::problem::Problem;

/// Bytes of a digest in a tag: two states of one thing do not share 72 bits by chance.
const DIGEST_BYTES: usize = 9;

/// State of a company or an employee in a few letters. The part before the dot covers what can be set, the part behind
/// it what also changes by itself, such as a status. A change compares the first part alone, and a `GET` both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    set: String,
    moving: Option<String>,
}

impl Tag {
    /// Tag of a company, if the company exists.
    #[must_use]
    pub fn of_company(company: &Company) -> Option<Self> {
        company.exists().then(|| Self { set: digest_of(&view::company(company)), moving: None })
    }

    /// Tag of a company's routing.
    #[must_use]
    pub fn of_routing(routing: &Routing) -> Self {
        Self { set: digest_of(routing), moving: None }
    }

    /// Tag of an employee.
    #[must_use]
    pub fn of_employee(employee: &Employee) -> Self {
        let topics: Vec<&str> = employee.topics.iter().map(switchboard_core::Topic::as_str).collect();
        let mut set = json!({ "id": employee.id.as_str(), "name": &*employee.name, "topics": topics });
        // Left out otherwise, so that a tag from before there were profiles stays right.
        if !employee.profile.is_plain() {
            set["profile"] = json!(employee.profile);
        }
        Self { set: digest_of(&set), moving: Some(digest_of(&view::employee(employee))) }
    }

    /// Tag of a file, by the digest of its bytes.
    #[cfg(feature = "console")]
    pub(super) fn of_file(digest: &[u8]) -> Self {
        Self { set: shortened(digest), moving: None }
    }

    /// The tag without its quotes.
    fn text(&self) -> String {
        match &self.moving {
            Some(moving) => format!("{}.{moving}", self.set),
            None => self.set.clone(),
        }
    }

    /// The tag as a header has it.
    pub(super) fn quoted(&self) -> String {
        format!("\"{}\"", self.text())
    }

    pub(super) fn header(&self) -> Option<HeaderValue> {
        self.quoted().try_into().ok()
    }

    fn sets_as(&self, other: &str) -> bool {
        other.split('.').next() == Some(&self.set)
    }
}

fn digest_of(state: &impl Serialize) -> String {
    let digest = digest(&SHA256, view::json(state).as_bytes());
    shortened(digest.as_ref())
}

fn shortened(digest: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(digest.get(..DIGEST_BYTES).unwrap_or_default())
}

/// An answer with its tag.
#[must_use]
pub(crate) fn tagged(status: StatusCode, body: &impl Serialize, tag: Option<&Tag>) -> Response {
    let mut response = shown(status, body);
    if let Some(tag) = tag.and_then(Tag::header) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// Tags that a header names.
#[derive(Clone, Debug, PartialEq, Eq)]
enum NamedTags {
    /// `*`: any existing state.
    Any,
    /// These tags, without their quotes.
    These(Vec<String>),
}

impl NamedTags {
    /// Reads a header's tags. A weak tag counts as a strong one, because a proxy that compresses an answer makes its
    /// tag weak, and the state is the same for both. An empty header names none, as every list may be empty.
    fn read(text: &str) -> Option<Self> {
        if text.trim() == "*" {
            return Some(Self::Any);
        }
        let mut tags = Vec::new();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let opened = rest.strip_prefix("W/").unwrap_or(rest).strip_prefix('"')?;
            let (tag, behind) = opened.split_once('"')?;
            tags.push(tag.to_owned());
            rest = behind.trim_start();
            if !rest.is_empty() {
                rest = rest.strip_prefix(',')?.trim_start();
            }
        }
        Some(Self::These(tags))
    }
}

/// Conditions of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    only_if: Option<NamedTags>,
    unless: Option<NamedTags>,
}

impl Conditions {
    /// Whether a change may go on in the present state.
    ///
    /// # Errors
    /// `changed`, with the present tag.
    pub fn check(&self, now: Option<&Tag>) -> Result<(), Problem> {
        let only_if = match &self.only_if {
            None => true,
            Some(NamedTags::Any) => now.is_some(),
            Some(NamedTags::These(tags)) => now.is_some_and(|now| tags.iter().any(|tag| now.sets_as(tag))),
        };
        let unless = match &self.unless {
            None => false,
            Some(NamedTags::Any) => now.is_some(),
            Some(NamedTags::These(tags)) => now.is_some_and(|now| tags.iter().any(|tag| now.sets_as(tag))),
        };
        if only_if && !unless { Ok(()) } else { Err(Problem::changed(now.map(Tag::quoted))) }
    }

    /// Whether the caller has seen exactly this state already.
    #[must_use]
    pub(crate) fn has_seen(&self, now: &Tag) -> bool {
        match &self.unless {
            None => false,
            Some(NamedTags::Any) => true,
            Some(NamedTags::These(tags)) => tags.contains(&now.text()),
        }
    }

    /// Answer to a `GET`: the state with its tag, or 304 when the caller has seen that state.
    #[must_use]
    pub fn show(&self, body: &impl Serialize, now: &Tag) -> Response {
        if self.has_seen(now) {
            let mut response = StatusCode::NOT_MODIFIED.into_response();
            response.headers_mut().extend(now.header().map(|tag| (header::ETAG, tag)));
            return response;
        }
        tagged(StatusCode::OK, body, Some(now))
    }
}

impl<S: Sync> FromRequestParts<S> for Conditions {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let named = |name: HeaderName, called: &str| {
            let Some(value) = parts.headers.get(&name) else { return Ok(None) };
            let read = value.to_str().ok().and_then(NamedTags::read);
            let advice = || Problem::invalid(format!("`{called}` must be `*` or quoted entity tags, as in `ETag`"));
            read.map(Some).ok_or_else(advice)
        };
        Ok(Self {
            only_if: named(header::IF_MATCH, "If-Match")?,
            unless: named(header::IF_NONE_MATCH, "If-None-Match")?,
        })
    }
}

/// The condition of a `GET`, for the document.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct Unseen {
    /// `ETag` that the caller has seen last; if it is still current, the answer is 304 without a body.
    #[param(value_type = String, required = false, rename = "If-None-Match", pattern = r#"^(\*|"[A-Za-z0-9_.-]*")?$"#)]
    pub if_none_match: Option<String>,
}

/// The conditions of a change, for the document.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct Unchanged {
    /// `ETag` on which the change is based; if the resource has changed since, the answer is 412 `changed`.
    #[param(value_type = String, required = false, rename = "If-Match", pattern = r#"^(\*|"[A-Za-z0-9_.-]*")?$"#)]
    pub if_match: Option<String>,
}

/// The conditions of a `PUT`, for the document.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct UnchangedOrNew {
    /// `ETag` on which the change is based; if the resource has changed since, the answer is 412 `changed`.
    #[param(value_type = String, required = false, rename = "If-Match", pattern = r#"^(\*|"[A-Za-z0-9_.-]*")?$"#)]
    pub if_match: Option<String>,
    /// `*`: create only; if the resource exists, the answer is 412 `changed`.
    #[param(value_type = String, required = false, rename = "If-None-Match", pattern = r"^\*?$")]
    pub if_none_match: Option<String>,
}

#[cfg(test)]
mod tests {
    use switchboard_core::{Command, CompanySettings, EmployeeId, Level, Profile, Time};

    use super::*;

    fn tag(set: &str, moving: Option<&str>) -> Tag {
        Tag { set: set.into(), moving: moving.map(Into::into) }
    }

    fn only_if(text: &str) -> Conditions {
        Conditions { only_if: NamedTags::read(text), unless: None }
    }

    fn unless(text: &str) -> Conditions {
        Conditions { only_if: None, unless: NamedTags::read(text) }
    }

    #[test]
    fn a_tag_of_an_employee_covers_skills_and_is_that_of_before_where_there_are_none() {
        let tag_of = |profile: Profile| {
            let mut company = Company::new("acme".parse().unwrap());
            let employee: EmployeeId = "ann".parse().unwrap();
            let set = Command::SetEmployee { employee: employee.clone(), name: "Ann".into(), topics: vec![], profile };
            for command in [Command::SetCompany { name: "Acme".into(), settings: CompanySettings::default() }, set] {
                company.take(Time::from_ms(1), &command).outcome.unwrap();
            }
            Tag::of_employee(company.find_employee(&employee).unwrap().1)
        };
        let plain = tag_of(Profile::default());
        assert_eq!(plain.set, digest_of(&json!({ "id": "ann", "name": "Ann", "topics": [] })));
        let skilled = Profile { skills: [("de".parse().unwrap(), Level::MOST)].into(), ..Profile::default() };
        assert!(!plain.sets_as(&tag_of(skilled).set));
        assert!(!plain.sets_as(&tag_of(Profile { share: 2, ..Profile::default() }).set));
    }

    #[test]
    fn a_header_names_any_or_some_tags_and_nothing_else() {
        let these = |tags: &[&str]| Some(NamedTags::These(tags.iter().map(|&tag| tag.to_owned()).collect()));
        assert_eq!(NamedTags::read(" * "), Some(NamedTags::Any));
        assert_eq!(NamedTags::read("\"a\""), these(&["a"]));
        assert_eq!(NamedTags::read(""), these(&[]));
        assert_eq!(NamedTags::read("W/\"a\" , \"b.c\""), these(&["a", "b.c"]));
        for bad in ["a", "\"a", "\"a\" \"b\"", "*, \"a\"", "W/a", "'a'"] {
            assert_eq!(NamedTags::read(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_change_is_made_from_the_state_that_it_names_whatever_the_status_has_become() {
        let now = tag("a", Some("later"));
        assert!(only_if("\"a.earlier\"").check(Some(&now)).is_ok(), "the status may have moved");
        assert!(only_if("\"b\", W/\"a\"").check(Some(&now)).is_ok());
        assert!(only_if("*").check(Some(&now)).is_ok());
        assert!(only_if("\"b.later\"").check(Some(&now)).is_err(), "what can be set has changed");
        assert!(only_if("\"a\"").check(None).is_err(), "it is gone");
        assert!(only_if("*").check(None).is_err());
        assert!(only_if("").check(Some(&now)).is_err(), "none of no tags is that of now");
        assert!(Conditions::default().check(None).is_ok());
    }

    #[test]
    fn only_what_is_not_there_is_made_unless_there_is_any() {
        assert!(unless("*").check(None).is_ok());
        assert!(unless("*").check(Some(&tag("a", None))).is_err());
        assert!(unless("\"b\"").check(Some(&tag("a", None))).is_ok());
    }

    #[test]
    fn who_has_seen_another_status_is_shown_the_new_one() {
        let now = tag("a", Some("later"));
        assert!(unless("\"a.later\"").has_seen(&now));
        assert!(!unless("\"a.earlier\"").has_seen(&now));
        assert!(!Conditions::default().has_seen(&now));
    }
}

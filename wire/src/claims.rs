//! Claims of a token: the person, the role, the company and the times.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value};
use switchboard_core::limits::{NAME_MAX_CHARS, PRIORITY_MAX, SKILLS_PER_EMPLOYEE_MAX, TOPICS_PER_EMPLOYEE_MAX};
use switchboard_core::spelling::spelled;
use switchboard_core::{Bearer, CompanyId, Level, Skill, Skills, Time, Token, Topic};

use crate::Scope;
/// Refusal of a token that was issued before its bearer was shut out.
pub const REVOKED: &str = "the token was revoked: sign in again for a new one";

/// The person that a token is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Claim `sub`, the person's id.
    pub subject: String,
    /// Claim `role`, the person's role.
    pub role: Role,
    /// Every employee and admin has a company; a client without one may reach any.
    pub company: Option<String>,
    /// Display name in its one spelling; none where no person could read it.
    pub name: Option<String>,
    /// Topics that an employee takes; `None` is any.
    pub topics: Option<Vec<String>>,
    /// Skills of an employee; `None` leaves the known ones.
    pub skills: Option<Skills>,
    /// Claim `priority`: priority of a client's bookings, 0 to 10; `None` is that of their route.
    pub priority: Option<u8>,
    /// Claim `scope`: rights of an admin over HTTP. The claim is not read for other roles, which have no scope.
    pub scope: Option<Scope>,
    /// Claim `iat`, in milliseconds since 1970; none if the token does not say it, or names a time to come.
    pub issued_at_ms: Option<u64>,
    /// Claim `exp`, in whole seconds since 1970; a fraction in the token is dropped.
    pub expires_at_s: u64,
}

impl Claims {
    /// Reads the claims and checks the form of each; a claim that is null counts as missing. The error names the first
    /// claim that is missing or malformed.
    pub fn read(claims: &Map<String, Value>, now_ms: u64) -> Result<Self, BadClaims> {
        let role = text(claims, "role", ROLE)?.ok_or(BadClaims::Missing("role"))?;
        let role = role.parse().map_err(|_| bad("role", ROLE))?;
        let company = id(claims, "company")?;
        if company.is_none() && role != Role::Client {
            return Err(BadClaims::NoCompany);
        }
        Ok(Claims {
            subject: id(claims, "sub")?.ok_or(BadClaims::Missing("sub"))?,
            role,
            company,
            name: name(claims)?,
            topics: topics(claims)?,
            skills: skills(claims)?,
            priority: priority(claims)?,
            scope: if role == Role::Admin { scope(claims)? } else { None },
            issued_at_ms: issued_at_ms(claims)?.filter(|issued_at_ms| *issued_at_ms <= now_ms),
            expires_at_s: expires_at_s(claims)?,
        })
    }

    /// The claims that a revocation looks at.
    #[must_use]
    pub fn token(&self) -> Token<'_> {
        let bearer = match self.role {
            Role::Client => Bearer::Client(&self.subject),
            Role::Employee => Bearer::Employee(&self.subject),
            Role::Admin => Bearer::Admin,
        };
        Token { bearer, is_for_company: self.company.is_some(), issued_at: self.issued_at_ms.map(Time::from_ms) }
    }

    /// The same claims with that scope, which counts for an admin.
    #[must_use]
    pub const fn with_scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// The claims in the form of a token.
    #[must_use]
    pub fn write(&self) -> Map<String, Value> {
        let mut claims = Map::new();
        claims.insert("sub".to_owned(), self.subject.clone().into());
        claims.insert("role".to_owned(), self.role.as_str().into());
        if let Some(company) = &self.company {
            claims.insert("company".to_owned(), company.clone().into());
        }
        if let Some(name) = &self.name {
            claims.insert("name".to_owned(), name.clone().into());
        }
        if let Some(topics) = &self.topics {
            claims.insert("topics".to_owned(), topics.clone().into());
        }
        if let Some(skills) = &self.skills {
            let levels = skills.iter().map(|(skill, level)| (skill.as_str().to_owned(), level.number().into()));
            claims.insert("skills".to_owned(), Value::Object(levels.collect()));
        }
        if let Some(priority) = self.priority {
            claims.insert("priority".to_owned(), priority.into());
        }
        if let Some(scope) = self.scope {
            claims.insert("scope".to_owned(), scope.word().into());
        }
        if let Some(issued_at_ms) = self.issued_at_ms {
            // In milliseconds, so that a token that is issued after a revocation in the same second differs from an
            // earlier one.
            claims.insert("iat".to_owned(), (issued_at_ms as f64 / 1000.0).into());
        }
        claims.insert("exp".to_owned(), self.expires_at_s.into());
        claims
    }
}

/// Why claims are refused, in words that repeat nothing of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadClaims {
    #[error("the token has no `{0}`")]
    Missing(&'static str),
    #[error("the token's `{claim}` must be {expected}")]
    Form { claim: &'static str, expected: &'static str },
    /// A token of an employee or admin without a company.
    #[error("the token has no `company`, which an employee's and an admin's must have")]
    NoCompany,
}

/// Claim `nbf`, the first moment of the token, in milliseconds since 1970, if the token has that claim.
pub fn not_before_ms(claims: &Map<String, Value>) -> Result<Option<u64>, BadClaims> {
    let Some(not_before) = present(claims, "nbf") else { return Ok(None) };
    let not_before_s = not_before.as_f64().ok_or(bad("nbf", SECONDS))?;
    // The cast saturates, so a time beyond all bounds is just far away.
    Ok(Some((not_before_s * 1000.0).ceil() as u64))
}

const ROLE: &str = "`client`, `employee` or `admin`";
const ID: &str = "1 to 128 characters of `A-Z a-z 0-9 . _ ~ @ -`, and not only dots";
const NAME: &str = "at most 256 characters";
const TOPICS: &str = "at most 64 strings of 1 to 128 characters without control characters, and not only blanks";
const SKILLS: &str = "an object of at most 64 skills, each of 1 to 128 characters and with a level from 1 to 10";
const PRIORITY: &str = "a whole number from 0 to 10";
const SCOPE: &str = "`read`, `operate` or `manage`";
const SECONDS: &str = "a time in seconds since 1970";

/// A claim, unless it is missing or null.
#[must_use]
pub fn present<'a>(claims: &'a Map<String, Value>, claim: &str) -> Option<&'a Value> {
    claims.get(claim).filter(|value| !value.is_null())
}

const fn bad(claim: &'static str, expected: &'static str) -> BadClaims {
    BadClaims::Form { claim, expected }
}

fn text<'a>(
    claims: &'a Map<String, Value>,
    claim: &'static str,
    expected: &'static str,
) -> Result<Option<&'a str>, BadClaims> {
    match present(claims, claim) {
        None => Ok(None),
        Some(value) => value.as_str().map(Some).ok_or(bad(claim, expected)),
    }
}

fn id(claims: &Map<String, Value>, claim: &'static str) -> Result<Option<String>, BadClaims> {
    match text(claims, claim, ID)? {
        None => Ok(None),
        // All kinds of ids follow one rule.
        Some(id) => id.parse().map(|id: CompanyId| Some(id.into())).map_err(|_| bad(claim, ID)),
    }
}

/// A name of blanks alone, or with control characters, counts as none, so that it refuses no person.
fn name(claims: &Map<String, Value>) -> Result<Option<String>, BadClaims> {
    let Some(name) = text(claims, "name", NAME)? else { return Ok(None) };
    match spelled(name, usize::MAX) {
        Some(name) if name.chars().count() > NAME_MAX_CHARS => Err(bad("name", NAME)),
        name => Ok(name.map(Cow::into_owned)),
    }
}

fn topics(claims: &Map<String, Value>) -> Result<Option<Vec<String>>, BadClaims> {
    let Some(value) = present(claims, "topics") else {
        return Ok(None);
    };
    let read = |topic: &Value| topic.as_str()?.parse().ok().map(|topic: Topic| topic.into());
    let topics: Option<Vec<String>> = value
        .as_array()
        .filter(|topics| topics.len() <= TOPICS_PER_EMPLOYEE_MAX)
        .and_then(|topics| topics.iter().map(read).collect());
    topics.map(Some).ok_or(bad("topics", TOPICS))
}

fn skills(claims: &Map<String, Value>) -> Result<Option<Skills>, BadClaims> {
    let Some(value) = present(claims, "skills") else {
        return Ok(None);
    };
    let read = |(skill, level): (&String, &Value)| -> Option<(Skill, Level)> {
        let level = level.as_u64().and_then(|level| u8::try_from(level).ok());
        Some((skill.parse().ok()?, level?.try_into().ok()?))
    };
    let skills: Option<Skills> = value
        .as_object()
        .filter(|skills| skills.len() <= SKILLS_PER_EMPLOYEE_MAX)
        .and_then(|skills| skills.iter().map(read).collect());
    skills.map(Some).ok_or(bad("skills", SKILLS))
}

fn priority(claims: &Map<String, Value>) -> Result<Option<u8>, BadClaims> {
    let Some(value) = present(claims, "priority") else { return Ok(None) };
    let priority = value.as_u64().and_then(|priority| u8::try_from(priority).ok());
    priority.filter(|priority| *priority <= PRIORITY_MAX).map(Some).ok_or(bad("priority", PRIORITY))
}

fn scope(claims: &Map<String, Value>) -> Result<Option<Scope>, BadClaims> {
    let scope = text(claims, "scope", SCOPE)?.map(str::parse);
    scope.transpose().map_err(|_| bad("scope", SCOPE))
}

/// A whole second counts from its begin. A time before 1970 is no real time of issue, and counts as long ago.
fn issued_at_ms(claims: &Map<String, Value>) -> Result<Option<u64>, BadClaims> {
    let Some(issued_at) = present(claims, "iat") else { return Ok(None) };
    let seconds = issued_at.as_f64().ok_or(bad("iat", SECONDS))?;
    // Rounded, because a fraction of a second is not exact in binary; the cast saturates.
    Ok(Some((seconds * 1000.0).round() as u64))
}

fn expires_at_s(claims: &Map<String, Value>) -> Result<u64, BadClaims> {
    let exp = present(claims, "exp").ok_or(BadClaims::Missing("exp"))?;
    match exp.as_u64() {
        Some(seconds) => Ok(seconds),
        // The cast saturates: a time before 1970 becomes 1970, which has expired as well.
        None => exp.as_f64().map(|seconds| seconds as u64).ok_or(bad("exp", SECONDS)),
    }
}

/// Role of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Client,
    Employee,
    Admin,
}

impl Role {
    /// The role's name in a token.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Client => "client",
            Role::Employee => "employee",
            Role::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        [Role::Client, Role::Employee, Role::Admin].into_iter().find(|role| role.as_str() == text).ok_or(UnknownRole)
    }
}

/// The text names no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a role is {ROLE}")]
pub struct UnknownRole;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW_MS: u64 = 10_000;

    fn read_with(claim: &str, value: Value) -> Result<Claims, BadClaims> {
        let mut claims = json!({"sub": "ann", "role": "client", "exp": 9});
        claims[claim] = value;
        Claims::read(claims.as_object().unwrap(), NOW_MS)
    }

    fn is_bad(claim: &str, value: Value) -> bool {
        matches!(read_with(claim, value), Err(BadClaims::Form { claim: of, .. }) if of == claim)
    }

    #[test]
    fn an_id_is_short_and_of_plain_characters() {
        for claim in ["sub", "company"] {
            assert!(read_with(claim, json!("Az09._~@-")).is_ok());
            assert!(read_with(claim, json!("x".repeat(128))).is_ok());
            for id in [
                json!(""),
                json!("x".repeat(129)),
                json!("a b"),
                json!("é"),
                json!("a:b"),
                json!(7),
                json!(".."),
                json!("..."),
            ] {
                assert!(is_bad(claim, id.clone()), "{claim} {id}");
            }
        }
    }

    #[test]
    fn subject_role_and_end_must_be_there() {
        for claim in ["sub", "role", "exp"] {
            assert!(matches!(read_with(claim, Value::Null), Err(BadClaims::Missing(of)) if of == claim));
        }
    }

    #[test]
    fn a_role_is_one_of_three() {
        for role in [json!("boss"), json!("Client"), json!(""), json!(1)] {
            assert!(is_bad("role", role.clone()), "{role}");
        }
    }

    #[test]
    fn the_end_is_a_number_of_seconds() {
        for (exp, expires_at_s) in
            [(json!(9), 9), (json!(9.9), 9), (json!(-5), 0), (json!(1e300), u64::MAX), (json!(u64::MAX), u64::MAX)]
        {
            assert_eq!(read_with("exp", exp).unwrap().expires_at_s, expires_at_s);
        }
        assert!(is_bad("exp", json!("9")));
        assert!(is_bad("exp", json!(true)));
    }

    #[test]
    fn when_it_was_issued_is_known_to_the_millisecond_and_a_time_to_come_is_none() {
        for (iat, issued_at_ms) in [
            (json!(9), Some(9_000)),
            (json!(9.001), Some(9_001)),
            (json!(9.999), Some(9_999)),
            (json!(10), Some(10_000)),
            (json!(10.001), None),
            (json!(1e300), None),
            (json!(-5), Some(0)),
            (Value::Null, None),
        ] {
            assert_eq!(read_with("iat", iat.clone()).unwrap().issued_at_ms, issued_at_ms, "{iat}");
        }
        assert!(is_bad("iat", json!("9")) && is_bad("iat", json!([9])));
        for issued_at_ms in [0, 1, 1_795_424_400_123, 1_795_424_400_999] {
            let claims = Claims { issued_at_ms: Some(issued_at_ms), ..read_with("iat", json!(1)).unwrap() };
            assert_eq!(Claims::read(&claims.write(), u64::MAX).unwrap().issued_at_ms, Some(issued_at_ms));
        }
    }

    #[test]
    fn a_name_is_counted_in_characters() {
        assert!(read_with("name", json!("é".repeat(256))).is_ok());
        assert!(is_bad("name", json!("é".repeat(257))));
        assert!(is_bad("name", json!(1)));
    }

    #[test]
    fn a_name_is_spelled_in_one_way_and_one_that_cannot_be_read_counts_as_none() {
        let read = |name: &str| read_with("name", json!(name)).unwrap().name;
        assert_eq!(read("  Zoe\u{308} Miller\u{a0}").as_deref(), Some("Zo\u{eb} Miller"));
        assert_eq!(read(&"e\u{301}".repeat(256)), Some("\u{e9}".repeat(256)), "counted as it is spelled");
        for name in ["", " \u{2003}", "Zoe\u{7}", "Zoe\nMiller", "\u{85}Zoe\u{80}"] {
            assert_eq!(read(name), None, "{name:?}");
        }
    }

    #[test]
    fn topics_are_read_in_their_one_spelling() {
        let claims = read_with("topics", json!(["tax", " law", "u\u{308}bung "])).unwrap();
        assert_eq!(claims.topics, Some(vec!["tax".to_owned(), "law".to_owned(), "übung".to_owned()]));
        for text in ["", "  ", "a\nb", "\u{7f}"] {
            assert!(is_bad("topics", json!(["tax", text])), "{text:?}");
        }
    }

    #[test]
    fn topics_are_few_and_short() {
        assert_eq!(read_with("topics", json!([])).unwrap().topics, Some(vec![]));
        assert!(read_with("topics", json!(vec!["é".repeat(128); 64])).is_ok());
        for topics in [json!(vec!["a"; 65]), json!([""]), json!(["é".repeat(129)]), json!([1]), json!("a")] {
            assert!(is_bad("topics", topics.clone()), "{topics}");
        }
    }

    #[test]
    fn skills_are_few_words_each_with_a_level() {
        let read = read_with("skills", json!({ " de": 5, "tax": 10 })).unwrap();
        let known: Skills =
            [("de", 5), ("tax", 10)].map(|(s, l)| (s.parse().unwrap(), Level::try_from(l).unwrap())).into();
        assert_eq!(read.skills, Some(known));
        assert_eq!(Claims::read(&read.write(), NOW_MS).unwrap().skills, read.skills);
        assert_eq!(read_with("skills", Value::Null).unwrap().skills, None);
        assert_eq!(read_with("skills", json!({})).unwrap().skills, Some(Skills::new()));
        let many: Map<String, Value> = (0..65).map(|n| (n.to_string(), 1.into())).collect();
        for skills in [
            json!(many),
            json!(["de"]),
            json!("de"),
            json!({ "de": 0 }),
            json!({ "de": 11 }),
            json!({ "de": 261 }),
            json!({ "de": 1.5 }),
            json!({ "de": "5" }),
            json!({ "de": null }),
            json!({ "": 1 }),
        ] {
            assert!(is_bad("skills", skills.clone()), "{skills}");
        }
    }

    #[test]
    fn a_priority_is_a_whole_number_up_to_ten() {
        for priority in [0, 10] {
            let read = read_with("priority", json!(priority)).unwrap();
            assert_eq!(read.priority, Some(priority));
            assert_eq!(Claims::read(&read.write(), NOW_MS).unwrap().priority, Some(priority));
        }
        assert_eq!(read_with("priority", Value::Null).unwrap().priority, None);
        for priority in [json!(11), json!(-1), json!(1.5), json!("5"), json!([5]), json!(true)] {
            assert!(is_bad("priority", priority.clone()), "{priority}");
        }
    }

    #[test]
    fn an_admin_may_have_one_of_three_scopes_and_that_of_others_is_not_read() {
        let read = |role: &str, scope: Value| {
            let claims = json!({"sub": "olga", "role": role, "company": "acme", "exp": 9, "scope": scope});
            Claims::read(claims.as_object().unwrap(), NOW_MS).map(|claims| claims.scope)
        };
        for scope in Scope::ALL {
            assert_eq!(read("admin", json!(scope.word())), Ok(Some(scope)));
        }
        assert_eq!(read("admin", Value::Null), Ok(None));
        for scope in [json!("Manage"), json!("read operate"), json!(""), json!(["read"]), json!(3)] {
            let refused = read("admin", scope.clone());
            assert!(matches!(refused, Err(BadClaims::Form { claim: "scope", .. })), "{scope}");
            for role in ["client", "employee"] {
                assert_eq!(read(role, scope.clone()), Ok(None), "{role} {scope}");
            }
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_the_value() {
        let error = read_with("sub", json!("se cret")).unwrap_err().to_string();
        assert_eq!(
            error,
            "the token's `sub` must be 1 to 128 characters of `A-Z a-z 0-9 . _ ~ @ -`, and not only dots"
        );
    }
}

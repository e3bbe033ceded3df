//! The caller of a request: a back end with an API key, or a person with the token that also opens their socket.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::header;
use switchboard_core::{Company, CompanyId, Time};
use switchboard_exchange::NotNow;
use switchboard_exchange::admission::shares::{By, SharePermit, SharedSemaphore};
use switchboard_exchange::admission::{Admission, Peer};
use switchboard_exchange::clock::ClockReading;
use switchboard_history::ForWhom;
use switchboard_journal::api_key::ApiKey;
use switchboard_wire::claims::{Claims, REVOKED, Role};
use switchboard_wire::view;
use tokio::time::sleep;

use super::ApiState;
use super::problem::Problem;
use crate::auth::TokenError;

/// Advice to a caller that shows neither a key nor a token.
const NEEDED: &str = "send an API key, or a person's token, as `Authorization: Bearer <key>`";
/// Challenge to a caller that shows nothing, and to one that shows a bad key or token (RFC 6750, section 3).
const CHALLENGE: &str = "Bearer";
const CHALLENGE_TO_BAD: &str = "Bearer error=\"invalid_token\"";
/// Interval of the checks whether the caller of a long answer is still let in. Together with the second within which a
/// revoked key becomes known, this stays within the two seconds that the contract promises.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Time for which an answer goes on after its caller lost access. A caller that follows a company is told of its
/// removal in that time, because the removal ends keys and tokens at the same moment.
const LAST_WORDS: Duration = Duration::from_millis(400);

/// Back end or person that sends a request.
#[derive(Clone, Debug)]
pub enum Principal {
    Key(Arc<ApiKey>),
    /// An admin, an employee or a client.
    Person(Arc<Claims>),
}

impl Principal {
    /// Finds the caller by its key or token. A bad key counts against the address, and a person's requests count
    /// against the person.
    ///
    /// # Errors
    /// `unauthorized`, or `rate_limited`.
    pub(crate) async fn who_shows(
        presented: Option<&str>,
        api: &ApiState,
        peer: Option<Peer>,
        now: ClockReading,
    ) -> Result<Self, Problem> {
        api.admission.may_try_key(peer, now.even)?;
        // A caller that shows nothing guesses nothing, and so does not count against its address.
        let presented = presented.ok_or_else(|| Problem::unauthorized(NEEDED, CHALLENGE))?;
        if let Some(key) = api.api_keys.find(presented, now.wall) {
            return Ok(Self::Key(key));
        }
        match api.keyring.verify_or_ask(presented, now.wall.as_ms()).await {
            Ok(claims) => {
                api.admission.request(&claims, now.even)?;
                // The token was signed, so this is no guess, and does not count against the address.
                match is_shut_out(api, &claims).await? {
                    true => Err(Problem::unauthorized(REVOKED, CHALLENGE_TO_BAD)),
                    false => Ok(Self::Person(Arc::new(claims))),
                }
            }
            Err(error) => {
                api.admission.bad_key(peer, now.even);
                // A text that is no JWT was meant to be a key.
                let detail = match error {
                    TokenError::Malformed => api.api_keys.why_not(presented, now.wall).to_string(),
                    error => error.to_string(),
                };
                Err(Problem::unauthorized(detail, CHALLENGE_TO_BAD))
            }
        }
    }

    /// Returns when the caller may no longer be let in: its key was revoked or has expired, its token has expired, or
    /// the person is shut out. `LAST_WORDS` pass first, so that earlier news of an answer comes through.
    pub(crate) async fn may_no_more(self, api: Arc<ApiState>) -> Problem {
        loop {
            match self.still_may(&api) {
                Ok(()) => sleep(LOOK_EVERY).await,
                Err(unauthorized) => {
                    sleep(LAST_WORDS).await;
                    return unauthorized;
                }
            }
        }
    }

    /// Checks again a caller that was let in.
    ///
    /// # Errors
    /// `unauthorized`.
    pub(crate) fn still_may(&self, api: &ApiState) -> Result<(), Problem> {
        let over = "the key or the token has expired or was revoked meanwhile";
        if self.is_good(api, api.exchange.clock().now()) {
            Ok(())
        } else {
            Err(Problem::unauthorized(over, CHALLENGE_TO_BAD))
        }
    }

    fn is_good(&self, api: &ApiState, now: Time) -> bool {
        match self {
            Self::Key(key) => api.api_keys.has(key, now),
            Self::Person(claims) => {
                let company = claims.company.as_deref().and_then(|company| company.parse().ok());
                // A company from which a person is shut out is in memory, because the command loaded it.
                let is_out = |id| api.exchange.peek(&id, |company| company.shuts_out(claims.token())).unwrap_or(false);
                api.keyring.ends_at_ms(claims) > now.as_ms() && !company.is_some_and(is_out)
            }
        }
    }

    /// Name of the caller: a key's own, or a person's role and id. No key can have such a name, because of its blank.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Key(key) => key.name.clone(),
            Self::Person(person) => format!("{} {}", person.role, person.subject),
        }
    }

    /// Name of the caller in the context of that company. A person of another company is named together with it,
    /// because both companies may have an `admin olga`.
    #[must_use]
    pub(crate) fn name_in(&self, company: Option<&str>) -> String {
        match self {
            Self::Person(person) if person.company.as_deref() != company => match &person.company {
                Some(own) => format!("{} of {own}", self.name()),
                None => self.name(),
            },
            Self::Person(_) | Self::Key(_) => self.name(),
        }
    }

    /// Id of the key; none for a person, and for a key without an id.
    #[must_use]
    pub fn key_id(&self) -> Option<String> {
        match self {
            Self::Key(key) => key.id.clone(),
            Self::Person(_) => None,
        }
    }

    /// Word for the credential of the caller.
    #[must_use]
    pub const fn shows(&self) -> &'static str {
        match self {
            Self::Key(_) => "key",
            Self::Person(_) => "token",
        }
    }

    /// Whether the caller may act in that company.
    #[must_use]
    pub fn is_for(&self, company: &str) -> bool {
        match self {
            Self::Key(key) => key.is_for(company),
            Self::Person(person) => person.company.as_deref() == Some(company),
        }
    }

    /// Whether the caller may act in all companies.
    #[must_use]
    pub(crate) fn is_for_all(&self) -> bool {
        match self {
            Self::Key(key) => key.companies.is_none(),
            Self::Person(_) => false,
        }
    }

    /// Takes a part of a shared resource, counted for the company too if one is given.
    ///
    /// # Errors
    /// `rate_limited` when the caller has its whole share, `overloaded` when the company has, or when no part is free.
    pub async fn part_of(&self, shared: &SharedSemaphore, company: Option<&CompanyId>) -> Result<SharePermit, Problem> {
        Ok(shared.take(self.by(), company.map(CompanyId::as_str)).await?)
    }

    /// The caller as the holder of a part of a shared resource.
    #[must_use]
    pub fn by(&self) -> By<'_> {
        match self {
            Self::Key(key) => By::Key(key.id.as_deref().unwrap_or(&key.name)),
            Self::Person(person) => By::Person(person),
        }
    }

    /// Counts a question that may go through a long past. Keys have no limit of requests.
    ///
    /// # Errors
    /// `rate_limited` when a person asks too much.
    pub(crate) fn asks_long(&self, admission: &Admission, now: Time) -> Result<(), Problem> {
        match self {
            Self::Key(_) => Ok(()),
            Self::Person(person) => Ok(admission.long_read(person, now)?),
        }
    }

    /// Perspective from which the caller sees an employee's past.
    #[must_use]
    pub fn for_whom(&self) -> ForWhom {
        match self {
            Self::Person(person) if person.role == Role::Employee => ForWhom::Themselves,
            Self::Person(_) | Self::Key(_) => ForWhom::Admin,
        }
    }

    /// The companies of the caller, as JSON; none when the caller may act in all.
    #[must_use]
    pub fn companies(&self) -> Option<String> {
        match self {
            Self::Key(key) => key.companies.as_ref().map(view::json),
            Self::Person(person) => Some(view::json(&person.company.iter().collect::<Vec<_>>())),
        }
    }

    /// Whether refused attempts of the caller belong in the audit list. Employees and clients can change nothing here:
    /// their lines would only keep their names beyond an erasure, and a crowd of them could fill the list.
    #[must_use]
    pub(crate) fn is_listed(&self) -> bool {
        match self {
            Self::Key(_) => true,
            Self::Person(person) => person.role == Role::Admin,
        }
    }
}

/// Whether the person is shut out of the token's company; a person without a company may do nothing here.
pub(super) async fn is_shut_out(api: &ApiState, claims: &Claims) -> Result<bool, NotNow> {
    match claims.company.as_deref().and_then(|company| company.parse().ok()) {
        Some(company) => {
            let shuts_out = |company: &Company| company.shuts_out(claims.token());
            match api.exchange.is_healthy() {
                true => api.exchange.look(&company, shuts_out).await,
                false => api.exchange.look_behind(&company, shuts_out).await,
            }
        }
        None => Ok(false),
    }
}

/// Key or token in the header of a request.
#[must_use]
pub fn presented(request: &Request) -> Option<&str> {
    let header = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, presented) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| presented.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(role: Role, company: Option<&str>) -> Principal {
        let (subject, company) = ("olga".to_owned(), company.map(str::to_owned));
        let scope = None;
        Principal::Person(Arc::new(Claims {
            subject,
            role,
            company,
            name: None,
            topics: None,
            skills: None,
            priority: None,
            scope,
            issued_at_ms: None,
            expires_at_s: 9,
        }))
    }

    #[test]
    fn a_person_is_named_so_that_no_key_and_nobody_else_is_meant() {
        let olga = person(Role::Admin, Some("acme"));
        assert_eq!(olga.name_in(Some("acme")), "admin olga");
        assert_eq!(olga.name_in(Some("globex")), "admin olga of acme");
        assert_eq!(olga.name_in(None), "admin olga of acme");
        assert_eq!(person(Role::Client, None).name_in(Some("acme")), "client olga");
        assert_eq!(Principal::Key(Arc::new(ApiKey::new("k"))).name_in(Some("acme")), "settings");
    }

    #[test]
    fn a_person_is_for_their_own_company_alone_and_a_client_without_one_for_none() {
        let (olga, nowhere) = (person(Role::Admin, Some("acme")), person(Role::Client, None));
        assert!(olga.is_for("acme") && !olga.is_for("globex") && !nowhere.is_for("acme"));
        assert!(!olga.is_for_all() && !nowhere.is_for_all());
        assert_eq!(olga.companies().as_deref(), Some(r#"["acme"]"#));
        assert_eq!(nowhere.companies().as_deref(), Some("[]"));
    }
}

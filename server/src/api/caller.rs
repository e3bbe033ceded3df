//! Who sends a request: a back end with an API key, or a person with the token that also opens their socket.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::header;
use switchboard_core::{Company, CompanyId, Time};
use switchboard_exchange::NotNow;
use switchboard_exchange::admission::shares::{By, Part, Shared};
use switchboard_exchange::admission::{Admission, Peer};
use switchboard_exchange::clock::Reading;
use switchboard_history::ForWhom;
use switchboard_journal::api_key::ApiKey;
use switchboard_wire::claims::{Claims, REVOKED, Role};
use switchboard_wire::view;
use tokio::time::sleep;

use super::ApiState;
use super::problem::Problem;
use crate::auth::TokenError;

/// What is said to whoever shows nothing that could be good.
const NEEDED: &str = "send an API key, or a person's token, as `Authorization: Bearer <key>`";
/// The challenge to whoever shows nothing, and to whoever shows what is not good (RFC 6750, section 3).
const CHALLENGE: &str = "Bearer";
const CHALLENGE_TO_BAD: &str = "Bearer error=\"invalid_token\"";
/// How often it is looked whether somebody may still come in whose answer takes long: with the second after which a
/// revoked key is known, within the two that the contract promises.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How long what they were let in for goes on then: whoever follows a company that is removed hears of that first, which
/// ends keys and tokens at the same moment.
const LAST_WORDS: Duration = Duration::from_millis(400);

/// Who sends a request.
#[derive(Clone, Debug)]
pub enum Caller {
    /// A back end.
    Key(Arc<ApiKey>),
    /// An admin, an employee or a client.
    Person(Arc<Claims>),
}

impl Caller {
    /// Who shows this. A bad one counts for its address, and what a person asks for counts for the person.
    ///
    /// # Errors
    /// `unauthorized`, or `rate_limited`.
    pub async fn who_shows(
        presented: Option<&str>,
        api: &ApiState,
        peer: Option<Peer>,
        now: Reading,
    ) -> Result<Self, Problem> {
        api.admission.may_try_key(peer, now.even)?;
        // Who shows nothing guesses nothing.
        let presented = presented.ok_or_else(|| Problem::unauthorized(NEEDED, CHALLENGE))?;
        if let Some(key) = api.api_keys.find(presented, now.wall) {
            return Ok(Self::Key(key));
        }
        match api.keyring.verify_or_ask(presented, now.wall.as_ms()).await {
            Ok(claims) => {
                api.admission.request(&claims, now.even)?;
                // It was signed, so nobody guesses: it does not count for the address.
                match is_shut_out(api, &claims).await? {
                    true => Err(Problem::unauthorized(REVOKED, CHALLENGE_TO_BAD)),
                    false => Ok(Self::Person(Arc::new(claims))),
                }
            }
            Err(error) => {
                api.admission.bad_key(peer, now.even);
                // What is no JWT was meant to be a key.
                let detail = match error {
                    TokenError::Malformed => api.api_keys.why_not(presented, now.wall).to_string(),
                    error => error.to_string(),
                };
                Err(Problem::unauthorized(detail, CHALLENGE_TO_BAD))
            }
        }
    }

    /// Comes back when it may come in no more, as long as something goes on that it was let in for: its key was revoked
    /// or has ended, its token has, or the person is shut out. What was told until then has come through by then.
    pub async fn may_no_more(self, api: Arc<ApiState>) -> Problem {
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

    /// Looks again at somebody who was let in.
    ///
    /// # Errors
    /// `unauthorized`.
    pub fn still_may(&self, api: &ApiState) -> Result<(), Problem> {
        let over = "the key or the token has ended meanwhile, or was revoked";
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
                // Whoever shuts somebody out has the company in memory.
                let is_out = |id| api.exchange.peek(&id, |company| company.shuts_out(claims.token())).unwrap_or(false);
                api.keyring.ends_at_ms(claims) > now.as_ms() && !company.is_some_and(is_out)
            }
        }
    }

    /// Its name: a key's own, or a person's role and id, which no key can be called for the blank in it.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Key(key) => key.name.clone(),
            Self::Person(person) => format!("{} {}", person.role, person.subject),
        }
    }

    /// Its name where that company is spoken of: a person of another one comes with theirs, for both may have an
    /// `admin olga`.
    #[must_use]
    pub fn name_in(&self, company: Option<&str>) -> String {
        match self {
            Self::Person(person) if person.company.as_deref() != company => match &person.company {
                Some(own) => format!("{} of {own}", self.name()),
                None => self.name(),
            },
            Self::Person(_) | Self::Key(_) => self.name(),
        }
    }

    /// Its id, if it is a key that has one.
    #[must_use]
    pub fn key_id(&self) -> Option<String> {
        match self {
            Self::Key(key) => key.id.clone(),
            Self::Person(_) => None,
        }
    }

    /// What it is that is shown.
    #[must_use]
    pub const fn shows(&self) -> &'static str {
        match self {
            Self::Key(_) => "key",
            Self::Person(_) => "token",
        }
    }

    /// Whether it is for that company.
    #[must_use]
    pub fn is_for(&self, company: &str) -> bool {
        match self {
            Self::Key(key) => key.is_for(company),
            Self::Person(person) => person.company.as_deref() == Some(company),
        }
    }

    /// Whether it is for all companies.
    #[must_use]
    pub fn is_for_all(&self) -> bool {
        match self {
            Self::Key(key) => key.companies.is_none(),
            Self::Person(_) => false,
        }
    }

    /// A part of what all share, in a company if it is of one.
    ///
    /// # Errors
    /// `rate_limited` when the caller has all that one may have, `overloaded` when the company has, or all are taken.
    pub async fn part_of(&self, shared: &Shared, company: Option<&CompanyId>) -> Result<Part, Problem> {
        Ok(shared.take(self.by(), company.map(CompanyId::as_str)).await?)
    }

    /// Who it is where something is shared out.
    #[must_use]
    pub fn by(&self) -> By<'_> {
        match self {
            Self::Key(key) => By::Key(key.id.as_deref().unwrap_or(&key.name)),
            Self::Person(person) => By::Person(person),
        }
    }

    /// It asks for what may go through a long past. Keys have no limit of requests.
    ///
    /// # Errors
    /// `rate_limited`, when a person asks too much.
    pub fn asks_long(&self, admission: &Admission, now: Time) -> Result<(), Problem> {
        match self {
            Self::Key(_) => Ok(()),
            Self::Person(person) => Ok(admission.long_read(person, now)?),
        }
    }

    /// As whom it sees an employee's past.
    #[must_use]
    pub fn for_whom(&self) -> ForWhom {
        match self {
            Self::Person(person) if person.role == Role::Employee => ForWhom::Themselves,
            Self::Person(_) | Self::Key(_) => ForWhom::Admin,
        }
    }

    /// The companies that it is for, as JSON; none when it is for all.
    #[must_use]
    pub fn companies(&self) -> Option<String> {
        match self {
            Self::Key(key) => key.companies.as_ref().map(view::json),
            Self::Person(person) => Some(view::json(&person.company.iter().collect::<Vec<_>>())),
        }
    }

    /// Whether what it tried in vain belongs into the audit list. Employees and clients can change nothing here: the
    /// list would only hold who they are, beyond their erasure, and a crowd of them could fill it.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        match self {
            Self::Key(_) => true,
            Self::Person(person) => person.role == Role::Admin,
        }
    }
}

/// Whether the person is shut out of the token's company; who names none may do nothing here.
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

/// What a request shows in its head.
#[must_use]
pub fn presented(request: &Request) -> Option<&str> {
    let header = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, presented) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| presented.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(role: Role, company: Option<&str>) -> Caller {
        let (subject, company) = ("olga".to_owned(), company.map(str::to_owned));
        let scope = None;
        Caller::Person(Arc::new(Claims {
            subject,
            role,
            company,
            name: None,
            topics: None,
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
        assert_eq!(Caller::Key(Arc::new(ApiKey::new("k"))).name_in(Some("acme")), "settings");
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

//! Sign-in codes over HTTP: a back end makes a code for a token, and the page that a link opens exchanges the code for
//! that token.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use switchboard_core::CompanyId;
use switchboard_exchange::NotNow;
use switchboard_exchange::admission::Peer;
use switchboard_wire::Secret;
use switchboard_wire::claims::REVOKED;
use switchboard_wire::shape::{self, examples};
use switchboard_wire::view::Moment;
use utoipa::ToSchema;

use super::ask::{self, ApiResult, InPath, RawBody, shown};
use super::in_path::OfCompany;
use super::no_store::kept_by_nobody;
use super::problem::Problem;
use super::{ApiState, principal};
use crate::auth::{CODE_LIFE_MS, CODED_TOKEN_MAX_BYTES, NoCode};
use crate::reading;

/// Bytes of the body with a code, at most: a stranger may send that body.
const CODE_BODY_MAX_BYTES: usize = 1024;
/// Pause for a back end while too many codes wait: places become free as codes are taken or expire.
const RETRY_IN_MS: u64 = 1000;
/// Detail of a bad code; the answer does not tell which of these is the case.
const NOT_GOOD: &str = "the code was already used, is over 60 seconds old, or is unknown: ask the app for a new link";

/// Token for which a code is created.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(examples::sign_in_token))]
struct ForToken {
    /// A person's token, of this company.
    #[schema(max_length = 8192)]
    token: String,
}

/// A newly created sign-in code.
#[derive(Serialize, ToSchema)]
#[schema(examples(examples::sign_in_code))]
struct SignInCode {
    /// Code for the link, as `#code=…`.
    code: String,
    /// Time until which the code can be redeemed.
    #[schema(value_type = shape::Moment)]
    expires_at: Moment,
}

/// A sign-in code to redeem.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(examples::taken_code))]
struct TakenCode {
    code: String,
}

/// Token for which a code was redeemed.
#[derive(Serialize, ToSchema)]
#[schema(examples(examples::sign_in_token))]
struct SignInToken<'a> {
    token: &'a str,
}

/// Creates a sign-in code for a person's token.
///
/// A link to a page with `#code=…` signs the person in, once and within 60 seconds. So the link, which browsers store, contains no token.
///
/// # Errors
/// `invalid` when the token is not good here, or `overloaded`.
#[utoipa::path(
    post, path = "/companies/{company}/sign-in-codes", operation_id = "makeSignInCode", tag = "sign-in",
    security(("key" = ["operate"])),
    params(OfCompany),
    request_body = ForToken,
    responses(
        (status = 201, body = SignInCode, description = "The code, which is not shown again"),
    )
)]
pub async fn make(State(api): State<Arc<ApiState>>, InPath(company): InPath<String>, sent: RawBody) -> ApiResult {
    let company: CompanyId = ask::id("company", &company)?;
    let ForToken { token } = ask::body(&sent)?;
    let bad = |why: &str| Problem::invalid(format!("`token` is not valid: {why}"));
    if token.len() > CODED_TOKEN_MAX_BYTES {
        return Err(bad(&format!("it has more than {CODED_TOKEN_MAX_BYTES} bytes")));
    }
    let now = api.exchange.clock().read();
    let claims = api.keyring.verify_or_ask(&token, now.wall.as_ms()).await.map_err(|error| bad(&error.to_string()))?;
    if claims.company.as_deref().is_some_and(|own| own != company.as_str()) {
        return Err(bad("it is for another company"));
    }
    if principal::is_shut_out(&api, &claims).await? {
        return Err(bad(REVOKED));
    }
    let code = api.sign_in_codes.make(company, Secret::new(token), now.even).map_err(|error| match error {
        NoCode::TooMany => NotNow::Overloaded { retry_in_ms: RETRY_IN_MS },
        NoCode::NoRandomness => NotNow::Unavailable,
    })?;
    let expires_at = Moment(now.wall.plus_ms(CODE_LIFE_MS));
    Ok(shown(StatusCode::CREATED, &SignInCode { code, expires_at }))
}

/// Exchanges a sign-in code for its token, once.
///
/// # Errors
/// `unauthorized`, or `rate_limited` when an address shows too many that are not good.
#[utoipa::path(
    post, path = "/sign-in", operation_id = "takeSignInCode", tag = "sign-in", security(()),
    request_body = TakenCode,
    responses(
        (status = 200, body = SignInToken, description = "The token"),
        (status = 401, description = "`unauthorized`"),
        (status = 429, description = "`rate_limited`"),
    )
)]
pub async fn take(State(api): State<Arc<ApiState>>, peer: Option<Extension<Peer>>, body: Body) -> ApiResult {
    let (peer, now) = (peer.map(|Extension(peer)| peer), api.exchange.clock().read());
    api.admission.may_try_key(peer, now.even)?;
    let bytes = to_bytes(body, CODE_BODY_MAX_BYTES).await.map_err(|_| {
        let detail = format!("a body has at most {CODE_BODY_MAX_BYTES} bytes here");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
    })?;
    let TakenCode { code } = reading::json(&bytes).map_err(|error| Problem::invalid(error.said_of("the body")))?;
    match api.sign_in_codes.take(&code, now.even) {
        Some(token) => Ok(kept_by_nobody(shown(StatusCode::OK, &SignInToken { token: token.expose() }))),
        None => {
            api.admission.bad_key(peer, now.even);
            Err(Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", NOT_GOOD))
        }
    }
}

//! A company's logo over HTTP: set, shown and removed by back ends, and served to everyone.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use switchboard_core::{Brand, Command, CompanyId, LogoId};
use switchboard_exchange::Visit;
use switchboard_exchange::admission::Peer;
use switchboard_journal::logos;
use switchboard_journal::picture::{self, Kind, LOGO_MAX_BYTES};
use switchboard_wire::shape::examples;
use switchboard_wire::view::{self, CompanyView};
use tokio::sync::Semaphore;

use super::ApiState;
use super::ask::{self, ApiResult, InPath, RawBody};
use super::etag::{Conditions, Tag, Unchanged, tagged};
use super::history_reader::HistoryReader;
use super::in_path::{OfCompany, OfLogo};
use super::principal::Principal;
use super::problem::Problem;
use super::unread::held;

/// One change at a time: a picture is stored before the company names it and removed after that, and no other change
/// may come in between.
static CHANGES: Semaphore = Semaphore::const_new(1);
/// Cached for good, because the address changes with the picture.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";

/// Sets a company's logo.
///
/// The body is the picture itself, which the example shows as a data URL: PNG or WebP, at most 64 KiB, 16 to 1024 pixels per side, and not animated.
///
/// # Errors
/// `unknown_company`, `invalid`, `too_large`, `unknown_type`, or `changed`.
#[utoipa::path(
    put, path = "/companies/{company}/logo", operation_id = "putLogo", tag = "companies",
    security(("key" = ["manage"])),
    params(OfCompany, Unchanged),
    request_body(content(
            (String = "image/png", example = json!(examples::PNG)),
            (String = "image/webp", example = json!(examples::WEBP)),
        )),
    responses(
        (
            status = 200, body = CompanyView, description = "The company after the change",
            headers(("ETag" = String, description = "Entity tag after the change"))
        ),
        (status = 404, description = "`unknown_company`"),
        (status = 412, description = "`changed`"),
        (status = 415, description = "`unknown_type`"),
    )
)]
pub async fn put(
    State(api): State<Arc<ApiState>>,
    InPath(company): InPath<String>,
    conditions: Conditions,
    headers: HeaderMap,
    sent: RawBody,
) -> ApiResult {
    let company: CompanyId = ask::id("company", &company)?;
    let (kind, logo) = read(&headers, sent.bytes())?;
    let _alone = CHANGES.acquire().await;
    let may = |visit: &Visit<'_>| {
        ask::must_exist(visit)?;
        conditions.check(Tag::of_company(visit.company()).as_ref())
    };
    let mut now = None;
    let look = ask::visit(&api, &company, |visit| {
        may(visit)?;
        ask::may_set(&api, visit)?;
        visit.sets_beside_events(sent.bytes().len());
        now = visit.company().brand().logo.clone();
        Ok(StatusCode::OK.into_response())
    });
    look.await?;
    api.exchange.write(logos::keep(company.clone(), logo.clone(), kind, sent.bytes().to_vec(), now)).await?;
    let set = ask::visit(&api, &company, |visit| {
        may(visit)?;
        paint(visit, Some(logo))?;
        let tag = Tag::of_company(visit.company());
        Ok(tagged(StatusCode::OK, &view::company(visit.company()), tag.as_ref()))
    });
    set.await
}

/// Content type of the body, checked against its bytes, and the name of the picture.
fn read(headers: &HeaderMap, bytes: &[u8]) -> Result<(Kind, LogoId), Problem> {
    let said = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = Kind::of(&said.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    let unknown = || {
        let detail = "send the logo as `image/png` or `image/webp`";
        Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unknown_type", detail)
    };
    let kind = kind.ok_or_else(unknown)?;
    if bytes.len() > LOGO_MAX_BYTES {
        let detail = format!("a logo has at most {LOGO_MAX_BYTES} bytes");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail));
    }
    let bad = |error: picture::BadPicture| Problem::invalid(error.to_string());
    picture::check(kind, bytes).map_err(bad)?;
    let name = picture::name_of(bytes).ok_or_else(|| bad(picture::BadPicture::NotThis))?;
    Ok((kind, name))
}

fn paint(visit: &mut Visit<'_>, logo: Option<LogoId>) -> Result<(), Problem> {
    let brand = Brand { colour: visit.company().brand().colour, logo };
    let taken = visit.take(&Command::SetBrand { brand });
    taken.map(drop).map_err(|refusal| Problem::refused(visit.company(), &refusal))
}

/// Removes a company's logo.
///
/// # Errors
/// `unknown_company`, or `changed`.
#[utoipa::path(
    delete, path = "/companies/{company}/logo", operation_id = "removeLogo", tag = "companies",
    security(("key" = ["manage"])),
    params(OfCompany, Unchanged),
    responses(
        (status = 204, description = "The company has no logo"),
        (status = 404, description = "`unknown_company`"),
        (status = 412, description = "`changed`"),
    )
)]
pub async fn remove(
    State(api): State<Arc<ApiState>>,
    InPath(company): InPath<String>,
    conditions: Conditions,
) -> ApiResult {
    let company: CompanyId = ask::id("company", &company)?;
    let remove = ask::visit(&api, &company, |visit| {
        ask::must_exist(visit)?;
        conditions.check(Tag::of_company(visit.company()).as_ref())?;
        paint(visit, None)?;
        Ok(StatusCode::NO_CONTENT.into_response())
    });
    let removed = remove.await?;
    tidy(&api, &company).await;
    Ok(removed)
}

/// Removes the pictures that a company no longer names. A failed removal is made up for at the next change or start.
pub(super) async fn tidy(api: &ApiState, company: &CompanyId) {
    let _alone = CHANGES.acquire().await;
    let mut now = None;
    let look = ask::visit(api, company, |visit| {
        now = visit.company().brand().logo.clone();
        Ok(StatusCode::OK.into_response())
    });
    if look.await.is_ok() {
        let _later = api.exchange.write(logos::tidy(company.clone(), now)).await;
    }
}

/// Shows a company's logo.
///
/// # Errors
/// `unknown_company`, or `unknown_logo`.
#[utoipa::path(
    get, path = "/companies/{company}/logo", operation_id = "showLogo", tag = "companies",
    security(("key" = ["read"])),
    params(OfCompany),
    responses(
        (status = 200, description = "The picture", content(
            (String = "image/png", example = json!(examples::PNG)),
            (String = "image/webp", example = json!(examples::WEBP)),
        )),
        (status = 404, description = "`unknown_company`, `unknown_logo`"),
    )
)]
pub async fn show(
    State(api): State<Arc<ApiState>>,
    State(past): State<HistoryReader>,
    Extension(caller): Extension<Principal>,
    InPath(company): InPath<String>,
) -> ApiResult {
    let company: CompanyId = ask::id("company", &company)?;
    let mut logo = None;
    let look = ask::look(&api, &past, &caller, &company, |company| {
        ask::exists(company)?;
        logo = company.brand().logo.clone();
        Ok(StatusCode::OK.into_response())
    });
    look.await?;
    let unknown = || Problem::new(StatusCode::NOT_FOUND, "unknown_logo", "this company has no logo");
    let logo = logo.ok_or_else(unknown)?;
    let found = past.as_projected(move |reader| reader.logo(&company, &logo)).await?;
    found.map(|(kind, data)| picture_of(kind, data, "no-cache")).ok_or_else(unknown)
}

/// Shows a logo, without authentication.
///
/// The path is the `logo` of a company. A different picture has a different path.
///
/// # Errors
/// `unknown_logo`, `rate_limited`, or `overloaded`.
#[utoipa::path(
    get, path = "/logo/{company}/{logo}", operation_id = "showLogoToAll", tag = "companies", security(()),
    params(OfLogo),
    responses(
        (status = 200, description = "The picture", content(
            (String = "image/png", example = json!(examples::PNG)),
            (String = "image/webp", example = json!(examples::WEBP)),
        )),
        (status = 404, description = "`unknown_logo`"),
        (status = 429, description = "`rate_limited`"),
        (status = 503, description = "`overloaded`, `unavailable`"),
    )
)]
pub(crate) async fn for_all(
    State(api): State<Arc<ApiState>>,
    State(past): State<HistoryReader>,
    peer: Option<Extension<Peer>>,
    InPath((company, logo)): InPath<(String, String)>,
) -> ApiResult {
    let unknown = || Problem::new(StatusCode::NOT_FOUND, "unknown_logo", "there is no such logo");
    let company: CompanyId = company.parse().map_err(|_| unknown())?;
    let logo: LogoId = logo.parse().map_err(|_| unknown())?;
    let part = api.admission.logo(peer.map(|Extension(peer)| peer), &company).await?;
    let found = past.as_projected(move |reader| reader.logo(&company, &logo)).await?;
    found.map(|(kind, data)| picture_of(kind, held(data.into(), part), FOR_GOOD)).ok_or_else(unknown)
}

/// An answer that browsers take for a picture alone, even if its bytes could pass for something else.
fn picture_of(kind: Kind, data: impl Into<Body>, kept: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind.media_type())),
        (header::CACHE_CONTROL, HeaderValue::from_static(kept)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
        // Apps of other origins may show the logo.
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin")),
    ];
    (headers, data.into()).into_response()
}

//! Webhooks over HTTP: endpoints made, shown, changed and removed, and their secrets rotated.

pub(super) mod deliveries;

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::http::{StatusCode, Uri};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use switchboard_core::{CompanyId, Time};
use switchboard_exchange::NotNow;
use switchboard_history::Past;
use switchboard_history::paging::Listed;
use switchboard_journal::endpoint::{Behind, Endpoint, EndpointWrite, State as Turned};
use switchboard_journal::{Wanted, Write};
use switchboard_wire::shape::{self, examples};
use switchboard_wire::view::Moment;
use switchboard_wire::{Off, Secret};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::ApiState;
use super::ask::{self, ApiResult, InPath, RawBody, shown};
use super::history_reader::{HistoryReader, known};
use super::in_path::{OfCompany, OfWebhook};
use super::merge::Patched;
use super::principal::Principal;
use super::problem::Problem;
use crate::webhooks::{ENDPOINTS_MAX, read_url, signature};

/// Characters of a description, at most.
const DESCRIPTION_MAX_CHARS: usize = 256;
/// Time for which an old secret still signs, by default and at most.
const KEEP_OLD_S: u64 = 24 * 3600;
const KEEP_OLD_MAX_S: u64 = 7 * 24 * 3600;

/// An endpoint to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(examples::webhook_body))]
struct WebhookBody {
    /// URL that receives events: `https`, and no private address unless `webhooks_allow_private` is on.
    #[schema(value_type = shape::Url)]
    url: String,
    /// Free text for people.
    #[schema(max_length = 256)]
    description: Option<String>,
    /// Event types to deliver; none or an empty list means all.
    #[schema(value_type = Option<Vec<shape::KindOfEvent>>)]
    types: Option<Vec<String>>,
}

/// Changes to an endpoint: omitted fields stay, null resets a field to its default (RFC 7396).
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(examples::webhook_patch))]
struct WebhookPatch {
    /// URL that receives events: `https`, and no private address unless `webhooks_allow_private` is on.
    #[schema(value_type = Option<shape::Url>)]
    url: Option<String>,
    /// Free text for people.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 256)]
    description: Patched<String>,
    /// Event types to deliver; an empty list means all.
    #[serde(default)]
    #[schema(value_type = Option<Vec<shape::KindOfEvent>>)]
    types: Patched<Vec<String>>,
    #[schema(value_type = Option<shape::StateOfWebhook>)]
    state: Option<String>,
}

/// Options for rotating a secret.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(examples::rotate_body))]
struct RotateBody {
    /// Seconds for which the old secret still signs too; default: one day.
    #[schema(minimum = 0, maximum = 604_800)]
    keep_old_for_s: Option<u64>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PageQuery {
    /// Maximum number of items.
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: Option<u32>,
    /// The `next` of the previous page.
    #[param(value_type = Option<shape::Uuid>)]
    after: Option<String>,
}

/// A webhook endpoint; its secret is present only when it was just created.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Webhook, examples(examples::webhook))]
struct View {
    #[schema(value_type = shape::Uuid)]
    id: String,
    url: String,
    description: String,
    /// Event types that it receives; none means all.
    #[schema(value_type = Vec<shape::KindOfEvent>)]
    types: Vec<&'static str>,
    #[schema(value_type = shape::StateOfWebhook)]
    state: &'static str,
    /// Reason why the endpoint is off.
    #[schema(value_type = Option<shape::WhyWebhookIsOff>, required)]
    reason: Option<&'static str>,
    #[schema(value_type = shape::Moment)]
    created_at: Moment,
    /// Time until which the previous secret still signs too.
    #[schema(value_type = Option<shape::Moment>, required)]
    old_secret_until: Option<Moment>,
    /// Time since which no delivery has succeeded.
    #[schema(value_type = Option<shape::Moment>, required)]
    failing_since: Option<Moment>,
    #[schema(required)]
    last_error: Option<String>,
    /// Deliveries that wait for a retry.
    pending: u64,
    /// Deliveries without further automatic retries.
    dead: u64,
    /// Events that were not processed yet.
    unread: u64,
    /// Signing secret; shown only once, when it is created.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    secret: Option<String>,
}

impl View {
    fn of(endpoint: &Endpoint, behind: Behind, now: Time) -> Self {
        let old = endpoint.old_secret.as_ref().map(|(_, until)| *until).filter(|until| now < *until);
        Self {
            id: endpoint.id.clone(),
            url: endpoint.url.clone(),
            description: endpoint.description.clone(),
            types: endpoint.wanted.words(),
            state: endpoint.state.word(),
            reason: endpoint.state.reason(),
            created_at: Moment(endpoint.created_at),
            old_secret_until: old.map(Moment),
            failing_since: endpoint.failing_since.map(Moment),
            last_error: endpoint.last_error.clone(),
            pending: behind.pending,
            dead: behind.dead,
            unread: behind.unread,
            secret: None,
        }
    }

    /// Adds the secret, which is shown this once.
    fn with_secret(mut self, secret: &Secret) -> Self {
        self.secret = Some(secret.expose().to_owned());
        self
    }
}

/// Lists endpoints, by id.
///
/// # Errors
/// `unknown_company`, or a bad query.
#[utoipa::path(
    get, path = "/companies/{company}/webhooks", operation_id = "listWebhooks", tag = "webhooks",
    security(("key" = ["read"])),
    params(OfCompany, PageQuery),
    responses(
        (status = 200, body = Listed<View>, description = "A page of the list"),
        (status = 404, description = "`unknown_company`"),
    )
)]
pub async fn list(
    State(api): State<Arc<ApiState>>,
    State(past): State<HistoryReader>,
    Extension(caller): Extension<Principal>,
    InPath(company): InPath<String>,
    uri: Uri,
) -> ApiResult {
    let company: CompanyId = ask::id("company", &company)?;
    let PageQuery { limit, after } = ask::query(&uri)?;
    let after = after.map(|after| uuid(&after).ok_or_else(ask::no_cursor)).transpose()?.unwrap_or_default();
    let (now, limit) = (api.exchange.clock().now(), ask::limit(limit)?);
    let found = past.list_of(&caller, &company, move |reader, company| {
        let found = reader.list_endpoints(company, &after, limit + 1)?;
        let found: Vec<View> = found.iter().map(|(found, behind)| View::of(found, *behind, now)).collect();
        // A removed company still shows its endpoints, so that they can be removed too.
        Ok((!found.is_empty() || reader.is_known(company)?).then_some(found))
    });
    let found = found.await?.ok_or_else(ask::unknown_company)?;
    Ok(shown(StatusCode::OK, &Listed::of(found, limit, |view| view.id.clone())))
}

/// Creates an endpoint, which receives events from now on.
///
/// # Errors
/// `unknown_company`, `too_many`, or a field that is not what it must be.
#[utoipa::path(
    post, path = "/companies/{company}/webhooks", operation_id = "makeWebhook", tag = "webhooks",
    security(("key" = ["manage"])),
    params(OfCompany),
    request_body = WebhookBody,
    responses(
        (
            status = 201, body = View, description = "The endpoint with its `secret`, which is not shown again",
            example = json!(examples::webhook_made())
        ),
        (status = 404, description = "`unknown_company`"),
        (status = 409, description = "`too_many`"),
    )
)]
pub async fn make(
    State(api): State<Arc<ApiState>>,
    State(past): State<HistoryReader>,
    InPath(company): InPath<String>,
    sent: RawBody,
) -> ApiResult {
    let company: CompanyId = ask::id("company", &company)?;
    let WebhookBody { url, description, types } = ask::body(&sent)?;
    let (description, types) = (Patched::Set(description.unwrap_or_default()), Patched::Set(types.unwrap_or_default()));
    let made = WebhookPatch { url: Some(url), description, types, state: None };
    let counted = past.of(&company, known(|past: &dyn Past, company| past.endpoints_counted(company))).await?;
    let (count, kept) = counted.ok_or_else(ask::unknown_company)?;
    if count >= ENDPOINTS_MAX {
        return Err(too_many());
    }
    let secret = signature::fresh_secret().map_err(|_| Problem::from(NotNow::Unavailable))?;
    let mut endpoint = Endpoint {
        company: company.clone(),
        id: Uuid::now_v7().to_string(),
        url: String::new(),
        description: String::new(),
        wanted: Wanted::default(),
        state: Turned::On,
        secret,
        old_secret: None,
        cursor: kept.map_or(0, |(_, latest)| latest),
        failing_since: None,
        last_error: None,
        created_at: api.exchange.clock().now(),
    };
    set(&mut endpoint, made, api.webhooks.options().allow_private)?;
    write(&api, EndpointWrite::Added(endpoint.clone(), ENDPOINTS_MAX)).await?;
    let made = find(&past, &company, &endpoint.id).await.map_err(|_| too_many())?;
    api.webhooks.changed((company, endpoint.id.clone()));
    let view = View::of(&made, Behind::default(), endpoint.created_at).with_secret(&endpoint.secret);
    Ok(shown(StatusCode::CREATED, &view))
}

/// Shows an endpoint and its backlog.
///
/// # Errors
/// `unknown_webhook`.
#[utoipa::path(
    get, path = "/companies/{company}/webhooks/{webhook}", operation_id = "showWebhook", tag = "webhooks",
    security(("key" = ["read"])),
    params(OfWebhook),
    responses(
        (status = 200, body = View, description = "The endpoint without its secret"),
        (status = 404, description = "`unknown_webhook`"),
    )
)]
pub async fn show(
    State(api): State<Arc<ApiState>>,
    State(past): State<HistoryReader>,
    InPath((company, webhook)): InPath<(String, String)>,
) -> ApiResult {
    let (company, webhook) = ids(&company, &webhook)?;
    Ok(shown(StatusCode::OK, &view(&api, &past, &company, &webhook).await?))
}

/// Changes an endpoint, or turns it on or off.
///
/// # Errors
/// `unknown_webhook`, or a field that is not what it must be.
#[utoipa::path(
    patch, path = "/companies/{company}/webhooks/{webhook}", operation_id = "patchWebhook", tag = "webhooks",
    security(("key" = ["manage"])),
    params(OfWebhook),
    request_body(content((WebhookPatch = "application/merge-patch+json"), (WebhookPatch = "application/json"))),
    responses(
        (status = 200, body = View, description = "The resource after the change"),
        (status = 404, description = "`unknown_webhook`"),
    )
)]
pub async fn change(
    State(api): State<Arc<ApiState>>,
    State(past): State<HistoryReader>,
    InPath((company, webhook)): InPath<(String, String)>,
    sent: RawBody,
) -> ApiResult {
    let (company, webhook) = ids(&company, &webhook)?;
    let patch: WebhookPatch = ask::body(&sent)?;
    let mut endpoint = find(&past, &company, &webhook).await?;
    set(&mut endpoint, patch, api.webhooks.options().allow_private)?;
    write(&api, EndpointWrite::Set(endpoint)).await?;
    api.webhooks.changed((company.clone(), webhook.clone()));
    Ok(shown(StatusCode::OK, &view(&api, &past, &company, &webhook).await?))
}

/// Removes an endpoint and its pending deliveries.
///
/// # Errors
/// `unknown_webhook` for what is no id of one, or that nothing can be written now.
#[utoipa::path(
    delete, path = "/companies/{company}/webhooks/{webhook}", operation_id = "removeWebhook", tag = "webhooks",
    security(("key" = ["manage"])),
    params(OfWebhook),
    responses(
        (status = 204, description = "Removed"),
        (status = 404, description = "`unknown_webhook`"),
    )
)]
pub async fn remove(
    State(api): State<Arc<ApiState>>,
    InPath((company, webhook)): InPath<(String, String)>,
) -> ApiResult {
    // An endpoint that was removed before is gone as well.
    let key = ids(&company, &webhook)?;
    write(&api, EndpointWrite::Removed(key.0.clone(), key.1.clone())).await?;
    api.webhooks.changed(key);
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Creates a new secret; for a while both secrets sign.
///
/// # Errors
/// `unknown_webhook`, or a field that is not what it must be.
#[utoipa::path(
    post, path = "/companies/{company}/webhooks/{webhook}/rotate",
    operation_id = "rotateWebhookSecret", tag = "webhooks",
    security(("key" = ["manage"])),
    params(OfWebhook),
    request_body(content = RotateBody, description = "A missing body counts as `{}`"),
    responses(
        (
            status = 200, body = View, description = "The endpoint with its new `secret`, which is not shown again",
            example = json!(examples::webhook_made())
        ),
        (status = 404, description = "`unknown_webhook`"),
    )
)]
pub async fn rotate(
    State(api): State<Arc<ApiState>>,
    State(past): State<HistoryReader>,
    InPath((company, webhook)): InPath<(String, String)>,
    sent: RawBody,
) -> ApiResult {
    let (company, webhook) = ids(&company, &webhook)?;
    let RotateBody { keep_old_for_s } = ask::body(&sent)?;
    let keep_s = keep_old_for_s.unwrap_or(KEEP_OLD_S);
    if keep_s > KEEP_OLD_MAX_S {
        return Err(Problem::invalid(format!("`keep_old_for_s` is at most {KEEP_OLD_MAX_S}")));
    }
    find(&past, &company, &webhook).await?;
    let secret = signature::fresh_secret().map_err(|_| Problem::from(NotNow::Unavailable))?;
    let until = api.exchange.clock().now().plus_ms(keep_s * 1000);
    let rotated = EndpointWrite::SecretRotated(company.clone(), webhook.clone(), secret.clone(), until);
    write(&api, rotated).await?;
    api.webhooks.changed((company.clone(), webhook.clone()));
    Ok(shown(StatusCode::OK, &view(&api, &past, &company, &webhook).await?.with_secret(&secret)))
}

/// Sets the fields that the body names.
fn set(endpoint: &mut Endpoint, patch: WebhookPatch, allow_private: bool) -> Result<(), Problem> {
    if let Some(url) = patch.url {
        let url = read_url(&url, allow_private).map_err(|wrong| Problem::invalid(format!("`url` {wrong}")))?;
        endpoint.url = url.into();
    }
    let description = patch.description.over(|| endpoint.description.clone(), String::new);
    if description.chars().count() > DESCRIPTION_MAX_CHARS {
        return Err(Problem::invalid(format!("`description` has at most {DESCRIPTION_MAX_CHARS} characters")));
    }
    endpoint.description = description;
    let wanted = patch.types.try_map(|types| Wanted::read(types.iter().map(String::as_str)));
    let wanted = wanted
        .map_err(|word| Problem::invalid(format!("`types`: `{word}` is not an event type: see docs/webhooks.md")))?;
    endpoint.wanted = wanted.over(|| endpoint.wanted.clone(), Wanted::default);
    match patch.state.as_deref() {
        None => {}
        Some("on") => endpoint.state = Turned::On,
        Some("off") if endpoint.state == Turned::On => endpoint.state = Turned::Off(Off::Set),
        Some("off") => {}
        Some(_) => return Err(Problem::invalid("`state` must be `on` or `off`")),
    }
    Ok(())
}

/// The ids in the path: a UUID in its one spelling.
fn ids(company: &str, webhook: &str) -> Result<(CompanyId, String), Problem> {
    Ok((ask::id("company", company)?, uuid(webhook).ok_or_else(unknown_webhook)?))
}

/// A UUID with its hyphens, as the store has it.
fn uuid(text: &str) -> Option<String> {
    let uuid = Uuid::try_parse(text).ok()?.to_string();
    uuid.eq_ignore_ascii_case(text).then_some(uuid)
}

async fn find(past: &HistoryReader, company: &CompanyId, webhook: &str) -> Result<Endpoint, Problem> {
    let id = webhook.to_owned();
    let found = past.of(company, move |reader, company| reader.endpoint(company, &id));
    found.await?.ok_or_else(unknown_webhook)
}

async fn view(api: &ApiState, past: &HistoryReader, company: &CompanyId, webhook: &str) -> Result<View, Problem> {
    let (id, now) = (webhook.to_owned(), api.exchange.clock().now());
    let found = past.of(company, move |reader, company| {
        let found = reader.endpoint_with_behind(company, &id)?;
        Ok(found.map(|(endpoint, behind)| View::of(&endpoint, behind, now)))
    });
    found.await?.ok_or_else(unknown_webhook)
}

async fn write(api: &ApiState, write: EndpointWrite) -> Result<(), Problem> {
    api.exchange.write(Write::Endpoint(write)).await?;
    Ok(())
}

fn unknown_webhook() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "unknown_webhook", "there is no such webhook")
}

fn too_many() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "too_many",
        format!("a company has at most {ENDPOINTS_MAX} webhooks: remove one"),
    )
}

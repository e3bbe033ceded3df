//! Webhooks over HTTP: endpoints made, shown, changed and removed, their secrets rotated, and deliveries that failed.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde::{Deserialize, Deserializer, Serialize};
use switchboard_core::{CompanyId, Time};
use uuid::Uuid;

use super::Desk;
use super::ask::{self, Answered, InPath, Sent, shown};
use super::past::Past;
use super::problem::Problem;
use crate::config::Secret;
use crate::exchange::NotNow;
use crate::feed::{self, Wanted, event_id};
use crate::hub::Hub;
use crate::journal::history::Listed;
use crate::journal::{Change, StoreError};
use crate::view::Moment;
use crate::webhooks::endpoint::{Endpoint, Off, State as Turned};
use crate::webhooks::records::{self, Behind, Delivery};
use crate::webhooks::{ENDPOINTS_MAX, Webhooks, read_url, signature};

/// Characters of a description.
const DESCRIPTION_MAX_CHARS: usize = 256;
/// How long an old secret counts when nothing is said, and at most.
const KEEP_OLD_S: u64 = 24 * 3600;
const KEEP_OLD_MAX_S: u64 = 7 * 24 * 3600;

pub(super) fn routes() -> Router<Desk> {
    let endpoint = get(show).patch(change).delete(remove);
    Router::new()
        .route("/companies/{company}/webhooks", get(list).post(make))
        .route("/companies/{company}/webhooks/{webhook}", endpoint)
        .route("/companies/{company}/webhooks/{webhook}/rotate", post(rotate))
        .route("/companies/{company}/webhooks/{webhook}/deliveries", get(deliveries))
        .route("/companies/{company}/webhooks/{webhook}/deliveries/{event}/redeliver", post(redeliver))
}

/// What an endpoint is made of, or what of it is changed: what is not named stays.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = WebhookBody)]
struct Body {
    /// Where events go: `https`, and no private address unless `webhooks_allow_private` is on.
    url: Option<String>,
    /// For people, at most 256 characters.
    description: Option<String>,
    /// Which types of events; none or an empty list for all.
    #[serde(deserialize_with = "all_when_null")]
    types: Option<Vec<String>>,
    /// `on` or `off`; only in a change.
    state: Option<String>,
}

/// Null stands for all types, as an empty list does.
fn all_when_null<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Vec<String>>, D::Error> {
    Option::<Vec<String>>::deserialize(input).map(|types| Some(types.unwrap_or_default()))
}

/// How a secret is rotated.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
struct RotateBody {
    /// How long the old secret signs too, in seconds: at most a week, a day when nothing is said.
    keep_old_for_s: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PageQuery {
    limit: Option<u32>,
    after: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeliveriesQuery {
    limit: Option<u32>,
    after: Option<String>,
    state: Option<String>,
}

/// An endpoint as it is shown; its secret only when it was just made.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Webhook)]
struct View {
    id: String,
    url: String,
    description: String,
    types: Vec<&'static str>,
    state: &'static str,
    reason: Option<&'static str>,
    #[schema(value_type = String)]
    created_at: Moment,
    #[schema(value_type = Option<String>)]
    old_secret_until: Option<Moment>,
    #[schema(value_type = Option<String>)]
    failing_since: Option<Moment>,
    last_error: Option<String>,
    pending: u64,
    dead: u64,
    unread: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
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

    /// Shown this once.
    fn with_secret(mut self, secret: &Secret) -> Self {
        self.secret = Some(secret.expose().to_owned());
        self
    }
}

/// A delivery that waits or is dead.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = WebhookDelivery)]
struct DeliveryView {
    seq: u64,
    event_id: String,
    state: String,
    attempts: u32,
    #[schema(value_type = Option<String>)]
    due_at: Option<Moment>,
    last_error: Option<String>,
}

impl DeliveryView {
    fn of(company: &CompanyId, delivery: Delivery) -> Self {
        Self {
            seq: delivery.seq,
            event_id: event_id(company, delivery.seq),
            due_at: (delivery.state == "pending").then_some(Moment(delivery.due)),
            state: delivery.state,
            attempts: delivery.attempts,
            last_error: delivery.error,
        }
    }
}

/// `GET /v1/companies/{company}/webhooks`
///
/// # Errors
/// `unknown_company`, or a bad query.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/webhooks",
    tag = "webhooks",
    summary = "Lists endpoints",
    params(("company" = String, Path), ("limit" = Option<u32>, Query), ("after" = Option<String>, Query)),
    responses(
        (status = 200, description = "Endpoints by id", body = serde_json::Value,
            example = json!({"items": [{"id": "0193…b1", "url": "https://example.com/hook", "state": "on"}], "next": null})),
        (status = 401, description = "No key, or a wrong one"),
        (status = 404, description = "`unknown_company`"),
        (status = 422, description = "`invalid`"),
        (status = 503, description = "`draining` or `unavailable`"),
    ),
)]
async fn list(
    State(hub): State<Arc<Hub>>,
    State(past): State<Past>,
    InPath(company): InPath<String>,
    uri: Uri,
) -> Answered {
    let company: CompanyId = ask::id("company", &company)?;
    let PageQuery { limit, after } = ask::query(&uri)?;
    let page = ask::page(limit, after)?;
    let (now, limit) = (hub.exchange.clock().now(), page.limit);
    let found = past.of(&company, move |reader, company| {
        reader.ask(|connection| {
            let after = page.after.as_deref().unwrap_or_default();
            let found = records::endpoints(connection, company, after, page.limit + 1)?;
            found.iter().map(|found| Ok(View::of(found, records::behind(connection, found)?, now))).collect()
        })
    });
    let found: Vec<View> = found.await?;
    if found.is_empty() {
        // A company that was removed still shows its endpoints, so that they can be removed too.
        ask::known_company(&hub, &company).await?;
    }
    Ok(shown(StatusCode::OK, &Listed::of(found, limit, |view| view.id.clone())))
}

/// `POST /v1/companies/{company}/webhooks`
///
/// # Errors
/// `unknown_company`, `too_many`, or a field that is not what it must be.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/webhooks",
    tag = "webhooks",
    summary = "Makes an endpoint, which gets what happens from now on",
    params(("company" = String, Path)),
    request_body(content = Body, example = json!({"url": "https://example.com/hook", "types": ["offer.made"]})),
    responses(
        (status = 201, description = "The endpoint with its secret, which is not shown again", body = View),
        (status = 401, description = "No key, or a wrong one"),
        (status = 404, description = "`unknown_company`"),
        (status = 409, description = "`too_many`: a company has at most 16"),
        (status = 422, description = "`invalid`"),
        (status = 503, description = "`draining` or `unavailable`"),
    ),
)]
async fn make(
    State(hub): State<Arc<Hub>>,
    State(past): State<Past>,
    State(webhooks): State<Arc<Webhooks>>,
    InPath(company): InPath<String>,
    sent: Sent,
) -> Answered {
    let company: CompanyId = ask::id("company", &company)?;
    let body: Body = ask::body(&sent)?;
    if body.state.is_some() {
        return Err(Problem::invalid("`state`: a new endpoint is on"));
    }
    if body.url.is_none() {
        return Err(Problem::invalid("`url` must be there"));
    }
    ask::known_company(&hub, &company).await?;
    let latest = past.of(&company, |reader, company| {
        reader.ask(|connection| Ok((feed::kept(connection, company)?, records::count(connection, company)?)))
    });
    let (kept, count) = latest.await?;
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
        created_at: hub.exchange.clock().now(),
    };
    set(&mut endpoint, body, webhooks.options().allow_private)?;
    let written = endpoint.clone();
    write(&hub, move |connection| records::insert(connection, &written, ENDPOINTS_MAX)).await?;
    let made = find(&past, &company, &endpoint.id).await.map_err(|_| too_many())?;
    webhooks.changed((company, endpoint.id.clone()));
    let view = View::of(&made, Behind::default(), endpoint.created_at).with_secret(&endpoint.secret);
    Ok(shown(StatusCode::CREATED, &view))
}

/// `GET /v1/companies/{company}/webhooks/{webhook}`
///
/// # Errors
/// `unknown_webhook`.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/webhooks/{webhook}",
    tag = "webhooks",
    summary = "Shows an endpoint, and how much it is behind",
    params(("company" = String, Path), ("webhook" = String, Path)),
    responses(
        (status = 200, description = "The endpoint without its secret", body = View),
        (status = 401, description = "No key, or a wrong one"),
        (status = 404, description = "`unknown_webhook`"),
        (status = 503, description = "`draining` or `unavailable`"),
    ),
)]
async fn show(
    State(hub): State<Arc<Hub>>,
    State(past): State<Past>,
    InPath((company, webhook)): InPath<(String, String)>,
) -> Answered {
    let company: CompanyId = ask::id("company", &company)?;
    Ok(shown(StatusCode::OK, &view(&hub, &past, &company, &webhook).await?))
}

/// `PATCH /v1/companies/{company}/webhooks/{webhook}`
///
/// # Errors
/// `unknown_webhook`, or a field that is not what it must be.
#[utoipa::path(
    patch,
    path = "/v1/companies/{company}/webhooks/{webhook}",
    tag = "webhooks",
    summary = "Changes an endpoint, or turns it on or off",
    params(("company" = String, Path), ("webhook" = String, Path)),
    request_body(content = Body, example = json!({"state": "on"})),
    responses(
        (status = 200, description = "The endpoint as it is now", body = View),
        (status = 401, description = "No key, or a wrong one"),
        (status = 404, description = "`unknown_webhook`"),
        (status = 422, description = "`invalid`"),
        (status = 503, description = "`draining` or `unavailable`"),
    ),
)]
async fn change(
    State(hub): State<Arc<Hub>>,
    State(past): State<Past>,
    State(webhooks): State<Arc<Webhooks>>,
    InPath((company, webhook)): InPath<(String, String)>,
    sent: Sent,
) -> Answered {
    let company: CompanyId = ask::id("company", &company)?;
    let body: Body = ask::body(&sent)?;
    let mut endpoint = find(&past, &company, &webhook).await?;
    set(&mut endpoint, body, webhooks.options().allow_private)?;
    write(&hub, move |connection| records::update(connection, &endpoint)).await?;
    webhooks.changed((company.clone(), webhook.clone()));
    Ok(shown(StatusCode::OK, &view(&hub, &past, &company, &webhook).await?))
}

/// `DELETE /v1/companies/{company}/webhooks/{webhook}`
///
/// # Errors
/// When nothing can be written now.
#[utoipa::path(
    delete,
    path = "/v1/companies/{company}/webhooks/{webhook}",
    tag = "webhooks",
    summary = "Removes an endpoint, with all that waits for it",
    params(("company" = String, Path), ("webhook" = String, Path)),
    responses(
        (status = 204, description = "It is gone, or was not there"),
        (status = 401, description = "No key, or a wrong one"),
        (status = 503, description = "`unavailable`"),
    ),
)]
async fn remove(
    State(hub): State<Arc<Hub>>,
    State(webhooks): State<Arc<Webhooks>>,
    InPath((company, webhook)): InPath<(String, String)>,
) -> Answered {
    let company: CompanyId = ask::id("company", &company)?;
    let key = (company, webhook);
    let gone = key.clone();
    write(&hub, move |connection| records::remove(connection, &gone.0, &gone.1)).await?;
    webhooks.changed(key);
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `POST /v1/companies/{company}/webhooks/{webhook}/rotate`
///
/// # Errors
/// `unknown_webhook`, or a field that is not what it must be.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/webhooks/{webhook}/rotate",
    tag = "webhooks",
    summary = "Makes a new secret; for a while both sign",
    params(("company" = String, Path), ("webhook" = String, Path)),
    request_body(content = RotateBody, example = json!({"keep_old_for_s": 86400})),
    responses(
        (status = 200, description = "The endpoint with its new secret, which is not shown again", body = View),
        (status = 401, description = "No key, or a wrong one"),
        (status = 404, description = "`unknown_webhook`"),
        (status = 422, description = "`invalid`"),
        (status = 503, description = "`draining` or `unavailable`"),
    ),
)]
async fn rotate(
    State(hub): State<Arc<Hub>>,
    State(past): State<Past>,
    State(webhooks): State<Arc<Webhooks>>,
    InPath((company, webhook)): InPath<(String, String)>,
    sent: Sent,
) -> Answered {
    let company: CompanyId = ask::id("company", &company)?;
    let RotateBody { keep_old_for_s } = ask::body(&sent)?;
    let keep_s = keep_old_for_s.unwrap_or(KEEP_OLD_S);
    if keep_s > KEEP_OLD_MAX_S {
        return Err(Problem::invalid(format!("`keep_old_for_s` is at most {KEEP_OLD_MAX_S}")));
    }
    find(&past, &company, &webhook).await?;
    let secret = signature::fresh_secret().map_err(|_| Problem::from(NotNow::Unavailable))?;
    let until = hub.exchange.clock().now().plus_ms(keep_s * 1000);
    let (of, id, new) = (company.clone(), webhook.clone(), secret.clone());
    write(&hub, move |connection| records::rotate(connection, &of, &id, &new, until)).await?;
    webhooks.changed((company.clone(), webhook.clone()));
    Ok(shown(StatusCode::OK, &view(&hub, &past, &company, &webhook).await?.with_secret(&secret)))
}

/// `GET /v1/companies/{company}/webhooks/{webhook}/deliveries`
///
/// # Errors
/// `unknown_webhook`, or a bad query.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/webhooks/{webhook}/deliveries",
    tag = "webhooks",
    summary = "Lists what waits for another try or is dead",
    params(("company" = String, Path), ("webhook" = String, Path), ("state" = Option<String>, Query, description = "`pending` or `dead`"),
        ("limit" = Option<u32>, Query), ("after" = Option<String>, Query)),
    responses(
        (status = 200, description = "Deliveries in the order of their events", body = serde_json::Value,
            example = json!({"items": [{"seq": 17, "event_id": "acme:17", "state": "dead", "attempts": 10,
                "due_at": null, "last_error": "the receiver answered 500"}], "next": null})),
        (status = 401, description = "No key, or a wrong one"),
        (status = 404, description = "`unknown_webhook`"),
        (status = 422, description = "`invalid`"),
        (status = 503, description = "`draining` or `unavailable`"),
    ),
)]
async fn deliveries(
    State(past): State<Past>,
    InPath((company, webhook)): InPath<(String, String)>,
    uri: Uri,
) -> Answered {
    let company: CompanyId = ask::id("company", &company)?;
    let DeliveriesQuery { limit, after, state } = ask::query(&uri)?;
    let page = ask::page(limit, after)?;
    let state = ask::one_of("state", state, &["pending", "dead"])?;
    let after =
        page.after.as_deref().unwrap_or("0").parse().map_err(|_| Problem::invalid("`after` must be a number"))?;
    find(&past, &company, &webhook).await?;
    let found = past.of(&company, move |reader, company| {
        reader.ask(|connection| {
            records::deliveries(connection, company, &webhook, state.as_deref(), after, page.limit + 1)
        })
    });
    let views = found.await?.into_iter().map(|found| DeliveryView::of(&company, found)).collect();
    Ok(shown(StatusCode::OK, &Listed::of(views, page.limit, |view: &DeliveryView| view.seq.to_string())))
}

/// `POST /v1/companies/{company}/webhooks/{webhook}/deliveries/{event}/redeliver`
///
/// # Errors
/// `unknown_webhook`, `unknown_delivery`.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/webhooks/{webhook}/deliveries/{event}/redeliver",
    tag = "webhooks",
    summary = "Has an event that waits or is dead tried again at once, with all its tries before it",
    params(("company" = String, Path), ("webhook" = String, Path), ("event" = u64, Path, description = "The event's `seq`")),
    responses(
        (status = 200, description = "The delivery, which begins anew", body = DeliveryView),
        (status = 401, description = "No key, or a wrong one"),
        (status = 404, description = "`unknown_webhook` or `unknown_delivery`"),
        (status = 503, description = "`draining` or `unavailable`"),
    ),
)]
async fn redeliver(
    State(hub): State<Arc<Hub>>,
    State(past): State<Past>,
    State(webhooks): State<Arc<Webhooks>>,
    InPath((company, webhook, event)): InPath<(String, String, String)>,
) -> Answered {
    let company: CompanyId = ask::id("company", &company)?;
    let unknown =
        || Problem::new(StatusCode::NOT_FOUND, "unknown_delivery", "no delivery of this event waits or is dead");
    let seq: u64 = event.parse().ok().filter(|seq| *seq > 0).ok_or_else(unknown)?;
    find(&past, &company, &webhook).await?;
    let id = webhook.clone();
    let found = past.of(&company, move |reader, company| {
        reader.ask(|connection| records::deliveries(connection, company, &id, None, seq - 1, 1))
    });
    let found = found.await?.into_iter().next().filter(|found| found.seq == seq).ok_or_else(unknown)?;
    let (of, id, now) = (company.clone(), webhook.clone(), hub.exchange.clock().now());
    write(&hub, move |connection| records::begin_anew(connection, &of, &id, seq, now)).await?;
    let begun = Delivery { state: "pending".to_owned(), attempts: 0, due: now, ..found };
    let view = DeliveryView::of(&company, begun);
    webhooks.changed((company, webhook));
    Ok(shown(StatusCode::OK, &view))
}

/// Sets what the body names.
fn set(endpoint: &mut Endpoint, body: Body, allow_private: bool) -> Result<(), Problem> {
    if let Some(url) = body.url {
        let url = read_url(&url, allow_private).map_err(|wrong| Problem::invalid(format!("`url` {wrong}")))?;
        endpoint.url = url.into();
    }
    if let Some(description) = body.description {
        if description.chars().count() > DESCRIPTION_MAX_CHARS {
            return Err(Problem::invalid(format!("`description` has at most {DESCRIPTION_MAX_CHARS} characters")));
        }
        endpoint.description = description;
    }
    if let Some(types) = body.types {
        endpoint.wanted = Wanted::read(types.iter().map(String::as_str))
            .map_err(|word| Problem::invalid(format!("`types`: there is no `{word}`: see docs/webhooks.md")))?;
    }
    match body.state.as_deref() {
        None => {}
        Some("on") => endpoint.state = Turned::On,
        Some("off") if endpoint.state == Turned::On => endpoint.state = Turned::Off(Off::Set),
        Some("off") => {}
        Some(_) => return Err(Problem::invalid("`state` must be `on` or `off`")),
    }
    Ok(())
}

async fn find(past: &Past, company: &CompanyId, webhook: &str) -> Result<Endpoint, Problem> {
    let id = webhook.to_owned();
    let found =
        past.of(company, move |reader, company| reader.ask(|connection| records::endpoint(connection, company, &id)));
    found.await?.ok_or_else(unknown_webhook)
}

async fn view(hub: &Hub, past: &Past, company: &CompanyId, webhook: &str) -> Result<View, Problem> {
    let (id, now) = (webhook.to_owned(), hub.exchange.clock().now());
    let found = past.of(company, move |reader, company| {
        reader.ask(|connection| {
            let Some(endpoint) = records::endpoint(connection, company, &id)? else { return Ok(None) };
            Ok(Some(View::of(&endpoint, records::behind(connection, &endpoint)?, now)))
        })
    });
    found.await?.ok_or_else(unknown_webhook)
}

async fn write(
    hub: &Hub,
    change: impl Fn(&rusqlite::Connection) -> Result<(), StoreError> + Send + 'static,
) -> Result<(), Problem> {
    let change: Change = Box::new(change);
    Ok(hub.exchange.write(change).await?)
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

//! Failed deliveries: those that wait for another try, and dead ones.

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::http::{StatusCode, Uri};
use serde::{Deserialize, Serialize};
use switchboard_core::CompanyId;
use switchboard_history::feed::event_id;
use switchboard_history::paging::Listed;
use switchboard_journal::endpoint::{Delivery, EndpointWrite};
use switchboard_wire::shape::{self, examples};
use switchboard_wire::view::Moment;
use utoipa::{IntoParams, ToSchema};

use super::super::ApiState;
use super::{find, ids, write};
use crate::api::ask::{self, ApiResult, InPath, shown};
use crate::api::history_reader::HistoryReader;
use crate::api::in_path::{OfDelivery, OfWebhook};
use crate::api::principal::Principal;
use crate::api::problem::Problem;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DeliveriesQuery {
    /// Maximum number of items.
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: Option<u32>,
    /// The `next` of the previous page.
    #[param(pattern = "^[0-9]{1,18}$")]
    after: Option<String>,
    /// Only items in this state.
    #[param(value_type = Option<shape::StateOfDelivery>, example = "pending")]
    state: Option<String>,
}

/// A delivery that waits for a retry or is dead.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookDelivery, examples(examples::delivery))]
struct DeliveryView {
    /// Sequence number of the event.
    #[schema(minimum = 1)]
    seq: u64,
    event_id: String,
    #[schema(value_type = shape::StateOfDelivery)]
    state: String,
    /// Number of attempts so far.
    attempts: u32,
    /// Time of the next attempt; none if the delivery is dead.
    #[schema(value_type = Option<shape::Moment>, required)]
    due_at: Option<Moment>,
    #[schema(required)]
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

/// Lists deliveries that wait for a retry or are dead, in the order of the events.
///
/// # Errors
/// `unknown_webhook`, or a bad query.
#[utoipa::path(
    get, path = "/companies/{company}/webhooks/{webhook}/deliveries", operation_id = "listDeliveries", tag = "webhooks",
    security(("key" = ["read"])),
    params(OfWebhook, DeliveriesQuery),
    responses(
        (status = 200, body = Listed<DeliveryView>, description = "A page of the list"),
        (status = 404, description = "`unknown_webhook`"),
    )
)]
pub(crate) async fn list(
    State(past): State<HistoryReader>,
    Extension(caller): Extension<Principal>,
    InPath((company, webhook)): InPath<(String, String)>,
    uri: Uri,
) -> ApiResult {
    let (company, webhook) = ids(&company, &webhook)?;
    let DeliveriesQuery { limit, after, state } = ask::query(&uri)?;
    let limit = ask::limit(limit)?;
    let state = ask::one_of("state", state, &["pending", "dead"])?;
    let after = after.as_deref().map_or(Ok(0), ask::cursor)?.unsigned_abs();
    find(&past, &company, &webhook).await?;
    let found = past.list_of(&caller, &company, move |reader, company| {
        reader.deliveries(company, &webhook, state.as_deref(), after, limit + 1)
    });
    let views = found.await?.into_iter().map(|found| DeliveryView::of(&company, found));
    Ok(shown(StatusCode::OK, &Listed::of(views, limit, |view: &DeliveryView| view.seq.to_string())))
}

/// Retries a waiting or dead delivery at once; its attempts start over.
///
/// # Errors
/// `unknown_webhook`, `unknown_delivery`.
#[utoipa::path(
    post, path = "/companies/{company}/webhooks/{webhook}/deliveries/{seq}/redeliver",
    operation_id = "redeliver", tag = "webhooks",
    security(("key" = ["operate"])),
    params(OfDelivery),
    responses(
        (status = 200, body = DeliveryView, description = "The delivery, whose attempts start over"),
        (status = 404, description = "`unknown_webhook`, `unknown_delivery`"),
    )
)]
pub(crate) async fn redeliver(
    State(api): State<Arc<ApiState>>,
    State(past): State<HistoryReader>,
    InPath((company, webhook, seq)): InPath<(String, String, String)>,
) -> ApiResult {
    let (company, webhook) = ids(&company, &webhook)?;
    let unknown =
        || Problem::new(StatusCode::NOT_FOUND, "unknown_delivery", "no delivery of this event is pending or dead");
    let seq: u64 = seq.parse().ok().filter(|seq| *seq > 0).ok_or_else(unknown)?;
    find(&past, &company, &webhook).await?;
    let id = webhook.clone();
    let found = past.of(&company, move |reader, company| reader.deliveries(company, &id, None, seq - 1, 1));
    let found = found.await?.into_iter().next().filter(|found| found.seq == seq).ok_or_else(unknown)?;
    let now = api.exchange.clock().even();
    write(&api, EndpointWrite::BroughtAgain(company.clone(), webhook.clone(), seq, now)).await?;
    let begun = Delivery { state: "pending".to_owned(), attempts: 0, due: now, ..found };
    let view = DeliveryView::of(&company, begun);
    api.webhooks.changed((company, webhook));
    Ok(shown(StatusCode::OK, &view))
}

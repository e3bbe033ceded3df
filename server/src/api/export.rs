//! A company's export over HTTP: lines of JSON, written while the store is read.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{Uri, header};
use axum::response::IntoResponse;
use futures_util::stream;
use serde::Deserialize;
use switchboard_core::CompanyId;
use tokio::sync::{Semaphore, mpsc};

use super::ask::{self, Answered, InPath};
use super::past::Past;
use super::problem::Problem;
use crate::exchange::NotNow;
use crate::hub::Hub;

/// Pieces that wait for whoever reads slowly.
const PIECES_WAITING: usize = 4;
/// Exports at once: each holds one moment of the store, and all that was written since waits for it in SQLite's log.
static PLACES: Semaphore = Semaphore::const_new(2);
/// When to try again if they are taken.
const FULL: NotNow = NotNow::Overloaded { retry_in_ms: 5_000 };

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExportQuery {
    #[serde(default)]
    events: bool,
}

/// `GET /v1/companies/{company}/export`
///
/// # Errors
/// `unknown_company`, a bad query, or `overloaded`.
#[utoipa::path(
    get,
    path = "/companies/{company}/export",
    tag = "data",
    summary = "Export a company",
    description = "All that the store has of it at one moment, one JSON object a line, each with its `kind`. The last \
                   line has the kind `end` and the counts: without it the export was cut.",
    params(
        ("company" = String, Path, description = "The company's id"),
        ("events" = Option<bool>, Query, description = "With all that happened, event by event; false")
    ),
    responses(
        (status = 200, description = "The lines", content_type = "application/x-ndjson", body = String,
            example = "{\"kind\":\"company\",\"id\":\"acme\",…}\n{\"kind\":\"end\",\"companies\":1,…}\n"),
        (status = 401, description = "No API key, or a bad one: `unauthorized`"),
        (status = 404, description = "`unknown_company`"),
        (status = 422, description = "A bad id or query: `invalid`"),
        (status = 503, description = "Two exports are running: `overloaded`; or `unavailable`, `draining`")
    )
)]
pub async fn show(
    State(hub): State<Arc<Hub>>,
    State(past): State<Past>,
    InPath(company): InPath<String>,
    uri: Uri,
) -> Answered {
    let company: CompanyId = ask::id("company", &company)?;
    let ExportQuery { events } = ask::query(&uri)?;
    ask::known_company(&hub, &company).await?;
    let place = PLACES.try_acquire().map_err(|_| Problem::from(FULL))?;
    hub.exchange.file(Some(&company)).await?;
    let (pieces, waiting) = mpsc::channel::<Bytes>(PIECES_WAITING);
    let file = format!("attachment; filename=\"{company}.ndjson\"");
    tokio::spawn(async move {
        let exported = past.of(&company, move |past, company| {
            // Whoever does not read on is cut with their connection, and the receiver is gone then.
            past.export(company, events, |piece| pieces.blocking_send(piece.into()).is_ok())
        });
        // What was cut lacks its last line.
        let _whole_or_cut = exported.await;
        drop(place);
    });
    let body = stream::unfold(waiting, |mut waiting| async move {
        waiting.recv().await.map(|piece| (Ok::<_, std::convert::Infallible>(piece), waiting))
    });
    let head = [(header::CONTENT_TYPE, "application/x-ndjson".to_owned()), (header::CONTENT_DISPOSITION, file)];
    Ok((head, Body::from_stream(body)).into_response())
}

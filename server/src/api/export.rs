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
use utoipa::IntoParams;

use super::ask::{self, Answered, InPath};
use super::in_path::OfCompany;
use super::past::Past;
use super::problem::Problem;
use crate::exchange::NotNow;
use crate::hub::Hub;
use crate::shape::examples;

/// Pieces that wait for whoever reads slowly.
const PIECES_WAITING: usize = 4;
/// Exports at once: each holds one moment of the store, and all that was written since waits for it in SQLite's log.
static PLACES: Semaphore = Semaphore::const_new(2);
/// When to try again if they are taken.
const FULL: NotNow = NotNow::Overloaded { retry_in_ms: 5_000 };

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ExportQuery {
    /// With all that happened, event by event.
    #[serde(default)]
    #[param(default = false, example = true)]
    events: bool,
}

/// Exports all that the store has of a company at one moment.
///
/// The answer has one JSON object a line, each with its `kind`: `company`, `employee`, `booking` with its offers as
/// `asked`, `session`, `message`, and with `events=true` also `event`, all that happened. The last line has the kind
/// `end` and the counts: without it the export was cut. Two are made at a time.
///
/// # Errors
/// `unknown_company`, a bad query, or `overloaded`.
#[utoipa::path(
    get, path = "/companies/{company}/export", operation_id = "exportCompany", tag = "data",
    security(("key" = ["manage"])),
    params(OfCompany, ExportQuery),
    responses(
        (
            status = 200, body = String, content_type = "application/x-ndjson", description = "The lines",
            headers(("Content-Disposition" = String, description = "A name for the file")),
            example = json!(examples::EXPORT)
        ),
        (status = 404, description = "`unknown_company`"),
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

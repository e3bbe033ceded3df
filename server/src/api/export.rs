//! A company's export over HTTP: lines of JSON, written while the store is read.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Extension, State};
use axum::http::{Uri, header};
use axum::response::IntoResponse;
use futures_util::stream;
use serde::Deserialize;
use switchboard_core::CompanyId;
use switchboard_history::Past;
use switchboard_wire::shape::examples;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use utoipa::IntoParams;

use super::ApiState;
use super::ask::{self, ApiResult, InPath};
use super::history_reader::HistoryReader;
use super::in_path::OfCompany;
use super::principal::Principal;

/// Pieces that wait for a slow reader.
const PIECES_WAITING: usize = 4;
/// Time that a piece may wait to be taken: a reader with less than 7 KB/s is cut.
const PIECE_WAIT_MAX: Duration = Duration::from_secs(10);

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ExportQuery {
    /// Whether to include all events.
    #[serde(default)]
    #[param(default = false, example = true)]
    events: bool,
}

/// Exports all stored data of a company.
///
/// The answer has one JSON object per line, each with its `kind`: `company`, `employee`, `booking` with its offers as
/// `asked`, `session`, `message`, and with `events=true` also `event`. The last line has the kind `end` and the counts:
/// without it the export is incomplete. A company has at most one export at a time.
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
            headers(("Content-Disposition" = String, description = "Suggested file name")),
            example = json!(examples::EXPORT)
        ),
        (status = 404, description = "`unknown_company`"),
    )
)]
pub async fn show(
    State(api): State<Arc<ApiState>>,
    State(past): State<HistoryReader>,
    Extension(caller): Extension<Principal>,
    InPath(company): InPath<String>,
    uri: Uri,
) -> ApiResult {
    let company: CompanyId = ask::id("company", &company)?;
    let ExportQuery { events } = ask::query(&uri)?;
    caller.asks_long(&api.admission, api.exchange.clock().even())?;
    let place = caller.part_of(&api.admission.shares.exports, Some(&company)).await?;
    if !past.of(&company, |past: &dyn Past, company| past.is_known(company)).await? {
        return Err(ask::unknown_company());
    }
    let (pieces, waiting) = mpsc::channel::<Bytes>(PIECES_WAITING);
    let file = format!("attachment; filename=\"{company}.ndjson\"");
    tokio::spawn(async move {
        let history = past.history().clone();
        let this_runtime = Handle::current();
        let exported = spawn_blocking(move || {
            let _place = place;
            history.export(&company, events, |piece| {
                let taken = async { timeout(PIECE_WAIT_MAX, pieces.send(piece.into())).await };
                matches!(this_runtime.block_on(taken), Ok(Ok(())))
            })
        });
        // A cut export lacks its last line: the store cannot be read, or the receiver is slow or gone.
        let _whole_or_cut = exported.await;
    });
    let body = stream::unfold(waiting, |mut waiting| async move {
        waiting.recv().await.map(|piece| (Ok::<_, std::convert::Infallible>(piece), waiting))
    });
    let head = [(header::CONTENT_TYPE, "application/x-ndjson".to_owned()), (header::CONTENT_DISPOSITION, file)];
    Ok((head, Body::from_stream(body)).into_response())
}

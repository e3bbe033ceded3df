//! Erasure over HTTP: of one client's or one employee's data.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use switchboard_core::erasure::Erasure;
use switchboard_core::id::BadId;
use switchboard_core::{ClientId, Company, CompanyId};

use super::ApiState;
use super::ask::{self, ApiResult, InPath};
use super::employees::{Both, ids_of_old};
use super::history_reader::HistoryReader;
use super::in_path::{OfClient, OfEmployee};
use super::problem::Problem;
use crate::erasure::erase;

/// Erases a client from all stored data.
///
/// The id becomes an alias; notes, messages and reasons of their bookings and sessions are deleted.
///
/// # Errors
/// `still_open`.
#[utoipa::path(
    delete, path = "/companies/{company}/clients/{client}/data", operation_id = "eraseClient", tag = "data",
    security(("key" = ["manage"])),
    params(OfClient),
    responses(
        (status = 204, description = "The client was erased"),
        (status = 409, description = "`still_open`"),
    )
)]
pub async fn of_client(
    State(api): State<Arc<ApiState>>,
    State(past): State<HistoryReader>,
    InPath((company, client)): InPath<(String, String)>,
) -> ApiResult {
    let company: CompanyId = ask::id_of_old("company", &company)?;
    let client: ClientId = ask::id_of_old("client", &client)?;
    let erasure = Erasure::of_client(client.clone(), alias(&api)?);
    let may = move |company: &Company| match company.booking_of(&client) {
        Some(_) => Err(still_open("the client has an open booking or a running session: end it first")),
        None => Ok(()),
    };
    run(&api, &past, company, may, erasure).await
}

/// Erases a removed employee from all stored data.
///
/// The id and the name become an alias; messages and reasons of their offers and sessions are deleted.
///
/// # Errors
/// `still_open`.
#[utoipa::path(
    delete, path = "/companies/{company}/employees/{employee}/data", operation_id = "eraseEmployee", tag = "data",
    security(("key" = ["manage"])),
    params(OfEmployee),
    responses(
        (status = 204, description = "The employee was erased"),
        (status = 409, description = "`still_open`"),
    )
)]
pub async fn of_employee(
    State(api): State<Arc<ApiState>>,
    State(past): State<HistoryReader>,
    InPath(both): Both,
) -> ApiResult {
    let (company, employee) = ids_of_old(both)?;
    let erasure = Erasure::of_employee(employee.clone(), alias(&api)?);
    let may = move |company: &Company| match company.find_employee(&employee) {
        Some(_) => Err(still_open("the employee still exists: remove them first")),
        None => Ok(()),
    };
    run(&api, &past, company, may, erasure).await
}

async fn run(
    api: &ApiState,
    past: &HistoryReader,
    company: CompanyId,
    may: impl Fn(&Company) -> Result<(), Problem> + Send + Sync + 'static,
    erasure: Erasure,
) -> ApiResult {
    let _was_known = erase(api.exchange.clone(), past.history().clone(), company, may, erasure).await??;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// A fresh random name, which does not lead back to the person.
fn alias<T: std::str::FromStr<Err = BadId>>(api: &ApiState) -> Result<T, Problem> {
    ask::id("alias", &format!("erased-{}", api.exchange.clock().fresh_session()))
}

fn still_open(detail: &str) -> Problem {
    Problem::new(StatusCode::CONFLICT, "still_open", detail)
}

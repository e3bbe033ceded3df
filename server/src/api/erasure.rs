//! Erasure over HTTP: of one client's or one employee's data.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use switchboard_core::erasure::Erasure;
use switchboard_core::id::BadId;
use switchboard_core::{ClientId, Company, CompanyId};

use super::ask::{self, Answered, InPath};
use super::employees::{Both, ids};
use super::in_path::{OfClient, OfEmployee};
use super::problem::Problem;
use crate::exchange::NotNow;
use crate::hub::Hub;
use crate::journal::erasure::erase;

/// Erases a client from all that is kept.
///
/// The id becomes an alias; notes, messages and reasons of their bookings and sessions are gone.
///
/// # Errors
/// `still_open`.
#[utoipa::path(
    delete, path = "/companies/{company}/clients/{client}/data", operation_id = "eraseClient", tag = "data",
    security(("key" = ["manage"])),
    params(OfClient),
    responses(
        (status = 204, description = "Nothing of the client is left"),
        (status = 409, description = "`still_open`"),
    )
)]
pub async fn of_client(State(hub): State<Arc<Hub>>, InPath((company, client)): InPath<(String, String)>) -> Answered {
    let company: CompanyId = ask::id("company", &company)?;
    let client: ClientId = ask::id("client", &client)?;
    let may = |company: &Company| match company.booking_of(&client) {
        Some(_) => Err(still_open("the client has an open booking or a running session: end it first")),
        None => Ok(()),
    };
    run(&hub, &company, may, Erasure::of_client(client.clone(), alias(&hub)?)).await
}

/// Erases an employee who was removed from all that is kept.
///
/// The id and the name become an alias; messages and reasons of their offers and sessions are gone.
///
/// # Errors
/// `still_open`.
#[utoipa::path(
    delete, path = "/companies/{company}/employees/{employee}/data", operation_id = "eraseEmployee", tag = "data",
    security(("key" = ["manage"])),
    params(OfEmployee),
    responses(
        (status = 204, description = "Nothing of the employee is left"),
        (status = 409, description = "`still_open`"),
    )
)]
pub async fn of_employee(State(hub): State<Arc<Hub>>, InPath(both): Both) -> Answered {
    let (company, employee) = ids(both)?;
    let may = |company: &Company| match company.find_employee(&employee) {
        Some(_) => Err(still_open("the employee is still there: remove them first")),
        None => Ok(()),
    };
    run(&hub, &company, may, Erasure::of_employee(employee.clone(), alias(&hub)?)).await
}

async fn run(
    hub: &Hub,
    company: &CompanyId,
    may: impl Fn(&Company) -> Result<(), Problem>,
    erasure: Erasure,
) -> Answered {
    let (change, is_done) = erase(company.clone(), erasure);
    let was_known = hub.exchange.rewrite(company, may, change).await??;
    if was_known && !is_done.load(Ordering::Acquire) {
        return Err(NotNow::Unavailable.into());
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// A name that nobody can lead back to anybody.
fn alias<T: std::str::FromStr<Err = BadId>>(hub: &Hub) -> Result<T, Problem> {
    ask::id("alias", &format!("erased-{}", hub.exchange.clock().fresh_session()))
}

fn still_open(detail: &str) -> Problem {
    Problem::new(StatusCode::CONFLICT, "still_open", detail)
}

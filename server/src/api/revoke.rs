//! Revocation over HTTP: the earlier tokens of one client or one employee no longer count.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use switchboard_core::{ClientId, Command, CompanyId, Whose};
use switchboard_wire::shape::{self, examples};
use switchboard_wire::view::Moment;
use utoipa::ToSchema;

use super::ApiState;
use super::ask::{self, ApiResult, InPath, shown};
use super::employees::{Both, ids};
use super::in_path::{OfClient, OfEmployee};
use super::problem::Problem;

/// Time before which issued tokens are revoked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(examples::revoked))]
struct Revoked {
    /// Tokens with an `iat` before this time, or without one, are invalid in this company.
    #[schema(value_type = shape::Moment)]
    revoked_before: Moment,
}

/// Revokes the tokens of a client.
///
/// Tokens issued before now become invalid in this company, and sockets that use them are closed.
///
/// # Errors
/// `unknown_company`.
#[utoipa::path(
    post, path = "/companies/{company}/clients/{client}/revoke", operation_id = "revokeClient", tag = "data",
    security(("key" = ["manage"])),
    params(OfClient),
    responses(
        (status = 200, body = Revoked, description = "The tokens were revoked"),
        (status = 404, description = "`unknown_company`"),
    )
)]
pub async fn of_client(
    State(api): State<Arc<ApiState>>,
    InPath((company, client)): InPath<(String, String)>,
) -> ApiResult {
    let company: CompanyId = ask::id("company", &company)?;
    let client: ClientId = ask::id("client", &client)?;
    revoke(&api, &company, Whose::Client(client)).await
}

/// Revokes the tokens of an employee.
///
/// Tokens issued before now become invalid in this company, and sockets that use them are closed. The employee need not
/// exist.
///
/// # Errors
/// `unknown_company`.
#[utoipa::path(
    post, path = "/companies/{company}/employees/{employee}/revoke", operation_id = "revokeEmployee", tag = "employees",
    security(("key" = ["manage"])),
    params(OfEmployee),
    responses(
        (status = 200, body = Revoked, description = "The tokens were revoked"),
        (status = 404, description = "`unknown_company`"),
    )
)]
pub async fn of_employee(State(api): State<Arc<ApiState>>, InPath(both): Both) -> ApiResult {
    let (company, employee) = ids(both)?;
    revoke(&api, &company, Whose::Employee(employee)).await
}

async fn revoke(api: &ApiState, company: &CompanyId, whose: Whose) -> ApiResult {
    let revoked = ask::visit(api, company, |visit| {
        let before = visit.by_the_wall();
        let taken = visit.take(&Command::Revoke { whose, before });
        taken.map_err(|refusal| Problem::refused(visit.company(), &refusal))?;
        Ok(shown(StatusCode::OK, &Revoked { revoked_before: Moment(before) }))
    });
    revoked.await
}

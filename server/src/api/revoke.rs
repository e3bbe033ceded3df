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

/// From when on tokens count again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(examples::revoked))]
struct Revoked {
    /// Tokens with an `iat` before this moment, or without one, count no more in this company.
    #[schema(value_type = shape::Moment)]
    revoked_before: Moment,
}

/// Shuts a client out.
///
/// Tokens that were issued before now count no more in this company, and sockets with them are closed.
///
/// # Errors
/// `unknown_company`.
#[utoipa::path(
    post, path = "/companies/{company}/clients/{client}/revoke", operation_id = "revokeClient", tag = "data",
    security(("key" = ["manage"])),
    params(OfClient),
    responses(
        (status = 200, body = Revoked, description = "They are shut out"),
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

/// Shuts an employee out.
///
/// Tokens that were issued before now count no more in this company, and sockets with them are closed. Nobody need be
/// there under that id.
///
/// # Errors
/// `unknown_company`.
#[utoipa::path(
    post, path = "/companies/{company}/employees/{employee}/revoke", operation_id = "revokeEmployee", tag = "employees",
    security(("key" = ["manage"])),
    params(OfEmployee),
    responses(
        (status = 200, body = Revoked, description = "They are shut out"),
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

//! Statistics over HTTP: of a company, of all its employees, of one; as JSON and as CSV.

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use switchboard_core::{CompanyId, EmployeeId, Refusal, Time};
use switchboard_history::Range;
use switchboard_history::paging::Listed;
use switchboard_history::statistics::{CompanyStatistics, EmployeeStatistics, Question};
use switchboard_wire::shape::{self, examples};
use utoipa::IntoParams;

use super::ask::{self, ApiResult, InPath, shown};
use super::employees::{Both, ids};
use super::history_reader::{HistoryReader, known};
use super::in_path::{OfCompany, OfEmployee};
use super::principal::Principal;
use super::problem::Problem;
use super::{ApiState, sheet};

/// The time range by default: a day.
const RANGE_DEFAULT_MS: u64 = 24 * 60 * 60 * 1000;
/// The longest time range, because so many days are added up.
const RANGE_MAX_MS: u64 = 366 * RANGE_DEFAULT_MS;
/// The service level by default, and at most, in seconds.
const WITHIN_DEFAULT_S: u64 = 20;
const WITHIN_MAX_S: u64 = 86_400;

const COMPANY_COLUMNS: &[&str] = &[
    "from",
    "to",
    "within_s",
    "now.offline",
    "now.idle",
    "now.init",
    "now.busy",
    "now.can_be_asked",
    "now.open_bookings",
    "now.oldest_open_booking",
    "now.running_sessions",
    "bookings.total",
    "bookings.offering",
    "bookings.assigned",
    "bookings.unanswered",
    "bookings.cancelled",
    "bookings.expired",
    "bookings.everyone_declined",
    "bookings.nobody_left",
    "bookings.client_cancelled",
    "bookings.client_lost",
    "bookings.deadline",
    "bookings.closed_by_admin",
    "bookings.time_to_first_offer.mean_ms",
    "bookings.time_to_first_offer.p50_ms",
    "bookings.time_to_first_offer.p90_ms",
    "bookings.time_to_first_offer.p99_ms",
    "bookings.time_to_answer.mean_ms",
    "bookings.time_to_answer.p50_ms",
    "bookings.time_to_answer.p90_ms",
    "bookings.time_to_answer.p99_ms",
    "bookings.assigned_within",
    "bookings.service_level",
];
/// Columns that a company's row and an employee's row have in common.
const WORK_COLUMNS: &[&str] = &[
    "offers.made",
    "offers.open",
    "offers.accepted",
    "offers.rejected",
    "offers.timed_out",
    "offers.undelivered",
    "offers.went_offline",
    "offers.client_cancelled",
    "offers.client_lost",
    "offers.withdrawn_by_admin",
    "offers.booking_expired",
    "offers.acceptance_rate",
    "offers.time_to_delivery.p50_ms",
    "offers.time_to_delivery.p90_ms",
    "offers.time_to_delivery.p99_ms",
    "offers.time_to_answer.mean_ms",
    "offers.time_to_answer.p50_ms",
    "offers.time_to_answer.p90_ms",
    "offers.time_to_answer.p99_ms",
    "sessions.started",
    "sessions.running",
    "sessions.ended_by_client",
    "sessions.ended_by_employee",
    "sessions.ended_by_admin",
    "sessions.lost",
    "sessions.length.mean_ms",
    "sessions.length.p50_ms",
    "sessions.length.p90_ms",
    "sessions.length.p99_ms",
    "sessions.length.max_ms",
    "time.offline_ms",
    "time.idle_ms",
    "time.init_ms",
    "time.busy_ms",
];

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CompanyQuery {
    /// Start of the period; default: one day before its end.
    #[param(inline, value_type = Option<shape::AnyMoment>)]
    from: Option<String>,
    /// End of the period, at most 366 days after its start; default: now.
    #[param(inline, value_type = Option<shape::AnyMoment>)]
    to: Option<String>,
    /// Service level: seconds within which a booking must be assigned.
    #[param(minimum = 0, maximum = 86_400, default = 20, example = 30)]
    within_s: Option<u64>,
    /// Format of the answer; default: the format in the header `Accept`.
    #[param(inline, value_type = Option<shape::FormOfTable>)]
    format: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct EmployeesQuery {
    /// Maximum number of items.
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: Option<u32>,
    /// The `next` of the previous page.
    #[param(value_type = Option<shape::Id>)]
    after: Option<String>,
    /// Start of the period; default: one day before its end.
    #[param(inline, value_type = Option<shape::AnyMoment>)]
    from: Option<String>,
    /// End of the period, at most 366 days after its start; default: now.
    #[param(inline, value_type = Option<shape::AnyMoment>)]
    to: Option<String>,
    /// Format of the answer; default: the format in the header `Accept`.
    #[param(inline, value_type = Option<shape::FormOfTable>)]
    format: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct EmployeeQuery {
    /// Start of the period; default: one day before its end.
    #[param(inline, value_type = Option<shape::AnyMoment>)]
    from: Option<String>,
    /// End of the period, at most 366 days after its start; default: now.
    #[param(inline, value_type = Option<shape::AnyMoment>)]
    to: Option<String>,
    /// Format of the answer; default: the format in the header `Accept`.
    #[param(inline, value_type = Option<shape::FormOfTable>)]
    format: Option<String>,
}

/// Shows statistics of a company, now and over a period.
///
/// Bookings, offers and sessions that began within the period, and the time that employees spent in each status.
///
/// # Errors
/// `unknown_company`, a bad query, or `too_far_back`.
#[utoipa::path(
    get, path = "/companies/{company}/statistics", operation_id = "showStatistics", tag = "statistics",
    security(("key" = ["read"])),
    params(OfCompany, CompanyQuery),
    responses(
        (status = 200, description = "The statistics", content(
            (CompanyStatistics = "application/json"),
            (String = "text/csv", example = json!(examples::STATISTICS_CSV)),
        )),
        (status = 404, description = "`unknown_company`"),
        (status = 422, description = "`too_far_back`"),
    )
)]
pub async fn of_company(
    State(api): State<Arc<ApiState>>,
    State(past): State<HistoryReader>,
    Extension(caller): Extension<Principal>,
    InPath(company): InPath<String>,
    headers: HeaderMap,
    uri: Uri,
) -> ApiResult {
    let company: CompanyId = ask::id("company", &company)?;
    let CompanyQuery { from, to, within_s, format } = ask::query(&uri)?;
    let form = AnswerFormat::wanted(format, &headers)?;
    let within_s = within_s.unwrap_or(WITHIN_DEFAULT_S);
    if within_s > WITHIN_MAX_S {
        return Err(Problem::invalid(format!("`within_s` must be 0 to {WITHIN_MAX_S}")));
    }
    let question = question(from.as_deref(), to.as_deref(), within_s, api.exchange.clock().now())?;
    let found = past.long_of(&caller, &company, known(move |past, company| past.statistics(company, question))).await?;
    let found = found.ok_or_else(ask::unknown_company)?;
    form.one(&[COMPANY_COLUMNS, WORK_COLUMNS], &found)
}

/// Shows statistics of a company's employees over a period, by id.
///
/// One item for each employee who existed at the end of the period or got an offer within it.
///
/// # Errors
/// `unknown_company`, a bad query, or `too_far_back`.
#[utoipa::path(
    get, path = "/companies/{company}/statistics/employees", operation_id = "listStatisticsOfEmployees",
    tag = "statistics",
    security(("key" = ["read"])),
    params(OfCompany, EmployeesQuery),
    responses(
        (status = 200, description = "A page of the list; for CSV, the header `Link` names the next page", content(
            (Listed<EmployeeStatistics> = "application/json"),
            (String = "text/csv", example = json!(examples::STATISTICS_OF_EMPLOYEES_CSV)),
        )),
        (status = 404, description = "`unknown_company`"),
        (status = 422, description = "`too_far_back`"),
    )
)]
pub async fn of_employees(
    State(api): State<Arc<ApiState>>,
    State(past): State<HistoryReader>,
    Extension(caller): Extension<Principal>,
    InPath(company): InPath<String>,
    headers: HeaderMap,
    uri: Uri,
) -> ApiResult {
    let company: CompanyId = ask::id("company", &company)?;
    let EmployeesQuery { from, to, format, limit, after } = ask::query(&uri)?;
    let (form, page) = (AnswerFormat::wanted(format, &headers)?, ask::page::<EmployeeId>(limit, after.as_deref())?);
    let question = question(from.as_deref(), to.as_deref(), 0, api.exchange.clock().now())?;
    let read = known(move |past, company| past.statistics_of_employees(company, question, &page));
    let found = past.long_of(&caller, &company, read).await?.ok_or_else(ask::unknown_company)?;
    form.page(&[&["id", "name"], WORK_COLUMNS], &found, &uri)
}

/// Shows statistics of an employee over a period.
///
/// # Errors
/// `unknown_company`, `unknown_employee`, a bad query, or `too_far_back`.
#[utoipa::path(
    get, path = "/companies/{company}/employees/{employee}/statistics", operation_id = "showStatisticsOfEmployee",
    tag = "statistics",
    security(("key" = ["read"]), ("token" = ["employee"])),
    params(OfEmployee, EmployeeQuery),
    responses(
        (status = 200, description = "The statistics", content(
            (EmployeeStatistics = "application/json"),
            (String = "text/csv", example = json!(examples::STATISTICS_OF_EMPLOYEES_CSV)),
        )),
        (status = 404, description = "`unknown_company`, `unknown_employee`"),
        (status = 422, description = "`too_far_back`"),
    )
)]
pub async fn of_employee(
    State(api): State<Arc<ApiState>>,
    State(past): State<HistoryReader>,
    Extension(caller): Extension<Principal>,
    InPath(both): Both,
    headers: HeaderMap,
    uri: Uri,
) -> ApiResult {
    let (company, employee) = ids(both)?;
    let EmployeeQuery { from, to, format } = ask::query(&uri)?;
    let form = AnswerFormat::wanted(format, &headers)?;
    let question = question(from.as_deref(), to.as_deref(), 0, api.exchange.clock().now())?;
    let for_whom = caller.for_whom();
    let read = known(move |past, company| past.statistics_of(company, &employee, question, for_whom));
    let found = past.long_of(&caller, &company, read).await?.ok_or_else(ask::unknown_company)?;
    let found: EmployeeStatistics = found.ok_or_else(|| Problem::from(&Refusal::UnknownEmployee))?;
    form.one(&[&["id", "name"], WORK_COLUMNS], &found)
}

fn question(from: Option<&str>, to: Option<&str>, within_s: u64, now: Time) -> Result<Question, Problem> {
    let to = ask::moment("to", to)?.unwrap_or(now);
    let a_day_before = Time::from_ms(to.as_ms().saturating_sub(RANGE_DEFAULT_MS));
    let from = ask::moment("from", from)?.unwrap_or(a_day_before);
    if from >= to {
        return Err(Problem::invalid("`from` must be before `to`"));
    }
    if from.ms_until(to) > RANGE_MAX_MS {
        return Err(Problem::invalid("`from` must be at most 366 days before `to`"));
    }
    Ok(Question { range: Range { from, to }, within_s, now })
}

/// Format of an answer.
#[derive(Clone, Copy)]
enum AnswerFormat {
    Json,
    Csv,
}

impl AnswerFormat {
    fn wanted(format: Option<String>, headers: &HeaderMap) -> Result<Self, Problem> {
        let word = ask::one_of("format", format, &["json", "csv"])?;
        let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
        let is_csv = match word {
            Some(word) => word == "csv",
            None => accepted.is_some_and(|types| types.to_ascii_lowercase().contains("text/csv")),
        };
        Ok(if is_csv { Self::Csv } else { Self::Json })
    }

    fn one(self, columns: &[&[&str]], row: &impl Serialize) -> ApiResult {
        match self {
            Self::Json => Ok(shown(StatusCode::OK, row)),
            Self::Csv => csv(columns, std::slice::from_ref(row)),
        }
    }

    fn page(self, columns: &[&[&str]], page: &Listed<impl Serialize>, uri: &Uri) -> ApiResult {
        match self {
            Self::Json => Ok(shown(StatusCode::OK, page)),
            Self::Csv => {
                let mut response = csv(columns, &page.items)?;
                let link = page.next.as_ref().and_then(|next| sheet::link_to_next(uri, next).parse().ok());
                if let Some(link) = link {
                    response.headers_mut().insert(header::LINK, link);
                }
                Ok(response)
            }
        }
    }
}

fn csv(columns: &[&[&str]], rows: &[impl Serialize]) -> Result<Response, Problem> {
    let written = sheet::write(&columns.concat(), rows).map_err(|error| {
        tracing::error!(%error, "statistics could not be written as CSV");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "unavailable", "the answer could not be written as CSV")
    })?;
    Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present")], written).into_response())
}

//! Import of many employees from a file, NDJSON or CSV: read as it arrives, and taken as a whole or not at all.

mod blocks;

mod sheet;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use blocks::Blocks;
use futures_util::StreamExt;
use serde::Serialize;
use sheet::Sheet;
use switchboard_core::limits::{EMPLOYEES_PER_COMPANY_MAX, TOPICS_PER_COMPANY_MAX};
use switchboard_core::{Command, CompanyId, EmployeeId, Profile, Topic};
use switchboard_exchange::Visit;
use switchboard_history::Past;
use switchboard_wire::shape::examples;
use tokio::time::{Instant, timeout_at};
use utoipa::ToSchema;

use super::ApiState;
use super::ask::{self, ApiResult, InPath, shown};
use super::in_path::OfCompany;
use super::principal::Principal;
use super::problem::Problem;

/// Bytes of a file, at most: a hundred thousand employees with long names and some topics.
pub const FILE_MAX_BYTES: usize = 32 * 1024 * 1024;
/// Lines of a file, at most: one visit takes the file as one entry of the log, and all others of the company wait for
/// that visit.
const LINES_MAX: u64 = 100_000;
/// In each such period at least so many bytes of a file must arrive, or the file must end, because a slower sender
/// holds a place for no good.
const SPEED_LOOKED_AT: Duration = Duration::from_secs(10);
const SPEED_LEAST_BYTES: usize = 16 * 1024;

/// Address of the import: in the place of an employee's id, so that an employee may still have this id.
const PLACE: &str = "import";
/// Methods at an employee's address, except at that of the import.
const FOR_AN_EMPLOYEE: &str = "GET,HEAD,PUT,PATCH,DELETE";

/// Format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FileFormat {
    /// A JSON object on each line.
    Ndjson,
    /// Fields with commas between, as a spreadsheet writes them.
    Csv,
}

impl FileFormat {
    fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        match kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "application/x-ndjson" => Ok(Self::Ndjson),
            "text/csv" => Ok(Self::Csv),
            _ => {
                let detail = "send the file as `application/x-ndjson` or `text/csv`";
                Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unknown_type", detail))
            }
        }
    }
}

/// An employee as described by a line of a file.
#[derive(Debug, PartialEq, Eq)]
struct WantedEmployee {
    id: EmployeeId,
    name: Arc<str>,
    /// Sorted and without duplicates, as a company keeps them.
    topics: Vec<Topic>,
    profile: Profile,
}

/// Result of an import.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(examples(examples::imported))]
struct Imported {
    /// Employees who did not exist before.
    created: u64,
    /// Employees with a changed field.
    changed: u64,
    /// Employees who needed no change.
    unchanged: u64,
}

/// Creates or replaces many employees from a file, all of them or none.
///
/// Each line acts as a `PUT` of its employee; employees without a line stay unchanged. NDJSON has one object per line.
/// CSV has a header line with the columns `id`, `name`, `topics`, `skills`, `capacity` and `share`, of which only `id` is
/// required.
/// Topics are separated by `;`, and so are skills, each with its level, such as `de:4;senior:1`. A file with invalid lines changes nothing: the answer has the first hundred of them in `lines`, as
/// `{line, field, problem}`, and their number in `bad_lines`. A file has at most 32 MiB and 100,000 lines, and names
/// each employee at most once.
///
/// # Errors
/// `unknown_company`, `invalid`, naming the lines, `too_large`, or `unknown_type`.
#[utoipa::path(
    post, path = "/companies/{company}/employees/import", operation_id = "importEmployees", tag = "employees",
    security(("key" = ["manage"])),
    params(OfCompany),
    request_body(content(
        (String = "application/x-ndjson", example = json!(examples::NDJSON)),
        (String = "text/csv", example = json!(examples::CSV)),
    )),
    responses(
        (status = 200, body = Imported, description = "All employees were imported"),
        (status = 404, description = "`unknown_company`"),
        (status = 408, description = "`too_slow`"),
        (status = 415, description = "`unknown_type`"),
    )
)]
pub async fn import(
    State(api): State<Arc<ApiState>>,
    Extension(caller): Extension<Principal>,
    InPath((company, place)): InPath<(String, String)>,
    request: Request,
) -> ApiResult {
    let company: CompanyId = ask::id("company", &company)?;
    if place != PLACE {
        return Err(Problem::unknown_method("POST", FOR_AN_EMPLOYEE, None));
    }
    let form = FileFormat::of(request.headers())?;
    if !api.past.of(&company, |past: &dyn Past, company| past.is_known(company)).await? {
        return Err(ask::unknown_company());
    }
    let _place = caller.part_of(&api.admission.shares.files, Some(&company)).await?;
    let wanted = read(form, request.into_body()).await?;
    // Checked again, because the file may have taken minutes.
    caller.still_may(&api)?;
    let take = ask::visit(&api, &company, |visit| {
        ask::must_exist(visit)?;
        ask::may_set(&api, visit)?;
        take_all(visit, wanted)
    });
    take.await
}

/// Methods at an employee's address, where the router would also name `POST`.
pub(crate) fn allowed_at(route: &str, path: &str) -> Option<&'static str> {
    let is_employee = route.ends_with("/employees/{employee}") && !path.ends_with(&format!("/{PLACE}"));
    is_employee.then_some(FOR_AN_EMPLOYEE)
}

/// Reads a file as it arrives.
async fn read(form: FileFormat, body: Body) -> Result<Vec<WantedEmployee>, Problem> {
    let (mut blocks, mut sheet) = (Blocks::new(form), Sheet::new(form));
    let mut chunks = body.into_data_stream();
    let (mut bytes, mut enough) = (0, SPEED_LEAST_BYTES);
    let mut until = Instant::now() + SPEED_LOOKED_AT;
    loop {
        let chunk = timeout_at(until, chunks.next()).await.map_err(|_late| too_slow())?;
        let Some(chunk) = chunk else { break };
        let chunk = chunk.map_err(|error| Problem::invalid(format!("the body: {error}")))?;
        bytes += chunk.len();
        if bytes >= enough {
            (until, enough) = (Instant::now() + SPEED_LOOKED_AT, bytes + SPEED_LEAST_BYTES);
        }
        if bytes > FILE_MAX_BYTES {
            let detail = format!("a file has at most {FILE_MAX_BYTES} bytes");
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail));
        }
        if let Some(block) = blocks.push(&chunk) {
            sheet.read(&block);
        }
        if blocks.is_stuck() {
            sheet.refuse_rest(blocks::RECORD_TOO_LONG);
        }
        if sheet.is_over() {
            break;
        }
        // Yields between the blocks of a long file, so that other tasks get their turn.
        tokio::task::yield_now().await;
    }
    sheet.read(&blocks.rest());
    sheet.finish()
}

fn too_slow() -> Problem {
    let (least, seconds) = (SPEED_LEAST_BYTES / 1024, SPEED_LOOKED_AT.as_secs());
    let detail = format!("less than {least} KiB of the file arrived in {seconds} seconds; send it again");
    Problem::new(StatusCode::REQUEST_TIMEOUT, "too_slow", detail)
}

/// Takes all lines in one visit and one entry of the log, so that either all are committed or none.
fn take_all(visit: &mut Visit<'_>, wanted: Vec<WantedEmployee>) -> ApiResult {
    let new = wanted.iter().filter(|one| visit.company().find_employee(&one.id).is_none()).count();
    if visit.company().employee_count() + new > EMPLOYEES_PER_COMPANY_MAX {
        let detail =
            format!("a company has at most {EMPLOYEES_PER_COMPANY_MAX} employees, and this file would exceed that");
        return Err(Problem::invalid(detail));
    }
    if visit.company().would_name_too_many(wanted.iter().map(|one| (&one.id, one.topics.as_slice()))) {
        let detail = format!("a company has at most {TOPICS_PER_COMPANY_MAX} topics, and this file would exceed that");
        return Err(Problem::invalid(detail));
    }
    let mut imported = Imported::default();
    for WantedEmployee { id, name, topics, profile } in wanted {
        let counted = match visit.company().find_employee(&id) {
            None => &mut imported.created,
            Some((_, known)) if known.name == name && known.topics == topics && known.profile == profile => {
                &mut imported.unchanged
            }
            Some(_) => &mut imported.changed,
        };
        *counted += 1;
        // Commands for unchanged employees yield no events.
        let set = visit.take(&Command::SetEmployee { employee: id, name, topics, profile });
        set.map_err(|refusal| Problem::refused(visit.company(), &refusal))?;
    }
    Ok(shown(StatusCode::OK, &imported))
}

//! The preview of a routing over HTTP: who would be asked now, without asking anybody.

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use switchboard_core::limits::WISHES_MAX;
use switchboard_core::{Company, CompanyId, Routing, Skills, Topic, Wishes};
use switchboard_history::preview::{Preview, PreviewView};
use switchboard_wire::shape::{self, examples};
use utoipa::ToSchema;

use super::ApiState;
use super::ask::{self, ApiResult, InPath, RawBody, shown};
use super::history_reader::HistoryReader;
use super::in_path::OfCompany;
use super::principal::Principal;
use super::problem::Problem;

/// Employees who are looked at under one lock of the company: less than a millisecond of them.
const BLOCK: usize = 1_000;

/// A booking whose routing is previewed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(examples::preview_body))]
struct PreviewBody {
    #[schema(value_type = shape::Topic)]
    topic: Topic,
    /// Skills that the client asks for, each with its least level from 1 to 10 (default: none).
    #[serde(default)]
    #[schema(value_type = Option<shape::Skills>)]
    skills: Skills,
    /// A routing that is tried without being saved (default: that of the company).
    #[schema(value_type = Option<shape::RoutingToSet>)]
    routing: Option<Routing>,
}

/// Shows who would be asked now about a topic, in which order, and why.
///
/// All steps of the route are shown as if all were open, and an employee stands in the first step that they fit. Named
/// are the first 50 candidates of all steps together, and for each reason the first 50 of those who want to work and
/// would not be asked. No employee is asked and nothing is saved. In a large company the answer is not of one moment,
/// because the employees are read a thousand at a time.
///
/// # Errors
/// `unknown_company`, or `invalid`, naming the field.
#[utoipa::path(
    post, path = "/companies/{company}/routing/preview", operation_id = "previewRouting", tag = "companies",
    security(("key" = ["read"])),
    params(OfCompany), request_body(content = PreviewBody),
    responses(
        (status = 200, body = PreviewView, description = "The steps with their candidates, and who was passed over"),
        (status = 404, description = "`unknown_company`"),
    )
)]
pub async fn show(
    State(api): State<Arc<ApiState>>,
    State(past): State<HistoryReader>,
    Extension(caller): Extension<Principal>,
    InPath(company): InPath<String>,
    sent: RawBody,
) -> ApiResult {
    let company: CompanyId = ask::id("company", &company)?;
    let body: PreviewBody = ask::body(&sent)?;
    if let Some(routing) = &body.routing {
        routing.check().map_err(|(field, problem)| Problem::invalid(format!("`routing.{field}` {problem}")))?;
    }
    let turn = caller.part_of(&api.admission.shares.lists, Some(&company)).await?;
    let mut in_progress = PreviewInProgress { body, preview: None, after: None };
    while api.exchange.is_healthy() {
        let mut is_all = false;
        let block = ask::visit(&api, &company, |visit| {
            is_all = in_progress.go_on(visit.company(), BLOCK)?;
            Ok(StatusCode::OK.into_response())
        });
        block.await?;
        if is_all {
            return Ok(in_progress.shown());
        }
        tokio::task::yield_now().await;
    }
    // The store cannot commit, so the company is read as it was projected.
    let read = past.as_projected(move |reader| {
        let _turn = turn;
        reader.company(&company)
    });
    let (company, _) = read.await?;
    in_progress.go_on(&company, usize::MAX)?;
    Ok(in_progress.shown())
}

/// A preview for which employees are read in the order of their ids.
struct PreviewInProgress {
    body: PreviewBody,
    /// None before the company was read.
    preview: Option<Preview>,
    /// The last employee who was read.
    after: Option<String>,
}

impl PreviewInProgress {
    /// Looks at the next employees, and says whether they were the last.
    fn go_on(&mut self, company: &Company, at_most: usize) -> Result<bool, Problem> {
        ask::exists(company)?;
        let preview = match &mut self.preview {
            Some(preview) => preview,
            None => self.preview.insert(begin(&self.body, company)?),
        };
        let after = self.after.take();
        let mut next = company.employees_after(after.as_deref()).map(|(_, employee)| employee).peekable();
        let mut last = None;
        for employee in next.by_ref().take(at_most) {
            preview.look(employee);
            last = Some(&employee.id);
        }
        let is_all = next.peek().is_none();
        self.after = last.map(ToString::to_string);
        Ok(is_all)
    }

    fn shown(self) -> Response {
        shown(StatusCode::OK, &self.preview.map(Preview::shown))
    }
}

/// A preview of the given routing, or else of the company's.
fn begin(PreviewBody { topic, skills, routing }: &PreviewBody, company: &Company) -> Result<Preview, Problem> {
    let routing = routing.as_ref().unwrap_or_else(|| company.routing());
    if skills.len() > WISHES_MAX {
        return Err(Problem::invalid(format!("`skills` must be at most {WISHES_MAX} skills")));
    }
    // A client's booking with such a skill would be refused.
    if let Some(unknown) = skills.keys().find(|skill| !routing.clients.skills.contains(*skill)) {
        return Err(Problem::invalid(format!("`skills`: `{unknown}` is not in the routing's `clients.skills`")));
    }
    Ok(Preview::new(routing, topic, Wishes { skills: skills.clone(), ..Wishes::default() }))
}

#[cfg(test)]
mod tests {
    use switchboard_core::{Command, CompanySettings, Intent, Time};
    use switchboard_wire::view::json;

    use super::*;

    #[test]
    fn a_preview_in_blocks_is_that_of_all_at_once() {
        let mut company = Company::new("acme".parse().unwrap());
        let mut does = |command: &Command| company.take(Time::from_ms(1), command).outcome.unwrap();
        does(&Command::SetCompany { name: "Acme".into(), settings: CompanySettings::default() });
        for n in 0..7 {
            let id = || format!("ann{n}").parse().unwrap();
            let topic = if n % 3 == 0 { "law" } else { "tax" };
            does(&Command::set_employee(id(), "Ann".into(), vec![topic.parse().unwrap()]));
            does(&Command::set_status(id(), Intent::Idle, false));
            if n % 2 == 0 {
                does(&Command::EmployeeConnected { employee: id() });
            }
        }
        let read = |block: usize| {
            let body = PreviewBody { topic: "tax".parse().unwrap(), skills: Skills::new(), routing: None };
            let (mut in_progress, mut looks) = (PreviewInProgress { body, preview: None, after: None }, 1);
            while !in_progress.go_on(&company, block).unwrap() {
                looks += 1;
            }
            (json(&in_progress.preview.map(Preview::shown)), looks)
        };
        let (at_once, one_look) = read(usize::MAX);
        assert_eq!(one_look, 1);
        for (block, looks) in [(1, 7), (2, 4), (7, 1), (8, 1)] {
            assert_eq!(read(block), (at_once.clone(), looks), "blocks of {block}");
        }
        for employee in ["ann2", "ann1", "ann0"] {
            assert!(at_once.contains(employee), "{employee} is a candidate or passed over: {at_once}");
        }
    }
}

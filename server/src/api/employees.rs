//! Employees over HTTP: made, shown, changed, removed, and their status set.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use switchboard_core::limits::TOPICS_PER_EMPLOYEE_MAX;
use switchboard_core::{Answer, Command, CompanyId, EmployeeId, Refusal, Status, Topic};

use super::ask::{self, Answered, InPath, Sent, shown};
use super::problem::Problem;
use crate::channel::employee::intent;
use crate::exchange::Visit;
use crate::hub::Hub;
use crate::journal::history::Listed;
use crate::view;

/// An employee's body in a `PUT`; in a `PATCH` what is not named stays.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EmployeeBody {
    name: Option<String>,
    topics: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StatusBody {
    status: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    limit: Option<u32>,
    after: Option<String>,
    status: Option<String>,
    topic: Option<String>,
}

type Both = InPath<(String, String)>;

fn ids((company, employee): (String, String)) -> Result<(CompanyId, EmployeeId), Problem> {
    Ok((ask::id("company", &company)?, ask::id("employee", &employee)?))
}

/// `GET /v1/companies/{company}/employees`
///
/// # Errors
/// `unknown_company`, or a bad query.
pub async fn list(State(hub): State<Arc<Hub>>, InPath(company): InPath<String>, uri: Uri) -> Answered {
    let company: CompanyId = ask::id("company", &company)?;
    let ListQuery { limit, after, status, topic } = ask::query(&uri)?;
    let page = ask::page(limit, after)?;
    let status = ask::one_of("status", status, &Status::ALL.map(Status::word))?;
    let topic: Option<Topic> = topic.map(|topic| ask::id("topic", &topic)).transpose()?;
    let list = ask::visit(&hub, &company, |visit| {
        ask::must_exist(visit)?;
        let all = visit.company().employees_after(page.after.as_deref()).map(|(_, employee)| employee);
        let wanted = all.filter(|employee| {
            status.as_ref().is_none_or(|status| status == employee.status().word())
                && topic.as_ref().is_none_or(|topic| employee.takes(topic))
        });
        let items: Vec<_> = wanted.take(page.limit as usize + 1).collect();
        let Listed { items, next } = Listed::of(items, page.limit, |employee| employee.id.to_string());
        let items = items.into_iter().map(view::employee).collect();
        Ok(shown(StatusCode::OK, &Listed { items, next }))
    });
    list.await
}

/// `GET /v1/companies/{company}/employees/{employee}`
///
/// # Errors
/// `unknown_company`, `unknown_employee`.
pub async fn show(State(hub): State<Arc<Hub>>, InPath(both): Both) -> Answered {
    let (company, employee) = ids(both)?;
    let show = ask::visit(&hub, &company, |visit| {
        ask::must_exist(visit)?;
        shown_employee(visit, &employee, StatusCode::OK)
    });
    show.await
}

fn shown_employee(visit: &Visit<'_>, id: &EmployeeId, status: StatusCode) -> Answered {
    match visit.company().find_employee(id) {
        Some((_, employee)) => Ok(shown(status, &view::employee(employee))),
        None => Err(Problem::from(&Refusal::UnknownEmployee)),
    }
}

/// `PUT /v1/companies/{company}/employees/{employee}`
///
/// # Errors
/// `unknown_company`, or `invalid`, naming the field.
pub async fn put(State(hub): State<Arc<Hub>>, InPath(both): Both, sent: Sent) -> Answered {
    let (company, employee) = ids(both)?;
    let EmployeeBody { name, topics } = ask::body(&sent)?;
    let name = ask::name(name, employee.as_str())?;
    let topics = read_topics(topics.unwrap_or_default())?;
    let put = ask::visit(&hub, &company, |visit| {
        let known = visit.company().find_employee(&employee).is_some();
        let set = visit.take(&Command::SetEmployee { employee: employee.clone(), name, topics });
        set.map_err(|refusal| Problem::refused(visit.company(), &refusal))?;
        shown_employee(visit, &employee, if known { StatusCode::OK } else { StatusCode::CREATED })
    });
    put.await
}

/// `PATCH /v1/companies/{company}/employees/{employee}`
///
/// # Errors
/// `unknown_company`, `unknown_employee`, or `invalid`, naming the field.
pub async fn patch(State(hub): State<Arc<Hub>>, InPath(both): Both, sent: Sent) -> Answered {
    let (company, employee) = ids(both)?;
    let EmployeeBody { name, topics } = ask::body(&sent)?;
    let topics = topics.map(read_topics).transpose()?;
    let patch = ask::visit(&hub, &company, |visit| {
        ask::must_exist(visit)?;
        let Some((_, known)) = visit.company().find_employee(&employee) else {
            return Err(Problem::from(&Refusal::UnknownEmployee));
        };
        let name = ask::name(name, &known.name)?;
        let topics = topics.unwrap_or_else(|| known.topics.clone());
        let set = visit.take(&Command::SetEmployee { employee: employee.clone(), name, topics });
        set.map_err(|refusal| Problem::refused(visit.company(), &refusal))?;
        shown_employee(visit, &employee, StatusCode::OK)
    });
    patch.await
}

fn read_topics(topics: Vec<String>) -> Result<Vec<Topic>, Problem> {
    if topics.len() > TOPICS_PER_EMPLOYEE_MAX {
        return Err(Problem::invalid(format!("`topics` has at most {TOPICS_PER_EMPLOYEE_MAX} entries")));
    }
    let read = |(n, topic): (usize, String)| ask::id(&format!("topics[{n}]"), &topic);
    topics.into_iter().enumerate().map(read).collect()
}

/// `DELETE /v1/companies/{company}/employees/{employee}`
///
/// # Errors
/// `unknown_company`.
pub async fn remove(State(hub): State<Arc<Hub>>, InPath(both): Both) -> Answered {
    let (company, employee) = ids(both)?;
    let gone = |_: &Visit<'_>, _: Answer| -> Response { StatusCode::NO_CONTENT.into_response() };
    ask::command(&hub, &company, Command::RemoveEmployee { employee }, gone).await
}

/// `POST /v1/companies/{company}/employees/{employee}/status`
///
/// # Errors
/// `unknown_company`, `unknown_employee`, or `invalid`.
pub async fn set_status(State(hub): State<Arc<Hub>>, InPath(both): Both, sent: Sent) -> Answered {
    let (company, employee) = ids(both)?;
    let StatusBody { status } = ask::body(&sent)?;
    let intent = intent(&status).map_err(|refusal| Problem::from(&refusal))?;
    let set = ask::visit(&hub, &company, |visit| {
        let set = visit.take(&Command::SetStatus { employee: employee.clone(), intent, by_admin: true });
        set.map_err(|refusal| Problem::refused(visit.company(), &refusal))?;
        shown_employee(visit, &employee, StatusCode::OK)
    });
    set.await
}

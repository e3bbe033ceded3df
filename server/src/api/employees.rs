//! Employees over HTTP: made, shown, changed, removed, and their status set.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::http::{StatusCode, Uri};
use axum::response::IntoResponse;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use switchboard_core::limits::TOPICS_PER_EMPLOYEE_MAX;
use switchboard_core::{
    Command, Company, CompanyId, Employee, EmployeeId, Level, PauseRequest, Profile, Refusal, SessionId, Skill, Skills,
    Status, Topic, Word,
};
use switchboard_exchange::Visit;
use switchboard_exchange::channel::employee::intend;
use switchboard_history::paging::Listed;
use switchboard_wire::fields::invalid;
use switchboard_wire::shape::{self, examples};
use switchboard_wire::view::{self, EmployeeView};
use utoipa::{IntoParams, ToSchema};

use super::ApiState;
use super::ask::{self, ApiResult, InPath, RawBody, shown};
use super::etag::{Conditions, Tag, Unchanged, UnchangedOrNew, Unseen, tagged};
use super::history_reader::HistoryReader;
use super::in_path::{OfCompany, OfEmployee};
use super::merge::Patched;
use super::principal::Principal;
use super::problem::Problem;

/// An employee to create or to replace. Omitted fields get their default: the id as name, no topics (meaning all), no
/// skills, a capacity of 1 and a share of 1.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(examples::employee_body))]
pub(crate) struct EmployeeBody {
    #[schema(value_type = Option<shape::Name>)]
    name: Option<String>,
    #[schema(value_type = Option<Vec<shape::Topic>>, max_items = 64)]
    topics: Option<Vec<String>>,
    #[schema(value_type = Option<shape::Skills>)]
    skills: Option<Skills>,
    /// Room for sessions and wrap-ups.
    #[schema(minimum = 1, maximum = 100)]
    capacity: Option<u8>,
    /// Share of the turns, in proportion to the shares of others, where a route has the order `share`.
    #[schema(minimum = 1, maximum = 100)]
    share: Option<u8>,
}

/// Changes to an employee: omitted fields stay, null resets a field to its default (RFC 7396).
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(examples::employee_patch))]
pub(crate) struct EmployeePatch {
    #[serde(default)]
    #[schema(value_type = Option<shape::Name>)]
    name: Patched<String>,
    #[serde(default)]
    #[schema(value_type = Option<Vec<shape::Topic>>, max_items = 64)]
    topics: Patched<Vec<String>>,
    #[serde(default)]
    #[schema(value_type = Option<shape::SkillsToChange>)]
    skills: Patched<BTreeMap<Skill, PatchedLevel>>,
    /// Room for sessions and wrap-ups.
    #[serde(default)]
    #[schema(value_type = Option<u8>, minimum = 1, maximum = 100)]
    capacity: Patched<u8>,
    /// Share of the turns, in proportion to the shares of others.
    #[serde(default)]
    #[schema(value_type = Option<u8>, minimum = 1, maximum = 100)]
    share: Patched<u8>,
}

/// The level that a patch gives a skill; none takes the skill away.
#[derive(Clone, Copy, Debug)]
struct PatchedLevel(Option<Level>);

impl<'de> Deserialize<'de> for PatchedLevel {
    fn deserialize<D: Deserializer<'de>>(level: D) -> Result<Self, D::Error> {
        match Option::<u8>::deserialize(level)? {
            None | Some(0) => Ok(Self(None)),
            Some(level) => level.try_into().map(|level| Self(Some(level))).map_err(D::Error::custom),
        }
    }
}

/// Desired state to set for an employee.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(examples::status_body))]
struct StatusBody {
    #[schema(value_type = shape::EmployeeIntent)]
    status: String,
    /// Reason of a pause, with `offline`: one of the company's `pause_reasons`, or any word if the company has none.
    #[schema(value_type = Option<shape::Word>)]
    reason: Option<String>,
    /// Time of a pause, with `offline`: after it, the employee becomes idle again if a device is there.
    #[schema(minimum = 1, maximum = 86_400_000)]
    for_ms: Option<u64>,
}

/// Wrap-up that ends before its time.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(examples::finish_body))]
struct FinishBody {
    /// Session whose wrap-up ends; null or no session ends all wrap-ups, and the rest.
    #[schema(value_type = Option<shape::Uuid>)]
    session_id: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Maximum number of items.
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: Option<u32>,
    /// The `next` of the previous page.
    #[param(value_type = Option<shape::Id>)]
    after: Option<String>,
    /// Only employees with this topic.
    #[param(value_type = Option<shape::EmployeeStatus>, example = "offline")]
    status: Option<String>,
    /// Only employees who take this topic.
    #[param(value_type = Option<shape::Topic>, example = "tax")]
    topic: Option<String>,
    /// Only employees with this skill, at any level.
    #[param(value_type = Option<shape::Skill>, example = "de")]
    skill: Option<String>,
    /// Only ids with this prefix.
    #[param(example = "a")]
    prefix: Option<String>,
}

pub(super) type Both = InPath<(String, String)>;

pub(super) fn ids((company, employee): (String, String)) -> Result<(CompanyId, EmployeeId), Problem> {
    Ok((ask::id("company", &company)?, ask::id("employee", &employee)?))
}

pub(super) fn ids_of_old((company, employee): (String, String)) -> Result<(CompanyId, EmployeeId), Problem> {
    Ok((ask::id_of_old("company", &company)?, ask::id_of_old("employee", &employee)?))
}

/// Lists employees, by id.
///
/// # Errors
/// `unknown_company`, or a bad query.
#[utoipa::path(
    get, path = "/companies/{company}/employees", operation_id = "listEmployees", tag = "employees",
    security(("key" = ["read"])),
    params(OfCompany, ListQuery),
    responses(
        (status = 200, body = Listed<EmployeeView>, description = "A page of the list"),
        (status = 404, description = "`unknown_company`"),
    )
)]
pub async fn list(
    State(api): State<Arc<ApiState>>,
    State(past): State<HistoryReader>,
    Extension(caller): Extension<Principal>,
    InPath(company): InPath<String>,
    uri: Uri,
) -> ApiResult {
    let company: CompanyId = ask::id("company", &company)?;
    let ListQuery { limit, after, status, topic, skill, prefix } = ask::query(&uri)?;
    let prefix = prefix.unwrap_or_default();
    let page = ask::page::<EmployeeId>(limit, after.as_deref())?;
    let status = ask::one_of("status", status, &Status::ALL.map(Status::word))?;
    let topic: Option<Topic> = topic.map(|topic| ask::id("topic", &topic)).transpose()?;
    let skill: Option<Skill> = skill.map(|skill| ask::id("skill", &skill)).transpose()?;
    let list = ask::look_through(&api, &past, &caller, &company, |company| {
        ask::exists(company)?;
        let wanted = beginning_with(company, &prefix, page.after.as_deref()).filter(|employee| {
            status.as_ref().is_none_or(|status| status == employee.status().word())
                && topic.as_ref().is_none_or(|topic| employee.takes(topic))
                && skill.as_ref().is_none_or(|skill| employee.profile.skills.contains_key(skill))
        });
        let listed = Listed::of(wanted.map(view::employee), page.limit, |employee| employee.id.to_string());
        Ok(shown(StatusCode::OK, &listed))
    });
    list.await
}

/// Employees after the cursor whose ids begin with the prefix, by id.
fn beginning_with<'a>(
    company: &'a Company,
    prefix: &'a str,
    after: Option<&'a str>,
) -> impl Iterator<Item = &'a Employee> {
    let begun = after.is_some_and(|after| after >= prefix);
    // An employee whose id equals the prefix stands before all others.
    let first = prefix.parse().ok().filter(|_| !begun).and_then(|id: EmployeeId| company.find_employee(&id));
    let behind = if begun { after } else { Some(prefix) };
    let all = first.into_iter().chain(company.employees_after(behind)).map(|(_, employee)| employee);
    all.take_while(move |employee| employee.id.as_str().starts_with(prefix))
}

/// Shows an employee.
///
/// # Errors
/// `unknown_company`, `unknown_employee`.
#[utoipa::path(
    get, path = "/companies/{company}/employees/{employee}", operation_id = "showEmployee", tag = "employees",
    security(("key" = ["read"]), ("token" = ["employee"])),
    params(OfEmployee, Unseen),
    responses(
        (
            status = 200, body = EmployeeView, description = "The employee",
            headers(("ETag" = String, description = "Entity tag, for `If-Match` and `If-None-Match`"))
        ),
        (status = 304, description = "Not modified, including the status"),
        (status = 404, description = "`unknown_company`, `unknown_employee`"),
    )
)]
pub async fn show(
    State(api): State<Arc<ApiState>>,
    State(past): State<HistoryReader>,
    Extension(caller): Extension<Principal>,
    InPath(both): Both,
    conditions: Conditions,
) -> ApiResult {
    let (company, employee) = ids(both)?;
    let show = ask::look(&api, &past, &caller, &company, |company| {
        ask::exists(company)?;
        let known = found(company.find_employee(&employee).map(|(_, known)| known))?;
        Ok(conditions.show(&view::employee(known), &Tag::of_employee(known)))
    });
    show.await
}

fn find<'a>(visit: &'a Visit<'_>, id: &EmployeeId) -> Option<&'a Employee> {
    visit.company().find_employee(id).map(|(_, employee)| employee)
}

fn known<'a>(visit: &'a Visit<'_>, id: &EmployeeId) -> Result<&'a Employee, Problem> {
    found(find(visit, id))
}

fn found(employee: Option<&Employee>) -> Result<&Employee, Problem> {
    employee.ok_or_else(|| Problem::from(&Refusal::UnknownEmployee))
}

fn take_and_show(visit: &mut Visit<'_>, command: &Command, id: &EmployeeId, status: StatusCode) -> ApiResult {
    let taken = visit.take(command);
    taken.map_err(|refusal| Problem::refused(visit.company(), &refusal))?;
    let employee = known(visit, id)?;
    Ok(tagged(status, &view::employee(employee), Some(&Tag::of_employee(employee))))
}

/// Creates an employee or replaces their name, topics, skills, capacity and share.
///
/// # Errors
/// `unknown_company`, `invalid`, naming the field, or `changed`.
#[utoipa::path(
    put, path = "/companies/{company}/employees/{employee}", operation_id = "putEmployee", tag = "employees",
    security(("key" = ["manage"])),
    params(OfEmployee, UnchangedOrNew),
    request_body(content = EmployeeBody, description = "A missing body counts as `{}`"),
    responses(
        (
            status = 200, body = EmployeeView, description = "The employee was replaced",
            headers(("ETag" = String, description = "Entity tag after the change"))
        ),
        (
            status = 201, body = EmployeeView, description = "The employee was created",
            headers(("ETag" = String, description = "Entity tag after the change"))
        ),
        (status = 404, description = "`unknown_company`"),
        (status = 412, description = "`changed`"),
    )
)]
pub async fn put(
    State(api): State<Arc<ApiState>>,
    InPath(both): Both,
    conditions: Conditions,
    sent: RawBody,
) -> ApiResult {
    let (company, employee) = ids(both)?;
    let EmployeeBody { name, topics, skills, capacity, share } = ask::body(&sent)?;
    let name = ask::name(name, employee.as_str())?;
    let topics = read_topics(topics.unwrap_or_default())?;
    let profile = Profile {
        skills: skills.unwrap_or_default(),
        capacity: capacity.unwrap_or(Profile::default().capacity),
        share: share.unwrap_or(Profile::default().share),
    };
    check(&profile)?;
    let command = Command::SetEmployee { employee: employee.clone(), name, topics, profile };
    let put = ask::visit(&api, &company, |visit| {
        ask::must_exist(visit)?;
        ask::may_set(&api, visit)?;
        let before = find(visit, &employee).map(Tag::of_employee);
        conditions.check(before.as_ref())?;
        let status = if before.is_some() { StatusCode::OK } else { StatusCode::CREATED };
        take_and_show(visit, &command, &employee, status)
    });
    put.await
}

/// Changes an employee.
///
/// # Errors
/// `unknown_company`, `unknown_employee`, `invalid`, naming the field, or `changed`.
#[utoipa::path(
    patch, path = "/companies/{company}/employees/{employee}", operation_id = "patchEmployee", tag = "employees",
    security(("key" = ["manage"])),
    params(OfEmployee, Unchanged),
    request_body(content((EmployeePatch = "application/merge-patch+json"), (EmployeePatch = "application/json"))),
    responses(
        (
            status = 200, body = EmployeeView, description = "The employee after the change",
            headers(("ETag" = String, description = "Entity tag after the change"))
        ),
        (status = 404, description = "`unknown_company`, `unknown_employee`"),
        (status = 412, description = "`changed`"),
    )
)]
pub async fn patch(
    State(api): State<Arc<ApiState>>,
    InPath(both): Both,
    conditions: Conditions,
    sent: RawBody,
) -> ApiResult {
    let (company, employee) = ids(both)?;
    let EmployeePatch { name, topics, skills, capacity, share } = ask::body(&sent)?;
    let name = name.try_map(|name| ask::name(Some(name), ""))?;
    let topics = topics.try_map(read_topics)?;
    let patch = ask::visit(&api, &company, |visit| {
        ask::must_exist(visit)?;
        ask::may_set(&api, visit)?;
        let known = known(visit, &employee)?;
        conditions.check(Some(&Tag::of_employee(known)))?;
        let name = name.over(|| known.name.clone(), || employee.as_str().into());
        let topics = topics.over(|| known.topics.clone(), Vec::new);
        let skills = changed_skills(&known.profile.skills, skills);
        let share = share.over(|| known.profile.share, || Profile::default().share);
        let capacity = capacity.over(|| known.profile.capacity, || Profile::default().capacity);
        let profile = Profile { skills, capacity, share };
        check(&profile)?;
        let command = Command::SetEmployee { employee: employee.clone(), name, topics, profile };
        take_and_show(visit, &command, &employee, StatusCode::OK)
    });
    patch.await
}

fn check(profile: &Profile) -> Result<(), Problem> {
    profile.check().map_err(|(field, problem)| Problem::invalid(format!("`{field}` {problem}")))
}

/// The skills after a patch, which names those that change.
fn changed_skills(known: &Skills, patch: Patched<BTreeMap<Skill, PatchedLevel>>) -> Skills {
    let changes = match patch {
        Patched::Kept => return known.clone(),
        Patched::Reset => return Skills::new(),
        Patched::Set(changes) => changes,
    };
    let mut skills = known.clone();
    for (skill, PatchedLevel(level)) in changes {
        match level {
            Some(level) => drop(skills.insert(skill, level)),
            None => drop(skills.remove(&skill)),
        }
    }
    skills
}

fn read_topics(topics: Vec<String>) -> Result<Vec<Topic>, Problem> {
    if topics.len() > TOPICS_PER_EMPLOYEE_MAX {
        return Err(Problem::invalid(format!("`topics` has at most {TOPICS_PER_EMPLOYEE_MAX} entries")));
    }
    let read = |(n, topic): (usize, String)| ask::id(&format!("topics[{n}]"), &topic);
    topics.into_iter().enumerate().map(read).collect()
}

/// Removes an employee.
///
/// An open session of the employee ends; an open offer goes to the next employee.
///
/// # Errors
/// `unknown_company`, or `changed`.
#[utoipa::path(
    delete, path = "/companies/{company}/employees/{employee}", operation_id = "removeEmployee", tag = "employees",
    security(("key" = ["manage"])),
    params(OfEmployee, Unchanged),
    responses(
        (status = 204, description = "The employee was removed"),
        (status = 404, description = "`unknown_company`"),
        (status = 412, description = "`changed`"),
    )
)]
pub async fn remove(State(api): State<Arc<ApiState>>, InPath(both): Both, conditions: Conditions) -> ApiResult {
    let (company, employee) = ids_of_old(both)?;
    let remove = ask::visit(&api, &company, |visit| {
        ask::must_exist(visit)?;
        conditions.check(find(visit, &employee).map(Tag::of_employee).as_ref())?;
        let revoke_before = visit.by_the_wall();
        let removed = visit.take(&Command::RemoveEmployee { employee: employee.clone(), revoke_before });
        removed.map_err(|refusal| Problem::refused(visit.company(), &refusal))?;
        Ok(StatusCode::NO_CONTENT.into_response())
    });
    remove.await
}

/// Sets the desired state of an employee.
///
/// `offline` during an offer declines it; during a session it takes effect when the session ends. `offline` with a
/// reason or for a time is a pause. With `idle`, a reason and a time say nothing.
///
/// # Errors
/// `unknown_company`, `unknown_employee`, or `invalid`.
#[utoipa::path(
    post, path = "/companies/{company}/employees/{employee}/status", operation_id = "setStatus", tag = "employees",
    security(("key" = ["operate"])),
    params(OfEmployee), request_body(content = StatusBody),
    responses(
        (
            status = 200, body = EmployeeView, description = "The employee after the change",
            headers(("ETag" = String, description = "Entity tag after the change"))
        ),
        (status = 404, description = "`unknown_company`, `unknown_employee`"),
    )
)]
pub async fn set_status(State(api): State<Arc<ApiState>>, InPath(both): Both, sent: RawBody) -> ApiResult {
    let (company, employee) = ids(both)?;
    let StatusBody { status, reason, for_ms } = ask::body(&sent)?;
    let pause = || {
        let reason: Option<Result<Word, _>> = reason.map(|reason| reason.parse());
        let reason = reason.transpose().map_err(|error| invalid("reason", &format!("is not valid: {error}")))?;
        Ok(PauseRequest { reason, for_ms })
    };
    let command = intend(&employee, &status, true, pause).map_err(|refusal| Problem::from(&refusal))?;
    ask::visit(&api, &company, |visit| take_and_show(visit, &command, &employee, StatusCode::OK)).await
}

/// Ends the wrap-up of an employee, and their rest after an offer without a yes.
///
/// An employee without either is answered as they are.
///
/// # Errors
/// `unknown_company`, `unknown_employee`, or `invalid`.
#[utoipa::path(
    post, path = "/companies/{company}/employees/{employee}/finish", operation_id = "finish", tag = "employees",
    security(("key" = ["operate"])),
    params(OfEmployee), request_body(content = FinishBody, description = "A missing body counts as `{}`"),
    responses(
        (
            status = 200, body = EmployeeView, description = "The employee after the change",
            headers(("ETag" = String, description = "Entity tag after the change"))
        ),
        (status = 404, description = "`unknown_company`, `unknown_employee`"),
    )
)]
pub async fn finish(State(api): State<Arc<ApiState>>, InPath(both): Both, sent: RawBody) -> ApiResult {
    let (company, employee) = ids(both)?;
    let FinishBody { session_id } = ask::body(&sent)?;
    let session: Option<SessionId> = session_id.map(|id| ask::id("session_id", &id)).transpose()?;
    let command = Command::Finish { employee: employee.clone(), session };
    ask::visit(&api, &company, |visit| take_and_show(visit, &command, &employee, StatusCode::OK)).await
}

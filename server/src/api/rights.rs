//! Rights: the scope of every route, the callers it belongs to, and the one place that decides.

use axum::RequestExt;
use axum::extract::{MatchedPath, RawPathParams, Request};
use axum::http::{Method, StatusCode, Uri};
use switchboard_wire::Scope;
use switchboard_wire::claims::{Claims, Role};

use super::principal::Principal;
use super::problem::Problem;
use crate::reading;

/// Scope of an admin whose token names none: such tokens are issued for looking at a board.
const OF_AN_ADMIN: Scope = Scope::Operate;

/// A route, and the rights that it needs.
struct RouteRights {
    method: Method,
    path: &'static str,
    scope: Scope,
    of: DataOwner,
}

/// Owner of the data of a route.
#[derive(Clone, Copy, PartialEq, Eq)]
enum DataOwner {
    /// Of the company in its path.
    Company,
    /// Of the company in its path, and also of the employee named in the path or in the query.
    Employee,
    /// Of no one company: each caller sees the data of its own companies.
    TheCaller,
    /// Of the server, and so for keys for all companies alone.
    Server,
}

/// Every route that is not open to all, with the scope that its operation has in the document. A route that is missing
/// here is closed to all callers but those with every right, and a test finds it.
static ROUTES: [RouteRights; 52] = [
    RouteRights { method: Method::GET, path: "/metrics", scope: Scope::Read, of: DataOwner::Server },
    RouteRights { method: Method::GET, path: "/v1/companies", scope: Scope::Read, of: DataOwner::TheCaller },
    RouteRights { method: Method::GET, path: "/v1/audit", scope: Scope::Manage, of: DataOwner::TheCaller },
    get("/v1/companies/{company}"),
    manage(Method::PUT, "/v1/companies/{company}"),
    manage(Method::PATCH, "/v1/companies/{company}"),
    manage(Method::DELETE, "/v1/companies/{company}"),
    get("/v1/companies/{company}/logo"),
    manage(Method::PUT, "/v1/companies/{company}/logo"),
    manage(Method::DELETE, "/v1/companies/{company}/logo"),
    get("/v1/companies/{company}/availability"),
    get("/v1/companies/{company}/line"),
    get("/v1/companies/{company}/routing"),
    manage(Method::PUT, "/v1/companies/{company}/routing"),
    manage(Method::PATCH, "/v1/companies/{company}/routing"),
    // The question is in the body.
    RouteRights {
        method: Method::POST,
        path: "/v1/companies/{company}/routing/preview",
        scope: Scope::Read,
        of: DataOwner::Company,
    },
    get("/v1/companies/{company}/employees"),
    own("/v1/companies/{company}/employees/{employee}"),
    manage(Method::PUT, "/v1/companies/{company}/employees/{employee}"),
    manage(Method::PATCH, "/v1/companies/{company}/employees/{employee}"),
    manage(Method::DELETE, "/v1/companies/{company}/employees/{employee}"),
    post("/v1/companies/{company}/employees/{employee}/status"),
    post("/v1/companies/{company}/employees/{employee}/finish"),
    manage(Method::POST, "/v1/companies/{company}/employees/{employee}/revoke"),
    manage(Method::POST, "/v1/companies/{company}/clients/{client}/revoke"),
    // The import takes the place of an employee's id.
    manage(Method::POST, "/v1/companies/{company}/employees/{employee}"),
    post("/v1/companies/{company}/sign-in-codes"),
    get("/v1/companies/{company}/bookings"),
    get("/v1/companies/{company}/bookings/{booking}"),
    operate(Method::PATCH, "/v1/companies/{company}/bookings/{booking}"),
    get("/v1/companies/{company}/bookings/{booking}/timeline"),
    post("/v1/companies/{company}/bookings/{booking}/cancel"),
    own("/v1/companies/{company}/sessions"),
    get("/v1/companies/{company}/sessions/{session}"),
    get("/v1/companies/{company}/sessions/{session}/messages"),
    get("/v1/companies/{company}/sessions/{session}/notes"),
    post("/v1/companies/{company}/sessions/{session}/end"),
    get("/v1/companies/{company}/statistics"),
    get("/v1/companies/{company}/statistics/employees"),
    own("/v1/companies/{company}/employees/{employee}/statistics"),
    get("/v1/companies/{company}/events"),
    get("/v1/companies/{company}/webhooks"),
    manage(Method::POST, "/v1/companies/{company}/webhooks"),
    get("/v1/companies/{company}/webhooks/{webhook}"),
    manage(Method::PATCH, "/v1/companies/{company}/webhooks/{webhook}"),
    manage(Method::DELETE, "/v1/companies/{company}/webhooks/{webhook}"),
    manage(Method::POST, "/v1/companies/{company}/webhooks/{webhook}/rotate"),
    get("/v1/companies/{company}/webhooks/{webhook}/deliveries"),
    post("/v1/companies/{company}/webhooks/{webhook}/deliveries/{seq}/redeliver"),
    manage(Method::GET, "/v1/companies/{company}/export"),
    manage(Method::DELETE, "/v1/companies/{company}/clients/{client}/data"),
    manage(Method::DELETE, "/v1/companies/{company}/employees/{employee}/data"),
];

/// Reads something of a company.
const fn get(path: &'static str) -> RouteRights {
    RouteRights { method: Method::GET, path, scope: Scope::Read, of: DataOwner::Company }
}

/// Reads something that is also open to the employee that the route names.
const fn own(path: &'static str) -> RouteRights {
    RouteRights { method: Method::GET, path, scope: Scope::Read, of: DataOwner::Employee }
}

/// Acts on the running business of a company.
const fn post(path: &'static str) -> RouteRights {
    operate(Method::POST, path)
}

/// The same with another method.
const fn operate(method: Method, path: &'static str) -> RouteRights {
    RouteRights { method, path, scope: Scope::Operate, of: DataOwner::Company }
}

/// Changes the setup of a company, or removes or exports all of it.
const fn manage(method: Method, path: &'static str) -> RouteRights {
    RouteRights { method, path, scope: Scope::Manage, of: DataOwner::Company }
}

/// Target of a request: the route, the company and the employee.
#[derive(Clone, Debug, Default)]
pub struct RequestedAccess {
    /// The route as `ROUTES` has it; none for an address without a route.
    pub route: Option<String>,
    pub company: Option<String>,
    /// The employee in the path, or else the one in the query.
    pub employee: Option<String>,
}

impl RequestedAccess {
    /// Reads the target of a request that has passed the router.
    pub async fn of(request: &mut Request) -> Self {
        let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
        // A path that is not UTF-8 names nothing; its handler refuses it.
        let parameters = request.extract_parts::<RawPathParams>().await.ok();
        let in_path = |wanted| {
            let mut named = parameters.iter().flatten();
            named.find(|(name, _)| *name == wanted).map(|(_, value)| value.to_owned())
        };
        let employee = in_path("employee").or_else(|| employee_in_query(request.uri()));
        Self { route, company: in_path("company"), employee }
    }
}

/// The employee in the query, read as the handlers read it. Of two employees none counts, because a handler might take
/// the other one.
fn employee_in_query(uri: &Uri) -> Option<String> {
    let fields = reading::pairs(uri);
    let mut named = fields.into_iter().filter_map(|(name, value)| (name == "employee").then_some(value));
    let first = named.next();
    if named.next().is_none() { first } else { None }
}

/// Refuses a request that the caller has no right to.
///
/// # Errors
/// `forbidden`, naming the right that the caller lacks.
pub fn check(caller: &Principal, method: &Method, asked: &RequestedAccess) -> Result<(), Problem> {
    // An address without a route is answered with `unknown_route`, which gives nothing away.
    let Some(path) = asked.route.as_deref() else { return Ok(()) };
    let method = if method == Method::HEAD { &Method::GET } else { method };
    let route = ROUTES.iter().find(|route| route.method == *method && route.path == path);
    let needed = route.map_or(Scope::Manage, |route| route.scope);
    let scope = match caller {
        Principal::Key(key) => key.scope,
        Principal::Person(person) => match person.role {
            Role::Admin => person.scope.unwrap_or(OF_AN_ADMIN),
            Role::Employee => return check_own(person, route, asked),
            Role::Client => return Err(forbidden("a client has no access here: clients book over the socket")),
        },
    };
    if scope < needed {
        let (shows, name) = (caller.shows(), caller.name());
        return Err(forbidden(format!("this needs a {shows} with the scope `{needed}`; `{name}` has `{scope}`")));
    }
    let of = route.map_or(DataOwner::Company, |route| route.of);
    match &asked.company {
        _ if of == DataOwner::TheCaller || caller.is_for_all() => Ok(()),
        Some(company) if caller.is_for(company) => Ok(()),
        Some(_) => Err(is_not_for(caller, needed)),
        None => Err(forbidden(format!("this needs a key with the scope `{needed}` for all companies"))),
    }
}

/// Whether a request changes nothing, whatever its method.
pub(crate) fn only_reads(method: &Method, asked: &RequestedAccess) -> bool {
    let path = asked.route.as_deref();
    let route = ROUTES.iter().find(|route| route.method == *method && Some(route.path) == path);
    route.is_some_and(|route| route.scope == Scope::Read)
}

/// Refuses an employee all data of others.
fn check_own(person: &Claims, route: Option<&RouteRights>, asked: &RequestedAccess) -> Result<(), Problem> {
    if route.is_none_or(|route| route.of != DataOwner::Employee) {
        return Err(forbidden("an employee's token gives access only to their own entry, statistics and sessions"));
    }
    match &asked.employee {
        Some(employee) if *employee == person.subject && asked.company == person.company => Ok(()),
        Some(_) => Err(forbidden("an employee's token gives access only to their own data")),
        None => {
            Err(forbidden("an employee's token gives access only to their own sessions: add `employee=` with their id"))
        }
    }
}

/// Refusal of a caller that is for other companies.
#[must_use]
pub(crate) fn is_not_for(caller: &Principal, needed: Scope) -> Problem {
    let (shows, name) = (caller.shows(), caller.name());
    forbidden(format!("this needs a {shows} with the scope `{needed}` for this company; `{name}` has no access to it"))
}

fn forbidden(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "forbidden", detail)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use switchboard_journal::api_key::ApiKey;

    use super::*;
    use crate::api::document::document;

    /// Paths that need no key: the server's health, a picture that pages show, and the exchange of a code for its
    /// token.
    const OPEN: &[&str] = &["/healthz", "/readyz", "/logo/{company}/{logo}", "/sign-in"];

    #[test]
    fn every_operation_of_the_document_has_the_scope_of_its_route_and_every_route_its_operation() {
        let document = document();
        let mut documented = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let ways = operation["security"].as_array().unwrap_or_else(|| panic!("{method} {path} has a scope"));
                if *ways == [serde_json::json!({})] {
                    assert!(OPEN.contains(&path.as_str()), "{method} {path} needs no key");
                    continue;
                }
                // The document has the import at its own path, the router has it at an employee's id.
                let path = path.replace("/employees/import", "/employees/{employee}");
                documented.insert((method.to_uppercase(), path, serde_json::json!(ways).to_string()));
            }
        }
        let row = |route: &RouteRights| (route.method.to_string(), route.path.to_owned(), ways(route).to_string());
        let routes: BTreeSet<_> = ROUTES.iter().map(row).collect();
        assert_eq!(routes.len(), ROUTES.len(), "no route is there twice");
        let lacking: Vec<_> = documented.difference(&routes).collect();
        let too_much: Vec<_> = routes.difference(&documented).collect();
        assert!(lacking.is_empty(), "ROUTES lacks {lacking:?}");
        assert!(too_much.is_empty(), "the document lacks {too_much:?}");
    }

    /// Callers that the document must name for a route.
    fn ways(route: &RouteRights) -> serde_json::Value {
        let scope = route.scope.word();
        match route.of {
            DataOwner::Server => serde_json::json!([{ "key": [scope] }]),
            DataOwner::Company | DataOwner::TheCaller => serde_json::json!([{ "key": [scope] }, { "token": [scope] }]),
            DataOwner::Employee => {
                serde_json::json!([{ "key": [scope] }, { "token": [scope] }, { "token": ["employee"] }])
            }
        }
    }

    #[test]
    fn a_key_for_some_companies_reads_no_metrics_of_the_server() {
        assert!(may(&key(Scope::Read, None), Method::GET, "/metrics", None));
        assert!(!may(&key(Scope::Manage, Some(&["acme"])), Method::GET, "/metrics", None));
    }

    fn key(scope: Scope, companies: Option<&[&str]>) -> Principal {
        let companies = companies.map(|companies| companies.iter().map(|id| (*id).to_owned()).collect());
        Principal::Key(Arc::new(ApiKey { scope, companies, ..ApiKey::new("k") }))
    }

    fn person(role: Role, scope: Option<Scope>) -> Principal {
        let (subject, company) = ("olga".to_owned(), Some("acme".to_owned()));
        Principal::Person(Arc::new(Claims {
            subject,
            role,
            company,
            name: None,
            topics: None,
            skills: None,
            priority: None,
            scope,
            issued_at_ms: None,
            expires_at_s: 9,
        }))
    }

    fn may(caller: &Principal, method: Method, route: &str, company: Option<&str>) -> bool {
        may_with(caller, &method, route, company, None)
    }

    fn may_with(
        caller: &Principal,
        method: &Method,
        route: &str,
        company: Option<&str>,
        employee: Option<&str>,
    ) -> bool {
        let [company, employee] = [company, employee].map(|id| id.map(str::to_owned));
        check(caller, method, &RequestedAccess { route: Some(route.to_owned()), company, employee }).is_ok()
    }

    /// The company that stands in the path of a route, when the path has one.
    fn at<'a>(route: &RouteRights, company: &'a str) -> Option<&'a str> {
        route.path.contains("{company}").then_some(company)
    }

    #[test]
    fn an_admin_may_on_every_route_what_a_key_of_the_company_with_that_scope_may() {
        for scope in Scope::ALL {
            let (admin, key) = (person(Role::Admin, Some(scope)), key(scope, Some(&["acme"])));
            for route in &ROUTES {
                for company in ["acme", "globex"] {
                    let may = |caller| may_with(caller, &route.method, route.path, at(route, company), Some("olga"));
                    let said = format!("{} {} of {company} with {scope}", route.method, route.path);
                    assert_eq!(may(&admin), may(&key), "{said}");
                    let is_theirs =
                        route.of == DataOwner::TheCaller || (route.of != DataOwner::Server && company == "acme");
                    assert_eq!(may(&admin), scope >= route.scope && is_theirs, "{said}");
                }
            }
        }
    }

    #[test]
    fn an_admin_whose_token_names_no_scope_may_operate_and_no_more() {
        let admin = person(Role::Admin, None);
        for route in ROUTES.iter().filter(|route| route.of != DataOwner::Server) {
            let may = may(&admin, route.method.clone(), route.path, at(route, "acme"));
            assert_eq!(may, route.scope <= Scope::Operate, "{} {}", route.method, route.path);
        }
    }

    #[test]
    fn an_employee_sees_on_three_routes_what_is_theirs_and_nothing_on_any_other() {
        let olga = person(Role::Employee, Some(Scope::Manage));
        let mut own = Vec::new();
        for route in &ROUTES {
            let may = |company, employee| may_with(&olga, &route.method, route.path, company, employee);
            if may(Some("acme"), Some("olga")) {
                own.push(format!("{} {}", route.method, route.path));
            }
            for (company, employee) in [
                (Some("acme"), Some("erika")),
                (Some("acme"), None),
                (Some("globex"), Some("olga")),
                (None, Some("olga")),
                (None, None),
            ] {
                assert!(!may(company, employee), "{} {} {company:?} {employee:?}", route.method, route.path);
            }
        }
        own.sort_unstable();
        let company = "GET /v1/companies/{company}";
        let theirs = ["/employees/{employee}", "/employees/{employee}/statistics", "/sessions"];
        assert_eq!(own, theirs.map(|path| format!("{company}{path}")));
        let path = "/v1/companies/{company}/employees/{employee}";
        assert!(may_with(&olga, &Method::HEAD, path, Some("acme"), Some("olga")), "a look without the body");
    }

    #[test]
    fn a_client_may_nothing_on_any_route() {
        let client = person(Role::Client, Some(Scope::Manage));
        for route in &ROUTES {
            for employee in [None, Some("olga")] {
                let may = may_with(&client, &route.method, route.path, Some("acme"), employee);
                assert!(!may, "{} {}", route.method, route.path);
            }
        }
    }

    #[test]
    fn who_is_named_beside_somebody_else_in_a_query_is_not_named() {
        for (query, named) in [
            ("employee=olga", Some("olga")),
            ("state=ended&employee=ol%67a&limit=3", Some("olga")),
            ("%65mployee=olga", Some("olga")),
            ("employee=olga&employee=erika", None),
            ("employee=olga&employee=olga", None),
            ("employee=olga&%65mployee=erika", None),
            ("client=olga", None),
            ("", None),
        ] {
            let uri: Uri = format!("/v1/companies/acme/sessions?{query}").parse().unwrap();
            assert_eq!(employee_in_query(&uri).as_deref(), named, "{query}");
        }
    }

    #[test]
    fn a_route_that_nobody_thought_of_needs_every_right() {
        for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::TRACE] {
            let secrets = "/v1/companies/{company}/secrets";
            for scope in Scope::ALL {
                let may = may(&key(scope, None), method.clone(), secrets, Some("acme"));
                assert_eq!(may, scope == Scope::Manage, "{method} {scope}");
            }
            for employee in [None, Some("olga")] {
                assert!(!may_with(&person(Role::Employee, None), &method, secrets, Some("acme"), employee));
            }
            assert!(!may(&person(Role::Admin, None), method.clone(), secrets, Some("acme")));
            assert!(!may(&key(Scope::Manage, Some(&["acme"])), method, "/v1/everything", None));
        }
    }

    #[test]
    fn each_scope_may_what_is_written_and_what_the_lesser_may() {
        let end = "/v1/companies/{company}/sessions/{session}/end";
        let company = "/v1/companies/{company}";
        for (scope, looks, ends, puts, audits) in [
            (Scope::Read, true, false, false, false),
            (Scope::Operate, true, true, false, false),
            (Scope::Manage, true, true, true, true),
        ] {
            let key = key(scope, None);
            assert_eq!(may(&key, Method::GET, company, Some("acme")), looks, "{scope}");
            assert_eq!(may(&key, Method::HEAD, company, Some("acme")), looks, "{scope}");
            assert_eq!(may(&key, Method::POST, end, Some("acme")), ends, "{scope}");
            assert_eq!(may(&key, Method::PUT, company, Some("acme")), puts, "{scope}");
            assert_eq!(may(&key, Method::GET, "/v1/audit", None), audits, "{scope}");
        }
    }

    #[test]
    fn a_key_for_some_companies_sees_no_other() {
        let key = key(Scope::Manage, Some(&["acme", "globex"]));
        let company = "/v1/companies/{company}";
        assert!(may(&key, Method::DELETE, company, Some("acme")) && may(&key, Method::GET, company, Some("globex")));
        assert!(!may(&key, Method::GET, company, Some("initech")) && !may(&key, Method::GET, company, None));
        assert!(may(&key, Method::GET, "/v1/companies", None) && may(&key, Method::GET, "/v1/audit", None));
    }
}

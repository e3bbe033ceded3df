//! What a key may do: the scope of every route, and which companies it is for.

use axum::extract::{MatchedPath, RawPathParams, Request};
use axum::http::{Method, StatusCode};
use axum::{RequestExt, http};

use super::problem::Problem;
use crate::auth::{ApiKey, Scope};

/// A route, and what it needs.
struct Route {
    method: Method,
    path: &'static str,
    scope: Scope,
    of: Of,
}

/// Whose a route is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    /// Of the company in its path.
    Company,
    /// Of nobody: it shows to each key what is of the key's own companies.
    TheKey,
    /// Of the server, and so for none but keys for all companies.
    Server,
}

/// Every route that needs a key, with the scope that its operation in the document has. Whatever is forgotten here is
/// closed to all but those who may do everything, and a test finds it.
static ROUTES: [Route; 38] = [
    Route { method: Method::GET, path: "/metrics", scope: Scope::Read, of: Of::Server },
    Route { method: Method::GET, path: "/v1/companies", scope: Scope::Read, of: Of::TheKey },
    Route { method: Method::GET, path: "/v1/audit", scope: Scope::Manage, of: Of::TheKey },
    get("/v1/companies/{company}"),
    manage(Method::PUT, "/v1/companies/{company}"),
    manage(Method::PATCH, "/v1/companies/{company}"),
    manage(Method::DELETE, "/v1/companies/{company}"),
    get("/v1/companies/{company}/availability"),
    get("/v1/companies/{company}/employees"),
    get("/v1/companies/{company}/employees/{employee}"),
    manage(Method::PUT, "/v1/companies/{company}/employees/{employee}"),
    manage(Method::PATCH, "/v1/companies/{company}/employees/{employee}"),
    manage(Method::DELETE, "/v1/companies/{company}/employees/{employee}"),
    post("/v1/companies/{company}/employees/{employee}/status"),
    // A file of employees: it goes where an employee's id stands otherwise.
    manage(Method::POST, "/v1/companies/{company}/employees/{employee}"),
    get("/v1/companies/{company}/bookings"),
    get("/v1/companies/{company}/bookings/{booking}"),
    get("/v1/companies/{company}/bookings/{booking}/timeline"),
    post("/v1/companies/{company}/bookings/{booking}/cancel"),
    get("/v1/companies/{company}/sessions"),
    get("/v1/companies/{company}/sessions/{session}"),
    get("/v1/companies/{company}/sessions/{session}/messages"),
    post("/v1/companies/{company}/sessions/{session}/end"),
    get("/v1/companies/{company}/statistics"),
    get("/v1/companies/{company}/statistics/employees"),
    get("/v1/companies/{company}/employees/{employee}/statistics"),
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

/// A look.
const fn get(path: &'static str) -> Route {
    Route { method: Method::GET, path, scope: Scope::Read, of: Of::Company }
}

/// Something done in what goes on.
const fn post(path: &'static str) -> Route {
    Route { method: Method::POST, path, scope: Scope::Operate, of: Of::Company }
}

/// What changes what there is, or takes all of it away.
const fn manage(method: Method, path: &'static str) -> Route {
    Route { method, path, scope: Scope::Manage, of: Of::Company }
}

/// What a request asks for: where, and in which company.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The route, as it is written above; none for an address without one.
    pub route: Option<String>,
    /// The company in its path.
    pub company: Option<String>,
}

impl Asked {
    /// Reads it from a request that a route was found for.
    pub async fn of(request: &mut Request) -> Self {
        let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
        // A path that is not UTF-8 names no company; its handler refuses it.
        let parameters = request.extract_parts::<RawPathParams>().await.ok();
        let named = |parameters: RawPathParams| {
            parameters.iter().find(|(name, _)| *name == "company").map(|(_, company)| company.to_owned())
        };
        Self { route, company: parameters.and_then(named) }
    }
}

/// Refuses what a key may not.
///
/// # Errors
/// `forbidden`, naming what the key would have to be.
pub fn check(key: &ApiKey, method: &http::Method, asked: &Asked) -> Result<(), Problem> {
    // What is nowhere is refused as such: there is nothing to do there.
    let Some(path) = asked.route.as_deref() else { return Ok(()) };
    let method = if method == Method::HEAD { &Method::GET } else { method };
    let route = ROUTES.iter().find(|route| route.method == *method && route.path == path);
    let needed = route.map_or(Scope::Manage, |route| route.scope);
    if key.scope < needed {
        return Err(forbidden(format!(
            "this needs a key with the scope `{needed}`; `{}` has `{}`",
            key.name, key.scope
        )));
    }
    if key.companies.is_none() || route.is_some_and(|route| route.of == Of::TheKey) {
        return Ok(());
    }
    match &asked.company {
        Some(company) if key.is_for(company) => Ok(()),
        Some(_) => Err(forbidden(format!(
            "this needs a key with the scope `{needed}` for this company; `{}` is not",
            key.name
        ))),
        None => Err(forbidden(format!("this needs a key with the scope `{needed}` for all companies"))),
    }
}

fn forbidden(detail: String) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "forbidden", detail)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::api::document::document;

    #[test]
    fn every_operation_of_the_document_has_the_scope_of_its_route_and_every_route_its_operation() {
        let document = document();
        let mut documented = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let ways = operation["security"].as_array().unwrap_or_else(|| panic!("{method} {path} has a scope"));
                if *ways == [serde_json::json!({})] {
                    assert!(["/healthz", "/readyz"].contains(&path.as_str()), "{method} {path} needs no key");
                    continue;
                }
                let scope = ways[0]["key"][0].as_str().unwrap_or_else(|| panic!("{method} {path} has a scope"));
                // Where the router has the place of a file, it has an employee's id.
                let path = path.replace("/employees/import", "/employees/{employee}");
                documented.insert((method.to_uppercase(), path, scope.to_owned()));
            }
        }
        let row = |route: &Route| (route.method.to_string(), route.path.to_owned(), route.scope.to_string());
        let routes: BTreeSet<_> = ROUTES.iter().map(row).collect();
        assert_eq!(routes.len(), ROUTES.len(), "no route is there twice");
        let lacking: Vec<_> = documented.difference(&routes).collect();
        let too_much: Vec<_> = routes.difference(&documented).collect();
        assert!(lacking.is_empty(), "ROUTES lacks {lacking:?}");
        assert!(too_much.is_empty(), "the document lacks {too_much:?}");
    }

    #[test]
    fn a_key_for_some_companies_reads_no_metrics_of_the_server() {
        assert!(may(&key(Scope::Read, None), Method::GET, "/metrics", None));
        assert!(!may(&key(Scope::Manage, Some(&["acme"])), Method::GET, "/metrics", None));
    }

    fn key(scope: Scope, companies: Option<&[&str]>) -> ApiKey {
        let companies = companies.map(|companies| companies.iter().map(|id| (*id).to_owned()).collect());
        ApiKey { scope, companies, ..ApiKey::new("k") }
    }

    fn may(key: &ApiKey, method: Method, route: &str, company: Option<&str>) -> bool {
        let asked = Asked { route: Some(route.to_owned()), company: company.map(str::to_owned) };
        check(key, &method, &asked).is_ok()
    }

    #[test]
    fn a_route_that_nobody_thought_of_needs_every_right() {
        for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::TRACE] {
            for scope in Scope::ALL {
                let may = may(&key(scope, None), method.clone(), "/v1/companies/{company}/secrets", Some("acme"));
                assert_eq!(may, scope == Scope::Manage, "{method} {scope}");
            }
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

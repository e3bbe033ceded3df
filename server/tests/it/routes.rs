//! Every route of the document by every kind of caller, with odd spellings of its path: callers without the right are
//! refused, and no spelling leads where the plain one does not.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use switchboard::auth::Keyring;
use switchboard_wire::Scope;
use switchboard_wire::claims::{Claims, Role};

use crate::server::{API_KEY, Plan, SECRET, Server, run, switchboard};

const UUID: &str = "01a2c128-0000-7000-8000-000000000000";
/// The statuses of answers to callers without the right.
const REFUSED: [u16; 5] = [401, 403, 404, 405, 422];
/// Headers that make some servers take one request for another.
const OVERRIDES: &str = "X-HTTP-Method-Override: DELETE\r\nX-HTTP-Method: DELETE\r\nX-Method-Override: GET\r\n\
    X-Original-URL: /healthz\r\nX-Rewrite-URL: /v1/companies\r\nX-Forwarded-Host: switchboard\r\n\
    X-Forwarded-Prefix: /v1\r\nX-Forwarded-For: 127.0.0.1\r\n";

/// A caller, on a connection that is kept open.
struct Caller {
    name: &'static str,
    shown: Option<String>,
    line: BufReader<TcpStream>,
}

impl Caller {
    fn new(address: SocketAddr, name: &'static str, shown: Option<String>) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Self { name, shown, line: BufReader::new(stream) }
    }

    /// Sends a request; returns the status of the answer.
    fn ask(&mut self, method: &str, path: &str) -> u16 {
        let shown = self.shown.as_ref().map(|shown| format!("Authorization: Bearer {shown}\r\n")).unwrap_or_default();
        let body = if matches!(method, "PUT" | "PATCH" | "POST") { "{}" } else { "" };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: switchboard\r\n{shown}{OVERRIDES}Content-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.line.get_mut().write_all(request.as_bytes()).unwrap();
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let start = head.len();
            assert!(self.line.read_line(&mut head).unwrap() > 0, "{}: {method} {path}: cut: {head}", self.name);
            match head[start..].trim_end().to_lowercase() {
                line if line.is_empty() => break,
                line => {
                    if let Some(said) = line.strip_prefix("content-length: ") {
                        length = said.parse().unwrap();
                    }
                }
            }
        }
        if method != "HEAD" {
            self.line.read_exact(&mut vec![0; length]).unwrap();
        }
        head[9..12].parse().unwrap()
    }
}

fn token(role: Role, id: &str, company: Option<&str>, scope: Option<Scope>) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let claims = Claims {
        subject: id.to_owned(),
        role,
        company: company.map(str::to_owned),
        name: None,
        topics: None,
        skills: None,
        priority: None,
        scope,
        issued_at_ms: u64::try_from(now.as_millis()).ok(),
        expires_at_s: now.as_secs() + 3600,
    };
    Keyring::hs256(SECRET.as_bytes()).sign(&claims).unwrap()
}

/// Operations of the document that need a key: the method, the path with ids in it, and the scope.
fn operations(server: &Server) -> Vec<(String, String, String)> {
    let document: Value = serde_json::from_str(&server.ask("GET", "/openapi.json", "").1).unwrap();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Some(scope) = operation["security"][0]["key"][0].as_str() else { continue };
            let path = [("company", "acme"), ("employee", "ann"), ("client", "carl"), ("seq", "1")]
                .into_iter()
                .chain(["booking", "session", "webhook"].map(|name| (name, UUID)))
                .fold(path.clone(), |path, (name, id)| path.replace(&format!("{{{name}}}"), id));
            assert!(!path.contains('{'), "{path}");
            found.push((method.to_uppercase(), path, scope.to_owned()));
        }
    }
    assert!(found.len() > 40, "{found:?}");
    found
}

/// The same path for a server that decodes `%61` to a letter.
fn spelled_otherwise(path: &str) -> String {
    path.replacen("/acme", "/%61cme", 1).replacen("/audit", "/%61udit", 1).replacen("/metrics", "/metric%73", 1)
}

/// Paths that are none of ours, even if another server would accept them.
fn odd(path: &str) -> Vec<String> {
    let mut odd: Vec<_> =
        ["/", "//", "/.", "/..", "/%2e%2e", ";x=1", "%3b", "%00", "%2f", "%2F", "%20", "%0d%0a", "\\"]
            .map(|tail| format!("{path}{tail}"))
            .into();
    odd.extend([
        format!("/{path}"),
        format!("/.{path}"),
        format!("/healthz/..{path}"),
        format!("/healthz/%2e%2e{path}"),
        format!("/healthz;{path}"),
        path.replacen("/companies", "//companies", 1),
        path.replacen("/companies", "/./companies", 1),
        path.replacen("/v1", "/v1/..", 1),
        path.replacen("/v1", "/V1", 1),
        path.replacen("/v1", "/%761%2f", 1),
        path.replacen("/companies", "/Companies", 1),
        path.replacen("/acme", "/acme%2f", 1),
        path.replacen("/acme", "/acme%00", 1),
        path.replacen("/acme", "/acme;", 1),
        path.replacen("/acme", "/globex/../acme", 1),
    ]);
    odd.retain(|odd| odd != path);
    odd
}

fn server() -> (tempfile::TempDir, Server, [String; 2]) {
    let place = tempfile::tempdir().unwrap();
    let made = |name: &str, scope: &str, company: &str| {
        let mut command =
            switchboard(&["key", "create", "--name", name, "--scope", scope, "--company", company, "--data"]);
        run(command.arg(place.path())).out.trim().to_owned()
    };
    let keys = [made("elsewhere", "manage", "globex"), made("looks", "read", "acme")];
    let server = Plan::new(place.path()).with("SWITCHBOARD_CHANGES_PER_PERSON_PER_S", "0").start();
    for company in ["acme", "globex"] {
        server.set_company(company, &json!({}));
        assert_eq!(server.ask("PUT", &format!("/v1/companies/{company}/employees/ann"), "").0, 201);
    }
    (place, server, keys)
}

#[test]
fn who_may_not_is_refused_however_the_path_is_written() {
    let (_place, server, [elsewhere, looks]) = server();
    let operations = operations(&server);
    // Only the last caller may do anything in `acme`; `companies` and `audit` show each caller their own part.
    let callers = [
        ("nobody", None, false),
        ("a bad key", Some(format!("sb_0000000000000000_{}", "0".repeat(64))), false),
        ("a bad token", Some("a.b.c".to_owned()), false),
        ("a client", Some(token(Role::Client, "carl", Some("acme"), None)), false),
        ("a client of no company", Some(token(Role::Client, "ann", None, None)), false),
        ("another employee", Some(token(Role::Employee, "eve", Some("acme"), Some(Scope::Manage))), false),
        ("an employee elsewhere", Some(token(Role::Employee, "ann", Some("globex"), None)), false),
        ("an admin elsewhere", Some(token(Role::Admin, "olga", Some("globex"), Some(Scope::Manage))), true),
        ("a key for elsewhere", Some(elsewhere), true),
        ("a key that looks", Some(looks), true),
    ];
    let (address, operations) = (server.address, &operations);
    let ask_all = |name: &'static str, shown: &Option<String>, shows_own: bool| {
        let mut caller = Caller::new(address, name, shown.clone());
        let (mut asked, mut wrong) = (0, Vec::new());
        for (method, path, scope) in operations {
            let may_look = (name == "a key that looks" && scope == "read" && path != "/metrics")
                || (shows_own && path.ends_with("/companies"))
                || (name != "a key that looks" && shows_own && path.ends_with("/audit"));
            let plain = [path.clone(), spelled_otherwise(path), format!("{path}?employee=eve&employee=ann")];
            let plain = plain.into_iter().filter(|_| !may_look);
            let head = (method == "GET" && !may_look).then(|| ("HEAD", path.clone()));
            let all = plain.chain(odd(path)).map(|path| (method.as_str(), path)).chain(head);
            for (method, path) in all {
                asked += 1;
                let status = caller.ask(method, &path);
                if !REFUSED.contains(&status) {
                    wrong.push(format!("{name}: {method} {path}: {status}"));
                }
            }
            for method in ["OPTIONS", "TRACE", "PROPFIND", "get"] {
                asked += 1;
                let status = caller.ask(method, path);
                if !REFUSED.contains(&status) {
                    wrong.push(format!("{name}: {method} {path}: {status}"));
                }
            }
        }
        (asked, wrong)
    };
    let (asked, wrong): (Vec<usize>, Vec<Vec<String>>) = std::thread::scope(|scope| {
        let threads: Vec<_> =
            callers.iter().map(|(name, shown, own)| scope.spawn(|| ask_all(name, shown, *own))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).unzip()
    });
    let wrong = wrong.concat();
    println!("{} requests of {} callers", asked.iter().sum::<usize>(), callers.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for company in ["acme", "globex"] {
        assert_eq!(
            server.ask("GET", &format!("/v1/companies/{company}/employees/ann"), "").0,
            200,
            "nothing is changed"
        );
    }
}

#[test]
fn who_may_finds_nothing_at_an_address_that_there_is_not() {
    let (_place, server, _) = server();
    let operations = operations(&server);
    let callers = [
        ("the key of the settings", API_KEY.to_owned()),
        ("an admin", token(Role::Admin, "olga", Some("acme"), Some(Scope::Manage))),
        ("the employee", token(Role::Employee, "ann", Some("acme"), None)),
    ];
    for (name, shown) in callers {
        let mut caller = Caller::new(server.address, name, Some(shown));
        for (method, path, _) in &operations {
            for odd in odd(path) {
                let status = caller.ask(method, &odd);
                assert!(REFUSED.contains(&status), "{name}: {method} {odd}: {status}");
            }
        }
        let own = caller.ask("GET", "/v1/companies/%61cme/employees/%61nn");
        assert_eq!(own, 200, "{name}: an id that is written otherwise is the same id");
    }
}

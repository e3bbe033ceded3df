//! API keys on the built server: created and revoked beside it, with scopes and companies; and the audit list.

use std::collections::BTreeSet;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::server::{API_KEY, Ended, Plan, SECRET, Server, assert_whole, run, switchboard, wait_until};

/// `switchboard key …` on a data directory.
fn key(data: &Path, arguments: &[&str]) -> Ended {
    let mut command = switchboard(&["key", "--data"]);
    run(command.arg(data).args(arguments))
}

/// Creates a key; returns the secret that opens the API.
pub fn made(data: &Path, name: &str, scope: &str, more: &[&str]) -> String {
    let made = key(data, &[&["create", "--name", name, "--scope", scope], more].concat());
    assert_eq!(made.code, Some(0), "{made:?}");
    let text = made.out.trim().to_owned();
    assert!(text.starts_with("sb_") && text.len() == 84, "{text}");
    text
}

fn refused(data: &Path, arguments: &[&str], why: &str) {
    let refused = key(data, arguments);
    assert!(refused.code != Some(0) && refused.err.contains(why), "{refused:?}");
}

/// The reason why a key is refused.
fn why_not(server: &Server, key: &str) -> String {
    let (status, body) = server.ask_with(key, "GET", "/v1/companies", "");
    let problem: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &problem["reason"]), (401, &json!("unauthorized")), "{problem}");
    problem["detail"].as_str().unwrap().to_owned()
}

fn status(server: &Server, key: &str, method: &str, path: &str) -> u16 {
    server.ask_with(key, method, path, "").0
}

fn forbidden(server: &Server, key: &str, method: &str, path: &str, scope: &str) {
    let (status, body) = server.ask_with(key, method, path, "");
    let problem: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &problem["reason"]), (403, &json!("forbidden")), "{method} {path}: {problem}");
    assert!(problem["detail"].as_str().unwrap().contains(&format!("`{scope}`")), "{method} {path}: {problem}");
}

#[test]
fn a_key_is_good_at_once_and_revoked_within_two_seconds_beside_a_running_server() {
    let place = tempfile::tempdir().unwrap();
    let mut server = Plan::new(place.path()).start();
    let crm = made(place.path(), "crm", "manage", &[]);
    wait_until("the new key", || status(&server, &crm, "GET", "/v1/companies") == 200);
    assert_eq!(status(&server, &crm, "PUT", "/v1/companies/acme"), 201);
    let (id, other) = (crm.split('_').nth(1).unwrap(), made(place.path(), "other", "manage", &[]));
    for wrong in [format!("sb_{id}_{}", "0".repeat(64)), other.replace(other.split('_').nth(1).unwrap(), id)] {
        assert!(why_not(&server, &wrong).contains("neither a known API key"), "its id and another secret");
    }
    refused(place.path(), &["create", "--name", "crm", "--scope", "read"], "there is a key `crm` already");
    refused(place.path(), &["create", "--name", "settings", "--scope", "read"], "a key's name has");
    refused(place.path(), &["create", "--name", "a b", "--scope", "read"], "a key's name has");
    refused(place.path(), &["create", "--name", "c", "--scope", "all"], "`read`, `operate` or `manage`");
    refused(place.path(), &["revoke", "nobody"], "there is no key `nobody`");
    assert_eq!(key(place.path(), &["revoke", "crm"]).code, Some(0));
    let revoked = std::time::Instant::now();
    wait_until("the end of the key", || status(&server, &crm, "GET", "/v1/companies") == 401);
    // Two seconds, and the delay of a busy machine.
    assert!(revoked.elapsed() < Duration::from_secs(10), "{:?}", revoked.elapsed());
    assert_eq!(why_not(&server, &crm), "this API key was revoked");
    let guessed = format!("sb_{id}_{}", "0".repeat(64));
    assert!(why_not(&server, &guessed).contains("neither a known API key"), "only who has it learns of it");
    assert_eq!(status(&server, API_KEY, "GET", "/v1/companies"), 200, "the key of the settings is good as before");
    let listed = key(place.path(), &["list"]).out;
    let lines: Vec<_> = listed.lines().collect();
    assert!(lines.len() == 2 && lines[0].contains("crm manage all companies") && lines[0].contains("; revoked "));
    assert!(!listed.contains(&crm[..40]) && lines[1].contains("other"), "{listed}");
    server.stop();
    assert_whole(place.path());
}

/// Sends a request, whose answer is not read yet.
fn asked(server: &Server, shown: &str, method: &str, path: &str, head: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    write!(
        stream,
        "{method} /v1/companies/{path} HTTP/1.1\r\nHost: switchboard\r\nAuthorization: Bearer {shown}\r\n{head}\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    stream
}

/// A request for the feed: as a stream, or as a long poll of a minute.
fn follows(server: &Server, shown: &str, how: &str) -> TcpStream {
    let (query, accept) = if how == "waits" { ("&wait_ms=60000", "*/*") } else { ("", "text/event-stream") };
    let path = format!("acme/events?after=latest{query}");
    asked(server, shown, "GET", &path, &format!("Accept: {accept}\r\n"), "")
}

/// Waits until the answer has begun, because the caller is admitted by then.
fn begins(stream: &TcpStream) {
    wait_until("an answer", || stream.peek(&mut [0; 12]).is_ok_and(|count| count == 12));
}

/// Checks the end of each follower and its time: a stream ends, and a long poll is answered.
fn ended(followers: Vec<(String, TcpStream)>, since: Instant) {
    for (who, mut stream) in followers {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap_or_else(|error| panic!("{who} goes on: {error}: {answer}"));
        let status = if who.ends_with("waits") { "HTTP/1.1 401 " } else { "HTTP/1.1 200 " };
        assert!(answer.starts_with(status), "{who}: {answer}");
        // Two seconds, and the delay of a busy machine.
        assert!(since.elapsed() < Duration::from_secs(10), "{who}: {:?}", since.elapsed());
    }
}

#[test]
fn what_a_key_or_a_token_was_let_in_for_ends_with_it() {
    let place = tempfile::tempdir().unwrap();
    let crm = made(place.path(), "crm", "read", &[]);
    let server = Plan::new(place.path()).start();
    server.set_company("acme", &json!({}));
    let both =
        |who: &str, shown: &str| ["streams", "waits"].map(|how| (format!("{who} {how}"), follows(&server, shown, how)));
    let (others, of_key) = (both("settings", API_KEY), both("crm", &crm));
    // Both callers are admitted by then.
    begins(&of_key[0].1);
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(key(place.path(), &["revoke", "crm"]).code, Some(0));
    ended(of_key.into(), Instant::now());
    // A second, and the leeway for expiry.
    let expires = Instant::now() + Duration::from_secs(1 + 5);
    let mut brief = switchboard(&["token", "--role", "admin", "--sub", "olga", "--company", "acme", "--ttl-s", "1"]);
    let brief = run(brief.env("SWITCHBOARD_JWT_SECRET", SECRET)).out;
    ended(both("olga", brief.trim()).into(), expires);
    let [_, (_, waits)] = others;
    waits.set_nonblocking(true).unwrap();
    let heard = waits.peek(&mut [0]);
    assert!(heard.as_ref().is_err_and(|error| error.kind() == ErrorKind::WouldBlock), "others go on: {heard:?}");
}

/// Reads an answer, at a megabyte a second until it may hurry; returns it and the time of its end.
fn read_slowly(mut answer: TcpStream, may_hurry: &AtomicBool) -> (String, Instant) {
    let (mut heard, mut bytes) = (Vec::new(), vec![0; 64 * 1024]);
    loop {
        match answer.read(&mut bytes).unwrap() {
            0 => return (String::from_utf8_lossy(&heard).into_owned(), Instant::now()),
            count => heard.extend_from_slice(&bytes[..count]),
        }
        if !may_hurry.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(60));
        }
    }
}

#[test]
fn an_export_ends_with_the_key_and_with_the_person_who_is_shut_out() {
    let place = tempfile::tempdir().unwrap();
    let crm = made(place.path(), "crm", "manage", &[]);
    let server = Plan::new(place.path()).start();
    // Twelve megabytes of employees, and as many of events.
    let topics: Vec<String> = (0..64).map(|topic| format!("{topic:0>120}")).collect();
    let file: String =
        (0..1500).map(|id| json!({ "id": id.to_string(), "topics": topics }).to_string() + "\n").collect();
    for company in ["acme", "globex"] {
        server.set_company(company, &json!({}));
        let path = format!("{company}/employees/import");
        let mut import = asked(&server, API_KEY, "POST", &path, "Content-Type: application/x-ndjson\r\n", &file);
        let mut answer = String::new();
        import.read_to_string(&mut answer).unwrap();
        assert!(answer.contains(r#""created":1500"#), "{answer}");
    }
    let olga = ["--role", "admin", "--sub", "olga", "--company", "globex", "--scope", "manage"];
    let olga = run(switchboard(&["token"]).args(olga).env("SWITCHBOARD_JWT_SECRET", SECRET)).out;
    let is_over = Arc::new(AtomicBool::new(false));
    let exports = [("acme", crm.as_str()), ("globex", olga.trim())].map(|(company, shown)| {
        let export = asked(&server, shown, "GET", &format!("{company}/export?events=true"), "", "");
        begins(&export);
        let is_over = is_over.clone();
        std::thread::spawn(move || read_slowly(export, &is_over))
    });
    assert_eq!(key(place.path(), &["revoke", "crm"]).code, Some(0));
    assert_eq!(status(&server, API_KEY, "DELETE", "/v1/companies/globex"), 204);
    // Two seconds, and the delay of a busy machine.
    let (revoked, at_most) = (Instant::now(), Duration::from_secs(2 + 8));
    std::thread::sleep(Duration::from_secs(2));
    is_over.store(true, Ordering::Relaxed);
    for export in exports {
        let (answer, ended) = export.join().unwrap();
        let took = ended.saturating_duration_since(revoked);
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains(r#""kind":"employee""#), "{:.200}", answer);
        assert!(!answer.contains(r#""kind":"end""#), "it is cut");
        assert!(took < at_most, "{took:?} for {} bytes", answer.len());
    }
}

#[test]
fn a_server_needs_no_key_of_the_settings_when_one_was_made_and_says_so_when_nobody_could_call() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let mut plan = Plan::new(&data);
    plan.settings.retain(|(name, _)| *name != "SWITCHBOARD_API_KEY");
    let nobody = run(&mut plan.command());
    assert!(nobody.code == Some(2) && nobody.err.contains("switchboard key create"), "{nobody:?}");
    assert!(!data.exists(), "a refused start leaves nothing behind");
    let only = made(&data, "only", "read", &["--days", "1"]);
    let mut server = plan.start();
    assert_eq!(status(&server, &only, "GET", "/v1/companies"), 200);
    assert!(why_not(&server, API_KEY).contains("neither a known API key"));
    server.stop();
    assert_eq!(key(&data, &["revoke", "only"]).code, Some(0));
    let nobody = run(&mut plan.command());
    assert!(nobody.code == Some(2) && nobody.err.contains("`api_key`"), "{nobody:?}");
}

#[test]
fn a_check_of_the_settings_says_when_nobody_could_call() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let checked = |more: &[(&str, &str)]| {
        let mut check = switchboard(&["config", "check", "--data"]);
        let checked = run(check.arg(&data).env("SWITCHBOARD_JWT_SECRET", SECRET).envs(more.iter().copied()));
        assert_eq!(checked.code, Some(0), "{checked:?}");
        checked.out
    };
    assert!(checked(&[]).contains("there is no API key yet"));
    assert!(!data.exists(), "looking makes nothing");
    assert!(!checked(&[("SWITCHBOARD_API_KEY", API_KEY)]).contains("no API key"));
    made(&data, "only", "read", &[]);
    assert!(!checked(&[]).contains("no API key"));
    assert_eq!(key(&data, &["revoke", "only"]).code, Some(0));
    assert!(checked(&[]).contains("there is no API key yet"));
}

#[test]
fn a_key_does_what_its_scope_says_and_no_more() {
    let place = tempfile::tempdir().unwrap();
    let (read, operate, manage) = (
        made(place.path(), "read", "read", &[]),
        made(place.path(), "operate", "operate", &[]),
        made(place.path(), "manage", "manage", &[]),
    );
    let server = Plan::new(place.path()).start();
    server.set_company("acme", &json!({}));
    assert_eq!(server.ask("PUT", "/v1/companies/acme/employees/ann", "").0, 201);
    let booking = "/v1/companies/acme/bookings/01890000-0000-7000-8000-000000000000";
    let session = "/v1/companies/acme/sessions/01890000-0000-7000-8000-000000000000";
    let company = "/v1/companies/acme";
    for path in ["", "/availability", "/employees", "/employees/ann", "/bookings", "/sessions"] {
        for key in [&read, &operate, &manage] {
            assert_eq!(status(&server, key, "GET", &format!("{company}{path}")), 200, "{path}");
        }
    }
    for path in [booking, session, &format!("{session}/messages")] {
        assert_eq!(status(&server, &read, "GET", path), 404, "it may look, and there is nothing: {path}");
    }
    let status_of_ann = "/v1/companies/acme/employees/ann/status";
    for (path, answer) in
        [(format!("{booking}/cancel"), 404), (format!("{session}/end"), 404), (status_of_ann.into(), 422)]
    {
        forbidden(&server, &read, "POST", &path, "operate");
        assert_eq!(status(&server, &operate, "POST", &path), answer, "it may, if there was anything to do: {path}");
    }
    for (method, path) in [
        ("PUT", company),
        ("PATCH", company),
        ("DELETE", company),
        ("PUT", "/v1/companies/acme/employees/ann"),
        ("PATCH", "/v1/companies/acme/employees/ann"),
        ("DELETE", "/v1/companies/acme/employees/ann"),
        ("GET", "/v1/audit"),
        ("POST", company),
    ] {
        forbidden(&server, &read, method, path, "manage");
        forbidden(&server, &operate, method, path, "manage");
    }
    assert_eq!(status(&server, &manage, "DELETE", "/v1/companies/acme/employees/ann"), 204);
    assert_eq!(status(&server, &read, "GET", "/v1/nowhere"), 404);
}

#[test]
fn a_key_for_some_companies_sees_them_alone() {
    let place = tempfile::tempdir().unwrap();
    let some = made(place.path(), "some", "manage", &["--company", "acme", "--company", "new"]);
    let server = Plan::new(place.path()).start();
    for company in ["acme", "globex", "initech"] {
        server.set_company(company, &json!({}));
    }
    let listed = |key: &str| {
        let (status, body) = server.ask_with(key, "GET", "/v1/companies", "");
        assert_eq!(status, 200, "{body}");
        let body: Value = serde_json::from_str(&body).unwrap();
        body["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(listed(API_KEY), ["acme", "globex", "initech"]);
    assert_eq!(listed(&some), ["acme"]);
    for (method, path) in [("GET", "/v1/companies/globex"), ("DELETE", "/v1/companies/globex/employees/x")] {
        let scope = if method == "GET" { "read" } else { "manage" };
        forbidden(&server, &some, method, path, scope);
        forbidden(&server, &some, method, &path.replace("globex", "%67lobex"), scope);
    }
    forbidden(&server, &some, "GET", "/v1/audit?company=globex", "manage");
    assert_eq!(status(&server, &some, "PUT", "/v1/companies/new"), 201);
    assert_eq!(listed(&some), ["acme", "new"]);
    let (_, seen) = server.ask_with(&some, "GET", "/v1/audit", "");
    assert!(!seen.contains("globex") && seen.contains("/v1/companies/acme") && seen.contains("/v1/companies/new"));
}

fn audit(server: &Server, query: &str) -> (Vec<Value>, Value) {
    let (status, body) = server.ask("GET", &format!("/v1/audit{query}"), "");
    assert_eq!(status, 200, "{body}");
    let mut body: Value = serde_json::from_str(&body).unwrap();
    (body["items"].as_array().unwrap().clone(), body["next"].take())
}

#[test]
fn every_change_is_listed_with_who_did_it_and_how_it_went_and_without_what_was_sent() {
    let place = tempfile::tempdir().unwrap();
    let crm = made(place.path(), "crm", "manage", &[]);
    let mut server = Plan::new(place.path()).start();
    let named = json!({ "name": "A secret name" }).to_string();
    assert_eq!(server.ask_with(&crm, "PUT", "/v1/companies/acme", &named).0, 201);
    assert_eq!(server.ask("PUT", "/v1/companies/acme/employees/ann", "{").0, 422);
    assert_eq!(server.ask("DELETE", "/v1/companies/acme/employees/ann", "").0, 204);
    assert_eq!(server.ask("GET", "/v1/companies/acme", "").0, 200);
    let (items, next) = audit(&server, "");
    let shown: Vec<_> = items
        .iter()
        .map(|item| (item["method"].as_str().unwrap(), item["key"]["name"].as_str().unwrap(), item["status"].as_u64()))
        .collect();
    let expected = [
        ("DELETE", "settings", Some(204)),
        ("PUT", "settings", Some(422)),
        ("PUT", "crm", Some(201)),
        ("COMMAND", "command line", Some(201)),
    ];
    assert_eq!((shown.as_slice(), &next), (expected.as_slice(), &Value::Null));
    assert_eq!(items[2]["route"], "/v1/companies/{company}");
    assert_eq!((&items[2]["target"], &items[2]["company"]), (&json!("/v1/companies/acme"), &json!("acme")));
    assert_eq!((&items[2]["address"], &items[2]["request_id"]), (&json!("127.0.0.1"), &items[2]["id"]));
    assert_eq!(items[3]["target"], items[2]["key"]["id"]);
    assert!(!json!(items).to_string().contains("secret"), "{items:?}");
    let (first, next) = audit(&server, "?limit=1");
    let (second, _) = audit(&server, &format!("?limit=1&after={}", next.as_str().unwrap()));
    assert_eq!((&first[0], &second[0]), (&items[0], &items[1]));
    assert_eq!(audit(&server, "?key=crm").0, items[2..3]);
    assert_eq!(audit(&server, "?company=acme").0, items[..3]);
    assert_eq!(audit(&server, "?to=2020-01-01T00:00:00Z").0, Vec::<Value>::new());
    assert_eq!(server.ask("GET", "/v1/audit?after=x", "").0, 422);
    server.kill();
    server.restart();
    assert_eq!(audit(&server, "").0, items, "what was answered is in the list after a kill");
}

#[test]
fn what_a_key_was_refused_is_listed_as_an_attempt_and_never_so_often_that_the_list_is_full_of_it() {
    let place = tempfile::tempdir().unwrap();
    let looks = made(place.path(), "looks", "read", &[]);
    let some = made(place.path(), "some", "manage", &["--company", "acme"]);
    let server = Plan::new(place.path()).start();
    forbidden(&server, &looks, "DELETE", "/v1/companies/acme", "manage");
    forbidden(&server, &looks, "GET", "/v1/companies/acme/export", "manage");
    forbidden(&server, &some, "PUT", "/v1/companies/globex", "manage");
    forbidden(&server, &some, "GET", "/metrics", "read");
    assert_eq!(status(&server, &looks, "GET", "/v1/nowhere"), 404);
    let listed = |query: &str| {
        let lines = audit(&server, query).0.into_iter().filter(|line| line["method"] != "COMMAND");
        let said = |line: &Value, field: &str| line[field].as_str().unwrap_or("none").to_owned();
        lines
            .map(|line| {
                assert_eq!(line["status"], 403, "{line}");
                [said(&line["key"], "name"), said(&line, "method"), said(&line, "target"), said(&line, "company")]
            })
            .collect::<Vec<_>>()
    };
    let expected = [
        ["some", "GET", "/metrics", "none"],
        ["some", "PUT", "/v1/companies/globex", "globex"],
        ["looks", "GET", "/v1/companies/acme/export", "acme"],
        ["looks", "DELETE", "/v1/companies/acme", "acme"],
    ];
    assert_eq!(listed(""), expected);
    let began = Instant::now();
    for _ in 0..200 {
        assert_eq!(status(&server, &looks, "DELETE", "/v1/companies/acme"), 403, "it is refused all the same");
    }
    let seconds = usize::try_from(began.elapsed().as_secs()).unwrap();
    let lines = listed("?key=looks&limit=500").len();
    assert!((20..=22 + seconds).contains(&lines), "{lines} lines in {seconds} seconds");
}

#[test]
fn keys_are_made_beside_a_server_under_load_and_nothing_is_lost() {
    let place = tempfile::tempdir().unwrap();
    let mut server = Plan::new(place.path()).start();
    std::thread::scope(|scope| {
        let keys = scope.spawn(|| {
            for n in 0..8 {
                made(place.path(), &format!("k{n}"), "read", &[]);
            }
        });
        for n in 0..200 {
            server.set_company(&format!("c{n}"), &json!({}));
        }
        keys.join().unwrap();
    });
    assert_eq!(key(place.path(), &["list"]).out.lines().count(), 8);
    assert_eq!(audit(&server, "?limit=500").0.len(), 208);
    server.stop();
    assert_whole(place.path());
}

#[test]
fn a_kill_in_the_midst_of_changes_leaves_none_without_its_line() {
    let place = tempfile::tempdir().unwrap();
    let mut server = Plan::new(place.path()).start();
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let requests: String = (0..400)
        .map(|n| {
            format!(
                "PUT /v1/companies/c{n} HTTP/1.1\r\nHost: switchboard\r\nAuthorization: Bearer {API_KEY}\r\n\
                 Content-Length: 0\r\n\r\n"
            )
        })
        .collect();
    stream.write_all(requests.as_bytes()).unwrap();
    let mut answers = Vec::new();
    while String::from_utf8_lossy(&answers).matches("HTTP/1.1 201").count() < 20 {
        let mut more = [0; 1024];
        let bytes = stream.read(&mut more).unwrap();
        assert!(bytes > 0, "it answers");
        answers.extend_from_slice(&more[..bytes]);
    }
    server.kill();
    server.restart();
    let lines: BTreeSet<String> =
        audit(&server, "?limit=500").0.iter().map(|line| line["company"].as_str().unwrap().to_owned()).collect();
    let made: Value = serde_json::from_str(&server.ask("GET", "/v1/companies?limit=500", "").1).unwrap();
    let made: Vec<_> = made["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
    println!("{} companies of 400 were made before the kill, {} lines", made.len(), lines.len());
    assert!(made.len() >= 20 && made.iter().all(|company| lines.contains(*company)), "{made:?} {lines:?}");
}

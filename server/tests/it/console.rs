//! The pages as the built server serves them: each file with its headers, or the reason why there are none.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::server::{Plan, Server};

/// An answer, with the names of its headers in lower case.
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    /// The value of a header, which may occur only once.
    fn header(&self, name: &str) -> &str {
        let mut values = self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value);
        let value = values.next();
        assert_eq!(values.next(), None, "{name} is there once");
        value.map_or("", |value| value)
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.text()))
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Sends one request, with `more` lines in its head.
fn ask(server: &Server, method: &str, path: &str, more: &str) -> Answer {
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let host = if more.starts_with("Host:") { "" } else { "Host: 127.0.0.1\r\n" };
    write!(stream, "{method} {path} HTTP/1.1\r\n{host}{more}Connection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let (status, headers) = head.split_once("\r\n").unwrap();
    let headers = headers.lines().filter_map(|line| line.split_once(": "));
    Answer {
        status: status.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status"),
        headers: headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect(),
        body: answer[end + 4..].to_vec(),
    }
}

fn get(server: &Server, path: &str) -> Answer {
    ask(server, "GET", path, "")
}

fn start(settings: &[(&'static str, &str)]) -> (tempfile::TempDir, Server) {
    let place = tempfile::tempdir().unwrap();
    let plan = settings.iter().fold(Plan::new(place.path()), |plan, (name, value)| plan.with(name, value));
    let server = plan.start();
    (place, server)
}

const DEV: (&str, &str) = ("SWITCHBOARD_DEV", "true");
const OFF: (&str, &str) = ("SWITCHBOARD_CONSOLE", "false");

/// Fails unless every page is missing and the answer says why.
fn assert_without_pages(server: &Server, why: &str) {
    for path in ["/desk", "/desk/", "/board", "/book/acme", "/assets/page.js", "/embed.js", "/worker.js", "/icon.svg"] {
        let answer = get(server, path);
        assert_eq!((answer.status, &answer.json()["reason"]), (404, &json!("unknown_route")), "{path}");
        assert!(answer.json()["detail"].as_str().unwrap().contains(why), "{path}: {}", answer.text());
    }
}

#[test]
fn pages_that_are_turned_off_are_not_there_and_it_is_said_why() {
    let (_place, server) = start(&[OFF]);
    assert_without_pages(&server, if cfg!(feature = "console") { "`console` enables them" } else { "`make console`" });
    let (_place, server) = start(&[OFF, DEV]);
    let answer = get(&server, "/");
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/plain; charset=utf-8"));
    assert!(answer.text().contains("switchboard demo") && answer.text().contains("`console`"), "{}", answer.text());
}

#[cfg(not(feature = "console"))]
#[test]
fn a_binary_that_was_built_without_pages_says_how_to_build_them() {
    let (_place, server) = start(&[]);
    assert_without_pages(&server, "`make console`");
    let (_place, server) = start(&[DEV]);
    assert!(get(&server, "/").text().contains("`make console`"));
}

#[cfg(feature = "console")]
#[test]
fn an_address_that_leads_nowhere_is_a_page_for_people_and_a_problem_for_programs() {
    let (_place, server) = start(&[]);
    let browser = "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n";
    for path in ["/dashboard", "/", "/book/a%20b", "/desk/x"] {
        let page = ask(&server, "GET", path, browser);
        assert_eq!((page.status, page.header("content-type")), (404, "text/html; charset=utf-8"), "{path}");
        assert!(page.text().contains("id=\"page\""), "{path}");
        let problem = get(&server, path);
        assert_eq!((problem.status, &problem.json()["reason"]), (404, &json!("unknown_route")), "{path}");
    }
    let program = ask(&server, "GET", "/v1/nothing", browser);
    assert_ne!(program.header("content-type"), "text/html; charset=utf-8", "under `/v1` are programs");
    let (_place, server) = start(&[OFF]);
    assert_eq!(ask(&server, "GET", "/dashboard", browser).json()["reason"], json!("unknown_route"));
}

#[test]
fn the_people_of_the_demo_are_shown_in_dev_alone_and_to_this_machine_alone() {
    let (_place, server) = start(&[]);
    for path in ["/", "/dev/people"] {
        let answer = get(&server, path);
        assert_eq!((answer.status, &answer.json()["reason"]), (404, &json!("unknown_route")), "{path}");
    }
    let (_place, server) = start(&[DEV]);
    let answer = get(&server, "/dev/people");
    assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"));
    assert!(!answer.headers.iter().any(|(name, _)| name.starts_with("access-control")), "no other page may read it");
    let shown = answer.json();
    assert_eq!(shown["company"]["id"], "demo");
    let people = shown["people"].as_array().unwrap();
    let names: Vec<_> =
        people.iter().map(|one| (one["role"].as_str().unwrap(), one["name"].as_str().unwrap())).collect();
    let known = [
        ("employee", "Erika"),
        ("employee", "Max"),
        ("client", "Alice Miller"),
        ("client", "Bob Tanner"),
        ("admin", "Olga"),
    ];
    assert_eq!(names, known);
    for one in people {
        assert!(one["expires_in_s"].as_u64().unwrap() > 3600, "{one}");
        let token = one["token"].as_str().unwrap();
        let more = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        assert_eq!(upgrade(&server, token, more), 101, "{one}");
    }
    let stranger = ask(&server, "GET", "/dev/people", "Host: evil.example\r\n");
    assert_eq!((stranger.status, &stranger.json()["reason"]), (403, &json!("forbidden")));
}

/// The status of a socket's handshake.
fn upgrade(server: &Server, token: &str, more: &str) -> u16 {
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let path = format!("/socket/websocket?vsn=2.0.0&token={token}");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n{more}\r\n").unwrap();
    let mut status = [0; 12];
    stream.read_exact(&mut status).unwrap();
    String::from_utf8_lossy(&status[9..]).parse().unwrap()
}

#[cfg(feature = "console")]
mod built {
    //! Pages and files that exist when the pages were built in.

    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    use super::{Answer, DEV, Server, ask, get, start};

    const PAGES: [(&str, &str); 7] = [
        ("/desk", "desk.html"),
        ("/desk/", "desk.html"),
        ("/board", "board.html"),
        ("/board/", "board.html"),
        ("/book/acme", "book.html"),
        ("/book/acme/", "book.html"),
        ("/", "index.html"),
    ];
    const GZIP: &str = "Accept-Encoding: gzip, br\r\n";

    fn dist() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../console/dist")
    }

    fn names_in(place: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(place).unwrap().map(Result::unwrap);
        entries.filter(|entry| entry.path().is_file()).map(|entry| entry.file_name().into_string().unwrap()).collect()
    }

    /// Every path with its file: the pages, and each file under its own name.
    fn everything() -> Vec<(String, PathBuf)> {
        let dist = dist();
        let pages = PAGES.iter().map(|(path, file)| ((*path).to_owned(), dist.join(file)));
        let top = names_in(&dist).into_iter().filter(|name| !name.ends_with(".html"));
        let top = top.map(|name| (format!("/{name}"), dist.join(&name)));
        let assets = names_in(&dist.join("assets"));
        let assets = assets.into_iter().map(|name| (format!("/assets/{name}"), dist.join("assets").join(&name)));
        pages.chain(top).chain(assets).filter(|(path, _)| !path.ends_with(".gz")).collect()
    }

    fn compressed(file: &Path) -> PathBuf {
        PathBuf::from(format!("{}.gz", file.display()))
    }

    #[test]
    fn every_file_that_was_built_is_served_as_what_it_is() {
        let (_place, server) = start(&[DEV]);
        for (path, file) in everything() {
            let answer = get(&server, &path);
            assert_eq!((answer.status, &answer.body), (200, &std::fs::read(&file).unwrap()), "{path}");
            let kind = match file.extension().and_then(|end| end.to_str()).unwrap() {
                "html" => "text/html; charset=utf-8",
                "js" => "text/javascript; charset=utf-8",
                "css" => "text/css; charset=utf-8",
                "webmanifest" => "application/manifest+json",
                "svg" => "image/svg+xml",
                "png" => "image/png",
                "woff2" => "font/woff2",
                other => panic!("{path}: nobody thought of `.{other}`"),
            };
            assert_eq!(answer.header("content-type"), kind, "{path}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
            assert_eq!(answer.header("content-encoding"), "", "{path}: nobody asked for gzip");
        }
        for path in ["/desk.html", "/index.html", "/assets/none.js", "/assets/", "/assets/../desk.html", "/desk/none"] {
            assert_eq!(get(&server, path).status, 404, "{path}");
        }
        for path in ["/book/a%20b", "/book/%ff", "/book/a:b", "/book/", "/book"] {
            assert_eq!(get(&server, path).status, 404, "{path} names no company that there could be");
        }
    }

    #[test]
    fn what_is_kept_for_good_has_a_name_of_its_own_and_all_else_is_asked_for_again() {
        let (_place, server) = start(&[DEV]);
        for (path, _) in everything() {
            let answer = get(&server, &path);
            let kept = if path.starts_with("/assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
            assert_eq!(answer.header("cache-control"), kept, "{path}");
            let tag = answer.header("etag").to_owned();
            assert!(tag.starts_with('"') && tag.len() > 10, "{path}: {tag} is strong");
            let again = ask(&server, "GET", &path, &format!("If-None-Match: W/{tag}\r\n"));
            assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
            assert_eq!((again.header("etag"), again.header("cache-control")), (tag.as_str(), kept), "{path}");
            let changed = ask(&server, "GET", &path, "If-None-Match: \"other\"\r\n");
            assert_eq!((changed.status, &changed.body), (200, &answer.body), "{path}");
            let head = ask(&server, "HEAD", &path, "");
            assert_eq!((head.status, head.body.len(), head.header("etag")), (200, 0, tag.as_str()), "{path}");
            assert_eq!(head.header("content-length"), answer.body.len().to_string(), "{path}");
        }
    }

    #[test]
    fn whoever_takes_gzip_gets_what_was_compressed_when_it_was_built() {
        let (_place, server) = start(&[DEV]);
        let mut kinds = BTreeSet::new();
        for (path, file) in everything() {
            let (plain, answer) = (get(&server, &path), ask(&server, "GET", &path, GZIP));
            let Ok(small) = std::fs::read(compressed(&file)) else {
                assert_eq!((answer.header("content-encoding"), answer.header("vary")), ("", ""), "{path}");
                continue;
            };
            kinds.insert(file.extension().unwrap().to_owned());
            assert_eq!((answer.status, answer.header("content-encoding")), (200, "gzip"), "{path}");
            assert_eq!(answer.body, small, "{path}");
            assert_eq!(answer.header("content-type"), plain.header("content-type"), "{path}");
            assert_ne!(answer.header("etag"), plain.header("etag"), "{path}: other bytes have another tag");
            for one in [&answer, &plain] {
                assert_eq!(one.header("vary"), "accept-encoding", "{path}");
            }
            let unpacked = Command::new("gzip").arg("-dc").arg(compressed(&file)).output().unwrap();
            assert_eq!(unpacked.stdout, plain.body, "{path} is the same in both");
            let name = compressed(file.strip_prefix(dist()).unwrap());
            assert_eq!(get(&server, &format!("/{}", name.display())).status, 404, "{path}: it is no file of its own");
        }
        for kind in ["html", "js", "css"] {
            assert!(kinds.iter().any(|known| known == kind), "the build compresses `.{kind}`");
        }
    }

    fn policy(answer: &Answer, directive: &str) -> String {
        let policy = answer.header("content-security-policy");
        let found = policy.split("; ").find_map(|part| part.strip_prefix(directive)?.strip_prefix(' '));
        found.unwrap_or_else(|| panic!("{directive} is in {policy}")).to_owned()
    }

    #[test]
    fn a_page_runs_nothing_but_what_comes_from_this_server() {
        let (_place, server) = start(&[DEV]);
        for (path, _) in PAGES {
            let answer = get(&server, path);
            let whole = answer.header("content-security-policy");
            assert!(!whole.contains("unsafe") && !whole.contains("http"), "{path}: {whole}");
            assert_eq!(policy(&answer, "default-src"), "'none'", "{path}");
            for directive in ["script-src", "style-src", "connect-src", "worker-src"] {
                assert_eq!(policy(&answer, directive), "'self'", "{path} {directive}");
            }
            assert_html_is_without_scripts_and_styles(path, &answer.text());
        }
    }

    /// The content security policy would block inline scripts and styles, so that a page with any would not work.
    fn assert_html_is_without_scripts_and_styles(path: &str, html: &str) {
        let html = html.to_lowercase();
        for script in html.split("<script").skip(1) {
            let (attributes, inside) = script.split_once('>').unwrap();
            assert!(attributes.contains(" src="), "{path}: <script{attributes}>");
            assert!(inside.trim_start().starts_with("</script>"), "{path}: a script within the page: {inside}");
        }
        assert!(!html.contains("<style") && !html.contains("javascript:"), "{path}: {html}");
        for tag in html.split('<').filter_map(|part| part.split('>').next()).filter(|tag| !tag.starts_with("!--")) {
            let words: Vec<&str> = tag.split_whitespace().skip(1).collect();
            let runs = words.iter().any(|word| word.starts_with("style=") || is_handler(word));
            assert!(!runs, "{path}: <{tag}>");
        }
    }

    fn is_handler(word: &str) -> bool {
        let name = word.split_once('=').and_then(|(name, _)| name.strip_prefix("on"));
        name.is_some_and(|name| name.chars().all(|letter| letter.is_ascii_lowercase()))
    }

    fn ancestors(server: &Server, path: &str) -> String {
        policy(&get(server, path), "frame-ancestors")
    }

    #[test]
    fn the_clients_page_is_shown_in_any_as_long_as_none_is_named_and_the_others_in_their_own_alone() {
        let (_place, server) = start(&[DEV]);
        for (path, shown_by) in [("/book/acme", "*"), ("/desk", "'self'"), ("/board", "'self'"), ("/", "'self'")] {
            assert_eq!(ancestors(&server, path), shown_by, "{path}");
        }
        let origins = "https://app.example,https://b.example:8443";
        let (_place, server) = start(&[DEV, ("SWITCHBOARD_ALLOWED_ORIGINS", origins)]);
        for path in ["/book/acme", "/desk", "/board"] {
            assert_eq!(ancestors(&server, path), "'self' https://app.example https://b.example:8443", "{path}");
        }
        assert_eq!(ancestors(&server, "/"), "'self'");
    }

    #[test]
    fn the_desk_has_the_camera_for_itself_and_the_clients_page_what_it_is_lent() {
        let (_place, server) = start(&[]);
        let permissions = |path: &str| get(&server, path).header("permissions-policy").to_owned();
        for thing in ["camera", "microphone", "display-capture", "screen-wake-lock"] {
            assert!(permissions("/desk").contains(&format!("{thing}=(self)")), "{thing}");
            assert!(permissions("/book/acme").contains(&format!("{thing}=*")), "{thing}");
        }
        assert!(permissions("/board").contains("camera=(), microphone=()"));
    }

    #[test]
    fn other_pages_may_take_what_is_made_for_them_and_nothing_else() {
        let (_place, server) = start(&[]);
        let readers = |path: &str| get(&server, path).header("cross-origin-resource-policy").to_owned();
        assert_eq!((readers("/embed.js"), readers("/book/acme")), ("cross-origin".into(), "cross-origin".into()));
        for (path, _) in everything() {
            let answer = get(&server, &path);
            let shared = answer.header("access-control-allow-origin");
            assert_eq!(shared, if path == "/embed.js" { "*" } else { "" }, "{path}");
            if !path.starts_with("/book/") && path != "/embed.js" && path != "/" {
                assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin", "{path}");
            }
        }
    }

    #[test]
    fn however_many_pages_are_asked_for_the_metrics_name_routes_and_not_what_strangers_wrote() {
        let (_place, server) = start(&[]);
        for path in ["/book/anna-secret", "/assets/anna-secret.js", "/anna-secret", "/desk"] {
            get(&server, path);
        }
        let (_, metrics) = server.ask("GET", "/metrics", "");
        assert!(metrics.contains("route=\"/book/{company}\"") && metrics.contains("route=\"/assets/{*file}\""));
        assert!(!metrics.contains("anna-secret"), "{metrics}");
    }
}

#[test]
fn who_must_sign_in_is_sent_to_the_app_and_told_where_to_come_back() {
    let (_place, server) = start(&[("SWITCHBOARD_SIGN_IN_URL", "https://app.example/sign-in?tenant=7")]);
    let sent = get(&server, "/sign-in?to=/book/acme");
    assert_eq!((sent.status, sent.header("cache-control")), (303, "no-store"));
    assert_eq!(sent.header("location"), "https://app.example/sign-in?tenant=7&return_to=%2Fbook%2Facme");
    for elsewhere in ["", "?to=", "?to=//evil.example", "?to=https://evil.example/desk", "?to=/desk&and=more"] {
        let refused = get(&server, &format!("/sign-in{elsewhere}"));
        assert!(matches!(refused.status, 400 | 422), "{elsewhere}: {}", refused.status);
    }
    let (_place, server) = start(&[]);
    assert_eq!(get(&server, "/sign-in?to=/desk").status, 204);
}

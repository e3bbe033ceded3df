//! The built server as a child process: started, killed, restarted and ended, with all of its output kept.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The secret that signs all tokens of these tests.
pub const SECRET: &str = "a secret for tests, and longer than 32 bytes";
/// The key that opens the HTTP API.
pub const API_KEY: &str = "the-key-of-the-tests";
/// The longest start, answer over HTTP or end on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
const LISTENING: &str = "switchboard: listening on ";

/// A command of the binary under test, without settings from the environment.
pub fn switchboard(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SWITCHBOARD_")) {
        command.env_remove(name);
    }
    command.args(arguments).env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

/// How a command ended, and its output.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Ended {
    let mut running = Running::start(command);
    let status = running.wait(PATIENCE);
    let (out, err) = running.said();
    Ended { code: status.code(), out, err }
}

/// Runs `switchboard check` on a data directory.
pub fn check(data: &Path) -> Ended {
    run(switchboard(&["check", "--data"]).arg(data))
}

/// Fails unless the store is whole.
pub fn assert_whole(data: &Path) {
    let checked = check(data);
    assert!(checked.code == Some(0) && checked.out.contains("no differences"), "{checked:?}");
}

/// A child process with its output.
struct Running {
    child: Arc<Mutex<Child>>,
    out: Heard,
    err: Heard,
    lines: Receiver<String>,
}

struct Heard {
    text: Arc<Mutex<String>>,
    thread: Option<JoinHandle<()>>,
}

impl Heard {
    fn new(pipe: impl Read + Send + 'static, each: impl Fn(&str) + Send + 'static) -> Self {
        let text = Arc::new(Mutex::new(String::new()));
        let kept = text.clone();
        let thread = std::thread::spawn(move || {
            let mut lines = BufReader::new(pipe);
            let mut line = Vec::new();
            while lines.read_until(b'\n', &mut line).is_ok_and(|bytes| bytes > 0) {
                let said = String::from_utf8_lossy(&line).into_owned();
                kept.lock().unwrap().push_str(&said);
                each(said.trim_end());
                line.clear();
            }
        });
        Self { text, thread: Some(thread) }
    }

    fn all(&mut self) -> String {
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
        self.text.lock().unwrap().clone()
    }
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary can be run");
        let (line, lines) = channel();
        let out = Heard::new(child.stdout.take().unwrap(), move |said| {
            let _nobody_waits_any_more = line.send(said.to_owned());
        });
        let err = Heard::new(child.stderr.take().unwrap(), |_| {});
        Self { child: Arc::new(Mutex::new(child)), out, err, lines }
    }

    /// Waits for the end; a child that does not end is killed and fails the test.
    fn wait(&mut self, patience: Duration) -> ExitStatus {
        let deadline = Instant::now() + patience;
        loop {
            if let Some(status) = self.child.lock().unwrap().try_wait().unwrap() {
                return status;
            }
            if Instant::now() > deadline {
                self.kill();
                panic!("it did not end within {patience:?}: {:?}", self.said());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn kill(&mut self) {
        let mut child = self.child.lock().unwrap();
        // The child may have ended by itself.
        let _gone = child.kill();
        let _status = child.wait();
    }

    fn said(&mut self) -> (String, String) {
        (self.out.all(), self.err.all())
    }
}

/// The settings with which a server is started.
#[derive(Clone)]
pub struct Plan {
    pub data: PathBuf,
    pub listen: String,
    pub settings: Vec<(&'static str, String)>,
}

impl Plan {
    /// A plan with a free port and the tests' secrets, in which the server creates whatever valid tokens name.
    pub fn new(data: &Path) -> Self {
        let settings = vec![
            ("SWITCHBOARD_JWT_SECRET", SECRET.to_owned()),
            ("SWITCHBOARD_API_KEY", API_KEY.to_owned()),
            ("SWITCHBOARD_AUTO_PROVISION", "true".to_owned()),
            // A test has few people, who book a great deal.
            ("SWITCHBOARD_SEARCHES_PER_CLIENT_PER_S", "0".to_owned()),
        ];
        Self { data: data.to_owned(), listen: "127.0.0.1:0".to_owned(), settings }
    }

    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.settings.push((name, value.to_owned()));
        self
    }

    pub fn command(&self) -> Command {
        let mut command = switchboard(&["serve", "--listen", &self.listen, "--data"]);
        command.arg(&self.data).envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    pub fn start(&self) -> Server {
        Server::start(self.clone(), &mut self.command())
    }
}

/// A running server. Dropping it kills the process; an error in its log fails the test.
pub struct Server {
    plan: Plan,
    running: Running,
    pub address: SocketAddr,
    ended: bool,
}

impl Server {
    /// Starts the server, and waits until it says where it listens.
    pub fn start(plan: Plan, command: &mut Command) -> Self {
        let mut running = Running::start(command);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match running.lines.recv_timeout(left) {
                Ok(line) if line.starts_with(LISTENING) => {
                    let address = line.split_once("://").and_then(|(_, address)| address.parse().ok());
                    let address = address.expect("an address");
                    return Self { plan, running, address, ended: false };
                }
                Ok(_other) => {}
                Err(_) => {
                    running.kill();
                    panic!("it did not start: {:?}", running.said());
                }
            }
        }
    }

    pub fn id(&self) -> u32 {
        self.running.child.lock().unwrap().id()
    }

    /// Returns a function that sends SIGKILL; `kill` must still be called to wait for the end.
    pub fn killer(&self) -> impl FnOnce() + Send + 'static {
        let child = self.running.child.clone();
        move || child.lock().unwrap().kill().expect("the server runs")
    }

    /// Ends the server by SIGKILL, without any cleanup.
    pub fn kill(&mut self) {
        self.running.kill();
        self.finish();
    }

    /// Ends the server by SIGKILL; returns its log.
    pub fn killed_having_said(mut self) -> String {
        self.running.kill();
        self.ended = true;
        self.running.said().1
    }

    /// Ends the server by SIGTERM; returns the exit code and the log, errors included.
    pub fn stopped_having_said(mut self) -> (Option<i32>, String) {
        self.ask_to_stop();
        self.ended = true;
        let status = self.running.wait(PATIENCE);
        (status.code(), self.running.said().1)
    }

    /// Starts the server again with the same data, on a free port, because another process may use its old port by now.
    pub fn restart(&mut self) {
        assert!(self.ended, "it still runs");
        *self = self.plan.start();
    }

    /// Sends SIGTERM to the child, which was not waited for yet, so that the id is still its own.
    pub fn ask_to_stop(&self) {
        let asked = Command::new("kill").args(["-TERM", &self.id().to_string()]).status().unwrap();
        assert!(asked.success(), "SIGTERM could not be sent");
    }

    /// Waits for an end that was requested; returns the exit code.
    pub fn wait(&mut self, patience: Duration) -> Option<i32> {
        let status = self.running.wait(patience);
        self.finish();
        status.code()
    }

    /// Ends the server by SIGTERM, and waits for the end.
    pub fn stop(&mut self) {
        self.ask_to_stop();
        assert_eq!(self.wait(PATIENCE), Some(0));
    }

    fn finish(&mut self) {
        self.ended = true;
        let (_, err) = self.running.said();
        if std::thread::panicking() {
            eprintln!("--- what the server said ---\n{err}---");
        } else {
            assert!(!err.contains(" ERROR ") && !err.contains("panicked"), "an error in the server's log:\n{err}");
        }
    }

    /// One request with the API key; returns the status and the body.
    pub fn ask(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        self.ask_with(API_KEY, method, path, body)
    }

    /// One request with another key.
    pub fn ask_with(&self, key: &str, method: &str, path: &str, body: &str) -> (u16, String) {
        let (status, _, body) = self.ask_for_all(key, method, path, body);
        (status, body)
    }

    /// One request; returns the status, the head and the body.
    pub fn ask_for_all(&self, key: &str, method: &str, path: &str, body: &str) -> (u16, String, String) {
        let mut stream = TcpStream::connect_timeout(&self.address, PATIENCE).expect("the server listens");
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: switchboard\r\nAuthorization: Bearer {key}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("an HTTP status");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        (status, head.to_owned(), body.to_owned())
    }

    /// Creates a company, or changes its rules of time.
    pub fn set_company(&self, company: &str, settings: &serde_json::Value) {
        let body = serde_json::json!({ "name": company, "settings": settings }).to_string();
        let (status, answer) = self.ask("PUT", &format!("/v1/companies/{company}"), &body);
        assert!(status == 200 || status == 201, "{status} {answer}");
    }

    /// Waits until every entry is projected, because a list is answered only then.
    pub fn files(&self) {
        let (status, answer) = self.ask("GET", "/v1/companies", "");
        assert_eq!(status, 200, "{answer}");
    }

    pub fn is_ready(&self) -> bool {
        self.ask("GET", "/readyz", "").0 == 200
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !self.ended {
            self.kill();
        }
    }
}

/// Polls until the condition holds.
pub fn wait_until(what: &str, mut so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !so() {
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

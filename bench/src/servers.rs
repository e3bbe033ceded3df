//! Servers in processes of their own, and the load that is put on them from another core.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::rounds::cores;

/// How the relay writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Writes {
    /// A write for each frame.
    Each,
    /// One write for all that is ready.
    Together,
}

impl Writes {
    /// The value on the command line.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Each => "each",
            Self::Together => "together",
        }
    }
}

/// The secret that signs all tokens here.
pub(crate) const SECRET: &str = "a secret for measuring, never for anything else";
/// All limits per person, which are raised because a load is a few people who do a great deal.
const LIMITS: [&str; 5] = [
    "changes-per-person-per-s",
    "joins-per-person-per-s",
    "searches-per-client-per-s",
    "messages-per-person-per-s",
    "signals-per-person-per-s",
];

/// Interval at which a condition is checked while waiting.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// The longest wait for any condition.
const PATIENCE: Duration = Duration::from_secs(300);

/// A server under measurement. Dropping this kills the server, as `kill -9` does.
pub(crate) struct MeasuredServer {
    child: Child,
    address: String,
    started: Instant,
}

/// The cores that a program may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cores {
    /// That core alone, on a machine with two: a load should not take the server's core.
    Only(usize),
    /// All cores of the machine.
    All,
}

/// The kind of server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The relay, which only forwards frames.
    Relay(Writes),
    Switchboard,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Relay(Writes::Each) => "relay, a write for each frame",
            Self::Relay(Writes::Together) => "relay, what is ready in one write",
            Self::Switchboard => "switchboard, every answer committed",
        }
    }
}

impl MeasuredServer {
    /// Starts a server on the first core, where there are two, and waits until it listens.
    pub(crate) fn start(kind: Kind, data: &Path) -> Result<Self> {
        let command = match kind {
            Kind::Switchboard => serving(Cores::Only(0), "warn", data)?,
            Kind::Relay(writes) => {
                let mut command = on(Cores::Only(0), &built("bench")?);
                command.args(["relay", "--listen", "127.0.0.1:0", "--writes", writes.word()]);
                command
            }
        };
        Self::listening(command)
    }

    /// Starts the real server on all cores with its log in a file, and waits until it listens.
    pub(crate) fn start_on_all_cores(data: &Path, log: &Path) -> Result<Self> {
        let mut command = serving(Cores::All, "info", data)?;
        command.env("NO_COLOR", "1").stderr(std::fs::File::create(log)?);
        Self::listening(command)
    }

    fn listening(mut command: Command) -> Result<Self> {
        command.env("SWITCHBOARD_JWT_SECRET", SECRET).env("SWITCHBOARD_API_KEY", "measuring");
        let started = Instant::now();
        let mut child = command.stdout(Stdio::piped()).spawn().context("a server cannot be started")?;
        let line = first_line(&mut child)?;
        match line.split_once("http://") {
            Some((_, address)) => Ok(Self { child, address: address.to_owned(), started }),
            None => {
                child.kill()?;
                child.wait()?;
                bail!("a server did not say where it listens, but `{line}`")
            }
        }
    }

    /// The time since the server was started.
    pub(crate) fn age(&self) -> Duration {
        self.started.elapsed()
    }

    /// Waits until `/readyz` answers that the server is ready.
    pub(crate) fn ready(&self) -> Result<()> {
        until("a server is ready", || Ok(self.get("/readyz")?.starts_with("HTTP/1.1 200")))
    }

    /// Waits until the server has so many sockets open.
    pub(crate) fn has_sockets(&self, count: usize) -> Result<()> {
        let files = format!("/proc/{}/fd", self.child.id());
        // The store, the listener and the runtime have some files open besides.
        until("everybody is there", || Ok(std::fs::read_dir(&files)?.count() > count))
    }

    /// Waits until the server's log contains the words.
    pub(crate) fn has_said(&self, what: &str, log: &Path) -> Result<()> {
        until(what, || Ok(std::fs::read_to_string(log)?.contains(what)))
    }

    fn get(&self, path: &str) -> Result<String> {
        let mut stream = TcpStream::connect(&self.address)?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }

    /// Asks the server to stop, and waits until it has stopped.
    pub(crate) fn stop(mut self) -> Result<()> {
        let asked = Command::new("kill").args(["-s", "TERM", &self.child.id().to_string()]).status()?;
        ensure!(asked.success(), "a server cannot be asked to stop");
        ensure!(self.child.wait()?.success(), "a server did not stop cleanly");
        Ok(())
    }

    /// The server's CPU time so far, in seconds.
    pub(crate) fn cpu_s(&self) -> Result<f64> {
        cpu_s(self.child.id())
    }

    /// The server's resident memory, in bytes.
    pub(crate) fn resident_bytes(&self) -> Result<f64> {
        resident_bytes(&self.child.id().to_string())
    }

    /// Starts a load on the server, from the second core.
    pub(crate) fn load(&self, plan: &MeasuredLoad) -> Result<RunningLoad> {
        let json = plan.json.clone();
        let mut command = on(Cores::Only(1), &built("switchboard")?);
        command.args([
            "load",
            "--url",
            &format!("http://{}", self.address),
            "--server-pid",
            &self.child.id().to_string(),
        ]);
        command.args(["--companies", &plan.companies.to_string(), "--employees", &plan.employees.to_string()]);
        command.args(["--clients", &plan.clients.to_string(), "--duration", &ms(plan.duration)]);
        command.args(["--warm-up", &ms(plan.warm_up), "--session", &ms(plan.session), "--name", plan.name]);
        if let Some(rate) = plan.rate {
            command.args(["--rate", &rate.to_string()]);
        }
        if let Some(at_once) = plan.handshakes {
            command.args(["--handshakes", &at_once.to_string()]);
        }
        command.arg("--json").arg(&json).env("SWITCHBOARD_JWT_SECRET", SECRET);
        let child = command.stdout(Stdio::null()).spawn().context("the load cannot be started")?;
        Ok(RunningLoad { child, json })
    }
}

impl Drop for MeasuredServer {
    fn drop(&mut self) {
        // The server may have ended by itself, and a failure here has no reader.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

/// A load under way.
pub(crate) struct RunningLoad {
    child: Child,
    json: PathBuf,
}

impl RunningLoad {
    /// Whether the load has come to its end.
    pub(crate) fn is_over(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// Ends the load early, when it was only to be present.
    pub(crate) fn end(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// The load's report; an error when an employee was booked twice, or nothing was booked.
    pub(crate) fn report(mut self) -> Result<Value> {
        let status = self.child.wait()?;
        ensure!(status.success(), "the load failed");
        Ok(serde_json::from_str(&std::fs::read_to_string(&self.json)?)?)
    }
}

/// The plan of a load.
#[derive(Clone, Debug)]
pub(crate) struct MeasuredLoad {
    pub(crate) name: &'static str,
    pub(crate) companies: usize,
    pub(crate) employees: usize,
    pub(crate) clients: usize,
    pub(crate) rate: Option<f64>,
    pub(crate) duration: Duration,
    pub(crate) warm_up: Duration,
    pub(crate) session: Duration,
    /// How many people connect and join at a time, if not the load's default.
    pub(crate) handshakes: Option<usize>,
    pub(crate) json: PathBuf,
}

fn ms(duration: Duration) -> String {
    format!("{}ms", duration.as_millis())
}

/// A process that has made a store and keeps it open; see [`crate::scale::holding`].
pub(crate) struct Holder {
    child: Child,
    said: Value,
}

impl Holder {
    /// Starts the process, and waits until everything is in the store.
    pub(crate) fn start(data: &Path, flags: &[(&str, usize)]) -> Result<Self> {
        let mut command = Command::new(built("bench")?);
        command
            .arg("hold")
            .arg(data)
            .args(flags.iter().flat_map(|(flag, value)| [format!("--{flag}"), value.to_string()]));
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("a store cannot be made")?;
        let mut holder = Self { child, said: Value::Null };
        holder.said = serde_json::from_str(&first_line(&mut holder.child)?).context("a store was not made")?;
        Ok(holder)
    }

    /// The memory that the process reported.
    pub(crate) const fn said(&self) -> &Value {
        &self.said
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        // As with `kill -9`, the store is left as after a crash.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

/// The resident memory in bytes of a process, named by its id or as `self`.
pub(crate) fn resident_bytes(process: &str) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib * 1024.0)
}

/// User and system time of a process so far, in seconds, from Linux's `/proc`, which counts hundredths of a second.
fn cpu_s(process: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The program's name, in parentheses before the fields, may contain anything.
    let (_, fields) = stat.rsplit_once(')').context("unknown form")?;
    let ticks = |at: usize| fields.split_whitespace().nth(at).and_then(|ticks| ticks.parse::<f64>().ok());
    let (user, system) = ticks(11).zip(ticks(12)).context("unknown form")?;
    Ok((user + system) / 100.0)
}

fn first_line(child: &mut Child) -> Result<String> {
    let mut line = String::new();
    let out: &mut ChildStdout = child.stdout.as_mut().context("a child has an output")?;
    BufReader::new(out).read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

fn until(what: &str, mut is_so: impl FnMut() -> Result<bool>) -> Result<()> {
    let latest = Instant::now() + PATIENCE;
    while !is_so()? {
        ensure!(Instant::now() < latest, "waited in vain until {what}");
        std::thread::sleep(LOOK_EVERY);
    }
    Ok(())
}

/// A program that is built beside this one, or, for a test of this one, a directory above.
fn built(name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let beside = own.ancestors().skip(1).take(2).map(|directory| directory.join(name)).find(|path| path.is_file());
    beside.with_context(|| format!("`{name}` is missing: build it with the same profile"))
}

fn serving(cores: Cores, log: &str, data: &Path) -> Result<Command> {
    let mut command = on(cores, &built("switchboard")?);
    command.args(["serve", "--listen", "127.0.0.1:0", "--auto-provision", "--log", log, "--data"]).arg(data);
    command.args(LIMITS.iter().flat_map(|limit| [format!("--{limit}"), "0".to_owned()]));
    Ok(command)
}

fn on(which: Cores, program: &Path) -> Command {
    match which {
        Cores::Only(core) if cores() > core => {
            let mut command = Command::new("taskset");
            command.args(["--cpu-list", &core.to_string()]).arg(program);
            command
        }
        Cores::Only(_) | Cores::All => Command::new(program),
    }
}

/// Reads a figure from a report.
pub(crate) fn figure(report: &Value, path: &str) -> Result<f64> {
    report.pointer(path).and_then(Value::as_f64).with_context(|| format!("the report has no {path}"))
}

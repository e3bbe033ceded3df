//! Servers as processes of their own, and the load that is put on them from another core.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::rounds::cores;
use crate::sockets::relay::Writes;

/// The secret of all tokens here.
pub(crate) const SECRET: &str = "a secret for measuring, never for anything else";
/// Every limit on what one person may do: a load is a few people who do a great deal.
const LIMITS: [&str; 4] =
    ["changes-per-person-per-s", "joins-per-person-per-s", "messages-per-person-per-s", "signals-per-person-per-s"];

/// A server that is measured. Dropping it ends it.
pub(crate) struct Server {
    child: Child,
    address: String,
}

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Frames in, frames out, and nothing else.
    Relay(Writes),
    /// The real one.
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

impl Server {
    /// Starts it on the first core, where there are two, and waits until it listens.
    pub(crate) fn start(kind: Kind, data: &Path) -> Result<Self> {
        let mut command = match kind {
            Kind::Switchboard => {
                let mut command = on_core(0, &switchboard()?);
                command
                    .args(["serve", "--listen", "127.0.0.1:0", "--auto-provision", "--log", "warn", "--data"])
                    .arg(data);
                command.args(LIMITS.iter().flat_map(|limit| [format!("--{limit}"), "0".to_owned()]));
                command
            }
            Kind::Relay(writes) => {
                let mut command = on_core(0, &std::env::current_exe()?);
                command.args(["relay", "--listen", "127.0.0.1:0", "--writes", writes.word()]);
                command
            }
        };
        command.env("SWITCHBOARD_JWT_SECRET", SECRET).env("SWITCHBOARD_API_KEY", "measuring");
        let mut child = command.stdout(Stdio::piped()).spawn().context("a server cannot be started")?;
        let mut line = String::new();
        let out = child.stdout.take().context("a server has an output")?;
        BufReader::new(out).read_line(&mut line)?;
        match line.trim().split_once("http://") {
            Some((_, address)) => Ok(Self { child, address: address.to_owned() }),
            None => {
                child.kill()?;
                child.wait()?;
                bail!("a server did not say where it listens, but `{line}`")
            }
        }
    }

    /// What it has in memory, in bytes.
    pub(crate) fn resident_bytes(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kib * 1024.0)
    }

    /// A load on it, from the second core.
    pub(crate) fn load(&self, plan: &Load) -> Result<Running> {
        let json = plan.json.clone();
        let mut command = on_core(1, &switchboard()?);
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
        command.arg("--json").arg(&json).env("SWITCHBOARD_JWT_SECRET", SECRET);
        let child = command.stdout(Stdio::null()).spawn().context("the load cannot be started")?;
        Ok(Running { child, json })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody to tell.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

/// A load under way.
pub(crate) struct Running {
    child: Child,
    json: PathBuf,
}

impl Running {
    /// Whether it has come to its end.
    pub(crate) fn is_over(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// What it found; an error when anybody was booked twice, or nothing was.
    pub(crate) fn report(mut self) -> Result<Value> {
        let status = self.child.wait()?;
        ensure!(status.success(), "the load failed");
        Ok(serde_json::from_str(&std::fs::read_to_string(&self.json)?)?)
    }
}

/// What a load does.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    pub(crate) name: &'static str,
    pub(crate) companies: usize,
    pub(crate) employees: usize,
    pub(crate) clients: usize,
    pub(crate) rate: Option<f64>,
    pub(crate) duration: Duration,
    pub(crate) warm_up: Duration,
    pub(crate) session: Duration,
    pub(crate) json: PathBuf,
}

fn ms(duration: Duration) -> String {
    format!("{}ms", duration.as_millis())
}

/// The server's binary, which is built beside this one.
fn switchboard() -> Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name("switchboard");
    ensure!(path.exists(), "{} is missing: build it with the same profile", path.display());
    Ok(path)
}

/// A command that stays on one core, where there are two: the load should not take the server's.
fn on_core(core: usize, program: &Path) -> Command {
    if cores() < 2 {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", &core.to_string()]).arg(program);
    command
}

/// A figure of a report.
pub(crate) fn figure(report: &Value, path: &str) -> Result<f64> {
    report.pointer(path).and_then(Value::as_f64).with_context(|| format!("the report has no {path}"))
}

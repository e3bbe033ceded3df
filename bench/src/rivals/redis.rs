//! The design that leaves the state to Redis: a sorted set per company, and a Lua script for each step.

use std::iter;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};

use super::daemon::{Daemon, RunAs, Sockets, find};
use super::resp::{Commands, RespConnection, RespValue};
use crate::checker::Population;
use crate::cycle::{Caller, Callers, Candidate, RunningCandidate, Watch, runtime};
use crate::ground::Ground;

/// Employees that are put into a set with one command.
const ADDED_AT_ONCE: usize = 1000;
/// Cycles that a pipelining caller runs in one round trip per step. All callers together must not claim all employees.
const PIPELINED: usize = 8;
const CLAIM: &str = "
    local front = redis.call('ZPOPMIN', KEYS[1])
    if #front == 0 then return false end
    redis.call('HSET', KEYS[2], front[1], '1')
    return tonumber(front[1])";
const ACCEPT: &str = "
    if redis.call('HGET', KEYS[2], ARGV[1]) ~= '1' then return 0 end
    redis.call('HSET', KEYS[2], ARGV[1], '2')
    return 1";
const RELEASE: &str = "
    if redis.call('HGET', KEYS[2], ARGV[1]) ~= '2' then return 0 end
    redis.call('HDEL', KEYS[2], ARGV[1])
    redis.call('ZADD', KEYS[1], redis.call('INCR', KEYS[3]), ARGV[1])
    return 1";

/// One server for all cases.
#[derive(Debug)]
pub(super) struct RedisServer {
    _daemon: Daemon,
    socket: PathBuf,
}

impl RedisServer {
    /// Starts the server with its state in memory alone, or with every write synced before it is answered.
    pub(super) fn start(ground: &Ground, durable: bool) -> Result<Arc<Self>> {
        let name = if durable { "redis-synced" } else { "redis" };
        let home = ground.fresh(name)?;
        let sockets = Sockets::new(name, RunAs::default())?;
        let socket = sockets.path().join("redis.sock");
        let mut command = RunAs::default().command(&find("redis-server", &[])?, &home);
        command.args(["--port", "0", "--save", "", "--unixsocket"]).arg(&socket).arg("--dir").arg(&home);
        command.args(if durable { ["--appendonly", "yes"] } else { ["--appendonly", "no"] });
        command.args(["--appendfsync", "always"]);
        let daemon =
            Daemon::start(command, "TERM", sockets, &home.join("log"), || UnixStream::connect(&socket).is_ok())?;
        Ok(Arc::new(Self { _daemon: daemon, socket }))
    }
}

/// A caller. All callers share one connection, which sends all waiting commands at once, so that a round trip serves
/// many callers.
#[derive(Clone)]
struct RedisCaller {
    wire: RespConnection,
    keys: Arc<[[String; 3]]>,
    scripts: Arc<[String; 3]>,
}

pub(super) fn script(case: Population, callers: usize, server: &Arc<RedisServer>) -> Result<Box<dyn Candidate>> {
    let runtime = runtime()?;
    let asking = runtime.block_on(RedisCaller::prepare(case, server, "plain"))?;
    Ok(Box::new(RunningCandidate::new(case, Callers::Tasks(runtime), 1, vec![asking; callers], server.clone())))
}

pub(super) fn pipelined(case: Population, callers: usize, server: &Arc<RedisServer>) -> Result<Box<dyn Candidate>> {
    let runtime = runtime()?;
    let asking = runtime.block_on(RedisCaller::prepare(case, server, "pipelined"))?;
    let asking = vec![Pipelined(asking); callers];
    Ok(Box::new(RunningCandidate::new(case, Callers::Tasks(runtime), 1, asking, server.clone())))
}

impl RedisCaller {
    async fn prepare(case: Population, server: &RedisServer, variant: &str) -> Result<Self> {
        let wire = RespConnection::connect(&server.socket).await?;
        let of = |company| ["idle", "taken", "place"].map(|key| format!("{variant}:{case}:{company}:{key}"));
        let keys: Arc<[[String; 3]]> = (0..case.companies).map(of).collect();
        let everybody: Vec<usize> = (0..case.employees).collect();
        for [idle, _, place] in keys.iter() {
            for some in everybody.chunks(ADDED_AT_ONCE) {
                let scored = some.iter().flat_map(|employee| [employee.to_string(), employee.to_string()]);
                let added = wire.ask_one(["ZADD".to_owned(), idle.clone()].into_iter().chain(scored)).await?;
                ensure!(added.number()? == u32::try_from(some.len()).ok(), "all of them are new");
            }
            wire.ask_one(["SET", place, &case.employees.to_string()]).await?;
        }
        let mut scripts = [CLAIM, ACCEPT, RELEASE].map(str::to_owned);
        for script in &mut scripts {
            match wire.ask_one(["SCRIPT", "LOAD", script]).await? {
                RespValue::Text(hash) => *script = hash,
                RespValue::Nothing | RespValue::Number(_) => anyhow::bail!("a script that is loaded has a hash"),
            }
        }
        Ok(Self { wire, keys, scripts: Arc::new(scripts) })
    }

    fn add(&self, commands: &mut Commands, step: usize, company: usize, employee: Option<u32>) {
        let [idle, taken, place] = &self.keys[company];
        let words = ["EVALSHA", &self.scripts[step], "3", idle, taken, place].map(str::to_owned);
        commands.add(words.into_iter().chain(employee.map(|employee| employee.to_string())));
    }

    async fn evaluate(
        &self,
        step: usize,
        company: usize,
        who: impl Iterator<Item = Option<u32>>,
    ) -> Result<Vec<Option<u32>>> {
        let mut commands = Commands::default();
        who.for_each(|employee| self.add(&mut commands, step, company, employee));
        self.wire.ask(commands).await?.iter().map(RespValue::number).collect()
    }

    async fn one(&self, step: usize, company: usize, employee: Option<u32>) -> Result<Option<u32>> {
        self.evaluate(step, company, iter::once(employee)).await?.pop().context("a reply to one command")
    }
}

impl Caller for RedisCaller {
    async fn claim(&mut self, company: usize) -> Result<Option<u32>> {
        self.one(0, company, None).await
    }

    async fn accept(&mut self, company: usize, employee: u32) -> Result<bool> {
        Ok(self.one(1, company, Some(employee)).await? == Some(1))
    }

    async fn release(&mut self, company: usize, employee: u32) -> Result<bool> {
        Ok(self.one(2, company, Some(employee)).await? == Some(1))
    }
}

/// A caller with several claims at a time: all claims in one round trip, then all acceptances, then all releases.
#[derive(Clone)]
struct Pipelined(RedisCaller);

impl Caller for Pipelined {
    async fn claim(&mut self, company: usize) -> Result<Option<u32>> {
        self.0.claim(company).await
    }

    async fn accept(&mut self, company: usize, employee: u32) -> Result<bool> {
        self.0.accept(company, employee).await
    }

    async fn release(&mut self, company: usize, employee: u32) -> Result<bool> {
        self.0.release(company, employee).await
    }

    async fn cycles(&mut self, company: usize, watch: &Watch) -> Result<u64> {
        let claimed = self.0.evaluate(0, company, iter::repeat_n(None, PIPELINED)).await?;
        let noted = claimed.into_iter().filter_map(|who| watch.checker.claimed(company, who, watch.is_alone));
        let who: Vec<u32> = noted.collect();
        let accepted = self.0.evaluate(1, company, who.iter().copied().map(Some)).await?;
        for (employee, done) in who.iter().zip(accepted) {
            watch.checker.accepted(company, *employee, done == Some(1));
            watch.checker.releasing(company, *employee);
        }
        let released = self.0.evaluate(2, company, who.iter().copied().map(Some)).await?;
        released.into_iter().for_each(|done| watch.checker.released(done == Some(1)));
        Ok(PIPELINED as u64)
    }
}

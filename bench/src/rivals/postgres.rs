//! The design that leaves the state to PostgreSQL: `FOR UPDATE SKIP LOCKED`, a connection for each caller.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use tokio_postgres::{Client, NoTls, Statement};

use super::daemon::{Daemon, RunAs, Sockets, find};
use crate::checker::Population;
use crate::cycle::{Caller, Callers, Candidate, RunningCandidate, runtime};
use crate::ground::Ground;

const USER: &str = "postgres";
const PORT: &str = "5432";
/// Settings of the server: room for all rows in memory, dead rows removed every second, no network.
const SETTINGS: [&str; 7] = [
    "listen_addresses=",
    "max_connections=150",
    "shared_buffers=256MB",
    "max_wal_size=4GB",
    "autovacuum_naptime=1s",
    "fsync=on",
    "log_min_messages=error",
];
/// Only the columns that a claim needs, and an index of the idle employees alone, in order.
const TABLE: &str = "
    CREATE TABLE employees (
        company int NOT NULL,
        id int NOT NULL,
        state smallint NOT NULL,
        idle_since timestamptz NOT NULL,
        PRIMARY KEY (company, id)
    ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_cost_delay = 0);
    CREATE INDEX idle ON employees (company, idle_since) WHERE state = 0;";
const FILL: &str = "
    INSERT INTO employees
        SELECT company, id, 0, timestamptz 'epoch' + id * interval '1 ms'
        FROM generate_series(0, $1::int - 1) company, generate_series(0, $2::int - 1) id";
const CLAIM: &str = "
    UPDATE employees SET state = 1 WHERE company = $1 AND id = (
        SELECT id FROM employees WHERE company = $1 AND state = 0
        ORDER BY idle_since LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id";
const ACCEPT: &str = "UPDATE employees SET state = 2 WHERE company = $1 AND id = $2 AND state = 1";
const RELEASE: &str = "
    UPDATE employees SET state = 0, idle_since = clock_timestamp() WHERE company = $1 AND id = $2 AND state = 2";

/// One server for all cases.
#[derive(Debug)]
pub(super) struct PostgresServer {
    _daemon: Daemon,
    sockets: PathBuf,
}

impl PostgresServer {
    pub(super) fn start(ground: &Ground) -> Result<Arc<Self>> {
        let programs = programs();
        let owner = RunAs::unless_root(USER)?;
        let home = ground.fresh("postgres")?;
        owner.own(&home)?;
        let data = home.join("data");
        let mut init = owner.command(&find("initdb", &programs)?, &home);
        init.args(["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C", "--username", USER, "--pgdata"]);
        let made = init.arg(&data).output()?;
        ensure!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr).trim());
        let sockets = Sockets::new("postgres", owner)?;
        let path = sockets.path().to_owned();
        let mut postgres = owner.command(&find("postgres", &programs)?, &home);
        postgres.arg("-D").arg(&data).args(["-p", PORT]);
        postgres.arg("-c").arg(format!("unix_socket_directories={}", path.display()));
        for setting in SETTINGS {
            postgres.args(["-c", setting]);
        }
        let asking = find("pg_isready", &programs)?;
        // At SIGINT, PostgreSQL closes all connections and shuts down.
        let daemon = Daemon::start(postgres, "INT", sockets, &home.join("log"), || is_ready(&asking, &path))?;
        Ok(Arc::new(Self { _daemon: daemon, sockets: path }))
    }
}

fn is_ready(asking: &Path, sockets: &Path) -> bool {
    let asked = Command::new(asking).args(["-q", "-p", PORT, "-h"]).arg(sockets).status();
    asked.is_ok_and(|status| status.success())
}

/// The directories where Debian installs the programs, the newest version first.
fn programs() -> Vec<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    found.sort();
    found.reverse();
    found
}

/// A caller with a connection of its own.
struct Connected {
    client: Client,
    claim: Statement,
    accept: Statement,
    release: Statement,
}

pub(super) fn skip_locked(
    case: Population,
    callers: usize,
    server: &Arc<PostgresServer>,
    durable: bool,
) -> Result<Box<dyn Candidate>> {
    let runtime = runtime()?;
    let database = format!("rival_{}_{}_{durable}", case.companies, case.employees);
    let connected = runtime.block_on(connect_all(case, callers, server, &database, durable))?;
    Ok(Box::new(RunningCandidate::new(case, Callers::Tasks(runtime), 1, connected, server.clone())))
}

async fn connect_all(
    case: Population,
    callers: usize,
    server: &PostgresServer,
    database: &str,
    durable: bool,
) -> Result<Vec<Connected>> {
    let admin = connect(server, "postgres").await?;
    admin.batch_execute(&format!("CREATE DATABASE {database}")).await?;
    let admin = connect(server, database).await?;
    admin.batch_execute(TABLE).await?;
    let (companies, employees) = (i32::try_from(case.companies)?, i32::try_from(case.employees)?);
    admin.execute(FILL, &[&companies, &employees]).await?;
    admin.batch_execute("VACUUM ANALYZE employees").await?;
    let mut connected = Vec::new();
    for _ in 0..callers {
        let client = connect(server, database).await?;
        let commit = if durable { "on" } else { "off" };
        client.batch_execute(&format!("SET synchronous_commit = {commit}")).await?;
        let claim = client.prepare(CLAIM).await?;
        let (accept, release) = (client.prepare(ACCEPT).await?, client.prepare(RELEASE).await?);
        connected.push(Connected { client, claim, accept, release });
    }
    Ok(connected)
}

async fn connect(server: &PostgresServer, database: &str) -> Result<Client> {
    let mut config = tokio_postgres::Config::new();
    config.host_path(&server.sockets).user(USER).dbname(database);
    let (client, connection) = config.connect(NoTls).await.with_context(|| database.to_owned())?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            eprintln!("a connection to PostgreSQL broke: {error}");
        }
    });
    Ok(client)
}

impl Caller for Connected {
    async fn claim(&mut self, company: usize) -> Result<Option<u32>> {
        let row = self.client.query_opt(&self.claim, &[&i32::try_from(company)?]).await?;
        row.map(|row| Ok(u32::try_from(row.try_get::<_, i32>(0)?)?)).transpose()
    }

    async fn accept(&mut self, company: usize, employee: u32) -> Result<bool> {
        let who = (i32::try_from(company)?, i32::try_from(employee)?);
        Ok(self.client.execute(&self.accept, &[&who.0, &who.1]).await? == 1)
    }

    async fn release(&mut self, company: usize, employee: u32) -> Result<bool> {
        let who = (i32::try_from(company)?, i32::try_from(employee)?);
        Ok(self.client.execute(&self.release, &[&who.0, &who.1]).await? == 1)
    }
}

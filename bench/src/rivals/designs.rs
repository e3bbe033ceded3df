//! The designs: how each is built, what it loses in a crash, and how it is set up.

use std::sync::Arc;

use anyhow::{Result, anyhow};

use super::{mailbox, memory, ours, postgres, redis, sqlite};
use crate::checker::Population;
use crate::cycle::Candidate;
use crate::ground::Ground;

/// Where a design keeps its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// In this process alone.
    Memory,
    /// In a file that this process writes.
    Disk,
    /// In a server of its own, which must be installed.
    Server,
}

/// A design to be measured.
pub struct Design {
    /// The design's name in the results.
    pub name: &'static str,
    pub kind: Kind,
    /// Whether every answered step survives a crash.
    pub durable: bool,
    /// The steps that a crash of the machine loses, in words.
    pub lost_at_a_crash: &'static str,
    /// How the design is built, as far as that matters to the figures.
    pub built: &'static str,
    put_up: fn(&RivalServers, Population, usize) -> Result<Box<dyn Candidate>>,
}

impl Design {
    /// Sets the design up for a case, with so many callers.
    ///
    /// # Errors
    /// When that fails, also because the design's server is not installed.
    pub fn put_up(&self, servers: &RivalServers, case: Population, callers: usize) -> Result<Box<dyn Candidate>> {
        (self.put_up)(servers, case, callers)
    }
}

const ALL: &str = "all of it";
const NOTHING: &str = "nothing that was answered";

/// The bare queue, with which all other designs are compared.
pub const LIMIT: &str = "bare FIFO behind a lock (limit)";
/// The real server, without sockets.
pub const OURS: &str = "ours: exchange + journal";
/// Core alone, without a journal.
pub const OURS_IN_MEMORY: &str = "ours: core in a map of locks";

/// All designs, the limit first.
pub const DESIGNS: &[Design] = &[
    Design {
        name: LIMIT,
        kind: Kind::Memory,
        durable: false,
        lost_at_a_crash: ALL,
        built: "a VecDeque per company; it does not even know who is claimed",
        put_up: |_, case, callers| Ok(memory::fifo(case, callers)),
    },
    Design {
        name: OURS_IN_MEMORY,
        kind: Kind::Memory,
        durable: false,
        lost_at_a_crash: ALL,
        built: "the rules as they are (bookings, offers, sessions, deadlines, notices), without the journal",
        put_up: |_, case, callers| ours::core(case, callers),
    },
    Design {
        name: "one task for all companies",
        kind: Kind::Memory,
        durable: false,
        lost_at_a_crash: ALL,
        built: "one tokio task owns all; bounded mpsc, oneshot replies: a single GenServer",
        put_up: |_, case, callers| mailbox::one_task(case, callers),
    },
    Design {
        name: "a task per company",
        kind: Kind::Memory,
        durable: false,
        lost_at_a_crash: ALL,
        built: "a tokio task owns each company; bounded mpsc, oneshot replies",
        put_up: |_, case, callers| mailbox::task_per_company(case, callers),
    },
    Design {
        name: "one ordered map, one lock",
        kind: Kind::Memory,
        durable: false,
        lost_at_a_crash: ALL,
        built: "a BTreeMap {company, since} -> employee, as an ETS ordered_set",
        put_up: |_, case, callers| Ok(memory::one_map(case, callers)),
    },
    Design {
        name: "ordered maps, 64 shards",
        kind: Kind::Memory,
        durable: false,
        lost_at_a_crash: ALL,
        built: "the same by the company's hash",
        put_up: |_, case, callers| Ok(memory::sharded_map(case, callers)),
    },
    Design {
        name: "lock-free skip list",
        kind: Kind::Memory,
        durable: false,
        lost_at_a_crash: ALL,
        built: "a crossbeam SkipMap per company; a claim removes the front",
        put_up: |_, case, callers| Ok(memory::skip_list(case, callers)),
    },
    Design {
        name: OURS,
        kind: Kind::Disk,
        durable: true,
        lost_at_a_crash: NOTHING,
        built: "the server without its sockets: every step committed with its events and rows before it is answered",
        put_up: |servers, case, callers| ours::exchange(case, callers, servers.ground),
    },
    Design {
        name: "SQLite, a transaction per step",
        kind: Kind::Disk,
        durable: true,
        lost_at_a_crash: NOTHING,
        built: "one table with an index of those who are idle; WAL, synchronous=FULL; writes the state and nothing else",
        put_up: |servers, case, callers| sqlite::transaction_per_step(case, callers, servers.ground),
    },
    Design {
        name: "PostgreSQL SKIP LOCKED",
        kind: Kind::Server,
        durable: true,
        lost_at_a_crash: NOTHING,
        built: "a connection per caller, prepared; synchronous_commit=on; writes the state and nothing else",
        put_up: |servers, case, callers| postgres::skip_locked(case, callers, of(&servers.postgres)?, true),
    },
    Design {
        name: "PostgreSQL SKIP LOCKED, commits not waited for",
        kind: Kind::Server,
        durable: false,
        lost_at_a_crash: "up to 600 ms of what was answered",
        built: "the same with synchronous_commit=off",
        put_up: |servers, case, callers| postgres::skip_locked(case, callers, of(&servers.postgres)?, false),
    },
    Design {
        name: "Redis, Lua",
        kind: Kind::Server,
        durable: false,
        lost_at_a_crash: ALL,
        built: "a sorted set per company, EVALSHA per step; appendonly no; all callers on one multiplexed connection",
        put_up: |servers, case, callers| redis::script(case, callers, of(&servers.redis)?),
    },
    Design {
        name: "Redis, Lua, 8 cycles pipelined",
        kind: Kind::Server,
        durable: false,
        lost_at_a_crash: ALL,
        built: "the same; a caller does each step of 8 cycles in one round trip, and its latency is that of all 8",
        put_up: |servers, case, callers| redis::pipelined(case, callers, of(&servers.redis)?),
    },
    Design {
        name: "Redis, Lua, synced",
        kind: Kind::Server,
        durable: true,
        lost_at_a_crash: NOTHING,
        built: "the first with appendonly yes, appendfsync always",
        put_up: |servers, case, callers| redis::script(case, callers, of(&servers.synced)?),
    },
    Design {
        name: "Redis, Lua, 8 cycles pipelined, synced",
        kind: Kind::Server,
        durable: true,
        lost_at_a_crash: NOTHING,
        built: "the second with appendonly yes, appendfsync always",
        put_up: |servers, case, callers| redis::pipelined(case, callers, of(&servers.synced)?),
    },
];

/// The places of designs: the ground for files, and the running servers, or why they do not run.
pub struct RivalServers<'a> {
    ground: &'a Ground,
    postgres: Result<Arc<postgres::PostgresServer>>,
    redis: Result<Arc<redis::RedisServer>>,
    synced: Result<Arc<redis::RedisServer>>,
}

impl<'a> RivalServers<'a> {
    /// Starts the servers, if any are wanted.
    pub fn new(ground: &'a Ground, with_servers: bool) -> Self {
        if !with_servers {
            let unwanted = || anyhow!("not asked for");
            return Self { ground, postgres: Err(unwanted()), redis: Err(unwanted()), synced: Err(unwanted()) };
        }
        let (postgres, redis) = (postgres::PostgresServer::start(ground), redis::RedisServer::start(ground, false));
        Self { ground, postgres, redis, synced: redis::RedisServer::start(ground, true) }
    }
}

fn of<S>(server: &Result<Arc<S>>) -> Result<&Arc<S>> {
    server.as_ref().map_err(|why| anyhow!("{why:#}"))
}

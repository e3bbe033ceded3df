//! The design without any state but the table: SQLite, a transaction for each step.

use std::sync::{Arc, Mutex};

use anyhow::Result;
use rusqlite::{Connection, OptionalExtension, params};

use super::memory::locked;
use crate::checker::Population;
use crate::cycle::{Caller, Callers, Candidate, RunningCandidate};
use crate::ground::Ground;

/// Pages of the write-ahead log before a checkpoint: the journal's own figure.
const CHECKPOINT_PAGES: u32 = 4000;

/// Only the columns that a claim needs, and an index of the idle employees alone, in order.
const TABLE: &str = "
    CREATE TABLE employees (
        company INTEGER NOT NULL,
        id INTEGER NOT NULL,
        state INTEGER NOT NULL,
        place INTEGER NOT NULL,
        PRIMARY KEY (company, id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX idle ON employees (company, place) WHERE state = 0;
";
const CLAIM: &str = "
    UPDATE employees SET state = 1 WHERE company = ?1
        AND id = (SELECT id FROM employees WHERE company = ?1 AND state = 0 ORDER BY place LIMIT 1)
    RETURNING id";
const ACCEPT: &str = "UPDATE employees SET state = 2 WHERE company = ?1 AND id = ?2 AND state = 1";
const RELEASE: &str = "UPDATE employees SET state = 0, place = ?3 WHERE company = ?1 AND id = ?2 AND state = 2";

/// One connection behind a lock: SQLite has one writer, and waiting for a lock is faster than retrying when SQLite is
/// busy.
struct EmployeeTable {
    connection: Connection,
    next_place: i64,
}

#[derive(Clone)]
struct SqliteCaller(Arc<Mutex<EmployeeTable>>);

pub(super) fn transaction_per_step(case: Population, callers: usize, ground: &Ground) -> Result<Box<dyn Candidate>> {
    let mut connection = Connection::open(ground.fresh("sqlite")?.join("rival.db"))?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.execute_batch(TABLE)?;
    let transaction = connection.transaction()?;
    {
        let mut insert = transaction.prepare("INSERT INTO employees VALUES (?1, ?2, 0, ?2)")?;
        for company in 0..case.companies {
            for employee in 0..case.employees {
                insert.execute([company.cast_signed(), employee.cast_signed()])?;
            }
        }
    }
    transaction.commit()?;
    let next_place = i64::try_from(case.employees)?;
    let writer = SqliteCaller(Arc::new(Mutex::new(EmployeeTable { connection, next_place })));
    Ok(Box::new(RunningCandidate::new(case, Callers::Threads, 1, vec![writer; callers], ())))
}

impl Caller for SqliteCaller {
    async fn claim(&mut self, company: usize) -> Result<Option<u32>> {
        let table = locked(&self.0);
        let mut claim = table.connection.prepare_cached(CLAIM)?;
        Ok(claim.query_row([company.cast_signed()], |row| row.get(0)).optional()?)
    }

    async fn accept(&mut self, company: usize, employee: u32) -> Result<bool> {
        let table = locked(&self.0);
        let mut accept = table.connection.prepare_cached(ACCEPT)?;
        Ok(accept.execute(params![company.cast_signed(), employee])? == 1)
    }

    async fn release(&mut self, company: usize, employee: u32) -> Result<bool> {
        let mut table = locked(&self.0);
        table.next_place += 1;
        let mut release = table.connection.prepare_cached(RELEASE)?;
        Ok(release.execute(params![company.cast_signed(), employee, table.next_place])? == 1)
    }
}

//! Erasure in the store: a person is taken out of events, log, bases, snapshot and tables with one transaction.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::{Connection, params};
use switchboard_core::erasure::{Erasure, Person};
use switchboard_core::{Company, CompanyId, Event};

use super::reader::unreadable;
use super::tables::{self, time};
use super::{Change, StoreError, bases, log};

/// Events that are rewritten before the next are read.
const EVENTS_AT_ONCE: u32 = 1_000;
/// Free room that is overwritten, at most: what was deleted earlier may stand there.
const FREE_BYTES_MAX: i64 = 256 * 1024 * 1024;

/// Erases a person, in the journal's turn, when all of the company is filed and nobody is in it. What cannot be read
/// leaves all as it was, and is told.
pub fn erase(company: CompanyId, erasure: Erasure) -> (Change, Arc<AtomicBool>) {
    let is_done = Arc::new(AtomicBool::new(false));
    let told = is_done.clone();
    let change: Change = Box::new(move |connection| {
        connection.execute_batch("SAVEPOINT erasure; PRAGMA secure_delete = ON")?;
        let erased = rewrite(connection, &company, erasure.clone());
        match erased {
            Ok(()) => told.store(true, Ordering::Release),
            Err(StoreError::Unreadable(why)) => {
                tracing::error!(%company, %why, "nobody can be erased from what cannot be read");
                connection.execute_batch("ROLLBACK TO erasure")?;
            }
            Err(error) => return Err(error),
        }
        connection.execute_batch("RELEASE erasure; PRAGMA secure_delete = FAST")?;
        Ok(())
    });
    (change, is_done)
}

fn rewrite(connection: &Connection, id: &CompanyId, mut erasure: Erasure) -> Result<(), StoreError> {
    log::forget_filed(connection, id)?;
    rewrite_events(connection, id, &mut erasure)?;
    match erasure.person() {
        Person::Client(client) => rewrite_client(connection, id, client.as_str(), erasure.alias())?,
        Person::Employee(employee) => rewrite_employee(connection, id, employee.as_str(), erasure.alias())?,
    }
    overwrite_free_room(connection)
}

/// Bases and the snapshot are made anew by folding: so they are what the rewritten events make.
fn rewrite_events(connection: &Connection, id: &CompanyId, erasure: &mut Erasure) -> Result<(), StoreError> {
    let origin = bases::origin(connection, id)?;
    let mut company = match origin {
        Some(origin) => {
            let origin = erasure.begin(origin);
            bases::write(connection, &origin, &crate::view::json(&origin))?;
            origin
        }
        None => Company::new(id.clone()),
    };
    // An event that is kept only for its number is in the origin already.
    let sql = "DELETE FROM events WHERE company_id = ?1 AND seq < ?2";
    connection.prepare_cached(sql)?.execute(params![id.as_str(), company.seq().cast_signed()])?;
    let sql = "UPDATE events SET data = '\"resumed\"', kind = 'resumed' WHERE company_id = ?1 AND seq = ?2";
    connection.prepare_cached(sql)?.execute(params![id.as_str(), company.seq().cast_signed()])?;
    let kept = |sql: &str| -> Result<Vec<u64>, StoreError> {
        let mut query = connection.prepare(sql)?;
        let seqs = query.query_map([id.as_str()], |row| row.get::<_, i64>(0))?;
        seqs.map(|seq| Ok(seq?.cast_unsigned())).collect()
    };
    let kept_bases = kept("SELECT seq FROM bases WHERE company_id = ?1")?;
    let snapshots = kept("SELECT seq FROM snapshots WHERE company_id = ?1")?;
    loop {
        if snapshots.contains(&company.seq()) {
            tables::write_snapshot(connection, id, company.seq(), &crate::view::json(&company))?;
        }
        let events = next_events(connection, id, company.seq())?;
        if events.is_empty() {
            return Ok(());
        }
        for (seq, at, mut event) in events {
            if erasure.rewrite(&mut event) {
                let sql = "UPDATE events SET data = ?3 WHERE company_id = ?1 AND seq = ?2";
                let values = params![id.as_str(), seq.cast_signed(), crate::view::json(&event)];
                connection.prepare_cached(sql)?.execute(values)?;
            }
            company.apply(at, &event);
            if kept_bases.contains(&seq) {
                let base = company.without_past();
                bases::write(connection, &base, &crate::view::json(&base))?;
            }
            if snapshots.contains(&seq) {
                tables::write_snapshot(connection, id, seq, &crate::view::json(&company))?;
            }
        }
    }
}

type Numbered = (u64, switchboard_core::Time, Event);

fn next_events(connection: &Connection, id: &CompanyId, after: u64) -> Result<Vec<Numbered>, StoreError> {
    let sql = "SELECT seq, at, data FROM events WHERE company_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
    let mut query = connection.prepare_cached(sql)?;
    let mut rows = query.query(params![id.as_str(), after.cast_signed(), EVENTS_AT_ONCE])?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        let event = serde_json::from_str(row.get_ref(2)?.as_str().map_err(unreadable)?).map_err(unreadable)?;
        events.push((row.get::<_, i64>(0)?.cast_unsigned(), time(row.get(1)?), event));
    }
    Ok(events)
}

fn rewrite_client(connection: &Connection, id: &CompanyId, client: &str, alias: &str) -> Result<(), StoreError> {
    let run = |sql: &str| connection.prepare(sql)?.execute(params![id.as_str(), client, alias]);
    run("UPDATE messages SET body = '' WHERE company_id = ?1 AND ?3 IS NOT NULL
             AND session_id IN (SELECT id FROM sessions WHERE company_id = ?1 AND client_id = ?2)")?;
    run("UPDATE offers SET reason = NULL WHERE company_id = ?1 AND ?3 IS NOT NULL
             AND booking_id IN (SELECT id FROM bookings WHERE company_id = ?1 AND client_id = ?2)")?;
    run("UPDATE sessions SET client_id = ?3, reason = NULL WHERE company_id = ?1 AND client_id = ?2")?;
    run("UPDATE bookings SET client_id = ?3, note = NULL WHERE company_id = ?1 AND client_id = ?2")?;
    Ok(())
}

fn rewrite_employee(connection: &Connection, id: &CompanyId, employee: &str, alias: &str) -> Result<(), StoreError> {
    let run = |sql: &str| connection.prepare(sql)?.execute(params![id.as_str(), employee, alias]);
    run("UPDATE messages SET body = '' WHERE company_id = ?1 AND ?3 IS NOT NULL
             AND session_id IN (SELECT id FROM sessions WHERE company_id = ?1 AND employee_id = ?2)")?;
    run("UPDATE offers SET employee_id = ?3, reason = NULL WHERE company_id = ?1 AND employee_id = ?2")?;
    run("UPDATE sessions SET employee_id = ?3, reason = NULL WHERE company_id = ?1 AND employee_id = ?2")?;
    run("UPDATE bookings SET employee_id = ?3, employee_name = ?3 WHERE company_id = ?1 AND employee_id = ?2")?;
    Ok(())
}

/// Takes all free pages with zeros and gives them back.
fn overwrite_free_room(connection: &Connection) -> Result<(), StoreError> {
    let pages: i64 = connection.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
    let page_bytes: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
    let bytes = pages.saturating_mul(page_bytes).min(FREE_BYTES_MAX);
    connection.execute("INSERT INTO probe (id, padding) VALUES (2, zeroblob(?1))", [bytes])?;
    connection.execute("DELETE FROM probe WHERE id = 2", [])?;
    Ok(())
}
